#include "coordinator/forecast.h"

#include <assert.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/forecast_parts.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

static void
need_destroy(void **need_p)
{
    struct forecast_need *need = *need_p;
    memory_free(&need->text);
    memory_free(need_p);
}

static int
ends_before(const struct heap_node *a, const struct heap_node *b)
{
    return ((const struct forecast_row *)a)->ends_ms < ((const struct forecast_row *)b)->ends_ms;
}

static int
is_due_before(const struct heap_node *a, const struct heap_node *b)
{
    return ((const struct forecast_row *)a)->due_ms < ((const struct forecast_row *)b)->due_ms;
}

forecast_t *
forecast_new(int64_t unix_ms, int64_t until_ms)
{
    forecast_t *self = memory_get(sizeof *self);
    self->from_ms = self->now_ms = unix_ms;
    self->until_ms = until_ms;
    self->board = board_new(DAY_MS);
    self->fleet = fleet_new(INT64_MAX);
    self->needs = zhashx_new();
    zhashx_set_destructor(self->needs, need_destroy);
    self->ends = heap_new(ends_before);
    self->dues = heap_new(is_due_before);
    return self;
}

static void
destroy_lists(forecast_t *self)
{
    for (size_t index = 0; index < self->row_count; index++) {
        memory_free(&self->rows[index]->limit);
        memory_free(&self->rows[index]);
    }
    for (size_t index = 0; index < self->member_count; index++) {
        memory_free(&self->members[index]->need);
        memory_free(&self->members[index]->server);
        memory_free(&self->members[index]->unable);
        database_destroy(&self->members[index]->database);
        memory_free(&self->members[index]);
    }
    for (size_t index = 0; index < self->policy_count; index++)
        policy_destroy(&self->policies[index]);
    for (size_t index = 0; index < self->job_count; index++) {
        job_record_destroy(&self->jobs[index].record);
        memory_free(&self->jobs[index].need);
        memory_free(&self->jobs[index].server);
        memory_free(&self->jobs[index].worker);
    }
    memory_free(&self->rows);
    memory_free(&self->members);
    memory_free(&self->policies);
    memory_free(&self->jobs);
    memory_free(&self->firings);
    memory_free(&self->runs);
    memory_free(&self->workers);
}

void
forecast_destroy(forecast_t **self_p)
{
    forecast_t *self = *self_p;
    if (!self)
        return;
    board_destroy(&self->board);
    fleet_destroy(&self->fleet);
    zhashx_destroy(&self->needs);
    heap_destroy(&self->ends);
    heap_destroy(&self->dues);
    destroy_lists(self);
    memory_free(self_p);
}

quota_t *
forecast_quota(forecast_t *self)
{
    return board_quota(self->board);
}

queue_t *
forecast_queue(forecast_t *self)
{
    return board_queue(self->board);
}

// ---- filling it in

void
forecast_add_worker(forecast_t *self, const struct worker *worker)
{
    struct forecast_worker *added =
        forecast_grow(&self->workers, &self->worker_count, sizeof *added);
    added->worker = fleet_join(self->fleet, worker->hello, worker->endpoint, &worker->peer, 0);
    added->worker->draining = worker->draining;
    added->slots = worker->draining ? 0 : worker->hello->ready->slots;
}

size_t
forecast_add_policy(forecast_t *self, const struct policy *policy)
{
    struct policy **place =
        forecast_grow(&self->policies, &self->policy_count, sizeof(struct policy *));
    *place = policy_new(policy->name);
    (*place)->priority = policy->priority;
    (*place)->schedule.spread_ms = policy->schedule.spread_ms;
    return self->policy_count - 1;
}

void
forecast_add_database(forecast_t *self, const struct forecast_database *added)
{
    struct forecast_member **place =
        forecast_grow(&self->members, &self->member_count, sizeof(struct forecast_member *));
    struct forecast_member *member = *place = memory_get(sizeof *member);
    member->database = database_new();
    database_copy(member->database, added->database);
    member->database->id = added->database->id;
    member->server =
        added->server ? memory_copy_text(added->server)
                      : memory_format("%s:%" PRId64, added->database->host, added->database->port);
    member->unable = added->unable ? memory_copy_text(added->unable) : NULL;
    member->need = memory_copy_text(added->need);
    member->policy = added->policy;
    member->is_member = added->is_member;
    member->due_ms = added->due_ms;
    member->expected_ms = added->expected_ms;
    member->basis = added->basis;
    assert(self->member_count == 1 || place[-1]->database->id < added->database->id);
}

void
forecast_add_job(forecast_t *self, const struct forecast_job *added)
{
    struct forecast_under_way *job = forecast_grow(&self->jobs, &self->job_count, sizeof *job);
    const struct job *record = added->record;
    job->record = job_record_new();
    job->record->kind = record->kind;
    job->record->state = record->state;
    job->record->attempt = record->attempt;
    job->record->database_id = record->database_id;
    job->record->not_before_ms = record->not_before_ms;
    job->record->queued_ms = record->queued_ms;
    job->record->expected_ms = record->expected_ms;
    job->need = memory_copy_text(added->need);
    job->server = memory_copy_text(added->server);
    job->worker = memory_copy_text(added->worker);
    job->policy = added->policy;
    job->ran_ms = added->ran_ms;
    job->closes_ms = added->closes_ms;
    job->due_ms = added->due_ms;
}

void
forecast_add_firing(forecast_t *self, size_t policy, int64_t at_ms,
                    const struct schedule_turn *turn)
{
    struct forecast_firing *firing =
        forecast_grow(&self->firings, &self->firing_count, sizeof *firing);
    *firing = (struct forecast_firing){policy, at_ms, *turn};
}

size_t
forecast_firings(const forecast_t *self)
{
    return self->firing_count;
}

size_t
forecast_size(const forecast_t *self)
{
    CLEAN(memory_free) size_t *members = memory_get((self->policy_count + 1) * sizeof *members);
    size_t size = self->job_count;
    for (size_t index = 0; index < self->member_count; index++) {
        if (self->members[index]->is_member)
            members[self->members[index]->policy]++;
    }
    for (size_t index = 0; index < self->firing_count; index++)
        size += members[self->firings[index].policy];
    return size;
}
