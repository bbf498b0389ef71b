// What our own reader of MySQL and MariaDB writes is the same by any way that it is read, and in
// the next night, and so are digests whatever text is stored in. timeout: 120

#include <sys/stat.h>

#include "tests/mysql_reader_scene.h"
#include "tests/parallel_sink.h"
#include "worker/engine/row_digest.h"

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
        "0), (7, 1.4e-45, 8388608.5, 2.2250738585072014e-308, 0, 0, 0, 0, 0, 0, 0, 0); "
        "ALTER TABLE odd.numbers ADD more LONGTEXT; "
        // Smaller ones are read by text in any case.
        "UPDATE odd.numbers SET more = REPEAT('more ', 60000); ANALYZE TABLE odd.numbers");
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

// ---- edges

// An extract, and the cuts that it gives to the next one.
struct night {
    struct parallel_sink sink;
    const char *cuts[PARALLEL_PARTS_MAX];
    size_t cut_count;
};

static int
compare_places(const void *one, const void *other)
{
    const size_t *a = one, *b = other;
    return *a < *b ? -1 : *a > *b;
}

// The number of the part's file and its place in the list, so that the numbers' order is the
// parts'.
static size_t
find_parts(const struct parallel_sink *sink, const char *table, size_t places[256])
{
    size_t count = 0;
    for (size_t i = 0; i < sink->part_count; i++) {
        if (strcmp(sink->tables[sink->parts[i].table - 1], table) == 0) {
            assert_true(count < 256);
            places[count++] = (size_t)sink->part_numbers[i] * PARALLEL_PARTS_MAX + i;
        }
    }
    qsort(places, count, sizeof *places, compare_places);
    return count;
}

static size_t
cuts_of(void *self, const struct table_facts *table, const char *const **cuts)
{
    struct night *night = self;
    size_t places[256], first = night->cut_count;
    CLEAN(memory_free) char *name = memory_format("%s.%s", table->schema, table->name);
    size_t count = find_parts(&night->sink, name, places);
    for (size_t i = 1; i < count; i++)
        night->cuts[night->cut_count++] = night->sink.parts[places[i] % PARALLEL_PARTS_MAX].low;
    *cuts = &night->cuts[first];
    return night->cut_count - first;
}

static void
read_night(struct night *night, const char *folder, const struct earlier *earlier,
           uint64_t files_max)
{
    struct server server = as_backup(&world.source);
    struct error error = {0};
    const struct backup_options options = {
        .connections = 3, .range_bytes = 256 << 10, .earlier = earlier, .files_max = files_max};
    night->cut_count = 0;
    parallel_sink_begin(&night->sink, folder);
    if (extract(&server, &options, &night->sink.files, &error))
        fail_msg("%s", error.message);
}

#define EDGES(name, columns, key, values) \
    "CREATE TABLE edges." name " (" columns ", t TEXT, PRIMARY KEY (" key ")); " \
    "INSERT INTO edges." name " SELECT " values ", REPEAT('x', 900) FROM seq_1_to_2000; "

static void
fill_edges(void)
{
    mariadb_server_tell(
        &world.source,
        "CREATE DATABASE edges; USE edges; " EDGES("uuids", "k UUID", "k",
                                                   "INSERT(MD5(seq), 13, 1, '4')")
            EDGES("addresses", "k INET6", "k", "CONCAT(HEX(seq * 32), '::1')") EDGES(
                "dates", "k DATE", "k",
                "'0999-12-31' + INTERVAL seq * 999 DAY") EDGES("decimals", "k DECIMAL(12,3)", "k",
                                                               "(CAST(seq AS SIGNED) - 1000) * 1.5")
                EDGES("names", "k VARCHAR(40) COLLATE utf8mb4_general_ci", "k",
                      "CONCAT(CHAR(65 + seq % 26 + 32 * (seq % 2)), '\xc3\xa4', seq)")
                    EDGES(
                        "pairs", "a INT, b VARBINARY(9)", "a, b",
                        "0 - CAST(seq % 2 AS SIGNED), CONCAT(',', seq)") "ANALYZE TABLE uuids, "
                                                                         "addresses, dates, "
                                                                         "decimals, names, pairs");
}

