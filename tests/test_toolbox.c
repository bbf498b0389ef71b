// Tools are made of scripts that print what the real ones print. The tools of the host are found
// too, so versions here are ones that no host has.

#include "worker/engine/toolbox.h"

#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "tests/check.h"
#include "tests/folder.h"

static void
add_tool(const char *folder, const char *name, const char *prints)
{
    CLEAN(memory_free) char *script = memory_format("#!/bin/sh\necho '%s'\n", prints);
    CLEAN(memory_free) char *path = folder_write(folder, name, 0700, script);
}

static toolbox_t *
open_toolbox(const char *folder, const char *second)
{
    const char *folders[] = {folder, second, NULL};
    return toolbox_new(folders);
}

// The tool that was found in the folder under this name, or NULL.
static const struct tool *
find_file(const toolbox_t *toolbox, const char *folder, const char *name)
{
    CLEAN(memory_free) char *path = memory_format("%s/%s", folder, name);
    for (size_t index = 0; index < toolbox_count(toolbox); index++) {
        if (strcmp(toolbox_tool(toolbox, index)->path, path) == 0)
            return toolbox_tool(toolbox, index);
    }
    return NULL;
}

static void
assert_tool(const struct tool *tool, enum tool_kind kind, unsigned major, unsigned minor,
            const char *version)
{
    assert_non_null(tool);
    assert_int_equal(tool->kind, kind);
    assert_int_equal(tool->major, major);
    assert_int_equal(tool->minor, minor);
    assert_string_equal(tool->version, version);
}

static void
a_tool_is_what_it_prints_and_not_what_it_is_called(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    add_tool(folder, "mysqldump",
             "mysqldump  Ver 10.19 Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)");
    add_tool(folder, "mariadb-dump",
             "mysqldump  Ver 8.4.3 for Linux on x86_64 (MySQL Community Server - GPL)");
    add_tool(folder, "mysql", "mariadb from 11.8.2-MariaDB, client 15.2 for Linux (x86_64)");
    add_tool(folder, "mariadb",
             "mysql  Ver 14.14 Distrib 5.7.44, for Linux (x86_64) using  EditLine wrapper");
    add_tool(folder, "pg_dump", "pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)");
    add_tool(folder, "psql", "psql (PostgreSQL) 19beta1");
    CLEAN(toolbox_destroy) toolbox_t *toolbox = open_toolbox(folder, NULL);
    assert_tool(find_file(toolbox, folder, "mysqldump"), TOOL_MARIADB_DUMP, 10, 11,
                "10.11.19-MariaDB");
    assert_tool(find_file(toolbox, folder, "mariadb-dump"), TOOL_MYSQLDUMP, 8, 4, "8.4.3");
    assert_tool(find_file(toolbox, folder, "mysql"), TOOL_MARIADB, 11, 8, "11.8.2-MariaDB");
    assert_tool(find_file(toolbox, folder, "mariadb"), TOOL_MYSQL, 5, 7, "5.7.44");
    assert_tool(find_file(toolbox, folder, "pg_dump"), TOOL_PG_DUMP, 15, 20, "15.20");
    assert_tool(find_file(toolbox, folder, "psql"), TOOL_PSQL, 19, 0, "19beta1");
}

static void
what_cannot_say_its_version_is_no_tool(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free)
    char *hangs = folder_write(folder, "pg_dump", 0700, "#!/bin/sh\nexec sleep 1000\n");
    CLEAN(memory_free)
    char *fails =
        folder_write(folder, "psql", 0700, "#!/bin/sh\necho 'psql (PostgreSQL) 15.1'\nexit 1\n");
    CLEAN(memory_free)
    char *plain = folder_write(folder, "mysql", 0600, "#!/bin/sh\necho 'mysql  Ver 8.0.36'\n");
    add_tool(folder, "mariadb", "Segmentation fault");
    add_tool(folder, "pg_dumpall", "pg_wrapper (PostgreSQL) 15.1");
    CLEAN(toolbox_destroy) toolbox_t *toolbox = open_toolbox(folder, NULL);
    for (size_t index = 0; index < toolbox_count(toolbox); index++)
        assert_null(strstr(toolbox_tool(toolbox, index)->path, folder));
}

