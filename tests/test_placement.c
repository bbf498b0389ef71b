#include <string.h>

#include "coordinator/placement.h"
#include "tests/check.h"

static Wire__Tool mysqldump = WIRE__TOOL__INIT;
static Wire__Tool mariadb_dump = WIRE__TOOL__INIT;
static Wire__Tool pg_dump = WIRE__TOOL__INIT;
static Wire__Tool *tools[] = {&mysqldump, &mariadb_dump, &pg_dump};
static Wire__Store store = WIRE__STORE__INIT;
static Wire__Store *stores[] = {&store};
static Wire__Ready worker = WIRE__READY__INIT;

static int
set_up(void **state)
{
    (void)state;
    mysqldump.name = "mysqldump";
    mysqldump.major = 8;
    mariadb_dump.name = "mariadb-dump";
    mariadb_dump.major = 10;
    pg_dump.name = "pg_dump";
    pg_dump.major = 15;
    store.identity = "boostfs:dd1:/su1";
    worker.tools = tools;
    worker.n_tools = 3;
    worker.stores = stores;
    worker.n_stores = 1;
    worker.n_labels = 0;
    return 0;
}

static int
fits(const char *engine, unsigned major, const char *tool, char reason[PLACEMENT_REASON_SIZE])
{
    struct placement_need need = {.store = "", .engine = engine, .tool = tool, .major = major};
    return placement_fits(&need, &worker, reason);
}

static void
a_newer_server_needs_a_newer_pg_dump_and_the_reason_says_which(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    assert_true(fits("postgres", 13, "", reason));
    assert_true(fits("postgres", 15, "", reason));
    assert_false(fits("postgres", 16, "", reason));
    assert_string_equal(reason, "it has no pg_dump 16 or newer");
}

static void
a_tool_for_other_engines_is_named(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    assert_true(fits("postgres", 15, "pg_dump", reason));
    assert_false(fits("postgres", 15, "mysqldump", reason));
    assert_string_equal(reason, "the tool 'mysqldump' does not read the engine 'postgres'");
}

static void
mysql_8_is_not_given_to_a_worker_with_only_mariadbs_tool(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    worker.tools = tools + 1;
    worker.n_tools = 2;
    assert_false(fits("mysql", 8, "", reason));
    assert_string_equal(reason, "it has no mysqldump 8.0 or newer");
    assert_true(fits("mysql", 5, "", reason));
    assert_true(fits("mariadb", 10, "", reason));
}

static void
our_own_reader_of_postgres_needs_a_pg_dump_of_any_fitting_version(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    char engine[] = "postgres", version[] = "15.3", tool[] = "postgres", other[] = "mariadb";
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    Wire__Server server = WIRE__SERVER__INIT;
    struct placement_need need;
    server.engine = engine;
    server.version = version;
    backup.source = &server;
    backup.store = NULL;
    backup.tool = tool;
    run.task_case = WIRE__RUN__TASK_BACKUP;
    run.backup = &backup;
    placement_of(&run, &need);
    assert_true(placement_fits(&need, &worker, reason));
    server.engine = other;
    placement_of(&run, &need);
    assert_false(placement_fits(&need, &worker, reason));
    assert_string_equal(reason, "the tool 'postgres' does not read the engine 'mariadb'");
}

static void
mariadb_is_not_given_to_a_worker_with_only_oracles_tool(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    worker.n_tools = 1;
    assert_false(fits("mariadb", 10, "", reason));
}

static void
an_older_tool_is_not_given_a_newer_server(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    struct placement_need need = {.engine = "mariadb", .tool = "", .major = 11, .minor = 4};
    assert_false(placement_fits(&need, &worker, reason));
    assert_string_equal(reason, "it has no mariadb-dump 11.4 or newer");
    need.major = 10;
    need.minor = 11;
    mariadb_dump.minor = 6;
    assert_false(placement_fits(&need, &worker, reason));
    mariadb_dump.minor = 11;
    assert_true(placement_fits(&need, &worker, reason));
}

static void
mysql_8_is_loaded_by_its_own_client_only(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    struct placement_need need = {.engine = "mysql", .tool = "", .major = 8, .loads = 1};
    mysqldump.name = "mariadb";
    assert_false(placement_fits(&need, &worker, reason));
    assert_string_equal(reason, "it has no mysql");
    need.major = 5;
    assert_true(placement_fits(&need, &worker, reason));
}

static void
a_named_tool_must_be_there(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    assert_true(fits("mysql", 5, "mariadb-dump", reason));
    assert_false(fits("mysql", 5, "other", reason));
}

static void
a_worker_without_the_store_does_not_fit(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    struct placement_need need = {.store = "boostfs:dd2:/su9", .tool = ""};
    assert_false(placement_fits(&need, &worker, reason));
    assert_non_null(strstr(reason, "boostfs:dd2:/su9"));
    need.store = "boostfs:dd1:/su1";
    assert_true(placement_fits(&need, &worker, reason));
    need.store = "";
    worker.n_stores = 0;
    assert_false(placement_fits(&need, &worker, reason));
}

static Wire__Label region = WIRE__LABEL__INIT;
static Wire__Label network = WIRE__LABEL__INIT;
static Wire__Label *labels[] = {&region, &network};

static void
give_labels(void)
{
    region.key = "region";
    region.value = "eu-west-1";
    network.key = "network";
    network.value = "DMZ";
    worker.labels = labels;
    worker.n_labels = 2;
}

