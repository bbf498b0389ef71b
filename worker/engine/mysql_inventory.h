// What a MySQL or MariaDB server lists: the users' schemas and all that is in them, by name; and
// what of it was seen in a dump. Read in a few bulk statements: information_schema asked once per
// table costs more than the dump.
//
// Not the users', and in no inventory: information_schema, performance_schema, mysql, sys, ndbinfo.
// Schemas that managed services and cluster software keep for themselves are skipped too and told
// (mysql_inventory_skipped).

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "worker/engine/mysql_session.h"

enum mysql_object_kind {
    MYSQL_TABLE,
    MYSQL_VIEW,
    MYSQL_SEQUENCE,
    MYSQL_PROCEDURE,
    MYSQL_FUNCTION,
    MYSQL_PACKAGE,
    MYSQL_PACKAGE_BODY,
    MYSQL_EVENT,
    MYSQL_OBJECT_KINDS,
};

// How the rows of a table take part in a dump.
enum mysql_rows {
    MYSQL_ROWS_TRANSACTIONAL,
    MYSQL_ROWS_AT_ANY_TIME,  // MyISAM, Aria, MEMORY ...: read without a common point
    MYSQL_ROWS_ELSEWHERE,    // FEDERATED, MERGE ...: the tools dump the definition only
};

struct mysql_object {
    const char *name;
    uint32_t schema;
    uint8_t kind;  // enum mysql_object_kind
    uint8_t rows;  // enum mysql_rows, of a table
    uint8_t is_versioned;
    uint8_t is_seen;
    uint8_t is_left_out;      // by the policy's selection, until mysql_inventory_part
    uint8_t is_without_rows;  // by the same
    uint32_t triggers;        // of a table
};

struct mysql_schema {
    char *name;
    uint64_t tables;         // sequences not counted
    uint64_t at_any_time;    // tables whose rows have no common point
    uint64_t triggers;       // as listed
    uint64_t triggers_seen;  // in the dump
    int is_seen;
    int is_left_out;  // by the policy's selection; in what was parted off: the whole of it
};

typedef struct mysql_inventory mysql_inventory_t;

mysql_inventory_t *mysql_inventory_new(void);
void mysql_inventory_destroy(mysql_inventory_t **self_p);

// Reads all of a server. ERROR_INVALID beyond 1 million schemas or 16 million objects.
int mysql_inventory_read(mysql_inventory_t *self, mysql_session_t *session, struct error *error);

// The same, over several sessions at once.
int mysql_inventory_read_by(mysql_inventory_t *self, mysql_session_t *const *sessions, size_t count,
                            struct error *error);

// Builds one by hand: schemas first, then objects, then the order of mysql_inventory_sort.
uint32_t mysql_inventory_add_schema(mysql_inventory_t *self, const char *name);
struct mysql_object *mysql_inventory_add(mysql_inventory_t *self, uint32_t schema,
                                         enum mysql_object_kind kind, const char *name);
void mysql_inventory_sort(mysql_inventory_t *self);

size_t mysql_inventory_schemas(const mysql_inventory_t *self);
struct mysql_schema *mysql_inventory_schema(mysql_inventory_t *self, size_t index);
size_t mysql_inventory_objects(const mysql_inventory_t *self);
const struct mysql_object *mysql_inventory_object(const mysql_inventory_t *self, size_t index);

// NULL if it was not listed.
struct mysql_object *mysql_inventory_find(mysql_inventory_t *self, uint32_t schema,
                                          enum mysql_object_kind kind, const char *name);
int mysql_inventory_find_schema(const mysql_inventory_t *self, const char *name, uint32_t *schema);

// Moves the schemas and objects that are marked as left out into `gone`, a new inventory, so that
// what remains is all that is wanted. Of a schema that is left out whole all objects go along.
void mysql_inventory_part(mysql_inventory_t *self, mysql_inventory_t *gone);

// Schemas that were left to the service that keeps them; NULL beyond the last.
const char *mysql_inventory_skipped(const mysql_inventory_t *self, size_t index);

// Kinds of routines that this program does not know, such as "LIBRARY"; NULL if there are none.
const char *mysql_inventory_unknown(const mysql_inventory_t *self);

// Returns 0 if all of the schemas from `first` to before `end`, and all in them, were seen.
// Otherwise ERROR_UNAVAILABLE: names one that was not (most likely dropped during the dump).
int mysql_inventory_check(const mysql_inventory_t *self, size_t first, size_t end,
                          struct error *error);

const char *mysql_object_kind_name(enum mysql_object_kind kind);  // "table", "package body"
