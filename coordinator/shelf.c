#include "coordinator/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

// The columns of `kept`.
enum { ID, DATABASE, STATE, CREATED, PINNED, PINNED_UNTIL, OFFSITE, LOCKED };

struct shelf {
    int64_t now_ms, locked_ms;
    struct retention_set *sets;
    int64_t *databases;  // of each
    size_t first, count, size;
    int is_ended;
};

shelf_t *
shelf_new(int64_t now_ms, int64_t locked_ms)
{
    shelf_t *self = memory_get(sizeof *self);
    self->now_ms = now_ms;
    self->locked_ms = locked_ms;
    return self;
}

void
shelf_destroy(shelf_t **self_p)
{
    shelf_t *self = *self_p;
    if (!self)
        return;
    memory_free(&self->sets);
    memory_free(&self->databases);
    memory_free(self_p);
}

// What was handed back makes room.
static void
make_room(shelf_t *self, size_t more)
{
    size_t left = self->count - self->first;
    if (self->first > 0) {
        memmove(self->sets, self->sets + self->first, left * sizeof *self->sets);
        memmove(self->databases, self->databases + self->first, left * sizeof *self->databases);
        self->first = 0;
        self->count = left;
    }
    if (left + more <= self->size)
        return;
    self->size = 2 * (left + more);
    self->sets = memory_resize(self->sets, self->size * sizeof *self->sets);
    self->databases = memory_resize(self->databases, self->size * sizeof *self->databases);
}

static int64_t
number_at(const table_t *page, size_t row, size_t column)
{
    return strtoll(table_cell(page, row, column), NULL, 10);
}

void
shelf_add(shelf_t *self, const table_t *page)
{
    make_room(self, table_rows(page));
    for (size_t row = 0; row < table_rows(page); row++) {
        int64_t until_ms = number_at(page, row, PINNED_UNTIL);
        int64_t locked_ms = number_at(page, row, LOCKED);
        self->databases[self->count] = number_at(page, row, DATABASE);
        self->sets[self->count++] = (struct retention_set){
            .id = number_at(page, row, ID),
            .created_ms = number_at(page, row, CREATED),
            .is_good = strcmp(table_cell(page, row, STATE), "good") == 0,
            .is_pinned =
                number_at(page, row, PINNED) > 0 && (until_ms == 0 || until_ms > self->now_ms),
            .is_offsite = number_at(page, row, OFFSITE) > 0,
            .is_locked = locked_ms > 0 && self->now_ms - locked_ms < self->locked_ms,
        };
    }
}

void
shelf_end(shelf_t *self)
{
    self->is_ended = 1;
}

int
shelf_next(shelf_t *self, struct shelf_part *part)
{
    size_t end = self->first;
    while (end < self->count && self->databases[end] == self->databases[self->first])
        end++;
    if (end == self->first || (end == self->count && !self->is_ended))
        return 0;
    *part = (struct shelf_part){.database_id = self->databases[self->first],
                                .sets = self->sets + self->first,
                                .count = end - self->first};
    self->first = end;
    return 1;
}
