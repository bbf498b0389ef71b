// timeout: 300
// Our own reader of PostgreSQL on real servers: what it reads, stock psql loads, and both sides are
// the same by pg_dump and by digests.

#include <poll.h>

#include "tests/parallel_sink.h"
#include "tests/peak_memory.h"
#include "tests/postgres_engine.h"
#include "tests/postgres_major.h"
#include "tests/source.h"
#include "worker/engine/engine.h"
#include "worker/engine/postgres_extract.h"
#include "worker/engine/postgres_watch.h"
#include "worker/set/script.h"

enum {
    RANGE_BYTES = 250000,  // so that tables of some thousand rows have several ranges
    LONG_ROWS = 8,
    LONG_SIZE = 32 << 20,
    LONG_MIB = 256,  // of memory, for any number of such rows
};

static struct postgres_server source;  // holds `nasty`: tests/data/postgres_reader.sql
static struct postgres_server target;
static toolbox_t *toolbox;
static char superuser[] = "postgres";
static int (*sink_write)(void *file, const void *data, size_t size, struct error *error);
static uint64_t files_max;  // of rows; 0: the usual

static struct server
server_of(struct postgres_server *postgres)
{
    struct server server = postgres_server_record(postgres, superuser, postgres->password);
    server.verify_tls = 0;  // without TLS a server starts and answers sooner
    return server;
}

static int
fill(struct postgres_server *postgres)
{
    CLEAN(memory_free) char *path = memory_format("%s/data/postgres_reader.sql", tests_folder);
    CLEAN(memory_free)
    char *command = memory_format("'%s' psql '%s' -d nasty -o /dev/null -f '%s' 2>&1",
                                  postgres->script, postgres->folder, path);
    postgres_server_run(postgres, "postgres", "CREATE DATABASE nasty TEMPLATE template0");
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    return said ? 0 : -1;
}

// One database, in small ranges.
static int
try_extract(struct postgres_server *postgres, const char *database,
            const struct backup_options *options, struct parallel_sink *sink, const char *folder,
            struct error *error)
{
    struct server server = server_of(postgres);
    CLEAN(postgres_destroy) postgres_t *asked = NULL;
    const struct tool *pg_dump = NULL;
    char name[64];
    snprintf(name, sizeof name, "%s", database);
    struct postgres_database each = {.name = name, .files_max = files_max};
    parallel_sink_begin(sink, folder);
    if (sink_write)
        sink->files.base.write = sink_write;
    assert_int_equal(postgres_open(&asked, &server, "postgres", error), 0);
    assert_int_equal(toolbox_find(toolbox, TOOL_PG_DUMP, "postgres",
                                  postgres_version(asked) / 10000, 0, &pg_dump, error),
                     0);
    CLEAN(exclusions_destroy)
    exclusions_t *exclusions = exclusions_new(options->selection, NAMES_AS_THEY_ARE);
    struct postgres_extract job = {.server = &server,
                                   .tool = pg_dump,
                                   .options = options,
                                   .exclusions = exclusions,
                                   .sink = &sink->files.base,
                                   .range_bytes = RANGE_BYTES};
    return postgres_extract_database(&job, &each, error);
}

static void
extract(struct postgres_server *postgres, struct parallel_sink *sink, const char *folder)
{
    struct error error = {0};
    struct backup_options options = {0};
    if (try_extract(postgres, "nasty", &options, sink, folder, &error))
        fail_msg("%s", error.message);
    for (size_t index = 0; index < sink->files.count; index++)
        assert_true(sink->files.accepted[index]);
}

static size_t
count_of_group(const struct parallel_sink *set, const char *group)
{
    size_t count = 0;
    for (size_t index = 0; index < set->files.count; index++) {
        const char *each = set->files.files[index].group;
        count += each && strcmp(each, group) == 0;
    }
    return count;
}

static void
clear_target(struct postgres_server *postgres)
{
    postgres_server_run(postgres, "postgres",
                        "DROP DATABASE IF EXISTS nasty;\nDROP ROLE IF EXISTS lo_owner, "
                        "lo_reader;\nCREATE ROLE lo_owner; CREATE ROLE lo_reader;\n");
}

static void
assert_same_digests(const struct parallel_sink *one, const struct parallel_sink *other)
{
    assert_int_equal(one->table_count, other->table_count);
    for (uint32_t index = 0; index < one->table_count; index++) {
        uint64_t rows = 0, other_rows = 0;
        struct row_sum sum = parallel_sink_sum(one, one->tables[index], &rows);
        struct row_sum other_sum = parallel_sink_sum(other, one->tables[index], &other_rows);
        if (rows != other_rows || sum.high != other_sum.high || sum.low != other_sum.low)
            fail_msg("table %s differs: %" PRIu64 " and %" PRIu64 " rows", one->tables[index], rows,
                     other_rows);
    }
}

