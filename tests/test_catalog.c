// The catalog's contract, held by every kind: opening, and what is written is there. Its guards are
// in test_catalog_guards.c, what discovery keeps in test_catalog_discovery.c, its lists in
// test_catalog_lists.c and test_catalog_pages.c.

#include "coordinator/catalog/catalog.h"

#include "tests/check_catalog.h"

// ---- opening

static void
each_opening_takes_a_higher_epoch(void **state)
{
    struct fixture *fixture = *state;
    char *id = memory_copy_text(catalog_id(fixture->catalog));
    assert_int_equal(strlen(id), 36);
    for (int round = 0; round < 3; round++) {
        int64_t epoch = catalog_epoch(fixture->catalog);
        assert_true(epoch > 0);
        open_again(fixture);
        assert_true(catalog_epoch(fixture->catalog) > epoch);
        assert_string_equal(catalog_id(fixture->catalog), id);
    }
    free(id);
}

static void
a_second_leader_is_refused_while_the_first_lives(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    catalog_t *second = NULL;
    assert_int_equal(catalog_open(&second, fixture->url, &catalog_server_access, "host:2", &error),
                     -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "host:1"));
    assert_null(second);
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    assert_int_equal(catalog_apply(fixture->catalog, batch, &error), 0);
}

static void
an_unknown_kind_is_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {"", "sqlite", "oracle:/x", "sqlitex:/x", ":/x"};
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        struct error error = {0};
        catalog_t *catalog = NULL;
        assert_int_equal(
            catalog_open(&catalog, wrong[index], &catalog_server_access, "host:1", &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_int_equal(
            catalog_open_reader(&catalog, wrong[index], &catalog_server_access, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_null(catalog);
    }
}

static void
a_reader_finds_no_catalog_before_there_is_one(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *url = fixture->kind->prepare(folder);
    struct error error = {0};
    catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, url, &catalog_server_access, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_null(reader);
}

static void
a_reader_sees_what_is_committed_and_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    CLEAN(catalog_destroy) catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, fixture->url, &catalog_server_access, &error), 0);
    assert_int_equal(catalog_epoch(reader), 0);
    assert_string_equal(catalog_id(reader), catalog_id(fixture->catalog));
    add_queue(fixture->catalog);
    CLEAN(table_destroy) table_t *table = ask_all(reader, (struct query){.name = "jobs"});
    assert_int_equal(table_rows(table), 2);

    CLEAN(batch_destroy) batch_t *batch = batch_new();
    batch_unit(batch);
    add_run(batch, 9, "backup");
    assert_int_equal(catalog_apply(reader, batch, &error), -1);
    CLEAN(table_destroy)
    table_t *runs = ask_all(fixture->catalog, (struct query){.name = "runs"});
    assert_int_equal(table_rows(runs), 1);
}

// ---- what is written is there

static void
an_empty_catalog_loads_as_nothing(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.database_count + set.run_count + set.job_count, 0);
    assert_int_equal(set.next_database_id, 1);
    assert_int_equal(set.next_run_id, 1);
    assert_int_equal(set.next_job_id, 1);
    assert_int_equal(set.next_set_id, 1);
    assert_int_equal(set.next_event_id, 1);
}

// Of database 1 the last five of seven, of 2 the one that succeeded, of 3 none.
static void
the_last_good_backups_of_each_database_are_loaded_oldest_first(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 100);
    add_database(batch, 2, "mail", 100);
    add_database(batch, 3, "archive", 100);
    for (int64_t night = 1; night <= 7; night++)
        add_night(batch, night, 1, "succeeded", 100 * night);
    add_night(batch, 8, 2, "succeeded", 5);
    for (int64_t night = 9; night <= 15; night++)
        add_night(batch, night, 2, "failed", 0);
    add_night(batch, 16, 3, "cancelled", 0);
    apply_all(fixture->catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.past_count, 6);
    for (int64_t index = 0; index < 5; index++) {
        assert_int_equal(set.pasts[index].database_id, 1);
        assert_int_equal(set.pasts[index].set_bytes, 100 * (3 + index));
        assert_int_equal(set.pasts[index].duration_ms, 1000);
    }
    assert_int_equal(set.pasts[5].database_id, 2);
    assert_int_equal(set.pasts[5].set_bytes, 5);
}

