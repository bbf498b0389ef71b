#include "worker/engine/mysql_leftovers.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_bulk.h"
#include "worker/engine/mysql_option_file.h"

#define THE_SERVERS "('information_schema', 'performance_schema', 'mysql', 'sys', 'ndbinfo')"

enum { TOLD_MAX = 50 };  // objects told one by one for one reason

struct broken_view {
    char *schema, *name, *why;
};

struct mysql_leftovers {
    mysql_inventory_t *inventory;
    struct broken_view *views;
    size_t view_count;
    int has_versioned, can_dump_history;
};

// A look at all views.
struct look {
    mysql_inventory_t *inventory;
    mysql_session_t *session;
    size_t *views;  // their places in the inventory
    char **comments;
    size_t count;
};

static void
look_end(struct look *self)
{
    for (size_t i = 0; i < self->count; i++)
        memory_free(&self->comments[i]);
    memory_free(&self->comments);
    memory_free(&self->views);
}

// The server looks only if it is asked for more than the comment, such as rows.
static char *
ask_comment(void *context, size_t index)
{
    const struct look *self = context;
    const struct mysql_object *view = mysql_inventory_object(self->inventory, self->views[index]);
    const char *schema_name = mysql_inventory_schema(self->inventory, view->schema)->name;
    CLEAN(memory_free) char *schema = mysql_session_literal(self->session, schema_name);
    CLEAN(memory_free) char *name = mysql_session_literal(self->session, view->name);
    return memory_format("SELECT table_comment, table_rows FROM information_schema.tables "
                         "WHERE table_schema = %s AND table_name = %s",
                         schema, name);
}

static void
forget_comment(void *context, size_t index)
{
    const struct look *self = context;
    memory_free(&self->comments[index]);
}

static int
keep_comment(void *context, size_t index, const char *const *cells, struct error *error)
{
    (void)error;
    const struct look *self = context;
    memory_free(&self->comments[index]);
    self->comments[index] = memory_copy_text(cells[0]);
    return 0;
}

// Marks a view that no longer works: it has the server's complaint for a comment, where others have
// the word VIEW.
static void
judge_view(mysql_leftovers_t *self, const struct mysql_object *view, const char *comment)
{
    const char *schema = mysql_inventory_schema(self->inventory, view->schema)->name;
    // It works, but not for us (EXECUTE on a function that it calls): its definition is to be had.
    if (!comment || !*comment || strcmp(comment, "VIEW") == 0 || strstr(comment, "denied"))
        return;
    mysql_inventory_find(self->inventory, view->schema, MYSQL_VIEW, view->name)->is_seen = 1;
    self->views = memory_resize(self->views, (self->view_count + 1) * sizeof *self->views);
    self->views[self->view_count++] = (struct broken_view){.schema = memory_copy_text(schema),
                                                           .name = memory_copy_text(view->name),
                                                           .why = memory_copy_text(comment)};
}

// By schema and name is cheap; a list of all would open every table.
static int
look_at_views(mysql_leftovers_t *self, mysql_session_t *session, struct error *error)
{
    size_t objects = mysql_inventory_objects(self->inventory);
    CLEAN(look_end) struct look look = {.inventory = self->inventory, .session = session};
    look.views = memory_get((objects + 1) * sizeof *look.views);
    for (size_t i = 0; i < objects; i++) {
        if (mysql_inventory_object(self->inventory, i)->kind == MYSQL_VIEW)
            look.views[look.count++] = i;
    }
    look.comments = memory_get((look.count + 1) * sizeof *look.comments);
    struct mysql_bulk bulk = {.self = &look,
                              .count = look.count,
                              .sql = ask_comment,
                              .row = keep_comment,
                              .forget = forget_comment};
    if (mysql_bulk_ask(&bulk, session, error))
        return error_wrap(error, "cannot look at view '%s'",
                          mysql_inventory_object(self->inventory, look.views[bulk.at])->name);
    for (size_t i = 0; i < look.count; i++)
        judge_view(self, mysql_inventory_object(self->inventory, look.views[i]), look.comments[i]);
    return 0;
}

