#include "worker/engine/postgres_dump_tool.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/digest.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/random.h"
#include "worker/engine/postgres_kept.h"

enum {
    ARGUMENTS_MAX = 24 + POSTGRES_SELECT_ARGUMENTS_MAX,
    LOCK_WAIT_MS = 300000,
};

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

void
postgres_arguments_free(struct postgres_arguments *self)
{
    memory_free(&self->list);
}

void
postgres_arguments_add(struct postgres_arguments *self, const char *argument)
{
    if (!self->list)
        self->list = memory_get((ARGUMENTS_MAX + 1) * sizeof *self->list);
    if (argument && *argument)
        self->list[self->count++] = argument;
    self->list[self->count] = NULL;
}

// A key that no server can guess (it must not be able to end the restriction) and that is the same
// tomorrow (or else each file's first and last kilobytes would be new each night).
static void
choose_restrict_key(struct postgres_dump_tool *self)
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

void
postgres_dump_tool_begin(struct postgres_dump_tool *self, const struct postgres_dump_run *job)
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

void
postgres_dump_tool_clear(struct postgres_dump_tool *self)
{
    postgres_tool_access_close(&self->access);
    memory_free(&self->label);
}

static enum error_code
classify(const char *stderr_text)
{
    enum error_code code = postgres_access_meaning(stderr_text);
    return code == ERROR_NONE ? ERROR_UNAVAILABLE : code;
}

struct runner
postgres_dump_tool_runner(const struct postgres_dump_tool *self,
                          const struct postgres_arguments *arguments)
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

int
postgres_dump_tool_login(struct postgres_dump_tool *self, struct error *error)
{
    const struct postgres_dump_run *job = self->job;
    postgres_tool_access_close(&self->access);
    self->access = (struct postgres_tool_access){0};
    if (postgres_settle_login(job->server, job->database, error) ||
        postgres_tool_access_open(&self->access, job->server, job->database, error))
        return -1;
    return 0;
}

void
postgres_dump_tool_add_arguments(const struct postgres_dump_tool *self,
                                 struct postgres_arguments *arguments)
{
    postgres_arguments_add(arguments, self->job->tool->path);
    postgres_arguments_add(arguments, "--no-password");
    postgres_arguments_add(arguments, "--no-tablespaces");
    postgres_arguments_add(arguments, self->lock_option);
    if (self->job->tool->major >= 10)
        postgres_arguments_add(arguments, "--no-subscriptions");
    if (self->job->snapshot->in_recovery)
        postgres_arguments_add(arguments, "--no-unlogged-table-data");
    if (self->job->without_objects)
        postgres_arguments_add(arguments, "--no-blobs");
    postgres_arguments_add(arguments, self->snapshot_option);
    for (size_t i = 0; i < postgres_select_arguments(self->job->select); i++)
        postgres_arguments_add(arguments, postgres_select_argument(self->job->select, i));
    postgres_arguments_add(arguments, self->access.target);
}

struct file_facts
postgres_dump_tool_facts(const struct postgres_dump_run *job, const char *load_into)
{
    return (struct file_facts){.role = job->role ? job->role : "data",
                               .object = job->database,
                               .group = job->group,
                               .loader = "psql",
                               .load_into = load_into,
                               .tool = "pg_dump",
                               .tool_version = job->tool->version};
}

int
postgres_dump_tool_keep(const struct postgres_dump_tool *self, const struct runner *runner,
                        int *file, struct error *error)
{
    CLEAN(postgres_kept_clear)
    struct postgres_kept kept = {.stops = {self->job->server->stop, self->job->stop}};
    struct sink sink = postgres_kept_sink(&kept);
    struct file_facts facts = {.role = "data"};
    if (runner_dump(runner, &sink, &facts, NULL, NULL, error))
        return -1;
    *file = postgres_kept_take(&kept);
    return 0;
}
