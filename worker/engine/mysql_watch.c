#include "worker/engine/mysql_watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/engine/mysql_statement.h"

enum { WATCH_MS = 1000, SECOND_MS = 1000, OURS_MAX = 64, WITHOUT_SIZE = 512 };

struct mysql_watch {
    struct throttle_limits limits;  // without those that cannot be held
    unsigned long ours[OURS_MAX];
    size_t our_count;
    mysql_session_t *session;
    const char *lag_statement, *lag_column;
    int channel[2];
    pthread_t thread;
    int has_thread;
    struct error lost;  // why the thread ended; its own until it has
    char without[WITHOUT_SIZE];
};

// The list of processes, as far as we see it.
struct processes {
    const mysql_watch_t *watch;
    int64_t ours_running, others_long;
};

static int
is_wanted(const mysql_watch_t *self, enum throttle_signal signal)
{
    return self->limits.at_most[signal] > 0;
}

// ---- asking

static int
keep_number(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    int64_t *most = context, number = cells[0] ? strtoll(cells[0], NULL, 10) : -1;
    *most = number > *most ? number : *most;
    return 0;
}

static int
keep_status(void *context, const char *const *cells, struct error *error)
{
    return keep_number(context, cells + 1, error);
}

static int
keep_process(void *context, const char *const *cells, struct error *error)
{
    enum { ID, USER, COMMAND = 4, TIME };
    (void)error;
    struct processes *self = context;
    unsigned long id = cells[ID] ? strtoul(cells[ID], NULL, 10) : 0;
    int is_ours = 0;
    for (size_t i = 0; i < self->watch->our_count; i++)
        is_ours |= self->watch->ours[i] == id;
    int is_running = cells[COMMAND] && (strcmp(cells[COMMAND], "Query") == 0 ||
                                        strcmp(cells[COMMAND], "Execute") == 0);
    int64_t seconds = cells[TIME] ? strtoll(cells[TIME], NULL, 10) : 0;
    self->ours_running += is_ours && is_running;
    self->others_long += !is_ours && is_running && seconds * SECOND_MS >= THROTTLE_LONG_MS;
    return 0;
}

static int
ask_processes(const mysql_watch_t *self, struct throttle_sample *sample, struct error *error)
{
    struct processes processes = {.watch = self};
    int64_t running = -1;
    if (mysql_session_query(self->session, "SHOW GLOBAL STATUS LIKE 'Threads_running'", keep_status,
                            &running, error) ||
        mysql_session_query(self->session, "SHOW PROCESSLIST", keep_process, &processes, error))
        return -1;
    if (running >= 0)
        running = running > processes.ours_running ? running - processes.ours_running : 0;
    sample->values[THROTTLE_RUNNING] = running;
    sample->values[THROTTLE_LONG] = processes.others_long;
    return 0;
}

static int
ask_lag(const mysql_watch_t *self, struct throttle_sample *sample, struct error *error)
{
    int64_t seconds = -1;
    if (mysql_session_column(self->session, self->lag_statement, self->lag_column, keep_number,
                             &seconds, error))
        return -1;
    sample->values[THROTTLE_LAG] = seconds < 0 ? -1 : seconds * SECOND_MS;
    return 0;
}

static int
ask_transactions(const mysql_watch_t *self, struct throttle_sample *sample, struct error *error)
{
    char ours[OURS_MAX * 24] = "0";
    size_t used = 1;
    int64_t seconds = 0;
    for (size_t i = 0; i < self->our_count; i++)
        used += (size_t)snprintf(ours + used, sizeof ours - used, ", %lu", self->ours[i]);
    CLEAN(memory_free)
    char *sql = memory_format("SELECT MAX(TIMESTAMPDIFF(SECOND, trx_started, NOW())) FROM "
                              "information_schema.innodb_trx WHERE trx_mysql_thread_id NOT IN (%s)",
                              ours);
    if (mysql_session_query(self->session, sql, keep_number, &seconds, error))
        return -1;
    sample->values[THROTTLE_TRANSACTION] = seconds * SECOND_MS;
    return 0;
}

static int
measure(const mysql_watch_t *self, struct throttle_sample *sample, struct error *error)
{
    *sample = throttle_unknown();
    int wants_list = is_wanted(self, THROTTLE_RUNNING) || is_wanted(self, THROTTLE_LONG);
    if ((wants_list && ask_processes(self, sample, error)) ||
        (is_wanted(self, THROTTLE_LAG) && ask_lag(self, sample, error)) ||
        (is_wanted(self, THROTTLE_TRANSACTION) && ask_transactions(self, sample, error)))
        return -1;
    return 0;
}

// ---- the thread

