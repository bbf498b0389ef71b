// The engine mariadb-dump against a real MariaDB: who gets in, and what a check says.

#include "tests/mysql_engine.h"
#include "worker/engine/engine.h"

static void
a_wrong_password_is_denied(void **state)
{
    (void)state;
    struct error error = {0};
    char wrong[] = "not the password";
    struct server server = mariadb_server_as(&world.source, world.user, wrong);
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "Access denied"));
    assert_null(strstr(error.message, wrong));
}

static void
a_server_that_is_not_there_is_unavailable(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    server.port = 1;
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    server.host = "no-such-host.invalid";
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
}

static void
a_certificate_of_another_authority_is_denied(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    server.ca_path = world.target.ca_path;
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "certificate"));
    server.ca_path = NULL;  // the system's do not know it either
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    server.ca_path = "/nonexistent/ca.pem";
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    // Where the worker's configuration says so, it is not verified.
    server.verify_tls = 0;
    server.ca_path = NULL;
    assert_int_equal(open_error(&server, &error), 0);
}

static void
a_server_without_tls_is_denied_unless_it_need_not_be_verified(void **state)
{
    (void)state;
    struct mariadb_server plain;
    struct error error = {0};
    if (mariadb_server_start(&plain, "--skip-ssl"))
        skip();
    mariadb_server_tell(&plain,
                        "CREATE USER backup@'%' IDENTIFIED BY 'plain'; "
                        "GRANT " RIGHTS " ON *.* TO backup@'%'; CREATE DATABASE d; "
                        "CREATE TABLE d.t (id INT PRIMARY KEY); INSERT INTO d.t VALUES (7)");
    char word[] = "plain";
    struct server server = mariadb_server_as(&plain, world.user, word);
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "SSL"));

    server.verify_tls = 0;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    file_sink_begin(&sink, folder);
    if (dump(&server, &sink, 0, &error))
        fail_msg("%s", error.message);
    // No binary log here: only the time of the point is known.
    assert_non_null(strstr(sink.notes, "point (all) single-transaction (none)\n"));
    assert_non_null(strstr(sink.notes, "fact tls=no\n"));
    file_sink_end(&sink);
    mariadb_server_stop(&plain);
}

static void
an_account_that_may_not_see_all_is_denied_with_the_grant_it_needs(void **state)
{
    (void)state;
    mariadb_server_tell(&world.source, "CREATE USER half@'%' IDENTIFIED BY 'half'; "
                                       "GRANT SELECT, SHOW VIEW ON *.* TO half@'%'; "
                                       "GRANT TRIGGER, EVENT ON shop.* TO half@'%'");
    char half[] = "half";
    struct server server = mariadb_server_as(&world.source, half, half);
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    file_sink_begin(&sink, folder);
    assert_int_equal(dump(&server, &sink, 0, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "GRANT TRIGGER, EVENT ON *.*"));
    file_sink_end(&sink);

    // A role that is active by default gives them as well.
    mariadb_server_tell(&world.source,
                        "CREATE ROLE dumping; GRANT " RIGHTS " ON *.* TO dumping; "
                        "GRANT dumping TO half@'%'; SET DEFAULT ROLE dumping FOR half@'%'");
    file_sink_begin(&sink, folder);
    if (dump(&server, &sink, 0, &error))
        fail_msg("%s", error.message);
    file_sink_end(&sink);
    mariadb_server_tell(&world.source, "DROP USER half@'%'; DROP ROLE dumping");
}

static void
the_other_makers_engine_is_refused_before_anything_is_read(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    CLEAN(toolbox_destroy) toolbox_t *none = toolbox_new(NULL);
    engine_t *engine = NULL;
    // MySQL's engine for a MariaDB server, whether its tool is there or not.
    assert_int_equal(engine_open(&engine, "mysqldump", &server, none, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "install MariaDB's client tools"));
}

static void
an_unreadable_account_table_leaves_accounts_out(void **state)
{
    (void)state;
    // No MariaDB account with SELECT on *.* is refused mysql.user; a restore's account may be.
    mariadb_server_tell(&world.source, "CREATE USER narrow@'%' IDENTIFIED BY 'narrow'; "
                                       "GRANT SHOW VIEW, TRIGGER, EVENT ON *.* TO narrow@'%'");
    char narrow[] = "narrow";
    struct server server = mariadb_server_as(&world.source, narrow, narrow);
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    check_server(&server, findings);
    CLEAN(memory_free) char *text = findings_print(findings, 8000);
    assert_non_null(strstr(text, "grants: the account lacks SELECT on *.*"));
    assert_non_null(strstr(text, ": GRANT SELECT ON *.* TO `narrow`@`%`;\n"));
    assert_non_null(strstr(text, "note content: accounts and grants would be left out"));
    mariadb_server_tell(&world.source, "DROP USER narrow@'%'");
}

static void
a_check_says_what_tonight_will_meet(void **state)
{
    (void)state;
    struct server server = as_backup(&world.source);
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    assert_true(check_server(&server, findings) > 1000);
    CLEAN(memory_free) char *text = findings_print(findings, 8000);
    assert_false(findings_are_fatal(findings));
    assert_non_null(strstr(text, "5 schemas, 11 tables"));
    assert_non_null(strstr(text, "shop.no_key"));
    assert_non_null(strstr(text, "`shop`.`old_style`"));
}

static void
a_check_without_a_tool_looks_at_all_else(void **state)
{
    (void)state;
    mariadb_server_tell(&world.source, "CREATE USER poor@'127.0.0.1' IDENTIFIED BY 'poor'");
    char poor[] = "poor";
    struct server server = mariadb_server_as(&world.source, poor, poor);
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    struct error error = {0};
    uint64_t size_bytes = 0;
    // MySQL's own tool never fits a MariaDB.
    assert_int_equal(
        engine_check("mysqldump", &server, world.toolbox, NULL, findings, &size_bytes, &error), 0);
    CLEAN(memory_free) char *text = findings_print(findings, 8000);
    assert_non_null(strstr(text, "tool: MySQL's mysqldump does not fit a MariaDB"));
    assert_non_null(strstr(text, "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO "
                                 "`poor`@`127.0.0.1`;"));
    mariadb_server_tell(&world.source, "DROP USER poor@'127.0.0.1'");
}

// The source, and another authority's certificate.
static int
start_both(void **state)
{
    if (start_source(state) || mariadb_server_start(&world.target, MARIADB_OPTIONS))
        return -1;
    return 0;
}

int
main(void)
{
    if (mariadb_server_is_missing())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_password_is_denied),
        cmocka_unit_test(a_server_that_is_not_there_is_unavailable),
        cmocka_unit_test(a_certificate_of_another_authority_is_denied),
        cmocka_unit_test(a_server_without_tls_is_denied_unless_it_need_not_be_verified),
        cmocka_unit_test(an_account_that_may_not_see_all_is_denied_with_the_grant_it_needs),
        cmocka_unit_test(the_other_makers_engine_is_refused_before_anything_is_read),
        cmocka_unit_test(an_unreadable_account_table_leaves_accounts_out),
        cmocka_unit_test(a_check_says_what_tonight_will_meet),
        cmocka_unit_test(a_check_without_a_tool_looks_at_all_else),
    };
    return cmocka_run_group_tests(tests, start_both, stop_servers);
}
