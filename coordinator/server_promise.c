// What policies promise, against what the catalog has: the facts of each database are read anew
// every minute, so that the status and whoever is to be told need not wait for the catalog.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_policies.h"

enum { EVERY_MS = 60000, AGAIN_MS = 5000, YOUNG_MS = 60000 };

void
server_check_promises(struct server *self)
{
    struct error error = {0};
    struct knowing *knowing = &self->knowing;
    if (knowing->tag || self->now_ms < knowing->due_ms)
        return;
    struct query query = {.name = "standing",
                          .cursor = knowing->cursor,
                          .limit = PAGE_ROWS_MAX,
                          .now_ms = self->unix_ms};
    knowing->asked_ms = self->unix_ms;
    if (catalog_reader_ask(self->reader, self->next_tag, &query, &error)) {
        knowing->due_ms = self->now_ms + AGAIN_MS;
        return;
    }
    if (!knowing->cursor)
        knowing->is_anew = 0;
    knowing->tag = self->next_tag++;
}

// What was made since the catalog was asked, or was on its way there, stays. What is known of the
// future is from before the clock went back: the catalog knows better.
static int64_t
newer(int64_t known_ms, int64_t read_ms, int64_t asked_ms, int64_t unix_ms)
{
    int is_young = known_ms > asked_ms - YOUNG_MS && known_ms <= unix_ms;
    return known_ms > read_ms && is_young ? known_ms : read_ms;
}

static int64_t
number_at(const table_t *table, size_t row, size_t column)
{
    return strtoll(table_cell(table, row, column), NULL, 10);
}

static void
take_row(struct server *self, const table_t *table, size_t row)
{
    struct database *database = estate_find(self->estate, number_at(table, row, 0));
    if (!database)
        return;
    struct standing *known = &database->standing;
    known->good_ms =
        newer(known->good_ms, number_at(table, row, 1), self->knowing.asked_ms, self->unix_ms);
    known->offsite_ms =
        newer(known->offsite_ms, number_at(table, row, 2), self->knowing.asked_ms, self->unix_ms);
    known->lost_ms = number_at(table, row, 3);
    known->tried_ms =
        newer(known->tried_ms, number_at(table, row, 4), self->knowing.asked_ms, self->unix_ms);
}

int
server_take_promises(struct server *self, uint64_t tag, const table_t *table, char **cursor_p,
                     const struct error *error)
{
    struct knowing *knowing = &self->knowing;
    if (tag != knowing->tag)
        return 0;
    knowing->tag = 0;
    memory_free(&knowing->cursor);
    if (!table) {
        log_error("cannot read what there is of the databases, tries again: %s", error->message);
        knowing->due_ms = self->now_ms + AGAIN_MS;
        return 1;
    }
    for (size_t row = 0; row < table_rows(table); row++)
        take_row(self, table, row);
    knowing->cursor = STEAL(*cursor_p);
    knowing->is_known |= !knowing->cursor;
    int64_t wait_ms = knowing->is_anew ? AGAIN_MS : EVERY_MS;
    knowing->due_ms = knowing->cursor ? self->now_ms : self->now_ms + wait_ms;
    return 1;
}

void
server_know_set(struct server *self, int64_t database_id)
{
    struct database *database = estate_find(self->estate, database_id);
    if (database)
        database->standing.good_ms = self->unix_ms;
}

void
server_know_try(struct server *self, int64_t database_id)
{
    struct database *database = estate_find(self->estate, database_id);
    if (database)
        database->standing.tried_ms = self->unix_ms;
}

// A reading that is under way may have passed it already: then there is another one.
void
server_know_anew(struct server *self)
{
    self->knowing.is_anew = 1;
    if (self->knowing.due_ms > self->now_ms + AGAIN_MS)
        self->knowing.due_ms = self->now_ms + AGAIN_MS;
}

// ---- what is told of it

int
server_knows_promises(const struct server *self)
{
    return self->knowing.is_known;
}

void
server_promise_counts(struct server *self, size_t counts[PROMISE_STATES])
{
    memset(counts, 0, PROMISE_STATES * sizeof *counts);
    for (struct database *each = estate_first(self->estate); each;
         each = estate_next(self->estate)) {
        struct promise_verdict verdict;
        promise_judge(each, self->unix_ms, &verdict);
        counts[verdict.state]++;
    }
}
