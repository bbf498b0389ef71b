#include "worker/engine/mysql_inventory_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

static const char *const kind_names[MYSQL_OBJECT_KINDS] = {
    [MYSQL_TABLE] = "table",
    [MYSQL_VIEW] = "view",
    [MYSQL_SEQUENCE] = "sequence",
    [MYSQL_PROCEDURE] = "procedure",
    [MYSQL_FUNCTION] = "function",
    [MYSQL_PACKAGE] = "package",
    [MYSQL_PACKAGE_BODY] = "package body",
    [MYSQL_EVENT] = "event",
};

const char *
mysql_object_kind_name(enum mysql_object_kind kind)
{
    return kind_names[kind];
}

mysql_inventory_t *
mysql_inventory_new(void)
{
    return memory_get(sizeof(mysql_inventory_t));
}

void
mysql_inventory_destroy(mysql_inventory_t **self_p)
{
    mysql_inventory_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->schema_count; i++)
        memory_free(&self->schemas[i].name);
    for (size_t i = 0; i < self->object_count; i++)
        memory_free(&self->objects[i].name);
    for (size_t i = 0; i < self->skipped_count; i++)
        memory_free(&self->skipped[i]);
    for (size_t i = 0; i < self->engine_count; i++)
        memory_free(&self->engines[i]);
    memory_free(&self->engines);
    memory_free(&self->unknown);
    memory_free(&self->objects);
    memory_free(&self->schemas);
    memory_free(self_p);
}

uint32_t
mysql_inventory_add_schema(mysql_inventory_t *self, const char *name)
{
    if (self->schema_count == self->schema_room) {
        self->schema_room = self->schema_room ? 2 * self->schema_room : 64;
        self->schemas = memory_resize(self->schemas, self->schema_room * sizeof *self->schemas);
    }
    self->schemas[self->schema_count] = (struct mysql_schema){.name = memory_copy_text(name)};
    return (uint32_t)self->schema_count++;
}

struct mysql_object *
mysql_inventory_add(mysql_inventory_t *self, uint32_t schema, enum mysql_object_kind kind,
                    const char *name)
{
    if (self->object_count == self->object_room) {
        self->object_room = self->object_room ? 2 * self->object_room : 256;
        self->objects = memory_resize(self->objects, self->object_room * sizeof *self->objects);
    }
    struct mysql_object *object = &self->objects[self->object_count++];
    *object = (struct mysql_object){
        .name = memory_copy_text(name), .schema = schema, .kind = (uint8_t)kind};
    if (kind == MYSQL_TABLE)
        self->schemas[schema].tables++;
    return object;
}

static int
compare_objects(const void *one, const void *other)
{
    const struct mysql_object *a = one, *b = other;
    if (a->schema != b->schema)
        return a->schema < b->schema ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return strcmp(a->name, b->name);
}

void
mysql_inventory_sort(mysql_inventory_t *self)
{
    if (self->object_count > 0)
        qsort(self->objects, self->object_count, sizeof *self->objects, compare_objects);
}

size_t
mysql_inventory_schemas(const mysql_inventory_t *self)
{
    return self->schema_count;
}

struct mysql_schema *
mysql_inventory_schema(mysql_inventory_t *self, size_t index)
{
    return &self->schemas[index];
}

size_t
mysql_inventory_objects(const mysql_inventory_t *self)
{
    return self->object_count;
}

const struct mysql_object *
mysql_inventory_object(const mysql_inventory_t *self, size_t index)
{
    return &self->objects[index];
}

struct mysql_object *
mysql_inventory_find(mysql_inventory_t *self, uint32_t schema, enum mysql_object_kind kind,
                     const char *name)
{
    struct mysql_object key = {.name = name, .schema = schema, .kind = (uint8_t)kind};
    if (self->object_count == 0)
        return NULL;
    return bsearch(&key, self->objects, self->object_count, sizeof key, compare_objects);
}

