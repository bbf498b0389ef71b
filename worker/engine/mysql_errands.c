#include "worker/engine/mysql_errands.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "common/clean.h"
#include "common/memory.h"

struct outcome {
    int status;
    struct error error;
};

// What all threads see.
struct round {
    const struct mysql_errand *errands;
    struct outcome *outcomes;
    size_t count;
    atomic_size_t next;
    atomic_int is_failed;
};

struct runner {
    struct round *round;
    mysql_session_t *session;
    pthread_t thread;
    int is_started;
};

static void *
run(void *argument)
{
    const struct runner *self = argument;
    struct round *round = self->round;
    size_t index = 0;
    while (!atomic_load(&round->is_failed) &&
           (index = atomic_fetch_add(&round->next, 1)) < round->count) {
        const struct mysql_errand *errand = &round->errands[index];
        struct outcome *outcome = &round->outcomes[index];
        outcome->status = errand->run(errand->self, self->session, &outcome->error);
        if (outcome->status)
            atomic_store(&round->is_failed, 1);
    }
    return NULL;
}

// One that cannot be started leaves its errands to the others.
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

int
mysql_errands_run(mysql_session_t *const *sessions, size_t session_count,
                  const struct mysql_errand *errands, size_t count, struct error *error)
{
    struct runner runners[MYSQL_ERRANDS_SESSIONS_MAX] = {0};
    CLEAN(memory_free) struct outcome *outcomes = memory_get((count + 1) * sizeof *outcomes);
    struct round round = {.errands = errands, .outcomes = outcomes, .count = count};
    size_t used = session_count < count ? session_count : count;
    if (used > MYSQL_ERRANDS_SESSIONS_MAX)
        used = MYSQL_ERRANDS_SESSIONS_MAX;
    for (size_t i = 0; i < used; i++)
        runners[i] = (struct runner){.round = &round, .session = sessions[i]};
    start(runners, used);
    if (used > 0)
        run(&runners[0]);
    for (size_t i = 1; i < used; i++) {
        if (runners[i].is_started)
            pthread_join(runners[i].thread, NULL);
    }
    for (size_t i = 0; i < count; i++) {
        if (outcomes[i].status) {
            *error = outcomes[i].error;
            return -1;
        }
    }
    return 0;
}
