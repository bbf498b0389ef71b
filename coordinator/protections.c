#include "coordinator/protections.h"

#include <czmq.h>
#include <string.h>

#include "common/memory.h"

struct protections {
    struct protections_rules rules;
    zlistx_t *places;       // of struct place
    zlistx_t *protections;  // of struct protection that have not ended, by number
};

static void
place_destroy(void **self_p)
{
    struct place *self = *self_p;
    memory_free(&self->store);
    memory_free(&self->system);
    memory_free(&self->mtree);
    memory_free(&self->context);
    memory_free(&self->destination);
    memory_free(&self->lock);
    memory_free(&self->lock_terms);
    memory_free(&self->lock_told);
    memory_free(&self->sync_trouble);
    memory_free(&self->trouble);
    memory_free(&self->told);
    memory_free(self_p);
}

static void
destroy_protection(void **self_p)
{
    struct protection *protection = *self_p;
    protection_destroy(&protection);
    *self_p = NULL;
}

protections_t *
protections_new(const struct protections_rules *rules)
{
    protections_t *self = memory_get(sizeof *self);
    self->rules = *rules;
    self->places = zlistx_new();
    zlistx_set_destructor(self->places, place_destroy);
    self->protections = zlistx_new();
    zlistx_set_destructor(self->protections, destroy_protection);
    return self;
}

void
protections_destroy(protections_t **self_p)
{
    protections_t *self = *self_p;
    if (!self)
        return;
    zlistx_destroy(&self->places);
    zlistx_destroy(&self->protections);
    memory_free(self_p);
}

// ---- what is there

struct place *
protections_find(protections_t *self, const char *store)
{
    struct place *place = zlistx_first(self->places);
    while (place && strcmp(place->store, store) != 0)
        place = zlistx_next(self->places);
    return place;
}

struct place *
protections_place(protections_t *self, const char *store, const char *system, const char *mtree)
{
    struct place *place = protections_find(self, store);
    if (place)
        return place;
    place = memory_get(sizeof *place);
    record_set(&place->store, store);
    record_set(&place->system, system);
    record_set(&place->mtree, mtree);
    record_set(&place->context, "");
    record_set(&place->destination, "");
    record_set(&place->lock, "");
    record_set(&place->lock_terms, "");
    record_set(&place->sync_trouble, "");
    record_set(&place->trouble, "");
    zlistx_add_end(self->places, place);
    return place;
}

struct place *
protections_first(protections_t *self)
{
    return zlistx_first(self->places);
}

struct place *
protections_next_place(protections_t *self)
{
    return zlistx_next(self->places);
}

void
protections_load(protections_t *self, struct protection **protection_p)
{
    zlistx_add_end(self->protections, *protection_p);
    *protection_p = NULL;
}

struct protection **
protections_of(protections_t *self, const struct place *place, size_t *count)
{
    struct protection **found =
        memory_get((zlistx_size(self->protections) + 1) * sizeof(struct protection *));
    *count = 0;
    for (struct protection *each = zlistx_first(self->protections); each;
         each = zlistx_next(self->protections)) {
        if (strcmp(each->store, place->store) == 0)
            found[(*count)++] = each;
    }
    return found;
}

// ---- what happens

void
protections_set_added(protections_t *self, struct place *place, int64_t count, int64_t now_ms)
{
    (void)self;
    if (place->uncovered == 0)
        place->uncovered_ms = now_ms;
    place->uncovered += count;
}

void
protections_wish(protections_t *self, struct place *place, int64_t retention_days)
{
    (void)self;
    if (retention_days > place->retention_days)
        place->retention_days = retention_days;
}

void
protections_run_ended(protections_t *self)
{
    for (struct place *place = zlistx_first(self->places); place; place = zlistx_next(self->places))
        place->is_due |= place->uncovered > 0;
}

void
protections_ask(protections_t *self, struct place *place)
{
    (void)self;
    place->is_asked = 1;
    place->next_ms = place->next_look_ms = place->next_sync_ms = 0;
}

