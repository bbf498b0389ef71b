// What is SQLite's own: the file, its schema and view, and how its lists are found.

#include <fcntl.h>
#include <sqlite3.h>
#include <time.h>

#include "coordinator/catalog/list.h"
#include "tests/check_catalog.h"

// Runs SQL in the catalog's file, past the catalog; gives the first row's cells, one after the
// other, or "". The caller's.
static char *
run_sql(const struct fixture *fixture, const char *sql)
{
    sqlite3 *connection = NULL;
    sqlite3_stmt *statement = NULL;
    CLEAN(memory_free) char *path = memory_format("%s/catalog.db", fixture->folder);
    assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
    if (sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    char *text = memory_copy_text("");
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(connection));
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        for (int column = 0; column < sqlite3_column_count(statement); column++) {
            const unsigned char *cell_text = sqlite3_column_text(statement, column);
            char *longer = memory_format("%s%s|", text, cell_text);
            free(text);
            text = longer;
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    return text;
}

static void
check_sql(const struct fixture *fixture, const char *sql, const char *expected)
{
    CLEAN(memory_free) char *found = run_sql(fixture, sql);
    assert_string_equal(found, expected);
}

static void
check_cannot_open(const char *url, enum error_code code, const char *words)
{
    struct error error = {0};
    catalog_t *catalog = NULL;
    assert_int_equal(catalog_open(&catalog, url, &catalog_server_access, "host:1", &error), -1);
    assert_int_equal(error.code, code);
    if (!strstr(error.message, words))
        fail_msg("'%s' does not say '%s'", error.message, words);
    assert_null(catalog);
}

// ---- the file

static void
only_the_owner_can_read_what_is_on_disk(void **state)
{
    (void)state;
    mode_t before = umask(0);
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *url = memory_format("sqlite:%s/catalog.db", folder);
    struct error error = {0};
    CLEAN(catalog_destroy) catalog_t *catalog = NULL;
    assert_int_equal(catalog_open(&catalog, url, &catalog_server_access, "host:1", &error), 0);
    const char *const names[] = {"catalog.db", "catalog.db-wal", "catalog.db-shm",
                                 "catalog.db.lock"};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        CLEAN(memory_free) char *path = memory_format("%s/%s", folder, names[index]);
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
    umask(before);
}

static void
a_place_must_be_absolute_and_its_folder_there(void **state)
{
    (void)state;
    check_cannot_open("sqlite:", ERROR_CONFIG, "absolute path");
    check_cannot_open("sqlite:catalog.db", ERROR_CONFIG, "absolute path");
    check_cannot_open("sqlite::memory:", ERROR_CONFIG, "absolute path");
    check_cannot_open("sqlite:/nowhere/catalog.db", ERROR_CONFIG, "No such file");
}

static void
the_last_leader_stands_in_the_file(void **state)
{
    struct fixture *fixture = *state;
    open_again(fixture);
    check_sql(fixture, "SELECT epoch, holder FROM leader", "2|host:1|");
    check_sql(fixture, "PRAGMA journal_mode", "wal|");
}

// Somebody removes the lock file and starts a second coordinator.
static void
a_deposed_leader_can_write_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    CLEAN(memory_free) char *lock = memory_format("%s/catalog.db.lock", fixture->folder);
    assert_int_equal(unlink(lock), 0);
    CLEAN(catalog_destroy) catalog_t *second = NULL;
    assert_int_equal(catalog_open(&second, fixture->url, &catalog_server_access, "host:2", &error),
                     0);
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    batch_unit(batch);
    add_run(batch, 1, "backup");
    assert_int_equal(catalog_apply(fixture->catalog, batch, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    check_sql(fixture, "SELECT count(*) FROM runs", "0|");
    assert_int_equal(catalog_apply(second, batch, &error), 0);
    assert_int_equal(batch_refused(batch), 0);
}

static void
another_file_in_the_place_is_not_written_to(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    rename_in(fixture->folder, "catalog.db", "old.db");
    CLEAN(memory_free) char *path = memory_format("%s/catalog.db", fixture->folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    assert_int_equal(catalog_apply(fixture->catalog, batch, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "another file"));
}

// ---- the schema

static void
a_newer_schema_is_refused_and_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    catalog_destroy(&fixture->catalog);
    check_sql(fixture, "PRAGMA user_version = 99", "");
    check_cannot_open(fixture->url, ERROR_CONFIG, "use a newer dbhaul");
    catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, fixture->url, &catalog_server_access, &error),
                     -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    check_sql(fixture, "SELECT epoch FROM leader", "1|");
    check_sql(fixture, "PRAGMA user_version", "99|");
}

static void
a_reader_waits_for_the_leader_to_migrate(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    check_sql(fixture, "PRAGMA user_version = 0", "");
    catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, fixture->url, &catalog_server_access, &error),
                     -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "start the coordinator"));
}

