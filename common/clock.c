#include "common/clock.h"

#include <time.h>

static int64_t
read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_monotonic_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t
clock_unix_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

// Returns whether the time is one that can be shown.
static int
split(int64_t unix_ms, struct tm *parts)
{
    const int64_t end_of_year_9999_ms = 253402300800000;
    time_t seconds = (time_t)(unix_ms / 1000);
    return unix_ms > 0 && unix_ms < end_of_year_9999_ms && gmtime_r(&seconds, parts);
}

void
clock_format_iso(int64_t unix_ms, char text[CLOCK_TEXT_SIZE])
{
    struct tm parts;
    text[0] = '\0';
    if (split(unix_ms, &parts))
        strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void
clock_format_sql(int64_t unix_ms, char text[CLOCK_TEXT_SIZE])
{
    struct tm parts;
    text[0] = '\0';
    if (split(unix_ms, &parts))
        strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
}
