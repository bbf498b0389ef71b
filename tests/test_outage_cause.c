#include "coordinator/outage_cause.h"

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static void
assert_cause(const char *message, const char *key)
{
    struct cause cause = {
        .message = message,
        .own = {"shop-1", "shop-1.cab.rds.amazonaws.com", "shop/secret", "", "d12"},
        .shared = {"123456789012", "boostfs:10.0.0.1:/su1", NULL}};
    CLEAN(memory_free) char *made = outage_cause(&cause);
    assert_string_equal(made, key);
}

static void
a_cause_is_the_message_without_what_is_of_one_alone(void **state)
{
    (void)state;
    assert_cause("cannot reach 'shop-1.cab.rds.amazonaws.com': timed out after 10000 ms",
                 "cannot reach '*': timed out after # ms");
    assert_cause("secret 'shop/secret' of shop-1 is denied", "secret '*' of * is denied");
    assert_cause("shop-12 is another one", "shop-12 is another one");
    assert_cause("job 17 in 0b9e2c1e-8c3f-4d7c-9d51-0f1ce3c4f2aa", "job # in #");
    assert_cause("dead beef is no number, dd1 neither", "dead beef is no number, dd1 neither");
    assert_cause("first line\nsecond line 7", "first line");
    assert_cause("cannot write '/su1/x/d12/j17-a1.partial/0003-orders.sql': no space",
                 "cannot write '/su1/x/*': no space");
    assert_cause("", "");
}

static void
what_others_share_sets_causes_apart(void **state)
{
    (void)state;
    assert_cause("account 123456789012 refuses", "account 123456789012 refuses");
    assert_cause("account 210987654321 refuses", "account # refuses");
    assert_cause("store 'boostfs:10.0.0.1:/su1' is gone", "store 'boostfs:10.0.0.1:/su1' is gone");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cause_is_the_message_without_what_is_of_one_alone),
        cmocka_unit_test(what_others_share_sets_causes_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
