// The parts of restore.sh that load files side by side. Part of the set's script; nobody else uses
// it.
//
// Files of group "data" that stand together, or of group "indexes", become parts of a shell
// function `part NUMBER`, and in_parallel loads them RESTORE_JOBS at once: files of rows the
// largest first, others in their order.

#pragma once

#include <stdio.h>

#include "worker/set/manifest.h"

// How one file is loaded: a line of shell, or more.
typedef void(script_print_load)(FILE *file, const struct manifest *manifest, size_t index);

// The functions that this needs; nothing if no files are loaded side by side.
void script_parallel_functions(FILE *file, const struct manifest *manifest);

// The end of the files that are loaded side by side from `first` on; `first` itself: it is none of
// these.
size_t script_parallel_end(const struct manifest *manifest, size_t first);

// Files `first` to before `end`.
void script_parallel_print(FILE *file, const struct manifest *manifest, size_t first, size_t end,
                           script_print_load *print_load);
