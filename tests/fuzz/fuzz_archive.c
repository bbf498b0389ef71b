// Whatever bytes a saved catalog's line has, or what a set says of itself: it is refused, or
// becomes values that fit the statement, and never more than the limits.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "coordinator/adoption.h"
#include "coordinator/catalog/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
check_values(batch_t *batch)
{
    const struct unit *unit = batch_at(batch, 0);
    require(unit->count == 1);
    const struct change *change = &unit->changes[0];
    for (size_t index = 0; index < change->count; index++) {
        const struct value *value = &change->values[index];
        if (value->type == VALUE_INTEGER)
            require(value->number >= 0);
        else
            require(value->size <= ARCHIVE_TEXT_MAX && value->data != NULL);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    const char *name = NULL;
    CLEAN(json_destroy) json_t *row = NULL;
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    CLEAN(adoption_clear) struct adoption found = {0};
    if (adoption_read(&found, (const char *)data, size, &error) == 0)
        require(found.job_id > 0 && found.attempt > 0 && *found.path && found.created_ms > 0);
    if (archive_parse((const char *)data, size, &row, &name, &error)) {
        require(!row && error.message[0]);
        return 0;
    }
    const struct archive_table *table = archive_find(name);
    if (!table)
        return 0;
    batch_unit(batch);
    if (archive_add(table, row, batch, &error) == 0)
        check_values(batch);
    return 0;
}
