#include "worker/engine/postgres_dump.h"

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_contents.h"
#include "worker/engine/postgres_dump_run.h"
#include "worker/engine/postgres_properties.h"
#include "worker/engine/postgres_script.h"
#include "worker/engine/postgres_snapshot.h"

static void
release(struct postgres_snapshot *snapshot)
{
    postgres_snapshot_release(snapshot);
}

int
postgres_dump_odd_names(const struct postgres_dump *self, postgres_t *postgres,
                        const struct postgres_databases *databases, struct error *error)
{
    for (size_t index = 0; index < databases->count; index++) {
        const struct postgres_database *each = &databases->list[index];
        if (!each->is_odd || each->why_not || each->is_given || each->is_left_out)
            continue;
        CLEAN(postgres_script_destroy) postgres_script_t *script = postgres_script_new();
        postgres_script_add_head(script);
        if (postgres_properties_add_create(postgres, each->name, script, error))
            return -1;
        postgres_script_add(script, ";\n");
        if (postgres_properties_add(postgres, each->name, script, error))
            return -1;
        struct file_facts facts = {
            .role = "data", .object = each->name, .loader = "psql", .load_into = "postgres"};
        if (self->sink->put_text(self->sink->self, &facts, postgres_script_text(script),
                                 postgres_script_size(script), error))
            return -1;
    }
    return 0;
}

int
postgres_dump_database(const struct postgres_dump *self, const struct postgres_database *database,
                       struct error *error)
{
    CLEAN(release) struct postgres_snapshot snapshot = {0};
    CLEAN(postgres_select_destroy) postgres_select_t *select = NULL;
    struct postgres_contents contents = {0};
    if (postgres_snapshot_take(&snapshot, self->server, database->name, error))
        return -1;
    if (postgres_contents_read(&contents, snapshot.keeper, error) ||
        postgres_select_open(&select, snapshot.keeper, database->name, self->exclusions, error))
        return error_wrap(error, "database '%s'", database->name);
    contents.tables -= postgres_select_left_out(select);
    postgres_contents_report(&contents, self->sink, self->options, database->name, &snapshot);
    struct postgres_dump_run run = {.server = self->server,
                                    .tool = self->tool,
                                    .sink = self->sink,
                                    .database = database->name,
                                    .create = !database->is_given && !database->is_odd,
                                    .snapshot = &snapshot,
                                    .select = select,
                                    .options = self->options,
                                    .without_mappings =
                                        postgres_contents_must_hide(&contents, self->options)};
    int is_in_parts = run.without_mappings || postgres_select_is_filter(select);
    int result = is_in_parts ? postgres_dump_run_in_parts(&run, error)
                             : postgres_dump_run_whole(&run, error);
    if (result)
        return error_wrap(error, "cannot dump database '%s'", database->name);
    return 0;
}
