// What the engine pg_dump does when a server cannot be reached as it should be, or hides something.

#include "tests/parallel_sink.h"
#include "tests/postgres_engine.h"
#include "worker/engine/engine.h"

static struct postgres_server postgres;  // with TLS
static struct postgres_server other;     // without; another CA
static toolbox_t *toolbox;
static char superuser[] = "postgres";
static char nobody[] = "nobody";
static char secret[] = "nobody's-secret";

static struct server
as_superuser(void)
{
    return postgres_server_record(&postgres, superuser, postgres.password);
}

static struct server
as_nobody(void)
{
    return postgres_server_record(&postgres, nobody, secret);
}

static struct server
of_other(void)
{
    struct server server = postgres_server_record(&other, superuser, other.password);
    server.verify_tls = 0;
    return server;
}

// Opens, which must fail.
static void
assert_open_fails(const struct server *server, enum error_code code, const char *says)
{
    struct error error = {0};
    engine_t *engine = NULL;
    assert_int_equal(engine_pg_dump_ops.open(&engine, server, toolbox, &error), -1);
    assert_null(engine);
    if (error.code != code || !strstr(error.message, says))
        fail_msg("%d: %s", error.code, error.message);
    assert_null(strstr(error.message, server->credentials.password));
}

static void
a_wrong_password_is_denied(void **state)
{
    (void)state;
    char wrong[] = "wrong-password";
    struct server server = postgres_server_record(&postgres, superuser, wrong);
    assert_open_fails(&server, ERROR_DENIED, "password authentication failed");
}

static void
a_certificate_of_another_ca_is_denied(void **state)
{
    (void)state;
    struct server server = as_superuser();
    server.ca_path = other.ca_path;
    assert_open_fails(&server, ERROR_DENIED, "certificate verify failed");
    assert_open_fails(&server, ERROR_DENIED, "name the CA");
    server.ca_path = NULL;
    if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0)
        assert_open_fails(&server, ERROR_DENIED, "certificate verify failed");
    server.ca_path = "/nonexistent/ca.pem";
    assert_open_fails(&server, ERROR_CONFIG, "cannot read the CA's file");
}

static void
a_server_without_tls_is_denied_unless_that_is_allowed(void **state)
{
    (void)state;
    struct server server = of_other();
    engine_t *engine = postgres_engine_open(&server, toolbox);
    engine->ops->destroy(&engine);
    server.verify_tls = 1;
    assert_open_fails(&server, ERROR_DENIED, "does not support SSL");
}

static void
a_server_without_the_usual_database_is_reached_all_the_same(void **state)
{
    (void)state;
    struct server server = of_other();
    postgres_server_run(&other, "template1", "DROP DATABASE postgres;");
    assert_true(postgres_engine_is_empty(&server, toolbox));
    postgres_server_run(&other, "template1", "CREATE DATABASE postgres;");
}

static void
a_host_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "", "127.0.0.1,example.com", "/var/run/postgresql", "@abstract", "-x", "a b", "a'b"};
    struct server server = as_superuser();
    for (size_t index = 0; index < sizeof hosts / sizeof *hosts; index++) {
        server.host = hosts[index];
        assert_open_fails(&server, ERROR_INVALID, "the host");
    }
}

static void
a_server_that_does_not_answer_is_unavailable(void **state)
{
    (void)state;
    struct server server = as_superuser();
    server.port = 1;
    assert_open_fails(&server, ERROR_UNAVAILABLE, "Connection refused");
}

static void
make_big(void)
{
    postgres_server_run(&postgres, "template1", "CREATE DATABASE \"a big one\";");
    postgres_server_run(&postgres, "a big one",
                        "CREATE TABLE big AS SELECT i, repeat('x', 1000) AS v FROM "
                        "generate_series(1, 20000) AS i;");
}