// What the pg_dump that fits both says of `nasty`, without what names the servers; its lines
// sorted, as rows have come into another order.
static char *
dump_command(const struct postgres_server *postgres, const char *bin, const char *options)
{
    return memory_format("PGPASSWORD=$(cat '%s/password') '%s/pg_dump' %s -h 127.0.0.1 -p %u -U "
                         "postgres nasty | grep -v -e '^-- Dumped ' -e 'restrict ' | LC_ALL=C sort "
                         ">'%s/dump'",
                         postgres->folder, bin, options, postgres->port, postgres->folder);
}

static void
assert_same_dumps(const struct postgres_server *one, const struct postgres_server *other,
                  const char *bin, const char *options)
{
    CLEAN(memory_free) char *first = dump_command(one, bin, options);
    CLEAN(memory_free) char *second = dump_command(other, bin, options);
    CLEAN(memory_free)
    char *command = memory_format("%s && %s && (diff '%s/dump' '%s/dump' | head -c 1000)", first,
                                  second, one->folder, other->folder);
    CLEAN(memory_free) char *difference = postgres_server_shell(command);
    assert_non_null(difference);
    if (*difference)
        fail_msg("the dumps differ: %s", difference);
}

static int
comes_after(const char *one, const char *other)
{
    char *end = NULL, *other_end = NULL;
    long long number = strtoll(one, &end, 10), other_number = strtoll(other, &other_end, 10);
    if (*one && *other && *end == '\0' && *other_end == '\0')
        return number > other_number;
    return strcmp(one, other) > 0;
}

// The cuts of one set as the next one is given them.
static size_t
cuts_of(void *self, const struct table_facts *table, const char *const **cuts)
{
    static const char *list[PARALLEL_PARTS_MAX];
    const struct parallel_sink *set = self;
    CLEAN(memory_free) char *name = memory_format("%s.%s", table->schema, table->name);
    size_t count = 0;
    for (size_t index = 0; index < set->part_count; index++) {
        if (strcmp(set->tables[set->parts[index].table - 1], name) == 0 && set->parts[index].low)
            list[count++] = set->parts[index].low;
    }
    // They came in the order in which they were read.
    for (size_t one = 0; one < count; one++) {
        for (size_t other = one + 1; other < count; other++) {
            const char *kept = list[one];
            if (comes_after(kept, list[other])) {
                list[one] = list[other];
                list[other] = kept;
            }
        }
    }
    *cuts = list;
    return count;
}

static int
has_cut(const struct parallel_sink *set, const char *table, const char *low)
{
    for (size_t index = 0; index < set->part_count; index++) {
        if (strcmp(set->tables[set->parts[index].table - 1], table) == 0 && set->parts[index].low &&
            strcmp(set->parts[index].low, low) == 0)
            return 1;
    }
    return 0;
}

static size_t
count_parts(const struct parallel_sink *set, const char *table)
{
    size_t count = 0;
    for (size_t index = 0; index < set->part_count; index++)
        count += strcmp(set->tables[set->parts[index].table - 1], table) == 0;
    return count;
}

// The number that the part's file was to have.
static uint32_t
number_of(const struct parallel_sink *set, size_t part)
{
    for (size_t index = 0; index < set->files.count; index++) {
        if (set->files.paths[index] == set->part_paths[part])
            return set->asked[index];
    }
    return 0;
}

// A table that grew gave no other one another number, and none has another's.
static void
assert_same_numbers(const struct parallel_sink *before, const struct parallel_sink *after)
{
    for (size_t part = 0; part < before->part_count; part++) {
        const char *table = before->tables[before->parts[part].table - 1];
        const char *low = before->parts[part].low;
        assert_true(number_of(before, part) > 0);
        for (size_t other = 0; other < after->part_count; other++) {
            int is_same = strcmp(table, after->tables[after->parts[other].table - 1]) == 0;
            const char *other_low = after->parts[other].low;
            int is_same_range = low && other_low ? strcmp(low, other_low) == 0 : low == other_low;
            int has_lows = low || count_parts(before, table) == 1;
            if (is_same && is_same_range && has_lows && strcmp(table, "data.by_several") != 0 &&
                strcmp(table, "data.by_text") != 0)
                if (number_of(before, part) != number_of(after, other))
                    fail_msg("the file of %s from %s has another number", table, low ? low : "");
            if (part != other && number_of(after, part) == number_of(after, other))
                assert_ptr_equal(after->part_paths[part], after->part_paths[other]);
        }
    }
}

