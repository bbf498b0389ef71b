// timeout: 60
// The keeper as its header has it: an order for each system that protects, none of which holds up
// another, and an end that waits for nobody.

#include <czmq.h>

#include "common/clock.h"
#include "common/config.h"
#include "coordinator/protect/keeper.h"
#include "tests/datadomain_server.h"

static const char store_one[] = "boostfs:dd1.example:/su1",
                  store_two[] = "boostfs:dd2.example:/su1";

static const struct config_key keys[] = {
    {.name = "datadomains", .type = CONFIG_MAP, .keys = protector_keys}, {0}};

static struct {
    char *folder;
    struct datadomain_server one, two;
} world;

static int
open_world(void **state)
{
    (void)state;
    world.folder = folder_new();
    datadomain_start(&world.one, world.folder, "dd1.example");
    datadomain_start(&world.two, world.folder, "dd2.example");
    datadomain_add_mtree(&world.one);
    datadomain_add_mtree(&world.two);
    return 0;
}

static int
close_world(void **state)
{
    (void)state;
    datadomain_stop(&world.one);
    datadomain_stop(&world.two);
    folder_destroy(&world.folder);
    return 0;
}

static char *
entry_of(const char *name, const struct datadomain_server *server)
{
    return memory_format("  %.3s:\n    host: %s\n    rest: '%s'\n    ca: %s\n"
                         "    secret: {from: 'file:%s/password'}\n"
                         "    ssh: {host: 127.0.0.1, port: %lld, user: %s, key: %s,"
                         " known_hosts: %s}\n",
                         name, name, server->url, server->ca_file, server->folder,
                         (long long)server->ssh_port, server->user, server->key,
                         server->known_hosts);
}

static config_t *
read_config(void)
{
    struct error error = {0};
    config_t *config = NULL;
    CLEAN(memory_free) char *one = entry_of("dd1.example", &world.one);
    CLEAN(memory_free) char *two = entry_of("dd2.example", &world.two);
    CLEAN(memory_free)
    char *text = memory_format("datadomains:\n%s%s  lab: {host: lab, kind: none}\n", one, two);
    if (config_read_text(&config, "test", text, strlen(text), keys, CONFIG_SIZE_MAX, &error) ||
        protector_config_check(config_root(config), "datadomains", &error))
        fail_msg("%s", error.message);
    return config;
}

static void
start(keeper_t *keeper, enum keeper_step step, const char *store, int64_t id, const char *name)
{
    struct keeper_order order = {.step = step, .id = id, .retention_days = 1, .limit_ms = 60000};
    snprintf(order.store, sizeof order.store, "%s", store);
    snprintf(order.name, sizeof order.name, "%s", name);
    keeper_start(keeper, &order);
}

static struct keeper_report *
await(keeper_t *keeper)
{
    int64_t until_ms = clock_monotonic_ms() + 20000;
    while (clock_monotonic_ms() < until_ms) {
        zmq_pollitem_t item = {.socket = keeper_handle(keeper), .events = ZMQ_POLLIN};
        zmq_poll(&item, 1, 100);
        struct keeper_report *report = keeper_take(keeper);
        if (report)
            return report;
    }
    fail_msg("no report came");
    return NULL;
}

static void
a_store_is_covered_by_the_system_of_its_host(void **state)
{
    (void)state;
    CLEAN(config_destroy) config_t *config = read_config();
    CLEAN(keeper_destroy) keeper_t *keeper = keeper_new(config_root(config));
    char mtree[STORE_PATH_SIZE];
    const char *system = NULL;
    assert_true(keeper_covers(keeper, store_two, &system, mtree));
    assert_string_equal(system, "dd2");
    assert_string_equal(mtree, "/data/col1/su1");
    static const char *const others[] = {"boostfs:dd3.example:/su1", "boostfs:lab:/su1",
                                         "directory:0b9e", "boostfs:dd1.example:/a b",
                                         "boostfs:dd1.example.org:/su1"};
    for (size_t index = 0; index < sizeof others / sizeof *others; index++)
        assert_false(keeper_covers(keeper, others[index], &system, mtree));
}

static void
one_that_hangs_holds_up_no_other(void **state)
{
    (void)state;
    CLEAN(config_destroy) config_t *config = read_config();
    CLEAN(keeper_destroy) keeper_t *keeper = keeper_new(config_root(config));
    datadomain_knob(&world.one, "rest", "hang");
    start(keeper, KEEPER_LOOK, store_one, 1, "");
    start(keeper, KEEPER_TAKE, store_two, 2, "s1");
    CLEAN(keeper_report_destroy) struct keeper_report *report = await(keeper);
    assert_int_equal(report->order.id, 2);
    assert_int_equal(report->error.code, ERROR_NONE);
    assert_true(report->snapshot.created_s > 0);
    int64_t before_ms = clock_monotonic_ms();
    keeper_destroy(&keeper);
    assert_true(clock_monotonic_ms() - before_ms < 10000);
    datadomain_knob(&world.one, "rest", "well");
}

static void
a_sync_that_hangs_holds_up_no_order_and_has_a_limit(void **state)
{
    (void)state;
    CLEAN(config_destroy) config_t *config = read_config();
    CLEAN(keeper_destroy) keeper_t *keeper = keeper_new(config_root(config));
    assert_int_equal(datadomain_do("replicate %s /data/col1/su1 %s /data/col1/copy",
                                   world.one.folder, world.two.folder),
                     0);
    datadomain_knob(&world.one, "sync", "hang");
    struct keeper_order order = {
        .step = KEEPER_SYNC, .id = 3, .wanted_s = INT32_MAX * 2LL, .limit_ms = 1500};
    snprintf(order.store, sizeof order.store, "%s", store_one);
    keeper_start(keeper, &order);
    start(keeper, KEEPER_CONFIRM, store_one, 4, "none");
    CLEAN(keeper_report_destroy) struct keeper_report *other = await(keeper);
    assert_int_equal(other->order.id, 4);
    assert_int_equal(other->error.code, ERROR_NOT_FOUND);
    CLEAN(keeper_report_destroy) struct keeper_report *sync = await(keeper);
    assert_int_equal(sync->order.id, 3);
    assert_int_equal(sync->error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(sync->error.message, "did not end within"));
    datadomain_knob(&world.one, "sync", "well");
    start(keeper, KEEPER_SYNC, store_one, 5, "");  // wants nothing: nothing is behind
    CLEAN(keeper_report_destroy) struct keeper_report *none = await(keeper);
    assert_int_equal(none->error.code, ERROR_NONE);
}

int
main(void)
{
    if (!datadomain_can_run()) {
        printf("not run: there is no sshd\n");
        return 77;
    }
    zsys_handler_set(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_is_covered_by_the_system_of_its_host),
        cmocka_unit_test(one_that_hangs_holds_up_no_other),
        cmocka_unit_test(a_sync_that_hangs_holds_up_no_order_and_has_a_limit),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