// The oldest protection of a place whose snapshot was not seen.
static struct protection *
find_unseen(protections_t *self, const struct place *place)
{
    for (struct protection *each = zlistx_first(self->protections); each;
         each = zlistx_next(self->protections)) {
        if (strcmp(each->store, place->store) == 0 &&
            (each->state == PROTECTION_PENDING || each->state == PROTECTION_CREATED))
            return each;
    }
    return NULL;
}

// The newest one that was seen and is not off-site.
static struct protection *
find_waiting(protections_t *self, const struct place *place)
{
    struct protection *found = NULL;
    for (struct protection *each = zlistx_first(self->protections); each;
         each = zlistx_next(self->protections)) {
        if (strcmp(each->store, place->store) == 0 &&
            (each->state == PROTECTION_SEEN || each->state == PROTECTION_SYNCING))
            found = each;
    }
    return found;
}

static int
must_begin(const protections_t *self, const struct place *place, int64_t now_ms)
{
    if (place->is_asked)
        return 1;
    int is_due = place->is_due ||
                 (place->uncovered > 0 && now_ms - place->uncovered_ms >= self->rules.every_ms);
    return is_due && (!place->began_ms || now_ms - place->began_ms >= self->rules.spacing_ms);
}

// A place that is not busy. Returns 1 if there is something to do.
static int
next_of(protections_t *self, struct place *place, int64_t now_ms, struct protections_turn *turn)
{
    struct protection *unseen = find_unseen(self, place);
    struct protection *waiting = find_waiting(self, place);
    *turn = (struct protections_turn){.place = place, .protection = unseen};
    if (unseen && now_ms >= place->next_ms) {
        turn->what = unseen->state == PROTECTION_PENDING ? TURN_TAKE : TURN_CONFIRM;
        return 1;
    }
    if (!unseen && must_begin(self, place, now_ms)) {
        turn->what = TURN_BEGIN;
        return 1;
    }
    turn->protection = waiting;
    if (now_ms >= place->next_look_ms) {
        turn->what = TURN_LOOK;
        return 1;
    }
    if (!waiting || !self->rules.is_offsite_wanted || place->is_syncing || !place->has_looked ||
        place->destinations == 0 || now_ms < place->next_sync_ms)
        return 0;
    turn->what = TURN_SYNC;
    return 1;
}

// What the sync that begins now will bring there.
static void
note_sending(protections_t *self, const struct place *place)
{
    for (struct protection *each = zlistx_first(self->protections); each;
         each = zlistx_next(self->protections)) {
        if (strcmp(each->store, place->store) == 0)
            each->is_sending = each->state == PROTECTION_SEEN || each->state == PROTECTION_SYNCING;
    }
}

// Beginning takes no time: the snapshot that follows does.
int
protections_next(protections_t *self, int64_t now_ms, struct protections_turn *turn)
{
    for (struct place *place = zlistx_first(self->places); place;
         place = zlistx_next(self->places)) {
        if (place->is_busy || !next_of(self, place, now_ms, turn))
            continue;
        if (turn->what == TURN_SYNC) {
            place->is_syncing = 1;
            note_sending(self, place);
        } else {
            place->is_busy = 1;
        }
        return 1;
    }
    return 0;
}

struct protection *
protections_begin(protections_t *self, struct place *place, struct protection **protection_p,
                  int64_t now_ms)
{
    struct protection *protection = *protection_p;
    *protection_p = NULL;
    record_set(&protection->store, place->store);
    record_set(&protection->system, place->system);
    record_set(&protection->mtree, place->mtree);
    protection->state = PROTECTION_PENDING;
    protection->set_count = place->uncovered;
    protection->retention_days = place->retention_days;
    place->uncovered = place->retention_days = 0;
    place->is_due = place->is_asked = 0;
    place->began_ms = now_ms;
    place->is_busy = 1;
    zlistx_add_end(self->protections, protection);
    return protection;
}

