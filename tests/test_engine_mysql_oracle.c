// The engine mysqldump against Oracle's MySQL, which tests/lib/mysql-oracle.sh fetches.
// timeout: 900

#include <pthread.h>
#include <sys/eventfd.h>

#include "tests/mysql_reader_scene.h"
#include "tests/source.h"
#include "worker/engine/engine.h"
#include "worker/engine/mysql_kill.h"

// All values, and what stands around them.
static const char contents[] =
    "SET NAMES utf8mb4; SET time_zone = '+00:00';"
    "SELECT id, name, score, born, full_name, name_length, made, hidden, tags FROM shop.customers "
    "ORDER BY id;"
    "SELECT customer, number, placed, state, flags, HEX(bits), span, born, ratio, small, "
    "ST_AsText(place), ST_SRID(place) FROM shop.orders ORDER BY 1, 2;"
    "SELECT SHA2(raw, 256), SHA2(fixed, 256), SHA2(varied, 256) FROM shop.bytes ORDER BY id;"
    "SELECT id, ST_AsText(g) FROM shop.places; SELECT id, VECTOR_TO_STRING(v) FROM shop.vectors;"
    "CHECKSUM TABLE shop.no_key, shop.old_style, shop.parted, shop.only_generated, "
    "`größe ✓ 数据`.`表 ü`;"
    "SELECT table_schema, table_name, table_type, table_collation FROM information_schema.tables "
    "WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') "
    "ORDER BY 1, 2;"
    "SELECT table_schema, table_name, index_name, seq_in_index, is_visible, expression FROM "
    "information_schema.statistics WHERE table_schema = 'shop' ORDER BY 1, 2, 3, 4;"
    "SELECT routine_schema, routine_name, routine_type, definer, sql_mode, "
    "SHA2(routine_definition, 256) "
    "FROM information_schema.routines WHERE routine_schema <> 'sys' ORDER BY 1, 2, 3;"
    "SELECT trigger_schema, trigger_name, action_order, definer, sql_mode, SHA2(action_statement, "
    "256) "
    "FROM information_schema.triggers WHERE trigger_schema <> 'sys' ORDER BY 1, 2;"
    "SELECT event_schema, event_name, definer, status, starts, event_comment FROM "
    "information_schema.events ORDER BY 1, 2;"
    "SELECT table_schema, table_name, SHA2(view_definition, 256), definer, security_type, "
    "check_option, "
    "is_updatable FROM information_schema.views WHERE table_schema <> 'sys' ORDER BY 1, 2;"
    "SELECT schema_name, default_character_set_name, default_collation_name FROM "
    "information_schema.schemata ORDER BY 1;";

static const char accounts[] = "SHOW CREATE USER keeper@'%'; SHOW GRANTS FOR keeper@'%'; "
                               "SHOW CREATE USER closed@'%'; SHOW GRANTS FOR closed@'%'; "
                               "SHOW GRANTS FOR reader; SHOW GRANTS FOR `wri``ter`; "
                               "SHOW GRANTS FOR `o'brien \"q\"\\\\`@`10.0.0.%`;";

static void
all_that_was_dumped_comes_back(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink first, second;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&first, folder);
    if (dump(&server, &first, 1, &error))
        fail_msg("%s", error.message);
    assert_non_null(strstr(first.notes, "fact flavour=mysql\n"));
    assert_non_null(strstr(first.notes, "tool mysqldump "));
    assert_non_null(strstr(first.notes, "point (all) single-transaction (none)\n"));

    struct server other = as_backup(&world.target);
    CLEAN(engine_destroy) engine_t *engine = open_engine(&other);
    assert_string_equal(engine_tool_name(engine), "mysqldump");
    struct restore_options options = {0};
    if (engine_restore(engine, &options, first.files, first.count, &error))
        fail_msg("%s", error.message);
    CLEAN(memory_free) char *here = mariadb_server_ask(&world.source, contents);
    CLEAN(memory_free) char *there = mariadb_server_ask(&world.target, contents);
    assert_same_text(there, here);
    CLEAN(memory_free) char *users = mariadb_server_ask(&world.source, accounts);
    CLEAN(memory_free) char *other_users = mariadb_server_ask(&world.target, accounts);
    assert_same_text(other_users, users);

    // The same data dumps to the same bytes. (What was restored does not: the server now shows
    // character sets that were implied before.)
    CLEAN(folder_destroy) char *other_folder = folder_new();
    file_sink_begin(&second, other_folder);
    if (dump(&server, &second, 1, &error))
        fail_msg("%s", error.message);
    CLEAN(memory_free) char *data = read_file(dump_of(&first)->path);
    CLEAN(memory_free) char *again = read_file(dump_of(&second)->path);
    assert_same_text(again, data);
    assert_true(strlen(data) > 1000000);
    file_sink_end(&first);
    file_sink_end(&second);
}

