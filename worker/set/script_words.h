// How RESTORE.txt and restore.sh name what is in a set, for people. Part of the set's script;
// nobody else uses it. All texts are clean (text_clean) and the caller's.

#pragma once

#include "worker/set/manifest.h"

// NULL is "".
char *script_words_clean(const char *name);

// "schema shop"
char *script_words_of_file(const struct manifest_file *file);

// "table log_1 of shop", or "12 tables of shop"
char *script_words_of_exclusion(const struct manifest_exclusion *exclusion);
