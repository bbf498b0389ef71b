// What a policy's selection comes to at one server: asks it for all that the server lists, keeps
// what it leaves out by which rule, and which patterns fit nothing; for the manifest, the verdict
// and a check. For engines; one object a backup.
//
//     CLEAN(exclusions_destroy) exclusions_t *exclusions =
//         exclusions_new(options->selection, NAMES_AS_THEY_ARE);
//     switch (exclusions_ask(exclusions, "table", &name)) { ... }   // once for each that is listed
//     exclusions_add(exclusions, "view", &view, "it reads `shop`.`log`, which is left out");
//     if (exclusions_tell(exclusions, sink, error))                 // once, after all were asked
//         return -1;
//
// A set must be loadable by its own script. So an engine asks for everything first, then leaves out
// what cannot be made without what is gone (views, foreign keys ...) and says so by exclusions_add.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "worker/engine/engine.h"
#include "worker/engine/selection.h"

typedef struct exclusions exclusions_t;

// `selection` must outlive it; NULL wants everything.
exclusions_t *exclusions_new(const selection_t *selection, enum name_case name_case);
void exclusions_destroy(exclusions_t **self_p);

// Is there anything to ask? 0: all is wanted, and asking costs nothing.
int exclusions_are_asked(const exclusions_t *self);

// Asks for a schema (`table` NULL) or a table, and keeps the answer. `kind` is what it is, for
// people: "schema", "database", "table", "view". Ask for a schema before its tables; the tables of
// one that is left out need not be asked for, and are not counted. name->name_case is the object's
// own business.
enum selection_verdict exclusions_ask(exclusions_t *self, const char *kind,
                                      const struct selection_name *name);

// The two halves of it, for who may know better in between: asks and counts what fits; keeps.
struct selection_answer exclusions_judge(exclusions_t *self, const struct selection_name *name);
void exclusions_keep(exclusions_t *self, const char *kind, const struct selection_name *name,
                     const struct selection_answer *answer);

// The answer, with its rule, without keeping or counting anything.
struct selection_answer exclusions_peek(const exclusions_t *self,
                                        const struct selection_name *name);

// Something that goes although no rule says so, and why. `name->table` may be what people call it.
void exclusions_add(exclusions_t *self, const char *kind, const struct selection_name *name,
                    const char *why);

// Gives the sink each rule with the number of what it fits, and what is left out; beyond
// EXCLUSIONS_TOLD_MAX in numbers by schema and reason. ERROR_CONFIG, after telling, if an
// include list fits nothing, or nothing is wanted: a set of nothing protects nobody.
enum { EXCLUSIONS_TOLD_MAX = 5000 };
int exclusions_tell(const exclusions_t *self, const struct sink *sink, struct error *error);

// What exclusions_tell fails of, by what was asked so far.
int exclusions_check(const exclusions_t *self, struct error *error);

// The same for a check: sums with examples, patterns that fit nothing, and what would fail.
void exclusions_find(const exclusions_t *self, findings_t *findings);
