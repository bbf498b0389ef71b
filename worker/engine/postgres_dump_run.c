#include "worker/engine/postgres_dump_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/digest.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/random.h"
#include "worker/engine/postgres_access.h"
#include "worker/engine/postgres_kept.h"
#include "worker/engine/postgres_list.h"
#include "worker/engine/runner.h"

enum {
    ARGUMENTS_MAX = 24 + POSTGRES_SELECT_ARGUMENTS_MAX,
    LIST_SIZE_MAX = 256 << 20,
    LOCK_WAIT_MS = 300000,
};

static const char end_mark[] = "-- PostgreSQL database dump complete";

// pg_dump's complaints that do not say that anything is missing, and what a server says in passing.
static const char *const noise[] = {
    "pg_dump: warning: there are circular foreign-key constraints",
    "pg_dump: warning: could not resolve dependency loop",
    "pg_dump: detail:",
    "pg_dump: hint:",
    "NOTICE:",
    "WARNING:  database \"",  // "... has a collation version mismatch"
    "DETAIL:",
    "HINT:",
    NULL,
};

// One database's dump under way.
struct dump {
    const struct postgres_dump_run *job;
    struct postgres_tool_access access;
    char *label;            // "pg_dump 15.4"
    char restrict_key[96];  // "": the tool knows none
    char snapshot_option[96];
    char lock_option[64];
};

static void
dump_clear(struct dump *self)
{
    postgres_tool_access_close(&self->access);
    memory_free(&self->label);
}

// From these minor versions on.
int
postgres_dump_run_is_guarded(const struct tool *tool)
{
    static const unsigned first_minor[] = {[13] = 22, [14] = 19, [15] = 14, [16] = 10, [17] = 6};
    if (tool->major >= sizeof first_minor / sizeof *first_minor)
        return 1;
    return first_minor[tool->major] > 0 && tool->minor >= first_minor[tool->major];
}

// A key that no server can guess (it must not be able to end the restriction) and that is the same
// tomorrow (or else each file's first and last kilobytes would be new each night).
static void
choose_restrict_key(struct dump *self)
{
    if (!postgres_dump_run_is_guarded(self->job->tool))
        return;
    // A container has no id of its own, and then the kernel's must do: it lasts until the next
    // boot.
    static const char *const ids[] = {"/etc/machine-id", "/proc/sys/kernel/random/boot_id"};
    uint8_t sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    random_bytes(sum, sizeof sum);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        CLEAN(memory_free) char *id = NULL;
        size_t size = 0;
        struct error error;
        if (fd_read_file(AT_FDCWD, ids[i], 4096, &id, &size, &error) || size < 32)
            continue;
        CLEAN(memory_free) char *text = memory_format("dbhaul restrict key\n%s", id);
        digest_of(text, strlen(text), sum);
        break;
    }
    digest_hex(sum, hex);
    snprintf(self->restrict_key, sizeof self->restrict_key, "--restrict-key=%s", hex);
}

static enum error_code
classify(const char *stderr_text)
{
    enum error_code code = postgres_access_meaning(stderr_text);
    return code == ERROR_NONE ? ERROR_UNAVAILABLE : code;
}

// A list of arguments; those that are NULL or "" are passed over.
struct arguments {
    const char **list;  // NULL-terminated
    size_t count;
};

static void
arguments_free(struct arguments *self)
{
    memory_free(&self->list);
}

static void
arguments_add(struct arguments *self, const char *argument)
{
    if (!self->list)
        self->list = memory_get((ARGUMENTS_MAX + 1) * sizeof *self->list);
    if (argument && *argument)
        self->list[self->count++] = argument;
    self->list[self->count] = NULL;
}

static void
arguments_begin(struct arguments *self, const char *const *first, size_t count)
{
    self->count = 0;
    for (size_t i = 0; i < count; i++)
        arguments_add(self, first[i]);
}

static struct runner
make_runner(const struct dump *self, const struct arguments *arguments)
{
    return (struct runner){.name = self->label,
                           .process = {.argv = arguments->list,
                                       .environment = self->access.environment,
                                       .keep_fds = {self->access.password_fd}},
                           .credentials = &self->access.login.server.credentials,
                           .login = self->job->server->login,
                           .classify = classify,
                           .noise = noise};
}

