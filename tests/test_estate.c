#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "coordinator/discovery/eligible.h"
#include "coordinator/discovery/estate.h"
#include "tests/check.h"

struct changes {
    int put, gone;
    int64_t last_id;
    char last_reason[ELIGIBLE_REASON_SIZE];
};

static void
note(void *context, const struct database *database, int gone)
{
    struct changes *changes = context;
    if (gone)
        changes->gone++;
    else
        changes->put++;
    changes->last_id = database->id;
    snprintf(changes->last_reason, sizeof changes->last_reason, "%s", database->skip_reason);
}

static void
find_in(struct finding_list *found, const char *provider, const char *id, const char *state)
{
    CLEAN(database_destroy) struct database *database = database_new();
    record_set(&database->provider, provider);
    record_set(&database->resource_id, id);
    record_set(&database->name, id);
    record_set(&database->engine, "mysql");
    record_set(&database->host, "db.example");
    record_set(&database->secret, "s");
    record_set(&database->state, state);
    database->port = 3306;
    finding_list_add(found, database);
}

static struct changes
merge(estate_t *estate, struct finding_list *found, int64_t unix_ms)
{
    struct changes changes = {0};
    estate_merge(estate, found, unix_ms, note, &changes);
    return changes;
}

static void
a_new_database_gets_the_next_number(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(41);
    CLEAN(finding_list_destroy) struct finding_list *found = finding_list_new();
    find_in(found, "file:a", "x", "available");
    struct changes changes = merge(estate, found, 1000);
    assert_int_equal(changes.put, 1);
    assert_int_equal(changes.last_id, 41);
    assert_int_equal(estate_find(estate, 41)->first_seen_ms, 1000);
    assert_string_equal(estate_find(estate, 41)->skip_reason, "");
}

static void
an_unchanged_estate_tells_nothing_until_the_hour_is_over(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    for (int64_t now = 0; now < 3; now++) {
        CLEAN(finding_list_destroy) struct finding_list *found = finding_list_new();
        find_in(found, "file:a", "x", "available");
        finding_list_answered(found, "file:a");
        struct changes changes = merge(estate, found, 5 * (now + 1));
        assert_int_equal(changes.put, now == 0);
        assert_int_equal(changes.gone, 0);
    }
    CLEAN(finding_list_destroy) struct finding_list *found = finding_list_new();
    find_in(found, "file:a", "x", "available");
    assert_int_equal(merge(estate, found, 5 + ESTATE_SEEN_STEP_MS).put, 1);
}

static void
what_its_provider_no_longer_lists_is_gone_and_may_come_back(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *found = finding_list_new();
    find_in(found, "file:a", "x", "available");
    merge(estate, found, 1);
    CLEAN(finding_list_destroy) struct finding_list *empty = finding_list_new();
    finding_list_answered(empty, "file:a");
    assert_int_equal(merge(estate, empty, 2).gone, 1);
    assert_int_equal(estate_find(estate, 1)->gone_ms, 2);
    assert_int_equal(merge(estate, empty, 3).gone, 0);
    struct changes back = merge(estate, found, 4);
    assert_int_equal(back.put, 1);
    assert_int_equal(back.last_id, 1);
    assert_int_equal(estate_find(estate, 1)->gone_ms, 0);
}

static void
a_provider_that_failed_loses_nothing(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *found = finding_list_new();
    find_in(found, "file:a", "x", "available");
    find_in(found, "file:b", "x", "available");
    merge(estate, found, 1);
    assert_int_equal(estate_count(estate), 2);
    CLEAN(finding_list_destroy) struct finding_list *half = finding_list_new();
    finding_list_answered(half, "file:a");
    finding_list_failed(half, "file:b does not answer");
    struct changes changes = merge(estate, half, 2);
    assert_int_equal(changes.gone, 1);
    assert_int_equal(estate_find(estate, 2)->gone_ms, 0);
}

static void
a_database_that_cannot_be_backed_up_says_why(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *found = finding_list_new();
    find_in(found, "file:a", "x", "stopped");
    struct changes changes = merge(estate, found, 1);
    assert_string_equal(changes.last_reason, "its state is 'stopped', not 'available'");
}

static void
a_database_listed_twice_is_taken_once(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *found = finding_list_new();
    find_in(found, "file:a", "x", "available");
    find_in(found, "file:a", "x", "stopped");
    struct changes changes = merge(estate, found, 1);
    assert_int_equal(changes.put, 1);
    assert_int_equal(estate_count(estate), 1);
    assert_string_equal(changes.last_reason, "");
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_database_gets_the_next_number),
        cmocka_unit_test(an_unchanged_estate_tells_nothing_until_the_hour_is_over),
        cmocka_unit_test(what_its_provider_no_longer_lists_is_gone_and_may_come_back),
        cmocka_unit_test(a_provider_that_failed_loses_nothing),
        cmocka_unit_test(a_database_that_cannot_be_backed_up_says_why),
        cmocka_unit_test(a_database_listed_twice_is_taken_once),
        cmocka_unit_test(each_thing_that_is_missing_has_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