static void
our_own_reader_brings_all_back(void **state)
{
    (void)state;
    static const uint64_t range_bytes[] = {0, 1};  // all in scripts, all in lines
    for (size_t i = 0; i < sizeof range_bytes / sizeof *range_bytes; i++) {
        CLEAN(folder_destroy) char *folder = folder_new();
        struct file_sink sink;
        struct backup_options options = {
            .password_hashes = 1, .range_bytes = range_bytes[i], .connections = 3};
        mariadb_server_tell(&world.target, "SET GLOBAL local_infile = 1");
        go_round(&options, &sink, folder);
        CLEAN(memory_free) char *here = mariadb_server_ask(&world.source, contents);
        CLEAN(memory_free) char *there = mariadb_server_ask(&world.target, contents);
        assert_same_text(there, here);
        // Where the server takes no files, the lines go in as statements.
        mariadb_server_tell(&world.target, "SET GLOBAL local_infile = 0");
        load(&world.target, &sink);
        assert_same_servers(&world.source, &world.target);
        file_sink_end(&sink);
    }
}

// Without binlog positions of snapshots: by a lock, or if that is not granted by one session.
static void
one_point_takes_a_lock_if_it_may(void **state)
{
    (void)state;
    static const char *const kinds[] = {"point (all) one point, single session",
                                        "point (all) one point, by lock"};
    struct server server = as_backup(&world.source);
    for (size_t i = 0; i < 2; i++) {
        CLEAN(folder_destroy) char *folder = folder_new();
        struct file_sink sink;
        struct error error = {0};
        struct backup_options options = {.range_bytes = 1, .connections = 4};
        file_sink_begin(&sink, folder);
        if (extract(&server, &options, &sink, &error))
            fail_msg("%s", error.message);
        if (!strstr(sink.notes, kinds[i]))
            fail_msg("no '%s' in %s", kinds[i], sink.notes);
        assert_non_null(strstr(sink.notes, i ? "fact guard against DDL=backup lock"
                                             : "tables cannot be locked"));
        file_sink_end(&sink);
        mariadb_server_tell(&world.source, "GRANT LOCK TABLES, BACKUP_ADMIN ON *.* TO backup@'%'");
    }
    mariadb_server_tell(&world.source, "REVOKE LOCK TABLES, BACKUP_ADMIN ON *.* FROM backup@'%'");
}

// The target is a replica that is to wait long.
static void
a_watch_sees_all_signals(void **state)
{
    (void)state;
    CLEAN(memory_free) char *status = mariadb_server_ask(&world.source, "SHOW BINARY LOG STATUS");
    char file[64] = "";
    unsigned long position = 0;
    assert_int_equal(sscanf(status, "%63s %lu", file, &position), 2);
    mariadb_server_tell(&world.source, "SET sql_log_bin = 0; CREATE USER copier@'%'; "
                                       "GRANT REPLICATION SLAVE ON *.* TO copier@'%'");
    CLEAN(memory_free)
    char *follow = memory_format(
        "SET GLOBAL server_id = 2; CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', "
        "SOURCE_PORT = %u, SOURCE_USER = 'copier', SOURCE_LOG_FILE = '%s', SOURCE_LOG_POS = %lu, "
        "GET_SOURCE_PUBLIC_KEY = 1, SOURCE_DELAY = 1000; START REPLICA",
        world.source.port, file, position);
    mariadb_server_tell(&world.target, follow);
    mariadb_server_tell(&world.source, "CREATE DATABASE late; DROP DATABASE late");
    await_lag(&world.target);
    mariadb_server_tell(&world.target, "STOP REPLICA; RESET REPLICA ALL");
    mariadb_server_tell(&world.source, "SET sql_log_bin = 0; DROP USER copier@'%'");
    // What it may not ask it says.
    struct server server = as_backup(&world.source);
    struct error error = {0};
    const struct throttle_limits limits = {.at_most = {9, 9, 9, 9}};
    CLEAN(mysql_watch_destroy) mysql_watch_t *watch = NULL;
    if (mysql_watch_open(&watch, &server, &limits, NULL, 0, &error))
        fail_msg("%s", error.message);
    assert_string_equal(mysql_watch_without(watch),
                        "transaction_age (PROCESS is not granted), long_queries (PROCESS is not "
                        "granted), replica_lag (REPLICATION CLIENT is not granted)");
}

