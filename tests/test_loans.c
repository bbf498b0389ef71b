// Who may hold how much memory, and in what order those who wait get it.

#include "worker/engine/loans.h"

#include "tests/check.h"

static void
assert_granted(struct loans *loans, size_t wanted)
{
    size_t member = LOANS_MEMBERS_MAX;
    assert_int_equal(loans_grant(loans, &member), 1);
    assert_int_equal(member, wanted);
    assert_false(loans_is_waiting(loans, wanted));
}

static void
assert_none_granted(struct loans *loans)
{
    size_t member = LOANS_MEMBERS_MAX;
    assert_int_equal(loans_grant(loans, &member), 0);
    assert_int_equal(member, LOANS_MEMBERS_MAX);
}

static void
what_there_is_room_for_is_lent_at_once(void **state)
{
    (void)state;
    struct loans loans = loans_of(100);
    assert_none_granted(&loans);
    loans_ask(&loans, 3, 60);
    assert_true(loans_is_waiting(&loans, 3));
    assert_granted(&loans, 3);
    loans_ask(&loans, 1, 40);
    assert_granted(&loans, 1);
    assert_int_equal(loans.lent_bytes, 100);
    loans_ask(&loans, 0, 1);
    assert_none_granted(&loans);
    loans_end(&loans, 1);
    assert_granted(&loans, 0);
    assert_int_equal(loans.lent_bytes, 61);
}

static void
who_wants_much_is_not_passed_by_those_who_want_little(void **state)
{
    (void)state;
    struct loans loans = loans_of(100);
    loans_ask(&loans, 5, 60);
    assert_granted(&loans, 5);
    loans_ask(&loans, 31, 90);
    loans_ask(&loans, 0, 10);
    assert_none_granted(&loans);
    loans_end(&loans, 5);
    assert_granted(&loans, 31);
    assert_granted(&loans, 0);
    loans_end(&loans, 0);
    loans_ask(&loans, 4, 20);
    loans_ask(&loans, 0, 20);
    loans_end(&loans, 31);
    assert_granted(&loans, 4);
    assert_granted(&loans, 0);
}

static void
who_wants_more_than_there_is_gets_all_of_it(void **state)
{
    (void)state;
    struct loans loans = loans_of(100);
    loans_ask(&loans, 0, 1);
    assert_granted(&loans, 0);
    loans_ask(&loans, 1, UINT64_MAX);
    assert_none_granted(&loans);
    loans_end(&loans, 0);
    assert_granted(&loans, 1);
    loans_ask(&loans, 2, 1);
    assert_none_granted(&loans);
    loans_end(&loans, 1);
    assert_granted(&loans, 2);
    assert_int_equal(loans.lent_bytes, 1);
}

static void
who_ends_while_he_waits_is_forgotten(void **state)
{
    (void)state;
    struct loans loans = loans_of(100);
    loans_ask(&loans, 0, 100);
    assert_granted(&loans, 0);
    loans_ask(&loans, 1, 100);
    loans_ask(&loans, 2, 50);
    assert_true(loans_is_awaited(&loans, 0));
    assert_false(loans_is_awaited(&loans, 1));
    loans_end(&loans, 1);
    assert_false(loans_is_waiting(&loans, 1));
    loans_end(&loans, 0);
    loans_end(&loans, 0);
    assert_granted(&loans, 2);
    assert_false(loans_is_awaited(&loans, 2));
    assert_int_equal(loans.lent_bytes, 50);
}

static void
without_a_limit_nobody_waits(void **state)
{
    (void)state;
    struct loans loans = loans_of(0);
    for (size_t member = 0; member < LOANS_MEMBERS_MAX; member++) {
        loans_ask(&loans, member, UINT64_MAX / LOANS_MEMBERS_MAX);
        assert_granted(&loans, member);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_there_is_room_for_is_lent_at_once),
        cmocka_unit_test(who_wants_much_is_not_passed_by_those_who_want_little),
        cmocka_unit_test(who_wants_more_than_there_is_gets_all_of_it),
        cmocka_unit_test(who_ends_while_he_waits_is_forgotten),
        cmocka_unit_test(without_a_limit_nobody_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
