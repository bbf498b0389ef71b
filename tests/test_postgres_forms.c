// timeout: 300
// Rows read in COPY's binary form give the very files and digests that its text form gives, on each
// major version: values of every type at its edges and at random. 15 and 18, and with an argument
// 13, as the campaign of fidelity runs it, too. The same rows in MariaDB have the same digests.

#include "tests/mariadb_server.h"
#include "tests/parallel_sink.h"
#include "tests/postgres_engine.h"
#include "tests/postgres_major.h"
#include "worker/engine/postgres_extract.h"
#include "worker/engine/postgres_point.h"

static toolbox_t *toolbox;
static struct parallel_sink as_text, as_binary, other_rows;
static struct postgres_server fifteen;
static struct mariadb_server mariadb;

static struct server
server_of(const struct postgres_server *postgres)
{
    static char superuser[] = "postgres";
    struct server server = postgres_server_record(postgres, superuser, postgres->password);
    server.verify_tls = 0;
    return server;
}

static void
fill(const struct postgres_server *postgres)
{
    CLEAN(memory_free)
    char *command = memory_format("'%s' psql '%s' -d forms -o /dev/null -f "
                                  "'%s/data/postgres_forms.sql' 2>&1",
                                  postgres->script, postgres->folder, tests_folder);
    postgres_server_run(postgres, "postgres", "CREATE DATABASE forms TEMPLATE template0");
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    assert_non_null(said);
}

static void
extract(const struct postgres_server *postgres, char *name, enum postgres_choice choice,
        const char *folder, struct parallel_sink *sink)
{
    struct error error = {0};
    struct server server = server_of(postgres);
    struct backup_options options = {0};
    CLEAN(postgres_destroy) postgres_t *asked = NULL;
    const struct tool *pg_dump = NULL;
    struct postgres_database database = {.name = name};
    parallel_sink_begin(sink, folder);
    assert_int_equal(postgres_open(&asked, &server, "postgres", &error), 0);
    assert_int_equal(toolbox_find(toolbox, TOOL_PG_DUMP, "postgres",
                                  postgres_version(asked) / 10000, 0, &pg_dump, &error),
                     0);
    CLEAN(exclusions_destroy) exclusions_t *exclusions = exclusions_new(NULL, NAMES_AS_THEY_ARE);
    struct postgres_extract job = {.server = &server,
                                   .tool = pg_dump,
                                   .options = &options,
                                   .exclusions = exclusions,
                                   .sink = &sink->files.base,
                                   .range_bytes = 100000,
                                   .choice = choice};
    if (postgres_extract_database(&job, &database, &error))
        fail_msg("%s", error.message);
}

// The tables that were read in binary form, but for those that cannot be.
static void
assert_which(const struct postgres_server *postgres)
{
    static const char *const all[] = {"decimals", "floats", "in_pieces", "lists",       "moments",
                                      "numbers",  "others", "texts",     "without_rows"};
    struct error error = {0};
    struct server server = server_of(postgres);
    size_t found = 0;
    struct postgres_point point;
    assert_int_equal(postgres_point_take(&point, &server, "forms", 0, &error), 0);
    assert_int_equal(postgres_point_read(&point, &error), 0);
    assert_int_equal(
        postgres_types_read(&point.tables, point.snapshot.keeper, POSTGRES_AS_BINARY, &error), 0);
    for (size_t index = 0; index < point.tables.count; index++) {
        const struct postgres_table *table = &point.tables.list[index];
        if (!table->is_binary)
            assert_string_equal(table->table, "as_text");
        else
            assert_string_equal(table->table, all[found++]);
    }
    assert_int_equal(found, sizeof all / sizeof *all);
    postgres_point_release(&point);
}

static void
assert_same_digests(const struct parallel_sink *one, const struct parallel_sink *other)
{
    for (uint32_t index = 0; index < one->table_count; index++) {
        uint64_t rows = 0, other_count = 0;
        struct row_sum sum = parallel_sink_sum(one, one->tables[index], &rows);
        struct row_sum other_sum = parallel_sink_sum(other, one->tables[index], &other_count);
        assert_int_equal(rows, other_count);
        if (sum.high != other_sum.high || sum.low != other_sum.low)
            fail_msg("the digests of %s differ", one->tables[index]);
    }
}

static void
assert_same_by_both(struct postgres_server *postgres)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *other_folder = folder_new();
    char name[] = "forms";
    fill(postgres);
    assert_which(postgres);
    extract(postgres, name, POSTGRES_AS_TEXT, folder, &as_text);
    extract(postgres, name, POSTGRES_AS_BINARY, other_folder, &as_binary);
    assert_same_files(&as_text.files, &as_binary.files);
    assert_int_equal(as_text.part_count, as_binary.part_count);
    assert_same_digests(&as_text, &as_binary);
    parallel_sink_end(&as_text);
    parallel_sink_end(&as_binary);
}

static void
binary_rows_give_the_files_of_text_on_15(void **state)
{
    (void)state;
    if (postgres_server_start(&fifteen, "ssl=on"))
        skip();
    assert_same_by_both(&fifteen);
}

