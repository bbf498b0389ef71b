#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/order.h"

static char engine[] = "mysql", host[] = "db-1.example", secret[] = "shop", store[] = "directory:x",
            path[] = "a/1", none[] = "";

static Wire__Server
good_server(void)
{
    Wire__Server server = WIRE__SERVER__INIT;
    server.engine = engine;
    server.host = host;
    server.port = 3306;
    server.secret = secret;
    return server;
}

static int
check_backup_of(Wire__Server *server, struct error *error)
{
    Wire__Backup backup = WIRE__BACKUP__INIT;
    backup.source = server;
    backup.store = store;
    backup.path = path;
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = ORDER_TIME_MIN_MS;
    run.task_case = WIRE__RUN__TASK_BACKUP;
    run.backup = &backup;
    assert_string_equal(order_name(&run), "backup");
    assert_string_equal(order_store(&run), store);
    return order_check(&run, error);
}

static void
only_one_plain_host_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        int result;
    } rows[] = {
        {"db.example", 0},
        {"10.0.0.7", 0},
        {"2001:db8::1", 0},
        {"::1", 0},
        {"a_b-c.example", 0},
        {"", -1},
        {"a,b", -1},
        {"/var/run/postgresql", -1},
        {"@abstract", -1},
        {"-e", -1},
        {".", -1},
        {"a b", -1},
        {"a\nb", -1},
        {"a'b", -1},
        {"a=b", -1},
        {"[::1]", -1},
        {"d\xc3\xbc.example", -1},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        struct error error = {0};
        char text[64];
        strcpy(text, rows[index].host);
        Wire__Server server = good_server();
        server.host = text;
        assert_int_equal(check_backup_of(&server, &error), rows[index].result);
        assert_int_equal(error.code, rows[index].result ? ERROR_INVALID : ERROR_NONE);
    }
}

static void
a_server_needs_engine_port_and_secret(void **state)
{
    (void)state;
    struct error error = {0};
    char oracle[] = "oracle";
    Wire__Server server = good_server();
    assert_int_equal(check_backup_of(&server, &error), 0);
    server.engine = oracle;
    assert_int_equal(check_backup_of(&server, &error), -1);
    server = good_server();
    server.port = 0;
    assert_int_equal(check_backup_of(&server, &error), -1);
    server.port = 65536;
    assert_int_equal(check_backup_of(&server, &error), -1);
    server = good_server();
    server.secret = none;
    assert_int_equal(check_backup_of(&server, &error), -1);
}

static void
a_time_limit_is_within_bounds(void **state)
{
    (void)state;
    static const int64_t bad[] = {
        INT64_MIN, -1, 0, ORDER_TIME_MIN_MS - 1, ORDER_TIME_MAX_MS + INT64_C(1), INT64_MAX};
    Wire__Sweep sweep = WIRE__SWEEP__INIT;
    sweep.store = store;
    sweep.path = path;
    Wire__Run run = WIRE__RUN__INIT;
    run.task_case = WIRE__RUN__TASK_SWEEP;
    run.sweep = &sweep;
    struct error error = {0};
    run.time_limit_ms = ORDER_TIME_MAX_MS;
    assert_int_equal(order_check(&run, &error), 0);
    for (size_t index = 0; index < sizeof bad / sizeof *bad; index++) {
        run.time_limit_ms = bad[index];
        assert_int_equal(order_check(&run, &error), -1);
    }
    run.time_limit_ms = ORDER_TIME_MAX_MS;
    sweep.path = none;
    assert_int_equal(order_check(&run, &error), -1);
    sweep.path = path;
    sweep.store = none;
    assert_int_equal(order_check(&run, &error), -1);
}

static void
only_one_set_is_ever_removed(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int is_well;
    } rows[] = {{"dbhaul/0b9e2c1e/d1/j2-a1", 1},
                {"dbhaul/0b9e2c1e/d1", 0},
                {"dbhaul", 0},
                {"dbhaul/0b9e2c1e/d1/j2-a1/x", 0},
                {"", 0}};
    Wire__Expire expire = WIRE__EXPIRE__INIT;
    expire.store = store;
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = ORDER_TIME_MAX_MS;
    run.task_case = WIRE__RUN__TASK_EXPIRE;
    run.expire = &expire;
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        struct error error = {0};
        CLEAN(memory_free) char *named = memory_copy_text(rows[index].path);
        expire.path = named;
        assert_int_equal(order_check(&run, &error), rows[index].is_well ? 0 : -1);
    }
    assert_string_equal(order_name(&run), "expire");
    assert_string_equal(order_store(&run), store);
}

static void
what_reads_a_set_needs_its_digest(void **state)
{
    (void)state;
    struct error error = {0};
    uint8_t digest[32] = {1};
    Wire__Server server = good_server();
    Wire__Verify verify = WIRE__VERIFY__INIT;
    verify.store = store;
    verify.path = path;
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = 60000;
    run.task_case = WIRE__RUN__TASK_VERIFY;
    run.verify = &verify;
    assert_int_equal(order_check(&run, &error), -1);
    verify.manifest_sha256 = (ProtobufCBinaryData){sizeof digest, digest};
    assert_int_equal(order_check(&run, &error), 0);

    Wire__Restore restore = WIRE__RESTORE__INIT;
    restore.store = store;
    restore.path = path;
    restore.target = &server;
    run.task_case = WIRE__RUN__TASK_RESTORE;
    run.restore = &restore;
    assert_int_equal(order_check(&run, &error), -1);
    restore.manifest_sha256 = verify.manifest_sha256;
    assert_int_equal(order_check(&run, &error), 0);
    server.port = 0;
    assert_int_equal(order_check(&run, &error), -1);
}

static void
our_own_readers_need_no_tool_of_their_name(void **state)
{
    (void)state;
    char mysql[] = "mysql", postgres[] = "postgres", pg_dump[] = "pg_dump";
    Wire__Backup backup = WIRE__BACKUP__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    run.task_case = WIRE__RUN__TASK_BACKUP;
    run.backup = &backup;
    backup.tool = mysql;
    assert_string_equal(order_tool(&run), "");
    backup.tool = postgres;
    assert_string_equal(order_tool(&run), "");
    backup.tool = pg_dump;
    assert_string_equal(order_tool(&run), "pg_dump");
}

static void
a_check_needs_only_a_server(void **state)
{
    (void)state;
    struct error error = {0};
    Wire__Server server = good_server();
    Wire__Check check = WIRE__CHECK__INIT;
    check.source = &server;
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = 60000;
    run.task_case = WIRE__RUN__TASK_CHECK;
    run.check = &check;
    assert_int_equal(order_check(&run, &error), 0);
    assert_string_equal(order_store(&run), "");
}

static void
an_unknown_kind_of_job_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    Wire__Run run = WIRE__RUN__INIT;
    run.time_limit_ms = 60000;
    assert_int_equal(order_check(&run, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_string_equal(order_name(&run), "unknown");
    assert_string_equal(order_store(&run), "");
    assert_string_equal(order_tool(&run), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_plain_host_is_taken),
        cmocka_unit_test(a_server_needs_engine_port_and_secret),
        cmocka_unit_test(a_time_limit_is_within_bounds),
        cmocka_unit_test(only_one_set_is_ever_removed),
        cmocka_unit_test(what_reads_a_set_needs_its_digest),
        cmocka_unit_test(a_check_needs_only_a_server),
        cmocka_unit_test(our_own_readers_need_no_tool_of_their_name),
        cmocka_unit_test(an_unknown_kind_of_job_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
