// Cuts of tables: where they are, and that they stay.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/ranges.h"

// A table: its keys, in order.
struct keys {
    int64_t *items;
    size_t count;
};

static size_t
keys_below(const struct keys *keys, const char *edge)
{
    size_t count = 0;
    int64_t number = edge ? strtoll(edge, NULL, 10) : 0;
    while (count < keys->count && (!edge || keys->items[count] < number))
        count++;
    return count;
}

static int
estimate(void *context, const char *low, const char *high, uint64_t *rows, struct error *error)
{
    (void)error;
    const struct keys *keys = context;
    *rows = keys_below(keys, high) - (low ? keys_below(keys, low) : 0);
    return 0;
}

// Keys that are no integers are tested with integers, too.
static int
edge_after(void *context, const char *low, const char *high, uint64_t rows, char **edge,
           struct error *error)
{
    (void)error;
    const struct keys *keys = context;
    size_t at = (low ? keys_below(keys, low) : 0) + rows;
    *edge = at < keys_below(keys, high) ? memory_format("%lld", (long long)keys->items[at]) : NULL;
    return 0;
}

static void
keys_fill(struct keys *keys, size_t count, int64_t start, int64_t step)
{
    keys->items = memory_resize(keys->items, (keys->count + count) * sizeof *keys->items);
    for (size_t i = 0; i < count; i++)
        keys->items[keys->count++] = start + (int64_t)i * step;
}

static void
keys_clear(struct keys *keys)
{
    memory_free(&keys->items);
}

// The ranges' edges, and that they hold each key once and no more rows than they should.
static ranges_t *
make(struct keys *keys, const ranges_t *before, int is_integer, uint64_t rows)
{
    struct error error = {0};
    CLEAN(memory_free)
    char *low = memory_format("%lld", (long long)keys->items[0]);
    CLEAN(memory_free)
    char *high = memory_format("%lld", (long long)keys->items[keys->count - 1]);
    const char *edges[RANGES_OF_TABLE_MAX];
    struct ranges_wish wish = {
        .rows = rows, .is_integer = is_integer, .low = low, .high = high, .edges = edges};
    struct ranges_ways ways = {.context = keys, .estimate = estimate, .edge_after = edge_after};
    for (size_t i = 1; before && i < ranges_count(before); i++)
        edges[wish.edge_count++] = ranges_at(before, i)->low;
    ranges_t *ranges = NULL;
    if (ranges_make(&ranges, &wish, &ways, &error))
        fail_msg("%s", error.message);
    size_t count = ranges_count(ranges);
    assert_null(ranges_at(ranges, 0)->low);
    assert_null(ranges_at(ranges, count - 1)->high);
    for (size_t i = 1; i < count; i++) {
        assert_string_equal(ranges_at(ranges, i - 1)->high, ranges_at(ranges, i)->low);
        assert_true(i == 1 || strtoll(ranges_at(ranges, i - 1)->low, NULL, 10) <
                                  strtoll(ranges_at(ranges, i)->low, NULL, 10));
    }
    return ranges;
}

static void
assert_edges_kept(const ranges_t *before, const ranges_t *after)
{
    size_t at = 1;
    for (size_t i = 1; i < ranges_count(before); i++) {
        while (at < ranges_count(after) &&
               strcmp(ranges_at(before, i)->low, ranges_at(after, at)->low) != 0)
            at++;
        assert_true(at < ranges_count(after));
    }
}

static void
a_small_table_is_one_range(void **state)
{
    (void)state;
    struct keys keys = {0};
    keys_fill(&keys, 100, 1, 1);
    CLEAN(ranges_destroy) ranges_t *ranges = make(&keys, NULL, 1, 100);
    assert_int_equal(ranges_count(ranges), 1);
    keys_clear(&keys);
}

static void
integers_are_cut_at_multiples_of_powers_of_two(void **state)
{
    (void)state;
    struct keys keys = {0};
    keys_fill(&keys, 10000, 1, 1);
    CLEAN(ranges_destroy) ranges_t *ranges = make(&keys, NULL, 1, 1100);
    for (size_t i = 1; i < ranges_count(ranges); i++)
        assert_int_equal(strtoll(ranges_at(ranges, i)->low, NULL, 10) % 1024, 0);
    assert_in_range(ranges_count(ranges), 9, 10);
    // Whatever the first and the last are.
    struct keys others = {0};
    keys_fill(&others, 9980, 15, 1);
    CLEAN(ranges_destroy) ranges_t *same = make(&others, NULL, 1, 1100);
    assert_edges_kept(same, ranges);
    keys_clear(&others);
    keys_clear(&keys);
}