static void
a_worker_must_have_the_labels_and_the_reason_says_which_it_has(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    struct placement_need need = {.tool = "", .labels = {{"region", "eu-*", 0}}, .label_count = 1};
    give_labels();
    assert_true(placement_fits(&need, &worker, reason));
    need.labels[1] = (struct placement_label){"network", "dmz", 0};
    need.label_count = 2;
    assert_true(placement_fits(&need, &worker, reason));
    need.labels[0].pattern = "eu-central-1";
    assert_false(placement_fits(&need, &worker, reason));
    assert_string_equal(reason, "its label 'region' is 'eu-west-1', not 'eu-central-1'");
    assert_int_equal(placement_nearness(&need, &worker), 2);
    need.labels[0] = (struct placement_label){"rack", "7", 0};
    assert_false(placement_fits(&need, &worker, reason));
    assert_string_equal(reason, "it has no label 'rack', which is to be '7'");
}

static void
a_label_that_is_preferred_is_counted_and_not_needed(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    struct placement_need need = {
        .tool = "", .labels = {{"rack", "7", 1}, {"network", "d*", 1}}, .label_count = 2};
    give_labels();
    assert_true(placement_fits(&need, &worker, reason));
    assert_int_equal(placement_preference(&need, &worker), 1);
}

static void
a_need_is_read_as_it_was_printed(void **state)
{
    (void)state;
    char text[PLACEMENT_TEXT_SIZE], again[PLACEMENT_TEXT_SIZE], copy[PLACEMENT_TEXT_SIZE];
    struct placement_need read, need = {.store = "",
                                        .engine = "mysql",
                                        .tool = "",
                                        .major = 8,
                                        .minor = 4,
                                        .labels = {{"region", "x", 0}, {"rack", "", 1}},
                                        .label_count = 2};
    placement_print(&need, 1, text);
    memcpy(copy, text, sizeof copy);
    assert_int_equal(placement_read(copy, &read), 1);
    placement_print(&read, 1, again);
    assert_string_equal(again, text);
    assert_int_equal(read.label_count, 2);
    assert_string_equal(read.labels[1].name, "rack");
    assert_true(read.labels[1].is_preferred);
    need.labels[1].is_preferred = 0;
    placement_print(&need, 1, again);
    assert_string_not_equal(again, text);
    need.label_count = 0;
    need.avoided = "w1";
    placement_print(&need, 1, text);
    assert_int_equal(placement_read(text, &read), 1);
    assert_string_equal(read.avoided, "w1");
    assert_int_equal(read.label_count, 0);
    assert_string_equal(read.tool, "");
}

// Each text as long as it may be, and as many labels.
static void
the_longest_need_has_room(void **state)
{
    (void)state;
    char name[64] = "", pattern[256] = "", identity[256] = "", text[PLACEMENT_TEXT_SIZE];
    memset(name, 'n', sizeof name - 1);
    memset(pattern, 'p', sizeof pattern - 1);
    memset(identity, 's', sizeof identity - 1);
    struct placement_need read, need = {.store = identity,
                                        .engine = "mysql",
                                        .tool = "mariadb-dump",
                                        .label_count = PLACEMENT_LABELS_MAX};
    for (size_t index = 0; index < PLACEMENT_LABELS_MAX; index++)
        need.labels[index] = (struct placement_label){name, pattern, 1};
    placement_print(&need, 0, text);
    placement_read(text, &read);
    assert_int_equal(read.label_count, PLACEMENT_LABELS_MAX);
    assert_string_equal(read.labels[PLACEMENT_LABELS_MAX - 1].pattern, pattern);
}

static void
an_unknown_engine_fits_nowhere(void **state)
{
    (void)state;
    char reason[PLACEMENT_REASON_SIZE] = "";
    assert_false(fits("oracle", 19, "", reason));
    assert_string_equal(reason, "no tool reads the engine 'oracle'");
}

static void
versions_are_read_as_servers_print_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned major, minor;
    } cases[] = {{"15.4", 15, 4},  {"8.0.36-log", 8, 0}, {"10.11.6-MariaDB", 10, 11},
                 {"16", 16, 0},    {"", 0, 0},           {"unknown", 0, 0},
                 {"99999.1", 0, 0}};
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        unsigned major = 1, minor = 1;
        placement_version(cases[index].text, &major, &minor);
        assert_int_equal(major, cases[index].major);
        assert_int_equal(minor, cases[index].minor);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_tool_for_other_engines_is_named),
        TEST(a_newer_server_needs_a_newer_pg_dump_and_the_reason_says_which),
        TEST(mysql_8_is_not_given_to_a_worker_with_only_mariadbs_tool),
        TEST(our_own_reader_of_postgres_needs_a_pg_dump_of_any_fitting_version),
        TEST(mariadb_is_not_given_to_a_worker_with_only_oracles_tool),
        TEST(an_older_tool_is_not_given_a_newer_server),
        TEST(mysql_8_is_loaded_by_its_own_client_only),
        TEST(a_named_tool_must_be_there),
        TEST(a_worker_without_the_store_does_not_fit),
        TEST(an_unknown_engine_fits_nowhere),
        TEST(a_worker_must_have_the_labels_and_the_reason_says_which_it_has),
        TEST(a_label_that_is_preferred_is_counted_and_not_needed),
        TEST(a_need_is_read_as_it_was_printed),
        TEST(the_longest_need_has_room),
        TEST(versions_are_read_as_servers_print_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
