#include "coordinator/zone_rule.h"

#include <stdlib.h>
#include <string.h>

#include "coordinator/calendar.h"

enum { STANDARD, SAVING };
enum { HOUR_S = 3600, YEARS_AROUND = 2, MOMENTS = 2 * (2 * YEARS_AROUND + 1) };

static int
is_letter(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

static int
is_digit(char character)
{
    return character >= '0' && character <= '9';
}

// Each reader below moves *next past what it read and returns 0, or -1.

static int
read_name(const char **next, char name[ZONE_NAME_SIZE])
{
    int is_quoted = **next == '<';
    const char *from = *next + is_quoted;
    const char *to = from;
    while (is_letter(*to) || (is_quoted && (is_digit(*to) || *to == '+' || *to == '-')))
        to++;
    size_t size = (size_t)(to - from);
    if (size < 3 || size >= ZONE_NAME_SIZE || (is_quoted && *to != '>'))
        return -1;
    memcpy(name, from, size);
    name[size] = '\0';
    *next = to + is_quoted;
    return 0;
}

static int
read_number(const char **next, int low, int high, int *number)
{
    int value = 0;
    int digits = 0;
    for (; is_digit(**next) && digits < 3; ++*next, digits++)
        value = value * 10 + **next - '0';
    if (digits == 0 || is_digit(**next) || value < low || value > high)
        return -1;
    *number = value;
    return 0;
}

static int
read_part(const char **next, int *number)
{
    *number = 0;
    if (**next != ':')
        return 0;
    ++*next;
    return read_number(next, 0, 59, number);
}

// [+-]hours[:minutes[:seconds]]
static int
read_time(const char **next, int hours_max, int32_t *seconds)
{
    int sign = **next == '-' ? -1 : 1;
    if (**next == '-' || **next == '+')
        ++*next;
    int hours = 0, minutes = 0, rest = 0;
    if (read_number(next, 0, hours_max, &hours) || read_part(next, &minutes) ||
        read_part(next, &rest))
        return -1;
    *seconds = sign * (hours * HOUR_S + minutes * 60 + rest);
    return 0;
}

static int
read_date(const char **next, struct zone_change *change)
{
    change->kind = 'N';
    if (is_digit(**next))
        return read_number(next, 0, 365, &change->day);
    change->kind = *(*next)++;
    if (change->kind == 'J')
        return read_number(next, 1, 365, &change->day);
    if (change->kind != 'M' || read_number(next, 1, 12, &change->month) || *(*next)++ != '.' ||
        read_number(next, 1, 5, &change->week) || *(*next)++ != '.')
        return -1;
    return read_number(next, 0, 6, &change->day);
}

static int
read_change(const char **next, struct zone_change *change)
{
    change->time_of_day_s = 2 * HOUR_S;
    if (**next != ',')
        return -1;
    ++*next;
    if (read_date(next, change))
        return -1;
    if (**next != '/')
        return 0;
    ++*next;
    return read_time(next, 167, &change->time_of_day_s);
}

// POSIX counts offsets westwards.
static int
read_offset(const char **next, int32_t *offset_s)
{
    if (read_time(next, 24, offset_s))
        return -1;
    *offset_s = -*offset_s;
    return 0;
}

static int
read_rule(struct zone_rule *self, const char *text)
{
    if (read_name(&text, self->names[STANDARD]) || read_offset(&text, &self->offsets_s[STANDARD]))
        return -1;
    if (*text == '\0')
        return 0;
    self->has_saving = 1;
    self->offsets_s[SAVING] = self->offsets_s[STANDARD] + HOUR_S;
    if (read_name(&text, self->names[SAVING]) ||
        (*text != ',' && read_offset(&text, &self->offsets_s[SAVING])) ||
        read_change(&text, &self->changes[SAVING]) || read_change(&text, &self->changes[STANDARD]))
        return -1;
    return *text == '\0' ? 0 : -1;
}

int
zone_rule_parse(struct zone_rule *self, const char *text, struct error *error)
{
    struct zone_rule rule = {0};
    if (strlen(text) > ZONE_RULE_TEXT_MAX || read_rule(&rule, text))
        return error_set(error, ERROR_INVALID, "its rule '%.80s' is not understood", text);
    *self = rule;
    return 0;
}

static int64_t
day_of(const struct zone_change *change, int64_t year)
{
    int64_t first = calendar_days(year, 1, 1);
    if (change->kind == 'N')
        return first + change->day;
    if (change->kind == 'J')
        return first + change->day - 1 + (change->day >= 60 && calendar_is_leap(year));
    struct calendar_day day;
    first = calendar_days(year, change->month, 1);
    calendar_split(first, &day);
    int in_month = (change->day - day.weekday + 7) % 7 + 7 * (change->week - 1);
    if (in_month >= calendar_month_length(year, change->month))
        in_month -= 7;
    return first + in_month;
}

struct moment {
    int64_t unix_s, year;
    int becomes;
};

// What was in force before a change says when it is.
static struct moment
moment_of(const struct zone_rule *self, int64_t year, int becomes)
{
    const struct zone_change *change = &self->changes[becomes];
    int64_t local_s = day_of(change, year) * CALENDAR_DAY_S + change->time_of_day_s;
    return (struct moment){local_s - self->offsets_s[!becomes], year, becomes};
}

// A year's end of saving time that is the next year's beginning is none; see RFC 8536 on zones that
// have daylight-saving time all year.
static int
by_time(const void *a, const void *b)
{
    const struct moment *first = a;
    const struct moment *second = b;
    if (first->unix_s != second->unix_s)
        return first->unix_s < second->unix_s ? -1 : 1;
    if (first->year != second->year)
        return first->year < second->year ? -1 : 1;
    return second->becomes - first->becomes;
}

static void
fill(const struct zone_rule *self, int kind, struct zone_span *span)
{
    span->offset_s = self->offsets_s[kind];
    span->is_saving = kind == SAVING;
    memcpy(span->name, self->names[kind], sizeof span->name);
}

void
zone_rule_span(const struct zone_rule *self, int64_t unix_s, struct zone_span *span)
{
    *span = (struct zone_span){.from_s = INT64_MIN, .until_s = INT64_MAX};
    if (!self->has_saving) {
        fill(self, STANDARD, span);
        return;
    }
    struct calendar_day day;
    calendar_split(calendar_day_of(unix_s), &day);
    struct moment moments[MOMENTS];
    for (int index = 0; index < MOMENTS; index++)
        moments[index] = moment_of(self, day.year - YEARS_AROUND + index / 2, index % 2);
    qsort(moments, MOMENTS, sizeof *moments, by_time);
    int next = 0;
    while (next < MOMENTS && moments[next].unix_s <= unix_s)
        next++;
    span->from_s = moments[next - 1].unix_s;
    span->until_s = moments[next].unix_s;
    fill(self, moments[next - 1].becomes, span);
}
