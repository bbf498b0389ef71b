// What steers the coordinator: cancel, drain, discover.

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/print.h"
#include "coordinator/cli/terms.h"

enum { DISCOVER_PATIENCE_MS = 600000 };

// clang-format off
const struct option_row steer_drain_rows[] = {
    {"undo", NULL, "let it take jobs again"}, {0}};
// clang-format on

static int
ask_and_say(struct session *self, Wire__Ask *ask, const char *said, struct error *error)
{
    const Wire__Answer *answer = NULL;
    if (client_ask(self->client, ask, &answer, error))
        return -1;
    puts(self->is_json ? "[]" : said);
    return STATUS_WELL;
}

int
steer_cancel_run(struct session *self, struct error *error)
{
    if (command_expect(self, 1, 1, error))
        return -1;
    static const char run[] = "run=";
    const char *word = options_argument(self->options, 0);
    Wire__CancelJobs cancel = WIRE__CANCEL_JOBS__INIT;
    int is_run = strncmp(word, run, sizeof run - 1) == 0;
    int status = is_run ? terms_number(word + sizeof run - 1, "run", &cancel.run_id, error)
                        : terms_number(word, "job", &cancel.job_id, error);
    if (status)
        return -1;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_CANCEL;
    ask.cancel = &cancel;
    CLEAN(memory_free)
    char *said = memory_format("%s %s is being cancelled", is_run ? "run" : "job",
                               is_run ? word + sizeof run - 1 : word);
    return ask_and_say(self, &ask, said, error);
}

int
steer_drain_run(struct session *self, struct error *error)
{
    if (command_expect(self, 1, 1, error))
        return -1;
    const char *name = options_argument(self->options, 0);
    Wire__DrainWorker drain = WIRE__DRAIN_WORKER__INIT;
    drain.name = client_lend(name);
    drain.undrain = options_has(self->options, "undo");
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_DRAIN;
    ask.drain = &drain;
    CLEAN(memory_free)
    char *said = memory_format(
        drain.undrain ? "worker '%s' takes jobs again" : "worker '%s' takes no more jobs", name);
    return ask_and_say(self, &ask, said, error);
}

// ---- protect

int
steer_protect_run(struct session *self, struct error *error)
{
    const char *store = options_argument(self->options, 0);
    if (command_expect(self, 0, 1, error))
        return -1;
    Wire__Protect protect = WIRE__PROTECT__INIT;
    protect.store = client_lend(store ? store : "");
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_PROTECT;
    ask.protect = &protect;
    return ask_and_say(self, &ask, "a snapshot is wanted; `dbhaul protections` shows it", error);
}

int
steer_unprotect_run(struct session *self, struct error *error)
{
    Wire__Unprotect unprotect = WIRE__UNPROTECT__INIT;
    if (command_expect(self, 1, 1, error) ||
        terms_number(options_argument(self->options, 0), "protection", &unprotect.id, error))
        return -1;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_UNPROTECT;
    ask.unprotect = &unprotect;
    return ask_and_say(self, &ask, "its snapshot is to expire; `dbhaul protections` shows it",
                       error);
}

// ---- discover

static const char *const finding_columns[] = {"provider",  "scopes",   "answered",   "failed",
                                              "databases", "new",      "gone",       "changed",
                                              "stale",     "requests", "elapsed_ms", NULL};

// Of the answer's rows those with numbers are about providers, the others about scopes that failed.
static int
is_provider(const table_t *table, size_t row)
{
    return *cell_find(table, row, "scopes") != '\0';
}

static table_t *
providers_of(const table_t *found)
{
    table_t *table = table_new();
    for (size_t i = 0; i < table_columns(found); i++)
        table_add_column(table, table_name(found, i), table_type(found, i));
    for (size_t row = 0; row < table_rows(found); row++) {
        if (!is_provider(found, row))
            continue;
        table_add_row(table);
        for (size_t i = 0; i < table_columns(found); i++)
            table_set(table, table_name(found, i), table_cell(found, row, i));
    }
    return table;
}

static void
print_failures(const table_t *found, int64_t failed)
{
    int64_t told = 0;
    for (size_t row = 0; row < table_rows(found); row++) {
        if (is_provider(found, row))
            continue;
        const char *account = cell_find(found, row, "account");
        const char *region = cell_find(found, row, "region");
        CLEAN(memory_free) char *message = cell_show(TABLE_TEXT, cell_find(found, row, "message"));
        CLEAN(memory_free)
        char *place = memory_format("%s%s%s%s%s", cell_find(found, row, "provider"),
                                    *account ? " " : "", account, *region ? " " : "", region);
        text_clean(place);
        printf("%s does not answer: %s\n", place, message);
        told++;
    }
    if (told < failed)
        printf("and %lld more; `dbhaul scopes state=failed` lists them\n",
               (long long)(failed - told));
}

static void
print_findings(const table_t *found, int64_t failed, int64_t stale)
{
    CLEAN(table_destroy) table_t *providers = providers_of(found);
    CLEAN(printer_destroy) printer_t *printer = printer_new(stdout, PRINT_TABLE, finding_columns);
    printer_add(printer, providers);
    printer_end(printer);
    print_failures(found, failed);
    if (stale > 0)
        printf("%lld databases are as last known; `dbhaul databases --stale` lists them\n",
               (long long)stale);
}

int
steer_discover_run(struct session *self, struct error *error)
{
    int64_t answer_ms = 0;
    if (command_expect(self, 0, 0, error) ||
        command_seconds(self, "patience", DISCOVER_PATIENCE_MS, &answer_ms, error))
        return -1;
    client_set_patience(self->client, CLIENT_CONNECT_MS, answer_ms);
    Wire__Discover discover = WIRE__DISCOVER__INIT;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_DISCOVER;
    ask.discover = &discover;
    const Wire__Answer *answer = NULL;
    if (client_ask(self->client, &ask, &answer, error))
        return -1;
    CLEAN(table_destroy) table_t *found = client_table(answer);
    if (!found)
        return error_set(error, ERROR_INVALID, "the coordinator's answer has no findings");
    int64_t failed = 0, stale = 0;
    for (size_t row = 0; row < table_rows(found); row++) {
        failed += cell_find_integer(found, row, "failed");
        stale += cell_find_integer(found, row, "stale");
    }
    if (self->is_json) {
        CLEAN(printer_destroy) printer_t *printer = printer_new(stdout, PRINT_JSON, NULL);
        printer_add(printer, found);
        printer_end(printer);
    } else {
        print_findings(found, failed, stale);
    }
    return failed || stale ? STATUS_PARTIAL : STATUS_WELL;
}
