// The engine mariadb-dump against a real MariaDB: what goes out comes back. The engine mysqldump
// differs in its tool only.

#include "tests/mysql_engine.h"
#include "worker/engine/engine.h"
#include "worker/engine/mysql_backup.h"

// All values of the tables that CHECKSUM TABLE cannot compare (it takes in the form of generated
// columns), and counts of objects.
static const char contents[] =
    "SET NAMES utf8mb4; SET time_zone = '+00:00';"
    "SELECT id, name, score, born, full_name, name_length, hidden FROM shop.customers ORDER BY id;"
    "SELECT *, row_start, row_end FROM shop.versioned FOR SYSTEM_TIME ALL ORDER BY id, row_start;"
    "SELECT MD5(raw), MD5(fixed), MD5(varied) FROM shop.bytes ORDER BY id;"
    "CHECKSUM TABLE shop.orders, shop.no_key, shop.old_style, shop.parted, shop.places, "
    "`größe ✓ 数据`.`表 ü`;"
    "SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema "
    "NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') ORDER BY 1, 2;"
    "SELECT routine_schema, routine_name, routine_type, definer, sql_mode, MD5(routine_definition) "
    "FROM information_schema.routines WHERE routine_schema <> 'sys' ORDER BY 1, 2, 3;"
    "SELECT trigger_schema, trigger_name, action_order, definer, sql_mode, MD5(action_statement) "
    "FROM information_schema.triggers WHERE trigger_schema <> 'sys' ORDER BY 1, 2;"
    "SELECT event_schema, event_name, definer, status, starts, event_comment FROM "
    "information_schema.events ORDER BY 1, 2;"
    "SELECT table_schema, table_name, MD5(view_definition), definer, security_type, check_option, "
    "is_updatable FROM "
    "information_schema.views WHERE table_schema <> 'sys' ORDER BY 1, 2;"
    "SELECT schema_name, default_character_set_name FROM information_schema.schemata ORDER BY 1;";

// Takes out the lines that say where the binary log was.
static void
drop_positions(char *text)
{
    static const char *const lines[] = {"-- CHANGE MASTER TO ", "-- SET GLOBAL gtid_slave_pos="};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char *found = strstr(text, lines[i]);
        if (found) {
            char *end = strchr(found, '\n');
            memmove(found, end, strlen(end) + 1);
        }
    }
}

// A view that stands on one whose name comes later can still be inserted into.
static void
insert_through_a_view(void)
{
    mariadb_server_tell(&world.target, "INSERT INTO shop.a_insertable VALUES (1000, 'through a "
                                       "view'); DELETE FROM shop.customers WHERE id = 1000; ALTER "
                                       "TABLE shop.customers AUTO_INCREMENT = 10");
}

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
    for (size_t i = 0; i < first.count; i++)
        assert_true(first.accepted[i]);

    struct server other = as_backup(&world.target);
    CLEAN(engine_destroy) engine_t *engine = open_engine(&other);
    int empty = 0;
    assert_int_equal(engine_is_empty(engine, &empty, &error), 0);
    assert_true(empty);
    struct restore_options options = {0};
    if (engine_restore(engine, &options, first.files, first.count, &error))
        fail_msg("%s", error.message);
    assert_int_equal(engine_is_empty(engine, &empty, &error), 0);
    assert_false(empty);

    CLEAN(memory_free) char *here = mariadb_server_ask(&world.source, contents);
    CLEAN(memory_free) char *there = mariadb_server_ask(&world.target, contents);
    assert_same_text(there, here);

    insert_through_a_view();

    // What was restored dumps to the same bytes, but for the binary log's position.
    CLEAN(folder_destroy) char *other_folder = folder_new();
    file_sink_begin(&second, other_folder);
    if (dump(&other, &second, 1, &error))
        fail_msg("%s", error.message);
    CLEAN(memory_free) char *data = read_file(dump_of(&first)->path);
    CLEAN(memory_free) char *again = read_file(dump_of(&second)->path);
    drop_positions(data);
    drop_positions(again);
    assert_same_text(again, data);
    assert_true(strlen(data) > 1000000);
    CLEAN(memory_free)
    char *next = mariadb_server_ask(&world.source, "SELECT NEXTVAL(shop.numbers)");
    CLEAN(memory_free)
    char *other_next = mariadb_server_ask(&world.target, "SELECT NEXTVAL(shop.numbers)");
    assert_string_equal(other_next, next);
    file_sink_end(&first);
    file_sink_end(&second);
}

