#include "coordinator/retention.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/calendar.h"

enum { DAY_MS = CALENDAR_DAY_S * 1000, WEEK_DAYS = 7, MONDAY_SHIFT = 3, MONTHS = 12 };

enum period { DAILY, WEEKLY, MONTHLY, YEARLY, PERIODS };

// A set on its way to a verdict; in an array that is sorted, the newest first.
struct entry {
    const struct retention_set *set;
    struct retention_verdict *verdict;
    int64_t day;  // local, since 1970
};

static const char *const period_names[PERIODS] = {"day", "week", "month", "year"};

static int
newest_first(const void *left, const void *right)
{
    const struct retention_set *a = ((const struct entry *)left)->set;
    const struct retention_set *b = ((const struct entry *)right)->set;
    if (a->created_ms != b->created_ms)
        return a->created_ms < b->created_ms ? 1 : -1;
    return (a->id < b->id) - (a->id > b->id);
}

static int64_t
local_day(const zone_t *zone, int64_t unix_ms)
{
    struct zone_span span = {0};
    if (zone)
        zone_span(zone, unix_ms / 1000, &span);
    return calendar_day_of(unix_ms / 1000 + span.offset_s);
}

// The number of the period that a day is in; 1970-01-01 was a Thursday.
static int64_t
period_of(enum period period, int64_t day)
{
    struct calendar_day date;
    calendar_split(day, &date);
    switch (period) {
    case DAILY:
        return day;
    case WEEKLY:
        return (day + MONDAY_SHIFT) / WEEK_DAYS;
    case MONTHLY:
        return date.year * MONTHS + date.month - 1;
    case YEARLY:
    default:
        return date.year;
    }
}

