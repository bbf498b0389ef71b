#include "worker/engine/mysql_crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"
#include "common/pace.h"
#include "worker/engine/crew.h"
#include "worker/engine/loans.h"
#include "worker/engine/mysql_definitions.h"
#include "worker/engine/mysql_heed.h"
#include "worker/engine/mysql_rows.h"
#include "worker/engine/mysql_stopper.h"

enum { PING_MS = 20000, TABLES_AT_A_TIME = 32 };

// What stands at the beginning of a script of rows. Without the check of unique keys MariaDB fills
// each empty table in a way that is meant for large ones: 2.5 times the CPU of small ones.
#define SCRIPT_HEAD(unique_checks) \
    "SET NAMES utf8mb4;\n" \
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00'," \
    " foreign_key_checks = 0, unique_checks = " unique_checks ";\n"

struct state {
    const struct mysql_crew *crew;
    int64_t pinged_ms;
    struct pace paces[MYSQL_POINT_SESSIONS_MAX];
    mysql_stopper_t *stopper;
    struct mysql_longest longest;
    struct mysql_heed heed;
};

// What a member does now.
struct turn {
    const struct mysql_crew *crew;
    mysql_stopper_t *stopper;
    crew_member_t *member;
    size_t number;
    mysql_session_t *session;
    struct mysql_task *task;
    mysql_row_t *row;
    struct pace *pace;  // the member's: it goes on from file to file
    uint64_t paced_bytes;
    int64_t due_ms, told_ms;  // when it may go on; when it told last
    int is_in_transaction;    // of the script that is being written
};

static struct mysql_task *
task_of(const struct state *state, size_t index)
{
    return mysql_plan_at(state->crew->plan, index);
}

// ---- in a member's thread

static int
write_file(void *context, const void *data, size_t size, struct error *error)
{
    const struct turn *turn = context;
    return turn->crew->sink->write(turn->task->file, data, size, error);
}

// For how long it is to rest by the limit and by the throttle.
static int64_t
owed_ms(void *context)
{
    struct turn *turn = context;
    uint64_t size = mysql_row_size(turn->row);
    int64_t now_ms = clock_monotonic_ms(), pause_ms = crew_pause_ms(turn->member);
    if (size > turn->paced_bytes)
        turn->due_ms = now_ms + pace_take(turn->pace, size - turn->paced_bytes, now_ms);
    turn->paced_bytes = size;
    return turn->due_ms - now_ms > pause_ms ? turn->due_ms - now_ms : pause_ms;
}

static int
tell(void *context, struct error *error)
{
    struct turn *turn = context;
    owed_ms(turn);
    if (crew_tell(turn->member, turn->paced_bytes, error) ||
        crew_rest(turn->member, turn->due_ms - clock_monotonic_ms(), error))
        return -1;
    turn->told_ms = clock_monotonic_ms();
    return 0;
}

// Between tables, of which many may be less than a piece together.
static int
tell_if_due(struct turn *turn, struct error *error)
{
    uint64_t size = mysql_row_size(turn->row) - turn->paced_bytes;
    int is_due = size >= mysql_rows_piece(turn->pace->rate_bytes_per_s) ||
                 clock_monotonic_ms() - turn->told_ms >= MYSQL_ROWS_TELL_MS;
    return is_due ? tell(turn, error) : 0;
}

static int
stop_statement(void *context, struct error *error)
{
    struct turn *turn = context;
    return mysql_stopper_ask(turn->stopper, turn->number, turn->member, error);
}

static int
hold(void *context, uint64_t size_bytes, struct error *error)
{
    const struct turn *turn = context;
    if (size_bytes > 0)
        return crew_borrow(turn->member, size_bytes, error);
    crew_give_back(turn->member);
    return 0;
}

static int
read_definitions(const struct turn *turn, size_t first, size_t end, struct error *error)
{
    const struct mysql_task *task = turn->task;
    if (!task->reads_definitions)
        return 0;
    return mysql_definitions_read(turn->session, task->tables + first, end - first, error);
}

