#include "common/heap.h"

#include <assert.h>

#include "common/memory.h"

enum { ROOM_FIRST = 4 };

// The places are from 1, so that the children of n are 2n and 2n + 1.
struct heap {
    int (*is_before)(const struct heap_node *, const struct heap_node *);
    struct heap_node **nodes;
    size_t count, room;
};

heap_t *
heap_new(int (*is_before)(const struct heap_node *, const struct heap_node *))
{
    heap_t *self = memory_get(sizeof *self);
    self->is_before = is_before;
    return self;
}

void
heap_destroy(heap_t **self_p)
{
    if (!*self_p)
        return;
    memory_free(&(*self_p)->nodes);
    memory_free(self_p);
}

static void
put(heap_t *self, struct heap_node *node, size_t place)
{
    self->nodes[place] = node;
    node->place = place;
}

static void
rise(heap_t *self, struct heap_node *node)
{
    size_t place = node->place;
    for (; place > 1 && self->is_before(node, self->nodes[place / 2]); place /= 2)
        put(self, self->nodes[place / 2], place);
    put(self, node, place);
}

static void
sink(heap_t *self, struct heap_node *node)
{
    size_t place = node->place;
    for (;;) {
        size_t child = 2 * place;
        if (child < self->count && self->is_before(self->nodes[child + 1], self->nodes[child]))
            child++;
        if (child > self->count || !self->is_before(self->nodes[child], node))
            break;
        put(self, self->nodes[child], place);
        place = child;
    }
    put(self, node, place);
}

void
heap_add(heap_t *self, struct heap_node *node)
{
    assert(node->place == 0);
    if (self->count + 1 >= self->room) {
        self->room = self->room ? 2 * self->room : ROOM_FIRST;
        self->nodes = memory_resize(self->nodes, self->room * sizeof(struct heap_node *));
    }
    put(self, node, ++self->count);
    rise(self, node);
}

void
heap_remove(heap_t *self, struct heap_node *node)
{
    assert(node->place && self->nodes[node->place] == node);
    struct heap_node *last = self->nodes[self->count--];
    if (last != node) {
        put(self, last, node->place);
        heap_moved(self, last);
    }
    node->place = 0;
}

void
heap_moved(heap_t *self, struct heap_node *node)
{
    rise(self, node);
    sink(self, node);
}

struct heap_node *
heap_first(const heap_t *self)
{
    return self->count ? self->nodes[1] : NULL;
}

size_t
heap_count(const heap_t *self)
{
    return self->count;
}
