#include "coordinator/planner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static const int64_t minute_ms = 60000, hour_ms = 3600000, day_ms = 86400000;
static const int64_t start_ms = 1767225600000;  // Thursday, 1 January 2026, 00:00 UTC

// What was told, as text; and what a catalog would have kept.
struct scene {
    policies_t *policies;
    planner_t *planner;
    struct planner_listener listener;
    char told[1024];
    struct firing *kept;
};

__attribute__((format(printf, 2, 3))) static void
tell(struct scene *scene, const char *format, ...)
{
    size_t length = strlen(scene->told);
    va_list args;
    va_start(args, format);
    vsnprintf(scene->told + length, sizeof scene->told - length, format, args);
    va_end(args);
}

static void
keep_copy(struct scene *scene, const struct firing *firing)
{
    firing_destroy(&scene->kept);
    scene->kept = firing_new();
    struct firing copy = *firing;
    copy.policy = scene->kept->policy;
    *scene->kept = copy;
    record_set(&scene->kept->policy, firing->policy);
}

static void
on_close(void *context, const char *policy)
{
    tell(context, "close %s; ", policy);
}

static void
ignore_close(void *context, const char *policy)
{
    (void)context, (void)policy;
}

static void
on_fire(void *context, const struct policy *policy, const struct schedule_turn *turn,
        const struct firing *firing)
{
    tell(context, "fire %s %lld; ", policy->name,
         (long long)((turn->planned_ms - start_ms) / minute_ms));
    keep_copy(context, firing);
}

static void
on_keep(void *context, const struct firing *firing)
{
    tell(context, "keep %s; ", firing->policy);
    keep_copy(context, firing);
}

static void
on_warn(void *context, const struct policy *policy, const struct schedule_turn *turn)
{
    tell(context, "warn %s %zu%s; ", policy->name, turn->missed, turn->back_ms ? " back" : "");
}

static policies_t *
make_policies(const char *name, const char *cron_text, int64_t window_ms)
{
    struct error error = {0};
    policies_t *policies = policies_new();
    struct policy *policy = policy_new(name);
    cron_t *cron = NULL;
    zone_t *zone = NULL;
    policy->select = criteria_new();
    if (*cron_text) {
        if (cron_parse(&cron, cron_text, &error) || zone_open(&zone, "UTC", &error))
            fail_msg("%s", error.message);
        policy->timetable = timetable_new(&cron, &zone);
        policy->schedule = (struct schedule){
            .timetable = policy->timetable, .window_ms = window_ms, .missed = SCHEDULE_ONCE};
    }
    policy_seal(policy);
    policies_add(policies, &policy);
    return policies;
}

static int
open_scene(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    scene->planner = planner_new();
    scene->policies = make_policies("nightly", "30 2 * * *", hour_ms);
    scene->listener = (struct planner_listener){
        .close = on_close, .fire = on_fire, .keep = on_keep, .warn = on_warn, .context = scene};
    *state = scene;
    return 0;
}

static int
close_scene(void **state)
{
    struct scene *scene = *state;
    firing_destroy(&scene->kept);
    planner_destroy(&scene->planner);
    policies_destroy(&scene->policies);
    memory_free(&scene);
    return 0;
}

// Looks at a time since the start, by a clock that is off by step_ms.
static void
look(struct scene *scene, int64_t at_ms, int64_t step_ms)
{
    planner_look(scene->planner, scene->policies, start_ms + at_ms + step_ms, 1000 + at_ms,
                 &scene->listener);
}

static void
require_told(struct scene *scene, const char *expected)
{
    assert_string_equal(scene->told, expected);
    scene->told[0] = '\0';
}

// As if the coordinator had been killed: what is left is what was to be written.
static void
restart(struct scene *scene)
{
    planner_destroy(&scene->planner);
    scene->planner = planner_new();
    planner_load(scene->planner, &scene->kept);
}

