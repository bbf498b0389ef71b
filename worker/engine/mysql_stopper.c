#include "worker/engine/mysql_stopper.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/engine/mysql_kill.h"

enum { ASK_MS = 100 };  // between two looks whether the crew goes on

// The member's end is the second one. A byte asks, and a byte answers.
struct seat {
    mysql_session_t *session;
    int channel[2];
    int is_cut, is_killed;
};

struct mysql_stopper {
    const struct server *server;
    mysql_session_t *control;
    struct seat seats[CREW_MEMBERS_MAX];
    size_t count;
};

int
mysql_stopper_open(mysql_stopper_t **self_p, const struct server *server, mysql_session_t *control,
                   mysql_session_t *const *sessions, size_t count, struct error *error)
{
    CLEAN(mysql_stopper_destroy) mysql_stopper_t *self = memory_get(sizeof *self);
    self->server = server;
    self->control = control;
    while (self->count < count) {
        struct seat *seat = &self->seats[self->count];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, seat->channel))
            return error_set(error, ERROR_INTERNAL, "cannot talk to threads: %s", strerror(errno));
        seat->session = sessions[self->count++];
    }
    *self_p = STEAL(self);
    return 0;
}

void
mysql_stopper_destroy(mysql_stopper_t **self_p)
{
    mysql_stopper_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++) {
        fd_close(&self->seats[i].channel[0]);
        fd_close(&self->seats[i].channel[1]);
    }
    memory_free(self_p);
}

int
mysql_stopper_ask(mysql_stopper_t *self, size_t number, crew_member_t *member, struct error *error)
{
    struct pollfd item = {.fd = self->seats[number].channel[1], .events = POLLIN};
    char answer = 0;
    if (send(item.fd, "", 1, MSG_NOSIGNAL) != 1)
        return error_set(error, ERROR_INTERNAL, "cannot talk to another thread: %s",
                         strerror(errno));
    while (poll(&item, 1, ASK_MS) <= 0) {
        if (crew_rest(member, 1, error))
            return -1;
    }
    recv(item.fd, &answer, 1, MSG_DONTWAIT);
    return 0;
}

void
mysql_stopper_serve(mysql_stopper_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        const struct seat *seat = &self->seats[i];
        struct error unseen;
        char asked = 0;
        if (recv(seat->channel[0], &asked, 1, MSG_DONTWAIT) != 1)
            continue;
        mysql_kill_statement(self->control, seat->session, &unseen);
        send(seat->channel[0], "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

void
mysql_stopper_cancel(mysql_stopper_t *self, size_t number)
{
    struct seat *seat = &self->seats[number];
    struct error unseen;
    if (seat->is_cut)
        return;
    // The server first: a statement that it still works at would go on without its client.
    seat->is_killed = mysql_kill_session(self->control, seat->session, &unseen) == 0;
    mysql_session_cut(seat->session);
    seat->is_cut = 1;
}

void
mysql_stopper_end(mysql_stopper_t *self)
{
    unsigned long left[CREW_MEMBERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (self->seats[i].is_cut && !self->seats[i].is_killed)
            left[count++] = mysql_session_id(self->seats[i].session);
    }
    if (count > 0)
        mysql_kill(self->server, left, count);
}