static void
negative_and_far_away_keys_get_no_files_of_their_own(void **state)
{
    (void)state;
    struct keys keys = {0};
    keys_fill(&keys, 3, -4000000000, 1);
    keys_fill(&keys, 8192, 0, 1);
    keys_fill(&keys, 3, INT64_C(9000000000000000000), 1);
    CLEAN(ranges_destroy) ranges_t *ranges = make(&keys, NULL, 1, 1100);
    assert_int_equal(ranges_count(ranges), 8);
    keys_clear(&keys);
}

static void
cuts_stay_while_a_table_grows_at_its_end(void **state)
{
    for (int is_integer = 0; is_integer <= 1; is_integer++) {
        struct keys keys = {0};
        ranges_t *before = NULL;
        (void)state;
        keys_fill(&keys, 5000, 1, 1);
        for (int night = 0; night < 20; night++) {
            ranges_t *after = make(&keys, before, is_integer, 1000);
            if (before)
                assert_edges_kept(before, after);
            for (size_t i = 0; i < ranges_count(after); i++)
                assert_true(ranges_at(after, i)->rows <= 2000);
            assert_true(ranges_count(after) <= keys.count / 400);
            ranges_destroy(&before);
            before = after;
            keys_fill(&keys, 700, (int64_t)keys.count + 1, 1);
        }
        ranges_destroy(&before);
        keys_clear(&keys);
    }
}

static void
a_range_that_doubled_is_cut_and_no_other(void **state)
{
    (void)state;
    struct keys keys = {0}, grown = {0};
    keys_fill(&keys, 4000, 0, 16);
    CLEAN(ranges_destroy) ranges_t *before = make(&keys, NULL, 1, 1100);
    keys_fill(&grown, 16384, 0, 1);  // the first quarter is 16 times as dense
    keys_fill(&grown, 2976, 16384, 16);
    CLEAN(ranges_destroy) ranges_t *after = make(&grown, before, 1, 1100);
    assert_edges_kept(before, after);
    for (size_t i = 1; i < ranges_count(after); i++) {
        int64_t edge = strtoll(ranges_at(after, i)->low, NULL, 10);
        assert_true(edge <= 16384 || edge % 16384 == 0);
    }
    assert_true(ranges_count(after) >= ranges_count(before) + 10);
    keys_clear(&grown);
    keys_clear(&keys);
}

static int
no_estimate(void *context, const char *low, const char *high, uint64_t *rows, struct error *error)
{
    (void)context;
    (void)low;
    (void)high;
    (void)rows;
    return error_set(error, ERROR_UNAVAILABLE, "gone");
}

static void
a_server_that_does_not_answer_is_an_error(void **state)
{
    (void)state;
    struct ranges_wish wish = {.rows = 1, .is_integer = 1, .low = "1", .high = "2"};
    struct ranges_ways ways = {.estimate = no_estimate};
    struct error error = {0};
    ranges_t *ranges = NULL;
    assert_int_equal(ranges_make(&ranges, &wish, &ways, &error), -1);
    assert_null(ranges);
    assert_string_equal(error.message, "gone");
}

// ---- whatever the keys are and the server estimates

enum { TRIALS = 2000, EDGES = 8 };

// Of a fixed sequence: xorshift.
static uint64_t
next_random(void)
{
    static uint64_t number = UINT64_C(88172645463325252);
    number ^= number << 13;
    number ^= number >> 7;
    number ^= number << 17;
    return number;
}

// Near the ends, near 0, or anywhere; in the order of `bias`ed numbers.
static uint64_t
random_key(void)
{
    static const uint64_t places[] = {0, UINT64_C(1) << 63, UINT64_MAX - 40};
    uint64_t number = next_random();
    return number % 4 == 3 ? next_random() : places[number % 4] + (number >> 32) % 40;
}

static char *
key_text(uint64_t key, int is_unsigned)
{
    return is_unsigned ? memory_format("%llu", (unsigned long long)key)
                       : memory_format("%lld", (long long)(key - (UINT64_C(1) << 63)));
}

static uint64_t
key_number(const char *text, int is_unsigned)
{
    return is_unsigned ? strtoull(text, NULL, 10)
                       : (uint64_t)strtoll(text, NULL, 10) + (UINT64_C(1) << 63);
}

