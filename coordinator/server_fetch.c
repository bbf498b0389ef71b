// What jobs ask for while they run: rows of the catalog, read page by page by the catalog's reader,
// and what becomes of what a sweep finds. A question may come twice; the answer is then the same.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/catalog/archive.h"
#include "coordinator/server_sets.h"

enum { ROWS = 64, FETCHING_MAX = 64 };

// A question that waits for the reader.
struct fetching {
    uint64_t tag, number;
    int64_t job_id, attempt;
    size_t limit;
    char *list, *cursor, *text;
};

static void
fetching_destroy(struct fetching **self_p)
{
    struct fetching *self = *self_p;
    if (!self)
        return;
    memory_free(&self->list);
    memory_free(&self->cursor);
    memory_free(&self->text);
    memory_free(self_p);
}

void
server_forget_fetches(struct server *self)
{
    struct fetching *fetching = NULL;
    while (self->fetches && (fetching = zlistx_detach(self->fetches, NULL)))
        fetching_destroy(&fetching);
    zlistx_destroy(&self->fetches);
}

// ---- answers

// The attempt runs, and its worker is there.
static struct worker *
worker_of(struct server *self, int64_t job_id, int64_t attempt, struct board_job **job)
{
    *job = board_job(self->board, job_id);
    if (!*job || (*job)->record->state != JOB_RUNNING || (*job)->record->attempt != attempt)
        return NULL;
    struct worker *worker = fleet_by_instance(self->fleet, (*job)->record->worker);
    return worker && !worker->gone ? worker : NULL;
}

static void
answer(struct server *self, const struct fetching *to, const char *text, const char *cursor,
       const char *trouble)
{
    struct board_job *job = NULL;
    struct worker *worker = worker_of(self, to->job_id, to->attempt, &job);
    if (!worker)
        return;
    Wire__Piece piece = WIRE__PIECE__INIT;
    piece.number = to->number;
    piece.text = (char *)(uintptr_t)text;
    piece.cursor = (char *)(uintptr_t)(cursor ? cursor : "");
    piece.trouble = (char *)(uintptr_t)trouble;
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.job_id = (uint64_t)to->job_id;
    message.attempt = (uint32_t)to->attempt;
    message.body_case = WIRE__ENVELOPE__BODY_PIECE;
    message.piece = &piece;
    // After what was decided is durable.
    server_send_after(self, (enum endpoint)worker->endpoint, &worker->peer, &message);
}

// ---- from the reader

static int
ask(struct server *self, struct fetching **fetching_p, struct error *error)
{
    struct fetching *fetching = *fetching_p;
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct query query = {.name = fetching->list,
                          .selector = selector,
                          .cursor = fetching->cursor,
                          .limit = fetching->limit};
    if (strcmp(fetching->list, "adopt") == 0) {
        query.name = "backups";
        query.job_id = server_adopted_job(fetching->text);
        query.limit = 1;
    }
    fetching->tag = self->next_tag++;
    if (catalog_reader_ask(self->reader, fetching->tag, &query, error))
        return -1;
    zlistx_add_end(self->fetches, STEAL(*fetching_p));
    return 0;
}

static void
print_places(const table_t *page, const char *store, struct buffer *text)
{
    for (size_t row = 0; row < table_rows(page); row++) {
        const char *path = table_cell(page, row, 3);
        if (strcmp(table_cell(page, row, 2), store) == 0 && !strpbrk(path, "\n"))
            buffer_format(text, "%s %s %s\n", table_cell(page, row, 0), table_cell(page, row, 1),
                          path);
    }
}

