// The catalog's reader: an actor that answers lists, so that a long one delays no commit. It opens
// a catalog of its own when it is first asked, and again after an error.

#pragma once

#include <stdint.h>

#include "common/error.h"
#include "coordinator/catalog/catalog.h"

enum { CATALOG_READER_WAITING_MAX = 256 };

typedef struct catalog_reader catalog_reader_t;

// `access` (may be NULL) must outlive it.
catalog_reader_t *catalog_reader_new(const char *url, const struct catalog_access *access);
// Lets a list under way end; what waits behind it is dropped.
void catalog_reader_destroy(catalog_reader_t **self_p);

void *catalog_reader_handle(catalog_reader_t *self);  // for zmq_poll

// Asks for a list; all of the query is copied. At most 256 wait (ERROR_UNAVAILABLE beyond).
int catalog_reader_ask(catalog_reader_t *self, uint64_t tag, const struct query *query,
                       struct error *error);

// Takes one answer when the handle is readable (waits if it is not; something must have been
// asked): its tag, and the table or the error. *table and *cursor are the caller's.
int catalog_reader_take(catalog_reader_t *self, uint64_t *tag, table_t **table, char **cursor,
                        struct error *error);
