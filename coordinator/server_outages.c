// Outages into the catalog and out to the targets: who is told of which, and what of it is written.

#include "coordinator/server_notify.h"

#include "common/clean.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/random.h"

// ---- into the catalog

static batch_t *
batch_of(void *context)
{
    return ledger_batch(((struct server *)context)->ledger);
}

static void
begin(void *context)
{
    batch_unit(batch_of(context));
}

static void
put(void *context, const struct outage *outage)
{
    batch_add(batch_of(context), STATEMENT_OUTAGE_PUT, "ittttiiiii", outage->id,
              outage_kind_name(outage->kind), outage->key, outage->cause, outage->told_to,
              outage->opened_ms, outage->told_ms, outage->empty_ms, outage->closed_ms,
              outage->told_members);
}

static void
join(void *context, const struct outage_member *member)
{
    batch_add(batch_of(context), STATEMENT_OUTAGE_JOIN, "ittti", member->outage_id, member->subject,
              member->name, member->policy, member->since_ms);
}

static void
leave(void *context, const struct outage_member *member)
{
    batch_add(batch_of(context), STATEMENT_OUTAGE_LEAVE, "iit", ((struct server *)context)->unix_ms,
              member->outage_id, member->subject);
}

// ---- who is told

static int
was_told(const struct outage *outage, const char *target)
{
    size_t size = strlen(target);
    const char *names = outage->told_to;
    while (*names) {
        size_t length = strcspn(names, " ");
        if (length == size && strncmp(names, target, size) == 0)
            return 1;
        names += length + (names[length] == ' ');
    }
    return 0;
}

// Of the members those that the target is told of, at the array's beginning; returns their number.
static size_t
select_members(const struct target *target, struct outage_member *const *members, size_t count,
               struct outage_member **selected)
{
    size_t used = 0;
    for (size_t index = 0; index < count; index++) {
        if (target_has_policy(target, members[index]->policy))
            selected[used++] = members[index];
    }
    return used;
}

// Is one of them new since it was told last?
static int
has_new(const struct notice *notice)
{
    for (size_t index = 0; index < notice->count; index++) {
        if (notice->members[index]->since_ms >= notice->outage->told_ms)
            return 1;
    }
    return 0;
}

// What grows is news only to whom something of it is new.
static int
is_news(const struct target *target, const struct notice *notice, int knows)
{
    if (notice->turn == OUTAGE_ENDS)
        return knows && target->wants_recovered;
    return target->wants[notice->outage->kind] && notice->count > 0 &&
           (notice->turn != OUTAGE_GROWS || has_new(notice));
}

static void
tell_target(struct server *self, const struct target *target, struct outage *outage,
            enum outage_turn turn, struct outage_member *const *members, size_t count)
{
    int knows = was_told(outage, target->name);
    CLEAN(memory_free)
    struct outage_member **selected = memory_get((count + 1) * sizeof(struct outage_member *));
    struct notice notice = {.outage = outage,
                            .turn = turn == OUTAGE_ENDS || knows ? turn : OUTAGE_BEGINS,
                            .members = selected,
                            .count = select_members(target, members, count, selected),
                            .unix_ms = self->unix_ms};
    if (!is_news(target, &notice, knows))
        return;
    char id[RANDOM_ID_SIZE];
    struct delivery *delivery = delivery_new();
    random_id(id);
    record_set(&delivery->id, id);
    record_set(&delivery->target, target->name);
    notice_compose(&notice, delivery);
    server_send_notice(self, &delivery);
    if (knows)
        return;
    CLEAN(memory_free) char *names = memory_format("%s%s ", outage->told_to, target->name);
    record_set(&outage->told_to, names);
}

static void
tell(void *context, struct outage *outage, enum outage_turn turn)
{
    static const char *const words[] = {
        [OUTAGE_BEGINS] = "begins",
        [OUTAGE_GROWS] = "has grown",
        [OUTAGE_LASTS] = "lasts",
        [OUTAGE_ENDS] = "is over",
    };
    struct server *self = context;
    size_t count = 0;
    const struct notify_config *rules = &self->notifier->targets->rules;
    CLEAN(memory_free)
    struct outage_member **members = outages_members(self->notifier->outages, outage, &count);
    for (size_t index = 0; index < rules->count; index++)
        tell_target(self, &rules->targets[index], outage, turn, members, count);
    log_info("outage %" PRId64 " (%s) %s, %zu affected: %s", outage->id,
             outage_kind_name(outage->kind), words[turn], count, outage->cause);
}

// Whether the target was not told yet and is struck, too.
static int
is_unaware(const struct target *target, const struct outage *outage,
           struct outage_member *const *members, size_t count)
{
    if (was_told(outage, target->name) || !target->wants[outage->kind])
        return 0;
    for (size_t index = 0; index < count; index++) {
        if (target_has_policy(target, members[index]->policy))
            return 1;
    }
    return 0;
}

static void
tell_unaware(void *context, struct outage *outage)
{
    struct server *self = context;
    size_t count = 0, told = 0;
    const struct notify_config *rules = &self->notifier->targets->rules;
    CLEAN(memory_free)
    struct outage_member **members = outages_members(self->notifier->outages, outage, &count);
    for (size_t index = 0; index < rules->count; index++) {
        const struct target *target = &rules->targets[index];
        if (!is_unaware(target, outage, members, count))
            continue;
        if (told++ == 0)
            begin(self);
        tell_target(self, target, outage, OUTAGE_BEGINS, members, count);
    }
    if (told > 0)
        put(self, outage);
}

struct outages_listener
server_outages_listener(struct server *self)
{
    return (struct outages_listener){.begin = begin,
                                     .put = put,
                                     .join = join,
                                     .leave = leave,
                                     .tell = tell,
                                     .joined = tell_unaware,
                                     .context = self};
}
