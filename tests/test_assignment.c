#include "coordinator/assignment.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "tests/check.h"

static const struct policy nightly = {.name = "nightly",
                                      .promise_good_ms = 26,
                                      .promise_offsite_ms = 48},
                           gold = {.name = "gold", .promise_good_ms = 5};

static const struct policy_choice selected = {POLICY_SELECTED, .policy = &nightly, .note = "by it"},
                                  other = {POLICY_SELECTED, .policy = &gold, .note = "by it"},
                                  tagged = {POLICY_TAGGED, .policy = &gold, .tag = "gold",
                                            .note = "its owner picked it"},
                                  tagged_other = {POLICY_TAGGED, .policy = &nightly,
                                                  .tag = "nightly", .note = "its owner picked it"},
                                  refused = {POLICY_SELECTED, .policy = &nightly, .tag = "gold",
                                             .note = "its tag names 'gold'"},
                                  opted_out = {POLICY_OPTED_OUT, .policy = &nightly, .tag = "none",
                                               .note = "its owner opted out"},
                                  unmatched = {POLICY_UNMATCHED, .note = "no policy selects it"},
                                  tie = {POLICY_TIE, .policy = &nightly, .other = &gold,
                                         .note = "both match it"};

static void
take_at(struct assignment *self, const struct policy_choice *choice, int64_t unix_ms,
        const char *kind, const char *message)
{
    struct assignment_turn turn;
    assignment_take(self, choice, "", unix_ms, &turn);
    assert_string_equal(turn.kind ? turn.kind : "", kind);
    assert_string_equal(turn.message, message);
    assignment_take(self, choice, "", unix_ms + 1, &turn);  // nothing is told twice
    assert_null(turn.kind);
    assert_int_equal(turn.is_changed, 0);
}

static void
take(struct assignment *self, const struct policy_choice *choice, const char *kind,
     const char *message)
{
    take_at(self, choice, 7, kind, message);
}

// A new database with this first choice, which tells nothing of itself.
static struct database *
begin(const struct policy_choice *choice)
{
    struct database *database = database_new();
    take(&database->assignment, choice, "", "");
    return database;
}

static void
the_record_is_what_was_chosen(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = begin(&selected);
    struct assignment *self = &database->assignment;
    assert_string_equal(self->policy, "nightly");
    assert_string_equal(self->outcome, "selected");
    assert_string_equal(self->tag, "");
    assert_int_equal(self->good_ms, 26);
    assert_int_equal(self->offsite_ms, 48);
    take(self, &tie, "policy lost", "'nightly' -> nothing: both match it");
    assert_string_equal(self->policy, "");
    assert_string_equal(self->outcome, "tie");
    assert_int_equal(self->good_ms, 0);
    assert_int_equal(self->offsite_ms, 0);
}

static void
of_a_new_database_only_what_its_tag_says_is_told(void **state)
{
    (void)state;
    const struct policy_choice *const quiet[] = {&selected, &tagged, &unmatched, &tie};
    for (size_t index = 0; index < sizeof quiet / sizeof *quiet; index++) {
        CLEAN(database_destroy) struct database *database = begin(quiet[index]);
        assert_string_equal(database->assignment.outcome,
                            policy_outcome_name(quiet[index]->outcome));
    }
    CLEAN(database_destroy) struct database *out = database_new();
    take(&out->assignment, &opted_out, "opted out", "its owner opted out");
    CLEAN(database_destroy) struct database *wrong = database_new();
    take(&wrong->assignment, &refused, "tag refused", "its tag names 'gold'");
}

static void
a_tag_picks_and_is_lost(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = begin(&selected);
    struct assignment *self = &database->assignment;
    take(self, &tagged, "picked", "'nightly' -> 'gold': its owner picked it");
    assert_int_equal(self->lost_ms, 0);
    take(self, &tagged_other, "picked", "'gold' -> 'nightly': its owner picked it");
    take(self, &tagged, "picked", "'nightly' -> 'gold': its owner picked it");
    take_at(self, &selected, 100, "tag lost", "'gold' -> 'nightly': by it");
    assert_string_equal(self->lost_policy, "gold");
    assert_int_equal(self->lost_ms, 100);
    take_at(self, &unmatched, 200, "policy lost", "'nightly' -> nothing: no policy selects it");
    assert_int_equal(self->lost_ms, 100);
    take(self, &tagged, "picked", "nothing -> 'gold': its owner picked it");
    assert_string_equal(self->lost_policy, "");
    assert_int_equal(self->lost_ms, 0);
}

