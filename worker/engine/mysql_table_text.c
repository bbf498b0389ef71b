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

static int
is_value(const struct mysql_column *column, const char *text, size_t size)
{
    static const char *const letters[] = {
        [MYSQL_KEY_NONE] = "",
        [MYSQL_KEY_INTEGER] = "-0123456789",
        [MYSQL_KEY_NUMBER] = "-.0123456789",
        [MYSQL_KEY_QUOTED] = " -.:0123456789abcdefABCDEF",
        [MYSQL_KEY_HEX] = "0123456789abcdefABCDEF",
    };
    // Of bytes there may be none.
    return column && (size > 0 || column->key_kind == MYSQL_KEY_HEX) && size <= EDGE_MAX &&
           strspn(text, letters[column->key_kind]) >= size;
}

int
mysql_table_is_edge(const struct mysql_table *self, const char *edge)
{
    const char *comma = strchr(edge, ',');
    if (!*edge || !self->key_column)
        return 0;
    if (!comma)
        return is_value(self->key_column, edge, strlen(edge));
    return is_value(self->key_column, edge, (size_t)(comma - edge)) &&
           is_value(self->second, comma + 1, strlen(comma + 1));
}

char *
mysql_column_edge(const struct mysql_column *self)
{
    CLEAN(memory_free) char *name = mysql_session_name(self->name);
    return memory_format(self->key_kind == MYSQL_KEY_HEX ? "HEX(%s)" : "CAST(%s AS CHAR)", name);
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

// The values of an edge as literals.
struct edge {
    char *first, *second;  // second NULL: the edge has one
};

static void
edge_clear(struct edge *self)
{
    memory_free(&self->first);
    memory_free(&self->second);
}

static struct edge
edge_of(const struct mysql_table *table, const char *text)
{
    const char *comma = strchr(text, ',');
    struct edge edge = {0};
    CLEAN(memory_free)
    char *first = memory_format("%.*s", (int)(comma ? comma - text : (long)strlen(text)), text);
    edge.first = mysql_column_literal(table->key_column, first);
    if (comma)
        edge.second = mysql_column_literal(table->second, comma + 1);
    return edge;
}

// Dates and the like compare as such, not as text, if nothing beside them says so.
static void
cast(const struct mysql_column *column, char **literal)
{
    if (!*literal || !column->cast)
        return;
    char *made = memory_format("CAST(%s AS %s)", *literal, column->cast);
    memory_free(literal);
    *literal = made;
}

char *
mysql_table_order(const struct mysql_table *self, const char *one, const char *other)
{
    CLEAN(edge_clear) struct edge low = edge_of(self, one);
    CLEAN(edge_clear) struct edge high = edge_of(self, other);
    cast(self->key_column, &low.first);
    cast(self->key_column, &high.first);
    cast(self->second, &low.second);
    cast(self->second, &high.second);
    if (!high.second)
        return memory_format("%s < %s", low.first, high.first);
    return memory_format("(%s < %s OR %s = %s AND %s%s%s)", low.first, high.first, low.first,
                         high.first, low.second ? low.second : "1", low.second ? " < " : "",
                         low.second ? high.second : "");
}

// "a >= 1", "a < 1"; of two columns "a >= 1 AND (a > 1 OR a = 1 AND b >= 2)", by which the server
// finds its way in the index.
static void
add_edge(struct mysql_text *text, const struct mysql_table *self, char sign, const char *value)
{
    CLEAN(edge_clear) struct edge edge = edge_of(self, value);
    CLEAN(memory_free) char *name = mysql_session_name(self->keys[0]);
    if (!edge.second) {
        mysql_text_add(text, "%s %s %s", name, sign == '>' ? ">=" : "<", edge.first);
        return;
    }
    CLEAN(memory_free) char *second = mysql_session_name(self->keys[1]);
    mysql_text_add(text, "%s %c= %s AND (%s %c %s OR %s = %s AND %s %s %s)", name, sign, edge.first,
                   name, sign, edge.first, name, edge.first, second, sign == '>' ? ">=" : "<",
                   edge.second);
}

char *
mysql_table_condition(const struct mysql_table *self, const char *low, const char *high)
{
    struct mysql_text text = {0};
    if (!low && !high)
        return memory_copy_text("");
    mysql_text_add(&text, " WHERE ");
    if (low)
        add_edge(&text, self, '>', low);
    if (low && high)
        mysql_text_add(&text, " AND ");
    if (high)
        add_edge(&text, self, '<', high);
    return text.data;
}
