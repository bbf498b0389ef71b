// Rows of COPY's binary form made into the lines that its text form would have, byte for byte, and
// into the same digests. Long values pass through in pieces.
//
//     CLEAN(postgres_tuple_destroy) postgres_tuple_t *tuple = postgres_tuple_new();
//     struct postgres_form form = {.types = types, .count = 3};
//     if (postgres_tuple_write(tuple, &form, data, size, digest, lines, error))
//         return -1;

#pragma once

#include <stddef.h>

#include "common/buffer.h"
#include "worker/engine/postgres_lines.h"
#include "worker/engine/postgres_value.h"
#include "worker/engine/row_digest.h"

// The columns of a table, as they come.
struct postgres_form {
    const struct postgres_type *types;
    size_t count;
};

typedef struct postgres_tuple postgres_tuple_t;

postgres_tuple_t *postgres_tuple_new(void);
void postgres_tuple_destroy(postgres_tuple_t **self_p);

// ERROR_CORRUPT: it is no row of this form; ERROR_CONFIG: the line would be longer than any that a
// server reads or writes.
int postgres_tuple_write(postgres_tuple_t *self, const struct postgres_form *form, const char *data,
                         size_t size, row_digest_t *digest, struct postgres_lines *lines,
                         struct error *error);

// Adds a row's columns, by their places, to SQL as literals. ERROR_CORRUPT as above.
int postgres_tuple_add_literals(postgres_tuple_t *self, const struct postgres_form *form,
                                const char *data, const int *places, size_t count,
                                struct buffer *sql, struct error *error);
