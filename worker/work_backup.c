// A backup: an engine's sink is a set's writer.

#include <inttypes.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "worker/earlier.h"
#include "worker/store/probe.h"
#include "worker/work.h"

static struct set_file_facts
facts_of(const struct file_facts *facts)
{
    return (struct set_file_facts){.role = facts->role,
                                   .object = facts->object,
                                   .loader = facts->loader,
                                   .load_into = facts->load_into,
                                   .tool = facts->tool,
                                   .tool_version = facts->tool_version,
                                   .group = facts->group,
                                   .watch = facts->watch,
                                   .watch_context = facts->watch_context};
}

static int
sink_put(void *self, const struct file_facts *facts, int fd, struct file_edges *edges,
         struct error *error)
{
    struct set_file_facts copy = facts_of(facts);
    struct file_edges unwanted;
    if (!edges)
        edges = &unwanted;
    edges->head_size = edges->tail_size = 0;
    return set_writer_put(self, &copy, fd, edges->head, &edges->head_size, edges->tail,
                          &edges->tail_size, ENGINE_EDGE_SIZE, &edges->size_bytes, error);
}

static int
sink_put_text(void *self, const struct file_facts *facts, const char *text, size_t size,
              struct error *error)
{
    struct set_file_facts copy = facts_of(facts);
    return set_writer_put_text(self, &copy, text, size, error);
}

static int
sink_accept(void *self, struct error *error)
{
    return set_writer_accept(self, error);
}

// The set's writer copies such texts and changes none.
static char *
unconst(const char *text)
{
    return (char *)(uintptr_t)text;
}

static int
sink_begin(void *self, uint32_t number, const struct file_facts *facts, void **file,
           struct error *error)
{
    struct set_file_facts copy = facts_of(facts);
    set_file_t *begun = NULL;
    if (set_writer_begin(self, number, &copy, &begun, error))
        return -1;
    *file = begun;
    return 0;
}

static int
sink_write(void *file, const void *data, size_t size, struct error *error)
{
    return set_file_write(file, data, size, error);
}

static int
sink_close(void *file, struct error *error)
{
    return set_file_close(file, error);
}

static int
sink_end(void *self, void *file, const struct file_part *parts, size_t count, struct error *error)
{
    CLEAN(memory_free) struct manifest_part *copies = memory_get((count + 1) * sizeof *copies);
    set_file_t *ended = file;
    for (size_t index = 0; index < count; index++) {
        const struct file_part *part = &parts[index];
        copies[index] = (struct manifest_part){
            .table = part->table,
            .low = unconst(part->low),
            .high = unconst(part->high),
            .rows = part->rows,
            .size_bytes = part->size_bytes,
            .digest = {.high = part->digest.high, .low = part->digest.low},
        };
    }
    return set_writer_keep(self, &ended, copies, count, error);
}

static void
sink_drop(void *self, void *file)
{
    set_file_t *dropped = file;
    set_writer_drop(self, &dropped);
}

static uint32_t
sink_table(void *self, const struct table_facts *facts)
{
    struct manifest *manifest = set_writer_manifest(self);
    struct manifest_table *table = manifest_add_table(manifest, facts->schema, facts->name);
    table->object = memory_copy_text(facts->object);
    table->key = memory_copy_text(facts->key);
    table->period = memory_copy_text(facts->period);
    table->condition = memory_copy_text(facts->condition);
    table->columns = memory_copy_text(facts->columns);
    return (uint32_t)manifest->table_count;
}

static void
sink_progress(void *self, uint64_t open_bytes)
{
    set_writer_progress(self, open_bytes);
}

static void
sink_left_out(void *self, const char *what, const char *why)
{
    manifest_add_left_out(set_writer_manifest(self), what, why);
}

static void
sink_rule(void *self, const char *list, const char *pattern, uint64_t fits)
{
    manifest_add_rule(set_writer_manifest(self), list, pattern, fits);
}

// The manifest only copies the texts.
static void
sink_excluded(void *self, const struct exclusion *exclusion)
{
    const struct manifest_exclusion copy = {.kind = (char *)(uintptr_t)exclusion->kind,
                                            .schema = (char *)(uintptr_t)exclusion->schema,
                                            .name = (char *)(uintptr_t)exclusion->name,
                                            .why = (char *)(uintptr_t)exclusion->why,
                                            .count = exclusion->count};
    manifest_add_exclusion(set_writer_manifest(self), &copy);
}

static void
sink_point(void *self, const char *object, const char *kind, const char *position, int64_t unix_ms)
{
    manifest_add_point(set_writer_manifest(self), object, kind, position, unix_ms);
}