#define WAITING \
    "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"

// Whether as many wait for a table as are meant to, in ten seconds: far less than they would.
static int
is_waiting(const char *count)
{
    int64_t until_ms = clock_monotonic_ms() + 10000;
    while (clock_monotonic_ms() < until_ms) {
        CLEAN(memory_free) char *answer = mariadb_server_ask(&world.target, WAITING);
        if (strcmp(answer, count) == 0)
            return 1;
    }
    return 0;
}

static void *
cancel_who_waits(void *argument)
{
    const int *stop = argument;
    is_waiting("1\n");
    eventfd_write(*stop, 1);
    return NULL;
}

static void
who_waits_for_a_lock_is_ended_by_a_cancel(void **state)
{
    (void)state;
    struct server server = as_backup(&world.target);
    struct error error = {0};
    pthread_t thread;
    CLEAN(mysql_session_destroy) mysql_session_t *holder = NULL;
    CLEAN(mysql_session_destroy) mysql_session_t *waiter = NULL;
    CLEAN(fd_close) int stop = eventfd(0, EFD_CLOEXEC);
    mariadb_server_tell(&world.target, "CREATE DATABASE held; CREATE TABLE held.t (i INT)");
    assert_int_equal(mysql_session_open(&holder, &server, &error), 0);
    assert_int_equal(mysql_session_query(holder, "LOCK TABLES held.t WRITE", NULL, NULL, &error),
                     0);
    server.stop = stop;
    assert_int_equal(mysql_session_open(&waiter, &server, &error), 0);
    assert_int_equal(pthread_create(&thread, NULL, cancel_who_waits, &stop), 0);
    assert_int_equal(mysql_session_query(waiter, "SELECT * FROM held.t", NULL, NULL, &error), -1);
    mysql_kill_lost(&server, &waiter, 1);
    pthread_join(thread, NULL);
    assert_true(is_waiting("0\n"));
    mysql_session_destroy(&holder);
    mariadb_server_tell(&world.target, "DROP DATABASE held");
}

