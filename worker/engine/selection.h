// What of a database a policy wants: lists of patterns, asked for each schema and each table. Pure:
// no I/O, and it never changes once it is filled.
//
// Words as everywhere: a schema is one of MySQL's, or a database of PostgreSQL's; patterns of
// tables are SCHEMA.TABLE for the one and DATABASE.SCHEMA.TABLE for the other, and one that has
// not as many parts as the engine's names fits nothing there. "Tables" are what a server lists
// among its tables: views, materialized views and foreign tables too, sequences not.
//
// Each list narrows. Something is wanted if no exclude list has it, if it is in each include list
// that is not empty, and its rows if tables_without_data has it not. A schema of which
// include_tables can have no table is left out whole; else all in a wanted schema that is no table
// (routines, events, types) goes along.
//
// Engines do not ask it themselves: exclusions.h does, and keeps what comes of it.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/name_pattern.h"

enum selection_list {
    SELECTION_INCLUDE_SCHEMAS,
    SELECTION_EXCLUDE_SCHEMAS,
    SELECTION_INCLUDE_TABLES,
    SELECTION_EXCLUDE_TABLES,
    SELECTION_TABLES_WITHOUT_DATA,
    SELECTION_LISTS,
};

enum { SELECTION_LIST_MAX = 256 };  // patterns of one list

enum selection_verdict {
    SELECTION_WANTED,
    SELECTION_WITHOUT_DATA,  // its definition, and no row
    SELECTION_LEFT_OUT,
};

struct selection_answer {
    enum selection_verdict verdict;
    const char *rule;  // what says so: "exclude_tables shop.log_*"; NULL if it is wanted. Lent
};

// A schema (`table` is NULL), or a table in one. `inner` is PostgreSQL's schema, "" of a database
// itself; elsewhere NULL.
struct selection_name {
    const char *schema, *inner, *table;
    enum name_case name_case;  // as the server compares names
};

typedef struct selection selection_t;

selection_t *selection_new(void);  // wants everything
void selection_destroy(selection_t **self_p);

// ERROR_INVALID: no pattern (common/name_pattern.h), a table's of one part, or too many of them.
int selection_add(selection_t *self, enum selection_list list, const char *pattern,
                  struct error *error);

const char *selection_list_name(enum selection_list list);  // "exclude_tables"

size_t selection_count(const selection_t *self);  // patterns in all lists; 0 = all is wanted
const char *selection_pattern(const selection_t *self, size_t index);
enum selection_list selection_pattern_list(const selection_t *self, size_t index);

// The answer. `hits` (selection_count numbers; NULL: nobody counts) is raised by one for each
// pattern that fits; of include_tables only when it is asked for a table.
struct selection_answer selection_ask(const selection_t *self, const struct selection_name *name,
                                      uint64_t *hits);
