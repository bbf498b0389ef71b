// Keeping sets safe: snapshots of what holds them, and their way to the other site. What is due,
// protections.h says; the keeper does it. An order that changes something at a Data Domain goes out
// only when what was decided is committed, and with it that we lead still.

#include <assert.h>

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_state.h"

enum { IDLE_LOOKS = 10, RETRY_STEPS = 64, SNAPSHOTS_MANY = 675, SNAPSHOT_NAME_SIZE = 64 };

// ---- at the start

void
server_open_protect(struct server *self)
{
    const struct protect_settings *wish = &self->settings->protect;
    struct protections_rules rules = {
        .every_ms = wish->every_ms,
        .spacing_ms = wish->spacing_ms,
        .look_ms = wish->look_ms,
        .idle_ms = wish->look_ms * IDLE_LOOKS,
        .retry_ms = wish->retry_ms,
        .retry_max_ms = wish->retry_ms * RETRY_STEPS,
        .is_offsite_wanted = wish->is_offsite_wanted,
    };
    self->protections = protections_new(&rules);
    self->keeper = keeper_new(self->settings->root);
}

// The place of a store; NULL if nothing protects it.
static struct place *
place_of(struct server *self, const char *store)
{
    const char *system = NULL;
    char mtree[STORE_PATH_SIZE];
    if (strlen(store) >= KEEPER_STORE_SIZE || !keeper_covers(self->keeper, store, &system, mtree))
        return NULL;
    return protections_place(self->protections, store, system, mtree);
}

static int
is_backup_under_way(const struct working_set *set)
{
    for (size_t index = 0; index < set->run_count; index++) {
        if (set->runs[index]->kind == JOB_BACKUP)
            return 1;
    }
    return 0;
}

void
server_load_protections(struct server *self, struct working_set *set)
{
    self->next_protection_id = set->next_protection_id;
    for (size_t index = 0; index < set->protection_count; index++) {
        if (place_of(self, set->protections[index]->store)) {
            protections_load(self->protections, &set->protections[index]);
            continue;
        }
        log_warning("protection %" PRId64 " of '%s' rests: no entry of `datadomains` is of that "
                    "store any more",
                    set->protections[index]->id, set->protections[index]->store);
    }
    for (size_t index = 0; index < set->uncovered_count; index++) {
        struct place *place = place_of(self, set->uncovered[index]->store);
        if (place)
            protections_set_added(self->protections, place, set->uncovered[index]->set_count,
                                  self->now_ms);
    }
    if (!is_backup_under_way(set))
        protections_run_ended(self->protections);
}

// ---- what happens

void
server_protect_set(struct server *self, const char *store)
{
    struct place *place = place_of(self, store);
    if (place)
        protections_set_added(self->protections, place, 1, self->now_ms);
}

void
server_protect_run(struct server *self, const struct run *run)
{
    if (run->kind == JOB_BACKUP)
        protections_run_ended(self->protections);
}

// ---- orders

static struct keeper_order
order_of(const struct server *self, enum keeper_step step, const struct protections_turn *turn)
{
    struct keeper_order order = {.step = step,
                                 .retention_days = self->settings->protect.retention_days,
                                 .is_secured = self->settings->protect.is_secured,
                                 .limit_ms = self->settings->protect.sync_limit_ms};
    snprintf(order.store, sizeof order.store, "%s", turn->place->store);
    if (turn->protection) {
        order.id = turn->protection->id;
        order.wanted_s = turn->protection->created_ms / 1000;
        snprintf(order.name, sizeof order.name, "%s", turn->protection->snapshot);
    }
    return order;
}

// Once all changes so far are durable.
static void
send_after(struct server *self, const struct keeper_order *order)
{
    struct sock_peer nobody = {0};
    CLEAN(memory_free) uint8_t *data = memory_get(sizeof *order);
    memcpy(data, order, sizeof *order);
    ledger_after(self->ledger, ORDERS, &nobody, &data, sizeof *order);
}

void
server_deliver_order(struct server *self, const struct outgoing *message)
{
    struct keeper_order order;
    assert(message->size == sizeof order);
    memcpy(&order, message->data, sizeof order);
    keeper_start(self->keeper, &order);
}

// In an open unit.
static void
write_step(struct server *self, const struct protection *protection)
{
    batch_add(ledger_batch(self->ledger), STATEMENT_PROTECTION_STEP, "ttttiiiiiii",
              protection_state_name(protection->state), protection->context,
              protection->destination, protection->message, protection->created_ms,
              protection->expires_ms, protection->seen_ms, protection->syncing_ms,
              protection->offsite_ms, protection->synced_ms, protection->id);
}

