// When a protection begins, what is done for it next, and that nothing is done twice at a time.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/protections.h"
#include "tests/check.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE };

static const char store[] = "boostfs:dd1:/su1";

struct world {
    protections_t *protections;
    struct place *place;
    struct protections_turn turn;
    int64_t now_ms, next_id;
};

static int
open_world(void **state)
{
    struct world *world = memory_get(sizeof *world);
    struct protections_rules rules = {.every_ms = HOUR,
                                      .spacing_ms = 5 * MINUTE,
                                      .look_ms = MINUTE / 2,
                                      .idle_ms = 5 * MINUTE,
                                      .retry_ms = 1000,
                                      .retry_max_ms = 8000,
                                      .is_offsite_wanted = 1};
    world->protections = protections_new(&rules);
    world->place = protections_place(world->protections, store, "dd1", "/data/col1/su1");
    world->now_ms = HOUR;
    world->next_id = 1;
    *state = world;
    return 0;
}

static int
close_world(void **state)
{
    struct world *world = *state;
    protections_destroy(&world->protections);
    memory_free(&world);
    return 0;
}

// What is to be done now; -1 = nothing.
static int
next(struct world *world)
{
    return protections_next(world->protections, world->now_ms, &world->turn) ? (int)world->turn.what
                                                                             : -1;
}

// A look says as of when the destination is; returns how many are off-site then.
static size_t
look(struct world *world, int64_t synced_s)
{
    size_t count = 0;
    world->place->synced_s = synced_s;
    world->place->destinations = 1;
    struct protection **ended =
        protections_looked(world->protections, world->place, 1, world->now_ms, &count);
    for (size_t index = 0; index < count; index++)
        protection_destroy(&ended[index]);
    memory_free(&ended);
    return count;
}

static struct protection *
begin(struct world *world)
{
    struct protection *protection = protection_new();
    protection->id = world->next_id++;
    return protections_begin(world->protections, world->place, &protection, world->now_ms);
}

static void
done(struct world *world, struct protection *protection, enum protection_event event)
{
    protections_done(world->protections, world->place, protection, &event, world->now_ms);
}

static void
see(struct world *world, struct protection *protection, int64_t created_s)
{
    protection->created_ms = created_s * 1000;
    done(world, protection, PROTECTION_FOUND);
}

// The first look that every place gets is out of the way.
static void
settle(struct world *world)
{
    assert_int_equal(next(world), TURN_LOOK);
    look(world, 1);
    assert_int_equal(next(world), -1);
}

static void
the_longest_wish_counts_for_one_snapshot(void **state)
{
    struct world *world = *state;
    settle(world);
    protections_wish(world->protections, world->place, 5);
    protections_wish(world->protections, world->place, 30);
    protections_wish(world->protections, world->place, 14);
    struct protection *first = begin(world);
    assert_int_equal(first->retention_days, 30);
    see(world, first, 100);
    assert_int_equal(begin(world)->retention_days, 0);
}

static void
a_snapshot_is_due_when_a_run_ends(void **state)
{
    struct world *world = *state;
    settle(world);
    protections_run_ended(world->protections);
    assert_int_equal(next(world), -1);  // nothing was written
    protections_set_added(world->protections, world->place, 2, world->now_ms);
    assert_int_equal(next(world), -1);
    protections_run_ended(world->protections);
    assert_int_equal(next(world), TURN_BEGIN);
    struct protection *protection = begin(world);
    assert_int_equal(protection->set_count, 2);
    assert_string_equal(protection->store, store);
    assert_string_equal(protection->mtree, "/data/col1/su1");
    assert_int_equal(world->place->uncovered, 0);
    assert_int_equal(next(world), -1);  // its snapshot is being made
}

static void
while_runs_go_on_a_set_waits_no_longer_than_every(void **state)
{
    struct world *world = *state;
    settle(world);
    protections_set_added(world->protections, world->place, 1, world->now_ms);
    world->now_ms += HOUR - 1;
    protections_set_added(world->protections, world->place, 1, world->now_ms);
    while (next(world) == TURN_LOOK)
        look(world, 1);
    world->now_ms++;
    assert_int_equal(next(world), TURN_BEGIN);
    assert_int_equal(begin(world)->set_count, 2);
}

