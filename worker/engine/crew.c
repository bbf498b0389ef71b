#include "worker/engine/crew.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/engine/loans.h"

enum order_kind { ORDER_WORK, ORDER_PAUSE, ORDER_LEND };
enum report_kind { REPORT_PROGRESS, REPORT_BORROW, REPORT_GIVE_BACK, REPORT_END };

struct order {
    enum order_kind kind;
    size_t task;
    unsigned pause_ms;
};

struct report {
    enum report_kind kind;
    int status;
    uint64_t bytes;  // that are done, or wanted
    struct error error;
};

// The member's side.
struct crew_member {
    const struct crew_job *job;
    size_t number;
    int channel;
    unsigned pause_ms;
};

// The caller's side of a member.
struct seat {
    int channel;
    pthread_t thread;
    int is_started, is_busy;
    size_t task;
    uint64_t open_bytes;
    unsigned told_ms;  // the pause that it was told last
};

struct crew {
    const struct crew_job *job;
    struct seat seats[CREW_MEMBERS_MAX];
    size_t next;
    int64_t ticked_ms;
    struct crew_gait gait;
    struct loans loans;
    int is_failed;
    struct error error;  // the first
};

_Static_assert((int)CREW_MEMBERS_MAX <= (int)LOANS_MEMBERS_MAX, "each member may have a loan");

// An order, or the end of them, wakes it.
static void
rest(const crew_member_t *member)
{
    struct pollfd poll_fd = {.fd = member->channel, .events = POLLIN};
    if (member->pause_ms > 0)
        poll(&poll_fd, 1, (int)member->pause_ms);
}

static int
give_up(struct error *error)
{
    return error_set(error, ERROR_CANCELLED, "given up, as another part has failed");
}

// Takes orders that have come meanwhile: there can only be pauses. Returns -1 if there will be none
// any more.
static int
take_pauses(crew_member_t *member)
{
    struct order order;
    for (;;) {
        ssize_t got = recv(member->channel, &order, sizeof order, MSG_DONTWAIT);
        if (got == sizeof order)
            member->pause_ms = order.pause_ms;
        else if (got == 0)
            return -1;
        else if (errno != EINTR)
            return errno == EAGAIN ? 0 : -1;
    }
}

unsigned
crew_pause_ms(crew_member_t *member)
{
    take_pauses(member);
    return member->pause_ms;
}

int
crew_tell(crew_member_t *member, uint64_t done_bytes, struct error *error)
{
    struct report report = {.kind = REPORT_PROGRESS, .bytes = done_bytes};
    if (take_pauses(member))
        return give_up(error);
    send(member->channel, &report, sizeof report, MSG_DONTWAIT | MSG_NOSIGNAL);  // or next time
    rest(member);
    return 0;
}

int
crew_rest(crew_member_t *member, int64_t rest_ms, struct error *error)
{
    int64_t until_ms = clock_monotonic_ms() + rest_ms;
    while (rest_ms > 0) {
        struct pollfd poll_fd = {.fd = member->channel, .events = POLLIN};
        poll(&poll_fd, 1, rest_ms < CREW_TICK_MS ? (int)rest_ms : CREW_TICK_MS);
        if (take_pauses(member))
            return give_up(error);
        rest_ms = until_ms - clock_monotonic_ms();
    }
    return 0;
}

int
crew_borrow(crew_member_t *member, uint64_t size_bytes, struct error *error)
{
    struct report report = {.kind = REPORT_BORROW, .bytes = size_bytes};
    struct order order;
    ssize_t got = 0;
    send(member->channel, &report, sizeof report, MSG_NOSIGNAL);
    while ((got = recv(member->channel, &order, sizeof order, 0)) == sizeof order ||
           (got < 0 && errno == EINTR)) {
        if (got < 0)
            continue;
        if (order.kind == ORDER_LEND)
            return 0;
        member->pause_ms = order.pause_ms;
    }
    return give_up(error);
}

void
crew_give_back(crew_member_t *member)
{
    struct report report = {.kind = REPORT_GIVE_BACK};
    send(member->channel, &report, sizeof report, MSG_NOSIGNAL);
}

