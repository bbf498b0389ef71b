#include "coordinator/protect/desk.h"

#include <assert.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "coordinator/protect/keeper.h"

enum { PATIENCE_MS = 3600000 };

// A sync that runs: a child for each destination that is behind.
struct sync {
    struct keeper_report *report;
    ssh_t *children[PROTECTOR_DESTINATIONS_MAX];
    size_t count;
    int64_t deadline_ms;
};

struct desk {
    struct desk_arguments given;
    struct protector_arguments arguments;
    char *rest_url;
    protector_t *protector;
    zsock_t *reports;
    zlistx_t *syncs;  // of struct sync
};

static void
sync_destroy(void **self_p)
{
    struct sync *self = *self_p;
    for (size_t index = 0; index < self->count; index++)
        ssh_destroy(&self->children[index]);
    keeper_report_destroy(&self->report);
    memory_free(self_p);
}

// ---- orders that are done at once

static void
tell(struct desk *self, struct keeper_report **report_p)
{
    struct keeper_report *report = STEAL(*report_p);
    zsock_send(self->reports, "p", report);
}

static int
take(struct desk *self, struct keeper_report *report, const char *mtree)
{
    struct protector_wish wish = {.mtree = mtree,
                                  .name = report->order.name,
                                  .retention_days = report->order.retention_days,
                                  .is_secured = report->order.is_secured};
    return protector_take(self->protector, &wish, &report->snapshot, &report->error);
}

// Starts what sends to those that are behind. Returns how many.
static size_t
start_all(struct desk *self, struct sync *sync)
{
    struct keeper_report *report = sync->report;
    for (size_t index = 0; index < report->replica.count; index++) {
        const struct protector_destination *to = &report->replica.destinations[index];
        if (to->synced_s <= report->order.wanted_s &&
            protector_start_sync(self->protector, to, &sync->children[sync->count],
                                 &report->error) == 0)
            sync->count++;
    }
    return sync->count;
}

// Whether it runs now: its report comes when it has ended.
static int
begin_sync(struct desk *self, struct keeper_report **report_p)
{
    struct keeper_report *report = *report_p;
    struct sync *sync = memory_get(sizeof *sync);
    sync->report = report;
    sync->deadline_ms = clock_monotonic_ms() + report->order.limit_ms;
    if (start_all(self, sync) == 0) {
        memory_free(&sync);
        return 0;
    }
    *report_p = NULL;
    zlistx_add_end(self->syncs, sync);
    return 1;
}

// Returns what the protector does: an error is one only if that is -1.
static int
do_now(struct desk *self, struct keeper_report *report, const char *mtree)
{
    const char *name = report->order.name;
    switch (report->order.step) {
    case KEEPER_TAKE:
        return take(self, report, mtree);
    case KEEPER_CONFIRM:
        return protector_confirm(self->protector, mtree, name, &report->snapshot, &report->error);
    case KEEPER_EXPIRE:
        return protector_expire(self->protector, mtree, name, &report->error);
    case KEEPER_LOOK:
    case KEEPER_SYNC:
    default:
        return protector_look(self->protector, mtree, &report->replica, &report->error);
    }
}

static void
do_order(struct desk *self, const struct keeper_order *order)
{
    CLEAN(keeper_report_destroy) struct keeper_report *report = memory_get(sizeof *report);
    char mtree[STORE_PATH_SIZE];
    report->order = *order;
    int is_ours = protector_config_mtree(self->given.entry, order->store, mtree);
    assert(is_ours);
    int failed = do_now(self, report, mtree);
    if (!failed)
        report->error = (struct error){0};
    if (order->step == KEEPER_SYNC && !failed && begin_sync(self, &report))
        return;
    tell(self, &report);
}

// ---- syncs

static void
end_sync(struct desk *self, struct sync *sync)
{
    tell(self, &sync->report);
    zlistx_delete(self->syncs, zlistx_find(self->syncs, sync));
}

