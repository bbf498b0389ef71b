// The manners of our own reader of MySQL and MariaDB, and what it does where a server or an
// operator is in its way: the throttle, the time of a statement, a server that prepares nothing, a
// cancel. timeout: 300

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/fd.h"
#include "tests/mysql_reader_scene.h"
#include "tests/parallel_sink.h"
#include "tests/peak_memory.h"
#include "worker/engine/mysql_inventory.h"
#include "worker/engine/mysql_point.h"
#include "worker/engine/mysql_watch.h"

enum {
    PATIENCE_MS = 30000,
    HUGE_BYTES = 60000000,
    HUGE_BEGUN = 4 << 20,
    LONG_TABLES = 8,
    LONG_SIZE = 32 << 20,
    LONG_MIB = 256,  // of memory, for any number of them
};

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

// Two tables of 40 MB. No statement is for less than 16 rows, which are more than sockets hold.
static void
fill_wide(void)
{
    mariadb_server_tell(
        &world.source,
        "SET sql_log_bin = 0; CREATE DATABASE busy; USE busy; CREATE TABLE busy.one (id INT "
        "PRIMARY KEY, t MEDIUMTEXT); INSERT INTO busy.one SELECT seq, REPEAT('x', 2000000) FROM "
        "seq_1_to_20; CREATE TABLE busy.two (id INT PRIMARY KEY, t MEDIUMTEXT); INSERT INTO "
        "busy.two SELECT * FROM busy.one; ANALYZE TABLE busy.one, busy.two");
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
    long longest_ms;  // that a statement of ours was at it
    int is_gone;
};

// How often the source was looked at; takes note of how long our statements take.
static long
look_at_source(struct load *load)
{
    CLEAN(memory_free)
    char *answer = mariadb_server_ask(
        &world.source, "SELECT CAST(COALESCE(MAX(time_ms), 0) AS INT) FROM "
                       "information_schema.processlist WHERE user = 'backup' AND command IN "
                       "('Query', 'Execute') AND info LIKE 'SELECT%FROM `busy`.%'; "
                       "SHOW GLOBAL STATUS LIKE 'Com_show_processlist'");
    long time_ms = strtol(answer, NULL, 10);
    load->longest_ms = time_ms > load->longest_ms ? time_ms : load->longest_ms;
    return strtol(strchr(answer, '\t'), NULL, 10);
}

static void
end_clients(const struct load *load)
{
    for (size_t i = 0; i < 4; i++) {
        kill(load->clients[i], SIGKILL);
        waitpid(load->clients[i], NULL, 0);
    }
    mariadb_server_end_sessions(&world.source, IS_LOAD);
}

static void
end_load(void *context)
{
    struct load *load = context;
    if (load->is_gone || look_at_source(load) < load->looks_before + 6)
        return;
    load->is_gone = 1;
    // Of no concern to us, whose point was before.
    mariadb_server_tell(&world.source, "UPDATE busy.one SET t = 'y' WHERE id > 15; "
                                       "UPDATE busy.two SET t = 'y' WHERE id > 15");
    end_clients(load);
}

static void
assert_no_y(const struct file_sink *sink)
{
    size_t files = 0;
    for (size_t i = 0; i < sink->count; i++) {
        if (!sink->files[i].table || strcmp(sink->files[i].schema, "busy") != 0)
            continue;
        CLEAN(memory_free) char *text = read_file(sink->files[i].path);
        assert_null(strchr(text, 'y'));
        files++;
    }
    assert_true(files >= 2);
}

static void
a_server_under_load_is_read_slower_until_the_load_is_gone(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct backup_options options = {
        .connections = 4,
        .range_bytes = 30 << 20,
        .statement_limit_ms = 1000,
        .read_limit_bytes_per_s = 16 << 20,
        .throttle = {
            .at_most = {[THROTTLE_RUNNING] = 2, [THROTTLE_LAG] = 1000, [THROTTLE_LONG] = 100},
            .pause_limit_ms = 60000}};
    fill_wide();
    // A connection more than its policy allows would be refused, and that be told.
    mariadb_server_tell(&world.source, "ALTER USER backup@'%' WITH MAX_USER_CONNECTIONS 4");
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
    // Nobody rests with a statement that goes on meanwhile.
    if (load.longest_ms < 50 || load.longest_ms > 3000)
        fail_msg("a statement took %ld ms", load.longest_ms);
    assert_no_y(&sink);
    assert_noted(&sink, "fact throttle=slowed down for ");
    assert_noted(&sink, "because of running (");
    // Two read, one watches, one asks.
    assert_noted(&sink, "fact one point=2 sessions");
    assert_null(strstr(sink.notes, "no more than"));
    mariadb_server_tell(&world.source, "ALTER USER backup@'%' WITH MAX_USER_CONNECTIONS 0");
    assert_noted(&sink, "fact throttle is without=");
    assert_noted(&sink, "long_queries (PROCESS is not granted)");
    assert_noted(&sink, "replica_lag (SLAVE MONITOR is not granted)");
    file_sink_end(&sink);
    drop_busy();
}

