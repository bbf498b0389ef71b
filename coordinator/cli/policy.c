// `dbhaul policy`: which policies there are, which one a database has and why, and which databases
// have none. `dbhaul schedule`: when they fire next.

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/forecast.h"
#include "coordinator/cli/print.h"
#include "coordinator/cli/terms.h"

enum { FIRINGS_SHOWN = 20, FIRINGS_MAX = 500 };

// clang-format off
const struct option_row policy_rows[] = {
    {"all", NULL, "all rows; otherwise the first 100"},
    {"limit", "ROWS", "so many rows at most"},
    {"unmatched", NULL, "list: the databases that have no policy, and why"},
    {"wide", NULL, "all columns, whole cells"},
    {0}};
// clang-format on

// clang-format off
const struct option_row policy_schedule_rows[] = {
    {"next", NULL, "as without: the next 20 firings, or N"},
    {"forecast", NULL, "what the next 24 hours will come to, and what limits it"},
    {"hours", "N", "forecast: so many hours (168 at most)"},
    {"csv", NULL, "forecast: each job, as CSV"},
    {"all", NULL, "forecast: all rows of each table; otherwise the first 500"},
    {"wide", NULL, "whole cells"},
    {0}};
// clang-format on

static const char *const policy_columns[] = {
    "name",       "schedule",   "zone",         "window",
    "databases",  "overdue",    "promised_age", "promised_offsite_age",
    "selectable", "precedence", "store",        "tool",
    "what",       "workers",    "unplaced",     NULL};

// A database by its number, its name, or whatever selects it alone.
static int
read_database(const struct session *self, struct client_terms *terms, struct error *error)
{
    const char *word = options_argument(self->options, 1);
    if (!word)
        return error_set(error, ERROR_CONFIG, "which database? Give its name or number");
    if (strchr(word, '='))
        return terms_parse(terms, self->options, 1, error);
    if (command_expect(self, 2, 2, error))
        return -1;
    int is_number = word[strspn(word, "0123456789")] == '\0';
    terms_add(terms, is_number ? "database" : "name", word);
    return 0;
}

int
policy_run(struct session *self, struct error *error)
{
    CLEAN(terms_clear) struct client_terms terms = {0};
    struct client_query query = {.terms = &terms};
    const char *verb = options_argument(self->options, 0);
    int is_unmatched = options_has(self->options, "unmatched");
    if (verb && strcmp(verb, "explain") == 0 && !is_unmatched) {
        query.name = "policy";
        if (read_database(self, &terms, error))
            return -1;
        return lists_print(self, &query, NULL, error);
    }
    if (!verb || strcmp(verb, "list") != 0)
        return error_set(error, ERROR_CONFIG, "usage: dbhaul policy %s", self->command->arguments);
    query.name = is_unmatched ? "unmatched" : "policies";
    if (terms_parse(&terms, self->options, 1, error))
        return -1;
    return lists_print(self, &query, is_unmatched ? NULL : policy_columns, error);
}

int
policy_schedule_run(struct session *self, struct error *error)
{
    uint64_t count = FIRINGS_SHOWN;
    CLEAN(table_destroy) table_t *table = NULL;
    CLEAN(memory_free) char *cursor = NULL;
    const char *word = options_argument(self->options, 0);
    if (options_has(self->options, "forecast"))
        return forecast_run(self, error);
    if (options_has(self->options, "hours") || options_has(self->options, "csv"))
        return error_set(error, ERROR_CONFIG, "--hours and --csv are for --forecast");
    if (command_expect(self, 0, 1, error) || (word && terms_number(word, "firing", &count, error)))
        return -1;
    struct client_query query = {.name = "schedule",
                                 .limit = (uint32_t)(count < FIRINGS_MAX ? count : FIRINGS_MAX)};
    if (client_list(self->client, &query, &table, &cursor, error))
        return -1;
    CLEAN(printer_destroy)
    printer_t *printer = printer_new(stdout,
                                     self->is_json                        ? PRINT_JSON
                                     : options_has(self->options, "wide") ? PRINT_WIDE
                                                                          : PRINT_TABLE,
                                     NULL);
    printer_fit(printer);
    printer_add(printer, table);
    printer_end(printer);
    return STATUS_WELL;
}