static void *
run(void *argument)
{
    crew_member_t *member = argument;
    struct order order;
    ssize_t got = 0;
    while ((got = recv(member->channel, &order, sizeof order, 0)) == sizeof order ||
           (got < 0 && errno == EINTR)) {
        struct report report = {.kind = REPORT_END};
        if (got < 0)
            continue;
        member->pause_ms = order.pause_ms;
        if (order.kind == ORDER_PAUSE)
            continue;
        report.status =
            member->job->work(member->job->self, member, member->number, order.task, &report.error);
        send(member->channel, &report, sizeof report, MSG_NOSIGNAL);
    }
    fd_close(&member->channel);
    free(member);
    return NULL;
}

static int
start(struct crew *self, size_t number, struct error *error)
{
    int channel[2];
    sigset_t all, before;
    struct seat *seat = &self->seats[number];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel))
        return error_set(error, ERROR_INTERNAL, "cannot start a thread: %s", strerror(errno));
    crew_member_t *member = memory_get(sizeof *member);
    *member = (crew_member_t){.job = self->job, .number = number, .channel = channel[1]};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int cause = pthread_create(&seat->thread, NULL, run, member);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (cause) {
        free(member);
        fd_close(&channel[0]);
        fd_close(&channel[1]);
        return error_set(error, ERROR_INTERNAL, "cannot start a thread: %s", strerror(cause));
    }
    seat->channel = channel[0];
    seat->is_started = 1;
    return 0;
}

static void
fail(struct crew *self, const struct error *error)
{
    if (self->is_failed)
        return;
    self->is_failed = 1;
    self->error = *error;
    // Tells all members: nothing more will come.
    for (size_t i = 0; i < self->job->members; i++) {
        if (self->seats[i].is_started)
            shutdown(self->seats[i].channel, SHUT_WR);
    }
}

static void
hand_out(struct crew *self, struct seat *seat)
{
    const struct crew_job *job = self->job;
    struct order order = {.kind = ORDER_WORK, .task = self->next, .pause_ms = self->gait.pause_ms};
    struct error error = {0};
    self->next++;
    if (job->begin && job->begin(job->self, order.task, &error)) {
        fail(self, &error);
        return;
    }
    seat->is_busy = 1;
    seat->task = order.task;
    seat->open_bytes = 0;
    seat->told_ms = order.pause_ms;
    send(seat->channel, &order, sizeof order, MSG_NOSIGNAL);
}

static void
lend(struct crew *self)
{
    const struct order order = {.kind = ORDER_LEND};
    size_t number = 0;
    while (loans_grant(&self->loans, &number))
        send(self->seats[number].channel, &order, sizeof order, MSG_NOSIGNAL);
}

static void
end_task(struct crew *self, struct seat *seat, const struct report *report)
{
    const struct crew_job *job = self->job;
    struct error error = report->error;
    int status = report->status;
    seat->is_busy = 0;
    seat->open_bytes = 0;
    if (job->end && job->end(job->self, seat->task, status, &error))
        status = -1;
    if (status)
        fail(self, &error);
}

static void
hear(struct crew *self, struct seat *seat)
{
    size_t number = (size_t)(seat - self->seats);
    struct report report;
    if (recv(seat->channel, &report, sizeof report, MSG_DONTWAIT) != sizeof report)
        return;
    switch (report.kind) {
    case REPORT_PROGRESS:
        seat->open_bytes = report.bytes;
        return;
    case REPORT_BORROW:
        loans_ask(&self->loans, number, report.bytes);
        break;
    case REPORT_GIVE_BACK:
        loans_end(&self->loans, number);
        break;
    case REPORT_END:
        loans_end(&self->loans, number);
        end_task(self, seat, &report);
        break;
    }
    lend(self);
}

static size_t
members_allowed(const struct crew *self)
{
    size_t members = self->job->members;
    return self->gait.members > 0 && self->gait.members < members ? self->gait.members : members;
}

