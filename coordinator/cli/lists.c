// The lists: databases, events, scopes, runs, jobs, backups, protections, replication, workers,
// report.

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/print.h"
#include "coordinator/cli/terms.h"

enum {
    PAGE_ROWS = 100,
    ALL_PAGE_ROWS = 500,
    AGE_MAX = 10000,
    HOUR_MS = 3600000,
    DAY_MS = 24 * HOUR_MS,
    WEEK_MS = 7 * DAY_MS,
};

// clang-format off
const struct option_row lists_rows[] = {
    {"all", NULL, "all rows; otherwise the first 100"},
    {"limit", "ROWS", "so many rows at most"},
    {"wide", NULL, "all columns, whole cells"},
    {0}};
const struct option_row lists_databases_rows[] = {
    {"all", NULL, "all rows; otherwise the first 100"},
    {"limit", "ROWS", "so many rows at most"},
    {"wide", NULL, "all columns, whole cells"},
    {"new", NULL, "only those first seen within the last 7 days, or --since"},
    {"since", "AGE", "--new, --tag-lost: within AGE: 12h, 3d"},
    {"gone", NULL, "only those that their provider does not list any more"},
    {"unprotected", NULL, "only those that are there and have no good set"},
    {"stale", NULL, "only those of which nothing is known now"},
    {"overdue", NULL, "only those whose policy's promise is broken; the exit status tells"},
    {"promise", NULL, "show what is promised of each, and how old its sets are"},
    {"opted-out", NULL, "only those whose owner opted out"},
    {"unmatched", NULL, "only those that no policy has"},
    {"tag-lost", NULL, "only those whose tag stopped picking a policy within 7 days, or --since"},
    {"csv", NULL, "all columns, as CSV"},
    {0}};
const struct option_row lists_backups_rows[] = {
    {"all", NULL, "all rows; otherwise the first 100"},
    {"limit", "ROWS", "so many rows at most"},
    {"wide", NULL, "all columns, whole cells"},
    {"latest", NULL, "only the last good set of each database"},
    {"expired", NULL, "those that are removed, too"},
    {0}};
const struct option_row lists_report_rows[] = {
    {"all", NULL, "all rows; otherwise the first 100"},
    {"limit", "ROWS", "so many rows at most"},
    {"since", "TIME", "only what ended then or later, in UTC: 2026-11-25, '2026-11-25 22:00:00'"},
    {"until", "TIME", "only what ended before"},
    {"excluded", NULL, "one column more: how many things policies left out of the set"},
    {"wide", NULL, "all columns, whole cells"},
    {"csv", NULL, "all columns, as CSV"},
    {0}};
// clang-format on

// What is shown of each list unless --wide or --json ask for all.
static const char *const database_columns[] = {
    "id",     "name",        "engine",      "version",           "account", "region",  "host",
    "source", "state",       "last_backup", "last_backup_state", "policy",  "promise", "stale",
    "gone",   "skip_reason", NULL};
static const char *const promise_columns[] = {"id",
                                              "name",
                                              "engine",
                                              "account",
                                              "region",
                                              "policy",
                                              "promise",
                                              "broken_since",
                                              "promised_age",
                                              "good_age",
                                              "promised_offsite_age",
                                              "offsite_age",
                                              "lost_policy",
                                              "tag_lost",
                                              "skip_reason",
                                              NULL};
static const char *const event_columns[] = {"at",     "kind",     "name",    "account",
                                            "region", "provider", "message", NULL};
static const char *const run_columns[] = {
    "id",     "kind",      "state",   "started",      "ended",    "jobs", "succeeded",
    "failed", "cancelled", "skipped", "requested_by", "selector", NULL};
static const char *const job_columns[] = {"id",      "run",     "kind",    "name",
                                          "state",   "attempt", "worker",  "size",
                                          "started", "ended",   "message", NULL};
static const char *const set_columns[] = {
    "id",        "name",    "engine", "region", "state",   "size", "files", "created", "verified",
    "protected", "offsite", "pinned", "locked", "expired", "job",  "store", NULL};
static const char *const protection_columns[] = {"id",       "state",   "protector", "mtree",
                                                 "snapshot", "sets",    "began",     "seen",
                                                 "expires",  "offsite", "message",   NULL};
static const char *const replication_columns[] = {
    "protector",   "mtree",     "destination", "synced",  "lag_s",
    "unprotected", "under_way", "lock",        "message", NULL};
static const char *const worker_columns[] = {"name",  "state",   "slots",  "busy",
                                             "heard", "version", "stores", NULL};

