#include "worker/engine/mysql_select.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_option_file.h"

struct mysql_select {
    mysql_inventory_t *inventory, *gone;
    exclusions_t *exclusions;
    size_t without_rows;
    char **views;  // `schema`.`name` of those that went after the rest
    size_t view_count;
};

void
mysql_select_destroy(mysql_select_t **self_p)
{
    mysql_select_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->view_count; i++)
        memory_free(&self->views[i]);
    memory_free(&self->views);
    exclusions_destroy(&self->exclusions);
    mysql_inventory_destroy(&self->gone);
    memory_free(self_p);
}

// ---- asking

static void
ask_for_schemas(mysql_select_t *self)
{
    for (size_t i = 0; i < mysql_inventory_schemas(self->inventory); i++) {
        struct mysql_schema *schema = mysql_inventory_schema(self->inventory, i);
        const struct selection_name name = {.schema = schema->name};
        schema->is_left_out =
            exclusions_ask(self->exclusions, "schema", &name) == SELECTION_LEFT_OUT;
    }
}

static void
ask_for_tables(mysql_select_t *self)
{
    for (size_t i = 0; i < mysql_inventory_objects(self->inventory); i++) {
        const struct mysql_object *object = mysql_inventory_object(self->inventory, i);
        const struct mysql_schema *schema = mysql_inventory_schema(self->inventory, object->schema);
        enum mysql_object_kind kind = object->kind;
        if ((kind != MYSQL_TABLE && kind != MYSQL_VIEW) || schema->is_left_out)
            continue;
        const struct selection_name name = {.schema = schema->name, .table = object->name};
        // A view has no rows: to want it without them is to want it.
        struct selection_answer answer = exclusions_peek(self->exclusions, &name);
        if (kind == MYSQL_VIEW && answer.verdict == SELECTION_WITHOUT_DATA)
            continue;
        enum selection_verdict verdict =
            exclusions_ask(self->exclusions, mysql_object_kind_name(kind), &name);
        struct mysql_object *found =
            mysql_inventory_find(self->inventory, object->schema, kind, object->name);
        found->is_left_out = verdict == SELECTION_LEFT_OUT;
        found->is_without_rows = verdict == SELECTION_WITHOUT_DATA;
        self->without_rows += found->is_without_rows;
    }
}

// ---- foreign keys

static struct mysql_object *
find_table(mysql_inventory_t *inventory, const char *schema, const char *table)
{
    uint32_t index;
    if (mysql_inventory_find_schema(inventory, schema, &index))
        return NULL;
    return mysql_inventory_find(inventory, index, MYSQL_TABLE, table);
}

// Cells: schema, table and name of the key, schema and table that it refers to.
static int
look_at_key(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    mysql_select_t *self = context;
    const struct mysql_object *from = find_table(self->inventory, cells[0], cells[1]);
    const struct mysql_object *to = find_table(self->inventory, cells[3], cells[4]);
    int is_gone = mysql_select_is_gone(self, cells[3], cells[4]);
    if (!from || from->is_without_rows || (!is_gone && !(to && to->is_without_rows)))
        return 0;
    CLEAN(memory_free) char *schema = mysql_session_name(cells[3]);
    CLEAN(memory_free) char *table = mysql_session_name(cells[4]);
    CLEAN(memory_free) char *name = memory_format("%s of %s", cells[2], cells[1]);
    CLEAN(memory_free)
    char *why = memory_format("it refers to %s.%s, %s left out: the key is made again, and the "
                              "rows are not checked",
                              schema, table, is_gone ? "which is" : "the rows of which are");
    const struct selection_name key = {.schema = cells[0], .table = name};
    exclusions_add(self->exclusions, "check of foreign key", &key, why);
    return 0;
}

static int
look_at_keys(mysql_select_t *self, mysql_session_t *session, struct error *error)
{
    if (mysql_session_query(session,
                            "SELECT constraint_schema, table_name, constraint_name, "
                            "unique_constraint_schema, referenced_table_name "
                            "FROM information_schema.referential_constraints ORDER BY 1, 2, 3",
                            look_at_key, self, error))
        return error_wrap(error, "cannot list the foreign keys");
    return 0;
}