static int
read_rows(struct turn *turn, struct mysql_table *table, struct error *error)
{
    const struct mysql_reading reading = {.session = turn->session,
                                          .table = table,
                                          .low = turn->task->low,
                                          .high = turn->task->high,
                                          .row = turn->row,
                                          .statement_limit_ms = turn->crew->statement_limit_ms,
                                          .limit_bytes_per_s = turn->pace->rate_bytes_per_s,
                                          .longest = &turn->task->longest,
                                          .is_small = turn->task->form == MYSQL_INSERTS,
                                          .was_refused = &turn->task->was_refused,
                                          .tell = tell,
                                          .hold = hold,
                                          .owed_ms = owed_ms,
                                          .stop = stop_statement,
                                          .context = turn};
    if (!table->has_history)
        return mysql_rows_read(&reading, error);
    static const char on[] =
        "SET SESSION system_versioning_insert_history = 1, " MYSQL_ROW_END_OF_TIME
        " = " MYSQL_TABLES_END_OF_TIME ";\n";
    static const char off[] = "SET SESSION system_versioning_insert_history = 0;\n";
    return mysql_row_add_text(turn->row, on, error) || mysql_rows_read(&reading, error) ||
                   mysql_row_end_statement(turn->row, error) ||
                   mysql_row_add_text(turn->row, off, error)
               ? -1
               : 0;
}

// A script is one transaction, but for tables that have none: with GTIDs the server refuses them
// in one.
static int
set_transaction(struct turn *turn, int is_wanted, struct error *error)
{
    if (turn->task->form == MYSQL_LINES || turn->is_in_transaction == is_wanted)
        return 0;
    turn->is_in_transaction = is_wanted;
    return mysql_row_add_text(turn->row, is_wanted ? "BEGIN;\n" : "COMMIT;\n", error);
}

static int
read_table(struct turn *turn, size_t index, struct error *error)
{
    struct mysql_task *task = turn->task;
    struct mysql_table *table = task->tables[index];
    struct mysql_row_part part = {0};
    CLEAN(memory_free) char *columns = mysql_table_columns(table);
    CLEAN(memory_free)
    char *insert = memory_format("INSERT INTO %s %s VALUES", table->quoted, columns);
    if (set_transaction(turn, table->rows_kind == MYSQL_ROWS_TRANSACTIONAL, error))
        return -1;
    mysql_row_begin_table(turn->row, insert);
    if ((!table->is_without_rows && read_rows(turn, table, error)) ||
        mysql_row_end_table(turn->row, &part, error))
        return -1;
    task->parts[index] = (struct file_part){.low = task->low,
                                            .high = task->high,
                                            .rows = part.rows,
                                            .size_bytes = part.size_bytes,
                                            .digest = part.digest};
    return 0;
}

// Definitions and rows of a few tables at a time, while the server has them open: of thousands it
// keeps hundreds.
static int
read_tables(struct turn *turn, struct error *error)
{
    size_t count = turn->task->table_count;
    for (size_t first = 0; first < count; first += TABLES_AT_A_TIME) {
        size_t end = count - first < TABLES_AT_A_TIME ? count : first + TABLES_AT_A_TIME;
        if (read_definitions(turn, first, end, error))
            return -1;
        for (size_t i = first; i < end; i++) {
            if (read_table(turn, i, error) || tell_if_due(turn, error))
                return -1;
        }
        // Lets go of the locks of what was read: the server looks through all of them at each
        // statement.
        if (mysql_session_query(turn->session, "ROLLBACK TO SAVEPOINT reading", NULL, NULL, error))
            return -1;
    }
    return 0;
}

static int
read_task(struct turn *turn, struct error *error)
{
    int is_script = turn->task->form == MYSQL_INSERTS;
    const char *head =
        mysql_session_is_mariadb(turn->session) ? SCRIPT_HEAD("1") : SCRIPT_HEAD("0");
    if ((is_script && mysql_row_add_text(turn->row, head, error)) || read_tables(turn, error))
        return -1;
    return set_transaction(turn, 0, error) || mysql_row_flush(turn->row, error) ||
                   tell(turn, error) || turn->crew->sink->close(turn->task->file, error)
               ? -1
               : 0;
}

static int
work(void *self, crew_member_t *member, size_t number, size_t index, struct error *error)
{
    struct state *state = self;
    const struct mysql_crew *crew = state->crew;
    struct turn turn = {.crew = crew,
                        .stopper = state->stopper,
                        .member = member,
                        .number = number,
                        .session = crew->point->sessions[number],
                        .task = task_of(state, index),
                        .pace = &state->paces[number],
                        .told_ms = clock_monotonic_ms()};
    struct mysql_row_target target = {.self = &turn, .write = write_file};
    turn.row = mysql_row_new((enum mysql_row_form)turn.task->form, &target);
    int status = read_task(&turn, error);
    mysql_row_destroy(&turn.row);
    return status;
}

// ---- in the caller's thread

