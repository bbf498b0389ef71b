// Criteria: which databases a policy is for. All that stands in one mapping must hold; of a list,
// one pattern is enough; `and` (all of), `or` (one of) and `not` (none of) hold mappings in turn.
// Patterns are as the selector's: fnmatch, case-insensitive. A tag that a database does not have
// matches nothing, not even `*`.
//
//     select:
//       engine: [mysql, mariadb]
//       tag: {env: prod}
//       or: [{region: [eu-*]}, {account: ["123456789012"]}]
//       not: [{name: ["*-test"]}]
//
// How specific criteria are decides between policies. For each of these, in this order, they say
// something: resource id, name or host, tags, region, account, engine, provider, exclusions. What
// stands earlier decides before what stands later: a plain text is more than a pattern with
// wildcards, which is more than nothing (and `*` is nothing); more tags are more than fewer; an
// exclusion is more than none. Of a list the least specific pattern counts, of `or` the least
// specific mapping; `and` counts as if it stood in the mapping itself.

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/json.h"
#include "coordinator/record.h"

enum criteria_key {
    CRITERIA_ID,
    CRITERIA_NAME,
    CRITERIA_HOST,
    CRITERIA_REGION,
    CRITERIA_ACCOUNT,
    CRITERIA_ENGINE,
    CRITERIA_PROVIDER,
    CRITERIA_KEYS,
};

enum criteria_nest { CRITERIA_AND, CRITERIA_OR, CRITERIA_NOT, CRITERIA_NESTS };

enum { CRITERIA_PATTERN_MAX = 256, CRITERIA_REASON_SIZE = 256 };

struct criteria_tag {
    char *key, *pattern;
};

struct criteria {
    char **patterns[CRITERIA_KEYS];
    size_t pattern_counts[CRITERIA_KEYS];
    struct criteria_tag *tags;
    size_t tag_count;
    struct criteria **nested[CRITERIA_NESTS];
    size_t nested_counts[CRITERIA_NESTS];
};

struct criteria *criteria_new(void);  // matches everything
void criteria_destroy(struct criteria **self_p);
void criteria_add_pattern(struct criteria *self, enum criteria_key key, const char *pattern);
void criteria_add_tag(struct criteria *self, const char *key, const char *pattern);
struct criteria *criteria_add_nested(struct criteria *self, enum criteria_nest nest);

// A database with its tags, read once for many criteria. Both are lent.
struct criteria_subject {
    const struct database *database;
    json_t *tags;  // an object of texts; NULL if the database has none that can be read
};

void criteria_subject_open(struct criteria_subject *self, const struct database *database);
void criteria_subject_close(struct criteria_subject *self);

int criteria_match(const struct criteria *self, const struct criteria_subject *subject);

// Why they do not match, for people: "its engine is 'mysql', not 'postgres'".
void criteria_why_not(const struct criteria *self, const struct criteria_subject *subject,
                      char reason[CRITERIA_REASON_SIZE]);

// The larger the more specific.
uint64_t criteria_specificity(const struct criteria *self);

// What decides between two that differ: "the region".
const char *criteria_difference(uint64_t specificity, uint64_t other);

// The same text for the same criteria, in whatever order they were written.
void criteria_print(const struct criteria *self, FILE *stream);

const char *criteria_key_name(enum criteria_key key);     // "region"
const char *criteria_nest_name(enum criteria_nest nest);  // "and"

// The field of a record that a key looks at.
char **criteria_field(struct database *database, enum criteria_key key);