// How the server compares the names of schemas and tables.
static int
read_name_case(mysql_session_t *session, enum name_case *name_case, struct error *error)
{
    CLEAN(memory_free) char *value = NULL;
    if (mysql_session_value(session, "SELECT @@lower_case_table_names", &value, error))
        return -1;
    *name_case = value && strcmp(value, "0") != 0 ? NAMES_OF_ANY_CASE : NAMES_AS_THEY_ARE;
    return 0;
}

int
mysql_select_open(mysql_select_t **self_p, mysql_session_t *session, mysql_inventory_t *inventory,
                  const selection_t *selection, struct error *error)
{
    CLEAN(mysql_select_destroy) mysql_select_t *self = memory_get(sizeof *self);
    enum name_case name_case = NAMES_AS_THEY_ARE;
    if (read_name_case(session, &name_case, error))
        return -1;
    self->inventory = inventory;
    self->gone = mysql_inventory_new();
    self->exclusions = exclusions_new(selection, name_case);
    if (exclusions_are_asked(self->exclusions)) {
        ask_for_schemas(self);
        ask_for_tables(self);
        mysql_inventory_part(inventory, self->gone);
        if (look_at_keys(self, session, error))
            return -1;
    }
    *self_p = STEAL(self);
    return 0;
}

// ---- what goes along

int
mysql_select_is_gone(const mysql_select_t *self, const char *schema, const char *name)
{
    uint32_t index;
    if (mysql_inventory_find_schema(self->gone, schema, &index) == 0) {
        for (enum mysql_object_kind kind = 0; kind < MYSQL_OBJECT_KINDS; kind++) {
            if (mysql_inventory_find(self->gone, index, kind, name))
                return 1;
        }
    }
    if (self->view_count == 0)
        return 0;
    CLEAN(memory_free) char *quoted_schema = mysql_session_name(schema);
    CLEAN(memory_free) char *quoted_name = mysql_session_name(name);
    CLEAN(memory_free) char *quoted = memory_format("%s.%s", quoted_schema, quoted_name);
    for (size_t i = 0; i < self->view_count; i++) {
        if (strcmp(self->views[i], quoted) == 0)
            return 1;
    }
    return 0;
}

int
mysql_select_wants(const mysql_select_t *self, const char *schema,
                   const struct mysql_object *object)
{
    int is_table = object->kind == MYSQL_TABLE || object->kind == MYSQL_VIEW;
    const struct selection_name name = {.schema = schema, .table = is_table ? object->name : NULL};
    return exclusions_peek(self->exclusions, &name).verdict != SELECTION_LEFT_OUT;
}

void
mysql_select_drop_view(mysql_select_t *self, const char *schema, const char *view,
                       const char *needed)
{
    CLEAN(memory_free) char *quoted_schema = mysql_session_name(schema);
    CLEAN(memory_free) char *quoted_view = mysql_session_name(view);
    CLEAN(memory_free) char *why = memory_format("it needs %s, which is left out", needed);
    const struct selection_name name = {.schema = schema, .table = view};
    exclusions_add(self->exclusions, "view", &name, why);
    self->views = memory_resize(self->views, (self->view_count + 1) * sizeof *self->views);
    self->views[self->view_count++] = memory_format("%s.%s", quoted_schema, quoted_view);
}

void
mysql_select_drop_grant(mysql_select_t *self, const char *schema, const char *object)
{
    const struct selection_name name = {.schema = schema, .table = object};
    exclusions_add(self->exclusions, "grant on", &name, "it is left out");
}

size_t
mysql_select_without_rows(const mysql_select_t *self)
{
    return self->without_rows;
}

// ---- the tools

static int
is_passed_over(const struct mysql_object *object)
{
    return object->kind == MYSQL_TABLE || object->kind == MYSQL_VIEW ||
           object->kind == MYSQL_SEQUENCE;
}

// A name as the tools look it up in their lists: with a dot between its parts, in any case.
struct looked_up {
    char *key;
    const char *schema, *name;
    int class;  // what becomes of it: left out, dumped with rows, dumped without
};

struct lookups {
    struct looked_up *items;
    size_t count;
};

static void
lookups_free(struct lookups *self)
{
    for (size_t i = 0; i < self->count; i++)
        memory_free(&self->items[i].key);
    memory_free(&self->items);
}