// The session that watches is the one that was opened last. It goes while the only reader rests.
static void
end_watch(void *context)
{
    struct load *load = context;
    if (load->is_gone || look_at_source(load) < load->looks_before + 3)
        return;
    load->is_gone = 1;
    mariadb_server_end_sessions(&world.source,
                                "id = (SELECT MAX(id) FROM "
                                "information_schema.processlist WHERE user = 'backup')");
}

// It would rest for ever.
static void
without_its_watch_it_goes_on_at_full_speed_and_says_so(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct backup_options options = {
        .connections = 3,
        .range_bytes = 1 << 20,
        .read_limit_bytes_per_s = 3 << 20,
        .throttle = {.at_most = {[THROTTLE_RUNNING] = 1}, .pause_limit_ms = 600000}};
    fill_busy();
    file_sink_begin(&sink, folder);
    struct load load = {.sink = &sink};
    for (size_t i = 0; i < 4; i++)
        load.clients[i] = run_client("SELECT SLEEP(1000)");
    await_number("SELECT COUNT(*) FROM information_schema.processlist WHERE " IS_LOAD, 4);
    load.looks_before = ask_number("SHOW GLOBAL STATUS LIKE 'Com_show_processlist'");
    sink.on_progress = end_watch;
    sink.context = &load;
    int64_t begun_ms = clock_monotonic_ms();
    extract_well(&options, &sink);
    int64_t took_ms = clock_monotonic_ms() - begun_ms;
    end_clients(&load);
    assert_true(load.is_gone);
    assert_noted(&sink, "fact throttle is without=all signals for a while, as the session that "
                        "watches was lost: ");
    assert_noted(&sink, "fact throttle=slowed down for ");
    assert_in_range(took_ms, 3000, 20000);
    file_sink_end(&sink);
    drop_busy();
}

static void
take_sample(mysql_watch_t *watch, struct throttle_sample *sample)
{
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    struct error error = {0};
    int status = 0;
    while ((status = mysql_watch_take(watch, sample, &error)) == 0 &&
           clock_monotonic_ms() < until_ms)
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
    mariadb_server_end_sessions(&world.source, "user = 'backup'");
    int status = 0;
    while ((status = mysql_watch_take(watch, &sample, &error)) >= 0)
        poll(NULL, 0, 10);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_int_equal(mysql_watch_take(watch, &sample, &error), -1);
    mariadb_server_tell(&world.source, "REVOKE PROCESS, SLAVE MONITOR ON *.* FROM backup@'%'");
}

// ---- ways to one point

// Extracts from four sessions, by the ways that are permitted.
static void
assert_point(unsigned ways, const selection_t *selection, const char *kind, const char *fact)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    const struct backup_options options = {
        .connections = 4, .range_bytes = 1, .point_ways = ways, .selection = selection};
    file_sink_begin(&sink, folder);
    extract_well(&options, &sink);
    assert_noted(&sink, kind);
    assert_noted(&sink, fact);
    file_sink_end(&sink);
}

static void
only_the_ways_that_a_policy_permits_are_gone(void **state)
{
    (void)state;
    struct server server = as_backup(&world.source);
    struct error error = {0};
    assert_point(0, NULL, "point (all) one point, by binlog position", "fact one point=3 sessions");
    assert_point(POINT_LOCK | POINT_SINGLE, NULL, "point (all) one point, single session",
                 "tables cannot be locked");
    assert_point(POINT_GTID_UNPROVEN, NULL, "point (all) one point, not proven",
                 "fact not proven=that all sessions saw one point");
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    const struct backup_options options = {
        .connections = 4, .range_bytes = 1, .point_ways = POINT_LOCK};
    file_sink_begin(&sink, folder);
    assert_int_equal(extract(&server, &options, &sink, &error), -1);
    assert_non_null(strstr(error.message, "none of the ways that its policy permits"));
    assert_non_null(strstr(error.message, "tables cannot be locked"));
    file_sink_end(&sink);
}

