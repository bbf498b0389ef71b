// The catalog's writer: an actor, so that the server's loop never waits for a disk. It owns the
// leader's catalog and applies one batch at a time; while one is under way the server gathers the
// next (group commit). Lists are the reader's (reader.h).
//
//     catalog_writer_t *writer = catalog_writer_new(&catalog);
//     catalog_writer_apply(writer, &batch);
//     ... when catalog_writer_handle(writer) is readable:
//     if (catalog_writer_take(writer, &batch, &error)) log, and apply the batch again later

#pragma once

#include "common/error.h"
#include "coordinator/catalog/catalog.h"
#include "coordinator/catalog/reader.h"

typedef struct catalog_writer catalog_writer_t;

// Takes the catalog over (loading must be done before).
catalog_writer_t *catalog_writer_new(catalog_t **catalog_p);
void catalog_writer_destroy(catalog_writer_t **self_p);  // lets a batch under way end

void *catalog_writer_handle(catalog_writer_t *self);  // for zmq_poll

// Gives a batch away. One at a time (assert).
void catalog_writer_apply(catalog_writer_t *self, batch_t **batch_p);

// Takes the batch back when the handle is readable (waits if it is not). Returns 0, or -1 with the
// error of apply; *batch_p is given back in both cases (a failed one to be applied again).
int catalog_writer_take(catalog_writer_t *self, batch_t **batch_p, struct error *error);
