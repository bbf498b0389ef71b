// Protections that wait for long, told as outages of their own kind: sets that are on one Data
// Domain only, which nobody would look for.

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/server_notify.h"

enum { SUBJECT_SIZE = 112 };

static const char what[] = "protection:";

// The end of a long store's name is what sets it apart.
static void
name_subject(const char *prefix, const struct place *place, char subject[SUBJECT_SIZE])
{
    size_t size = strlen(place->store), room = SUBJECT_SIZE - strlen(prefix) - 1;
    snprintf(subject, SUBJECT_SIZE, "%s%s", prefix, place->store + (size > room ? size - room : 0));
}

static void
subject_of(const struct place *place, char subject[SUBJECT_SIZE])
{
    name_subject(what, place, subject);
}

// The oldest protection of a place that is kept from going on, if it began so long ago that the
// next one is due; NULL: none.
static const struct protection *
find_late(struct server *self, const struct place *place)
{
    size_t count = 0;
    CLEAN(memory_free)
    struct protection **all = protections_of(self->protections, place, &count);
    for (size_t index = 0; index < count; index++) {
        if (*all[index]->message &&
            self->unix_ms - all[index]->began_ms >= self->settings->protect.every_ms)
            return all[index];
    }
    return NULL;
}

static void
report(struct server *self, const struct place *place, const struct protection *late)
{
    char subject[SUBJECT_SIZE], name[OUTAGE_NAME_MAX];
    int is_seen = late->state == PROTECTION_SEEN || late->state == PROTECTION_SYNCING;
    CLEAN(memory_free)
    char *message =
        memory_format("sets are not %s yet: %s", is_seen ? "off-site" : "protected", late->message);
    subject_of(place, subject);
    snprintf(name, sizeof name, "sets on %.180s", place->store);
    struct outage_report report = {
        .kind = OUTAGE_PROTECTION,
        .subject = subject,
        .name = name,
        .policy = "",
        .cause = {.message = message,
                  .own = {place->store, place->mtree, late->snapshot},
                  .shared = {place->system}},
    };
    batch_unit(ledger_batch(self->ledger));
    outages_report(self->notifier->outages, &report, self->unix_ms);
}

static void
recover(struct server *self, const char *subject)
{
    batch_unit(ledger_batch(self->ledger));
    outages_recover(self->notifier->outages, OUTAGE_PROTECTION, subject, self->unix_ms);
    // As it was told before it had a kind of its own.
    outages_recover(self->notifier->outages, OUTAGE_FAILURE, subject, self->unix_ms);
}

static int
is_of_place(struct server *self, const char *subject)
{
    for (struct place *place = protections_first(self->protections); place;
         place = protections_next_place(self->protections)) {
        char own[SUBJECT_SIZE], lock[SUBJECT_SIZE];
        subject_of(place, own);
        name_subject("protection:lock:", place, lock);
        if (strcmp(own, subject) == 0 || strcmp(lock, subject) == 0)
            return 1;
    }
    return 0;
}

// What was told of stores that the configuration protects no more, and nobody will look at again.
static void
forget_resting(struct server *self)
{
    CLEAN(zlistx_destroy) zlistx_t *resting = zlistx_new();
    zlistx_set_destructor(resting, (zlistx_destructor_fn *)zstr_free);
    outages_t *outages = self->notifier->outages;
    for (struct outage *each = outages_first(outages); each; each = outages_next(outages)) {
        size_t count = 0;
        if (each->kind != OUTAGE_PROTECTION && each->kind != OUTAGE_FAILURE)
            continue;
        CLEAN(memory_free)
        struct outage_member **members = outages_members(outages, each, &count);
        for (size_t index = 0; index < count; index++) {
            if (strncmp(members[index]->subject, what, sizeof what - 1) == 0 &&
                !is_of_place(self, members[index]->subject))
                zlistx_add_end(resting, memory_copy_text(members[index]->subject));
        }
    }
    for (const char *subject = zlistx_first(resting); subject; subject = zlistx_next(resting))
        recover(self, subject);
}

// A lock that is required and missing, or that was there and is no more.
static void
notify_lock(struct server *self, struct place *place, int is_on)
{
    char why[STORE_DOUBT_SIZE], subject[SUBJECT_SIZE], name[OUTAGE_NAME_MAX];
    int is_missed = place->had_lock || self->settings->protect.lock == LOCK_REQUIRED;
    if (!is_on || !is_missed || !server_lacks_lock(self, place, why))
        *why = '\0';
    if (!*place->lock || (place->lock_told && strcmp(place->lock_told, why) == 0))
        return;
    record_set(&place->lock_told, why);
    name_subject("protection:lock:", place, subject);
    if (!*why) {
        recover(self, subject);
        return;
    }
    snprintf(name, sizeof name, "sets on %.180s", place->store);
    struct outage_report report = {
        .kind = OUTAGE_PROTECTION,
        .subject = subject,
        .name = name,
        .policy = "",
        .cause = {.message = why, .own = {place->store, place->mtree}, .shared = {place->system}}};
    batch_unit(ledger_batch(self->ledger));
    outages_report(self->notifier->outages, &report, self->unix_ms);
}

// What was said before is not said again: neither over and over nor after somebody has closed it.
void
server_notify_protections(struct server *self)
{
    int is_on = self->notifier->targets->rules.count > 0;
    if (!self->notifier->has_settled)
        forget_resting(self);
    self->notifier->has_settled = 1;
    for (struct place *place = protections_first(self->protections); place;
         place = protections_next_place(self->protections)) {
        notify_lock(self, place, is_on);
        const struct protection *late = is_on ? find_late(self, place) : NULL;
        const char *message = late ? late->message : "";
        if (place->told && strcmp(place->told, message) == 0)
            continue;
        record_set(&place->told, message);
        char subject[SUBJECT_SIZE];
        subject_of(place, subject);
        if (late)
            report(self, place, late);
        else
            recover(self, subject);
    }
}
