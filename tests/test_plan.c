#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/plan.h"
#include "tests/check.h"

static const struct settings settings = {.store = "", .password_hashes = 1, .time_limit_ms = 1000};

static struct database *
shop(void)
{
    struct database *database = database_new();
    database->id = 12;
    database->port = 3306;
    record_set(&database->engine, "mysql");
    record_set(&database->host, "shop.example");
    record_set(&database->secret, "shop-backup");
    record_set(&database->resource_id, "arn:shop");
    record_set(&database->name, "shop");
    return database;
}

static const Wire__Envelope *
unpack(wire_decoder_t *decoder, const uint8_t *data, size_t size)
{
    struct error error = {0};
    const Wire__Envelope *message = NULL;
    assert_int_equal(wire_unpack(decoder, data, size, WIRE_FROM_COORDINATOR, &message, &error), 0);
    return message;
}

static void
a_backup_names_its_secret_and_its_path_has_the_token(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(database_destroy) struct database *database = shop();
    CLEAN(memory_free) uint8_t *task = NULL;
    size_t size = 0;
    assert_int_equal(plan_backup(&settings, NULL, database, NULL, 3, &task, &size, &error), 0);
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    Wire__Envelope *planned = wire_clone(unpack(decoder, task, size));

    Wire__Store store = WIRE__STORE__INIT;
    Wire__Store *stores[] = {&store};
    store.identity = "directory:1";
    Wire__Ready worker = WIRE__READY__INIT;
    worker.stores = stores;
    worker.n_stores = 1;
    struct job job = {.id = 34, .database_id = 12, .attempt = 5};
    CLEAN(memory_free) uint8_t *data = NULL;
    assert_int_equal(plan_run(planned, &job, "dbhaul/0b9e2c1e", 9, &worker, &data, &size, &error),
                     0);
    const Wire__Envelope *run = unpack(decoder, data, size);
    assert_int_equal(run->epoch, 9);
    assert_int_equal(run->job_id, 34);
    assert_int_equal(run->attempt, 5);
    assert_string_equal(run->run->backup->path, "dbhaul/0b9e2c1e/d12/j34-a5");
    assert_string_equal(run->run->backup->store, "directory:1");
    assert_string_equal(run->run->backup->source->secret, "shop-backup");
    assert_string_equal(run->run->backup->run_label, "run 3");
    assert_true(run->run->backup->password_hashes);
    assert_int_equal(run->run->time_limit_ms, 1000);
    wire_free(&planned);
}

static void
what_a_policy_says_comes_before_the_settings(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(database_destroy) struct database *database = shop();
    CLEAN(policy_destroy) struct policy *policy = policy_new("nightly");
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    CLEAN(memory_free) uint8_t *plain = NULL;
    CLEAN(memory_free) uint8_t *full = NULL;
    CLEAN(memory_free) uint8_t *check = NULL;
    size_t size = 0;
    assert_int_equal(plan_backup(&settings, policy, database, NULL, 3, &plain, &size, &error), 0);
    const Wire__Run *run = unpack(decoder, plain, size)->run;
    assert_string_equal(run->backup->store, "");
    assert_string_equal(run->backup->tool, "");
    assert_true(run->backup->password_hashes);
    assert_int_equal(run->time_limit_ms, 1000);
    assert_string_equal(run->backup->run_label, "run 3, policy nightly");

    record_set(&policy->store, "directory:2");
    record_set(&policy->tool, "mysqldump");
    policy->password_hashes = 0;
    policy->time_limit_ms = 5000;
    assert_int_equal(plan_backup(&settings, policy, database, NULL, 3, &full, &size, &error), 0);
    run = unpack(decoder, full, size)->run;
    assert_string_equal(run->backup->store, "directory:2");
    assert_string_equal(run->backup->tool, "mysqldump");
    assert_false(run->backup->password_hashes);
    assert_int_equal(run->time_limit_ms, 5000);
    assert_int_equal(plan_check(&settings, policy, database, NULL, "d", &check, &size, &error), 0);
    run = unpack(decoder, check, size)->run;
    assert_string_equal(run->check->store, "directory:2");
    assert_string_equal(run->check->tool, "mysqldump");
    assert_int_equal(run->time_limit_ms, 5000);
}

