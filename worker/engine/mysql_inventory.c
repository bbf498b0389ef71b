#include "worker/engine/mysql_inventory.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"

enum { SCHEMAS_MAX = 1000000, OBJECTS_MAX = 16000000, SKIPPED_MAX = 64 };

struct mysql_inventory {
    struct mysql_schema *schemas;
    struct mysql_object *objects;
    size_t schema_count, schema_room, object_count, object_room;
    char *skipped[SKIPPED_MAX];
    size_t skipped_count;
    char *unknown;
    char **engines;  // those with transactions
    size_t engine_count;
};

// The statements leave these out themselves.
#define THE_SERVERS "('information_schema', 'performance_schema', 'mysql', 'sys', 'ndbinfo')"

// Kept by services and cluster software for themselves: patterns of fnmatch.
static const char *const kept_by_services[] = {
    "#mysql50#*",  // folders in the data folder that are no schemas: lost+found
    "mysql_innodb_cluster_metadata*",
    "mysql_audit",  // HeatWave
    "mysql_autopilot",
    "mysql_option",
    "mysql_tasks",
    "mysql_rest_service_metadata",
    "__recycle_bin__",  // ApsaraDB
};

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
compare_schemas(const void *one, const void *other)
{
    const struct mysql_schema *a = one, *b = other;
    return strcmp(a->name, b->name);
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

static int
keep_engine(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    mysql_inventory_t *self = context;
    self->engines = memory_resize(self->engines, (self->engine_count + 1) * sizeof *self->engines);
    self->engines[self->engine_count++] = memory_copy_text(cells[0]);
    return 0;
}

static int
keep_schema(void *context, const char *const *cells, struct error *error)
{
    mysql_inventory_t *self = context;
    for (size_t i = 0; i < sizeof kept_by_services / sizeof *kept_by_services; i++) {
        if (fnmatch(kept_by_services[i], cells[0], 0) == 0) {
            if (self->skipped_count < SKIPPED_MAX)
                self->skipped[self->skipped_count++] = memory_copy_text(cells[0]);
            return 0;
        }
    }
    if (self->schema_count == SCHEMAS_MAX)
        return error_set(error, ERROR_INVALID, "more than %d schemas", SCHEMAS_MAX);
    if (strlen(cells[0]) >= ENGINE_NAME_MAX)
        return error_set(error, ERROR_INVALID, "a schema's name is too long: '%.64s...'", cells[0]);
    mysql_inventory_add_schema(self, cells[0]);
    return 0;
}

// Adds an object of a schema that is ours; sets *object to NULL if it is not.
static int
add_listed(mysql_inventory_t *self, const char *schema_name, enum mysql_object_kind kind,
           const char *name, struct mysql_object **object, struct error *error)
{
    uint32_t schema;
    *object = NULL;
    if (mysql_inventory_find_schema(self, schema_name, &schema))
        return 0;  // skipped, or made since the schemas were listed
    if (self->object_count == OBJECTS_MAX)
        return error_set(error, ERROR_INVALID, "more than %d tables and the like", OBJECTS_MAX);
    if (strlen(name) >= ENGINE_NAME_MAX)
        return error_set(error, ERROR_INVALID, "the name of a %s is too long: '%.64s...'",
                         kind_names[kind], name);
    *object = mysql_inventory_add(self, schema, kind, name);
    return 0;
}

static enum mysql_rows
rows_of_engine(const mysql_inventory_t *self, const char *engine)
{
    static const char *const elsewhere[] = {"FEDERATED", "MRG_MyISAM", "MRG_MYISAM", "MRG_ISAM"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        if (engine && strcasecmp(engine, elsewhere[i]) == 0)
            return MYSQL_ROWS_ELSEWHERE;
    }
    for (size_t i = 0; i < self->engine_count; i++) {
        if (engine && strcasecmp(engine, self->engines[i]) == 0)
            return MYSQL_ROWS_TRANSACTIONAL;
    }
    return MYSQL_ROWS_AT_ANY_TIME;
}

static int
keep_table(void *context, const char *const *cells, struct error *error)
{
    mysql_inventory_t *self = context;
    struct mysql_object *object;
    if (strncmp(cells[2], "TEMPORARY", strlen("TEMPORARY")) == 0)
        return 0;
    int is_view = strcmp(cells[2], "VIEW") == 0;
    int is_sequence = strcmp(cells[2], "SEQUENCE") == 0;
    enum mysql_object_kind kind = is_view ? MYSQL_VIEW : is_sequence ? MYSQL_SEQUENCE : MYSQL_TABLE;
    if (add_listed(self, cells[0], kind, cells[1], &object, error))
        return -1;
    if (!object || kind != MYSQL_TABLE)
        return 0;
    object->rows = (uint8_t)rows_of_engine(self, cells[3]);
    object->is_versioned = strcmp(cells[2], "SYSTEM VERSIONED") == 0;
    self->schemas[object->schema].at_any_time += object->rows == MYSQL_ROWS_AT_ANY_TIME;
    return 0;
}

static int
keep_routine(void *context, const char *const *cells, struct error *error)
{
    static const struct {
        const char *type;
        enum mysql_object_kind kind;
    } types[] = {{"PROCEDURE", MYSQL_PROCEDURE},
                 {"FUNCTION", MYSQL_FUNCTION},
                 {"PACKAGE", MYSQL_PACKAGE},
                 {"PACKAGE BODY", MYSQL_PACKAGE_BODY}};
    mysql_inventory_t *self = context;
    struct mysql_object *object;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(cells[2], types[i].type) == 0)
            return add_listed(self, cells[0], types[i].kind, cells[1], &object, error);
    }
    if (!self->unknown)
        self->unknown = memory_copy_text(cells[2]);
    return 0;
}

