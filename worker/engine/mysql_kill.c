#include "worker/engine/mysql_kill.h"

#include <poll.h>
#include <sys/timerfd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

// To connect; what it then waits for is cut CUTTER_PATIENCE_MS later.
enum { CONNECT_NS = 250000000 };

// A timer takes the place of the job's cancel, which has been.
static int
begin_timer(void)
{
    const struct itimerspec limit = {.it_value.tv_nsec = CONNECT_NS};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (fd >= 0)
        timerfd_settime(fd, 0, &limit, NULL);
    return fd;
}

static int
tell(mysql_session_t *over, const char *what, unsigned long id, struct error *error)
{
    CLEAN(memory_free) char *sql = memory_format("KILL %s%lu", what, id);
    return mysql_session_query(over, sql, NULL, NULL, error);
}

int
mysql_kill_statement(mysql_session_t *over, const mysql_session_t *session, struct error *error)
{
    return tell(over, "QUERY ", mysql_session_id(session), error);
}

int
mysql_kill_session(mysql_session_t *over, const mysql_session_t *session, struct error *error)
{
    return tell(over, "", mysql_session_id(session), error);
}

void
mysql_kill(const struct server *server, const unsigned long *ids, size_t count)
{
    CLEAN(fd_close) int timer = begin_timer();
    CLEAN(mysql_session_destroy) mysql_session_t *session = NULL;
    struct server hurried = *server;
    struct error unseen;
    hurried.stop = timer;
    if (timer < 0 || mysql_session_open(&session, &hurried, &unseen))
        return;
    for (size_t i = 0; i < count; i++)
        tell(session, "", ids[i], &unseen);
}

void
mysql_kill_lost(const struct server *server, mysql_session_t *const *sessions, size_t count)
{
    struct pollfd item = {.fd = server->stop, .events = POLLIN};
    CLEAN(memory_free) unsigned long *ids = memory_get((count + 1) * sizeof *ids);
    size_t lost = 0;
    for (size_t i = 0; i < count; i++) {
        if (mysql_session_is_lost(sessions[i]))
            ids[lost++] = mysql_session_id(sessions[i]);
    }
    if (lost > 0 && server->stop > 0 && poll(&item, 1, 0) > 0)
        mysql_kill(server, ids, lost);
}