static void
a_need_is_what_the_planned_task_needs(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(database_destroy) struct database *database = shop();
    CLEAN(policy_destroy) struct policy *policy = policy_new("nightly");
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    record_set(&policy->store, "directory:2");
    record_set(&database->region, "eu-central-1");
    wanted_set(&policy->workers, "region", WANTED_SAME, 0);
    wanted_set(&policy->workers, "rack", "7*", 1);
    for (int has_policy = 0; has_policy < 2; has_policy++) {
        CLEAN(memory_free) uint8_t *task = NULL;
        size_t size = 0;
        struct wanted_found wanted;
        struct placement_need need, planned;
        char text[PLACEMENT_TEXT_SIZE], planned_text[PLACEMENT_TEXT_SIZE];
        const struct policy *its = has_policy ? policy : NULL;
        wanted_resolve(&policy->workers, database, &wanted);
        plan_need(&settings, its, database, &wanted, &need);
        assert_int_equal(plan_backup(&settings, its, database, &wanted, 3, &task, &size, &error),
                         0);
        placement_of(unpack(decoder, task, size)->run, &planned);
        placement_print(&need, 0, text);
        placement_print(&planned, 0, planned_text);
        assert_string_equal(text, planned_text);
        assert_int_equal(planned.label_count, 2);
    }
}

static void
what_of_a_database_goes_with_backups_and_checks(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(database_destroy) struct database *database = shop();
    CLEAN(policy_destroy) struct policy *policy = policy_new("nightly");
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    CLEAN(memory_free) uint8_t *task = NULL;
    CLEAN(memory_free) uint8_t *check = NULL;
    size_t size = 0;
    assert_int_equal(what_add(&policy->what, WHAT_EXCLUDE_TABLES, "shop.log", &error), 0);
    assert_int_equal(what_add(&policy->what, WHAT_EXCLUDE_TABLES, "log", &error), -1);
    assert_int_equal(what_add(&policy->what, WHAT_TABLES_WITHOUT_DATA, "shop.audit", &error), 0);
    record_set(&policy->what.secret, "reader");
    record_set(&policy->what.authority, "internal");
    policy->what.read_limit_bytes = 1 << 20;
    policy->what.lock_wait_ms = 5000;
    policy->what.packet_bytes = 1 << 24;
    policy->what.throttle[WHAT_LONG_QUERIES] = 5;
    policy->what.throttle[WHAT_PAUSE_LIMIT] = 60000;
    policy->what.statement_limit_ms = 90000;
    policy->what.ways[0] = WHAT_GTID_UNPROVEN;
    policy->what.way_count = 1;
    policy->what.by_speed = 1;
    policy->what.read_from[0] = WHAT_READER;
    policy->what.read_from[1] = WHAT_REPLICA;
    policy->what.read_from_count = 2;
    record_set(&database->endpoints, "primary=p.example:3306 replica=::1:3307 replica=other:1");
    assert_int_equal(plan_backup(&settings, policy, database, NULL, 3, &task, &size, &error), 0);
    const Wire__Run *run = unpack(decoder, task, size)->run;
    const Wire__What *what = run->backup->what;
    assert_int_equal(what->n_exclude_tables, 1);
    assert_string_equal(what->exclude_tables[0], "shop.log");
    assert_string_equal(what->tables_without_data[0], "shop.audit");
    assert_string_equal(what->authority, "internal");
    assert_int_equal(what->read_limit_bytes, 1 << 20);
    assert_int_equal(what->lock_wait_ms, 5000);
    assert_int_equal(what->packet_bytes, 1 << 24);
    assert_int_equal(what->throttle->long_queries, 5);
    assert_int_equal(what->throttle->running, 0);
    assert_int_equal(what->throttle->pause_limit_ms, 60000);
    assert_int_equal(what->statement_limit_ms, 90000);
    assert_int_equal(what->n_consistency, 1);
    assert_int_equal(what->order, WIRE__ORDER__ORDER_SPEED);
    assert_int_equal(what->consistency[0], WIRE__CONSISTENCY__CONSISTENCY_GTID_UNPROVEN);
    assert_int_equal(what->role, WIRE__ROLE__ROLE_REPLICA);
    assert_string_equal(run->backup->source->secret, "reader");
    assert_string_equal(run->backup->source->host, "::1");
    assert_int_equal(run->backup->source->port, 3307);
    assert_int_equal(plan_check(&settings, policy, database, NULL, "d", &check, &size, &error), 0);
    run = unpack(decoder, check, size)->run;
    assert_string_equal(run->check->what->exclude_tables[0], "shop.log");
    assert_string_equal(run->check->source->host, "::1");
}

