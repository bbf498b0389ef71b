#include "common/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"

// Secrets are JSON too, and jansson leaves copies in what it frees. It wants to know before first
// use, hence before main.
__attribute__((constructor)) static void
wipe_what_jansson_frees(void)
{
    json_set_alloc_funcs(malloc, memory_wipe_and_free);
}

void
json_destroy(json_t **self_p)
{
    json_decref(*self_p);
    *self_p = NULL;
}

// Brackets outside of texts: counted before parsing, so that nothing recurses deeper than we allow.
static int
is_too_deep(const char *text, size_t size)
{
    size_t depth = 0;
    int is_quoted = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (is_quoted && c == '\\')
            i++;
        else if (c == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && (c == '{' || c == '[') && ++depth > JSON_DEPTH_MAX)
            return 1;
        else if (!is_quoted && (c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return 0;
}

int
json_parse(const char *text, size_t size, size_t limit, json_t **json, struct error *error)
{
    if (size > limit)
        return error_set(error, ERROR_INVALID, "the JSON is longer than %zu bytes", limit);
    if (is_too_deep(text, size))
        return error_set(error, ERROR_INVALID, "the JSON is nested deeper than %d levels",
                         JSON_DEPTH_MAX);
    json_error_t cause;
    json_t *parsed = json_loadb(text, size, JSON_REJECT_DUPLICATES, &cause);
    if (!parsed)
        return error_set(error, ERROR_INVALID, "the JSON is malformed at %d:%d: %s", cause.line,
                         cause.column, cause.text);
    *json = parsed;
    return 0;
}

static char *
print_with(const json_t *json, size_t flags)
{
    char *text = json_dumps(json, flags | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (!text)
        abort();
    return text;
}

char *
json_print(const json_t *json)
{
    return print_with(json, JSON_COMPACT);
}

char *
json_print_pretty(const json_t *json)
{
    return print_with(json, JSON_INDENT(2));
}

static int
get(const json_t *object, const char *key, const json_t **value, struct error *error)
{
    if (!json_is_object(object))
        return error_set(error, ERROR_INVALID, "an object with '%s' is expected", key);
    *value = json_object_get(object, key);
    if (!*value)
        return error_set(error, ERROR_INVALID, "'%s' is missing", key);
    return 0;
}

int
json_get_text(const json_t *object, const char *key, size_t size_max, const char **text,
              struct error *error)
{
    const json_t *value = NULL;
    if (get(object, key, &value, error))
        return -1;
    if (!json_is_string(value))
        return error_set(error, ERROR_INVALID, "'%s' is not a text", key);
    if (json_string_length(value) > size_max)
        return error_set(error, ERROR_INVALID, "'%s' is longer than %zu bytes", key, size_max);
    *text = json_string_value(value);
    return 0;
}

int
json_get_integer(const json_t *object, const char *key, int64_t low, int64_t high, int64_t *number,
                 struct error *error)
{
    const json_t *value = NULL;
    if (get(object, key, &value, error))
        return -1;
    if (!json_is_integer(value))
        return error_set(error, ERROR_INVALID, "'%s' is not an integer", key);
    int64_t found = json_integer_value(value);
    if (found < low || found > high)
        return error_set(error, ERROR_INVALID,
                         "'%s' is %" PRId64 ", not between %" PRId64 " and %" PRId64, key, found,
                         low, high);
    *number = found;
    return 0;
}

int
json_get_array(const json_t *object, const char *key, size_t count_max, const json_t **array,
               struct error *error)
{
    const json_t *value = NULL;
    if (get(object, key, &value, error))
        return -1;
    if (!json_is_array(value))
        return error_set(error, ERROR_INVALID, "'%s' is not a list", key);
    if (json_array_size(value) > count_max)
        return error_set(error, ERROR_INVALID, "'%s' has more than %zu items", key, count_max);
    *array = value;
    return 0;
}

int
json_get_object(const json_t *object, const char *key, const json_t **child, struct error *error)
{
    const json_t *value = NULL;
    if (get(object, key, &value, error))
        return -1;
    if (!json_is_object(value))
        return error_set(error, ERROR_INVALID, "'%s' is not an object", key);
    *child = value;
    return 0;
}

json_t *
json_text(const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    size_t size = strlen(text);
    CLEAN(memory_free) char *repaired = memory_get(3 * size + 1);
    char *to = repaired;
    for (const char *from = text; *from;) {
        uint32_t character = 0;
        size_t width = text_character(from, &character);
        memcpy(to, width ? from : replacement, width ? width : 3);
        to += width ? width : 3;
        from += width ? width : 1;
    }
    json_t *json = json_stringn(repaired, (size_t)(to - repaired));
    if (!json)
        abort();
    return json;
}