static void
a_policy_fires_once_at_its_time_and_its_window_closes(void **state)
{
    struct scene *scene = *state;
    look(scene, 0, 0);
    require_told(scene, "keep nightly; ");
    look(scene, 150 * minute_ms - 1, 0);
    require_told(scene, "");
    look(scene, 150 * minute_ms, 0);
    look(scene, 150 * minute_ms + 1, 0);
    require_told(scene, "fire nightly 150; ");
    assert_int_equal(planner_closes(scene->planner, "nightly"), start_ms + 210 * minute_ms);
    look(scene, 210 * minute_ms - 1, 0);
    require_told(scene, "");
    look(scene, 210 * minute_ms, 0);
    look(scene, 211 * minute_ms, 0);
    require_told(scene, "close nightly; ");
    assert_int_equal(planner_closes(scene->planner, "nightly"), 0);
    look(scene, day_ms + 150 * minute_ms, 0);
    require_told(scene, "fire nightly 1590; ");
}

static void
a_restart_fires_nothing_twice_and_closes_the_window(void **state)
{
    struct scene *scene = *state;
    look(scene, 0, 0);
    look(scene, 150 * minute_ms, 0);
    require_told(scene, "keep nightly; fire nightly 150; ");
    restart(scene);
    look(scene, 151 * minute_ms, 0);
    require_told(scene, "");
    look(scene, day_ms + 150 * minute_ms, 0);
    require_told(scene, "close nightly; fire nightly 1590; ");
}

static void
a_window_that_closed_while_it_was_down_is_closed(void **state)
{
    struct scene *scene = *state;
    look(scene, 0, 0);
    look(scene, 150 * minute_ms, 0);
    restart(scene);
    scene->told[0] = '\0';
    look(scene, 300 * minute_ms, 0);
    require_told(scene, "close nightly; ");
}

static void
three_days_down_are_made_up_for_once(void **state)
{
    struct scene *scene = *state;
    look(scene, 0, 0);
    look(scene, 150 * minute_ms, 0);
    restart(scene);
    scene->told[0] = '\0';
    look(scene, 3 * day_ms + 600 * minute_ms, 0);
    require_told(scene, "close nightly; warn nightly 2; fire nightly 4470; ");
    assert_int_equal(planner_closes(scene->planner, "nightly"),
                     start_ms + 3 * day_ms + 660 * minute_ms);
}

static void
the_clock_may_step_back_and_forth(void **state)
{
    struct scene *scene = *state;
    look(scene, 0, 0);
    look(scene, 150 * minute_ms, 0);
    scene->told[0] = '\0';
    look(scene, 151 * minute_ms, -30 * minute_ms);  // and comes to the same time again
    look(scene, 185 * minute_ms, -30 * minute_ms);
    require_told(scene, "keep nightly; ");
    look(scene, 186 * minute_ms, -20 * hour_ms);  // it was wrong before
    require_told(scene, "warn nightly 0 back; close nightly; keep nightly; ");
    look(scene, 186 * minute_ms + 20 * hour_ms, -20 * hour_ms);
    require_told(scene, "fire nightly 150; ");
}

static void
what_is_not_on_a_schedule_any_more_is_forgotten(void **state)
{
    struct scene *scene = *state;
    look(scene, 0, 0);
    look(scene, 150 * minute_ms, 0);
    scene->told[0] = '\0';
    CLEAN(policies_destroy) policies_t *others = make_policies("nightly", "", 0);
    planner_reload(scene->planner, others, &scene->listener);
    require_told(scene, "keep nightly; ");
    assert_int_equal(scene->kept->seen_ms, 0);
    assert_int_equal(scene->kept->fired_ms, 0);
    planner_reload(scene->planner, others, &scene->listener);
    require_told(scene, "");
    // When it comes back it is new: what was planned meanwhile is not made up for.
    look(scene, 2 * day_ms, 0);
    require_told(scene, "close nightly; keep nightly; ");
}

