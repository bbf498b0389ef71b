// The engine mariadb-dump against a real MariaDB: what goes out comes back, and what goes wrong is
// said. The engine mysqldump differs in its tool only.

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "tests/check.h"
#include "tests/file_sink.h"
#include "tests/mariadb_server.h"
#include "worker/engine/engine.h"

#define RIGHTS "SELECT, SHOW VIEW, TRIGGER, EVENT"

static char user[] = "backup";
static char password[] = "p#w \"d'\\x \xc3\xa9;";
static const char create_user[] = "CREATE USER backup@'%' IDENTIFIED BY 'p#w \"d''\\\\x \xc3\xa9;' "
                                  "REQUIRE SSL;";

static struct mariadb_server source, target;
static toolbox_t *toolbox;

static engine_t *
open_engine(const struct server *server)
{
    struct error error = {0};
    engine_t *engine = NULL;
    int status = engine_mysql_ops.open(&engine, server, toolbox, &error);
    if (status)
        fail_msg("%s", error.message);
    return engine;
}

static void
close_engine(engine_t **engine)
{
    if (*engine)
        (*engine)->ops->destroy(engine);
}

static int
dump(const struct server *server, struct file_sink *sink, int hashes, struct error *error)
{
    CLEAN(close_engine) engine_t *engine = open_engine(server);
    struct backup_options options = {.password_hashes = hashes};
    return engine->ops->backup(engine, &options, &sink->base, error);
}

static char *
read_file(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(fd_read_file(AT_FDCWD, path, 64 << 20, &text, &size, &error), 0);
    return text;
}

// The file of the sink that has this role, from number `from` on.
static const struct set_source_file *
file_of(const struct file_sink *sink, const char *role, size_t from)
{
    for (size_t i = from; i < sink->count; i++) {
        if (strcmp(sink->files[i].role, role) == 0)
            return &sink->files[i];
    }
    return NULL;
}

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

static int
open_error(const struct server *server, struct error *error)
{
    engine_t *engine = NULL;
    int status = engine_mysql_ops.open(&engine, server, toolbox, error);
    close_engine(&engine);
    return status;
}

static struct server
as_backup(const struct mariadb_server *server)
{
    return mariadb_server_as(server, user, password);
}

// An account on the target that may restore.
static void
allow_restore(void)
{
    CLEAN(memory_free)
    char *sql = memory_format("%s GRANT ALL ON *.* TO backup@'%%' WITH GRANT OPTION;"
                              "GRANT PROXY ON ''@'' TO backup@'%%' WITH GRANT OPTION;",
                              create_user);
    mariadb_server_tell(&target, sql);
}

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
    "SELECT table_schema, table_name, MD5(view_definition), definer, security_type FROM "
    "information_schema.views WHERE table_schema <> 'sys' ORDER BY 1, 2;"
    "SELECT schema_name, default_character_set_name FROM information_schema.schemata ORDER BY 1;";

// Fails with the first line that differs, as the whole would be too much to read.
static void
assert_same_text(const char *one, const char *other)
{
    size_t line = 1;
    while (*one && *one == *other) {
        line += *one == '\n';
        one++;
        other++;
    }
    if (*one || *other)
        fail_msg("line %zu: '%.*s' is not '%.*s'", line, (int)strcspn(one, "\n"), one,
                 (int)strcspn(other, "\n"), other);
}