static void
the_file_of_another_program_is_refused_and_left_alone(void **state)
{
    (void)state;
    struct fixture other = {.folder = folder_new()};
    other.url = memory_format("sqlite:%s/catalog.db", other.folder);
    check_sql(&other, "CREATE TABLE albums (title TEXT)", "");
    check_cannot_open(other.url, ERROR_CONFIG, "another program");
    check_sql(&other, "SELECT count(*) FROM sqlite_schema", "1|");
    check_sql(&other, "PRAGMA journal_mode", "delete|");
    folder_destroy(&other.folder);
    free(other.url);
}

static void
an_empty_file_becomes_a_catalog(void **state)
{
    (void)state;
    struct fixture empty = {.folder = folder_new()};
    empty.url = memory_format("sqlite:%s/catalog.db", empty.folder);
    CLEAN(memory_free) char *path = memory_format("%s/catalog.db", empty.folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
    struct error error = {0};
    catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, empty.url, &catalog_server_access, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    open_again(&empty);
    catalog_destroy(&empty.catalog);
    folder_destroy(&empty.folder);
    free(empty.url);
}

static void
versions_of_the_schema_go_up_by_one(void **state)
{
    struct fixture *fixture = *state;
    int version = 0;
    for (const struct migration *row = schema_sqlite_migrations; row->version; row++)
        assert_int_equal(row->version, ++version);
    CLEAN(memory_free) char *expected = memory_format("%d|", version);
    check_sql(fixture, "PRAGMA user_version", expected);
}

// ---- the view

static void
the_view_is_what_the_list_is(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 1);
    add_database(batch, 2, "ma'il", 1);
    const char *const states[] = {"succeeded", "failed", "cancelled"};
    for (int64_t id = 1; id <= 30; id++)
        add_night(batch, id, 1 + id % 2, states[id % 3], (id % 3 ? 0 : 1) * id * 333333333);
    add_night(batch, 31, 1, "succeeded", 2000000000);
    batch_unit(batch);
    add_run(batch, 40, "backup");
    add_job(batch, 40, 40, 1);  // ends without having started
    batch_add(batch, STATEMENT_JOB_END, "ttiiiii", "cancelled", "", (int64_t)0, (int64_t)0,
              (int64_t)1795402923456, (int64_t)40, (int64_t)0);
    add_job(batch, 41, 40, 1);  // has not ended
    apply_all(fixture->catalog, &batch);

    CLEAN(memory_free)
    char *view = run_sql(fixture, "SELECT * FROM report ORDER BY \"end\" DESC, \"start\" DESC,"
                                  " status, longname, size");
    CLEAN(table_destroy)
    table_t *table = ask_all(fixture->catalog, (struct query){.name = "report"});
    assert_int_equal(table_rows(table), 32);
    size_t bars = 0;
    for (const char *bar = strchr(view, '|'); bar; bar = strchr(bar + 1, '|'))
        bars++;
    assert_int_equal(bars, table_rows(table) * 6);
    for (size_t row = 0; row < table_rows(table); row++) {
        char *line = memory_copy_text("");
        for (size_t column = 0; column < 6; column++) {
            char *longer = memory_format("%s%s|", line, table_cell(table, row, column));
            free(line);
            line = longer;
        }
        if (!strstr(view, line))
            fail_msg("the view has no row %s", line);
        free(line);
    }
    check_sql(fixture,
              "SELECT \"start\", \"end\", dbname, size, longname, status FROM report"
              " WHERE \"end\" >= '2026-11-23'",
              "1970-01-01 00:00:02|2026-11-23 03:02:03|shop|0|arn:aws:rds:eu-west-1:1:db:1|"
              "Failed|");
    check_sql(fixture, "SELECT group_concat(name) FROM pragma_table_info('report')",
              "start,end,dbname,size,longname,status|");
}

// ---- plans

static void
check_plan(const struct fixture *fixture, struct query query, const int64_t *ids, size_t id_count,
           const char *way)
{
    struct error error = {0};
    query.limit = 100;
    const struct list *list = list_find(&query, &error);
    CLEAN(list_query_clear) struct list_query made = {0};
    if (!list || list_compose(list, &query, ids, id_count, LIST_SCAN_MAX + 1, &made, &error))
        fail_msg("'%s': %s", query.name, error.message);
    CLEAN(memory_free) char *sql = memory_format("EXPLAIN QUERY PLAN %s", made.sql);
    CLEAN(memory_free) char *plan = run_sql(fixture, sql);
    if (!strstr(plan, way) || (!ids && strstr(plan, "TEMP B-TREE")))
        fail_msg("'%s' is not found by '%s' but by: %s", query.name, way, plan);
}

