// timeout: 300
// How our own reader of PostgreSQL treats its source: it makes way for others' work, keeps its
// statements short, and is gone within a second when its job is cancelled.

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/parallel_sink.h"
#include "tests/postgres_engine.h"
#include "worker/engine/postgres_extract.h"
#include "worker/engine/postgres_watch.h"

static struct postgres_server postgres;
static toolbox_t *toolbox;
static struct parallel_sink sink;
static int stop;  // eventfd
static int64_t stopped_ms;
static uint64_t range_bytes = 1 << 20;
static enum postgres_choice choice;
static const struct tool *own_tool;  // instead of pg_dump

static struct server
as(char *username, char *password)
{
    struct server server = postgres_server_record(&postgres, username, password);
    server.verify_tls = 0;
    server.stop = stop;
    return server;
}

static struct server
as_superuser(void)
{
    static char superuser[] = "postgres";
    return as(superuser, postgres.password);
}

static int
extract_as(const struct server *server, const char *name, const struct backup_options *options,
           void (*on_begin)(void *), struct error *error)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    const struct tool *pg_dump = own_tool;
    char copy[64];
    snprintf(copy, sizeof copy, "%s", name);
    struct postgres_database database = {.name = copy};
    if (!pg_dump)
        assert_int_equal(toolbox_find(toolbox, TOOL_PG_DUMP, "postgres", 15, 0, &pg_dump, error),
                         0);
    parallel_sink_begin(&sink, folder);
    sink.on_begin = on_begin;
    CLEAN(exclusions_destroy) exclusions_t *exclusions = exclusions_new(NULL, NAMES_AS_THEY_ARE);
    struct postgres_extract job = {.server = server,
                                   .tool = pg_dump,
                                   .options = options,
                                   .exclusions = exclusions,
                                   .sink = &sink.files.base,
                                   .range_bytes = range_bytes,
                                   .choice = choice};
    int result = postgres_extract_database(&job, &database, error);
    for (size_t index = 0; index < sink.files.count; index++)
        unlink(sink.files.paths[index]);
    return result;
}

static void
in_background(const char *database, const char *sql)
{
    CLEAN(memory_free)
    char *command = memory_format("'%s' psql '%s' -d %s -c \"%s\" >/dev/null 2>&1 &",
                                  postgres.script, postgres.folder, database, sql);
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    assert_non_null(said);
}

static void
await(const char *sql, const char *value)
{
    for (int tries = 0; tries < 300; tries++) {
        CLEAN(memory_free) char *answer = postgres_server_ask(&postgres, "shop", sql);
        answer[strcspn(answer, "\n")] = '\0';
        if (strcmp(answer, value) == 0)
            return;
        poll(NULL, 0, 50);
    }
    fail_msg("'%s' never gives '%s'", sql, value);
}

static void
end_all(const char *which)
{
    CLEAN(memory_free)
    char *sql = memory_format("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
                              "%s AND pid <> pg_backend_pid()",
                              which);
    postgres_server_run(&postgres, "postgres", sql);
}

// ---- the source's own signals

// Others' work goes away while it reads.
static void *
end_load(void *unused)
{
    poll(NULL, 0, 4000);
    end_all("query LIKE '%sleep(601)%'");
    return unused;
}

static void
it_makes_way_for_others_until_they_have_gone(void **state)
{
    (void)state;
    struct error error = {0};
    pthread_t thread;
    struct server server = as_superuser();
    struct backup_options options = {.connections = 4, .read_limit_bytes_per_s = 2 << 20};
    options.throttle.at_most[THROTTLE_RUNNING] = 2;
    options.throttle.pause_limit_ms = 60000;
    for (int index = 0; index < 4; index++)
        in_background("shop", "SELECT pg_sleep(601)");
    await("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(601)'", "4");
    assert_int_equal(pthread_create(&thread, NULL, end_load, NULL), 0);
    if (extract_as(&server, "shop", &options, NULL, &error))
        fail_msg("%s", error.message);
    pthread_join(thread, NULL);
    if (!strstr(sink.files.notes, "fact throttle=slowed down for ") ||
        !strstr(sink.files.notes, "because of running ("))
        fail_msg("%s", sink.files.notes);
    assert_null(strstr(sink.files.notes, "throttle is without"));
    parallel_sink_end(&sink);
}

