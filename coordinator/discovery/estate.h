// The estate: every database that the catalog knows, by its number and by what its provider calls
// it. Takes in what a discovery found and says what changed. No I/O, no clock.

#pragma once

#include <stdint.h>

#include "coordinator/record.h"

enum { ESTATE_SEEN_STEP_MS = 3600000 };  // last_seen is written no more often than this

typedef struct estate estate_t;

// What a discovery brought: the databases of providers that answered, and who did not.
struct finding_list {
    struct database **databases;
    size_t count, capacity;
    char **providers;  // that answered in full: what they no longer list is gone
    size_t provider_count;
    char **failures;  // sentences
    size_t failure_count;
};

struct finding_list *finding_list_new(void);
void finding_list_destroy(struct finding_list **self_p);
void finding_list_add(struct finding_list *self, const struct database *database);  // copies
void finding_list_answered(struct finding_list *self, const char *provider);
void finding_list_failed(struct finding_list *self, const char *sentence);

estate_t *estate_new(int64_t next_id);
void estate_destroy(estate_t **self_p);

// Takes a record over, as it was loaded from the catalog.
void estate_load(estate_t *self, struct database **database_p);

// Takes in what was found. Calls `changed` for each record that the catalog must be told of; `gone`
// is not 0 if its provider no longer lists it. A record is never removed: jobs may hold it.
void estate_merge(estate_t *self, const struct finding_list *found, int64_t unix_ms,
                  void (*changed)(void *context, const struct database *database, int gone),
                  void *context);

struct database *estate_find(estate_t *self, int64_t id);
struct database *estate_first(estate_t *self);
struct database *estate_next(estate_t *self);
size_t estate_count(estate_t *self);
