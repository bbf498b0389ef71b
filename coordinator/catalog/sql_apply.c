// One batch, one transaction. A refusal is rare: so a batch is first done as a whole, and only if
// something in it is refused taken back and done once more, unit by unit.

#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/sql.h"

// How the units of a batch are done. *refused: none of it may stay.
typedef int(work)(struct sql *self, batch_t *batch, int *refused, struct error *error);

static int
do_changes(struct sql *self, const struct unit *unit, int *refused, struct error *error)
{
    CLEAN(memory_free)
    const struct change **changes = memory_get((unit->count + 1) * sizeof *changes);
    for (size_t index = 0; index < unit->count; index++)
        changes[index] = &unit->changes[index];
    return self->ops->change(self, changes, unit->count, refused, error);
}

static int
do_whole(struct sql *self, batch_t *batch, int *refused, struct error *error)
{
    size_t count = 0, used = 0;
    for (size_t index = 0; index < batch_count(batch); index++)
        count += batch_at(batch, index)->count;
    CLEAN(memory_free) const struct change **changes = memory_get((count + 1) * sizeof *changes);
    for (size_t index = 0; index < batch_count(batch); index++) {
        struct unit *unit = batch_at(batch, index);
        unit->refused = 0;
        for (size_t number = 0; number < unit->count; number++)
            changes[used++] = &unit->changes[number];
    }
    return self->ops->change(self, changes, count, refused, error);
}

static int
do_unit(struct sql *self, struct unit *unit, struct error *error)
{
    unit->refused = 0;
    if (self->ops->run(self, "SAVEPOINT unit", error) ||
        do_changes(self, unit, &unit->refused, error) ||
        (unit->refused && self->ops->run(self, "ROLLBACK TO SAVEPOINT unit", error)))
        return -1;
    return self->ops->run(self, "RELEASE SAVEPOINT unit", error);
}

static int
do_each(struct sql *self, batch_t *batch, int *refused, struct error *error)
{
    *refused = 0;
    for (size_t index = 0; index < batch_count(batch); index++) {
        if (do_unit(self, batch_at(batch, index), error))
            return -1;
    }
    return 0;
}

static int
apply(struct sql *self, batch_t *batch, work *apply_all, int *refused, struct error *error)
{
    int is_done = 0;
    *refused = 0;
    if (self->ops->begin(self, batch, &is_done, error))
        return -1;
    // The units' outcomes stand in the batch since the try that was committed.
    int failed = is_done ? 0 : apply_all(self, batch, refused, error);
    if (failed || *refused || is_done) {
        self->ops->rollback(self);
        return failed;
    }
    return self->ops->commit(self, error);
}

int
sql_apply(catalog_t *base, batch_t *batch, struct error *error)
{
    struct sql *self = (struct sql *)base;
    int refused = 0;
    if (self->ops->ready(self, error) || apply(self, batch, do_whole, &refused, error) ||
        (refused && apply(self, batch, do_each, &refused, error)))
        return -1;
    batch_settle(batch);
    return 0;
}
