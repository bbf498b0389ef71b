// Exact names of tables as patterns of pg_dump's, as few arguments as may be: tables of one schema
// stand in one pattern, "schema".("a"|"b"), up to a few KiB. In double quotes nothing is a sign to
// pg_dump but a double quote, which is doubled. Part of postgres_select.

#pragma once

#include <stddef.h>

typedef struct postgres_pattern postgres_pattern_t;

postgres_pattern_t *postgres_pattern_new(const char *option);  // "--exclude-table=", lent
void postgres_pattern_destroy(postgres_pattern_t **self_p);

// Adds a table; both names as hexadecimal digits of their bytes in the encoding of the database.
void postgres_pattern_add(postgres_pattern_t *self, const char *schema_hex, const char *table_hex);

// After the last one.
void postgres_pattern_end(postgres_pattern_t *self);

size_t postgres_pattern_size(const postgres_pattern_t *self);  // bytes of all arguments
size_t postgres_pattern_count(const postgres_pattern_t *self);
const char *postgres_pattern_argument(const postgres_pattern_t *self, size_t index);