// For each start of pg_dump: the last may have run for longer than a password is good for.
static int
open_access(struct dump *self, struct error *error)
{
    const struct postgres_dump_run *job = self->job;
    postgres_tool_access_close(&self->access);
    self->access = (struct postgres_tool_access){0};
    if (postgres_settle_login(job->server, job->database, error) ||
        postgres_tool_access_open(&self->access, job->server, job->database, error))
        return -1;
    return 0;
}

// How pg_dump is called, whatever of the database it is to write.
static void
add_dump_arguments(const struct dump *self, struct arguments *arguments)
{
    arguments_add(arguments, self->job->tool->path);
    arguments_add(arguments, "--no-password");
    arguments_add(arguments, "--no-tablespaces");
    arguments_add(arguments, self->lock_option);
    if (self->job->tool->major >= 10)
        arguments_add(arguments, "--no-subscriptions");
    if (self->job->snapshot->in_recovery)
        arguments_add(arguments, "--no-unlogged-table-data");
    if (self->job->without_objects)
        arguments_add(arguments, "--no-blobs");
    arguments_add(arguments, self->snapshot_option);
    for (size_t i = 0; i < postgres_select_arguments(self->job->select); i++)
        arguments_add(arguments, postgres_select_argument(self->job->select, i));
    arguments_add(arguments, self->access.target);
}

static struct file_facts
make_facts(const struct postgres_dump_run *job, const char *load_into)
{
    return (struct file_facts){.role = job->role ? job->role : "data",
                               .object = job->database,
                               .group = job->group,
                               .loader = "psql",
                               .load_into = load_into,
                               .tool = "pg_dump",
                               .tool_version = job->tool->version};
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
    return make_facts(self, first_load_into(self));
}

static const char *
create_option(const struct dump *self)
{
    return self->job->create ? "--create" : NULL;
}

// Runs pg_dump with two more options (NULL: none) and keeps what it writes.
static int
dump_part(struct dump *self, const char *load_into, const char *option, const char *other,
          struct error *error)
{
    CLEAN(arguments_free) struct arguments arguments = {0};
    if (open_access(self, error))
        return -1;
    add_dump_arguments(self, &arguments);
    arguments_add(&arguments, "--format=plain");
    arguments_add(&arguments, self->restrict_key);
    arguments_add(&arguments, option);
    arguments_add(&arguments, other);
    struct runner runner = make_runner(self, &arguments);
    struct file_facts facts = make_facts(self->job, load_into);
    return runner_dump(&runner, self->job->sink, &facts, end_mark, NULL, error);
}

// For what is between two tools.
static int
run_into_memory(const struct dump *self, const struct runner *runner, int *file,
                struct error *error)
{
    CLEAN(postgres_kept_clear)
    struct postgres_kept kept = {.stops = {self->job->server->stop, self->job->stop}};
    struct sink sink = postgres_kept_sink(&kept);
    struct file_facts facts = {.role = "data"};
    if (runner_dump(runner, &sink, &facts, NULL, NULL, error))
        return -1;
    *file = kept.fd;
    kept.fd = 0;
    return 0;
}

// pg_restore's list of an archive, without what is to be left out.
static int
filter_list(const struct postgres_dump_run *job, int list_file, char **filtered,
            struct error *error)
{
    char path[RUNNER_PATH_SIZE];
    size_t size = 0;
    CLEAN(memory_free) char *list = NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", list_file);
    if (fd_read_file(AT_FDCWD, path, LIST_SIZE_MAX, &list, &size, error))
        return -1;
    *filtered = postgres_list_filter(list, job->without_mappings, job->select);
    return 0;
}

// Where pg_restore is that belongs to the pg_dump in use.
static int
find_restore_tool(const struct dump *self, char **path, struct error *error)
{
    const char *dump_path = self->job->tool->path;
    const char *slash = strrchr(dump_path, '/');
    CLEAN(memory_free)
    char *found = memory_format("%.*s/pg_restore", slash ? (int)(slash - dump_path) : 0, dump_path);
    if (access(found, X_OK))
        return error_set(error, ERROR_CONFIG,
                         "'%s' is missing: it is needed to leave the passwords of user mappings, "
                         "or what needs tables that the policy leaves out, out of the backup of "
                         "database '%s'",
                         found, self->job->database);
    *path = STEAL(found);
    return 0;
}