static void
what_a_policy_queued_keeps_its_window_when_the_policy_goes(void **state)
{
    struct scene *scene = *state;
    look(scene, 0, 0);
    look(scene, 150 * minute_ms, 0);
    scene->told[0] = '\0';
    policies_destroy(&scene->policies);
    scene->policies = policies_new();
    planner_reload(scene->planner, scene->policies, &scene->listener);
    assert_int_equal(scene->kept->closes_ms, start_ms + 210 * minute_ms);
    restart(scene);
    planner_reload(scene->planner, scene->policies, &scene->listener);
    look(scene, 209 * minute_ms, 0);
    require_told(scene, "keep nightly; ");
    look(scene, 210 * minute_ms, 0);
    require_told(scene, "close nightly; ");
}

static void
another_time_for_a_policy_fires_from_then_on(void **state)
{
    struct scene *scene = *state;
    look(scene, 0, 0);
    look(scene, 150 * minute_ms, 0);
    scene->told[0] = '\0';
    planner_ask_all(scene->planner);
    look(scene, 600 * minute_ms, 0);
    policies_destroy(&scene->policies);
    scene->policies = make_policies("nightly", "30 9,10 * * *", hour_ms);
    planner_reload(scene->planner, scene->policies, &scene->listener);
    look(scene, 601 * minute_ms, 0);
    require_told(scene, "close nightly; ");  // not half past nine, which was before
    look(scene, 630 * minute_ms, 0);
    require_told(scene, "fire nightly 630; ");
}

static int
add_turn(void *context, size_t policy, int64_t at_ms, const struct schedule_turn *turn)
{
    assert_int_equal(policy, 0);
    assert_int_equal(at_ms, turn->planned_ms);
    tell(context, "fire nightly %lld; ", (long long)((turn->planned_ms - start_ms) / minute_ms));
    return 0;
}

static int
add_first_turn(void *context, size_t policy, int64_t at_ms, const struct schedule_turn *turn)
{
    add_turn(context, policy, at_ms, turn);
    return 1;
}

static void
no_more_is_foreseen_than_is_wanted(void **state)
{
    struct scene *scene = *state;
    planner_foresee(scene->planner, scene->policies, start_ms, start_ms + 3 * day_ms,
                    add_first_turn, scene);
    require_told(scene, "fire nightly 150; ");
}

static void
what_is_foreseen_is_what_will_fire(void **state)
{
    struct scene *scene = *state;
    look(scene, 0, 0);
    look(scene, 160 * minute_ms, 0);
    scene->told[0] = '\0';
    planner_foresee(scene->planner, scene->policies, start_ms + 160 * minute_ms,
                    start_ms + 3 * day_ms, add_turn, scene);
    CLEAN(memory_free) char *foreseen = memory_copy_text(scene->told);
    scene->told[0] = '\0';
    scene->listener.close = ignore_close;
    for (int64_t at_ms = 161 * minute_ms; at_ms <= 3 * day_ms; at_ms += minute_ms)
        look(scene, at_ms, 0);
    require_told(scene, foreseen);
    assert_string_equal(foreseen, "fire nightly 1590; fire nightly 3030; ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_policy_fires_once_at_its_time_and_its_window_closes),
        TEST(a_restart_fires_nothing_twice_and_closes_the_window),
        TEST(a_window_that_closed_while_it_was_down_is_closed),
        TEST(three_days_down_are_made_up_for_once),
        TEST(the_clock_may_step_back_and_forth),
        TEST(what_a_policy_queued_keeps_its_window_when_the_policy_goes),
        TEST(what_is_not_on_a_schedule_any_more_is_forgotten),
        TEST(what_is_foreseen_is_what_will_fire),
        TEST(no_more_is_foreseen_than_is_wanted),
        TEST(another_time_for_a_policy_fires_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
