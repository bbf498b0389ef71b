// The working set's outages, and the messages about them that wait.

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/catalog/sql.h"

// Makes room for one more record in a list that doubles.
static void *
grow(void *list, size_t count)
{
    if (count & (count - 1))
        return list;
    return memory_resize(list, (count ? 2 * count : 1) * sizeof(void *));
}

static int
load_outages(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self,
                "SELECT id, kind, cause_key, cause, told_to, opened_ms, told_ms, empty_ms,"
                " told_members FROM outages WHERE closed_ms = 0 ORDER BY id",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        set->outages = grow(set->outages, set->outage_count);
        struct outage *outage = set->outages[set->outage_count++] = outage_new();
        outage->id = sql_number(row, 0);
        if (outage_kind_parse(sql_text(row, 1), &outage->kind))
            return error_set(error, ERROR_CORRUPT,
                             "catalog '%s' holds a row in 'outages' that cannot be (id %lld): "
                             "bring it back from a copy",
                             self->place, (long long)outage->id);
        record_set(&outage->key, sql_text(row, 2));
        record_set(&outage->cause, sql_text(row, 3));
        record_set(&outage->told_to, sql_text(row, 4));
        outage->opened_ms = sql_number(row, 5);
        outage->told_ms = sql_number(row, 6);
        outage->empty_ms = sql_number(row, 7);
        outage->told_members = sql_number(row, 8);
    }
    return -1;
}

static int
load_members(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self,
                "SELECT m.outage_id, m.subject, m.name, m.policy, m.since_ms"
                " FROM outages o JOIN outage_members m ON m.outage_id = o.id"
                " WHERE o.closed_ms = 0 AND m.left_ms = 0",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        set->outage_members = grow(set->outage_members, set->outage_member_count);
        struct outage_member *member = outage_member_new();
        set->outage_members[set->outage_member_count++] = member;
        member->outage_id = sql_number(row, 0);
        record_set(&member->subject, sql_text(row, 1));
        record_set(&member->name, sql_text(row, 2));
        record_set(&member->policy, sql_text(row, 3));
        member->since_ms = sql_number(row, 4);
    }
    return -1;
}

static void
read_delivery(struct sql_rows *row, struct delivery *delivery)
{
    char **texts[] = {&delivery->id,    &delivery->target, &delivery->event,   &delivery->severity,
                      &delivery->title, &delivery->text,   &delivery->document};
    int column = 0;
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        record_set(texts[index], sql_text(row, column++));
    delivery->at_ms = sql_number(row, column++);
    delivery->next_ms = sql_number(row, column++);
    delivery->tries = sql_number(row, column++);
    delivery->merged = sql_number(row, column++);
    delivery->is_written = 1;
}

static int
load_deliveries(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self,
                "SELECT id, target, event, severity, title, body, document, at_ms, next_ms, tries,"
                " merged FROM deliveries WHERE ended_ms = 0 ORDER BY at_ms, id",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        set->deliveries = grow(set->deliveries, set->delivery_count);
        struct delivery *delivery = set->deliveries[set->delivery_count++] = delivery_new();
        read_delivery(row, delivery);
    }
    return -1;
}

static int
load_receipts(struct sql *self, struct working_set *set, struct error *error)
{
    CLEAN(sql_finish) struct sql_rows *row = NULL;
    if (sql_ask(self, "SELECT target, message, delivered_ms, failed_ms, given_up FROM receipts",
                NULL, 0, &row, error))
        return -1;
    int more = 0;
    while (!sql_next(row, &more, error)) {
        if (!more)
            return 0;
        set->receipts = grow(set->receipts, set->receipt_count);
        struct receipt *receipt = set->receipts[set->receipt_count++] = receipt_new();
        record_set(&receipt->target, sql_text(row, 0));
        record_set(&receipt->message, sql_text(row, 1));
        receipt->delivered_ms = sql_number(row, 2);
        receipt->failed_ms = sql_number(row, 3);
        receipt->given_up = sql_number(row, 4);
    }
    return -1;
}

int
sql_load_outages(struct sql *self, struct working_set *set, struct error *error)
{
    return load_outages(self, set, error) || load_members(self, set, error) ||
                   load_deliveries(self, set, error) || load_receipts(self, set, error) ||
                   sql_find_number(self, "SELECT coalesce(max(id), 0) + 1 FROM outages", 1,
                                   &set->next_outage_id, error)
               ? -1
               : 0;
}