static void
a_database_comes_back_as_it_was_put(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    const char *name = "o'shop\n\"`\\! \xc3\xa4\xe2\x82\xac";
    batch_add(batch, STATEMENT_DATABASE_PUT, "itttttttttitttttttii", (int64_t)7, "file:estate",
              "r-7", name, "arn:7", "mysql", "8.0", "acc", "reg", "host", (int64_t)3307, "reader",
              "secret", "arn:role", "ext-1", "stopped", "{\"a\":\"b\"}", "it is stopped",
              (int64_t)1 << 50, (int64_t)1795402800123);
    apply_all(fixture->catalog, &batch);
    open_again(fixture);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.database_count, 1);
    assert_int_equal(set.next_database_id, 8);
    const struct database *database = set.databases[0];
    assert_int_equal(database->id, 7);
    assert_string_equal(database->provider, "file:estate");
    assert_string_equal(database->resource_id, "r-7");
    assert_string_equal(database->name, name);
    assert_string_equal(database->engine, "mysql");
    assert_string_equal(database->version, "8.0");
    assert_string_equal(database->account, "acc");
    assert_string_equal(database->region, "reg");
    assert_string_equal(database->host, "host");
    assert_int_equal(database->port, 3307);
    assert_string_equal(database->secret, "secret");
    assert_string_equal(database->long_name, "arn:7");
    assert_string_equal(database->source, "reader");
    assert_string_equal(database->role_arn, "arn:role");
    assert_string_equal(database->external_id, "ext-1");
    assert_string_equal(database->state, "stopped");
    assert_string_equal(database->tags, "{\"a\":\"b\"}");
    assert_string_equal(database->skip_reason, "it is stopped");
    assert_int_equal(database->size_bytes, (int64_t)1 << 50);
    assert_int_equal(database->first_seen_ms, 1795402800123);
    assert_int_equal(database->last_seen_ms, 1795402800123);
    assert_int_equal(database->gone_ms, 0);
}

static void
a_database_put_again_keeps_its_first_day_and_is_gone_no_more(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 100);
    batch_add(batch, STATEMENT_DATABASE_GONE, "ii", (int64_t)150, (int64_t)1);
    apply_all(fixture->catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.databases[0]->gone_ms, 150);

    batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "renamed", 200);
    apply_all(fixture->catalog, &batch);
    load(fixture->catalog, &set);
    assert_int_equal(set.database_count, 1);
    assert_string_equal(set.databases[0]->name, "renamed");
    assert_int_equal(set.databases[0]->first_seen_ms, 100);
    assert_int_equal(set.databases[0]->last_seen_ms, 200);
    assert_int_equal(set.databases[0]->gone_ms, 0);
}

static void
runs_that_have_not_ended_come_back_with_all_their_jobs(void **state)
{
    struct fixture *fixture = *state;
    add_queue(fixture->catalog);
    batch_t *batch = batch_new();
    add_night(batch, 5, 1, "succeeded", 5);
    batch_unit(batch);
    start_job(batch, 1, 1);
    start_job(batch, 2, 1);
    end_job(batch, 2, 1, "failed", 0);
    batch_add(batch, STATEMENT_JOB_POLICY, "tti", "nightly", "abcd", (int64_t)1);
    apply_all(fixture->catalog, &batch);
    open_again(fixture);

    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.database_count, 3);
    assert_int_equal(set.run_count, 1);
    assert_int_equal(set.job_count, 2);
    const struct run *run = set.runs[0];
    assert_int_equal(run->id, 1);
    assert_int_equal(run->kind, JOB_BACKUP);
    assert_string_equal(run->label, "manual");
    assert_string_equal(run->selector, "name=*");
    assert_string_equal(run->requested_by, "uid:0");
    assert_int_equal(run->started_ms, 1001);
    assert_int_equal(run->ended_ms, 0);
    assert_int_equal(run->skipped, 1);

    const struct job *running = find_job(&set, 1), *failed = find_job(&set, 2);
    assert_int_equal(running->state, JOB_RUNNING);
    assert_int_equal(running->run_id, 1);
    assert_int_equal(running->database_id, 1);
    assert_int_equal(running->kind, JOB_BACKUP);
    assert_int_equal(running->attempt, 1);
    assert_string_equal(running->worker, "instance-1");
    assert_string_equal(running->policy, "nightly");
    assert_string_equal(failed->policy, "");
    assert_int_equal(running->queued_ms, 2001);
    assert_int_equal(running->started_ms, 3001);
    assert_int_equal(running->task_size, 4);
    assert_memory_equal(running->task, "task", 4);
    assert_int_equal(failed->state, JOB_FAILED);
    assert_int_equal(failed->failures, 1);
    assert_int_equal(failed->ended_ms, 4002);
    assert_string_equal(failed->message, "cannot dump: access denied");
    assert_null(failed->task);
    assert_int_equal(set.next_run_id, 6);
    assert_int_equal(set.next_job_id, 6);
    assert_int_equal(set.next_set_id, 6);
    assert_int_equal(set.next_database_id, 4);
}

