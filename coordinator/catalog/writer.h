// The catalog's writer and reader: two actors, so that the server's loop never waits for a disk.
// The writer owns the leader's catalog and applies one batch at a time; while one is under way the
// server gathers the next (group commit). The reader answers lists.

#pragma once

#include "common/error.h"
#include "coordinator/catalog/catalog.h"

typedef struct catalog_writer catalog_writer_t;

// Takes the catalog over (loading must be done before).
catalog_writer_t *catalog_writer_new(catalog_t **catalog_p);
void catalog_writer_destroy(catalog_writer_t **self_p);  // lets a batch under way end

void *catalog_writer_handle(catalog_writer_t *self);  // for zmq_poll

// Gives a batch away. One at a time (assert).
void catalog_writer_apply(catalog_writer_t *self, batch_t **batch_p);

// Takes the batch back when the handle is readable. Returns 0, or -1 with the error of apply;
// *batch is given back in both cases (a failed one to be applied again).
int catalog_writer_take(catalog_writer_t *self, batch_t **batch_p, struct error *error);

typedef struct catalog_reader catalog_reader_t;

// Opens its own catalog in the actor, again after an error.
catalog_reader_t *catalog_reader_new(const char *url);
void catalog_reader_destroy(catalog_reader_t **self_p);
void *catalog_reader_handle(catalog_reader_t *self);

// Asks for a list; all of the query is copied. At most 256 wait (ERROR_UNAVAILABLE beyond).
int catalog_reader_ask(catalog_reader_t *self, uint64_t tag, const struct query *query,
                       struct error *error);

// Takes one answer when the handle is readable: its tag, and the table or the error.
int catalog_reader_take(catalog_reader_t *self, uint64_t *tag, table_t **table, char **cursor,
                        struct error *error);