static void
cuts_stay_and_new_ones_come_where_a_table_has_grown(void **state)
{
    (void)state;
    static struct parallel_sink before, after;
    struct error error = {0};
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *after_folder = folder_new();
    struct earlier earlier = {.self = &before, .cuts = cuts_of};
    struct backup_options options = {.earlier = &earlier};
    extract(&source, &before, folder);
    static const char *const split[] = {"data.by_integer", "data.dense",     "data.by_text",
                                        "data.by_uuid",    "data.by_bytes",  "data.by_decimal",
                                        "data.by_several", "data.by_nothing"};
    for (size_t index = 0; index < sizeof split / sizeof *split; index++)
        assert_true(count_parts(&before, split[index]) > 1);
    postgres_server_run(&source, "nasty",
                        "DELETE FROM data.by_uuid WHERE k < '10000000-0000-0000-0000-000000000000';"
                        "INSERT INTO data.by_text SELECT 'z' || md5(i::text) FROM "
                        "generate_series(1, 9000) AS i;"
                        "CREATE TABLE several AS SELECT * FROM data.by_several;"
                        "DELETE FROM data.by_several WHERE ctid >= '(1,0)' AND ctid < '(9,0)'");
    if (try_extract(&source, "nasty", &options, &after, after_folder, &error))
        fail_msg("%s", error.message);
    for (size_t index = 0; index < before.part_count; index++) {
        const char *table = before.tables[before.parts[index].table - 1];
        const char *low = before.parts[index].low;
        if ((strcmp(table, "data.by_uuid") == 0 || strcmp(table, "data.by_text") == 0 ||
             strcmp(table, "data.by_several") == 0) &&
            low)
            assert_true(has_cut(&after, table, low));
    }
    assert_int_equal(count_parts(&before, "data.by_several"),
                     count_parts(&after, "data.by_several"));
    assert_int_equal(count_parts(&before, "data.by_uuid"), count_parts(&after, "data.by_uuid"));
    assert_true(count_parts(&after, "data.by_text") > count_parts(&before, "data.by_text") + 2);
    uint64_t rows = 0;
    parallel_sink_sum(&after, "data.by_text", &rows);
    assert_true(rows > 13000);
    assert_same_numbers(&before, &after);
    postgres_server_run(&source, "nasty",
                        "DELETE FROM data.by_text WHERE k ~ '^z.{32}$';"
                        "TRUNCATE data.by_several; INSERT INTO data.by_several SELECT * FROM "
                        "several; DROP TABLE several");
    parallel_sink_end(&before);
    parallel_sink_end(&after);
}

static size_t
count_row_files(const struct parallel_sink *set)
{
    size_t count = 0;
    for (size_t file = 0; file < set->files.count; file++)
        count += strcmp(set->files.files[file].role, "data") == 0;
    return count;
}

// Of the database `cuts`, with the cuts of the set before, if there is one. No file is empty.
static void
extract_cuts(struct parallel_sink *set, struct parallel_sink *before, const char *folder)
{
    struct error error = {0};
    struct earlier earlier = {.self = before, .cuts = cuts_of};
    struct backup_options options = {.earlier = before ? &earlier : NULL};
    if (try_extract(&source, "cuts", &options, set, folder, &error))
        fail_msg("%s", error.message);
    for (size_t part = 0; part < set->part_count; part++) {
        if (set->parts[part].rows == 0)
            fail_msg("no row from %s on", set->parts[part].low);
    }
    for (size_t file = 0; file < set->files.count; file++) {
        size_t size = 0;
        CLEAN(memory_free) char *text = file_text(set->files.paths[file], &size);
        if (strcmp(set->files.files[file].role, "data") == 0 && !strstr(text, "COPY ") &&
            !strstr(text, "lo_put("))
            fail_msg("'%s' has nothing in it", set->files.paths[file]);
    }
}

static uint64_t
most_rows(const struct parallel_sink *set)
{
    uint64_t most = 0;
    for (size_t part = 0; part < set->part_count; part++)
        most = set->parts[part].rows > most ? set->parts[part].rows : most;
    return most;
}

// As many as there were, each with its bytes.
static size_t
count_same_files(const struct parallel_sink *one, const struct parallel_sink *other)
{
    size_t same = 0;
    for (size_t part = 0; part < one->part_count; part++) {
        size_t size = 0;
        CLEAN(memory_free) char *text = file_text(one->part_paths[part], &size);
        for (size_t at = 0; at < other->part_count; at++) {
            size_t other_size = 0;
            CLEAN(memory_free) char *other_text = file_text(other->part_paths[at], &other_size);
            same += size == other_size && memcmp(text, other_text, size) == 0;
        }
    }
    return same;
}

