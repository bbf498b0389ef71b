#include "coordinator/lineup.h"

#include <assert.h>
#include <czmq.h>

#include "common/memory.h"
#include "coordinator/taker.h"

enum {
    HOUR_MS = 3600000,
    EXPECTED_MS = 600000,  // of a job of which nothing is known
    LABEL_SIZE = 512,
    ID_SIZE = 24,
};

static const struct queue_rules rules = {
    .late_ms = 12LL * HOUR_MS, .ahead_ms = 24LL * HOUR_MS, .priority_ms = 6LL * HOUR_MS};

struct lineup {
    quota_t *quota;
    queue_t *queue;
    zlistx_t *new_jobs;  // struct board_job
    int64_t wait_max_ms;
    int64_t now_ms;                  // of the last pick
    size_t unplaced, unplaced_open;  // running jobs whose worker is not back; of them without store
    fleet_t *fleet;                  // while it picks
    const char *wanted_store;        // of the job that a worker is looked for
    char labels[QUEUE_LABELS_MAX][LABEL_SIZE];
};

lineup_t *
lineup_new(int64_t wait_max_ms)
{
    lineup_t *self = memory_get(sizeof *self);
    self->quota = quota_new();
    quota_set_limit(self->quota, QUOTA_DATABASE, "", 1);
    self->queue = queue_new(&rules, self->quota);
    self->new_jobs = zlistx_new();
    self->wait_max_ms = wait_max_ms;
    return self;
}

void
lineup_destroy(lineup_t **self_p)
{
    if (!*self_p)
        return;
    zlistx_destroy(&(*self_p)->new_jobs);
    queue_destroy(&(*self_p)->queue);
    quota_destroy(&(*self_p)->quota);
    memory_free(self_p);
}

quota_t *
lineup_quota(lineup_t *self)
{
    return self->quota;
}

queue_t *
lineup_queue(lineup_t *self)
{
    return self->queue;
}

// ---- a job in the queue's words

static int64_t
expected_of(const struct board_job *job)
{
    return job->record->expected_ms ? job->record->expected_ms : EXPECTED_MS;
}

// What earlier firings left is not overtaken for ever: it counts as queued since then.
static int64_t
age_of(const struct board_job *job, int64_t unix_ms)
{
    int64_t since_ms = job->record->queued_ms;
    if (job->due_ms && job->due_ms < since_ms)
        since_ms = job->due_ms;
    return unix_ms > since_ms ? unix_ms - since_ms : 0;
}

// The queue's times are monotonic. A wait that the clock has made longer since is cut short.
static struct queue_job
describe(const lineup_t *self, const struct board_job *job, int64_t unix_ms, char database[ID_SIZE])
{
    const struct job *record = job->record;
    int64_t wait_ms = record->not_before_ms - unix_ms;
    int64_t wait_max_ms = job->spread_ms > self->wait_max_ms ? job->spread_ms : self->wait_max_ms;
    int64_t touched_id = job->touched                  ? job->touched->id
                         : record->kind == JOB_RESTORE ? 0
                                                       : record->database_id;
    *database = '\0';
    if (touched_id)
        snprintf(database, ID_SIZE, "%" PRId64, touched_id);
    return (struct queue_job){
        .id = record->id,
        .database = database,
        .server = job->server,
        .account = job->touched ? job->touched->account : "",
        .region = job->touched ? job->touched->region : "",
        .store = job->need->store,
        .policy = job->policy,
        .need = job->need->text,
        .is_urgent = record->kind == JOB_RESTORE || record->kind == JOB_CHECK,  // somebody waits
        .priority = job->priority,
        .queued_ms = self->now_ms - age_of(job, unix_ms),
        .not_before_ms = self->now_ms + (wait_ms <= 0            ? 0
                                         : wait_ms < wait_max_ms ? wait_ms
                                                                 : wait_max_ms),
        .deadline_ms = job->closes_ms ? self->now_ms + (job->closes_ms - unix_ms) : 0,
        .expected_ms = expected_of(job),
    };
}

static void
fill_labels(lineup_t *self, const struct worker *worker, struct queue_place *place)
{
    const Wire__Ready *ready = worker->hello->ready;
    place->label_count = 0;
    for (size_t index = 0; index < ready->n_labels && index < QUEUE_LABELS_MAX; index++) {
        snprintf(self->labels[index], LABEL_SIZE, "%s=%s", ready->labels[index]->key,
                 ready->labels[index]->value);
        place->labels[place->label_count++] = self->labels[index];
    }
}

static const char *
first_store(const struct worker *worker)
{
    const Wire__Ready *ready = worker->hello->ready;
    return ready->n_stores ? ready->stores[0]->identity : "";
}

static void
fill_place(lineup_t *self, const struct worker *worker, int has_open_store,
           struct queue_place *place)
{
    *place = (struct queue_place){.name = worker_name(worker)};
    place->store = has_open_store ? first_store(worker) : "";
    fill_labels(self, worker, place);
}

// ---- following the board

void
lineup_set_time(lineup_t *self, int64_t now_ms)
{
    self->now_ms = now_ms;
}

