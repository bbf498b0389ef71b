// A crew works off its list over several threads, and ends together.

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/crew.h"

enum { TASKS = 200 };

// What a task does; each is one thread's at a time.
struct scene {
    int begun[TASKS], done[TASKS], ended[TASKS], member_of[TASKS];
    size_t order[TASKS], begun_count;
    int fails_at, waits_for_cancel;
    atomic_int cancelled[CREW_MEMBERS_MAX];
    int cancels, ticks;
    uint64_t greatest_bytes;
    struct crew_gait gait;
    atomic_int has_ticked;
    int64_t ended_ms[TASKS];
    atomic_int lent, lent_most, waiting;
    int stop;
};

static int
begin(void *self, size_t task, struct error *error)
{
    (void)error;
    struct scene *scene = self;
    scene->order[scene->begun_count++] = task;
    scene->begun[task]++;
    return 0;
}

static int
work(void *self, crew_member_t *member, size_t number, size_t task, struct error *error)
{
    struct scene *scene = self;
    if (scene->fails_at == (int)task)
        return error_set(error, ERROR_UNAVAILABLE, "task %zu broke", task);
    if (scene->waits_for_cancel) {
        while (!atomic_load(&scene->cancelled[number])) {
            if (crew_tell(member, 0, error) == 0)
                usleep(1000);
        }
        return error_set(error, ERROR_CANCELLED, "was killed");
    }
    scene->done[task]++;
    scene->member_of[task] = (int)number;
    return crew_tell(member, 1000 + task, error);
}

static int
end(void *self, size_t task, int status, struct error *error)
{
    (void)error;
    (void)status;
    ((struct scene *)self)->ended[task]++;
    return 0;
}

static void
cancel(void *self, size_t number)
{
    struct scene *scene = self;
    scene->cancels++;
    atomic_store(&scene->cancelled[number], 1);
}

static int
tick(void *self, uint64_t open_bytes, struct crew_gait *gait, struct error *error)
{
    (void)error;
    struct scene *scene = self;
    scene->ticks++;
    atomic_store(&scene->has_ticked, 1);
    *gait = scene->gait;
    if (open_bytes > scene->greatest_bytes)
        scene->greatest_bytes = open_bytes;
    return 0;
}

static struct crew_job
job_of(struct scene *scene, size_t members)
{
    return (struct crew_job){.self = scene,
                             .members = members,
                             .tasks = TASKS,
                             .begin = begin,
                             .work = work,
                             .end = end,
                             .cancel = cancel,
                             .tick = tick};
}

static void
each_task_is_done_once_and_begun_in_order(void **state)
{
    (void)state;
    CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
    struct crew_job job = job_of(scene, 4);
    struct error error = {0};
    scene->fails_at = -1;
    assert_int_equal(crew_run(&job, &error), 0);
    for (size_t task = 0; task < TASKS; task++) {
        assert_int_equal(scene->order[task], task);
        assert_int_equal(scene->begun[task], 1);
        assert_int_equal(scene->done[task], 1);
        assert_int_equal(scene->ended[task], 1);
        assert_in_range(scene->member_of[task], 0, 3);
    }
}

static void
nothing_to_do_is_done(void **state)
{
    (void)state;
    CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
    struct crew_job job = job_of(scene, 2);
    struct error error = {0};
    job.tasks = 0;
    assert_int_equal(crew_run(&job, &error), 0);
}

static void
the_first_failure_ends_all_within_a_second(void **state)
{
    (void)state;
    CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
    struct crew_job job = job_of(scene, 4);
    struct error error = {0};
    scene->fails_at = 2;
    scene->waits_for_cancel = 1;
    int64_t start_ms = clock_monotonic_ms();
    assert_int_equal(crew_run(&job, &error), -1);
    assert_true(clock_monotonic_ms() - start_ms < 1000);
    assert_string_equal(error.message, "task 2 broke");
    assert_true(scene->cancels >= 3);
    assert_true(scene->begun_count <= 5);
    for (size_t task = 0; task < TASKS; task++)
        assert_int_equal(scene->ended[task], scene->begun[task]);
}

static int
refuse(void *self, size_t task, struct error *error)
{
    return begin(self, task, error) || task == 3
               ? error_set(error, ERROR_CONFIG, "no room for %zu", task)
               : 0;
}

static int
refuse_end(void *self, size_t task, int status, struct error *error)
{
    end(self, task, status, error);
    return task == 3 ? error_set(error, ERROR_CONFIG, "cannot keep %zu", task) : 0;
}