static void
one_file_under_two_names_is_one_tool(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    add_tool(folder, "mariadb-dump", "mariadb-dump from 91.2.3-MariaDB, client 10.19");
    CLEAN(memory_free) char *other = memory_format("%s/mysqldump", folder);
    assert_int_equal(symlink("mariadb-dump", other), 0);
    CLEAN(toolbox_destroy) toolbox_t *toolbox = open_toolbox(folder, NULL);
    size_t found = 0;
    for (size_t index = 0; index < toolbox_count(toolbox); index++)
        found += toolbox_tool(toolbox, index)->major == 91;
    assert_int_equal(found, 1);
}

// What is not asked for is not run either: it would leave a file behind.
static void
only_tools_of_the_engine_are_run(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *trace = memory_format("%s/was-run", folder);
    CLEAN(memory_free)
    char *text = memory_format("#!/bin/sh\n: >'%s'\necho 'psql (PostgreSQL) 19.1'\n", trace);
    CLEAN(memory_free) char *psql = folder_write(folder, "psql", 0700, text);
    add_tool(folder, "mariadb", "mariadb from 99.8.2-MariaDB, client 15.2 for Linux (x86_64)");
    const char *folders[] = {folder, NULL};
    CLEAN(toolbox_destroy) toolbox_t *toolbox = toolbox_new_for(folders, "mariadb");
    assert_non_null(find_file(toolbox, folder, "mariadb"));
    assert_null(find_file(toolbox, folder, "psql"));
    assert_int_equal(access(trace, F_OK), -1);
    CLEAN(toolbox_destroy) toolbox_t *other = toolbox_new_for(folders, "postgres");
    assert_null(find_file(other, folder, "mariadb"));
    assert_non_null(find_file(other, folder, "psql"));
}

static void
the_lowest_version_that_is_not_under_the_servers_is_taken(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *first = folder_new();
    CLEAN(folder_destroy) char *second = folder_new();
    CLEAN(folder_destroy) char *third = folder_new();
    add_tool(first, "pg_dump", "pg_dump (PostgreSQL) 98.1");
    add_tool(second, "pg_dump", "pg_dump (PostgreSQL) 96.3");
    add_tool(third, "pg_dump", "pg_dump (PostgreSQL) 97.2");
    const char *folders[] = {first, second, third, NULL};
    CLEAN(toolbox_destroy) toolbox_t *toolbox = toolbox_new(folders);
    struct error error = {0};
    const struct tool *tool = NULL;
    assert_int_equal(toolbox_find(toolbox, TOOL_PG_DUMP, "postgres", 97, 4, &tool, &error), 0);
    assert_int_equal(tool->major, 97);
    assert_int_equal(toolbox_find(toolbox, TOOL_PG_DUMP, "postgres", 95, 0, &tool, &error), 0);
    assert_int_equal(tool->major, 96);
}

static void
of_two_equal_tools_the_first_folders_is_taken(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *first = folder_new();
    CLEAN(folder_destroy) char *second = folder_new();
    add_tool(first, "pg_dump", "pg_dump (PostgreSQL) 98.1");
    add_tool(second, "pg_dump", "pg_dump (PostgreSQL) 98.1");
    CLEAN(toolbox_destroy) toolbox_t *toolbox = open_toolbox(second, first);
    struct error error = {0};
    const struct tool *tool = NULL;
    assert_int_equal(toolbox_find(toolbox, TOOL_PG_DUMP, "postgres", 98, 0, &tool, &error), 0);
    assert_ptr_equal(tool, find_file(toolbox, second, "pg_dump"));
}

