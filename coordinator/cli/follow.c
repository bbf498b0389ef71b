#include "coordinator/cli/follow.h"

#include <czmq.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "common/text.h"
#include "coordinator/cli/cell.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/terms.h"

enum {
    PAGE_ROWS = 500,
    PAUSE_MIN_MS = 500,
    PAUSE_MAX_MS = 10000,
    LOOK_SHARE = 20,  // a look may take this part of the time, so that long lists load nobody
    CONNECT_MS = 5000,
    ANSWER_MS = 15000,
    WAITS_MAX = 20,  // so many different reasons are said, no more
};

struct watch {
    const struct follow *follow;
    struct client_terms terms;  // run=<number>
    zhashx_t *states;           // job's number -> what was said of it last
    zhashx_t *waits;            // what jobs wait for, of which was said
    int64_t ended;              // jobs, when the counts were said last
    int64_t silent_since_ms;    // 0: it answers
};

__attribute__((format(printf, 2, 3))) static void
say(const struct watch *self, const char *format, ...)
{
    char stamp[CLOCK_TEXT_SIZE];
    clock_format_sql(clock_unix_ms(), stamp);
    va_list args;
    va_start(args, format);
    char line[4096];
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_clean(line);
    fprintf(self->follow->out, "%sZ %s\n", stamp, line);
    fflush(self->follow->out);
}

// The first line of a message goes after the state, each further one into a line of its own.
static void
say_with_message(const struct watch *self, const char *job, const char *state, const char *message)
{
    CLEAN(memory_free) char *lines = memory_copy_text(message);
    char *rest = NULL;
    char *line = strtok_r(lines, "\n", &rest);
    say(self, "%s: %s%s%s", job, state, line ? ": " : "", line ? line : "");
    while (line && (line = strtok_r(NULL, "\n", &rest)))
        say(self, "%s: %s", job, line);
}

static char *
success_text(const table_t *table, size_t row)
{
    int64_t started_ms = cell_find_integer(table, row, "started");
    int64_t ended_ms = cell_find_integer(table, row, "ended");
    int64_t bytes = cell_find_integer(table, row, "size");
    char elapsed[CELL_SHORT_SIZE], size[CELL_SHORT_SIZE];
    cell_elapsed(ended_ms - started_ms, elapsed);
    cell_size(bytes, size);
    return memory_format("succeeded in %s%s%s", elapsed, bytes > 0 ? ", " : "",
                         bytes > 0 ? size : "");
}

static void
say_state(const struct watch *self, const table_t *table, size_t row)
{
    const char *state = cell_find(table, row, "state");
    const char *name = cell_find(table, row, "name");
    const char *message = cell_find(table, row, "message");
    const char *worker = cell_find(table, row, "worker");
    CLEAN(memory_free)
    char *job = memory_format(*name ? "job %s '%s'" : "job %s", cell_find(table, row, "id"), name);
    CLEAN(memory_free) char *success = success_text(table, row);
    if (strcmp(state, "running") == 0)
        say(self, "%s: runs%s%s", job, *worker ? " on " : "", worker);
    else if (strcmp(state, "succeeded") == 0)
        say_with_message(self, job, success, message);
    else if (strcmp(state, "queued") == 0 && *message)
        say_with_message(self, job, "will be tried again", message);
    else if (strcmp(state, "queued") != 0)
        say_with_message(self, job, state, message);
}

static void
look_at_job(struct watch *self, const table_t *table, size_t row)
{
    const char *id = cell_find(table, row, "id");
    CLEAN(memory_free)
    char *state =
        memory_format("%s %s", cell_find(table, row, "state"), cell_find(table, row, "attempt"));
    const char *before = zhashx_lookup(self->states, id);
    if (before && strcmp(before, state) == 0)
        return;
    zhashx_update(self->states, id, state);
    if (!self->follow->is_brief)
        say_state(self, table, row);
}

static int
look_at_jobs(struct watch *self, struct error *error)
{
    CLEAN(memory_free) char *cursor = NULL;
    do {
        CLEAN(table_destroy) table_t *page = NULL;
        char *next = NULL;
        struct client_query query = {
            .name = "jobs", .terms = &self->terms, .cursor = cursor, .limit = PAGE_ROWS};
        if (client_list(self->follow->client, &query, &page, &next, error))
            return -1;
        memory_free(&cursor);
        cursor = next;
        for (size_t row = 0; row < table_rows(page); row++)
            look_at_job(self, page, row);
    } while (cursor);
    return 0;
}

// What jobs wait for, each once for all that wait for it.
static void
say_waits(struct watch *self, const table_t *progress)
{
    for (size_t row = 0; row < table_rows(progress); row++) {
        const char *reason = cell_find(progress, row, "message");
        if (strcmp(cell_find(progress, row, "state"), "queued") != 0 || !*reason ||
            zhashx_lookup(self->waits, reason) || zhashx_size(self->waits) >= WAITS_MAX)
            continue;
        size_t count = 0;
        for (size_t other = row; other < table_rows(progress); other++)
            count += strcmp(cell_find(progress, other, "message"), reason) == 0;
        zhashx_insert(self->waits, reason, "");
        if (count == 1)
            say(self, "job %s '%s' waits: %s", cell_find(progress, row, "job"),
                cell_find(progress, row, "name"), reason);
        else
            say(self, "%zu jobs wait: %s", count, reason);
    }
}

static int
list_one(struct watch *self, const char *name, table_t **table, struct error *error)
{
    CLEAN(memory_free) char *cursor = NULL;
    struct client_query query = {.name = name, .terms = &self->terms, .limit = PAGE_ROWS};
    return client_list(self->follow->client, &query, table, &cursor, error);
}

