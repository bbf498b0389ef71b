// A row of COPY's text form taken apart: fields by tabs, NULL apart from empty, escapes undone.
// What comes out are the bytes of each value's text form in the session's encoding, which is what
// digests are taken of, and what large objects are read by.
//
//     struct postgres_row row = postgres_row_begin(data, size);
//     struct postgres_field field;
//     while (postgres_row_next(&row, &field))
//         use(field.data, field.size, field.is_null);
//
// It works in the row's own memory, which is spoilt by it.

#pragma once

#include <stddef.h>

struct postgres_row {
    char *at, *end;  // not yet taken; NULL: all was
    int is_plain;    // there is nothing to undo in it, nor a NULL
};

struct postgres_field {
    const char *data;  // lent: in the row
    size_t size;
    int is_null;
};

// `size` may have the line end in it or not. A row of a table without columns has one empty field.
struct postgres_row postgres_row_begin(char *data, size_t size);

// The next field; 0 if there is none.
int postgres_row_next(struct postgres_row *self, struct postgres_field *field);
