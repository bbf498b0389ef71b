// timeout: 300
// What our own reader of PostgreSQL does when somebody or something is in its way.

#include <poll.h>

#include "tests/parallel_sink.h"
#include "tests/postgres_engine.h"
#include "worker/engine/engine.h"
#include "worker/engine/postgres_extract.h"

static struct postgres_server postgres;
static toolbox_t *toolbox;
static char superuser[] = "postgres";
static struct parallel_sink sink;

static struct server
as_superuser(void)
{
    struct server server = postgres_server_record(&postgres, superuser, postgres.password);
    server.verify_tls = 0;
    return server;
}

// Reads the database `shop` in small ranges; `on_begin` is called before the first row is read.
static int
extract(const struct backup_options *options, void (*on_begin)(void *), struct error *error)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_superuser();
    const struct tool *pg_dump = NULL;
    char name[] = "shop";
    struct postgres_database database = {.name = name};
    assert_int_equal(toolbox_find(toolbox, TOOL_PG_DUMP, "postgres", 13, 0, &pg_dump, error), 0);
    parallel_sink_begin(&sink, folder);
    sink.on_begin = on_begin;
    CLEAN(exclusions_destroy)
    exclusions_t *exclusions = exclusions_new(options->selection, NAMES_AS_THEY_ARE);
    struct postgres_extract job = {.server = &server,
                                   .tool = pg_dump,
                                   .options = options,
                                   .exclusions = exclusions,
                                   .sink = &sink.files.base,
                                   .range_bytes = 1 << 20};
    int result = postgres_extract_database(&job, &database, error);
    for (size_t index = 0; index < sink.files.count; index++)
        unlink(sink.files.paths[index]);
    return result;
}

static void
assert_fails(void (*on_begin)(void *), enum error_code code, const char *says)
{
    struct error error = {0};
    struct backup_options options = {0};
    assert_int_equal(extract(&options, on_begin, &error), -1);
    if (error.code != code || !strstr(error.message, says))
        fail_msg("%d: %s", error.code, error.message);
    parallel_sink_end(&sink);
}

// The session that began first: the keeper.
static void
kill_keeper(void *context)
{
    (void)context;
    assert_true(postgres_server_says(
        &postgres, "shop",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dbhaul' "
        "AND datname = 'shop' ORDER BY backend_start LIMIT 1",
        "t"));
}

static void
an_attempt_whose_keeper_is_killed_fails_and_says_so(void **state)
{
    (void)state;
    assert_fails(kill_keeper, ERROR_UNAVAILABLE, "the session that held the point in time");
}

static void
kill_all(void *context)
{
    (void)context;
    postgres_server_run(&postgres, "postgres",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                        "application_name = 'dbhaul'");
}

static void
an_attempt_whose_sessions_are_killed_may_be_tried_again(void **state)
{
    (void)state;
    assert_fails(kill_all, ERROR_UNAVAILABLE, "cannot read database 'shop'");
}

// Asks until the answer is this one, for at most 20 s.
static void
await(const char *sql, const char *value)
{
    for (int tries = 0; tries < 200; tries++) {
        CLEAN(memory_free) char *answer = postgres_server_ask(&postgres, "shop", sql);
        answer[strcspn(answer, "\n")] = '\0';
        if (strcmp(answer, value) == 0)
            return;
        poll(NULL, 0, 100);
    }
    fail_msg("'%s' never gives '%s'", sql, value);
}

// Begins to change tables while they are read: it has to wait, and gives up when we have gone.
static void
change_tables(void *context)
{
    (void)context;
    CLEAN(memory_free)
    char *command = memory_format(
        "'%s' psql '%s' -d shop -c 'TRUNCATE other' -c 'ALTER TABLE big ADD COLUMN late int' "
        ">/dev/null 2>&1 &",
        postgres.script, postgres.folder);
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    assert_non_null(said);
    await("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = "
          "'other'::regclass",
          "1");
}

