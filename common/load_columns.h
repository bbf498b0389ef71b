// The columns that a LOAD DATA statement of ours names, read again by whoever must do without that
// statement: "(`a`, @v1) SET `b` = CONVERT(@v1 USING utf8mb4)" is the columns a and b, and values
// of b have to be converted from bytes to text.

#pragma once

#include <stddef.h>

#include "common/error.h"

enum { LOAD_COLUMNS_MAX = 4096 };

struct load_columns {
    char *list;       // "(`a`, `b`)"
    char *converted;  // a character a column: "01"
};

// ERROR_INVALID if the text is not of this form: it comes from a manifest.
int load_columns_read(struct load_columns *self, const char *text, struct error *error);
void load_columns_clear(struct load_columns *self);
