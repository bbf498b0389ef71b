// timeout: 240
// What is the servers' own: migrations, the view, and who cannot hold up whom.

#include "coordinator/catalog/catalog.h"

#include "tests/check_catalog.h"
#include "tests/source.h"

// ---- the schema

static void
versions_are_those_of_sqlite(void **state)
{
    (void)state;
    int newest = 0, version = 1;
    for (const struct migration *row = schema_sqlite_migrations; row->version; row++)
        newest = row->version;
    const struct migration *const lists[] = {schema_mysql_migrations, schema_postgres_migrations};
    for (size_t index = 0; index < 2; index++) {
        version = 1;
        for (const struct migration *row = lists[index]; row->version; row++)
            assert_int_equal(row->version, ++version);
        assert_int_equal(version, newest);
    }
}

static void
a_newer_schema_is_refused_and_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    catalog_destroy(&fixture->catalog);
    tell_server(fixture, "UPDATE dbhaul_schema SET version = 99");
    check_cannot_reach(fixture->url, &catalog_server_access, ERROR_CONFIG, "use a newer dbhaul");
    catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, fixture->url, &catalog_server_access, &error),
                     -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    check_server(fixture, "SELECT version + epoch FROM dbhaul_schema, leader", "100");
}

static void
a_reader_waits_for_the_leader_to_migrate(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    tell_server(fixture, "UPDATE dbhaul_schema SET version = 1");
    catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, fixture->url, &catalog_server_access, &error),
                     -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "start the coordinator"));
}

static void
a_database_of_another_program_is_refused_and_left_alone(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(memory_free) char *url = catalog_server_prepare(fixture->kind->server);
    const char *database = catalog_server_database(url);
    CLEAN(memory_free)
    char *grant = is_mysql(fixture) ? memory_copy_text("CREATE TABLE albums (title TEXT)")
                                    : memory_copy_text("CREATE TABLE albums (title TEXT);"
                                                       "GRANT SELECT ON albums TO dbhaul_writer");
    free(catalog_server_ask(fixture->kind->server, database, grant));
    check_cannot_reach(url, &catalog_server_access, ERROR_CONFIG, "another program");
    CLEAN(memory_free)
    char *tables =
        catalog_server_ask(fixture->kind->server, database,
                           is_mysql(fixture) ? "SELECT count(*) FROM information_schema.tables"
                                               " WHERE table_schema = database()"
                                             : "SELECT count(*) FROM information_schema.tables"
                                               " WHERE table_schema = 'public'");
    assert_string_equal(tables, "1\n");
}

// MySQL's DDL commits by itself: whatever statement a migration was cut off behind, the next start
// finishes it. PostgreSQL takes all of it back.
static void
a_migration_that_was_cut_off_is_finished(void **state)
{
    struct fixture *fixture = *state;
    const struct migration *row =
        is_mysql(fixture) ? schema_mysql_migrations : schema_postgres_migrations;
    size_t count = 0;
    while (row->sql[count])
        count++;
    for (size_t done = 1; done <= count; done += is_mysql(fixture) ? 4 : count) {
        CLEAN(memory_free) char *url = catalog_server_prepare(fixture->kind->server);
        const char *database = catalog_server_database(url);
        for (size_t index = 0; is_mysql(fixture) && index < done; index++)
            free(catalog_server_ask(fixture->kind->server, database, row->sql[index]));
        struct error error = {0};
        CLEAN(catalog_destroy) catalog_t *catalog = NULL;
        if (catalog_open(&catalog, url, &catalog_server_access, "host:1", &error))
            fail_msg("after %zu statements: %s", done, error.message);
        add_queue(catalog);
    }
}

static void
values_that_do_not_fit_are_never_cut(void **state)
{
    struct fixture *fixture = *state;
    if (!is_mysql(fixture))
        return;
    struct error error = {0};
    CLEAN(memory_free) char *name = memory_get(600);
    memset(name, 'x', 599);
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, name, 1);
    assert_int_equal(catalog_apply(fixture->catalog, batch, &error), -1);
    assert_int_equal(error.code, ERROR_INTERNAL);
    assert_non_null(strstr(error.message, "name"));
    check_server(fixture, "SELECT count(*) FROM known_databases", "0");
}

// ---- the view

// Rows of the view, cells behind tabs or bars, whatever the session's time zone is.
static char *
read_view(const struct fixture *fixture)
{
    const char *sql = is_mysql(fixture)
                          ? "SET time_zone = '+09:00'; SELECT * FROM report ORDER BY `end` DESC,"
                            " longname DESC"
                          : "SET timezone = 'Asia/Tokyo'; SELECT * FROM report"
                            " ORDER BY \"end\" DESC, longname DESC";
    char *text =
        catalog_server_ask(fixture->kind->server, catalog_server_database(fixture->url), sql);
    for (char *tab = text; (tab = strchr(tab, '\t'));)
        *tab = '|';
    return text;
}

