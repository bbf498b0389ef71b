// What people are told of an outage: a title, a text, and the same in JSON. No I/O, no clock.
//
// All of it comes from tools, databases and clouds: lines are cut, what could steer a terminal or a
// mail is replaced, and only the first NOTICE_NAMES_MAX names are listed.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "coordinator/outages.h"

enum { NOTICE_NAMES_MAX = 20, NOTICE_TITLE_MAX = 150 };

#define NOTICE_RECOVERED "recovered"  // the event of an all-clear
#define NOTICE_TEST "test"

struct notice {
    const struct outage *outage;
    enum outage_turn turn;
    struct outage_member *const *members;  // those that the target is told of, by name
    size_t count;
    int64_t unix_ms;
};

// Fills in event, severity ("critical", "error", "warning", "info"), title, text, document and
// at_ms of a delivery that has its id.
void notice_compose(const struct notice *self, struct delivery *delivery);

// The same for a message that only shows that a target is reached.
void notice_compose_test(struct delivery *delivery, int64_t unix_ms);

// Text and document as they are sent, both the caller's: with how many older messages this one
// stands for, too.
void notice_finish(const struct delivery *delivery, char **text, char **document);
