#include "worker/engine/postgres_crew.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "common/pace.h"
#include "worker/engine/crew.h"
#include "worker/engine/loans.h"
#include "worker/engine/postgres_head.h"
#include "worker/engine/postgres_heed.h"

enum {
    WATCH_MS = 5000,    // how often the keeper is asked for a sign of life
    LOCKS_MAX = 2000,   // of all sessions
    WAIT_MS = 200,      // the longest wait without a look whether the crew goes on
    LIMIT_MS = 300000,  // of a statement, unless the policy says
    LIMIT_GRACE_MS = 2000,
};

// A share on its way.
struct task {
    const struct postgres_share *share;
    void *file;
    struct file_part *parts;
    int64_t longest_ms;  // of a statement that could not be cut
};

struct postgres_crew {
    const struct postgres_crew_job *job;
    size_t members, opened;  // the last one once pg_dump has ended
    unsigned allowed;        // by the throttle; 0: all
    postgres_t *sessions[CREW_MEMBERS_MAX];
    struct pace paces[CREW_MEMBERS_MAX];
    struct task *tasks;
    int64_t watched_ms;
    struct postgres_heed heed;
};

void
postgres_crew_destroy(postgres_crew_t **self_p)
{
    postgres_crew_t *self = *self_p;
    if (!self)
        return;
    postgres_heed_clear(&self->heed);
    for (size_t index = 0; index < CREW_MEMBERS_MAX; index++)
        postgres_destroy(&self->sessions[index]);
    for (size_t index = 0; self->tasks && index < self->job->plan->count; index++)
        memory_free(&self->tasks[index].parts);
    memory_free(&self->tasks);
    memory_free(self_p);
}

// The longest first; of equal ones in the plan's order.
static int
compare(const void *one, const void *other)
{
    const struct postgres_share *first = ((const struct task *)one)->share;
    const struct postgres_share *second = ((const struct task *)other)->share;
    if (first->size_bytes != second->size_bytes)
        return first->size_bytes > second->size_bytes ? -1 : 1;
    return first < second ? -1 : 1;
}

static int
begin(void *context, size_t number, struct error *error)
{
    postgres_crew_t *self = context;
    const struct postgres_crew_job *job = self->job;
    struct task *task = &self->tasks[number];
    struct file_facts facts = {.role = "data",
                               .object = job->database,
                               .loader = "psql",
                               .load_into = job->database,
                               .group = "data"};
    if (job->sink->begin(job->sink->self, task->share->number, &facts, &task->file, error))
        return -1;
    task->parts = memory_get((task->share->count + 1) * sizeof *task->parts);
    return 0;
}

// Who reads a share, and how much of it so far.
struct teller {
    crew_member_t *member;
    struct pace *pace;
    uint64_t told_bytes;
};

// Tells the crew, and waits where the policy limits how fast is read.
static int
tell(void *context, uint64_t size_bytes, struct error *error)
{
    struct teller *self = context;
    int64_t wait_ms = pace_take(self->pace, size_bytes - self->told_bytes, clock_monotonic_ms());
    self->told_bytes = size_bytes;
    while (wait_ms > 0) {
        int part_ms = wait_ms < WAIT_MS ? (int)wait_ms : WAIT_MS;
        if (crew_tell(self->member, size_bytes, error))
            return -1;
        poll(NULL, 0, part_ms);
        wait_ms -= part_ms;
    }
    return crew_tell(self->member, size_bytes, error);
}

// A long row is read once the crew has room for it.
static int
hold(void *context, uint64_t size_bytes, struct error *error)
{
    const struct teller *self = context;
    if (size_bytes > 0)
        return crew_borrow(self->member, size_bytes, error);
    crew_give_back(self->member);
    return 0;
}

static int64_t
limit_of(const struct backup_options *options)
{
    return options->statement_limit_ms ? options->statement_limit_ms : LIMIT_MS;
}

static int
work(void *context, crew_member_t *member, size_t session, size_t number, struct error *error)
{
    postgres_crew_t *self = context;
    struct task *task = &self->tasks[number];
    struct teller teller = {.member = member, .pace = &self->paces[session]};
    struct postgres_share_reader reader = {.postgres = self->sessions[session],
                                           .encoding = self->job->point->encoding,
                                           .sink = self->job->sink,
                                           .file = task->file,
                                           .limit_ms = limit_of(self->job->options),
                                           .longest_ms = &task->longest_ms,
                                           .self = &teller,
                                           .tell = tell,
                                           .hold = hold};
    return postgres_share_read(task->share, &reader, task->parts, error);
}

// A statement took longer than the policy allows, and why that could not be helped.
static void
tell_long(const postgres_crew_t *self, const struct task *task)
{
    const struct postgres_table *table = task->share->tables[0];
    const struct sink *sink = self->job->sink;
    const char *why = *table->condition        ? "it is an extension's"
                      : *table->key == '\0'    ? "it has no key to go on by"
                      : !table->has_key_places ? "its key is generated"
                                               : "its rows are read as they are stored";
    CLEAN(memory_free)
    char *text = memory_format("table '%s.%s' was read by one statement of %" PRId64 " s, as %s",
                               table->schema, table->table, task->longest_ms / 1000, why);
    sink->fact(sink->self, "statement_limit", text);
}

static int
end(void *context, size_t number, int status, struct error *error)
{
    postgres_crew_t *self = context;
    const struct sink *sink = self->job->sink;
    struct task *task = &self->tasks[number];
    if (status == 0 && task->longest_ms > limit_of(self->job->options) + LIMIT_GRACE_MS)
        tell_long(self, task);
    if (status == 0)
        return sink->end(sink->self, task->file, task->parts, task->share->count, error);
    sink->drop(sink->self, task->file);
    return 0;
}

