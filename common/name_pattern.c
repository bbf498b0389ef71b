#include "common/name_pattern.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"

struct name_pattern {
    char *text;
    char *parts[NAME_PATTERN_PARTS];
    size_t count;
};

void
name_pattern_destroy(name_pattern_t **self_p)
{
    name_pattern_t *self = *self_p;
    if (!self)
        return;
    for (size_t index = 0; index < self->count; index++)
        memory_free(&self->parts[index]);
    memory_free(&self->text);
    memory_free(self_p);
}

const char *
name_pattern_text(const name_pattern_t *self)
{
    return self->text;
}

size_t
name_pattern_parts(const name_pattern_t *self)
{
    return self->count;
}

// ---- reading

// The size of the sign at text: of a class in brackets all of it. 0 if it does not end.
static size_t
sign_size(const char *text)
{
    if (*text == '\\')
        return text[1] ? 2 : 0;
    if (*text != '[')
        return 1;
    const char *at = text + 1;
    at += *at == '!' || *at == '^';
    at += *at == ']';
    for (; *at && *at != ']'; at++)
        at += *at == '\\' && at[1];
    return *at ? (size_t)(at - text) + 1 : 0;
}

// The size of the part at text, which ends at a dot if `is_path`.
static int
part_size(const char *text, int is_path, size_t *size, struct error *error)
{
    size_t used = 0;
    while (text[used] && !(is_path && text[used] == '.')) {
        size_t step = sign_size(text + used);
        if (step == 0)
            return error_set(error, ERROR_INVALID,
                             "the pattern '%.128s' has a '%c' without an end: write '\\%c' for the "
                             "character itself",
                             text, text[used], text[used]);
        used += step;
    }
    *size = used;
    return 0;
}

static int
read(name_pattern_t **self_p, const char *text, int is_path, struct error *error)
{
    CLEAN(name_pattern_destroy) name_pattern_t *self = memory_get(sizeof *self);
    if (strlen(text) > NAME_PATTERN_MAX)
        return error_set(error, ERROR_INVALID, "the pattern '%.64s...' is longer than %d bytes",
                         text, NAME_PATTERN_MAX);
    self->text = memory_copy_text(text);
    for (const char *at = text;; at++) {
        size_t size = 0;
        if (part_size(at, is_path, &size, error))
            return -1;
        if (size == 0)
            return error_set(error, ERROR_INVALID, "the pattern '%.128s' has an empty part", text);
        if (self->count == NAME_PATTERN_PARTS)
            return error_set(error, ERROR_INVALID,
                             "the pattern '%.128s' has more than %d parts: write '\\.' for a dot "
                             "within a name",
                             text, NAME_PATTERN_PARTS);
        self->parts[self->count++] = memory_format("%.*s", (int)size, at);
        at += size;
        if (!*at)
            break;
    }
    *self_p = STEAL(self);
    return 0;
}

int
name_pattern_read_name(name_pattern_t **self_p, const char *text, struct error *error)
{
    return read(self_p, text, 0, error);
}

int
name_pattern_read_path(name_pattern_t **self_p, const char *text, struct error *error)
{
    return read(self_p, text, 1, error);
}

// ---- matching

// The character at text, and the text after it. A byte that is no UTF-8 is a character of its own.
static const char *
next_character(const char *text, enum name_case name_case, uint32_t *character)
{
    enum { BEYOND_UNICODE = 0x200000 };
    size_t size = text_character(text, character);
    if (size == 0) {
        *character = BEYOND_UNICODE + (unsigned char)*text;
        size = 1;
    }
    if (name_case == NAMES_OF_ANY_CASE && *character >= 'A' && *character <= 'Z')
        *character += 'a' - 'A';
    return text + size;
}

static const char *
next_in_class(const char *text, enum name_case name_case, uint32_t *character)
{
    return next_character(text + (*text == '\\'), name_case, character);
}

// Is the character in the class that begins at text, and where does that end?
static int
is_in_class(const char *text, uint32_t character, enum name_case name_case)
{
    const char *end = text + sign_size(text) - 1;
    int is_negated = text[1] == '!' || text[1] == '^';
    int is_in = 0;
    for (const char *at = text + 1 + is_negated; at < end;) {
        uint32_t low, high;
        at = next_in_class(at, name_case, &low);
        high = low;
        if (*at == '-' && at + 1 < end)
            at = next_in_class(at + 1, name_case, &high);
        is_in |= character >= low && character <= high;
    }
    return is_in != is_negated;
}

// The pattern after its first sign, if that fits the character; else NULL.
static const char *
after_fit(const char *pattern, uint32_t character, enum name_case name_case)
{
    uint32_t wanted;
    if (*pattern == '\0')
        return NULL;
    if (*pattern == '?')
        return pattern + 1;
    if (*pattern == '[')
        return is_in_class(pattern, character, name_case) ? pattern + sign_size(pattern) : NULL;
    const char *after = next_in_class(pattern, name_case, &wanted);
    return wanted == character ? after : NULL;
}

// Only the last `*` is ever tried again, so that a hostile pattern costs no more than the product
// of both lengths.
static int
fits(const char *pattern, const char *name, enum name_case name_case)
{
    const char *star = NULL, *resume = NULL;
    while (*name) {
        uint32_t character;
        if (*pattern == '*') {
            star = ++pattern;
            resume = name;
            continue;
        }
        const char *next = next_character(name, name_case, &character);
        const char *after = after_fit(pattern, character, name_case);
        if (after) {
            pattern = after;
            name = next;
        } else if (star) {
            pattern = star;
            name = resume = next_character(resume, name_case, &character);
        } else {
            return 0;
        }
    }
    pattern += strspn(pattern, "*");
    return *pattern == '\0';
}

int
name_pattern_fits(const name_pattern_t *self, const char *const *names, size_t count,
                  enum name_case name_case)
{
    assert(count <= self->count);
    for (size_t index = 0; index < count; index++) {
        if (!fits(self->parts[index], names[index], name_case))
            return 0;
    }
    return 1;
}
