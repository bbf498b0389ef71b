// Patterns for names that have parts: `shop.log_*`, `shop.public.log_*`. Shell globs: `*` is any
// text, `?` one character (of UTF-8), `[a-z]` and `[!a-z]` one of some, and `\` takes the next
// character as it is. A dot ends a part, and no sign of a pattern crosses parts, so that names with
// dots in them are never taken for two: `shop\.eu.orders` is table orders of schema `shop.eu`.
//
//     CLEAN(name_pattern_destroy) name_pattern_t *pattern = NULL;
//     if (name_pattern_read_path(&pattern, "shop.log_*", error)) ...
//     const char *const names[] = {"shop", "log_1"};
//     if (name_pattern_fits(pattern, names, 2, NAMES_AS_THEY_ARE)) ...

#pragma once

#include <stddef.h>

#include "common/error.h"

enum { NAME_PATTERN_PARTS = 3, NAME_PATTERN_MAX = 512 };  // bytes of a whole pattern

// How letters A to Z compare. Others are always what they are.
enum name_case { NAMES_AS_THEY_ARE, NAMES_OF_ANY_CASE };

typedef struct name_pattern name_pattern_t;

// One part, in which a dot is a dot. ERROR_INVALID: empty, longer than NAME_PATTERN_MAX, a `[` that
// nothing closes, or a `\` at the end.
int name_pattern_read_name(name_pattern_t **self_p, const char *text, struct error *error);

// One to NAME_PATTERN_PARTS parts between dots. ERROR_INVALID as above, and for an empty part.
int name_pattern_read_path(name_pattern_t **self_p, const char *text, struct error *error);
void name_pattern_destroy(name_pattern_t **self_p);

const char *name_pattern_text(const name_pattern_t *self);  // as it was written
size_t name_pattern_parts(const name_pattern_t *self);

// Do the first `count` parts fit the names? There must be so many parts.
int name_pattern_fits(const name_pattern_t *self, const char *const *names, size_t count,
                      enum name_case name_case);
