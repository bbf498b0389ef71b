#include "coordinator/protect/dd_time.h"

#include "coordinator/calendar.h"

enum { MINUTES = 60, MINUTE_S = 60, AHEAD_S = 2 * CALENDAR_DAY_S };

// The moment at which the zone's clock shows local_s; the earlier one of two; where the clock leapt
// over it, the moment before.
static int64_t
moment_of(const zone_t *zone, int64_t local_s)
{
    struct zone_span before, after;
    zone_span(zone, local_s - CALENDAR_DAY_S, &before);
    zone_span(zone, local_s + CALENDAR_DAY_S, &after);
    int32_t offset_s = before.offset_s > after.offset_s ? before.offset_s : after.offset_s;
    int32_t other_s = before.offset_s > after.offset_s ? after.offset_s : before.offset_s;
    struct zone_span span;
    zone_span(zone, local_s - offset_s, &span);
    if (span.offset_s == offset_s)
        return local_s - offset_s;
    zone_span(zone, local_s - other_s, &span);
    return span.offset_s == other_s ? local_s - other_s : local_s - offset_s;
}

// The clocks of both sides are not the same: two days ahead are not the future yet.
int
dd_time_find(const struct dd_stamp *stamp, const zone_t *zone, int64_t now_s, int64_t *unix_s,
             struct error *error)
{
    struct calendar_day today;
    calendar_split(calendar_day_of(now_s), &today);
    for (int64_t year = today.year + 1; year >= today.year - 1; year--) {
        struct calendar_day day;
        if (stamp->day > calendar_month_length(year, stamp->month + 1))
            continue;
        int64_t days = calendar_days(year, stamp->month + 1, stamp->day);
        calendar_split(days, &day);
        int64_t minutes = (int64_t)stamp->hour * MINUTES + stamp->minute;
        int64_t found_s = moment_of(zone, days * CALENDAR_DAY_S + minutes * MINUTE_S);
        if (day.weekday != stamp->weekday || found_s > now_s + AHEAD_S)
            continue;
        *unix_s = found_s;
        return 0;
    }
    return error_set(
        error, ERROR_INVALID,
        "the Data Domain says that it is synced as of a day that fits no year near now");
}