static void
all_that_was_dumped_comes_back(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink first, second;
    struct error error = {0};
    struct server server = as_backup(&source);
    file_sink_begin(&first, folder);
    if (dump(&server, &first, 1, &error))
        fail_msg("%s", error.message);
    for (size_t i = 0; i < first.count; i++)
        assert_true(first.accepted[i]);

    allow_restore();
    struct server other = as_backup(&target);
    CLEAN(close_engine) engine_t *engine = open_engine(&other);
    int empty = 0;
    assert_int_equal(engine->ops->is_empty(engine, &empty, &error), 0);
    assert_true(empty);
    struct restore_options options = {0};
    if (engine->ops->restore(engine, &options, first.files, first.count, &error))
        fail_msg("%s", error.message);
    assert_int_equal(engine->ops->is_empty(engine, &empty, &error), 0);
    assert_false(empty);

    CLEAN(memory_free) char *here = mariadb_server_ask(&source, contents);
    CLEAN(memory_free) char *there = mariadb_server_ask(&target, contents);
    assert_same_text(there, here);

    // What was restored dumps to the same bytes, but for the binary log's position.
    CLEAN(folder_destroy) char *other_folder = folder_new();
    file_sink_begin(&second, other_folder);
    if (dump(&other, &second, 1, &error))
        fail_msg("%s", error.message);
    CLEAN(memory_free) char *data = read_file(file_of(&first, "data", 0)->path);
    CLEAN(memory_free) char *again = read_file(file_of(&second, "data", 0)->path);
    drop_positions(data);
    drop_positions(again);
    assert_same_text(again, data);
    assert_true(strlen(data) > 1000000);
    CLEAN(memory_free) char *next = mariadb_server_ask(&source, "SELECT NEXTVAL(shop.numbers)");
    CLEAN(memory_free)
    char *other_next = mariadb_server_ask(&target, "SELECT NEXTVAL(shop.numbers)");
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
    struct server server = as_backup(&source);
    file_sink_begin(&sink, folder);
    assert_int_equal(dump(&server, &sink, 0, &error), 0);
    struct server other = as_backup(&target);
    CLEAN(close_engine) engine_t *engine = open_engine(&other);
    struct restore_options options = {0};
    assert_int_equal(engine->ops->restore(engine, &options, sink.files, sink.count, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "not empty"));

    // Told, it replaces what the set has and leaves the rest, and our own account, alone.
    mariadb_server_tell(&target, "DELETE FROM shop.orders; CREATE DATABASE other; "
                                 "CREATE TABLE other.t (id INT)");
    options.overwrite = 1;
    if (engine->ops->restore(engine, &options, sink.files, sink.count, &error))
        fail_msg("%s", error.message);
    CLEAN(memory_free)
    char *left = mariadb_server_ask(&target, "SELECT COUNT(*) FROM shop.orders; SELECT table_name "
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
    struct server server = as_backup(&source);
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
    assert_string_equal(sink.files[0].role, "users");
    assert_string_equal(sink.files[1].role, "data");
    assert_string_equal(sink.files[2].role, "users");
    file_sink_end(&sink);
}

static void
accounts_come_without_hashes_and_locked_unless_they_are_wanted(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&source);
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
    CLEAN(memory_free) char *after = read_file(sink.files[2].path);
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
a_wrong_password_is_denied(void **state)
{
    (void)state;
    struct error error = {0};
    char wrong[] = "not the password";
    struct server server = mariadb_server_as(&source, user, wrong);
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
    struct server server = as_backup(&source);
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
    struct server server = as_backup(&source);
    server.ca_path = target.ca_path;
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
    struct server server = mariadb_server_as(&plain, user, word);
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
    mariadb_server_tell(&source, "CREATE USER half@'%' IDENTIFIED BY 'half'; "
                                 "GRANT SELECT, SHOW VIEW ON *.* TO half@'%'; "
                                 "GRANT TRIGGER, EVENT ON shop.* TO half@'%'");
    char half[] = "half";
    struct server server = mariadb_server_as(&source, half, half);
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    file_sink_begin(&sink, folder);
    assert_int_equal(dump(&server, &sink, 0, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "GRANT TRIGGER, EVENT ON *.*"));
    file_sink_end(&sink);

    // A role that is active by default gives them as well.
    mariadb_server_tell(&source,
                        "CREATE ROLE dumping; GRANT " RIGHTS " ON *.* TO dumping; "
                        "GRANT dumping TO half@'%'; SET DEFAULT ROLE dumping FOR half@'%'");
    file_sink_begin(&sink, folder);
    if (dump(&server, &sink, 0, &error))
        fail_msg("%s", error.message);
    file_sink_end(&sink);
    mariadb_server_tell(&source, "DROP USER half@'%'; DROP ROLE dumping");
}

// Makes a table that takes a while to dump.
static void
make_big(void)
{
    mariadb_server_tell(&source,
                        "DROP DATABASE IF EXISTS big; CREATE DATABASE big; USE big; CREATE TABLE "
                        "big.a (id INT PRIMARY KEY, v "
                        "LONGBLOB); INSERT INTO big.a SELECT seq, REPEAT('x', 1000000) FROM "
                        "seq_1_to_20; CREATE TABLE big.z (id INT PRIMARY KEY)");
}

static void
drop_big(void)
{
    mariadb_server_tell(&source, "DROP DATABASE IF EXISTS big");
}

static void
drop_last_table(void *context)
{
    (void)context;
    mariadb_server_tell(&source, "DROP TABLE big.z");
}

static void
a_table_that_is_dropped_in_mid_dump_fails_it(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&source);
    make_big();
    file_sink_begin(&sink, folder);
    sink.on_data = drop_last_table;
    assert_int_equal(dump(&server, &sink, 0, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "z"));
    file_sink_end(&sink);
    drop_big();
}

