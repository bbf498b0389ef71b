// Whether one database can match two policies' criteria: found by making up such a database. What
// is found is certain, for the database is held against both; if none is found, the criteria share
// none or it is too hard to tell (exclusions, brackets in patterns, more alternatives than are
// looked at). No I/O.

#pragma once

#include "coordinator/criteria.h"

// Returns 1 and the database (the caller's), or 0. What is looked at takes from `tries`, whose unit
// is about a quarter of a microsecond's work; without any left nothing is found.
int overlap_find(const struct criteria *first, const struct criteria *second, size_t *tries,
                 struct database **database);

// What both patterns match, as short as can be. Returns 1, or 0 if nothing was found.
enum { OVERLAP_TEXT_SIZE = 2 * CRITERIA_PATTERN_MAX + 2 };
int overlap_text(const char *first, const char *second, char text[OVERLAP_TEXT_SIZE]);
