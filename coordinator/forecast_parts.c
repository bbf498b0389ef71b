#include "coordinator/forecast_parts.h"

#include <assert.h>

#include "common/clean.h"
#include "common/memory.h"

enum { HOST_SIZE = 300, VERSION_SIZE = 32, PORT_MAX = 65535 };

void *
forecast_grow(void *list_p, size_t *count, size_t size)
{
    char *list = NULL;
    memcpy(&list, list_p, sizeof list);
    if ((*count & (*count - 1)) == 0) {
        list = memory_resize(list, (*count ? 2 * *count : 1) * size);
        memcpy(list_p, &list, sizeof list);
    }
    char *item = list + size * (*count)++;
    memset(item, 0, size);
    return item;
}

const struct forecast_need *
forecast_need(forecast_t *self, const char *text)
{
    struct forecast_need *item = zhashx_lookup(self->needs, text);
    if (item)
        return item;
    struct placement_need need;
    CLEAN(memory_free) char *copy = memory_copy_text(text);
    placement_read(copy, &need);
    item = memory_get(sizeof *item);
    item->text = memory_copy_text(text);
    item->is_unfit = !taker_is_there(self->fleet, &need);
    if (item->is_unfit)
        taker_explain(self->fleet, &need, item->reason);
    zhashx_insert(self->needs, text, item);
    return item;
}

struct forecast_run *
forecast_begin_run(forecast_t *self, size_t policy)
{
    struct forecast_run *run = forecast_grow(&self->runs, &self->run_count, sizeof *run);
    run->record = run_record_new();
    run->record->id = (int64_t)self->run_count;
    run->policy = policy;
    struct run *record = run->record;
    board_add_run(self->board, &record);
    return run;
}

// ---- a task that has a need

static char *
lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

struct task {
    Wire__Envelope envelope;
    Wire__Run run;
    Wire__Server server;
    Wire__Backup backup;
    Wire__Check check;
    Wire__Restore restore;
    Wire__Verify verify;
    Wire__WantedLabel labels[PLACEMENT_LABELS_MAX], *list[PLACEMENT_LABELS_MAX];
    char host[HOST_SIZE], version[VERSION_SIZE];
};

static void
fill_server(struct task *task, const struct placement_need *need, const char *server)
{
    const char *colon = strrchr(server, ':');
    wire__server__init(&task->server);
    snprintf(task->host, HOST_SIZE, "%.*s", colon ? (int)(colon - server) : 0, server);
    snprintf(task->version, VERSION_SIZE, "%u.%u", need->major, need->minor);
    task->server.engine = lend(need->engine ? need->engine : "");
    task->server.host = task->host;
    task->server.port = colon ? (uint32_t)(strtoul(colon + 1, NULL, 10) & PORT_MAX) : 0;
    task->server.version = need->major ? task->version : lend("");
}

static void
fill_kind(struct task *task, const struct placement_need *need, int is_check)
{
    Wire__Run *run = &task->run;
    char *store = lend(need->store ? need->store : "");
    wire__backup__init(&task->backup);
    wire__check__init(&task->check);
    wire__restore__init(&task->restore);
    wire__verify__init(&task->verify);
    task->backup.source = task->check.source = task->restore.target = &task->server;
    task->backup.store = task->check.store = task->restore.store = task->verify.store = store;
    task->backup.tool = task->check.tool = lend(need->tool);
    run->task_case = !need->engine ? WIRE__RUN__TASK_VERIFY
                     : need->loads ? WIRE__RUN__TASK_RESTORE
                     : is_check    ? WIRE__RUN__TASK_CHECK
                                   : WIRE__RUN__TASK_BACKUP;
    if (run->task_case == WIRE__RUN__TASK_VERIFY)
        run->verify = &task->verify;
    else if (run->task_case == WIRE__RUN__TASK_RESTORE)
        run->restore = &task->restore;
    else if (run->task_case == WIRE__RUN__TASK_CHECK)
        run->check = &task->check;
    else
        run->backup = &task->backup;
}

// It says no more than placement and limits look at.
static void
make_task(struct task *task, const struct placement_need *need, int is_check, const char *server)
{
    wire__envelope__init(&task->envelope);
    wire__run__init(&task->run);
    task->envelope.version = WIRE_VERSION;
    task->envelope.body_case = WIRE__ENVELOPE__BODY_RUN;
    task->envelope.run = &task->run;
    fill_server(task, need, server);
    fill_kind(task, need, is_check);
    for (size_t index = 0; index < need->label_count; index++) {
        wire__wanted_label__init(&task->labels[index]);
        task->labels[index].name = lend(need->labels[index].name);
        task->labels[index].pattern = lend(need->labels[index].pattern);
        task->labels[index].preferred = need->labels[index].is_preferred;
        task->list[index] = &task->labels[index];
    }
    task->run.wanted = task->list;
    task->run.n_wanted = need->label_count;
}

// ---- jobs

struct forecast_row *
forecast_add_row(forecast_t *self, size_t run_place, struct forecast_member *member)
{
    struct forecast_run *run = &self->runs[run_place];
    struct forecast_row **place =
        forecast_grow(&self->rows, &self->row_count, sizeof(struct forecast_row *));
    struct forecast_row *row = *place = memory_get(sizeof *row);
    row->member = member;
    row->run = run_place;
    row->worker = SIZE_MAX;
    if (run->last)
        run->last->next = row;
    else
        run->first = row;
    run->last = row;
    run->count++;
    return row;
}

struct forecast_row *
forecast_begin_job(forecast_t *self, size_t run_place, struct job **record_p, const char *need,
                   const char *server, struct forecast_member *member)
{
    CLEAN(job_record_destroy) struct job *record = STEAL(*record_p);
    struct forecast_run *run = &self->runs[run_place];
    const struct forecast_need *known = forecast_need(self, need);
    struct forecast_row *row = forecast_add_row(self, run_place, member);
    row->due_ms = record->not_before_ms > self->now_ms ? record->not_before_ms : self->now_ms;
    row->expected_ms = record->expected_ms;
    if (record->state == JOB_QUEUED && known->is_unfit) {
        forecast_decide(row, FORECAST_NEVER, known->reason);
        return row;
    }
    struct task task;
    struct placement_need read;
    CLEAN(memory_free) char *copy = memory_copy_text(need);
    int is_check = placement_read(copy, &read);
    make_task(&task, &read, is_check, server);
    record->id = (int64_t)self->row_count;
    record->run_id = run->record->id;
    const struct policy *policy =
        run->policy == FORECAST_NO_POLICY ? NULL : self->policies[run->policy];
    const struct database *database = member ? member->database : NULL;
    row->job = board_add_job(self->board, &record, &task.envelope, database, database, policy);
    row->job->closes_ms = run->closes_ms;
    run->left++;
    return row;
}

void
forecast_decide(struct forecast_row *row, enum forecast_verdict verdict, const char *limit)
{
    row->is_decided = 1;
    row->verdict = verdict;
    if (limit) {
        memory_free(&row->limit);
        row->limit = memory_copy_text(limit);
    }
}

void
forecast_end(forecast_t *self, struct forecast_row *row, enum job_event event)
{
    struct forecast_run *run = &self->runs[row->run];
    int rc = board_apply(self->board, row->job, event);
    assert(rc == 0);
    (void)rc;
    row->job = NULL;
    if (--run->left == 0)
        board_remove_run(self->board, &run->record);
}