static void
make_another_table(void *context)
{
    (void)context;
    mariadb_server_tell(&source, "CREATE TABLE big.zz (id INT); CREATE DATABASE later; "
                                 "CREATE TABLE later.t (id INT)");
}

static void
a_table_that_is_made_in_mid_dump_is_told(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&source);
    make_big();
    file_sink_begin(&sink, folder);
    sink.on_data = make_another_table;
    if (dump(&server, &sink, 0, &error) == 0) {
        assert_non_null(strstr(sink.notes, "left out the new table `later`.`t`: "));
        assert_non_null(strstr(sink.notes, "left out the new table `big`.`zz`: "));
    } else {
        fail_msg("%s", error.message);
    }
    file_sink_end(&sink);
    mariadb_server_tell(&source, "DROP DATABASE later");
    drop_big();
}

struct prey {
    int killed, secret_seen;
};

// Looks at the tool that runs for us (a child of this process) and kills it.
static void
look_and_kill(void *context)
{
    struct prey *prey = context;
    CLEAN(memory_free)
    char *command = memory_format("pgrep -P %d -x mariadb-dump", (int)getpid());
    FILE *list = popen(command, "r");
    assert_non_null(list);
    int pid = 0;
    assert_int_equal(fscanf(list, "%d", &pid), 1);
    pclose(list);
    static const char *const files[] = {"cmdline", "environ"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        CLEAN(memory_free) char *path = memory_format("/proc/%d/%s", pid, files[i]);
        CLEAN(memory_free) char *text = NULL;
        size_t size = 0;
        struct error error = {0};
        assert_int_equal(fd_read_file(AT_FDCWD, path, 1 << 20, &text, &size, &error), 0);
        assert_true(size > 0);
        prey->secret_seen |= memmem(text, size, password, strlen(password)) != NULL;
        prey->secret_seen |= memmem(text, size, "p#w", 3) != NULL;
    }
    prey->killed = kill(pid, SIGKILL) == 0;
}

static void
a_tool_that_is_killed_fails_the_dump_and_never_showed_the_password(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct prey prey = {0};
    struct server server = as_backup(&source);
    make_big();
    file_sink_begin(&sink, folder);
    sink.on_data = look_and_kill;
    sink.context = &prey;
    assert_int_equal(dump(&server, &sink, 0, &error), -1);
    assert_true(prey.killed);
    assert_false(prey.secret_seen);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "signal 9"));
    assert_false(sink.accepted[1]);
    file_sink_end(&sink);
    drop_big();
}

