// The operators' lists that come from memory: who works, how things are, what runs now.

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/server_policies.h"

static char *
join_tools(const Wire__Ready *ready)
{
    char *text = memory_copy_text("");
    for (size_t index = 0; index < ready->n_tools; index++) {
        char *longer =
            memory_format("%s%s%s %u.%u", text, index ? ", " : "", ready->tools[index]->name,
                          ready->tools[index]->major, ready->tools[index]->minor);
        free(text);
        text = longer;
    }
    return text;
}

static char *
join_stores(const Wire__Ready *ready)
{
    char *text = memory_copy_text("");
    for (size_t index = 0; index < ready->n_stores; index++) {
        char *longer =
            memory_format("%s%s%s", text, index ? ", " : "", ready->stores[index]->identity);
        free(text);
        text = longer;
    }
    return text;
}

table_t *
server_list_workers(struct server *self)
{
    table_t *table = table_new();
    static const struct {
        const char *name;
        enum table_type type;
    } columns[] = {{"name", TABLE_TEXT},    {"state", TABLE_TEXT}, {"slots", TABLE_INTEGER},
                   {"busy", TABLE_INTEGER}, {"heard", TABLE_TIME}, {"version", TABLE_TEXT},
                   {"stores", TABLE_TEXT},  {"tools", TABLE_TEXT}, {"principal", TABLE_TEXT},
                   {"instance", TABLE_TEXT}};
    for (size_t index = 0; index < sizeof columns / sizeof *columns; index++)
        table_add_column(table, columns[index].name, columns[index].type);
    for (struct worker *each = fleet_first(self->fleet); each; each = fleet_next(self->fleet)) {
        const Wire__Ready *ready = each->hello->ready;
        CLEAN(memory_free) char *tools = join_tools(ready);
        CLEAN(memory_free) char *stores = join_stores(ready);
        table_add_row(table);
        table_set(table, "name", ready->name);
        table_set(table, "state", each->gone ? "gone" : each->draining ? "draining" : "ready");
        table_set_integer(table, "slots", ready->slots);
        table_set_integer(table, "busy", each->booked);
        table_set_integer(table, "heard", self->unix_ms - (self->now_ms - each->heard_ms));
        table_set(table, "version", ready->program_version);
        table_set(table, "stores", stores);
        table_set(table, "tools", tools);
        table_set(table, "principal", each->peer.principal);
        table_set(table, "instance", ready->instance_id);
    }
    return table;
}

// Messages refused for what they say, and those dropped for their form.
static uint64_t
refused_messages(const struct server *self)
{
    uint64_t count = self->refused_messages;
    for (int endpoint = 0; endpoint < ENDPOINTS; endpoint++) {
        if (self->sockets[endpoint])
            count += sock_dropped(self->sockets[endpoint]);
    }
    return count;
}

// Nothing until all is known.
static void
count_promises(struct server *self, table_t *table)
{
    size_t counts[PROMISE_STATES], broken = 0;
    if (!server_knows_promises(self))
        return;
    server_promise_counts(self, counts);
    for (enum promise_state state = 0; state < PROMISE_STATES; state++)
        broken += promise_is_broken(state) ? counts[state] : 0;
    table_set_integer(table, "overdue", (int64_t)broken);
    table_set_integer(table, "lapsed",
                      (int64_t)(counts[PROMISE_LAPSED] + counts[PROMISE_LAPSED_OFFSITE]));
    table_set_integer(table, "unprotected", (int64_t)counts[PROMISE_UNPROTECTED]);
}

table_t *
server_list_status(struct server *self)
{
    table_t *table = table_new();
    static const char *const columns[] = {
        "workers", "free_slots",       "queued",          "running", "databases",
        "epoch",   "refused_messages", "overdue",         "lapsed",  "unprotected",
        "outages", "notices_waiting",  "notices_given_up"};
    table_add_column(table, "version", TABLE_TEXT);
    table_add_column(table, "catalog", TABLE_TEXT);
    for (size_t index = 0; index < sizeof columns / sizeof *columns; index++)
        table_add_column(table, columns[index], TABLE_INTEGER);
    const char *trouble = ledger_trouble(self->ledger);
    int64_t outages = 0, waiting = 0, given_up = 0;
    server_count_notices(self, &outages, &waiting, &given_up);
    table_add_row(table);
    table_set(table, "version", DBHAUL_VERSION);
    table_set(table, "catalog", *trouble ? trouble : "well");
    table_set_integer(table, "workers", (int64_t)fleet_count(self->fleet));
    table_set_integer(table, "free_slots", fleet_free(self->fleet));
    table_set_integer(table, "queued", (int64_t)board_queued(self->board));
    table_set_integer(table, "running", (int64_t)board_running(self->board));
    table_set_integer(table, "databases", (int64_t)estate_count(self->estate));
    table_set_integer(table, "epoch", self->epoch);
    table_set_integer(table, "refused_messages", (int64_t)refused_messages(self));
    table_set_integer(table, "outages", outages);
    table_set_integer(table, "notices_waiting", waiting);
    table_set_integer(table, "notices_given_up", given_up);
    count_promises(self, table);
    return table;
}

// What runs now, with its progress.
table_t *
server_list_progress(struct server *self, int64_t run_id)
{
    table_t *table = table_new();
    table_add_column(table, "job", TABLE_INTEGER);
    table_add_column(table, "run", TABLE_INTEGER);
    table_add_column(table, "name", TABLE_TEXT);
    table_add_column(table, "state", TABLE_TEXT);
    table_add_column(table, "phase", TABLE_TEXT);
    table_add_column(table, "done", TABLE_BYTES);
    table_add_column(table, "message", TABLE_TEXT);
    for (struct board_job *job = board_first(self->board); job && table_rows(table) < PAGE_ROWS_MAX;
         job = board_next(self->board)) {
        if (job_state_ended(job->record->state) || (run_id && job->record->run_id != run_id))
            continue;
        CLEAN(memory_free) char *message = server_explain_wait(self, job);
        table_add_row(table);
        table_set_integer(table, "job", job->record->id);
        table_set_integer(table, "run", job->record->run_id);
        table_set(table, "name", job->database ? job->database->name : "");
        table_set(table, "state", job_state_name(job->record->state));
        table_set(table, "phase", job->phase);
        table_set_integer(table, "done", (int64_t)job->progress_bytes);
        table_set(table, "message", message);
    }
    return table;
}
