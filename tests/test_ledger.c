// The ledger with a real catalog, which a second connection locks to make it fail.

#include <czmq.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/ledger.h"
#include "tests/check.h"

static char folder[] = "/tmp/test_ledger.XXXXXX";
static char url[96], path[64];

struct sent {
    size_t count;
    char last[16];
};

static void
note(void *context, const struct outgoing *message)
{
    struct sent *sent = context;
    sent->count++;
    snprintf(sent->last, sizeof sent->last, "%.*s", (int)message->size,
             (const char *)message->data);
}

static ledger_t *
open_ledger(struct sent *sent)
{
    struct error error = {0};
    CLEAN(catalog_destroy) catalog_t *catalog = NULL;
    assert_int_equal(catalog_open(&catalog, url, NULL, "test", &error), 0);
    catalog_writer_t *writer = catalog_writer_new(&catalog);
    return ledger_new(&writer, note, sent);
}

static void
add_run(ledger_t *ledger, int64_t id)
{
    batch_unit(ledger_batch(ledger));
    batch_add(ledger_batch(ledger), STATEMENT_RUN_ADD, "itttttti", id, "backup", "", "", "", "", "",
              id);
}

static void
send_after(ledger_t *ledger, const char *text)
{
    struct sock_peer peer = {0};
    uint8_t *data = (uint8_t *)memory_copy_text(text);
    ledger_after(ledger, 0, &peer, &data, strlen(text));
}

static int
await_commit(ledger_t *ledger, int64_t now_ms, struct error *error)
{
    zmq_pollitem_t item = {.socket = ledger_handle(ledger), .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, 20000), 1);
    return ledger_take(ledger, now_ms, error);
}

static void
a_message_is_sent_after_its_change_is_durable(void **state)
{
    (void)state;
    struct error error = {0};
    struct sent sent = {0};
    CLEAN(ledger_destroy) ledger_t *ledger = open_ledger(&sent);
    add_run(ledger, 1);
    send_after(ledger, "one");
    ledger_flush(ledger, 0);
    assert_int_equal(sent.count, 0);
    assert_int_equal(await_commit(ledger, 0, &error), 0);
    assert_int_equal(sent.count, 1);
    assert_true(ledger_is_idle(ledger));
}

static void
what_comes_meanwhile_waits_for_the_next_commit(void **state)
{
    (void)state;
    struct error error = {0};
    struct sent sent = {0};
    CLEAN(ledger_destroy) ledger_t *ledger = open_ledger(&sent);
    add_run(ledger, 11);
    ledger_flush(ledger, 0);
    send_after(ledger, "late");  // about a change that is under way, perhaps
    ledger_flush(ledger, 0);
    assert_int_equal(sent.count, 0);
    assert_int_equal(await_commit(ledger, 0, &error), 0);
    assert_int_equal(sent.count, 0);
    ledger_flush(ledger, 0);
    assert_int_equal(sent.count, 1);
    assert_string_equal(sent.last, "late");
}

static void
a_locked_catalog_is_tried_again_and_loses_nothing(void **state)
{
    (void)state;
    struct error error = {0};
    struct sent sent = {0};
    CLEAN(ledger_destroy) ledger_t *ledger = open_ledger(&sent);
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    add_run(ledger, 21);
    send_after(ledger, "kept");
    ledger_flush(ledger, 0);
    assert_int_equal(await_commit(ledger, 100, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_int_equal(sent.count, 0);
    assert_string_not_equal(ledger_trouble(ledger), "");
    assert_true(ledger_due(ledger) > 100);

    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
    ledger_flush(ledger, ledger_due(ledger));
    assert_int_equal(await_commit(ledger, 1000, &error), 0);
    assert_int_equal(sent.count, 1);
    assert_string_equal(ledger_trouble(ledger), "");
    assert_int_equal(
        sqlite3_exec(other, "UPDATE runs SET label = 'x' WHERE id = 21", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_changes(other), 1);
    sqlite3_close(other);
}

static void
a_refused_guard_stops_us_and_sends_nothing(void **state)
{
    (void)state;
    struct error error = {0};
    struct sent sent = {0};
    CLEAN(ledger_destroy) ledger_t *ledger = open_ledger(&sent);
    batch_unit(ledger_batch(ledger));
    batch_add(ledger_batch(ledger), STATEMENT_JOB_CANCELLING, "ii", (int64_t)999, (int64_t)1);
    send_after(ledger, "never");
    ledger_flush(ledger, 0);
    assert_int_equal(await_commit(ledger, 0, &error), -1);
    assert_int_equal(error.code, ERROR_INTERNAL);
    assert_int_equal(sent.count, 0);
}

int
main(void)
{
    setenv("ZSYS_SIGHANDLER", "false", 1);
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/c.db", folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_sent_after_its_change_is_durable),
        cmocka_unit_test(what_comes_meanwhile_waits_for_the_next_commit),
        cmocka_unit_test(a_locked_catalog_is_tried_again_and_loses_nothing),
        cmocka_unit_test(a_refused_guard_stops_us_and_sends_nothing),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    CLEAN(memory_free) char *command = memory_format("rm -r %s", folder);
    return failed + (system(command) != 0);
}
