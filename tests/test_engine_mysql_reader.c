// Our own reader against a real MariaDB: what it extracts is loaded again, and is the same.
// timeout: 300

#include <signal.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "tests/mysql_reader_scene.h"
#include "worker/engine/engine.h"
#include "worker/engine/mysql_definitions.h"
#include "worker/engine/mysql_inventory.h"
#include "worker/engine/mysql_point.h"

static void
all_comes_back_from_scripts(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct backup_options options = {.password_hashes = 1};
    go_round(&options, &sink, folder);
    assert_int_equal(count_lines(sink.notes, "point (all) one point, "), 1);
    file_sink_end(&sink);
}

static void
all_comes_back_from_lines_in_ranges(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct backup_options options = {.password_hashes = 1, .range_bytes = 1, .connections = 4};
    go_round(&options, &sink, folder);
    file_sink_end(&sink);
}

// ---- one point

// Money goes to and fro between two tables, one transaction a transfer, until the server's client
// is ended.
static pid_t
begin_transfers(const struct mariadb_server *of)
{
    mariadb_server_tell(
        of, "CREATE DATABASE bank; CREATE TABLE bank.here (id INT PRIMARY KEY, money INT); "
            "CREATE TABLE bank.there LIKE bank.here; USE bank; "
            "INSERT INTO bank.here SELECT seq, 1000 FROM seq_1_to_100; "
            "INSERT INTO bank.there SELECT * FROM bank.here;\n"
            "DELIMITER //\nCREATE PROCEDURE bank.move() BEGIN DECLARE amount, account INT; LOOP "
            "SET amount = FLOOR(RAND() * 20) - 10, account = 1 + FLOOR(RAND() * 100); "
            "START TRANSACTION; UPDATE bank.here SET money = money - amount WHERE id = account; "
            "UPDATE bank.there SET money = money + amount WHERE id = 101 - account; COMMIT; "
            "END LOOP; END//\nDELIMITER ;\nSET GLOBAL innodb_flush_log_at_trx_commit = 0");
    pid_t child = fork();
    if (child == 0) {
        CLEAN(memory_free) char *socket = memory_format("--socket=%s/socket", of->folder);
        execlp("mariadb", "mariadb", "--no-defaults", socket, "--user=root", "-e",
               "CALL bank.move()", NULL);
        _exit(1);
    }
    CLEAN(memory_free) char *first = NULL;
    do {  // until it moves
        memory_free(&first);
        first = mariadb_server_ask(of, "SELECT SUM(money) FROM bank.here");
    } while (strcmp(first, "100000\n") == 0);
    return child;
}

static void
end_transfers(const struct mariadb_server *of, pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    mariadb_server_end_sessions(of, "info LIKE '%bank%'");
    mariadb_server_tell(of, "DROP DATABASE bank");
}

// All sessions of so many points see the same sum.
static void
assert_one_point(const struct mariadb_server *of, const char *kind, unsigned points,
                 size_t sessions)
{
    struct server server = as_backup(of);
    struct error error = {0};
    CLEAN(mysql_session_destroy) mysql_session_t *control = NULL;
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = mysql_inventory_new();
    CLEAN(mysql_tables_destroy) mysql_tables_t *tables = NULL;
    assert_int_equal(mysql_session_open(&control, &server, &error), 0);
    assert_int_equal(mysql_inventory_read(inventory, control, &error), 0);
    assert_int_equal(mysql_tables_open(&tables, control, inventory, 0, &error), 0);
    for (unsigned i = 0; i < points; i++) {
        struct mysql_point point = {0};
        struct mysql_point_wish wish = {
            .control = control, .server = &server, .tables = tables, .sessions = sessions};
        if (mysql_point_open(&point, &wish, &error))
            fail_msg("%s", error.message);
        if (strcmp(point.kind, kind) != 0)
            fail_msg("'%s' is not '%s': %s", point.kind, kind, point.remark);
        long long sum = 0;
        for (size_t side = 0; side < 2; side++) {
            CLEAN(memory_free) char *money = NULL;
            mysql_session_t *session = point.sessions[side % point.count];
            assert_int_equal(mysql_session_value(session,
                                                 side ? "SELECT SUM(money) FROM bank.there"
                                                      : "SELECT SUM(money) FROM bank.here",
                                                 &money, &error),
                             0);
            sum += strtoll(money, NULL, 10);
        }
        assert_int_equal(sum, 200000);
        mysql_point_close(&point);
    }
}

