#include "common/aws/queue.h"

#include <czmq.h>
#include <string.h>

#include "common/aws/bucket.h"
#include "common/memory.h"

struct line {
    struct aws_bucket bucket;
    zlistx_t *items;
    int is_listed;  // there is an entry for it
};

// An item that waits for its time, or (without item) a line that waits for a token.
struct entry {
    int64_t due_ms;
    uint64_t number;
    struct line *line;
    void *item;
};

struct aws_queue {
    zhashx_t *lines;
    struct entry *heap;  // the earliest first
    size_t count, capacity;
    uint64_t numbers;
    size_t size;
};

static void
line_destroy(void **self_p)
{
    struct line *self = *self_p;
    zlistx_destroy(&self->items);
    memory_free(self_p);
}

aws_queue_t *
aws_queue_new(void)
{
    aws_queue_t *self = memory_get(sizeof *self);
    self->lines = zhashx_new();
    zhashx_set_destructor(self->lines, line_destroy);
    return self;
}

void
aws_queue_destroy(aws_queue_t **self_p)
{
    if (!*self_p)
        return;
    zhashx_destroy(&(*self_p)->lines);
    memory_free(&(*self_p)->heap);
    memory_free(self_p);
}

static int
is_before(const struct entry *a, const struct entry *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->number < b->number;
}

static void
exchange(struct entry *a, struct entry *b)
{
    struct entry kept = *a;
    *a = *b;
    *b = kept;
}

static void
push(aws_queue_t *self, int64_t due_ms, struct line *line, void *item)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 64;
        self->heap = memory_resize(self->heap, self->capacity * sizeof *self->heap);
    }
    size_t i = self->count++;
    self->heap[i] = (struct entry){due_ms, self->numbers++, line, item};
    for (; i > 0 && is_before(&self->heap[i], &self->heap[(i - 1) / 2]); i = (i - 1) / 2)
        exchange(&self->heap[i], &self->heap[(i - 1) / 2]);
    line->is_listed |= item == NULL;
}

static struct entry
pop(aws_queue_t *self)
{
    struct entry first = self->heap[0];
    self->heap[0] = self->heap[--self->count];
    for (size_t i = 0, next; (next = 2 * i + 1) < self->count; i = next) {
        if (next + 1 < self->count && is_before(&self->heap[next + 1], &self->heap[next]))
            next++;
        if (!is_before(&self->heap[next], &self->heap[i]))
            break;
        exchange(&self->heap[i], &self->heap[next]);
    }
    if (!first.item)
        first.line->is_listed = 0;
    return first;
}

static void
join(aws_queue_t *self, struct line *line, void *item, int64_t now_ms)
{
    zlistx_add_end(line->items, item);
    if (!line->is_listed)
        push(self, now_ms, line, NULL);
}

void
aws_queue_put(aws_queue_t *self, const char *key, int64_t rate_per_s, int64_t burst, void *item,
              int64_t not_before_ms, int64_t now_ms)
{
    struct line *line = zhashx_lookup(self->lines, key);
    if (!line) {
        line = memory_get(sizeof *line);
        line->items = zlistx_new();
        aws_bucket_begin(&line->bucket, rate_per_s, burst, now_ms);
        zhashx_insert(self->lines, key, line);
    }
    self->size++;
    if (not_before_ms > now_ms)
        push(self, not_before_ms, line, item);
    else
        join(self, line, item, now_ms);
}

void *
aws_queue_take(aws_queue_t *self, int64_t now_ms)
{
    while (self->count > 0 && self->heap[0].due_ms <= now_ms) {
        struct entry entry = pop(self);
        if (entry.item) {
            join(self, entry.line, entry.item, now_ms);
            continue;
        }
        int64_t wait_ms = aws_bucket_take(&entry.line->bucket, now_ms);
        if (wait_ms > 0) {
            push(self, now_ms + wait_ms, entry.line, NULL);
            continue;
        }
        void *item = zlistx_detach(entry.line->items, NULL);
        if (zlistx_size(entry.line->items) > 0)
            push(self, now_ms, entry.line, NULL);
        self->size--;
        return item;
    }
    return NULL;
}

int64_t
aws_queue_next_ms(const aws_queue_t *self)
{
    return self->count > 0 ? self->heap[0].due_ms : INT64_MAX;
}

void *
aws_queue_take_any(aws_queue_t *self)
{
    while (self->count > 0) {
        struct entry entry = pop(self);
        void *item = entry.item ? entry.item : zlistx_detach(entry.line->items, NULL);
        if (!entry.item && zlistx_size(entry.line->items) > 0)
            push(self, entry.due_ms, entry.line, NULL);
        if (item) {
            self->size--;
            return item;
        }
    }
    return NULL;
}

void
aws_queue_drain(aws_queue_t *self, const char *key, int64_t now_ms)
{
    struct line *line = zhashx_lookup(self->lines, key);
    if (line)
        aws_bucket_drain(&line->bucket, now_ms);
}

size_t
aws_queue_size(const aws_queue_t *self)
{
    return self->size;
}
