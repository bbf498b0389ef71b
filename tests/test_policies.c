#include "coordinator/policies.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"
#include "tests/check.h"

static struct database *
shop(const char *tags)
{
    struct database *database = database_new();
    record_set(&database->name, "shop-1");
    record_set(&database->engine, "mysql");
    record_set(&database->account, "12");
    record_set(&database->tags, tags);
    return database;
}

// A policy for an engine and an account ("" = any); engine NULL: only by tag.
static struct policy *
add(policies_t *policies, const char *name, const char *engine, const char *account)
{
    struct policy *policy = policy_new(name);
    struct policy *added = policy;
    if (engine) {
        policy->select = criteria_new();
        if (*engine)
            criteria_add_pattern(policy->select, CRITERIA_ENGINE, engine);
        if (*account)
            criteria_add_pattern(policy->select, CRITERIA_ACCOUNT, account);
    }
    policy_seal(policy);
    policies_add(policies, &policy);
    return added;
}

static void
require_choice(const policies_t *policies, const char *tags, enum policy_outcome outcome,
               const char *policy, const char *note)
{
    CLEAN(database_destroy) struct database *database = shop(tags);
    struct policy_choice choice;
    policies_choose(policies, database, &choice);
    assert_int_equal(choice.outcome, outcome);
    assert_string_equal(choice.policy ? choice.policy->name : "", policy);
    assert_string_equal(choice.note, note);
}

static void
the_most_specific_policy_has_a_database(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    require_choice(policies, "{}", POLICY_UNMATCHED, "", "no policy selects it");
    add(policies, "pg", "postgres", "");
    require_choice(policies, "{}", POLICY_UNMATCHED, "", "no policy selects it");
    add(policies, "all", "", "");
    require_choice(policies, "{}", POLICY_SELECTED, "all", "'all' selects it");
    add(policies, "account", "", "12");
    add(policies, "mysql", "mysql", "");
    require_choice(policies, "{}", POLICY_SELECTED, "account", "'account' selects it");
    add(policies, "both", "mysql", "12");
    require_choice(policies, "", POLICY_SELECTED, "both", "'both' selects it");
    assert_ptr_equal(policies_by_name(policies, "both"), policies_at(policies, 4));
    assert_null(policies_by_name(policies, "none"));
    assert_int_equal(policies_count(policies), 5);
}

static void
a_higher_precedence_decides_between_equally_specific_ones(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    add(policies, "first", "mysql", "");
    struct policy *second = add(policies, "second", "mysql", "");
    size_t index = 0;
    struct error error = {0};
    require_choice(policies, "{}", POLICY_TIE, "first",
                   "'first' and 'second' match it and are equally specific: give one of them a "
                   "higher `precedence`");
    assert_int_equal(policies_check(policies, &index, &error), -1);
    second->precedence = 1;
    require_choice(policies, "{}", POLICY_SELECTED, "second", "'second' selects it");
    assert_int_equal(policies_check(policies, &index, &error), 0);
}

static void
a_tie_below_the_best_is_none(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    add(policies, "first", "mysql", "");
    add(policies, "second", "mysql", "");
    add(policies, "best", "", "12");
    require_choice(policies, "{}", POLICY_SELECTED, "best", "'best' selects it");
}

static void
a_tie_is_found_with_a_database_that_shows_it(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    add(policies, "one", "my*", "");
    add(policies, "other", "postgres", "");
    struct policy *third = add(policies, "third", "*sql", "");
    size_t index = 0;
    struct error error = {0};
    assert_int_equal(policies_check(policies, &index, &error), -1);
    assert_int_equal(index, 2);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_string_equal(error.message,
                        "a database with engine 'mysql' would be in 'one' and 'third', which are "
                        "equally specific: select more narrowly in one of them or give it a "
                        "higher `precedence`");
    criteria_add_nested(third->select, CRITERIA_NOT);
    policy_seal(third);
    assert_int_equal(policies_check(policies, &index, &error), 0);
}

