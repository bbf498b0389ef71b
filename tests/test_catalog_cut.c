// timeout: 240
// The network between us and a catalog's server breaks, or the server dies, at any moment: what was
// acknowledged is there, and nothing is there twice.

#include <czmq.h>

#include "coordinator/catalog/writer.h"
#include "tests/check_catalog.h"
#include "tests/proxy.h"

enum { CUTS = 60, TRIES_MAX = 1000, KILLS = 2, SEED = 7 };

// A catalog that is reached through a proxy, and the way past it.
struct scene {
    struct fixture *fixture;
    struct proxy proxy;
    char *url;           // through the proxy
    catalog_t *catalog;  // by it
    catalog_t *reader;   // past it
    int64_t number;      // of the last batch
    long doubts;         // failed applies whose batch was there nevertheless
};

// Without TLS, so that the proxy sees words.
static struct catalog_access plain_access;

static void
open_scene(struct scene *scene, struct fixture *fixture)
{
    struct error error = {0};
    const char *database = catalog_server_database(fixture->url);
    plain_access = catalog_server_access;
    plain_access.tls = CATALOG_TLS_OFF;
    *scene = (struct scene){.fixture = fixture};
    if (fixture->kind == &kinds[KIND_MYSQL])
        free(catalog_server_ask(&catalog_mysql_server, database,
                                "ALTER USER dbhaul_writer@'%' REQUIRE NONE"));
    catalog_destroy(&fixture->catalog);
    proxy_start(&scene->proxy, fixture->kind->server->port);
    strcpy(scene->proxy.rules->word, "COMMIT");
    scene->url = memory_format("%s://dbhaul_writer@127.0.0.1:%u/%s", fixture->kind->name,
                               scene->proxy.port, database);
    if (catalog_open(&scene->catalog, scene->url, &plain_access, "host:1", &error) ||
        catalog_open_reader(&scene->reader, fixture->url, &catalog_server_access, &error))
        fail_msg("open: %s", error.message);
}

static void
close_scene(struct scene *scene)
{
    catalog_destroy(&scene->catalog);
    catalog_destroy(&scene->reader);
    proxy_end(&scene->proxy);
    free(scene->url);
}

static int
is_there(const struct scene *scene, int64_t number)
{
    CLEAN(table_destroy)
    table_t *table = ask_all(scene->reader, (struct query){.name = "job", .job_id = number});
    return table_rows(table) == 1;
}

// Applies one more batch until it is told that it is there; nothing of it may be refused then.
static void
apply_next(struct scene *scene)
{
    struct error error = {0};
    int64_t number = ++scene->number;
    CLEAN(batch_destroy) batch_t *batch = numbered(number, 100);
    for (int tries = 0; catalog_apply(scene->catalog, batch, &error); tries++) {
        if (error.code != ERROR_UNAVAILABLE || tries == TRIES_MAX)
            fail_msg("apply: %s", error.message);
        scene->doubts += is_there(scene, number);
    }
    assert_int_equal(batch_refused(batch), 0);
    assert_true(is_there(scene, number));
}

static void
check_scene(struct scene *scene)
{
    struct error error = {0};
    CLEAN(working_set_clear) struct working_set set = {0};
    if (catalog_load(scene->reader, &set, &error))
        fail_msg("load: %s", error.message);
    assert_int_equal(set.job_count, scene->number);
    assert_int_equal(set.run_count, scene->number);
    assert_int_equal(set.database_count, scene->number);
}

static void
a_commit_that_nobody_heard_of_is_done_once(void **state)
{
    struct scene scene;
    open_scene(&scene, *state);
    int64_t epoch = catalog_epoch(scene.catalog);
    for (int keeps = 0; keeps <= 1; keeps++) {
        atomic_store(&scene.proxy.rules->keeps, keeps);
        for (int round = 0; round < 5; round++) {
            long before = atomic_load(&scene.proxy.rules->cuts);
            atomic_store(&scene.proxy.rules->cut, PROXY_CUT_AFTER_WORD);
            apply_next(&scene);
            assert_int_equal(atomic_load(&scene.proxy.rules->cuts), before + 1);
        }
    }
    assert_int_equal(scene.doubts, 10);
    assert_int_equal(catalog_epoch(scene.catalog), epoch);
    check_scene(&scene);
    close_scene(&scene);
}

