#include "worker/engine/postgres_dump_run.h"

#include <pthread.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/engine/postgres_archive.h"
#include "worker/engine/postgres_dump_tool.h"
#include "worker/engine/postgres_pieces.h"

static const char before_rows[] = "--section=pre-data";
static const char after_rows[] = "--section=post-data";

// From these minor versions on.
int
postgres_dump_run_is_guarded(const struct tool *tool)
{
    static const unsigned first_minor[] = {[13] = 22, [14] = 19, [15] = 14, [16] = 10, [17] = 6};
    if (tool->major >= sizeof first_minor / sizeof *first_minor)
        return 1;
    return first_minor[tool->major] > 0 && tool->minor >= first_minor[tool->major];
}

// A script that creates its database is loaded into another.
static const char *
first_load_into(const struct postgres_dump_run *job)
{
    return job->create ? "postgres" : job->database;
}

struct file_facts
postgres_dump_run_facts(const struct postgres_dump_run *self)
{
    return postgres_dump_tool_facts(self, first_load_into(self));
}

static const char *
create_option(const struct postgres_dump_run *job)
{
    return job->create ? "--create" : NULL;
}

static struct postgres_archive_part
part_before(const struct postgres_dump_run *job)
{
    return (struct postgres_archive_part){
        .section = before_rows, .create = create_option(job), .load_into = first_load_into(job)};
}

static struct postgres_archive_part
part_after(const struct postgres_dump_run *job)
{
    return (struct postgres_archive_part){.section = after_rows, .load_into = job->database};
}

// Runs pg_dump with two more options (NULL: none) and keeps what it writes.
static int
dump_part(struct postgres_dump_tool *tool, const char *load_into, const char *option,
          const char *other, struct error *error)
{
    CLEAN(postgres_arguments_free) struct postgres_arguments arguments = {0};
    if (postgres_dump_tool_login(tool, error))
        return -1;
    postgres_dump_tool_add_arguments(tool, &arguments);
    postgres_arguments_add(&arguments, "--format=plain");
    postgres_arguments_add(&arguments, tool->restrict_key);
    postgres_arguments_add(&arguments, option);
    postgres_arguments_add(&arguments, other);
    struct runner runner = postgres_dump_tool_runner(tool, &arguments);
    struct file_facts facts = postgres_dump_tool_facts(tool->job, load_into);
    return runner_dump(&runner, tool->job->sink, &facts, POSTGRES_DUMP_TOOL_END, NULL, error);
}

static int
leaves_out(const struct postgres_dump_run *job)
{
    return job->without_mappings || postgres_select_is_filter(job->select);
}

// What of an archive is wanted, and what each entry depends on.
static int
list_wanted(const struct postgres_dump_tool *tool, int archive, const char *create,
            postgres_list_t **list, struct error *error)
{
    if (postgres_archive_list(tool, archive, create, list, error))
        return -1;
    postgres_list_drop(*list, tool->job->without_mappings, tool->job->select);
    return 0;
}

// Writes a part of an archive into the sink, without what is to be left out.
static int
write_part(const struct postgres_dump_tool *tool, int archive, struct postgres_archive_part part,
           struct error *error)
{
    CLEAN(postgres_list_destroy) postgres_list_t *list = NULL;
    if (!leaves_out(tool->job))
        return postgres_archive_write(tool, archive, &part, error);
    if (list_wanted(tool, archive, part.create, &list, error))
        return -1;
    CLEAN(memory_free) char *text = postgres_list_print(list);
    part.list = text;
    return postgres_archive_write(tool, archive, &part, error);
}

static int
dump_through_archive(struct postgres_dump_tool *tool, struct postgres_archive_part part,
                     struct error *error)
{
    CLEAN(fd_close) int archive = -1;
    return postgres_archive_check(tool, error) ||
                   postgres_archive_make(tool, part.section, NULL, part.create, &archive, error) ||
                   write_part(tool, archive, part, error)
               ? -1
               : 0;
}

int
postgres_dump_run_whole(const struct postgres_dump_run *self, struct error *error)
{
    CLEAN(postgres_dump_tool_clear) struct postgres_dump_tool tool = {0};
    postgres_dump_tool_begin(&tool, self);
    return dump_part(&tool, first_load_into(self), create_option(self), NULL, error);
}

static int
dump_before(struct postgres_dump_tool *tool, struct error *error)
{
    struct postgres_archive_part part = part_before(tool->job);
    if (leaves_out(tool->job))
        return dump_through_archive(tool, part, error);
    return dump_part(tool, part.load_into, part.section, part.create, error);
}

static int
dump_after(struct postgres_dump_tool *tool, struct error *error)
{
    struct postgres_archive_part part = part_after(tool->job);
    // No user mapping comes after rows.
    if (postgres_select_is_filter(tool->job->select))
        return dump_through_archive(tool, part, error);
    return dump_part(tool, part.load_into, part.section, NULL, error);
}