static void
a_restore_into_a_server_that_is_not_empty_needs_to_be_told(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    assert_int_equal(dump(&server, &sink, 0, &error), 0);
    struct server other = as_backup(&world.target);
    CLEAN(engine_destroy) engine_t *engine = open_engine(&other);
    struct restore_options options = {0};
    assert_int_equal(engine_restore(engine, &options, sink.files, sink.count, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "not empty"));

    // Told, it replaces what the set has and leaves the rest, and our own account, alone.
    mariadb_server_tell(&world.target, "DELETE FROM shop.orders; CREATE DATABASE other; "
                                       "CREATE TABLE other.t (id INT)");
    options.overwrite = 1;
    if (engine_restore(engine, &options, sink.files, sink.count, &error))
        fail_msg("%s", error.message);
    CLEAN(memory_free)
    char *left =
        mariadb_server_ask(&world.target, "SELECT COUNT(*) FROM shop.orders; SELECT table_name "
                                          "FROM information_schema.tables WHERE "
                                          "table_schema = 'other'");
    assert_string_equal(left, "3\nt\n");
    assert_int_equal(open_error(&other, &error), 0);
    file_sink_end(&sink);
}

static void
the_sink_is_told_what_is_in_the_set_and_what_is_not(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    assert_int_equal(dump(&server, &sink, 0, &error), 0);
    assert_non_null(strstr(sink.notes, "schema shop 8\n"));
    assert_non_null(strstr(sink.notes, "schema empty 0\n"));
    assert_non_null(strstr(sink.notes, "schema line\nbreak;\\! echo 1\n"));
    assert_non_null(strstr(sink.notes, "point (all) single-transaction binlog.00000"));
    assert_non_null(strstr(sink.notes, " gtid 0-1-"));
    assert_non_null(
        strstr(sink.notes, "left out the common point in time of table `shop`.`old_style`: "));
    assert_non_null(strstr(sink.notes, "left out schema `mysql`: "));
    assert_non_null(strstr(sink.notes, "left out passwords and authentication of "));
    assert_non_null(strstr(sink.notes, "left out the server's own accounts: "));
    assert_non_null(strstr(sink.notes, "fact flavour=mariadb\n"));
    assert_non_null(strstr(sink.notes, "tool mariadb-dump "));
    static const char *const roles[] = {"users", "data", "data", "programs", "users"};
    assert_int_equal(sink.count, 5);  // accounts, dump, views, events, grants on objects
    for (size_t i = 0; i < sink.count; i++)
        assert_string_equal(sink.files[i].role, roles[i]);
    file_sink_end(&sink);
}

static void
accounts_come_without_hashes_and_locked_unless_they_are_wanted(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    assert_int_equal(dump(&server, &sink, 0, &error), 0);
    CLEAN(memory_free) char *users = read_file(sink.files[0].path);
    assert_null(strstr(users, "IDENTIFIED"));
    assert_null(strstr(users, "*7EF2"));
    assert_non_null(
        strstr(users, "CREATE USER IF NOT EXISTS `keeper`@`%` REQUIRE SSL ACCOUNT LOCK;\n"));
    assert_non_null(strstr(users, "CREATE ROLE IF NOT EXISTS `wri``ter`;\n"));
    assert_non_null(strstr(users, "GRANT `reader` TO `keeper`@`%` WITH ADMIN OPTION;\n"));
    assert_non_null(strstr(users, "SET DEFAULT ROLE `reader` FOR `keeper`@`%`;\n"));
    assert_non_null(strstr(users, "GRANT SELECT ON `sh\\_p%`.* TO `wri``ter`;\n"));
    assert_null(strstr(users, "`root`@`localhost`"));
    assert_null(strstr(users, "mariadb.sys"));
    CLEAN(memory_free) char *after = read_file(sink.files[4].path);
    assert_non_null(strstr(after, "GRANT SELECT ON `shop`.`z_base` TO PUBLIC;\n"));
    assert_non_null(strstr(after, "GRANT EXECUTE ON PROCEDURE `shop`.`do it` TO `keeper`@`%`;\n"));
    file_sink_end(&sink);

    CLEAN(folder_destroy) char *second = folder_new();
    file_sink_begin(&sink, second);
    assert_int_equal(dump(&server, &sink, 1, &error), 0);
    CLEAN(memory_free) char *hashes = read_file(sink.files[0].path);
    assert_non_null(strstr(hashes, "CREATE USER IF NOT EXISTS `keeper`@`%` IDENTIFIED BY PASSWORD "
                                   "'*7EF204D5E9151D33077D698FD48BCEE699458CA6' REQUIRE SSL;\n"));
    assert_null(strstr(sink.notes, "left out passwords"));
    file_sink_end(&sink);
}

