// What operators ask. Lists come from the catalog's reader, the state of workers from memory;
// a submission is answered when its run is durable.

#include <assert.h>

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/catalog/query.h"
#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"

enum { PAGE_ROWS = 100, FRESH_MS = 30000 };

// ---- lists from the catalog

int
server_ask_reader(struct server *self, struct question **question_p, struct query *query,
                  struct error *error)
{
    uint64_t tag = self->next_tag++;
    if (zhashx_size(self->questions) >= QUESTIONS_MAX)
        return error_set(error, ERROR_UNAVAILABLE, "too many questions wait: ask again later");
    if (catalog_reader_ask(self->reader, tag, query, error))
        return -1;
    char key[24];
    snprintf(key, sizeof key, "%" PRIu64, tag);
    zhashx_insert(self->questions, key, STEAL(*question_p));
    return 0;
}

// On success the question is the reader's; otherwise it stays the caller's.
static int
ask_list(struct server *self, struct question **question_p, struct error *error)
{
    const Wire__Query *wish = (*question_p)->ask->ask->query;
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct query query = {.selector = selector, .limit = (*question_p)->limit};
    if (server_read_query(self, wish, selector, &query, error))
        return -1;
    return server_ask_reader(self, question_p, &query, error);
}

// The sets that a restore or a verify is about.
static int
ask_sets(struct server *self, struct question **question_p, struct error *error)
{
    const Wire__Submit *submit = (*question_p)->ask->ask->submit;
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct query query = {.name = "sets", .selector = selector, .limit = PAGE_ROWS_MAX};
    if (submit->what_case == WIRE__SUBMIT__WHAT_RESTORE) {
        query.set_id = (int64_t)submit->restore->set_id;
    } else if (submit->verify->set_id) {
        query.set_id = (int64_t)submit->verify->set_id;
    } else {
        query.name = "latest";
        for (size_t index = 0; index < submit->verify->n_selector; index++) {
            if (selector_add(selector, submit->verify->selector[index]->key,
                             submit->verify->selector[index]->pattern, error))
                return -1;
        }
    }
    return server_ask_reader(self, question_p, &query, error);
}

static void
take_page(struct server *self, struct question **question_p, table_t *table, const char *cursor)
{
    struct error error = {0};
    struct question *question = *question_p;
    const char *list = question->ask->ask->query->name;
    if (question->shelf) {
        server_take_verdicts(self, question_p, table, cursor);
        return;
    }
    if (strcmp(list, "jobs") == 0 || strcmp(list, "job") == 0)
        server_tell_waits(self, table, "id");
    if (server_answer_table(self, question, table, cursor, &error) == 0)
        return;
    if (question->limit > 1) {
        question->limit /= 2;  // the rows are long: a shorter page fits
        if (ask_list(self, question_p, &error) == 0)
            return;
    }
    server_answer(self, question, &error, 0);
}

// Of a submission.
static void
take_sets(struct server *self, const struct question *question, const table_t *table,
          const char *cursor)
{
    struct error error = {0};
    if (cursor && *cursor) {
        error_set(&error, ERROR_INVALID,
                  "more than %d sets match: verify them in parts, by account or region",
                  PAGE_ROWS_MAX);
        server_answer(self, question, &error, 0);
        return;
    }
    int64_t run_id = server_start_with_sets(self, question, table, &error);
    server_answer(self, question, run_id < 0 ? &error : NULL, run_id < 0 ? 0 : run_id);
}

void
server_take_list(struct server *self)
{
    struct error error = {0};
    uint64_t tag = 0;
    CLEAN(table_destroy) table_t *table = NULL;
    CLEAN(memory_free) char *cursor = NULL;
    int rc = catalog_reader_take(self->reader, &tag, &table, &cursor, &error);
    if (server_take_promises(self, tag, table, &cursor, &error) ||
        server_take_expiry(self, tag, table, &cursor, &error) ||
        server_take_fetched(self, tag, table, cursor, &error))
        return;
    char key[24];
    snprintf(key, sizeof key, "%" PRIu64, tag);
    CLEAN(question_destroy) struct question *question = zhashx_lookup(self->questions, key);
    assert(question);
    zhashx_delete(self->questions, key);
    if (rc) {
        server_answer(self, question, &error, 0);
        return;
    }
    if (question->ask->ask->what_case == WIRE__ASK__WHAT_QUERY) {
        take_page(self, &question, table, cursor);
        return;
    }
    if (question->ask->ask->what_case == WIRE__ASK__WHAT_PIN)
        server_take_pin(self, question, table);
    else if (question->ask->ask->what_case == WIRE__ASK__WHAT_UNPROTECT)
        server_take_unprotect(self, question, table);
    else
        take_sets(self, question, table, cursor);
}

