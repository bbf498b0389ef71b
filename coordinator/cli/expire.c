// Sets that go, and sets that stay: expire, pin, unpin.

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/terms.h"

// clang-format off
const struct option_row expire_rows[] = {
    {"dry-run", NULL, "change nothing: say of each set whether it would go, and why"},
    {"going", NULL, "--dry-run: only those that would go"},
    {"set", "NUMBER", "this set, whatever the rules say; pins and what else guards it hold"},
    {"all", NULL, "--dry-run: all rows; otherwise the first 100"},
    {"limit", "ROWS", "--dry-run: so many rows at most"},
    {"wide", NULL, "--dry-run: all columns, whole cells"},
    {"wait", NULL, "wait until the run has ended and say what happens"},
    {0}};
const struct option_row expire_pin_rows[] = {
    {"reason", "TEXT", "why, for whoever reads it later"},
    {"until", "TIME", "from then on it may expire, in UTC: 2027-12-31, '2027-12-31 22:00:00'"},
    {0}};
// clang-format on

static const char *const verdict_columns[] = {"set",    "name",    "state",  "created",
                                              "policy", "verdict", "reason", NULL};

static int
check_options(const struct session *self, struct error *error)
{
    static const char *const of_dry_run[] = {"going", "all", "limit", "wide"};
    int is_dry = options_has(self->options, "dry-run");
    if (is_dry && options_has(self->options, "set"))
        return error_set(error, ERROR_CONFIG,
                         "--set is not for --dry-run, which tells of all sets of a database: "
                         "select it by `database=NUMBER`");
    if (is_dry && options_has(self->options, "wait"))
        return error_set(error, ERROR_CONFIG, "--dry-run starts nothing to wait for");
    for (size_t index = 0; index < sizeof of_dry_run / sizeof *of_dry_run; index++) {
        if (!is_dry && options_has(self->options, of_dry_run[index]))
            return error_set(error, ERROR_CONFIG, "--%s is for --dry-run", of_dry_run[index]);
    }
    return 0;
}

int
expire_run(struct session *self, struct error *error)
{
    CLEAN(terms_clear) struct client_terms terms = {0};
    if (check_options(self, error) || terms_parse(&terms, self->options, 0, error))
        return -1;
    if (options_has(self->options, "dry-run")) {
        struct client_query query = {.name = "expiry", .terms = &terms};
        if (options_has(self->options, "going"))
            terms_add(&terms, "verdict", "goes");
        return lists_print(self, &query, verdict_columns, error);
    }
    Wire__SubmitExpire expire = WIRE__SUBMIT_EXPIRE__INIT;
    const char *set = options_value(self->options, "set", NULL);
    if (set &&
        (command_expect(self, 0, 0, error) || terms_number(set, "set", &expire.set_id, error)))
        return -1;
    expire.selector = terms.terms;
    expire.n_selector = terms.count;
    Wire__Submit what = WIRE__SUBMIT__INIT;
    what.what_case = WIRE__SUBMIT__WHAT_EXPIRE;
    what.expire = &expire;
    return submit_run(self, &what, error);
}

// ---- pins

// "12" is a set, "job=34" the one that this job made.
static int
read_set(const struct session *self, Wire__Pin *pin, struct error *error)
{
    static const char job[] = "job=";
    if (command_expect(self, 1, 1, error))
        return -1;
    const char *word = options_argument(self->options, 0);
    if (strncmp(word, job, sizeof job - 1) == 0)
        return terms_number(word + sizeof job - 1, "job", &pin->job_id, error);
    return terms_number(word, "set", &pin->set_id, error);
}

static int
send_pin(struct session *self, Wire__Pin *pin, struct error *error)
{
    Wire__Ask ask = WIRE__ASK__INIT;
    const Wire__Answer *answer = NULL;
    ask.what_case = WIRE__ASK__WHAT_PIN;
    ask.pin = pin;
    if (client_ask(self->client, &ask, &answer, error))
        return -1;
    const char *word = options_argument(self->options, 0);
    const char *what = strchr(word, '=') ? "the set of " : "set ";
    if (self->is_json)
        puts("[]");
    else
        printf("%s%s %s\n", what, word, pin->undo ? "may expire again" : "does not expire");
    return STATUS_WELL;
}

int
expire_pin_run(struct session *self, struct error *error)
{
    Wire__Pin pin = WIRE__PIN__INIT;
    const char *until = options_value(self->options, "until", NULL);
    if (read_set(self, &pin, error) ||
        (until && terms_time(until, "until", &pin.until_unix_ms, error)))
        return -1;
    pin.reason = client_lend(options_value(self->options, "reason", ""));
    return send_pin(self, &pin, error);
}

int
expire_unpin_run(struct session *self, struct error *error)
{
    Wire__Pin pin = WIRE__PIN__INIT;
    if (read_set(self, &pin, error))
        return -1;
    pin.undo = 1;
    return send_pin(self, &pin, error);
}
