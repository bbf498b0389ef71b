#include "worker/engine/postgres_moment.h"

#include <stdlib.h>
#include <string.h>

enum {
    DAYS_OF_ERA = 146097,  // 400 years
    DAYS_OF_CENTURY = 36524,
    DAYS_OF_4_YEARS = 1461,
    DAYS_TO_2000 = 730425,  // from 0000-03-01
    DAYS_MIN = -2451545,    // 4714-11-24 BC
    DAYS_MAX = 2145031948,  // 5874897-12-31
    ZONE_MAX_S = 16 * 3600,
};

static const int64_t us_of_second = 1000000;
static const int64_t us_of_day = INT64_C(86400000000);

// Years begin in March here, so that the leap day is a year's last.
struct day {
    int64_t year;  // 0 is 1 BC
    int month, day;
};

static struct day
day_of(int64_t days_since_2000)
{
    int64_t days = days_since_2000 + DAYS_TO_2000;
    int64_t era = days / DAYS_OF_ERA - (days % DAYS_OF_ERA < 0);
    int64_t left = days - era * DAYS_OF_ERA;
    int64_t century = left / DAYS_OF_CENTURY < 3 ? left / DAYS_OF_CENTURY : 3;
    left -= century * DAYS_OF_CENTURY;
    int64_t four = left / DAYS_OF_4_YEARS;
    left -= four * DAYS_OF_4_YEARS;
    int64_t year = left / 365 < 3 ? left / 365 : 3;
    int day = (int)(left - year * 365);
    int month = (5 * day + 2) / 153;  // months of 31, 30, 31, 30, 31 days, over and over
    return (struct day){.year = era * 400 + century * 100 + four * 4 + year + (month >= 10),
                        .month = month < 10 ? month + 3 : month - 9,
                        .day = day - (153 * month + 2) / 5 + 1};
}

static char *
add_number(char *to, int64_t number, int width)
{
    char digits[24];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (; width > count; width--)
        *to++ = '0';
    while (count > 0)
        *to++ = digits[--count];
    return to;
}

static char *
add_two(char *to, int number)
{
    *to++ = (char)('0' + number / 10);
    *to++ = (char)('0' + number % 10);
    return to;
}

static char *
add_day(char *to, const struct day *day)
{
    to = add_number(to, day->year > 0 ? day->year : 1 - day->year, 4);
    *to++ = '-';
    to = add_two(to, day->month);
    *to++ = '-';
    return add_two(to, day->day);
}

static char *
add_clock(char *to, int64_t seconds)
{
    to = add_two(to, (int)(seconds / 3600));
    *to++ = ':';
    to = add_two(to, (int)(seconds / 60 % 60));
    *to++ = ':';
    return add_two(to, (int)(seconds % 60));
}

static char *
add_time(char *to, int64_t microseconds)
{
    int64_t fraction = microseconds % us_of_second;
    to = add_clock(to, microseconds / us_of_second);
    if (fraction == 0)
        return to;
    *to++ = '.';
    to = add_number(to, fraction, 6);
    while (to[-1] == '0')
        to--;
    return to;
}

static size_t
add_infinity(char *to, int is_negative)
{
    return (size_t)(stpcpy(to, is_negative ? "-infinity" : "infinity") - to);
}

size_t
postgres_moment_date(char *to, int32_t days)
{
    if (days == INT32_MIN || days == INT32_MAX)
        return add_infinity(to, days < 0);
    if (days < DAYS_MIN || days > DAYS_MAX)
        return 0;
    struct day day = day_of(days);
    char *end = add_day(to, &day);
    return (size_t)((day.year > 0 ? end : stpcpy(end, " BC")) - to);
}

size_t
postgres_moment_time(char *to, int64_t microseconds)
{
    if (microseconds < 0 || microseconds > us_of_day)
        return 0;
    return (size_t)(add_time(to, microseconds) - to);
}

size_t
postgres_moment_timetz(char *to, int64_t microseconds, int32_t seconds_west)
{
    if (microseconds < 0 || microseconds > us_of_day || seconds_west <= -ZONE_MAX_S ||
        seconds_west >= ZONE_MAX_S)
        return 0;
    int seconds = abs(seconds_west);
    char *end = add_time(to, microseconds);
    *end++ = seconds_west > 0 ? '-' : '+';
    end = add_two(end, seconds / 3600);
    if (seconds % 3600 != 0) {
        *end++ = ':';
        end = add_two(end, seconds / 60 % 60);
    }
    if (seconds % 60 != 0) {
        *end++ = ':';
        end = add_two(end, seconds % 60);
    }
    return (size_t)(end - to);
}

static size_t
add_timestamp(char *to, int64_t microseconds, const char *zone)
{
    if (microseconds == INT64_MIN || microseconds == INT64_MAX)
        return add_infinity(to, microseconds < 0);
    int64_t days = microseconds / us_of_day - (microseconds % us_of_day < 0);
    if (days < DAYS_MIN)
        return 0;
    struct day day = day_of(days);
    char *end = add_day(to, &day);
    *end++ = ' ';
    end = stpcpy(add_time(end, microseconds - days * us_of_day), zone);
    return (size_t)((day.year > 0 ? end : stpcpy(end, " BC")) - to);
}

size_t
postgres_moment_timestamp(char *to, int64_t microseconds)
{
    return add_timestamp(to, microseconds, "");
}

size_t
postgres_moment_timestamptz(char *to, int64_t microseconds)
{
    return add_timestamp(to, microseconds, "+00");
}
