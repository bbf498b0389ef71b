// The engine mariadb-dump against a real MariaDB: what goes wrong in the middle is said.

#include <signal.h>

#include "tests/mysql_engine.h"
#include "worker/engine/engine.h"

// Makes a table that takes a while to dump.
static void
make_big(void)
{
    mariadb_server_tell(&world.source,
                        "DROP DATABASE IF EXISTS big; CREATE DATABASE big; USE big; CREATE TABLE "
                        "big.a (id INT PRIMARY KEY, v "
                        "LONGBLOB); INSERT INTO big.a SELECT seq, REPEAT('x', 1000000) FROM "
                        "seq_1_to_20; CREATE TABLE big.z (id INT PRIMARY KEY)");
}

static void
drop_big(void)
{
    mariadb_server_tell(&world.source, "DROP DATABASE IF EXISTS big");
}

static void
drop_last_table(void *context)
{
    (void)context;
    mariadb_server_tell(&world.source, "DROP TABLE big.z");
}

static void
a_table_that_is_dropped_in_mid_dump_fails_it(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
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
    mariadb_server_tell(&world.source, "CREATE TABLE big.zz (id INT); CREATE DATABASE later; "
                                       "CREATE TABLE later.t (id INT)");
}

static void
a_table_that_is_made_in_mid_dump_is_told(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
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
    mariadb_server_tell(&world.source, "DROP DATABASE later");
    drop_big();
}

static void
make_a_log(void *context)
{
    (void)context;
    mariadb_server_tell(&world.source, "CREATE TABLE big.log_2 (id INT)");
}

static void
a_table_that_is_left_out_and_made_in_mid_dump_is_told(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    make_big();
    mariadb_server_tell(&world.source, "CREATE TABLE big.log_1 (id INT)");
    if (selection_add(selection, SELECTION_EXCLUDE_TABLES, "big.log_*", &error))
        fail_msg("%s", error.message);
    file_sink_begin(&sink, folder);
    sink.on_data = make_a_log;
    if (dump_selected(&server, selection, &sink, &error))
        fail_msg("%s", error.message);
    assert_non_null(strstr(sink.notes, "exclusion of the new table `big`.`log_2`: it was made"));
    assert_null(strstr(sink.notes, "new table `big`.`log_1`"));
    file_sink_end(&sink);
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
        prey->secret_seen |= memmem(text, size, world.password, strlen(world.password)) != NULL;
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
    struct server server = as_backup(&world.source);
    make_big();
    file_sink_begin(&sink, folder);
    sink.on_data = look_and_kill;
    sink.context = &prey;
    assert_int_equal(dump(&server, &sink, 0, &error), -1);
    assert_true(prey.killed);
    assert_false(prey.secret_seen);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "signal 9"));
    assert_false(sink.accepted[sink.count - 1]);
    file_sink_end(&sink);
    drop_big();
}

static void
a_view_that_no_longer_works_is_left_out_and_the_rest_is_dumped(void **state)
{
    (void)state;
    mariadb_server_tell(&world.source,
                        "CREATE DATABASE broken; CREATE TABLE broken.t (id INT PRIMARY KEY); "
                        "CREATE VIEW broken.`v\"1` AS SELECT id FROM broken.t; "
                        "CREATE VIEW broken.`v 2` AS SELECT id FROM broken.`v\"1`; "
                        "CREATE DEFINER = nobody@nowhere VIEW broken.v3 AS SELECT 1 AS one; "
                        "DROP TABLE broken.t; CREATE TABLE broken.u (id INT PRIMARY KEY)");
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    if (dump(&server, &sink, 0, &error))
        fail_msg("%s", error.message);
    assert_non_null(strstr(sink.notes, "left out view `broken`.`v\"1`: "));
    assert_non_null(strstr(sink.notes, "left out view `broken`.`v 2`: "));
    assert_non_null(strstr(sink.notes, "schema broken 1\n"));
    file_sink_end(&sink);
    mariadb_server_tell(&world.source, "DROP DATABASE broken");
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
    int status = engine_open(&engine, "vendor", server, tools, error);
    struct backup_options options = {0};
    if (status == 0)
        status = engine_backup(engine, &options, &sink.base, error);
    engine_destroy(&engine);
    file_sink_end(&sink);
    return status;
}

