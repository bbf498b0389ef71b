// All policies, and which one a database has. No I/O.
//
// - The policy whose criteria match and are the most specific (criteria.h) has the database. Among
//   equally specific ones the higher `precedence` decides; if that is equal, too, it is a tie. Ties
//   are found when policies are read, by a database made up to match both; where that cannot be
//   told, choosing says so: the database then has no policy until somebody decides.
// - The owner of a database may pick by the tag `dbhaul:policy`: a policy that is `selectable`,
//   which then comes before all criteria, or `none`, to opt out of a policy that allows it. Any
//   other value changes nothing and is told.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/table.h"
#include "coordinator/policy.h"
#include "coordinator/record.h"

#define POLICY_TAG "dbhaul:policy"
#define POLICY_OPT_OUT "none"

enum { POLICIES_MAX = 1000, POLICY_NAME_MAX = 63, POLICY_NOTE_SIZE = 384 };

typedef struct policies policies_t;

policies_t *policies_new(void);
void policies_destroy(policies_t **self_p);
void policies_add(policies_t *self, struct policy **policy_p);  // sealed; takes it over

// What is wanted of workers for databases that have no policy; to be filled in.
struct wanted *policies_placement(policies_t *self);

// What is wanted of workers for a database; its policy may be NULL.
void policies_resolve(const policies_t *self, const struct policy *policy,
                      const struct database *database, struct wanted_found *found);

size_t policies_count(const policies_t *self);
const struct policy *policies_at(const policies_t *self, size_t index);
const struct policy *policies_by_name(const policies_t *self, const char *name);  // NULL if none

// The policies of `before` that are not among these: "'nightly', 'weekly'"; "" = all are. No more
// than ten are named. The caller's.
char *policies_gone(const policies_t *self, const policies_t *before);

// ERROR_CONFIG if one database could match two policies and nothing says which has it; `index` is
// then the later of the two.
int policies_check(const policies_t *self, size_t *index, struct error *error);

enum policy_outcome {
    POLICY_UNMATCHED,
    POLICY_SELECTED,   // by criteria
    POLICY_TAGGED,     // by the owner's tag
    POLICY_OPTED_OUT,  // by the owner's tag; `policy` is the one it would have
    POLICY_TIE,        // `policy` and `other` are equally specific
};

struct policy_choice {
    enum policy_outcome outcome;
    const struct policy *policy, *other;
    char tag[POLICY_NAME_MAX + 1];  // what the owner's tag says, cut short, cleaned; "" = nothing
    char note[POLICY_NOTE_SIZE];    // the whole of it as a sentence
};

void policies_choose(const policies_t *self, const struct database *database,
                     struct policy_choice *choice);

const char *policy_outcome_name(enum policy_outcome outcome);  // "unmatched", "selected", ...

// For a database, columns policy, verdict, reason, worker, retention: in the first row what it has,
// with the outcome's name as the verdict, the note, and which of its sets stay; then each other
// policy with "matches" or "no". The worker is left to who knows workers. The caller's.
table_t *policies_explain(const policies_t *self, const struct database *database);
