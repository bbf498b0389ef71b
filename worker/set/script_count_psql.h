// How restore.sh counts rows in PostgreSQL. Part of script_count; nobody else uses it.
//
// A psql gets the names as literals and has the server make a statement of each that is there,
// which psql hands back (\gexec): so nothing in a name, or in the condition of an extension's
// table, is ever psql's. Each table is counted without those that inherit from it, as its rows are
// in files of their own. What the user of the restore may not read, or sees only in part (row-level
// security), is said and not counted.

#pragma once

#include "worker/set/script_count.h"

void script_count_psql_functions(FILE *file);

// One database: all of these are in it.
void script_count_psql_print(FILE *file, const struct script_count *counts, size_t count);
