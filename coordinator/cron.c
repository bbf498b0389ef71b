#include "coordinator/cron.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/calendar.h"

enum field_index { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };
enum { ERA_YEARS = 400, NAME_SIZE = 3 };

struct cron {
    uint64_t masks[FIELDS];  // bit n: n fits
    int has_star[FIELDS];    // the field begins with '*'
};

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const struct field {
    const char *name, *allowed;
    int low, high, step_max;
    const char *const *names;
} fields[FIELDS] = {
    [MINUTE] = {"minute", "0 to 59", 0, 59, 59, NULL},
    [HOUR] = {"hour", "0 to 23", 0, 23, 23, NULL},
    [DAY] = {"day of the month", "1 to 31", 1, 31, 31, NULL},
    [MONTH] = {"month", "1 to 12 or jan to dec", 1, 12, 12, month_names},
    [WEEKDAY] = {"weekday", "0 to 7 or sun to sat", 0, 7, 7, weekday_names},
};

static const struct {
    const char *name, *form;
} nicknames[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

static int
refuse(const struct field *field, const char *text, const char *why, struct error *error)
{
    return error_set(error, ERROR_CONFIG,
                     "%s: '%.40s' %s; allowed are %s, ranges (1-5), lists (1,3) and steps (*/2)",
                     field->name, text, why, field->allowed);
}

// A number or a name at *next, which is moved past it. Returns it, or -1.
static int
read_value(const struct field *field, const char **next)
{
    int value = 0;
    size_t size = strspn(*next, "0123456789");
    if (size > 0 && size <= 2) {
        for (size_t index = 0; index < size; index++)
            value = value * 10 + (*next)[index] - '0';
        *next += size;
        return value >= field->low && value <= field->high ? value : -1;
    }
    for (value = 0; size == 0 && field->names && field->names[value]; value++) {
        if (strncasecmp(*next, field->names[value], NAME_SIZE) != 0)
            continue;
        *next += NAME_SIZE;
        return value + field->low;
    }
    return -1;
}

struct item {
    int low, high, step;
    int is_range;
};

static int
read_range(const struct field *field, const char *text, const char **next, struct item *item,
           struct error *error)
{
    if (**next == '*') {
        ++*next;
        *item = (struct item){field->low, field->high, 1, 1};
        return 0;
    }
    *item = (struct item){.step = 1};
    item->low = item->high = read_value(field, next);
    if (item->low >= 0 && **next == '-') {
        ++*next;
        item->high = read_value(field, next);
        item->is_range = 1;
    }
    if (item->low < 0 || item->high < 0)
        return refuse(field, text, "is not understood", error);
    // "sat-sun": at the end of a range Sunday is the seventh day.
    if (field == &fields[WEEKDAY] && item->high == 0 && item->low > 0)
        item->high = 7;
    if (item->low > item->high)
        return refuse(field, text, "has a range that goes backwards", error);
    return 0;
}

static int
read_step(const struct field *field, const char *text, const char **next, struct item *item,
          struct error *error)
{
    if (**next != '/')
        return 0;
    if (!item->is_range)
        return refuse(field, text, "has a step without a range or *", error);
    ++*next;
    size_t size = strspn(*next, "0123456789");
    if (size < 1 || size > 2)
        return refuse(field, text, "has a step that is no number", error);
    item->step = 0;
    for (; size > 0; size--)
        item->step = item->step * 10 + *(*next)++ - '0';
    if (item->step < 1 || item->step > field->step_max)
        return refuse(field, text, "has a step that is 0 or beyond the field", error);
    return 0;
}

static int
read_field(const struct field *field, const char *text, uint64_t *mask, struct error *error)
{
    *mask = 0;
    const char *next = text;
    for (;;) {
        struct item item;
        if (read_range(field, text, &next, &item, error) ||
            read_step(field, text, &next, &item, error))
            return -1;
        for (int value = item.low; value <= item.high; value += item.step)
            *mask |= UINT64_C(1) << value;
        if (*next == '\0')
            return 0;
        if (*next++ != ',')
            return refuse(field, text, "is not understood", error);
    }
}

static int
read_fields(cron_t *self, char *text, struct error *error)
{
    char *words[FIELDS];
    size_t count = 0;
    char *rest = text;
    for (char *word = NULL; (word = strtok_r(rest, " \t", &rest)); count++) {
        if (count < FIELDS)
            words[count] = word;
    }
    if (count != FIELDS)
        return error_set(error, ERROR_CONFIG,
                         "it has %zu fields, not 5: minute, hour, day of the month, month, "
                         "weekday ('30 2 * * *' is each day at 02:30)",
                         count);
    for (size_t index = 0; index < FIELDS; index++) {
        if (read_field(&fields[index], words[index], &self->masks[index], error))
            return -1;
        self->has_star[index] = *words[index] == '*';
    }
    uint64_t seventh = UINT64_C(1) << 7;
    if (self->masks[WEEKDAY] & seventh)
        self->masks[WEEKDAY] = (self->masks[WEEKDAY] & ~seventh) | 1;
    return 0;
}

static int
has_bit(uint64_t mask, int bit)
{
    return (int)(mask >> bit & 1);
}

static int
fits_day(const cron_t *self, const struct calendar_day *day)
{
    int fits_date = has_bit(self->masks[DAY], day->day);
    int fits_weekday = has_bit(self->masks[WEEKDAY], day->weekday);
    int either = !self->has_star[DAY] && !self->has_star[WEEKDAY];
    return either ? fits_date || fits_weekday : fits_date && fits_weekday;
}

// The first day not before `days` that fits, none of the year `year_end` or later.
static int64_t
next_day(const cron_t *self, int64_t days, int64_t year_end)
{
    for (;;) {
        struct calendar_day day;
        calendar_split(days, &day);
        if (day.year >= year_end)
            return CRON_NEVER;
        if (!has_bit(self->masks[MONTH], day.month))
            days += calendar_month_length(day.year, day.month) - day.day + 1;
        else if (fits_day(self, &day))
            return days;
        else
            days++;
    }
}

// The calendar repeats after 400 years, weekdays too.
static int
comes_ever(const cron_t *self)
{
    int64_t from = calendar_days(2000, 1, 1);
    return next_day(self, from, 2000 + ERA_YEARS) != CRON_NEVER;
}

static const char *
form_of(const char *text)
{
    for (size_t index = 0; index < sizeof nicknames / sizeof *nicknames; index++) {
        if (strcasecmp(nicknames[index].name, text) == 0)
            return nicknames[index].form;
    }
    return text;
}

int
cron_parse(cron_t **self_p, const char *text, struct error *error)
{
    if (strlen(text) > CRON_TEXT_MAX)
        return error_set(error, ERROR_CONFIG, "a cron form has at most %d bytes", CRON_TEXT_MAX);
    CLEAN(memory_free) char *form = memory_copy_text(form_of(text));
    if (*form == '@')
        return error_set(error, ERROR_CONFIG,
                         "'%.40s' is none of @hourly, @daily, @midnight, @weekly, @monthly, "
                         "@yearly, @annually",
                         form);
    CLEAN(cron_destroy) cron_t *self = memory_get(sizeof *self);
    if (read_fields(self, form, error))
        return -1;
    if (!comes_ever(self))
        return error_set(error, ERROR_CONFIG,
                         "'%.80s' never comes: no day fits day of the month, month and weekday",
                         text);
    *self_p = STEAL(self);
    return 0;
}

void
cron_destroy(cron_t **self_p)
{
    memory_free(self_p);
}

int
cron_is_hourly(const cron_t *self)
{
    return self->has_star[HOUR];
}

// The first minute of a day, not before `minute`, that fits; -1 if there is none.
static int
next_minute(const cron_t *self, int minute)
{
    for (int hour = minute / 60; hour < 24; hour++, minute = hour * 60) {
        if (!has_bit(self->masks[HOUR], hour))
            continue;
        uint64_t left = self->masks[MINUTE] >> (minute % 60);
        if (left)
            return minute + __builtin_ctzll(left);
    }
    return -1;
}

int64_t
cron_next(const cron_t *self, int64_t local_s)
{
    int64_t days = calendar_day_of(local_s);
    int minute = (int)((local_s - days * CALENDAR_DAY_S + 59) / 60);
    int64_t found = next_day(self, days, CALENDAR_YEAR_MAX + 1);
    while (found != CRON_NEVER) {
        int fitting = next_minute(self, found == days ? minute : 0);
        if (fitting >= 0)
            return found * CALENDAR_DAY_S + INT64_C(60) * fitting;
        found = next_day(self, found + 1, CALENDAR_YEAR_MAX + 1);
    }
    return CRON_NEVER;
}