static void
schemas_that_fit_no_command_line_are_dumped_in_several_runs(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    struct backup_options options = {0};
    CLEAN(mysql_session_destroy) mysql_session_t *session = NULL;
    const struct tool *tool = NULL;
    assert_int_equal(mysql_session_open(&session, &server, &error), 0);
    assert_int_equal(
        toolbox_find(world.toolbox, TOOL_MARIADB_DUMP, "mariadb", 10, 3, &tool, &error), 0);
    file_sink_begin(&sink, folder);
    const struct mysql_backup backup = {.server = &server,
                                        .session = session,
                                        .tool = tool,
                                        .options = &options,
                                        .sink = &sink.base,
                                        .names_max_bytes = 50};
    if (mysql_backup_run(&backup, &error))
        fail_msg("%s", error.message);
    assert_true(sink.count >= 6);  // accounts, dumps, views, grants on objects
    assert_non_null(strstr(sink.notes, "point shop single-transaction binlog."));
    assert_non_null(strstr(sink.notes, "point empty single-transaction binlog."));
    assert_null(strstr(sink.notes, "point (all)"));
    assert_non_null(strstr(sink.notes, "left out one point for the whole server: 5 schemas do "));

    // Views that stand on schemas of a later run come back too.
    mariadb_server_tell(&world.target, "DROP DATABASE shop; DROP DATABASE `-e'x\"y``z`");
    struct server other = as_backup(&world.target);
    CLEAN(engine_destroy) engine_t *engine = open_engine(&other);
    struct restore_options overwrite = {.overwrite = 1};
    if (engine_restore(engine, &overwrite, sink.files, sink.count, &error))
        fail_msg("%s", error.message);
    mariadb_server_tell(&world.target, "DROP DATABASE IF EXISTS other");
    CLEAN(memory_free) char *here = mariadb_server_ask(&world.source, contents);
    CLEAN(memory_free) char *there = mariadb_server_ask(&world.target, contents);
    assert_same_text(there, here);
    file_sink_end(&sink);
}

// ---- what of a server

// Odd names, views upon views, keys, triggers and grants between what stays and what goes. Schema
// `what` is made for it, and dropped after.
static void
make_what(void)
{
    mariadb_server_tell(
        &world.source,
        "SET NAMES utf8mb4; CREATE DATABASE what; CREATE DATABASE `what.gone`; CREATE DATABASE "
        "`wh*t`; USE what;"
        "CREATE TABLE kept (id INT PRIMARY KEY, audit INT); INSERT INTO kept VALUES (1, 1), (2, 1);"
        "CREATE TABLE `log.1` (id INT PRIMARY KEY); INSERT INTO `log.1` VALUES (1);"
        "CREATE TABLE `log*` (id INT PRIMARY KEY); INSERT INTO `log*` VALUES (1);"
        "CREATE TABLE `logs` (id INT PRIMARY KEY); INSERT INTO `logs` VALUES (7);"
        "CREATE TABLE `it's \"q``q\" größe` (id INT PRIMARY KEY); INSERT INTO `it's \"q``q\" "
        "größe` VALUES (1);"
        "CREATE TABLE audit (id INT PRIMARY KEY, at INT); INSERT INTO audit VALUES (1, 2);"
        "CREATE TABLE child (id INT PRIMARY KEY, kept INT, audit INT, gone INT, FOREIGN KEY "
        "to_kept "
        "(kept) REFERENCES kept (id), CONSTRAINT to_audit FOREIGN KEY (audit) REFERENCES audit "
        "(id), CONSTRAINT to_gone FOREIGN KEY (gone) REFERENCES `log.1` (id));"
        "INSERT INTO child VALUES (1, 1, 1, 1);"
        "CREATE TABLE `what.gone`.t (id INT PRIMARY KEY); INSERT INTO `what.gone`.t VALUES (1);"
        "CREATE TABLE `wh*t`.t (id INT PRIMARY KEY); INSERT INTO `wh*t`.t VALUES (4);"
        "CREATE FUNCTION `what.gone`.f(a INT) RETURNS INT DETERMINISTIC RETURN a;"
        "CREATE VIEW a_view_of_a_view AS SELECT id FROM kept;"
        "CREATE VIEW on_gone AS SELECT `log.1`.id FROM `log.1`;"
        "CREATE OR REPLACE VIEW a_view_of_a_view AS SELECT * FROM on_gone;"
        "CREATE VIEW on_schema AS SELECT id FROM `what.gone`.t;"
        "CREATE VIEW on_function AS SELECT `what.gone`.f(id) AS x FROM kept;"
        "CREATE VIEW stays AS SELECT kept.audit AS `what.gone`, kept.id FROM kept;"
        "CREATE VIEW on_audit AS SELECT id FROM audit;"
        "CREATE TRIGGER on_kept BEFORE INSERT ON kept FOR EACH ROW SET NEW.audit = 5;"
        "CREATE TRIGGER on_audit BEFORE INSERT ON audit FOR EACH ROW SET NEW.at = 6;"
        "CREATE TRIGGER on_log BEFORE INSERT ON `log.1` FOR EACH ROW SET NEW.id = 6;"
        "CREATE PROCEDURE count_logs() SELECT COUNT(*) FROM `log.1`;"
        "CREATE USER what_user@'%';"
        "GRANT SELECT ON what.`log.1` TO what_user@'%'; GRANT SELECT (id) ON what.kept TO "
        "what_user@'%'; GRANT EXECUTE ON FUNCTION `what.gone`.f TO what_user@'%';");
}