static int64_t
longer(const protections_t *self, int64_t *retry_ms)
{
    int64_t wait_ms = *retry_ms ? *retry_ms : self->rules.retry_ms;
    *retry_ms = wait_ms * 2 < self->rules.retry_max_ms ? wait_ms * 2 : self->rules.retry_max_ms;
    return wait_ms;
}

void
protections_done(protections_t *self, struct place *place, struct protection *protection,
                 const enum protection_event *event, int64_t now_ms)
{
    place->is_busy = 0;
    int is_known = event && protection_apply(protection, *event) == 0;
    if (is_known && *event == PROTECTION_FOUND) {
        place->retry_ms = 0;
        place->next_ms = now_ms;
        place->next_look_ms = now_ms;
        return;
    }
    place->next_ms = now_ms + longer(self, &place->retry_ms);
}

void
protections_give_up(protections_t *self, struct place *place, struct protection *protection,
                    int64_t now_ms)
{
    protection_apply(protection, PROTECTION_LOST);
    zlistx_detach(self->protections, zlistx_find(self->protections, protection));
    protections_set_added(self, place, protection->set_count, now_ms);
    place->is_busy = 0;
    place->is_due = 1;
}

// ---- replication

// Both times are of the Data Domain's clock, in whole seconds. A copy as of the second in which the
// snapshot was made may be older than the snapshot: then a sync of ours must have ended, too.
static int
is_there(const struct protections *self, const struct place *place,
         const struct protection *protection)
{
    int64_t created_s = protection->created_ms / 1000;
    if (protection->state != PROTECTION_SEEN && protection->state != PROTECTION_SYNCING)
        return 0;
    if (!self->rules.is_offsite_wanted || place->synced_s > created_s)
        return 1;
    return place->synced_s > 0 && place->synced_s == created_s && protection->is_sent;
}

static struct protection **
take_those_there(protections_t *self, struct place *place, size_t *count)
{
    struct protection **all = protections_of(self, place, count);
    size_t kept = 0;
    for (size_t index = 0; index < *count; index++) {
        struct protection *each = all[index];
        if (!is_there(self, place, each))
            continue;
        protection_apply(each,
                         self->rules.is_offsite_wanted ? PROTECTION_SYNCED : PROTECTION_ENOUGH);
        zlistx_detach(self->protections, zlistx_find(self->protections, each));
        all[kept++] = each;
    }
    *count = kept;
    return all;
}

struct protection **
protections_looked(protections_t *self, struct place *place, int is_well, int64_t now_ms,
                   size_t *count)
{
    place->is_busy = 0;
    place->has_looked = is_well;
    // What wants no copy elsewhere does not wait for a look that fails.
    struct protection **there = NULL;
    *count = 0;
    if (is_well || !self->rules.is_offsite_wanted)
        there = take_those_there(self, place, count);
    int is_behind = find_waiting(self, place) != NULL;
    place->next_look_ms = now_ms + (is_behind ? self->rules.look_ms : self->rules.idle_ms);
    return there;
}

static void
end_sending(protections_t *self, const struct place *place, int is_well)
{
    for (struct protection *each = zlistx_first(self->protections); each;
         each = zlistx_next(self->protections)) {
        if (strcmp(each->store, place->store) != 0)
            continue;
        each->is_sent |= is_well && each->is_sending;
        each->is_sending = 0;
    }
}

void
protections_synced(protections_t *self, struct place *place, int is_well, int64_t now_ms)
{
    place->is_syncing = 0;
    place->has_looked = 0;
    end_sending(self, place, is_well);
    place->next_look_ms = now_ms;
    if (is_well) {
        place->sync_retry_ms = 0;
        place->next_sync_ms = now_ms + self->rules.look_ms;
        return;
    }
    place->next_sync_ms = now_ms + longer(self, &place->sync_retry_ms);
}