// What fits into no piece is asked for again in smaller ones.
static void
answer_rows(struct server *self, struct fetching **fetching_p, const struct board_job *job,
            const table_t *page, const char *cursor)
{
    struct error error = {0};
    struct fetching *fetching = *fetching_p;
    CLEAN(buffer_clear) struct buffer text = {0};
    const struct archive_table *table = archive_find_list(fetching->list);
    if (table)
        archive_print(table, page, &text);
    else
        print_places(page, job->task->run->sweep->store, &text);
    if (text.size <= WIRE_PIECE_MAX) {
        answer(self, fetching, buffer_read(&text), cursor, "");
        return;
    }
    fetching->limit /= 2;
    if (fetching->limit == 0)
        error_set(&error, ERROR_INVALID, "a row of '%s' is longer than %d bytes", fetching->list,
                  WIRE_PIECE_MAX);
    if (fetching->limit == 0 || ask(self, fetching_p, &error))
        answer(self, fetching, "", "", error.message);
}

static struct fetching *
take(struct server *self, uint64_t tag)
{
    struct fetching *each = zlistx_first(self->fetches);
    while (each && each->tag != tag)
        each = zlistx_next(self->fetches);
    if (each)
        zlistx_detach_cur(self->fetches);
    return each;
}

int
server_take_fetched(struct server *self, uint64_t tag, const table_t *page, const char *cursor,
                    const struct error *error)
{
    struct board_job *job = NULL;
    CLEAN(fetching_destroy) struct fetching *fetching = take(self, tag);
    if (!fetching)
        return 0;
    if (!worker_of(self, fetching->job_id, fetching->attempt, &job))
        return 1;
    if (!page)
        answer(self, fetching, "", "", error->message);
    else if (strcmp(fetching->list, "adopt") == 0)
        answer(self, fetching,
               server_adopt(self, job, fetching->number, fetching->text, table_rows(page) > 0), "",
               "");
    else
        answer_rows(self, &fetching, job, page, cursor);
    return 1;
}

// ---- questions

static int
is_asked(struct server *self, const struct board_job *job, uint64_t number)
{
    struct fetching *each = zlistx_first(self->fetches);
    while (each && (each->job_id != job->record->id || each->number != number))
        each = zlistx_next(self->fetches);
    return each != NULL;
}

// What a job of its kind may ask for.
static int
may_ask(const struct board_job *job, const char *list)
{
    static const char *const of_sweeps[] = {"begin", "set_places", "findings", "adopt"};
    if (job->record->kind == JOB_CATALOG)
        return archive_find_list(list) != NULL;
    for (size_t index = 0; index < sizeof of_sweeps / sizeof *of_sweeps; index++) {
        if (job->record->kind == JOB_SWEEP && strcmp(list, of_sweeps[index]) == 0)
            return 1;
    }
    return 0;
}

void
server_hear_fetch(struct server *self, struct board_job *job, const Wire__Fetch *fetch)
{
    struct error error = {0};
    if (job->record->state != JOB_RUNNING || is_asked(self, job, fetch->number))
        return;
    CLEAN(fetching_destroy) struct fetching *fetching = memory_get(sizeof *fetching);
    *fetching = (struct fetching){.number = fetch->number,
                                  .job_id = job->record->id,
                                  .attempt = job->record->attempt,
                                  .limit = ROWS,
                                  .list = memory_copy_text(fetch->list),
                                  .cursor = memory_copy_text(fetch->cursor),
                                  .text = memory_copy_text(fetch->text)};
    if (!may_ask(job, fetch->list)) {
        answer(self, fetching, "", "", "such a job may not ask for that");
        return;
    }
    if (strcmp(fetch->list, "begin") == 0 || strcmp(fetch->list, "findings") == 0) {
        const char *said = server_hear_findings(self, job, fetch);
        answer(self, fetching, said ? said : "", "",
               said ? "" : "the coordinator was started anew: this sweep has to begin again");
        return;
    }
    const char *before = server_said_before(self, job, fetch->number);
    if (before) {
        answer(self, fetching, before, "", "");
        return;
    }
    if (strcmp(fetch->list, "adopt") == 0 && !server_may_adopt(self, job, fetch)) {
        answer(self, fetching, "refused: it was not to be adopted", "", "");
        return;
    }
    // With too many that wait nothing is said: the job asks again.
    if (zlistx_size(self->fetches) < FETCHING_MAX)
        ask(self, &fetching, &error);
}
