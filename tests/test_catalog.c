// The catalog's contract but its lists (test_catalog_lists.c), held by every kind.

#include "coordinator/catalog/catalog.h"

#include "tests/check_catalog.h"

// Whether a batch of one unit with one change is refused; its error is ours.
#define IS_REFUSED(catalog, ...) \
    ({ \
        CLEAN(batch_destroy) batch_t *one_ = batch_new(); \
        batch_unit(one_); \
        batch_add(one_, __VA_ARGS__); \
        struct error problem_ = {0}; \
        if (catalog_apply(catalog, one_, &problem_)) \
            fail_msg("apply: %s", problem_.message); \
        batch_refused(one_) == 1; \
    })

static struct job *
find_job(const struct working_set *set, int64_t id)
{
    for (size_t index = 0; index < set->job_count; index++) {
        if (set->jobs[index]->id == id)
            return set->jobs[index];
    }
    fail_msg("no job %" PRId64, id);
    return NULL;
}

static void
load(catalog_t *catalog, struct working_set *set)
{
    struct error error = {0};
    working_set_clear(set);
    if (catalog_load(catalog, set, &error))
        fail_msg("load: %s", error.message);
}

// Databases 1 to 3 and run 1 with jobs 1 and 2, queued.
static void
add_queue(catalog_t *catalog)
{
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 100);
    add_database(batch, 2, "mail", 100);
    add_database(batch, 3, "archive", 100);
    add_run(batch, 1, "backup");
    add_job(batch, 1, 1, 1);
    add_job(batch, 2, 1, 2);
    batch_add(batch, STATEMENT_RUN_SKIP, "iit", (int64_t)1, (int64_t)3, "it is stopped");
    apply_all(catalog, &batch);
}

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
    assert_int_equal(catalog_open(&second, fixture->url, "host:2", &error), -1);
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
        assert_int_equal(catalog_open(&catalog, wrong[index], "host:1", &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_int_equal(catalog_open_reader(&catalog, wrong[index], &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_null(catalog);
    }
}

static void
a_reader_finds_no_catalog_before_there_is_one(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(memory_free) char *folder = make_folder();
    CLEAN(memory_free) char *url = fixture->kind->prepare(folder);
    struct error error = {0};
    catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, url, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_null(reader);
    remove_folder(folder);
}

static void
a_reader_sees_what_is_committed_and_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    CLEAN(catalog_destroy) catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, fixture->url, &error), 0);
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
}

static void
a_database_comes_back_as_it_was_put(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    const char *name = "o'shop\n\"`\\! \xc3\xa4\xe2\x82\xac";
    batch_add(batch, STATEMENT_DATABASE_PUT, "ittttttttittttii", (int64_t)7, "file:estate", "r-7",
              name, "mysql", "8.0", "acc", "reg", "host", (int64_t)3307, "secret", "stopped",
              "{\"a\":\"b\"}", "it is stopped", (int64_t)1 << 50, (int64_t)1795402800123);
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
two_ids_cannot_claim_one_resource(void **state)
{
    struct fixture *fixture = *state;
    add_queue(fixture->catalog);
    assert_true(IS_REFUSED(fixture->catalog, STATEMENT_DATABASE_PUT, "ittttttttittttii", (int64_t)8,
                           "file:estate", "arn:aws:rds:eu-west-1:1:db:1", "x", "mysql", "", "", "",
                           "", (int64_t)0, "", "", "", "", (int64_t)0, (int64_t)1));
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

// ---- guards

static void
a_job_starts_only_with_the_next_attempt(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_queue(catalog);
    int64_t one = 1, two = 2, now = 5;
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_START, "itiii", two, "w", now, one, one));
    assert_false(IS_REFUSED(catalog, STATEMENT_JOB_START, "itiii", one, "w", now, one, (int64_t)0));
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_START, "itiii", one, "w", now, one, (int64_t)0));
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_START, "itiii", two, "w", now, one, one));
    assert_true(
        IS_REFUSED(catalog, STATEMENT_JOB_START, "itiii", one, "w", now, (int64_t)99, (int64_t)0));
}

static void
an_old_attempt_can_change_nothing(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_queue(catalog);
    batch_t *batch = batch_new();
    batch_unit(batch);
    start_job(batch, 1, 1);
    batch_unit(batch);
    batch_add(batch, STATEMENT_ATTEMPT_END, "tttiiii", "lost", "try again", "no beat", (int64_t)0,
              (int64_t)10, (int64_t)1, (int64_t)1);
    batch_add(batch, STATEMENT_JOB_AGAIN, "iitii", (int64_t)1, (int64_t)77, "no beat", (int64_t)1,
              (int64_t)1);
    apply_all(catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(catalog, &set);
    const struct job *job = find_job(&set, 1);
    assert_int_equal(job->state, JOB_QUEUED);
    assert_int_equal(job->attempt, 1);
    assert_int_equal(job->failures, 1);
    assert_int_equal(job->not_before_ms, 77);
    assert_string_equal(job->worker, "");
    assert_string_equal(job->message, "no beat");

    batch = batch_new();
    batch_unit(batch);
    start_job(batch, 1, 2);
    apply_all(catalog, &batch);
    int64_t one = 1, nothing = 0, now = 20;
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_END, "ttiiiii", "succeeded", "", nothing, nothing,
                           now, one, one));
    assert_true(IS_REFUSED(catalog, STATEMENT_ATTEMPT_END, "tttiiii", "succeeded", "", "", nothing,
                           now, one, one));
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_AGAIN, "iitii", one, nothing, "again", one, one));
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_CANCELLING, "ii", one, one));
    load(catalog, &set);
    assert_int_equal(find_job(&set, 1)->state, JOB_RUNNING);
    assert_int_equal(find_job(&set, 1)->attempt, 2);
}

