// What the estate knows over time: which of two of one name it is, what is stale and what is gone,
// and what is told of it.

#include "coordinator/discovery/estate.h"
#include "tests/estate_scene.h"

// Two accounts with two regions each; `fails` is told of an account's region instead of an answer.
static struct finding_list *
two_accounts(const char *account, const char *region, enum scope_state instead, const char *message)
{
    static const char *const accounts[] = {"1", "2"};
    static const char *const regions[] = {"east", "west"};
    struct finding_list *found = found_by("aws:a");
    finding_list_tell(found, SCOPE_ANSWERS, "", "", "");
    for (int a = 0; a < 2; a++) {
        int is_it = account && strcmp(account, accounts[a]) == 0;
        finding_list_tell(found, is_it && !region ? instead : SCOPE_ANSWERS, accounts[a], "",
                          is_it && !region ? message : "");
        for (int r = 0; r < 2 && !(is_it && !region); r++) {
            int is_here = is_it && strcmp(region, regions[r]) == 0;
            finding_list_tell(found, is_here ? instead : SCOPE_ANSWERS, accounts[a], regions[r],
                              is_here ? message : "");
            CLEAN(memory_free) char *id = memory_format("%s-%s", accounts[a], regions[r]);
            if (!is_here)
                FIND(found, id, .account = accounts[a], .region = regions[r]);
        }
    }
    return found;
}

static estate_t *
known_accounts(void)
{
    estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy)
    struct finding_list *found = two_accounts(NULL, NULL, SCOPE_ANSWERS, "");
    struct told told = merge(estate, found, 1);
    assert_int_equal(told.put, 4);
    assert_int_equal(told.events, 4);
    return estate;
}

static struct told
merge_accounts(estate_t *estate, const char *account, const char *region, enum scope_state instead,
               const char *message, int64_t unix_ms)
{
    CLEAN(finding_list_destroy)
    struct finding_list *found = two_accounts(account, region, instead, message);
    return merge(estate, found, unix_ms);
}

static void
a_region_that_fails_makes_its_databases_stale_and_no_others(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = known_accounts();
    struct told told = merge_accounts(estate, "1", "west", SCOPE_FAILED, "access denied: no", 2);
    assert_int_equal(told.gone, 0);
    assert_int_equal(told.stale, 1);
    assert_int_equal(told.scopes, 1);
    assert_int_equal(told.events, 2);
    ASSERT_TOLD(told, "scope failed 0: access denied: no");
    ASSERT_TOLD(told, "stale 2: access denied: no");
    assert_int_equal(estate_find(estate, 2)->stale_ms, 2);
    assert_string_equal(estate_find(estate, 2)->skip_reason, "");
    told = merge_accounts(estate, "1", "west", SCOPE_FAILED, "access denied: no", 3);
    assert_int_equal(statements(&told), 0);
    told = merge_accounts(estate, NULL, NULL, SCOPE_ANSWERS, "", 4);
    assert_int_equal(told.put, 1);
    ASSERT_TOLD(told, "scope answers 0: ");
    ASSERT_TOLD(told, "fresh 2: ");
    assert_int_equal(told.events, 2);
    assert_int_equal(estate_find(estate, 2)->stale_ms, 0);
}

static void
an_account_that_fails_costs_itself_only(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = known_accounts();
    struct told told = merge_accounts(estate, "2", NULL, SCOPE_FAILED, "no role", 2);
    assert_int_equal(told.stale, 2);
    assert_int_equal(told.gone, 0);
    assert_int_equal(told.scopes, 1);
    assert_int_equal(estate_find(estate, 1)->stale_ms, 0);
    assert_int_equal(estate_find(estate, 4)->stale_ms, 2);
    scopes_t *scopes = estate_scopes(estate);
    int shadowed = 0;
    for (struct scope *each = scopes_first(scopes); each; each = scopes_next(scopes))
        shadowed += scopes_is_shadowed(scopes, each);
    assert_int_equal(shadowed, 2);
}