// By the text protocol, in lines and in scripts, with values in slices: JSON, and a line of 600,000
// points.
static void
a_server_that_prepares_nothing_gives_the_same_bytes(void **state)
{
    (void)state;
    mariadb_server_tell(
        &world.source,
        "CREATE DATABASE odd; SET sql_mode = ''; CREATE TABLE odd.more (id INT PRIMARY KEY, f "
        "FLOAT, d DOUBLE, b BIT(13), y YEAR, t TIME(6), j JSON, v VECTOR(3), g GEOMETRY SRID "
        "4326); INSERT INTO odd.more VALUES (1, 0.1, 0.1, b'1010', 0, '-838:59:59', '{\"a\": "
        "[1.5, 1e100, null, \"Ã¤\"]}', TO_VECTOR('[1,2.5,-3e-5]'), ST_SRID(POINT(1, 2), "
        "4326)), (2, 16777216, -0e0, NULL, 1901, NULL, '1', NULL, NULL), (3, 3.4028234e38, "
        "5e-324, 0, 2155, '00:00:00.000001', 'null', NULL, NULL); CREATE TABLE odd.wide (a "
        "BINARY(2), b DECIMAL(5,2), j JSON, g GEOMETRY, t MEDIUMTEXT CHARACTER SET utf16, "
        "PRIMARY KEY (a, b)); INSERT INTO odd.wide VALUES (x'0000', -1.5, CONCAT('[\"', "
        "REPEAT('Ã¤', 2000000), '\"]'), ST_GeomFromWKB(CONCAT(x'0102000000C0270900', "
        "REPEAT(x'000000000000F03F0000000000000040', 600000))), REPEAT('Ã¤', 5000000)), "
        "(x'0000', 2, '{}', POINT(1, 2), 'short'), (x'FF27', 0, NULL, NULL, NULL)");
    const struct backup_options scripts = {.connections = 3};
    const struct backup_options lines = {.connections = 3, .range_bytes = 1};
    static const char off[] = "SET GLOBAL max_prepared_stmt_count = 0";
    static const char on[] = "SET GLOBAL max_prepared_stmt_count = 16382";
    static const char fact[] = "as the server or a proxy prepared no statement";
    assert_same_extracts(&scripts, off, &scripts, fact);
    mariadb_server_tell(&world.source, on);
    assert_same_extracts(&lines, off, &lines, fact);
    mariadb_server_tell(&world.source, on);

    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    static const char ask[] =
        "SELECT HEX(a), b, SHA2(CAST(j AS CHAR), 256), SHA2(ST_AsBinary(g), 256), LENGTH(t), "
        "SHA2(t, 256) FROM odd.wide ORDER BY a, b";
    file_sink_begin(&sink, folder);
    extract_well(&lines, &sink);
    mariadb_server_tell(&world.target, "SET GLOBAL local_infile = 1; "
                                       "DROP DATABASE IF EXISTS odd");
    load(&world.target, &sink);
    CLEAN(memory_free) char *here = mariadb_server_ask(&world.source, ask);
    CLEAN(memory_free) char *there = mariadb_server_ask(&world.target, ask);
    assert_same_text(there, here);
    file_sink_end(&sink);
    mariadb_server_tell(&world.source, "DROP DATABASE odd");
    mariadb_server_tell(&world.target, "DROP DATABASE odd");
}

// MySQL's optimizer says 1 for all ranges of an index that it is forced to use.
static void
a_large_table_is_cut(void **state)
{
    (void)state;
    mariadb_server_tell(
        &world.source,
        "CREATE DATABASE cut; CREATE TABLE cut.t (id INT PRIMARY KEY AUTO_INCREMENT, v "
        "VARCHAR(100) NOT NULL); INSERT INTO cut.t (v) VALUES (REPEAT('v', 90)); INSERT INTO cut.t "
        "(v) SELECT v FROM information_schema.columns JOIN cut.t LIMIT 3000; ANALYZE TABLE cut.t");
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    const struct backup_options options = {.connections = 3, .range_bytes = 64 << 10};
    size_t parts = 0;
    file_sink_begin(&sink, folder);
    extract_well(&options, &sink);
    CLEAN(memory_free) char *text = parts_text(&sink);
    for (const char *at = text; (at = strstr(at, "cut.t ")); at++)
        parts++;
    if (parts < 4)
        fail_msg("%zu parts in %s", parts, text);
    file_sink_end(&sink);
    mariadb_server_tell(&world.source, "DROP DATABASE cut");
}

static void
accounts_come_without_hashes_and_locked(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    if (dump(&server, &sink, 0, &error))
        fail_msg("%s", error.message);
    CLEAN(memory_free) char *users = read_file(sink.files[0].path);
    assert_null(strstr(users, "IDENTIFIED"));
    assert_null(strstr(users, "$A$"));
    assert_non_null(strstr(users, "CREATE USER IF NOT EXISTS `keeper`@`%` REQUIRE SSL PASSWORD "
                                  "EXPIRE DEFAULT ACCOUNT LOCK PASSWORD HISTORY DEFAULT"));
    assert_non_null(strstr(users, "SET DEFAULT ROLE `reader`@`%` TO `keeper`@`%`;\n"));
    assert_null(strstr(users, "mysql.session"));
    assert_null(strstr(users, "`root`@`localhost`"));
    file_sink_end(&sink);
}

