#include "worker/engine/postgres_watch.h"

#include <errno.h>
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
    int asks_lag;
    int is_unseen[THROTTLE_SIGNALS];
    struct error blind;  // why the thread has ended by itself
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
    "SELECT count(*) FILTER (WHERE state = 'active'), coalesce(max(extract(epoch FROM " \
    "clock_timestamp() - xact_start) * 1000)::bigint, 0), count(*) FILTER (WHERE state = " \
    "'active' AND clock_timestamp() - query_start >= interval '%d ms') FROM pg_stat_activity " \
    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND pid <> ALL ('{%s}')"

// A server that is too busy to answer for so long is not watched.
static const char patience[] = "SET statement_timeout = '5s'";

static void
leave_out(postgres_watch_t *self, enum throttle_signal signal, const char *why)
{
    size_t used = strlen(self->without);
    self->is_unseen[signal] = 1;
    snprintf(self->without + used, sizeof self->without - used, "%s%s%s%.200s%s", used ? ", " : "",
             throttle_name(signal), *why ? " (" : "", why, *why ? ")" : "");
}

// Some refuse to tell how far they are behind: readers of Aurora have no log that they receive.
static int
look_at_lag(postgres_watch_t *self, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    struct error refused = {0};
    self->asks_lag = postgres_query(self->postgres, LAG, NULL, &rows, &refused) == 0;
    if (self->asks_lag)
        return 0;
    if (refused.code == ERROR_CANCELLED || refused.code == ERROR_UNAVAILABLE)
        return error_set(error, refused.code, "%s", refused.message);
    leave_out(self, THROTTLE_LAG, refused.message);
    return 0;
}

// Which signals this login can see.
static int
look(postgres_watch_t *self, const struct throttle_limits *limits, struct error *error)
{
    static const char sql[] = "SELECT pg_has_role('pg_read_all_stats', 'MEMBER'), current_user, "
                              "pg_is_in_recovery()";
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_run(self->postgres, patience, error) ||
        postgres_query(self->postgres, sql, NULL, &rows, error))
        return -1;
    int is_member = postgres_rows_true(rows, 0, 0);
    int sees_lag = is_member || postgres_rows_true(rows, 0, 2);
    for (enum throttle_signal signal = 0; signal < THROTTLE_SIGNALS; signal++) {
        int is_seen = is_member || (signal == THROTTLE_LAG && sees_lag);
        if (limits->at_most[signal] > 0 && !is_seen)
            leave_out(self, signal, "");
    }
    size_t used = strlen(self->without);
    if (used > 0)
        snprintf(self->without + used, sizeof self->without - used,
                 " (GRANT pg_monitor TO \"%.63s\" lets it see them)",
                 postgres_rows_text(rows, 0, 1));
    return limits->at_most[THROTTLE_LAG] > 0 && sees_lag ? look_at_lag(self, error) : 0;
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

static int
ask_lag(const postgres_watch_t *self, struct throttle_sample *sample, struct error *error)
{
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (!self->asks_lag)
        return 0;
    if (postgres_query(self->postgres, LAG, NULL, &rows, error))
        return -1;
    if (*postgres_rows_text(rows, 0, 0))
        sample->values[THROTTLE_LAG] = postgres_rows_integer(rows, 0, 0);
    return 0;
}

// -1 where the server says nothing.
static int
measure(const postgres_watch_t *self, struct throttle_sample *sample, struct error *error)
{
    static const enum throttle_signal signals[] = {THROTTLE_RUNNING, THROTTLE_TRANSACTION,
                                                   THROTTLE_LONG};
    CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
    if (postgres_query(self->postgres, self->sql, NULL, &rows, error))
        return -1;
    *sample = throttle_unknown();
    for (size_t index = 0; index < sizeof signals / sizeof *signals; index++) {
        enum throttle_signal signal = signals[index];
        if (!self->is_unseen[signal] && *postgres_rows_text(rows, 0, index))
            sample->values[signal] = postgres_rows_integer(rows, 0, index);
    }
    return ask_lag(self, sample, error);
}

// Once it can see no more it says so by the channel's end.
static void *
run(void *argument)
{
    postgres_watch_t *self = argument;
    struct pollfd item = {.fd = self->channel[1], .events = POLLIN};
    struct throttle_sample sample;
    do {
        if (measure(self, &sample, &self->blind))
            break;
        send(self->channel[1], &sample, sizeof sample, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (poll(&item, 1, EVERY_MS) <= 0);
    shutdown(self->channel[1], SHUT_RDWR);
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

// The thread has ended, or is about to.
static int
tell_blind(postgres_watch_t *self, struct error *error)
{
    if (self->has_thread)
        pthread_join(self->thread, NULL);
    self->has_thread = 0;
    return error_set(error, self->blind.code, "%s", self->blind.message);
}

int
postgres_watch_take(postgres_watch_t *self, struct throttle_sample *sample, struct error *error)
{
    int has_one = 0;
    struct throttle_sample newest;
    for (;;) {
        ssize_t got = recv(self->channel[0], &newest, sizeof newest, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != sizeof newest && !has_one)
            return got < 0 && errno == EAGAIN ? 0 : tell_blind(self, error);
        if (got != sizeof newest)
            return 1;
        *sample = newest;
        has_one = 1;
    }
}