// A part of a dump that goes through an archive.
struct part {
    const char *section, *load_into;
    const char *create;  // NULL: it creates no database
};

static int
leaves_out(const struct postgres_dump_run *job)
{
    return job->without_mappings || postgres_select_is_filter(job->select);
}

// The list of what is wanted of a part, in a file of its own.
static int
list_part(const struct dump *self, const char *tool, const struct part *part, int archive,
          int *kept_file, char kept_path[RUNNER_PATH_SIZE], struct error *error)
{
    CLEAN(memory_free) char *list = NULL;
    CLEAN(fd_close) int list_file = -1;
    CLEAN(arguments_free) struct arguments arguments = {0};
    CLEAN(memory_free) char *archive_path = memory_format("/proc/self/fd/%d", archive);
    arguments_begin(&arguments, (const char *const[]){tool, "--list", "--verbose", archive_path},
                    4);
    arguments_add(&arguments, part->section);
    // Without it the list has neither the grants nor the comment on the database.
    arguments_add(&arguments, part->create);
    struct runner runner = make_runner(self, &arguments);
    runner.process.keep_fds[1] = archive;
    return run_into_memory(self, &runner, &list_file, error) ||
                   filter_list(self->job, list_file, &list, error) ||
                   runner_private_file(list, strlen(list), kept_file, kept_path, error)
               ? -1
               : 0;
}

// Writes an archive's definitions, without what is to be left out, into the sink.
static int
dump_archive(const struct dump *self, const struct part *part, int archive, struct error *error)
{
    CLEAN(memory_free) char *tool = NULL;
    CLEAN(memory_free) char *use_list = NULL;
    CLEAN(fd_close) int kept_file = -1;
    CLEAN(arguments_free) struct arguments arguments = {0};
    if (find_restore_tool(self, &tool, error))
        return -1;
    if (leaves_out(self->job)) {
        char kept_path[RUNNER_PATH_SIZE];
        if (list_part(self, tool, part, archive, &kept_file, kept_path, error))
            return -1;
        use_list = memory_format("--use-list=%s", kept_path);
    }
    CLEAN(memory_free) char *archive_path = memory_format("/proc/self/fd/%d", archive);
    // "-" is a file's name for pg_restore before version 12.
    arguments_begin(&arguments,
                    (const char *const[]){tool, "--no-tablespaces", "--file=/dev/stdout", use_list,
                                          archive_path},
                    5);
    arguments_add(&arguments, part->section);
    arguments_add(&arguments, part->create);
    arguments_add(&arguments, self->restrict_key);
    struct runner runner = make_runner(self, &arguments);
    runner.process.keep_fds[1] = archive;
    if (kept_file >= 0)
        runner.process.keep_fds[2] = kept_file;
    struct file_facts facts = make_facts(self->job, part->load_into);
    return runner_dump(&runner, self->job->sink, &facts, end_mark, NULL, error);
}

// pg_dump's archive of one or two (NULL: one) sections, in memory.
static int
make_archive(struct dump *self, const char *section, const char *other, int *archive,
             struct error *error)
{
    CLEAN(arguments_free) struct arguments arguments = {0};
    if (open_access(self, error))
        return -1;
    add_dump_arguments(self, &arguments);
    arguments_add(&arguments, "--format=custom");
    arguments_add(&arguments, "--compress=0");
    arguments_add(&arguments, section);
    arguments_add(&arguments, other);
    arguments_add(&arguments, create_option(self));
    struct runner runner = make_runner(self, &arguments);
    return run_into_memory(self, &runner, archive, error);
}

static int
dump_through_archive(struct dump *self, const struct part *part, struct error *error)
{
    CLEAN(fd_close) int archive = -1;
    return make_archive(self, part->section, NULL, &archive, error) ||
                   dump_archive(self, part, archive, error)
               ? -1
               : 0;
}

