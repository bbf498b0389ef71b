#include "worker/set/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "common/memory.h"
#include "worker/set/manifest.h"

enum { SUM_HEX_SIZE = 32 };

// 0: no text.
static size_t
text_max(enum field_type type)
{
    if (type == FIELD_COLUMNS_OR_NONE)
        return MANIFEST_COLUMNS_MAX;
    return type == FIELD_TEXT || type == FIELD_TEXT_OR_NONE ? MANIFEST_TEXT_MAX : 0;
}

static int
may_be_none(enum field_type type)
{
    return type == FIELD_TEXT_OR_NONE || type == FIELD_COLUMNS_OR_NONE;
}

void *
fields_at(void *record, size_t offset)
{
    return (char *)record + offset;
}

const void *
fields_peek(const void *record, size_t offset)
{
    return (const char *)record + offset;
}

void
fields_clear(void *record, const struct field *fields)
{
    for (const struct field *field = fields; field->key; field++) {
        if (text_max(field->type) > 0)
            memory_free(fields_at(record, field->offset));
    }
}

// json_text may make a text longer, so it is cut after, where a character ends.
static json_t *
print_text(const char *text, size_t size_max)
{
    json_t *whole = json_text(text ? text : "");
    if (json_string_length(whole) <= size_max)
        return whole;
    const char *valid = json_string_value(whole);
    size_t size = size_max;
    while (size > 0 && ((unsigned char)valid[size] & 0xC0) == 0x80)
        size--;
    json_t *part = json_stringn(valid, size);
    json_decref(whole);
    return part;
}

static void
print_sum(const struct manifest_sum *sum, char hex[DIGEST_HEX_SIZE])
{
    snprintf(hex, DIGEST_HEX_SIZE, "%016" PRIx64 "%016" PRIx64, sum->high, sum->low);
}

static int
parse_sum(const char *text, struct manifest_sum *sum)
{
    static const char digits[] = "0123456789abcdef";
    char half[SUM_HEX_SIZE / 2 + 1] = "";
    if (strlen(text) != SUM_HEX_SIZE || text[strspn(text, digits)])
        return -1;
    memcpy(half, text, SUM_HEX_SIZE / 2);
    sum->high = strtoull(half, NULL, 16);
    sum->low = strtoull(text + SUM_HEX_SIZE / 2, NULL, 16);
    return 0;
}

static int
is_none(const void *record, const struct field *field)
{
    const char *text =
        may_be_none(field->type) ? *(char *const *)fields_peek(record, field->offset) : NULL;
    return may_be_none(field->type) && (!text || !*text);
}

static json_t *
print_field(const void *record, const struct field *field)
{
    const void *value = fields_peek(record, field->offset);
    char hex[DIGEST_HEX_SIZE];
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_TEXT_OR_NONE:
    case FIELD_COLUMNS_OR_NONE:
        return print_text(*(char *const *)value, text_max(field->type));
    case FIELD_U64:
        return json_integer((json_int_t) * (const uint64_t *)value);
    case FIELD_U32:
        return json_integer(*(const uint32_t *)value);
    case FIELD_I64:
        return json_integer(*(const int64_t *)value);
    case FIELD_SHA256:
        digest_hex(value, hex);
        return json_string(hex);
    case FIELD_SUM:
        print_sum(value, hex);
        return json_string(hex);
    }
    return json_null();
}

void
fields_print(json_t *object, const void *record, const struct field *fields)
{
    for (const struct field *field = fields; field->key; field++) {
        if (!is_none(record, field))
            json_object_set_new(object, field->key, print_field(record, field));
    }
}

static int
parse_field(const json_t *object, const struct field *field, void *record, struct error *error)
{
    void *value = fields_at(record, field->offset);
    const char *text = NULL;
    int64_t number = 0;
    int64_t low = field->type == FIELD_I64 ? INT64_MIN : 0;
    int64_t high = field->type == FIELD_U32 ? UINT32_MAX : INT64_MAX;
    if (may_be_none(field->type) && !json_object_get(object, field->key)) {
        *(char **)value = memory_copy_text("");
        return 0;
    }
    if (text_max(field->type) > 0) {
        if (json_get_text(object, field->key, text_max(field->type), &text, error))
            return -1;
        *(char **)value = memory_copy_text(text);
        return 0;
    }
    if (field->type == FIELD_SUM) {
        if (json_get_text(object, field->key, SUM_HEX_SIZE, &text, error))
            return -1;
        return parse_sum(text, value)
                   ? error_set(error, ERROR_INVALID, "'%s' is not a digest", field->key)
                   : 0;
    }
    if (field->type == FIELD_SHA256) {
        if (json_get_text(object, field->key, DIGEST_HEX_SIZE - 1, &text, error))
            return -1;
        if (digest_from_hex(text, value))
            return error_set(error, ERROR_INVALID, "'%s' is not a digest", field->key);
        return 0;
    }
    if (json_get_integer(object, field->key, low, high, &number, error))
        return -1;
    if (field->type == FIELD_U32)
        *(uint32_t *)value = (uint32_t)number;
    else
        memcpy(value, &number, sizeof number);
    return 0;
}

int
fields_parse(const json_t *object, const struct field *fields, void *record, struct error *error)
{
    for (const struct field *field = fields; field->key; field++) {
        if (parse_field(object, field, record, error))
            return -1;
    }
    return 0;
}