// All cuts of the first night are those of the second, too, with the same rows between them and the
// same number of the first file.
static void
assert_kept(const struct night *first, const struct night *second, const char *table, int has_grown)
{
    size_t before[256], after[256], now = 0;
    size_t count = find_parts(&first->sink, table, before);
    size_t new_count = find_parts(&second->sink, table, after);
    // What the server guesses of a range may let it be cut once more.
    if (count < 4 || new_count < count + (size_t)has_grown || (!has_grown && new_count > 2 * count))
        fail_msg("%s has %zu parts, then %zu", table, count, new_count);
    assert_int_equal(before[0] / PARALLEL_PARTS_MAX, after[0] / PARALLEL_PARTS_MAX);
    for (size_t part = 0; part < count; part++) {
        const struct file_part *old = &first->sink.parts[before[part] % PARALLEL_PARTS_MAX];
        const struct file_part *new = NULL;
        do {
            if (now == new_count)
                fail_msg("%s is not cut at %s any more", table, old->low);
            new = &second->sink.parts[after[now++] % PARALLEL_PARTS_MAX];
        } while (old->low && (!new->low || strcmp(old->low, new->low) != 0));
        if (old->high && new->high && strcmp(old->high, new->high) == 0 &&
            memcmp(&old->digest, &new->digest, sizeof old->digest) != 0)
            fail_msg("%s has other rows from %s on", table, old->low);
    }
}

static size_t
count_row_files(const struct parallel_sink *set)
{
    size_t count = 0;
    for (size_t file = 0; file < set->files.count; file++)
        count += strcmp(set->files.files[file].role, "rows") == 0;
    return count;
}

// However the tables were cut before.
static void
assert_few_files(const struct earlier *earlier, size_t most, const char *const *tables,
                 size_t count)
{
    static struct night few;
    CLEAN(folder_destroy) char *folder = folder_new();
    read_night(&few, folder, earlier, most);
    assert_in_range(count_row_files(&few.sink), 1, most);
    for (size_t i = 0; i < count; i++) {
        uint64_t rows = 0;
        parallel_sink_sum(&few.sink, tables[i], &rows);
        assert_int_equal(rows, strcmp(tables[i], "edges.decimals") == 0 ? 4000 : 2000);
    }
    parallel_sink_end(&few.sink);
}

static void
edges_of_every_type_stay_and_so_do_the_numbers_of_files(void **state)
{
    (void)state;
    static const char *const tables[] = {"edges.uuids",    "edges.addresses", "edges.dates",
                                         "edges.decimals", "edges.names",     "edges.pairs"};
    static struct night first, second;
    CLEAN(folder_destroy) char *first_folder = folder_new();
    CLEAN(folder_destroy) char *second_folder = folder_new();
    fill_edges();
    read_night(&first, first_folder, NULL, 0);
    // Rows at the end of one table, and a table more.
    mariadb_server_tell(&world.source,
                        "USE edges; INSERT INTO decimals SELECT 10000 + seq, REPEAT('y', 900) FROM "
                        "seq_1_to_2000; CREATE TABLE a LIKE dates; INSERT INTO a SELECT * FROM "
                        "dates; ANALYZE TABLE decimals, a");
    struct earlier earlier = {.self = &first, .cuts = cuts_of};
    read_night(&second, second_folder, &earlier, 0);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        uint64_t rows = 0;
        assert_kept(&first, &second, tables[i], strcmp(tables[i], "edges.decimals") == 0);
        parallel_sink_sum(&first.sink, tables[i], &rows);
        assert_int_equal(rows, 2000);
    }
    parallel_sink_end(&second.sink);
    assert_few_files(&earlier, count_row_files(&first.sink) / 2, tables, 6);
    assert_few_files(&earlier, 1, tables, 6);
    parallel_sink_end(&first.sink);
    mariadb_server_tell(&world.source, "DROP DATABASE edges");
}

