// The inventory of a server, read in a few bulk statements.

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_errands.h"
#include "worker/engine/mysql_inventory_inside.h"

enum { SCHEMAS_MAX = 1000000, OBJECTS_MAX = 16000000 };

// The statements leave these out themselves.
#define THE_SERVERS "('information_schema', 'performance_schema', 'mysql', 'sys', 'ndbinfo')"

// How many triggers a table has. They are listed beside the tables, and counted once those are
// there.
struct triggers {
    char *schema, *table;
    uint64_t count;
};

// What one session lists: a part of the tables, or all else.
struct part {
    mysql_inventory_t *whole;  // only looked at
    mysql_inventory_t *own;    // with the same schemas
    size_t number, parts;
    struct triggers *triggers;
    size_t trigger_count;
};

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
                         mysql_object_kind_name(kind), name);
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
    const struct part *part = context;
    mysql_inventory_t *self = part->own;
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
    object->rows = (uint8_t)rows_of_engine(part->whole, cells[3]);
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
    const struct part *part = context;
    mysql_inventory_t *self = part->own;
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
    const struct part *part = context;
    struct mysql_object *object;
    return add_listed(part->own, cells[0], MYSQL_EVENT, cells[1], &object, error);
}

static int
keep_triggers(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    struct part *self = context;
    size_t count = self->trigger_count;
    if ((count & (count - 1)) == 0)
        self->triggers =
            memory_resize(self->triggers, (count ? 2 * count : 1) * sizeof *self->triggers);
    self->triggers[self->trigger_count++] =
        (struct triggers){.schema = memory_copy_text(cells[0]),
                          .table = memory_copy_text(cells[1]),
                          .count = strtoull(cells[2], NULL, 10)};
    return 0;
}

static void
count_triggers(mysql_inventory_t *self, const struct triggers *triggers)
{
    uint32_t schema;
    if (mysql_inventory_find_schema(self, triggers->schema, &schema))
        return;
    struct mysql_object *table = mysql_inventory_find(self, schema, MYSQL_TABLE, triggers->table);
    self->schemas[schema].triggers += triggers->count;
    if (table)
        table->triggers = (uint32_t)triggers->count;
}

static int
compare_schemas(const void *one, const void *other)
{
    const struct mysql_schema *a = one, *b = other;
    return strcmp(a->name, b->name);
}

static int
read_schemas(mysql_inventory_t *self, mysql_session_t *session, struct error *error)
{
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
    return 0;
}

static int
read_tables(void *context, mysql_session_t *session, struct error *error)
{
    struct part *self = context;
    CLEAN(memory_free)
    char *condition = self->parts > 1 ? memory_format(" AND CRC32(table_name) %% %zu = %zu",
                                                      self->parts, self->number)
                                      : memory_copy_text("");
    CLEAN(memory_free)
    char *list =
        memory_format("SELECT table_schema, table_name, table_type, engine FROM "
                      "information_schema.tables WHERE table_schema NOT IN " THE_SERVERS "%s",
                      condition);
    if (mysql_session_query(session, list, keep_table, self, error))
        return error_wrap(error, "cannot list what is in the schemas");
    return 0;
}

static int
read_others(void *context, mysql_session_t *session, struct error *error)
{
    if (mysql_session_query(session,
                            "SELECT routine_schema, routine_name, routine_type FROM "
                            "information_schema.routines WHERE routine_schema NOT IN " THE_SERVERS,
                            keep_routine, context, error) ||
        mysql_session_query(session,
                            "SELECT event_schema, event_name FROM information_schema.events "
                            "WHERE event_schema NOT IN " THE_SERVERS,
                            keep_event, context, error))
        return error_wrap(error, "cannot list what is in the schemas");
    if (mysql_session_query(
            session,
            "SELECT trigger_schema, event_object_table, COUNT(*) "
            "FROM information_schema.triggers WHERE trigger_schema NOT IN " THE_SERVERS
            " GROUP BY trigger_schema, event_object_table",
            keep_triggers, context, error))
        return error_wrap(error, "cannot list the triggers");
    return 0;
}

static struct part
part_of(mysql_inventory_t *whole, size_t number, size_t parts)
{
    struct part part = {
        .whole = whole, .own = mysql_inventory_new(), .number = number, .parts = parts};
    for (size_t i = 0; i < whole->schema_count; i++)
        mysql_inventory_add_schema(part.own, whole->schemas[i].name);
    return part;
}

static void
part_clear(struct part *self)
{
    for (size_t i = 0; i < self->trigger_count; i++) {
        memory_free(&self->triggers[i].schema);
        memory_free(&self->triggers[i].table);
    }
    memory_free(&self->triggers);
    mysql_inventory_destroy(&self->own);
}

static void
take_part(mysql_inventory_t *self, struct part *part)
{
    mysql_inventory_t *own = part->own;
    for (size_t i = 0; i < own->object_count; i++) {
        struct mysql_object *object = mysql_inventory_add(
            self, own->objects[i].schema, own->objects[i].kind, own->objects[i].name);
        object->rows = own->objects[i].rows;
        object->is_versioned = own->objects[i].is_versioned;
    }
    for (size_t i = 0; i < own->schema_count; i++)
        self->schemas[i].at_any_time += own->schemas[i].at_any_time;
    if (!self->unknown)
        self->unknown = STEAL(own->unknown);
}

// Servers without tables of definitions look into no table that a condition on its name leaves
// out: the part of each session costs a part of the whole.
static size_t
parts_of(const mysql_session_t *session, size_t sessions)
{
    if (!mysql_session_is_mariadb(session) && mysql_session_major(session) >= 8)
        return 1;
    return sessions < MYSQL_ERRANDS_SESSIONS_MAX ? sessions : (size_t)MYSQL_ERRANDS_SESSIONS_MAX;
}

int
mysql_inventory_read_by(mysql_inventory_t *self, mysql_session_t *const *sessions, size_t count,
                        struct error *error)
{
    if (read_schemas(self, sessions[0], error))
        return -1;
    size_t parts = parts_of(sessions[0], count);
    struct part items[MYSQL_ERRANDS_SESSIONS_MAX + 1];
    struct mysql_errand errands[MYSQL_ERRANDS_SESSIONS_MAX + 1];
    for (size_t i = 0; i <= parts; i++) {
        items[i] = part_of(self, i, parts);
        errands[i] =
            (struct mysql_errand){.run = i < parts ? read_tables : read_others, .self = &items[i]};
    }
    int status = mysql_errands_run(sessions, count, errands, parts + 1, error);
    for (size_t i = 0; i <= parts && status == 0; i++)
        take_part(self, &items[i]);
    mysql_inventory_sort(self);
    for (size_t i = 0; i < items[parts].trigger_count && status == 0; i++)
        count_triggers(self, &items[parts].triggers[i]);
    for (size_t i = 0; i <= parts; i++)
        part_clear(&items[i]);
    if (status == 0 && self->object_count > OBJECTS_MAX)
        return error_set(error, ERROR_INVALID, "more than %d tables and the like", OBJECTS_MAX);
    return status;
}

int
mysql_inventory_read(mysql_inventory_t *self, mysql_session_t *session, struct error *error)
{
    return mysql_inventory_read_by(self, &session, 1, error);
}