static void
sink_schema(void *self, const char *name, uint64_t tables)
{
    manifest_add_schema(set_writer_manifest(self), name, tables);
}

static void
sink_fact(void *self, const char *key, const char *value)
{
    manifest_add_fact(set_writer_manifest(self), key, value);
}

static void
replace(char **text_p, const char *text)
{
    memory_free(text_p);
    *text_p = memory_copy_text(text ? text : "");
}

// One word for the whole set: "single-transaction", "snapshot per database", "none".
static void
name_consistency(struct manifest *manifest)
{
    const char *kind = manifest->point_count ? manifest->points[0].kind : "none";
    int is_whole = manifest->point_count == 1 && !*manifest->points[0].object;
    for (size_t index = 1; index < manifest->point_count; index++) {
        if (strcmp(manifest->points[index].kind, kind) != 0)
            kind = "mixed";
    }
    memory_free(&manifest->consistency);
    int is_split = manifest->point_count > 0 && !is_whole && strcmp(kind, "none") != 0;
    manifest->consistency = memory_format("%s%s", kind, is_split ? " per database" : "");
}

static void
fill_manifest(struct manifest *manifest, const struct work *work, const engine_t *engine)
{
    const Wire__Backup *backup = work->run->run->backup;
    replace(&manifest->run_label, backup->run_label);
    replace(&manifest->engine, backup->source->engine);
    replace(&manifest->resource_id, backup->source->resource_id);
    replace(&manifest->provider, backup->source->provider);
    replace(&manifest->name, backup->source->name);
    replace(&manifest->host, backup->source->host);
    replace(&manifest->server_version, engine_server_version(engine));
    replace(&manifest->tool, engine_tool_name(engine));
    replace(&manifest->tool_version, engine_tool_version(engine));
    manifest->port = backup->source->port;
    manifest->job_id = work->run->job_id;
    manifest->attempt = work->run->attempt;
    manifest->ended_unix_ms = clock_unix_ms();
    name_consistency(manifest);
    if (manifest->part_count > 0) {
        CLEAN(memory_free) char *form = memory_format("%d", ROW_DIGEST_FORM);
        manifest_add_fact(manifest, "row_digest_form", form);
    }
}

static struct work_set *
describe(const struct manifest *manifest, const struct set_summary *summary)
{
    struct work_set *set = memory_get(sizeof *set);
    set->summary = *summary;
    set->tool = memory_copy_text(manifest->tool);
    set->tool_version = memory_copy_text(manifest->tool_version);
    set->server_version = memory_copy_text(manifest->server_version);
    set->consistency = memory_copy_text(manifest->consistency);
    set->schema_count = (uint32_t)manifest->schema_count;
    set->left_out_count = (uint32_t)manifest->left_out_count;
    uint64_t excluded = manifest_excluded(manifest);
    set->excluded_count = excluded < INT32_MAX ? (uint32_t)excluded : INT32_MAX;
    for (size_t index = 0; index < manifest->part_count; index++)
        set->rows += manifest->parts[index].rows;
    return set;
}

static void
on_progress(void *context, uint64_t written_bytes, uint64_t verified_bytes)
{
    (void)verified_bytes;
    work_tell(context, "dump", written_bytes, 0);
}

static void
on_end_progress(void *context, uint64_t written_bytes, uint64_t verified_bytes)
{
    work_tell(context, "verify", verified_bytes, written_bytes);
}

// What a policy changed about how the server is read, for whoever looks at the set.
static void
add_what(struct manifest *manifest, const struct backup_options *options, enum server_role role)
{
    if (options->read_limit_bytes_per_s > 0) {
        CLEAN(memory_free)
        char *limit = memory_format("%" PRIu64, options->read_limit_bytes_per_s);
        manifest_add_fact(manifest, "read_limit_bytes_per_s", limit);
    }
    if (role != SERVER_OF_ANY_ROLE)
        manifest_add_fact(manifest, "read_from", role == SERVER_PRIMARY ? "primary" : "replica");
}

// Where the cuts of tables are not those of the set before.
static void
tell_cuts(struct manifest *manifest, earlier_cuts_t *cuts)
{
    const char *why = NULL;
    int are_there = earlier_cuts_find(cuts, &why);
    CLEAN(memory_free) char *lost = are_there ? earlier_cuts_lost(cuts, manifest) : NULL;
    if (why)
        manifest_add_fact(manifest, are_there ? "tables cut as in an older set" : "tables cut anew",
                          why);
    if (lost)
        manifest_add_fact(manifest, "tables cut anew", lost);
}

