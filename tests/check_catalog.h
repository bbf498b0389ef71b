// What the tests of the catalog share: rows to fill one with, and cells to look at.

#pragma once

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/catalog.h"
#include "tests/catalog_kinds.h"
#include "tests/check.h"
#include "tests/folder.h"

// ---- rows

static inline void
add_database(batch_t *batch, int64_t id, const char *name, int64_t seen_ms)
{
    CLEAN(memory_free) char *resource = memory_format("arn:aws:rds:eu-west-1:1:db:%" PRId64, id);
    batch_add(batch, STATEMENT_DATABASE_PUT, "itttttttttitttttttii", id, "file:estate", resource,
              name, "", id % 2 ? "mysql" : "postgres", "8.0.36", "1234",
              id % 3 ? "eu-west-1" : "us-east-1", "db.example", (int64_t)3306, "", "shop-secret",
              "", "", "available", id % 2 ? "{\"env\":\"prod\"}" : "{\"env\":\"test\"}", "",
              (int64_t)1000 * id, seen_ms);
}

static inline void
add_run(batch_t *batch, int64_t id, const char *kind)
{
    batch_add(batch, STATEMENT_RUN_ADD, "itttttti", id, kind, "manual", "name=*", "uid:0", "", "",
              1000 + id);
}

static inline void
add_job(batch_t *batch, int64_t id, int64_t run_id, int64_t database_id)
{
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", id, run_id, "backup", database_id, (int64_t)0,
              "task", (size_t)4, 2000 + id);
}

static inline void
start_job(batch_t *batch, int64_t id, int64_t attempt)
{
    batch_add(batch, STATEMENT_JOB_START, "itiii", attempt, "instance-1", 3000 + id, id,
              attempt - 1);
    batch_add(batch, STATEMENT_ATTEMPT_ADD, "iitti", id, attempt, "instance-1", "worker-1",
              3000 + id);
}

static inline void
end_job(batch_t *batch, int64_t id, int64_t attempt, const char *state, int64_t size_bytes)
{
    int failed = strcmp(state, "failed") == 0;
    const char *message = failed ? "cannot dump: access denied" : "";
    batch_add(batch, STATEMENT_ATTEMPT_END, "tttiiii", state, failed ? "try again" : "", message,
              size_bytes, 4000 + id, id, attempt);
    batch_add(batch, STATEMENT_JOB_END, "ttiiiii", state, message, (int64_t)failed, size_bytes,
              4000 + id, id, attempt);
}

static inline void
add_set(batch_t *batch, int64_t id, int64_t database_id, int64_t job_id, int64_t size_bytes)
{
    CLEAN(memory_free) char *path = memory_format("catalog/%" PRId64 "/%" PRId64, database_id, id);
    uint8_t digest[32];
    memset(digest, (int)id, sizeof digest);
    batch_add(batch, STATEMENT_SET_ADD, "iiiittiibttttiii", id, database_id, job_id, (int64_t)1,
              "directory:0b9e", path, size_bytes, (int64_t)7, digest, sizeof digest, "mysqldump",
              "8.0.36", "8.0.35", "single-transaction", (int64_t)3, (int64_t)1, 4000 + id);
}

static inline void
end_run(batch_t *batch, int64_t id, int64_t succeeded, int64_t failed, int64_t cancelled)
{
    batch_add(batch, STATEMENT_RUN_END, "iiiiiii", 9000 + id, succeeded + failed + cancelled,
              succeeded, failed, cancelled, (int64_t)0, id);
}

// A run with one backup job that ended in this state, and its set if it succeeded.
static inline void
add_night(batch_t *batch, int64_t id, int64_t database_id, const char *state, int64_t size_bytes)
{
    int succeeded = strcmp(state, "succeeded") == 0;
    batch_unit(batch);
    add_run(batch, id, "backup");
    add_job(batch, id, id, database_id);
    start_job(batch, id, 1);
    end_job(batch, id, 1, state, size_bytes);
    if (succeeded)
        add_set(batch, id, database_id, id, size_bytes);
    end_run(batch, id, succeeded, strcmp(state, "failed") == 0, strcmp(state, "cancelled") == 0);
}

// ---- calls that must work

static inline void
apply_all(catalog_t *catalog, batch_t **batch_p)
{
    struct error error = {0};
    if (catalog_apply(catalog, *batch_p, &error))
        fail_msg("apply: %s", error.message);
    assert_int_equal(batch_refused(*batch_p), 0);
    batch_destroy(batch_p);
}

static inline table_t *
ask(catalog_t *catalog, const struct query *query, char **cursor)
{
    struct error error = {0};
    table_t *table = NULL;
    if (catalog_query(catalog, query, &table, cursor, &error))
        fail_msg("query '%s': %s", query->name, error.message);
    return table;
}

// All of a short list.
static inline table_t *
ask_all(catalog_t *catalog, struct query query)
{
    char *cursor = NULL;
    query.limit = CATALOG_PAGE_MAX;
    table_t *table = ask(catalog, &query, &cursor);
    assert_null(cursor);
    return table;
}

static inline const char *
cell(const table_t *table, size_t row, const char *column)
{
    for (size_t index = 0; index < table_columns(table); index++) {
        if (strcmp(table_name(table, index), column) == 0)
            return table_cell(table, row, index);
    }
    fail_msg("no column '%s'", column);
    return NULL;
}