static int
check_says(const struct server *server, const char *line)
{
    struct error error = {0};
    uint64_t size_bytes = 0;
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    assert_int_equal(engine_check("", server, toolbox, NULL, findings, &size_bytes, &error), 0);
    CLEAN(memory_free) char *text = findings_print(findings, 16000);
    if (!strstr(text, line))
        printf("%s\n", text);
    return strstr(text, line) != NULL;
}

// Our own reader fails for the same reasons as pg_dump, and keeps nothing of such a table.
static void
assert_reader_fails(const struct server *server, enum error_code code, const char *says)
{
    static struct parallel_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    parallel_sink_begin(&sink, folder);
    assert_backup_by_fails(&engine_postgres_ops, server, toolbox, &sink.files, code, says);
    for (size_t part = 0; part < sink.part_count; part++)
        assert_string_not_equal(sink.tables[sink.parts[part].table - 1], "public.t");
    parallel_sink_end(&sink);
}

static void
missing_rights_fail_the_backup_and_check_says_so_before(void **state)
{
    (void)state;
    static struct file_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_nobody();
    assert_true(check_says(&server,
                           "grants: database 'a big one': 1 tables and sequences that this "
                           "login cannot read, such as public.big: GRANT "
                           "pg_read_all_data TO nobody;"));
    assert_true(check_says(&server, "grants: cannot connect to database 'private'"));
    assert_true(check_says(&server, "GRANT CONNECT ON DATABASE \"private\" TO \"nobody\";"));
    file_sink_begin(&sink, folder);
    assert_backup_fails(&server, toolbox, &sink, ERROR_DENIED, "permission denied for table big");
    file_sink_end(&sink);
    assert_reader_fails(&server, ERROR_DENIED, "permission denied for table big");
}

static void
too_many_tables_for_the_servers_locks_are_told_before(void **state)
{
    (void)state;
    struct server server = of_other();
    postgres_server_run(&other, "postgres", "CREATE DATABASE crowded");
    for (int part = 0; part < 3; part++)
        postgres_server_run(&other, "crowded",
                            "DO $$ BEGIN FOR i IN 1 .. 20 LOOP EXECUTE format('CREATE TABLE t%s "
                            "()', (SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]+$')); "
                            "END LOOP; END $$");
    assert_true(check_says(&server, "database 'crowded': 60 tables, with too little room for their "
                                    "locks, such as max_locks_per_transaction = 10: a reader and "
                                    "its pg_dump lock each: with 13 there is room"));
    postgres_server_run(&other, "postgres", "DROP DATABASE crowded");
}

static void
a_server_that_exports_no_snapshot_is_dumped_all_the_same(void **state)
{
    (void)state;
    static struct file_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct backup_options options = {0};
    struct server server = as_nobody();
    postgres_server_run(&postgres, "postgres",
                        "GRANT pg_read_all_data TO nobody;"
                        "GRANT CONNECT ON DATABASE private TO nobody;");
    postgres_server_run(&postgres, "private",
                        "REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC;");
    postgres_engine_backup(&server, toolbox, &options, &sink, folder);
    assert_non_null(strstr(sink.notes, "point a big one snapshot 0/"));
    assert_non_null(strstr(sink.notes, "point private single-transaction (none)\n"));
    assert_non_null(strstr(sink.notes, "left out exact point in time of database 'private': "
                                       "permission denied for function pg_export_snapshot\n"));
    file_sink_end(&sink);
    assert_reader_fails(&server, ERROR_CONFIG,
                        "the server cannot share a snapshot of database 'private' (permission "
                        "denied for function pg_export_snapshot): let the policy say tool: "
                        "pg_dump");
    postgres_server_run(&postgres, "private",
                        "GRANT EXECUTE ON FUNCTION pg_export_snapshot() TO PUBLIC;");
    postgres_server_run(&postgres, "postgres",
                        "REVOKE pg_read_all_data FROM nobody;"
                        "REVOKE CONNECT ON DATABASE private FROM nobody;");
}

