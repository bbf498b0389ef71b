// A catalog in SQLite that an older release left.

#include <sqlite3.h>

#include "coordinator/catalog/catalog.h"
#include "tests/check_catalog.h"

// Runs SQL in the catalog's file, past the catalog.
static void
run(const struct fixture *fixture, const char *sql)
{
    sqlite3 *connection = NULL;
    CLEAN(memory_free) char *path = memory_format("%s/catalog.db", fixture->folder);
    assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
    if (sqlite3_exec(connection, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    sqlite3_close(connection);
}

// A file as the first release left it, with a row in each table.
static void
make_version_1(const struct fixture *old)
{
    for (const char *const *sql = schema_sqlite_migrations[0].sql; *sql; sql++)
        run(old, *sql);
    static const char *const rows[] = {
        "PRAGMA application_id = 1684170860",
        "PRAGMA user_version = 1",
        "INSERT INTO leader VALUES (1, '0b9e5a6c-0000-4000-8000-000000000001', 41, 'old/1/x')",
        "INSERT INTO known_databases VALUES (1, 'file:estate', 'r-1', 'shop', 'mysql', '8.0', 'a',"
        " 'r', 'h', 3306, 's', 'available', '{}', '', 5, 100, 200, 0)",
        "INSERT INTO runs VALUES (1, 'backup', 'manual', 'name=*', 'uid:0', '', 1000, 0, 0, 0, 0,"
        " 0, 0)",
        "INSERT INTO runs VALUES (2, 'backup', 'manual', 'name=*', 'uid:0', '', 1000, 2000, 1, 1,"
        " 0, 0, 0)",
        "INSERT INTO skips VALUES (1, 1, 'it is stopped')",
        "INSERT INTO jobs VALUES (1, 1, 'backup', 1, 0, 'queued', 0, 0, 0, 0, 1500, 0, 0, '', '',"
        " x'7461736b')",
        "INSERT INTO jobs VALUES (2, 2, 'backup', 1, 0, 'succeeded', 1, 0, 0, 7, 1500, 1600,"
        " 1900000, 'i', '', NULL)",
        "INSERT INTO attempts VALUES (2, 1, 'i', 'worker-1', 1600, 1900000, 'succeeded', '', 7,"
        " '')",
        "INSERT INTO sets VALUES (1, 1, 2, 1, 'directory:x', 'a/b', 7, 3, x'00ff', 'mysqldump',"
        " '8', '8', 'one', 1, 0, 1900000, 0, 'good', '')",
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++)
        run(old, rows[index]);
}

static void
a_catalog_of_the_first_release_goes_on_with_all_it_has(void **state)
{
    (void)state;
    struct fixture old = {.folder = folder_new()};
    old.url = memory_format("sqlite:%s/catalog.db", old.folder);
    make_version_1(&old);
    struct error error = {0};
    catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, old.url, &catalog_server_access, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    open_again(&old);
    assert_int_equal(catalog_epoch(old.catalog), 42);
    assert_string_equal(catalog_id(old.catalog), "0b9e5a6c-0000-4000-8000-000000000001");
    CLEAN(working_set_clear) struct working_set set = {0};
    load(old.catalog, &set);
    assert_int_equal(set.database_count, 1);
    assert_string_equal(set.databases[0]->name, "shop");
    assert_string_equal(set.databases[0]->long_name, "");
    assert_string_equal(set.databases[0]->role_arn, "");
    assert_int_equal(set.databases[0]->first_seen_ms, 100);
    assert_int_equal(set.databases[0]->stale_ms, 0);
    assert_int_equal(set.run_count, 1);
    assert_string_equal(set.runs[0]->note, "");
    assert_int_equal(set.job_count, 1);
    assert_memory_equal(set.jobs[0]->task, "task", 4);
    assert_int_equal(set.scope_count, 0);
    assert_int_equal(set.next_event_id, 1);
    CLEAN(table_destroy) table_t *report = ask_all(old.catalog, (struct query){.name = "report"});
    const char *const row[] = {
        "1970-01-01 00:00:01", "1970-01-01 00:31:40", "shop", "1", "r-1", "Success"};
    for (size_t column = 0; column < 6; column++)
        assert_string_equal(table_cell(report, 0, column), row[column]);
    run(&old, "SELECT long_name, note FROM known_databases, runs, report LIMIT 0");
    CLEAN(table_destroy) table_t *runs = ask_all(old.catalog, (struct query){.name = "runs"});
    assert_string_equal(cell(runs, 0, "state"), "succeeded");
    CLEAN(table_destroy) table_t *sets = ask_all(old.catalog, (struct query){.name = "latest"});
    assert_string_equal(cell(sets, 0, "manifest_sha256"), "00ff");
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 2, "mail", 1);
    apply_all(old.catalog, &batch);
    catalog_destroy(&old.catalog);
    folder_destroy(&old.folder);
    free(old.url);
}

// What reports on attempts tells of a night of before, too.
static void
what_ended_without_an_attempt_gets_one(void **state)
{
    (void)state;
    struct fixture old = {.folder = folder_new()};
    old.url = memory_format("sqlite:%s/catalog.db", old.folder);
    make_version_1(&old);
    run(&old, "INSERT INTO jobs VALUES (3, 2, 'backup', 1, 0, 'failed', 0, 0, 0, 0, 1500, 0,"
              " 1900000, '', 'nobody', NULL)");
    open_again(&old);
    for (int64_t job = 1; job <= 3; job++) {
        CLEAN(table_destroy)
        table_t *rows = ask_all(old.catalog, (struct query){.name = "attempts", .job_id = job});
        assert_int_equal(table_rows(rows), job > 1);
        if (job > 1)
            assert_string_equal(cell(rows, 0, "attempt"), job == 3 ? "0" : "1");
        if (job == 3) {
            assert_string_equal(cell(rows, 0, "outcome"), "failed");
            assert_string_equal(cell(rows, 0, "message"), "nobody");
            assert_string_equal(cell(rows, 0, "ended"), "1900000");
        }
    }
    catalog_destroy(&old.catalog);
    folder_destroy(&old.folder);
    free(old.url);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_catalog_of_the_first_release_goes_on_with_all_it_has),
        cmocka_unit_test(what_ended_without_an_attempt_gets_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