static void
a_policy_s_firing_has_one_row_and_may_be_forgotten(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_FIRING_PUT, "tiiiii", "nightly", (int64_t)5, (int64_t)4, (int64_t)2,
              (int64_t)3, (int64_t)9);
    batch_add(batch, STATEMENT_FIRING_PUT, "tiiiii", "gone", (int64_t)5, (int64_t)5, (int64_t)5,
              (int64_t)5, (int64_t)5);
    batch_add(batch, STATEMENT_FIRING_PUT, "tiiiii", "gone", (int64_t)0, (int64_t)0, (int64_t)0,
              (int64_t)0, (int64_t)0);
    apply_all(fixture->catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.firing_count, 2);
    int is_first = strcmp(set.firings[0]->policy, "nightly") == 0;
    const struct firing *kept = set.firings[!is_first];
    assert_string_equal(kept->policy, "nightly");
    assert_int_equal(kept->seen_ms, 5);
    assert_int_equal(kept->fired_ms, 4);
    assert_int_equal(kept->skipped_after_ms, 2);
    assert_int_equal(kept->skipped_until_ms, 3);
    assert_int_equal(kept->closes_ms, 9);
    assert_int_equal(set.firings[is_first]->seen_ms, 0);
    assert_int_equal(set.firings[is_first]->closes_ms, 0);
}

// ---- outages and who is told of them

static void
put_outage(batch_t *batch, int64_t id, int64_t told_ms, int64_t closed_ms)
{
    batch_add(batch, STATEMENT_OUTAGE_PUT, "ittttiiiii", id, "overdue", "key", "cause \xc3\xa4",
              "mail hook ", (int64_t)100, told_ms, (int64_t)0, closed_ms, (int64_t)2);
}

static void
put_delivery(batch_t *batch, const char *id, int64_t at_ms, int64_t next_ms, int64_t merged)
{
    batch_add(batch, STATEMENT_DELIVERY_PUT, "tttttttiiii", id, "mail", "failure", "error", "title",
              "text\nlines\n", "{\"a\":1}", at_ms, next_ms, (int64_t)3, merged);
}

// One that is open and one that was closed; of each a member stays and one has left.
static void
write_outages(struct fixture *fixture)
{
    batch_t *batch = batch_new();
    batch_unit(batch);
    put_outage(batch, 1, 0, 0);
    put_outage(batch, 1, 200, 0);
    put_outage(batch, 2, 200, 300);
    for (int64_t id = 1; id <= 2; id++) {
        for (int turn = 0; turn < 2; turn++)
            batch_add(batch, STATEMENT_OUTAGE_JOIN, "ittti", id, "database:1",
                      turn ? "shop" : "old", "nightly", (int64_t)150 + turn);
        batch_add(batch, STATEMENT_OUTAGE_JOIN, "ittti", id, "database:2", "b", "", (int64_t)160);
        batch_add(batch, STATEMENT_OUTAGE_LEAVE, "iit", (int64_t)170, id, "database:2");
    }
    put_delivery(batch, "uuid-b", 210, 220, 0);
    put_delivery(batch, "uuid-b", 210, 999, 4);
    put_delivery(batch, "uuid-a", 205, 220, 0);
    put_delivery(batch, "uuid-c", 205, 220, 0);
    batch_add(batch, STATEMENT_DELIVERY_END, "itt", (int64_t)230, "delivered", "uuid-c");
    for (int64_t turn = 0; turn < 2; turn++)
        batch_add(batch, STATEMENT_RECEIPT_PUT, "ttiii", "mail", "no relay", (int64_t)200 + turn,
                  (int64_t)300, (int64_t)7);
    apply_all(fixture->catalog, &batch);
}

