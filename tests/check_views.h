// What the tests of the catalog's views share: asking them past the catalog, as a report does, and
// what docs/dpa.md and deploy/dpa say of them.

#pragma once

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "tests/check_catalog.h"

static const char *const views[] = {"dpa_backup_jobs_v1", "dpa_databases_v1"};

// ---- asking

// The rows of an answer: "cell|cell|\n" each, "NULL" for NULL. The caller's.
static inline char *
ask_sqlite(const char *path, const char *sql)
{
    sqlite3 *connection = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(path, &connection, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    int result = sqlite3_step(statement);
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        for (int column = 0; column < sqlite3_column_count(statement); column++) {
            const unsigned char *cell_text = sqlite3_column_text(statement, column);
            fprintf(out, "%s|", cell_text ? (const char *)cell_text : "NULL");
        }
        fputc('\n', out);
    }
    if (result != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    fclose(out);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    return text;
}

static inline char *
ask_view(const struct fixture *fixture, const char *sql)
{
    CLEAN(memory_free) char *path = memory_format("%s/catalog.db", fixture->folder);
    return ask_sqlite(path, sql);
}

static inline void
check_view(const struct fixture *fixture, const char *sql, const char *expected)
{
    CLEAN(memory_free) char *found = ask_view(fixture, sql);
    assert_string_equal(found, expected);
}

// The columns of a view as the database has them: "name|type|\n" each, in their order. SQLite's
// views have no types.
static inline char *
view_columns(const struct fixture *fixture, const char *view)
{
    CLEAN(memory_free)
    char *sql = memory_format("SELECT name FROM pragma_table_info('%s') ORDER BY cid", view);
    return ask_view(fixture, sql);
}

// ---- a night

enum { HOUR = 3600 * 1000 };

// 2026-11-25 22:00:00 UTC, when the night begins.
static const int64_t night = 1795644000000;

static inline void
queue_job(batch_t *batch, int64_t id, const char *kind, int64_t database_id, int64_t set_id)
{
    batch_unit(batch);
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", id, (int64_t)1, kind, database_id, set_id,
              "task", (size_t)4, night);
}

// An attempt that takes an hour and ends after so many hours of the night.
static inline void
run_attempt(batch_t *batch, int64_t job, int64_t attempt, const char *outcome, const char *class,
            const char *message, int64_t hours)
{
    int64_t ended = night + hours * HOUR;
    batch_add(batch, STATEMENT_JOB_START, "itiii", attempt, "instance-1", ended - HOUR, job,
              attempt - 1);
    batch_add(batch, STATEMENT_ATTEMPT_ADD, "iitti", job, attempt, "instance-1", "worker-1",
              ended - HOUR);
    batch_add(batch, STATEMENT_ATTEMPT_END, "tttiiii", outcome, class, message, (int64_t)0, ended,
              job, attempt);
}

static inline void
end_with(batch_t *batch, int64_t job, int64_t attempt, const char *state, const char *message,
         int64_t hours)
{
    batch_add(batch, STATEMENT_JOB_END, "ttiiiii", state, message, (int64_t)0, (int64_t)0,
              night + hours * HOUR, job, attempt);
}

static inline void
keep_set(batch_t *batch, int64_t id, int64_t database_id, int64_t job, int64_t attempt,
         const char *store, int64_t size_bytes)
{
    uint8_t digest[32];
    memset(digest, 0xab, sizeof digest);
    batch_add(batch, STATEMENT_SET_ADD, "iiiittiibttttiii", id, database_id, job, attempt, store,
              "dbhaul/1f/d1/j1-a2", size_bytes, (int64_t)7, digest, sizeof digest, "mysqldump",
              "8.0.40", "8.0.36", "single-transaction", (int64_t)3, (int64_t)1, night + 2 * HOUR);
}