static void
what_an_answering_region_does_not_list_is_gone_whatever_others_do(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = known_accounts();
    CLEAN(finding_list_destroy)
    struct finding_list *found = two_accounts("1", "west", SCOPE_FAILED, "no");
    while (found->count > 1)
        database_destroy(&found->databases[--found->count]);
    struct told told = merge(estate, found, 2);
    assert_int_equal(told.gone, 2);
    assert_int_equal(told.stale, 1);
}

static void
a_region_that_is_not_enabled_any_more_makes_stale_and_not_gone(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = known_accounts();
    CLEAN(finding_list_destroy) struct finding_list *found = found_by("aws:a");
    finding_list_tell(found, SCOPE_ANSWERS, "", "", "");
    finding_list_tell(found, SCOPE_ANSWERS, "1", "", "");
    finding_list_tell(found, SCOPE_ANSWERS, "1", "east", "");
    FIND(found, "1-east", .account = "1", .region = "east");
    struct told told = merge(estate, found, 2);
    assert_int_equal(told.gone, 0);
    assert_int_equal(told.stale, 3);
    ASSERT_TOLD(told, "stale 2: its region is not enabled for the account any more");
    ASSERT_TOLD(told, "stale 3: its account is not listed any more");
    ASSERT_TOLD(told, "scope unlisted 0: its region is not enabled");
    CLEAN(finding_list_destroy) struct finding_list *same = found_by("aws:a");
    finding_list_tell(same, SCOPE_ANSWERS, "", "", "");
    finding_list_tell(same, SCOPE_ANSWERS, "1", "", "");
    finding_list_tell(same, SCOPE_ANSWERS, "1", "east", "");
    FIND(same, "1-east", .account = "1", .region = "east");
    told = merge(estate, same, 3);
    assert_int_equal(statements(&told), 0);
}

static void
what_the_configuration_excludes_is_gone(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = known_accounts();
    CLEAN(finding_list_destroy) struct finding_list *found = found_by("aws:a");
    finding_list_tell(found, SCOPE_ANSWERS, "", "", "");
    finding_list_tell(found, SCOPE_EXCLUDED, "", "west", "");
    finding_list_tell(found, SCOPE_EXCLUDED, "2", "", "");
    finding_list_tell(found, SCOPE_ANSWERS, "1", "", "");
    finding_list_tell(found, SCOPE_ANSWERS, "1", "east", "");
    FIND(found, "1-east", .account = "1", .region = "east");
    struct told told = merge(estate, found, 2);
    assert_int_equal(told.gone, 3);
    assert_int_equal(told.stale, 0);
}

static void
a_provider_that_fails_as_a_whole_makes_all_of_it_stale(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = known_accounts();
    CLEAN(finding_list_destroy) struct finding_list *found = found_by("aws:a");
    finding_list_failed(found, "there are no credentials");
    struct told told = merge(estate, found, 2);
    assert_int_equal(told.stale, 4);
    assert_int_equal(told.gone, 0);
    ASSERT_TOLD(told, "stale 4: there are no credentials");
}

static void
a_message_that_only_differs_in_numbers_and_request_ids_is_the_same(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = known_accounts();
    merge_accounts(estate, "1", "west", SCOPE_FAILED,
                   "no answer within 3001 ms (request 8f2ab9c1-0000-4e11-9aaa-0123456789ab)", 2);
    struct told told = merge_accounts(
        estate, "1", "west", SCOPE_FAILED,
        "no answer within 29999 ms (request 11111111-aaaa-4e11-9aaa-0123456789ab)", 3);
    assert_int_equal(statements(&told), 0);
    told = merge_accounts(estate, "1", "west", SCOPE_FAILED, "access denied", 4);
    assert_int_equal(told.scopes, 1);
    ASSERT_TOLD(told, "scope failed 0: access denied");
}

static void
a_change_tells_what_changed(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *before = found_by("aws:a");
    FIND(before, "x");
    merge(estate, before, 1);
    CLEAN(finding_list_destroy) struct finding_list *after = found_by("aws:a");
    FIND(after, "x", .state = "stopped", .version = "8.0.36");
    struct told told = merge(estate, after, 2);
    assert_int_equal(told.events, 1);
    ASSERT_TOLD(told, "changed 1: state: available -> stopped; version: 8.0.35 -> 8.0.36; "
                      "not backed up: nothing -> it is stopped");
    assert_int_equal(after->providers[0].changed, 1);
}

