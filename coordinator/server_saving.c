// The catalog in the stores: after runs that changed it, it is written into each store that was
// used, by a worker that has it, before the snapshot of what the run wrote. That it cannot be is
// told, and holds nothing up for long.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/plan.h"
#include "coordinator/server_sets.h"

#define SAVING_WHO "catalog"  // who asked for its runs

void
server_open_saving(struct server *self)
{
    self->saving.stores = zhashx_new();
}

void
server_close_saving(struct server *self)
{
    zhashx_destroy(&self->saving.stores);
}

void
server_used_store(struct server *self, const char *store)
{
    if (self->settings->saving.is_on && *store)
        zhashx_insert(self->saving.stores, store, self);  // any value but NULL
}

// ---- when

// Snapshots that waited are due now.
static void
release(struct server *self)
{
    if (self->saving.is_held)
        protections_run_ended(self->protections);
    self->saving.is_held = 0;
}

void
server_save_after(struct server *self, const struct run *run)
{
    struct saving *saving = &self->saving;
    if (run->kind == JOB_CATALOG) {
        if (run->id == saving->run_id)
            saving->run_id = 0;
        if (!saving->run_id)
            release(self);
        return;
    }
    if (run->kind == JOB_BACKUP) {
        saving->is_held = 1;
        saving->held_until_ms = self->now_ms + self->settings->saving.limit_ms;
    }
    saving->is_due = zhashx_size(saving->stores) > 0;
}

static int
has_store(const struct worker *worker, const char *store)
{
    const Wire__Ready *ready = worker->hello->ready;
    for (size_t index = 0; index < ready->n_stores; index++) {
        if (strcmp(ready->stores[index]->identity, store) == 0)
            return 1;
    }
    return 0;
}

// A worker of an earlier version cannot fetch the rows.
static int
is_possible(struct server *self, const char *store)
{
    for (struct worker *each = fleet_first(self->fleet); each; each = fleet_next(self->fleet)) {
        if (!each->gone && !each->draining && each->hello->ready->fetches && has_store(each, store))
            return 1;
    }
    return 0;
}

static int
add_store(struct server *self, struct run *run, const char *store, struct error *error)
{
    CLEAN(memory_free) uint8_t *task = NULL;
    size_t size = 0;
    if (plan_save_catalog(self->settings, store, &task, &size, error))
        return -1;
    return server_add_job(self, run, NULL, NULL, 0, task, size, error);
}

// Those of the stores that some worker could write to now.
static zlistx_t *
possible_stores(struct server *self)
{
    zlistx_t *stores = zlistx_new();
    for (void *each = zhashx_first(self->saving.stores); each;
         each = zhashx_next(self->saving.stores)) {
        const char *store = zhashx_cursor(self->saving.stores);
        if (is_possible(self, store))
            zlistx_add_end(stores, memory_copy_text(store));
    }
    return stores;
}

static void
begin(struct server *self, zlistx_t *stores)
{
    struct saving *saving = &self->saving;
    struct run *run = server_begin_run(self, JOB_CATALOG, NULL, "", SAVING_WHO, "");
    int64_t run_id = run->id;
    saving->run_id = run_id;
    saving->began_ms = self->now_ms;
    saving->is_due = 0;
    for (char *store = zlistx_first(stores); store; store = zlistx_next(stores)) {
        struct error error = {0};
        if (add_store(self, run, store, &error))
            log_error("the catalog cannot be saved to '%s': %s", store, error.message);
        zhashx_delete(saving->stores, store);
    }
    server_end_run_if_done(self, run_id);
}

void
server_check_saving(struct server *self)
{
    struct saving *saving = &self->saving;
    int64_t spacing_ms = self->settings->saving.spacing_ms;
    int is_early = saving->began_ms && self->now_ms - saving->began_ms < spacing_ms;
    if (saving->is_due && !saving->run_id && !is_early) {
        zlistx_t *stores = possible_stores(self);
        if (zlistx_size(stores) > 0)
            begin(self, stores);
        for (char *store = zlistx_first(stores); store; store = zlistx_next(stores))
            memory_free(&store);
        zlistx_destroy(&stores);
    }
    if (saving->is_held && (!saving->run_id || self->now_ms >= saving->held_until_ms))
        release(self);
}

int64_t
server_save_catalog(struct server *self, const struct question *question, struct error *error)
{
    const char *store = question->ask->ask->submit->save_catalog->store;
    if (!is_possible(self, store))
        return error_set(error, ERROR_NOT_FOUND,
                         "no worker that is connected has the store '%.200s' and can write the "
                         "catalog there; `dbhaul workers` shows their stores",
                         store);
    struct run *run =
        server_begin_run(self, JOB_CATALOG, NULL, store, question->peer.principal, "");
    int64_t run_id = run->id;
    int failed = add_store(self, run, store, error);
    server_end_run_if_done(self, run_id);
    return failed ? -1 : run_id;
}
