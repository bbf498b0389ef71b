// Values of COPY's binary form written side by side as the text of a line and as fields of the
// row's canonical form (row_form.h): those that are short and frequent. What it does not write
// (arrays, long values, text in another encoding than UTF-8, what is no value) is for who is
// slower: postgres_tuple, which lends the room.
//
//     struct postgres_pen pen = {.text = ..., .text_end = ..., .form = ..., .form_end = ...};
//     if (postgres_pen_write(&pen, &type, data, size)) ...

#pragma once

#include <stddef.h>

#include "worker/engine/postgres_value.h"

// How much may be written behind both ends: numbers, which do not look how much room is left.
enum { POSTGRES_PEN_ROOM = 192 };

struct postgres_pen {
    char *text, *text_end;
    unsigned char *form, *form_end;
    const postgres_printer_t *printer;
    int is_utf8;  // the text
};

// Writes a value, and a tab behind it. 0: it did not, and nothing was changed.
int postgres_pen_write(struct postgres_pen *self, const struct postgres_type *type,
                       const char *data, size_t size);
int postgres_pen_write_null(struct postgres_pen *self);
