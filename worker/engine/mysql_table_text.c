// What stands of a table in statements. Part of mysql_tables.

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_tables.h"
#include "worker/engine/mysql_text.h"

enum { EDGE_MAX = 2048 };

static void
add_name(struct mysql_text *text, const char *name)
{
    CLEAN(memory_free) char *quoted = mysql_session_name(name);
    mysql_text_add(text, "%s", quoted);
}

char *
mysql_table_columns(const struct mysql_table *self)
{
    struct mysql_text text = {0};
    for (size_t i = 0; i < self->column_count; i++) {
        if (self->columns[i].is_generated)
            continue;
        mysql_text_add(&text, text.size ? ", " : "(");
        add_name(&text, self->columns[i].name);
    }
    mysql_text_add(&text, text.size ? ")" : "()");
    return text.data;
}

// The server refuses binary text for some types, and that is what CHARACTER SET binary makes.
static int
is_converted(const struct mysql_column *column)
{
    return !column->is_generated &&
           (column->kind == MYSQL_COLUMN_WORDS || column->kind == MYSQL_COLUMN_JSON);
}

char *
mysql_table_load_columns(const struct mysql_table *self)
{
    struct mysql_text text = {0};
    int is_first = 1;
    for (size_t i = 0; i < self->column_count; i++) {
        if (self->columns[i].is_generated)
            continue;
        mysql_text_add(&text, text.size ? ", " : "(");
        if (is_converted(&self->columns[i]))
            mysql_text_add(&text, "@v%zu", i);
        else
            add_name(&text, self->columns[i].name);
    }
    mysql_text_add(&text, text.size ? ")" : "()");
    for (size_t i = 0; i < self->column_count; i++) {
        if (!is_converted(&self->columns[i]))
            continue;
        mysql_text_add(&text, is_first ? " SET " : ", ");
        add_name(&text, self->columns[i].name);
        mysql_text_add(&text, " = CONVERT(@v%zu USING utf8mb4)", i);
        is_first = 0;
    }
    return text.data;
}

int
mysql_table_is_edge(const struct mysql_table *self, const char *edge)
{
    static const char *const letters[] = {
        [MYSQL_KEY_NONE] = "",
        [MYSQL_KEY_INTEGER] = "-0123456789",
        [MYSQL_KEY_NUMBER] = "-.0123456789",
        [MYSQL_KEY_QUOTED] = " -.:0123456789abcdefABCDEF",
        [MYSQL_KEY_HEX] = "0123456789abcdefABCDEF",
    };
    size_t size = strlen(edge);
    return size > 0 && size <= EDGE_MAX && strspn(edge, letters[self->key_kind]) == size;
}

char *
mysql_column_literal(const struct mysql_column *self, const char *edge)
{
    switch ((enum mysql_key_kind)self->key_kind) {
    case MYSQL_KEY_HEX:
        return self->collation
                   ? memory_format("_%s X'%s' COLLATE %s", self->charset, edge, self->collation)
                   : memory_format("X'%s'", edge);
    case MYSQL_KEY_QUOTED:
        return memory_format("'%s'", edge);
    default:
        return memory_copy_text(edge);
    }
}

char *
mysql_table_literal(const struct mysql_table *self, const char *edge)
{
    const struct mysql_column *column = self->key_column;
    CLEAN(memory_free) char *literal = mysql_column_literal(column, edge);
    return column->cast ? memory_format("CAST(%s AS %s)", literal, column->cast) : STEAL(literal);
}

static void
add_edge(struct mysql_text *text, const struct mysql_table *self, const char *sign,
         const char *edge)
{
    CLEAN(memory_free) char *literal = mysql_column_literal(self->key_column, edge);
    add_name(text, self->keys[0]);
    mysql_text_add(text, " %s %s", sign, literal);
}

char *
mysql_table_condition(const struct mysql_table *self, const char *low, const char *high)
{
    struct mysql_text text = {0};
    if (!low && !high)
        return memory_copy_text("");
    mysql_text_add(&text, " WHERE ");
    if (low)
        add_edge(&text, self, ">=", low);
    if (low && high)
        mysql_text_add(&text, " AND ");
    if (high)
        add_edge(&text, self, "<", high);
    return text.data;
}