static void
drop_what(const struct mariadb_server *server)
{
    mariadb_server_tell(server, "DROP DATABASE IF EXISTS what; DROP DATABASE IF EXISTS "
                                "`what.gone`; DROP DATABASE IF EXISTS `wh*t`; DROP USER IF EXISTS "
                                "what_user@'%'");
}

static void
want(selection_t *selection, enum selection_list list, const char *pattern)
{
    struct error error = {0};
    if (selection_add(selection, list, pattern, &error))
        fail_msg("%s", error.message);
}

static void
require_notes(const struct file_sink *sink, const char *const *notes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!strstr(sink->notes, notes[i]))
            fail_msg("not noted: %s in\n%s", notes[i], sink->notes);
    }
}

static void
restore_into_target(const struct file_sink *sink)
{
    struct error error = {0};
    struct server other = as_backup(&world.target);
    CLEAN(engine_destroy) engine_t *engine = open_engine(&other);
    struct restore_options options = {.overwrite = 1};
    if (engine_restore(engine, &options, sink->files, sink->count, &error))
        fail_msg("%s", error.message);
}

static void
what_is_left_out_is_told_and_the_rest_can_be_loaded(void **state)
{
    (void)state;
    static const char *const notes[] = {
        "rule include_schemas wh[*]t 1\n",
        "rule exclude_schemas *.gone 1\n",
        "rule exclude_tables what.log\\.? 1\n",
        "rule exclude_tables what.log\\* 1\n",
        "rule exclude_tables what.it*größe 1\n",
        "rule exclude_tables what.typo 0\n",
        "rule tables_without_data *.audit 1\n",
        "excluded schema what.gone - 1: exclude_schemas *.gone\n",
        "excluded schema shop - 1: not in include_schemas\n",
        "excluded table what log.1 1: exclude_tables what.log\\.?\n",
        "excluded table what log* 1: exclude_tables what.log\\*\n",
        "excluded table what it's \"q`q\" größe 1: exclude_tables what.it*größe\n",
        "excluded rows of table what audit 1: tables_without_data *.audit\n",
        "excluded view what on_gone 1: it needs `what`.`log.1`, which is left out\n",
        "excluded view what a_view_of_a_view 1: it needs `what`.`on_gone`, which is left out\n",
        "excluded view what on_schema 1: it needs `what.gone`.`t`, which is left out\n",
        "excluded view what on_function 1: it needs `what.gone`.`f`, which is left out\n",
        "excluded check of foreign key what to_gone of child 1: it refers to `what`.`log.1`, ",
        "excluded check of foreign key what to_audit of child 1: it refers to `what`.`audit`, ",
        "excluded grant on what log.1 1: it is left out\n",
        "excluded grant on what.gone f 1: it is left out\n",
        "schema what 4\n",
        "schema wh*t 1\n",
        "point (all) single-transaction binlog.",
    };
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    want(selection, SELECTION_INCLUDE_SCHEMAS, "what*");
    want(selection, SELECTION_INCLUDE_SCHEMAS, "wh[*]t");
    want(selection, SELECTION_EXCLUDE_SCHEMAS, "*.gone");
    want(selection, SELECTION_EXCLUDE_TABLES, "what.log\\.?");
    want(selection, SELECTION_EXCLUDE_TABLES, "what.log\\*");
    want(selection, SELECTION_EXCLUDE_TABLES, "what.it*größe");
    want(selection, SELECTION_EXCLUDE_TABLES, "what.typo");
    want(selection, SELECTION_TABLES_WITHOUT_DATA, "*.audit");
    make_what();
    drop_what(&world.target);
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    if (dump_selected(&server, selection, &sink, &error))
        fail_msg("%s", error.message);
    require_notes(&sink, notes, sizeof notes / sizeof *notes);
    assert_null(strstr(sink.notes, "schema shop 8"));
    assert_null(strstr(sink.notes, "stays"));
    assert_null(strstr(sink.notes, "to_kept"));
    assert_null(strstr(sink.notes, "it was made while"));

    restore_into_target(&sink);
    static const char all[] =
        "SET NAMES utf8mb4; SELECT table_schema, table_name, table_type FROM "
        "information_schema.tables WHERE table_schema LIKE 'wh%' ORDER BY 1, 2; SELECT * FROM "
        "what.kept; SELECT COUNT(*) FROM what.audit; SELECT * FROM what.logs; SELECT * FROM "
        "what.child; SELECT * FROM what.stays; SELECT * FROM `wh*t`.t; SELECT trigger_name FROM "
        "information_schema.triggers WHERE trigger_schema = 'what' ORDER BY 1; SELECT "
        "routine_name FROM information_schema.routines WHERE routine_schema LIKE 'wh%'; SELECT "
        "constraint_name FROM information_schema.referential_constraints WHERE "
        "constraint_schema = 'what' ORDER BY 1;";
    CLEAN(memory_free) char *there = mariadb_server_ask(&world.target, all);
    assert_same_text(there, "wh*t\tt\tBASE TABLE\nwhat\taudit\tBASE TABLE\n"
                            "what\tchild\tBASE TABLE\nwhat\tkept\tBASE TABLE\n"
                            "what\tlogs\tBASE TABLE\nwhat\ton_audit\tVIEW\n"
                            "what\tstays\tVIEW\n1\t1\n2\t1\n0\n7\n1\t1\t1\t1\n1\t1\n1\t2\n4\n"
                            "on_audit\non_kept\ncount_logs\nto_audit\nto_gone\nto_kept\n");
    file_sink_end(&sink);
    drop_what(&world.source);
    drop_what(&world.target);
}