// ---- what is asked

// Lists that come from memory page by page.
static const struct memory_list {
    const char *name;
    int (*list)(struct server *self, const Wire__Query *query, size_t limit, table_t **table,
                char **cursor, struct error *error);
} memory_lists[] = {
    {"scopes", server_list_scopes},
    {"policies", server_list_policies},
    {"policy", server_explain_policy},
    {"unmatched", server_list_unmatched},
    {"schedule", server_list_schedule},
    {"forecast_policies", server_list_forecast},
    {"forecast_databases", server_list_forecast},
    {"forecast_workers", server_list_forecast},
    {"targets", server_list_targets},
    {"outages", server_list_outages},
    {"replication", server_list_replication},
    {0},
};

static const struct memory_list *
find_memory_list(const char *name)
{
    const struct memory_list *list = memory_lists;
    while (list->name && strcmp(list->name, name) != 0)
        list++;
    return list->name ? list : NULL;
}

static void
answer_from_memory(struct server *self, const struct question *question,
                   const struct memory_list *list)
{
    struct error error = {0};
    CLEAN(table_destroy) table_t *table = NULL;
    CLEAN(memory_free) char *cursor = NULL;
    if (list->list(self, question->ask->ask->query, question->limit, &table, &cursor, &error) ||
        server_answer_table(self, question, table, cursor, &error))
        server_answer(self, question, &error, 0);
}

static void
hear_query(struct server *self, struct question **question_p)
{
    struct error error = {0};
    struct question *question = *question_p;
    const Wire__Query *wish = question->ask->ask->query;
    CLEAN(table_destroy) table_t *table = NULL;
    if (strcmp(wish->name, "workers") == 0)
        table = server_list_workers(self);
    else if (strcmp(wish->name, "status") == 0)
        table = server_list_status(self);
    else if (strcmp(wish->name, "progress") == 0)
        table = server_list_progress(self, strtoll(server_query_term(wish, "run"), NULL, 10));
    if (table) {
        if (server_answer_table(self, question, table, NULL, &error))
            server_answer(self, question, &error, 0);
        return;
    }
    question->limit = wish->limit && wish->limit < PAGE_ROWS_MAX ? wish->limit : PAGE_ROWS;
    const struct memory_list *list = find_memory_list(wish->name);
    if (list) {
        answer_from_memory(self, question, list);
        return;
    }
    int rc = strcmp(wish->name, "forecast") == 0 ? server_ask_forecast(self, question_p, &error)
             : strcmp(wish->name, "expiry") == 0 ? server_ask_expiry(self, question_p, &error)
                                                 : ask_list(self, question_p, &error);
    if (rc)
        server_answer(self, *question_p, &error, 0);
}

// ---- commands

static void
hear_cancel(struct server *self, const struct question *question)
{
    const Wire__CancelJobs *wish = question->ask->ask->cancel;
    const char *who = question->peer.principal;
    if (wish->job_id) {
        struct board_job *job = board_job(self->board, (int64_t)wish->job_id);
        if (!job) {
            server_answer_failed(self, question, ERROR_NOT_FOUND, "no such job is queued or runs");
            return;
        }
        server_cancel_job(self, job, who);
        server_answer(self, question, NULL, 0);
        return;
    }
    if (!board_run(self->board, (int64_t)wish->run_id)) {
        server_answer_failed(self, question, ERROR_NOT_FOUND, "no such run is under way");
        return;
    }
    // The last job that ends takes the run off the board.
    zlistx_t *jobs = zlistx_new();
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (job->record->run_id == (int64_t)wish->run_id && !job_state_ended(job->record->state))
            zlistx_add_end(jobs, job);
    }
    for (struct board_job *job = zlistx_first(jobs); job; job = zlistx_next(jobs))
        server_cancel_job(self, job, who);
    zlistx_destroy(&jobs);
    server_answer(self, question, NULL, (int64_t)wish->run_id);
}

static void
start_submitted(struct server *self, const struct question *question)
{
    struct error error = {0};
    const Wire__Submit *submit = question->ask->ask->submit;
    int64_t run_id = 0;
    switch (submit->what_case) {
    case WIRE__SUBMIT__WHAT_BACKUP:
        run_id = server_start_backup(self, question, &error);
        break;
    case WIRE__SUBMIT__WHAT_SWEEP:
        run_id = server_start_sweep(self, question, &error);
        break;
    case WIRE__SUBMIT__WHAT_SAVE_CATALOG:
        run_id = server_save_catalog(self, question, &error);
        break;
    default:
        run_id = server_start_check(self, question, &error);
        break;
    }
    server_answer(self, question, run_id < 0 ? &error : NULL, run_id < 0 ? 0 : run_id);
}