static int
say_begin(struct watch *self, struct error *error)
{
    CLEAN(table_destroy) table_t *skipped = NULL;
    if (list_one(self, "skipped", &skipped, error))
        return -1;
    for (size_t row = 0; row < table_rows(skipped) && !self->follow->is_brief; row++)
        say(self, "'%s' is skipped: %s", cell_find(skipped, row, "name"),
            cell_find(skipped, row, "reason"));
    return 0;
}

static void
say_counts(struct watch *self, const table_t *run)
{
    int64_t failed = cell_find_integer(run, 0, "failed");
    int64_t cancelled = cell_find_integer(run, 0, "cancelled");
    int64_t ended = cell_find_integer(run, 0, "succeeded") + failed + cancelled;
    int64_t jobs = cell_find_integer(run, 0, "jobs");
    if (ended != self->ended && ended < jobs)
        say(self, "run %" PRIu64 ": %" PRId64 " of %" PRId64 " jobs ended, %" PRId64 " failed",
            self->follow->run_id, ended, jobs, failed);
    self->ended = ended;
}

static void
say_end(const struct watch *self, const table_t *run)
{
    char elapsed[CELL_SHORT_SIZE];
    cell_elapsed(cell_find_integer(run, 0, "ended") - cell_find_integer(run, 0, "started"),
                 elapsed);
    say(self, "run %" PRIu64 " %s after %s: %s succeeded, %s failed, %s cancelled, %s skipped",
        self->follow->run_id, cell_find(run, 0, "state"), elapsed, cell_find(run, 0, "succeeded"),
        cell_find(run, 0, "failed"), cell_find(run, 0, "cancelled"), cell_find(run, 0, "skipped"));
    const char *note = cell_find(run, 0, "note");
    if (*note)
        say(self, "run %" PRIu64 " is not whole: %s", self->follow->run_id, note);
}

static int
status_of(const table_t *run)
{
    const char *state = cell_find(run, 0, "state");
    if (strcmp(state, "succeeded") == 0)
        return cell_find_integer(run, 0, "jobs") > 0 ? STATUS_WELL : STATUS_REFUSED;
    return strcmp(state, "cancelled") == 0 ? STATUS_CANCELLED : STATUS_PARTIAL;
}

// Looks once. The run is taken first: if it has ended, the jobs' last states come after it.
static int
look(struct watch *self, table_t **run, struct error *error)
{
    CLEAN(table_destroy) table_t *found = NULL;
    if (list_one(self, "run", &found, error))
        return -1;
    if (table_rows(found) == 0)
        return error_set(error, ERROR_NOT_FOUND, "there is no run %" PRIu64, self->follow->run_id);
    if (look_at_jobs(self, error))
        return -1;
    if (!self->follow->is_brief && strcmp(cell_find(found, 0, "state"), "running") == 0) {
        CLEAN(table_destroy) table_t *progress = NULL;
        if (list_one(self, "progress", &progress, error))
            return -1;
        say_waits(self, progress);
    }
    say_counts(self, found);
    *run = STEAL(found);
    return 0;
}

// Whether a failure is a silence that may pass.
static int
may_pass(struct watch *self, const struct error *error)
{
    int64_t now_ms = clock_monotonic_ms();
    if (error->code != ERROR_UNAVAILABLE)
        return 0;
    if (!self->silent_since_ms) {
        self->silent_since_ms = now_ms;
        say(self, "%s; waiting for it", error->message);
    }
    return now_ms - self->silent_since_ms < self->follow->patience_ms;
}

static int
pause_for(const struct watch *self, int64_t look_ms, struct error *error)
{
    int64_t pause_ms = look_ms * LOOK_SHARE;
    pause_ms = pause_ms < PAUSE_MIN_MS ? PAUSE_MIN_MS : pause_ms;
    pause_ms = pause_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms;
    if (self->follow->pause)
        return self->follow->pause(self->follow->context, pause_ms, error);
    poll(NULL, 0, (int)pause_ms);
    return 0;
}

static int
watch_run(struct watch *self, table_t **run, struct error *error)
{
    int has_begun = 0;
    for (;;) {
        CLEAN(table_destroy) table_t *found = NULL;
        int64_t before_ms = clock_monotonic_ms();
        int status = has_begun ? 0 : say_begin(self, error);
        if (status == 0) {
            has_begun = 1;
            status = look(self, &found, error);
        }
        if (status && !may_pass(self, error))
            return -1;
        if (status == 0)
            self->silent_since_ms = 0;
        if (found && strcmp(cell_find(found, 0, "state"), "running") != 0) {
            if (!self->follow->is_brief)
                say_end(self, found);
            status = status_of(found);
            *run = STEAL(found);
            return status;
        }
        if (pause_for(self, found ? clock_monotonic_ms() - before_ms : 0, error))
            return -1;
    }
}

static void *
copy_state(const void *state)
{
    return memory_copy_text(state);
}

static void
free_state(void **state_p)
{
    memory_free(state_p);
}

int
follow_run(const struct follow *self, table_t **run, struct error *error)
{
    struct watch watch = {.follow = self, .states = zhashx_new(), .waits = zhashx_new()};
    zhashx_set_duplicator(watch.states, copy_state);
    zhashx_set_destructor(watch.states, free_state);
    terms_of_number(&watch.terms, "run", self->run_id);
    client_set_patience(self->client, CONNECT_MS, ANSWER_MS);
    int status = watch_run(&watch, run, error);
    terms_clear(&watch.terms);
    zhashx_destroy(&watch.waits);
    zhashx_destroy(&watch.states);
    return status;
}