int
mysql_inventory_find_schema(const mysql_inventory_t *self, const char *name, uint32_t *schema)
{
    size_t low = 0, high = self->schema_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(self->schemas[middle].name, name);
        if (order == 0) {
            *schema = (uint32_t)middle;
            return 0;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

const char *
mysql_inventory_skipped(const mysql_inventory_t *self, size_t index)
{
    return index < self->skipped_count ? self->skipped[index] : NULL;
}

const char *
mysql_inventory_unknown(const mysql_inventory_t *self)
{
    return self->unknown;
}

// ---- what is left out

static int
goes(const mysql_inventory_t *self, const struct mysql_object *object)
{
    return self->schemas[object->schema].is_left_out || object->is_left_out;
}

static void
move_object(mysql_inventory_t *self, struct mysql_object *object, mysql_inventory_t *gone)
{
    struct mysql_schema *schema = &self->schemas[object->schema];
    uint32_t index = 0;
    mysql_inventory_find_schema(gone, schema->name, &index);
    mysql_inventory_add(gone, index, object->kind, object->name);
    if (object->kind == MYSQL_TABLE) {
        schema->tables--;
        schema->at_any_time -= object->rows == MYSQL_ROWS_AT_ANY_TIME;
        schema->triggers -= object->triggers;
    }
    memory_free(&object->name);
}

// Gives `gone` all schemas of which something goes, in their order.
static void
copy_schemas(const mysql_inventory_t *self, mysql_inventory_t *gone)
{
    size_t at = 0;  // objects are sorted by schema
    for (uint32_t i = 0; i < self->schema_count; i++) {
        int is_needed = self->schemas[i].is_left_out;
        for (; at < self->object_count && self->objects[at].schema == i; at++)
            is_needed |= self->objects[at].is_left_out;
        if (is_needed) {
            uint32_t index = mysql_inventory_add_schema(gone, self->schemas[i].name);
            gone->schemas[index].is_left_out = self->schemas[i].is_left_out;
        }
    }
}

void
mysql_inventory_part(mysql_inventory_t *self, mysql_inventory_t *gone)
{
    size_t kept = 0, schemas = 0;
    CLEAN(memory_free) uint32_t *indexes = memory_get((self->schema_count + 1) * sizeof *indexes);
    copy_schemas(self, gone);
    for (size_t i = 0; i < self->object_count; i++) {
        if (goes(self, &self->objects[i]))
            move_object(self, &self->objects[i], gone);
        else
            self->objects[kept++] = self->objects[i];
    }
    self->object_count = kept;
    for (size_t i = 0; i < self->schema_count; i++) {
        indexes[i] = (uint32_t)schemas;
        if (self->schemas[i].is_left_out)
            memory_free(&self->schemas[i].name);
        else
            self->schemas[schemas++] = self->schemas[i];
    }
    self->schema_count = schemas;
    for (size_t i = 0; i < self->object_count; i++)
        self->objects[i].schema = indexes[self->objects[i].schema];
    mysql_inventory_sort(gone);
}

int
mysql_inventory_check(const mysql_inventory_t *self, size_t first, size_t end, struct error *error)
{
    for (size_t i = first; i < end; i++) {
        const struct mysql_schema *schema = &self->schemas[i];
        if (!schema->is_seen)
            return error_set(error, ERROR_UNAVAILABLE,
                             "schema '%s' was listed and is not in the dump: was it dropped "
                             "meanwhile?",
                             schema->name);
        if (schema->triggers_seen < schema->triggers)
            return error_set(error, ERROR_UNAVAILABLE,
                             "schema '%s' listed %" PRIu64 " triggers and the dump has %" PRIu64
                             ": were they dropped meanwhile?",
                             schema->name, schema->triggers, schema->triggers_seen);
    }
    for (size_t i = 0; i < self->object_count; i++) {
        const struct mysql_object *object = &self->objects[i];
        if (object->schema >= first && object->schema < end && !object->is_seen)
            return error_set(error, ERROR_UNAVAILABLE,
                             "%s '%s' of schema '%s' was listed and is not in the dump: was it "
                             "dropped or renamed meanwhile?",
                             kind_names[object->kind], object->name,
                             self->schemas[object->schema].name);
    }
    return 0;
}
