// What follows a time zone's last recorded change: the rule in the footer of its file, a TZ string
// of POSIX with the extensions of RFC 8536 (hours from -167 to 167, names in <>). A part of zone.
//
//     struct zone_rule rule;
//     if (zone_rule_parse(&rule, "CET-1CEST,M3.5.0,M10.5.0/3", error))
//     zone_rule_span(&rule, unix_s, &span);

#pragma once

#include <stdint.h>

#include "common/error.h"

enum { ZONE_NAME_SIZE = 16, ZONE_RULE_TEXT_MAX = 127, ZONE_OFFSET_MAX_S = 26 * 3600 };

// A stretch of time in which local time is UTC plus `offset_s`: from <= t < until, in seconds. It
// may go on in the same way before or after.
struct zone_span {
    int64_t from_s, until_s;
    int32_t offset_s;
    int is_saving;              // daylight-saving time
    char name[ZONE_NAME_SIZE];  // "CEST"
};

struct zone_change {
    char kind;        // 'J': day 1-365 without 29 February; 'N': day 0-365; 'M'
    int day;          // of J and N; of M the weekday
    int month, week;  // of M; week 5 is the last
    int32_t time_of_day_s;
};

struct zone_rule {
    char names[2][ZONE_NAME_SIZE];  // of standard and of daylight-saving time
    int32_t offsets_s[2];
    int has_saving;
    struct zone_change changes[2];  // to standard, to daylight-saving time
};

int zone_rule_parse(struct zone_rule *self, const char *text, struct error *error);

// The span that holds unix_s, which is between the years 1 and 9999.
void zone_rule_span(const struct zone_rule *self, int64_t unix_s, struct zone_span *span);
