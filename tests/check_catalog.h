// What the tests of the catalog share: rows to fill one with, and cells to look at.

#pragma once

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/catalog.h"
#include "tests/check.h"

static inline int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static inline char *
make_folder(void)
{
    char *folder = memory_copy_text("/tmp/dbhaul-catalog-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static inline void
remove_folder(const char *folder)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

// ---- rows

static inline void
add_database(batch_t *batch, int64_t id, const char *name, int64_t seen_ms)
{
    CLEAN(memory_free) char *resource = memory_format("arn:aws:rds:eu-west-1:1:db:%" PRId64, id);
    batch_add(batch, STATEMENT_DATABASE_PUT, "ittttttttittttii", id, "file:estate", resource, name,
              id % 2 ? "mysql" : "postgres", "8.0.36", "1234", id % 3 ? "eu-west-1" : "us-east-1",
              "db.example", (int64_t)3306, "shop-secret", "available",
              id % 2 ? "{\"env\":\"prod\"}" : "{\"env\":\"test\"}", "", (int64_t)1000 * id,
              seen_ms);
}

static inline void
add_run(batch_t *batch, int64_t id, const char *kind)
{
    batch_add(batch, STATEMENT_RUN_ADD, "ittttti", id, kind, "manual", "name=*", "uid:0", "",
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

// ---- the suites run on every kind: add one to the list

// How a kind gets an empty place, and how it can be out of reach for a while.
struct kind {
    const char *name;
    char *(*prepare)(const char *folder);  // a URL
    void (*take_away)(const char *folder);
    void (*bring_back)(const char *folder);
};

struct fixture {
    const struct kind *kind;
    char *folder, *url;
    catalog_t *catalog;
};

static inline char *
prepare_sqlite(const char *folder)
{
    return memory_format("sqlite:%s/catalog.db", folder);
}

static inline void
rename_in(const char *folder, const char *from, const char *to)
{
    CLEAN(memory_free) char *old = memory_format("%s/%s", folder, from);
    CLEAN(memory_free) char *new = memory_format("%s/%s", folder, to);
    assert_int_equal(rename(old, new), 0);
}

static inline void
take_away_sqlite(const char *folder)
{
    rename_in(folder, "catalog.db", "away.db");
}

static inline void
bring_back_sqlite(const char *folder)
{
    rename_in(folder, "away.db", "catalog.db");
}

static const struct kind kinds[] = {
    {"sqlite", prepare_sqlite, take_away_sqlite, bring_back_sqlite},
};

static inline void
open_again(struct fixture *fixture)
{
    struct error error = {0};
    catalog_destroy(&fixture->catalog);
    if (catalog_open(&fixture->catalog, fixture->url, "host:1", &error))
        fail_msg("open: %s", error.message);
}

static inline int
setup(void **state)
{
    struct fixture *fixture = memory_get(sizeof *fixture);
    fixture->kind = *state;
    fixture->folder = make_folder();
    fixture->url = fixture->kind->prepare(fixture->folder);
    open_again(fixture);
    *state = fixture;
    return 0;
}

static inline int
teardown(void **state)
{
    struct fixture *fixture = *state;
    catalog_destroy(&fixture->catalog);
    remove_folder(fixture->folder);
    free(fixture->folder);
    free(fixture->url);
    free(fixture);
    return 0;
}

#define SUITE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static inline int
run_on_every_kind(struct CMUnitTest *tests, size_t count)
{
    int failed = 0;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        for (size_t test = 0; test < count; test++)
            memcpy(&tests[test].initial_state, &(const void *){&kinds[kind]}, sizeof(void *));
        failed += _cmocka_run_group_tests(kinds[kind].name, tests, count, NULL, NULL);
    }
    return failed;
}