static void
our_own_sessions_are_no_load_and_what_cannot_be_seen_is_said(void **state)
{
    (void)state;
    struct error error = {0};
    static char reader[] = "reader", password[] = "reader";
    struct server server = as(reader, password);
    struct backup_options options = {.connections = 6};
    options.throttle.at_most[THROTTLE_RUNNING] = 1;
    options.throttle.at_most[THROTTLE_LAG] = 1000;
    options.throttle.pause_limit_ms = 60000;
    if (extract_as(&server, "small", &options, NULL, &error))
        fail_msg("%s", error.message);
    if (!strstr(sink.files.notes, "fact throttle is without=running, replica_lag (GRANT "
                                  "pg_monitor TO \"reader\""))
        fail_msg("%s", sink.files.notes);
    parallel_sink_end(&sink);
    server = as_superuser();
    if (extract_as(&server, "shop", &options, NULL, &error))
        fail_msg("%s", error.message);
    assert_null(strstr(sink.files.notes, "fact throttle="));
    parallel_sink_end(&sink);
}

static int is_over;

// The session that watches goes while the only reader rests: its first sample makes it rest, and is
// known when the third one is taken. So does each that is opened afterwards.
static void *
end_the_watch(void *unused)
{
    while (!__atomic_load_n(&is_over, __ATOMIC_SEQ_CST)) {
        end_all("query LIKE '%pg_backend_pid() AND pid <> ALL%' AND state = 'idle' AND "
                "query_start - backend_start > interval '1.5 s'");
        poll(NULL, 0, 50);
    }
    return unused;
}

// It would rest for ever.
static void
without_its_watch_it_goes_on_at_full_speed_and_says_so(void **state)
{
    (void)state;
    struct error error = {0};
    pthread_t thread;
    struct server server = as_superuser();
    // Slow enough that it is at work when the watch goes.
    struct backup_options options = {.connections = 3, .read_limit_bytes_per_s = 5 << 19};
    options.throttle.at_most[THROTTLE_TRANSACTION] = 1;
    options.throttle.pause_limit_ms = 600000;
    CLEAN(folder_destroy) char *folder = folder_new();
    range_bytes = 128 << 10;
    // Stays until all_signals_are_seen, to be long then.
    in_background("small", "SELECT pg_sleep(604)");
    await("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(604)' AND "
          "clock_timestamp() - xact_start > interval '1.1 s'",
          "1");
    int64_t begun_ms = clock_monotonic_ms();
    is_over = 0;
    assert_int_equal(pthread_create(&thread, NULL, end_the_watch, NULL), 0);
    int status = extract_as(&server, "slow", &options, NULL, &error);
    int64_t took_ms = clock_monotonic_ms() - begun_ms;
    __atomic_store_n(&is_over, 1, __ATOMIC_SEQ_CST);
    pthread_join(thread, NULL);
    if (status)
        fail_msg("%s", error.message);
    range_bytes = 1 << 20;
    if (!strstr(sink.files.notes, "fact throttle is without=all signals for a while, in database "
                                  "'slow', as the session that watches was lost: ") ||
        !strstr(sink.files.notes, "fact throttle=slowed down for "))
        fail_msg("%s", sink.files.notes);
    // More than 12 MB, in shares that are small: each session may be a quarter of a second ahead.
    if (took_ms < 3800 || took_ms > options.throttle.pause_limit_ms / 2)
        fail_msg("it took %d ms", (int)took_ms);
    parallel_sink_end(&sink);
}

// ---- short statements

static double longest_s;
static unsigned looks;

// How old a statement of ours ever gets.
static void *
look_at_statements(void *unused)
{
    while (!__atomic_load_n(&is_over, __ATOMIC_SEQ_CST)) {
        CLEAN(memory_free)
        char *answer = postgres_server_ask(&postgres, "slow", "SELECT longest()");
        double age_s = strtod(answer, NULL);
        looks++;
        longest_s = age_s > longest_s ? age_s : longest_s;
    }
    return unused;
}

