// The manners of our own reader of MySQL and MariaDB, and what it does where a server or an
// operator is in its way: the throttle, the time of a statement, a server that prepares nothing, a
// cancel. timeout: 300

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/fd.h"
#include "tests/mysql_reader_scene.h"
#include "worker/engine/mysql_watch.h"

enum { PATIENCE_MS = 30000 };

// 12 MB in a table, 6,000 rows.
static void
fill_busy(void)
{
    mariadb_server_tell(
        &world.source,
        "CREATE DATABASE busy; USE busy; CREATE TABLE busy.rows (id INT PRIMARY KEY, t TEXT);"
        "INSERT INTO busy.rows SELECT seq, REPEAT('x', 2000) FROM seq_1_to_6000; "
        "CREATE TABLE busy.other (id INT PRIMARY KEY); ANALYZE TABLE busy.rows");
}

static void
drop_busy(void)
{
    mariadb_server_tell(&world.source, "DROP DATABASE busy");
}

static long
ask_number(const char *sql)
{
    CLEAN(memory_free) char *answer = mariadb_server_ask(&world.source, sql);
    const char *last = strrchr(answer, '\t');
    return strtol(last ? last : answer, NULL, 10);
}

static void
await_number(const char *sql, long least)
{
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (ask_number(sql) < least) {
        if (clock_monotonic_ms() > until_ms)
            fail_msg("'%s' is never %ld", sql, least);
    }
}

static void
extract_well(const struct backup_options *options, struct file_sink *sink)
{
    struct server server = as_backup(&world.source);
    struct error error = {0};
    if (extract(&server, options, sink, &error))
        fail_msg("%s", error.message);
}

static void
assert_noted(const struct file_sink *sink, const char *text)
{
    if (!strstr(sink->notes, text))
        fail_msg("'%s' is not in: %s", text, sink->notes);
}

// ---- the throttle

#define IS_LOAD "info LIKE 'SELECT SLEEP(%' AND id <> CONNECTION_ID()"

static pid_t
run_client(const char *sql)
{
    pid_t child = fork();
    if (child == 0) {
        CLEAN(memory_free) char *socket = memory_format("--socket=%s/socket", world.source.folder);
        execlp("mariadb", "mariadb", "--no-defaults", socket, "--user=root", "-e", sql, NULL);
        _exit(1);
    }
    return child;
}

// The load goes away once the source was looked at a few times while it was there.
struct load {
    struct file_sink *sink;
    pid_t clients[4];
    long looks_before;
    int is_gone;
};

static void
end_load(void *context)
{
    struct load *load = context;
    if (load->is_gone ||
        ask_number("SHOW GLOBAL STATUS LIKE 'Com_show_processlist'") < load->looks_before + 4)
        return;
    load->is_gone = 1;
    for (size_t i = 0; i < 4; i++) {
        kill(load->clients[i], SIGKILL);
        waitpid(load->clients[i], NULL, 0);
    }
    mariadb_server_tell(&world.source,
                        "DELIMITER //\nFOR one IN (SELECT id FROM information_schema.processlist "
                        "WHERE " IS_LOAD ") DO EXECUTE IMMEDIATE CONCAT('KILL ', one.id); "
                        "END FOR//");
}

static void
a_server_under_load_is_read_slower_until_the_load_is_gone(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct backup_options options = {
        .connections = 4,
        .range_bytes = 1 << 20,
        .read_limit_bytes_per_s = 3 << 20,
        .throttle = {
            .at_most = {[THROTTLE_RUNNING] = 2, [THROTTLE_LAG] = 1000, [THROTTLE_LONG] = 100},
            .pause_limit_ms = 60000}};
    fill_busy();
    file_sink_begin(&sink, folder);
    struct load load = {.sink = &sink};
    for (size_t i = 0; i < 4; i++)
        load.clients[i] = run_client("SELECT SLEEP(1000)");
    await_number("SELECT COUNT(*) FROM information_schema.processlist WHERE " IS_LOAD, 4);
    load.looks_before = ask_number("SHOW GLOBAL STATUS LIKE 'Com_show_processlist'");
    sink.on_progress = end_load;
    sink.context = &load;
    extract_well(&options, &sink);
    assert_true(load.is_gone);
    assert_noted(&sink, "fact throttle=slowed down for ");
    assert_noted(&sink, "because of running (");
    // Two read, one watches, one asks.
    assert_noted(&sink, "fact one point=2 sessions");
    assert_noted(&sink, "fact throttle is without=");
    assert_noted(&sink, "long_queries (PROCESS is not granted)");
    assert_noted(&sink, "replica_lag (SLAVE MONITOR is not granted)");
    file_sink_end(&sink);
    drop_busy();
}