static void keep(const struct entry *entry, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The first reason stands.
static void
keep(const struct entry *entry, const char *format, ...)
{
    if (!entry->verdict->may_go)
        return;
    char text[RETENTION_REASON_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    entry->verdict->may_go = 0;
    snprintf(entry->verdict->reason, RETENTION_REASON_SIZE, "kept: %.150s", text);
}

// ---- what holds whatever the rules say

static void
guard(const struct retention_rules *rules, const struct entry *entries, size_t count)
{
    size_t last_good = 0;
    while (last_good < count && !entries[last_good].set->is_good)
        last_good++;
    for (size_t index = 0; index < count; index++) {
        const struct retention_set *set = entries[index].set;
        if (last_good == count)
            keep(&entries[index], "there is no good set of its database");
        if (index == last_good)
            keep(&entries[index], "it is the last good set of its database");
        if (set->is_pinned)
            keep(&entries[index], "it is pinned");
        if (set->is_used)
            keep(&entries[index], "a restore or a verification of it is queued or runs");
        if (rules->is_database_gone && !rules->may_go_when_gone)
            keep(&entries[index], "its database is gone: somebody has to say what becomes of it");
    }
}

// After the rules: what they would let go is locked for now.
static void
guard_locked(const struct entry *entries, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (entries[index].set->is_locked)
            keep(&entries[index], "its store did not let go of it (a retention lock); it is tried "
                                  "again later");
    }
}

// The newest good one that is off-site: where that is wanted, the last copy there is not given for
// one that is on its way.
static void
guard_last_offsite(const struct retention_rules *rules, const struct entry *entries, size_t count)
{
    for (size_t index = 0; index < count && rules->is_offsite_wanted; index++) {
        const struct retention_set *set = entries[index].set;
        if (!set->is_good || !set->is_offsite)
            continue;
        keep(&entries[index], "it is the last good set of its database that is off-site");
        return;
    }
}

// Last, so that a rule that keeps it anyway is what is told.
static void
guard_offsite(const struct retention_rules *rules, const struct entry *entries, size_t count)
{
    for (size_t index = 0; index < count && rules->is_offsite_wanted; index++) {
        if (!entries[index].set->is_offsite)
            keep(&entries[index], "it is not off-site yet, and the policy wants that first");
    }
}

// ---- rules

static void
keep_last(const struct retention_rules *rules, const struct entry *entries, size_t count)
{
    int64_t kept = 0;
    for (size_t index = 0; index < count && kept < rules->last; index++) {
        if (!entries[index].set->is_good)
            continue;
        kept++;
        keep(&entries[index], "it is one of the last %" PRId64 " good sets", rules->last);
    }
}

// A clock that was set back makes sets of the future: they are young.
static void
keep_young(const struct retention_rules *rules, const struct entry *entries, size_t count,
           int64_t now_ms)
{
    for (size_t index = 0; index < count && rules->younger_ms > 0; index++) {
        if (now_ms - entries[index].set->created_ms < rules->younger_ms)
            keep(&entries[index], "it is younger than %" PRId64 " days",
                 (rules->younger_ms + DAY_MS - 1) / DAY_MS);
    }
}

// The newest good set of each of the last periods that have one.
static void
keep_periods(enum period period, int64_t wanted, const struct entry *entries, size_t count)
{
    int64_t kept = 0, last = INT64_MIN;
    for (size_t index = 0; index < count && kept < wanted; index++) {
        int64_t number = period_of(period, entries[index].day);
        if (!entries[index].set->is_good || number == last)
            continue;
        last = number;
        kept++;
        struct calendar_day date;
        calendar_split(entries[index].day, &date);
        keep(&entries[index],
             "it is the newest good set of its %s (%04" PRId64 "-%02d-%02d), of which %" PRId64
             " are kept",
             period_names[period], date.year, date.month, date.day, wanted);
    }
}

static void
keep_unsound(const struct retention_rules *rules, const struct entry *entries, size_t count,
             int64_t now_ms)
{
    for (size_t index = 0; index < count && rules->unsound_ms > 0; index++) {
        const struct retention_set *set = entries[index].set;
        if (!set->is_good && now_ms - set->created_ms < rules->unsound_ms)
            keep(&entries[index], "it is not good, and such sets stay %" PRId64 " days",
                 (rules->unsound_ms + DAY_MS - 1) / DAY_MS);
    }
}

int
retention_has_rules(const struct retention_rules *rules)
{
    return rules->last > 0 || rules->younger_ms > 0 || rules->daily > 0 || rules->weekly > 0 ||
           rules->monthly > 0 || rules->yearly > 0;
}

static void
apply_rules(const struct retention_rules *rules, const struct entry *entries, size_t count,
            int64_t now_ms)
{
    for (size_t index = 0; index < count && !retention_has_rules(rules); index++)
        keep(&entries[index], "no rule says when sets go");
    keep_last(rules, entries, count);
    keep_young(rules, entries, count, now_ms);
    keep_unsound(rules, entries, count, now_ms);
    keep_periods(DAILY, rules->daily, entries, count);
    keep_periods(WEEKLY, rules->weekly, entries, count);
    keep_periods(MONTHLY, rules->monthly, entries, count);
    keep_periods(YEARLY, rules->yearly, entries, count);
}

// ---- verdicts

// Sorted, with a verdict each that lets it go; the caller's.
static struct entry *
begin(const struct retention_set *sets, size_t count, struct retention_verdict *verdicts)
{
    struct entry *entries = memory_get((count + 1) * sizeof *entries);
    for (size_t index = 0; index < count; index++) {
        entries[index] = (struct entry){.set = &sets[index], .verdict = &verdicts[index]};
        verdicts[index] = (struct retention_verdict){.id = sets[index].id, .may_go = 1};
    }
    qsort(entries, count, sizeof *entries, newest_first);
    return entries;
}

void
retention_judge(const struct retention_rules *rules, const zone_t *zone,
                const struct retention_set *sets, size_t count, int64_t now_ms,
                struct retention_verdict *verdicts)
{
    CLEAN(memory_free) struct entry *entries = begin(sets, count, verdicts);
    for (size_t index = 0; index < count; index++) {
        entries[index].day = local_day(zone, entries[index].set->created_ms);
        snprintf(verdicts[index].reason, RETENTION_REASON_SIZE,
                 "goes: it is %" PRId64 " days old%s, and no rule keeps it",
                 (now_ms - sets[index].created_ms) / DAY_MS,
                 sets[index].is_good ? "" : " and not good");
    }
    guard(rules, entries, count);
    apply_rules(rules, entries, count, now_ms);
    guard_last_offsite(rules, entries, count);
    guard_offsite(rules, entries, count);
    guard_locked(entries, count);
}

void
retention_judge_named(const struct retention_rules *rules, const struct retention_set *sets,
                      size_t count, size_t named, struct retention_verdict *verdict)
{
    CLEAN(memory_free)
    struct retention_verdict *verdicts = memory_get((count + 1) * sizeof *verdicts);
    CLEAN(memory_free) struct entry *entries = begin(sets, count, verdicts);
    struct retention_rules ruled = *rules;
    ruled.may_go_when_gone = 1;
    guard(&ruled, entries, count);
    guard_last_offsite(&ruled, entries, count);
    guard_offsite(&ruled, entries, count);
    if (verdicts[named].may_go)
        snprintf(verdicts[named].reason, RETENTION_REASON_SIZE, "goes: it was named");
    *verdict = verdicts[named];
}

// ---- for people

static void
add_number(FILE *stream, const char *before, int64_t number, const char *after)
{
    if (number > 0)
        fprintf(stream, "%s%s%" PRId64 "%s", ftell(stream) > 0 ? ", " : "", before, number, after);
}

void
retention_print(const struct retention_rules *rules, char text[RETENTION_TEXT_SIZE])
{
    *text = '\0';
    if (!retention_has_rules(rules))
        return;
    FILE *stream = fmemopen(text, RETENTION_TEXT_SIZE, "w");
    if (!stream)
        abort();
    add_number(stream, "the last ", rules->last, "");
    add_number(stream, "all of ", (rules->younger_ms + DAY_MS - 1) / DAY_MS, " days");
    add_number(stream, "", rules->daily, " daily");
    add_number(stream, "", rules->weekly, " weekly");
    add_number(stream, "", rules->monthly, " monthly");
    add_number(stream, "", rules->yearly, " yearly");
    fputs(rules->is_offsite_wanted ? "; off-site first" : "", stream);
    fputs(rules->may_go_when_gone ? "; also of databases that are gone" : "", stream);
    fclose(stream);
}