// ---- the digest

// Texts that other tables have, too, in each character set, and each byte that is a character in
// it, beside the same in UTF-8.
static void
fill_charsets(void)
{
    mariadb_server_tell(
        &world.source,
        "CREATE DATABASE charsets; USE charsets; SET sql_mode = '';\nDELIMITER //\n"
        "CREATE TABLE some (id INT PRIMARY KEY, v VARCHAR(200)) DEFAULT CHARSET utf8mb4//\n"
        "INSERT INTO some VALUES (1, NULL), (2, ''), (3, 'plain'), (4, '\u00e4\u00f6\u00fc \u00df "
        "\u00ff'), (5, '\u03a9\u043c\u0438\u0440'), (6, '\u6f22\u5b57 \u304b\u306a "
        "\ud55c\uae00'), (7, '\U0001f600'), (8, REPEAT('\u00ff \u6f22\U0001f600', 30))//\n"
        "BEGIN NOT ATOMIC DECLARE cs VARCHAR(64); FOR one IN (SELECT character_set_name, maxlen "
        "FROM "
        "information_schema.character_sets WHERE character_set_name NOT LIKE 'utf8%' AND "
        "character_set_name <> 'binary') DO SET cs = one.character_set_name; "
        "EXECUTE IMMEDIATE CONCAT('CREATE TABLE its_', cs, ' (id INT PRIMARY KEY, v TEXT) "
        "DEFAULT CHARSET ', cs); "
        "EXECUTE IMMEDIATE CONCAT('INSERT IGNORE INTO its_', cs, ' SELECT * FROM some'); "
        "IF one.maxlen = 1 THEN EXECUTE IMMEDIATE CONCAT('INSERT INTO its_', cs, ' SELECT * "
        "FROM (SELECT 1000 + seq, CONVERT(UNHEX(LPAD(HEX(seq), 2, ''0'')) USING ', cs, ') AS "
        "c FROM seq_0_to_255) AS s WHERE CONVERT(c USING utf8mb4) <> ''?'' OR HEX(c) = ''3F'''); "
        "END IF; "
        "EXECUTE IMMEDIATE CONCAT('CREATE TABLE as_', cs, ' (id INT PRIMARY KEY, v TEXT) "
        "DEFAULT CHARSET utf8mb4'); "
        "EXECUTE IMMEDIATE CONCAT('INSERT INTO as_', cs, ' SELECT id, CONVERT(v USING "
        "utf8mb4) FROM its_', cs); END FOR; END//\n"
        "CREATE TABLE holes (v VARCHAR(9)) DEFAULT CHARSET ascii//\n"
        "INSERT INTO holes VALUES (CONVERT(x'61FF62' USING ascii))//\n"
        "CREATE TABLE as_bytes (v VARBINARY(9))//\n"
        "INSERT INTO as_bytes VALUES (x'61FF62')//");
}

static struct row_sum
sum_of(const struct parallel_sink *sink, const char *table)
{
    uint64_t rows = 0;
    CLEAN(memory_free) char *name = memory_format("charsets.%s", table);
    return parallel_sink_sum(sink, name, &rows);
}

static int
is_same(const struct parallel_sink *sink, const char *one, const char *other)
{
    struct row_sum a = sum_of(sink, one), b = sum_of(sink, other);
    return a.high == b.high && a.low == b.low;
}

// Those that are not known are told by name, and only those.
static size_t
assert_same_digests(const struct parallel_sink *sink)
{
    static const char unknown[] = "big5 gbk gb2312 gb18030 sjis cp932 ujis eucjpms euckr";
    static const char prefix[] = "charsets.its_";
    size_t count = 0;
    for (size_t i = 0; i < sink->table_count; i++) {
        if (strncmp(sink->tables[i], prefix, sizeof prefix - 1) != 0)
            continue;
        const char *charset = sink->tables[i] + sizeof prefix - 1;
        CLEAN(memory_free) char *its = memory_format("its_%s", charset);
        CLEAN(memory_free) char *as = memory_format("as_%s", charset);
        CLEAN(memory_free) char *told = memory_format("`.`v`: charset %s", charset);
        int is_unknown = strstr(unknown, charset) != NULL;
        if (is_same(sink, its, as) == is_unknown ||
            (strstr(sink->files.notes, told) != NULL) != is_unknown)
            fail_msg("%s: %s", charset, sink->files.notes);
        count += !is_unknown;
    }
    return count;
}