// One number for all databases.
static void
a_server_keeps_to_its_number_of_files(void **state)
{
    (void)state;
    static struct parallel_sink sink;
    struct error error = {0};
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_superuser();
    struct backup_options options = {.range_bytes = 200000, .files_max = 24};
    engine_t *engine = NULL;
    size_t count = 0;
    parallel_sink_begin(&sink, folder);
    if (engine_postgres_ops.open(&engine, &server, toolbox, &error) ||
        engine->ops->backup(engine, &options, &sink.files.base, &error))
        fail_msg("%s", error.message);
    engine->ops->destroy(&engine);
    for (size_t file = 0; file < sink.files.count; file++)
        count += strcmp(sink.files.files[file].role, "data") == 0;
    assert_in_range(count, 6, 24);
    parallel_sink_end(&sink);
}

static void
rows_hidden_by_policies_fail_the_backup_and_check_says_so_before(void **state)
{
    (void)state;
    static struct file_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_nobody();
    postgres_server_run(&postgres, "postgres",
                        "GRANT pg_read_all_data TO nobody;"
                        "GRANT CONNECT ON DATABASE private TO nobody;");
    postgres_server_run(&postgres, "private",
                        "CREATE TABLE t AS SELECT 1 AS i; ALTER TABLE t ENABLE ROW LEVEL "
                        "SECURITY; CREATE POLICY none ON t USING (false);");
    assert_reader_fails(&server, ERROR_DENIED,
                        "query would be affected by row-level security policy for table \"t\"");
    postgres_server_run(&postgres, "private", "SELECT lo_from_bytea(1, 'x');");
    assert_true(check_says(&server, "tables of which row-level security hides rows, such as "));
    assert_true(check_says(&server, "grants: database 'private': 1 large objects that this login"));
    file_sink_begin(&sink, folder);
    assert_backup_fails(&server, toolbox, &sink, ERROR_DENIED, "database 'private'");
    file_sink_end(&sink);

    struct server root = as_superuser();
    assert_true(check_says(&root, "note content: database 'private': 7 MiB with its indexes"));
    assert_true(check_says(&root, "note content: database 'private': 1 large objects"));
    assert_false(check_says(&root, "grants: "));
    postgres_server_run(&postgres, "postgres",
                        "REVOKE pg_read_all_data FROM nobody;"
                        "REVOKE CONNECT ON DATABASE private FROM nobody;");
}

static int
start(void **state)
{
    (void)state;
    toolbox = toolbox_new(NULL);
    if (postgres_server_start(&postgres, "") ||
        postgres_server_start(&other, "ssl=off max_connections=10 max_locks_per_transaction=10 "
                                      "max_wal_senders=0"))
        return -1;
    make_big();
    postgres_server_run(&postgres, "postgres",
                        "CREATE ROLE nobody LOGIN PASSWORD 'nobody''s-secret';"
                        "CREATE DATABASE private; REVOKE ALL ON DATABASE private FROM PUBLIC;");
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    postgres_server_stop(&other);
    postgres_server_stop(&postgres);
    toolbox_destroy(&toolbox);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_password_is_denied),
        cmocka_unit_test(a_certificate_of_another_ca_is_denied),
        cmocka_unit_test(a_server_without_tls_is_denied_unless_that_is_allowed),
        cmocka_unit_test(a_server_without_the_usual_database_is_reached_all_the_same),
        cmocka_unit_test(a_host_that_is_none_is_refused),
        cmocka_unit_test(a_server_that_does_not_answer_is_unavailable),
        cmocka_unit_test(missing_rights_fail_the_backup_and_check_says_so_before),
        cmocka_unit_test(too_many_tables_for_the_servers_locks_are_told_before),
        cmocka_unit_test(a_server_that_exports_no_snapshot_is_dumped_all_the_same),
        cmocka_unit_test(a_server_keeps_to_its_number_of_files),
        cmocka_unit_test(rows_hidden_by_policies_fail_the_backup_and_check_says_so_before),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
