#include "worker/agent.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "worker/agent_inside.h"
#include "worker/child.h"

enum {
    POLLS_MAX = 2 + SCOUT_FDS_MAX + 2 * SETTINGS_SLOTS_MAX,
    SURVEY_MIN_MS = 5000,
    SURVEY_MAX_MS = 30000,
    TURN_MAX_MS = 60000,  // the loop looks at the time at least so often
    FAREWELL_MS = 2000,   // after the last job ended: for its result to be acknowledged
    STUCK_MS = CHILD_STUCK_MS + 1000,  // after the kill: what is still there hangs in the kernel
};

static int
open_state(agent_t *self, struct error *error)
{
    if (state_open(&self->state, self->settings->state_folder, error) ||
        spool_open(&self->spool, state_folder(self->state), error))
        return -1;
    if (spool_strangers(self->spool) > 0)
        log_warning("%zu files in '%s/spool' are no results: they are left alone",
                    spool_strangers(self->spool), self->settings->state_folder);
    return 0;
}

// For a whole survey: no longer than a job waits for its store, but tools take their time, too.
static int64_t
survey_patience(const struct settings *settings)
{
    int64_t patience_ms = settings->timers.store_ms;
    if (patience_ms > SURVEY_MAX_MS)
        return SURVEY_MAX_MS;
    return patience_ms > SURVEY_MIN_MS ? patience_ms : SURVEY_MIN_MS;
}

int
agent_open(agent_t **self_p, const struct settings *settings, const char *const *command,
           struct error *error)
{
    CLEAN(agent_destroy) agent_t *self = memory_get(sizeof *self);
    self->settings = settings;
    if (*settings->key_path && key_read(&self->key, settings->key_path, error))
        return -1;
    if (open_state(self, error))
        return -1;
    random_id(self->boot_id);
    self->decoder = wire_decoder_new();
    self->link = link_new(settings, *settings->key_path ? &self->key : NULL);
    self->scout = scout_new(command, settings->timers.survey_ms, survey_patience(settings));
    struct attempts_options options = {.command = command,
                                       .slots = settings->slots,
                                       .kill_grace_ms = settings->timers.kill_grace_ms};
    struct attempts_listener listener = {
        .context = self, .progress = agent_tell_progress, .ended = agent_take_result};
    self->attempts = attempts_new(&options, &listener);
    *self_p = STEAL(self);
    return 0;
}

void
agent_destroy(agent_t **self_p)
{
    agent_t *self = *self_p;
    if (!self)
        return;
    attempts_destroy(&self->attempts);
    scout_destroy(&self->scout);
    link_destroy(&self->link);
    wire_decoder_destroy(&self->decoder);
    spool_destroy(&self->spool);
    state_destroy(&self->state);
    key_clear(&self->key);
    memory_free(self_p);
}

static void
look_at_clocks(agent_t *self)
{
    self->now_ms = clock_monotonic_ms();
    self->unix_ms = clock_unix_ms();
    random_bytes(&self->chance, sizeof self->chance);
}

static int64_t
earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static long
patience(const agent_t *self)
{
    int64_t until = self->now_ms + TURN_MAX_MS;
    until = earlier(until, link_deadline(self->link));
    until = earlier(until, scout_deadline(self->scout));
    until = earlier(until, attempts_deadline(self->attempts));
    if (link_is_greeted(self->link))
        until = earlier(until, spool_next(self->spool));
    if (self->is_stopping)
        until = earlier(until, self->stop_at_ms);
    return until > self->now_ms ? (long)(until - self->now_ms) : 0;
}