// Two tables are somebody's, and the server would wait for each of them by itself.
static void
a_lock_that_cannot_be_had_keeps_nobody_waiting_for_long(void **state)
{
    (void)state;
    struct server server = as_backup(&world.source);
    struct error error = {0};
    mariadb_server_tell(&world.source, "CREATE TABLE test.u (i INT); "
                                       "GRANT LOCK TABLES ON *.* TO backup@'%'");
    pid_t holder = run_client("BEGIN; INSERT INTO test.u VALUES (1); SELECT SLEEP(1000)");
    // It sleeps once it holds the table.
    await_number("SELECT COUNT(*) FROM information_schema.processlist WHERE " IS_LOAD, 1);
    CLEAN(mysql_session_destroy) mysql_session_t *control = NULL;
    CLEAN(mysql_inventory_destroy) mysql_inventory_t *inventory = mysql_inventory_new();
    CLEAN(mysql_tables_destroy) mysql_tables_t *tables = NULL;
    assert_int_equal(mysql_session_open(&control, &server, &error), 0);
    assert_int_equal(mysql_inventory_read(inventory, control, &error), 0);
    assert_int_equal(mysql_tables_open(&tables, control, inventory, 0, &error), 0);
    struct mysql_point point = {0};
    const struct mysql_point_wish wish = {.control = control,
                                          .server = &server,
                                          .tables = tables,
                                          .sessions = 3,
                                          .ways = POINT_LOCK | POINT_SINGLE};
    if (mysql_point_open(&point, &wish, &error))
        fail_msg("%s", error.message);
    assert_string_equal(point.kind, "one point, single session");
    assert_non_null(strstr(point.remark, "tables cannot be locked"));
    assert_in_range(point.locked_ms, 2500, 5000);
    // Nothing is locked any more.
    mariadb_server_tell(&world.source, "SET lock_wait_timeout = 1; INSERT INTO test.u VALUES (2)");
    mysql_point_close(&point);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    mariadb_server_end_sessions(&world.source, "info LIKE 'SELECT SLEEP(1000)%'");
    mariadb_server_tell(&world.source,
                        "DROP TABLE test.u; REVOKE LOCK TABLES ON *.* FROM backup@'%'");
}

// The server was started with a filter, which makes positions of the binlog say too little; and a
// parent that is left out is locked with its children.
static void
a_filtered_binlog_and_parents_left_out_are_no_trap(void **state)
{
    (void)state;
    struct error error = {0};
    mariadb_server_tell(&world.source,
                        "CREATE DATABASE fk; CREATE TABLE fk.grand (id INT PRIMARY KEY); CREATE "
                        "TABLE fk.parent (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES fk.grand "
                        "(id) ON UPDATE CASCADE); CREATE TABLE fk.child (id INT PRIMARY KEY, "
                        "FOREIGN KEY (id) REFERENCES fk.parent (id) ON DELETE CASCADE); CREATE "
                        "TABLE fk.other (id INT PRIMARY KEY); "
                        "GRANT BINLOG MONITOR, LOCK TABLES ON *.* TO backup@'%'; "
                        "SET GLOBAL log_output = 'TABLE', general_log = 1");
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    static const char *const excluded[] = {"fk.grand", "fk.parent", "fk.other",
                                           "test.t"};  // of the sleeper, which holds it
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(selection_add(selection, SELECTION_EXCLUDE_TABLES, excluded[i], &error),
                         0);
    assert_point(0, selection, "point (all) one point, by lock",
                 "not all databases are in the server's binlog");
    CLEAN(memory_free)
    char *locks = mariadb_server_ask(&world.source, "SELECT argument FROM mysql.general_log WHERE "
                                                    "argument LIKE 'LOCK TABLES%'");
    assert_non_null(strstr(locks, " `fk`.`child` READ"));
    assert_non_null(strstr(locks, " `fk`.`parent` READ"));
    assert_non_null(strstr(locks, " `fk`.`grand` READ"));
    assert_null(strstr(locks, "`fk`.`other`"));
    mariadb_server_tell(&world.source, "SET GLOBAL general_log = 0; DROP DATABASE fk; REVOKE "
                                       "BINLOG MONITOR, LOCK TABLES ON *.* FROM backup@'%'");
}

// ---- a limit of bytes a second