static void
begin(struct server *self, struct protections_turn *turn)
{
    char name[SNAPSHOT_NAME_SIZE];
    struct protection *protection = protection_new();
    protection->id = self->next_protection_id++;
    protection->began_ms = self->unix_ms;
    snprintf(name, sizeof name, "dbhaul-%s-%" PRId64, strchr(self->folder, '/') + 1,
             protection->id);
    record_set(&protection->snapshot, name);
    turn->protection = protections_begin(self->protections, turn->place, &protection, self->now_ms);
    const struct protection *begun = turn->protection;
    batch_t *batch = ledger_batch(self->ledger);
    batch_unit(batch);
    batch_add(batch, STATEMENT_PROTECTION_ADD, "itttttii", begun->id,
              protection_state_name(begun->state), begun->store, begun->system, begun->mtree,
              begun->snapshot, begun->set_count, begun->began_ms);
    batch_add(batch, STATEMENT_SET_COVER, "it", begun->id, begun->store);
    log_info("protection %" PRId64 " begins: snapshot '%s' of MTree '%s' on '%s' covers %" PRId64
             " sets",
             begun->id, begun->snapshot, begun->mtree, begun->system, begun->set_count);
}

// All that wait for the destination wait for this sync.
static void
begin_sync(struct server *self, const struct protections_turn *turn)
{
    size_t count = 0;
    CLEAN(memory_free)
    struct protection **all = protections_of(self->protections, turn->place, &count);
    batch_unit(ledger_batch(self->ledger));
    for (size_t index = 0; index < count; index++) {
        if (protection_apply(all[index], PROTECTION_SYNC))
            continue;
        if (!all[index]->syncing_ms)
            all[index]->syncing_ms = self->unix_ms;
        record_set(&all[index]->context, turn->place->context);
        record_set(&all[index]->destination, turn->place->destination);
        write_step(self, all[index]);
    }
}

static void
take_turn(struct server *self, struct protections_turn *turn)
{
    struct keeper_order order;
    switch (turn->what) {
    case TURN_BEGIN:
        begin(self, turn);
        order = order_of(self, KEEPER_TAKE, turn);
        send_after(self, &order);
        return;
    case TURN_TAKE:
        batch_unit(ledger_batch(self->ledger));
        write_step(self, turn->protection);
        order = order_of(self, KEEPER_TAKE, turn);
        send_after(self, &order);
        return;
    case TURN_SYNC:
        begin_sync(self, turn);
        order = order_of(self, KEEPER_SYNC, turn);
        send_after(self, &order);
        return;
    case TURN_CONFIRM:
        order = order_of(self, KEEPER_CONFIRM, turn);
        break;
    case TURN_LOOK:
    default:
        order = order_of(self, KEEPER_LOOK, turn);
    }
    keeper_start(self->keeper, &order);
}

void
server_check_protections(struct server *self)
{
    struct protections_turn turn;
    while (protections_next(self->protections, self->now_ms, &turn))
        take_turn(self, &turn);
}

// ---- reports of snapshots

static struct protection *
protection_of(struct server *self, const struct place *place, int64_t id)
{
    size_t count = 0;
    CLEAN(memory_free)
    struct protection **all = protections_of(self->protections, place, &count);
    for (size_t index = 0; index < count; index++) {
        if (all[index]->id == id)
            return all[index];
    }
    return NULL;
}

// Keeps why it does not go on; what was said before is not said again.
static void
note(const struct protection *protection, char **text_p, const char *message)
{
    if (strcmp(*text_p, message) == 0)
        return;
    record_set(text_p, message);
    if (*message)
        log_warning("protection %" PRId64 " of '%s' waits: %s", protection->id, protection->store,
                    message);
}

static void
warn_of_many(struct place *place, size_t count)
{
    if (count == 0)
        return;
    if (count >= SNAPSHOTS_MANY && place->snapshots < SNAPSHOTS_MANY)
        log_warning("MTree '%s' on '%s' has %zu of 750 snapshots: expire some before there is no "
                    "room for the next one",
                    place->mtree, place->system, count);
    place->snapshots = (int64_t)count;
}

static void
see(struct server *self, struct protection *protection, const struct protector_snapshot *snapshot)
{
    protection->created_ms = snapshot->created_s * 1000;
    protection->expires_ms = snapshot->expires_s * 1000;
    protection->seen_ms = self->unix_ms;
    record_set(&protection->message, "");
    log_info("protection %" PRId64 ": snapshot '%s' is seen%s; %" PRId64 " sets are protected",
             protection->id, protection->snapshot,
             snapshot->was_there ? ", it was there before" : "", protection->set_count);
}

static void
take_snapshot(struct server *self, struct place *place, const struct keeper_report *report)
{
    struct protection *protection = protection_of(self, place, report->order.id);
    assert(protection);
    enum protection_event event = PROTECTION_MADE;
    int is_known = 1;
    warn_of_many(place, report->snapshot.count);
    if (report->error.code == ERROR_NOT_FOUND && report->order.step == KEEPER_CONFIRM)
        event = PROTECTION_GONE;
    else if (report->error.code)
        is_known = 0;
    else if (report->snapshot.created_s > 0)
        event = PROTECTION_FOUND;
    if (report->error.code)
        note(protection, &protection->message, report->error.message);
    else if (event == PROTECTION_FOUND)
        see(self, protection, &report->snapshot);
    else
        note(protection, &protection->message,
             "its snapshot was made over ssh, and REST did not show it yet");
    protections_done(self->protections, place, protection, is_known ? &event : NULL, self->now_ms);
    batch_unit(ledger_batch(self->ledger));
    write_step(self, protection);
}

