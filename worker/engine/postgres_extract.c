#include "worker/engine/postgres_extract.h"

#include <inttypes.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_contents.h"
#include "worker/engine/postgres_crew.h"
#include "worker/engine/postgres_dump_run.h"
#include "worker/engine/postgres_head.h"
#include "worker/engine/postgres_kept.h"
#include "worker/engine/postgres_lines.h"
#include "worker/engine/postgres_objects.h"
#include "worker/engine/postgres_plan.h"
#include "worker/engine/postgres_point.h"
#include "worker/engine/postgres_select.h"
#include "worker/engine/postgres_sequences.h"

// A database being read.
struct extract {
    const struct postgres_extract *job;
    const struct postgres_database *database;
    struct postgres_point point;
    struct postgres_plan plan;
    struct postgres_contents contents;
    struct postgres_objects objects;
    postgres_select_t *select;
};

static void
extract_clear(struct extract *self)
{
    postgres_plan_clear(&self->plan);
    postgres_select_destroy(&self->select);
    postgres_point_release(&self->point);
}

static struct file_facts
make_facts(const struct extract *self, const char *role, const char *group)
{
    return (struct file_facts){.role = role,
                               .object = self->database->name,
                               .loader = "psql",
                               .load_into = self->database->name,
                               .group = group};
}

static struct postgres_dump_run
make_run(const struct extract *self, const char *group, const struct sink *sink)
{
    return (struct postgres_dump_run){
        .server = self->job->server,
        .tool = self->job->tool,
        .sink = sink,
        .database = self->database->name,
        .create = !self->database->is_given && !self->database->is_odd,
        .without_objects = 1,
        .role = "definitions",
        .group = group,
        .snapshot = &self->point.snapshot,
        .select = self->select,
        .options = self->job->options,
        .without_mappings = postgres_contents_must_hide(&self->contents, self->job->options)};
}

// Tells the sink of each table, so that files can say whose rows they hold.
static void
name_tables(struct extract *self)
{
    const struct sink *sink = self->job->sink;
    for (size_t index = 0; index < self->point.tables.count; index++) {
        struct postgres_table *table = &self->point.tables.list[index];
        struct table_facts facts = {.object = self->database->name,
                                    .schema = table->schema,
                                    .name = table->table,
                                    .key = *table->key ? table->key : NULL};
        table->number = sink->table(sink->self, &facts);
    }
}

static int
add_line(void *lines, const char *text, size_t size, struct error *error)
{
    return postgres_lines_add(lines, text, size, error);
}

static int
write_objects(const struct extract *self, void *file, struct error *error)
{
    CLEAN(postgres_lines_clear) struct postgres_lines lines = {0};
    CLEAN(postgres_script_destroy) postgres_script_t *head = postgres_script_new();
    struct postgres_objects_sink sink = {.self = &lines, .line = add_line};
    postgres_lines_begin(&lines, self->job->sink, file);
    postgres_head_add(head, self->point.encoding);
    if (postgres_lines_add(&lines, postgres_script_text(head), postgres_script_size(head), error) ||
        postgres_objects_define(self->point.snapshot.keeper, &sink, error) ||
        postgres_lines_end(&lines, error))
        return -1;
    return self->job->sink->close(file, error);
}

static int
define_objects(const struct extract *self, struct error *error)
{
    const struct sink *sink = self->job->sink;
    struct file_facts facts = make_facts(self, "large objects", "before");
    void *file = NULL;
    if (self->objects.count == 0)
        return 0;
    if (sink->begin(sink->self, 0, &facts, &file, error))
        return -1;
    if (write_objects(self, file, error)) {
        sink->drop(sink->self, file);
        return -1;
    }
    return sink->end(sink->self, file, NULL, 0, error);
}

static int
set_sequences(const struct extract *self, struct error *error)
{
    const struct sink *sink = self->job->sink;
    struct file_facts facts = make_facts(self, "sequences", "after");
    CLEAN(postgres_script_destroy) postgres_script_t *script = postgres_script_new();
    if (self->point.tables.sequence_count == 0)
        return 0;
    postgres_head_add(script, self->point.encoding);
    if (postgres_sequences_add(&self->point.tables, self->point.snapshot.keeper, script, error))
        return -1;
    return sink->put_text(sink->self, &facts, postgres_script_text(script),
                          postgres_script_size(script), error);
}

