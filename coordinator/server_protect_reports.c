// What the keeper reports of snapshots and replication, and what that means for the sets.

#include <assert.h>

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "coordinator/server_policies.h"
#include "coordinator/server_sets.h"

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
    if (count >= SERVER_SNAPSHOTS_MANY && place->snapshots < SERVER_SNAPSHOTS_MANY)
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
    if (!report->error.code && report->snapshot.is_expired) {
        server_give_up_protection(self, place, &protection,
                                  "its snapshot had expired before anybody saw it");
        return;
    }
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
    server_write_protection(self, protection);
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
    record_set(&place->lock_terms, replica->lock_terms);
    place->had_lock |= strcmp(replica->lock, "enabled") == 0;
    place->quota_bytes = replica->quota_bytes;
    place->used_bytes = replica->used_bytes;
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
        server_write_protection(self, each);
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
        batch_add(ledger_batch(self->ledger), STATEMENT_SET_OFFSITE_EARLIER, "iti",
                  protection->offsite_ms, protection->store, protection->id);
        batch_add(ledger_batch(self->ledger), STATEMENT_PROTECTION_OFFSITE_EARLIER, "iti",
                  protection->offsite_ms, protection->store, protection->id);
        server_know_anew(self);
        log_info("protection %" PRId64 ": its %" PRId64 " sets are off-site at '%s', %" PRId64
                 " s after it began",
                 protection->id, protection->set_count, protection->destination,
                 (protection->offsite_ms - protection->began_ms) / 1000);
    }
    server_write_protection(self, protection);
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
        if (report->order.step == KEEPER_EXPIRE)
            server_write_unprotected(self, report);
        else if (report->order.step == KEEPER_LOOK)
            take_look(self, place, report);
        else if (report->order.step == KEEPER_SYNC)
            take_sync(self, place, report);
        else
            take_snapshot(self, place, report);
    }
}
