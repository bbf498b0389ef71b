#include "coordinator/policy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/record.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

struct policy *
policy_new(const char *name)
{
    struct policy *self = memory_get(sizeof *self);
    char **texts[] = {&self->cron, &self->zone, &self->store, &self->tool};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        record_set(texts[index], "");
    record_set(&self->name, name);
    self->may_opt_out = 1;
    self->password_hashes = -1;
    self->alarm = (struct jump_rules){JUMP_GROWTH, JUMP_SHRINK};
    return self;
}

void
policy_destroy(struct policy **self_p)
{
    struct policy *self = *self_p;
    if (!self)
        return;
    wanted_clear(&self->workers);
    what_clear(&self->what);
    memory_free(&self->tool);
    memory_free(&self->store);
    zone_destroy(&self->retention_zone);
    timetable_destroy(&self->timetable);
    memory_free(&self->zone);
    memory_free(&self->cron);
    criteria_destroy(&self->select);
    memory_free(&self->name);
    memory_free(self_p);
}

int
policy_doubt(const struct policy *self, char text[POLICY_DOUBT_SIZE])
{
    if (!self->gap_ms)
        return 0;
    snprintf(text, POLICY_DOUBT_SIZE,
             "policy '%s' promises less than the %" PRId64 " h %" PRId64
             " min that its schedule leaves between two firings at times: its databases will be "
             "overdue then; promise more, or fire in between",
             self->name, self->gap_ms / HOUR_MS, self->gap_ms % HOUR_MS / MINUTE_MS);
    return 1;
}

// ---- the digest

static void
print_text(FILE *stream, const char *name, const char *text)
{
    fprintf(stream, "%s=%zu:%s\n", name, strlen(text), text);
}

static void
print_numbers(FILE *stream, const struct policy *self)
{
    const int64_t numbers[] = {
        self->precedence,
        self->is_selectable,
        self->may_opt_out,
        self->schedule.window_ms,
        self->schedule.spread_ms,
        self->schedule.missed,
        self->password_hashes,
        self->time_limit_ms,
        self->priority,
        self->jobs,
        self->promise_good_ms,
        self->promise_offsite_ms,
        self->connections,
        self->range_bytes,
        self->snapshot_days,
        self->alarm.growth_percent,
        self->alarm.shrink_percent,
    };
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++)
        fprintf(stream, "%" PRId64 "\n", numbers[index]);
}

static void
print_retention(FILE *stream, const struct retention_rules *rules)
{
    const int64_t numbers[] = {
        rules->last,       rules->younger_ms,        rules->daily,
        rules->weekly,     rules->monthly,           rules->yearly,
        rules->unsound_ms, rules->is_offsite_wanted, rules->may_go_when_gone};
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++)
        fprintf(stream, "%" PRId64 "\n", numbers[index]);
}

static void
print_policy(FILE *stream, const struct policy *self)
{
    print_text(stream, "name", self->name);
    fprintf(stream, "select=%s", self->select ? "" : "none");
    if (self->select)
        criteria_print(self->select, stream);
    print_text(stream, "\ncron", self->cron);
    print_text(stream, "zone", self->zone);
    print_text(stream, "store", self->store);
    print_text(stream, "tool", self->tool);
    wanted_print(&self->workers, stream);
    print_numbers(stream, self);
    what_print(&self->what, stream);
    print_retention(stream, &self->retention);
}

void
policy_seal(struct policy *self)
{
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        abort();
    print_policy(stream, self);
    fclose(stream);
    uint8_t sum[DIGEST_SIZE];
    digest_of(text, size, sum);
    digest_hex(sum, self->digest);
    self->specificity = self->select ? criteria_specificity(self->select) : 0;
}
