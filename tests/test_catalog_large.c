// timeout: 240
// A catalog of many databases and nights: no list looks at more than it must, and how fast pages
// and batches come is printed. The bounds, in steps of SQLite's machine, are far above what is
// measured, and far below what a list takes that reads a whole table. Of servers the plans are
// looked at.

#include "coordinator/catalog/catalog.h"

#include <sqlite3.h>
#include <time.h>

#include "coordinator/catalog/list.h"
#include "tests/check_catalog.h"

enum { NIGHTS = 5, NAMES = 1000, PAGE = 100 };

// Steps: of a page alone; of one look at each database, or each job of a run; of a look at all that
// is known of each database; of a job in the working set. A job costs some ten to read.
enum { FEW = 80000, SOME = 1000000, MANY = 6000000, EACH = 200 };

// SQLite's catalog is larger: the servers have other work on this host.
static int64_t databases;

static int64_t
now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
add_many_databases(catalog_t *catalog)
{
    batch_t *batch = batch_new();
    for (int64_t id = 1; id <= databases; id++) {
        CLEAN(memory_free) char *name = memory_format("shop-%" PRId64, id % NAMES);
        batch_unit(batch);
        add_database(batch, id, name, 1);
    }
    apply_all(catalog, &batch);
}

// A run of all databases, of which one in a hundred fails; the last night is under way.
static void
add_full_night(catalog_t *catalog, int64_t night)
{
    int is_last = night == NIGHTS;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_run(batch, night, "backup");
    for (int64_t database = 1; database <= databases; database++) {
        int64_t id = (night - 1) * databases + database;
        int has_failed = database % 100 == 0;
        batch_unit(batch);
        add_job(batch, id, night, database);
        if (is_last && database % 2)
            continue;
        start_job(batch, id, 1);
        end_job(batch, id, 1, has_failed ? "failed" : "succeeded", has_failed ? 0 : id);
        if (!has_failed)
            add_set(batch, id, database, id, id);
    }
    batch_unit(batch);
    if (!is_last)
        end_run(batch, night, databases - databases / 100, databases / 100, 0);
    apply_all(catalog, &batch);
}

// Servers count their rows by themselves, but some ten seconds late: here all came within that.
static void
let_rows_be_counted(const struct fixture *fixture)
{
    int is_mysql = fixture->kind == &kinds[KIND_MYSQL];
    if (fixture->kind->server)
        free(catalog_server_ask(
            fixture->kind->server, catalog_server_database(fixture->url),
            is_mysql ? "ANALYZE TABLE known_databases, runs, jobs, attempts, sets" : "ANALYZE"));
}

static int
setup_large(void **state)
{
    setup(state);
    struct fixture *fixture = *state;
    databases = fixture->kind->server ? 2000 : 20000;
    int64_t before = now_us();
    add_many_databases(fixture->catalog);
    for (int64_t night = 1; night <= NIGHTS; night++)
        add_full_night(fixture->catalog, night);
    print_message("%s: %" PRId64 " databases, %" PRId64 " jobs written in %" PRId64 " ms\n",
                  fixture->kind->name, databases, databases * NIGHTS, (now_us() - before) / 1000);
    let_rows_be_counted(fixture);
    return 0;
}

// What SQLite has done since it was looked at last, in instructions of its machine, of which it
// takes some for each row that it looks at. Of a server's work nobody knows so much.
static int64_t steps;

static int
count_steps(unsigned kind, void *context, void *statement, void *duration)
{
    (void)kind, (void)context, (void)duration;
    steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
    return 0;
}

static int
watch_connection(sqlite3 *connection, char **message, const void *functions)
{
    (void)message, (void)functions;
    return sqlite3_trace_v2(connection, SQLITE_TRACE_PROFILE, count_steps, NULL);
}

static int64_t
take_steps(void)
{
    int64_t taken = steps;
    steps = 0;
    return taken;
}

static void
check_page(catalog_t *catalog, const char *what, struct query query, int64_t all, int64_t most)
{
    query.limit = PAGE;
    CLEAN(memory_free) char *cursor = NULL;
    int64_t before = now_us();
    take_steps();
    CLEAN(table_destroy) table_t *table = ask(catalog, &query, &cursor);
    int64_t spent = now_us() - before, taken = take_steps();
    print_message("  %-32s %3zu rows %8.1f ms %9" PRId64 " steps\n", what, table_rows(table),
                  (double)spent / 1000, taken);
    assert_int_equal(table_rows(table), all < PAGE ? all : PAGE);
    assert_in_range(taken, 0, most);
}

