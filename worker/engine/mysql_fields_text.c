// Fields of the text protocol. Part of mysql_fields.

#include <stdlib.h>

#include "worker/engine/mysql_fields_inside.h"
#include "worker/engine/mysql_value_inside.h"

int
mysql_fields_fetch_text(mysql_fields_t *self, int *is_there, struct error *error)
{
    MYSQL_ROW cells = mysql_fetch_row(self->result);
    if (!cells && mysql_errno(mysql_session_handle(self->session)))
        return mysql_session_fail(self->session, NULL, "cannot read rows of", error);
    *is_there = cells != NULL;
    if (!cells)
        return 0;
    const unsigned long *sizes = mysql_fetch_lengths(self->result);
    for (size_t i = 0; i < self->count; i++) {
        struct mysql_value *value = &self->items[i];
        value->is_null = cells[i] == NULL;
        value->data = cells[i];
        value->size = sizes[i];
    }
    return 0;
}

// The library ends each text with a NUL.
int64_t
mysql_fields_text_number(const struct mysql_value *value)
{
    return value->is_unsigned ? (int64_t)strtoull(value->data, NULL, 10)
                              : strtoll(value->data, NULL, 10);
}

static void
add_integer(const struct mysql_value *value, mysql_row_t *row)
{
    int64_t number = mysql_fields_text_number(value);
    if (value->is_unsigned)
        mysql_row_unsigned(row, (uint64_t)number);
    else
        mysql_row_integer(row, number);
}

static int
add_decimal(const struct mysql_value *value, mysql_row_t *row, struct error *error)
{
    if (!mysql_value_is_decimal(value))
        return mysql_value_fail(error);
    mysql_row_decimal(row, value->data, value->size);
    return 0;
}

// The server prints as we do.
static int
add_time(const struct mysql_value *value, mysql_row_t *row, struct error *error)
{
    if (value->size > MYSQL_VALUE_TIME_SIZE || !mysql_value_is_plain(value->data, value->size))
        return mysql_value_fail(error);
    mysql_value_add_time(value, value->data, value->size, row);
    return 0;
}

int
mysql_fields_add_text(const struct mysql_value *value, mysql_row_t *row, struct error *error)
{
    if (value->is_null) {
        mysql_row_null(row);
        return 0;
    }
    switch ((enum mysql_value_kind)value->kind) {
    case MYSQL_VALUE_INTEGER:
        add_integer(value, row);
        return 0;
    case MYSQL_VALUE_YEAR:
        mysql_row_year(row, (unsigned)mysql_fields_text_number(value));
        return 0;
    case MYSQL_VALUE_SINGLE:
        mysql_row_float(row, (float)strtod(value->data, NULL));
        return 0;
    case MYSQL_VALUE_DOUBLE:
        mysql_row_double(row, strtod(value->data, NULL));
        return 0;
    case MYSQL_VALUE_DECIMAL:
        return add_decimal(value, row, error);
    case MYSQL_VALUE_DATE:
    case MYSQL_VALUE_DATETIME:
    case MYSQL_VALUE_TIME:
        return add_time(value, row, error);
    case MYSQL_VALUE_BYTES:
        break;
    }
    return mysql_row_bytes(row, &value->style, value->data, value->size, error);
}