static void
a_view_that_no_longer_works_is_left_out_and_the_rest_is_dumped(void **state)
{
    (void)state;
    mariadb_server_tell(&source,
                        "CREATE DATABASE broken; CREATE TABLE broken.t (id INT PRIMARY KEY); "
                        "CREATE VIEW broken.`v\"1` AS SELECT id FROM broken.t; "
                        "CREATE VIEW broken.`v 2` AS SELECT id FROM broken.`v\"1`; "
                        "CREATE DEFINER = nobody@nowhere VIEW broken.v3 AS SELECT 1 AS one; "
                        "DROP TABLE broken.t; CREATE TABLE broken.u (id INT PRIMARY KEY)");
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&source);
    file_sink_begin(&sink, folder);
    if (dump(&server, &sink, 0, &error))
        fail_msg("%s", error.message);
    assert_non_null(strstr(sink.notes, "left out view `broken`.`v\"1`: "));
    assert_non_null(strstr(sink.notes, "left out view `broken`.`v 2`: "));
    assert_non_null(strstr(sink.notes, "schema broken 1\n"));
    file_sink_end(&sink);
    mariadb_server_tell(&source, "DROP DATABASE broken");
}

// A toolbox with one dump tool of our own making in front of the real ones.
static toolbox_t *
fake_tool(const char *folder, const char *body)
{
    CLEAN(memory_free)
    char *script =
        memory_format("#!/bin/sh\nif [ \"$1\" = --version ]; then\n"
                      "echo 'mariadb-dump  Ver 10.19 Distrib 10.11.0-MariaDB, for Linux'; exit 0\n"
                      "fi\n%s\n",
                      body);
    CLEAN(memory_free) char *path = folder_write(folder, "mariadb-dump", 0700, script);
    // Lowest version that fits, first found.
    const char *folders[] = {folder, NULL};
    return toolbox_new(folders);
}

static int
dump_with(toolbox_t *tools, const struct server *server, struct error *error)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    engine_t *engine = NULL;
    file_sink_begin(&sink, folder);
    int status = engine_mysql_ops.open(&engine, server, tools, error);
    struct backup_options options = {0};
    if (status == 0)
        status = engine->ops->backup(engine, &options, &sink.base, error);
    close_engine(&engine);
    file_sink_end(&sink);
    return status;
}

static void
a_tool_that_lies_or_leaves_a_table_out_is_not_believed(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_backup(&source);
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(toolbox_destroy) toolbox_t *cut = fake_tool(folder, "echo 'CREATE TABLE `x` ('");
    assert_int_equal(dump_with(cut, &server, &error), -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
    assert_non_null(strstr(error.message, "cut short"));

    CLEAN(folder_destroy) char *second = folder_new();
    CLEAN(toolbox_destroy) toolbox_t *nothing = fake_tool(second, "echo '-- Dump completed'");
    assert_int_equal(dump_with(nothing, &server, &error), -1);
    assert_non_null(strstr(error.message, "is not in the dump"));

    CLEAN(folder_destroy) char *third = folder_new();
    CLEAN(toolbox_destroy)
    toolbox_t *less =
        fake_tool(third, "/usr/bin/mariadb-dump \"$@\" | sed '/^CREATE TABLE `no_key`/d'");
    assert_int_equal(dump_with(less, &server, &error), -1);
    if (!strstr(error.message, "'no_key' of schema 'shop' was listed"))
        fail_msg("%s", error.message);
}

static void
an_old_tool_is_refused_before_anything_is_read(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_backup(&source);
    CLEAN(toolbox_destroy) toolbox_t *none = toolbox_new(NULL);
    engine_t *engine = NULL;
    // MySQL's engine for a MariaDB server, whether its tool is there or not.
    assert_int_equal(engine_mysqldump_ops.open(&engine, &server, none, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "install MariaDB's client tools"));
}

static void
a_full_store_is_the_error_and_not_the_tools_broken_pipe(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&source);
    file_sink_begin(&sink, folder);
    sink.broken = 1;
    assert_int_equal(dump(&server, &sink, 0, &error), -1);
    assert_string_equal(error.message, "no space left on the store");
    file_sink_end(&sink);
}