static void
tables_that_somebody_wants_to_change_are_read_as_they_were(void **state)
{
    (void)state;
    struct error error = {0};
    struct backup_options options = {0};
    uint64_t rows = 0, other_rows = 0;
    if (extract(&options, change_tables, &error))
        fail_msg("%s", error.message);
    parallel_sink_sum(&sink, "public.big", &rows);
    parallel_sink_sum(&sink, "public.other", &other_rows);
    assert_int_equal(rows, 20000);
    assert_int_equal(other_rows, 100);
    parallel_sink_end(&sink);
}

static void
a_table_that_is_being_changed_from_before_is_waited_for_in_vain(void **state)
{
    (void)state;
    struct error error = {0};
    struct backup_options options = {.lock_wait_ms = 300};
    CLEAN(memory_free)
    char *command = memory_format("'%s' psql '%s' -d shop -c 'BEGIN; LOCK TABLE big; SELECT "
                                  "pg_sleep(600)' >/dev/null 2>&1 &",
                                  postgres.script, postgres.folder);
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    assert_non_null(said);
    await("SELECT count(*) FROM pg_locks WHERE granted AND relation = "
          "'big'::regclass AND mode = 'AccessExclusiveLock'",
          "1");
    assert_int_equal(extract(&options, NULL, &error), -1);
    assert_int_equal(error.code, ERROR_BUSY);
    assert_non_null(strstr(error.message, "a table is being changed"));
    postgres_server_run(&postgres, "postgres",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE "
                        "'%pg_sleep(600)%' AND pid <> pg_backend_pid()");
    parallel_sink_end(&sink);
}

static void
break_sink(void *context)
{
    (void)context;
    sink.files.broken = 1;
}

static void
an_error_of_the_sink_ends_the_attempt(void **state)
{
    (void)state;
    assert_fails(break_sink, ERROR_CONFIG, "no space left");
    postgres_server_says(&postgres, "postgres",
                         "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dbhaul' "
                         "AND state = 'active'",
                         "0");
}

// What two accounts have in sum never changes, nor does their number of transfers less the log's
// rows.
static void
one_point_is_one_point_under_writes(void **state)
{
    (void)state;
    struct error error = {0};
    struct backup_options options = {.connections = 5};
    CLEAN(memory_free)
    char *command = memory_format(
        "for i in 1 2 3; do ('%s' psql '%s' -d shop -f '%s/data/postgres_writes.sql' >/dev/null "
        "2>&1 &); done",
        postgres.script, postgres.folder, tests_folder);
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    assert_non_null(said);
    for (int round = 0; round < 5; round++) {
        uint64_t rows = 0, count = 0;
        if (extract(&options, NULL, &error))
            fail_msg("%s", error.message);
        parallel_sink_sum(&sink, "public.transfers", &rows);
        parallel_sink_sum(&sink, "public.transfers_too", &count);
        assert_int_equal(rows, count);
        parallel_sink_end(&sink);
    }
    assert_true(
        postgres_server_says(&postgres, "shop", "SELECT count(*) > 10 FROM transfers", "t"));
    postgres_server_run(&postgres, "shop", "DROP TABLE running");
}

static void
a_row_that_no_copy_can_give_fails_by_its_tables_name(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    struct server server = as_superuser();
    uint64_t size_bytes = 0;
    postgres_server_run(&postgres, "shop",
                        "CREATE TABLE \"hu ge\" AS SELECT 1 AS id, convert_to(repeat('x', "
                        "540000000), 'UTF8') AS v");
    assert_int_equal(
        engine_postgres_ops.check(&server, toolbox, NULL, findings, &size_bytes, &error), 0);
    CLEAN(memory_free) char *said = findings_print(findings, 65536);
    assert_true(findings_are_fatal(findings));
    assert_non_null(strstr(said, "table public.\"hu ge\" has a row whose text is over 1 GB"));
    assert_fails(NULL, ERROR_CONFIG, "table 'public.hu ge' has a row whose text is over 1 GB");
    postgres_server_run(&postgres, "shop", "DROP TABLE \"hu ge\"");
}

static char *
check(int is_fatal)
{
    struct error error = {0};
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    struct server server = as_superuser();
    uint64_t size_bytes = 0;
    assert_int_equal(
        engine_postgres_ops.check(&server, toolbox, NULL, findings, &size_bytes, &error), 0);
    char *said = findings_print(findings, 65536);
    if (findings_are_fatal(findings) != is_fatal)
        fail_msg("%s", said);
    return said;
}

