// A table of text: what the catalog's lists and the operators' answers are made of.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum table_type {
    TABLE_TEXT,
    TABLE_INTEGER,
    TABLE_BOOLEAN,
    TABLE_TIME,
    TABLE_BYTES,
    TABLE_DURATION,  // whole seconds
};

typedef struct table table_t;

table_t *table_new(void);
void table_destroy(table_t **self_p);

void table_add_column(table_t *self, const char *name, enum table_type type);  // before any row
void table_add_row(table_t *self);
void table_set(table_t *self, const char *column, const char *text);  // of the last row; copied
void table_set_integer(table_t *self, const char *column, int64_t number);

size_t table_columns(const table_t *self);
size_t table_rows(const table_t *self);
const char *table_name(const table_t *self, size_t column);
enum table_type table_type(const table_t *self, size_t column);
const char *table_cell(const table_t *self, size_t row, size_t column);  // "" if it was not set
