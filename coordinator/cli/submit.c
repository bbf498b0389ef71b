// What makes runs: backup, restore, verify, sweep. (check.c: check.)

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/follow.h"
#include "coordinator/cli/print.h"
#include "coordinator/cli/terms.h"

enum { HOST_MAX = 253, WORKERS_MAX = 8 };

// clang-format off
#define WAIT_ROW {"wait", NULL, "wait until the run has ended and say what happens"}
const struct option_row submit_rows[] = {WAIT_ROW, {0}};
const struct option_row submit_restore_rows[] = {
    {"to", "HOST:PORT", "the server to load into; the worker's configuration must list it"},
    {"secret", "NAME", "the name of the secret that opens it, in the worker's configuration"},
    {"engine", "ENGINE", "mysql, mariadb or postgres (default: what the set was taken from)"},
    {"overwrite", NULL, "load although the server is not empty"},
    {"worker", "LABEL=PATTERN,...", "labels that the worker must have, before what is configured"},
    WAIT_ROW,
    {0}};
const struct option_row submit_sweep_rows[] = {
    {"list", NULL, "wait, and list what was found"},
    {"remove", "partial|unknown", "remove what attempts have left that are dead, or whole sets that\n"
                                  "                      the catalog does not know"},
    {"adopt", NULL, "take whole sets that the catalog does not know into it"},
    {"mark-missing", NULL, "mark sets of the catalog that are not there as missing"},
    {"folder", "NAME", "look into the folder of another catalog, which must be dead"},
    WAIT_ROW, {0}};
// clang-format on

static int
wait_for(struct session *self, uint64_t run_id, struct error *error)
{
    struct follow follow = {
        .client = self->client, .run_id = run_id, .out = self->is_json ? stderr : stdout};
    if (command_seconds(self, "patience", FOLLOW_PATIENCE_MS, &follow.patience_ms, error))
        return -1;
    CLEAN(table_destroy) table_t *run = NULL;
    int status = follow_run(&follow, &run, error);
    if (status >= 0 && self->is_json) {
        CLEAN(printer_destroy) printer_t *printer = printer_new(stdout, PRINT_JSON, NULL);
        printer_add(printer, run);
        printer_end(printer);
    }
    return status;
}

int
submit_start(struct session *self, Wire__Submit *what, uint64_t *run_id, struct error *error)
{
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_SUBMIT;
    ask.submit = what;
    const Wire__Answer *answer = NULL;
    if (client_ask(self->client, &ask, &answer, error))
        return -1;
    *run_id = answer->run_id;
    if (*answer->note) {
        CLEAN(memory_free) char *note = memory_copy_text(answer->note);
        text_clean(note);
        fprintf(stderr, "dbhaul: %s\n", note);
    }
    return 0;
}

void
submit_say(const struct session *self, uint64_t run_id)
{
    if (self->is_json)
        printf("[{\"run\":%" PRIu64 "}]\n", run_id);
    else
        printf("run %" PRIu64 " has begun; `dbhaul runs %" PRIu64 "` shows it\n", run_id, run_id);
}

int
submit_run(struct session *self, Wire__Submit *what, struct error *error)
{
    uint64_t run_id = 0;
    if (submit_start(self, what, &run_id, error))
        return -1;
    if (options_has(self->options, "wait"))
        return wait_for(self, run_id, error);
    submit_say(self, run_id);
    return STATUS_WELL;
}

int
submit_backup_run(struct session *self, struct error *error)
{
    CLEAN(terms_clear) struct client_terms terms = {0};
    if (terms_parse(&terms, self->options, 0, error))
        return -1;
    Wire__SubmitBackup backup = WIRE__SUBMIT_BACKUP__INIT;
    backup.selector = terms.terms;
    backup.n_selector = terms.count;
    Wire__Submit what = WIRE__SUBMIT__INIT;
    what.what_case = WIRE__SUBMIT__WHAT_BACKUP;
    what.backup = &backup;
    return submit_run(self, &what, error);
}

int
submit_verify_run(struct session *self, struct error *error)
{
    CLEAN(terms_clear) struct client_terms terms = {0};
    Wire__SubmitVerify verify = WIRE__SUBMIT_VERIFY__INIT;
    const char *first = options_argument(self->options, 0);
    if (first && isdigit((unsigned char)*first)) {
        if (command_expect(self, 1, 1, error) || terms_number(first, "set", &verify.set_id, error))
            return -1;
    } else if (terms_parse(&terms, self->options, 0, error)) {
        return -1;
    }
    verify.selector = terms.terms;
    verify.n_selector = terms.count;
    Wire__Submit what = WIRE__SUBMIT__INIT;
    what.what_case = WIRE__SUBMIT__WHAT_VERIFY;
    what.verify = &verify;
    return submit_run(self, &what, error);
}

// ---- sweep

// Waits without a word, and lists.
static int
sweep_and_list(struct session *self, Wire__Submit *what, struct error *error)
{
    uint64_t run_id = 0;
    struct follow follow = {.client = self->client, .out = stderr};
    if (submit_start(self, what, &run_id, error) ||
        command_seconds(self, "patience", FOLLOW_PATIENCE_MS, &follow.patience_ms, error))
        return -1;
    follow.run_id = run_id;
    CLEAN(table_destroy) table_t *run = NULL;
    int status = follow_run(&follow, &run, error);
    return status < 0 || lists_print_run(self->client, "strays", run_id, self->is_json, error)
               ? -1
               : status;
}

