#include "coordinator/discovery/estate.h"

#include "tests/estate_scene.h"

static void
a_new_database_gets_the_next_number(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(41);
    CLEAN(finding_list_destroy) struct finding_list *found = found_by("file:a");
    FIND(found, "x");
    struct told told = merge(estate, found, 1000);
    assert_int_equal(told.put, 1);
    assert_int_equal(told.last_id, 41);
    assert_int_equal(estate_find(estate, 41)->first_seen_ms, 1000);
    assert_string_equal(estate_find(estate, 41)->skip_reason, "");
    assert_int_equal(found->providers[0].appeared, 1);
}

static struct told
merge_two(estate_t *estate, int64_t unix_ms, int is_other_order)
{
    CLEAN(finding_list_destroy) struct finding_list *found = found_by("aws:a");
    finding_list_tell(found, SCOPE_ANSWERS, "", "", "");
    FIND(found, is_other_order ? "y" : "x", .account = "1", .region = "r");
    FIND(found, is_other_order ? "x" : "y", .account = "1", .region = "r");
    finding_list_tell(found, SCOPE_ANSWERS, "1", "", "");
    finding_list_tell(found, SCOPE_ANSWERS, "1", "r", "");
    return merge(estate, found, unix_ms);
}

static void
an_unchanged_estate_tells_nothing_but_that_it_was_seen_and_that_hourly(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    struct told told = merge_two(estate, 5, 0);
    assert_int_equal(told.put, 2);
    assert_int_equal(told.scopes, 3);
    assert_int_equal(told.events, 2);
    told = merge_two(estate, 10, 1);
    assert_int_equal(statements(&told), 0);
    told = merge_two(estate, 4 + ESTATE_SEEN_STEP_MS, 0);
    assert_int_equal(statements(&told), 0);
    told = merge_two(estate, 5 + ESTATE_SEEN_STEP_MS, 0);
    assert_int_equal(statements(&told), 2);
    assert_int_equal(told.seen, 2);
    assert_int_equal(estate_find(estate, 1)->last_seen_ms, 5 + ESTATE_SEEN_STEP_MS);
    told = merge_two(estate, 6 + ESTATE_SEEN_STEP_MS, 1);
    assert_int_equal(statements(&told), 0);
}

static void
what_its_provider_no_longer_lists_is_gone_and_may_come_back(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *found = found_by("file:a");
    FIND(found, "x");
    merge(estate, found, 1);
    CLEAN(finding_list_destroy) struct finding_list *empty = found_by("file:a");
    finding_list_answered(empty);
    struct told told = merge(estate, empty, 2);
    assert_int_equal(told.gone, 1);
    ASSERT_TOLD(told, "gone 1: its provider does not list it any more");
    assert_int_equal(estate_find(estate, 1)->gone_ms, 2);
    assert_int_equal(merge(estate, empty, 3).gone, 0);
    CLEAN(finding_list_destroy) struct finding_list *again = found_by("file:a");
    FIND(again, "x");
    told = merge(estate, again, 4);
    assert_int_equal(told.put, 1);
    assert_int_equal(told.last_id, 1);
    assert_int_equal(told.events, 1);
    ASSERT_TOLD(told, "back 1: ");
    assert_int_equal(estate_find(estate, 1)->gone_ms, 0);
}

static void
a_provider_that_failed_loses_nothing(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *found = found_by("file:a");
    FIND(found, "x");
    finding_list_begin(found, "file:b");
    FIND(found, "x");
    merge(estate, found, 1);
    assert_int_equal(estate_count(estate), 2);
    CLEAN(finding_list_destroy) struct finding_list *half = found_by("file:a");
    finding_list_answered(half);
    finding_list_begin(half, "file:b");
    FIND(half, "y");
    finding_list_failed(half, "no such file");
    assert_int_equal(half->count, 0);
    struct told told = merge(estate, half, 2);
    assert_int_equal(told.gone, 1);
    assert_int_equal(told.stale, 1);
    assert_int_equal(estate_find(estate, 2)->gone_ms, 0);
    assert_int_equal(estate_find(estate, 2)->stale_ms, 2);
    assert_int_equal(half->providers[1].is_stale, 1);
    assert_int_equal(finding_list_failures(half), 1);
}