static int
begin(void *self, size_t index, struct error *error)
{
    const struct state *state = self;
    const struct sink *sink = state->crew->sink;
    struct mysql_task *task = task_of(state, index);
    const struct file_facts facts = {.role = "rows",
                                     .object =
                                         task->form == MYSQL_LINES ? task->tables[0]->schema : NULL,
                                     .loader = task->form == MYSQL_LINES ? "load-data" : "mysql",
                                     .group = "data"};
    return sink->begin(sink->self, task->number, &facts, &task->file, error);
}

static uint32_t
number_of(const struct sink *sink, struct mysql_table *table, int is_in_lines)
{
    CLEAN(memory_free) char *key = NULL, *columns = NULL;
    if (table->number == 0) {
        struct table_facts facts = mysql_plan_facts(table, is_in_lines, &key, &columns);
        table->number = sink->table(sink->self, &facts);
    }
    return table->number;
}

static int
end(void *self, size_t index, int status, struct error *error)
{
    struct state *state = self;
    const struct sink *sink = state->crew->sink;
    struct mysql_task *task = task_of(state, index);
    mysql_longest_note(&state->longest, &task->longest);
    if (status) {
        sink->drop(sink->self, task->file);
        return 0;
    }
    size_t kept = 0;
    for (size_t i = 0; i < task->table_count; i++) {
        if (task->tables[i]->is_without_rows)
            continue;
        task->parts[i].table = number_of(sink, task->tables[i], task->form == MYSQL_LINES);
        task->parts[kept++] = task->parts[i];
    }
    if (sink->end(sink->self, task->file, task->parts, kept, error) == 0)
        return 0;
    sink->drop(sink->self, task->file);
    return -1;
}

static void
cancel(void *self, size_t number)
{
    const struct state *state = self;
    mysql_stopper_cancel(state->stopper, number);
}

static int
tick(void *self, uint64_t open_bytes, struct crew_gait *gait, struct error *error)
{
    struct state *state = self;
    const struct sink *sink = state->crew->sink;
    sink->progress(sink->self, open_bytes);
    mysql_stopper_serve(state->stopper);
    mysql_heed_look(&state->heed, gait, clock_monotonic_ms());
    if (clock_monotonic_ms() - state->pinged_ms < PING_MS)
        return 0;
    // It holds the backup lock, and firewalls forget who is silent.
    state->pinged_ms = clock_monotonic_ms();
    return mysql_session_query(state->crew->control, "DO 0", NULL, NULL, error);
}

// Each session's part of the limit.
static uint64_t
rate_of(const struct mysql_crew *self)
{
    uint64_t limit = self->limit_bytes_per_s, count = self->point->count;
    return limit > 0 && limit < count ? 1 : limit / count;
}

static int
open_stopper(struct state *state, struct error *error)
{
    const struct mysql_crew *crew = state->crew;
    for (size_t i = 0; i < crew->point->count; i++)
        state->paces[i] = pace_at(rate_of(crew));
    return mysql_stopper_open(&state->stopper, crew->server, crew->control, crew->point->sessions,
                              crew->point->count, error);
}

static void
begin_heed(struct state *state)
{
    const struct mysql_crew *crew = state->crew;
    unsigned long ours[MYSQL_POINT_SESSIONS_MAX + 1];
    size_t count = 0;
    ours[count++] = mysql_session_id(crew->control);
    for (size_t i = 0; i < crew->point->count; i++)
        ours[count++] = mysql_session_id(crew->point->sessions[i]);
    state->heed = (struct mysql_heed){.server = crew->server,
                                      .sink = crew->sink,
                                      .limits = crew->throttle,
                                      .members = (unsigned)crew->point->count};
    mysql_heed_begin(&state->heed, ours, count);
}

int
mysql_crew_run(const struct mysql_crew *self, struct error *error)
{
    struct state state = {.crew = self, .pinged_ms = clock_monotonic_ms()};
    const struct crew_job job = {.self = &state,
                                 .members = self->point->count,
                                 .tasks = mysql_plan_count(self->plan),
                                 .stop = self->server->stop,
                                 .loan_bytes = LOANS_BYTES,
                                 .begin = begin,
                                 .work = work,
                                 .end = end,
                                 .cancel = cancel,
                                 .tick = tick};
    if (open_stopper(&state, error))
        return -1;
    begin_heed(&state);
    int status = crew_run(&job, error);
    mysql_heed_clear(&state.heed);
    mysql_stopper_end(state.stopper);
    mysql_stopper_destroy(&state.stopper);
    mysql_heed_tell(&state.heed);
    mysql_longest_tell(&state.longest, self->sink);
    return status;
}