int
submit_sweep_run(struct session *self, struct error *error)
{
    if (command_expect(self, 1, 1, error))
        return -1;
    const char *removed = options_value(self->options, "remove", "");
    Wire__SubmitSweep sweep = WIRE__SUBMIT_SWEEP__INIT;
    sweep.store = client_lend(options_argument(self->options, 0));
    sweep.remove_partial = strcmp(removed, "partial") == 0;
    sweep.remove_unknown = strcmp(removed, "unknown") == 0;
    sweep.adopt = options_has(self->options, "adopt");
    sweep.mark_missing = options_has(self->options, "mark-missing");
    sweep.folder = client_lend(options_value(self->options, "folder", ""));
    if (*removed && !sweep.remove_partial && !sweep.remove_unknown)
        return error_set(error, ERROR_CONFIG, "--remove takes `partial` or `unknown`, not '%.40s'",
                         removed);
    if (sweep.remove_unknown && sweep.adopt)
        return error_set(error, ERROR_CONFIG, "--adopt and --remove unknown exclude each other");
    Wire__Submit what = WIRE__SUBMIT__INIT;
    what.what_case = WIRE__SUBMIT__WHAT_SWEEP;
    what.sweep = &sweep;
    return options_has(self->options, "list") ? sweep_and_list(self, &what, error)
                                              : submit_run(self, &what, error);
}

// ---- restore

// "db.example:3306", "[::1]:5432".
static int
parse_server(const char *text, char host[HOST_MAX + 1], uint32_t *port, struct error *error)
{
    const char *colon = strrchr(text, ':');
    const char *start = text;
    const char *end = colon;
    if (colon && *text == '[' && colon > text + 1 && colon[-1] == ']') {
        start = text + 1;
        end = colon - 1;
    } else if (colon && memchr(text, ':', (size_t)(colon - text))) {
        end = text;  // an IPv6 address without its brackets
    }
    uint64_t number = 0;
    struct error ignored = {0};
    size_t size = colon ? (size_t)(end - start) : 0;
    if (size == 0 || size > HOST_MAX || terms_number(colon + 1, "port", &number, &ignored) ||
        number > 65535)
        return error_set(error, ERROR_CONFIG,
                         "'%.64s' is no server: write HOST:PORT or [ADDRESS]:PORT", text);
    memcpy(host, start, size);
    host[size] = '\0';
    *port = (uint32_t)number;
    return 0;
}

// What the set was taken from.
static int
find_engine(struct session *self, uint64_t set_id, char **engine, struct error *error)
{
    CLEAN(terms_clear) struct client_terms terms = {0};
    CLEAN(table_destroy) table_t *table = NULL;
    CLEAN(memory_free) char *cursor = NULL;
    terms_of_number(&terms, "set", set_id);
    struct client_query query = {.name = "sets", .terms = &terms, .limit = 1};
    if (client_list(self->client, &query, &table, &cursor, error))
        return -1;
    if (table_rows(table) == 0)
        return error_set(error, ERROR_NOT_FOUND,
                         "there is no set %" PRIu64 "; `dbhaul backups` lists them", set_id);
    *engine = memory_copy_text(cell_find(table, 0, "engine"));
    return 0;
}

// "region=eu-central-1,network=dmz".
static int
parse_workers(char *text, Wire__Term terms[WORKERS_MAX], Wire__Term *list[WORKERS_MAX],
              size_t *count, struct error *error)
{
    const char *word = NULL;
    while ((word = strsep(&text, ","))) {
        char *pattern = strchr(word, '=');
        if (!pattern || pattern == word || !pattern[1])
            return error_set(error, ERROR_CONFIG, "--worker has '%.64s', which is no LABEL=PATTERN",
                             word);
        if (*count == WORKERS_MAX)
            return error_set(error, ERROR_CONFIG, "--worker names more than %d labels",
                             WORKERS_MAX);
        *pattern++ = '\0';
        terms[*count] = (Wire__Term)WIRE__TERM__INIT;
        terms[*count].key = client_lend(word);
        terms[*count].pattern = pattern;
        list[*count] = &terms[*count];
        ++*count;
    }
    return 0;
}

int
submit_restore_run(struct session *self, struct error *error)
{
    const char *to = options_value(self->options, "to", NULL);
    const char *secret = options_value(self->options, "secret", NULL);
    CLEAN(memory_free)
    char *engine = memory_copy_text(options_value(self->options, "engine", NULL));
    Wire__SubmitRestore restore = WIRE__SUBMIT_RESTORE__INIT;
    Wire__Server target = WIRE__SERVER__INIT;
    char host[HOST_MAX + 1];
    if (command_expect(self, 1, 1, error) ||
        terms_number(options_argument(self->options, 0), "set", &restore.set_id, error))
        return -1;
    if (!to || !secret)
        return error_set(error, ERROR_CONFIG, "a restore needs --to HOST:PORT and --secret NAME");
    Wire__Term workers[WORKERS_MAX], *list[WORKERS_MAX];
    CLEAN(memory_free) char *words = memory_copy_text(options_value(self->options, "worker", NULL));
    restore.workers = list;
    if (words && parse_workers(words, workers, list, &restore.n_workers, error))
        return -1;
    if (parse_server(to, host, &target.port, error) ||
        (!engine && find_engine(self, restore.set_id, &engine, error)))
        return -1;
    target.host = host;
    target.engine = engine;
    target.secret = client_lend(secret);
    target.name = client_lend(to);
    restore.target = &target;
    restore.overwrite = options_has(self->options, "overwrite");
    Wire__Submit what = WIRE__SUBMIT__INIT;
    what.what_case = WIRE__SUBMIT__WHAT_RESTORE;
    what.restore = &restore;
    return submit_run(self, &what, error);
}