static size_t
count_line_files(const struct file_sink *sink)
{
    size_t count = 0;
    for (size_t i = 0; i < sink->count; i++)
        count += sink->files[i].loader && strcmp(sink->files[i].loader, "load-data") == 0;
    return count;
}

static void
assert_digests_of_charsets(uint64_t range_bytes)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    static struct parallel_sink sink;
    struct server server = as_backup(&world.source);
    struct error error = {0};
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    assert_int_equal(selection_add(selection, SELECTION_INCLUDE_SCHEMAS, "charsets", &error), 0);
    const struct backup_options options = {
        .connections = 3, .range_bytes = range_bytes, .selection = selection};
    CLEAN(engine_destroy) engine_t *engine = open_reader(&server);
    parallel_sink_begin(&sink, folder);
    if (engine_backup(engine, &options, &sink.files.base, &error))
        fail_msg("%s", error.message);
    assert_true(assert_same_digests(&sink) > 25);
    assert_true(count_line_files(&sink.files) >= (range_bytes > 0 ? 50 : 0));
    // What is no text is bytes.
    assert_true(is_same(&sink, "holes", "as_bytes"));
    parallel_sink_end(&sink);
}

static void
text_has_one_digest_in_any_character_set(void **state)
{
    (void)state;
    fill_charsets();
    assert_digests_of_charsets(0);
    assert_digests_of_charsets(16 << 10);  // as lines
    mariadb_server_tell(&world.source, "DROP DATABASE charsets");
}

// ---- long values

// No statement could carry much longer ones.
static void
what_old_statistics_call_small_comes_as_lines(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    static struct parallel_sink sink;
    struct server server = as_backup(&world.source);
    struct error error = {0};
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    assert_int_equal(selection_add(selection, SELECTION_INCLUDE_SCHEMAS, "stale", &error), 0);
    const struct backup_options options = {.connections = 3, .selection = selection};
    mariadb_server_tell(&world.source,
                        "GRANT PROCESS ON *.* TO backup@'%'; CREATE DATABASE stale; CREATE TABLE "
                        "stale.t (id INT PRIMARY KEY, v "
                        "LONGBLOB) STATS_PERSISTENT = 1, STATS_AUTO_RECALC = 0; ANALYZE TABLE "
                        "stale.t; INSERT INTO stale.t VALUES (1, REPEAT('x', 10000000))");
    CLEAN(memory_free)
    char *small = mariadb_server_ask(&world.source, "SELECT data_length < 1000000 FROM "
                                                    "information_schema.tables WHERE "
                                                    "table_schema = 'stale'");
    assert_string_equal(small, "1\n");
    CLEAN(engine_destroy) engine_t *engine = open_reader(&server);
    parallel_sink_begin(&sink, folder);
    if (engine_backup(engine, &options, &sink.files.base, &error))
        fail_msg("%s", error.message);
    assert_int_equal(count_line_files(&sink.files), 1);
    parallel_sink_end(&sink);
    mariadb_server_tell(&world.source,
                        "DROP DATABASE stale; REVOKE PROCESS ON *.* FROM backup@'%'");
}

// ---- all

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_prepares_nothing_gives_the_same_bytes),
        cmocka_unit_test(edges_of_every_type_stay_and_so_do_the_numbers_of_files),
        cmocka_unit_test(text_has_one_digest_in_any_character_set),
        cmocka_unit_test(what_old_statistics_call_small_comes_as_lines),
    };
    if (mariadb_server_is_missing())
        return 77;
    return cmocka_run_group_tests(tests, start_source, stop_servers);
}