#define PACED_TABLE "REPEAT(CHAR(97 + seq % 26), 250)"

static void
fill_paced(void)
{
    mariadb_server_tell(
        &world.source,
        "CREATE DATABASE paced; USE paced; SET sql_log_bin = 0;\nDELIMITER //\n"
        "FOR i IN 1 .. 100 DO EXECUTE IMMEDIATE CONCAT('CREATE TABLE paced.t', i, ' (id INT "
        "PRIMARY KEY, t TEXT) AS SELECT seq AS id, " PACED_TABLE " AS t FROM seq_1_to_160'); "
        "END FOR//\nDELIMITER ;\nCREATE TABLE paced.large (id INT PRIMARY KEY, t TEXT); INSERT "
        "INTO paced.large SELECT seq, " PACED_TABLE " FROM seq_1_to_12000; CREATE TABLE "
        "paced.keyless (t TEXT); INSERT INTO paced.keyless SELECT " PACED_TABLE " FROM "
        "seq_1_to_12000; ANALYZE TABLE paced.large, paced.keyless");
}

// Small tables share a file, the others have one each; no connection reads faster than its part.
static void
a_limit_holds_over_all_tables_and_files(void **state)
{
    (void)state;
    enum { CONNECTIONS = 3, RATE = 2 << 20 };
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    struct file_sink sink;
    struct error error = {0};
    int64_t size_bytes = 0;
    assert_int_equal(selection_add(selection, SELECTION_INCLUDE_SCHEMAS, "paced", &error), 0);
    fill_paced();
    const struct backup_options options = {.connections = CONNECTIONS,
                                           .range_bytes = 1 << 20,
                                           .selection = selection,
                                           .statement_limit_ms = 400,
                                           .read_limit_bytes_per_s = RATE};
    file_sink_begin(&sink, folder);
    int64_t begun_ms = clock_monotonic_ms();
    extract_well(&options, &sink);
    int64_t took_ms = clock_monotonic_ms() - begun_ms;
    for (size_t i = 0; i < sink.count; i++)
        size_bytes +=
            strcmp(sink.files[i].role, "rows") == 0 ? (int64_t)sink.files[i].size_bytes : 0;
    assert_in_range(size_bytes, 8 << 20, 12 << 20);
    // A burst of a quarter of a second each.
    if (took_ms < size_bytes * 1000 / RATE - 300)
        fail_msg("%lld bytes took %lld ms", (long long)size_bytes, (long long)took_ms);
    // Half of the limit for its 3 MB, and nowhere to cut it.
    assert_noted(&sink,
                 "fact statement_limit=table `paced`.`keyless` was read by one statement of ");
    assert_noted(&sink, ", as it has no key to go on by\n");
    file_sink_end(&sink);
    mariadb_server_tell(&world.source, "SET sql_log_bin = 0; DROP DATABASE paced");
}

// ---- statements

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

// ---- memory

static int
pass_by(void *file, const void *data, size_t size, struct error *error)
{
    (void)file, (void)data, (void)size, (void)error;
    return 0;
}

static struct row_sum
sum_of_long_text(void)
{
    CLEAN(row_digest_destroy) row_digest_t *digest = row_digest_new();
    CLEAN(memory_free) char *text = memory_get(LONG_SIZE);
    memset(text, '\\', LONG_SIZE);
    for (size_t at = 1; at < LONG_SIZE; at += 2)
        text[at] = '\t';
    row_digest_bytes(digest, ROW_TEXT, text, LONG_SIZE);
    row_digest_end_row(digest);
    return row_digest_sum(digest);
}

// Without a key a value is taken whole, by as many sessions as there is room for.
static void
long_values_over_many_connections_stay_below_256_mib(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    static struct parallel_sink sink;
    struct server server = as_backup(&world.source);
    struct backup_options options = {.connections = 8};
    struct error error = {0};
    mariadb_server_tell(&world.source,
                        "SET GLOBAL max_allowed_packet = 1 << 30; CREATE DATABASE busy");
    for (int i = 0; i < LONG_TABLES; i++) {
        CLEAN(memory_free)
        char *sql = memory_format("CREATE TABLE busy.t%d (b LONGTEXT); INSERT INTO busy.t%d "
                                  "VALUES (REPEAT('\\\\\\t', 16777216)); ANALYZE TABLE busy.t%d",
                                  i, i, i);
        mariadb_server_tell(&world.source, sql);
    }
    parallel_sink_begin(&sink, folder);
    sink.files.base.write = pass_by;
    peak_memory_begin();
    int status = extract(&server, &options, &sink.files, &error);
    long peak_mib = peak_memory_mib();
    if (status)
        fail_msg("%s", error.message);
    if (peak_mib > LONG_MIB)
        fail_msg("%ld MiB", peak_mib);
    struct row_sum wanted = sum_of_long_text();
    for (int i = 0; i < LONG_TABLES; i++) {
        char name[16];
        uint64_t rows = 0;
        snprintf(name, sizeof name, "busy.t%d", i);
        struct row_sum sum = parallel_sink_sum(&sink, name, &rows);
        assert_int_equal(rows, 1);
        assert_true(sum.high == wanted.high && sum.low == wanted.low);
    }
    parallel_sink_end(&sink);
    drop_busy();
}

