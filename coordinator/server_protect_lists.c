// What operators ask of protections: one now, and how far replication is.

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_sets.h"

// Of all stores, or of one.
void
server_hear_protect(struct server *self, const struct question *question)
{
    struct error error = {0};
    const char *store = question->ask->ask->protect->store;
    int64_t asked = 0;
    for (struct place *place = protections_first(self->protections); place;
         place = protections_next_place(self->protections)) {
        if (*store && strcmp(store, place->store) != 0)
            continue;
        protections_ask(self->protections, place);
        asked++;
    }
    if (asked == 0) {
        error_set(
            &error, ERROR_NOT_FOUND,
            "nothing protects '%.200s', or no set was written there yet: `dbhaul replication` "
            "lists what is protected",
            *store ? store : "any store");
        server_answer(self, question, &error, 0);
        return;
    }
    log_info("a snapshot of %" PRId64 " MTrees is wanted, by %s", asked, question->peer.principal);
    server_answer(self, question, NULL, 0);
}

static void
add_place_row(struct server *self, const struct place *place, table_t *table)
{
    size_t count = 0;
    CLEAN(memory_free) struct protection **all = protections_of(self->protections, place, &count);
    table_add_row(table);
    table_set(table, "store", place->store);
    table_set(table, "protector", place->system);
    table_set(table, "mtree", place->mtree);
    table_set(table, "destination", place->destination);
    table_set(table, "context", place->context);
    if (place->synced_s > 0) {
        int64_t lag_s = self->unix_ms / 1000 - place->synced_s;
        table_set_integer(table, "synced", place->synced_s * 1000);
        table_set_integer(table, "lag_s", lag_s > 0 ? lag_s : 0);
    }
    table_set_integer(table, "unprotected", place->uncovered);
    table_set_integer(table, "under_way", (int64_t)count);
    if (place->snapshots)
        table_set_integer(table, "snapshots", place->snapshots);
    table_set(table, "lock", place->lock);
    table_set(table, "lock_terms", place->lock_terms);
    if (place->quota_bytes) {
        table_set_integer(table, "quota", place->quota_bytes);
        table_set_integer(table, "used", place->used_bytes);
    }
    const char *message = count > 0 && *all[0]->message ? all[0]->message : place->trouble;
    if (!*message && place->snapshots >= SERVER_SNAPSHOTS_MANY)
        message = "it has almost 750 snapshots, and no more fit: expire some";
    table_set(table, "message", message);
}

int
server_list_replication(struct server *self, const Wire__Query *query, size_t limit,
                        table_t **table, char **cursor, struct error *error)
{
    (void)query, (void)cursor, (void)error;
    static const struct {
        const char *name;
        enum table_type type;
    } columns[] = {
        {"store", TABLE_TEXT},        {"protector", TABLE_TEXT},      {"mtree", TABLE_TEXT},
        {"context", TABLE_TEXT},      {"destination", TABLE_TEXT},    {"synced", TABLE_TIME},
        {"lag_s", TABLE_INTEGER},     {"unprotected", TABLE_INTEGER}, {"under_way", TABLE_INTEGER},
        {"snapshots", TABLE_INTEGER}, {"lock", TABLE_TEXT},           {"message", TABLE_TEXT},
        {"lock_terms", TABLE_TEXT},   {"quota", TABLE_BYTES},         {"used", TABLE_BYTES}};
    *table = table_new();
    for (size_t index = 0; index < sizeof columns / sizeof *columns; index++)
        table_add_column(*table, columns[index].name, columns[index].type);
    for (struct place *place = protections_first(self->protections);
         place && table_rows(*table) < limit; place = protections_next_place(self->protections))
        add_place_row(self, place, *table);
    return 0;
}
