#include "worker/engine/mysql_views.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_bulk.h"
#include "worker/engine/mysql_option_file.h"

struct view {
    char *schema;                    // quoted
    char *quoted;                    // `schema`.`name`: what others call it by
    char *option;                    // schema.name: what the tools call it by
    const char *schema_name, *name;  // as they are; lent by the inventory
    char *create, *character_set, *collation;
    struct view *before;  // that was written before it, of those that others stand on
    int is_written;
    int is_gone;
    int is_under;  // others stand on it
};

struct mysql_views {
    struct view *views;  // sorted by their quoted names
    size_t count;
    struct view *last_under;
    struct mysql_text sql;
};

static int
compare_views(const void *one, const void *other)
{
    const struct view *a = one, *b = other;
    return strcmp(a->quoted, b->quoted);
}

static char *
show_view(void *context, size_t index)
{
    const mysql_views_t *self = context;
    return memory_format("SHOW CREATE VIEW %s", self->views[index].quoted);
}

static int
keep_definition(void *context, size_t index, const char *const *cells, struct error *error)
{
    static const char create[] = "CREATE ";
    const mysql_views_t *self = context;
    struct view *view = &self->views[index];
    if (view->create || strncmp(cells[1], create, strlen(create)) != 0)
        return error_set(error, ERROR_INVALID, "the server shows view %s in an unknown form",
                         view->quoted);
    view->create = memory_copy_text(cells[1]);
    view->character_set = memory_copy_text(cells[2]);
    view->collation = memory_copy_text(cells[3]);
    return 0;
}

static void
forget_definition(void *context, size_t index)
{
    const mysql_views_t *self = context;
    struct view *view = &self->views[index];
    memory_free(&view->create);
    memory_free(&view->character_set);
    memory_free(&view->collation);
}

static void
add_view(mysql_views_t *self, const char *schema_name, const char *name)
{
    CLEAN(memory_free) char *schema = mysql_session_name(schema_name);
    CLEAN(memory_free) char *view_name = mysql_session_name(name);
    self->views = memory_resize(self->views, (self->count + 1) * sizeof *self->views);
    struct view *view = &self->views[self->count++];
    *view = (struct view){.schema = memory_copy_text(schema),
                          .quoted = memory_format("%s.%s", schema, view_name),
                          .option = memory_format("%s.%s", schema_name, name),
                          .schema_name = schema_name,
                          .name = name};
}

static int
read_definitions(mysql_views_t *self, mysql_session_t *session, struct error *error)
{
    struct mysql_bulk bulk = {.self = self,
                              .count = self->count,
                              .sql = show_view,
                              .row = keep_definition,
                              .forget = forget_definition};
    if (mysql_bulk_ask(&bulk, session, error))
        return error_wrap(error, "cannot read view %s", self->views[bulk.at].quoted);
    for (size_t i = 0; i < self->count; i++) {
        if (!self->views[i].create)
            return error_set(error, ERROR_UNAVAILABLE, "the server does not show view %s",
                             self->views[i].quoted);
    }
    return 0;
}

int
mysql_views_open(mysql_views_t **self_p, mysql_session_t *session, mysql_inventory_t *inventory,
                 struct error *error)
{
    CLEAN(mysql_views_destroy) mysql_views_t *self = memory_get(sizeof *self);
    for (size_t i = 0; i < mysql_inventory_objects(inventory); i++) {
        const struct mysql_object *object = mysql_inventory_object(inventory, i);
        if (object->kind != MYSQL_VIEW || object->is_seen)
            continue;
        const char *schema = mysql_inventory_schema(inventory, object->schema)->name;
        add_view(self, schema, object->name);
        mysql_inventory_find(inventory, object->schema, MYSQL_VIEW, object->name)->is_seen = 1;
    }
    if (read_definitions(self, session, error))
        return -1;
    if (self->count > 0)
        qsort(self->views, self->count, sizeof *self->views, compare_views);
    *self_p = STEAL(self);
    return 0;
}

void
mysql_views_destroy(mysql_views_t **self_p)
{
    mysql_views_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++) {
        memory_free(&self->views[i].schema);
        memory_free(&self->views[i].quoted);
        memory_free(&self->views[i].option);
        memory_free(&self->views[i].create);
        memory_free(&self->views[i].character_set);
        memory_free(&self->views[i].collation);
    }
    memory_free(&self->views);
    mysql_text_free(&self->sql);
    memory_free(self_p);
}

int
mysql_views_add_options(const mysql_views_t *self, struct mysql_text *options, struct error *error)
{
    for (size_t i = 0; i < self->count; i++) {
        if (mysql_option_file_add(options, "ignore-table", self->views[i].option, error))
            return -1;
    }
    return 0;
}

// The character after a quoted name that begins at text.
static const char *
after_name(const char *text)
{
    for (text++; *text; text++) {
        if (*text == '`' && *++text != '`')
            return text;
    }
    return text;
}

// The character after a literal in quotes that begins at text.
static const char *
after_literal(const char *text)
{
    char quote = *text++;
    for (; *text && *text != quote; text++) {
        if (*text == '\\' && text[1])
            text++;
    }
    return *text ? text + 1 : text;
}

