#include "worker/engine/mysql_definitions.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_text.h"

// Nothing of a target's own settings may refuse or change what the source has.
static const char head[] =
    "-- Definitions. To be loaded before the rows.\n"
    "SET NAMES utf8mb4;\n"
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00', foreign_key_checks = 0,"
    " unique_checks = 0;\n";

// A reader's sessions get the columns' own bytes (mysql_point).
#define SHOWN_CHARSET "SET SESSION character_set_results = utf8mb4"
#define STORED_CHARSET "SET SESSION character_set_results = NULL"

enum { HELD_MAX = 1 << 20 };

struct writing {
    const struct sink *sink;
    void *file;
    struct mysql_text text;
};

static int
keep_second(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    char **text = context;
    memory_free(text);
    *text = memory_copy_text(cells[1]);
    return 0;
}

static int
show(mysql_session_t *session, const char *kind, const char *name, char **text, struct error *error)
{
    CLEAN(memory_free) char *shown = NULL;
    CLEAN(memory_free) char *sql = memory_format("SHOW CREATE %s %s", kind, name);
    if (mysql_session_query(session, sql, keep_second, &shown, error))
        return error_wrap(error, "cannot read the definition of %s", name);
    if (!shown)
        return error_set(error, ERROR_UNAVAILABLE, "the server does not show %s", name);
    *text = STEAL(shown);
    return 0;
}

static int
read_one(mysql_session_t *session, struct mysql_table *table, struct error *error)
{
    memory_free(&table->definition);
    return show(session, "TABLE", table->quoted, &table->definition, error);
}

struct showing {
    struct mysql_table *const *tables;
    size_t count;
};

// Cells: name, definition, of the statement's number; the first and last set what texts come in.
static int
keep_shown(void *context, size_t number, const char *const *cells, struct error *error)
{
    (void)error;
    const struct showing *showing = context;
    if (number == 0 || number > showing->count)
        return 0;
    struct mysql_table *table = showing->tables[number - 1];
    memory_free(&table->definition);
    table->definition = memory_copy_text(cells[1]);
    return 0;
}

// One by one: says which one fails, and does for what lets through one statement at a time.
static int
read_each(mysql_session_t *session, struct mysql_table *const *tables, size_t count,
          struct error *error)
{
    if (mysql_session_query(session, SHOWN_CHARSET, NULL, NULL, error))
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (read_one(session, tables[i], error))
            return -1;
    }
    return mysql_session_query(session, STORED_CHARSET, NULL, NULL, error);
}

int
mysql_definitions_read(mysql_session_t *session, struct mysql_table *const *tables, size_t count,
                       struct error *error)
{
    const struct showing showing = {.tables = tables, .count = count};
    union {
        const struct showing *lent;
        void *context;
    } context = {.lent = &showing};
    struct mysql_text sql = {0};
    struct error cause = {0};
    mysql_text_add(&sql, "%s", SHOWN_CHARSET);
    for (size_t i = 0; i < count; i++)
        mysql_text_add(&sql, "; SHOW CREATE TABLE %s", tables[i]->quoted);
    mysql_text_add(&sql, "; %s", STORED_CHARSET);
    int status = mysql_session_queries(session, sql.data, keep_shown, context.context, &cause);
    mysql_text_free(&sql);
    for (size_t i = 0; i < count && status == 0; i++) {
        if (!tables[i]->definition)
            return error_set(error, ERROR_UNAVAILABLE, "the server does not show %s",
                             tables[i]->quoted);
    }
    return status ? read_each(session, tables, count, error) : 0;
}

static int
flush(struct writing *self, size_t held_max, struct error *error)
{
    if (self->text.size <= held_max)
        return 0;
    int status = self->sink->write(self->file, self->text.data, self->text.size, error);
    mysql_text_free(&self->text);
    return status;
}

