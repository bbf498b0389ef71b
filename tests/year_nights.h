// The nights of the year's play: what fires, what goes wrong, and one step after the other.

#pragma once

#include "tests/year_play.h"

// ---- firings

static size_t
firing_at(const struct play_policy *each, int64_t planned_ms)
{
    size_t low = 0;
    size_t high = each->firing_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (each->firings[middle] < planned_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// What has not begun is left to the next firing, at the latest when that comes.
static void
close_window(struct play_policy *each)
{
    for (size_t index = 0; index < each->member_count; index++) {
        struct play_job *job = play->queued_of[each->members[index]];
        if (!job)
            continue;
        note_wait(job);
        note_left(job);
        queue_remove(play->queue, job - play->jobs + 1);
        play->queued_of[job->database] = NULL;
        free_job(job);
        play->deferred++;
    }
    each->closes_ms = INT64_MAX;
}

static void
fire(struct play_policy *each, const struct schedule_turn *turn)
{
    size_t firing = firing_at(each, turn->planned_ms);
    assert_true(firing < each->firing_count);
    assert_int_equal(each->firings[firing], turn->planned_ms);
    assert_int_not_equal(each->states[firing], FIRED);
    each->states[firing] = FIRED;
    close_window(each);
    each->closes_ms = turn->closes_ms;
    play->fired++;
    for (size_t index = 0; index < each->member_count; index++) {
        size_t database = each->members[index];
        assert_true(play->free_count > 0);
        struct play_job *job = &play->jobs[play->free_jobs[--play->free_count]];
        if (!play->due_of[database])
            play->due_of[database] = play->true_ms;
        *job = (struct play_job){.database = database,
                                 .policy = (int)(each - play->by_policy),
                                 .due_ms = play->due_of[database]};
        if (turn->closes_ms != TIMETABLE_NEVER)
            job->closes_ms = turn->closes_ms - play->offset_ms;
        enqueue(job, turn->start_ms - play->offset_ms +
                         schedule_delay(play->databases[database], turn->spread_ms));
    }
}

static void
note_told(struct play_policy *each, const struct schedule_turn *turn)
{
    for (size_t firing = firing_at(each, turn->missed_first_ms);
         turn->missed && firing < each->firing_count && each->firings[firing] <= turn->planned_ms;
         firing++) {
        if (each->states[firing] == PLANNED)
            each->states[firing] = TOLD;
    }
    play->told += turn->missed;
}

// The clock was wrong before: what is yet to come may come again.
static void
note_large_step(struct play_policy *each)
{
    for (size_t firing = firing_at(each, wall() + 1); firing < each->firing_count; firing++)
        each->states[firing] = PLANNED;
    close_window(each);
}

static void
ask_schedules(void)
{
    for (size_t index = 0; index < POLICIES; index++) {
        struct play_policy *each = &play->by_policy[index];
        if (each->closes_ms <= wall())
            close_window(each);
        if (!play->must_ask && each->next_ms > wall())
            continue;
        struct schedule_turn turn;
        schedule_turn(&each->policy->schedule, &each->memory, wall(), &turn);
        if (turn.back_ms)
            note_large_step(each);
        note_told(each, &turn);
        if (turn.fires)
            fire(each, &turn);
        if (turn.is_changed)
            each->kept = each->memory;
        each->next_ms = turn.next_ms;
    }
    play->must_ask = 0;
}

// ---- trouble

static void
note_trouble(int64_t from_ms, int64_t to_ms, int is_large)
{
    assert_true(play->trouble_count < TROUBLES_MAX);
    play->troubles[play->trouble_count].from_ms = from_ms;
    play->troubles[play->trouble_count].is_large = is_large;
    play->troubles[play->trouble_count++].to_ms = to_ms;
}

static void
go_down(int64_t duration_ms)
{
    queue_destroy(&play->queue);
    play->up_ms = play->true_ms + duration_ms;
    play->down_ms += duration_ms;
    note_trouble(play->true_ms, play->up_ms, 0);
    play->restarts++;
}

// All that the coordinator knows is what the catalog kept.
static void
come_up(void)
{
    play->queue = queue_new(&rules, play->quota);
    set_limits();
    for (size_t index = 0; index < JOBS_MAX; index++) {
        struct play_job *job = &play->jobs[index];
        char server[NAME_SIZE], store[NAME_SIZE];
        struct queue_job queued = as_queued(job, server, store);
        struct queue_place place = place_of(job->worker);
        if (job->now == QUEUED)
            queue_add(play->queue, &queued);
        if (job->now == RUNNING)
            queue_adopt(play->queue, &queued, &place);
        if (job->now == RUNNING && job->has_ended)
            tell_end(job);
    }
    for (size_t index = 0; index < POLICIES; index++)
        play->by_policy[index].memory = play->by_policy[index].kept;
    play->must_ask = 1;
}

static void
lose_worker(int worker)
{
    play->worker_back_ms[worker] = play->true_ms + HOUR;
    for (size_t index = 0; index < JOBS_MAX; index++) {
        struct play_job *job = &play->jobs[index];
        if (job->now != RUNNING || job->worker != worker || job->has_ended)
            continue;
        heap_remove(play->ends, &job->node);
        count(job, -1);
        queue_end(play->queue, (int64_t)index + 1, play->true_ms - job->started_ms);
        play->lost++;
        if (play->queued_of[job->database]) {
            free_job(job);  // a newer firing has a job for it
            continue;
        }
        enqueue(job, play->true_ms + below(10 * MINUTE));
    }
}

static void
set_clock(int64_t offset_ms)
{
    play->offset_ms = offset_ms;
    play->must_ask = 1;
    if (offset_ms) {
        play->right_ms = play->true_ms + MINUTE + below(6 * HOUR);
        note_trouble(play->true_ms, play->right_ms, offset_ms > SCHEDULE_BACK_MAX_MS);
        play->steps++;
        play->steps_back += offset_ms < 0;
        play->steps_forward += offset_ms > 0;
    }
}

static void
make_trouble(void)
{
    int64_t kind = below(40);
    if (!play->queue || play->offset_ms)
        return;
    if (kind < 16)
        lose_worker((int)below(WORKERS));
    else if (kind < 20)
        go_down(below(30 * MINUTE));
    else if (kind == 20)
        go_down(below(3 * DAY));
    else if (kind < 25)
        set_clock(below(2 * SCHEDULE_BACK_MAX_MS) - SCHEDULE_BACK_MAX_MS);
    else if (kind == 25 && play->large_steps < 3) {
        play->large_steps++;
        set_clock(30 * DAY);
    }
}

// ---- the year

static int64_t
next_event(void)
{
    int64_t next_ms = play->trouble_ms;
    const struct play_job *job = (const struct play_job *)heap_first(play->ends);
    if (job && job->ends_ms < next_ms)
        next_ms = job->ends_ms;
    if (play->offset_ms && play->right_ms < next_ms)
        next_ms = play->right_ms;
    if (!play->queue)
        return play->up_ms < next_ms ? play->up_ms : next_ms;
    int64_t due_ms = INT64_MAX;
    for (size_t index = 0; index < POLICIES; index++) {
        const struct play_policy *each = &play->by_policy[index];
        due_ms = each->next_ms < due_ms ? each->next_ms : due_ms;
        due_ms = each->closes_ms < due_ms ? each->closes_ms : due_ms;
    }
    due_ms -= play->offset_ms;
    int64_t ready_ms = queue_due_ms(play->queue);
    due_ms = ready_ms < due_ms ? ready_ms : due_ms;
    for (int worker = 0; worker < WORKERS; worker++) {
        int64_t back_ms = play->worker_back_ms[worker];
        if (back_ms > play->true_ms && back_ms < due_ms)
            due_ms = back_ms;
    }
    return due_ms < next_ms ? due_ms : next_ms;
}

static void
step(void)
{
    int64_t next_ms = next_event();
    int64_t before_ms = play->true_ms;
    if (next_ms > play->true_ms)
        play->true_ms = next_ms;
    end_jobs();
    if (play->offset_ms && play->right_ms <= play->true_ms)
        set_clock(0);
    if (!play->queue && play->up_ms <= play->true_ms)
        come_up();
    if (play->trouble_ms <= play->true_ms) {
        play->trouble_ms = play->true_ms + MINUTE + below(12 * HOUR);
        make_trouble();
    }
    if (!play->queue)
        return;
    for (int worker = 0; worker < WORKERS; worker++) {
        if (play->worker_back_ms[worker] > before_ms &&
            play->worker_back_ms[worker] <= play->true_ms)
            queue_workers_changed(play->queue);
    }
    ask_schedules();
    start_jobs();
}

static void
note_need(size_t database, const struct policy *policy)
{
    char text[PLACEMENT_TEXT_SIZE];
    struct wanted_found found;
    struct placement_need need = {.tool = ""};
    policies_resolve(play->policies, policy, play->databases[database], &found);
    for (size_t index = 0; index < found.count; index++)
        need.labels[need.label_count++] =
            (struct placement_label){found.labels[index].name, found.labels[index].pattern,
                                     found.labels[index].is_preferred};
    placement_print(&need, 0, text);
    play->needs[database] = memory_copy_text(text);
}

static void
assign_policies(void)
{
    for (size_t index = 0; index < POLICIES; index++) {
        struct play_policy *each = &play->by_policy[index];
        each->policy = policies_at(play->policies, index);
        each->closes_ms = INT64_MAX;
        each->members = memory_get(DATABASES * sizeof *each->members);
        int64_t planned_ms = timetable_next(each->policy->timetable, begin_ms);
        for (; planned_ms < begin_ms + 405 * DAY;
             planned_ms = timetable_next(each->policy->timetable, planned_ms)) {
            assert_true(each->firing_count < FIRINGS_MAX);
            each->firings[each->firing_count++] = planned_ms;
        }
    }
    for (size_t index = 0; index < DATABASES; index++) {
        struct policy_choice choice;
        play->databases[index] = make_database(index);
        policies_choose(play->policies, play->databases[index], &choice);
        note_need(index, choice.policy);
        assert_true(choice.outcome == POLICY_SELECTED || choice.outcome == POLICY_TAGGED);
        for (size_t policy = 0; policy < POLICIES; policy++) {
            struct play_policy *each = &play->by_policy[policy];
            if (each->policy == choice.policy)
                each->members[each->member_count++] = index;
        }
    }
}

static void
begin_year(int is_long)
{
    play = memory_get(sizeof *play);
    play->random = 2026;
    play->true_ms = begin_ms;
    play->trouble_ms = begin_ms + DAY;
    play->policies = make_policies(is_long);
    play->quota = quota_new();
    play->ends = heap_new(ends_before);
    play->fleet = fleet_new(INT64_MAX);
    for (int worker = 0; worker < WORKERS; worker++)
        join_worker(worker);
    for (size_t index = JOBS_MAX; index > 0; index--)
        play->free_jobs[play->free_count++] = index - 1;
    assign_policies();
    come_up();
}

static void
end_year(void)
{
    queue_destroy(&play->queue);
    quota_destroy(&play->quota);
    heap_destroy(&play->ends);
    fleet_destroy(&play->fleet);
    for (size_t index = 0; index < POLICIES; index++)
        memory_free(&play->by_policy[index].members);
    for (size_t index = 0; index < DATABASES; index++) {
        database_destroy(&play->databases[index]);
        memory_free(&play->needs[index]);
    }
    policies_destroy(&play->policies);
    memory_free(&play);
}