static void
dump_begin(struct dump *self, const struct postgres_dump_run *job)
{
    self->job = job;
    self->label = memory_format("pg_dump %s", job->tool->version);
    choose_restrict_key(self);
    snprintf(self->lock_option, sizeof self->lock_option, "--lock-wait-timeout=%" PRId64,
             job->options->lock_wait_ms ? job->options->lock_wait_ms : LOCK_WAIT_MS);
    if (*job->snapshot->name)
        snprintf(self->snapshot_option, sizeof self->snapshot_option, "--snapshot=%s",
                 job->snapshot->name);
}

int
postgres_dump_run_whole(const struct postgres_dump_run *self, struct error *error)
{
    CLEAN(dump_clear) struct dump dump = {0};
    dump_begin(&dump, self);
    return dump_part(&dump, first_load_into(self), create_option(&dump), NULL, error);
}

static int
dump_before(struct dump *self, struct error *error)
{
    const struct part part = {"--section=pre-data", first_load_into(self->job),
                              create_option(self)};
    if (self->job->without_mappings || postgres_select_is_filter(self->job->select))
        return dump_through_archive(self, &part, error);
    return dump_part(self, part.load_into, part.section, part.create, error);
}

static int
dump_after(struct dump *self, struct error *error)
{
    const struct part part = {"--section=post-data", self->job->database, NULL};
    // No user mapping comes after rows.
    if (postgres_select_is_filter(self->job->select))
        return dump_through_archive(self, &part, error);
    return dump_part(self, part.load_into, part.section, NULL, error);
}

int
postgres_dump_run_in_parts(const struct postgres_dump_run *self, struct error *error)
{
    CLEAN(dump_clear) struct dump dump = {0};
    dump_begin(&dump, self);
    return dump_before(&dump, error) ||
                   dump_part(&dump, self->database, "--section=data", NULL, error) ||
                   dump_after(&dump, error)
               ? -1
               : 0;
}

// A pg_dump for each part.
static int
dump_one_by_one(const struct postgres_dump_run *before, const struct postgres_dump_run *after,
                struct error *error)
{
    CLEAN(dump_clear) struct dump first = {0};
    CLEAN(dump_clear) struct dump last = {0};
    dump_begin(&first, before);
    dump_begin(&last, after);
    return dump_before(&first, error) || dump_after(&last, error) ? -1 : 0;
}

// A part of an archive on its way, beside another.
struct restoring {
    struct dump dump;  // lent, but for its job
    const struct part *part;
    int archive;
    int status;
    struct error error;
};

static void *
restore(void *argument)
{
    struct restoring *self = argument;
    self->status = dump_archive(&self->dump, self->part, self->archive, &self->error);
    return NULL;
}

// Both parts of an archive, into two sinks, side by side.
static int
dump_both(const struct dump *self, const struct postgres_dump_run *after, int archive,
          struct error *error)
{
    const struct part first = {"--section=pre-data", first_load_into(self->job),
                               create_option(self)};
    const struct part last = {"--section=post-data", self->job->database, NULL};
    struct restoring other = {.dump = *self, .part = &last, .archive = archive};
    pthread_t thread;
    other.dump.job = after;
    int is_beside = pthread_create(&thread, NULL, restore, &other) == 0;
    int status = dump_archive(self, &first, archive, error);
    if (is_beside)
        pthread_join(thread, NULL);
    else
        restore(&other);
    if (status == 0 && other.status)
        *error = other.error;
    return status || other.status ? -1 : 0;
}

int
postgres_dump_run_definitions(const struct postgres_dump_run *before,
                              const struct postgres_dump_run *after, struct error *error)
{
    CLEAN(dump_clear) struct dump dump = {0};
    CLEAN(fd_close) int archive = -1;
    CLEAN(memory_free) char *tool = NULL;
    struct error unseen;
    dump_begin(&dump, before);
    if (find_restore_tool(&dump, &tool, &unseen))
        return dump_one_by_one(before, after, error);
    const char *sections[] = {"--section=pre-data", "--section=post-data"};
    return make_archive(&dump, sections[0], sections[1], &archive, error) ||
                   dump_both(&dump, after, archive, error)
               ? -1
               : 0;
}