static void
a_job_that_is_cancelled_can_still_end_in_any_way(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_queue(catalog);
    batch_t *batch = batch_new();
    batch_unit(batch);
    start_job(batch, 1, 1);
    batch_add(batch, STATEMENT_JOB_CANCELLING, "ii", (int64_t)1, (int64_t)1);
    apply_all(catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(catalog, &set);
    assert_int_equal(find_job(&set, 1)->state, JOB_CANCELLING);
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_CANCELLING, "ii", (int64_t)1, (int64_t)1));
    batch = batch_new();
    batch_unit(batch);
    end_job(batch, 1, 1, "cancelled", 0);
    apply_all(catalog, &batch);
    load(catalog, &set);
    assert_int_equal(find_job(&set, 1)->state, JOB_CANCELLED);
}

static void
what_has_ended_stays_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_queue(catalog);
    batch_t *batch = batch_new();
    add_night(batch, 5, 1, "succeeded", 5);
    apply_all(catalog, &batch);
    int64_t five = 5, one = 1, nothing = 0, now = 99;
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_END, "ttiiiii", "failed", "", nothing, nothing,
                           now, five, one));
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_START, "itiii", one + 1, "w", now, five, one));
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_AGAIN, "iitii", one, now, "", five, one));
    assert_true(IS_REFUSED(catalog, STATEMENT_JOB_CANCELLING, "ii", five, one));
    assert_true(IS_REFUSED(catalog, STATEMENT_ATTEMPT_END, "tttiiii", "failed", "", "", nothing,
                           now, five, one));
    assert_true(IS_REFUSED(catalog, STATEMENT_RUN_END, "iiiiiii", now, one, one, nothing, nothing,
                           nothing, five));
    CLEAN(table_destroy)
    table_t *table = ask_all(catalog, (struct query){.name = "job", .job_id = 5});
    assert_string_equal(cell(table, 0, "state"), "succeeded");
    assert_string_equal(cell(table, 0, "ended"), "4005");
}

static void
a_refused_unit_leaves_nothing_and_the_others_go_on(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_queue(catalog);
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    struct error error = {0};
    batch_unit(batch);
    start_job(batch, 1, 1);
    batch_unit(batch);  // begins well, then its guard does not hold
    start_job(batch, 2, 1);
    add_set(batch, 1, 2, 2, 5);
    end_job(batch, 2, 7, "succeeded", 5);
    add_database(batch, 50, "never", 1);
    batch_unit(batch);
    add_database(batch, 60, "after", 1);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(catalog_apply(catalog, batch, &error), 0);
        assert_int_equal(batch_at(batch, 0)->refused, round);
        assert_true(batch_at(batch, 1)->refused);
        assert_false(batch_at(batch, 2)->refused);
    }
    CLEAN(working_set_clear) struct working_set set = {0};
    load(catalog, &set);
    assert_int_equal(find_job(&set, 1)->state, JOB_RUNNING);
    assert_int_equal(find_job(&set, 2)->state, JOB_QUEUED);
    assert_int_equal(set.database_count, 4);
    assert_int_equal(set.next_set_id, 1);
    CLEAN(table_destroy)
    table_t *attempts = ask_all(catalog, (struct query){.name = "attempts", .job_id = 2});
    assert_int_equal(table_rows(attempts), 0);
}

static void
what_the_tables_forbid_refuses_its_unit_only(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_queue(catalog);
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    struct error error = {0};
    batch_unit(batch);
    add_run(batch, 1, "backup");  // is there already
    batch_unit(batch);
    add_job(batch, 9, 99, 1);  // of no run
    batch_unit(batch);
    batch_add(batch, STATEMENT_RUN_SKIP, "iit", (int64_t)1, (int64_t)3, "twice");
    batch_unit(batch);
    batch_add(batch, STATEMENT_RUN_ADD, "ittttti", (int64_t)2, NULL, "", "", "", "", (int64_t)1);
    batch_unit(batch);
    add_run(batch, 3, "backup");
    assert_int_equal(catalog_apply(catalog, batch, &error), 0);
    assert_int_equal(batch_refused(batch), 4);
    assert_false(batch_at(batch, 4)->refused);
}

static void
an_empty_batch_and_an_empty_unit_are_fine(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    apply_all(fixture->catalog, &batch);
    batch = batch_new();
    batch_unit(batch);
    batch_unit(batch);
    apply_all(fixture->catalog, &batch);
}

static void
an_empty_task_is_no_null(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_run(batch, 1, "sweep");
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", (int64_t)1, (int64_t)1, "sweep", (int64_t)0,
              (int64_t)0, NULL, (size_t)0, (int64_t)1);
    apply_all(fixture->catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.job_count, 1);
    assert_int_equal(set.jobs[0]->task_size, 0);
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
        SUITE(a_database_comes_back_as_it_was_put),
        SUITE(a_database_put_again_keeps_its_first_day_and_is_gone_no_more),
        SUITE(two_ids_cannot_claim_one_resource),
        SUITE(runs_that_have_not_ended_come_back_with_all_their_jobs),
        SUITE(a_job_starts_only_with_the_next_attempt),
        SUITE(an_old_attempt_can_change_nothing),
        SUITE(a_job_that_is_cancelled_can_still_end_in_any_way),
        SUITE(what_has_ended_stays_as_it_is),
        SUITE(a_refused_unit_leaves_nothing_and_the_others_go_on),
        SUITE(what_the_tables_forbid_refuses_its_unit_only),
        SUITE(an_empty_batch_and_an_empty_unit_are_fine),
        SUITE(an_empty_task_is_no_null),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