// Integer keys that are dense but for one, and large objects that are, too.
static void
fill_cuts(void)
{
    postgres_server_run(&source, "postgres", "CREATE DATABASE cuts");
    postgres_server_run(&source, "cuts",
                        "CREATE TABLE outlier AS SELECT i AS id, md5(i::text) || repeat('o', 70) "
                        "AS v FROM generate_series(1, 20000) AS i; INSERT INTO outlier VALUES "
                        "(1000000, ''); ALTER TABLE outlier ADD PRIMARY KEY (id); ANALYZE; SELECT "
                        "count(lo_from_bytea(n, 'x')) FROM generate_series(100, 160) AS n; SELECT "
                        "lo_from_bytea(3000000000, 'x')");
}

static void
integers_are_cut_where_rows_are_and_never_into_empty_files(void **state)
{
    (void)state;
    static struct parallel_sink first, next, grown, emptied;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *next_folder = folder_new();
    CLEAN(folder_destroy) char *grown_folder = folder_new();
    CLEAN(folder_destroy) char *emptied_folder = folder_new();
    fill_cuts();
    extract_cuts(&first, NULL, folder);
    assert_in_range(count_parts(&first, "public.outlier"), 8, 24);
    assert_in_range(most_rows(&first), 500, 2500);
    assert_in_range(count_row_files(&first) - first.part_count, 4, 17);  // 62 of 64 KiB

    // Statistics come and go, and say something else.
    postgres_server_run(&source, "cuts",
                        "SET default_statistics_target = 3; VACUUM (FREEZE, ANALYZE) outlier");
    extract_cuts(&next, &first, next_folder);
    assert_same_files(&first.files, &next.files);
    parallel_sink_end(&next);
    postgres_server_run(&source, "cuts",
                        "DELETE FROM pg_statistic WHERE starelid = 'outlier'::regclass");
    CLEAN(folder_destroy) char *bare_folder = folder_new();
    extract_cuts(&next, NULL, bare_folder);
    assert_same_files(&first.files, &next.files);

    postgres_server_run(&source, "cuts",
                        "INSERT INTO outlier SELECT i, md5(i::text) || repeat('o', 70) FROM "
                        "generate_series(1000001, 1020000) AS i");
    extract_cuts(&grown, &first, grown_folder);
    for (size_t part = 0; part < first.part_count; part++)
        assert_true(!first.parts[part].low ||
                    has_cut(&grown, "public.outlier", first.parts[part].low));
    assert_int_equal(count_same_files(&first, &grown), first.part_count - 1);
    assert_true(grown.part_count > first.part_count + 5);

    postgres_server_run(&source, "cuts",
                        "DELETE FROM outlier WHERE id < 9000 OR id > 1000010; VACUUM FULL outlier");
    extract_cuts(&emptied, &grown, emptied_folder);
    assert_in_range(emptied.part_count, 4, first.part_count - 2);
    parallel_sink_end(&first);
    parallel_sink_end(&next);
    parallel_sink_end(&grown);
    parallel_sink_end(&emptied);
    postgres_server_run(&source, "postgres", "DROP DATABASE cuts");
}

// However its tables were cut before.
static void
a_database_keeps_to_its_number_of_files(void **state)
{
    (void)state;
    static struct parallel_sink all, few, fewest;
    struct error error = {0};
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *few_folder = folder_new();
    CLEAN(folder_destroy) char *fewest_folder = folder_new();
    struct earlier earlier = {.self = &all, .cuts = cuts_of};
    struct backup_options options = {.earlier = &earlier};
    extract(&source, &all, folder);
    assert_true(count_row_files(&all) > 60);
    files_max = 50;
    if (try_extract(&source, "nasty", &options, &few, few_folder, &error))
        fail_msg("%s", error.message);
    assert_in_range(count_row_files(&few), 20, 50);
    assert_same_digests(&all, &few);
    files_max = 2;
    if (try_extract(&source, "nasty", &options, &fewest, fewest_folder, &error))
        fail_msg("%s", error.message);
    assert_int_equal(count_row_files(&fewest), 2);
    assert_same_digests(&all, &fewest);
    files_max = 0;
    parallel_sink_end(&all);
    parallel_sink_end(&few);
    parallel_sink_end(&fewest);
}

