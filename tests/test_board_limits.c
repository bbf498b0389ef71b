// Which workers a board's jobs prefer, why they wait, and the limits that they keep to.

#include "coordinator/board.h"

#include "tests/board_scene.h"

static void
a_worker_whose_labels_are_preferred_is_before_one_with_more_slots(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(0);
    const char *worker = NULL;
    add_run(board, 1);
    join(fleet, "large", 9, 0);
    built_label.key = "rack";
    built_label.value = "7";
    built_label_count = 1;
    join(fleet, "near", 1, 0);
    job_label.name = "rack";
    job_label.pattern = "7*";
    job_label.preferred = 1;
    int64_t first = add_job(board, 1, 1, "a")->record->id;
    int64_t second = add_job(board, 1, 2, "b")->record->id;
    assert_int_equal(start_next(board, fleet, &worker), first);
    assert_string_equal(worker, "near");
    assert_int_equal(start_next(board, fleet, &worker), second);
    assert_string_equal(worker, "large");
    job_label.preferred = 0;
}

// The account of a job that ran over a restart pays what was expected, not since the host's boot.
static void
a_job_that_ran_over_a_restart_costs_what_was_expected(void **state)
{
    (void)state;
    enum { LATER = 900000000 };  // of a host that is up for ten days
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(0);
    struct database first = {.account = "1", .region = ""}, second = {.account = "2", .region = ""};
    struct worker *worker = join(fleet, "w", 1, 0);
    add_run(board, 1);
    job_database = &first;
    struct board_job *ran = add_running_job(board, 1, 1, "a");
    worker->booked = 1;
    board_place(board, ran, worker);
    add_job(board, 1, 2, "b");
    add_job(board, 1, 3, "c");
    job_database = &second;
    for (int64_t database = 4; database < 9; database++)
        add_job(board, 1, database, "d");
    assert_int_equal(start_at(board, fleet, LATER, NULL), 0);
    worker->booked = 0;
    assert_int_equal(board_apply(board, ran, JOB_DONE), 0);
    int of_first = 0;
    for (int count = 0; count < 4; count++) {
        struct board_job *job = board_job(board, start_at(board, fleet, LATER, NULL));
        assert_non_null(job);
        of_first += job->database == &first;
        worker->booked = 0;
    }
    assert_int_equal(of_first, 2);
    job_database = NULL;
}

static void
each_worker_has_its_reason(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(1);
    CLEAN(findings_destroy) findings_t *nobody = findings_new();
    CLEAN(findings_destroy) findings_t *reasons = findings_new();
    add_run(board, 1);
    struct board_job *job = add_job(board, 1, 1, "a");
    assert_false(board_has_taker(fleet, job, nobody));
    assert_string_equal(findings_item(nobody, 0)->text, "no worker is connected");
    join(fleet, "a", 1, 0)->draining = 1;
    join(fleet, "b", 1, 0)->hello->ready->tools[0]->major = 14;
    assert_false(board_has_taker(fleet, job, reasons));
    CLEAN(memory_free) char *text = findings_print(reasons, 1000);
    assert_int_equal(findings_count(reasons), 2);
    assert_non_null(strstr(text, "placement: worker 'a': it is draining"));
    assert_non_null(strstr(text, "placement: worker 'b': it has no pg_dump 15 or newer"));
    join(fleet, "c", 1, 0)->booked = 1;
    assert_true(board_has_taker(fleet, job, reasons));
    assert_int_equal(findings_count(reasons), 2);
}

static void
an_event_that_makes_no_sense_changes_nothing(void **state)
{
    (void)state;
    CLEAN(board_destroy) board_t *board = make_board(1);
    add_run(board, 1);
    struct board_job *job = add_job(board, 1, 1, "a");
    assert_int_equal(board_apply(board, job, JOB_DONE), -1);
    assert_int_equal(board_queued(board), 1);
    assert_int_equal(job->record->state, JOB_QUEUED);
}

static void
a_run_leaves_the_board_with_its_jobs_only(void **state)
{
    (void)state;
    CLEAN(board_destroy) board_t *board = make_board(1);
    struct run *run = add_run(board, 1);
    add_run(board, 2);
    struct board_job *gone = add_job(board, 1, 1, "a");
    struct board_job *kept = add_job(board, 2, 2, "b");
    int64_t gone_id = gone->record->id;
    board_apply(board, gone, JOB_CANCEL);
    board_remove_run(board, &run);
    assert_null(board_run(board, 1));
    assert_null(board_job(board, gone_id));
    assert_ptr_equal(board_first(board), kept);
    assert_null(board_next(board));
    assert_int_equal(board_queued(board), 1);
}

static void
a_job_says_what_it_waits_for(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(1);
    join(fleet, "a", 2, 0);
    add_run(board, 1);
    struct board_job *first = add_job(board, 1, 1, "same");
    struct board_job *same = add_job(board, 1, 2, "same");
    add_job(board, 1, 3, "other");
    struct board_job *last = add_job(board, 1, 4, "last");
    while (start_next(board, fleet, NULL))
        continue;
    assert_string_equal(why(board, first), "");
    assert_string_equal(why(board, same), "server 'same:5432' has 1 of 1 jobs running");
    assert_string_equal(why(board, last), "no worker that fits has room");
}

