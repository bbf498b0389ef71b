// timeout: 120
// A catalog that is in use since version 4 of the schema is brought up to ours with all that is in
// it, on every kind.

#include <sqlite3.h>

#include "coordinator/catalog/schema.h"
#include "tests/check_catalog.h"

enum { OLD_VERSION = 4, APPLICATION_ID = 0x6462686c };

#define CATALOG_ID "0b9e2c1e-0000-4000-8000-000000000000"

// A database with a good set, one that has none, and a run under way with a job that has failed
// once and one that runs.
static const char *const rows[] = {
    "INSERT INTO known_databases (id, provider, resource_id, name, long_name, engine, version,"
    " account, region, host, port, source, secret, role_arn, external_id, state, tags, skip_reason,"
    " size_bytes, first_seen_ms, last_seen_ms) VALUES"
    " (1, 'file:lab', 'shop', 'shop', '', 'mysql', '8.0.36', '1', 'r', 'shop.example', 3306, '',"
    " 's', '', '', '', '{}', '', 100, 1000, 2000),"
    " (2, 'file:lab', 'mail', 'mail', '', 'postgres', '15.4', '1', 'r', 'mail.example', 5432, '',"
    " 's', '', '', '', '{}', '', 100, 1000, 2000)",
    "INSERT INTO runs (id, kind, label, selector, requested_by, policy_digest, note, started_ms,"
    " ended_ms, jobs, succeeded) VALUES (1, 'backup', 'nightly', '', 'schedule', 'abc', '', 3000,"
    " 4000, 1, 1)",
    "INSERT INTO runs (id, kind, label, selector, requested_by, policy_digest, note, started_ms)"
    " VALUES (2, 'backup', 'nightly', '', 'schedule', 'abc', '', 5000)",
    "INSERT INTO jobs (id, run_id, kind, database_id, set_id, state, attempt, size_bytes,"
    " queued_ms, started_ms, ended_ms) VALUES (1, 1, 'backup', 1, 0, 'succeeded', 1, 7, 3000, 3000,"
    " 4000)",
    "INSERT INTO jobs (id, run_id, kind, database_id, set_id, state, attempt, failures, queued_ms,"
    " started_ms, worker, message) VALUES"
    " (2, 2, 'backup', 1, 0, 'queued', 1, 1, 5000, 5000, '', 'again'),"
    " (3, 2, 'backup', 2, 0, 'running', 1, 0, 5000, 5000, 'i', '')",
    "INSERT INTO attempts (job_id, number, instance, worker, started_ms, ended_ms, outcome)"
    " VALUES (1, 1, 'i', 'w', 3000, 4000, 'succeeded')",
    "INSERT INTO attempts (job_id, number, instance, worker, started_ms)"
    " VALUES (3, 1, 'i', 'w', 5000)",
    "INSERT INTO sets (id, database_id, job_id, attempt, store, path, size_bytes, file_count,"
    " manifest_sha256, tool, tool_version, server_version, consistency, schema_count,"
    " left_out_count, created_ms, state) VALUES (1, 1, 1, 1, 'directory:1', 'd/1', 7, 2,"
    " '0123456789abcdef0123456789abcdef', 'mysqldump', '8.0.36', '8.0.36', 'snapshot', 1, 0, 4000,"
    " 'good')",
    "INSERT INTO firings (policy, seen_ms, fired_ms, skipped_after_ms, skipped_until_ms,"
    " closes_ms) VALUES ('nightly', 5000, 5000, 0, 0, 9000)",
    NULL,
};

static char *
join_statements(char *text, const char *const *statements)
{
    for (; *statements; statements++) {
        char *longer = memory_format("%s%s;\n", text, *statements);
        memory_free(&text);
        text = longer;
    }
    return text;
}

// All up to the old version, and what is in it; the caller's.
static char *
old_catalog(const struct migration *migrations, const char *first)
{
    char *text = memory_copy_text(first);
    for (; migrations->version && migrations->version <= OLD_VERSION; migrations++)
        text = join_statements(text, migrations->sql);
    return join_statements(text, rows);
}

