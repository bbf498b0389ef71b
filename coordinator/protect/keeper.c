#include "coordinator/protect/keeper.h"

#include <assert.h>
#include <czmq.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "coordinator/protect/desk.h"

enum { ENDPOINT_SIZE = 64 };

struct keeper {
    const struct config_node *root;
    zsock_t *reports;  // where all desks push to
    char endpoint[ENDPOINT_SIZE];
    int stop_fd;       // readable: whatever is under way is to end soon
    zactor_t **desks;  // in the order of the configuration; NULL: protects nothing
    size_t count;
};

void
keeper_report_destroy(struct keeper_report **self_p)
{
    memory_free(self_p);
}

static const struct config_node *
entry_of(const keeper_t *self, size_t index)
{
    return config_item(self->root, "datadomains", index);
}

static zactor_t *
start_desk(const keeper_t *self, size_t index)
{
    struct desk_arguments arguments = {
        .entry = entry_of(self, index),
        .name = config_item_name(self->root, "datadomains", index),
        .endpoint = self->endpoint,
        .stop_fd = self->stop_fd,
    };
    if (strcmp(config_text(arguments.entry, "kind"), "none") == 0)
        return NULL;
    zactor_t *desk = zactor_new(desk_actor, &arguments);
    assert(desk);
    return desk;
}

keeper_t *
keeper_new(const struct config_node *root)
{
    keeper_t *self = memory_get(sizeof *self);
    self->root = root;
    self->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert(self->stop_fd >= 0);
    // An address alone may come again before ZeroMQ has let go of the last keeper's endpoint.
    static atomic_uint born;
    snprintf(self->endpoint, sizeof self->endpoint, "inproc://keeper-%u",
             atomic_fetch_add(&born, 1));
    self->reports = zsock_new(ZMQ_PULL);
    int rc = zsock_bind(self->reports, "%s", self->endpoint);
    assert(rc == 0);
    zsock_set_rcvtimeo(self->reports, 0);
    self->count = config_count(root, "datadomains");
    self->desks = memory_get((self->count + 1) * sizeof(zactor_t *));
    for (size_t index = 0; index < self->count; index++)
        self->desks[index] = start_desk(self, index);
    return self;
}

void
keeper_destroy(keeper_t **self_p)
{
    keeper_t *self = *self_p;
    if (!self)
        return;
    eventfd_write(self->stop_fd, 1);
    for (size_t index = 0; index < self->count; index++)
        zactor_destroy(&self->desks[index]);
    for (struct keeper_report *left = keeper_take(self); left; left = keeper_take(self))
        keeper_report_destroy(&left);
    zsock_destroy(&self->reports);
    fd_close(&self->stop_fd);
    memory_free(&self->desks);
    memory_free(self_p);
}

void *
keeper_handle(keeper_t *self)
{
    return zsock_resolve(self->reports);
}

// The desk that a store belongs to; count if there is none.
static size_t
find(const keeper_t *self, const char *store, char mtree[STORE_PATH_SIZE])
{
    size_t index = 0;
    while (index < self->count &&
           (!self->desks[index] || !protector_config_mtree(entry_of(self, index), store, mtree)))
        index++;
    return index;
}

int
keeper_covers(const keeper_t *self, const char *store, const char **system,
              char mtree[STORE_PATH_SIZE])
{
    size_t index = find(self, store, mtree);
    if (index == self->count)
        return 0;
    *system = config_item_name(self->root, "datadomains", index);
    return 1;
}

void
keeper_start(keeper_t *self, const struct keeper_order *order)
{
    char mtree[STORE_PATH_SIZE];
    size_t index = find(self, order->store, mtree);
    assert(index < self->count);
    struct keeper_order *copy = memory_get(sizeof *copy);
    *copy = *order;
    zsock_send(self->desks[index], "sp", "order", copy);
}

struct keeper_report *
keeper_take(keeper_t *self)
{
    struct keeper_report *report = NULL;
    return zsock_recv(self->reports, "p", &report) == 0 ? report : NULL;
}
