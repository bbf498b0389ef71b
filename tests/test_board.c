#include "coordinator/board.h"

#include "tests/board_scene.h"

static void
a_backup_of_a_database_is_known_until_it_has_ended(void **state)
{
    (void)state;
    CLEAN(board_destroy) board_t *board = board_new(1);
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    join(fleet, "w1", 1, 0);
    add_run(board, 1);
    struct board_job *job = add_job(board, 1, 7, "a");
    assert_true(board_has_backup(board, 7));
    assert_false(board_has_backup(board, 8));
    assert_int_equal(start_next(board, fleet, NULL), job->record->id);
    assert_true(board_has_backup(board, 7));
    assert_int_equal(board_apply(board, job, JOB_AGAIN), 0);
    assert_true(board_has_backup(board, 7));
    assert_int_equal(board_apply(board, job, JOB_FAIL), 0);
    assert_false(board_has_backup(board, 7));
}

static void
jobs_start_in_order_on_the_worker_with_most_room(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(1);
    const char *worker = NULL;
    add_run(board, 1);
    struct board_job *first = add_job(board, 1, 1, "a");
    struct board_job *second = add_job(board, 1, 2, "b");
    join(fleet, "small", 1, 0);
    join(fleet, "big", 2, 0);
    assert_int_equal(start_next(board, fleet, &worker), first->record->id);
    assert_string_equal(worker, "big");
    assert_int_equal(start_next(board, fleet, &worker), second->record->id);
    assert_int_equal(start_next(board, fleet, &worker), 0);
    assert_int_equal(board_running(board), 2);
    assert_int_equal(board_queued(board), 0);
}

// By the windows of the nights before.
static void
what_was_left_before_is_first(void **state)
{
    (void)state;
    CLEAN(board_destroy) board_t *board = make_board(8);
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(1000);
    join(fleet, "w", 4, 0);
    add_run(board, 1);
    static const int64_t due_ms[] = {0, UNIX, UNIX - 3000, UNIX - 1000};
    int64_t ids[4];
    for (size_t index = 0; index < 4; index++) {
        struct board_job *job = add_job(board, 1, (int64_t)index + 1, "db");
        job->record->queued_ms = UNIX;
        job->closes_ms = UNIX + 3600000;
        job->due_ms = due_ms[index];
        ids[index] = job->record->id;
    }
    static const size_t order[] = {2, 3, 0, 1};
    for (size_t index = 0; index < 4; index++)
        assert_int_equal(start_next(board, fleet, NULL), ids[order[index]]);
}

static void
one_database_has_one_job_at_a_time(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(9);
    join(fleet, "a", 9, 0);
    add_run(board, 1);
    add_run(board, 2);
    struct board_job *first = add_job(board, 1, 7, "a");
    struct board_job *second = add_job(board, 2, 7, "a");
    assert_int_equal(start_next(board, fleet, NULL), first->record->id);
    assert_int_equal(start_next(board, fleet, NULL), 0);
    board_apply(board, first, JOB_CANCEL);
    assert_int_equal(start_next(board, fleet, NULL), 0);
    board_apply(board, first, JOB_STOPPED);
    assert_int_equal(start_next(board, fleet, NULL), second->record->id);
}

static void
a_held_job_neither_starts_nor_counts_as_one_that_nobody_can_take(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(9);
    add_run(board, 1);
    struct board_job *held = add_job(board, 1, 1, "a");
    struct board_job *other = add_job(board, 1, 2, "b");
    board_hold(board, held, 1);
    board_judge(board, fleet, NOW);
    assert_int_equal(held->unfit_since_ms, 0);
    assert_int_equal(other->unfit_since_ms, NOW);
    join(fleet, "a", 9, 0);
    assert_int_equal(start_next(board, fleet, NULL), other->record->id);
    assert_int_equal(start_next(board, fleet, NULL), 0);
    board_hold(board, held, 0);
    assert_int_equal(start_next(board, fleet, NULL), held->record->id);
}

static void
a_server_has_no_more_jobs_than_its_limit(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(2);
    join(fleet, "a", 9, 0);
    add_run(board, 1);
    struct board_job *first = add_job(board, 1, 1, "same");
    add_job(board, 1, 2, "same");
    struct board_job *third = add_job(board, 1, 3, "same");
    struct board_job *other = add_job(board, 1, 4, "other");
    assert_int_not_equal(start_next(board, fleet, NULL), 0);
    assert_int_not_equal(start_next(board, fleet, NULL), 0);
    assert_int_equal(start_next(board, fleet, NULL), other->record->id);
    assert_int_equal(start_next(board, fleet, NULL), 0);
    board_apply(board, first, JOB_DONE);
    assert_int_equal(start_next(board, fleet, NULL), third->record->id);
}

static void
a_job_waits_until_it_may_be_tried_again(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(1);
    join(fleet, "a", 2, 0);
    add_run(board, 1);
    struct board_job *job = add_job(board, 1, 1, "a");
    struct board_job *far = add_job(board, 1, 2, "b");
    job->record->not_before_ms = UNIX + 10;
    far->record->not_before_ms = UNIX + 1000000;  // the clock went back since
    assert_int_equal(start_at(board, fleet, NOW, NULL), 0);
    assert_int_equal(start_at(board, fleet, NOW + 9, NULL), 0);
    assert_int_equal(start_at(board, fleet, NOW + 10, NULL), job->record->id);
    assert_int_equal(start_at(board, fleet, NOW + 999, NULL), 0);
    assert_int_equal(start_at(board, fleet, NOW + 1000, NULL), far->record->id);
}

