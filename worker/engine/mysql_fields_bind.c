// What kind of field a column of a result is, and where the library puts it. Part of mysql_fields.

#include "common/memory.h"
#include "worker/engine/mysql_fields_inside.h"

enum {
    BUFFER_SIZE = 16 << 10,  // of a field's bytes; longer ones are fetched by themselves
    BUFFERS_MAX = 8 << 20,   // of all fields
    BUFFER_LEAST = 64,
    FRACTION_MAX = 6,
    VECTOR_TYPE = 242,  // MySQL's, which the library does not know
};

struct mysql_row_style
mysql_fields_style(const struct mysql_column *column)
{
    int is_plain = column->kind == MYSQL_COLUMN_TEXT || column->kind == MYSQL_COLUMN_WORDS ||
                   column->kind == MYSQL_COLUMN_JSON || column->kind == MYSQL_COLUMN_PLAIN;
    return (struct mysql_row_style){.tag = column->is_text ? ROW_TEXT : ROW_BINARY,
                                    .before = is_plain ? "" : "_binary",
                                    .after = ""};
}

static enum mysql_field_kind
kind_of(enum enum_field_types type)
{
    switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
        return FIELD_INTEGER;
    case MYSQL_TYPE_YEAR:
        return FIELD_YEAR;
    case MYSQL_TYPE_FLOAT:
        return FIELD_SINGLE;
    case MYSQL_TYPE_DOUBLE:
        return FIELD_DOUBLE;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
        return FIELD_DECIMAL;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        return FIELD_DATE;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return FIELD_DATETIME;
    case MYSQL_TYPE_TIME:
        return FIELD_TIME;
    default:
        return FIELD_BYTES;
    }
}

static void
bind_field(struct mysql_field *field, MYSQL_BIND *bind, unsigned long buffer_size)
{
    static const enum enum_field_types types[] = {
        [FIELD_INTEGER] = MYSQL_TYPE_LONGLONG,  [FIELD_YEAR] = MYSQL_TYPE_LONGLONG,
        [FIELD_SINGLE] = MYSQL_TYPE_DOUBLE,     [FIELD_DOUBLE] = MYSQL_TYPE_DOUBLE,
        [FIELD_DECIMAL] = MYSQL_TYPE_STRING,    [FIELD_DATE] = MYSQL_TYPE_DATE,
        [FIELD_DATETIME] = MYSQL_TYPE_DATETIME, [FIELD_TIME] = MYSQL_TYPE_TIME,
        [FIELD_BYTES] = MYSQL_TYPE_BLOB};
    bind->buffer_type = types[field->kind];
    bind->is_null = &field->is_null;
    bind->error = &field->is_cut;
    bind->length = &field->size;
    bind->is_unsigned = (my_bool)(field->is_unsigned != 0);
    bind->buffer = &field->value;
    bind->buffer_length = sizeof field->value;
    if (field->kind != FIELD_BYTES && field->kind != FIELD_DECIMAL)
        return;
    field->buffer = memory_get(buffer_size);
    field->buffer_size = buffer_size;
    bind->buffer = field->buffer;
    bind->buffer_length = buffer_size;
}

static unsigned long
buffer_size_of(const MYSQL_FIELD *result, size_t count)
{
    unsigned long most = BUFFERS_MAX / (count + 1);
    if (most > BUFFER_SIZE)
        most = BUFFER_SIZE;
    if (most > result->length)
        most = result->length;
    return most < BUFFER_LEAST ? BUFFER_LEAST : most;
}

int
mysql_fields_bind(mysql_fields_t *self, const MYSQL_RES *result,
                  const struct mysql_column *const *columns, size_t count, struct error *error)
{
    const MYSQL_FIELD *results = mysql_fetch_fields((MYSQL_RES *)(uintptr_t)result);
    for (size_t i = 0; i < self->count; i++) {
        struct mysql_field *field = &self->items[i];
        if ((unsigned)results[i].type == VECTOR_TYPE)
            return error_set(error, ERROR_INTERNAL, "a vector came as such");
        field->kind = kind_of(results[i].type);
        field->is_unsigned = (results[i].flags & UNSIGNED_FLAG) != 0;
        field->decimals = results[i].decimals <= FRACTION_MAX ? results[i].decimals : 0;
        if (i < count)
            field->style = mysql_fields_style(columns[i]);
        if (i < count && columns[i]->is_single && field->kind == FIELD_DOUBLE)
            field->kind = FIELD_SINGLE;
        if (self->statement)
            bind_field(field, &self->binds[i], buffer_size_of(&results[i], self->count));
    }
    return 0;
}