static void
what_a_policy_leaves_out_is_not_read(void **state)
{
    (void)state;
    static struct parallel_sink set;
    struct error error = {0};
    uint64_t rows = 0;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    struct backup_options options = {.selection = selection};
    struct server into = server_of(&target);
    assert_int_equal(
        selection_add(selection, SELECTION_EXCLUDE_TABLES, "nasty.data.identity", &error), 0);
    assert_int_equal(
        selection_add(selection, SELECTION_TABLES_WITHOUT_DATA, "nasty.data.by_*", &error), 0);
    if (try_extract(&source, "nasty", &options, &set, folder, &error))
        fail_msg("%s", error.message);
    parallel_sink_sum(&set, "data.by_text", &rows);
    assert_int_equal(rows, 0);
    parallel_sink_sum(&set, "data.identity", &rows);
    assert_int_equal(rows, 0);
    clear_target(&target);
    postgres_engine_restore(&into, toolbox, &set.files, 0);
    assert_true(postgres_server_says(&target, "nasty",
                                     "SELECT to_regclass('data.identity') IS NULL "
                                     "AND to_regclass('data.first_view') IS NULL "
                                     "AND NOT EXISTS (SELECT FROM data.by_text)",
                                     "t"));
    assert_true(postgres_server_says(&target, "nasty", "SELECT count(*) FROM data.dense", "10001"));
    parallel_sink_end(&set);
}

static void
two_sets_of_an_unchanged_database_are_the_same_bytes(void **state)
{
    (void)state;
    static struct parallel_sink one, other;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *other_folder = folder_new();
    extract(&source, &one, folder);
    extract(&source, &other, other_folder);
    assert_same_files(&one.files, &other.files);
    parallel_sink_end(&one);
    parallel_sink_end(&other);
}

static void
sparse_large_objects_make_no_more_files_than_their_sizes_ask_for(void **state)
{
    (void)state;
    enum { OBJECTS = 300, OBJECT_BYTES = 64 << 10 };
    static struct parallel_sink set;
    struct error error = {0};
    struct backup_options options = {0};
    CLEAN(folder_destroy) char *folder = folder_new();
    postgres_server_run(&source, "postgres", "CREATE DATABASE sparse TEMPLATE template0");
    postgres_server_run(&source, "sparse",
                        "SELECT count(lo_create((i * 7000003::bigint)::oid)) FROM "
                        "generate_series(1, 300) AS i \\g /dev/null");
    if (try_extract(&source, "sparse", &options, &set, folder, &error))
        fail_msg("%s", error.message);
    assert_in_range(count_of_group(&set, "data"), 2, OBJECTS * OBJECT_BYTES / RANGE_BYTES + 1);
    postgres_server_run(&source, "postgres", "DROP DATABASE sparse");
    parallel_sink_end(&set);
}

// A standby of the source, which it follows.
static void
start_standby(struct postgres_server *standby)
{
    memset(standby, 0, sizeof *standby);
    standby->folder = folder_new();
    standby->script = memory_copy_text(source.script);
    standby->password = memory_copy_text(source.password);
    standby->ca_path = memory_copy_text(source.ca_path);
    CLEAN(memory_free)
    char *command = memory_format(
        "chmod 755 '%1$s' && cp '%2$s/password' '%1$s/' && PGPASSWORD='%3$s' "
        "/usr/lib/postgresql/15/bin/pg_basebackup -h 127.0.0.1 -p %4$u -U postgres -c fast -R -D "
        "'%1$s/data' && if [ \"$(id -u)\" = 0 ]; then chown -R postgres: '%1$s/data'; fi && '%5$s' "
        "start '%1$s'",
        standby->folder, source.folder, source.password, source.port, source.script);
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    assert_non_null(said);
    CLEAN(memory_free) char *port = postgres_server_file(standby, "port");
    standby->port = (unsigned)strtoul(port, NULL, 10);
}

// Waits until the lag that a watch sees is above or (is_low) at most so many ms.
static void
await_lag(struct postgres_server *postgres, int64_t limit_ms, int is_low)
{
    struct error error = {0};
    struct throttle_sample sample;
    struct server server = server_of(postgres);
    const struct throttle_limits limits = {.at_most = {[THROTTLE_LAG] = 1}};
    const int ours[] = {1};
    CLEAN(postgres_watch_destroy) postgres_watch_t *watch = NULL;
    if (postgres_watch_open(&watch, &server, "nasty", &limits, &error) ||
        postgres_watch_begin(watch, ours, 1, &error))
        fail_msg("%s", error.message);
    for (int tries = 0; tries < 3000; tries++) {
        int taken = postgres_watch_take(watch, &sample, &error);
        int64_t lag_ms = taken > 0 ? sample.values[THROTTLE_LAG] : -1;
        assert_true(taken >= 0);
        if (lag_ms >= 0 && (is_low ? lag_ms <= limit_ms : lag_ms > limit_ms))
            return;
        poll(NULL, 0, 10);
    }
    fail_msg("no lag of %d ms is seen", (int)limit_ms);
}