static void
no_page_looks_at_more_than_it_must(void **state)
{
    const struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    CLEAN(selector_destroy) selector_t *one = selector_new();
    CLEAN(selector_destroy) selector_t *many = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(one, "name", "shop-77", &error), 0);
    assert_int_equal(selector_add(many, "tag.env", "prod", &error), 0);
    check_page(catalog, "databases", (struct query){.name = "databases"}, 100, FEW);
    check_page(catalog, "databases name=shop-77",
               (struct query){.name = "databases", .selector = one}, databases / NAMES, MANY);
    check_page(catalog, "databases tag.env=prod",
               (struct query){.name = "databases", .selector = many}, 100, FEW);
    check_page(catalog, "runs", (struct query){.name = "runs"}, NIGHTS, SOME);
    check_page(catalog, "run", (struct query){.name = "run", .run_id = NIGHTS}, 1, SOME);
    check_page(catalog, "skipped", (struct query){.name = "skipped", .run_id = NIGHTS}, 0, FEW);
    check_page(catalog, "jobs", (struct query){.name = "jobs"}, 100, FEW);
    check_page(catalog, "jobs of a run", (struct query){.name = "jobs", .run_id = 2}, 100, FEW);
    check_page(catalog, "jobs of a run that failed",
               (struct query){.name = "jobs", .run_id = 2, .state = "failed"}, databases / 100,
               SOME);
    check_page(catalog, "jobs that failed", (struct query){.name = "jobs", .state = "failed"}, 100,
               FEW);
    check_page(catalog, "jobs that run", (struct query){.name = "jobs", .state = "running"}, 0,
               FEW);
    check_page(catalog, "jobs name=shop-77", (struct query){.name = "jobs", .selector = one},
               databases / NAMES * NIGHTS, SOME);
    check_page(catalog, "jobs tag.env=prod", (struct query){.name = "jobs", .selector = many}, 100,
               FEW);
    check_page(catalog, "job", (struct query){.name = "job", .job_id = 777}, 1, FEW);
    check_page(catalog, "attempts of a job", (struct query){.name = "attempts", .job_id = 777}, 1,
               FEW);
    check_page(catalog, "backups", (struct query){.name = "backups"}, 100, FEW);
    check_page(catalog, "backups name=shop-77", (struct query){.name = "backups", .selector = one},
               databases / NAMES * (NIGHTS - 1), SOME);
    check_page(catalog, "backup by id", (struct query){.name = "backups", .set_id = 777}, 1, FEW);
    check_page(catalog, "latest", (struct query){.name = "latest"}, 100, FEW);
    check_page(catalog, "latest name=shop-77", (struct query){.name = "latest", .selector = one},
               databases / NAMES, MANY);
    check_page(catalog, "report", (struct query){.name = "report"}, 100, FEW);
    check_page(catalog, "report of what failed",
               (struct query){.name = "report", .state = "Failed"}, 100, SOME);
    check_page(catalog, "report name=shop-77", (struct query){.name = "report", .selector = one},
               databases / NAMES * (NIGHTS - 1), SOME);
}

static void
the_working_set_is_read_once(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(working_set_clear) struct working_set set = {0};
    struct error error = {0};
    int64_t before = now_us();
    open_again(fixture);
    int64_t opened = now_us();
    take_steps();
    assert_int_equal(catalog_load(fixture->catalog, &set, &error), 0);
    int64_t loaded = now_us(), taken = take_steps();
    print_message("  opened in %" PRId64 " ms, loaded in %" PRId64 " ms, %" PRId64 " steps\n",
                  (opened - before) / 1000, (loaded - opened) / 1000, taken);
    assert_int_equal(set.database_count, databases);
    assert_int_equal(set.run_count, 1);
    assert_int_equal(set.job_count, databases);
    assert_in_range(taken, 0, EACH * databases * NIGHTS);
}

// Starts and ends jobs of the last night, so many units a batch.
static void
time_batches(catalog_t *catalog, int64_t *database, int units, int64_t budget_us)
{
    int64_t before = now_us(), batches = 0;
    while (now_us() - before < budget_us && *database + 2 * units < databases) {
        batch_t *batch = batch_new();
        for (int unit = 0; unit < units; unit++, *database += 2) {
            int64_t id = (NIGHTS - 1) * databases + *database;
            batch_unit(batch);
            start_job(batch, id, 1);
            end_job(batch, id, 1, "succeeded", id);
            add_set(batch, id, *database, id, id);
        }
        apply_all(catalog, &batch);
        batches++;
    }
    double seconds = (double)(now_us() - before) / 1e6;
    print_message("  %3d units of 5 changes a batch: %8.0f batches/s %8.0f units/s\n", units,
                  (double)batches / seconds, (double)(batches * units) / seconds);
    assert_true(batches > 0 || *database + 2 * units >= databases);
}

static void
batches_of_any_size_are_taken(void **state)
{
    struct fixture *fixture = *state;
    int64_t database = 1;
    time_batches(fixture->catalog, &database, 1, 400000);
    time_batches(fixture->catalog, &database, 100, 400000);
    time_batches(fixture->catalog, &database, 1000, 400000);
}

