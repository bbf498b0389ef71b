// `dbhaul notify`: who is told of what goes wrong, whether they can be reached, and what lasts.

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/print.h"
#include "coordinator/cli/terms.h"

enum { TEST_PATIENCE_MS = 660000 };  // a message that is under way, then the test

// clang-format off
const struct option_row notify_rows[] = {
    {"all", NULL, "all rows; otherwise the first 100"},
    {"limit", "ROWS", "so many rows at most"},
    {"wide", NULL, "whole cells"},
    {0}};
// clang-format on

static int
list(struct session *self, const char *name, struct error *error)
{
    struct client_query query = {.name = name};
    if (command_expect(self, 1, 1, error))
        return -1;
    return lists_print(self, &query, NULL, error);
}

static void
print_outcomes(const struct session *self, const table_t *outcomes)
{
    CLEAN(printer_destroy)
    printer_t *printer = printer_new(stdout,
                                     self->is_json                        ? PRINT_JSON
                                     : options_has(self->options, "wide") ? PRINT_WIDE
                                                                          : PRINT_TABLE,
                                     NULL);
    printer_add(printer, outcomes);
    printer_end(printer);
}

static int
test(struct session *self, struct error *error)
{
    int64_t answer_ms = 0;
    const char *name = options_argument(self->options, 1);
    if (command_expect(self, 1, 2, error) ||
        command_seconds(self, "patience", TEST_PATIENCE_MS, &answer_ms, error))
        return -1;
    client_set_patience(self->client, CLIENT_CONNECT_MS, answer_ms);
    Wire__NotifyTest wish = WIRE__NOTIFY_TEST__INIT;
    wish.target = client_lend(name ? name : "");
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_NOTIFY_TEST;
    ask.notify_test = &wish;
    const Wire__Answer *answer = NULL;
    if (client_ask(self->client, &ask, &answer, error))
        return -1;
    CLEAN(table_destroy) table_t *outcomes = client_table(answer);
    if (!outcomes)
        return error_set(error, ERROR_INVALID, "the coordinator's answer has no list");
    print_outcomes(self, outcomes);
    for (size_t row = 0; row < table_rows(outcomes); row++) {
        if (strcmp(cell_find(outcomes, row, "outcome"), "delivered") != 0)
            return STATUS_PARTIAL;
    }
    return STATUS_WELL;
}

static int
close_outage(struct session *self, struct error *error)
{
    uint64_t id = 0;
    if (command_expect(self, 2, 2, error) ||
        terms_number(options_argument(self->options, 1), "outage", &id, error))
        return -1;
    Wire__CloseOutage wish = WIRE__CLOSE_OUTAGE__INIT;
    wish.id = id;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_CLOSE_OUTAGE;
    ask.close_outage = &wish;
    const Wire__Answer *answer = NULL;
    return client_ask(self->client, &ask, &answer, error) ? -1 : STATUS_WELL;
}

int
notify_run(struct session *self, struct error *error)
{
    const char *verb = options_argument(self->options, 0);
    if (verb && strcmp(verb, "list") == 0)
        return list(self, "targets", error);
    if (verb && strcmp(verb, "outages") == 0)
        return list(self, "outages", error);
    if (verb && strcmp(verb, "test") == 0)
        return test(self, error);
    if (verb && strcmp(verb, "close") == 0)
        return close_outage(self, error);
    return error_set(error, ERROR_CONFIG, "usage: dbhaul notify %s", self->command->arguments);
}