static void
await(const agent_t *self, int signals)
{
    zmq_pollitem_t items[POLLS_MAX] = {{.fd = signals, .events = ZMQ_POLLIN}};
    size_t count = 1;
    void *handle = link_handle(self->link);
    if (handle)
        items[count++] = (zmq_pollitem_t){.socket = handle, .events = ZMQ_POLLIN};
    int fds[POLLS_MAX];
    size_t fd_count = scout_fds(self->scout, fds, SCOUT_FDS_MAX);
    fd_count += attempts_fds(self->attempts, fds + fd_count, POLLS_MAX - count - fd_count);
    for (size_t index = 0; index < fd_count; index++)
        items[count++] = (zmq_pollitem_t){.fd = fds[index], .events = ZMQ_POLLIN};
    // Whatever woke us, everybody is asked: there are few, and asking is cheap.
    zmq_poll(items, (int)count, patience(self));
}

static void
stop(agent_t *self)
{
    if (self->is_stopping)
        return;
    log_info("stopping: %zu jobs are told to end", attempts_count(self->attempts));
    self->is_stopping = 1;
    self->stop_at_ms = self->now_ms + self->settings->timers.kill_grace_ms + STUCK_MS;
    attempts_stop_all(self->attempts, ATTEMPT_SHUTDOWN, self->now_ms);
}

static void
read_signals(agent_t *self, int signals)
{
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            stop(self);
        else if (info.ssi_signo == SIGHUP)
            log_info(
                "the configuration of the daemon is read at its start only; jobs read it anew");
    }
}

static void
tell_findings(agent_t *self)
{
    Wire__Ready ready = WIRE__READY__INIT;
    scout_fill(self->scout, &ready);
    log_info("%zu tools and %zu of %zu stores can be used", ready.n_tools, ready.n_stores,
             self->settings->store_count);
}

static void
look_around(agent_t *self)
{
    struct error error;
    switch (scout_tick(self->scout, self->now_ms, &error)) {
    case SCOUT_CHANGED:
        tell_findings(self);
        link_greet_again(self->link, self->now_ms);
        break;
    case SCOUT_ROOM:
        link_greet_again(self->link, self->now_ms);
        break;
    case SCOUT_FAILED:
        log_error("%s", error.message);
        break;
    case SCOUT_NOTHING:
        break;
    }
}

// A drained worker says so, and stays away for a while. Should the coordinator still want it
// drained then, it says so again.
static void
drain(agent_t *self)
{
    if (!self->is_draining || attempts_count(self->attempts) > 0 || spool_count(self->spool) > 0)
        return;
    log_info("drained");
    agent_tell_bye(self, "drained");
    self->is_draining = 0;
    link_rest(self->link, self->now_ms + self->settings->timers.reconnect_max_ms);
}

static void
take_turn(agent_t *self, int signals)
{
    struct error error;
    look_at_clocks(self);
    read_signals(self, signals);
    agent_news(self, link_tick(self->link, self->now_ms, self->chance, &error), &error);
    agent_hear(self);
    look_around(self);
    attempts_tick(self->attempts, self->now_ms, self->unix_ms);
    agent_tell_duties(self);
    agent_tell_results(self);
    drain(self);
}

// Jobs first; then there is a little time for the coordinator to acknowledge how they ended.
static int
is_over(agent_t *self)
{
    if (!self->is_stopping)
        return 0;
    if (attempts_count(self->attempts) > 0)
        return self->now_ms >= self->stop_at_ms;
    if (spool_count(self->spool) == 0 || !link_is_greeted(self->link))
        return 1;
    if (!self->is_leaving)
        self->stop_at_ms = self->now_ms + FAREWELL_MS;
    self->is_leaving = 1;
    return self->now_ms >= self->stop_at_ms;
}

int
agent_run(agent_t *self, int signals, struct error *error)
{
    look_at_clocks(self);
    while (!is_over(self)) {
        await(self, signals);
        take_turn(self, signals);
    }
    agent_tell_bye(self, "the worker stops");
    size_t left = attempts_count(self->attempts);
    if (left > 0)
        return error_set(error, ERROR_INTERNAL, "%zu jobs could not be killed", left);
    return 0;
}
