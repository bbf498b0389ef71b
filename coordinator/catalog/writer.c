#include "coordinator/catalog/writer.h"

#include <assert.h>
#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"

enum { KEEP_MS = 10000 };

struct catalog_writer {
    zactor_t *actor;
    int is_busy;
};

// Crosses the pipe, given away: there with the batch, back with the outcome.
struct work {
    batch_t *batch;
    int result;
    struct error error;
};

static void
work_destroy(struct work **self_p)
{
    if (!*self_p)
        return;
    batch_destroy(&(*self_p)->batch);
    free(*self_p);
    *self_p = NULL;
}

// Whoever has nothing to write keeps the lead. What goes wrong here the next batch tells.
static void
keep_until_asked(zsock_t *pipe, catalog_t *catalog)
{
    zmq_pollitem_t item = {.socket = zsock_resolve(pipe), .events = ZMQ_POLLIN};
    while (zmq_poll(&item, 1, KEEP_MS) == 0) {
        struct error ignored = {0};
        (void)catalog_keep(catalog, &ignored);
    }
}

static void
run(zsock_t *pipe, void *argument)
{
    CLEAN(catalog_destroy) catalog_t *catalog = argument;
    zsock_signal(pipe, 0);
    for (;;) {
        keep_until_asked(pipe, catalog);
        CLEAN(zstr_free) char *command = NULL;
        struct work *work = NULL;
        if (zsock_recv(pipe, "sp", &command, &work)) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (!work)  // $TERM
            return;
        work->result = catalog_apply(catalog, work->batch, &work->error);
        if (zsock_send(pipe, "sp", "APPLIED", work))
            work_destroy(&work);
    }
}

catalog_writer_t *
catalog_writer_new(catalog_t **catalog_p)
{
    catalog_writer_t *self = memory_get(sizeof *self);
    self->actor = zactor_new(run, STEAL(*catalog_p));
    if (!self->actor)
        abort();
    return self;
}

static struct work *
take(catalog_writer_t *self)
{
    assert(self->is_busy);
    CLEAN(zstr_free) char *command = NULL;
    struct work *work = NULL;
    while (zsock_recv(self->actor, "sp", &command, &work)) {
        if (errno != EINTR)
            abort();
    }
    self->is_busy = 0;
    return work;
}

void
catalog_writer_destroy(catalog_writer_t **self_p)
{
    catalog_writer_t *self = *self_p;
    if (!self)
        return;
    if (self->is_busy) {
        struct work *work = take(self);
        work_destroy(&work);
    }
    zactor_destroy(&self->actor);
    free(self);
    *self_p = NULL;
}

void *
catalog_writer_handle(catalog_writer_t *self)
{
    return zsock_resolve(self->actor);
}

void
catalog_writer_apply(catalog_writer_t *self, batch_t **batch_p)
{
    assert(!self->is_busy);
    struct work *work = memory_get(sizeof *work);
    work->batch = STEAL(*batch_p);
    if (zsock_send(self->actor, "sp", "APPLY", work))
        abort();
    self->is_busy = 1;
}

int
catalog_writer_take(catalog_writer_t *self, batch_t **batch_p, struct error *error)
{
    CLEAN(work_destroy) struct work *work = take(self);
    *batch_p = STEAL(work->batch);
    if (work->result)
        *error = work->error;
    return work->result;
}