static void
take_sample(mysql_watch_t *watch, struct throttle_sample *sample)
{
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    int status = 0;
    while ((status = mysql_watch_take(watch, sample)) == 0 && clock_monotonic_ms() < until_ms)
        poll(NULL, 0, 10);
    assert_int_equal(status, 1);
}

static void
all_signals_are_seen_with_the_rights_for_them(void **state)
{
    (void)state;
    struct server server = as_backup(&world.source);
    struct error error = {0};
    struct throttle_sample sample;
    const struct throttle_limits limits = {.at_most = {9, 9, 9, 9}};
    mariadb_server_tell(&world.source, "GRANT PROCESS, SLAVE MONITOR ON *.* TO backup@'%'");
    await_number("SELECT MAX(time) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'",
                 THROTTLE_LONG_MS / 1000);
    CLEAN(mysql_watch_destroy) mysql_watch_t *watch = NULL;
    if (mysql_watch_open(&watch, &server, &limits, NULL, 0, &error))
        fail_msg("%s", error.message);
    assert_string_equal(mysql_watch_without(watch), "replica_lag (it is no replica)");
    take_sample(watch, &sample);
    assert_int_equal(sample.values[THROTTLE_RUNNING], 1);
    assert_int_equal(sample.values[THROTTLE_LONG], 1);
    assert_int_equal(sample.values[THROTTLE_LAG], -1);
    assert_in_range(sample.values[THROTTLE_TRANSACTION], THROTTLE_LONG_MS, 300000);
    // A session that is lost is told, too.
    mariadb_server_tell(&world.source,
                        "DELIMITER //\nFOR one IN (SELECT id FROM information_schema.processlist "
                        "WHERE user = 'backup') DO EXECUTE IMMEDIATE CONCAT('KILL ', one.id); "
                        "END FOR//");
    int status = 0;
    while ((status = mysql_watch_take(watch, &sample)) >= 0)
        poll(NULL, 0, 10);
    mariadb_server_tell(&world.source, "REVOKE PROCESS, SLAVE MONITOR ON *.* FROM backup@'%'");
}

// ---- statements

static char *
files_text(const struct file_sink *sink)
{
    char *text = memory_copy_text("");
    for (size_t i = 0; i < sink->count; i++) {
        CLEAN(memory_free) char *part = read_file(sink->files[i].path);
        char *longer = memory_format("%s== %u ==\n%s", text, sink->numbers[i], part);
        free(text);
        text = longer;
    }
    return text;
}

static int
compare_lines(const void *one, const void *other)
{
    char *const *a = one, *const *b = other;
    return strcmp(*a, *b);
}

// Only the lines of the parts of files, which are ended in any order: which rows they hold, and
// their digests.
static char *
parts_text(const struct file_sink *sink)
{
    enum { LINES_MAX = 4096 };
    char *lines[LINES_MAX], *text = memory_copy_text("");
    size_t count = 0;
    for (const char *at = sink->notes; at && (at = strstr(at, "part ")); at = strchr(at, '\n')) {
        assert_true(count < LINES_MAX);
        lines[count++] = memory_format("%.*s\n", (int)strcspn(at, "\n"), at);
    }
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++) {
        char *longer = memory_format("%s%s", text, lines[i]);
        free(text);
        free(lines[i]);
        text = longer;
    }
    return text;
}

// What two extracts gave, as bytes.
static void
assert_same_extracts(const struct backup_options *one, const char *before_other,
                     const struct backup_options *other, const char *fact)
{
    CLEAN(folder_destroy) char *first_folder = folder_new();
    CLEAN(folder_destroy) char *second_folder = folder_new();
    static struct file_sink first, second;
    file_sink_begin(&first, first_folder);
    file_sink_begin(&second, second_folder);
    extract_well(one, &first);
    if (before_other)
        mariadb_server_tell(&world.source, before_other);
    extract_well(other, &second);
    if (fact)
        assert_noted(&second, fact);
    CLEAN(memory_free) char *first_files = files_text(&first);
    CLEAN(memory_free) char *second_files = files_text(&second);
    assert_same_text(second_files, first_files);
    CLEAN(memory_free) char *first_parts = parts_text(&first);
    CLEAN(memory_free) char *second_parts = parts_text(&second);
    assert_true(strlen(first_parts) > 100);
    assert_same_text(second_parts, first_parts);
    file_sink_end(&first);
    file_sink_end(&second);
}

#define PREPARED "SHOW GLOBAL STATUS LIKE 'Com_stmt_prepare'"