static void
sessions_are_at_one_point_by_each_way_while_others_write(void **state)
{
    (void)state;
    pid_t child = begin_transfers(&world.source);
    assert_one_point(&world.source, "one point, by binlog position", 15, 3);
    assert_one_point(&world.source, "one point, single session", 3, 1);
    end_transfers(&world.source, child);
}

// It says a position that is always the same.
static void
a_server_without_a_binlog_is_not_read_by_its_position(void **state)
{
    (void)state;
    struct mariadb_server silent;
    assert_int_equal(mariadb_server_start(&silent, "--skip-log-bin"), 0);
    mariadb_server_tell(&silent, CREATE_BACKUP_USER "GRANT " RIGHTS " ON *.* TO backup@'%'");
    pid_t child = begin_transfers(&silent);
    assert_one_point(&silent, "one point, single session", 3, 3);
    mariadb_server_tell(&silent, "GRANT LOCK TABLES ON *.* TO backup@'%'");
    assert_one_point(&silent, "one point, by lock", 5, 3);
    end_transfers(&silent, child);
    mariadb_server_stop(&silent);
}

// Lets the target do what the source does from now on.
static void
begin_replication(void)
{
    CLEAN(memory_free) char *status = mariadb_server_ask(&world.source, "SHOW MASTER STATUS");
    char file[64] = "";
    unsigned long position = 0;
    assert_int_equal(sscanf(status, "%63s %lu", file, &position), 2);
    CLEAN(memory_free)
    char *sql = memory_format("SET GLOBAL server_id = 2; CHANGE MASTER TO MASTER_HOST = "
                              "'127.0.0.1', MASTER_PORT = %u, MASTER_USER = 'copier', "
                              "MASTER_LOG_FILE = '%s', MASTER_LOG_POS = %lu; START SLAVE",
                              world.source.port, file, position);
    mariadb_server_tell(&world.source, "SET sql_log_bin = 0; CREATE USER copier@'%'; "
                                       "GRANT REPLICATION SLAVE ON *.* TO copier@'%'");
    mariadb_server_tell(&world.target, sql);
}

static void
await_replication(const char *sql, const char *wanted)
{
    CLEAN(memory_free) char *answer = memory_copy_text("");
    int64_t until_ms = clock_monotonic_ms() + 30000;
    while (strcmp(answer, wanted) != 0 && clock_monotonic_ms() < until_ms) {
        memory_free(&answer);
        answer = mariadb_server_ask(&world.target, sql);
    }
    assert_string_equal(answer, wanted);
}

// What comes from its source is not in a replica's own binary log, so that its position stands
// still while rows change.
static void
a_replica_without_a_log_of_its_own_is_not_read_by_its_position(void **state)
{
    (void)state;
    begin_replication();
    pid_t child = begin_transfers(&world.source);
    await_replication("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'bank'",
                      "2\n");
    await_replication("SELECT SUM(money) <> 100000 FROM bank.here", "1\n");
    assert_one_point(&world.target, "one point, by lock", 5, 3);
    mariadb_server_tell(&world.target, "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 1000; "
                                       "START SLAVE");
    await_lag(&world.target);
    mariadb_server_tell(&world.target, "STOP SLAVE; RESET SLAVE ALL; DROP DATABASE bank");
    end_transfers(&world.source, child);
    mariadb_server_tell(&world.source, "SET sql_log_bin = 0; DROP USER copier@'%'");
}

// ---- what goes wrong

static void
do_ddl(void *context)
{
    struct file_sink *sink = *(struct file_sink **)context;
    sink->on_progress = NULL;
    mariadb_server_tell(&world.source, "ALTER TABLE busy.other ADD COLUMN more INT DEFAULT 5");
}

static void
kill_sessions(void *context)
{
    struct file_sink *sink = *(struct file_sink **)context;
    sink->on_progress = NULL;
    mariadb_server_end_sessions(&world.source, "user = 'backup' AND info LIKE 'SELECT%busy%'");
}