static void *
run(void *argument)
{
    mysql_watch_t *self = argument;
    struct pollfd item = {.fd = self->channel[1], .events = POLLIN};
    struct throttle_sample sample;
    do {
        if (measure(self, &sample, &self->lost))
            break;
        send(self->channel[1], &sample, sizeof sample, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (poll(&item, 1, WATCH_MS) == 0);
    shutdown(self->channel[1], SHUT_RDWR);
    return NULL;
}

static int
start(mysql_watch_t *self, struct error *error)
{
    sigset_t all, before;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, self->channel))
        return error_set(error, ERROR_INTERNAL, "cannot start a thread: %s", strerror(errno));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int cause = pthread_create(&self->thread, NULL, run, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    self->has_thread = cause == 0;
    return cause == 0
               ? 0
               : error_set(error, ERROR_INTERNAL, "cannot start a thread: %s", strerror(cause));
}

// ---- what can be asked

static void
leave_out(mysql_watch_t *self, enum throttle_signal signal, const char *why)
{
    size_t used = strlen(self->without);
    if (!is_wanted(self, signal))
        return;
    self->limits.at_most[signal] = 0;
    snprintf(self->without + used, sizeof self->without - used, "%s%s (%s)", used ? ", " : "",
             throttle_name(signal), why);
}

static int
note_process_right(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    *(int *)context |= mysql_statement_grants(cells[0], "PROCESS");
    return 0;
}

static int
note_row(void *context, const char *const *cells, struct error *error)
{
    (void)cells;
    (void)error;
    *(int *)context = 1;
    return 0;
}

static void
find_lag_statement(mysql_watch_t *self)
{
    static const char *const statements[][2] = {
        {"SHOW REPLICA STATUS", "Seconds_Behind_Source"},
        {"SHOW ALL SLAVES STATUS", "Seconds_Behind_Master"},
        {"SHOW SLAVE STATUS", "Seconds_Behind_Master"},
    };
    int is_mariadb = mysql_session_is_mariadb(self->session), is_replica = 0;
    struct error refused = {0};
    for (size_t i = is_mariadb ? 1 : 0; i < sizeof statements / sizeof *statements; i++) {
        self->lag_statement = statements[i][0];
        self->lag_column = statements[i][1];
        is_replica = 0;
        if (mysql_session_query(self->session, self->lag_statement, note_row, &is_replica,
                                &refused) == 0) {
            if (!is_replica)
                leave_out(self, THROTTLE_LAG, "it is no replica");
            return;
        }
    }
    leave_out(self, THROTTLE_LAG,
              is_mariadb ? "SLAVE MONITOR is not granted" : "REPLICATION CLIENT is not granted");
}

static int
look_what_can_be_asked(mysql_watch_t *self, struct error *error)
{
    int may_see_all = 0;
    // InnoDB's list has the server's own time.
    if (mysql_session_query(self->session, "SET SESSION time_zone = 'SYSTEM'", NULL, NULL, error) ||
        mysql_session_query(self->session, "SHOW GRANTS", note_process_right, &may_see_all, error))
        return -1;
    if (!may_see_all) {
        leave_out(self, THROTTLE_TRANSACTION, "PROCESS is not granted");
        leave_out(self, THROTTLE_LONG, "PROCESS is not granted");
    }
    if (is_wanted(self, THROTTLE_LAG))
        find_lag_statement(self);
    return 0;
}

int
mysql_watch_open(mysql_watch_t **self_p, const struct server *server,
                 const struct throttle_limits *limits, const unsigned long *ours, size_t count,
                 struct error *error)
{
    CLEAN(mysql_watch_destroy) mysql_watch_t *self = memory_get(sizeof *self);
    self->limits = *limits;
    self->channel[0] = self->channel[1] = -1;
    for (size_t i = 0; i < count && self->our_count + 1 < OURS_MAX; i++)
        self->ours[self->our_count++] = ours[i];
    if (mysql_session_open(&self->session, server, error))
        return -1;
    self->ours[self->our_count++] = mysql_session_id(self->session);
    if (look_what_can_be_asked(self, error) || start(self, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

void
mysql_watch_destroy(mysql_watch_t **self_p)
{
    mysql_watch_t *self = *self_p;
    if (!self)
        return;
    if (self->has_thread) {
        shutdown(self->channel[0], SHUT_RDWR);
        mysql_session_cut(self->session);
        pthread_join(self->thread, NULL);
    }
    fd_close(&self->channel[0]);
    fd_close(&self->channel[1]);
    mysql_session_destroy(&self->session);
    memory_free(self_p);
}

static int
fail_lost(mysql_watch_t *self, struct error *error)
{
    if (self->has_thread)
        pthread_join(self->thread, NULL);
    self->has_thread = 0;
    return error_set(error, self->lost.code, "%s", self->lost.message);
}

int
mysql_watch_take(mysql_watch_t *self, struct throttle_sample *sample, struct error *error)
{
    struct throttle_sample newest;
    int count = 0;
    for (;;) {
        ssize_t got = recv(self->channel[0], &newest, sizeof newest, MSG_DONTWAIT);
        if (got == sizeof newest)
            count++;
        else if (got < 0 && errno == EINTR)
            continue;
        else if (count > 0)
            break;
        else
            return got < 0 && errno == EAGAIN ? 0 : fail_lost(self, error);
    }
    *sample = newest;
    return 1;
}

const char *
mysql_watch_without(const mysql_watch_t *self)
{
    return self->without;
}