// ---- plans: SQLite's are in test_catalog_sqlite.c

// The SQL of a list's page with its values in it.
static char *
page_sql(struct query query, int is_mysql)
{
    struct error error = {0};
    query.limit = PAGE;
    const struct list *list = list_find(&query, &error);
    CLEAN(list_query_clear) struct list_query made = {0};
    if (!list || list_compose(list, &query, NULL, 0, 2000, &made, &error))
        fail_msg("'%s': %s", query.name, error.message);
    // As our own sessions have it.
    char *text = memory_copy_text(is_mysql ? "EXPLAIN "
                                           : "SET enable_hashjoin = off;"
                                             "SET enable_mergejoin = off; EXPLAIN ");
    size_t next = 0;
    for (const char *at = made.sql; *at; at++) {
        const struct value *value = *at == '?' ? &made.values[next++] : NULL;
        char *longer = !value ? memory_format("%s%c", text, *at)
                       : value->type == VALUE_INTEGER
                           ? memory_format("%s%" PRId64, text, value->number)
                           : memory_format("%s'%s'", text, value->data);
        free(text);
        text = longer;
    }
    return text;
}

static void
check_page_plan(const struct fixture *fixture, struct query query)
{
    static const char *const scans[] = {
        "\tj\tALL", "\ts\tALL",         "\ta\tALL",         "\tg\tALL",
        "\tl\tALL", "Seq Scan on jobs", "Seq Scan on sets", "Seq Scan on attempts"};
    CLEAN(memory_free) char *sql = page_sql(query, fixture->kind == &kinds[KIND_MYSQL]);
    CLEAN(memory_free)
    char *plan =
        catalog_server_ask(fixture->kind->server, catalog_server_database(fixture->url), sql);
    for (size_t index = 0; index < sizeof scans / sizeof *scans; index++) {
        if (strstr(plan, scans[index]))
            fail_msg("%s reads a whole table: %s", sql, plan);
    }
}

static void
no_page_reads_a_whole_table(void **state)
{
    const struct fixture *fixture = *state;
    const struct query queries[] = {
        {.name = "databases"},
        {.name = "databases", .cursor = "databases.73686f702d3737.77"},
        {.name = "skipped", .run_id = 2},
        {.name = "jobs"},
        {.name = "jobs", .cursor = "jobs.500.0"},
        {.name = "jobs", .state = "running"},
        {.name = "jobs", .run_id = 2, .cursor = "jobs.3000.0"},
        {.name = "job", .job_id = 77},
        {.name = "attempts", .job_id = 77},
        {.name = "backups"},
        {.name = "backups", .cursor = "backups.500.0"},
        {.name = "backups", .set_id = 77},
        {.name = "backups", .job_id = 77},
        {.name = "latest"},
        {.name = "latest", .cursor = "latest.73686f702d3737.77"},
        {.name = "report"},
        {.name = "report", .cursor = "report.5000.1000"},
    };
    for (size_t index = 0; index < sizeof queries / sizeof *queries; index++)
        check_page_plan(fixture, queries[index]);
}

static void
a_job_costs_little_room(void **state)
{
    const struct fixture *fixture = *state;
    CLEAN(memory_free) char *path = memory_format("%s/catalog.db", fixture->folder);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    int64_t each = (int64_t)status.st_size / (databases * NIGHTS);
    print_message("  %" PRId64 " bytes a job with its attempt and its set\n", each);
    assert_in_range(each, 1, 1024);
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        cmocka_unit_test(no_page_looks_at_more_than_it_must),
        cmocka_unit_test(the_working_set_is_read_once),
        cmocka_unit_test(batches_of_any_size_are_taken),
        {0},  // of the kind
    };
    // SQLite's plans are looked at in test_catalog_sqlite.c; a server's files are not ours.
    const struct CMUnitTest of_servers = cmocka_unit_test(no_page_reads_a_whole_table);
    const struct CMUnitTest of_a_file = cmocka_unit_test(a_job_costs_little_room);
    int failed = 0;
    sqlite3_auto_extension((void (*)(void))watch_connection);
    for (size_t kind = 0; kind < KINDS; kind++) {
        if (!kind_is_here(&kinds[kind]))
            continue;
        void *state = NULL;
        memcpy(&state, &(const void *){&kinds[kind]}, sizeof state);
        setup_large(&state);
        tests[sizeof tests / sizeof *tests - 1] = kinds[kind].server ? of_servers : of_a_file;
        for (size_t test = 0; test < sizeof tests / sizeof *tests; test++)
            tests[test].initial_state = state;
        failed += cmocka_run_group_tests_name(kinds[kind].name, tests, NULL, NULL);
        teardown(&state);
    }
    catalog_servers_end();
    return failed;
}
