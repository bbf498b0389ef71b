// Playing a forecast, from one thing that happens to the next.

#include "coordinator/forecast_parts.h"

#include <assert.h>

#include "common/memory.h"

#define AFTER_MS INT64_C(1209600000)  // two weeks: what has not ended by then does not

enum { MINUTE_MS = 60000, LENGTH_SIZE = 32 };

// ---- what is under way

static struct forecast_member *
find_member(const forecast_t *self, int64_t id)
{
    size_t low = 0, high = self->member_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (self->members[middle]->database->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < self->member_count && self->members[low]->database->id == id ? self->members[low]
                                                                              : NULL;
}

static size_t
place_of(const forecast_t *self, const struct worker *worker)
{
    size_t index = 0;
    while (index < self->worker_count && self->workers[index].worker != worker)
        index++;
    return index < self->worker_count ? index : SIZE_MAX;
}

// What has run longer than expected needs a tenth of that more.
static void
go_on(forecast_t *self, struct forecast_row *row, const struct forecast_under_way *job,
      int64_t expected_ms)
{
    int64_t left_ms = expected_ms - job->ran_ms;
    struct worker *worker = fleet_by_instance(self->fleet, job->worker);
    row->begins_ms = self->now_ms - job->ran_ms;
    row->ends_ms = self->now_ms + (left_ms > 0 ? left_ms : job->ran_ms / 10 + 1);
    if (worker) {
        worker->booked++;
        board_place(self->board, row->job, worker);
        row->worker = place_of(self, worker);
    }
    heap_add(self->ends, &row->node);
}

static void
wait_for_due(forecast_t *self, struct forecast_row *row)
{
    if (!row->is_decided)
        heap_add(self->dues, &row->node);
}

// What is under way of one policy and window is one run.
static size_t
run_under_way(forecast_t *self, const struct forecast_under_way *job)
{
    for (size_t index = 0; index < self->run_count; index++) {
        if (self->runs[index].policy == job->policy &&
            self->runs[index].closes_ms == job->closes_ms)
            return index;
    }
    struct forecast_run *run = forecast_begin_run(self, job->policy);
    run->closes_ms = job->closes_ms;
    run->is_open = job->closes_ms != 0;
    if (run->is_open && run->closes_ms < self->closes_ms)
        self->closes_ms = run->closes_ms;
    return self->run_count - 1;
}

static void
add_under_way(forecast_t *self, struct forecast_under_way *job)
{
    struct forecast_member *member = find_member(self, job->record->database_id);
    int is_queued = job->record->state == JOB_QUEUED;
    struct job *record = job->record;
    int64_t expected_ms = record->expected_ms;
    job->record = NULL;
    struct forecast_row *row =
        forecast_begin_job(self, run_under_way(self, job), &record, job->need, job->server, member);
    row->basis = member ? member->basis : HISTORY_PRESET;
    if (row->job)
        row->job->due_ms = job->due_ms;
    if (is_queued)
        wait_for_due(self, row);
    else
        go_on(self, row, job, expected_ms);
}

// ---- windows

static void
leave(forecast_t *self, struct forecast_row *row)
{
    char why[QUEUE_REASON_SIZE];
    const char *limit = board_why(self->board, row->job, why) ? NULL : why;
    if (row->limit && (!limit || strcmp(limit, QUEUE_BEHIND) == 0))
        limit = NULL;  // what was found when it was due says more
    else if (!limit)
        limit = "nothing was looked for";
    forecast_decide(row, FORECAST_LEFT, limit);
    if (row->node.place)
        heap_remove(self->dues, &row->node);
    forecast_end(self, row, JOB_CANCEL);
}

static void
close_run(forecast_t *self, struct forecast_run *run)
{
    run->is_open = 0;
    for (struct forecast_row *row = run->first; row; row = row->next) {
        if (row->job && row->job->record->state == JOB_QUEUED)
            leave(self, row);
    }
}

static void
close_windows(forecast_t *self)
{
    if (self->closes_ms > self->now_ms)
        return;
    self->closes_ms = INT64_MAX;
    for (size_t index = 0; index < self->run_count; index++) {
        struct forecast_run *run = &self->runs[index];
        if (run->is_open && run->closes_ms && run->closes_ms <= self->now_ms)
            close_run(self, run);
        else if (run->is_open && run->closes_ms && run->closes_ms < self->closes_ms)
            self->closes_ms = run->closes_ms;
    }
}

// ---- firings

static void
add_unable(forecast_t *self, struct forecast_member *member, int64_t due_ms)
{
    struct forecast_row *row = forecast_add_row(self, self->run_count - 1, member);
    row->due_ms = due_ms;
    row->expected_ms = member->expected_ms;
    row->basis = member->basis;
    forecast_decide(row, FORECAST_NEVER, member->unable);
}

static void
add_member(forecast_t *self, struct forecast_member *member, const struct schedule_turn *turn)
{
    size_t place = self->run_count - 1;
    if (board_has_backup(self->board, member->database->id)) {
        self->runs[place].skipped++;
        return;
    }
    int64_t due_ms = turn->start_ms + schedule_delay(member->database, turn->spread_ms);
    member->is_fired = 1;
    if (member->unable) {
        add_unable(self, member, due_ms);
        return;
    }
    struct job *record = job_record_new();
    record->kind = JOB_BACKUP;
    record->database_id = member->database->id;
    record->queued_ms = self->now_ms;
    record->expected_ms = member->expected_ms;
    record->not_before_ms = due_ms;
    struct forecast_row *row =
        forecast_begin_job(self, place, &record, member->need, member->server, member);
    row->basis = member->basis;
    if (!member->due_ms || member->due_ms > turn->planned_ms)
        member->due_ms = turn->planned_ms;
    if (row->job)
        row->job->due_ms = member->due_ms;
    wait_for_due(self, row);
}

static void
fire(forecast_t *self, const struct forecast_firing *firing)
{
    for (size_t index = 0; index < self->run_count; index++) {
        if (self->runs[index].is_open && self->runs[index].policy == firing->policy)
            close_run(self, &self->runs[index]);
    }
    struct forecast_run *run = forecast_begin_run(self, firing->policy);
    run->is_firing = run->is_open = 1;
    run->planned_ms = firing->turn.planned_ms;
    run->closes_ms = firing->turn.closes_ms == TIMETABLE_NEVER ? 0 : firing->turn.closes_ms;
    if (run->closes_ms && run->closes_ms < self->closes_ms)
        self->closes_ms = run->closes_ms;
    for (size_t index = 0; index < self->member_count; index++) {
        struct forecast_member *member = self->members[index];
        if (member->is_member && member->policy == firing->policy)
            add_member(self, member, &firing->turn);
    }
}

static void
fire_all(forecast_t *self)
{
    while (self->next_firing < self->firing_count &&
           self->firings[self->next_firing].at_ms <= self->now_ms)
        fire(self, &self->firings[self->next_firing++]);
}

// ---- jobs begin and end

static void
print_length(int64_t length_ms, char text[LENGTH_SIZE])
{
    int64_t minutes = length_ms / MINUTE_MS;
    if (minutes >= 60)
        snprintf(text, LENGTH_SIZE, "%" PRId64 " h %" PRId64 " min", minutes / 60, minutes % 60);
    else
        snprintf(text, LENGTH_SIZE, "%" PRId64 " min", minutes);
}

// Ended after its window, for which it is too long, or because it had to wait. What it takes is
// rounded up and the room down, so that it is never told that 10 minutes are too long for 10.
static void
decide_late(const forecast_t *self, struct forecast_row *row)
{
    char limit[QUEUE_REASON_SIZE], takes[LENGTH_SIZE], room[LENGTH_SIZE];
    int64_t room_ms = self->runs[row->run].closes_ms - row->due_ms;
    print_length(row->expected_ms + MINUTE_MS - 1, takes);
    print_length(room_ms > 0 ? room_ms : 0, room);
    snprintf(limit, sizeof limit,
             "it takes %s, and there are %s from its time to the end of its "
             "window",
             takes, room);
    forecast_decide(row, FORECAST_LATE, row->expected_ms > room_ms || !row->limit ? limit : NULL);
}

static void
end_job(forecast_t *self, struct forecast_row *row)
{
    const struct forecast_run *run = &self->runs[row->run];
    if (row->worker != SIZE_MAX) {
        struct forecast_worker *worker = &self->workers[row->worker];
        int64_t begins_ms = row->begins_ms > self->from_ms ? row->begins_ms : self->from_ms;
        int64_t ends_ms = row->ends_ms < self->until_ms ? row->ends_ms : self->until_ms;
        worker->worker->booked--;
        worker->jobs++;
        worker->busy_ms += ends_ms > begins_ms ? ends_ms - begins_ms : 0;
    }
    if (run->closes_ms && row->ends_ms > run->closes_ms) {
        decide_late(self, row);
    } else {
        memory_free(&row->limit);
        forecast_decide(row, FORECAST_WELL, NULL);
    }
    if (row->member)
        row->member->due_ms = 0;
    forecast_end(self, row, JOB_DONE);
}

static void
end_jobs(forecast_t *self)
{
    struct forecast_row *row = NULL;
    while ((row = (struct forecast_row *)heap_first(self->ends)) && row->ends_ms <= self->now_ms) {
        heap_remove(self->ends, &row->node);
        end_job(self, row);
    }
}

static void
start_jobs(forecast_t *self)
{
    struct board_job *job = NULL;
    struct worker *worker = NULL;
    while (board_pick(self->board, self->fleet, self->now_ms, self->now_ms, &job, &worker)) {
        struct forecast_row *row = self->rows[job->record->id - 1];
        int rc = board_apply(self->board, job, JOB_ASSIGN);
        assert(rc == 0);
        (void)rc;
        worker->booked++;
        row->worker = place_of(self, worker);
        row->begins_ms = self->now_ms;
        row->ends_ms = self->now_ms + row->expected_ms;
        if (row->node.place)
            heap_remove(self->dues, &row->node);
        heap_add(self->ends, &row->node);
    }
}

// What keeps a job from starting when its time has come.
static void
note_limits(forecast_t *self)
{
    struct forecast_row *row = NULL;
    while ((row = (struct forecast_row *)heap_first(self->dues)) && row->due_ms <= self->now_ms) {
        char why[QUEUE_REASON_SIZE];
        heap_remove(self->dues, &row->node);
        if (board_why(self->board, row->job, why) == 0)
            row->limit = memory_copy_text(why);
    }
}

// ---- playing

static int64_t
next_event(const forecast_t *self)
{
    const struct forecast_row *row = (const struct forecast_row *)heap_first(self->ends);
    int64_t next_ms = queue_due_ms(board_queue(self->board));
    if (row && row->ends_ms < next_ms)
        next_ms = row->ends_ms;
    if (self->closes_ms < next_ms)
        next_ms = self->closes_ms;
    if (self->next_firing < self->firing_count && self->firings[self->next_firing].at_ms < next_ms)
        next_ms = self->firings[self->next_firing].at_ms;
    return next_ms;
}

// What is left when nothing happens any more.
static void
give_up(forecast_t *self)
{
    for (size_t index = 0; index < self->row_count; index++) {
        struct forecast_row *row = self->rows[index];
        if (row->is_decided)
            continue;
        if (row->job->record->state == JOB_QUEUED)
            leave(self, row);
        else
            forecast_decide(row, FORECAST_LATE, "it would take more than two weeks");
    }
}

static int
compare_firings(const void *left, const void *right)
{
    const struct forecast_firing *a = left, *b = right;
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    return (a->policy > b->policy) - (a->policy < b->policy);
}

void
forecast_play(forecast_t *self)
{
    if (self->firing_count)
        qsort(self->firings, self->firing_count, sizeof *self->firings, compare_firings);
    self->closes_ms = INT64_MAX;
    board_set_time(self->board, self->now_ms);
    for (size_t index = 0; index < self->job_count; index++)
        add_under_way(self, &self->jobs[index]);
    int64_t next_ms = self->now_ms;
    while (next_ms != INT64_MAX && next_ms <= self->until_ms + AFTER_MS) {
        if (next_ms > self->now_ms)
            self->now_ms = next_ms;
        board_set_time(self->board, self->now_ms);
        end_jobs(self);
        close_windows(self);
        fire_all(self);
        start_jobs(self);
        note_limits(self);
        next_ms = next_event(self);
    }
    give_up(self);
}