// Its children that have ended are taken off; the first failure is kept.
static void
look_at_sync(struct desk *self, struct sync *sync, int64_t now_ms)
{
    struct error *error = &sync->report->error;
    for (size_t index = 0; index < sync->count;) {
        ssh_drain(sync->children[index]);
        struct zmq_pollitem_t item = {.fd = ssh_fd(sync->children[index]), .events = ZMQ_POLLIN};
        if (zmq_poll(&item, 1, 0) <= 0) {
            index++;
            continue;
        }
        struct error cause = {0};
        if (protector_finish_sync(self->protector, sync->children[index], &cause) && !error->code)
            *error = cause;
        ssh_destroy(&sync->children[index]);
        sync->children[index] = sync->children[--sync->count];
    }
    if (sync->count > 0 && now_ms >= sync->deadline_ms)
        error_set(
            error, ERROR_UNAVAILABLE,
            "`replication sync` did not end within %lld s: is the link too slow, throttled or "
            "down?",
            (long long)(sync->report->order.limit_ms / 1000));
    if (sync->count == 0 || now_ms >= sync->deadline_ms)
        end_sync(self, sync);
}

static void
look_at_syncs(struct desk *self)
{
    int64_t now_ms = clock_monotonic_ms();
    for (struct sync *sync = zlistx_first(self->syncs); sync;) {
        struct sync *next = zlistx_next(self->syncs);
        look_at_sync(self, sync, now_ms);
        sync = next ? zlistx_item(zlistx_find(self->syncs, next)) : NULL;
    }
}

// ---- the loop

// Waits for an order or for the end of a sync.
static void
wait_for_news(struct desk *self, zsock_t *pipe)
{
    size_t count = 1 + 2 * zlistx_size(self->syncs) * PROTECTOR_DESTINATIONS_MAX;
    CLEAN(memory_free) zmq_pollitem_t *items = memory_get(count * sizeof *items);
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    int used = 0;
    items[used++] = (zmq_pollitem_t){.socket = zsock_resolve(pipe), .events = ZMQ_POLLIN};
    for (struct sync *sync = zlistx_first(self->syncs); sync; sync = zlistx_next(self->syncs)) {
        until_ms = sync->deadline_ms < until_ms ? sync->deadline_ms : until_ms;
        for (size_t index = 0; index < sync->count; index++) {
            const ssh_t *child = sync->children[index];
            items[used++] = (zmq_pollitem_t){.fd = ssh_fd(child), .events = ZMQ_POLLIN};
            if (ssh_output_fd(child) >= 0)
                items[used++] = (zmq_pollitem_t){.fd = ssh_output_fd(child), .events = ZMQ_POLLIN};
        }
    }
    int64_t wait_ms = until_ms - clock_monotonic_ms();
    zmq_poll(items, used, wait_ms > 0 ? (long)wait_ms : 0);
}

// Returns 0 when it is time to go.
static int
hear(struct desk *self, zsock_t *pipe)
{
    while (zsock_events(pipe) & ZMQ_POLLIN) {
        CLEAN(zmsg_destroy) zmsg_t *message = zmsg_recv(pipe);
        CLEAN(zstr_free) char *word = message ? zmsg_popstr(message) : NULL;
        CLEAN(zframe_destroy) zframe_t *frame = message ? zmsg_pop(message) : NULL;
        if (!frame)
            return 0;
        CLEAN(memory_free)
        struct keeper_order *order = *(struct keeper_order **)(void *)zframe_data(frame);
        do_order(self, order);
        look_at_syncs(self);
    }
    return 1;
}

static int
desk_open(struct desk *self, const struct desk_arguments *given)
{
    struct error error = {0};
    self->given = *given;
    protector_config_read(given->entry, given->name, &self->arguments, &self->rest_url);
    self->arguments.stop_fd = given->stop_fd;
    self->syncs = zlistx_new();
    zlistx_set_destructor(self->syncs, sync_destroy);
    self->reports = zsock_new(ZMQ_PUSH);
    int rc = zsock_connect(self->reports, "%s", given->endpoint);
    return rc || protector_open(&self->protector, &self->arguments, &error) ? -1 : 0;
}

void
desk_actor(zsock_t *pipe, void *argument)
{
    struct desk self = {0};
    int rc = desk_open(&self, argument);
    assert(rc == 0);
    zsock_signal(pipe, 0);
    while (hear(&self, pipe)) {
        wait_for_news(&self, pipe);
        look_at_syncs(&self);
    }
    zlistx_destroy(&self.syncs);
    protector_destroy(&self.protector);
    zsock_destroy(&self.reports);
    memory_free(&self.rest_url);
}