static const struct {
    const char *command;
    const char *query;
    const char *const *columns;
} lists[] = {{"databases", "databases", database_columns},
             {"events", "events", event_columns},
             {"scopes", "scopes", NULL},
             {"runs", "runs", run_columns},
             {"jobs", "jobs", job_columns},
             {"backups", "backups", set_columns},
             {"workers", "workers", worker_columns},
             {"protections", "protections", protection_columns},
             {"replication", "replication", replication_columns},
             {"report", "report", NULL},
             {"status", "status", NULL},
             {0}};

static int
read_limit(const struct session *self, uint64_t *limit, struct error *error)
{
    const char *text = options_value(self->options, "limit", NULL);
    int is_all = options_has(self->options, "all");
    if (text && is_all)
        return error_set(error, ERROR_CONFIG, "--all and --limit exclude each other");
    *limit = is_all ? UINT64_MAX : PAGE_ROWS;
    return text ? terms_number(text, "row", limit, error) : 0;
}

// A period goes as terms, like selectors.
static int
add_period(const struct session *self, struct client_terms *terms, struct error *error)
{
    static const struct {
        const char *option, *key;
    } bounds[] = {{"since", "from"}, {"until", "until"}};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        const char *text = options_value(self->options, bounds[i].option, NULL);
        int64_t unix_ms = 0;
        if (text && terms_time(text, bounds[i].option, &unix_ms, error))
            return -1;
        if (text)
            terms_of_number(terms, bounds[i].key, (uint64_t)unix_ms);
    }
    return 0;
}

// "12h", "3d" in milliseconds.
static int
read_age(const char *text, int64_t *age_ms, struct error *error)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);
    int64_t unit_ms = *end == 'd' ? DAY_MS : *end == 'h' ? HOUR_MS : 0;
    if (end == text || !unit_ms || end[1] || number < 1 || number > AGE_MAX)
        return error_set(error, ERROR_CONFIG, "--since is '%.40s', not a time such as 12h or 3d",
                         text);
    *age_ms = number * unit_ms;
    return 0;
}

// What narrows databases goes as terms, like selectors.
static int
add_filters(const struct session *self, struct client_terms *terms, struct error *error)
{
    static const struct {
        const char *option, *key;
    } flags[] = {{"gone", "gone"},           {"unprotected", "unprotected"},
                 {"stale", "stale"},         {"overdue", "overdue"},
                 {"opted-out", "opted_out"}, {"unmatched", "unmatched"}};
    int is_lost = options_has(self->options, "tag-lost");
    const char *since = options_value(self->options, "since", NULL);
    int64_t age_ms = WEEK_MS;
    if (since && read_age(since, &age_ms, error))
        return -1;
    CLEAN(memory_free) char *age = memory_format("%lld", (long long)age_ms);
    if ((since && !is_lost) || options_has(self->options, "new"))
        terms_add(terms, "new", age);
    if (is_lost)
        terms_add(terms, "tag_lost", age);
    for (size_t index = 0; index < sizeof flags / sizeof *flags; index++) {
        if (options_has(self->options, flags[index].option))
            terms_add(terms, flags[index].key, "yes");
    }
    return 0;
}

static int
is_command(const struct session *self, const char *name)
{
    return strcmp(self->command->name, name) == 0;
}

static int
narrow(const struct session *self, struct client_terms *terms, struct error *error)
{
    if (terms_parse(terms, self->options, 0, error))
        return -1;
    if (is_command(self, "report"))
        return add_period(self, terms, error);
    return is_command(self, "databases") ? add_filters(self, terms, error) : 0;
}

static int
read_form(const struct session *self, enum print_form *form, struct error *error)
{
    int has_csv = is_command(self, "report") || is_command(self, "databases");
    int is_csv = has_csv && options_has(self->options, "csv");
    if (is_csv && self->is_json)
        return error_set(error, ERROR_CONFIG, "--csv and --json exclude each other");
    *form = self->is_json                        ? PRINT_JSON
            : is_csv                             ? PRINT_CSV
            : options_has(self->options, "wide") ? PRINT_WIDE
                                                 : PRINT_TABLE;
    return 0;
}

// The worst of what the promises of a page's databases say: a status, or STATUS_WELL.
static int
promise_status(const table_t *page)
{
    static const struct {
        const char *start;
        int status;
    } rows[] = {{"lapsed", STATUS_LAPSED},
                {"unprotected", STATUS_UNPROTECTED},
                {"overdue", STATUS_PARTIAL}};
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        for (size_t row = 0; row < table_rows(page); row++) {
            const char *state = cell_find(page, row, "promise");
            if (strncmp(state, rows[index].start, strlen(rows[index].start)) == 0)
                return rows[index].status;
        }
    }
    return STATUS_WELL;
}

