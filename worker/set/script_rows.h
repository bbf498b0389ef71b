// The parts of restore.sh that load lines of rows, and how it writes names. Part of the set's
// script; nobody else uses it.
//
// Lines for LOAD DATA are loaded by that statement where the server allows it (local_infile), else
// made into INSERT statements by awk, which is slower and needs nothing but stock tools either.

#pragma once

#include <stdio.h>

#include "worker/set/manifest.h"

// A name as text for printf's %b in single quotes, of plain characters.
void script_print_octal(FILE *file, const char *text);

// `schema`.`name`; the caller's, to be given to free().
char *script_rows_quote(const struct manifest_table *table);

// The functions that this needs; nothing if the manifest has no rows of ours.
void script_rows_functions(FILE *file, const struct manifest *manifest);

// The call that loads a file of lines: arguments up to the client's options.
void script_rows_load_data(FILE *file, const struct manifest *manifest, size_t index);