// The cells of a column, one after the other: "5 4 3".
static inline char *
column_of(catalog_t *catalog, struct query query, const char *column)
{
    CLEAN(table_destroy) table_t *table = ask_all(catalog, query);
    char *text = memory_copy_text("");
    for (size_t row = 0; row < table_rows(table); row++) {
        char *longer = memory_format("%s%s%s", text, row ? " " : "", cell(table, row, column));
        free(text);
        text = longer;
    }
    return text;
}

#define ASSERT_COLUMN(catalog, column, expected, ...) \
    do { \
        CLEAN(memory_free) \
        char *text_ = column_of(catalog, (struct query){__VA_ARGS__}, column); \
        assert_string_equal(text_, expected); \
    } while (0)

// ---- batches that can be told apart

// Three rows that must be there together: database, run and job of one number. `size` bytes of
// task.
static inline batch_t *
numbered(int64_t number, size_t size)
{
    batch_t *batch = batch_new();
    CLEAN(memory_free) char *task = memory_get(size + 1);
    memset(task, 'x', size);
    batch_unit(batch);
    add_database(batch, number, "shop", 1);
    add_run(batch, number, "backup");
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", number, number, "backup", number, (int64_t)0,
              task, size, (int64_t)1);
    return batch;
}

static inline int
apply_numbered(catalog_t *catalog, int64_t number, size_t size, struct error *error)
{
    CLEAN(batch_destroy) batch_t *batch = numbered(number, size);
    int failed = catalog_apply(catalog, batch, error);
    if (!failed)
        assert_int_equal(batch_refused(batch), 0);
    return failed;
}

// All batches up to `last` are there, each whole; one more may be.
static inline void
check_numbered(catalog_t *catalog, int64_t last)
{
    struct error error = {0};
    CLEAN(working_set_clear) struct working_set set = {0};
    if (catalog_load(catalog, &set, &error))
        fail_msg("load: %s", error.message);
    assert_in_range(set.job_count, last, last + 1);
    assert_int_equal(set.run_count, set.job_count);
    assert_int_equal(set.database_count, set.job_count);
    for (size_t index = 0; index < set.job_count; index++) {
        assert_int_equal(set.databases[index]->id, index + 1);
        assert_int_equal(set.runs[index]->id, index + 1);
        assert_int_equal(set.jobs[index]->id, index + 1);
    }
}

static inline void
copy_file(const char *from, const char *to)
{
    enum { BLOCK = 1 << 16 };
    CLEAN(memory_free) char *data = memory_get(BLOCK);
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");
    assert_true(in && out);
    size_t size = 0;
    while ((size = fread(data, 1, BLOCK, in)) > 0)
        assert_int_equal(fwrite(data, 1, size, out), size);
    assert_int_equal(fclose(in) | fclose(out), 0);
}

// Five databases (5 has the first one's name), a night of each state, and a run under way.
static inline void
add_history(catalog_t *catalog)
{
    batch_t *batch = batch_new();
    batch_unit(batch);
    const char *const names[] = {"shop", "mail", "archive", "wiki", "shop"};
    for (int64_t id = 1; id <= 5; id++)
        add_database(batch, id, names[id - 1], 100 * id);
    add_night(batch, 1, 1, "succeeded", 1);
    add_night(batch, 2, 2, "failed", 0);
    add_night(batch, 3, 3, "cancelled", 0);
    add_night(batch, 4, 1, "succeeded", 2000000001);
    batch_unit(batch);
    add_run(batch, 5, "backup");
    batch_add(batch, STATEMENT_RUN_SKIP, "iit", (int64_t)5, (int64_t)4, "it is stopped");
    for (int64_t id = 5; id <= 8; id++)
        add_job(batch, id, 5, id - 4);
    start_job(batch, 5, 1);
    end_job(batch, 5, 1, "succeeded", 1000000000);
    add_set(batch, 5, 1, 5, 1000000000);
    start_job(batch, 6, 1);
    end_job(batch, 6, 1, "failed", 0);
    start_job(batch, 7, 1);
    apply_all(catalog, &batch);
}

static inline struct job *
find_job(const struct working_set *set, int64_t id)
{
    for (size_t index = 0; index < set->job_count; index++) {
        if (set->jobs[index]->id == id)
            return set->jobs[index];
    }
    fail_msg("no job %" PRId64, id);
    return NULL;
}

static inline void
load(catalog_t *catalog, struct working_set *set)
{
    struct error error = {0};
    working_set_clear(set);
    if (catalog_load(catalog, set, &error))
        fail_msg("load: %s", error.message);
}

// Databases 1 to 3 and run 1 with jobs 1 and 2, queued.
static inline void
add_queue(catalog_t *catalog)
{
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 100);
    add_database(batch, 2, "mail", 100);
    add_database(batch, 3, "archive", 100);
    add_run(batch, 1, "backup");
    add_job(batch, 1, 1, 1);
    add_job(batch, 2, 1, 2);
    batch_add(batch, STATEMENT_RUN_SKIP, "iit", (int64_t)1, (int64_t)3, "it is stopped");
    apply_all(catalog, &batch);
}