static void
an_unreadable_account_table_leaves_accounts_out(void **state)
{
    (void)state;
    // No MariaDB account with SELECT on *.* is refused mysql.user; a restore's account may be.
    mariadb_server_tell(&source, "CREATE USER narrow@'%' IDENTIFIED BY 'narrow'; "
                                 "GRANT SHOW VIEW, TRIGGER, EVENT ON *.* TO narrow@'%'");
    char narrow[] = "narrow";
    struct server server = mariadb_server_as(&source, narrow, narrow);
    CLEAN(close_engine) engine_t *engine = open_engine(&server);
    struct finding findings[32];
    size_t count = 0;
    struct error error = {0};
    assert_int_equal(engine->ops->check(engine, findings, &count, 32, &error), 0);
    assert_true(count >= 2);
    assert_true(findings[0].fatal);
    assert_non_null(strstr(findings[0].text, "lacks SELECT on *.*"));
    assert_non_null(strstr(findings[1].text, "accounts and grants would be left out"));
    mariadb_server_tell(&source, "DROP USER narrow@'%'");
}

static void
a_check_says_what_tonight_will_meet(void **state)
{
    (void)state;
    struct server server = as_backup(&source);
    CLEAN(close_engine) engine_t *engine = open_engine(&server);
    struct finding findings[32];
    size_t count = 0;
    struct error error = {0};
    if (engine->ops->check(engine, findings, &count, 32, &error))
        fail_msg("%s", error.message);
    int size = 0, keyless = 0, old = 0;
    for (size_t i = 0; i < count; i++) {
        assert_false(findings[i].fatal);
        size |= strstr(findings[i].text, "5 schemas, 11 tables") != NULL;
        keyless |= strstr(findings[i].text, "shop.no_key") != NULL;
        old |= strstr(findings[i].text, "`shop`.`old_style`") != NULL;
    }
    if (!size)
        fail_msg("%s", findings[0].text);
    assert_true(keyless && old);

    // No more than there is room for.
    assert_int_equal(engine->ops->check(engine, findings, &count, 1, &error), 0);
    assert_int_equal(count, 1);
}

static int
start_servers(void **state)
{
    (void)state;
    static const char options[] = "--log-bin=binlog --log-bin-trust-function-creators=1";
    if (mariadb_server_start(&source, options) || mariadb_server_start(&target, options))
        return -1;
    mariadb_server_load(&source, "data/mariadb-nasty.sql");
    CLEAN(memory_free)
    char *sql = memory_format("%s GRANT " RIGHTS " ON *.* TO backup@'%%'", create_user);
    mariadb_server_tell(&source, sql);
    toolbox = toolbox_new(NULL);
    return 0;
}

static int
stop_servers(void **state)
{
    (void)state;
    toolbox_destroy(&toolbox);
    mariadb_server_stop(&source);
    mariadb_server_stop(&target);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_was_dumped_comes_back),
        cmocka_unit_test(a_restore_into_a_server_that_is_not_empty_needs_to_be_told),
        cmocka_unit_test(the_sink_is_told_what_is_in_the_set_and_what_is_not),
        cmocka_unit_test(accounts_come_without_hashes_and_locked_unless_they_are_wanted),
        cmocka_unit_test(a_wrong_password_is_denied),
        cmocka_unit_test(a_server_that_is_not_there_is_unavailable),
        cmocka_unit_test(a_certificate_of_another_authority_is_denied),
        cmocka_unit_test(a_server_without_tls_is_denied_unless_it_need_not_be_verified),
        cmocka_unit_test(an_account_that_may_not_see_all_is_denied_with_the_grant_it_needs),
        cmocka_unit_test(a_table_that_is_dropped_in_mid_dump_fails_it),
        cmocka_unit_test(a_table_that_is_made_in_mid_dump_is_told),
        cmocka_unit_test(a_tool_that_is_killed_fails_the_dump_and_never_showed_the_password),
        cmocka_unit_test(a_view_that_no_longer_works_is_left_out_and_the_rest_is_dumped),
        cmocka_unit_test(a_tool_that_lies_or_leaves_a_table_out_is_not_believed),
        cmocka_unit_test(an_old_tool_is_refused_before_anything_is_read),
        cmocka_unit_test(a_full_store_is_the_error_and_not_the_tools_broken_pipe),
        cmocka_unit_test(an_unreadable_account_table_leaves_accounts_out),
        cmocka_unit_test(a_check_says_what_tonight_will_meet),
    };
    return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