static void
an_include_list_in_vain_fails_the_backup(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    want(selection, SELECTION_INCLUDE_TABLES, "shop.custmers");
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    assert_int_equal(dump_selected(&server, selection, &sink, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "include_tables wants nothing"));
    assert_int_equal(sink.count, 0);
    file_sink_end(&sink);
}

static void
a_server_that_is_not_what_the_policy_reads_from_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    server.role = SERVER_PRIMARY;
    assert_int_equal(open_error(&server, &error), 0);
    server.role = SERVER_REPLICA;
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "reads from a replica"));
    mariadb_server_tell(&world.source, "SET GLOBAL read_only = 1");
    assert_int_equal(open_error(&server, &error), 0);
    server.role = SERVER_PRIMARY;
    assert_int_equal(open_error(&server, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "reads from the primary"));
    mariadb_server_tell(&world.source, "SET GLOBAL read_only = 0");
}

static void
a_check_says_what_a_policy_would_leave_out(void **state)
{
    (void)state;
    struct error error = {0};
    uint64_t size_bytes = 0;
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    want(selection, SELECTION_EXCLUDE_TABLES, "shop.customers");
    want(selection, SELECTION_EXCLUDE_TABLES, "shop.typo");
    struct server server = as_backup(&world.source);
    if (engine_check("vendor", &server, world.toolbox, selection, findings, &size_bytes, &error))
        fail_msg("%s", error.message);
    CLEAN(memory_free) char *text = findings_print(findings, 100000);
    assert_non_null(strstr(text, "leaves out 1 of kind 'table', such as shop.customers"));
    assert_non_null(strstr(text, "of kind 'view', such as shop."));
    assert_non_null(strstr(text, "pattern 'shop.typo' of exclude_tables fits nothing"));
    assert_false(findings_are_fatal(findings));

    // What is left out needs no room.
    uint64_t all_bytes = 0;
    if (engine_check("vendor", &server, world.toolbox, NULL, findings, &all_bytes, &error))
        fail_msg("%s", error.message);
    assert_true(size_bytes > 0 && size_bytes < all_bytes);
}

