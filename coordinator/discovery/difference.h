// What differs between two records of one database: for events. No I/O, no clock.

#pragma once

#include "coordinator/record.h"

// Whether a provider says the same of both.
int difference_is_none(const struct database *before, const struct database *after);

// "state: available -> stopped; version: 8.0.35 -> 8.0.36"; long texts are cut. The name comes
// first, as "old -> new"; what only follows from a new name (long_name) is not told. The caller's.
char *difference_text(const struct database *before, const struct database *after);

// Whether two messages say the same but for numbers in them (times, attempts).
int difference_is_wording(const char *before, const char *after);

// In place: identifiers of requests and other long words that are new each time become "...", and
// what is no text becomes '?'.
void difference_steady(char *message);
