// How many files a set has: how large ranges are, and how small tables share files.

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/ranges.h"

static void
a_set_keeps_to_its_number_of_files(void **state)
{
    (void)state;
    const uint64_t tib = UINT64_C(1) << 40;
    struct ranges_sizes none = ranges_sizes(0, 0, RANGES_FILES_MAX);
    assert_int_equal(none.target_bytes, RANGES_TARGET_BYTES);
    struct ranges_sizes some = ranges_sizes(tib / 1024, 1 << 20, RANGES_FILES_MAX);
    assert_int_equal(some.target_bytes, 1 << 20);
    assert_int_equal(some.small_bytes, 1 << 20);
    for (uint64_t bytes = tib / 1024; bytes <= 256 * tib; bytes *= 2) {
        for (uint64_t wanted_bytes = 0; wanted_bytes < 2; wanted_bytes++) {
            struct ranges_sizes sizes = ranges_sizes(bytes, wanted_bytes, RANGES_FILES_MAX);
            assert_true(bytes / sizes.small_bytes + bytes / sizes.target_bytes +
                            RANGES_BUCKETS_MAX <=
                        RANGES_FILES_MAX);
        }
    }
    assert_int_equal(ranges_buckets(&none, 0, 0), 1);
    assert_int_equal(ranges_buckets(&none, 1000, 10000), 32);
    assert_int_equal(ranges_buckets(&none, tib, 10), RANGES_BUCKETS_MAX);
}

// Whatever the first sizes are: in the end all tables are small, and few files hold them.
static void
sizes_grow_until_a_set_fits(void **state)
{
    (void)state;
    for (uint64_t files_max = 1; files_max <= RANGES_FILES_MAX; files_max *= 10) {
        struct ranges_sizes sizes = ranges_sizes(UINT64_C(1) << 50, 1, files_max);
        uint64_t target_bytes = sizes.target_bytes;
        assert_true(ranges_sizes_grow(&sizes));
        assert_int_equal(sizes.target_bytes, 2 * target_bytes);
        unsigned rounds = 1;
        while (ranges_sizes_grow(&sizes))
            assert_in_range(++rounds, 2, 70);
        assert_true(sizes.small_bytes > UINT64_C(1) << 50);
        assert_true(ranges_buckets(&sizes, UINT64_C(1) << 50, 1000000) <=
                    (files_max < 8 ? 1 : files_max / 8));
    }
}

static void
databases_share_files_by_their_bytes(void **state)
{
    (void)state;
    assert_int_equal(ranges_share(10000, 1, 5, 5), 10000);
    assert_int_equal(ranges_share(10000, 2, 0, 1000), 64);
    assert_int_equal(ranges_share(10000, 2, 1000, 1000), 10000 - 64);
    assert_int_equal(ranges_share(10000, 1000, 0, 0), 5);
    assert_int_equal(ranges_share(10, 10, 0, 0), 2);
    for (uint64_t count = 1; count <= 2500; count++) {
        uint64_t total = ranges_share(10000, count, 1 << 30, (1 << 30) + count - 1) +
                         (count - 1) * ranges_share(10000, count, 1, (1 << 30) + count - 1);
        assert_in_range(total, 1, 10000);
    }
}

static void
small_tables_are_spread_by_their_names(void **state)
{
    (void)state;
    unsigned counts[16] = {0};
    for (unsigned i = 0; i < 1600; i++) {
        CLEAN(memory_free) char *name = memory_format("table_%u", i);
        uint32_t bucket = ranges_bucket("shop", name, 16);
        assert_true(bucket < 16);
        assert_int_equal(bucket, ranges_bucket("shop", name, 16));
        counts[bucket]++;
    }
    for (size_t i = 0; i < 16; i++)
        assert_in_range(counts[i], 60, 140);
    // It must never change: else a night's files would all be new.
    assert_int_equal(ranges_bucket("shop", "orders", 1024), 0x1a5);
}

static void
more_tables_than_a_set_can_hold_are_refused_at_once(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(ranges_check_tables(RANGES_TABLES_MAX, &error), 0);
    assert_int_equal(ranges_check_tables(RANGES_TABLES_MAX + 1, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "60001 tables"));
    assert_non_null(strstr(error.message, "`tool: vendor`"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_tables_than_a_set_can_hold_are_refused_at_once),
        cmocka_unit_test(a_set_keeps_to_its_number_of_files),
        cmocka_unit_test(sizes_grow_until_a_set_fits),
        cmocka_unit_test(databases_share_files_by_their_bytes),
        cmocka_unit_test(small_tables_are_spread_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