static void
snapshots_keep_their_distance_unless_asked_for(void **state)
{
    struct world *world = *state;
    settle(world);
    protections_set_added(world->protections, world->place, 1, world->now_ms);
    protections_run_ended(world->protections);
    assert_int_equal(next(world), TURN_BEGIN);
    see(world, begin(world), 100);
    assert_int_equal(next(world), TURN_LOOK);
    assert_int_equal(look(world, 101), 1);
    protections_set_added(world->protections, world->place, 1, world->now_ms);
    protections_run_ended(world->protections);
    assert_int_equal(next(world), -1);
    protections_ask(world->protections, world->place);
    assert_int_equal(next(world), TURN_BEGIN);
    see(world, begin(world), 101);
    assert_int_equal(next(world), TURN_LOOK);
    assert_int_equal(look(world, 102), 1);
    protections_set_added(world->protections, world->place, 1, world->now_ms);
    protections_run_ended(world->protections);
    world->now_ms += 5 * MINUTE;
    assert_int_equal(next(world), TURN_BEGIN);
}

static void
a_failed_step_is_tried_again_later_and_later(void **state)
{
    struct world *world = *state;
    settle(world);
    protections_ask(world->protections, world->place);
    assert_int_equal(next(world), TURN_BEGIN);
    struct protection *protection = begin(world);
    static const int64_t waits_ms[] = {1000, 2000, 4000, 8000, 8000};
    for (size_t index = 0; index < sizeof waits_ms / sizeof *waits_ms; index++) {
        protections_done(world->protections, world->place, protection, NULL, world->now_ms);
        if (index == 0 && next(world) == TURN_LOOK)
            look(world, 1);
        world->now_ms += waits_ms[index] - 1;
        assert_int_equal(next(world), -1);
        world->now_ms++;
        assert_int_equal(next(world), TURN_TAKE);
        assert_ptr_equal(world->turn.protection, protection);
    }
    done(world, protection, PROTECTION_MADE);
    world->now_ms += 8000;
    assert_int_equal(next(world), TURN_CONFIRM);
    done(world, protection, PROTECTION_GONE);
    world->now_ms += 8000;
    assert_int_equal(next(world), TURN_TAKE);
}

static void
one_sync_serves_all_that_wait(void **state)
{
    struct world *world = *state;
    settle(world);
    for (int64_t created_s = 100; created_s <= 101; created_s++) {
        protections_ask(world->protections, world->place);
        assert_int_equal(next(world), TURN_BEGIN);
        see(world, begin(world), created_s);
    }
    assert_int_equal(next(world), TURN_LOOK);
    assert_int_equal(look(world, 99), 0);
    assert_int_equal(next(world), TURN_SYNC);
    assert_int_equal(world->turn.protection->created_ms, 101000);
    assert_int_equal(next(world), -1);  // it goes on, and is looked at
    world->now_ms += MINUTE / 2;
    assert_int_equal(next(world), TURN_LOOK);
    assert_int_equal(look(world, 101), 1);
    assert_int_equal(next(world), -1);
    protections_synced(world->protections, world->place, 1, world->now_ms);
    assert_int_equal(next(world), TURN_LOOK);
    assert_int_equal(look(world, 101), 1);
    assert_int_equal(next(world), -1);
}

static void
a_snapshot_goes_on_beside_a_sync(void **state)
{
    struct world *world = *state;
    settle(world);
    protections_ask(world->protections, world->place);
    assert_int_equal(next(world), TURN_BEGIN);
    see(world, begin(world), 100);
    assert_int_equal(next(world), TURN_LOOK);
    look(world, 99);
    assert_int_equal(next(world), TURN_SYNC);
    protections_ask(world->protections, world->place);
    assert_int_equal(next(world), TURN_BEGIN);
}

static void
a_sync_that_fails_is_tried_again_after_a_look(void **state)
{
    struct world *world = *state;
    settle(world);
    protections_ask(world->protections, world->place);
    assert_int_equal(next(world), TURN_BEGIN);
    see(world, begin(world), 100);
    assert_int_equal(next(world), TURN_LOOK);
    look(world, 99);
    assert_int_equal(next(world), TURN_SYNC);
    protections_synced(world->protections, world->place, 0, world->now_ms);
    assert_int_equal(next(world), TURN_LOOK);
    look(world, 99);
    assert_int_equal(next(world), -1);
    world->now_ms += 1000;
    assert_int_equal(next(world), TURN_SYNC);
}