static void
wait_for_discovery(struct server *self, struct question **question_p)
{
    if (zlistx_size(self->wait_discovery) >= QUESTIONS_MAX) {
        server_answer_failed(self, *question_p, ERROR_UNAVAILABLE,
                             "too many questions wait: ask again later");
        return;
    }
    zlistx_add_end(self->wait_discovery, STEAL(*question_p));
    server_discover(self);
}

// Who asks for a discovery has changed something, maybe: one that is under way may have passed it.
static void
hear_discover(struct server *self, struct question **question_p)
{
    (*question_p)->waits_next = self->is_discovering;
    self->must_discover |= self->is_discovering;
    wait_for_discovery(self, question_p);
}

static void
hear_submit(struct server *self, struct question **question_p)
{
    struct error error = {0};
    const Wire__Submit *submit = (*question_p)->ask->ask->submit;
    switch (submit->what_case) {
    case WIRE__SUBMIT__WHAT_BACKUP:
    case WIRE__SUBMIT__WHAT_CHECK:
        if (self->discovered_ms && self->now_ms - self->discovered_ms < FRESH_MS)
            start_submitted(self, *question_p);
        else
            wait_for_discovery(self, question_p);
        break;
    case WIRE__SUBMIT__WHAT_RESTORE:
    case WIRE__SUBMIT__WHAT_VERIFY:
        if (ask_sets(self, question_p, &error))
            server_answer(self, *question_p, &error, 0);
        break;
    case WIRE__SUBMIT__WHAT_SWEEP:
    case WIRE__SUBMIT__WHAT_SAVE_CATALOG:
        start_submitted(self, *question_p);
        break;
    case WIRE__SUBMIT__WHAT_EXPIRE:
        server_ask_expire(self, question_p);
        break;
    default:
        server_answer_failed(self, *question_p, ERROR_INVALID,
                             "this coordinator does not know that job");
        break;
    }
}

// A discovery that was asked for, or that a submission waited for, has ended.
void
server_answer_waiting(struct server *self, const struct finding_list *found)
{
    CLEAN(table_destroy) table_t *table = server_list_findings(self, found);
    for (size_t count = zlistx_size(self->wait_discovery); count > 0; count--) {
        CLEAN(question_destroy)
        struct question *question = zlistx_detach(self->wait_discovery, NULL);
        struct error error = {0};
        if (question->waits_next) {
            question->waits_next = 0;
            zlistx_add_end(self->wait_discovery, STEAL(question));
        } else if (question->ask->ask->what_case == WIRE__ASK__WHAT_SUBMIT)
            start_submitted(self, question);
        else if (server_answer_table_after(self, question, table, &error))
            server_answer(self, question, &error, 0);
    }
}

void
server_hear_operator(struct server *self, enum endpoint endpoint, const struct sock_peer *peer,
                     const Wire__Envelope *message)
{
    CLEAN(question_destroy) struct question *question = question_new(endpoint, peer, message);
    switch (message->ask->what_case) {
    case WIRE__ASK__WHAT_QUERY:
        hear_query(self, &question);
        break;
    case WIRE__ASK__WHAT_SUBMIT:
        hear_submit(self, &question);
        break;
    case WIRE__ASK__WHAT_CANCEL:
        hear_cancel(self, question);
        break;
    case WIRE__ASK__WHAT_DRAIN:
        server_hear_drain(self, question);
        break;
    case WIRE__ASK__WHAT_DISCOVER:
        hear_discover(self, &question);
        break;
    case WIRE__ASK__WHAT_NOTIFY_TEST:
        server_hear_notify_test(self, &question);
        break;
    case WIRE__ASK__WHAT_CLOSE_OUTAGE:
        server_hear_close_outage(self, question);
        break;
    case WIRE__ASK__WHAT_PROTECT:
        server_hear_protect(self, question);
        break;
    case WIRE__ASK__WHAT_PIN:
        server_hear_pin(self, &question);
        break;
    case WIRE__ASK__WHAT_UNPROTECT:
        server_hear_unprotect(self, &question);
        break;
    default:
        server_answer_failed(self, question, ERROR_INVALID,
                             "this coordinator does not know that command");
        break;
    }
}
