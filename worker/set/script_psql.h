// The parts of restore.sh that load files by psql. Part of the set's script; nobody else uses it.
//
// Each file goes through a psql of its own, so that what fails is told by files. Where psql is
// Debian's script, which looks for a server of this host and for the newest psql each time, and the
// server is named, that psql is called without it.

#pragma once

#include <stdio.h>

#include "worker/set/manifest.h"

void script_psql_functions(FILE *file);

// Looks for psql.
void script_psql_find(FILE *file);

// The call that loads a file.
void script_psql_load(FILE *file, const struct manifest *manifest, size_t index);

// As text for printf's %b in single quotes: a connection string that names the database.
void script_psql_print_database(FILE *file, const char *name);

// Apostrophes and backslashes each behind another character; the caller's, to be given to free().
char *script_psql_escape(const char *text, char before_apostrophe);
