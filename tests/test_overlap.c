#include "coordinator/overlap.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "tests/check.h"

static void
two_patterns_have_a_common_text_or_none(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        int meet;
    } cases[] = {
        {"a", "a", 1},
        {"a", "A", 1},
        {"a", "b", 0},
        {"shop-*", "*", 1},
        {"shop-*", "*-prod", 1},
        {"shop-*", "crm-*", 0},
        {"a?c", "ab*", 1},
        {"a?c", "abd", 0},
        {"*a*b*", "b*a", 1},
        {"*a*b*", "b*a*b", 1},
        {"", "*", 1},
        {"", "?*", 0},
        {"[ab]x", "b?", 0},
        {"[ab]x", "a?", 1},
        {"[!a]x", "x?", 1},
        {"\\*", "\\**", 1},
        {"**?**", "*", 1},
        {"a*a*a*a*a*a*a*a*", "*b*b*b*b*b*b*b", 1},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        char text[OVERLAP_TEXT_SIZE];
        for (int turned = 0; turned < 2; turned++) {
            const char *first = turned ? cases[index].second : cases[index].first;
            const char *second = turned ? cases[index].first : cases[index].second;
            int meet = overlap_text(first, second, text);
            // A bracket's first character stands for it: "[ab]x" and "b?" are not told.
            if (meet != cases[index].meet)
                fail_msg("'%s' and '%s': %d '%s'", first, second, meet, text);
            if (meet) {
                assert_int_equal(fnmatch(first, text, FNM_CASEFOLD), 0);
                assert_int_equal(fnmatch(second, text, FNM_CASEFOLD), 0);
            }
        }
    }
}

// Patterns of three letters' length over a small alphabet, held against all texts there are.
static void
a_common_text_is_found_whenever_there_is_a_short_one(void **state)
{
    (void)state;
    static const char letters[] = "ab*?";
    char first[4] = "", second[4] = "", found[OVERLAP_TEXT_SIZE];
    for (int pair = 0; pair < 64 * 64; pair++) {
        for (int at = 0; at < 3; at++) {
            first[at] = letters[pair >> (2 * at) & 3];
            second[at] = letters[pair >> (2 * at + 6) & 3];
        }
        int expected = 0;
        for (int length = 0; length <= 6 && !expected; length++) {
            for (int bits = 0; bits < 1 << length && !expected; bits++) {
                char text[8] = "";
                for (int at = 0; at < length; at++)
                    text[at] = bits >> at & 1 ? 'a' : 'b';
                expected = fnmatch(first, text, 0) == 0 && fnmatch(second, text, 0) == 0;
            }
        }
        if (overlap_text(first, second, found) != expected)
            fail_msg("'%s' and '%s' should give %d", first, second, expected);
    }
}

static void
the_longest_patterns_take_no_time_and_no_room(void **state)
{
    (void)state;
    char first[CRITERIA_PATTERN_MAX + 2], second[CRITERIA_PATTERN_MAX + 2];
    char text[OVERLAP_TEXT_SIZE];
    for (size_t at = 0; at < CRITERIA_PATTERN_MAX; at++) {
        first[at] = at % 2 ? '*' : 'a';
        second[at] = at % 2 ? 'b' : '*';
    }
    first[CRITERIA_PATTERN_MAX] = second[CRITERIA_PATTERN_MAX] = '\0';
    (void)overlap_text(first, second, text);
    memset(first, '?', CRITERIA_PATTERN_MAX);
    memset(second, '?', CRITERIA_PATTERN_MAX);
    assert_true(overlap_text(first, second, text));
    assert_int_equal(strlen(text), CRITERIA_PATTERN_MAX);
    first[CRITERIA_PATTERN_MAX] = 'a';
    first[CRITERIA_PATTERN_MAX + 1] = '\0';
    assert_false(overlap_text(first, second, text));
}

static int
overlap(const struct criteria *first, const struct criteria *second)
{
    size_t tries = 10000;
    CLEAN(database_destroy) struct database *database = NULL;
    CLEAN(database_destroy) struct database *turned = NULL;
    int found = overlap_find(first, second, &tries, &database);
    assert_int_equal(overlap_find(second, first, &tries, &turned), found);
    if (found) {
        struct criteria_subject subject;
        criteria_subject_open(&subject, database);
        assert_true(criteria_match(first, &subject) && criteria_match(second, &subject));
        criteria_subject_close(&subject);
    }
    return found;
}