static void
what_the_caller_refuses_ends_all(void **state)
{
    (void)state;
    CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
    struct crew_job job = job_of(scene, 2);
    struct error error = {0};
    scene->fails_at = -1;
    job.begin = refuse;
    assert_int_equal(crew_run(&job, &error), -1);
    assert_string_equal(error.message, "no room for 3");
    assert_int_equal(scene->ended[3], 0);
    memset(scene, 0, sizeof *scene);
    scene->fails_at = -1;
    job.begin = begin;
    job.end = refuse_end;
    assert_int_equal(crew_run(&job, &error), -1);
    assert_string_equal(error.message, "cannot keep 3");
}

// Tells of bytes until it has been told to rest.
static int
work_long(void *self, crew_member_t *member, size_t number, size_t task, struct error *error)
{
    (void)self;
    (void)number;
    (void)task;
    for (int step = 0; step < 60; step++) {
        int64_t start_ms = clock_monotonic_ms();
        if (crew_tell(member, 500, error))
            return -1;
        if (clock_monotonic_ms() - start_ms >= 50)
            return 0;
        usleep(20000);
    }
    return error_set(error, ERROR_INTERNAL, "was never told to rest");
}

static void
progress_is_summed_and_members_rest_when_told(void **state)
{
    (void)state;
    CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
    struct crew_job job = job_of(scene, 2);
    struct error error = {0};
    scene->fails_at = -1;
    scene->gait.pause_ms = 60;
    job.work = work_long;
    job.tasks = 2;
    if (crew_run(&job, &error))
        fail_msg("%s", error.message);
    assert_true(scene->ticks >= 1);
    assert_int_equal(scene->greatest_bytes, 1000);
}

// Goes on for 200 ms after the first tick, in small pieces.
static int
work_in_pieces(void *self, crew_member_t *member, size_t number, size_t task, struct error *error)
{
    struct scene *scene = self;
    (void)number;
    for (int step = 0; step < 40; step += atomic_load(&scene->has_ticked)) {
        usleep(5000);
        if (crew_tell(member, 1, error))
            return -1;
    }
    scene->ended_ms[task] = clock_monotonic_ms();
    return 0;
}

static void
no_more_members_work_than_may(void **state)
{
    (void)state;
    CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
    struct crew_job job = job_of(scene, 3);
    struct error error = {0};
    scene->gait.members = 1;
    job.work = work_in_pieces;
    job.tasks = 4;
    int64_t start_ms = clock_monotonic_ms();
    if (crew_run(&job, &error))
        fail_msg("%s", error.message);
    // Those that were held go on as soon as there is room, not when their rest is over.
    assert_true(clock_monotonic_ms() - start_ms < CREW_HOLD_MS);
    for (size_t task = 1; task < job.tasks; task++)
        assert_true(scene->ended_ms[task] - scene->ended_ms[task - 1] >= 100);
}

// Waits for the cancel that only a stop can bring.
static void
a_stop_ends_all_at_once(void **state)
{
    (void)state;
    CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
    CLEAN(fd_close) int stop = eventfd(1, EFD_CLOEXEC);
    struct crew_job job = job_of(scene, 3);
    struct error error = {0};
    scene->fails_at = -1;
    scene->waits_for_cancel = 1;
    job.stop = stop;
    int64_t start_ms = clock_monotonic_ms();
    assert_int_equal(crew_run(&job, &error), -1);
    assert_true(clock_monotonic_ms() - start_ms < 1000);
    assert_int_equal(error.code, ERROR_CANCELLED);
    assert_true(scene->cancels >= 3);
    for (size_t task = 0; task < TASKS; task++)
        assert_int_equal(scene->ended[task], scene->begun[task]);
}

// ---- loans

// A loan is a half of what there is.
static int
work_on_loan(void *self, crew_member_t *member, size_t number, size_t task, struct error *error)
{
    struct scene *scene = self;
    (void)number;
    if (crew_borrow(member, 50, error))
        return -1;
    int lent = atomic_fetch_add(&scene->lent, 1) + 1;
    if (lent > atomic_load(&scene->lent_most))
        atomic_store(&scene->lent_most, lent);
    usleep(2000);
    scene->done[task]++;
    atomic_fetch_sub(&scene->lent, 1);
    if (task % 2 == 0)
        crew_give_back(member);
    return 0;
}

static void
no_more_is_lent_than_there_is_and_a_task_gives_back_at_its_end(void **state)
{
    (void)state;
    CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
    struct crew_job job = job_of(scene, 8);
    struct error error = {0};
    job.work = work_on_loan;
    job.loan_bytes = 100;
    if (crew_run(&job, &error))
        fail_msg("%s", error.message);
    for (size_t task = 0; task < TASKS; task++)
        assert_int_equal(scene->done[task], 1);
    assert_int_equal(atomic_load(&scene->lent_most), 2);
}