// The tools look names up in any case, and take table `b.c` of `a` for table `c` of `a.b`.
static void
what_the_tool_cannot_tell_apart_is_refused_before_it_runs(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    want(selection, SELECTION_EXCLUDE_TABLES, "what.[Ll]og");
    want(selection, SELECTION_TABLES_WITHOUT_DATA, "what.LOG");
    mariadb_server_tell(&world.source, "CREATE DATABASE what; CREATE TABLE what.Log (id INT); "
                                       "CREATE TABLE what.LOG (id INT)");
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    assert_int_equal(dump_selected(&server, selection, &sink, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "cannot tell"));
    mariadb_server_tell(&world.source,
                        "DROP TABLE what.LOG; CREATE TABLE what.`gone.log` (id INT); "
                        "CREATE DATABASE `what.gone`; CREATE TABLE "
                        "`what.gone`.Log (id INT)");
    want(selection, SELECTION_EXCLUDE_TABLES, "what.gone*");
    assert_int_equal(dump_selected(&server, selection, &sink, &error), -1);
    assert_non_null(strstr(error.message, "`what`.`gone.log`"));
    drop_what(&world.source);
    file_sink_end(&sink);
}

static void
one_table_of_a_schema_comes_with_its_routines(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    want(selection, SELECTION_INCLUDE_TABLES, "shop.parted");
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    if (dump_selected(&server, selection, &sink, &error))
        fail_msg("%s", error.message);
    assert_non_null(strstr(sink.notes, "schema shop 1\n"));
    assert_non_null(strstr(sink.notes, "excluded schema empty - 1: not in include_tables\n"));
    assert_non_null(strstr(sink.notes, "excluded view shop a_top 1: not in include_tables\n"));
    mariadb_server_tell(&world.target, "DROP DATABASE shop");
    restore_into_target(&sink);
    CLEAN(memory_free)
    char *there = mariadb_server_ask(
        &world.target, "SELECT table_name FROM information_schema.tables WHERE table_schema = "
                       "'shop'; SELECT COUNT(*) FROM shop.parted; SELECT COUNT(*) > 2 FROM "
                       "information_schema.routines WHERE routine_schema = 'shop'");
    assert_string_equal(there, "numbers\nparted\n3\n1\n");
    file_sink_end(&sink);
}

// The source, and an empty target with an account that may restore.
static int
start_both(void **state)
{
    if (start_source(state) || mariadb_server_start(&world.target, MARIADB_OPTIONS))
        return -1;
    mariadb_server_tell(&world.target,
                        CREATE_BACKUP_USER "GRANT ALL ON *.* TO backup@'%' WITH GRANT OPTION; "
                                           "GRANT PROXY ON ''@'' TO backup@'%' WITH GRANT OPTION");
    return 0;
}

int
main(void)
{
    if (mariadb_server_is_missing())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_was_dumped_comes_back),
        cmocka_unit_test(a_restore_into_a_server_that_is_not_empty_needs_to_be_told),
        cmocka_unit_test(schemas_that_fit_no_command_line_are_dumped_in_several_runs),
        cmocka_unit_test(the_sink_is_told_what_is_in_the_set_and_what_is_not),
        cmocka_unit_test(accounts_come_without_hashes_and_locked_unless_they_are_wanted),
        cmocka_unit_test(what_is_left_out_is_told_and_the_rest_can_be_loaded),
        cmocka_unit_test(an_include_list_in_vain_fails_the_backup),
        cmocka_unit_test(what_the_tool_cannot_tell_apart_is_refused_before_it_runs),
        cmocka_unit_test(a_server_that_is_not_what_the_policy_reads_from_is_refused),
        cmocka_unit_test(a_check_says_what_a_policy_would_leave_out),
        cmocka_unit_test(one_table_of_a_schema_comes_with_its_routines),
    };
    return cmocka_run_group_tests(tests, start_both, stop_servers);
}
