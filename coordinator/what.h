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

// What a source's own signals may be before our readers slow down.
enum what_throttle {
    WHAT_RUNNING,
    WHAT_REPLICA_LAG,      // ms
    WHAT_TRANSACTION_AGE,  // ms
    WHAT_LONG_QUERIES,
    WHAT_PAUSE_LIMIT,  // ms
    WHAT_THROTTLES,
};

// How our reader of MySQL may come to one point in time.
enum what_way {
    WHAT_BINLOG_SNAPSHOT,
    WHAT_LOCK,
    WHAT_GTID_UNPROVEN,
    WHAT_SINGLE,
    WHAT_WAYS,
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
    int64_t throttle[WHAT_THROTTLES];  // 0 = no limit
    int64_t statement_limit_ms;        // 0 = nothing said
    enum what_way ways[WHAT_WAYS];     // that are permitted; none = nothing said
    size_t way_count;
    int by_speed;  // rows may come as they are stored where their key's order costs much
};

void what_clear(struct what *self);
const char *what_list_name(enum what_list list);              // "include_schemas"
const char *what_endpoint_name(enum what_endpoint endpoint);  // "primary"
const char *what_way_name(enum what_way way);                 // "binlog_snapshot"

// ERROR_INVALID: it is no pattern, or of a table and without a schema, or they are too many.
int what_add(struct what *self, enum what_list list, const char *pattern, struct error *error);

// For a digest: every field, unambiguous.
void what_print(const struct what *self, FILE *stream);

// For people, in one short line: "2 excluded, 1 without data, from replica"; "" = nothing is said.
char *what_summary(const struct what *self);

// A wire What that lends all of it, and the server to read: host (kept in `parts`), port and secret
// as the policy says. ERROR_CONFIG if the database has no endpoint of a kind that is wanted.
enum { WHAT_HOST_SIZE = 256 };
struct what_parts {
    char host[WHAT_HOST_SIZE];
    Wire__Throttle throttle;
    Wire__Consistency ways[WHAT_WAYS];
};
int what_fill(const struct what *self, const struct database *database, Wire__What *message,
              Wire__Server *server, struct what_parts *parts, struct error *error);