static void
a_statement_that_takes_long_is_gone_on_after_its_last_row(void **state)
{
    (void)state;
    fill_busy();
    mariadb_server_tell(
        &world.source,
        "USE busy; CREATE TABLE busy.pairs (a VARCHAR(20) COLLATE utf8mb4_general_ci, b "
        "DECIMAL(8,3), c "
        "DATETIME(3), d INET6, t TEXT, PRIMARY KEY (a, b, c, d)); INSERT INTO busy.pairs SELECT "
        "CONCAT(CHAR(65 + seq % 3 USING utf8mb4), '\xc3\xa4'), seq % 7 / 8 - 2, "
        "FROM_UNIXTIME(seq % 11 * 1e6 + 0.125), CONCAT('::', HEX(seq)), REPEAT('y', 1000) FROM "
        "seq_1_to_3000; CREATE TABLE busy.floats (f FLOAT PRIMARY KEY, t TEXT); INSERT INTO "
        "busy.floats SELECT seq / 10, 'z' FROM seq_1_to_3000");
    const struct backup_options plain = {.connections = 2, .range_bytes = 4 << 20};
    struct backup_options slow = plain;
    slow.statement_limit_ms = 100;
    slow.read_limit_bytes_per_s = 6 << 20;
    long before = ask_number(PREPARED);
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    file_sink_begin(&sink, folder);
    extract_well(&plain, &sink);
    file_sink_end(&sink);
    long plain_count = ask_number(PREPARED) - before;
    assert_same_extracts(&plain, NULL, &slow, NULL);
    long slow_count = ask_number(PREPARED) - before - 2 * plain_count;
    if (slow_count < plain_count + 10)
        fail_msg("%ld statements, and %ld with a limit", plain_count, slow_count);
    drop_busy();
}

// Every type of the server, in lines and in scripts: the text protocol is the oracle.
static void
a_server_that_prepares_nothing_gives_the_same_bytes(void **state)
{
    (void)state;
    mariadb_server_tell(
        &world.source,
        "CREATE DATABASE odd; CREATE TABLE odd.numbers (id INT ZEROFILL PRIMARY KEY, f FLOAT, g "
        "FLOAT(9,3), d DOUBLE, e DOUBLE(12,4), z DECIMAL(9,3) ZEROFILL, b BIT(13), y YEAR, t "
        "TIME(6), u BIGINT UNSIGNED, s SET('a','b'), n ENUM('','x')); SET sql_mode = ''; INSERT "
        "INTO odd.numbers VALUES (1, 0.1, 1.005, 0.1, 1.00005, 1.5, b'1010', 0, '-838:59:59', "
        "18446744073709551615, 'a,b', ''), (2, 16777216, -0.001, 1e308, -1, 0, 0, 2155, "
        "'00:00:00.000001', 0, '', 'x'), (3, -0e0, 3.4e5, -0e0, 0, 0, NULL, 1901, NULL, 1, NULL, "
        "0), (4, 1.17549e-38, 0, 5e-324, 0, 0, 0, NULL, '838:59:59.9', 0, 'b', NULL), (5, "
        "3.4028234e38, 123456.789, 1.7976931348623157e308, 12345678.1234, 999999.999, b'1', 1, "
        "'12:00', 7, 'a', 'x'), (6, 0.30000001, 0.3, 0.30000000000000004, 0.3, 0, 0, 0, 0, 0, 0, "
        "0), (7, 1.4e-45, 8388608.5, 2.2250738585072014e-308, 0, 0, 0, 0, 0, 0, 0, 0)");
    const struct backup_options scripts = {.connections = 3};
    const struct backup_options lines = {.connections = 3, .range_bytes = 1};
    static const char off[] = "SET GLOBAL max_prepared_stmt_count = 0";
    static const char on[] = "SET GLOBAL max_prepared_stmt_count = 16382";
    static const char fact[] = "as the server or a proxy prepared no statement";
    assert_same_extracts(&scripts, off, &scripts, fact);
    mariadb_server_tell(&world.source, on);
    assert_same_extracts(&lines, off, &lines, fact);
    mariadb_server_tell(&world.source, on);
    mariadb_server_tell(&world.source, "DROP DATABASE odd");
}

// ---- a cancel

// A thread that cancels once a condition holds.
struct canceller {
    int stop;
    const char *when;  // a question whose answer must be 1 or more; NULL: `socket` has a caller
    int socket;
    int64_t stopped_ms;  // when it was
};

static void *
cancel_when(void *argument)
{
    struct canceller *self = argument;
    if (self->when)
        await_number(self->when, 1);
    struct pollfd item = {.fd = self->socket, .events = POLLIN};
    if (!self->when)
        poll(&item, 1, PATIENCE_MS);
    self->stopped_ms = clock_monotonic_ms();
    eventfd_write(self->stop, 1);
    return NULL;
}

