// A protection's life: every state and event, and that what makes no sense changes nothing.

#include "coordinator/protection.h"
#include "tests/check.h"

static enum protection_state
after(enum protection_state state, enum protection_event event)
{
    struct protection protection = {.state = state};
    int rc = protection_apply(&protection, event);
    if (rc)
        assert_int_equal(protection.state, state);
    return rc ? PROTECTION_STATES : protection.state;
}

static void
the_way_to_the_other_site_is_step_by_step(void **state)
{
    (void)state;
    assert_int_equal(after(PROTECTION_PENDING, PROTECTION_MADE), PROTECTION_CREATED);
    assert_int_equal(after(PROTECTION_CREATED, PROTECTION_FOUND), PROTECTION_SEEN);
    assert_int_equal(after(PROTECTION_SEEN, PROTECTION_SYNC), PROTECTION_SYNCING);
    assert_int_equal(after(PROTECTION_SYNCING, PROTECTION_SYNCED), PROTECTION_OFFSITE);
}

static void
steps_may_be_repeated_and_left_out(void **state)
{
    (void)state;
    assert_int_equal(after(PROTECTION_PENDING, PROTECTION_FOUND), PROTECTION_SEEN);
    assert_int_equal(after(PROTECTION_CREATED, PROTECTION_MADE), PROTECTION_CREATED);
    assert_int_equal(after(PROTECTION_CREATED, PROTECTION_GONE), PROTECTION_PENDING);
    assert_int_equal(after(PROTECTION_SEEN, PROTECTION_SYNCED), PROTECTION_OFFSITE);
    assert_int_equal(after(PROTECTION_SYNCING, PROTECTION_SYNC), PROTECTION_SYNCING);
    assert_int_equal(after(PROTECTION_SEEN, PROTECTION_ENOUGH), PROTECTION_KEPT);
    assert_int_equal(after(PROTECTION_KEPT, PROTECTION_WANTED), PROTECTION_SEEN);
}

// Nothing is off-site, or protected, that was not seen.
static void
nothing_unseen_is_called_protected_or_offsite(void **state)
{
    (void)state;
    for (int event = 0; event < PROTECTION_EVENTS; event++) {
        enum protection_state pending = after(PROTECTION_PENDING, (enum protection_event)event);
        enum protection_state created = after(PROTECTION_CREATED, (enum protection_event)event);
        assert_true(pending != PROTECTION_OFFSITE && created != PROTECTION_OFFSITE);
        assert_true(pending != PROTECTION_KEPT && created != PROTECTION_KEPT);
        assert_true(event == PROTECTION_FOUND || pending != PROTECTION_SEEN);
    }
}

static void
what_has_ended_stays_so(void **state)
{
    (void)state;
    for (int event = 0; event < PROTECTION_EVENTS; event++) {
        assert_int_equal(after(PROTECTION_OFFSITE, (enum protection_event)event),
                         PROTECTION_STATES);
        if (event != PROTECTION_WANTED)
            assert_int_equal(after(PROTECTION_KEPT, (enum protection_event)event),
                             PROTECTION_STATES);
    }
    assert_true(protection_state_ended(PROTECTION_OFFSITE));
    assert_false(protection_state_ended(PROTECTION_SYNCING));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_to_the_other_site_is_step_by_step),
        cmocka_unit_test(steps_may_be_repeated_and_left_out),
        cmocka_unit_test(nothing_unseen_is_called_protected_or_offsite),
        cmocka_unit_test(what_has_ended_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