// Extracts a table that takes a while, and fails on the way.
static void
assert_extract_fails(void (*on_progress)(void *context), uint64_t full_at, enum error_code code,
                     const char *says)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink, *context = &sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    // By one session the large table is read first, the other table later: free until then.
    struct backup_options options = {.connections = 1, .read_limit_bytes_per_s = 4 << 20};
    mariadb_server_tell(&world.source,
                        "CREATE DATABASE busy; USE busy; CREATE TABLE busy.rows (id INT PRIMARY "
                        "KEY, t TEXT); INSERT INTO busy.rows SELECT seq, REPEAT('x', 2000) FROM "
                        "seq_1_to_6000; CREATE TABLE busy.other (id INT); ANALYZE TABLE busy.rows");
    file_sink_begin(&sink, folder);
    sink.on_progress = on_progress;
    sink.context = &context;
    sink.full_at = full_at;
    int64_t start_ms = clock_monotonic_ms();
    assert_int_equal(extract(&server, &options, &sink, &error), -1);
    assert_true(clock_monotonic_ms() - start_ms < 20000);
    if (error.code != code || !strstr(error.message, says))
        fail_msg("%d: '%s' does not say '%s'", error.code, error.message, says);
    assert_true(sink.dropped > 0 || on_progress == do_ddl);
    file_sink_end(&sink);
    mariadb_server_tell(&world.source, "DROP DATABASE busy");
}

static void
ddl_meanwhile_fails_the_backup_and_names_the_table(void **state)
{
    (void)state;
    assert_extract_fails(do_ddl, 0, ERROR_UNAVAILABLE, "`busy`.`other`");
}

// Opens the tables, runs the statement, and compares: only with the table that it made anew in
// the message.
static void
assert_seen(const char *sql, const char *table)
{
    struct server server = as_backup(&world.source);
    struct error error = {0};
    CLEAN(mysql_session_destroy) mysql_session_t *session = NULL;
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = mysql_inventory_new();
    CLEAN(mysql_tables_destroy) mysql_tables_t *tables = NULL;
    if (mysql_session_open(&session, &server, &error) ||
        mysql_inventory_read(inventory, session, &error) ||
        mysql_tables_open(&tables, session, inventory, 8 << 20, &error) ||
        mysql_tables_compare(tables, session, &error))
        fail_msg("%s", error.message);
    assert_true(mysql_tables_find(tables, "anew", "plain")->is_numbered);
    assert_true(mysql_tables_find(tables, "anew", "parted")->is_numbered);
    assert_false(mysql_tables_find(tables, "anew", "other")->is_numbered);
    assert_false(mysql_tables_find(tables, "anew", "odd name")->is_numbered);
    for (size_t i = 0; i < mysql_tables_count(tables); i++)
        assert_true(mysql_tables_at(tables, i)->bytes > 0 ||
                    mysql_tables_at(tables, i)->rows_kind != MYSQL_ROWS_TRANSACTIONAL);
    mariadb_server_tell(&world.source, sql);
    assert_int_equal(mysql_tables_compare(tables, session, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, table));
}

// Who may see InnoDB's own lists has the server open no table for it.
static void
tables_that_were_made_anew_are_seen_by_their_numbers(void **state)
{
    (void)state;
    mariadb_server_tell(&world.source,
                        "GRANT PROCESS ON *.* TO backup@'%'; CREATE DATABASE anew; CREATE TABLE "
                        "anew.plain (id INT PRIMARY KEY, v TEXT); CREATE TABLE anew.parted (id INT "
                        "PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3; CREATE TABLE anew.other "
                        "(id INT) ENGINE = MyISAM; CREATE TABLE anew.`odd name` (id INT)");
    assert_seen("TRUNCATE TABLE anew.plain", "`anew`.`plain`");
    assert_seen("ALTER TABLE anew.plain FORCE", "`anew`.`plain`");
    assert_seen("ALTER TABLE anew.plain MODIFY v LONGTEXT", "`anew`.`plain`");
    // What is done in place, too.
    assert_seen("ALTER TABLE anew.plain ADD COLUMN w VARCHAR(20)", "`anew`.`plain`");
    assert_seen("ALTER TABLE anew.plain MODIFY w VARCHAR(30)", "`anew`.`plain`");
    assert_seen("ALTER TABLE anew.plain RENAME COLUMN w TO x", "`anew`.`plain`");
    assert_seen("ALTER TABLE anew.plain DROP COLUMN x", "`anew`.`plain`");
    assert_seen("ALTER TABLE anew.other MODIFY id BIGINT", "`anew`.`other`");
    assert_seen("ALTER TABLE anew.parted TRUNCATE PARTITION p1", "`anew`.`parted`");
    assert_seen("DROP TABLE anew.plain", "`anew`.`plain`");
    mariadb_server_tell(&world.source, "REVOKE PROCESS ON *.* FROM backup@'%'; DROP DATABASE anew");
}

