// What kind of value a column of a result has, and how it is packed. Part of mysql_fields.

#include "worker/engine/mysql_fields_inside.h"

enum {
    FRACTION_MAX = 6,
    VECTOR_TYPE = 242,  // MySQL's, which the library does not know
};

struct mysql_row_style
mysql_fields_style(const struct mysql_column *column)
{
    int is_plain = column->kind == MYSQL_COLUMN_TEXT || column->kind == MYSQL_COLUMN_WORDS ||
                   column->kind == MYSQL_COLUMN_JSON || column->kind == MYSQL_COLUMN_PLAIN;
    return (struct mysql_row_style){.tag = column->is_text ? ROW_TEXT : ROW_BINARY,
                                    .charset = column->stored_in,
                                    .before = is_plain ? "" : "_binary",
                                    .after = ""};
}

static enum mysql_value_kind
kind_of(enum enum_field_types type)
{
    switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
        return MYSQL_VALUE_INTEGER;
    case MYSQL_TYPE_YEAR:
        return MYSQL_VALUE_YEAR;
    case MYSQL_TYPE_FLOAT:
        return MYSQL_VALUE_SINGLE;
    case MYSQL_TYPE_DOUBLE:
        return MYSQL_VALUE_DOUBLE;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
        return MYSQL_VALUE_DECIMAL;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        return MYSQL_VALUE_DATE;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return MYSQL_VALUE_DATETIME;
    case MYSQL_TYPE_TIME:
        return MYSQL_VALUE_TIME;
    default:
        return MYSQL_VALUE_BYTES;
    }
}

static uint8_t
width_of(enum enum_field_types type)
{
    switch (type) {
    case MYSQL_TYPE_TINY:
        return 1;
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR:
        return 2;
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_FLOAT:
        return 4;
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_DOUBLE:
        return 8;
    default:
        return 0;
    }
}

int
mysql_fields_know(mysql_fields_t *self, const MYSQL_RES *result,
                  const struct mysql_column *const *columns, size_t count, struct error *error)
{
    const MYSQL_FIELD *results = mysql_fetch_fields((MYSQL_RES *)(uintptr_t)result);
    for (size_t i = 0; i < self->count; i++) {
        struct mysql_value *value = &self->items[i];
        if ((unsigned)results[i].type == VECTOR_TYPE)
            return error_set(error, ERROR_INTERNAL, "a vector came as such");
        value->kind = (uint8_t)kind_of(results[i].type);
        value->width = width_of(results[i].type);
        value->is_unsigned = (results[i].flags & UNSIGNED_FLAG) != 0;
        value->decimals = (uint8_t)(results[i].decimals <= FRACTION_MAX ? results[i].decimals : 0);
        if (i < count) {
            value->style = mysql_fields_style(columns[i]);
            value->end_of_time = columns[i]->end_of_time;
        }
        if (i < count && columns[i]->is_single && value->kind == MYSQL_VALUE_DOUBLE)
            value->kind = MYSQL_VALUE_SINGLE;
    }
    return 0;
}
