// A binary heap of nodes that are part of what is in it: the first one is at hand, and any one can
// leave or change its place in O(log n). czmq has none. The node is the first field of its struct;
// a struct is in one heap at a time.
//
//     struct job { struct heap_node node; int64_t due_ms; };
//     static int is_before(const struct heap_node *a, const struct heap_node *b)
//     {
//         return ((const struct job *)a)->due_ms < ((const struct job *)b)->due_ms;
//     }
//     CLEAN(heap_destroy) heap_t *heap = heap_new(is_before);
//     heap_add(heap, &job->node);
//     struct job *first = (struct job *)heap_first(heap);

#pragma once

#include <stddef.h>

struct heap_node {
    size_t place;  // 0 = in no heap
};

typedef struct heap heap_t;

heap_t *heap_new(int (*is_before)(const struct heap_node *, const struct heap_node *));
void heap_destroy(heap_t **self_p);  // what is in it is not touched

void heap_add(heap_t *self, struct heap_node *node);
void heap_remove(heap_t *self, struct heap_node *node);
void heap_moved(heap_t *self, struct heap_node *node);  // what it is compared by has changed
struct heap_node *heap_first(const heap_t *self);       // NULL if it is empty
size_t heap_count(const heap_t *self);
