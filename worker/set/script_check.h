// The part of restore.sh that checks the files' digests before anything is loaded, as many files at
// once as are loaded, and makes the folder $notes. Part of the set's script; nobody else uses it.

#pragma once

#include <stdio.h>

#include "worker/set/manifest.h"

// The functions that this needs.
void script_check_functions(FILE *file, const struct manifest *manifest);

// The check itself.
void script_check_print(FILE *file, const struct manifest *manifest);
