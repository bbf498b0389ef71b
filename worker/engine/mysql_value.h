// Values of rows as MySQL's binary protocol sends them: taken where they stand in a packet, and
// written into a row without a copy between. How each type is packed:
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html
// https://mariadb.com/kb/en/resultset-row/#binary-resultset-row
//
//     struct mysql_value values[2] = {{.kind = MYSQL_VALUE_INTEGER, .width = 8},
//                                     {.kind = MYSQL_VALUE_BYTES, .style = style}};
//     if (mysql_value_take_row(values, 2, packet, size))
//         return error_set(error, ERROR_CORRUPT, "this is no row");
//     if (mysql_value_add_all(values, 2, row, error))
//         return -1;

#pragma once

#include "worker/engine/mysql_row.h"

enum mysql_value_kind {
    MYSQL_VALUE_INTEGER,
    MYSQL_VALUE_YEAR,
    MYSQL_VALUE_SINGLE,
    MYSQL_VALUE_DOUBLE,
    MYSQL_VALUE_DECIMAL,
    MYSQL_VALUE_DATE,
    MYSQL_VALUE_DATETIME,
    MYSQL_VALUE_TIME,
    MYSQL_VALUE_BYTES,
};

struct mysql_value {
    uint8_t kind;   // enum mysql_value_kind
    uint8_t width;  // of numbers: 1, 2, 4, 8; 0: a size stands before the value
    uint8_t is_unsigned;
    uint8_t decimals;  // of a time, 6 at most
    uint8_t is_null;   // data is not to be looked at
    struct mysql_row_style style;
    const char *end_of_time;  // of a time that may be one (mysql_tables.h); or NULL
    size_t size;
    const char *data;  // lent; without the size that stands before it
};

// Takes the values of a row out of its packet, where they stay. -1: it is no row of such values.
int mysql_value_take_row(struct mysql_value *values, size_t count, const void *packet, size_t size);

// An integer's or year's value; above 2^63 of an unsigned one it is negative.
int64_t mysql_value_integer(const struct mysql_value *self);

// A date's or time's text, as the server prints it. Returns its size; 0: it is none.
enum { MYSQL_VALUE_TIME_SIZE = 32 };
size_t mysql_value_print_time(const struct mysql_value *self, char text[MYSQL_VALUE_TIME_SIZE]);

// Adds a field, or all fields, to the row that is begun. ERROR_CORRUPT: no server has such a value.
int mysql_value_add(const struct mysql_value *self, mysql_row_t *row, struct error *error);
int mysql_value_add_all(const struct mysql_value *values, size_t count, mysql_row_t *row,
                        struct error *error);