static int
worse(int status, int other)
{
    static const int order[] = {STATUS_LAPSED, STATUS_UNPROTECTED, STATUS_PARTIAL};
    for (size_t index = 0; index < sizeof order / sizeof *order; index++)
        if (status == order[index] || other == order[index])
            return order[index];
    return STATUS_WELL;
}

// What is not shown any more is still to be judged.
static int
judge_rest(const struct session *self, struct client_query *query, const char *cursor, int *status,
           struct error *error)
{
    CLEAN(memory_free) char *at = cursor ? memory_copy_text(cursor) : NULL;
    while (at) {
        CLEAN(table_destroy) table_t *page = NULL;
        char *next = NULL;
        query->cursor = at;
        query->limit = ALL_PAGE_ROWS;
        if (client_list(self->client, query, &page, &next, error))
            return -1;
        memory_free(&at);
        at = next;
        *status = worse(*status, promise_status(page));
    }
    return 0;
}

static int
print_pages(const struct session *self, struct client_query *query, uint64_t limit,
            printer_t *printer, struct error *error)
{
    int is_judged = is_command(self, "databases") && options_has(self->options, "overdue");
    int status = STATUS_WELL;
    CLEAN(memory_free) char *cursor = NULL;
    for (;;) {
        CLEAN(table_destroy) table_t *page = NULL;
        char *next = NULL;
        query->cursor = cursor;
        query->limit = (uint32_t)(limit < ALL_PAGE_ROWS ? limit : ALL_PAGE_ROWS);
        if (client_list(self->client, query, &page, &next, error))
            return -1;
        if (!cursor && !next)
            printer_fit(printer);
        memory_free(&cursor);
        cursor = next;
        printer_add(printer, page);
        status = is_judged ? worse(status, promise_status(page)) : status;
        size_t rows = table_rows(page);
        limit -= rows < limit ? rows : limit;
        if (!cursor || limit == 0)
            break;
    }
    printer_end(printer);
    if (cursor)
        fputs("dbhaul: there is more; --all shows all\n", stderr);
    if (is_judged && judge_rest(self, query, cursor, &status, error))
        return -1;
    return status;
}

int
lists_print(struct session *self, struct client_query *query, const char *const *columns,
            struct error *error)
{
    uint64_t limit = 0;
    enum print_form form = PRINT_TABLE;
    if (read_limit(self, &limit, error) || read_form(self, &form, error))
        return -1;
    CLEAN(printer_destroy) printer_t *printer = printer_new(stdout, form, columns);
    return print_pages(self, query, limit, printer, error);
}

int
lists_print_run(client_t *client, const char *list, uint64_t run_id, int is_json,
                struct error *error)
{
    CLEAN(terms_clear) struct client_terms terms = {0};
    CLEAN(memory_free) char *cursor = NULL;
    CLEAN(printer_destroy)
    printer_t *printer = printer_new(stdout, is_json ? PRINT_JSON : PRINT_WIDE, NULL);
    terms_of_number(&terms, "run", run_id);
    do {
        CLEAN(table_destroy) table_t *page = NULL;
        char *next = NULL;
        struct client_query query = {.name = list, .terms = &terms, .cursor = cursor};
        if (client_list(client, &query, &page, &next, error))
            return -1;
        memory_free(&cursor);
        cursor = next;
        printer_add(printer, page);
    } while (cursor);
    printer_end(printer);
    return 0;
}

int
lists_run(struct session *self, struct error *error)
{
    size_t i = 0;
    while (strcmp(lists[i].command, self->command->name) != 0)
        i++;
    const char *first = options_argument(self->options, 0);
    if (first && isdigit((unsigned char)*first) && !strchr(first, '='))
        return details_run(self, error);
    CLEAN(terms_clear) struct client_terms terms = {0};
    if (narrow(self, &terms, error))
        return -1;
    int is_latest = is_command(self, "backups") && options_has(self->options, "latest");
    int is_promise = is_command(self, "databases") && (options_has(self->options, "promise") ||
                                                       options_has(self->options, "overdue") ||
                                                       options_has(self->options, "tag-lost"));
    int has_excluded = is_command(self, "report") && options_has(self->options, "excluded");
    int has_expired = is_command(self, "backups") && options_has(self->options, "expired");
    const char *name = is_latest      ? "latest"
                       : has_expired  ? "sets"
                       : has_excluded ? "report_excluded"
                                      : lists[i].query;
    struct client_query query = {.name = name, .terms = &terms};
    return lists_print(self, &query, is_promise ? promise_columns : lists[i].columns, error);
}