// The policy is taken out of the configuration, or is not selectable any more.
static void
a_tag_that_picks_nothing_any_more_is_lost_as_well(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = begin(&tagged);
    struct assignment_turn turn;
    assignment_take(&database->assignment, &refused, "the configuration was read anew", 9, &turn);
    assert_string_equal(turn.kind, "tag lost");
    assert_string_equal(turn.message,
                        "'gold' -> 'nightly': its tag names 'gold'; the configuration was read "
                        "anew");
    assert_string_equal(database->assignment.lost_policy, "gold");
    assert_int_equal(database->assignment.lost_ms, 9);
}

static void
the_same_policy_by_criteria_is_a_tag_lost_too(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = begin(&tagged);
    take(&database->assignment, &other, "tag lost", "by it");
}

static void
opting_out_and_in_again_are_told(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = begin(&tagged);
    struct assignment *self = &database->assignment;
    take(self, &opted_out, "opted out", "'gold' -> opted out: its owner opted out");
    assert_string_equal(self->policy, "nightly");
    assert_string_equal(self->outcome, "opted out");
    assert_int_equal(self->good_ms, 0);
    assert_int_equal(self->lost_ms, 0);
    take(self, &unmatched, "opted in", "opted out -> nothing: no policy selects it");
    take(self, &opted_out, "opted out", "nothing -> opted out: its owner opted out");
    take(self, &selected, "opted in", "opted out -> 'nightly': by it");
}

static void
a_tag_that_changes_nothing_is_told_once(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = begin(&selected);
    struct assignment *self = &database->assignment;
    take(self, &refused, "tag refused", "its tag names 'gold'");
    struct policy_choice again = refused;
    snprintf(again.tag, sizeof again.tag, "silver");
    take(self, &again, "tag refused", "its tag names 'gold'");
    take(self, &selected, "", "");
    take(self, &refused, "tag refused", "its tag names 'gold'");
}

static void
another_policy_is_told(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = begin(&selected);
    struct assignment *self = &database->assignment;
    take(self, &other, "policy changed", "'nightly' -> 'gold': by it");
    take(self, &unmatched, "policy lost", "'gold' -> nothing: no policy selects it");
    take(self, &tie, "", "");
    take(self, &selected, "policy changed", "nothing -> 'nightly': by it");
}

static void
another_promise_is_written_and_not_told(void **state)
{
    (void)state;
    CLEAN(database_destroy) struct database *database = begin(&selected);
    struct policy changed = nightly;
    changed.promise_good_ms = 27;
    struct policy_choice choice = selected;
    choice.policy = &changed;
    struct assignment_turn turn;
    assignment_take(&database->assignment, &choice, "", 7, &turn);
    assert_null(turn.kind);
    assert_int_equal(turn.is_changed, 1);
    assert_int_equal(database->assignment.good_ms, 27);
}

static void
the_longest_message_is_cut(void **state)
{
    (void)state;
    char why[2 * ASSIGNMENT_MESSAGE_SIZE];
    memset(why, 'x', sizeof why - 1);
    why[sizeof why - 1] = '\0';
    CLEAN(database_destroy) struct database *database = begin(&selected);
    struct assignment_turn turn;
    assignment_take(&database->assignment, &unmatched, why, 7, &turn);
    assert_int_equal(strlen(turn.message), ASSIGNMENT_MESSAGE_SIZE - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_record_is_what_was_chosen),
        cmocka_unit_test(of_a_new_database_only_what_its_tag_says_is_told),
        cmocka_unit_test(a_tag_picks_and_is_lost),
        cmocka_unit_test(a_tag_that_picks_nothing_any_more_is_lost_as_well),
        cmocka_unit_test(the_same_policy_by_criteria_is_a_tag_lost_too),
        cmocka_unit_test(opting_out_and_in_again_are_told),
        cmocka_unit_test(a_tag_that_changes_nothing_is_told_once),
        cmocka_unit_test(another_policy_is_told),
        cmocka_unit_test(another_promise_is_written_and_not_told),
        cmocka_unit_test(the_longest_message_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