static int
dump(struct work *self, engine_t *engine, struct backup_options *options, set_writer_t *writer,
     store_t *store, struct error *error)
{
    struct sink sink = {.self = writer,
                        .put = sink_put,
                        .put_text = sink_put_text,
                        .accept = sink_accept,
                        .begin = sink_begin,
                        .write = sink_write,
                        .close = sink_close,
                        .end = sink_end,
                        .drop = sink_drop,
                        .table = sink_table,
                        .progress = sink_progress,
                        .left_out = sink_left_out,
                        .rule = sink_rule,
                        .excluded = sink_excluded,
                        .point = sink_point,
                        .schema = sink_schema,
                        .fact = sink_fact};
    CLEAN(earlier_cuts_destroy)
    earlier_cuts_t *cuts = earlier_cuts_new(store, self->run->run->backup->path);
    struct earlier earlier = earlier_cuts_for_engine(cuts);
    options->earlier = &earlier;
    set_writer_on_progress(writer, on_progress, self);
    set_writer_limit(writer, options->read_limit_bytes_per_s);
    set_writer_manifest(writer)->started_unix_ms = clock_unix_ms();
    if (engine_backup(engine, options, &sink, error))
        return -1;
    if (earlier_cuts_are_in(set_writer_manifest(writer)))
        tell_cuts(set_writer_manifest(writer), cuts);
    fill_manifest(set_writer_manifest(writer), self, engine);
    return 0;
}

// What was found out while reading that whoever looks at the job must know.
static void
remark_facts(struct work *self, const struct manifest *manifest)
{
    static const char *const keys[] = {"throttle",
                                       "throttle is without",
                                       "not proven",
                                       "not the first way, because",
                                       "statement_limit",
                                       "filters of the binlog",
                                       "rows as stored",
                                       "tables cut anew",
                                       "tables cut as in an older set"};
    for (size_t i = 0; i < manifest->fact_count; i++) {
        const struct manifest_pair *fact = &manifest->facts[i];
        for (size_t key = 0; key < sizeof keys / sizeof *keys; key++) {
            if (strcmp(fact->first, keys[key]) == 0)
                work_remark(self, "%s: %s", fact->first, fact->second);
        }
    }
}

static void
remark(struct work *self, const engine_t *engine, const struct manifest *manifest,
       const struct backup_options *options)
{
    if (manifest->left_out_count > 0)
        work_remark(self, "%zu things were left out: the manifest names them",
                    manifest->left_out_count);
    work_remark_excluded(self, manifest);
    remark_facts(self, manifest);
    const Wire__Backup *backup = self->run->run->backup;
    const char *idle = NULL;
    for (size_t number = 0;
         (idle = work_idle_option(backup->what, backup->source->engine, engine->ops->kind, number));
         number++)
        work_remark(self, "%s", idle);
    if (options->read_limit_bytes_per_s > 0)
        work_remark(self, "reading was limited to %" PRIu64 " bytes a second",
                    options->read_limit_bytes_per_s);
}

// Nothing is asked of a server for a store that takes no file.
static int
open_store(struct work *self, store_t **store, struct error *error)
{
    CLEAN(store_destroy) store_t *opened = NULL;
    CLEAN(memory_free) char *folder = work_folder(self->run->run);
    if (work_open_store(self, self->run->run->backup->store, &opened, error))
        return -1;
    if (probe_store(opened, folder, error))
        return error_wrap(error, "the store cannot be used");
    *store = STEAL(opened);
    return 0;
}

int
work_backup(struct work *self, struct error *error)
{
    const Wire__Backup *backup = self->run->run->backup;
    CLEAN(store_destroy) store_t *store = NULL;
    CLEAN(engine_destroy) engine_t *engine = NULL;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    CLEAN(selection_destroy) selection_t *selection = NULL;
    struct backup_options options = {.password_hashes = backup->password_hashes,
                                     .connections = backup->connections,
                                     .range_bytes = backup->range_bytes};
    struct server server;
    work_tell(self, "open", 0, 0);
    if (work_read_what(backup->what, &selection, &options, error) ||
        open_store(self, &store, error) ||
        work_open_server(self, backup->source, backup->what, &server, error) ||
        work_open_engine(self, backup->tool, backup->source, &server, &engine, error) ||
        set_writer_open(&writer, store, backup->path, error))
        return -1;
    add_what(set_writer_manifest(writer), &options, server.role);
    if (dump(self, engine, &options, writer, store, error))
        return -1;
    struct set_summary summary;
    set_writer_on_progress(writer, on_end_progress, self);
    set_writer_heed(writer, self->stop);
    if (set_writer_end(writer, &summary, error))
        return -1;
    const struct manifest *manifest = set_writer_manifest(writer);
    self->set = describe(manifest, &summary);
    remark(self, engine, manifest, &options);
    return 0;
}
