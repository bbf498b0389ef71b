#include "coordinator/rebuild.h"

#include <czmq.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/lines.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/process.h"
#include "common/program.h"
#include "coordinator/catalog/catalog.h"
#include "coordinator/rebuild_rows.h"

enum { EXIT_TROUBLE = 1, EXIT_USAGE = 2, PATIENCE_MS = 600000, WAIT_MS = 30000 };

// ---- an empty catalog

// How many rows the first page of a list has.
static int
count(catalog_t *catalog, const char *list, size_t *rows, struct error *error)
{
    CLEAN(table_destroy) table_t *table = NULL;
    CLEAN(memory_free) char *cursor = NULL;
    struct query query = {.name = list, .limit = CATALOG_PAGE_MAX};
    if (catalog_query(catalog, &query, &table, &cursor, error))
        return -1;
    *rows = table_rows(table);
    return 0;
}

// The number of the last rebuild, and whether it was cut off.
static int
find_last(catalog_t *catalog, int64_t *id, int *is_open, struct error *error)
{
    CLEAN(table_destroy) table_t *table = NULL;
    CLEAN(memory_free) char *cursor = NULL;
    struct query query = {.name = "rebuilds", .limit = CATALOG_PAGE_MAX};
    if (catalog_query(catalog, &query, &table, &cursor, error))
        return -1;
    for (size_t row = 0; row < table_rows(table); row++) {
        *id = strtoll(table_cell(table, row, 0), NULL, 10);
        *is_open = !*table_cell(table, row, 3);
    }
    return 0;
}

static int
check_empty(catalog_t *catalog, const char *url, struct error *error)
{
    static const char *const lists[] = {"archive_databases", "runs", "archive_sets", "protections"};
    for (size_t index = 0; index < sizeof lists / sizeof *lists; index++) {
        size_t rows = 0;
        if (count(catalog, lists[index], &rows, error))
            return -1;
        if (rows > 0)
            return error_set(
                error, ERROR_CONFIG,
                "the catalog '%s' has databases, runs or sets already: a rebuild needs "
                "an empty one, give it another place",
                url);
    }
    return 0;
}

static int
apply(catalog_t *catalog, batch_t *batch, struct error *error)
{
    if (catalog_apply(catalog, batch, error))
        return -1;
    return batch_refused(batch) == 0
               ? 0
               : error_set(error, ERROR_INTERNAL, "another process writes this catalog");
}

// Marks the catalog as being rebuilt, unless it is marked so already: then it has nothing but what
// that rebuild had come to.
static int
begin(catalog_t *catalog, const struct settings *settings, const char *place, int64_t *id,
      int *is_resumed, struct error *error)
{
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    if (find_last(catalog, id, is_resumed, error))
        return -1;
    if (*is_resumed) {
        log_info("goes on with a rebuild that was cut off");
        return 0;
    }
    if (check_empty(catalog, settings->catalog_url, error))
        return -1;
    batch_unit(batch);
    batch_add(batch, STATEMENT_REBUILD_BEGIN, "iti", ++*id, place, clock_unix_ms());
    return apply(catalog, batch, error);
}

static int
end(catalog_t *catalog, int64_t id, struct error *error)
{
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_REBUILD_END, "ii", clock_unix_ms(), id);
    return apply(catalog, batch, error);
}

// ---- the worker that reads the store

struct reading {
    process_t *process;
    int output;
};

static void
reading_clear(struct reading *self)
{
    process_destroy(&self->process);
    fd_close(&self->output);
}

static int
start(struct reading *self, const struct rebuild_options *options, struct error *error)
{
    int ends[2];
    CLEAN(memory_free) char *path = NULL;
    if (program_find("dbhaul-worker", &path, error))
        return -1;
    const char *argv[8] = {path, "--inventory", options->place};
    size_t count = 3;
    if (options->identity) {
        argv[count++] = "--store";
        argv[count++] = options->identity;
    }
    if (options->catalog) {
        argv[count++] = "--catalog";
        argv[count++] = options->catalog;
    }
    if (pipe2(ends, O_CLOEXEC))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
    self->output = ends[0];
    CLEAN(fd_close) int theirs = ends[1];
    struct process_options process = {.argv = argv, .stdout_fd = theirs, .inherit_stderr = 1};
    return process_start(&self->process, &process, error);
}

static int
wait_for_end(struct reading *self, struct error *error)
{
    struct process_end end;
    char text[64];
    if (process_wait(self->process, WAIT_MS, &end, error))
        return error_wrap(error, "dbhaul-worker has told all and does not end");
    if (end.exit_code == 0)
        return 0;
    return error_set(error, end.exit_code == EXIT_USAGE ? ERROR_CONFIG : ERROR_UNAVAILABLE,
                     "the store cannot be read (%s): what dbhaul-worker said stands above",
                     process_end_text(&end, text));
}

static int
read_store(rebuild_rows_t *rows, const struct rebuild_options *options, struct error *error)
{
    CLEAN(reading_clear) struct reading reading = {.output = -1};
    if (start(&reading, options, error))
        return -1;
    CLEAN(lines_destroy)
    lines_t *lines = lines_new(reading.output, ARCHIVE_LINE_MAX, PATIENCE_MS);
    const char *line = NULL;
    size_t size = 0;
    struct error cause = {0};
    while (lines_next(lines, &line, &size, &cause) == 0) {
        if (rebuild_rows_take(rows, line, size, error))
            return -1;
    }
    if (cause.code == ERROR_UNAVAILABLE) {
        *error = cause;
        return error_wrap(error, "the store at '%s' does not answer", options->place);
    }
    if (wait_for_end(&reading, error))
        return -1;
    return rebuild_rows_end(rows, error);
}

// ---- all of it

int
rebuild_catalog(const struct settings *settings, const struct rebuild_options *options,
                struct error *error)
{
    CLEAN(catalog_destroy) catalog_t *catalog = NULL;
    CLEAN(memory_free) char *holder = memory_format("rebuild/%d", (int)getpid());
    int64_t id = 0;
    int is_resumed = 0;
    if (catalog_open(&catalog, settings->catalog_url, &settings->catalog_access, holder, error)) {
        error_wrap(error, "cannot open the catalog");
        return error->code == ERROR_CONFIG ? EXIT_USAGE : EXIT_TROUBLE;
    }
    if (begin(catalog, settings, options->place, &id, &is_resumed, error))
        return error->code == ERROR_CONFIG ? EXIT_USAGE : EXIT_TROUBLE;
    CLEAN(rebuild_rows_destroy)
    rebuild_rows_t *rows = rebuild_rows_new(catalog, options->place, clock_unix_ms());
    if ((is_resumed && rebuild_rows_resume(rows, error)) || read_store(rows, options, error) ||
        end(catalog, id, error)) {
        error_wrap(error, "the catalog is not rebuilt: run it again");
        return error->code == ERROR_CONFIG ? EXIT_USAGE : EXIT_TROUBLE;
    }
    if (rebuild_rows_print(rows, stdout) == 0)
        return EXIT_SUCCESS;
    error_set(error, ERROR_CORRUPT, "not all could be read or kept: what was not stands above");
    return EXIT_TROUBLE;
}
