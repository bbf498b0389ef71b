// What of a database a policy wants, and how it is read: patterns of schemas and tables, limits,
// options of the engines, secret, authorities, and the endpoint to read from. A plain record, part
// of a policy; it goes to workers as a wire What. No I/O.

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/error.h"
#include "coordinator/record.h"
#include "proto/wire.h"

enum what_list {
    WHAT_INCLUDE_SCHEMAS,
    WHAT_EXCLUDE_SCHEMAS,
    WHAT_INCLUDE_TABLES,
    WHAT_EXCLUDE_TABLES,
    WHAT_TABLES_WITHOUT_DATA,
    WHAT_LISTS,
};

enum what_endpoint {
    WHAT_PRIMARY,
    WHAT_READER,   // a cluster's reader endpoint
    WHAT_REPLICA,  // a replica with an address of its own
    WHAT_ENDPOINTS,
};

enum {
    WHAT_LIST_MAX = 256,    // patterns of one list
    WHAT_SIZE_MAX = 32768,  // bytes of all patterns: they go in one message
    WHAT_AUTHORITY_MAX = 63,
    WHAT_SECRET_MAX = 2100,
};

// All zero wants everything from where the provider says. Texts and lists are owned.
struct what {
    char **patterns[WHAT_LISTS];
    size_t counts[WHAT_LISTS];
    int64_t read_limit_bytes, lock_wait_ms, packet_bytes;  // 0 = nothing said
    char *secret, *authority;                              // NULL = nothing said
    enum what_endpoint read_from[WHAT_ENDPOINTS];          // in order of preference
    size_t read_from_count;
};

void what_clear(struct what *self);
const char *what_list_name(enum what_list list);              // "include_schemas"
const char *what_endpoint_name(enum what_endpoint endpoint);  // "primary"

// ERROR_INVALID: it is no pattern, or of a table and without a schema, or they are too many.
int what_add(struct what *self, enum what_list list, const char *pattern, struct error *error);

// For a digest: every field, unambiguous.
void what_print(const struct what *self, FILE *stream);

// For people, in one short line: "2 excluded, 1 without data, from replica"; "" = nothing is said.
char *what_summary(const struct what *self);

// A wire What that lends all of it, and the server to read: host (kept in `host`), port and secret
// as the policy says. ERROR_CONFIG if the database has no endpoint of a kind that is wanted.
enum { WHAT_HOST_SIZE = 256 };
int what_fill(const struct what *self, const struct database *database, Wire__What *message,
              Wire__Server *server, char host[WHAT_HOST_SIZE], struct error *error);