static void
the_view_is_what_the_list_is(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 1);
    add_database(batch, 2, "ma'il", 1);
    batch_add(batch, STATEMENT_DATABASE_PUT, "itttttttttitttttttii", (int64_t)3, "aws:all", "db-X",
              "long", "arn:long", "mysql", "", "", "", "", (int64_t)0, "", "", "", "", "", "{}", "",
              (int64_t)0, (int64_t)1);
    const char *const states[] = {"succeeded", "failed", "cancelled"};
    for (int64_t id = 1; id <= 12; id++)
        add_night(batch, 1000 * id, 1 + id % 3, states[id % 3], (id % 3 ? 0 : 1) * id * 333333333);
    batch_unit(batch);
    add_run(batch, 40, "backup");
    add_job(batch, 40, 40, 1);  // ends without having started
    batch_add(batch, STATEMENT_JOB_END, "ttiiiii", "cancelled", "", (int64_t)0, (int64_t)0,
              (int64_t)1795402923456, (int64_t)40, (int64_t)0);
    add_job(batch, 41, 40, 1);  // has not ended
    apply_all(fixture->catalog, &batch);
    CLEAN(table_destroy)
    table_t *table = ask_all(fixture->catalog, (struct query){.name = "report"});
    assert_int_equal(table_rows(table), 13);
    char *expected = memory_copy_text("");
    for (size_t row = 0; row < table_rows(table); row++) {
        for (size_t column = 0; column < 6; column++) {
            char *longer = memory_format("%s%s%c", expected, table_cell(table, row, column),
                                         column == 5 ? '\n' : '|');
            free(expected);
            expected = longer;
        }
    }
    CLEAN(memory_free) char *view = read_view(fixture);
    assert_string_equal(view, expected);
    assert_non_null(strstr(view, "|arn:long|"));
    assert_non_null(strstr(view, "2026-11-23 03:02:03"));
    free(expected);
}

// ---- who cannot hold up whom

// A session of the administrator's that begins a transaction, reads, and stays.
static FILE *
open_session(const struct fixture *fixture, const char *sql)
{
    const struct catalog_server *server = fixture->kind->server;
    CLEAN(memory_free)
    char *command =
        memory_format(is_mysql(fixture) ? "'%s/lib/%s' sql '%s' --unbuffered %s >'%s/session'"
                                        : "'%s/lib/%s' psql '%s' -A -t -d %s >'%s/session'",
                      tests_folder, server->script, server->folder,
                      catalog_server_database(fixture->url), server->folder);
    CLEAN(memory_free) char *answer = memory_format("%s/session", server->folder);
    unlink(answer);
    FILE *session = popen(command, "we");
    assert_non_null(session);
    fprintf(session, "%s; SELECT 77;\n", sql);
    fflush(session);
    for (struct stat status = {0}; status.st_size < 3;) {
        if (stat(answer, &status))
            status = (struct stat){0};
    }
    return session;
}

static void
a_reader_that_stays_does_not_stop_the_writer(void **state)
{
    struct fixture *fixture = *state;
    add_queue(fixture->catalog);
    FILE *session =
        open_session(fixture, is_mysql(fixture) ? "START TRANSACTION WITH CONSISTENT SNAPSHOT;"
                                                  "SELECT count(*) FROM report"
                                                : "BEGIN ISOLATION LEVEL REPEATABLE READ;"
                                                  "SELECT count(*) FROM report");
    for (int64_t number = 10; number < 20; number++) {
        struct error error = {0};
        assert_int_equal(apply_numbered(fixture->catalog, number, 1, &error), 0);
    }
    pclose(session);
}

static void
a_lock_on_the_tables_is_waited_for_so_long_and_named(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    FILE *session =
        open_session(fixture, is_mysql(fixture) ? "LOCK TABLES runs READ, jobs READ"
                                                : "BEGIN; LOCK TABLE runs IN SHARE MODE");
    CLEAN(batch_destroy) batch_t *batch = numbered(1, 1);
    assert_int_equal(catalog_apply(fixture->catalog, batch, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "lock"));
    pclose(session);
    if (catalog_apply(fixture->catalog, batch, &error))
        fail_msg("apply: %s", error.message);
    assert_int_equal(batch_refused(batch), 0);
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(versions_are_those_of_sqlite),
        SUITE(a_newer_schema_is_refused_and_left_alone),
        SUITE(a_reader_waits_for_the_leader_to_migrate),
        SUITE(a_database_of_another_program_is_refused_and_left_alone),
        SUITE(a_migration_that_was_cut_off_is_finished),
        SUITE(values_that_do_not_fit_are_never_cut),
        SUITE(the_view_is_what_the_list_is),
        SUITE(a_reader_that_stays_does_not_stop_the_writer),
        SUITE(a_lock_on_the_tables_is_waited_for_so_long_and_named),
    };
    return run_on_servers(tests, sizeof tests / sizeof *tests);
}