static void
extract_mariadb(const char *folder)
{
    static char user[] = "backup", password[] = "rows";
    struct error error = {0};
    struct backup_options options = {0};
    struct server server = mariadb_server_as(&mariadb, user, password);
    CLEAN(engine_destroy) engine_t *engine = NULL;
    parallel_sink_begin(&other_rows, folder);
    if (engine_open(&engine, "mysql", &server, toolbox, &error) ||
        engine_backup(engine, &options, &other_rows.files.base, &error))
        fail_msg("%s", error.message);
}

// The same statements fill the tables of both servers.
static void
fill_same(void)
{
    CLEAN(memory_free)
    char *command = memory_format("'%s' psql '%s' -d same -q -f '%s/data/same_rows_postgres.sql' "
                                  "-f '%s/data/same_rows.sql' 2>&1",
                                  fifteen.script, fifteen.folder, tests_folder, tests_folder);
    postgres_server_run(&fifteen, "postgres",
                        "CREATE DATABASE same TEMPLATE template0 ENCODING 'UTF8';\n"
                        "ALTER DATABASE same SET timezone = 'UTC';");
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    assert_non_null(said);
    mariadb_server_load(&mariadb, "data/same_rows_mariadb.sql");
    mariadb_server_load(&mariadb, "data/same_rows.sql");
}

static void
the_same_rows_in_mariadb_have_the_same_digests(void **state)
{
    (void)state;
    static const char options[] =
        "--skip-log-bin --default-time-zone=+00:00 --sql-mode=NO_BACKSLASH_ESCAPES";
    char name[] = "same";
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *other_folder = folder_new();
    CLEAN(folder_destroy) char *third_folder = folder_new();
    if (!fifteen.folder || mariadb_server_start(&mariadb, options))
        skip();
    fill_same();
    extract(&fifteen, name, POSTGRES_AS_TEXT, folder, &as_text);
    extract(&fifteen, name, POSTGRES_AS_BINARY, other_folder, &as_binary);
    extract_mariadb(third_folder);
    assert_int_equal(as_text.table_count, 4);
    assert_int_equal(other_rows.table_count, 4);
    assert_same_digests(&as_text, &other_rows);
    assert_same_digests(&as_binary, &other_rows);
    parallel_sink_end(&as_text);
    parallel_sink_end(&as_binary);
    parallel_sink_end(&other_rows);
}

static void
rows_in_latin1_have_the_digests_of_utf_8(void **state)
{
    (void)state;
    static const char rows[] =
        "SET client_encoding = 'UTF8'; CREATE TABLE words (id integer PRIMARY KEY, t text, c "
        "char(9), j json, a text[]); INSERT INTO words VALUES (1, 'größe', 'ö', '{\"ä\": 1}', "
        "'{ü}'), (2, repeat('é', 5000), 'plain', NULL, NULL);";
    char name[] = "utf8", latin[] = "latin1";
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *other_folder = folder_new();
    CLEAN(folder_destroy) char *third_folder = folder_new();
    if (!fifteen.folder)
        skip();
    postgres_server_run(&fifteen, "postgres",
                        "CREATE DATABASE utf8 TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';\n"
                        "CREATE DATABASE latin1 TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C';");
    postgres_server_run(&fifteen, name, rows);
    postgres_server_run(&fifteen, latin, rows);
    extract(&fifteen, name, POSTGRES_AS_TEXT, folder, &other_rows);
    extract(&fifteen, latin, POSTGRES_AS_TEXT, other_folder, &as_text);
    extract(&fifteen, latin, POSTGRES_AS_BINARY, third_folder, &as_binary);
    assert_int_equal(as_text.table_count, 1);
    assert_same_digests(&as_text, &other_rows);
    assert_same_digests(&as_binary, &other_rows);
    parallel_sink_end(&other_rows);
    parallel_sink_end(&as_text);
    parallel_sink_end(&as_binary);
}

static void
assert_on(unsigned major)
{
    struct postgres_server postgres = {0};
    CLEAN(memory_free) char *bin = start_major(major, &postgres);
    if (!bin) {
        postgres_server_stop(&postgres);
        skip();
    }
    const char *const folders[] = {bin, NULL};
    toolbox_destroy(&toolbox);
    toolbox = toolbox_new(folders);
    assert_same_by_both(&postgres);
    postgres_server_stop(&postgres);
}

static void
binary_rows_give_the_files_of_text_on_13(void **state)
{
    (void)state;
    assert_on(13);
}

static void
binary_rows_give_the_files_of_text_on_18(void **state)
{
    (void)state;
    assert_on(18);
}

static int
start(void **state)
{
    (void)state;
    toolbox = toolbox_new(NULL);
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    mariadb_server_stop(&mariadb);
    postgres_server_stop(&fifteen);
    toolbox_destroy(&toolbox);
    return 0;
}

int
main(int count, char **arguments)
{
    (void)arguments;
    const struct CMUnitTest old[] = {cmocka_unit_test(binary_rows_give_the_files_of_text_on_13)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binary_rows_give_the_files_of_text_on_15),
        cmocka_unit_test(the_same_rows_in_mariadb_have_the_same_digests),
        cmocka_unit_test(rows_in_latin1_have_the_digests_of_utf_8),
        cmocka_unit_test(binary_rows_give_the_files_of_text_on_18),
    };
    if (count > 1)
        return cmocka_run_group_tests(old, start, stop);
    return cmocka_run_group_tests(tests, start, stop);
}