static void
an_older_tool_is_refused_with_what_to_install(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    add_tool(folder, "pg_dump", "pg_dump (PostgreSQL) 97.1");
    add_tool(folder, "mysqldump", "mysqldump  Ver 98.0.11 for Linux on x86_64");
    add_tool(folder, "mariadb-dump", "mariadb-dump from 97.4.2-MariaDB, client 10.19 for Linux");
    CLEAN(toolbox_destroy) toolbox_t *toolbox = open_toolbox(folder, NULL);
    struct error error = {0};
    const struct tool *tool = NULL;
    assert_int_equal(toolbox_find(toolbox, TOOL_PG_DUMP, "postgres", 98, 0, &tool, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "97.1 is too old for a server of version 98"));
    assert_non_null(strstr(error.message, "postgresql-client"));
    assert_int_equal(toolbox_find(toolbox, TOOL_MYSQLDUMP, "mysql", 98, 4, &tool, &error), -1);
    assert_non_null(strstr(error.message, "too old for a server of version 98.4"));
    assert_int_equal(toolbox_find(toolbox, TOOL_MARIADB_DUMP, "mariadb", 97, 8, &tool, &error), -1);
    assert_non_null(
        strstr(error.message, "97.4.2-MariaDB is too old for a server of version 97.8"));
    assert_int_equal(toolbox_find(toolbox, TOOL_MYSQLDUMP, "mysql", 98, 0, &tool, &error), 0);
    assert_null(strstr(tool->path, "/usr/bin"));
}

static void
a_tool_of_the_other_maker_is_refused_with_what_to_install(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    add_tool(folder, "mariadb-dump", "mariadb-dump from 99.1.1-MariaDB, client 10.19 for Linux");
    add_tool(folder, "mysqldump", "mysqldump  Ver 99.9.9 for Linux on x86_64");
    CLEAN(toolbox_destroy) toolbox_t *toolbox = open_toolbox(folder, NULL);
    struct error error = {0};
    const struct tool *tool = NULL;
    assert_int_equal(toolbox_find(toolbox, TOOL_MARIADB_DUMP, "mysql", 8, 4, &tool, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "does not fit a MySQL 8.4 server"));
    assert_non_null(strstr(error.message, "install MySQL's own client tools"));
    assert_int_equal(toolbox_find(toolbox, TOOL_MYSQLDUMP, "mariadb", 10, 11, &tool, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "does not fit a MariaDB 10.11 server"));
    assert_non_null(strstr(error.message, "mariadb-client"));
    // The server of MySQL before 8 is one that both know.
    assert_int_equal(toolbox_find(toolbox, TOOL_MARIADB_DUMP, "mysql", 5, 7, &tool, &error), 0);
}

static void
a_missing_tool_is_named_with_what_to_install(void **state)
{
    (void)state;
    CLEAN(toolbox_destroy) toolbox_t *toolbox = open_toolbox("/nonexistent", NULL);
    struct error error = {0};
    const struct tool *tool = NULL;
    assert_int_equal(toolbox_find(toolbox, TOOL_MYSQLDUMP, "mysql", 97, 1, &tool, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "mysqldump"));
    assert_non_null(strstr(error.message, "97.1 or newer"));
    assert_null(tool);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tool_is_what_it_prints_and_not_what_it_is_called),
        cmocka_unit_test(what_cannot_say_its_version_is_no_tool),
        cmocka_unit_test(one_file_under_two_names_is_one_tool),
        cmocka_unit_test(only_tools_of_the_engine_are_run),
        cmocka_unit_test(the_lowest_version_that_is_not_under_the_servers_is_taken),
        cmocka_unit_test(of_two_equal_tools_the_first_folders_is_taken),
        cmocka_unit_test(an_older_tool_is_refused_with_what_to_install),
        cmocka_unit_test(a_tool_of_the_other_maker_is_refused_with_what_to_install),
        cmocka_unit_test(a_missing_tool_is_named_with_what_to_install),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
