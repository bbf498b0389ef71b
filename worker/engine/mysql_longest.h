// The statements that took longer than the policy allows, for the manifest's fact
// "statement_limit": the longest one, and how many more tables had one. Part of mysql_crew.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_tables.h"

struct mysql_longest {
    const struct mysql_table *table;  // NULL: none was too long
    int64_t ms;
    int could_be_cut;  // but gave no row at which to
    size_t others;
};

// Takes note of one that was too long.
void mysql_longest_note(struct mysql_longest *self, const struct mysql_longest *one);

// Tells the sink, if there is something to tell.
void mysql_longest_tell(const struct mysql_longest *self, const struct sink *sink);