static int
guess(void *context, const char *low, const char *high, uint64_t *rows, struct error *error)
{
    (void)context;
    (void)low;
    (void)high;
    (void)error;
    *rows = next_random() % 500;
    return 0;
}

static int
compare_keys(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

static void
assert_in_one_range(const ranges_t *ranges, uint64_t key, int is_unsigned)
{
    size_t holders = 0;
    for (size_t i = 0; i < ranges_count(ranges); i++) {
        const struct range *range = ranges_at(ranges, i);
        holders += (!range->low || key >= key_number(range->low, is_unsigned)) &&
                   (!range->high || key < key_number(range->high, is_unsigned));
    }
    if (holders != 1)
        fail_msg("key %llu is in %zu of %zu ranges", (unsigned long long)key, holders,
                 ranges_count(ranges));
}

static void
try_any(int is_unsigned)
{
    uint64_t keys[EDGES];
    char *texts[EDGES];
    size_t count = 0;
    for (size_t i = 0; i < EDGES; i++)
        keys[i] = random_key();
    qsort(keys, EDGES, sizeof *keys, compare_keys);
    for (size_t i = 0; i < EDGES; i++) {
        if (count == 0 || keys[i] != keys[count - 1])
            keys[count++] = keys[i];
    }
    for (size_t i = 0; i < count; i++)
        texts[i] = key_text(keys[i], is_unsigned);
    CLEAN(ranges_destroy) ranges_t *ranges = NULL;
    struct error error = {0};
    uint64_t one = random_key(), other = random_key();
    CLEAN(memory_free) char *low = key_text(one < other ? one : other, is_unsigned);
    CLEAN(memory_free) char *high = key_text(one < other ? other : one, is_unsigned);
    struct ranges_wish wish = {.rows = 50,
                               .is_integer = 1,
                               .is_unsigned = is_unsigned,
                               .low = low,
                               .high = high,
                               .edges = (const char *const *)texts,
                               .edge_count = next_random() % (count + 1)};
    struct ranges_ways ways = {.estimate = guess};
    assert_int_equal(ranges_make(&ranges, &wish, &ways, &error), 0);
    for (size_t i = 0; i < 64; i++)
        assert_in_one_range(ranges, random_key(), is_unsigned);
    for (size_t i = 0; i < count; i++) {
        assert_in_one_range(ranges, keys[i], is_unsigned);
        assert_in_one_range(ranges, keys[i] - 1, is_unsigned);
        free(texts[i]);
    }
}

static void
any_key_is_in_one_range_whatever_is_estimated(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TRIALS; i++)
        try_any((int)(i % 2));
}

// Kept edges do not hold a set above its number of files.
static void
small_ranges_are_joined_if_there_are_too_many_files(void **state)
{
    (void)state;
    CLEAN(keys_clear) struct keys keys = {0};
    struct error error = {0};
    static const char *const edges[] = {"10", "20", "30", "40", "50", "60", "70", "80", "900"};
    struct ranges_ways ways = {.context = &keys, .estimate = estimate, .edge_after = edge_after};
    keys_fill(&keys, 1000, 0, 1);
    for (int is_integer = 0; is_integer < 2; is_integer++) {
        CLEAN(ranges_destroy) ranges_t *ranges = NULL;
        CLEAN(ranges_destroy) ranges_t *kept = NULL;
        struct ranges_wish wish = {.rows = 500,
                                   .is_integer = is_integer,
                                   .low = "0",
                                   .high = "999",
                                   .edges = edges,
                                   .edge_count = 9};
        assert_int_equal(ranges_make(&kept, &wish, &ways, &error), 0);
        assert_int_equal(ranges_count(kept), 10);
        wish.is_tight = 1;
        assert_int_equal(ranges_make(&ranges, &wish, &ways, &error), 0);
        assert_int_equal(ranges_count(ranges), 2);
        assert_string_equal(ranges_at(ranges, 0)->high, "900");
        assert_string_equal(ranges_at(ranges, 1)->low, "900");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_table_is_one_range),
        cmocka_unit_test(integers_are_cut_at_multiples_of_powers_of_two),
        cmocka_unit_test(negative_and_far_away_keys_get_no_files_of_their_own),
        cmocka_unit_test(cuts_stay_while_a_table_grows_at_its_end),
        cmocka_unit_test(a_range_that_doubled_is_cut_and_no_other),
        cmocka_unit_test(a_server_that_does_not_answer_is_an_error),
        cmocka_unit_test(any_key_is_in_one_range_whatever_is_estimated),
        cmocka_unit_test(small_ranges_are_joined_if_there_are_too_many_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