// Those of many tables come in one answer; one that is not there any more spoils only itself.
static void
a_definition_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    static const char again[] = "CREATE TABLE shown.other (id INT, b INT)";
    struct server server = as_backup(&world.source);
    struct error error = {0};
    CLEAN(mysql_session_destroy) mysql_session_t *session = NULL;
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = mysql_inventory_new();
    CLEAN(mysql_tables_destroy) mysql_tables_t *tables = NULL;
    mariadb_server_tell(&world.source,
                        "CREATE DATABASE shown; CREATE TABLE shown.plain (id INT); CREATE TABLE "
                        "shown.other (id INT); CREATE TABLE shown.zebra (id INT)");
    if (mysql_session_open(&session, &server, &error) ||
        mysql_inventory_read(inventory, session, &error) ||
        mysql_tables_open(&tables, session, inventory, 0, &error))
        fail_msg("%s", error.message);
    struct mysql_table *const shown[] = {mysql_tables_find(tables, "shown", "plain"),
                                         mysql_tables_find(tables, "shown", "other"),
                                         mysql_tables_find(tables, "shown", "zebra")};
    mariadb_server_tell(&world.source, "DROP TABLE shown.other");
    assert_int_equal(mysql_definitions_read(session, shown, 3, &error), -1);
    assert_non_null(strstr(error.message, "cannot read the definition of `shown`.`other`"));
    mariadb_server_tell(&world.source, again);
    if (mysql_definitions_read(session, shown, 3, &error))
        fail_msg("%s", error.message);
    assert_non_null(strstr(shown[0]->definition, "CREATE TABLE `plain`"));
    assert_non_null(strstr(shown[1]->definition, "`b` int"));
    assert_non_null(strstr(shown[2]->definition, "CREATE TABLE `zebra`"));
    CLEAN(memory_free) char *results = NULL;
    assert_int_equal(
        mysql_session_value(session, "SELECT @@character_set_results", &results, &error), 0);
    assert_null(results);
    // Nothing else is ever more than one statement.
    assert_int_equal(mysql_session_query(session, "DO 1; DO 2", NULL, NULL, &error), -1);
    mariadb_server_tell(&world.source, "DROP DATABASE shown");
}

static void
a_killed_session_fails_the_backup(void **state)
{
    (void)state;
    assert_extract_fails(kill_sessions, 0, ERROR_UNAVAILABLE, "table `busy`.`rows`");
}

static void
a_full_store_fails_the_backup(void **state)
{
    (void)state;
    assert_extract_fails(NULL, 3 << 20, ERROR_CONFIG, "no space left on the store");
}

static void
values_that_do_not_fit_memory_come_in_slices(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct backup_options options = {.connections = 3};
    mariadb_server_tell(
        &world.source,
        "CREATE DATABASE huge; CREATE TABLE huge.blobs (id INT, part CHAR(3) CHARACTER SET latin1, "
        "t LONGTEXT CHARACTER SET ucs2, b LONGBLOB, PRIMARY KEY (id, part)); "
        "INSERT INTO huge.blobs VALUES (1, 'a', 'x', 'y'), "
        "(1, '\xc3\xa4\\'', 'small', x'00275C0A09FF'), "
        "(2, 'b', CONCAT(REPEAT('\xc3\xa4', 17000000), 'end'), NULL), (3, 'c', NULL, 'last'); "
        "ANALYZE TABLE huge.blobs");
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    if (extract(&server, &options, &sink, &error))
        fail_msg("%s", error.message);
    mariadb_server_tell(&world.target, "DROP DATABASE IF EXISTS huge");
    load(&world.target, &sink);
    static const char ask[] = "SELECT id, part, LENGTH(t), MD5(t), LENGTH(b), MD5(b) FROM "
                              "huge.blobs ORDER BY 1, 2";
    CLEAN(memory_free) char *here = mariadb_server_ask(&world.source, ask);
    CLEAN(memory_free) char *there = mariadb_server_ask(&world.target, ask);
    assert_same_text(there, here);
    file_sink_end(&sink);
    mariadb_server_tell(&world.source, "DROP DATABASE huge");
    mariadb_server_tell(&world.target, "DROP DATABASE huge");
}

