#include "worker/engine/postgres_statement.h"

#include <inttypes.h>
#include <string.h>

enum { UNORDERED = 64 << 10 };  // bytes of the table

int
postgres_statement_is_ordered(const struct postgres_range *range,
                              const struct postgres_table *table)
{
    return *table->key && !range->by_place && table->size_bytes > UNORDERED;
}

static void
add_pages(struct buffer *sql, const struct postgres_range *range)
{
    const char *word = "WHERE";
    if (range->first_page > 0) {
        buffer_format(sql, " WHERE ctid >= '(%" PRIu64 ",0)'", range->first_page);
        word = "AND";
    }
    if (range->end_page > 0)
        buffer_format(sql, " %s ctid < '(%" PRIu64 ",0)'", word, range->end_page);
}

static void
add_keys(struct buffer *sql, const struct postgres_range *range, const struct postgres_table *table)
{
    const char *from = range->after ? range->after : range->low;
    const char *word = *table->condition ? "AND" : "WHERE";
    if (from)
        buffer_format(sql, " %s (%s) %s (%s)", word, table->key, range->after ? ">" : ">=", from);
    if (range->high)
        buffer_format(sql, " %s (%s) < (%s)", from ? "AND" : word, table->key, range->high);
}

static int
is_whole(const struct postgres_range *range, const struct postgres_table *table)
{
    return !range->low && !range->high && !range->after && range->first_page == 0 &&
           range->end_page == 0 && !*table->condition;
}

void
postgres_statement_add(struct buffer *sql, const struct postgres_range *range,
                       const struct postgres_table *table)
{
    const char *form = table->is_binary ? " (FORMAT binary)" : "";
    int is_ordered = postgres_statement_is_ordered(range, table);
    if (is_whole(range, table) && !is_ordered) {
        int has_columns = *table->columns != '\0';
        buffer_format(sql, "COPY %s%s%s%s TO STDOUT%s;", table->name, has_columns ? " (" : "",
                      table->columns, has_columns ? ")" : "", form);
        return;
    }
    buffer_format(sql, "COPY (SELECT %s FROM ONLY %s %s", table->columns, table->name,
                  table->condition);
    if (range->by_place)
        add_pages(sql, range);
    else
        add_keys(sql, range, table);
    if (is_ordered)
        buffer_format(sql, " ORDER BY %s", table->key);
    buffer_format(sql, ") TO STDOUT%s;", form);
}

void
postgres_statement_add_literal(struct buffer *sql, const char *value, size_t size)
{
    buffer_text(sql, sql->size > 0 ? ", '" : "'");
    while (size > 0) {
        const char *quote = memchr(value, '\'', size);
        size_t part = quote ? (size_t)(quote - value) + 1 : size;
        buffer_add(sql, value, part);
        if (quote)
            buffer_text(sql, "'");
        value += part;
        size -= part;
    }
    buffer_text(sql, "'");
}