// Who has not heard the last one yet, as it waits for the server, is told again at the next tick.
// Who waits for a loan is none of those that work, and who has it then must go on.
static void
tell_pauses(struct crew *self)
{
    size_t busy = 0, allowed = members_allowed(self);
    for (size_t i = 0; i < self->job->members; i++) {
        struct seat *seat = &self->seats[i];
        if (!seat->is_busy || loans_is_waiting(&self->loans, i))
            continue;
        int is_to_work = busy++ < allowed || loans_is_awaited(&self->loans, i);
        struct order order = {.kind = ORDER_PAUSE,
                              .pause_ms = is_to_work ? self->gait.pause_ms : CREW_HOLD_MS};
        if (seat->told_ms != order.pause_ms &&
            send(seat->channel, &order, sizeof order, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof order)
            seat->told_ms = order.pause_ms;
    }
}

static void
tick(struct crew *self)
{
    const struct crew_job *job = self->job;
    int64_t now_ms = clock_monotonic_ms();
    uint64_t open_bytes = 0;
    struct error error = {0};
    if (now_ms - self->ticked_ms < CREW_TICK_MS)
        return;
    self->ticked_ms = now_ms;
    for (size_t i = 0; i < job->members; i++) {
        open_bytes += self->seats[i].open_bytes;
        if (self->is_failed && self->seats[i].is_busy && job->cancel)
            job->cancel(job->self, i);
    }
    if (self->is_failed || !job->tick)
        return;
    if (job->tick(job->self, open_bytes, &self->gait, &error))
        fail(self, &error);
    else
        tell_pauses(self);
}

// As many as may work, and no more tasks while others still hold theirs. Returns how many are busy.
static size_t
hand_out_all(struct crew *self)
{
    size_t busy = 0, allowed = members_allowed(self);
    for (size_t i = 0; i < self->job->members; i++)
        busy += (size_t)self->seats[i].is_busy;
    for (size_t i = 0; i < self->job->members; i++) {
        if (self->is_failed || self->next == self->job->tasks || busy >= allowed)
            break;
        if (self->seats[i].is_busy)
            continue;
        hand_out(self, &self->seats[i]);
        busy += (size_t)self->seats[i].is_busy;
    }
    return busy;
}

// Cancels at once, and again at each tick.
static void
stop(struct crew *self)
{
    struct error error = {0};
    error_set(&error, ERROR_CANCELLED, "cancelled");
    fail(self, &error);
    self->ticked_ms -= CREW_TICK_MS;
}

static void
work_off(struct crew *self)
{
    struct pollfd poll_fds[CREW_MEMBERS_MAX + 1];
    size_t members = self->job->members;
    while (hand_out_all(self) > 0) {
        for (size_t i = 0; i < members; i++)
            poll_fds[i] = (struct pollfd){
                .fd = self->seats[i].is_busy ? self->seats[i].channel : -1, .events = POLLIN};
        int is_stoppable = self->job->stop > 0 && !self->is_failed;
        poll_fds[members] =
            (struct pollfd){.fd = is_stoppable ? self->job->stop : -1, .events = POLLIN};
        poll(poll_fds, members + 1, CREW_TICK_MS);
        if (poll_fds[members].revents)
            stop(self);
        for (size_t i = 0; i < members; i++) {
            if (poll_fds[i].revents)
                hear(self, &self->seats[i]);
        }
        tick(self);
    }
}

int
crew_run(const struct crew_job *job, struct error *error)
{
    CLEAN(memory_free) struct crew *self = memory_get(sizeof *self);
    struct error cause = {0};
    self->job = job;
    self->gait = job->gait;
    self->loans = loans_of(job->loan_bytes);
    self->ticked_ms = clock_monotonic_ms();
    for (size_t i = 0; i < job->members && !self->is_failed; i++) {
        if (start(self, i, &cause))
            fail(self, &cause);
    }
    if (!self->is_failed)
        work_off(self);
    for (size_t i = 0; i < job->members; i++) {
        if (!self->seats[i].is_started)
            continue;
        fd_close(&self->seats[i].channel);
        pthread_join(self->seats[i].thread, NULL);
    }
    if (!self->is_failed)
        return 0;
    *error = self->error;
    return -1;
}
