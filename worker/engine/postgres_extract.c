#include "worker/engine/postgres_extract.h"

#include <inttypes.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_contents.h"
#include "worker/engine/postgres_crew.h"
#include "worker/engine/postgres_definitions.h"
#include "worker/engine/postgres_head.h"
#include "worker/engine/postgres_lines.h"
#include "worker/engine/postgres_objects.h"
#include "worker/engine/postgres_plan.h"
#include "worker/engine/postgres_point.h"
#include "worker/engine/postgres_public.h"
#include "worker/engine/postgres_select.h"
#include "worker/engine/postgres_sequences.h"
#include "worker/engine/ranges.h"

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
make_run(const struct extract *self)
{
    return (struct postgres_dump_run){
        .server = self->job->server,
        .tool = self->job->tool,
        .sink = self->job->sink,
        .database = self->database->name,
        .create = !self->database->is_given && !self->database->is_odd,
        .without_objects = 1,
        .role = "definitions",
        .snapshot = &self->point.snapshot,
        .select = self->select,
        .options = self->job->options,
        .range_bytes = self->job->range_bytes,
        .without_mappings = postgres_contents_must_hide(&self->contents, self->job->options)};
}

// Tells the sink of each table, so that files can say whose rows they hold.
static int
name_tables(struct extract *self, struct error *error)
{
    const struct sink *sink = self->job->sink;
    for (size_t index = 0; index < self->point.tables.count; index++) {
        struct postgres_table *table = &self->point.tables.list[index];
        struct table_facts facts = {.object = self->database->name,
                                    .schema = table->schema,
                                    .name = table->table,
                                    .key = *table->key ? table->key : NULL,
                                    .condition = *table->condition ? table->condition : NULL};
        table->number = sink->table(sink->self, &facts);
        if (ranges_check_tables(table->number, error))  // of all databases so far
            return -1;
    }
    return 0;
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

// What is set after the rows, if anything is: values of sequences, and the right in the schema
// `public` that a newer server does not give by itself.
static int
set_after_rows(const struct extract *self, struct error *error)
{
    const struct sink *sink = self->job->sink;
    postgres_t *keeper = self->point.snapshot.keeper;
    int has_sequences = self->point.tables.sequence_count > 0;
    struct file_facts facts =
        make_facts(self, has_sequences ? "sequences" : "schema public", "after");
    CLEAN(postgres_script_destroy) postgres_script_t *script = postgres_script_new();
    postgres_head_add(script, self->point.encoding);
    size_t empty = postgres_script_size(script);
    if ((has_sequences && postgres_sequences_add(&self->point.tables, keeper, script, error)) ||
        postgres_public_add(keeper, script, error))
        return -1;
    if (postgres_script_size(script) == empty)
        return 0;
    return sink->put_text(sink->self, &facts, postgres_script_text(script),
                          postgres_script_size(script), error);
}

// What the policy leaves out. Patterns are UTF-8, as it is asked in.
static int
open_select(struct extract *self, struct error *error)
{
    postgres_t *keeper = self->point.snapshot.keeper;
    return postgres_speak(keeper, "UTF8", error) ||
                   postgres_select_open(&self->select, keeper, self->database->name,
                                        self->job->exclusions, error) ||
                   postgres_speak(keeper, self->point.encoding, error)
               ? -1
               : 0;
}

// The point, and what there is to know before definitions can be dumped.
static int
take_point(struct extract *self, struct error *error)
{
    const struct postgres_extract *job = self->job;
    if (postgres_point_take(&self->point, job->server, self->database->name,
                            job->options->lock_wait_ms, error) ||
        postgres_contents_read(&self->contents, self->point.snapshot.keeper, error) ||
        open_select(self, error))
        return -1;
    self->contents.tables -= postgres_select_left_out(self->select);
    postgres_contents_report(&self->contents, job->sink, job->options, self->database->name,
                             &self->point.snapshot);
    return 0;
}

static int
plan(struct extract *self, struct error *error)
{
    postgres_t *keeper = self->point.snapshot.keeper;
    struct postgres_tables *tables = &self->point.tables;
    struct postgres_plan_options options = {.range_bytes = self->job->range_bytes,
                                            .files_max = self->database->files_max,
                                            .database = self->database->name,
                                            .place = self->job->place,
                                            .earlier = self->job->options->earlier,
                                            .by_speed = self->job->options->by_speed};
    if (postgres_point_read(&self->point, error) ||
        postgres_objects_count(&self->objects, keeper, error))
        return -1;
    postgres_tables_select(tables, self->select);
    if (postgres_types_read(tables, keeper, self->job->choice, error))
        return -1;
    return name_tables(self, error) ||
                   postgres_plan_make(&self->plan, keeper, tables, &self->objects, &options, error)
               ? -1
               : 0;
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
read_rows(struct extract *self, postgres_definitions_t *definitions, struct error *error)
{
    const struct postgres_extract *job = self->job;
    struct postgres_crew_job crew_job = {.server = job->server,
                                         .sink = job->sink,
                                         .database = self->database->name,
                                         .point = &self->point,
                                         .plan = &self->plan,
                                         .options = job->options,
                                         .sessions = count_sessions(job->options),
                                         .definitions = definitions};
    CLEAN(postgres_crew_destroy) postgres_crew_t *crew = NULL;
    if (plan(self, error))
        return -1;
    postgres_definitions_tell(definitions, &self->point.tables);
    tell_order(self);
    return postgres_crew_open(&crew, &crew_job, error) || define_objects(self, error) ||
                   postgres_crew_read(crew, error) || set_after_rows(self, error)
               ? -1
               : 0;
}

// Definitions begin as early as can be: of thousands of tables they take longer than the rows.
static int
extract(struct extract *self, struct error *error)
{
    CLEAN(postgres_definitions_destroy) postgres_definitions_t *definitions = NULL;
    if (take_point(self, error))
        return -1;
    const struct postgres_dump_run run = make_run(self);
    return postgres_definitions_begin(&definitions, &run, error) ||
                   read_rows(self, definitions, error) ||
                   postgres_definitions_end(definitions, error) ||
                   postgres_definitions_put_last(definitions, error)
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