// Each session's part of the limit.
static uint64_t
rate_of(const struct backup_options *options, size_t members)
{
    uint64_t limit = options->read_limit_bytes_per_s;
    return limit > 0 && limit < members ? 1 : limit / members;
}

// Locks are the server's to share out, by default some thousand for all sessions.
static int
lock_tables(const postgres_crew_t *self, postgres_t *session, struct error *error)
{
    const struct postgres_tables *tables = &self->job->point->tables;
    if (tables->count * self->members > LOCKS_MAX)
        return 0;
    return postgres_tables_lock(tables, session, error);
}

static int
open_session(postgres_crew_t *self, struct error *error)
{
    const struct postgres_crew_job *job = self->job;
    self->paces[self->opened] = pace_at(rate_of(job->options, self->members));
    return postgres_head_open(&self->sessions[self->opened], job->server, job->database, job->point,
                              error);
}

// The one in the place of pg_dump's. Who waits to change a table by now, waits for the others of
// us, and this one would wait for him: then it goes on without it.
static int
open_last(postgres_crew_t *self, struct error *error)
{
    postgres_t **session = &self->sessions[self->opened];
    struct error late = {0};
    if (self->opened == self->members || !postgres_definitions_has_ended(self->job->definitions))
        return 0;
    // If there is no such point any more, that is what has happened.
    if (open_session(self, error))
        return postgres_point_check(self->job->point, &late)
                   ? error_set(error, late.code, "%s", late.message)
                   : -1;
    if (postgres_run(*session, "SET lock_timeout = '100ms'", error))
        return -1;
    if (lock_tables(self, *session, &late)) {
        postgres_destroy(session);
        self->members = self->opened;
        return late.code == ERROR_CANCELLED ? error_set(error, late.code, "%s", late.message) : 0;
    }
    self->opened++;
    return postgres_run(*session, "RESET lock_timeout", error);
}

static unsigned
members_now(const postgres_crew_t *self)
{
    return self->allowed > 0 && self->allowed < self->opened ? self->allowed
                                                             : (unsigned)self->opened;
}

static int
tick(void *context, uint64_t open_bytes, struct crew_gait *gait, struct error *error)
{
    postgres_crew_t *self = context;
    const struct sink *sink = self->job->sink;
    sink->progress(sink->self, open_bytes);
    int64_t now_ms = clock_monotonic_ms();
    gait->members = self->allowed;
    postgres_heed_look(&self->heed, gait, now_ms);
    self->allowed = gait->members;
    if (postgres_definitions_check(self->job->definitions, error) || open_last(self, error))
        return -1;
    gait->members = members_now(self);
    if (now_ms - self->watched_ms < WATCH_MS)
        return 0;
    self->watched_ms = now_ms;
    return postgres_point_check(self->job->point, error);
}

static int
open_watch(postgres_crew_t *self, struct error *error)
{
    const struct postgres_crew_job *job = self->job;
    self->heed = (struct postgres_heed){.server = job->server,
                                        .database = job->database,
                                        .sink = job->sink,
                                        .limits = &job->options->throttle,
                                        .members = (unsigned)self->members};
    return postgres_heed_open(&self->heed, error);
}

// Our own sessions are no load that we make way for.
static int
begin_watch(postgres_crew_t *self, struct error *error)
{
    int processes[CREW_MEMBERS_MAX + 1];
    size_t count = 0;
    processes[count++] = postgres_process(self->job->point->snapshot.keeper);
    for (size_t index = 0; index < self->opened; index++)
        processes[count++] = postgres_process(self->sessions[index]);
    return postgres_heed_begin(&self->heed, processes, count, error);
}

static int
must_wait(const struct postgres_crew_job *job)
{
    return job->sessions == 1 || throttle_is_wanted(&job->options->throttle);
}

int
postgres_crew_open(postgres_crew_t **self_p, const struct postgres_crew_job *job,
                   struct error *error)
{
    CLEAN(postgres_crew_destroy) postgres_crew_t *self = memory_get(sizeof *self);
    size_t count = job->plan->count;
    self->job = job;
    self->members = job->sessions < count ? job->sessions : count;
    if (must_wait(job) && postgres_definitions_wait(job->definitions, error))
        return -1;
    while (self->opened < self->members &&
           (self->opened + 1 < job->sessions || postgres_definitions_has_ended(job->definitions))) {
        if (open_session(self, error) || lock_tables(self, self->sessions[self->opened], error))
            return -1;
        self->opened++;
    }
    if (open_watch(self, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

int
postgres_crew_read(postgres_crew_t *self, struct error *error)
{
    size_t count = self->job->plan->count;
    if (count == 0)
        return 0;
    self->watched_ms = clock_monotonic_ms();
    self->tasks = memory_get(count * sizeof *self->tasks);
    for (size_t index = 0; index < count; index++)
        self->tasks[index].share = &self->job->plan->list[index];
    qsort(self->tasks, count, sizeof *self->tasks, compare);
    struct crew_job job = {.self = self,
                           .members = self->members,
                           .tasks = count,
                           .stop = self->job->server->stop,
                           .gait = {.members = members_now(self)},
                           .loan_bytes = LOANS_BYTES,
                           .begin = begin,
                           .work = work,
                           .end = end,
                           .tick = tick};
    if (begin_watch(self, error) || crew_run(&job, error))
        return -1;
    postgres_heed_tell(&self->heed);
    return postgres_point_check(self->job->point, error);
}
