// All fields of a row as a line, at once: where rows are lines and short, text and digest's form
// are written side by side, and only bytes look how much room is left.

#include "worker/engine/mysql_escape.h"
#include "worker/engine/mysql_float.h"
#include "worker/engine/mysql_value_inside.h"
#include "worker/engine/row_form.h"

enum {
    NUMBER_ROOM = 128,  // for a number or time, and the tab after it; in text and form
    FIELDS_MAX = 256,   // that are written so
};
_Static_assert(NUMBER_ROOM > MYSQL_VALUE_DECIMAL_MAX + ROW_FORM_HEAD + 1, "decimals fit");
_Static_assert(NUMBER_ROOM *FIELDS_MAX <= MYSQL_ROW_PEN_SIZE, "numbers alone fit");

// What has become of a value: too long is also one whose digest is of other bytes than its text.
enum { WRITTEN, IS_NONE, IS_TOO_LONG };

static int
write_integer(struct mysql_row_pen *pen, const struct mysql_value *value)
{
    int64_t number = mysql_value_integer_at(value);
    uint64_t size = (uint64_t)number;
    if (value->is_unsigned) {
        pen->form = row_form_unsigned(pen->form, size);
    } else {
        pen->form = row_form_integer(pen->form, number);
        *pen->text = '-';
        pen->text += number < 0;
        size = number < 0 ? -size : size;
    }
    pen->text = digits_number(pen->text, size);
    return WRITTEN;
}

static int
write_year(struct mysql_row_pen *pen, const struct mysql_value *value)
{
    int64_t year = mysql_value_integer_at(value);
    if (!mysql_value_is_year(year))
        return IS_NONE;
    pen->form = row_form_integer(pen->form, year);
    pen->text = digits_four(pen->text, (unsigned)year);
    return WRITTEN;
}

static int
write_real(struct mysql_row_pen *pen, const struct mysql_value *value)
{
    double number = mysql_value_real_at(value);
    if (value->kind == MYSQL_VALUE_SINGLE) {
        float single = (float)number;
        pen->form = row_form_double(pen->form, single);
        pen->text += mysql_float_single(pen->shortest, pen->text, single);
        return WRITTEN;
    }
    pen->form = row_form_double(pen->form, number);
    pen->text += mysql_float_double(pen->shortest, pen->text, number);
    return WRITTEN;
}

static int
write_decimal(struct mysql_row_pen *pen, const struct mysql_value *value)
{
    if (!mysql_value_is_decimal(value))
        return IS_NONE;
    pen->form = row_form_decimal(pen->form, value->data, value->size);
    memcpy(pen->text, value->data, value->size);
    pen->text += value->size;
    return WRITTEN;
}

static int
write_time(struct mysql_row_pen *pen, const struct mysql_value *value)
{
    struct mysql_moment_text text;
    if (mysql_value_moment(value, &text))
        return IS_NONE;
    memcpy(pen->text, text.words, sizeof text.words);
    pen->text += text.size;
    memcpy(pen->form + ROW_FORM_HEAD, text.words, sizeof text.words);
    pen->form = row_form_head(pen->form, ROW_TIME, text.short_size) + text.short_size;
    return WRITTEN;
}

static int
write_bytes(struct mysql_row_pen *pen, const char *end, const struct mysql_value *value)
{
    // There is room for each of them to be escaped.
    if (value->size > (size_t)(end - pen->text) / 2)
        return IS_TOO_LONG;
    if (value->style.charset &&
        !mysql_charset_is_plain(value->style.charset, value->data, value->size))
        return IS_TOO_LONG;
    unsigned char *copy = row_form_head(pen->form, (char)value->style.tag, value->size);
    pen->text += mysql_escape_line(pen->text, copy, value->data, value->size);
    pen->form = copy + value->size;
    return WRITTEN;
}

static int
write_value(struct mysql_row_pen *pen, const char *end, const struct mysql_value *value)
{
    if (value->is_null) {
        pen->form = row_form_null(pen->form);
        memcpy(pen->text, "\\N", 2);
        pen->text += 2;
        return WRITTEN;
    }
    switch ((enum mysql_value_kind)value->kind) {
    case MYSQL_VALUE_INTEGER:
        return write_integer(pen, value);
    case MYSQL_VALUE_YEAR:
        return write_year(pen, value);
    case MYSQL_VALUE_SINGLE:
    case MYSQL_VALUE_DOUBLE:
        return write_real(pen, value);
    case MYSQL_VALUE_DECIMAL:
        return write_decimal(pen, value);
    case MYSQL_VALUE_DATE:
    case MYSQL_VALUE_DATETIME:
    case MYSQL_VALUE_TIME:
        return write_time(pen, value);
    case MYSQL_VALUE_BYTES:
        break;
    }
    return write_bytes(pen, end, value);
}

static int
write_line(struct mysql_row_pen *pen, const struct mysql_value *values, size_t count)
{
    if (count > FIELDS_MAX)
        return IS_TOO_LONG;
    struct mysql_row_pen own = *pen;  // which no text that is written can be
    // Bytes leave a number's room for each field that comes.
    const char *end = own.text + MYSQL_ROW_PEN_SIZE - count * NUMBER_ROOM;
    for (size_t i = 0; i < count; i++, end += NUMBER_ROOM) {
        int became = write_value(&own, end, &values[i]);
        if (became != WRITTEN)
            return became;
        *own.text++ = '\t';
    }
    own.text -= count > 0;
    *pen = own;
    return WRITTEN;
}

int
mysql_value_add_all(const struct mysql_value *values, size_t count, mysql_row_t *row,
                    struct error *error)
{
    struct mysql_row_pen pen;
    int became = mysql_row_take_pen(row, &pen) ? write_line(&pen, values, count) : IS_TOO_LONG;
    if (became == IS_NONE)
        return mysql_value_fail(error);
    if (became == WRITTEN) {
        mysql_row_give_pen(row, &pen);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (mysql_value_add(&values[i], row, error))
            return -1;
    }
    return 0;
}
