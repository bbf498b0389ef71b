// What steers the coordinator: cancel, drain, discover.

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/terms.h"

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

int
steer_discover_run(struct session *self, struct error *error)
{
    if (command_expect(self, 0, 0, error))
        return -1;
    Wire__Discover discover = WIRE__DISCOVER__INIT;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_DISCOVER;
    ask.discover = &discover;
    return ask_and_say(self, &ask, "the providers were asked; `dbhaul databases` shows the result",
                       error);
}
