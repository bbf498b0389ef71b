// What outages are made of, and how what they strike comes and goes. A part of outages; nobody else
// calls it.

#pragma once

#include <czmq.h>

#include "coordinator/outages.h"

struct outages_item {
    struct outage_member *member;
    struct outage *outage;
    uint64_t seen;  // the round of its kind in which it was reported last
};

struct outages {
    struct outages_listener listener;
    int64_t next_id, gather_ms, remind_ms;
    zlistx_t *outages;  // struct outage, by number
    zhashx_t *items;    // kind and subject -> struct outages_item
    uint64_t rounds[OUTAGE_KINDS];
    int is_listing, has_begun;  // between outages_begin and outages_end; what that has written
};

enum { OUTAGES_SUBJECT_SIZE = 160 };

// What is known of a subject; NULL: nothing strikes it.
struct outages_item *outages_item(outages_t *self, enum outage_kind kind, const char *subject);

// Takes the member over, which is in the catalog.
struct outages_item *outages_add_item(outages_t *self, struct outage *outage,
                                      struct outage_member **member_p);

// The outage that has the cause of a report; a new one if none has.
struct outage *outages_of_cause(outages_t *self, const struct outage_report *report,
                                int64_t unix_ms);

void outages_join(outages_t *self, struct outage *outage, const struct outage_report *report,
                  int64_t unix_ms);

// It has another policy now, whose targets may not know of it.
void outages_move(outages_t *self, struct outages_item *item, const char *policy);

// Closes the outage, too, if that strikes nothing else and nobody was told of it.
void outages_leave(outages_t *self, struct outages_item *item, int64_t unix_ms);

// Closes an outage that strikes nothing.
void outages_shut(outages_t *self, struct outage *outage, int64_t unix_ms);

// Takes out all that it strikes, and closes it.
void outages_drop(outages_t *self, struct outage *outage, int64_t unix_ms);