static void
a_tool_that_lies_or_leaves_a_table_out_is_not_believed(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_backup(&world.source);
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
a_restore_that_fails_says_why_and_shows_no_row_and_no_hash(void **state)
{
    (void)state;
    mariadb_server_tell(&world.source, "CREATE USER restore@'%' IDENTIFIED BY 'restore'; "
                                       "GRANT SELECT, CREATE, CREATE USER ON *.* TO restore@'%'");
    char word[] = "restore";
    struct server server = mariadb_server_as(&world.source, word, word);
    CLEAN(engine_destroy) engine_t *engine = open_engine(&server);
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free)
    char *path = folder_write(folder, "1.sql", 0600,
                              "CREATE DATABASE IF NOT EXISTS restored;\n"
                              "INSERT INTO shop.no_key VALUES (1, 'secret row');\n");
    const struct set_source_file file = {.role = "data", .loader = "mysql", .path = path};
    struct restore_options options = {.overwrite = 1};
    struct error error = {0};
    assert_int_equal(engine_restore(engine, &options, &file, 1, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "cannot load file 1 of 1 (data)"));
    assert_non_null(strstr(error.message, "INSERT command denied"));
    assert_null(strstr(error.message, "secret row"));

    const struct set_source_file other = {.role = "data", .loader = "psql", .path = path};
    assert_int_equal(engine_restore(engine, &options, &other, 1, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    mariadb_server_tell(&world.source, "DROP USER restore@'%'; DROP DATABASE restored");
}

static void
a_client_command_in_a_set_is_not_obeyed(void **state)
{
    (void)state;
    mariadb_server_tell(&world.source, "CREATE USER restore@'%' IDENTIFIED BY 'restore'; "
                                       "GRANT ALL ON *.* TO restore@'%'");
    char word[] = "restore";
    struct server server = mariadb_server_as(&world.source, word, word);
    CLEAN(engine_destroy) engine_t *engine = open_engine(&server);
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *trace = memory_format("%s/trace", folder);
    static const char *const commands[] = {"\\! touch ", "system touch ", "tee ",
                                           "SELECT 1 INTO @a \\! touch "};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        CLEAN(memory_free) char *text = memory_format("%s%s\n;\n", commands[i], trace);
        CLEAN(memory_free) char *path = folder_write(folder, "1.sql", 0600, text);
        const struct set_source_file file = {.role = "data", .loader = "mysql", .path = path};
        struct restore_options options = {.overwrite = 1};
        struct error error = {0};
        assert_int_equal(engine_restore(engine, &options, &file, 1, &error), -1);
        assert_int_equal(access(trace, F_OK), -1);
    }
    mariadb_server_tell(&world.source, "DROP USER restore@'%'");
}

static void
a_full_store_is_the_error_and_not_the_tools_broken_pipe(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    struct server server = as_backup(&world.source);
    file_sink_begin(&sink, folder);
    sink.broken = 1;
    assert_int_equal(dump(&server, &sink, 0, &error), -1);
    assert_string_equal(error.message, "no space left on the store");
    file_sink_end(&sink);
}

int
main(void)
{
    if (mariadb_server_is_missing())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_that_is_dropped_in_mid_dump_fails_it),
        cmocka_unit_test(a_table_that_is_made_in_mid_dump_is_told),
        cmocka_unit_test(a_table_that_is_left_out_and_made_in_mid_dump_is_told),
        cmocka_unit_test(a_tool_that_is_killed_fails_the_dump_and_never_showed_the_password),
        cmocka_unit_test(a_view_that_no_longer_works_is_left_out_and_the_rest_is_dumped),
        cmocka_unit_test(a_tool_that_lies_or_leaves_a_table_out_is_not_believed),
        cmocka_unit_test(a_restore_that_fails_says_why_and_shows_no_row_and_no_hash),
        cmocka_unit_test(a_client_command_in_a_set_is_not_obeyed),
        cmocka_unit_test(a_full_store_is_the_error_and_not_the_tools_broken_pipe),
    };
    return cmocka_run_group_tests(tests, start_source, stop_servers);
}
