#include "worker/engine/row_form.h"

struct row_decimal
row_form_decimal_of(const char *text, size_t size)
{
    int is_negative = size > 0 && *text == '-';
    int has_sign = is_negative || (size > 0 && *text == '+');
    text += has_sign;
    size = row_form_trim(text, size - (size_t)has_sign);
    while (size > 1 && text[0] == '0' && text[1] != '.') {
        text++;
        size--;
    }
    if (size == 0 || (size == 1 && *text == '0'))
        return (struct row_decimal){.before = "0", .before_size = 1, .rest = ""};
    int needs_zero = *text == '.';
    return (struct row_decimal){.before = is_negative ? "-0" : "0",
                                .before_size = (size_t)(is_negative + needs_zero),
                                .rest = text,
                                .rest_size = size};
}