static void
assert_lag_is_seen_on_both(struct postgres_server *standby)
{
    static const char write[] = "CREATE TABLE data.lagging (i integer); DROP TABLE data.lagging";
    postgres_server_run(standby, "nasty", "ALTER SYSTEM SET wal_receiver_status_interval = '1s'");
    postgres_server_run(standby, "nasty", "SELECT pg_reload_conf()");
    postgres_server_run(&source, "nasty", write);
    await_lag(standby, 0, 1);
    postgres_server_run(standby, "nasty", "SELECT pg_wal_replay_pause()");
    postgres_server_run(&source, "nasty", write);
    await_lag(standby, 700, 0);
    await_lag(&source, 700, 0);
    postgres_server_run(standby, "nasty", "SELECT pg_wal_replay_resume()");
    await_lag(standby, 0, 1);
}

static void
a_standby_gives_the_same_rows_but_those_it_does_not_have(void **state)
{
    (void)state;
    static struct parallel_sink here, there;
    struct postgres_server standby;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *standby_folder = folder_new();
    start_standby(&standby);
    extract(&source, &here, folder);
    extract(&standby, &there, standby_folder);
    assert_int_equal(there.table_count, here.table_count - 1);
    for (uint32_t index = 0; index < there.table_count; index++) {
        uint64_t rows = 0, other_rows = 0;
        struct row_sum sum = parallel_sink_sum(&there, there.tables[index], &rows);
        struct row_sum other = parallel_sink_sum(&here, there.tables[index], &other_rows);
        assert_int_equal(rows, other_rows);
        assert_true(sum.high == other.high && sum.low == other.low);
    }
    assert_non_null(strstr(there.files.notes, "point nasty snapshot 0/"));
    assert_non_null(strstr(there.files.notes, "left out rows of unlogged tables of database"));
    parallel_sink_end(&here);
    parallel_sink_end(&there);
    assert_lag_is_seen_on_both(&standby);
    postgres_server_stop(&standby);
}

// The script that a set of one database would have.
static char *
write_script(const struct parallel_sink *set)
{
    CLEAN(manifest_destroy) struct manifest *manifest = manifest_new();
    manifest->engine = memory_copy_text("postgres");
    for (size_t index = 0; index < set->files.count; index++) {
        const struct set_source_file *from = &set->files.files[index];
        size_t size = 0;
        CLEAN(memory_free) char *text = file_text(from->path, &size);
        struct manifest_file *file = manifest_add_file(manifest, strrchr(from->path, '/') + 1);
        file->role = memory_copy_text(from->role);
        file->object = memory_copy_text(from->object);
        file->loader = memory_copy_text(from->loader);
        file->load_into = memory_copy_text(from->load_into);
        file->group = memory_copy_text(from->group);
        digest_of(text, size, file->sha256);
    }
    for (uint32_t index = 0; index < set->table_count; index++) {
        struct manifest_table *table =
            manifest_add_table(manifest, set->schemas[index], set->names[index]);
        table->object = memory_copy_text("nasty");
        table->condition = memory_copy_text(set->conditions[index]);
    }
    for (size_t index = 0; index < set->part_count; index++) {
        struct manifest_part *part = manifest_add_part(manifest, NULL, NULL);
        part->table = set->parts[index].table;
        part->rows = set->parts[index].rows;
        part->file = manifest_file_number(strrchr(set->part_paths[index], '/') + 1);
    }
    manifest_sort(manifest);
    CLEAN(memory_free) char *script = script_print(manifest);
    return folder_write(set->files.folder, "restore.sh", 0600, script);
}

// What it says, with its status at the end; `edit` is of sed.
static char *
run_script(const struct postgres_server *into, const char *script, const char *edit)
{
    CLEAN(memory_free)
    char *command =
        memory_format("sed '%s' '%s' >'%s.edited' && PGPASSWORD=$(cat '%s/password') "
                      "RESTORE_JOBS=4 sh '%s.edited' -h 127.0.0.1 -p %u -U postgres 2>&1; echo "
                      "\"status $?\"; rm '%s.edited'",
                      edit, script, script, into->folder, script, into->port, script);
    return postgres_server_shell(command);
}

static void
assert_said(const char *said, const char *words)
{
    if (!said || !strstr(said, words))
        fail_msg("'%s' is not in: %s", words, said);
}

