// RESTORE.txt: what a set tells people. Part of the set's writer.

#pragma once

#include "worker/set/manifest.h"

// The caller's, to be given to free(). It goes by the manifest's files, their sizes, and what was
// left out. Names of objects may hold anything; all that is shown was cleaned (text_clean) before.
char *script_text_print(const struct manifest *manifest);