static void
a_spread_may_be_longer_than_any_wait_to_try_again(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(1);
    join(fleet, "a", 2, 0);
    add_run(board, 1);
    struct board_job *job = add_job(board, 1, 1, "a");
    job->spread_ms = 5000;
    job->record->not_before_ms = UNIX + 4000;
    assert_int_equal(start_at(board, fleet, NOW + 0, NULL), 0);
    assert_int_equal(start_at(board, fleet, NOW + 3999, NULL), 0);
    assert_string_equal(why(board, job), "its time has not come");
    assert_int_equal(start_at(board, fleet, NOW + 4000, NULL), job->record->id);
}

static void
a_job_that_nobody_can_take_says_since_when_and_why(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(1);
    add_run(board, 1);
    struct board_job *job = add_job(board, 1, 1, "a");
    board_judge(board, fleet, 10);
    assert_int_equal(job->unfit_since_ms, 10);
    assert_string_equal(job->unfit_reason, "no worker is connected");
    struct worker *worker = join(fleet, "a", 1, 0);
    worker->booked = 1;
    board_judge(board, fleet, 20);
    assert_int_equal(job->unfit_since_ms, 0);
    worker->hello->ready->tools[0]->major = 14;
    board_judge(board, fleet, 30);
    board_judge(board, fleet, 40);
    assert_int_equal(job->unfit_since_ms, 30);
    assert_string_equal(job->unfit_reason, "worker 'a': it has no pg_dump 15 or newer");
}

static void
a_check_that_nobody_fits_goes_to_the_nearest_worker(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(1);
    const char *worker = NULL;
    add_run(board, 1);
    job_store = "directory:elsewhere";
    add_job(board, 1, 1, "a");
    join(fleet, "far", 4, 0)->hello->ready->tools[0]->major = 14;
    join(fleet, "near", 1, 0);
    job_kind = JOB_CHECK;
    struct board_job *check = add_job(board, 1, 2, "b");
    assert_int_equal(start_next(board, fleet, &worker), check->record->id);
    assert_string_equal(worker, "near");
    assert_int_equal(start_next(board, fleet, NULL), 0);  // a backup waits for one that fits
}

static void
a_job_avoids_a_worker_as_long_as_another_one_fits(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(9);
    join(fleet, "w1", 4, NOW);
    struct worker *other = join(fleet, "w2", 1, NOW);
    add_run(board, 1);
    struct board_job *job = add_job(board, 1, 1, "db1");
    const char *worker = NULL;
    assert_int_equal(start_at(board, fleet, NOW, &worker), job->record->id);
    assert_string_equal(worker, "w1");
    assert_int_equal(board_apply(board, job, JOB_AGAIN), 0);
    board_avoid(board, job, "w1");
    // The other one is busy: it is waited for.
    other->booked = 1;
    assert_int_equal(start_at(board, fleet, NOW, &worker), 0);
    other->booked = 0;
    queue_workers_changed(board_queue(board));
    assert_int_equal(start_next(board, fleet, &worker), job->record->id);
    assert_string_equal(worker, "w2");
    assert_int_equal(board_apply(board, job, JOB_AGAIN), 0);
    board_avoid(board, job, "w1");
    other->gone = 1;
    fleet_bury(fleet);
    queue_workers_changed(board_queue(board));
    assert_int_equal(start_next(board, fleet, &worker), job->record->id);
    assert_string_equal(worker, "w1");
}

static void
a_check_waits_for_a_worker_that_fits_and_is_busy(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(1);
    add_run(board, 1);
    job_kind = JOB_CHECK;
    add_job(board, 1, 1, "a");
    join(fleet, "far", 4, 0)->hello->ready->tools[0]->major = 14;
    join(fleet, "fit", 1, 0)->booked = 1;
    assert_int_equal(start_next(board, fleet, NULL), 0);
}

static void
what_nobody_could_take_is_one_record_for_all_that_need_the_same(void **state)
{
    (void)state;
    CLEAN(fleet_destroy) fleet_t *fleet = fleet_new(PATIENCE);
    CLEAN(board_destroy) board_t *board = make_board(1);
    add_run(board, 1);
    join(fleet, "a", 1, 0);
    for (int64_t database = 1; database <= 50; database++)
        add_job(board, 1, database, "a");
    job_label.name = "region";
    job_label.pattern = "eu-central-1";
    for (int64_t database = 51; database <= 90; database++)
        add_job(board, 1, database, "a");
    board_judge(board, fleet, 10);
    size_t unfit = 0, count = 0;
    needs_t *needs = board_needs(board);
    for (struct need *need = needs_first(needs); need; need = needs_next(needs)) {
        count++;
        unfit += need->is_unfit ? need->waiting : 0;
        if (need->is_unfit)
            assert_string_equal(need->reason, "worker 'a': it has no label 'region', which is to "
                                              "be 'eu-central-1'");
    }
    assert_int_equal(count, 2);
    assert_int_equal(unfit, 40);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_backup_of_a_database_is_known_until_it_has_ended),
        TEST(jobs_start_in_order_on_the_worker_with_most_room),
        TEST(what_was_left_before_is_first),
        TEST(one_database_has_one_job_at_a_time),
        TEST(a_held_job_neither_starts_nor_counts_as_one_that_nobody_can_take),
        TEST(a_server_has_no_more_jobs_than_its_limit),
        TEST(a_job_waits_until_it_may_be_tried_again),
        TEST(a_spread_may_be_longer_than_any_wait_to_try_again),
        TEST(a_job_that_nobody_can_take_says_since_when_and_why),
        TEST(a_check_that_nobody_fits_goes_to_the_nearest_worker),
        TEST(a_job_avoids_a_worker_as_long_as_another_one_fits),
        TEST(a_check_waits_for_a_worker_that_fits_and_is_busy),
        TEST(what_nobody_could_take_is_one_record_for_all_that_need_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
