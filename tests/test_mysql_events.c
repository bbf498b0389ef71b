// Events as we write them, against a real MariaDB: what is made of the SQL is what was there.

#include "tests/mysql_engine.h"
#include "worker/engine/mysql_events.h"

static const char show[] =
    "SET NAMES utf8mb4; SHOW CREATE EVENT odd.two; SHOW CREATE EVENT odd.ansi; SHOW CREATE EVENT "
    "odd.`a;;b \xc3\xbc`; SHOW CREATE EVENT odd.old; SHOW CREATE EVENT other.comment; "
    "SELECT schema_name, default_collation_name FROM information_schema.schemata ORDER BY 1; "
    "SELECT event_name, definer, sql_mode, time_zone, starts, status, event_comment, "
    "HEX(event_definition), character_set_client, collation_connection, database_collation "
    "FROM information_schema.events ORDER BY 1";

static void
make_events(void)
{
    mariadb_server_tell(
        &world.source,
        "CREATE DATABASE odd COLLATE latin1_swedish_ci; CREATE DATABASE other; USE odd;\n"
        "DELIMITER //\n"
        "CREATE EVENT `a;;b \xc3\xbc` ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01' DISABLE COMMENT "
        "'\\';;' DO BEGIN SELECT ';;', ';1;', ';2; \\' \xf0\x9f\x98\x80'; END//\n"
        "SET time_zone = '+05:45', sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'//\n"
        "CREATE DEFINER = nobody@nowhere EVENT \"ansi\" ON SCHEDULE EVERY 1 DAY STARTS "
        "'2035-01-01 05:45:00' DO SELECT 'a\\', \"b;;\"//\n"
        "SET time_zone = SYSTEM, sql_mode = '', character_set_client = latin1//\n"
        "CREATE EVENT old ON SCHEDULE AT '2037-01-01' DO SELECT '\xe4;;'//\n"
        "SET NAMES utf8mb4//\n"
        "ALTER DATABASE odd COLLATE utf8mb4_german2_ci//\n"
        "CREATE EVENT two ON SCHEDULE EVERY 2 WEEK STARTS '2035-01-01' DO SELECT 2//\n"
        "CREATE EVENT other.comment ON SCHEDULE EVERY 2 WEEK STARTS '2035-01-01' DO SELECT 3 -- "
        ";;\n"
        "//\n");
}

static void
events_come_back_whatever_is_in_them(void **state)
{
    (void)state;
    make_events();
    struct server server = as_backup(&world.source);
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(mysql_session_destroy) mysql_session_t *session = NULL;
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = mysql_inventory_new();
    CLEAN(mysql_events_destroy) mysql_events_t *events = NULL;
    struct error error = {0};
    struct file_sink sink;
    file_sink_begin(&sink, folder);
    if (mysql_session_open(&session, &server, &error) ||
        mysql_inventory_read(inventory, session, &error) ||
        mysql_events_open(&events, session, inventory, &sink.base, &error))
        fail_msg("%s", error.message);
    for (size_t i = 0; i < mysql_inventory_objects(inventory); i++)
        assert_true(mysql_inventory_object(inventory, i)->is_seen);
    assert_string_equal(sink.notes, "");

    CLEAN(memory_free) char *before = mariadb_server_ask(&world.source, show);
    mariadb_server_tell(&world.source, "DROP EVENT odd.two; DROP EVENT odd.`a;;b \xc3\xbc`; "
                                       "DROP EVENT odd.ansi; DROP EVENT other.comment");
    mariadb_server_tell(&world.source, mysql_events_sql(events));
    CLEAN(memory_free) char *after = mariadb_server_ask(&world.source, show);
    assert_same_text(after, before);
    file_sink_end(&sink);
}

static void
an_event_that_went_is_told_and_one_that_cannot_be_read_fails(void **state)
{
    (void)state;
    struct server server = as_backup(&world.source);
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(mysql_session_destroy) mysql_session_t *session = NULL;
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = mysql_inventory_new();
    CLEAN(mysql_events_destroy) mysql_events_t *events = NULL;
    struct error error = {0};
    struct file_sink sink;
    file_sink_begin(&sink, folder);
    if (mysql_session_open(&session, &server, &error))
        fail_msg("%s", error.message);
    mysql_inventory_add(inventory, mysql_inventory_add_schema(inventory, "other"), MYSQL_EVENT,
                        "went");
    mysql_inventory_sort(inventory);
    if (mysql_events_open(&events, session, inventory, &sink.base, &error))
        fail_msg("%s", error.message);
    assert_non_null(strstr(sink.notes, "left out event `other`.`went`: "));
    assert_null(strstr(mysql_events_sql(events), "went"));

    mysql_events_destroy(&events);
    mysql_session_cut(session);
    assert_int_equal(mysql_events_open(&events, session, inventory, &sink.base, &error), -1);
    assert_null(events);
    file_sink_end(&sink);
}

static int
start(void **state)
{
    (void)state;
    if (mariadb_server_start(&world.source, MARIADB_OPTIONS))
        return -1;
    mariadb_server_tell(&world.source, CREATE_BACKUP_USER "GRANT " RIGHTS " ON *.* TO backup@'%'");
    return 0;
}

int
main(void)
{
    if (mariadb_server_is_missing())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_back_whatever_is_in_them),
        cmocka_unit_test(an_event_that_went_is_told_and_one_that_cannot_be_read_fails),
    };
    return cmocka_run_group_tests(tests, start, stop_servers);
}