// ---- reports of replication

static void
add_text(char **text_p, const char *text)
{
    CLEAN(memory_free) char *old = STEAL(*text_p);
    *text_p = memory_format("%s%s%s", old, *old ? ", " : "", text);
}

static void
add_destination(struct place *place, const struct protector_destination *destination)
{
    CLEAN(memory_free) char *text = memory_format("%s:%s", destination->host, destination->path);
    add_text(&place->context, destination->context);
    add_text(&place->destination, text);
}

static void
keep_replica(struct server *self, struct place *place, const struct protector_replica *replica)
{
    place->synced_s = replica->synced_s;
    place->destinations = replica->count;
    record_set(&place->lock, replica->lock);
    record_set(&place->context, "");
    record_set(&place->destination, "");
    for (size_t index = 0; index < replica->count; index++)
        add_destination(place, &replica->destinations[index]);
    if (replica->count > 0 || !self->settings->protect.is_offsite_wanted) {
        record_set(&place->trouble, *replica->trouble ? replica->trouble : place->sync_trouble);
        return;
    }
    CLEAN(memory_free)
    char *text = memory_format("MTree '%s' has no replication context: add one on the Data Domain, "
                               "or say `off_site: false`",
                               place->mtree);
    record_set(&place->trouble, text);
}

// Those that wait are told why.
static void
tell_waiting(struct server *self, const struct place *place)
{
    size_t count = 0;
    CLEAN(memory_free)
    struct protection **all = protections_of(self->protections, place, &count);
    for (size_t index = 0; index < count; index++) {
        struct protection *each = all[index];
        if ((each->state != PROTECTION_SEEN && each->state != PROTECTION_SYNCING) ||
            strcmp(each->message, place->trouble) == 0)
            continue;
        note(each, &each->message, place->trouble);
        batch_unit(ledger_batch(self->ledger));
        write_step(self, each);
    }
}

static void
write_end(struct server *self, const struct place *place, struct protection *protection)
{
    int is_offsite = protection->state == PROTECTION_OFFSITE;
    batch_unit(ledger_batch(self->ledger));
    record_set(&protection->message, "");
    if (is_offsite) {
        protection->offsite_ms = self->unix_ms;
        protection->synced_ms = place->synced_s * 1000;
        record_set(&protection->context, place->context);
        record_set(&protection->destination, place->destination);
        batch_add(ledger_batch(self->ledger), STATEMENT_SET_OFFSITE, "ii", protection->offsite_ms,
                  protection->id);
        log_info("protection %" PRId64 ": its %" PRId64 " sets are off-site at '%s', %" PRId64
                 " s after it began",
                 protection->id, protection->set_count, protection->destination,
                 (protection->offsite_ms - protection->began_ms) / 1000);
    }
    write_step(self, protection);
}

static void
take_look(struct server *self, struct place *place, const struct keeper_report *report)
{
    if (report->error.code)
        record_set(&place->trouble, report->error.message);
    else
        keep_replica(self, place, &report->replica);
    size_t count = 0;
    CLEAN(memory_free)
    struct protection **ended =
        protections_looked(self->protections, place, !report->error.code, self->now_ms, &count);
    for (size_t index = 0; index < count; index++) {
        write_end(self, place, ended[index]);
        protection_destroy(&ended[index]);
    }
    tell_waiting(self, place);
}

static void
take_sync(struct server *self, struct place *place, const struct keeper_report *report)
{
    record_set(&place->sync_trouble, report->error.code ? report->error.message : "");
    protections_synced(self->protections, place, !report->error.code, self->now_ms);
}

void
server_take_reports(struct server *self)
{
    for (struct keeper_report *next = keeper_take(self->keeper); next;
         next = keeper_take(self->keeper)) {
        CLEAN(keeper_report_destroy) struct keeper_report *report = next;
        struct place *place = protections_find(self->protections, report->order.store);
        assert(place);
        if (report->order.step == KEEPER_LOOK)
            take_look(self, place, report);
        else if (report->order.step == KEEPER_SYNC)
            take_sync(self, place, report);
        else
            take_snapshot(self, place, report);
    }
}

// ---- what operators ask

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
    table_set(table, "message", count > 0 && *all[0]->message ? all[0]->message : place->trouble);
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
        {"snapshots", TABLE_INTEGER}, {"lock", TABLE_TEXT},           {"message", TABLE_TEXT}};
    *table = table_new();
    for (size_t index = 0; index < sizeof columns / sizeof *columns; index++)
        table_add_column(*table, columns[index].name, columns[index].type);
    for (struct place *place = protections_first(self->protections);
         place && table_rows(*table) < limit; place = protections_next_place(self->protections))
        add_place_row(self, place, *table);
    return 0;
}