static void
assert_said(const char *said, const char *what)
{
    if (!strstr(said, what))
        fail_msg("%s", said);
}

// Domains, what has to be escaped, types whose length is not known; and who cannot be looked at.
static void
check_finds_long_rows_of_every_type(void **state)
{
    (void)state;
    postgres_server_run(
        &postgres, "shop",
        "SET default_toast_compression = lz4; CREATE DOMAIN lines AS text; CREATE TABLE escaped AS "
        "SELECT 1 AS id, repeat(repeat(E'\\n', 1000), 540000)::lines AS v");
    CLEAN(memory_free) char *said = check(0);
    assert_said(said, "note content: database 'shop': table public.escaped has a row of 514 MiB of "
                      "text: its backslashes");
    assert_null(strstr(said, "could not be looked at"));
    // An array's text escapes, too.
    postgres_server_run(&postgres, "shop",
                        "DROP TABLE escaped; SET default_toast_compression = lz4; CREATE TABLE "
                        "listed AS SELECT ARRAY[repeat(repeat('\\', 1000), 540000)] AS v");
    CLEAN(memory_free) char *fatal = check(1);
    assert_said(fatal, "table public.listed has a row that");
    CLEAN(memory_free)
    char *command = memory_format("'%s' psql '%s' -d shop -c 'BEGIN; LOCK TABLE listed; SELECT "
                                  "pg_sleep(605)' >/dev/null 2>&1 &",
                                  postgres.script, postgres.folder);
    CLEAN(memory_free) char *began = postgres_server_shell(command);
    while (!postgres_server_says(&postgres, "shop",
                                 "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%; "
                                 "SELECT pg_sleep(605)' AND wait_event = 'PgSleep'",
                                 "1"))
        poll(NULL, 0, 50);
    CLEAN(memory_free) char *locked = check(0);
    assert_said(locked, "note content: database 'shop': 1 tables could not be looked at for rows "
                        "whose text is over 1 GB, which no COPY can give, such as public.listed "
                        "(canceling statement due to lock timeout)");
    postgres_server_run(&postgres, "shop",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE "
                        "'%; SELECT pg_sleep(605)' AND wait_event = 'PgSleep'");
    postgres_server_run(&postgres, "shop", "DROP TABLE listed");
}

static int
start(void **state)
{
    (void)state;
    toolbox = toolbox_new(NULL);
    if (postgres_server_start(&postgres, "ssl=off"))
        return -1;
    postgres_server_run(&postgres, "postgres", "CREATE DATABASE shop");
    postgres_server_run(
        &postgres, "shop",
        "CREATE TABLE big AS SELECT i AS id, repeat('x', 200) AS filler FROM generate_series(1, "
        "20000) AS i; ALTER TABLE big ADD PRIMARY KEY (id);\n"
        "CREATE TABLE other AS SELECT i FROM generate_series(1, 100) AS i;\n"
        "CREATE TABLE transfers (id serial PRIMARY KEY, filler text DEFAULT repeat('x', 100));\n"
        "CREATE TABLE transfers_too (id serial PRIMARY KEY, filler text DEFAULT repeat('x', 100));"
        "\nCREATE TABLE running ();\n");
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    postgres_server_stop(&postgres);
    toolbox_destroy(&toolbox);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_whose_keeper_is_killed_fails_and_says_so),
        cmocka_unit_test(an_attempt_whose_sessions_are_killed_may_be_tried_again),
        cmocka_unit_test(one_point_is_one_point_under_writes),
        cmocka_unit_test(tables_that_somebody_wants_to_change_are_read_as_they_were),
        cmocka_unit_test(a_table_that_is_being_changed_from_before_is_waited_for_in_vain),
        cmocka_unit_test(an_error_of_the_sink_ends_the_attempt),
        cmocka_unit_test(a_row_that_no_copy_can_give_fails_by_its_tables_name),
        cmocka_unit_test(check_finds_long_rows_of_every_type),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
