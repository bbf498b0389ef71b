#include "worker/engine/postgres_load.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/engine/crew.h"
#include "worker/engine/postgres.h"
#include "worker/engine/postgres_access.h"
#include "worker/engine/runner.h"

enum { SAID_MAX = 16 << 20 };  // what a psql says of one file

// Files that are loaded side by side, or one.
struct batch {
    const struct server *server;
    const struct tool *psql;
    const struct set_source_file *files;
    struct postgres_tool_access *accesses;  // one for each, while it is loaded
};

static enum error_code
classify(const char *stderr_text)
{
    enum error_code code = postgres_access_meaning(stderr_text);
    return code == ERROR_NONE ? ERROR_CONFIG : code;
}

// A login of its own for each psql, in the thread that may ask for one.
static int
begin(void *context, size_t index, struct error *error)
{
    struct batch *self = context;
    const struct set_source_file *file = &self->files[index];
    const char *database = file->load_into ? file->load_into : "postgres";
    return postgres_settle_login(self->server, database, error) ||
                   postgres_tool_access_open(&self->accesses[index], self->server, database, error)
               ? -1
               : 0;
}

static int
run(const struct batch *self, size_t index, int output, struct error *error)
{
    static const char *const noise[] = {
        "psql:<stdin>:*: WARNING:",
        "psql:<stdin>:*: NOTICE:",
        "WARNING:",
        "NOTICE:",
        "DETAIL:",
        "HINT:",
        "CONTEXT:",
        "PL/pgSQL function",
        NULL,
    };
    const struct postgres_tool_access *access = &self->accesses[index];
    CLEAN(memory_free) char *label = memory_format("psql %s", self->psql->version);
    // Without --quiet it says how many rows each COPY has loaded.
    const char *arguments[] = {self->psql->path,
                               "--no-psqlrc",
                               "--no-password",
                               "--set=ON_ERROR_STOP=1",
                               "--file=-",
                               access->target,
                               output > 0 ? "--tuples-only" : "--quiet",
                               output > 0 ? NULL : "--output=/dev/null",
                               NULL};
    struct runner runner = {.name = label,
                            .process = {.argv = arguments,
                                        .environment = access->environment,
                                        .keep_fds = {access->password_fd}},
                            .credentials = &access->login.server.credentials,
                            .login = self->server->login,
                            .classify = classify,
                            .noise = noise,
                            .output_fd = output};
    return runner_load(&runner, self->files[index].path, error);
}

// The sum of what the lines "COPY 17" say.
static int
count_rows(int output, uint64_t *rows, struct error *error)
{
    char path[RUNNER_PATH_SIZE];
    size_t size = 0;
    char *rest = NULL;
    CLEAN(memory_free) char *said = NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", output);
    if (fd_read_file(AT_FDCWD, path, SAID_MAX, &said, &size, error))
        return error_wrap(error, "cannot read what psql says");
    *rows = 0;
    for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "COPY ", 5) == 0)
            *rows += strtoull(line + 5, NULL, 10);
    }
    return 0;
}

static int
load(const struct batch *self, size_t index, struct error *error)
{
    uint64_t wanted = self->files[index].rows;
    if (wanted == 0)
        return run(self, index, 0, error);
    uint64_t rows = 0;
    CLEAN(fd_close) int output = memfd_create("dbhaul", MFD_CLOEXEC);
    if (output < 0)
        return error_set(error, ERROR_INTERNAL, "cannot make a file in memory: %s",
                         strerror(errno));
    if (run(self, index, output, error) || count_rows(output, &rows, error))
        return -1;
    if (rows == wanted)
        return 0;
    return error_set(error, ERROR_CORRUPT,
                     "%" PRIu64 " rows were loaded of %" PRIu64 " that the set has", rows, wanted);
}

static int
work(void *context, crew_member_t *member, size_t number, size_t index, struct error *error)
{
    const struct batch *self = context;
    const struct set_source_file *file = &self->files[index];
    (void)member, (void)number;
    if (load(self, index, error) == 0)
        return 0;
    if (file->object && *file->object)
        return error_wrap(error, "cannot load database '%s'", file->object);
    return error_wrap(error, "cannot load the %s", file->role);
}

static int
end(void *context, size_t index, int status, struct error *error)
{
    struct batch *self = context;
    (void)status, (void)error;
    postgres_tool_access_close(&self->accesses[index]);
    self->accesses[index] = (struct postgres_tool_access){0};
    return 0;
}

static int
are_same(const char *one, const char *other)
{
    return one && other && strcmp(one, other) == 0;
}

static int
is_beside(const struct set_source_file *file, const struct set_source_file *first)
{
    int is_parallel = are_same(file->group, "data") || are_same(file->group, "indexes");
    return is_parallel && are_same(file->group, first->group) &&
           are_same(file->object, first->object);
}

int
postgres_load_files(const struct server *server, const struct tool *psql,
                    const struct set_source_file *files, size_t count, struct error *error)
{
    for (size_t first = 0, next = 0; first < count; first = next) {
        next = first + 1;
        while (next < count && is_beside(&files[next], &files[first]))
            next++;
        CLEAN(memory_free)
        struct postgres_tool_access *accesses = memory_get((next - first) * sizeof *accesses);
        struct batch batch = {
            .server = server, .psql = psql, .files = &files[first], .accesses = accesses};
        struct crew_job job = {.self = &batch,
                               .members =
                                   next - first < POSTGRES_LOADS ? next - first : POSTGRES_LOADS,
                               .tasks = next - first,
                               .begin = begin,
                               .work = work,
                               .end = end};
        if (crew_run(&job, error))
            return -1;
    }
    return 0;
}