static int
restore_accounts(const struct backup_options *options, struct error *error)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    file_sink_begin(&sink, folder);
    extract_well(options, &sink);
    assert_string_equal(sink.files[0].role, "users");
    struct server server = as_backup(&world.target);
    CLEAN(engine_destroy) engine_t *engine = open_engine(&server);
    struct restore_options restore = {.overwrite = 1};
    int status = engine_restore(engine, &restore, sink.files, 1, error);
    file_sink_end(&sink);
    return status;
}

static void
set_partial_revokes(const struct mariadb_server *server, const char *value)
{
    CLEAN(memory_free) char *sql = memory_format("SET GLOBAL partial_revokes = %s", value);
    mariadb_server_tell(server, sql);
}

// What grants and revokes of schemas mean hangs on partial_revokes.
static void
accounts_go_only_where_their_grants_mean_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *here, *there, *grants, *sentence;
    } cases[] = {
        {"ON", "OFF", "GRANT SELECT, INSERT ON *.* TO part; REVOKE INSERT ON shop.* FROM part",
         "partial_revokes was ON there: SET PERSIST partial_revokes = ON, then reload"},
        {"OFF", "ON", "GRANT SELECT ON `sho_\\_%`.* TO part",
         "partial_revokes was OFF there: SET PERSIST partial_revokes = OFF, then reload"},
    };
    static const char count[] = "SELECT COUNT(*) FROM mysql.user WHERE user = 'part'";
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    struct error error = {0};
    assert_int_equal(selection_add(selection, SELECTION_INCLUDE_SCHEMAS, "shop", &error), 0);
    const struct backup_options options = {.password_hashes = 1, .selection = selection};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_partial_revokes(&world.source, cases[i].here);
        set_partial_revokes(&world.target, cases[i].there);
        mariadb_server_tell(&world.source, "CREATE USER part");
        mariadb_server_tell(&world.source, cases[i].grants);
        assert_int_equal(restore_accounts(&options, &error), -1);
        if (!strstr(error.message, cases[i].sentence))
            fail_msg("no '%s' in %s", cases[i].sentence, error.message);
        CLEAN(memory_free) char *made = mariadb_server_ask(&world.target, count);
        assert_string_equal(made, "0\n");

        set_partial_revokes(&world.target, cases[i].here);
        if (restore_accounts(&options, &error))
            fail_msg("%s", error.message);
        CLEAN(memory_free) char *here = mariadb_server_ask(&world.source, "SHOW GRANTS FOR part");
        CLEAN(memory_free) char *there = mariadb_server_ask(&world.target, "SHOW GRANTS FOR part");
        assert_same_text(there, here);
        mariadb_server_tell(&world.source, "DROP USER part");
        mariadb_server_tell(&world.target, "DROP USER part");
    }
}

static void
mariadbs_tool_is_refused_with_what_to_install(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    engine_t *engine = NULL;
    assert_int_equal(engine_open(&engine, "mariadb-dump", &server, world.toolbox, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "does not fit a MySQL 9."));
    assert_non_null(strstr(error.message, "install MySQL's own client tools"));

    // Not even if it is all there is.
    CLEAN(toolbox_destroy) toolbox_t *own = toolbox_new(NULL);
    const struct tool *tool = NULL;
    if (toolbox_find(own, TOOL_MYSQLDUMP, "mysql", 9, 0, &tool, &error) == 0)
        skip();  // this host has MySQL's tools installed
    assert_int_equal(engine_open(&engine, "vendor", &server, own, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "this worker has no MySQL mysqldump: install MySQL's"));
}

static void
a_wrong_password_or_authority_is_denied(void **state)
{
    (void)state;
    struct error error = {0};
    char wrong[] = "not the password";
    struct server server = mariadb_server_as(&world.source, world.user, wrong);
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    server = as_backup(&world.source);
    server.ca_path = world.target.ca_path;
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
}

