#include "worker/engine/mysql_events.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_bulk.h"
#include "worker/engine/mysql_text.h"

enum { DELIMITER_SIZE = 16 };

struct mysql_events {
    struct mysql_text sql;
};

// What SHOW CREATE EVENT says of one.
struct event {
    char *sql_mode, *time_zone, *create, *character_set, *collation, *schema_collation;
};

static void
event_clear(struct event *self)
{
    memory_free(&self->sql_mode);
    memory_free(&self->time_zone);
    memory_free(&self->create);
    memory_free(&self->character_set);
    memory_free(&self->collation);
    memory_free(&self->schema_collation);
}

static int
keep_event(void *context, const char *const *cells, struct error *error)
{
    struct event *event = context;
    for (int i = 1; i <= 6; i++) {
        if (!cells[i] || event->create)
            return error_set(error, ERROR_INVALID, "the server shows an event in an unknown form");
        if (i == 6)
            event->create = memory_copy_text(cells[3]);
    }
    event->sql_mode = memory_copy_text(cells[1]);
    event->time_zone = memory_copy_text(cells[2]);
    event->character_set = memory_copy_text(cells[4]);
    event->collation = memory_copy_text(cells[5]);
    event->schema_collation = memory_copy_text(cells[6]);
    return 0;
}

// A delimiter that the text does not have in it: the client takes it anywhere but in quotes and
// comments.
static void
find_delimiter(const char *text, char delimiter[DELIMITER_SIZE])
{
    strcpy(delimiter, ";;");
    for (unsigned i = 1; strstr(text, delimiter); i++)
        snprintf(delimiter, DELIMITER_SIZE, ";%u;", i);
}

static void
write_collation(mysql_events_t *self, const char *schema, const char *collation)
{
    mysql_text_add(&self->sql, "ALTER DATABASE %s COLLATE %s;\n", schema, collation);
}

// `name` and `schema` are quoted. The name is dropped as we read it, in utf8mb4; the definition is
// in the character set that it was made with.
static void
write_event(mysql_events_t *self, mysql_session_t *session, const struct event *event,
            const char *schema, const char *name, const char *collation_now)
{
    char delimiter[DELIMITER_SIZE];
    int is_other = collation_now && strcmp(event->schema_collation, collation_now) != 0;
    CLEAN(memory_free) char *mode = mysql_session_literal(session, event->sql_mode);
    CLEAN(memory_free) char *zone = mysql_session_literal(session, event->time_zone);
    find_delimiter(event->create, delimiter);
    mysql_text_add(&self->sql, "USE %s;\nDROP EVENT IF EXISTS %s;\n", schema, name);
    if (is_other)
        write_collation(self, schema, event->schema_collation);
    mysql_text_add(&self->sql,
                   "SET character_set_client = %s, collation_connection = %s, time_zone = %s,"
                   " sql_mode = %s;\n"
                   "DELIMITER %s\n%s\n%s\nDELIMITER ;\n"
                   "SET NAMES utf8mb4;\nSET SESSION sql_mode = '';\n",
                   event->character_set, event->collation, zone, mode, delimiter, event->create,
                   delimiter);
    if (is_other)
        write_collation(self, schema, collation_now);
}

// Is it that the event is not there any more?
static int
is_gone(mysql_session_t *session, const char *schema, const char *name)
{
    CLEAN(memory_free) char *schema_literal = mysql_session_literal(session, schema);
    CLEAN(memory_free) char *name_literal = mysql_session_literal(session, name);
    CLEAN(memory_free)
    char *sql = memory_format("SELECT COUNT(*) FROM information_schema.events "
                              "WHERE event_schema = %s AND event_name = %s",
                              schema_literal, name_literal);
    CLEAN(memory_free) char *count = NULL;
    struct error error;
    return mysql_session_value(session, sql, &count, &error) == 0 && count &&
           strcmp(count, "0") == 0;
}

// Character sets other than ours come as they are stored.
static int
show_event(mysql_session_t *session, const char *quoted, struct event *event, struct error *error)
{
    CLEAN(memory_free) char *show = memory_format("SHOW CREATE EVENT %s", quoted);
    struct error other;
    if (mysql_session_query(session, "SET character_set_results = 'binary'", NULL, NULL, error))
        return -1;
    int status = mysql_session_query(session, show, keep_event, event, error);
    if (mysql_session_query(session, "SET character_set_results = 'utf8mb4'", NULL, NULL,
                            status ? &other : error))
        return -1;
    if (status == 0 && !event->create)
        return error_set(error, ERROR_UNAVAILABLE, "the server does not show it");
    return status;
}

static int
collation_of(mysql_session_t *session, const char *schema, char **collation, struct error *error)
{
    CLEAN(memory_free) char *literal = mysql_session_literal(session, schema);
    CLEAN(memory_free)
    char *sql = memory_format("SELECT default_collation_name FROM information_schema.schemata "
                              "WHERE schema_name = %s",
                              literal);
    if (mysql_session_value(session, sql, collation, error))
        return error_wrap(error, "cannot read the collation of schema '%s'", schema);
    if (!*collation)
        return error_set(error, ERROR_UNAVAILABLE, "schema '%s' was dropped meanwhile", schema);
    return 0;
}