static void
make_old_file(const char *folder)
{
    sqlite3 *connection = NULL;
    CLEAN(memory_free) char *path = memory_format("%s/catalog.db", folder);
    CLEAN(memory_free) char *text = old_catalog(schema_sqlite_migrations, "");
    // The digest is a BLOB there.
    char *digest = strstr(text, "'0123456789abcdef");
    assert_non_null(digest);
    CLEAN(memory_free)
    char *sql =
        memory_format("%.*sX'%064d'%s; INSERT INTO leader VALUES (1, '" CATALOG_ID "', 3, 'host');"
                      "PRAGMA application_id = %d; PRAGMA user_version = %d",
                      (int)(digest - text), text, 1, digest + 34, APPLICATION_ID, OLD_VERSION);
    assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
    if (sqlite3_exec(connection, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(connection));
    sqlite3_close(connection);
}

static void
make_old_database(const struct kind *kind, const char *url)
{
    int is_mysql_kind = strcmp(kind->name, "mysql") == 0;
    CLEAN(memory_free)
    char *text = is_mysql_kind
                     ? old_catalog(schema_mysql_migrations, "")
                     : old_catalog(schema_postgres_migrations, "SET ROLE dbhaul_migrator;\n");
    CLEAN(memory_free)
    char *sql = memory_format("%sINSERT INTO dbhaul_schema (id, version) VALUES (1, %d);\n"
                              "INSERT INTO leader (id, catalog_id, epoch, holder)"
                              " VALUES (1, '" CATALOG_ID "', 3, 'host');\n",
                              text, OLD_VERSION);
    CLEAN(memory_free)
    char *ignored = catalog_server_ask(kind->server, catalog_server_database(url), sql);
}

static int
setup_old(void **state)
{
    struct fixture *fixture = memory_get(sizeof *fixture);
    fixture->kind = *state;
    fixture->folder = folder_new();
    fixture->url = fixture->kind->prepare(fixture->folder);
    if (fixture->kind->server)
        make_old_database(fixture->kind, fixture->url);
    else
        make_old_file(fixture->folder);
    open_again(fixture);
    *state = fixture;
    return 0;
}

static void
what_an_old_catalog_has_is_there_with_the_new_columns_empty(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(catalog_epoch(fixture->catalog), 4);
    assert_int_equal(set.database_count, 2);
    assert_string_equal(set.databases[0]->endpoints, "");
    assert_string_equal(set.databases[0]->assignment.policy, "");
    assert_int_equal(set.run_count, 1);
    assert_int_equal(set.job_count, 2);
    assert_int_equal(find_job(&set, 2)->failures, 1);
    assert_int_equal(find_job(&set, 3)->state, JOB_RUNNING);
    assert_string_equal(find_job(&set, 2)->policy, "");
    assert_int_equal(set.past_count, 1);
    assert_int_equal(set.firing_count, 1);
    assert_int_equal(set.next_set_id, 2);
}

static void
an_old_catalog_goes_on_being_written_and_its_lists_tell(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_JOB_POLICY, "tti", "nightly", "def", (int64_t)2);
    batch_add(batch, STATEMENT_DATABASE_ASSIGN, "ttttiiii", "nightly", "selected", "", "",
              (int64_t)0, (int64_t)1000, (int64_t)0, (int64_t)2);
    batch_add(batch, STATEMENT_SET_EXCLUDED, "ii", (int64_t)3, (int64_t)1);
    end_job(batch, 3, 1, "failed", 0);
    apply_all(fixture->catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_string_equal(find_job(&set, 2)->policy, "nightly");
    CLEAN(table_destroy)
    table_t *sets = ask_all(fixture->catalog, (struct query){.name = "backups"});
    assert_int_equal(table_rows(sets), 1);
    assert_string_equal(cell(sets, 0, "excluded"), "3");
    CLEAN(table_destroy)
    table_t *protection =
        ask_all(fixture->catalog, (struct query){.name = "standing", .now_ms = 100000});
    assert_int_equal(table_rows(protection), 2);
    assert_string_equal(table_cell(protection, 0, 1), "4000");
    assert_int_equal(strtol(table_cell(protection, 1, 1), NULL, 10), 0);
}

static void
its_views_tell_of_what_was_there_before(void **state)
{
    struct fixture *fixture = *state;
    if (!fixture->kind->server)
        return;  // test_catalog_dpa asks the file's views
    check_server(fixture, "SELECT count(*) FROM dpa_databases_v1", "2");
    check_server(fixture, "SELECT last_good_set_id FROM dpa_databases_v1 WHERE database_id = 1",
                 "1");
    check_server(fixture, "SELECT excluded_count FROM dpa_backup_jobs_v1 WHERE set_id = 1", "0");
    check_server(fixture, "SELECT count(*) FROM report", "1");
    check_server(fixture,
                 "SELECT sum(value) FROM dbhaul_metrics_v1 WHERE metric = 'dbhaul_databases'", "2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_old, teardown)

int
main(void)
{
    struct CMUnitTest tests[] = {
        TEST(what_an_old_catalog_has_is_there_with_the_new_columns_empty),
        TEST(an_old_catalog_goes_on_being_written_and_its_lists_tell),
        TEST(its_views_tell_of_what_was_there_before),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
