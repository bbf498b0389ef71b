// Our own reader against a real MariaDB: what it extracts is loaded again, and is the same.
// timeout: 300

#include "tests/mysql_reader_scene.h"
#include "worker/engine/engine.h"

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
    struct backup_options options = {.password_hashes = 1, .range_bytes = 1, .connections = 3};
    go_round(&options, &sink, folder);
    file_sink_end(&sink);
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
    };
    if (mariadb_server_is_missing())
        return 77;
    return cmocka_run_group_tests(tests, start_both, stop_servers);
}
