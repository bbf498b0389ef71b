#include "coordinator/discovery/discovery.h"

#include <assert.h>
#include <czmq.h>
#include <sys/eventfd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "coordinator/discovery/arguments.h"
#include "coordinator/discovery/provider.h"

struct discovery {
    zactor_t *actor;
    const struct config_node *root;
    int stop_fd;  // readable: whatever is under way is to end soon
    int is_under_way;
};

static void
ask_provider(const struct config_node *node, struct finding_list *found, int stop_fd)
{
    struct error error = {0};
    CLEAN(provider_destroy) provider_t *provider = NULL;
    CLEAN(arguments_clear) struct provider_arguments arguments = {0};
    int64_t before_ms = clock_monotonic_ms();
    arguments_read(node, &arguments);
    CLEAN(memory_free) char *name = memory_format("%s:%s", arguments.kind, arguments.name);
    finding_list_begin(found, name);
    if (provider_open(&provider, &arguments, &error) ||
        provider_list(provider, found, stop_fd, &error))
        finding_list_failed(found, error.message);
    finding_list_spent(found, 0, clock_monotonic_ms() - before_ms);
}

static void
discovery_actor(zsock_t *pipe, void *argument)
{
    const struct discovery *self = argument;
    zsock_signal(pipe, 0);
    for (;;) {
        CLEAN(zstr_free) char *command = zstr_recv(pipe);
        if (!command || streq(command, "$TERM"))
            return;
        struct finding_list *found = finding_list_new();
        for (size_t index = 0; index < config_count(self->root, "providers"); index++)
            ask_provider(config_item(self->root, "providers", index), found, self->stop_fd);
        zsock_send(pipe, "p", found);
    }
}

discovery_t *
discovery_new(const struct config_node *root)
{
    discovery_t *self = memory_get(sizeof *self);
    self->root = root;
    self->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert(self->stop_fd >= 0);
    self->actor = zactor_new(discovery_actor, self);
    assert(self->actor);
    return self;
}

void
discovery_destroy(discovery_t **self_p)
{
    assert(self_p);
    discovery_t *self = *self_p;
    if (!self)
        return;
    eventfd_write(self->stop_fd, 1);
    if (self->is_under_way) {
        struct finding_list *found = discovery_take(self);
        finding_list_destroy(&found);
    }
    zactor_destroy(&self->actor);
    fd_close(&self->stop_fd);
    memory_free(self_p);
}

void *
discovery_handle(discovery_t *self)
{
    return zsock_resolve(self->actor);
}

void
discovery_start(discovery_t *self)
{
    assert(!self->is_under_way);
    self->is_under_way = 1;
    zstr_send(self->actor, "discover");
}

struct finding_list *
discovery_take(discovery_t *self)
{
    struct finding_list *found = NULL;
    int rc = zsock_recv(self->actor, "p", &found);
    assert(rc == 0 && found);
    self->is_under_way = 0;
    return found;
}