// What holds for jobs of one policy, and that it was counted when one has ended however it did.
static void
limits_hold_for_whatever_ends_an_attempt(void **state)
{
    (void)state;
    static const enum job_event ends[] = {JOB_DONE, JOB_FAIL, JOB_AGAIN, JOB_STOPPED};
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(9);
    quota_set_limit(board_quota(board), QUOTA_ALL, "", 1);
    struct worker *worker = join(fleet, "a", 9, 0);
    add_run(board, 1);
    for (size_t index = 0; index < sizeof ends / sizeof *ends; index++) {
        add_job(board, 1, 1 + (int64_t)index, "a");
        add_job(board, 1, 101 + (int64_t)index, "b");
    }
    for (size_t index = 0; index < sizeof ends / sizeof *ends; index++) {
        int64_t id = start_next(board, fleet, NULL);
        assert_int_not_equal(id, 0);
        assert_int_equal(start_next(board, fleet, NULL), 0);
        assert_int_equal(board_apply(board, board_job(board, id), ends[index]), 0);
        worker->booked--;
    }
    assert_int_equal(board_running(board), 0);
}

// A set of a database in one account is loaded into one of another.
static void
a_job_counts_where_it_touches_a_database(void **state)
{
    (void)state;
    struct database source = {.id = 1, .account = "one", .region = "r"};
    struct database target = {.id = 2, .account = "two", .region = "r"};
    struct database other = {.id = 3, .account = "two", .region = "r"};
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(9);
    quota_set_limit(board_quota(board), QUOTA_ACCOUNT, "", 1);
    join(fleet, "a", 9, 0);
    add_run(board, 1);
    job_database = &source;
    job_touched = &target;
    job_kind = JOB_RESTORE;
    struct board_job *restore = add_job(board, 1, 1, "b");
    job_touched = NULL;
    job_kind = JOB_BACKUP;
    struct board_job *backup = add_job(board, 1, 1, "a");
    job_database = &target;
    struct board_job *same = add_job(board, 1, 2, "c");
    job_database = &other;
    struct board_job *neighbour = add_job(board, 1, 3, "c");
    job_database = NULL;
    assert_int_equal(start_next(board, fleet, NULL), restore->record->id);
    assert_int_equal(start_next(board, fleet, NULL), backup->record->id);
    assert_int_equal(start_next(board, fleet, NULL), 0);
    assert_string_equal(why(board, neighbour), "account 'two' has 1 of 1 jobs running");
    quota_set_limit(board_quota(board), QUOTA_ACCOUNT, "", 0);
    queue_limits_changed(board_queue(board));
    assert_int_equal(start_next(board, fleet, NULL), neighbour->record->id);
    assert_int_equal(start_next(board, fleet, NULL), 0);
    assert_string_equal(why(board, same), "database '2' has 1 of 1 jobs running");
}

// After a restart nothing is known of the worker that has a job until it is back.
static void
what_ran_before_a_restart_counts_and_its_labels_are_waited_for(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(1);
    quota_set_limit(board_quota(board), QUOTA_LABEL, "rack=1", 1);
    built_label.key = "rack";
    built_label.value = "1";
    built_label_count = 1;
    add_run(board, 1);
    struct board_job *before = add_running_job(board, 1, 1, "same");
    struct board_job *same = add_job(board, 1, 2, "same");
    struct board_job *other = add_job(board, 1, 3, "other");
    join(fleet, "b", 2, 0);
    assert_int_equal(start_next(board, fleet, NULL), 0);
    struct worker *back = join(fleet, "a", 2, 0);
    board_place(board, before, back);
    queue_workers_changed(board_queue(board));
    assert_int_equal(start_next(board, fleet, NULL), 0);
    assert_string_equal(why(board, same), "server 'same:5432' has 1 of 1 jobs running");
    assert_int_equal(board_apply(board, before, JOB_DONE), 0);
    assert_int_not_equal(start_next(board, fleet, NULL), 0);
    assert_int_equal(start_next(board, fleet, NULL), 0);
    assert_int_equal(other->record->state + same->record->state, JOB_QUEUED + JOB_RUNNING);
    built_label_count = 0;
}

// A job without a store goes to the first one of its worker, and counts there.
static void
a_store_that_a_job_leaves_open_counts_as_well(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(9);
    quota_set_limit(board_quota(board), QUOTA_STORE, "directory:1", 2);
    join(fleet, "a", 9, 0);
    add_run(board, 1);
    for (int64_t database = 1; database <= 3; database++)
        add_job(board, 1, database, "a");
    int64_t first = start_next(board, fleet, NULL);
    assert_int_not_equal(start_next(board, fleet, NULL), 0);
    assert_int_equal(start_next(board, fleet, NULL), 0);
    assert_int_equal(board_apply(board, board_job(board, first), JOB_DONE), 0);
    assert_int_not_equal(start_next(board, fleet, NULL), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_worker_has_its_reason),
        TEST(a_job_that_ran_over_a_restart_costs_what_was_expected),
        TEST(a_worker_whose_labels_are_preferred_is_before_one_with_more_slots),
        TEST(a_job_says_what_it_waits_for),
        TEST(limits_hold_for_whatever_ends_an_attempt),
        TEST(a_job_counts_where_it_touches_a_database),
        TEST(what_ran_before_a_restart_counts_and_its_labels_are_waited_for),
        TEST(a_store_that_a_job_leaves_open_counts_as_well),
        TEST(an_event_that_makes_no_sense_changes_nothing),
        TEST(a_run_leaves_the_board_with_its_jobs_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
