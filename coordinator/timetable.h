// A timetable: a cron form in a time zone, and the moments at which it fires.
//
// Where the local clock leaps (daylight-saving time, or a country that changes its offset):
// - A form of times of day fires for each local time that fits once, at the first moment at which
//   the local clock shows that time or a later one. So a time that is skipped fires at the first
//   moment after the gap (several that are skipped, and one that falls on that moment: once), and
//   a time that comes twice fires the first time.
// - A form of every hour (its hour is `*` or a step of it, as `*/15 * * * *` or `0 */2 * * *`)
//   follows the real hours: it fires whenever the clock shows a time that fits, in both passes of
//   an hour that comes twice, and nothing is made up for times that never come.
//     "30 2 * * *" in Europe/Berlin, 29 March 2026 (02:00 -> 03:00): at 03:00 CEST
//                                    25 October 2026 (03:00 -> 02:00): at 02:30 CEST only
// Vixie's cron does the same with changes of less than three hours; here it holds for all.

#pragma once

#include <stdint.h>

#include "common/error.h"
#include "coordinator/cron.h"
#include "coordinator/zone.h"

enum { TIMETABLE_TEXT_SIZE = 48 };
#define TIMETABLE_NEVER INT64_MAX

typedef struct timetable timetable_t;

// Takes both over.
timetable_t *timetable_new(cron_t **cron_p, zone_t **zone_p);
void timetable_destroy(timetable_t **self_p);

// The first firing after a moment; TIMETABLE_NEVER beyond the year 9999.
int64_t timetable_next(const timetable_t *self, int64_t after_unix_ms);

// The last firing after `after_unix_ms` and not after `until_unix_ms`; TIMETABLE_NEVER if there is
// none. Does not look at each firing of a long time.
int64_t timetable_last(const timetable_t *self, int64_t after_unix_ms, int64_t until_unix_ms);

// The local time for people: "2026-03-29 03:00 CEST", "" if it is none of the years to 9999.
void timetable_print(const timetable_t *self, int64_t unix_ms, char text[TIMETABLE_TEXT_SIZE]);