static void
a_commit_that_never_arrived_is_done_again(void **state)
{
    struct scene scene;
    open_scene(&scene, *state);
    for (int keeps = 0; keeps <= 1; keeps++) {
        atomic_store(&scene.proxy.rules->keeps, keeps);
        for (int round = 0; round < 5; round++) {
            atomic_store(&scene.proxy.rules->cut, PROXY_CUT_BEFORE_WORD);
            apply_next(&scene);
        }
    }
    assert_int_equal(scene.doubts, 0);
    check_scene(&scene);
    close_scene(&scene);
}

static void
a_refusal_is_told_though_its_commit_was_not_heard(void **state)
{
    struct scene scene;
    struct error error = {0};
    open_scene(&scene, *state);
    apply_next(&scene);
    CLEAN(batch_destroy) batch_t *batch = numbered(1, 10);
    batch_unit(batch);
    add_run(batch, 2, "backup");
    atomic_store(&scene.proxy.rules->cut, PROXY_CUT_AFTER_WORD);
    assert_int_equal(catalog_apply(scene.catalog, batch, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    if (catalog_apply(scene.catalog, batch, &error))
        fail_msg("apply: %s", error.message);
    assert_int_equal(batch_refused(batch), 1);
    assert_true(batch_at(batch, 0)->refused);
    CLEAN(table_destroy) table_t *runs = ask_all(scene.reader, (struct query){.name = "runs"});
    assert_int_equal(table_rows(runs), 2);
    close_scene(&scene);
}

static void
a_connection_may_break_at_any_byte(void **state)
{
    struct scene scene;
    open_scene(&scene, *state);
    unsigned seed = SEED;
    for (int round = 0; round < CUTS; round++) {
        atomic_store(&scene.proxy.rules->keeps, rand_r(&seed) % 2);
        atomic_store(&scene.proxy.rules->bytes, rand_r(&seed) % (round % 2 ? 2500 : 6000));
        atomic_store(&scene.proxy.rules->cut, PROXY_CUT_AT_BYTE);
        apply_next(&scene);
        apply_next(&scene);
    }
    print_message("  %ld cuts, %ld commits that nobody heard of\n",
                  atomic_load(&scene.proxy.rules->cuts), scene.doubts);
    atomic_store(&scene.proxy.rules->cut, PROXY_CUT_NOT);
    check_scene(&scene);
    close_scene(&scene);
}

// ---- who comes back, and who was deposed meanwhile

static void
who_was_deposed_while_it_was_cut_off_writes_nothing(void **state)
{
    struct scene scene;
    struct error error = {0};
    open_scene(&scene, *state);
    apply_next(&scene);
    // Cut off in mid-batch; the server misses it at once, and somebody else comes.
    CLEAN(batch_destroy) batch_t *batch = numbered(2, 10);
    atomic_store(&scene.proxy.rules->cut, PROXY_CUT_BEFORE_WORD);
    assert_int_equal(catalog_apply(scene.catalog, batch, &error), -1);
    CLEAN(catalog_destroy) catalog_t *second = NULL;
    if (catalog_open(&second, scene.fixture->url, &catalog_server_access, "other:1", &error))
        fail_msg("open: %s", error.message);
    for (int tries = 0; tries < 2; tries++) {
        assert_int_equal(catalog_apply(scene.catalog, batch, &error), -1);
        assert_int_equal(error.code, ERROR_DENIED);
    }
    assert_false(is_there(&scene, 2));
    assert_int_equal(catalog_apply(second, batch, &error), 0);
    assert_int_equal(batch_refused(batch), 0);
    close_scene(&scene);
}

static void
whoever_has_nothing_to_write_keeps_the_lead(void **state)
{
    struct scene scene;
    struct error error = {0};
    open_scene(&scene, *state);
    atomic_store(&scene.proxy.rules->bytes, 0);
    atomic_store(&scene.proxy.rules->cut, PROXY_CUT_AT_BYTE);
    while (atomic_load(&scene.proxy.rules->cuts) == 0)
        (void)catalog_keep(scene.catalog, &error);
    assert_int_equal(catalog_keep(scene.catalog, &error), 0);
    catalog_t *second = NULL;
    assert_int_equal(
        catalog_open(&second, scene.fixture->url, &catalog_server_access, "other:1", &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "host:1"));
    apply_next(&scene);
    close_scene(&scene);
}

static void
wait_for_a_waiter(const struct fixture *fixture)
{
    const char *sql = fixture->kind == &kinds[KIND_MYSQL]
                          ? "SELECT count(*) FROM information_schema.processlist"
                            " WHERE state = 'User lock'"
                          : "SELECT count(*) FROM pg_locks"
                            " WHERE locktype = 'advisory' AND NOT granted";
    for (int is_there = 0; !is_there;) {
        CLEAN(memory_free)
        char *count =
            catalog_server_ask(fixture->kind->server, catalog_server_database(fixture->url), sql);
        is_there = count[0] != '0';
    }
}

// The one before us (of a number that no process has) died with its host's network: the server has
// not missed it yet.
static void
a_successor_on_the_same_host_is_let_in(void **state)
{
    struct fixture *fixture = *state;
    struct scene scene;
    struct error error = {0};
    open_scene(&scene, fixture);
    catalog_destroy(&scene.catalog);
    if (catalog_open(&scene.catalog, scene.url, &plain_access, "here/999999999/a", &error))
        fail_msg("open: %s", error.message);
    pid_t child = fork();
    if (child == 0) {
        // The predecessor ends once its successor waits.
        wait_for_a_waiter(fixture);
        proxy_end(&scene.proxy);
        _exit(0);
    }
    CLEAN(catalog_destroy) catalog_t *second = NULL;
    if (catalog_open(&second, fixture->url, &catalog_server_access, "here/2/b", &error))
        fail_msg("open: %s", error.message);
    waitpid(child, NULL, 0);
    catalog_destroy(&scene.catalog);
    catalog_destroy(&scene.reader);
    waitpid(scene.proxy.pid, NULL, 0);
    free(scene.url);
}

// ---- the server itself

static void
kill_server(const struct kind *kind)
{
    struct catalog_server *server = kind->server;
    if (kind == &kinds[KIND_MYSQL]) {
        assert_int_equal(catalog_server_do(server, "kill", ""), 0);
        return;
    }
    // SIGQUIT: at once, without a checkpoint; what comes back comes from the log.
    CLEAN(memory_free)
    char *command = memory_format("pid=$(head -n 1 '%s/data/postmaster.pid') && kill -QUIT $pid &&"
                                  " while kill -0 $pid 2>/dev/null; do sleep 0.02; done",
                                  server->folder);
    assert_int_equal(system(command), 0);
}

static int
take(catalog_writer_t *writer, batch_t **batch, struct error *error)
{
    zmq_pollitem_t item = {.socket = catalog_writer_handle(writer), .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, 100000), 1);
    return catalog_writer_take(writer, batch, error);
}

static void
a_server_that_is_killed_loses_nothing_that_was_acknowledged(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    CLEAN(catalog_writer_destroy) catalog_writer_t *writer = catalog_writer_new(&fixture->catalog);
    int64_t number = 0;
    for (int round = 0; round < KILLS; round++) {
        CLEAN(batch_destroy) batch_t *batch = numbered(++number, 1000);
        for (int more = 1; more < 300; more++) {
            batch_unit(batch);
            number++;
            add_database(batch, number, "shop", 1);
            add_run(batch, number, "backup");
            add_job(batch, number, number, number);
        }
        catalog_writer_apply(writer, &batch);
        kill_server(fixture->kind);
        int failed = take(writer, &batch, &error);
        assert_int_equal(catalog_server_start(fixture->kind->server), 0);
        for (int tries = 0; failed && tries < TRIES_MAX; tries++) {
            assert_int_equal(error.code, ERROR_UNAVAILABLE);
            catalog_writer_apply(writer, &batch);
            failed = take(writer, &batch, &error);
        }
        assert_int_equal(failed, 0);
        assert_int_equal(batch_refused(batch), 0);
    }
    CLEAN(catalog_destroy) catalog_t *reader = NULL;
    if (catalog_open_reader(&reader, fixture->url, &catalog_server_access, &error))
        fail_msg("open: %s", error.message);
    check_numbered(reader, number);
}

int
main(void)
{
    setenv("ZSYS_SIGHANDLER", "false", 1);
    struct CMUnitTest tests[] = {
        SUITE(a_commit_that_nobody_heard_of_is_done_once),
        SUITE(a_commit_that_never_arrived_is_done_again),
        SUITE(a_refusal_is_told_though_its_commit_was_not_heard),
        SUITE(a_connection_may_break_at_any_byte),
        SUITE(who_was_deposed_while_it_was_cut_off_writes_nothing),
        SUITE(whoever_has_nothing_to_write_keeps_the_lead),
        SUITE(a_successor_on_the_same_host_is_let_in),
        SUITE(a_server_that_is_killed_loses_nothing_that_was_acknowledged),
    };
    int failed = 0;
    for (size_t kind = KIND_MYSQL; kind < KINDS; kind++) {
        if (kind_is_here(&kinds[kind]))
            failed += run_on_kind(&kinds[kind], tests, sizeof tests / sizeof *tests);
    }
    catalog_servers_end();
    return failed;
}