static void
what_a_provider_knew_that_is_not_configured_any_more_is_gone(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *found = found_by("file:a");
    FIND(found, "x");
    merge(estate, found, 1);
    CLEAN(finding_list_destroy) struct finding_list *other = found_by("file:b");
    struct told told = merge(estate, other, 2);
    assert_int_equal(told.gone, 1);
    ASSERT_TOLD(told, "gone 1: its provider is not configured any more");
}

static void
a_database_that_cannot_be_backed_up_says_why(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *found = found_by("file:a");
    FIND(found, "x", .state = "stopped");
    struct told told = merge(estate, found, 1);
    assert_string_equal(told.last_reason, "its state is 'stopped', not 'available'");
}

static void
a_database_listed_twice_is_taken_once(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *found = found_by("file:a");
    FIND(found, "x");
    FIND(found, "x", .state = "stopped");
    struct told told = merge(estate, found, 1);
    assert_int_equal(told.put, 1);
    assert_int_equal(estate_count(estate), 1);
    assert_string_equal(told.last_reason, "");
}

static void
each_thing_that_is_missing_has_its_reason(void **state)
{
    (void)state;
    char reason[ELIGIBLE_REASON_SIZE] = "";
    CLEAN(database_destroy) struct database *database = database_new();
    record_set(&database->engine, "oracle");
    assert_false(eligible_judge(database, reason));
    assert_string_equal(reason, "the engine 'oracle' is not supported");
    record_set(&database->engine, "postgres");
    record_set(&database->state, "available");
    assert_false(eligible_judge(database, reason));
    assert_string_equal(reason, "no host and port to connect to are known");
    record_set(&database->host, "h");
    database->port = 5432;
    assert_false(eligible_judge(database, reason));
    assert_string_equal(reason, "no secret is named for it");
    record_set(&database->secret, "s");
    assert_true(eligible_judge(database, reason));
}

static void
a_state_is_judged_by_its_provider_s_words(void **state)
{
    (void)state;
    char reason[ELIGIBLE_REASON_SIZE] = "";
    CLEAN(database_destroy) struct database *database = database_new();
    record_set(&database->engine, "postgres");
    record_set(&database->host, "h");
    record_set(&database->secret, "s");
    database->port = 5432;
    record_set(&database->state, "backing-up");
    record_set(&database->provider, "file:a");
    assert_false(eligible_judge(database, reason));
    record_set(&database->provider, "aws:a");
    assert_true(eligible_judge(database, reason));
    assert_false(eligible_waits(database));
    record_set(&database->state, "upgrading");
    assert_true(eligible_judge(database, reason));
    assert_true(eligible_waits(database));
    record_set(&database->state, "stopped");
    assert_false(eligible_judge(database, reason));
    assert_string_equal(reason, "it is stopped: start it to have it backed up");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_database_gets_the_next_number),
        cmocka_unit_test(an_unchanged_estate_tells_nothing_but_that_it_was_seen_and_that_hourly),
        cmocka_unit_test(what_its_provider_no_longer_lists_is_gone_and_may_come_back),
        cmocka_unit_test(a_provider_that_failed_loses_nothing),
        cmocka_unit_test(what_a_provider_knew_that_is_not_configured_any_more_is_gone),
        cmocka_unit_test(a_database_that_cannot_be_backed_up_says_why),
        cmocka_unit_test(a_database_listed_twice_is_taken_once),
        cmocka_unit_test(each_thing_that_is_missing_has_its_reason),
        cmocka_unit_test(a_state_is_judged_by_its_provider_s_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