// ---- a cancel

// A thread that cancels once a condition holds.
struct canceller {
    unsigned connections;
    int stop;
    const char *when;    // a question whose answer must be 1 or more
    const char *folder;  // or: its files have to be of HUGE_BEGUN bytes together
    int socket;          // or: it must have a caller
    int is_by_sink;      // or: what is done with the sink does
    unsigned calls;      // of it
    int64_t stopped_ms;  // when it was
    off_t seen_bytes;    // in the folder
    const selection_t *selection;
};

static off_t
size_of_files(const char *path)
{
    off_t size = 0;
    struct dirent *entry = NULL;
    struct stat facts;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        if (fstatat(dirfd(folder), entry->d_name, &facts, 0) == 0 && S_ISREG(facts.st_mode))
            size += facts.st_size;
    }
    closedir(folder);
    return size;
}

static void
await_huge(struct canceller *self)
{
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (self->seen_bytes < HUGE_BEGUN && clock_monotonic_ms() < until_ms) {
        poll(NULL, 0, 10);
        self->seen_bytes = size_of_files(self->folder);
    }
}

static void *
cancel_when(void *argument)
{
    struct canceller *self = argument;
    // In vain it cancels nothing, and the extract is whole: a thread of ours cannot fail a test.
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (self->when && ask_number(self->when) < 1) {
        if (clock_monotonic_ms() > until_ms)
            return NULL;
    }
    if (self->folder)
        await_huge(self);
    struct pollfd item = {.fd = self->socket, .events = POLLIN};
    if (self->is_by_sink)
        return NULL;
    if (!self->when && !self->folder)
        poll(&item, 1, PATIENCE_MS);
    self->stopped_ms = clock_monotonic_ms();
    eventfd_write(self->stop, 1);
    return NULL;
}

// As the second file begins, or something is written for the second time.
static void
cancel_now(void *context)
{
    struct canceller *self = context;
    if (++self->calls != 2)
        return;
    self->stopped_ms = clock_monotonic_ms();
    eventfd_write(self->stop, 1);
}

// Long before anything that waits for a lock would give up.
static void
assert_nothing_runs(void)
{
    static const char ask[] = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = "
                              "'backup'";
    int64_t until_ms = clock_monotonic_ms() + 10000;
    while (ask_number(ask) > 0) {
        if (clock_monotonic_ms() > until_ms)
            fail_msg("a session goes on after the cancel");
    }
}

static void
assert_cancelled(struct server server, struct canceller *canceller, struct file_sink *sink)
{
    struct backup_options options = {.connections = canceller->connections,
                                     .read_limit_bytes_per_s = 4 << 20,
                                     .selection = canceller->selection};
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
    assert_nothing_runs();
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
    struct canceller canceller = {.connections = 1, .socket = silent};
    file_sink_begin(&sink, folder);
    assert_cancelled(server, &canceller, &sink);
    file_sink_end(&sink);
}

// One row with one value: what is in the files when it ends is a part of that value.
static void
a_cancel_within_a_huge_value_ends_it_within_a_second(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    struct error error = {0};
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    mariadb_server_tell(&world.source, "CREATE DATABASE busy; CREATE TABLE busy.huge (b LONGBLOB); "
                                       "SET GLOBAL max_allowed_packet = 1 << 30");
    mariadb_server_tell(&world.source, "INSERT INTO busy.huge VALUES (REPEAT('x', 60000000)); "
                                       "ANALYZE TABLE busy.huge");
    assert_int_equal(selection_add(selection, SELECTION_INCLUDE_SCHEMAS, "busy", &error), 0);
    struct canceller canceller = {.connections = 1, .folder = folder, .selection = selection};
    file_sink_begin(&sink, folder);
    assert_cancelled(as_backup(&world.source), &canceller, &sink);
    assert_true(sink.dropped > 0);
    assert_in_range(canceller.seen_bytes, HUGE_BEGUN, HUGE_BYTES - 1);
    file_sink_end(&sink);
    drop_busy();
}

