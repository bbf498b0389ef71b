// What a discovery brings: databases, and for each part of the estate that was asked (a scope)
// whether it answered. Gathered provider by provider:
//
//     finding_list_begin(found, "aws:prod");
//     finding_list_add(found, &database);
//     finding_list_tell(found, SCOPE_ANSWERS, "111122223333", "eu-west-1", "");
//     finding_list_spent(found, requests, elapsed_ms);
//
// Only a scope that answered in full says that a database is gone. No I/O, no clock.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "coordinator/record.h"

enum scope_state {
    SCOPE_ANSWERS,   // all of its databases were listed
    SCOPE_FAILED,    // nothing can be said of them
    SCOPE_UNLISTED,  // its provider does not name it any more, or says that it is not in use
    SCOPE_EXCLUDED,  // the configuration leaves it out
    SCOPE_STATES,
};

// "answers", "failed", "unlisted", "excluded": what struct scope has.
const char *scope_state_name(enum scope_state state);
int scope_is(const struct scope *scope, enum scope_state state);

// A provider that was asked, and what came of it.
struct finding_provider {
    char *name;
    int covers_all;  // it was asked as a whole: what it does not list is gone
    int64_t requests, elapsed_ms;
    int64_t answered, failed;  // scopes
    int64_t databases;         // listed
    int64_t appeared, changed, gone, stale,
        is_stale;  // estate_merge counts; is_stale: all there are
};

struct finding_list {
    struct database **databases;
    struct scope **scopes;  // since_ms is 0
    struct finding_provider *providers;
    size_t count, scope_count, provider_count;
    size_t capacity, scope_capacity;
};

struct finding_list *finding_list_new(void);
void finding_list_destroy(struct finding_list **self_p);

// What follows is of this provider.
void finding_list_begin(struct finding_list *self, const char *provider);

// Adds to what asking the provider cost.
void finding_list_spent(struct finding_list *self, int64_t requests, int64_t elapsed_ms);

void finding_list_add(struct finding_list *self, const struct database *database);  // copies
void finding_list_take(struct finding_list *self, struct database **database_p);

// `region` "" is the account as a whole, `account` "" the region in all accounts, both "" the
// provider. `message` says why it does not answer.
void finding_list_tell(struct finding_list *self, enum scope_state state, const char *account,
                       const char *region, const char *message);

// The provider answered as a whole, whatever the accounts and regions of its databases.
void finding_list_answered(struct finding_list *self);

// The provider failed as a whole: whatever it told is dropped.
void finding_list_failed(struct finding_list *self, const char *message);

// NULL if it was not asked. Lent.
struct finding_provider *finding_list_provider(const struct finding_list *self, const char *name);

// How many scopes failed.
int64_t finding_list_failures(const struct finding_list *self);
