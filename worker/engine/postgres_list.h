// The list of an archive as pg_restore writes it with --list, and with --verbose for what depends
// on what. Each entry is a line
//
//     3362; 2606 16394 FK CONSTRAINT public b b_a_fkey postgres
//
// of its number, its catalog's and its object's, then its kind (before any name, and names have no
// line ends here), and may be followed by a line ";\tdepends on: 3214 215".
//
//     CLEAN(postgres_list_destroy) postgres_list_t *list = postgres_list_new(text);
//     postgres_list_drop(list, 1, select);
//     CLEAN(memory_free) char *kept = postgres_list_print(list);

#pragma once

#include <stddef.h>

#include "worker/engine/postgres_select.h"

enum postgres_list_kind {
    LIST_OTHER,
    LIST_TABLE,  // a plain or a partitioned one
    LIST_KEY,    // primary, unique or exclusion, but no foreign one
    LIST_INDEX,
    LIST_USER_MAPPING,
};

enum { LIST_RELATIONS = 1259 };  // the catalog's number of tables, indexes, views, sequences

struct postgres_list_entry {
    const char *line;     // without its end
    const char *depends;  // for postgres_list_next; NULL: on nothing, or the list does not tell
    unsigned number, catalog, object;  // 0: it has no object of its own
    enum postgres_list_kind kind;
    int is_dropped;
};

typedef struct postgres_list postgres_list_t;

// Lines that are no entries are passed over.
postgres_list_t *postgres_list_new(const char *text);
void postgres_list_destroy(postgres_list_t **self_p);

size_t postgres_list_count(const postgres_list_t *self);
const struct postgres_list_entry *postgres_list_at(const postgres_list_t *self, size_t index);

// The entry with this number; NULL: there is none.
const struct postgres_list_entry *postgres_list_find(const postgres_list_t *self, unsigned number);

// Takes the next number from `depends`; 0: there is none left.
int postgres_list_next(const char **depends, unsigned *number);

// Drops what is not to be restored: user mappings, and what `select` (may be NULL) leaves out. What
// has no object of its own (a comment, a grant) goes with what it depends on.
void postgres_list_drop(postgres_list_t *self, int without_mappings,
                        const postgres_select_t *select);

// The entries that were not dropped, as pg_restore --use-list takes them. The caller's.
char *postgres_list_print(const postgres_list_t *self);
