#include "coordinator/calendar.h"

enum { ERA_YEARS = 400, ERA_DAYS = 146097, DAYS_TO_1970 = 719468 };

static int64_t
divide_down(int64_t number, int64_t by)
{
    int64_t quotient = number / by;
    return number % by < 0 ? quotient - 1 : quotient;
}

int64_t
calendar_day_of(int64_t seconds)
{
    return divide_down(seconds, CALENDAR_DAY_S);
}

// Years are counted from March here, so that the day that comes and goes is a year's last.
int64_t
calendar_days(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = divide_down(year, ERA_YEARS);
    int64_t year_of_era = year - era * ERA_YEARS;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - DAYS_TO_1970;
}

void
calendar_split(int64_t days, struct calendar_day *day)
{
    int64_t shifted = days + DAYS_TO_1970;
    int64_t era = divide_down(shifted, ERA_DAYS);
    int64_t day_of_era = shifted - era * ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    day->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    day->month = (int)(month < 10 ? month + 3 : month - 9);
    day->year = year_of_era + era * ERA_YEARS + (day->month <= 2);
    day->weekday = (int)(days + 4 - 7 * divide_down(days + 4, 7));
}

int
calendar_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
calendar_month_length(int64_t year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && calendar_is_leap(year));
}