// The first of a table's indexes may be one that the server must not use.
static void
an_ignored_index_is_no_trouble(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct backup_options options = {.connections = 3};
    struct error error = {0};
    struct server server = as_backup(&world.source);
    mariadb_server_tell(&world.source,
                        "CREATE DATABASE odd; CREATE TABLE odd.unseen (id INT NOT NULL, a INT NOT "
                        "NULL, UNIQUE KEY z (id), UNIQUE KEY a (a) IGNORED); "
                        "INSERT INTO odd.unseen VALUES (1, 3), (2, 2), (3, 1)");
    file_sink_begin(&sink, folder);
    if (extract(&server, &options, &sink, &error))
        fail_msg("%s", error.message);
    mariadb_server_tell(&world.target, "DROP DATABASE IF EXISTS odd");
    load(&world.target, &sink);
    static const char ask[] = "SELECT * FROM odd.unseen ORDER BY 1";
    CLEAN(memory_free) char *here = mariadb_server_ask(&world.source, ask);
    CLEAN(memory_free) char *there = mariadb_server_ask(&world.target, ask);
    assert_same_text(there, here);
    file_sink_end(&sink);
    mariadb_server_tell(&world.source, "DROP DATABASE odd");
    mariadb_server_tell(&world.target, "DROP DATABASE odd");
}

// What other tools lost or stopped at: a table with one column, which is generated; a name that
// looks like the end of a statement; keys that compare otherwise than their text.
// 32 of them in one trip to the server, whose log has what came together in one row.
static void
views_events_and_accounts_are_asked_for_many_at_a_time(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    struct file_sink sink;
    struct error error = {0};
    assert_int_equal(selection_add(selection, SELECTION_INCLUDE_SCHEMAS, "seen", &error), 0);
    const struct backup_options options = {.connections = 2, .selection = selection};
    mariadb_server_tell(
        &world.source, "CREATE DATABASE seen;\nDELIMITER //\nFOR i IN 100 .. 199 DO EXECUTE "
                       "IMMEDIATE CONCAT('CREATE VIEW seen.v', i, ' AS SELECT ', i, ' AS `;`'); IF "
                       "i < 140 THEN EXECUTE IMMEDIATE CONCAT('CREATE EVENT seen.e', i, ' ON "
                       "SCHEDULE EVERY 1 YEAR DISABLE DO SET @a = ', i); EXECUTE IMMEDIATE "
                       "CONCAT('GRANT SELECT ON seen.* TO seen', i, '@localhost IDENTIFIED BY "
                       "''x'''); END IF; END FOR//\nDELIMITER "
                       ";\nTRUNCATE mysql.general_log; "
                       "SET GLOBAL log_output = 'TABLE', general_log = 1");
    file_sink_begin(&sink, folder);
    extract_well(&options, &sink);
    mariadb_server_tell(&world.source, "SET GLOBAL general_log = 0");
    CLEAN(memory_free)
    char *trips = mariadb_server_ask(
        &world.source, "SELECT SUM(argument LIKE 'SHOW CREATE VIEW%'), SUM(argument LIKE 'SELECT "
                       "table_comment%'), SUM(argument LIKE 'SHOW CREATE EVENT%'), SUM(argument "
                       "LIKE '%SHOW CREATE USER%') < 10 FROM mysql.general_log");
    CLEAN(memory_free) char *files = files_text(&sink);
    assert_non_null(strstr(files, "VIEW `seen`.`v100` AS select 100 AS `;`"));
    assert_non_null(strstr(files, "VIEW `seen`.`v199` AS select 199 AS `;`"));
    assert_non_null(strstr(files, "DO SET @a = 100\n"));
    assert_non_null(strstr(files, "DO SET @a = 139\n"));
    assert_non_null(strstr(files, "CREATE USER IF NOT EXISTS `seen100`@`localhost`"));
    assert_non_null(strstr(files, "GRANT SELECT ON `seen`.* TO `seen100`@`localhost`;"));
    assert_non_null(strstr(files, "GRANT SELECT ON `seen`.* TO `seen139`@`localhost`;"));
    assert_string_equal(trips, "4\t4\t2\t1\n");
    file_sink_end(&sink);
    mariadb_server_tell(&world.source,
                        "DROP DATABASE seen;\nDELIMITER //\nFOR i IN 100 .. 139 DO EXECUTE "
                        "IMMEDIATE CONCAT('DROP USER seen', i, '@localhost'); END FOR//");
}

