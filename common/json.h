// JSON: jansson, with limits. The only header that includes jansson's.
//
// json_parse refuses what is too long, nested deeper than JSON_DEPTH_MAX, or has duplicate keys.
// The getters take an object and a key, check type and range and say in the error what is wrong:
// a document that comes from a store, a cloud or a tool is hostile until checked.

#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { JSON_DEPTH_MAX = 32 };

void json_destroy(json_t **self_p);  // for CLEAN

int json_parse(const char *text, size_t size, size_t limit, json_t **json, struct error *error);

// Compact, keys sorted; or indented by two. The caller's, to be given to free().
char *json_print(const json_t *json);
char *json_print_pretty(const json_t *json);

int json_get_text(const json_t *object, const char *key, size_t size_max, const char **text,
                  struct error *error);
int json_get_integer(const json_t *object, const char *key, int64_t low, int64_t high,
                     int64_t *number, struct error *error);
int json_get_array(const json_t *object, const char *key, size_t count_max, const json_t **array,
                   struct error *error);
int json_get_object(const json_t *object, const char *key, const json_t **child,
                    struct error *error);

// Text that may not be UTF-8 (a name from a server, a tool's output): bytes that are not become
// U+FFFD. New reference.
json_t *json_text(const char *text);
