// What operators ask of outages and of who is told.

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/server_notify.h"

struct column {
    const char *name;
    enum table_type type;
};

static table_t *
make_table(const struct column *columns, size_t count)
{
    table_t *table = table_new();
    for (size_t index = 0; index < count; index++)
        table_add_column(table, columns[index].name, columns[index].type);
    return table;
}

static void
set_time(table_t *table, const char *column, int64_t unix_ms)
{
    if (unix_ms)
        table_set_integer(table, column, unix_ms);
}

// Where it goes, without what may be secret in an address.
static char *
describe_place(const struct target *target)
{
    if (strcmp(target->ops->kind, "command") == 0)
        return memory_copy_text(target->place.command[0]);
    if (strcmp(target->ops->kind, "syslog") == 0)
        return memory_copy_text(target->place.path);
    const char *authority = strstr(target->place.url, "://") + 3;
    return memory_format(
        "%.*s", (int)(authority - target->place.url + (ptrdiff_t)strcspn(authority, "/?#")),
        target->place.url);
}

static void
add_target(struct server *self, const struct target *target, table_t *table)
{
    CLEAN(memory_free) char *place = describe_place(target);
    const struct receipt *receipt = zhashx_lookup(self->notifier->receipts, target->name);
    table_add_row(table);
    table_set(table, "target", target->name);
    table_set(table, "kind", target->ops->kind);
    table_set(table, "place", place);
    table_set_integer(table, "waiting",
                      (int64_t)deliveries_waiting(self->notifier->deliveries, target->name));
    table_set_integer(table, "given_up", receipt ? receipt->given_up : 0);
    if (!receipt)
        return;
    set_time(table, "delivered", receipt->delivered_ms);
    set_time(table, "failed", receipt->failed_ms);
    table_set(table, "message", receipt->message);
}

// There are few of both: a page has all of them.
int
server_list_targets(struct server *self, const Wire__Query *query, size_t limit, table_t **table,
                    char **cursor, struct error *error)
{
    static const struct column columns[] = {
        {"target", TABLE_TEXT},      {"kind", TABLE_TEXT},      {"place", TABLE_TEXT},
        {"waiting", TABLE_INTEGER},  {"delivered", TABLE_TIME}, {"failed", TABLE_TIME},
        {"given_up", TABLE_INTEGER}, {"message", TABLE_TEXT},
    };
    (void)query, (void)cursor, (void)error;
    const struct notify_config *rules = &self->notifier->targets->rules;
    *table = make_table(columns, sizeof columns / sizeof *columns);
    for (size_t index = 0; index < rules->count && index < limit; index++)
        add_target(self, &rules->targets[index], *table);
    return 0;
}

static void
add_outage(const struct outage *outage, table_t *table)
{
    table_add_row(table);
    table_set_integer(table, "id", outage->id);
    table_set(table, "kind", outage_kind_name(outage->kind));
    table_set(table, "state", !outage->told_ms ? "gathers" : outage->members ? "lasts" : "is over");
    table_set_integer(table, "affected", (int64_t)outage->members);
    set_time(table, "since", outage->opened_ms);
    set_time(table, "told", outage->told_ms);
    table_set(table, "targets", outage->told_to);
    table_set(table, "cause", outage->cause);
}

// A cursor is the number of the last outage of the page before.
int
server_list_outages(struct server *self, const Wire__Query *query, size_t limit, table_t **table,
                    char **cursor, struct error *error)
{
    static const struct column columns[] = {
        {"id", TABLE_INTEGER},       {"kind", TABLE_TEXT},  {"state", TABLE_TEXT},
        {"affected", TABLE_INTEGER}, {"since", TABLE_TIME}, {"told", TABLE_TIME},
        {"targets", TABLE_TEXT},     {"cause", TABLE_TEXT},
    };
    (void)error;
    int64_t after = strtoll(query->cursor, NULL, 10), last = after;
    outages_t *outages = self->notifier->outages;
    *table = make_table(columns, sizeof columns / sizeof *columns);
    for (struct outage *each = outages_first(outages); each; each = outages_next(outages)) {
        if (each->id <= after)
            continue;
        if (table_rows(*table) == limit) {
            *cursor = memory_format("%" PRId64, last);
            break;
        }
        last = each->id;
        add_outage(each, *table);
    }
    return 0;
}

void
server_count_notices(struct server *self, int64_t *outages, int64_t *waiting, int64_t *given_up)
{
    struct notifier *notifier = self->notifier;
    const struct notify_config *rules = &notifier->targets->rules;
    *outages = *waiting = *given_up = 0;
    for (struct outage *each = outages_first(notifier->outages); each;
         each = outages_next(notifier->outages))
        ++*outages;
    for (size_t index = 0; index < rules->count; index++) {
        const char *name = rules->targets[index].name;
        const struct receipt *receipt = zhashx_lookup(notifier->receipts, name);
        *waiting += (int64_t)deliveries_waiting(notifier->deliveries, name);
        *given_up += receipt ? receipt->given_up : 0;
    }
}