static void
what_peers_stumble_over_comes_back(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct backup_options options = {.connections = 3, .statement_limit_ms = 1};
    mariadb_server_tell(
        &world.source,
        "CREATE DATABASE odd; CREATE TABLE odd.made (g INT AS (1) VIRTUAL); INSERT INTO odd.made "
        "VALUES (), (), (); CREATE TABLE odd.`x;\ny'` (`;\n;` INT PRIMARY KEY, t TEXT); INSERT "
        "INTO "
        "odd.`x;\ny'` VALUES (1, ';\n'); USE odd; CREATE TABLE words (w VARCHAR(20) COLLATE "
        "utf8mb4_general_ci, n DECIMAL(4,1), PRIMARY KEY (w, n)); INSERT INTO words SELECT "
        "ELT(1 + seq % 5, 'a', 'B', '\xc3\xa4\xc3\x9f', '', 'c '), seq / 10 FROM seq_1_to_300; "
        "CREATE TABLE bits (b BIT(9) PRIMARY KEY, f FLOAT UNIQUE NOT NULL); INSERT INTO bits "
        "SELECT "
        "seq, seq / 3 FROM seq_1_to_300; "
        // In ASCII any byte can be; the vendor's tool loses those.
        "CREATE TABLE ascii (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET ascii, UNIQUE (v)); "
        "INSERT INTO ascii SELECT seq, CONVERT(UNHEX(HEX(seq)) USING ascii) FROM seq_126_to_130");
    file_sink_begin(&sink, folder);
    extract_well(&options, &sink);
    mariadb_server_tell(&world.target, "DROP DATABASE IF EXISTS odd");
    load(&world.target, &sink);
    static const char ask[] = "SELECT COUNT(*), SUM(g) FROM odd.made; SELECT * FROM odd.`x;\ny'`; "
                              "CHECKSUM TABLE odd.words, odd.bits; SELECT COUNT(*) FROM odd.words; "
                              "SELECT id, HEX(v) FROM odd.ascii";
    CLEAN(memory_free) char *here = mariadb_server_ask(&world.source, ask);
    CLEAN(memory_free) char *there = mariadb_server_ask(&world.target, ask);
    assert_same_text(there, here);
    file_sink_end(&sink);
    mariadb_server_tell(&world.source, "DROP DATABASE odd");
    mariadb_server_tell(&world.target, "DROP DATABASE odd");
}

static int
start_both(void **state)
{
    if (start_source(state) || mariadb_server_start(&world.target, MARIADB_OPTIONS))
        return -1;
    mariadb_server_tell(&world.target, CREATE_BACKUP_USER
                        "GRANT ALL PRIVILEGES ON *.* TO backup@'%' WITH GRANT OPTION");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_comes_back_from_scripts),
        cmocka_unit_test(all_comes_back_from_lines_in_ranges),
        cmocka_unit_test(sessions_are_at_one_point_by_each_way_while_others_write),
        cmocka_unit_test(a_server_without_a_binlog_is_not_read_by_its_position),
        cmocka_unit_test(a_replica_without_a_log_of_its_own_is_not_read_by_its_position),
        cmocka_unit_test(ddl_meanwhile_fails_the_backup_and_names_the_table),
        cmocka_unit_test(tables_that_were_made_anew_are_seen_by_their_numbers),
        cmocka_unit_test(a_definition_that_cannot_be_read_is_named),
        cmocka_unit_test(a_killed_session_fails_the_backup),
        cmocka_unit_test(a_full_store_fails_the_backup),
        cmocka_unit_test(an_ignored_index_is_no_trouble),
        cmocka_unit_test(views_events_and_accounts_are_asked_for_many_at_a_time),
        cmocka_unit_test(what_peers_stumble_over_comes_back),
        cmocka_unit_test(values_that_do_not_fit_memory_come_in_slices),
    };
    if (mariadb_server_is_missing())
        return 77;
    return cmocka_run_group_tests(tests, start_both, stop_servers);
}