// The next `schema`.`name` in a definition: *end is after it. NULL if there is none any more.
static const char *
next_pair(const char *text, const char **end)
{
    while (*text) {
        if (*text == '\'' || *text == '"') {
            text = after_literal(text);
            continue;
        }
        if (*text != '`') {
            text++;
            continue;
        }
        const char *first_end = after_name(text);
        if (first_end[0] == '.' && first_end[1] == '`') {
            *end = after_name(first_end + 1);
            return text;
        }
        text = first_end;
    }
    return NULL;
}

static struct view *
find_view(mysql_views_t *self, const char *quoted, size_t size)
{
    CLEAN(memory_free) char *copy = memory_format("%.*s", (int)size, quoted);
    struct view key = {.quoted = copy};
    return bsearch(&key, self->views, self->count, sizeof key, compare_views);
}

static void
mark_what_is_under(mysql_views_t *self, const struct view *view)
{
    const char *end = view->create;
    for (const char *pair; (pair = next_pair(end, &end));) {
        struct view *other = find_view(self, pair, (size_t)(end - pair));
        if (other && other != view)
            other->is_under = 1;
        end = after_name(pair);
    }
}

// The definition without its definer; the caller's. As it is, if it has none.
static char *
without_definer(const char *create)
{
    static const char definer[] = " DEFINER=`";
    const char *begin = strstr(create, definer), *name = strchr(create, '`');
    if (!begin || !name || begin + strlen(definer) - 1 != name)
        return memory_copy_text(create);
    const char *end = after_name(name);
    if (end[0] == '@' && end[1] == '`')
        end = after_name(end + 1);
    return memory_format("%.*s%s", (int)(begin - create), create, end);
}

// Literals in it are in the character set that it was made with, and functions are shown without
// their schema.
static void
write_head(mysql_views_t *self, const struct view *view)
{
    mysql_text_add(&self->sql,
                   "USE %s;\nSET character_set_client = %s, collation_connection = %s;\n",
                   view->schema, view->character_set, view->collation);
}

static void
write_view(mysql_views_t *self, struct view *view)
{
    // Marked first: what looks like a circle (an alias that is called as a schema) ends here.
    view->is_written = 1;
    // The server shows all that a view stands on as `schema`.`name`, as no schema is in use.
    const char *end = view->create;
    for (const char *pair; (pair = next_pair(end, &end));) {
        struct view *other = find_view(self, pair, (size_t)(end - pair));
        if (other && !other->is_written && !other->is_gone)
            write_view(self, other);
        end = after_name(pair);  // `a`.`b`.`c` may be `b`.`c` of `a`
    }
    CLEAN(memory_free)
    char *create = view->is_under ? without_definer(view->create) : memory_copy_text(view->create);
    if (view->is_under) {
        view->before = self->last_under;
        self->last_under = view;
    }
    write_head(self, view);
    mysql_text_add(&self->sql, "DROP TABLE IF EXISTS %s;\nDROP VIEW IF EXISTS %s;\n%s;\n",
                   view->quoted, view->quoted, create);
}

// From the top down, so that what each stands on can still be used by whoever makes it.
static void
write_definers(mysql_views_t *self)
{
    static const char create[] = "CREATE ";
    for (const struct view *view = self->last_under; view; view = view->before) {
        write_head(self, view);
        mysql_text_add(&self->sql, "CREATE OR REPLACE %s;\n", view->create + strlen(create));
    }
}

// The text of a name in backticks; the caller's.
static char *
unquoted(const char *quoted, const char *end)
{
    char *name = memory_get((size_t)(end - quoted) + 1);
    size_t used = 0;
    for (const char *text = quoted + 1; text < end - 1; text++) {
        name[used++] = *text;
        text += text[0] == '`' && text[1] == '`';
    }
    return name;
}

static int
needs_what_is_gone(const struct view *view, mysql_select_t *select)
{
    const char *end = view->create;
    for (const char *pair; (pair = next_pair(end, &end));) {
        const char *middle = after_name(pair);
        CLEAN(memory_free) char *schema = unquoted(pair, middle);
        CLEAN(memory_free) char *name = unquoted(middle + 1, end);
        int is_itself = strcmp(schema, view->schema_name) == 0 && strcmp(name, view->name) == 0;
        if (!is_itself && mysql_select_is_gone(select, schema, name)) {
            CLEAN(memory_free) char *needed = memory_format("%.*s", (int)(end - pair), pair);
            mysql_select_drop_view(select, view->schema_name, view->name, needed);
            return 1;
        }
        end = middle;
    }
    return 0;
}

void
mysql_views_leave_out(mysql_views_t *self, mysql_select_t *select)
{
    // Each round finds the views that need one which went in the round before.
    for (int is_changed = 1; is_changed;) {
        is_changed = 0;
        for (size_t i = 0; i < self->count; i++) {
            struct view *view = &self->views[i];
            if (!view->is_gone && needs_what_is_gone(view, select))
                view->is_gone = is_changed = 1;
        }
    }
}

const char *
mysql_views_sql(mysql_views_t *self)
{
    if (self->count > 0 && self->sql.size == 0) {
        mysql_text_add(&self->sql, "-- Views. To be loaded after the data.\n"
                                   "SET NAMES utf8mb4;\nSET SESSION sql_mode = '';\n");
        for (size_t i = 0; i < self->count; i++) {
            if (!self->views[i].is_gone)
                mark_what_is_under(self, &self->views[i]);
        }
        for (size_t i = 0; i < self->count; i++) {
            if (!self->views[i].is_written && !self->views[i].is_gone)
                write_view(self, &self->views[i]);
        }
        write_definers(self);
    }
    return mysql_text_data(&self->sql);
}