static void
every_list_is_found_by_an_index(void **state)
{
    const struct fixture *fixture = *state;
    const struct {
        struct query query;
        const char *way;
    } rows[] = {
        {{.name = "databases"}, "SCAN d USING INDEX known_databases_name"},
        {{.name = "databases", .cursor = "databases.61.1"}, "known_databases_name (name>?)"},
        {{.name = "databases"}, "SEARCH l USING COVERING INDEX jobs_database (database_id=? AND"},
        {{.name = "databases"}, "SEARCH g USING COVERING INDEX sets_"},
        {{.name = "databases", .filters = QUERY_OVERDUE},
         "SEARCH h USING COVERING INDEX sets_state (state=? AND database_id=? AND offsite_ms>?)"},
        {{.name = "databases"}, "SEARCH x USING INDEX sets_state (state=?)"},
        {{.name = "standing", .cursor = "standing.5.0"},
         "SEARCH d USING INTEGER PRIMARY KEY (rowid>?)"},
        {{.name = "runs"}, "SEARCH j USING INDEX jobs_run (run_id=?)"},
        {{.name = "runs", .cursor = "runs.5.0"}, "SEARCH r USING INTEGER PRIMARY KEY (rowid<?)"},
        {{.name = "run", .run_id = 1}, "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)"},
        {{.name = "skipped", .run_id = 1}, "SEARCH s USING PRIMARY KEY (run_id=?)"},
        {{.name = "jobs"}, "SCAN j|"},  // from its end, as far as the page needs
        {{.name = "jobs"}, "SEARCH s USING COVERING INDEX sets_job (job_id=?)"},
        {{.name = "jobs"}, "SEARCH a USING PRIMARY KEY (job_id=? AND number=?)"},
        {{.name = "jobs", .cursor = "jobs.5.0"}, "SEARCH j USING INTEGER PRIMARY KEY (rowid<?)"},
        {{.name = "jobs", .run_id = 1}, "SEARCH j USING INDEX jobs_run (run_id=?)"},
        {{.name = "jobs", .run_id = 1, .state = "failed"}, "jobs_run (run_id=?)"},
        {{.name = "jobs", .run_id = 1, .cursor = "jobs.5.0"}, "jobs_run (run_id=? AND id<?)"},
        {{.name = "jobs", .state = "failed"}, "SEARCH j USING INDEX jobs_state (state=?)"},
        {{.name = "jobs", .state = "failed", .cursor = "jobs.5.0"},
         "jobs_state (state=? AND id<?)"},
        {{.name = "job", .job_id = 1}, "SEARCH j USING INTEGER PRIMARY KEY (rowid=?)"},
        {{.name = "attempts", .job_id = 1}, "SEARCH a USING PRIMARY KEY (job_id=?)"},
        {{.name = "backups"}, "SCAN s|"},
        {{.name = "backups", .cursor = "backups.5.0"},
         "SEARCH s USING INTEGER PRIMARY KEY (rowid<"},
        {{.name = "kept", .cursor = "kept.5.5"}, "SEARCH s USING INDEX sets_age (database_id>?)"},
        {{.name = "sets", .set_id = 1}, "SEARCH s USING INTEGER PRIMARY KEY (rowid=?)"},
        {{.name = "sets", .job_id = 1}, "SEARCH s USING INDEX sets_job (job_id=?)"},
        {{.name = "latest"}, "SCAN d USING INDEX known_databases_name"},
        {{.name = "latest"},
         "SEARCH g USING COVERING INDEX sets_database (database_id=? AND state"},
        {{.name = "report"}, "SEARCH j USING INDEX jobs_ended (kind=? AND ended_ms>?)"},
        {{.name = "report", .cursor = "report.5.5"}, "(kind=? AND ended_ms>? AND ended_ms<?)"},
        {{.name = "report", .from_ms = 5, .until_ms = 9}, "(kind=? AND ended_ms>? AND ended_ms<?)"},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++)
        check_plan(fixture, rows[index].query, NULL, 0, rows[index].way);
}

static void
what_few_databases_have_is_found_by_an_index(void **state)
{
    const struct fixture *fixture = *state;
    const int64_t ids[] = {3, 4, 5};
    for (size_t count = 0; count <= 3; count++) {
        check_plan(fixture, (struct query){.name = "jobs"}, ids, count,
                   "SEARCH j USING INDEX jobs_database (database_id=?)");
        check_plan(fixture, (struct query){.name = "backups"}, ids, count,
                   "SEARCH s USING INDEX sets_age (database_id=?)");
        check_plan(fixture, (struct query){.name = "report"}, ids, count,
                   "SEARCH j USING INDEX jobs_database (database_id=? AND kind=? AND ended_ms>?)");
    }
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(only_the_owner_can_read_what_is_on_disk),
        SUITE(a_place_must_be_absolute_and_its_folder_there),
        SUITE(the_last_leader_stands_in_the_file),
        SUITE(a_deposed_leader_can_write_nothing),
        SUITE(another_file_in_the_place_is_not_written_to),
        SUITE(a_newer_schema_is_refused_and_left_alone),
        SUITE(a_reader_waits_for_the_leader_to_migrate),
        SUITE(the_file_of_another_program_is_refused_and_left_alone),
        SUITE(an_empty_file_becomes_a_catalog),
        SUITE(versions_of_the_schema_go_up_by_one),
        SUITE(the_view_is_what_the_list_is),
        SUITE(every_list_is_found_by_an_index),
        SUITE(what_few_databases_have_is_found_by_an_index),
    };
    return run_on_kind(&kinds[0], tests, sizeof tests / sizeof *tests);
}
