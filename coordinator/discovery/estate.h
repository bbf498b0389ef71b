// The estate: every database that the catalog knows, by its number and by what its provider calls
// it, and the scopes that they are in. Takes in what a discovery found and says what changed and
// what happened. No I/O, no clock.

#pragma once

#include <stdint.h>

#include "coordinator/discovery/finding.h"
#include "coordinator/discovery/scopes.h"
#include "coordinator/record.h"

enum { ESTATE_SEEN_STEP_MS = 3600000 };  // last_seen is written no more often than this

typedef struct estate estate_t;

// What happened to a database, or to a scope (database_id 0). Kinds: "appeared", "recreated" (under
// the name of one that is gone), "changed", "renamed", "gone", "back", "stale", "fresh"; "scope
// failed", "scope answers", "scope unlisted", "scope excluded".
struct estate_event {
    int64_t database_id;
    const char *provider, *account, *region;
    const char *kind;
    const char *message;  // for a person
};

// What the catalog is to be told. An unchanged estate tells nothing but `seen`, once an hour for
// each database. An event comes after what it is about.
struct estate_listener {
    void (*put)(void *context, const struct database *database);
    void (*seen)(void *context, const struct database *database);
    void (*stale)(void *context, const struct database *database);
    void (*gone)(void *context, const struct database *database);
    void (*scope)(void *context, const struct scope *scope);
    void (*event)(void *context, const struct estate_event *event);
    void *context;
};

estate_t *estate_new(int64_t next_id);
void estate_destroy(estate_t **self_p);

// Takes a record over, as it was loaded from the catalog.
void estate_load(estate_t *self, struct database **database_p);

// Takes in what was found, and takes records out of it. A database that was not listed is gone only
// if its own account and region answered; else it is stale: it keeps its last known state. A record
// is never removed: jobs may hold it. Counts in found->providers.
void estate_merge(estate_t *self, struct finding_list *found, int64_t unix_ms,
                  const struct estate_listener *listener);

struct database *estate_find(estate_t *self, int64_t id);
struct database *estate_first(estate_t *self);
struct database *estate_next(estate_t *self);
size_t estate_count(estate_t *self);

scopes_t *estate_scopes(estate_t *self);  // lent