static void
an_owner_picks_a_selectable_policy_by_tag(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    add(policies, "account", "", "12");
    struct policy *gold = add(policies, "gold", NULL, "");
    require_choice(policies, "{\"dbhaul:policy\":\"gold\"}", POLICY_SELECTED, "account",
                   "its tag dbhaul:policy names 'gold', which is not selectable; 'account' "
                   "selects it");
    gold->is_selectable = 1;
    require_choice(policies, "{\"dbhaul:policy\":\"gold\"}", POLICY_TAGGED, "gold",
                   "its owner picked 'gold' by the tag dbhaul:policy");
    require_choice(policies, "{\"dbhaul:policy\":\"silver\"}", POLICY_SELECTED, "account",
                   "its tag dbhaul:policy names 'silver', which is no policy; 'account' selects "
                   "it");
    require_choice(policies, "{\"dbhaul:policy\":\"\"}", POLICY_SELECTED, "account",
                   "'account' selects it");
    require_choice(policies, "{}", POLICY_SELECTED, "account", "'account' selects it");
}

static void
a_tag_is_told_of_so_that_its_loss_can_be_seen(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    CLEAN(database_destroy)
    struct database *database =
        shop("{\"dbhaul:policy\":\"a-name-that-is-longer-than-any-policy-may-have-is-cut-short-"
             "here-and-not-in-the-catalog\"}");
    struct policy_choice choice;
    policies_choose(policies, database, &choice);
    assert_int_equal(strlen(choice.tag), POLICY_NAME_MAX);
    record_set(&database->tags, "{\"dbhaul:policy\":\"gold\"}");
    policies_choose(policies, database, &choice);
    assert_string_equal(choice.tag, "gold");
    record_set(&database->tags, "{}");
    policies_choose(policies, database, &choice);
    assert_string_equal(choice.tag, "");
}

// Owners of databases are no operators: whatever they write, it is a name of the list or nothing.
static void
a_hostile_tag_picks_nothing(void **state)
{
    (void)state;
    static const char *const hostile[] = {
        "{\"dbhaul:policy\":\"GOLD\"}",
        "{\"dbhaul:policy\":\"gold \"}",
        "{\"dbhaul:policy\":\"gold\\n\"}",
        "{\"dbhaul:policy\":\"gold\\u0000\"}",
        "{\"dbhaul:policy\":\"g\\u200bold\"}",
        "{\"dbhaul:policy\":\"g\xd0\xbeld\"}",
        "{\"dbhaul:policy\":\"*\"}",
        "{\"dbhaul:policy\":\"[g]old\"}",
        "{\"dbhaul:policy\":\"gold,none\"}",
        "{\"dbhaul:policy\":\"None\"}",
        "{\"dbhaul:policy\":\"' OR 1=1 --\"}",
        "{\"dbhaul:policy\":\"%s%n%s%n\"}",
        "{\"dbhaul:policy\":\"\\u001b[2J\\u202egold\"}",
        "{\"dbhaul:policy\":\"a\",\"dbhaul:policy\":\"gold\"}",
        "{\"dbhaul:policy\":[\"gold\"]}",
        "{\"dbhaul:policy\":{\"gold\":\"gold\"}}",
        "{\"dbhaul:policy\":true}",
        "{\"DBHAUL:POLICY\":\"gold\",\"policy\":\"gold\",\"dbhaul:policy \":\"gold\"}",
        "{\"x\":\"\\\",\\\"dbhaul:policy\\\":\\\"gold\"}",
        "{\"dbhaul:policy\":\"gold\"",
        "[{\"dbhaul:policy\":\"gold\"}]",
        "\"dbhaul:policy\"",
        "{\"dbhaul:policy\":\"hidden\"}",
        "{\"dbhaul:policy\":\"\xff\xfe\"}",
    };
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    add(policies, "account", "", "12");
    add(policies, "gold", NULL, "")->is_selectable = 1;
    add(policies, "hidden", NULL, "");
    for (size_t index = 0; index < sizeof hostile / sizeof *hostile; index++) {
        CLEAN(database_destroy) struct database *database = shop(hostile[index]);
        struct policy_choice choice;
        policies_choose(policies, database, &choice);
        if (choice.outcome != POLICY_SELECTED || strcmp(choice.policy->name, "account") != 0)
            fail_msg("%s: %s", hostile[index], choice.note);
        for (const char *at = choice.note; *at; at++)
            assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
    }
}