// Takes what the policy leaves out off the lists. Patterns are UTF-8, as it is asked in.
static int
select_tables(struct extract *self, struct error *error)
{
    postgres_t *keeper = self->point.snapshot.keeper;
    struct postgres_tables *tables = &self->point.tables;
    if (postgres_speak(keeper, "UTF8", error) ||
        postgres_select_open(&self->select, keeper, self->database->name, self->job->exclusions,
                             error) ||
        postgres_speak(keeper, self->point.encoding, error))
        return -1;
    postgres_tables_select(tables, self->select);
    self->contents.tables -= postgres_select_left_out(self->select);
    return 0;
}

static int
plan(struct extract *self, struct error *error)
{
    postgres_t *keeper = self->point.snapshot.keeper;
    struct postgres_plan_options options = {.range_bytes = self->job->range_bytes,
                                            .database = self->database->name,
                                            .place = self->job->place,
                                            .earlier = self->job->options->earlier,
                                            .by_speed = self->job->options->by_speed};
    if (postgres_contents_read(&self->contents, keeper, error) ||
        postgres_objects_count(&self->objects, keeper, error) || select_tables(self, error) ||
        postgres_types_read(&self->point.tables, keeper, self->job->choice, error))
        return -1;
    postgres_contents_report(&self->contents, self->job->sink, self->job->options,
                             self->database->name, &self->point.snapshot);
    name_tables(self);
    return postgres_plan_make(&self->plan, keeper, &self->point.tables, &self->objects, &options,
                              error);
}

// Warns of tables whose order was left for speed.
static void
tell_order(const struct extract *self)
{
    const struct sink *sink = self->job->sink;
    for (size_t index = 0; index < self->plan.count; index++) {
        const struct postgres_share *share = &self->plan.list[index];
        if (!share->is_for_speed)
            continue;
        CLEAN(memory_free)
        char *text = memory_format("table '%s.%s' of %" PRIu64 " MiB, as the policy prefers speed "
                                   "and the order of its key is not that on disk (correlation "
                                   "%.2f): a store that deduplicates keeps more of it each night",
                                   share->tables[0]->schema, share->tables[0]->table,
                                   share->tables[0]->size_bytes >> 20, share->correlation);
        sink->fact(sink->self, "rows as stored", text);
    }
}

// Both parts before the rows: who wants to change a table while they are read stands in the way of
// pg_dump, which locks all tables anew. The last part is kept until its turn.
static int
write_definitions(const struct extract *self, struct postgres_kept *last, struct error *error)
{
    struct sink sink = postgres_kept_sink(last);
    struct postgres_dump_run before = make_run(self, "before", self->job->sink);
    struct postgres_dump_run after = make_run(self, "after", &sink);
    return postgres_dump_run_definitions(&before, &after, error);
}

// How many sessions read beside the keeper and who watches the server. There is no reading without
// the first two.
static size_t
count_sessions(const struct backup_options *options)
{
    unsigned connections = options->connections ? options->connections : POSTGRES_CONNECTIONS;
    unsigned others = throttle_is_wanted(&options->throttle) ? 2 : 1;
    return connections > others ? connections - others : 1;
}

static int
extract(struct extract *self, struct error *error)
{
    const struct postgres_extract *job = self->job;
    if (postgres_point_take(&self->point, job->server, self->database->name,
                            job->options->lock_wait_ms, error) ||
        plan(self, error))
        return -1;
    tell_order(self);
    struct postgres_crew_job crew_job = {.server = job->server,
                                         .sink = job->sink,
                                         .database = self->database->name,
                                         .point = &self->point,
                                         .plan = &self->plan,
                                         .options = job->options,
                                         .sessions = count_sessions(job->options)};
    CLEAN(postgres_crew_destroy) postgres_crew_t *crew = NULL;
    CLEAN(postgres_kept_clear) struct postgres_kept last = {0};
    return postgres_crew_open(&crew, &crew_job, error) || write_definitions(self, &last, error) ||
                   define_objects(self, error) || postgres_crew_read(crew, error) ||
                   set_sequences(self, error) || postgres_kept_put(&last, job->sink, error)
               ? -1
               : 0;
}

int
postgres_extract_database(const struct postgres_extract *self,
                          const struct postgres_database *database, struct error *error)
{
    CLEAN(extract_clear) struct extract each = {.job = self, .database = database};
    if (extract(&each, error))
        return error_wrap(error, "cannot read database '%s'", database->name);
    return 0;
}
