// A whole night on one host: starts the daemons, backs up, prints the report, stops them.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/config.h"
#include "common/memory.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/daemons.h"
#include "coordinator/cli/follow.h"
#include "coordinator/cli/terms.h"

enum {
    SAVING_STEPS = 600,
    SAVING_STEP_MS = 100,
    MINUTES_MAX = 14 * 24 * 60,
    MINUTE_MS = 60000,
};

// clang-format off
const struct option_row once_rows[] = {
    {"config", "FILE", "the configuration, with sections `coordinator:` and `worker:`"},
    {"protect-limit", "MINUTES", "how long to wait until the sets are protected (60); 0: not at all"},
    {0}};

static const struct config_key both_keys[] = {
    {.name = "coordinator", .type = CONFIG_ANY, .required = 1, .help = "as dbhaul-coordinator"},
    {.name = "worker", .type = CONFIG_ANY, .required = 1, .help = "as dbhaul-worker"},
    {0}};
// clang-format on

struct night {
    daemons_t *daemons;
    client_t *client;
    uint64_t run_id;
    int is_cancelled;
};

static int
cancel_run(struct night *self, struct error *error)
{
    Wire__CancelJobs cancel = WIRE__CANCEL_JOBS__INIT;
    cancel.run_id = self->run_id;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_CANCEL;
    ask.cancel = &cancel;
    const Wire__Answer *answer = NULL;
    return client_ask(self->client, &ask, &answer, error);
}

// The first signal cancels the run and the end is waited for; a second one gives up.
static int
pause_night(void *context, int64_t pause_ms, struct error *error)
{
    struct night *self = context;
    if (daemons_pause(self->daemons, pause_ms, error) == 0)
        return 0;
    if (error->code != ERROR_CANCELLED || self->is_cancelled)
        return -1;
    self->is_cancelled = 1;
    fprintf(stderr, "dbhaul: %s: run %" PRIu64 " is being cancelled\n", error->message,
            self->run_id);
    struct error cause = {0};
    // A run that has just ended has nothing to cancel.
    if (cancel_run(self, &cause) && cause.code != ERROR_NOT_FOUND) {
        *error = cause;
        return -1;
    }
    return 0;
}

static int
begin_run(struct night *self, const options_t *options, struct error *error)
{
    CLEAN(terms_clear) struct client_terms terms = {0};
    if (terms_parse(&terms, options, 0, error))
        return -1;
    Wire__SubmitBackup backup = WIRE__SUBMIT_BACKUP__INIT;
    backup.selector = terms.terms;
    backup.n_selector = terms.count;
    Wire__Submit what = WIRE__SUBMIT__INIT;
    what.what_case = WIRE__SUBMIT__WHAT_BACKUP;
    what.backup = &backup;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_SUBMIT;
    ask.submit = &what;
    const Wire__Answer *answer = NULL;
    if (client_ask(self->client, &ask, &answer, error))
        return -1;
    self->run_id = answer->run_id;
    return 0;
}

// When the run has ended the catalog is written into the store: the daemons stay for that.
static int
await_saving(struct night *self, struct error *error)
{
    for (int step = 0; step < SAVING_STEPS; step++) {
        CLEAN(terms_clear) struct client_terms terms = {0};
        CLEAN(table_destroy) table_t *table = NULL;
        CLEAN(memory_free) char *cursor = NULL;
        terms_add(&terms, "state", "running");
        struct client_query query = {.name = "runs", .terms = &terms};
        if (client_list(self->client, &query, &table, &cursor, error))
            return -1;
        if (table_rows(table) == 0)
            return 0;
        if (pause_night(self, SAVING_STEP_MS, error))
            return -1;
    }
    fprintf(stderr, "dbhaul: the catalog is still being saved, and is not waited for\n");
    return 0;
}

static int
read_limit(const options_t *options, int64_t *limit_ms, struct error *error)
{
    const char *text = options_value(options, "protect-limit", "60");
    char *end = NULL;
    long minutes = strtol(text, &end, 10);
    if (end == text || *end || minutes < 0 || minutes > MINUTES_MAX)
        return error_set(error, ERROR_CONFIG, "--protect-limit is a number of minutes, 0 to %d",
                         MINUTES_MAX);
    *limit_ms = minutes * MINUTE_MS;
    return 0;
}

// A second signal ends the wait, too: what is not safe yet, the next night goes on with.
static int
wait_for_protection(const struct follow *follow, int64_t limit_ms, int status, struct error *error)
{
    if (status < 0 || limit_ms == 0 || ((const struct night *)follow->context)->is_cancelled)
        return status;
    int is_safe = follow_protections(follow, limit_ms, error);
    return is_safe == STATUS_WELL ? status : is_safe;
}

int
once_run(struct session *self, struct error *error)
{
    const char *path = options_value(self->options, "config", NULL);
    CLEAN(config_destroy) config_t *config = NULL;
    CLEAN(terms_clear) struct client_terms terms = {0};
    int64_t limit_ms = 0;
    if (!path)
        return error_set(error, ERROR_CONFIG, "--config FILE is needed");
    if (read_limit(self->options, &limit_ms, error) ||
        config_read(&config, path, both_keys, CONFIG_SIZE_MAX, error) ||
        terms_parse(&terms, self->options, 0, error))
        return -1;
    CLEAN(daemons_destroy) daemons_t *daemons = NULL;
    if (daemons_open(&daemons, path, error))
        return -1;
    struct client_address address = {.endpoint = daemons_endpoint(daemons)};
    CLEAN(client_destroy) client_t *client = client_new(&address);
    struct night night = {.daemons = daemons, .client = client};
    if (begin_run(&night, self->options, error))
        return -1;
    struct follow follow = {.client = client,
                            .run_id = night.run_id,
                            .out = self->is_json ? stderr : stdout,
                            .patience_ms = FOLLOW_PATIENCE_MS,
                            .pause = pause_night,
                            .context = &night};
    CLEAN(table_destroy) table_t *run = NULL;
    int status = follow_run(&follow, &run, error);
    if (status >= 0 &&
        (lists_print_run(night.client, "report", night.run_id, self->is_json, error) ||
         await_saving(&night, error)))
        return -1;
    return wait_for_protection(&follow, limit_ms, status, error);
}