static int
keep_event(void *context, const char *const *cells, struct error *error)
{
    struct mysql_object *object;
    return add_listed(context, cells[0], MYSQL_EVENT, cells[1], &object, error);
}

static int
keep_triggers(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    mysql_inventory_t *self = context;
    uint32_t schema;
    if (mysql_inventory_find_schema(self, cells[0], &schema) == 0)
        self->schemas[schema].triggers = strtoull(cells[1], NULL, 10);
    return 0;
}

int
mysql_inventory_read(mysql_inventory_t *self, mysql_session_t *session, struct error *error)
{
    static const struct {
        const char *sql;
        mysql_session_row *row;
    } lists[] = {
        {"SELECT table_schema, table_name, table_type, engine FROM information_schema.tables "
         "WHERE table_schema NOT IN " THE_SERVERS,
         keep_table},
        {"SELECT routine_schema, routine_name, routine_type FROM information_schema.routines "
         "WHERE routine_schema NOT IN " THE_SERVERS,
         keep_routine},
        {"SELECT event_schema, event_name FROM information_schema.events "
         "WHERE event_schema NOT IN " THE_SERVERS,
         keep_event},
        {"SELECT trigger_schema, COUNT(*) FROM information_schema.triggers "
         "WHERE trigger_schema NOT IN " THE_SERVERS " GROUP BY trigger_schema",
         keep_triggers},
    };
    if (mysql_session_query(session,
                            "SELECT engine FROM information_schema.engines "
                            "WHERE transactions = 'YES'",
                            keep_engine, self, error) ||
        mysql_session_query(session,
                            "SELECT schema_name FROM information_schema.schemata "
                            "WHERE schema_name NOT IN " THE_SERVERS,
                            keep_schema, self, error))
        return error_wrap(error, "cannot list the schemas");
    if (self->schema_count > 0)
        qsort(self->schemas, self->schema_count, sizeof *self->schemas, compare_schemas);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (mysql_session_query(session, lists[i].sql, lists[i].row, self, error))
            return error_wrap(error, "cannot list what is in the schemas");
    }
    mysql_inventory_sort(self);
    return 0;
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
