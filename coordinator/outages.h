// Outages: gathers what goes wrong, so that trouble with one cause is one message, however many
// databases it strikes and however many nights it lasts. No I/O, no clock; the time is an argument.
//
//     outages_report(outages, &report, unix_ms);                    // a job failed for good
//     outages_recover(outages, OUTAGE_FAILURE, subject, unix_ms);   // and one succeeded
//     outages_look(outages, unix_ms);                               // now and then: who is told
//
// - The first failure of a cause (outage_cause.h) opens an outage. It gathers for a while and is
//   then told once; what ends before that is told to nobody.
// - While it lasts it is told again only after the reminder's time, or when it has grown: to twice
//   what was told and OUTAGE_GROWTH_MIN more. What fails by the same cause meanwhile joins it; what
//   fails by another one leaves it for another outage.
// - When nothing is left in it, and nothing came back while it gathered once more, it is over, and
//   that is told.
// - Of one kind at most OUTAGES_MAX are open. What comes then shares one more outage.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "coordinator/outage_cause.h"
#include "coordinator/record.h"

enum { OUTAGES_MAX = 20, OUTAGE_GROWTH_MIN = 10, OUTAGE_NAME_MAX = 200, OUTAGE_MESSAGE_MAX = 900 };

typedef struct outages outages_t;

enum outage_turn { OUTAGE_BEGINS, OUTAGE_GROWS, OUTAGE_LASTS, OUTAGE_ENDS };

struct outages_listener {
    // What is kept after this, up to the next call of begin, belongs in one transaction. A report
    // or a recovery by itself does not call it: it belongs to what it is of.
    void (*begin)(void *context);
    // To be written.
    void (*put)(void *context, const struct outage *outage);
    void (*join)(void *context, const struct outage_member *member);
    void (*leave)(void *context, const struct outage_member *member);
    // It is to be told. May change told_to, which is then put.
    void (*tell)(void *context, struct outage *outage, enum outage_turn turn);
    // More has joined what was told, but not so much that all are told again. Whoever was not told,
    // as nothing of theirs was in it, may be now; told_to is then to be put, too.
    void (*joined)(void *context, struct outage *outage);
    void *context;
};

// next_id: of the next outage that opens. The listener is copied.
outages_t *outages_new(int64_t next_id, const struct outages_listener *listener);
void outages_destroy(outages_t **self_p);
void outages_set_times(outages_t *self, int64_t gather_ms, int64_t remind_ms);

// Take a record over, as it was loaded; outages before their members. A member of no outage is
// dropped.
void outages_load(outages_t *self, struct outage **outage_p);
void outages_load_member(outages_t *self, struct outage_member **member_p);

struct outage_report {
    enum outage_kind kind;
    const char *subject, *name, *policy;
    struct cause cause;
};

void outages_report(outages_t *self, const struct outage_report *report, int64_t unix_ms);
void outages_recover(outages_t *self, enum outage_kind kind, const char *subject, int64_t unix_ms);

// All that a kind strikes now is reported between the two: of what is not, it is over.
void outages_begin(outages_t *self, enum outage_kind kind);
void outages_end(outages_t *self, enum outage_kind kind, int64_t unix_ms);

// Tells what is to be told by now. A clock that went back starts a wait anew, and no more.
void outages_look(outages_t *self, int64_t unix_ms);

// Closes one without a word: somebody has taken note. What strikes again opens another one.
// ERROR_NOT_FOUND if no such outage is open.
int outages_close(outages_t *self, int64_t id, int64_t unix_ms, struct error *error);

// Nobody is to be told any more: closes all, without a word.
void outages_clear(outages_t *self, int64_t unix_ms);

struct outage *outages_first(outages_t *self);  // by number
struct outage *outages_next(outages_t *self);

// Those of one outage by name; the array is the caller's, what is in it is lent.
struct outage_member **outages_members(outages_t *self, const struct outage *outage, size_t *count);
