// Selectors on the command line: words `key=pattern`.

#pragma once

#include "common/error.h"
#include "common/options.h"
#include "coordinator/cli/client.h"

// All arguments from number `first` on. ERROR_CONFIG if one of them is no key=pattern. The terms
// must be given to terms_clear.
int terms_parse(struct client_terms *terms, const options_t *options, size_t first,
                struct error *error);

void terms_add(struct client_terms *terms, const char *key, const char *pattern);
void terms_clear(struct client_terms *terms);

// The terms `key=<number>` alone.
void terms_of_number(struct client_terms *terms, const char *key, uint64_t number);

// A point in time in UTC, "2026-11-25" or "2026-11-25 22:00:00". ERROR_CONFIG: "--<option> is ...".
int terms_time(const char *text, const char *option, int64_t *unix_ms, struct error *error);

// A number from 1 on. ERROR_CONFIG: "'x' is not the number of a <what>".
int terms_number(const char *text, const char *what, uint64_t *number, struct error *error);
