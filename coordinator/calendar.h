// The calendar: days since 1970-01-01 and what they are called (Gregorian, for all times). No zone
// and no clock.

#pragma once

#include <stdint.h>

enum { CALENDAR_DAY_S = 86400, CALENDAR_YEAR_MAX = 9999 };

struct calendar_day {
    int64_t year;
    int month, day;  // from 1
    int weekday;     // 0 = Sunday
};

int64_t calendar_days(int64_t year, int month, int day);
void calendar_split(int64_t days, struct calendar_day *day);
int calendar_is_leap(int64_t year);
int calendar_month_length(int64_t year, int month);

// Of seconds since 1970: the day they are in, rounded down for times before it.
int64_t calendar_day_of(int64_t seconds);
