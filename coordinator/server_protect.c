// Keeping sets safe: snapshots of what holds them, and their way to the other site. What is due,
// protections.h says; the keeper does it. An order that changes something at a Data Domain goes out
// only when what was decided is committed, and with it that we lead still.

#include <assert.h>

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_sets.h"

enum { IDLE_LOOKS = 10, RETRY_STEPS = 64, SNAPSHOT_NAME_SIZE = 64 };

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
    self->let_go = zlistx_new();
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

// The jobs that have not ended are on the board by now.
static int
is_backup_under_way(struct server *self)
{
    for (struct board_job *job = board_first(self->board); job; job = board_next(self->board)) {
        if (job->record->kind == JOB_BACKUP)
            return 1;
    }
    return 0;
}

// How long a snapshot of a set is to be kept, as its policy wants it.
static int64_t
wish_of(const struct server *self, const char *policy_name)
{
    const struct policy *policy = policies_by_name(self->policies, policy_name);
    return policy && policy->snapshot_days ? policy->snapshot_days
                                           : self->settings->protect.retention_days;
}

// What was not to go elsewhere, and is now: the newest of a store, with which all before it go.
static int
is_over(const struct server *self, struct protection *protection)
{
    if (protection->state == PROTECTION_OFFSITE)
        return 1;
    if (protection->state != PROTECTION_KEPT)
        return 0;
    return !self->settings->protect.is_offsite_wanted ||
           protection_apply(protection, PROTECTION_WANTED) != 0;
}

void
server_give_up_protection(struct server *self, struct place *place,
                          struct protection **protection_p, const char *why)
{
    struct protection *protection = *protection_p;
    protections_give_up(self->protections, place, protection, self->now_ms);
    record_set(&protection->message, why);
    batch_unit(ledger_batch(self->ledger));
    server_write_protection(self, protection);
    batch_add(ledger_batch(self->ledger), STATEMENT_SET_UNCOVER, "i", protection->id);
    log_warning("protection %" PRId64 " of '%s' is given up, another one takes its %" PRId64
                " sets: %s",
                protection->id, protection->store, protection->set_count, why);
    protection_destroy(protection_p);
}

static void
load_one(struct server *self, struct protection **protection_p)
{
    struct protection *protection = *protection_p;
    int is_ours = place_of(self, protection->store) != NULL;
    if (is_ours && protection->retention_days == PROTECTION_LET_GO)
        server_load_unprotect(self, protection);
    if (is_over(self, protection))
        return;
    if (is_ours) {
        protections_load(self->protections, protection_p);
        return;
    }
    log_warning("protection %" PRId64 " of '%s' rests: no entry of `datadomains` is of that store "
                "any more",
                protection->id, protection->store);
}

// A snapshot of what the store was before the configuration changed says nothing of what it is now,
// and its replication is another one.
static void
give_up_moved(struct server *self, struct place *place)
{
    size_t count = 0;
    CLEAN(memory_free) struct protection **all = protections_of(self->protections, place, &count);
    for (size_t index = 0; index < count; index++) {
        const struct protection *each = all[index];
        if (strcmp(each->system, place->system) == 0 && strcmp(each->mtree, place->mtree) == 0)
            continue;
        CLEAN(memory_free)
        char *why = memory_format("it was of MTree '%s' on '%s', and by the configuration the "
                                  "store is '%s' on '%s' now",
                                  each->mtree, each->system, place->mtree, place->system);
        server_give_up_protection(self, place, &all[index], why);
    }
}

void
server_load_protections(struct server *self, struct working_set *set)
{
    self->next_protection_id = set->next_protection_id;
    for (size_t index = 0; index < set->protection_count; index++)
        load_one(self, &set->protections[index]);
    for (size_t index = 0; index < set->uncovered_count; index++) {
        const struct uncovered *uncovered = set->uncovered[index];
        struct place *place = place_of(self, uncovered->store);
        if (!place)
            continue;
        protections_set_added(self->protections, place, uncovered->set_count, self->now_ms);
        if (uncovered->set_count > 0)
            protections_wish(self->protections, place, wish_of(self, uncovered->policy));
    }
    if (!is_backup_under_way(self))
        protections_run_ended(self->protections);
}

// ---- what happens

void
server_protect_set(struct server *self, const char *store, const char *policy_name)
{
    struct place *place = place_of(self, store);
    server_used_store(self, store);
    if (!place)
        return;
    protections_set_added(self->protections, place, 1, self->now_ms);
    protections_wish(self->protections, place, wish_of(self, policy_name));
}

void
server_protect_run(struct server *self, const struct run *run)
{
    server_save_after(self, run);
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
        if (turn->protection->retention_days)
            order.retention_days = turn->protection->retention_days;
        order.wanted_s = turn->protection->created_ms / 1000;
        snprintf(order.name, sizeof order.name, "%s", turn->protection->snapshot);
    }
    return order;
}

void
server_send_order(struct server *self, const struct keeper_order *order)
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

void
server_write_protection(struct server *self, const struct protection *protection)
{
    batch_add(ledger_batch(self->ledger), STATEMENT_PROTECTION_STEP, "ttttiiiiiii",
              protection_state_name(protection->state), protection->context,
              protection->destination, protection->message, protection->created_ms,
              protection->expires_ms, protection->seen_ms, protection->syncing_ms,
              protection->offsite_ms, protection->synced_ms, protection->id);
}

// No name comes twice, not even where a catalog was put back as it was earlier: the snapshot of
// that number is another one then, and covers less.
static void
begin(struct server *self, struct protections_turn *turn)
{
    char name[SNAPSHOT_NAME_SIZE];
    struct protection *protection = protection_new();
    protection->id = self->next_protection_id++;
    protection->began_ms = self->unix_ms;
    snprintf(name, sizeof name, "dbhaul-%s-%" PRId64 "-%" PRId64, strchr(self->folder, '/') + 1,
             self->unix_ms / 1000, protection->id);
    record_set(&protection->snapshot, name);
    turn->protection = protections_begin(self->protections, turn->place, &protection, self->now_ms);
    const struct protection *begun = turn->protection;
    batch_t *batch = ledger_batch(self->ledger);
    batch_unit(batch);
    batch_add(batch, STATEMENT_PROTECTION_ADD, "itttttii", begun->id,
              protection_state_name(begun->state), begun->store, begun->system, begun->mtree,
              begun->snapshot, begun->set_count, begun->began_ms);
    if (begun->retention_days)
        batch_add(batch, STATEMENT_PROTECTION_RETENTION, "ii", begun->retention_days, begun->id);
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
        server_write_protection(self, all[index]);
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
        server_send_order(self, &order);
        return;
    case TURN_TAKE:
        batch_unit(ledger_batch(self->ledger));
        server_write_protection(self, turn->protection);
        order = order_of(self, KEEPER_TAKE, turn);
        server_send_order(self, &order);
        return;
    case TURN_SYNC:
        begin_sync(self, turn);
        order = order_of(self, KEEPER_SYNC, turn);
        server_send_order(self, &order);
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
    if (!self->has_judged_protections) {
        for (struct place *place = protections_first(self->protections); place;
             place = protections_next_place(self->protections))
            give_up_moved(self, place);
    }
    self->has_judged_protections = 1;
    server_unprotect_again(self);
    while (protections_next(self->protections, self->now_ms, &turn))
        take_turn(self, &turn);
}
