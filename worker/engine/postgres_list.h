// The list of an archive as `pg_restore --list --verbose` writes it, with lines taken out that are
// not to be restored. Each entry is a line
//
//     3362; 2606 16394 FK CONSTRAINT public b b_a_fkey postgres
//
// of its number, its catalog's and its object's (before any name, and names have no line ends
// here), and may be followed by a line ";\tdepends on: 3214 215". What has no object of its own (a
// comment, a grant) goes with what it depends on.

#pragma once

#include "worker/engine/postgres_select.h"

// Takes the list apart. `select` may be NULL. The caller's.
char *postgres_list_filter(char *list, int without_mappings, const postgres_select_t *select);