static void
assert_short_statements_give_all(enum postgres_choice form, const struct row_sum *wanted)
{
    static const char *const tables[] = {"public.by_number", "public.by_two", "public.by_place"};
    struct error error = {0};
    struct server server = as_superuser();
    struct backup_options options = {
        .connections = 4, .statement_limit_ms = 700, .read_limit_bytes_per_s = 4 << 20};
    pthread_t thread;
    choice = form;
    longest_s = 0;
    looks = 0;
    is_over = 0;
    assert_int_equal(pthread_create(&thread, NULL, look_at_statements, NULL), 0);
    int64_t begun_ms = clock_monotonic_ms();
    int status = extract_as(&server, "slow", &options, NULL, &error);
    double took_s = (double)(clock_monotonic_ms() - begun_ms) / 1000;
    __atomic_store_n(&is_over, 1, __ATOMIC_SEQ_CST);
    pthread_join(thread, NULL);
    if (status)
        fail_msg("%s", error.message);
    // A busy machine makes all of it longer. One statement for a table would take nearly all of it.
    if ((longest_s > 2 && longest_s > took_s / 2) || looks == 0)
        fail_msg("a statement took %f of %f s, %u looks", longest_s, took_s, looks);
    for (size_t index = 0; index < 3; index++) {
        uint64_t rows = 0;
        struct row_sum sum = parallel_sink_sum(&sink, tables[index], &rows);
        assert_int_equal(rows, 40000);
        assert_true(sum.high == wanted[index].high && sum.low == wanted[index].low);
    }
    assert_null(strstr(sink.files.notes, "statement_limit"));
    parallel_sink_end(&sink);
}

// Each table is one share.
static void
no_statement_is_longer_than_its_limit_and_no_row_is_lost(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_superuser();
    struct backup_options options = {0};
    struct row_sum wanted[3];
    uint64_t rows = 0;
    range_bytes = 4 << 20;
    if (extract_as(&server, "slow", &options, NULL, &error))
        fail_msg("%s", error.message);
    wanted[0] = parallel_sink_sum(&sink, "public.by_number", &rows);
    wanted[1] = parallel_sink_sum(&sink, "public.by_two", &rows);
    wanted[2] = parallel_sink_sum(&sink, "public.by_place", &rows);
    parallel_sink_end(&sink);
    assert_short_statements_give_all(POSTGRES_AS_TEXT, wanted);
    assert_short_statements_give_all(POSTGRES_AS_BINARY, wanted);
    range_bytes = 1 << 20;
    choice = POSTGRES_AS_IT_PAYS;
}

// A sample that has the signal.
static void
take_sample(postgres_watch_t *watch, struct throttle_sample *sample)
{
    struct error error = {0};
    int taken = 0;
    for (int tries = 0; tries < 500 && taken == 0; tries++) {
        taken = postgres_watch_take(watch, sample, &error);
        poll(NULL, 0, taken ? 0 : 20);
    }
    if (taken <= 0)
        fail_msg("no sample: %s", error.message);
}

