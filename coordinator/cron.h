// Cron forms: "MINUTE HOUR DAY MONTH WEEKDAY", as in Vixie's cron, in local time.
//
//     field    0-59, 0-23, 1-31, 1-12 or jan-dec, 0-7 or sun-sat (0 and 7 are Sunday)
//     item     a number or name; a range 1-5; `*`; a range or `*` with a step, 8-18/2 or */15
//     list     items with commas and no spaces; upper and lower case are the same
//     @hourly 0 * * * *   @daily, @midnight 0 0 * * *   @weekly 0 0 * * 0
//     @monthly 0 0 1 * *  @yearly, @annually 0 0 1 1 *
//
// Day and weekday, Vixie's rule: if neither field begins with `*`, a day fits that fits either of
// them ("0 2 1 * mon": on the 1st and on each Monday); else it must fit both. What Vixie's cron
// takes in silence and nobody means is an error: a form that never comes (30 February), a step
// beyond its field (*/90), a range that goes backwards. A form has at most CRON_TEXT_MAX bytes.

#pragma once

#include <stdint.h>

#include "common/error.h"

enum { CRON_TEXT_MAX = 255 };
#define CRON_NEVER INT64_MAX

typedef struct cron cron_t;

// ERROR_CONFIG with the field, what stands there and what is allowed.
int cron_parse(cron_t **self_p, const char *text, struct error *error);
void cron_destroy(cron_t **self_p);

// Whether the hour is written as `*` or a step of it: the form is meant for every hour there is,
// not for times of day.
int cron_is_hourly(const cron_t *self);

// The first minute not before `local_s` that fits; CRON_NEVER beyond the year 9999. Both are local
// time as seconds since 1970-01-01 00:00 on the same clock.
int64_t cron_next(const cron_t *self, int64_t local_s);