static int
compare_lookups(const void *one, const void *other)
{
    const struct looked_up *a = one, *b = other;
    return strcmp(a->key, b->key);
}

static void
look_up(struct lookups *self, mysql_inventory_t *inventory, int is_gone)
{
    for (size_t i = 0; i < mysql_inventory_objects(inventory); i++) {
        const struct mysql_object *object = mysql_inventory_object(inventory, i);
        const struct mysql_schema *schema = mysql_inventory_schema(inventory, object->schema);
        if (schema->is_left_out || !is_passed_over(object))
            continue;
        char *key = memory_format("%s.%s", schema->name, object->name);
        for (char *at = key; *at; at++) {
            if (*at >= 'A' && *at <= 'Z')
                *at = (char)(*at - 'A' + 'a');
        }
        self->items[self->count++] =
            (struct looked_up){.key = key,
                               .schema = schema->name,
                               .name = object->name,
                               .class = is_gone ? 0 : 1 + object->is_without_rows};
    }
}

// The tools would pass over a table that is wanted for one that is not.
static int
check_lookups(const mysql_select_t *self, struct error *error)
{
    size_t room = mysql_inventory_objects(self->gone) + mysql_inventory_objects(self->inventory);
    CLEAN(lookups_free) struct lookups all = {.items = memory_get((room + 1) * sizeof *all.items)};
    look_up(&all, self->gone, 1);
    look_up(&all, self->inventory, 0);
    qsort(all.items, all.count, sizeof *all.items, compare_lookups);
    for (size_t i = 1; i < all.count; i++) {
        const struct looked_up *a = &all.items[i - 1], *b = &all.items[i];
        if (a->class != b->class && strcmp(a->key, b->key) == 0)
            return error_set(error, ERROR_CONFIG,
                             "the dump tool cannot tell `%.128s`.`%.128s` from `%.128s`.`%.128s`, "
                             "so the policy must want both alike: leave both out, or neither",
                             a->schema, a->name, b->schema, b->name);
    }
    return 0;
}

static int
add_line(mysql_inventory_t *inventory, const struct mysql_object *object,
         struct mysql_text *options, struct error *error)
{
    CLEAN(memory_free)
    char *name = memory_format("%s.%s", mysql_inventory_schema(inventory, object->schema)->name,
                               object->name);
    return mysql_option_file_add(options, "ignore-table", name, error);
}

// What is left out, but for schemas that the tool is not told of at all.
static int
add_gone(const mysql_select_t *self, struct mysql_text *options, struct error *error)
{
    for (size_t i = 0; i < mysql_inventory_objects(self->gone); i++) {
        const struct mysql_object *object = mysql_inventory_object(self->gone, i);
        if (is_passed_over(object) &&
            !mysql_inventory_schema(self->gone, object->schema)->is_left_out &&
            add_line(self->gone, object, options, error))
            return -1;
    }
    return 0;
}

// What is wanted, of the tables only those that have their rows (or not) in this set.
static int
add_wanted(const mysql_select_t *self, int is_without_rows, struct mysql_text *options,
           struct error *error)
{
    for (size_t i = 0; i < mysql_inventory_objects(self->inventory); i++) {
        const struct mysql_object *object = mysql_inventory_object(self->inventory, i);
        if (is_passed_over(object) && object->is_without_rows == is_without_rows &&
            add_line(self->inventory, object, options, error))
            return -1;
    }
    return 0;
}

int
mysql_select_add_options(const mysql_select_t *self, struct mysql_text *options,
                         struct error *error)
{
    if (!exclusions_are_asked(self->exclusions))
        return 0;
    return check_lookups(self, error) || add_gone(self, options, error) ||
                   add_wanted(self, 1, options, error)
               ? -1
               : 0;
}

int
mysql_select_add_other_options(const mysql_select_t *self, struct mysql_text *options,
                               struct error *error)
{
    return add_gone(self, options, error) || add_wanted(self, 0, options, error) ? -1 : 0;
}

int
mysql_select_tell(const mysql_select_t *self, const struct sink *sink, struct error *error)
{
    return exclusions_tell(self->exclusions, sink, error);
}

void
mysql_select_find(const mysql_select_t *self, findings_t *findings)
{
    exclusions_find(self->exclusions, findings);
}