static void
a_renamed_database_keeps_its_number(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *before = found_by("aws:a");
    FIND(before, "db-1", .name = "shop");
    merge(estate, before, 1);
    CLEAN(finding_list_destroy) struct finding_list *after = found_by("aws:a");
    FIND(after, "db-1", .name = "shop-old");
    FIND(after, "db-2", .name = "shop");
    struct told told = merge(estate, after, 2);
    ASSERT_TOLD(told, "renamed 1: shop -> shop-old");
    ASSERT_TOLD(told, "appeared 2: ");
    assert_int_equal(told.events, 2);
}

static void
one_made_anew_under_the_same_name_is_another(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(finding_list_destroy) struct finding_list *before = found_by("aws:a");
    finding_list_tell(before, SCOPE_ANSWERS, "1", "r", "");
    FIND(before, "db-1", .name = "shop", .account = "1", .region = "r");
    merge(estate, before, 1);
    CLEAN(finding_list_destroy) struct finding_list *after = found_by("aws:a");
    finding_list_tell(after, SCOPE_ANSWERS, "", "", "");
    finding_list_tell(after, SCOPE_ANSWERS, "1", "", "");
    finding_list_tell(after, SCOPE_ANSWERS, "1", "r", "");
    FIND(after, "db-2", .name = "shop", .account = "1", .region = "r");
    FIND(after, "db-3", .name = "shop", .account = "2", .region = "r");
    struct told told = merge(estate, after, 2);
    ASSERT_TOLD(told, "gone 1: ");
    ASSERT_TOLD(told, "recreated 2: 'shop' is another one now than 1 (db-1)");
    ASSERT_TOLD(told, "appeared 3: ");
}

static void
a_restart_tells_nothing_anew(void **state)
{
    (void)state;
    CLEAN(estate_destroy) estate_t *first = known_accounts();
    merge_accounts(first, "1", "west", SCOPE_FAILED, "no", 2);
    CLEAN(estate_destroy) estate_t *second = estate_new(5);
    for (struct database *each = estate_first(first); each; each = estate_next(first)) {
        struct database *copy = database_new();
        database_copy(copy, each);
        copy->id = each->id;
        copy->last_seen_ms = each->last_seen_ms;
        copy->stale_ms = each->stale_ms;
        estate_load(second, &copy);
    }
    scopes_t *scopes = estate_scopes(first);
    for (struct scope *each = scopes_first(scopes); each; each = scopes_next(scopes)) {
        struct scope *copy = scope_new();
        record_set(&copy->provider, each->provider);
        record_set(&copy->account, each->account);
        record_set(&copy->region, each->region);
        record_set(&copy->state, each->state);
        record_set(&copy->message, each->message);
        scopes_load(estate_scopes(second), &copy);
    }
    struct told told = merge_accounts(second, "1", "west", SCOPE_FAILED, "no", 3);
    assert_int_equal(statements(&told), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_that_fails_makes_its_databases_stale_and_no_others),
        cmocka_unit_test(an_account_that_fails_costs_itself_only),
        cmocka_unit_test(what_an_answering_region_does_not_list_is_gone_whatever_others_do),
        cmocka_unit_test(a_region_that_is_not_enabled_any_more_makes_stale_and_not_gone),
        cmocka_unit_test(what_the_configuration_excludes_is_gone),
        cmocka_unit_test(a_provider_that_fails_as_a_whole_makes_all_of_it_stale),
        cmocka_unit_test(a_message_that_only_differs_in_numbers_and_request_ids_is_the_same),
        cmocka_unit_test(a_change_tells_what_changed),
        cmocka_unit_test(a_renamed_database_keeps_its_number),
        cmocka_unit_test(one_made_anew_under_the_same_name_is_another),
        cmocka_unit_test(a_restart_tells_nothing_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
