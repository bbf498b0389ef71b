#include "worker/engine/postgres_moment.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "worker/engine/digits.h"

enum {
    DAYS_OF_ERA = 146097,  // 400 years
    DAYS_OF_CENTURY = 36524,
    DAYS_OF_4_YEARS = 1461,
    DAYS_TO_2000 = 730425,  // from 0000-03-01
    ERAS_BEFORE = 12,
    DAYS_MIN = -2451545,    // 4714-11-24 BC
    DAYS_MAX = 2145031948,  // 5874897-12-31
    ZONE_MAX_S = 16 * 3600,
    YEAR_MAX = 9999,    // of four digits
    SECONDS_SIZE = 19,  // "2026-11-23 03:00:00"
};

static const int64_t us_of_second = 1000000;
static const int64_t us_of_day = INT64_C(86400000000);

// Years begin in March here, so that the leap day is a year's last.
struct day {
    int64_t year;  // 0 is 1 BC
    unsigned month, day;
};

// Of a day of an era of 400 years, the year: each has 365 days, but for what leap days added
// before.
static unsigned
year_of_era(unsigned day)
{
    return (day - day / (DAYS_OF_4_YEARS - 1) + day / DAYS_OF_CENTURY - day / (DAYS_OF_ERA - 1)) /
           365;
}

static struct day
day_of(int64_t days_since_2000)
{
    // From the beginning of an era before all days that there are.
    unsigned days = (unsigned)(days_since_2000 + DAYS_TO_2000 + (int64_t)ERAS_BEFORE * DAYS_OF_ERA);
    unsigned era = days / DAYS_OF_ERA, day_of_era = days % DAYS_OF_ERA;
    unsigned year = year_of_era(day_of_era);
    unsigned day = day_of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * day + 2) / 153;  // months of 31, 30, 31, 30, 31 days, over and over
    return (struct day){.year = ((int64_t)era - ERAS_BEFORE) * 400 + year + (month >= 10),
                        .month = month < 10 ? month + 3 : month - 9,
                        .day = day - (153 * month + 2) / 5 + 1};
}

// At least four digits.
static char *
add_year(char *to, unsigned year)
{
    if (year >= 1000000)
        *to++ = (char)('0' + year / 1000000);
    if (year >= 100000)
        *to++ = (char)('0' + year / 100000 % 10);
    if (year >= 10000)
        *to++ = (char)('0' + year / 10000 % 10);
    return digits_four(to, year % 10000);
}

static char *
add_day(char *to, const struct day *day)
{
    to = add_year(to, (unsigned)(day->year > 0 ? day->year : 1 - day->year));
    *to++ = '-';
    to = digits_two(to, day->month);
    *to++ = '-';
    return digits_two(to, day->day);
}

static char *
add_clock(char *to, unsigned seconds)
{
    to = digits_two(to, seconds / 3600);
    *to++ = ':';
    to = digits_two(to, seconds / 60 % 60);
    *to++ = ':';
    return digits_two(to, seconds % 60);
}

static char *
add_time(char *to, int64_t microseconds)
{
    unsigned fraction = (unsigned)(microseconds % us_of_second);
    to = add_clock(to, (unsigned)(microseconds / us_of_second));
    if (fraction == 0)
        return to;
    *to++ = '.';
    to = digits_four(digits_two(to, fraction / 10000), fraction % 10000);
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
    unsigned seconds = (unsigned)abs(seconds_west);
    char *end = add_time(to, microseconds);
    *end++ = seconds_west > 0 ? '-' : '+';
    end = digits_two(end, seconds / 3600);
    if (seconds % 3600 != 0) {
        *end++ = ':';
        end = digits_two(end, seconds / 60 % 60);
    }
    if (seconds % 60 != 0) {
        *end++ = ':';
        end = digits_two(end, seconds % 60);
    }
    return (size_t)(end - to);
}

static int64_t
days_in(int64_t microseconds)
{
    return microseconds / us_of_day - (microseconds % us_of_day < 0);
}

// A point and six digits; *used: as many of them as say something, with the point.
static uint64_t
word_of_fraction(unsigned microseconds, unsigned *used)
{
    uint64_t digits = digits_eight(microseconds) >> 16 | digits_zeros << 48;
    unsigned count = digits_used(digits);
    *used = count > 0 ? 1 + count : 0;
    return (uint64_t)'.' | digits << 8;
}

static void
put_word(char *to, char *copy, uint64_t word)
{
    word = htole64(word);
    memcpy(to, &word, sizeof word);
    memcpy(copy, &word, sizeof word);
}

// In words of eight characters (digits.h).
static void
put_words(char *to, char *copy, const struct day *day, unsigned seconds, uint64_t fraction)
{
    unsigned year = (unsigned)day->year, minutes = seconds / 60, hours = seconds / 3600;
    put_word(to, copy,
             digits_pair(year / 100) | digits_pair(year % 100) << 16 | (uint64_t)'-' << 32 |
                 digits_pair(day->month) << 40 | (uint64_t)'-' << 56);
    put_word(to + 8, copy + 8,
             digits_pair(day->day) | (uint64_t)' ' << 16 | digits_pair(hours) << 24 |
                 (uint64_t)':' << 40 | digits_pair(minutes % 60) << 48);
    put_word(to + 16, copy + 16, (uint64_t)':' | digits_pair(seconds % 60) << 8 | fraction << 24);
    put_word(to + 24, copy + 24, fraction >> 40);
}

size_t
postgres_moment_put_twice(char *to, void *copy, int64_t microseconds)
{
    int64_t days = days_in(microseconds);
    if (days < DAYS_MIN)
        return 0;
    struct day day = day_of(days);
    if (day.year < 1 || day.year > YEAR_MAX)
        return 0;
    uint64_t of_day = (uint64_t)(microseconds - days * us_of_day);
    unsigned used = 0;
    uint64_t fraction = word_of_fraction((unsigned)(of_day % (uint64_t)us_of_second), &used);
    put_words(to, copy, &day, (unsigned)(of_day / (uint64_t)us_of_second), fraction);
    return SECONDS_SIZE + used;
}

static size_t
add_timestamp(char *to, int64_t microseconds, const char *zone)
{
    if (microseconds == INT64_MIN || microseconds == INT64_MAX)
        return add_infinity(to, microseconds < 0);
    int64_t days = days_in(microseconds);
    if (days < DAYS_MIN)
        return 0;
    struct day day = day_of(days);
    char *end = add_day(to, &day);
    *end++ = ' ';
    end = add_time(end, microseconds - days * us_of_day);
    if (*zone)
        end = stpcpy(end, zone);
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
