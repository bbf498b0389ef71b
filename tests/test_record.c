#include "coordinator/record.h"

#include "common/clean.h"
#include "tests/check.h"

static void
every_kind_and_state_reads_back(void **state)
{
    (void)state;
    for (int number = 0; number < JOB_KINDS; number++) {
        enum job_kind kind = JOB_KINDS;
        assert_int_equal(job_kind_parse(job_kind_name((enum job_kind)number), &kind), 0);
        assert_int_equal(kind, number);
    }
    for (int number = 0; number < JOB_STATES; number++) {
        enum job_state found = JOB_STATES;
        assert_int_equal(job_state_parse(job_state_name((enum job_state)number), &found), 0);
        assert_int_equal(found, number);
    }
}

static void
what_is_no_kind_or_state_is_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {"", "Backup", "backup ", "queue", "succeededd"};
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        enum job_kind kind = JOB_SWEEP;
        enum job_state found = JOB_CANCELLED;
        assert_int_equal(job_kind_parse(wrong[index], &kind), -1);
        assert_int_equal(job_state_parse(wrong[index], &found), -1);
        assert_int_equal(kind, JOB_SWEEP);
        assert_int_equal(found, JOB_CANCELLED);
    }
}

static void
three_states_are_ends(void **state)
{
    (void)state;
    assert_false(job_state_ended(JOB_QUEUED));
    assert_false(job_state_ended(JOB_RUNNING));
    assert_false(job_state_ended(JOB_CANCELLING));
    assert_true(job_state_ended(JOB_SUCCEEDED));
    assert_true(job_state_ended(JOB_FAILED));
    assert_true(job_state_ended(JOB_CANCELLED));
}

static void
new_records_have_empty_texts(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = database_new();
    CLEAN(run_record_destroy) struct run *run = run_record_new();
    CLEAN(job_record_destroy) struct job *job = job_record_new();
    const char *const texts[] = {
        database->provider, database->resource_id, database->name,    database->engine,
        database->version,  database->account,     database->region,  database->host,
        database->secret,   database->state,       database->tags,    database->skip_reason,
        run->label,         run->selector,         run->requested_by, run->policy_digest,
        job->worker,        job->message,
    };
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        assert_string_equal(texts[index], "");
    assert_null(job->task);
}

static void
destroying_nothing_does_nothing(void **state)
{
    (void)state;
    struct database *database = NULL;
    struct run *run = NULL;
    struct job *job = NULL;
    database_destroy(&database);
    run_record_destroy(&run);
    job_record_destroy(&job);
    assert_true(!database && !run && !job);
}

static void
a_text_is_replaced_by_a_copy(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = database_new();
    char name[] = "shop";
    record_set(&database->name, name);
    name[0] = 'x';
    assert_string_equal(database->name, "shop");
    record_set(&database->name, NULL);
    assert_string_equal(database->name, "");
    record_set(&database->name, "same");
    record_set(&database->name, database->name);
    assert_string_equal(database->name, "same");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_and_state_reads_back),
        cmocka_unit_test(what_is_no_kind_or_state_is_refused),
        cmocka_unit_test(three_states_are_ends),
        cmocka_unit_test(new_records_have_empty_texts),
        cmocka_unit_test(destroying_nothing_does_nothing),
        cmocka_unit_test(a_text_is_replaced_by_a_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