// What is kept of it is short, and whole characters.
static void
a_long_tag_is_cut_between_characters(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    CLEAN(memory_free) char *value = memory_get(2 * LONG + 1);
    for (size_t index = 0; index < LONG; index++)
        memcpy(value + 2 * index, "\xc3\xa4", 2);
    CLEAN(memory_free) char *tags = memory_format("{\"" POLICY_TAG "\":\"%s\"}", value);
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    CLEAN(database_destroy) struct database *database = shop(tags);
    struct policy_choice choice;
    policies_choose(policies, database, &choice);
    assert_int_equal(choice.outcome, POLICY_UNMATCHED);
    assert_int_equal(strlen(choice.tag), POLICY_NAME_MAX);
    CLEAN(memory_free) char *cleaned = memory_copy_text(choice.note);
    text_clean(cleaned);
    assert_string_equal(cleaned, choice.note);
}

static void
an_owner_opts_out_where_the_policy_allows_it(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    static const char tags[] = "{\"dbhaul:policy\":\"none\"}";
    require_choice(policies, tags, POLICY_OPTED_OUT, "",
                   "its owner opted out by the tag dbhaul:policy");
    struct policy *account = add(policies, "account", "", "12");
    require_choice(policies, tags, POLICY_OPTED_OUT, "account",
                   "its owner opted out by the tag dbhaul:policy of 'account'");
    account->may_opt_out = 0;
    require_choice(policies, tags, POLICY_SELECTED, "account",
                   "its tag dbhaul:policy wants to opt out, which 'account' does not allow; "
                   "'account' selects it");
}

static void
require_row(const table_t *table, size_t row, const char *policy, const char *verdict,
            const char *reason)
{
    assert_string_equal(table_cell(table, row, 0), policy);
    assert_string_equal(table_cell(table, row, 1), verdict);
    assert_string_equal(table_cell(table, row, 2), reason);
}

static void
explaining_says_why_and_of_each_other_policy_why_not(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    add(policies, "pg", "postgres", "");
    add(policies, "all", "", "");
    add(policies, "mysql", "mysql", "");
    struct policy *better = add(policies, "better", "mysql", "");
    add(policies, "gold", NULL, "")->is_selectable = 1;
    better->precedence = 3;
    better->retention.last = 4;
    CLEAN(database_destroy) struct database *database = shop("{}");
    CLEAN(table_destroy) table_t *table = policies_explain(policies, database);
    assert_int_equal(table_rows(table), 5);
    require_row(table, 0, "better", "selected", "'better' selects it");
    require_row(table, 1, "pg", "no", "its engine is 'mysql', not 'postgres'");
    require_row(table, 2, "all", "matches", "'better' says more about the engine");
    require_row(table, 3, "mysql", "matches",
                "it is as specific as 'better', whose `precedence` is higher");
    require_row(table, 4, "gold", "no", "it is only for databases whose tag names it");
    assert_string_equal(table_cell(table, 0, 4), "the last 4");
    assert_string_equal(table_cell(table, 1, 4), "");

    record_set(&database->tags, "{\"dbhaul:policy\":\"gold\"}");
    CLEAN(table_destroy) table_t *tagged = policies_explain(policies, database);
    require_row(tagged, 0, "gold", "tagged", "its owner picked 'gold' by the tag dbhaul:policy");
    require_row(tagged, 4, "better", "matches", "the owner's tag picked 'gold'");
    assert_string_equal(table_cell(tagged, 0, 4), "all sets stay");
}

static void
explaining_names_both_sides_of_a_tie_and_those_who_match_nothing(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    CLEAN(database_destroy) struct database *database = shop("{}");
    add(policies, "pg", "postgres", "");
    CLEAN(table_destroy) table_t *nothing = policies_explain(policies, database);
    require_row(nothing, 0, "", "unmatched", "no policy selects it");
    require_row(nothing, 1, "pg", "no", "its engine is 'mysql', not 'postgres'");
    add(policies, "first", "mysql", "");
    add(policies, "second", "mysql", "");
    CLEAN(table_destroy) table_t *tie = policies_explain(policies, database);
    assert_string_equal(table_cell(tie, 0, 1), "tie");
    require_row(tie, 2, "second", "matches", "it is as specific as 'first'");
}

// ---- the digest