static void
transactions_and_long_queries_are_seen(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_superuser();
    struct throttle_sample sample;
    const struct throttle_limits limits = {.at_most = {9, 9, 9, 9}};
    const int ours[] = {1};
    await("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(604)' AND "
          "clock_timestamp() - query_start > interval '10 s'",
          "1");
    CLEAN(postgres_watch_destroy) postgres_watch_t *watch = NULL;
    if (postgres_watch_open(&watch, &server, "small", &limits, &error) ||
        postgres_watch_begin(watch, ours, 1, &error))
        fail_msg("%s", error.message);
    assert_string_equal(postgres_watch_without(watch), "");
    take_sample(watch, &sample);
    assert_int_equal(sample.values[THROTTLE_RUNNING], 1);
    assert_int_equal(sample.values[THROTTLE_LONG], 1);
    assert_int_equal(sample.values[THROTTLE_LAG], -1);  // nobody follows it
    assert_in_range(sample.values[THROTTLE_TRANSACTION], THROTTLE_LONG_MS, 300000);
    // A session that is lost is told, too.
    end_all("(query LIKE '%sleep(604)%' OR query LIKE '%pg_backend_pid() AND pid <> ALL%' OR query "
            "LIKE '%pg_last_wal_replay_lsn%')");
    int taken = 0;
    for (int tries = 0; tries < 500 && taken >= 0; tries++) {
        taken = postgres_watch_take(watch, &sample, &error);
        poll(NULL, 0, 10);
    }
    assert_int_equal(taken, -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
}

// ---- speed

static void
a_scattered_table_comes_as_stored_if_the_policy_prefers_speed(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_superuser();
    struct backup_options options = {0};
    uint64_t rows = 0, other_rows = 0;
    if (extract_as(&server, "slow", &options, NULL, &error))
        fail_msg("%s", error.message);
    assert_null(strstr(sink.files.notes, "rows as stored"));
    struct row_sum in_order = parallel_sink_sum(&sink, "public.by_number", &rows);
    parallel_sink_end(&sink);
    options.by_speed = 1;
    if (extract_as(&server, "slow", &options, NULL, &error))
        fail_msg("%s", error.message);
    struct row_sum as_stored = parallel_sink_sum(&sink, "public.by_number", &other_rows);
    assert_int_equal(rows, other_rows);
    assert_true(in_order.high == as_stored.high && in_order.low == as_stored.low);
    assert_non_null(strstr(sink.files.notes, "fact rows as stored=table 'public.by_number' of "));
    assert_null(strstr(sink.files.notes, "rows as stored=table 'public.by_two'"));
    parallel_sink_end(&sink);
}

// ---- cancelled

static void *
stop_soon(void *delay_ms)
{
    poll(NULL, 0, *(const int *)delay_ms);
    stopped_ms = clock_monotonic_ms();
    eventfd_write(stop, 1);
    return NULL;
}

static void
assert_gone_within_a_second(const struct server *server, const char *database, int delay_ms)
{
    struct error error = {0};
    struct backup_options options = {.connections = 4};
    pthread_t thread;
    eventfd_t unseen;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &delay_ms), 0);
    assert_int_equal(extract_as(server, database, &options, NULL, &error), -1);
    int64_t ended_ms = clock_monotonic_ms();
    pthread_join(thread, NULL);
    int64_t took_ms = ended_ms - stopped_ms;
    eventfd_read(stop, &unseen);
    if (error.code != ERROR_CANCELLED || took_ms > 1000)
        fail_msg("%d after %d ms: %s", error.code, (int)took_ms, error.message);
    parallel_sink_end(&sink);
}

static void
a_cancel_ends_a_connect_to_who_does_not_answer(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 5), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    struct server server = as_superuser();
    server.port = ntohs(address.sin_port);
    assert_gone_within_a_second(&server, "shop", 300);
    close(listener);
}

static void
a_cancel_ends_a_wait_for_a_lock(void **state)
{
    (void)state;
    struct server server = as_superuser();
    in_background("shop", "BEGIN; LOCK TABLE other; SELECT pg_sleep(602)");
    await("SELECT count(*) FROM pg_locks WHERE granted AND relation = 'other'::regclass AND mode = "
          "'AccessExclusiveLock'",
          "1");
    assert_gone_within_a_second(&server, "shop", 1500);
    // Nor does it stand in others' way in the queue any more.
    await("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'other'::regclass", "0");
    end_all("query LIKE '%sleep(602)%'");
}

static void *
stop_on_copy(void *delay_ms)
{
    await("SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = "
          "'active'",
          "t");
    return stop_soon(delay_ms);
}