// The session that asks waits for a lock of a large table, and one that reads for that of a small
// one.
static void
assert_cancelled_while_locked(const char *table)
{
    static const char waits[] =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'backup' AND state LIKE "
        "'Waiting for table metadata lock%'";
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    CLEAN(memory_free)
    char *lock = memory_format("LOCK TABLES %s WRITE; SELECT SLEEP(1000)", table);
    pid_t locker = run_client(lock);
    await_number("SELECT COUNT(*) FROM information_schema.processlist WHERE " IS_LOAD, 1);
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    struct error error = {0};
    assert_int_equal(selection_add(selection, SELECTION_INCLUDE_SCHEMAS, "busy", &error), 0);
    struct canceller canceller = {.connections = 4, .when = waits, .selection = selection};
    file_sink_begin(&sink, folder);
    assert_cancelled(as_backup(&world.source), &canceller, &sink);
    file_sink_end(&sink);
    kill(locker, SIGKILL);
    waitpid(locker, NULL, 0);
    mariadb_server_end_sessions(&world.source, IS_LOAD);
    await_number("SELECT COUNT(*) = 0 FROM information_schema.processlist WHERE " IS_LOAD, 1);
}

static void
a_cancel_while_it_waits_for_a_lock_ends_it_within_a_second(void **state)
{
    (void)state;
    fill_busy();
    assert_cancelled_while_locked("busy.rows");
    assert_cancelled_while_locked("busy.other");
    drop_busy();
}

static void
a_cancel_between_files_and_while_it_writes_ends_it_within_a_second(void **state)
{
    (void)state;
    fill_busy();
    for (int is_written = 0; is_written < 2; is_written++) {
        CLEAN(folder_destroy) char *folder = folder_new();
        struct file_sink sink;
        struct canceller canceller = {.connections = 1, .is_by_sink = 1};
        file_sink_begin(&sink, folder);
        sink.on_begin = is_written ? NULL : cancel_now;
        sink.on_write = is_written ? cancel_now : NULL;
        sink.context = &canceller;
        assert_cancelled(as_backup(&world.source), &canceller, &sink);
        assert_true(sink.dropped > 0);
        file_sink_end(&sink);
    }
    drop_busy();
}

// Somebody's transaction, and a statement that takes long, from the beginning on.
static pid_t sleeper;

static int
start_all(void **state)
{
    (void)state;
    if (mariadb_server_start(&world.source, MARIADB_OPTIONS " --binlog-ignore-db=unlogged"))
        return -1;
    mariadb_server_load(&world.source, "data/mariadb-nasty.sql");
    mariadb_server_tell(&world.source, CREATE_BACKUP_USER "GRANT " RIGHTS " ON *.* TO backup@'%'");
    world.toolbox = toolbox_new(NULL);
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
        cmocka_unit_test(without_its_watch_it_goes_on_at_full_speed_and_says_so),
        cmocka_unit_test(only_the_ways_that_a_policy_permits_are_gone),
        cmocka_unit_test(a_lock_that_cannot_be_had_keeps_nobody_waiting_for_long),
        cmocka_unit_test(a_filtered_binlog_and_parents_left_out_are_no_trap),
        cmocka_unit_test(a_limit_holds_over_all_tables_and_files),
        cmocka_unit_test(a_statement_that_takes_long_is_gone_on_after_its_last_row),
        cmocka_unit_test(long_values_over_many_connections_stay_below_256_mib),
        cmocka_unit_test(a_cancel_while_it_connects_ends_it_within_a_second),
        cmocka_unit_test(a_cancel_within_a_huge_value_ends_it_within_a_second),
        cmocka_unit_test(a_cancel_while_it_waits_for_a_lock_ends_it_within_a_second),
        cmocka_unit_test(a_cancel_between_files_and_while_it_writes_ends_it_within_a_second),
        cmocka_unit_test(all_signals_are_seen_with_the_rights_for_them),
    };
    if (mariadb_server_is_missing())
        return 77;
    return cmocka_run_group_tests(tests, start_all, stop_all);
}
