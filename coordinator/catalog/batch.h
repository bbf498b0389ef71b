// A batch: changes to the catalog that go into one transaction.
//
// It is a list of units; a unit is a list of statements (schema.h). A statement that is marked as a
// guard there must change exactly one row; if it does not, nothing of its unit is done and the
// unit's outcome is "refused", while other units go on. The same happens to a unit with a statement
// that the tables' own rules forbid (an id that is there already, a run that is not there).
//
//     batch_unit(batch);
//     batch_add(batch, STATEMENT_JOB_START, "itiii", attempt, worker, now, job, attempt - 1);
//
// Format letters: i int64_t, t const char * (copied, a byte that is no UTF-8 as '?'; NULL is SQL's
// NULL, which no column takes today), b const void * and size_t (copied).

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "coordinator/catalog/schema.h"

enum { BATCH_VALUES_MAX = 40 };

enum value_type { VALUE_NULL, VALUE_INTEGER, VALUE_TEXT, VALUE_BLOB };

struct value {
    enum value_type type;
    int64_t number;
    char *data;  // text (NUL-terminated) or blob
    size_t size;
};

struct change {
    enum statement statement;
    size_t count;
    struct value *values;
};

struct unit {
    struct change *changes;
    size_t count;
    int refused;  // set by apply
};

typedef struct batch batch_t;

batch_t *batch_new(void);
void batch_destroy(batch_t **self_p);

// Begins a unit and returns its number.
size_t batch_unit(batch_t *self);

// Adds to the last unit. The number and types of values are checked against the statement's
// (assert: our own bug).
void batch_add(batch_t *self, enum statement statement, const char *format, ...);

// As batch_add, with the values as such; they are copied.
void batch_add_values(batch_t *self, enum statement statement, const struct value *values,
                      size_t count);

// The number of the batch in an epoch: the next one after *last. It keeps it from try to try, until
// it is settled.
int64_t batch_number(batch_t *self, int64_t epoch, int64_t *last);
void batch_settle(batch_t *self);  // it was applied

size_t batch_count(const batch_t *self);  // of units
struct unit *batch_at(batch_t *self, size_t index);
size_t batch_refused(const batch_t *self);  // units refused, after an apply