// Rows that a load's own answer says nothing of, and tables that have gone, are told by their
// names.
static void
assert_counts_what_is_there(struct postgres_server *into, const struct parallel_sink *set,
                            const char *script)
{
    static const char no_loads[] = "s/^in_parallel .*/:/; s/^load_psql .*/:/";
    uint64_t rows = 0;
    parallel_sink_sum(set, "data.by_nothing", &rows);
    CLEAN(memory_free)
    char *more = memory_format("nasty: data.by_nothing has %" PRIu64 " rows, not %" PRIu64 "\n",
                               rows + 2, rows);
    postgres_server_run(into, "nasty",
                        "CREATE TABLE data.before AS SELECT ctid AS place FROM data.by_nothing;"
                        "INSERT INTO data.by_nothing SELECT * FROM data.by_nothing LIMIT 2;"
                        "ALTER TABLE data.by_decimal RENAME TO elsewhere");
    CLEAN(memory_free) char *said = run_script(into, script, no_loads);
    assert_said(said, more);
    assert_said(said, "nasty: data.by_decimal is not there\n");
    assert_said(said, "\nfailed: (rows)\nstatus 2\n");
    postgres_server_run(into, "nasty",
                        "DELETE FROM data.by_nothing WHERE ctid NOT IN (SELECT place FROM "
                        "data.before); DROP TABLE data.before;"
                        "ALTER TABLE data.elsewhere RENAME TO by_decimal");
    CLEAN(memory_free) char *again = run_script(into, script, no_loads);
    assert_said(again, "status 0\n");
}

// What is hidden from the user of a restore is no loss: it is said, and no failure.
static void
assert_says_what_it_cannot_count(struct postgres_server *into, const char *script)
{
    static const char no_loads[] = "s/^in_parallel .*/:/; s/^load_psql .*/:/";
    postgres_server_run(into, "nasty",
                        "GRANT USAGE ON SCHEMA data TO lo_reader;"
                        "GRANT SELECT ON data.secret, data.dense TO lo_reader");
    setenv("PGOPTIONS", "-c role=lo_reader", 1);
    CLEAN(memory_free) char *said = run_script(into, script, no_loads);
    unsetenv("PGOPTIONS");
    assert_said(said, "nasty: data.secret is not counted: its row-level security hides rows from "
                      "this user\n");
    assert_said(said, "nasty: data.by_text is not counted: this user may not read it\n");
    assert_null(strstr(said, "data.dense"));
    assert_said(said, "status 0\n");
    postgres_server_run(into, "nasty",
                        "REVOKE USAGE ON SCHEMA data FROM lo_reader;"
                        "REVOKE SELECT ON data.secret, data.dense FROM lo_reader");
}

// An extension's table has a condition, in which anything may be.
static void
add_condition(struct parallel_sink *set)
{
    free(set->conditions[0]);
    set->conditions[0] = memory_copy_text("WHERE 'it\\' <> '' -- \n-- \\! touch PWNED :stripe");
}

static void
restore_by_script(struct postgres_server *into, struct parallel_sink *set)
{
    add_condition(set);
    CLEAN(memory_free) char *script = write_script(set);
    CLEAN(memory_free) char *said = run_script(into, script, "");
    assert_said(said, "counting rows of nasty\n");
    assert_said(said, "status 0\n");
    assert_counts_what_is_there(into, set, script);
    assert_says_what_it_cannot_count(into, script);
    CLEAN(memory_free) char *canary = memory_format("%s/PWNED", set->files.folder);
    assert_int_equal(access(canary, F_OK), -1);
    unlink(script);
}

// From one server into another of any version: digests are the same, and what the newer pg_dump
// says of both.
static void
assert_moves(struct postgres_server *from, struct postgres_server *into, const char *bin,
             const char *options, int by_script)
{
    static struct parallel_sink set, again;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *again_folder = folder_new();
    struct server server = server_of(into);
    clear_target(into);
    extract(from, &set, folder);
    assert_true(count_of_group(&set, "indexes") > 8);
    if (by_script)
        restore_by_script(into, &set);
    else
        postgres_engine_restore(&server, toolbox, &set.files, 0);
    extract(into, &again, again_folder);
    assert_same_digests(&set, &again);
    assert_same_dumps(from, into, bin, options);
    parallel_sink_end(&set);
    parallel_sink_end(&again);
}

static void
what_was_restored_is_the_same_by_pg_dump_and_by_digests(void **state)
{
    (void)state;
    assert_moves(&source, &target, "/usr/lib/postgresql/15/bin", "", 1);
}

// From version 18 on: a column marked NOT NULL which nobody has looked at has NULLs, in no range.
static void
assert_all_rows_of_no_valid_key(struct postgres_server *postgres)
{
    static struct parallel_sink set;
    CLEAN(folder_destroy) char *folder = folder_new();
    postgres_server_run(postgres, "nasty",
                        "CREATE TABLE data.unproven (k integer UNIQUE, filler text DEFAULT "
                        "repeat('u', 100));\n"
                        "INSERT INTO data.unproven SELECT NULLIF(i, i / 2 * 2) FROM "
                        "generate_series(1, 6000) AS i;\n"
                        "ALTER TABLE data.unproven ADD CONSTRAINT filled NOT NULL k NOT VALID;\n"
                        "ANALYZE data.unproven;\n");
    extract(postgres, &set, folder);
    uint64_t rows = 0;
    parallel_sink_sum(&set, "data.unproven", &rows);
    assert_int_equal(rows, 6000);
    parallel_sink_end(&set);
}

