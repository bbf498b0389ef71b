#include "coordinator/discovery/discovery.h"

#include <assert.h>
#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/discovery/provider.h"

struct discovery {
    zactor_t *actor;
    int is_under_way;
};

static void
add_found(void *context, const struct database *database)
{
    finding_list_add(context, database);
}

static void
ask_provider(const struct config_node *node, struct finding_list *found)
{
    struct error error = {0};
    CLEAN(provider_destroy) provider_t *provider = NULL;
    size_t before = found->count;
    if (provider_open(&provider, config_text(node, "kind"), config_text(node, "name"),
                      config_text(node, "path"), &error) == 0 &&
        provider_list(provider, add_found, found, &error) == 0) {
        finding_list_answered(found, provider_name(provider));
        return;
    }
    while (found->count > before)
        database_destroy(&found->databases[--found->count]);
    CLEAN(memory_free)
    char *sentence = memory_format("provider '%s': %s", config_text(node, "name"), error.message);
    finding_list_failed(found, sentence);
}

static void
discovery_actor(zsock_t *pipe, void *arguments)
{
    const struct config_node *root = arguments;
    zsock_signal(pipe, 0);
    for (;;) {
        CLEAN(zstr_free) char *command = zstr_recv(pipe);
        if (!command || streq(command, "$TERM"))
            return;
        struct finding_list *found = finding_list_new();
        for (size_t index = 0; index < config_count(root, "providers"); index++)
            ask_provider(config_item(root, "providers", index), found);
        zsock_send(pipe, "p", found);
    }
}

discovery_t *
discovery_new(const struct config_node *root)
{
    discovery_t *self = memory_get(sizeof *self);
    // zactor takes its arguments as not const, and so do we not change them.
    self->actor = zactor_new(discovery_actor, (void *)(uintptr_t)root);
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
    if (self->is_under_way) {
        struct finding_list *found = discovery_take(self);
        finding_list_destroy(&found);
    }
    zactor_destroy(&self->actor);
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