static void
the_server_that_a_backup_reads_is_the_one_that_its_policy_chooses(void **state)
{
    (void)state;
    struct error error = {0};
    char server[PLAN_SERVER_SIZE];
    CLEAN(database_destroy) struct database *database = shop();
    CLEAN(policy_destroy) struct policy *policy = policy_new("nightly");
    assert_int_equal(plan_server(NULL, database, server, &error), 0);
    assert_string_equal(server, "shop.example:3306");
    policy->what.read_from[policy->what.read_from_count++] = WHAT_REPLICA;
    assert_int_equal(plan_server(policy, database, server, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    record_set(&database->endpoints, "replica=other.example:3307");
    assert_int_equal(plan_server(policy, database, server, &error), 0);
    assert_string_equal(server, "other.example:3307");
}

static void
an_endpoint_that_a_database_has_not_is_an_error_that_says_what_to_do(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(database_destroy) struct database *database = shop();
    CLEAN(policy_destroy) struct policy *policy = policy_new("nightly");
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    CLEAN(memory_free) uint8_t *task = NULL;
    size_t size = 0;
    policy->what.read_from[0] = WHAT_REPLICA;
    policy->what.read_from_count = 1;
    assert_int_equal(plan_backup(&settings, policy, database, NULL, 3, &task, &size, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "reads from replica"));
    policy->what.read_from[policy->what.read_from_count++] = WHAT_PRIMARY;
    assert_int_equal(plan_backup(&settings, policy, database, NULL, 3, &task, &size, &error), 0);
    const Wire__Run *run = unpack(decoder, task, size)->run;
    assert_string_equal(run->backup->source->host, database->host);
    assert_int_equal(run->backup->what->role, WIRE__ROLE__ROLE_PRIMARY);
    // The provider reads from a replica already, and nobody knows the primary.
    CLEAN(memory_free) uint8_t *other = NULL;
    record_set(&database->source, "replica shop-2");
    assert_int_equal(plan_backup(&settings, policy, database, NULL, 3, &other, &size, &error), -1);
}

static table_t *
sets(const char *digest)
{
    table_t *table = table_new();
    static const char *const columns[] = {"id",   "database",        "name", "engine", "store",
                                          "path", "manifest_sha256", "state"};
    for (size_t index = 0; index < sizeof columns / sizeof *columns; index++)
        table_add_column(table, columns[index], TABLE_TEXT);
    table_add_row(table);
    table_set(table, "id", "7");
    table_set(table, "database", "12");
    table_set(table, "engine", "mariadb");
    table_set(table, "store", "directory:1");
    table_set(table, "path", "dbhaul/0b9e2c1e/d12/j34-a5");
    table_set(table, "manifest_sha256", digest);
    table_set(table, "state", "good");
    return table;
}

static void
a_restore_takes_the_sets_engine_unless_told(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(table_destroy)
    table_t *table = sets("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    struct plan_set set;
    assert_int_equal(plan_read_set(table, 0, &set, &error), 0);
    Wire__Server target = WIRE__SERVER__INIT;
    target.host = "127.0.0.1";
    target.port = 3307;
    target.secret = "spare";
    Wire__SubmitRestore wish = WIRE__SUBMIT_RESTORE__INIT;
    wish.set_id = 7;
    wish.target = &target;
    CLEAN(memory_free) uint8_t *task = NULL;
    size_t size = 0;
    assert_int_equal(plan_restore(&settings, &set, &wish, NULL, &task, &size, &error), 0);
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    const Wire__Envelope *run = unpack(decoder, task, size);
    assert_string_equal(run->run->restore->target->engine, "mariadb");
    assert_int_equal(run->run->restore->manifest_sha256.len, 32);
    assert_int_equal(run->run->restore->manifest_sha256.data[1], 0x11);
    assert_string_equal(run->run->restore->path, "dbhaul/0b9e2c1e/d12/j34-a5");
}

static void
a_row_without_a_digest_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(table_destroy) table_t *table = sets("short");
    struct plan_set set;
    assert_int_equal(plan_read_set(table, 0, &set, &error), -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_names_its_secret_and_its_path_has_the_token),
        cmocka_unit_test(what_a_policy_says_comes_before_the_settings),
        cmocka_unit_test(a_need_is_what_the_planned_task_needs),
        cmocka_unit_test(what_of_a_database_goes_with_backups_and_checks),
        cmocka_unit_test(the_server_that_a_backup_reads_is_the_one_that_its_policy_chooses),
        cmocka_unit_test(an_endpoint_that_a_database_has_not_is_an_error_that_says_what_to_do),
        cmocka_unit_test(a_restore_takes_the_sets_engine_unless_told),
        cmocka_unit_test(a_row_without_a_digest_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
