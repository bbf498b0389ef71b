// Which databases: terms of key and shell pattern (fnmatch, case-insensitive), all of which must
// hold. Keys: name, id (the resource id), engine, account, region, provider, host, tag.<key>, and
// `database` (the catalog's number). A tag that a database does not have matches nothing, not even
// `*`; an empty pattern matches the empty text.
//
//     dbhaul backup name=shop-* region=eu-* tag.env=prod

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "coordinator/record.h"

enum { SELECTOR_TERMS_MAX = 32, SELECTOR_PATTERN_MAX = 256 };

typedef struct selector selector_t;

selector_t *selector_new(void);  // matches everything
selector_t *selector_copy(const selector_t *self);
void selector_destroy(selector_t **self_p);

// ERROR_CONFIG for an unknown key (the message lists them), too many terms or too long a pattern or
// key (in bytes).
int selector_add(selector_t *self, const char *key, const char *pattern, struct error *error);

int selector_matches(const selector_t *self, const struct database *database);

// Whether something in this part of an estate may match: of the terms only those about provider,
// account and region count, and of these not those about what is "" here, which is not known.
int selector_may_match(const selector_t *self, const char *provider, const char *account,
                       const char *region);

size_t selector_count(const selector_t *self);

// "name=shop-* region=eu-*"; the caller's.
char *selector_text(const selector_t *self);
