// What tests of outages share: a store of them, its clock, and what was told.

#pragma once

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/outages.h"
#include "tests/check.h"

static const int64_t minute_ms = 60000, hour_ms = 3600000, day_ms = 86400000;
static const int64_t start_ms = 1767225600000;

enum { NIGHT = 4000 };

// What was told, as text; and what a catalog would have kept of it.
struct scene {
    outages_t *outages;
    const char *policy;
    char told[2048];
    size_t begun, joined, left, put, late;
};

static inline void
on_begin(void *context)
{
    ((struct scene *)context)->begun++;
}

static inline void
on_put(void *context, const struct outage *outage)
{
    assert_true(outage->id > 0);
    ((struct scene *)context)->put++;
}

static inline void
on_join(void *context, const struct outage_member *member)
{
    assert_true(member->outage_id > 0);
    ((struct scene *)context)->joined++;
}

static inline void
on_leave(void *context, const struct outage_member *member)
{
    assert_true(member->outage_id > 0);
    ((struct scene *)context)->left++;
}

static inline void
on_tell(void *context, struct outage *outage, enum outage_turn turn)
{
    static const char *const turns[] = {
        [OUTAGE_BEGINS] = "begins",
        [OUTAGE_GROWS] = "grows",
        [OUTAGE_LASTS] = "lasts",
        [OUTAGE_ENDS] = "ends",
    };
    struct scene *scene = context;
    size_t length = strlen(scene->told);
    snprintf(scene->told + length, sizeof scene->told - length, "%s %lld %s %zu; ",
             outage_kind_name(outage->kind), (long long)outage->id, turns[turn], outage->members);
}

static inline void
on_joined(void *context, struct outage *outage)
{
    assert_true(outage->told_ms > 0);
    ((struct scene *)context)->late++;
}

static inline void
open_outages(struct scene *scene, int64_t next_id)
{
    scene->outages = outages_new(next_id, &(struct outages_listener){.begin = on_begin,
                                                                     .put = on_put,
                                                                     .join = on_join,
                                                                     .leave = on_leave,
                                                                     .tell = on_tell,
                                                                     .joined = on_joined,
                                                                     .context = scene});
    outages_set_times(scene->outages, 2 * minute_ms, day_ms);
}

static inline int
scene_open(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    scene->policy = "nightly";
    open_outages(scene, 1);
    *state = scene;
    return 0;
}

static inline int
scene_close(void **state)
{
    struct scene *scene = *state;
    outages_destroy(&scene->outages);
    memory_free(&scene);
    return 0;
}

// Database `number` fails with these words and its name.
static inline void
report(struct scene *scene, int number, enum outage_kind kind, const char *words, int64_t at_ms)
{
    char subject[32], name[32], message[256];
    snprintf(subject, sizeof subject, "database:%d", number);
    snprintf(name, sizeof name, "shop-%d", number);
    snprintf(message, sizeof message, "%s: '%s'", words, name);
    outages_report(scene->outages,
                   &(struct outage_report){.kind = kind,
                                           .subject = subject,
                                           .name = name,
                                           .policy = scene->policy,
                                           .cause = {.message = message, .own = {name}}},
                   at_ms);
}

static inline void
fails(struct scene *scene, int number, const char *words, int64_t at_ms)
{
    report(scene, number, OUTAGE_FAILURE, words, at_ms);
}

static inline void
recovers(struct scene *scene, int number, int64_t at_ms)
{
    char subject[32];
    snprintf(subject, sizeof subject, "database:%d", number);
    outages_recover(scene->outages, OUTAGE_FAILURE, subject, at_ms);
}

// Looks at each half minute, as a loop does.
static inline void
pass(struct scene *scene, int64_t from_ms, int64_t until_ms)
{
    for (int64_t at_ms = from_ms; at_ms <= until_ms; at_ms += minute_ms / 2)
        outages_look(scene->outages, at_ms);
}

static inline void
expect(struct scene *scene, const char *told)
{
    assert_string_equal(scene->told, told);
    scene->told[0] = '\0';
}

static const char store[] = "store 'boostfs:dd1:/su1' does not answer";

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)
