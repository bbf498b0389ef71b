// The parts of restore.sh that count rows: in the end the rows of each table that a reader of ours
// wrote are counted in the target, by as many clients as load files, and held against the manifest.
// That shows what the answers to the single loads do not: a file that was loaded twice, a trigger
// or a rule that took rows elsewhere, a later step that deleted some. Part of the set's script;
// nobody else uses it.

#pragma once

#include <stdio.h>

#include "worker/set/manifest.h"

struct script_count {
    const struct manifest_table *table;
    uint64_t rows;  // of all its parts
};

// Nothing if the manifest has no rows of ours.
void script_count_functions(FILE *file, const struct manifest *manifest);
void script_count_print(FILE *file, const struct manifest *manifest);

// How a table is shown to people, clean (text_clean); the caller's, to be given to free().
char *script_count_shown(const struct manifest_table *table);
