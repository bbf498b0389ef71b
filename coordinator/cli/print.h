// Prints lists page by page: aligned for people, or as one JSON array of objects or as CSV for
// programs.
//
//     CLEAN(printer_destroy) printer_t *printer = printer_new(stdout, PRINT_TABLE, columns);
//     printer_add(printer, table);   // a page; the widths of the first hold
//     printer_end(printer);

#pragma once

#include <stdio.h>

#include "common/json.h"
#include "common/table.h"

enum print_form {
    PRINT_TABLE,  // the named columns, long cells cut
    PRINT_WIDE,   // all columns, whole cells
    PRINT_JSON,   // all columns
    PRINT_CSV,    // all columns, with a line of their names even if there are no rows
};

typedef struct printer printer_t;

// columns: the names of what PRINT_TABLE shows, in that order, NULL-terminated; NULL: all. A column
// that the table does not have is passed over. `out` and `columns` are borrowed.
printer_t *printer_new(FILE *out, enum print_form form, const char *const *columns);
void printer_destroy(printer_t **self_p);

// Before the first page, if it is the only one: PRINT_TABLE leaves out columns that hold nothing.
void printer_fit(printer_t *self);

void printer_add(printer_t *self, const table_t *table);

// Says "none" if there was no row, or closes the array.
void printer_end(printer_t *self);

// All rows as an array of objects. New reference.
json_t *print_objects(const table_t *table);

// One row from top to bottom, a line for each column that holds something.
void print_record(FILE *out, const table_t *table, size_t row);
