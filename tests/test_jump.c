#include "coordinator/jump.h"

#include <string.h>

#include "tests/check.h"

static const struct jump_rules rules = {JUMP_GROWTH, JUMP_SHRINK};
static const struct jump_series none;

enum { MIB = 1 << 20 };

// Judges a size after those of the list, which 0 ends; all in MiB.
static const char *
after(const int64_t *past, int64_t now)
{
    static char text[JUMP_TEXT_SIZE];
    struct jump_series bytes = {.now = now * MIB};
    for (; past[bytes.count]; bytes.count++)
        bytes.past[bytes.count] = past[bytes.count] * MIB;
    int jumps = jump_judge(&rules, &bytes, &none, text);
    assert_int_equal(jumps, *text != '\0');
    return text;
}

#define PAST(...) ((const int64_t[]){__VA_ARGS__, 0})

static void
what_is_usual_is_no_jump(void **state)
{
    (void)state;
    assert_string_equal(after(PAST(100, 101, 102), 104), "");
    assert_string_equal(after(PAST(100, 101, 102), 300), "");
    assert_string_equal(after(PAST(100, 101, 102), 51), "");
}

static void
both_directions_are_told(void **state)
{
    (void)state;
    assert_non_null(strstr(after(PAST(100, 101, 102), 304), "a mass change"));
    assert_non_null(strstr(after(PAST(100, 101, 102), 50), "a mass deletion"));
    assert_non_null(strstr(after(PAST(100, 101, 102), 50), "has 50 MiB, and the 3 sets before it "
                                                           "had 101 (median)"));
}

static void
the_first_sets_say_nothing(void **state)
{
    (void)state;
    assert_string_equal(after(PAST(100), 9000), "");
    assert_string_equal(after(PAST(100, 100), 1), "");
}

// Neither before it nor after it.
static void
one_odd_night_counts_for_nothing(void **state)
{
    (void)state;
    assert_string_equal(after(PAST(100, 1, 101, 9000, 102), 100), "");
    assert_string_not_equal(after(PAST(100, 1, 101, 100, 102), 1), "");
}

static void
who_changes_much_has_to_change_more(void **state)
{
    (void)state;
    assert_string_equal(after(PAST(100, 10, 200, 20, 300), 350), "");
    assert_string_not_equal(after(PAST(100, 10, 200, 20, 300), 900), "");
}

static void
what_is_little_in_itself_is_none(void **state)
{
    (void)state;
    char text[JUMP_TEXT_SIZE];
    struct jump_series bytes = {.past = {1000, 1000, 1000}, .count = 3, .now = 500000};
    assert_int_equal(jump_judge(&rules, &bytes, &none, text), 0);
    bytes.now += MIB;
    assert_int_equal(jump_judge(&rules, &bytes, &none, text), 1);
}

static void
rows_jump_where_bytes_do_not(void **state)
{
    (void)state;
    char text[JUMP_TEXT_SIZE];
    struct jump_series bytes = {
        .past = {50 * MIB, 50 * MIB, 50 * MIB}, .count = 3, .now = 49 * MIB};
    struct jump_series rows = {.past = {90000, 90001, 90002}, .count = 3, .now = 20000};
    assert_int_equal(jump_judge(&rules, &bytes, &rows, text), 1);
    assert_non_null(strstr(text, "20000 rows"));
    rows.now = 0;  // they were not counted
    assert_int_equal(jump_judge(&rules, &bytes, &rows, text), 0);
    rows = (struct jump_series){.past = {90000, 0, 0}, .count = 3, .now = 20000};
    assert_int_equal(jump_judge(&rules, &bytes, &rows, text), 0);
}

static void
what_is_off_is_not_told(void **state)
{
    (void)state;
    char text[JUMP_TEXT_SIZE];
    static const struct jump_rules off = {0, 0};
    struct jump_series bytes = {.past = {99 * MIB, 99 * MIB, 99 * MIB}, .count = 3, .now = 0};
    assert_int_equal(jump_judge(&off, &bytes, &none, text), 0);
    bytes.now = INT64_MAX;
    assert_int_equal(jump_judge(&off, &bytes, &none, text), 0);
    assert_int_equal(jump_judge(&rules, &bytes, &none, text), 1);
    bytes = (struct jump_series){.count = 3, .now = INT64_MAX};  // empty sets before
    assert_int_equal(jump_judge(&rules, &bytes, &none, text), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_usual_is_no_jump),
        cmocka_unit_test(both_directions_are_told),
        cmocka_unit_test(the_first_sets_say_nothing),
        cmocka_unit_test(one_odd_night_counts_for_nothing),
        cmocka_unit_test(who_changes_much_has_to_change_more),
        cmocka_unit_test(what_is_little_in_itself_is_none),
        cmocka_unit_test(rows_jump_where_bytes_do_not),
        cmocka_unit_test(what_is_off_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