static void
criteria_of_different_keys_share_a_database(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *first = criteria_new();
    CLEAN(criteria_destroy) struct criteria *second = criteria_new();
    assert_true(overlap(first, second));
    criteria_add_pattern(first, CRITERIA_REGION, "eu-*");
    criteria_add_pattern(second, CRITERIA_ACCOUNT, "12");
    criteria_add_tag(first, "env", "prod");
    criteria_add_tag(second, "team", "*");
    assert_true(overlap(first, second));
    criteria_add_tag(second, "env", "p*");
    assert_true(overlap(first, second));
    criteria_add_pattern(criteria_add_nested(first, CRITERIA_AND), CRITERIA_REGION, "*-1");
    assert_true(overlap(first, second));
}

static void
criteria_that_exclude_each_other_share_none(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *first = criteria_new();
    CLEAN(criteria_destroy) struct criteria *second = criteria_new();
    criteria_add_pattern(first, CRITERIA_ACCOUNT, "11");
    criteria_add_pattern(first, CRITERIA_ACCOUNT, "12");
    criteria_add_pattern(second, CRITERIA_ACCOUNT, "13");
    assert_false(overlap(first, second));
    criteria_add_pattern(second, CRITERIA_ACCOUNT, "12");
    assert_true(overlap(first, second));
    criteria_add_tag(first, "env", "prod");
    criteria_add_tag(second, "env", "test*");
    assert_false(overlap(first, second));
}

static void
alternatives_are_tried_in_turn(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *first = criteria_new();
    CLEAN(criteria_destroy) struct criteria *second = criteria_new();
    for (int index = 0; index < 5; index++) {
        char name[8];
        snprintf(name, sizeof name, "a%d", index);
        criteria_add_pattern(criteria_add_nested(first, CRITERIA_OR), CRITERIA_NAME, name);
        snprintf(name, sizeof name, "a%d", index + 4);
        criteria_add_pattern(criteria_add_nested(second, CRITERIA_OR), CRITERIA_NAME, name);
    }
    assert_true(overlap(first, second));
    criteria_add_pattern(criteria_add_nested(second, CRITERIA_NOT), CRITERIA_NAME, "a4");
    assert_false(overlap(first, second));
}

static void
more_alternatives_than_are_looked_at_do_no_harm(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *first = criteria_new();
    CLEAN(criteria_destroy) struct criteria *second = criteria_new();
    for (int depth = 0; depth < 12; depth++) {
        struct criteria *choice = criteria_add_nested(first, CRITERIA_AND);
        for (int index = 0; index < 12; index++) {
            char name[24];
            snprintf(name, sizeof name, "*%d-%d*", depth, index);
            criteria_add_pattern(criteria_add_nested(choice, CRITERIA_OR), CRITERIA_NAME, name);
        }
    }
    size_t tries = 1000;
    CLEAN(database_destroy) struct database *database = NULL;
    overlap_find(first, second, &tries, &database);
    tries = 0;
    CLEAN(database_destroy) struct database *none = NULL;
    assert_false(overlap_find(first, first, &tries, &none));
}

// So that policies of a hostile file are read in little time.
static void
whatever_is_looked_at_takes_from_the_tries(void **state)
{
    (void)state;
    CLEAN(criteria_destroy) struct criteria *first = criteria_new();
    CLEAN(criteria_destroy) struct criteria *second = criteria_new();
    for (int index = 0; index < 8; index++) {
        struct criteria *choice = criteria_add_nested(index % 2 ? first : second, CRITERIA_AND);
        for (int tag = 0; tag < 8; tag++)
            criteria_add_tag(criteria_add_nested(choice, CRITERIA_OR), "k",
                             index % 2 ? "here" : "there");
    }
    size_t tries = 1000000;
    CLEAN(database_destroy) struct database *database = NULL;
    assert_false(overlap_find(first, second, &tries, &database));
    assert_in_range(tries, 1, 960000);
    tries = 1000;
    assert_false(overlap_find(first, second, &tries, &database));
    assert_int_equal(tries, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_patterns_have_a_common_text_or_none),
        cmocka_unit_test(a_common_text_is_found_whenever_there_is_a_short_one),
        cmocka_unit_test(the_longest_patterns_take_no_time_and_no_room),
        cmocka_unit_test(criteria_of_different_keys_share_a_database),
        cmocka_unit_test(criteria_that_exclude_each_other_share_none),
        cmocka_unit_test(alternatives_are_tried_in_turn),
        cmocka_unit_test(more_alternatives_than_are_looked_at_do_no_harm),
        cmocka_unit_test(whatever_is_looked_at_takes_from_the_tries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