// There is room for one such row: the other sessions wait for it.
static void
a_cancel_ends_a_copy_within_a_row(void **state)
{
    (void)state;
    struct error error = {0};
    struct server server = as_superuser();
    struct backup_options options = {.connections = 5};
    pthread_t thread;
    eventfd_t unseen;
    int delay_ms = 100;
    assert_int_equal(pthread_create(&thread, NULL, stop_on_copy, &delay_ms), 0);
    assert_int_equal(extract_as(&server, "huge", &options, NULL, &error), -1);
    int64_t ended_ms = clock_monotonic_ms();
    pthread_join(thread, NULL);
    int64_t took_ms = ended_ms - stopped_ms;
    eventfd_read(stop, &unseen);
    if (error.code != ERROR_CANCELLED || took_ms > 1000)
        fail_msg("%d after %d ms: %s", error.code, (int)took_ms, error.message);
    parallel_sink_end(&sink);
    await("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active'",
          "0");
}

// ---- definitions beside the rows

static void
make_tool(struct tool *tool, const char *folder, const char *script)
{
    struct error error = {0};
    *tool = (struct tool){.kind = TOOL_PG_DUMP, .major = 15, .version = "15.0"};
    snprintf(tool->path, sizeof tool->path, "%s/pg_dump", folder);
    CLEAN(fd_close) int fd = open(tool->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    assert_int_equal(fd_write(fd, script, strlen(script), &error), 0);
    own_tool = tool;
}

static void
a_cancel_ends_a_pg_dump_that_hangs(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_superuser();
    struct tool tool;
    make_tool(&tool, folder, "#!/bin/sh\nexec sleep 603\n");
    assert_gone_within_a_second(&server, "small", 1500);
    own_tool = NULL;
    assert_int_equal(sink.part_count, 1);  // the rows had all come
}

static void
a_pg_dump_that_fails_ends_the_reading(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_superuser();
    struct tool tool;
    // The rows would take minutes.
    struct backup_options options = {.read_limit_bytes_per_s = 100000};
    make_tool(&tool, folder, "#!/bin/sh\necho 'nothing today' >&2\nexit 1\n");
    int64_t begun_ms = clock_monotonic_ms();
    assert_int_equal(extract_as(&server, "slow", &options, NULL, &error), -1);
    own_tool = NULL;
    assert_non_null(strstr(error.message, "pg_dump 15.0 failed (exit status 1): nothing today"));
    assert_true(clock_monotonic_ms() - begun_ms < 20000);
    assert_true(sink.dropped > 1);
    parallel_sink_end(&sink);
}

// The server counts: one more than it lets in, and the backup fails. This pg_dump is slow to begin,
// so that rows are read beside it, and slow to end, so that its connection is gone when it is.
static void
no_more_connections_are_open_than_the_policy_allows(void **state)
{
    (void)state;
    static char reader[] = "reader", password[] = "reader";
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as(reader, password);
    const struct tool *pg_dump = NULL;
    struct error error = {0};
    struct tool tool;
    assert_int_equal(toolbox_find(toolbox, TOOL_PG_DUMP, "postgres", 15, 0, &pg_dump, &error), 0);
    CLEAN(memory_free)
    char *script = memory_format("#!/bin/sh\nsleep 0.5\n'%s' \"$@\"\nstatus=$?\nsleep 0.5\nexit "
                                 "$status\n",
                                 pg_dump->path);
    CLEAN(memory_free)
    char *restore = memory_format(
        "%.*s/pg_restore", (int)(strrchr(pg_dump->path, '/') - pg_dump->path), pg_dump->path);
    CLEAN(memory_free) char *link = memory_format("%s/pg_restore", folder);
    assert_int_equal(symlink(restore, link), 0);
    make_tool(&tool, folder, script);
    range_bytes = 256 << 10;
    for (unsigned connections = 2; connections <= 4; connections++) {
        struct backup_options options = {.connections = connections,
                                         .read_limit_bytes_per_s = 4 << 20};
        CLEAN(memory_free)
        char *sql = memory_format("ALTER ROLE reader CONNECTION LIMIT %u", connections);
        postgres_server_run(&postgres, "postgres", sql);
        if (extract_as(&server, "slow", &options, NULL, &error))
            fail_msg("with %u: %s", connections, error.message);
        parallel_sink_end(&sink);
        await("SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'", "0");
    }
    range_bytes = 1 << 20;
    own_tool = NULL;
    postgres_server_run(&postgres, "postgres", "ALTER ROLE reader CONNECTION LIMIT -1");
}

static int
start(void **state)
{
    (void)state;
    toolbox = toolbox_new(NULL);
    stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (postgres_server_start(&postgres, "ssl=off shared_buffers=2MB"))
        return -1;
    postgres_server_run(&postgres, "postgres",
                        "CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT pg_read_all_data TO "
                        "reader;\nCREATE DATABASE shop;\nCREATE DATABASE small;\nCREATE DATABASE "
                        "huge;\nCREATE DATABASE slow;");
    // Looks for half a second, which sees more than as many clients on a machine that is busy.
    postgres_server_run(
        &postgres, "slow",
        "CREATE FUNCTION longest() RETURNS double precision LANGUAGE plpgsql AS $$ DECLARE most "
        "double precision := 0; BEGIN FOR i IN 1..25 LOOP PERFORM pg_stat_clear_snapshot(); most "
        ":= greatest(most, (SELECT max(extract(epoch FROM clock_timestamp() - query_start)) FROM "
        "pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active')); PERFORM "
        "pg_sleep(0.02); END LOOP; RETURN most; END $$");
    postgres_server_run(
        &postgres, "slow",
        "CREATE TABLE by_number AS SELECT i AS id, repeat('x', 100) AS filler FROM "
        "generate_series(1, 40000) AS i ORDER BY md5(i::text); ALTER TABLE by_number ADD PRIMARY "
        "KEY (id);\n"
        "CREATE TABLE by_two AS SELECT repeat('y', 100) AS filler, chr(32 + i / 500) || "
        "$$'\\$$ AS a, timestamptz '2026-01-01' + i * interval '1.5 s' AS b FROM "
        "generate_series(1, 40000) AS i; ALTER TABLE by_two ADD PRIMARY KEY (a, b);\n"
        "CREATE TABLE by_place AS SELECT i AS n, repeat('z', 100) AS filler FROM "
        "generate_series(1, 40000) AS i;\nANALYZE;");
    postgres_server_run(&postgres, "small", "CREATE TABLE one AS SELECT 1 AS i");
    // A row in the making: its text comes slowly, as the server makes it.
    postgres_server_run(&postgres, "huge",
                        "CREATE TABLE rows AS SELECT i AS id, repeat('x', 100000000) AS v FROM "
                        "generate_series(1, 6) AS i");
    postgres_server_run(
        &postgres, "shop",
        "CREATE TABLE big AS SELECT i AS id, repeat('x', 200) AS filler FROM generate_series(1, "
        "60000) AS i; ALTER TABLE big ADD PRIMARY KEY (id);\n"
        "CREATE TABLE other AS SELECT i FROM generate_series(1, 100) AS i;\n");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    postgres_server_stop(&postgres);
    toolbox_destroy(&toolbox);
    fd_close(&stop);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_makes_way_for_others_until_they_have_gone),
        cmocka_unit_test(our_own_sessions_are_no_load_and_what_cannot_be_seen_is_said),
        cmocka_unit_test(without_its_watch_it_goes_on_at_full_speed_and_says_so),
        cmocka_unit_test(no_statement_is_longer_than_its_limit_and_no_row_is_lost),
        cmocka_unit_test(transactions_and_long_queries_are_seen),
        cmocka_unit_test(a_scattered_table_comes_as_stored_if_the_policy_prefers_speed),
        cmocka_unit_test(a_cancel_ends_a_connect_to_who_does_not_answer),
        cmocka_unit_test(a_cancel_ends_a_wait_for_a_lock),
        cmocka_unit_test(a_cancel_ends_a_copy_within_a_row),
        cmocka_unit_test(a_cancel_ends_a_pg_dump_that_hangs),
        cmocka_unit_test(a_pg_dump_that_fails_ends_the_reading),
        cmocka_unit_test(no_more_connections_are_open_than_the_policy_allows),
    };
    return cmocka_run_group_tests(tests, start, end);
}