static void
change_what(struct what *self, int what)
{
    struct error error = {0};
    int64_t *numbers[] = {&self->read_limit_bytes, &self->lock_wait_ms, &self->packet_bytes};
    char **texts[] = {&self->secret, &self->authority};
    if (what < WHAT_LISTS)
        assert_int_equal(what_add(self, (enum what_list)what, "a.b", &error), 0);
    else if (what < WHAT_LISTS + 3)
        ++*numbers[what - WHAT_LISTS];
    else if (what < WHAT_LISTS + 5)
        record_set(texts[what - WHAT_LISTS - 3], "other");
    else if (what == WHAT_LISTS + 5)
        self->read_from[self->read_from_count++] = WHAT_REPLICA;
    else if (what == WHAT_LISTS + 6)
        self->statement_limit_ms++;
    else if (what == WHAT_LISTS + 7)
        self->ways[self->way_count++] = WHAT_SINGLE;
    else if (what == WHAT_LISTS + 8)
        self->by_speed = 1;
    else
        self->throttle[what - WHAT_LISTS - 9]++;
}

static void
change(struct policy *policy, int what)
{
    char **texts[] = {&policy->name, &policy->cron, &policy->zone, &policy->store, &policy->tool};
    int64_t *numbers[] = {&policy->precedence,         &policy->schedule.window_ms,
                          &policy->schedule.spread_ms, &policy->time_limit_ms,
                          &policy->priority,           &policy->jobs,
                          &policy->connections,        &policy->range_bytes};
    int *flags[] = {&policy->is_selectable, &policy->may_opt_out, &policy->password_hashes};
    if (what < 5)
        record_set(texts[what], "other");
    else if (what < 13)
        ++*numbers[what - 5];
    else if (what < 16)
        *flags[what - 13] = !*flags[what - 13];
    else if (what == 16)
        policy->schedule.missed = SCHEDULE_ONCE;
    else if (what >= 22)
        change_what(&policy->what, what - 22);
    else if (what == 17)
        policy->select = criteria_new();
    else if (what == 18 || what == 19)
        ++*(what == 18 ? &policy->promise_good_ms : &policy->promise_offsite_ms);
    else if (what > 19)
        wanted_set(&policy->workers, "region", WANTED_SAME, what == 21);
}

static void
whatever_is_changed_changes_the_digest(void **state)
{
    (void)state;
    enum { CHANGES = 22 + WHAT_LISTS + 9 + WHAT_THROTTLES };
    char digests[CHANGES + 1][DIGEST_HEX_SIZE];
    for (int what = 0; what <= CHANGES; what++) {
        CLEAN(policy_destroy) struct policy *policy = policy_new("nightly");
        if (what < CHANGES)
            change(policy, what);
        policy_seal(policy);
        memcpy(digests[what], policy->digest, DIGEST_HEX_SIZE);
        for (int before = 0; before < what; before++)
            assert_string_not_equal(digests[before], digests[what]);
    }
}

static void
policies_that_are_gone_are_named(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *before = policies_new();
    CLEAN(policies_destroy) policies_t *now = policies_new();
    add(now, "a", "x", "");
    add(now, "new", "y", "");
    add(before, "b", "x", "");
    add(before, "a", "y", "");
    add(before, "c", "z", "");
    CLEAN(memory_free) char *gone = policies_gone(now, before);
    assert_string_equal(gone, "'b', 'c'");
    CLEAN(memory_free) char *none = policies_gone(before, before);
    assert_string_equal(none, "");
    for (int index = 0; index < 9; index++) {
        char name[8];
        snprintf(name, sizeof name, "d%d", index);
        add(before, name, name, "");
    }
    CLEAN(memory_free) char *many = policies_gone(now, before);
    assert_string_equal(many,
                        "'b', 'c', 'd0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7' and 1 more");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_specific_policy_has_a_database),
        cmocka_unit_test(a_higher_precedence_decides_between_equally_specific_ones),
        cmocka_unit_test(a_tie_below_the_best_is_none),
        cmocka_unit_test(a_tie_is_found_with_a_database_that_shows_it),
        cmocka_unit_test(an_owner_picks_a_selectable_policy_by_tag),
        cmocka_unit_test(a_tag_is_told_of_so_that_its_loss_can_be_seen),
        cmocka_unit_test(a_hostile_tag_picks_nothing),
        cmocka_unit_test(a_long_tag_is_cut_between_characters),
        cmocka_unit_test(an_owner_opts_out_where_the_policy_allows_it),
        cmocka_unit_test(explaining_says_why_and_of_each_other_policy_why_not),
        cmocka_unit_test(explaining_names_both_sides_of_a_tie_and_those_who_match_nothing),
        cmocka_unit_test(whatever_is_changed_changes_the_digest),
        cmocka_unit_test(policies_that_are_gone_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