static int
await_loan(struct scene *scene, crew_member_t *member, struct error *error)
{
    while (!atomic_load(&scene->lent)) {
        if (crew_rest(member, 1, error))
            return -1;
    }
    return 0;
}

// The first has all, and the others wait until it fails, or the job is stopped.
static int
work_beside_a_hoarder(void *self, crew_member_t *member, size_t number, size_t task,
                      struct error *error)
{
    struct scene *scene = self;
    (void)number;
    if (task > 0) {
        if (await_loan(scene, member, error))
            return -1;
        atomic_fetch_add(&scene->waiting, 1);
        return crew_borrow(member, 1, error);
    }
    if (crew_borrow(member, 1000, error))
        return -1;
    atomic_store(&scene->lent, 1);
    while (atomic_load(&scene->waiting) < 3) {
        if (crew_rest(member, 1, error))
            return -1;
    }
    if (scene->stop == 0)
        return error_set(error, ERROR_UNAVAILABLE, "the hoarder broke");
    eventfd_write(scene->stop, 1);
    return crew_rest(member, 60000, error);
}

static void
who_waits_for_a_loan_ends_at_once_with_all_others(void **state)
{
    (void)state;
    for (int is_stopped = 0; is_stopped < 2; is_stopped++) {
        CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
        CLEAN(fd_close) int stop = eventfd(0, EFD_CLOEXEC);
        struct crew_job job = job_of(scene, 4);
        struct error error = {0};
        job.work = work_beside_a_hoarder;
        job.loan_bytes = 100;
        job.tasks = 4;
        job.stop = scene->stop = is_stopped ? stop : 0;
        int64_t start_ms = clock_monotonic_ms();
        assert_int_equal(crew_run(&job, &error), -1);
        assert_true(clock_monotonic_ms() - start_ms < 1000);
        assert_int_equal(error.code, is_stopped ? ERROR_CANCELLED : ERROR_UNAVAILABLE);
        for (size_t task = 0; task < job.tasks; task++)
            assert_int_equal(scene->ended[task], scene->begun[task]);
    }
}

// Task 1 has all there is, and only task 0 may work: which waits for it.
static int
work_held_up(void *self, crew_member_t *member, size_t number, size_t task, struct error *error)
{
    struct scene *scene = self;
    (void)number;
    if (task == 0) {
        if (await_loan(scene, member, error))
            return -1;
        atomic_store(&scene->waiting, 1);
        return crew_borrow(member, 100, error);
    }
    if (crew_borrow(member, 100, error))
        return -1;
    atomic_store(&scene->lent, 1);
    for (int step = 0; step < 10 || !atomic_load(&scene->waiting); step++) {
        usleep(50000);
        if (crew_tell(member, 1, error))
            return -1;
    }
    return 0;
}

static void
who_has_what_others_wait_for_does_not_rest(void **state)
{
    (void)state;
    CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
    struct crew_job job = job_of(scene, 2);
    struct error error = {0};
    scene->gait.members = 1;
    job.work = work_held_up;
    job.loan_bytes = 100;
    job.tasks = 2;
    int64_t start_ms = clock_monotonic_ms();
    if (crew_run(&job, &error))
        fail_msg("%s", error.message);
    assert_true(clock_monotonic_ms() - start_ms < CREW_HOLD_MS / 2);
}

static int
tick_that_fails(void *self, uint64_t open_bytes, struct crew_gait *gait, struct error *error)
{
    tick(self, open_bytes, gait, error);
    return error_set(error, ERROR_UNAVAILABLE, "the table was altered");
}

static void
a_tick_can_end_all(void **state)
{
    (void)state;
    CLEAN(memory_free) struct scene *scene = memory_get(sizeof *scene);
    struct crew_job job = job_of(scene, 2);
    struct error error = {0};
    scene->fails_at = -1;
    scene->waits_for_cancel = 1;
    job.tick = tick_that_fails;
    assert_int_equal(crew_run(&job, &error), -1);
    assert_string_equal(error.message, "the table was altered");
    assert_int_equal(scene->ticks, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_is_done_once_and_begun_in_order),
        cmocka_unit_test(nothing_to_do_is_done),
        cmocka_unit_test(the_first_failure_ends_all_within_a_second),
        cmocka_unit_test(what_the_caller_refuses_ends_all),
        cmocka_unit_test(progress_is_summed_and_members_rest_when_told),
        cmocka_unit_test(no_more_members_work_than_may),
        cmocka_unit_test(a_stop_ends_all_at_once),
        cmocka_unit_test(no_more_is_lent_than_there_is_and_a_task_gives_back_at_its_end),
        cmocka_unit_test(who_waits_for_a_loan_ends_at_once_with_all_others),
        cmocka_unit_test(who_has_what_others_wait_for_does_not_rest),
        cmocka_unit_test(a_tick_can_end_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
