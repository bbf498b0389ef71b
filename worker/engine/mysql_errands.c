#include "worker/engine/mysql_errands.h"

#include <pthread.h>
#include <signal.h>

// A session with its errands: each so many-th from its own number on.
struct runner {
    mysql_session_t *session;
    const struct mysql_errand *errands;
    size_t first, step, count;
    pthread_t thread;
    int is_started;
    int status;
    struct error error;
};

static void *
run(void *argument)
{
    struct runner *self = argument;
    for (size_t i = self->first; i < self->count && self->status == 0; i += self->step)
        self->status = self->errands[i].run(self->errands[i].self, self->session, &self->error);
    return NULL;
}

// All but the first, which is the caller's thread's.
static void
start(struct runner *runners, size_t count)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 1; i < count; i++)
        runners[i].is_started = pthread_create(&runners[i].thread, NULL, run, &runners[i]) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

// One without a thread takes its turn afterwards.
static void
finish(struct runner *runners, size_t count)
{
    run(&runners[0]);
    for (size_t i = 1; i < count; i++) {
        if (runners[i].is_started)
            pthread_join(runners[i].thread, NULL);
        else
            run(&runners[i]);
    }
}

int
mysql_errands_run(mysql_session_t *const *sessions, size_t session_count,
                  const struct mysql_errand *errands, size_t count, struct error *error)
{
    struct runner runners[MYSQL_ERRANDS_SESSIONS_MAX] = {0};
    size_t used = session_count < count ? session_count : count;
    if (used > MYSQL_ERRANDS_SESSIONS_MAX)
        used = MYSQL_ERRANDS_SESSIONS_MAX;
    if (used == 0)
        return 0;
    for (size_t i = 0; i < used; i++)
        runners[i] = (struct runner){
            .session = sessions[i], .errands = errands, .first = i, .step = used, .count = count};
    start(runners, used);
    finish(runners, used);
    for (size_t i = 0; i < used; i++) {
        if (runners[i].status) {
            *error = runners[i].error;
            return -1;
        }
    }
    return 0;
}