static void
rights_may_come_from_a_role(void **state)
{
    (void)state;
    mariadb_server_tell(&world.source,
                        "CREATE USER half@'%' IDENTIFIED BY 'half'; CREATE ROLE dumping; "
                        "GRANT SELECT ON *.* TO half@'%'; GRANT " RIGHTS " ON *.* TO dumping; "
                        "GRANT dumping TO half@'%'");
    char half[] = "half";
    struct server server = mariadb_server_as(&world.source, half, half);
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    file_sink_begin(&sink, folder);
    assert_int_equal(dump(&server, &sink, 0, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "GRANT SHOW VIEW, TRIGGER, EVENT ON *.*"));
    mariadb_server_tell(&world.source, "SET DEFAULT ROLE dumping TO half@'%'");
    if (dump(&server, &sink, 0, &error))
        fail_msg("%s", error.message);
    file_sink_end(&sink);
    mariadb_server_tell(&world.source, "DROP USER half@'%'; DROP ROLE dumping");
}

static void
a_check_says_what_tonight_will_meet(void **state)
{
    (void)state;
    struct server server = as_backup(&world.source);
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    assert_true(check_server(&server, findings) > 0);
    CLEAN(memory_free) char *text = findings_print(findings, 8000);
    if (findings_are_fatal(findings))
        fail_msg("%s", text);
    assert_non_null(strstr(text, "shop.no_key"));
    assert_non_null(strstr(text, "`shop`.`old_style`"));
    assert_null(strstr(text, "LOCK TABLES"));
    // Our own reader goes better with more than it needs.
    CLEAN(findings_destroy) findings_t *ours = findings_new();
    struct error error = {0};
    uint64_t size_bytes = 0;
    assert_int_equal(engine_check("mysql", &server, world.toolbox, NULL, ours, &size_bytes, &error),
                     0);
    CLEAN(memory_free) char *other = findings_print(ours, 8000);
    assert_false(findings_are_fatal(ours));
    assert_non_null(strstr(other, "GRANT LOCK TABLES ON *.* TO `backup`@`%`;"));
    assert_non_null(strstr(other, "GRANT BACKUP_ADMIN ON *.* TO `backup`@`%`;"));
}

static char bin[512];  // where the tools are

static int
start(void **state)
{
    (void)state;
    static const char options[] = "--log-bin-trust-function-creators=1";
    mariadb_server_start_by(&world.source, "mysql-oracle.sh", options);
    mariadb_server_start_by(&world.target, "mysql-oracle.sh", options);
    mariadb_server_load(&world.source, "data/mysql-nasty.sql");
    mariadb_server_tell(&world.source, CREATE_BACKUP_USER "GRANT " RIGHTS " ON *.* TO backup@'%'");
    mariadb_server_tell(&world.target,
                        CREATE_BACKUP_USER "GRANT ALL ON *.* TO backup@'%' WITH GRANT OPTION");
    const char *folders[] = {bin, NULL};
    world.toolbox = toolbox_new(folders);
    return 0;
}

int
main(void)
{
    CLEAN(memory_free)
    char *command = memory_format("%s/lib/mysql-oracle.sh fetch", tests_folder);
    FILE *pipe = popen(command, "r");
    if (!pipe || !fgets(bin, sizeof bin, pipe))
        bin[0] = '\0';
    bin[strcspn(bin, "\n")] = '\0';
    if (!pipe || pclose(pipe) || !*bin) {
        print_message("not run: there is no MySQL of Oracle's on this host\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_was_dumped_comes_back),
        cmocka_unit_test(our_own_reader_brings_all_back),
        cmocka_unit_test(one_point_takes_a_lock_if_it_may),
        cmocka_unit_test(a_watch_sees_all_signals),
        cmocka_unit_test(who_waits_for_a_lock_is_ended_by_a_cancel),
        cmocka_unit_test(a_server_that_prepares_nothing_gives_the_same_bytes),
        cmocka_unit_test(a_large_table_is_cut),
        cmocka_unit_test(accounts_come_without_hashes_and_locked),
        cmocka_unit_test(accounts_go_only_where_their_grants_mean_the_same),
        cmocka_unit_test(mariadbs_tool_is_refused_with_what_to_install),
        cmocka_unit_test(a_wrong_password_or_authority_is_denied),
        cmocka_unit_test(rights_may_come_from_a_role),
        cmocka_unit_test(a_check_says_what_tonight_will_meet),
    };
    return cmocka_run_group_tests(tests, start, stop_servers);
}
