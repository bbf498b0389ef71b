// Rows as text that stock MySQL loads: lines for LOAD DATA, or INSERT statements; and their digest.
//
//     struct mysql_row_target target = {.self = file, .write = write};
//     CLEAN(mysql_row_destroy) mysql_row_t *row = mysql_row_new(MYSQL_LINES, &target);
//     mysql_row_begin_table(row, "INSERT INTO `shop`.`orders` (`id`, `name`) VALUES");
//     mysql_row_begin(row, error);
//     mysql_row_integer(row, 1);
//     mysql_row_bytes(row, &text_style, "x", 1, error);
//     mysql_row_end(row, NULL, error);
//     mysql_row_end_table(row, &part, error);
//
// Lines: fields are divided by tabs, rows by line feeds; NULL is \N; backslash, tab, line feed and
// the byte 0 stand as \\ \t \n \0, all other bytes as they are. This is what LOAD DATA reads with
// CHARACTER SET binary and its own defaults. Statements: text in quotes, with \\ \' \n \0; numbers
// bare. In a script under SET NAMES utf8mb4 and with sql_mode ''.
//
// The same values give the same bytes for ever: a change of any spelling here makes every file new
// to the store (tests/test_mysql_row.c holds them fast).

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "worker/engine/mysql_charset.h"
#include "worker/engine/row_digest.h"
#include "worker/engine/shortest.h"

enum mysql_row_form { MYSQL_LINES, MYSQL_INSERTS };

struct mysql_row_target {
    void *self;
    int (*write)(void *self, const void *data, size_t size, struct error *error);
};

// How bytes of a column are written.
struct mysql_row_style {
    enum row_tag tag;
    const mysql_charset_t *charset;  // of text that is not in UTF-8; or NULL
    const char *before, *after;      // in a statement, around the quotes: "_binary", ""
};

// What was written of one table.
struct mysql_row_part {
    uint64_t rows, size_bytes;
    struct row_sum digest;
};

typedef struct mysql_row mysql_row_t;

mysql_row_t *mysql_row_new(enum mysql_row_form form, const struct mysql_row_target *target);
void mysql_row_destroy(mysql_row_t **self_p);
enum mysql_row_form mysql_row_form(const mysql_row_t *self);

// A table begins. `insert`: what each statement begins with, lent until the table ends.
void mysql_row_begin_table(mysql_row_t *self, const char *insert);
int mysql_row_end_table(mysql_row_t *self, struct mysql_row_part *part, struct error *error);

// Ends a statement that is open; mysql_row_end_table does so itself.
int mysql_row_end_statement(mysql_row_t *self, struct error *error);

// Text between tables or statements: "SET NAMES ..." at a script's beginning.
int mysql_row_add_text(mysql_row_t *self, const char *text, struct error *error);

// A row: begin, its fields one after the other, end.
int mysql_row_begin(mysql_row_t *self, struct error *error);
void mysql_row_null(mysql_row_t *self);
void mysql_row_integer(mysql_row_t *self, int64_t number);
void mysql_row_unsigned(mysql_row_t *self, uint64_t number);
void mysql_row_year(mysql_row_t *self, unsigned year);
void mysql_row_float(mysql_row_t *self, float number);
void mysql_row_double(mysql_row_t *self, double number);
void mysql_row_decimal(mysql_row_t *self, const char *text, size_t size);
void mysql_row_time(mysql_row_t *self, const char *text, size_t size);

// A time for which a statement has a variable, which the server that loads it knows to be the end
// of all that has none.
#define MYSQL_ROW_END_OF_TIME "@end_of_time"
void mysql_row_end_of_time(mysql_row_t *self, const char *text, size_t size);
int mysql_row_bytes(mysql_row_t *self, const struct mysql_row_style *style, const char *data,
                    size_t size, struct error *error);

// Long bytes in pieces: the size of all, the pieces, the end. To the digest text that is not in
// UTF-8 is bytes then.
void mysql_row_begin_bytes(mysql_row_t *self, const struct mysql_row_style *style, uint64_t size);
int mysql_row_add_bytes(mysql_row_t *self, const char *data, size_t size, struct error *error);
void mysql_row_end_bytes(mysql_row_t *self, const struct mysql_row_style *style);

// For mysql_value, which writes all fields of a short row of a line at once: where the text and the
// digest's form go on. 0: the rows are no lines.
enum { MYSQL_ROW_PEN_SIZE = 48 << 10 };  // there is room for, of either
struct mysql_row_pen {
    char *text;
    unsigned char *form;  // row_form.h
    const shortest_t *shortest;
};
int mysql_row_take_pen(mysql_row_t *self, struct mysql_row_pen *pen);
void mysql_row_give_pen(mysql_row_t *self, const struct mysql_row_pen *pen);

// Statements: the next row begins a new one. They are cut at a size by themselves; a cut that
// comes from the rows' own key stays where it is when rows before it come and go.
void mysql_row_cut(mysql_row_t *self);

// Ends a row. Returns its hash in *hash, which may be NULL.
int mysql_row_end(mysql_row_t *self, uint64_t *hash, struct error *error);

// So many bytes in all, written or about to be.
uint64_t mysql_row_size(const mysql_row_t *self);

// Writes what is still held.
int mysql_row_flush(mysql_row_t *self, struct error *error);