// used_ms: what a job that runs had of a worker.
static void
leave(lineup_t *self, struct board_job *job, int64_t used_ms)
{
    switch (job->line) {
    case LINE_NEW:
        zlistx_delete(self->new_jobs, job->new_handle);
        break;
    case LINE_WAITS:
        queue_remove(self->queue, job->record->id);
        break;
    case LINE_UNPLACED:
        self->unplaced--;
        self->unplaced_open -= (size_t)job->need->has_open_store;
        // fall through
    case LINE_RUNS:
        queue_end(self->queue, job->record->id, used_ms);
        break;
    default:
        break;
    }
    job->line = LINE_APART;
}

// Of one that ran before a restart this clock does not know when it began: it took what was
// expected.
void
lineup_leave(lineup_t *self, struct board_job *job)
{
    leave(self, job, job->began_ms ? self->now_ms - job->began_ms : expected_of(job));
}

static void
adopt(lineup_t *self, struct board_job *job)
{
    char database[ID_SIZE];
    struct queue_job described = describe(self, job, job->record->queued_ms, database);
    queue_adopt(self->queue, &described, &(struct queue_place){.name = "", .store = ""});
    job->began_ms = 0;
    job->line = LINE_UNPLACED;
    self->unplaced++;
    self->unplaced_open += (size_t)job->need->has_open_store;
}

void
lineup_follow(lineup_t *self, struct board_job *job)
{
    enum job_state state = job->record->state;
    int is_running = state == JOB_RUNNING || state == JOB_CANCELLING;
    int is_waiting = state == JOB_QUEUED && !job->is_held;
    if ((is_running && (job->line == LINE_RUNS || job->line == LINE_UNPLACED)) ||
        (is_waiting && (job->line == LINE_NEW || job->line == LINE_WAITS)))
        return;
    lineup_leave(self, job);
    if (is_running) {
        adopt(self, job);
    } else if (is_waiting) {
        job->new_handle = zlistx_add_end(self->new_jobs, job);
        job->line = LINE_NEW;
    }
}

// Nothing is free meanwhile: it ends and begins in one step.
void
lineup_place(lineup_t *self, struct board_job *job, const struct worker *worker)
{
    char database[ID_SIZE];
    struct queue_place place;
    assert(job->line == LINE_RUNS || job->line == LINE_UNPLACED);
    struct queue_job described = describe(self, job, job->record->queued_ms, database);
    fill_place(self, worker, job->need->has_open_store, &place);
    leave(self, job, 0);
    queue_adopt(self->queue, &described, &place);
    job->line = LINE_RUNS;
}

// ---- picking

static void
line_up_new(lineup_t *self, int64_t unix_ms)
{
    struct board_job *job = NULL;
    while ((job = zlistx_detach(self->new_jobs, NULL))) {
        char database[ID_SIZE];
        struct queue_job described = describe(self, job, unix_ms, database);
        queue_add(self->queue, &described);
        job->line = LINE_WAITS;
    }
}

// What has a limit must be known of all that runs before more is started under it.
static int
is_open_to_more(lineup_t *self, enum quota_kind kind, const char *name, size_t unknown)
{
    return quota_allows(self->quota, kind, name) &&
           !(unknown && quota_limit(self->quota, kind, name));
}

static int
may_take(void *context, const struct worker *worker)
{
    lineup_t *self = context;
    struct queue_place place;
    const char *store = self->wanted_store;
    fill_labels(self, worker, &place);
    if (!quota_allows(self->quota, QUOTA_WORKER, worker_name(worker)))
        return 0;
    for (size_t index = 0; index < place.label_count; index++) {
        if (!is_open_to_more(self, QUOTA_LABEL, place.labels[index], self->unplaced))
            return 0;
    }
    if (store && !*store)
        store = first_store(worker);
    return !store || is_open_to_more(self, QUOTA_STORE, store, self->unplaced_open);
}

static int
find_place(void *context, const char *text, struct queue_place *place)
{
    lineup_t *self = context;
    struct placement_need need;
    char copy[PLACEMENT_TEXT_SIZE];
    snprintf(copy, sizeof copy, "%s", text);
    int is_check = placement_read(copy, &need);
    self->wanted_store = need.store;
    struct worker *worker = taker_best(self->fleet, &need, may_take, self);
    if (!worker && is_check && !taker_is_there(self->fleet, &need))
        worker = taker_nearest(self->fleet, &need, may_take, self);
    if (!worker)
        return 0;
    fill_place(self, worker, need.store && !*need.store, place);
    place->worker = worker;
    return 1;
}

int
lineup_pick(lineup_t *self, fleet_t *fleet, int64_t now_ms, int64_t unix_ms, int64_t *id,
            struct worker **worker)
{
    struct queue_choice choice;
    self->now_ms = now_ms;
    self->fleet = fleet;
    line_up_new(self, unix_ms);
    if (!queue_pick(self->queue, now_ms, find_place, self, &choice))
        return 0;
    *id = choice.id;
    *worker = choice.place.worker;
    return 1;
}

int
lineup_why(lineup_t *self, const struct board_job *job, char reason[QUEUE_REASON_SIZE])
{
    return job->line == LINE_WAITS ? queue_why(self->queue, job->record->id, reason) : -1;
}
