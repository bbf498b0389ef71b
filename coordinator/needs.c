#include "coordinator/needs.h"

#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"

struct needs {
    zhashx_t *items;  // text -> struct need, owned
};

static void
need_destroy(void **need_p)
{
    struct need *need = *need_p;
    memory_free(&need->store);
    memory_free(&need->text);
    memory_free(need_p);
}

needs_t *
needs_new(void)
{
    needs_t *self = memory_get(sizeof *self);
    self->items = zhashx_new();
    zhashx_set_destructor(self->items, need_destroy);
    return self;
}

void
needs_destroy(needs_t **self_p)
{
    if (!*self_p)
        return;
    zhashx_destroy(&(*self_p)->items);
    memory_free(self_p);
}

struct need *
needs_hold(needs_t *self, const struct placement_need *need, int is_check)
{
    char text[PLACEMENT_TEXT_SIZE];
    placement_print(need, is_check, text);
    struct need *item = zhashx_lookup(self->items, text);
    if (!item) {
        item = memory_get(sizeof *item);
        item->text = memory_copy_text(text);
        item->store = memory_copy_text(need->store ? need->store : "");
        item->is_check = is_check;
        item->has_open_store = need->store && !*need->store;
        zhashx_insert(self->items, text, item);
    }
    item->jobs++;
    return item;
}

void
needs_drop(needs_t *self, struct need **need_p)
{
    struct need *item = STEAL(*need_p);
    if (item && --item->jobs == 0)
        zhashx_delete(self->items, item->text);
}

void
needs_judge(needs_t *self, fleet_t *fleet)
{
    for (struct need *item = needs_first(self); item; item = needs_next(self)) {
        char text[PLACEMENT_TEXT_SIZE];
        struct placement_need need;
        snprintf(text, sizeof text, "%s", item->text);
        placement_read(text, &need);
        item->waiting = 0;
        item->is_unfit = !taker_is_there(fleet, &need);
        if (item->is_unfit)
            taker_explain(fleet, &need, item->reason);
    }
}

struct need *
needs_first(needs_t *self)
{
    return zhashx_first(self->items);
}

struct need *
needs_next(needs_t *self)
{
    return zhashx_next(self->items);
}
