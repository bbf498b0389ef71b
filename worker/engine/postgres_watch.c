#include "worker/engine/postgres_watch.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { EVERY_MS = 1000 };

struct postgres_watch {
    postgres_t *postgres;
    char *sql;
    char without[POSTGRES_WATCH_WITHOUT_SIZE];
    int channel[2];  // samples come from the second one; its end tells the thread to go
    pthread_t thread;
    int has_thread;
};

// A standby that has replayed all that came is not behind, however old its last transaction is. A
// primary is as far behind as the slowest of those that follow it.
#define LAG \
    "SELECT (extract(epoch FROM CASE WHEN NOT pg_is_in_recovery() THEN (SELECT max(replay_lag) " \
    "FROM pg_stat_replication) WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN " \
    "interval '0' ELSE clock_timestamp() - pg_last_xact_replay_timestamp() END) * 1000)::bigint"

#define OTHERS \
    "SELECT count(*) FILTER (WHERE state = 'active'), (" LAG "), coalesce(max(extract(epoch FROM " \
    "clock_timestamp() - xact_start) * 1000)::bigint, 0), count(*) FILTER (WHERE state = " \
    "'active' AND clock_timestamp() - query_start >= interval '%d ms') FROM pg_stat_activity " \
    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND pid <> ALL ('{%s}')"

// Which signals this login can see.
static int
look(postgres_watch_t *self, const struct throttle_limits *limits, struct error *error)
{
    static const char sql[] = "SELECT pg_has_role('pg_read_all_stats', 'MEMBER'), current_user, "
                              "pg_is_in_recovery()";
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(self->postgres, sql, NULL, &rows, error))
        return -1;
    size_t used = 0;
    for (enum throttle_signal signal = 0; signal < THROTTLE_SIGNALS; signal++) {
        int is_seen = postgres_rows_true(rows, 0, 0) ||
                      (signal == THROTTLE_LAG && postgres_rows_true(rows, 0, 2));
        if (limits->at_most[signal] > 0 && !is_seen && used < sizeof self->without / 2)
            used += (size_t)snprintf(self->without + used, sizeof self->without - used, "%s%s",
                                     used ? ", " : "", throttle_name(signal));
    }
    if (used > 0)
        snprintf(self->without + used, sizeof self->without - used,
                 " (GRANT pg_monitor TO \"%.63s\" lets it see them)",
                 postgres_rows_text(rows, 0, 1));
    return 0;
}

int
postgres_watch_open(postgres_watch_t **self_p, const struct server *server, const char *database,
                    const struct throttle_limits *limits, struct error *error)
{
    CLEAN(postgres_watch_destroy) postgres_watch_t *self = memory_get(sizeof *self);
    self->channel[0] = self->channel[1] = -1;
    if (postgres_open(&self->postgres, server, database, error) || look(self, limits, error))
        return error_wrap(error, "cannot watch the server");
    *self_p = STEAL(self);
    return 0;
}

void
postgres_watch_destroy(postgres_watch_t **self_p)
{
    postgres_watch_t *self = *self_p;
    if (!self)
        return;
    fd_close(&self->channel[0]);
    if (self->has_thread)
        pthread_join(self->thread, NULL);
    fd_close(&self->channel[1]);
    postgres_destroy(&self->postgres);
    memory_free(&self->sql);
    memory_free(self_p);
}

const char *
postgres_watch_without(const postgres_watch_t *self)
{
    return self->without;
}

// -1 where the server says nothing.
static int
measure(const postgres_watch_t *self, struct throttle_sample *sample, struct error *error)
{
    static const enum throttle_signal signals[] = {THROTTLE_RUNNING, THROTTLE_LAG,
                                                   THROTTLE_TRANSACTION, THROTTLE_LONG};
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(self->postgres, self->sql, NULL, &rows, error))
        return -1;
    *sample = throttle_unknown();
    for (size_t index = 0; index < sizeof signals / sizeof *signals; index++) {
        enum throttle_signal signal = signals[index];
        int is_seen = !strstr(self->without, throttle_name(signal));
        if (is_seen && *postgres_rows_text(rows, 0, index))
            sample->values[signal] = postgres_rows_integer(rows, 0, index);
    }
    return 0;
}

// A watch that has gone blind ends nothing: the reader goes on at the pace it has.
static void *
run(void *argument)
{
    const postgres_watch_t *self = argument;
    struct pollfd item = {.fd = self->channel[1], .events = POLLIN};
    struct throttle_sample sample;
    struct error unseen;
    do {
        if (measure(self, &sample, &unseen))
            return NULL;
        send(self->channel[1], &sample, sizeof sample, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (poll(&item, 1, EVERY_MS) <= 0);
    return NULL;
}

int
postgres_watch_begin(postgres_watch_t *self, const int *processes, size_t count,
                     struct error *error)
{
    sigset_t all, before;
    CLEAN(buffer_clear) struct buffer list = {0};
    for (size_t index = 0; index < count; index++)
        buffer_format(&list, "%s%d", index ? "," : "", processes[index]);
    self->sql = memory_format(OTHERS, THROTTLE_LONG_MS, buffer_read(&list));
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, self->channel))
        return error_set(error, ERROR_INTERNAL, "cannot watch the server: no more descriptors");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    self->has_thread = pthread_create(&self->thread, NULL, run, self) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return self->has_thread
               ? 0
               : error_set(error, ERROR_INTERNAL, "cannot watch the server: no more threads");
}

int
postgres_watch_take(postgres_watch_t *self, struct throttle_sample *sample)
{
    int has_one = 0;
    struct throttle_sample newest;
    while (recv(self->channel[0], &newest, sizeof newest, MSG_DONTWAIT) == sizeof newest) {
        *sample = newest;
        has_one = 1;
    }
    return has_one;
}
