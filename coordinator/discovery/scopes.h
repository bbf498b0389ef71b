// Every scope that was ever asked, by provider, account and region, and what is known of it. Takes
// in what a discovery found and says what changed. No I/O, no clock.

#pragma once

#include "coordinator/discovery/finding.h"

typedef struct scopes scopes_t;

scopes_t *scopes_new(void);
void scopes_destroy(scopes_t **self_p);

// Takes a record over, as it was loaded from the catalog.
void scopes_load(scopes_t *self, struct scope **scope_p);

// Takes in what was found. Calls `changed` for each record that the catalog must be told of; `kind`
// is what happened ("scope failed" and the like), "" if nothing that anybody would want to know. A
// scope that was not asked although the one around it answers is not listed any more; one around
// which all failed stays as it is.
void scopes_merge(scopes_t *self, const struct finding_list *found, int64_t unix_ms,
                  void (*changed)(void *context, const struct scope *scope, const char *kind),
                  void *context);

// Whether a database that was not listed is gone; else it is only not known. *why says why, lent.
int scopes_is_gone(const scopes_t *self, const struct finding_list *found,
                   const struct database *database, const char **why);

// Whether the account or the provider around the scope does not answer, so that its own state is
// that of an earlier time.
int scopes_is_shadowed(const scopes_t *self, const struct scope *scope);

// In the order of provider, account and region.
struct scope *scopes_first(scopes_t *self);
struct scope *scopes_next(scopes_t *self);
