// Sweeps: one job a database, which has its store's folder for itself while no other job of the
// database runs. What the catalog knows is kept; all else is listed, and what was never finished is
// removed if asked.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/plan.h"
#include "coordinator/server_state.h"

static void
destroy_names(void **names_p)
{
    zlistx_destroy((zlistx_t **)names_p);
}

static void
destroy_name(void **name_p)
{
    memory_free(name_p);
}

static zlistx_t *
names_of(struct question *question, int64_t database_id)
{
    char key[24];
    snprintf(key, sizeof key, "%" PRId64, database_id);
    if (!question->kept) {
        question->kept = zhashx_new();
        zhashx_set_destructor(question->kept, destroy_names);
    }
    zlistx_t *names = zhashx_lookup(question->kept, key);
    if (!names) {
        names = zlistx_new();
        zlistx_set_destructor(names, destroy_name);
        zhashx_insert(question->kept, key, names);
    }
    return names;
}

int
server_gather_sets(struct question *question, const table_t *sets, struct error *error)
{
    const char *store = question->ask->ask->submit->sweep->store;
    for (size_t row = 0; row < table_rows(sets); row++) {
        struct plan_set set;
        if (plan_read_set(sets, row, &set, error))
            return -1;
        const char *name = strrchr(set.path, '/');
        if (strcmp(set.store, store) == 0 && name)
            zlistx_add_end(names_of(question, set.database_id), memory_copy_text(name + 1));
    }
    return 0;
}

static int
sweep_database(struct server *self, struct run *run, struct question *question,
               const struct database *database, struct error *error)
{
    zlistx_t *names = names_of(question, database->id);
    CLEAN(memory_free) char **kept = memory_get((zlistx_size(names) + 1) * sizeof *kept);
    size_t count = 0;
    for (char *name = zlistx_first(names); name; name = zlistx_next(names))
        kept[count++] = name;
    char folder[PLAN_PATH_SIZE];
    plan_folder(self->folder, database->id, folder);
    CLEAN(memory_free) uint8_t *task = NULL;
    size_t size = 0;
    if (plan_sweep(self->settings, question->ask->ask->submit->sweep, folder, kept, count, &task,
                   &size, error))
        return -1;
    return server_add_job(self, run, NULL, database, 0, task, size, error);
}

int64_t
server_start_sweep(struct server *self, struct question *question, struct error *error)
{
    const Wire__SubmitSweep *wish = question->ask->ask->submit->sweep;
    size_t count = 0;
    CLEAN(memory_free)
    struct database **databases =
        server_select(self, wish->selector, wish->n_selector, &count, error);
    if (!databases)
        return -1;
    CLEAN(memory_free) char *words = server_words(wish->selector, wish->n_selector);
    struct run *run = server_begin_run(self, JOB_SWEEP, NULL, words, question->peer.principal, "");
    int64_t run_id = run->id;
    for (size_t index = 0; index < count; index++) {
        if (sweep_database(self, run, question, databases[index], error))
            log_error("run %" PRId64 ", sweep of '%s': %s", run_id, databases[index]->name,
                      error->message);
    }
    log_info("run %" PRId64 " begins: sweep of %" PRId64 " databases in '%s', by %s", run_id,
             run->jobs, wish->store, run->requested_by);
    server_end_run_if_done(self, run_id);
    return run_id;
}