static void
a_set_of_13_goes_into_18(void **state)
{
    (void)state;
    struct postgres_server old = {0}, new = {0};
    CLEAN(memory_free) char *old_bin = start_major(13, &old);
    CLEAN(memory_free) char *new_bin = old_bin ? start_major(18, &new) : NULL;
    if (new_bin) {
        const char *const folders[] = {old_bin, new_bin, NULL};
        toolbox_destroy(&toolbox);
        toolbox = toolbox_new(folders);
        fill(&old);
        // The server prints definitions in other words then.
        assert_moves(&old, &new, new_bin, "--data-only", 0);
        // Everybody's since before version 15.
        assert_true(postgres_server_says(
            &new, "nasty", "SELECT has_schema_privilege('lo_reader', 'public', 'CREATE')", "t"));
        assert_all_rows_of_no_valid_key(&new);
    }
    postgres_server_stop(&old);
    postgres_server_stop(&new);
    if (!new_bin)
        skip();
}

// ---- memory

static int
pass_by(void *file, const void *data, size_t size, struct error *error)
{
    (void)file, (void)data, (void)size, (void)error;
    return 0;
}

// Of a table of a number and a text that consists of line ends and backslashes.
static struct row_sum
sum_of_long_rows(void)
{
    CLEAN(row_digest_destroy) row_digest_t *digest = row_digest_new();
    CLEAN(memory_free) char *text = memory_get(LONG_SIZE);
    memset(text, '\\', LONG_SIZE);
    for (size_t at = 1; at < LONG_SIZE; at += 2)
        text[at] = '\n';
    for (int row = 1; row <= LONG_ROWS; row++) {
        row_digest_integer(digest, row);
        row_digest_bytes(digest, ROW_TEXT, text, LONG_SIZE);
        row_digest_end_row(digest);
    }
    return row_digest_sum(digest);
}

// Their lines are twice as long.
static void
rows_of_32_mib_over_many_connections_stay_below_256_mib(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    static struct parallel_sink sink;
    struct backup_options options = {.connections = 12};
    struct error error = {0};
    uint64_t rows = 0;
    postgres_server_run(&source, "postgres", "CREATE DATABASE long");
    postgres_server_run(
        &source, "long",
        "CREATE TABLE texts AS SELECT i AS id, repeat(E'\\\\\\n', 16777216) AS v FROM "
        "generate_series(1, 8) AS i; ALTER TABLE texts ADD PRIMARY KEY (id); ANALYZE");
    sink_write = pass_by;
    peak_memory_begin();
    int status = try_extract(&source, "long", &options, &sink, folder, &error);
    long peak_mib = peak_memory_mib();
    sink_write = NULL;
    if (status)
        fail_msg("%s", error.message);
    if (peak_mib > LONG_MIB)
        fail_msg("%ld MiB", peak_mib);
    assert_true(sink.part_count >= 4);  // several sessions had some to read
    struct row_sum sum = parallel_sink_sum(&sink, "public.texts", &rows);
    struct row_sum wanted = sum_of_long_rows();
    assert_int_equal(rows, LONG_ROWS);
    assert_true(sum.high == wanted.high && sum.low == wanted.low);
    parallel_sink_end(&sink);
    postgres_server_run(&source, "postgres", "DROP DATABASE long");
}

static int
start(void **state)
{
    (void)state;
    toolbox = toolbox_new(NULL);
    // Tables that nobody changes keep their sizes, too.
    if (postgres_server_start(&source, "ssl=off autovacuum=off") ||
        postgres_server_start(&target, "ssl=off"))
        return -1;
    return fill(&source);
}

static int
stop(void **state)
{
    (void)state;
    postgres_server_stop(&source);
    postgres_server_stop(&target);
    toolbox_destroy(&toolbox);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_restored_is_the_same_by_pg_dump_and_by_digests),
        cmocka_unit_test(cuts_stay_and_new_ones_come_where_a_table_has_grown),
        cmocka_unit_test(a_database_keeps_to_its_number_of_files),
        cmocka_unit_test(integers_are_cut_where_rows_are_and_never_into_empty_files),
        cmocka_unit_test(two_sets_of_an_unchanged_database_are_the_same_bytes),
        cmocka_unit_test(what_a_policy_leaves_out_is_not_read),
        cmocka_unit_test(sparse_large_objects_make_no_more_files_than_their_sizes_ask_for),
        cmocka_unit_test(a_standby_gives_the_same_rows_but_those_it_does_not_have),
        cmocka_unit_test(rows_of_32_mib_over_many_connections_stay_below_256_mib),
        cmocka_unit_test(a_set_of_13_goes_into_18),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
