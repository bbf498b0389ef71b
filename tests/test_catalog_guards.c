// What the catalog refuses, on every kind: a change is done whole and only where its guards hold.

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

static void
two_ids_cannot_claim_one_resource(void **state)
{
    struct fixture *fixture = *state;
    add_queue(fixture->catalog);
    assert_true(IS_REFUSED(fixture->catalog, STATEMENT_DATABASE_PUT, "itttttttttitttttttii",
                           (int64_t)8, "file:estate", "arn:aws:rds:eu-west-1:1:db:1", "x", "",
                           "mysql", "", "", "", "", (int64_t)0, "", "", "", "", "", "", "",
                           (int64_t)0, (int64_t)1));
}

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
    batch_add(batch, STATEMENT_RUN_ADD, "itttttti", (int64_t)2, NULL, "", "", "", "", "",
              (int64_t)1);
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
        SUITE(two_ids_cannot_claim_one_resource),
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