int
postgres_dump_run_in_parts(const struct postgres_dump_run *self, struct error *error)
{
    CLEAN(postgres_dump_tool_clear) struct postgres_dump_tool tool = {0};
    postgres_dump_tool_begin(&tool, self);
    return dump_before(&tool, error) ||
                   dump_part(&tool, self->database, "--section=data", NULL, error) ||
                   dump_after(&tool, error)
               ? -1
               : 0;
}

// A pg_dump for each part.
static int
dump_one_by_one(const struct postgres_dump_run *before, const struct postgres_dump_run *after,
                struct error *error)
{
    CLEAN(postgres_dump_tool_clear) struct postgres_dump_tool first = {0};
    CLEAN(postgres_dump_tool_clear) struct postgres_dump_tool last = {0};
    postgres_dump_tool_begin(&first, before);
    postgres_dump_tool_begin(&last, after);
    return dump_before(&first, error) || dump_after(&last, error) ? -1 : 0;
}

// The keys and indexes that can be made side by side, a file a piece.
static int
write_pieces(const struct postgres_dump_tool *tool, int archive,
             const struct postgres_pieces *pieces, struct error *error)
{
    struct postgres_dump_run job = *tool->job;
    struct postgres_dump_tool each = *tool;
    job.role = "keys and indexes";
    job.group = "indexes";
    each.job = &job;
    for (size_t index = 0; index < pieces->count; index++) {
        const struct postgres_archive_part part = {.load_into = job.database,
                                                   .list = pieces->lists[index]};
        if (postgres_archive_write(&each, archive, &part, error))
            return -1;
    }
    return 0;
}

static int
write_in_pieces(const struct postgres_dump_tool *tool, int archive,
                const struct postgres_tables *tables, struct error *error)
{
    CLEAN(postgres_list_destroy) postgres_list_t *all = NULL;
    CLEAN(postgres_list_destroy) postgres_list_t *after = NULL;
    CLEAN(postgres_pieces_clear) struct postgres_pieces pieces = {0};
    if (list_wanted(tool, archive, NULL, &all, error) ||
        postgres_archive_section(tool, archive, after_rows, &after, error))
        return -1;
    postgres_pieces_make(&pieces, all, after, tables, tool->job->range_bytes);
    const struct postgres_archive_part rest = {.load_into = tool->job->database,
                                               .list = pieces.rest};
    return write_pieces(tool, archive, &pieces, error) ||
                   postgres_archive_write(tool, archive, &rest, error)
               ? -1
               : 0;
}

static int
write_after(const struct postgres_dump_tool *tool, int archive, struct error *error)
{
    const struct postgres_dump_run *job = tool->job;
    const struct postgres_tables *tables = NULL;
    if (job->await_tables && job->await_tables(job->context, &tables, error))
        return -1;
    return tables && postgres_pieces_are_worth(tables, job->range_bytes)
               ? write_in_pieces(tool, archive, tables, error)
               : write_part(tool, archive, part_after(job), error);
}

// What comes after rows on its way, beside what comes before them.
struct writing {
    struct postgres_dump_tool tool;  // lent, but for its job
    int archive;
    int status;
    struct error error;
};

static void *
write_beside(void *argument)
{
    struct writing *self = argument;
    self->status = write_after(&self->tool, self->archive, &self->error);
    return NULL;
}

// Both parts of an archive, into two sinks, side by side.
static int
write_both(const struct postgres_dump_tool *tool, const struct postgres_dump_run *after,
           int archive, struct error *error)
{
    struct writing other = {.tool = *tool, .archive = archive};
    pthread_t thread;
    other.tool.job = after;
    int is_beside = pthread_create(&thread, NULL, write_beside, &other) == 0;
    int status = write_part(tool, archive, part_before(tool->job), error);
    if (is_beside)
        pthread_join(thread, NULL);
    else
        write_beside(&other);
    if (status == 0 && other.status)
        *error = other.error;
    return status || other.status ? -1 : 0;
}

int
postgres_dump_run_definitions(const struct postgres_dump_run *before,
                              const struct postgres_dump_run *after, struct error *error)
{
    CLEAN(postgres_dump_tool_clear) struct postgres_dump_tool tool = {0};
    CLEAN(fd_close) int archive = -1;
    struct error unseen;
    postgres_dump_tool_begin(&tool, before);
    if (postgres_archive_check(&tool, &unseen))
        return dump_one_by_one(before, after, error);
    return postgres_archive_make(&tool, before_rows, after_rows, create_option(before), &archive,
                                 error) ||
                   write_both(&tool, after, archive, error)
               ? -1
               : 0;
}