// One of each that a night may bring; the run stays open for a job that runs.
static inline void
add_dark_night(catalog_t *catalog)
{
    batch_t *batch = batch_new();
    batch_unit(batch);
    const char *const names[] = {"shop", "mail", "archive", "wiki"};
    for (int64_t id = 1; id <= 4; id++)
        add_database(batch, id, names[id - 1], night - 48 * HOUR);
    batch_add(batch, STATEMENT_RUN_ADD, "itttttti", (int64_t)1, "backup", "nightly", "name=*",
              "schedule", "", "", night);

    queue_job(batch, 1, "backup", 1, 0);
    run_attempt(batch, 1, 1, "lost", "try again", "the worker fell\n\tsilent", 1);
    batch_add(batch, STATEMENT_JOB_AGAIN, "iitii", (int64_t)1, night, "", (int64_t)1, (int64_t)1);
    run_attempt(batch, 1, 2, "succeeded", "", "2 views were left out", 2);
    keep_set(batch, 1, 1, 1, 2, "boostfs:dd1.example:/unit", 7201000);
    end_with(batch, 1, 2, "succeeded", "", 2);

    queue_job(batch, 2, "backup", 2, 0);
    run_attempt(batch, 2, 1, "failed", "somebody must act", "access denied", 3);
    end_with(batch, 2, 1, "failed", "access denied", 3);

    queue_job(batch, 3, "verify", 1, 1);
    run_attempt(batch, 3, 1, "succeeded", "", "", 4);
    batch_add(batch, STATEMENT_SET_VERIFIED, "ttii", "good", "", night + 4 * HOUR, (int64_t)1);
    end_with(batch, 3, 1, "succeeded", "", 4);

    queue_job(batch, 4, "backup", 3, 0);
    batch_add(batch, STATEMENT_JOB_END, "ttiiiii", "failed", "no worker can take it", (int64_t)0,
              (int64_t)0, night + 5 * HOUR, (int64_t)4, (int64_t)0);
    batch_add(batch, STATEMENT_ATTEMPT_ADD, "iitti", (int64_t)4, (int64_t)0, "", "",
              night + 5 * HOUR);
    batch_add(batch, STATEMENT_ATTEMPT_END, "tttiiii", "failed", "somebody must act",
              "no worker can take it", (int64_t)0, night + 5 * HOUR, (int64_t)4, (int64_t)0);

    queue_job(batch, 5, "sweep", 0, 0);
    run_attempt(batch, 5, 1, "cancelled", "try again", "", 6);
    end_with(batch, 5, 1, "cancelled", "cancelled by uid:0", 6);

    queue_job(batch, 6, "backup", 4, 0);  // still runs, for the second time
    run_attempt(batch, 6, 1, "failed", "try again", "deadlock", 7);
    batch_add(batch, STATEMENT_JOB_AGAIN, "iitii", (int64_t)1, night, "deadlock", (int64_t)6,
              (int64_t)1);
    start_job(batch, 6, 2);
    apply_all(catalog, &batch);
}

// ---- what is written of them

// A file of the source, whole; the caller's.
static inline char *
source_text(const char *name)
{
    const char *slash = strrchr(__FILE__, '/');
    CLEAN(memory_free)
    char *path = memory_format("%.*s/../%s", (int)(slash - __FILE__), __FILE__, name);
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("there is no '%s'", path);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int byte = fgetc(file); byte != EOF; byte = fgetc(file))
        fputc(byte, out);
    fclose(out);
    fclose(file);
    return text;
}

// The section of docs/dpa.md that has a view's columns.
static inline char *
page_text(const char *view)
{
    CLEAN(memory_free) char *page = source_text("docs/dpa.md");
    CLEAN(memory_free) char *title = memory_format("\n## %s\n", view);
    char *from = strstr(page, title);
    if (!from)
        fail_msg("docs/dpa.md does not describe '%s'", view);
    from += strlen(title);
    char *end = strstr(from, "\n## ");
    return memory_format("%.*s", (int)(end ? end - from : (long)strlen(from)), from);
}

struct page_row {
    char name[64], type[64];
};

// The next row of a table of columns: "| `name` | type | ...".
static inline int
page_next(const char **next, struct page_row *row)
{
    const char *line = *next;
    while ((line = strstr(line, "\n| `"))) {
        line++;
        if (sscanf(line, "| `%63[a-z0-9_]` | %63[^ |] |", row->name, row->type) == 2) {
            *next = line;
            return 1;
        }
        fail_msg("docs/dpa.md has a row without name and type: %.60s", line);
    }
    return 0;
}

// What the page says of a view's columns, in the form of view_columns.
static inline char *
page_columns(const struct fixture *fixture, const char *view)
{
    CLEAN(memory_free) char *page = page_text(view);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct page_row row;
    for (const char *next = page; page_next(&next, &row);)
        fprintf(out, "%s|\n", row.name);
    fclose(out);
    (void)fixture;
    return text;
}

static inline void
replace_all(char **text, const char *word, const char *by)
{
    for (char *place = strstr(*text, word); place; place = strstr(*text, word)) {
        char *longer =
            memory_format("%.*s'%s'%s", (int)(place - *text), *text, by, place + strlen(word));
        free(*text);
        *text = longer;
    }
}

// A sample of deploy/dpa with its period.
static inline char *
sample_text(const char *name, const char *start, const char *end)
{
    CLEAN(memory_free) char *path = memory_format("deploy/dpa/%s.sql", name);
    char *text = source_text(path);
    replace_all(&text, ":start", start);
    replace_all(&text, ":end", end);
    return text;
}
