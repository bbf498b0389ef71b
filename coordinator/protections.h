// The protections: which stores have sets that nothing covers yet, which protections are under way,
// and what is to be done next. No I/O and no clock.
//
// A protection of a store is due when a run ends, when `every_ms` has passed since the first set
// that none covers, or when somebody asks; but no sooner than `spacing_ms` after the last one. It
// covers every set that is in the catalog by then. For each store one thing is done at a time, but
// a sync goes on beside it: there is one sync for all protections that wait for it.
//
//     struct protections_turn turn;
//     while (protections_next(protections, now_ms, &turn))
//         ... do what turn.what says; of all but TURN_BEGIN the outcome is told with one of
//         protections_done, protections_looked, protections_synced
//
// A sync proves that what was there when it began is at the destination when it has ended; so do
// times of the system's clock, but in the same second only together with that.
//
// Times are monotonic milliseconds but for those of records.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "coordinator/protection.h"

struct protections_rules {
    int64_t every_ms, spacing_ms;
    int64_t look_ms;                 // between two looks at a replication that is behind
    int64_t idle_ms;                 // of any other
    int64_t retry_ms, retry_max_ms;  // after a failure; doubled up to the second
    int is_offsite_wanted;
};

// A store that is protected, and what was last seen of its replication.
struct place {
    char *store, *system, *mtree;
    int64_t uncovered;        // sets
    int64_t uncovered_ms;     // since when; 0 = not yet
    int64_t retention_days;   // the longest that is wished for them; 0 = nobody wished anything
    int is_due, is_asked;     // a run has ended; somebody asked
    int64_t began_ms;         // the last protection; 0 = none since the start
    int is_busy, is_syncing;  // something is being done
    int64_t next_ms;          // no step that may fail again before
    int64_t retry_ms;
    int64_t next_look_ms, next_sync_ms, sync_retry_ms;
    int has_looked;
    int64_t synced_s;     // by the system's clock; 0 = not known
    size_t destinations;  // how many there are
    char *context, *destination;
    char *lock, *lock_terms;          // "" = not known
    int had_lock;                     // since the start
    char *lock_told;                  // as `told`, of its lock
    int64_t quota_bytes, used_bytes;  // of the MTree, before compression; 0 = none, not known
    char *sync_trouble;               // of the last sync; "" = it went well
    char *trouble;                    // what keeps it from going on; "" = nothing
    char *told;         // of what keeps a protection, as an outage; NULL = not looked at yet
    int64_t snapshots;  // of the MTree; 0 = not known
};

enum turn_what {
    TURN_BEGIN,    // make a record of a new protection, and protections_begin
    TURN_TAKE,     // make turn.protection's snapshot
    TURN_CONFIRM,  // look for it
    TURN_LOOK,     // how far is the replication of turn.place
    TURN_SYNC,     // make it catch up; turn.protection is the newest that waits for it
};

struct protections_turn {
    enum turn_what what;
    struct place *place;
    struct protection *protection;
};

typedef struct protections protections_t;

protections_t *protections_new(const struct protections_rules *rules);
void protections_destroy(protections_t **self_p);

// ---- what is there

// The place of a store; makes it if need be.
struct place *protections_place(protections_t *self, const char *store, const char *system,
                                const char *mtree);
struct place *protections_find(protections_t *self, const char *store);  // NULL: none
struct place *protections_first(protections_t *self);
struct place *protections_next_place(protections_t *self);

// Takes a record that has not ended over, of a place that is there.
void protections_load(protections_t *self, struct protection **protection_p);

// The protections of a place that have not ended, the oldest first. The list is the caller's to
// free (memory_free).
struct protection **protections_of(protections_t *self, const struct place *place, size_t *count);

// ---- what happens

void protections_set_added(protections_t *self, struct place *place, int64_t count, int64_t now_ms);

// The next snapshot of the place is to be kept for so long; the longest wish counts.
void protections_wish(protections_t *self, struct place *place, int64_t retention_days);
void protections_run_ended(protections_t *self);
void protections_ask(protections_t *self, struct place *place);

// What is to be done now; the place is busy with it until its outcome is told. Returns 0 if there
// is nothing.
int protections_next(protections_t *self, int64_t now_ms, struct protections_turn *turn);

// A new protection covers all sets of the place so far. Takes the record over and returns it; its
// snapshot is to be made at once.
struct protection *protections_begin(protections_t *self, struct place *place,
                                     struct protection **protection_p, int64_t now_ms);

// The outcome of TURN_TAKE and TURN_CONFIRM: what happened, or NULL for a failure of which nothing
// follows but another try.
void protections_done(protections_t *self, struct place *place, struct protection *protection,
                      const enum protection_event *event, int64_t now_ms);

// Takes one off that will never be: its sets are the next one's, which is due. The caller's to
// write and to destroy.
void protections_give_up(protections_t *self, struct place *place, struct protection *protection,
                         int64_t now_ms);

// The outcome of TURN_LOOK, which the caller has put into the place; is_well: it answered. Returns
// the protections that are off-site now, which are the caller's to write and to destroy; the list
// too.
struct protection **protections_looked(protections_t *self, struct place *place, int is_well,
                                       int64_t now_ms, size_t *count);

// The outcome of TURN_SYNC.
void protections_synced(protections_t *self, struct place *place, int is_well, int64_t now_ms);
