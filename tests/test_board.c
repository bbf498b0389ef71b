#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/board.h"
#include "tests/check.h"
#include "tests/fleet_builder.h"

enum { PATIENCE = 1000, NOW = 100, UNIX = 50000 };

static int64_t next_job = 1;

// Of the jobs that are added next.
static const char *job_version = "15.4", *job_store = "";
static enum job_kind job_kind;
static const struct database *job_database, *job_touched;
static Wire__WantedLabel job_label = WIRE__WANTED_LABEL__INIT, *job_labels[] = {&job_label};

static int
forget_kinds(void **state)
{
    (void)state;
    job_version = "15.4";
    job_store = "";
    job_kind = JOB_BACKUP;
    job_label.name = "";
    built_label_count = 0;
    return 0;
}

static board_t *
make_board(unsigned server_limit)
{
    board_t *board = board_new(1000);
    quota_set_limit(board_quota(board), QUOTA_SERVER, "", server_limit);
    return board;
}

static struct run *
add_run(board_t *board, int64_t id)
{
    struct run *run = run_record_new();
    run->id = id;
    return board_add_run(board, &run);
}

static struct board_job *
add_job_in(board_t *board, int64_t run_id, int64_t database_id, const char *host,
           enum job_state state)
{
    Wire__Server source = WIRE__SERVER__INIT;
    source.engine = "postgres";
    source.host = (char *)(uintptr_t)host;
    source.port = 5432;
    source.version = (char *)(uintptr_t)job_version;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    backup.source = &source;
    backup.store = (char *)(uintptr_t)job_store;
    Wire__Run run = WIRE__RUN__INIT;
    run.task_case = WIRE__RUN__TASK_BACKUP;
    run.backup = &backup;
    run.wanted = job_labels;
    run.n_wanted = *job_label.name ? 1 : 0;
    Wire__Envelope task = WIRE__ENVELOPE__INIT;
    task.version = WIRE_VERSION;
    task.body_case = WIRE__ENVELOPE__BODY_RUN;
    task.run = &run;
    struct job *job = job_record_new();
    job->id = next_job++;
    job->run_id = run_id;
    job->database_id = database_id;
    job->state = state;
    job->kind = job_kind;
    return board_add_job(board, &job, &task, job_database, job_touched ? job_touched : job_database,
                         NULL);
}

static struct board_job *
add_job(board_t *board, int64_t run_id, int64_t database_id, const char *host)
{
    return add_job_in(board, run_id, database_id, host, JOB_QUEUED);
}

static struct board_job *
add_running_job(board_t *board, int64_t run_id, int64_t database_id, const char *host)
{
    return add_job_in(board, run_id, database_id, host, JOB_RUNNING);
}

// Books what the board offers. Returns the job's number, or 0 if nothing may start.
static int64_t
start_at(board_t *board, fleet_t *fleet, int64_t now_ms, const char **worker_text)
{
    struct board_job *job = NULL;
    struct worker *worker = NULL;
    if (!board_pick(board, fleet, now_ms, UNIX, &job, &worker))
        return 0;
    assert_int_equal(board_apply(board, job, JOB_ASSIGN), 0);
    worker->booked++;
    if (worker_text)
        *worker_text = worker_name(worker);
    return job->record->id;
}

static int64_t
start_next(board_t *board, fleet_t *fleet, const char **worker_text)
{
    return start_at(board, fleet, NOW, worker_text);
}

static const char *
why(board_t *board, const struct board_job *job)
{
    static char reason[QUEUE_REASON_SIZE];
    reason[0] = '\0';
    board_why(board, job, reason);
    return reason;
}

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

#define TEST(name) cmocka_unit_test_setup(name, forget_kinds)

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
        TEST(each_worker_has_its_reason),
        TEST(a_job_that_ran_over_a_restart_costs_what_was_expected),
        TEST(what_nobody_could_take_is_one_record_for_all_that_need_the_same),
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
