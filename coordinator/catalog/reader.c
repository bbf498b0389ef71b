#include "coordinator/catalog/reader.h"

#include <assert.h>
#include <czmq.h>

#include "common/clean.h"
#include "common/memory.h"

// Crosses the pipe, given away: there with the question, back with the answer.
struct request {
    uint64_t tag;
    char *name, *state, *cursor;
    selector_t *selector;
    int64_t run_id, job_id, set_id, since_ms, now_ms;
    int64_t from_ms, until_ms;
    int filters;
    size_t limit;
    // the answer
    int result;
    struct error error;
    table_t *table;
    char *next;
};

// What the actor is born with.
struct birth {
    char *url;
    const struct catalog_access *access;
};

struct catalog_reader {
    zactor_t *actor;
    zlistx_t *waiting;  // of requests, behind the one under way
    int is_busy;
};

static void
request_destroy(struct request **self_p)
{
    struct request *self = *self_p;
    if (!self)
        return;
    free(self->name);
    free(self->state);
    free(self->cursor);
    free(self->next);
    selector_destroy(&self->selector);
    table_destroy(&self->table);
    free(self);
    *self_p = NULL;
}

static void
destroy_waiting(void **item_p)
{
    struct request *request = *item_p;
    request_destroy(&request);
    *item_p = NULL;
}

// ---- in the actor

static int
answer(catalog_t *catalog, struct request *request)
{
    struct query query = {
        .name = request->name,
        .selector = request->selector,
        .run_id = request->run_id,
        .job_id = request->job_id,
        .set_id = request->set_id,
        .from_ms = request->from_ms,
        .until_ms = request->until_ms,
        .state = request->state,
        .filters = request->filters,
        .since_ms = request->since_ms,
        .now_ms = request->now_ms,
        .cursor = request->cursor,
        .limit = request->limit,
    };
    return catalog_query(catalog, &query, &request->table, &request->next, &request->error);
}

// Whether the error says something of the question and nothing of the catalog.
static int
is_harmless(enum error_code code)
{
    return code == ERROR_INVALID || code == ERROR_NOT_FOUND;
}

static void
run(zsock_t *pipe, void *argument)
{
    CLEAN(memory_free) struct birth *birth = argument;
    CLEAN(memory_free) char *url = birth->url;
    CLEAN(catalog_destroy) catalog_t *catalog = NULL;
    zsock_signal(pipe, 0);
    for (;;) {
        CLEAN(zstr_free) char *command = NULL;
        struct request *request = NULL;
        if (zsock_recv(pipe, "sp", &command, &request)) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (!request)  // $TERM
            return;
        if (!catalog)
            request->result = catalog_open_reader(&catalog, url, birth->access, &request->error);
        if (request->result == 0)
            request->result = answer(catalog, request);
        if (request->result && !is_harmless(request->error.code))
            catalog_destroy(&catalog);
        if (zsock_send(pipe, "sp", "ANSWER", request))
            request_destroy(&request);
    }
}

// ---- in the loop

catalog_reader_t *
catalog_reader_new(const char *url, const struct catalog_access *access)
{
    catalog_reader_t *self = memory_get(sizeof *self);
    self->waiting = zlistx_new();
    if (!self->waiting)
        abort();
    zlistx_set_destructor(self->waiting, destroy_waiting);
    struct birth *birth = memory_get(sizeof *birth);
    *birth = (struct birth){.url = memory_copy_text(url), .access = access};
    self->actor = zactor_new(run, birth);
    if (!self->actor)
        abort();
    return self;
}

static struct request *
take(catalog_reader_t *self)
{
    assert(self->is_busy);
    CLEAN(zstr_free) char *command = NULL;
    struct request *request = NULL;
    while (zsock_recv(self->actor, "sp", &command, &request)) {
        if (errno != EINTR)
            abort();
    }
    self->is_busy = 0;
    return request;
}

static void
give(catalog_reader_t *self, struct request *request)
{
    if (zsock_send(self->actor, "sp", "QUERY", request))
        abort();
    self->is_busy = 1;
}

void
catalog_reader_destroy(catalog_reader_t **self_p)
{
    catalog_reader_t *self = *self_p;
    if (!self)
        return;
    zlistx_destroy(&self->waiting);
    if (self->is_busy) {
        struct request *request = take(self);
        request_destroy(&request);
    }
    zactor_destroy(&self->actor);
    free(self);
    *self_p = NULL;
}

void *
catalog_reader_handle(catalog_reader_t *self)
{
    return zsock_resolve(self->actor);
}

int
catalog_reader_ask(catalog_reader_t *self, uint64_t tag, const struct query *query,
                   struct error *error)
{
    if (zlistx_size(self->waiting) + (size_t)self->is_busy >= CATALOG_READER_WAITING_MAX)
        return error_set(error, ERROR_UNAVAILABLE, "%d lists wait already: ask again later",
                         CATALOG_READER_WAITING_MAX);
    struct request *request = memory_get(sizeof *request);
    request->tag = tag;
    request->name = memory_copy_text(query->name);
    request->state = memory_copy_text(query->state);
    request->cursor = memory_copy_text(query->cursor);
    request->selector = query->selector ? selector_copy(query->selector) : NULL;
    request->run_id = query->run_id;
    request->job_id = query->job_id;
    request->set_id = query->set_id;
    request->from_ms = query->from_ms;
    request->until_ms = query->until_ms;
    request->filters = query->filters;
    request->since_ms = query->since_ms;
    request->now_ms = query->now_ms;
    request->limit = query->limit;
    if (!self->is_busy)
        give(self, request);
    else if (!zlistx_add_end(self->waiting, request))
        abort();
    return 0;
}

int
catalog_reader_take(catalog_reader_t *self, uint64_t *tag, table_t **table, char **cursor,
                    struct error *error)
{
    CLEAN(request_destroy) struct request *request = take(self);
    struct request *next = zlistx_detach(self->waiting, NULL);
    if (next)
        give(self, next);
    *tag = request->tag;
    if (request->result) {
        *error = request->error;
        return -1;
    }
    *table = STEAL(request->table);
    *cursor = STEAL(request->next);
    return 0;
}
