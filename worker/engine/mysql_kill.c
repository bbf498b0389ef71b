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
    for (size_t i = 0; i < count; i++) {
        CLEAN(memory_free) char *sql = memory_format("KILL %lu", ids[i]);
        mysql_session_query(session, sql, NULL, NULL, &unseen);
    }
}

void
mysql_kill_lost(const struct server *server, mysql_session_t *session)
{
    struct pollfd item = {.fd = server->stop, .events = POLLIN};
    unsigned long id = mysql_session_id(session);
    if (server->stop > 0 && poll(&item, 1, 0) > 0 && mysql_session_is_lost(session))
        mysql_kill(server, &id, 1);
}