static void
open_outages_come_back_with_what_they_strike_and_what_waits(void **state)
{
    struct fixture *fixture = *state;
    write_outages(fixture);
    open_again(fixture);

    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.next_outage_id, 3);
    assert_int_equal(set.outage_count, 1);
    const struct outage *outage = set.outages[0];
    assert_int_equal(outage->kind, OUTAGE_OVERDUE);
    assert_string_equal(outage->key, "key");
    assert_string_equal(outage->cause, "cause \xc3\xa4");
    assert_string_equal(outage->told_to, "mail hook ");
    assert_int_equal(outage->opened_ms, 100);
    assert_int_equal(outage->told_ms, 200);
    assert_int_equal(outage->told_members, 2);
    assert_int_equal(set.outage_member_count, 1);
    assert_int_equal(set.outage_members[0]->outage_id, 1);
    assert_string_equal(set.outage_members[0]->subject, "database:1");
    assert_string_equal(set.outage_members[0]->name, "shop");
    assert_string_equal(set.outage_members[0]->policy, "nightly");
    assert_int_equal(set.outage_members[0]->since_ms, 151);
    assert_int_equal(set.delivery_count, 2);
    assert_string_equal(set.deliveries[0]->id, "uuid-a");
    const struct delivery *delivery = set.deliveries[1];
    assert_string_equal(delivery->target, "mail");
    assert_string_equal(delivery->event, "failure");
    assert_string_equal(delivery->severity, "error");
    assert_string_equal(delivery->title, "title");
    assert_string_equal(delivery->text, "text\nlines\n");
    assert_string_equal(delivery->document, "{\"a\":1}");
    assert_int_equal(delivery->at_ms, 210);
    assert_int_equal(delivery->next_ms, 999);
    assert_int_equal(delivery->tries, 3);
    assert_int_equal(delivery->merged, 4);
    assert_true(delivery->is_written);
    assert_int_equal(set.receipt_count, 1);
    assert_string_equal(set.receipts[0]->message, "no relay");
    assert_int_equal(set.receipts[0]->delivered_ms, 201);
    assert_int_equal(set.receipts[0]->given_up, 7);
}

static void
what_is_no_utf_8_is_kept_with_marks_in_its_place(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "cut \xe2\x82 \xff\xc3\xa4", 1);
    apply_all(fixture->catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_string_equal(set.databases[0]->name, "cut ?? ?\xc3\xa4");
}

// ---- away for a while

static void
a_catalog_that_went_away_goes_on_where_it_was(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    int64_t epoch = catalog_epoch(fixture->catalog);
    CLEAN(catalog_destroy) catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, fixture->url, &catalog_server_access, &error), 0);
    assert_int_equal(apply_numbered(fixture->catalog, 1, 10, &error), 0);
    fixture->kind->take_away(fixture->folder);
    CLEAN(batch_destroy) batch_t *batch = numbered(2, 10);
    for (int tries = 0; tries < 2; tries++) {
        assert_int_equal(catalog_apply(fixture->catalog, batch, &error), -1);
        assert_int_equal(error.code, ERROR_UNAVAILABLE);
    }
    fixture->kind->bring_back(fixture->folder);
    if (catalog_apply(fixture->catalog, batch, &error))
        fail_msg("apply: %s", error.message);
    assert_int_equal(batch_refused(batch), 0);
    assert_int_equal(catalog_epoch(fixture->catalog), epoch);
    CLEAN(table_destroy) table_t *table = ask_all(reader, (struct query){.name = "jobs"});
    assert_int_equal(table_rows(table), 2);
    check_numbered(fixture->catalog, 2);
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(each_opening_takes_a_higher_epoch),
        SUITE(a_second_leader_is_refused_while_the_first_lives),
        SUITE(an_unknown_kind_is_refused),
        SUITE(a_reader_finds_no_catalog_before_there_is_one),
        SUITE(a_reader_sees_what_is_committed_and_changes_nothing),
        SUITE(an_empty_catalog_loads_as_nothing),
        SUITE(the_last_good_backups_of_each_database_are_loaded_oldest_first),
        SUITE(a_database_comes_back_as_it_was_put),
        SUITE(a_database_put_again_keeps_its_first_day_and_is_gone_no_more),
        SUITE(runs_that_have_not_ended_come_back_with_all_their_jobs),
        SUITE(a_policy_s_firing_has_one_row_and_may_be_forgotten),
        SUITE(open_outages_come_back_with_what_they_strike_and_what_waits),
        SUITE(what_is_no_utf_8_is_kept_with_marks_in_its_place),
        SUITE(a_catalog_that_went_away_goes_on_where_it_was),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
