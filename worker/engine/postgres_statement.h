// The statements that give a table's rows: the whole table, a range of its key, a range of its
// pages, or what comes after a row that was read already.

#pragma once

#include <stdint.h>

#include "common/buffer.h"
#include "worker/engine/postgres_tables.h"

struct postgres_range {
    const char *low, *high;  // of the key, as SQL: from low on and before high; NULL: no end
    const char *after;       // the key of the last row that was read, instead of low; or NULL
    int by_place;            // pages, not keys
    uint64_t first_page, end_page;  // end_page 0: no end
};

// Are its rows in the order of their key? Those of a few pages are not: a sort would cost more than
// it saves.
int postgres_statement_is_ordered(const struct postgres_range *range,
                                  const struct postgres_table *table);

// Adds "COPY ... TO STDOUT;".
void postgres_statement_add(struct buffer *sql, const struct postgres_range *range,
                            const struct postgres_table *table);

// Adds the value as a literal, after a comma if it is not the first.
void postgres_statement_add_literal(struct buffer *sql, const char *value, size_t size);