int
mysql_leftovers_open(mysql_leftovers_t **self_p, mysql_session_t *session,
                     mysql_inventory_t *inventory, const struct tool *tool, struct error *error)
{
    CLEAN(mysql_leftovers_destroy) mysql_leftovers_t *self = memory_get(sizeof *self);
    self->inventory = inventory;
    for (size_t i = 0; i < mysql_inventory_objects(inventory); i++)
        self->has_versioned |= mysql_inventory_object(inventory, i)->is_versioned;
    unsigned major = mysql_session_major(session), minor = mysql_session_minor(session);
    self->can_dump_history = tool->kind == TOOL_MARIADB_DUMP &&
                             (tool->major > 10 || (tool->major == 10 && tool->minor >= 11)) &&
                             (major > 10 || (major == 10 && minor >= 11));
    if (look_at_views(self, session, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

void
mysql_leftovers_destroy(mysql_leftovers_t **self_p)
{
    mysql_leftovers_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->view_count; i++) {
        memory_free(&self->views[i].schema);
        memory_free(&self->views[i].name);
        memory_free(&self->views[i].why);
    }
    memory_free(&self->views);
    memory_free(self_p);
}

int
mysql_leftovers_with_history(const mysql_leftovers_t *self)
{
    return self->has_versioned && self->can_dump_history;
}

int
mysql_leftovers_add_options(const mysql_leftovers_t *self, struct mysql_text *options,
                            struct error *error)
{
    for (size_t i = 0; i < self->view_count; i++) {
        CLEAN(memory_free)
        char *name = memory_format("%s.%s", self->views[i].schema, self->views[i].name);
        if (mysql_option_file_add(options, "ignore-table", name, error))
            return -1;
    }
    return 0;
}

// "<what> `schema`.`name`"; the caller's.
static char *
name_of(mysql_inventory_t *inventory, const char *what, const struct mysql_object *object)
{
    CLEAN(memory_free)
    char *schema = mysql_session_name(mysql_inventory_schema(inventory, object->schema)->name);
    CLEAN(memory_free) char *name = mysql_session_name(object->name);
    return memory_format("%s %s %s.%s", what, mysql_object_kind_name(object->kind), schema, name);
}

// Tells of each table whose rows are of a kind, or of their number if they are many.
static void
tell_rows(const mysql_leftovers_t *self, const struct sink *sink, enum mysql_rows rows,
          const char *what, const char *why)
{
    size_t count = 0;
    for (size_t i = 0; i < mysql_inventory_objects(self->inventory); i++) {
        const struct mysql_object *object = mysql_inventory_object(self->inventory, i);
        if (object->kind != MYSQL_TABLE || object->rows != rows || ++count > TOLD_MAX)
            continue;
        CLEAN(memory_free) char *name = name_of(self->inventory, what, object);
        sink->left_out(sink->self, name, why);
    }
    if (count > TOLD_MAX) {
        CLEAN(memory_free)
        char *more = memory_format("%s %zu more tables", what, count - TOLD_MAX);
        sink->left_out(sink->self, more, why);
    }
}

void
mysql_leftovers_tell(const mysql_leftovers_t *self, const struct sink *sink)
{
    sink->left_out(sink->self, "schema `mysql`",
                   "the server's own tables; accounts and grants are in files of their own");
    const char *name;
    for (size_t i = 0; (name = mysql_inventory_skipped(self->inventory, i)); i++) {
        CLEAN(memory_free) char *quoted = mysql_session_name(name);
        CLEAN(memory_free) char *what = memory_format("schema %s", quoted);
        sink->left_out(sink->self, what, "it is kept by the service or the server for itself");
    }
    for (size_t i = 0; i < self->view_count; i++) {
        CLEAN(memory_free) char *schema = mysql_session_name(self->views[i].schema);
        CLEAN(memory_free) char *view = mysql_session_name(self->views[i].name);
        CLEAN(memory_free) char *what = memory_format("view %s.%s", schema, view);
        sink->left_out(sink->self, what, self->views[i].why);
    }
    tell_rows(self, sink, MYSQL_ROWS_AT_ANY_TIME, "the common point in time of",
              "its engine has no transactions: its rows were read at some time during the dump");
    tell_rows(self, sink, MYSQL_ROWS_ELSEWHERE, "rows of",
              "its engine keeps them elsewhere: only the definition is in the set");
    if (self->has_versioned && !self->can_dump_history)
        sink->left_out(sink->self, "history of system-versioned tables",
                       "mariadb-dump and server of version 10.11 or newer are needed for it");
    if (mysql_inventory_unknown(self->inventory))
        sink->left_out(sink->self, mysql_inventory_unknown(self->inventory),
                       "this version does not know this kind of routine");
}

// What the policy leaves out, and the tool was not told of, since it was not there yet.
static void
tell_unwanted(const mysql_leftovers_t *self, mysql_inventory_t *now, const mysql_select_t *select,
              const struct sink *sink)
{
    size_t count = 0;
    for (size_t i = 0; i < mysql_inventory_objects(now) && count < TOLD_MAX; i++) {
        const struct mysql_object *object = mysql_inventory_object(now, i);
        const char *schema_name = mysql_inventory_schema(now, object->schema)->name;
        uint32_t schema;
        if ((object->kind != MYSQL_TABLE && object->kind != MYSQL_VIEW) ||
            mysql_inventory_find_schema(self->inventory, schema_name, &schema) ||
            mysql_inventory_find(self->inventory, schema, object->kind, object->name) ||
            mysql_select_wants(select, schema_name, object) ||
            mysql_select_is_gone(select, schema_name, object->name))
            continue;
        CLEAN(memory_free) char *name = name_of(now, "the policy's exclusion of the new", object);
        sink->left_out(sink->self, name, "it was made while the dump ran, and may be in the set");
        count++;
    }
}

struct looking {
    const mysql_leftovers_t *self;
    const mysql_select_t *select;
    int has_found;
};

// Cells: schema, name.
static int
look_for_new(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    struct looking *looking = context;
    uint32_t schema;
    int is_known = mysql_select_is_gone(looking->select, cells[0], cells[1]);
    if (mysql_inventory_find_schema(looking->self->inventory, cells[0], &schema) == 0) {
        for (enum mysql_object_kind kind = 0; kind < MYSQL_OBJECT_KINDS && !is_known; kind++)
            is_known =
                mysql_inventory_find(looking->self->inventory, schema, kind, cells[1]) != NULL;
    }
    looking->has_found |= !is_known;
    return 0;
}

// Is there a name that was not there before? The server opens no table for a list of names.
static int
has_new(const mysql_leftovers_t *self, const mysql_select_t *select, mysql_session_t *session)
{
    static const char *const lists[] = {
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema "
        "NOT IN " THE_SERVERS,
        "SELECT routine_schema, routine_name FROM information_schema.routines WHERE routine_schema "
        "NOT IN " THE_SERVERS,
        "SELECT event_schema, event_name FROM information_schema.events WHERE event_schema "
        "NOT IN " THE_SERVERS};
    struct looking looking = {.self = self, .select = select};
    struct error unseen;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (mysql_session_query(session, lists[i], look_for_new, &looking, &unseen))
            return 1;  // let the longer look say why
    }
    return looking.has_found;
}

void
mysql_leftovers_tell_new(const mysql_leftovers_t *self, const mysql_select_t *select,
                         const struct server *server, const struct sink *sink)
{
    CLEAN(mysql_session_destroy) mysql_session_t *session = NULL;
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *now = mysql_inventory_new();
    struct error error = {0};
    int is_open = mysql_session_open(&session, server, &error) == 0;
    if (is_open && !has_new(self, select, session))
        return;
    if (!is_open || mysql_inventory_read(now, session, &error)) {
        sink->left_out(sink->self, "a second look at what the server lists, after the dump",
                       error.message);
        return;
    }
    static const char why[] = "it was made while the dump ran";
    size_t count = 0;
    tell_unwanted(self, now, select, sink);
    for (size_t i = 0; i < mysql_inventory_objects(now); i++) {
        const struct mysql_object *object = mysql_inventory_object(now, i);
        const char *schema_name = mysql_inventory_schema(now, object->schema)->name;
        uint32_t schema;
        if ((mysql_inventory_find_schema(self->inventory, schema_name, &schema) == 0 &&
             mysql_inventory_find(self->inventory, schema, object->kind, object->name)) ||
            !mysql_select_wants(select, schema_name, object) || ++count > TOLD_MAX)
            continue;
        CLEAN(memory_free) char *name = name_of(now, "the new", object);
        sink->left_out(sink->self, name, why);
    }
    if (count > TOLD_MAX) {
        CLEAN(memory_free) char *more = memory_format("%zu more new objects", count - TOLD_MAX);
        sink->left_out(sink->self, more, why);
    }
}