static int
add_sequence(struct writing *self, mysql_session_t *session, const char *schema, const char *name,
             struct error *error)
{
    CLEAN(memory_free) char *quoted_schema = mysql_session_name(schema);
    CLEAN(memory_free) char *quoted = mysql_session_name(name);
    CLEAN(memory_free) char *whole = memory_format("%s.%s", quoted_schema, quoted);
    CLEAN(memory_free) char *definition = NULL, *next = NULL;
    CLEAN(memory_free)
    char *ask = memory_format("SELECT next_not_cached_value FROM %s", whole);
    if (show(session, "SEQUENCE", whole, &definition, error) ||
        mysql_session_value(session, ask, &next, error))
        return -1;
    mysql_text_add(&self->text, "DROP SEQUENCE IF EXISTS %s;\n%s;\nDO SETVAL(%s, %s, 0);\n", quoted,
                   definition, quoted, next ? next : "1");
    return 0;
}

static int
add_table(struct writing *self, mysql_session_t *session, mysql_tables_t *tables, size_t *next,
          const char *schema, const char *name, struct error *error)
{
    while (strcmp(mysql_tables_at(tables, *next)->schema, schema) != 0 ||
           strcmp(mysql_tables_at(tables, *next)->name, name) != 0)
        (*next)++;
    struct mysql_table *table = mysql_tables_at(tables, *next);
    CLEAN(memory_free) char *quoted = mysql_session_name(name);
    if (!table->definition && read_one(session, table, error))
        return -1;
    mysql_text_add(&self->text, "DROP TABLE IF EXISTS %s;\n%s;\n", quoted, table->definition);
    memory_free(&table->definition);
    return 0;
}

// The objects of a schema stand together.
struct objects {
    mysql_inventory_t *inventory;
    mysql_tables_t *tables;
    size_t next_table;
    size_t first, end;
};

static int
add_kind(struct writing *self, mysql_session_t *session, struct objects *objects,
         enum mysql_object_kind kind, struct error *error)
{
    for (size_t i = objects->first; i < objects->end; i++) {
        const struct mysql_object *object = mysql_inventory_object(objects->inventory, i);
        const char *schema = mysql_inventory_schema(objects->inventory, object->schema)->name;
        if (object->kind != kind)
            continue;
        if (kind == MYSQL_SEQUENCE ? add_sequence(self, session, schema, object->name, error)
                                   : add_table(self, session, objects->tables, &objects->next_table,
                                               schema, object->name, error))
            return -1;
        mysql_inventory_find(objects->inventory, object->schema, kind, object->name)->is_seen = 1;
        if (flush(self, HELD_MAX, error))
            return -1;
    }
    return 0;
}

static int
add_all(struct writing *self, mysql_session_t *session, mysql_inventory_t *inventory,
        mysql_tables_t *tables, struct error *error)
{
    struct objects objects = {.inventory = inventory, .tables = tables};
    size_t count = mysql_inventory_objects(inventory);
    mysql_text_add(&self->text, "%s", head);
    for (uint32_t i = 0; i < mysql_inventory_schemas(inventory); i++) {
        struct mysql_schema *schema = mysql_inventory_schema(inventory, i);
        CLEAN(memory_free) char *name = mysql_session_name(schema->name);
        CLEAN(memory_free) char *definition = NULL;
        while (objects.end < count && mysql_inventory_object(inventory, objects.end)->schema == i)
            objects.end++;
        if (show(session, "DATABASE IF NOT EXISTS", name, &definition, error))
            return -1;
        mysql_text_add(&self->text, "%s;\nUSE %s;\n", definition, name);
        // Sequences first: columns may take their defaults from them.
        if (add_kind(self, session, &objects, MYSQL_SEQUENCE, error) ||
            add_kind(self, session, &objects, MYSQL_TABLE, error))
            return -1;
        schema->is_seen = 1;
        objects.first = objects.end;
    }
    return flush(self, 0, error);
}

int
mysql_definitions_put(mysql_session_t *session, mysql_inventory_t *inventory,
                      mysql_tables_t *tables, const struct sink *sink, uint32_t number,
                      struct error *error)
{
    const struct file_facts facts = {.role = "definitions", .loader = "mysql", .group = "before"};
    struct writing writing = {.sink = sink};
    if (sink->begin(sink->self, number, &facts, &writing.file, error))
        return -1;
    int status = add_all(&writing, session, inventory, tables, error);
    mysql_text_free(&writing.text);
    if (status || sink->close(writing.file, error)) {
        sink->drop(sink->self, writing.file);
        return -1;
    }
    return sink->end(sink->self, writing.file, NULL, 0, error);
}