static void
assert_cancelled(struct server server, struct canceller *canceller, struct file_sink *sink)
{
    struct backup_options options = {.connections = 1, .read_limit_bytes_per_s = 4 << 20};
    struct error error = {0};
    pthread_t thread;
    engine_t *engine = NULL;
    server.stop = canceller->stop = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(pthread_create(&thread, NULL, cancel_when, canceller), 0);
    int status = engine_open(&engine, "mysql", &server, world.toolbox, &error);
    if (status == 0)
        status = engine_backup(engine, &options, &sink->base, &error);
    int64_t ended_ms = clock_monotonic_ms();
    pthread_join(thread, NULL);
    engine_destroy(&engine);
    assert_int_equal(status, -1);
    if (canceller->stopped_ms == 0 || ended_ms - canceller->stopped_ms >= 1000)
        fail_msg("ended %lld ms after the cancel: %s",
                 (long long)(ended_ms - canceller->stopped_ms), error.message);
    close(canceller->stop);
}

static void
a_cancel_while_it_connects_ends_it_within_a_second(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    CLEAN(fd_close) int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(silent, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(silent, 5), 0);
    assert_int_equal(getsockname(silent, (struct sockaddr *)&address, &size), 0);
    struct server server = as_backup(&world.source);
    server.port = ntohs(address.sin_port);
    struct canceller canceller = {.socket = silent};
    file_sink_begin(&sink, folder);
    assert_cancelled(server, &canceller, &sink);
    file_sink_end(&sink);
}

static void
a_cancel_while_rows_come_ends_it_within_a_second(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    fill_busy();
    mariadb_server_tell(&world.source, "CREATE TABLE busy.huge (b LONGBLOB); SET GLOBAL "
                                       "max_allowed_packet = 1 << 30");
    mariadb_server_tell(&world.source, "INSERT INTO busy.huge VALUES (REPEAT('x', 60000000)); "
                                       "ANALYZE TABLE busy.huge");
    struct canceller canceller = {
        .when = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'backup' AND "
                "(info LIKE 'SELECT%huge%' OR info LIKE 'SELECT%busy%')"};
    file_sink_begin(&sink, folder);
    assert_cancelled(as_backup(&world.source), &canceller, &sink);
    assert_true(sink.dropped > 0);
    file_sink_end(&sink);
    drop_busy();
}

// Both a member that reads and the session that asks wait for a lock of a table.
static void
a_cancel_while_it_waits_for_a_lock_ends_it_within_a_second(void **state)
{
    (void)state;
    static const char waits[] =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'backup' AND state LIKE "
        "'Waiting for table metadata lock%'";
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    fill_busy();
    pid_t locker = run_client("LOCK TABLES busy.rows WRITE; SELECT SLEEP(1000)");
    await_number("SELECT COUNT(*) FROM information_schema.processlist WHERE " IS_LOAD, 1);
    struct canceller canceller = {.when = waits};
    file_sink_begin(&sink, folder);
    assert_cancelled(as_backup(&world.source), &canceller, &sink);
    file_sink_end(&sink);
    kill(locker, SIGKILL);
    waitpid(locker, NULL, 0);
    mariadb_server_tell(&world.source,
                        "DELIMITER //\nFOR one IN (SELECT id FROM information_schema.processlist "
                        "WHERE " IS_LOAD ") DO EXECUTE IMMEDIATE CONCAT('KILL ', one.id); "
                        "END FOR//");
    drop_busy();
}

// Somebody's transaction, and a statement that takes long, from the beginning on.
static pid_t sleeper;

static int
start_all(void **state)
{
    if (start_source(state))
        return -1;
    mariadb_server_tell(&world.source, "CREATE DATABASE test; CREATE TABLE test.t (i INT)");
    sleeper = run_client("SET time_zone = '+05:00'; BEGIN; INSERT INTO test.t VALUES (1); "
                         "DO SLEEP(1000)");
    return 0;
}

static int
stop_all(void **state)
{
    kill(sleeper, SIGKILL);
    waitpid(sleeper, NULL, 0);
    return stop_servers(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_under_load_is_read_slower_until_the_load_is_gone),
        cmocka_unit_test(a_statement_that_takes_long_is_gone_on_after_its_last_row),
        cmocka_unit_test(a_server_that_prepares_nothing_gives_the_same_bytes),
        cmocka_unit_test(a_cancel_while_it_connects_ends_it_within_a_second),
        cmocka_unit_test(a_cancel_while_rows_come_ends_it_within_a_second),
        cmocka_unit_test(a_cancel_while_it_waits_for_a_lock_ends_it_within_a_second),
        cmocka_unit_test(all_signals_are_seen_with_the_rights_for_them),
    };
    if (mariadb_server_is_missing())
        return 77;
    return cmocka_run_group_tests(tests, start_all, stop_all);
}
