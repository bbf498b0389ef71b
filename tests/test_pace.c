#include "common/pace.h"

#include "tests/check.h"

enum { MIB = 1 << 20 };

// Reads pieces for so long, waiting as told, and returns the bytes.
static uint64_t
read_for(struct pace *pace, uint64_t piece, int64_t from_ms, int64_t for_ms)
{
    uint64_t bytes = 0;
    for (int64_t now_ms = from_ms; now_ms < from_ms + for_ms;) {
        bytes += piece;
        now_ms += pace_take(pace, piece, now_ms);
    }
    return bytes;
}

static void
bytes_come_no_faster_than_the_rate(void **state)
{
    (void)state;
    static const uint64_t rates[] = {1000, 100000, 10ULL * MIB, 3000ULL * MIB};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct pace pace = pace_at(rates[i]);
        uint64_t piece = rates[i] / 100 + 1;
        uint64_t bytes = read_for(&pace, piece, 5000, 10000);
        assert_in_range(bytes, rates[i] * 10 - piece, rates[i] * 10 + rates[i] / 4 + 2 * piece);
    }
}

static void
without_a_rate_nobody_waits(void **state)
{
    (void)state;
    struct pace pace = pace_at(0);
    assert_int_equal(pace_take(&pace, UINT64_MAX, 1), 0);
}

static void
a_pause_is_followed_by_no_flood(void **state)
{
    (void)state;
    struct pace pace = pace_at(MIB);
    read_for(&pace, 65536, 0, 1000);
    uint64_t bytes = read_for(&pace, 65536, 3600000, 1000);
    assert_in_range(bytes, MIB - 65536, MIB + MIB / 4 + 2 * 65536);
}

static void
one_large_piece_is_waited_for_in_full(void **state)
{
    (void)state;
    struct pace pace = pace_at(MIB);
    assert_int_equal(pace_take(&pace, 0, 10000), 0);
    assert_int_equal(pace_take(&pace, 10ULL * MIB, 10000), 9750);
    struct pace huge = pace_at(1);
    assert_true(pace_take(&huge, 1ULL << 40, 10000) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_no_faster_than_the_rate),
        cmocka_unit_test(without_a_rate_nobody_waits),
        cmocka_unit_test(a_pause_is_followed_by_no_flood),
        cmocka_unit_test(one_large_piece_is_waited_for_in_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