// `shown`: what the server said of it, if it was asked before.
static int
add_event(mysql_events_t *self, mysql_session_t *session, const char *schema, const char *name,
          const char *collation, const struct event *shown, const struct sink *sink,
          struct error *error)
{
    CLEAN(memory_free) char *quoted_schema = mysql_session_name(schema);
    CLEAN(memory_free) char *quoted_name = mysql_session_name(name);
    CLEAN(memory_free) char *quoted = memory_format("%s.%s", quoted_schema, quoted_name);
    CLEAN(event_clear) struct event event = {0};
    if (shown->create) {
        write_event(self, session, shown, quoted_schema, quoted_name, collation);
        return 0;
    }
    if (show_event(session, quoted, &event, error) == 0) {
        write_event(self, session, &event, quoted_schema, quoted_name, collation);
        return 0;
    }
    if (!is_gone(session, schema, name))
        return error_wrap(error, "cannot read event %s", quoted);
    CLEAN(memory_free) char *what = memory_format("event %s", quoted);
    sink->left_out(sink->self, what, "it went before it could be read, as those that run once do");
    return 0;
}

// ---- all at once

struct shown {
    mysql_inventory_t *inventory;
    size_t *places;  // of the events in the inventory
    struct event *events;
    size_t count;
};

static void
shown_clear(struct shown *self)
{
    for (size_t i = 0; i < self->count; i++)
        event_clear(&self->events[i]);
    memory_free(&self->events);
    memory_free(&self->places);
}

static char *
show_by_place(void *context, size_t index)
{
    const struct shown *self = context;
    const struct mysql_object *event = mysql_inventory_object(self->inventory, self->places[index]);
    CLEAN(memory_free)
    char *schema = mysql_session_name(mysql_inventory_schema(self->inventory, event->schema)->name);
    CLEAN(memory_free) char *name = mysql_session_name(event->name);
    return memory_format("SHOW CREATE EVENT %s.%s", schema, name);
}

static int
keep_by_place(void *context, size_t index, const char *const *cells, struct error *error)
{
    const struct shown *self = context;
    return keep_event(&self->events[index], cells, error);
}

static void
forget_by_place(void *context, size_t index)
{
    const struct shown *self = context;
    event_clear(&self->events[index]);
}

// In few trips; what is not had like this is asked for by itself, where more is done about it.
static int
show_all(struct shown *self, mysql_session_t *session, struct error *error)
{
    size_t objects = mysql_inventory_objects(self->inventory);
    self->places = memory_get((objects + 1) * sizeof *self->places);
    for (size_t i = 0; i < objects; i++) {
        if (mysql_inventory_object(self->inventory, i)->kind == MYSQL_EVENT)
            self->places[self->count++] = i;
    }
    self->events = memory_get((self->count + 1) * sizeof *self->events);
    if (self->count == 0)
        return 0;
    struct mysql_bulk bulk = {.self = self,
                              .count = self->count,
                              .sql = show_by_place,
                              .row = keep_by_place,
                              .forget = forget_by_place};
    if (mysql_session_query(session, "SET character_set_results = 'binary'", NULL, NULL, error))
        return -1;
    mysql_bulk_try(&bulk, session);
    return mysql_session_query(session, "SET character_set_results = 'utf8mb4'", NULL, NULL, error);
}

int
mysql_events_open(mysql_events_t **self_p, mysql_session_t *session, mysql_inventory_t *inventory,
                  const struct sink *sink, struct error *error)
{
    CLEAN(mysql_events_destroy) mysql_events_t *self = memory_get(sizeof *self);
    CLEAN(shown_clear) struct shown shown = {.inventory = inventory};
    CLEAN(memory_free) char *collation = NULL;
    const char *before = NULL;
    size_t next = 0;
    if (show_all(&shown, session, error))
        return -1;
    for (size_t i = 0; i < mysql_inventory_objects(inventory); i++) {
        const struct mysql_object *object = mysql_inventory_object(inventory, i);
        if (object->kind != MYSQL_EVENT)
            continue;
        const char *schema = mysql_inventory_schema(inventory, object->schema)->name;
        if (!before)
            mysql_text_add(&self->sql, "-- Events. To be loaded after the data.\n"
                                       "SET NAMES utf8mb4;\nSET SESSION sql_mode = '';\n");
        if (schema != before) {
            memory_free(&collation);
            if (collation_of(session, schema, &collation, error) || !collation)
                return -1;
        }
        before = schema;
        if (add_event(self, session, schema, object->name, collation, &shown.events[next++], sink,
                      error))
            return -1;
        mysql_inventory_find(inventory, object->schema, MYSQL_EVENT, object->name)->is_seen = 1;
    }
    *self_p = STEAL(self);
    return 0;
}

void
mysql_events_destroy(mysql_events_t **self_p)
{
    mysql_events_t *self = *self_p;
    if (!self)
        return;
    mysql_text_free(&self->sql);
    memory_free(self_p);
}

const char *
mysql_events_sql(const mysql_events_t *self)
{
    return mysql_text_data(&self->sql);
}