// What is not known is not off-site: neither a look that failed, nor one that says no time.
static void
nothing_is_offsite_by_what_was_not_seen(void **state)
{
    struct world *world = *state;
    settle(world);
    protections_ask(world->protections, world->place);
    assert_int_equal(next(world), TURN_BEGIN);
    see(world, begin(world), 100);
    assert_int_equal(next(world), TURN_LOOK);
    size_t count = 1;
    world->place->synced_s = 200;
    struct protection **ended =
        protections_looked(world->protections, world->place, 0, world->now_ms, &count);
    assert_int_equal(count, 0);
    memory_free(&ended);
    world->now_ms += MINUTE;
    assert_int_equal(next(world), TURN_LOOK);
    assert_int_equal(look(world, 0), 0);
    assert_int_equal(next(world), TURN_SYNC);
    assert_int_equal(look(world, 99), 0);
    assert_int_equal(look(world, 101), 1);
}

// A copy as of that second may have been made before the snapshot was, and before its sets.
static void
the_same_second_counts_only_after_a_sync_of_ours(void **state)
{
    struct world *world = *state;
    settle(world);
    protections_ask(world->protections, world->place);
    assert_int_equal(next(world), TURN_BEGIN);
    see(world, begin(world), 100);
    assert_int_equal(next(world), TURN_LOOK);
    assert_int_equal(look(world, 100), 0);
    assert_int_equal(next(world), TURN_SYNC);
    // One that is seen while the sync runs is not proven by it.
    protections_ask(world->protections, world->place);
    assert_int_equal(next(world), TURN_BEGIN);
    see(world, begin(world), 100);
    protections_synced(world->protections, world->place, 1, world->now_ms);
    assert_int_equal(next(world), TURN_LOOK);
    assert_int_equal(look(world, 100), 1);
    world->now_ms += MINUTE;
    while (next(world) != TURN_SYNC)
        assert_int_equal(look(world, 100), 0);
    protections_synced(world->protections, world->place, 0, world->now_ms);
    assert_int_equal(next(world), TURN_LOOK);
    assert_int_equal(look(world, 100), 0);
}

static void
what_is_given_up_leaves_its_sets_to_the_next(void **state)
{
    struct world *world = *state;
    settle(world);
    protections_set_added(world->protections, world->place, 3, world->now_ms);
    protections_ask(world->protections, world->place);
    assert_int_equal(next(world), TURN_BEGIN);
    struct protection *protection = begin(world);
    protections_give_up(world->protections, world->place, protection, world->now_ms);
    assert_int_equal(protection->state, PROTECTION_GIVEN_UP);
    protection_destroy(&protection);
    assert_int_equal(world->place->uncovered, 3);
    world->now_ms += HOUR;
    assert_int_equal(next(world), TURN_BEGIN);
    assert_int_equal(begin(world)->set_count, 3);
}

static void
after_a_restart_each_state_goes_on_where_it_was(void **state)
{
    struct world *world = *state;
    static const struct {
        enum protection_state state;
        enum turn_what turn;
    } cases[] = {{PROTECTION_PENDING, TURN_TAKE},
                 {PROTECTION_CREATED, TURN_CONFIRM},
                 {PROTECTION_SEEN, TURN_LOOK},
                 {PROTECTION_SYNCING, TURN_LOOK}};
    for (size_t index = 0; index < 4; index++) {
        struct protection *protection = protection_new();
        char name[32];
        snprintf(name, sizeof name, "boostfs:dd1:/u%zu", index);
        protection->state = cases[index].state;
        record_set(&protection->store, name);
        protections_place(world->protections, name, "dd1", "/data/col1/u");
        protections_load(world->protections, &protection);
    }
    for (size_t turns = 0; turns < 5; turns++) {
        assert_true(next(world) >= 0);
        for (size_t index = 0; index < 4; index++) {
            if (world->turn.place->store[14] == (char)('0' + index) &&
                strcmp(world->turn.place->store, store) != 0)
                assert_int_equal(world->turn.what, cases[index].turn);
        }
    }
    assert_int_equal(next(world), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_longest_wish_counts_for_one_snapshot),
        TEST(a_snapshot_is_due_when_a_run_ends),
        TEST(while_runs_go_on_a_set_waits_no_longer_than_every),
        TEST(snapshots_keep_their_distance_unless_asked_for),
        TEST(a_failed_step_is_tried_again_later_and_later),
        TEST(one_sync_serves_all_that_wait),
        TEST(a_snapshot_goes_on_beside_a_sync),
        TEST(a_sync_that_fails_is_tried_again_after_a_look),
        TEST(nothing_is_offsite_by_what_was_not_seen),
        TEST(the_same_second_counts_only_after_a_sync_of_ours),
        TEST(what_is_given_up_leaves_its_sets_to_the_next),
        TEST(after_a_restart_each_state_goes_on_where_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
