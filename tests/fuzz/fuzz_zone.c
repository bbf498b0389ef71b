// Whatever a file of a time zone holds: it is refused, or its spans follow each other and
// timetables in it go forward and end.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/timetable.h"

enum { FIRINGS = 40, SPANS = 300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
walk(const zone_t *zone)
{
    int64_t unix_s = -62135596800;
    for (int count = 0; count < SPANS; count++) {
        struct zone_span span;
        zone_span(zone, unix_s, &span);
        require(span.from_s <= unix_s && unix_s < span.until_s);
        require(span.offset_s >= -ZONE_OFFSET_MAX_S && span.offset_s <= ZONE_OFFSET_MAX_S);
        if (span.until_s > INT64_C(253402300799))
            return;
        unix_s = span.until_s;
    }
}

static void
follow(const uint8_t *data, size_t size, const char *form)
{
    struct error error = {0};
    cron_t *cron = NULL;
    zone_t *zone = NULL;
    require(cron_parse(&cron, form, &error) == 0);
    require(zone_parse(&zone, "fuzz", data, size, &error) == 0);
    CLEAN(timetable_destroy) timetable_t *timetable = timetable_new(&cron, &zone);
    static const int64_t starts_ms[] = {INT64_MIN, -2208988800000, 0, 1774000000000,
                                        253402200000000};
    for (size_t index = 0; index < sizeof starts_ms / sizeof *starts_ms; index++) {
        int64_t after_ms = starts_ms[index];
        for (int count = 0; count < FIRINGS; count++) {
            int64_t next_ms = timetable_next(timetable, after_ms);
            if (next_ms == TIMETABLE_NEVER)
                break;
            require(next_ms > after_ms && next_ms % 1000 == 0);
            require(timetable_next(timetable, next_ms - 1) == next_ms);
            after_ms = next_ms;
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    CLEAN(zone_destroy) zone_t *zone = NULL;
    if (zone_parse(&zone, "fuzz", data, size, &error)) {
        require(error.code == ERROR_INVALID && error.message[0]);
        return 0;
    }
    walk(zone);
    follow(data, size, "30 2 * * *");
    follow(data, size, "*/15 */3 * * *");
    return 0;
}
