// Protections that wait for long, told as failures: sets that are on one Data Domain only, which
// nobody would look for.

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/server_notify.h"

enum { SUBJECT_SIZE = 112 };

// The end of a long store's name is what sets it apart.
static void
subject_of(const struct place *place, char subject[SUBJECT_SIZE])
{
    static const char what[] = "protection:";
    size_t size = strlen(place->store), room = SUBJECT_SIZE - sizeof what;
    snprintf(subject, SUBJECT_SIZE, "%s%s", what, place->store + (size > room ? size - room : 0));
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
        .kind = OUTAGE_FAILURE,
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
recover(struct server *self, const struct place *place)
{
    char subject[SUBJECT_SIZE];
    subject_of(place, subject);
    batch_unit(ledger_batch(self->ledger));
    outages_recover(self->notifier->outages, OUTAGE_FAILURE, subject, self->unix_ms);
}

// What was said before is not said again: neither over and over nor after somebody has closed it.
void
server_notify_protections(struct server *self)
{
    int is_on = self->notifier->targets->rules.count > 0;
    for (struct place *place = protections_first(self->protections); place;
         place = protections_next_place(self->protections)) {
        const struct protection *late = is_on ? find_late(self, place) : NULL;
        const char *message = late ? late->message : "";
        if (place->told && strcmp(place->told, message) == 0)
            continue;
        record_set(&place->told, message);
        if (late)
            report(self, place, late);
        else
            recover(self, place);
    }
}
