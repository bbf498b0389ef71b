#include <stdlib.h>

#include "common/aws/bucket.h"
#include "common/aws/queue.h"
#include "common/aws/retry.h"
#include "common/clean.h"
#include "tests/check.h"

static void
a_full_bucket_gives_its_burst_and_then_its_rate(void **state)
{
    (void)state;
    struct aws_bucket bucket;
    aws_bucket_begin(&bucket, 3, 20, 1000);
    for (int i = 0; i < 20; i++)
        assert_int_equal(aws_bucket_take(&bucket, 1000), 0);
    int64_t now_ms = 1000;
    int64_t taken = 0;
    for (; now_ms < 61000; now_ms++)
        taken += aws_bucket_take(&bucket, now_ms) == 0;
    assert_in_range(taken, 178, 180);
}

static void
a_bucket_says_how_long_the_next_token_takes(void **state)
{
    (void)state;
    struct aws_bucket bucket;
    aws_bucket_begin(&bucket, 4, 1, 0);
    assert_int_equal(aws_bucket_take(&bucket, 0), 0);
    assert_int_equal(aws_bucket_take(&bucket, 0), 250);
    assert_int_equal(aws_bucket_take(&bucket, 100), 150);
    assert_int_equal(aws_bucket_take(&bucket, 250), 0);
}

static void
a_bucket_never_holds_more_than_its_burst_and_minds_no_clock_that_goes_back(void **state)
{
    (void)state;
    struct aws_bucket bucket;
    aws_bucket_begin(&bucket, 1000000, 2, 0);
    assert_int_equal(aws_bucket_take(&bucket, INT64_MAX / 2), 0);
    assert_int_equal(aws_bucket_take(&bucket, INT64_MAX / 2), 0);
    assert_true(aws_bucket_take(&bucket, INT64_MAX / 2) > 0);
    assert_true(aws_bucket_take(&bucket, 5) > 0);
}

static void
a_drained_bucket_fills_up_again(void **state)
{
    (void)state;
    struct aws_bucket bucket;
    aws_bucket_begin(&bucket, 2, 10, 0);
    aws_bucket_drain(&bucket, 0);
    assert_int_equal(aws_bucket_take(&bucket, 0), 500);
    assert_int_equal(aws_bucket_take(&bucket, 500), 0);
}

static void
items_of_a_bucket_keep_their_order_and_buckets_take_turns(void **state)
{
    (void)state;
    CLEAN(aws_queue_destroy) aws_queue_t *queue = aws_queue_new();
    char items[] = "aaabbc";
    for (size_t i = 0; i < 6; i++) {
        char key[] = {items[i], '\0'};
        aws_queue_put(queue, key, 1, 2, &items[i], 0, 10);
    }
    static const size_t expected[] = {0, 3, 5, 1, 4};
    for (size_t i = 0; i < 5; i++)
        assert_ptr_equal(aws_queue_take(queue, 10), &items[expected[i]]);
    assert_null(aws_queue_take(queue, 10));
    assert_int_equal(aws_queue_size(queue), 1);
    assert_int_equal(aws_queue_next_ms(queue), 1010);
    assert_null(aws_queue_take(queue, 1009));
    assert_ptr_equal(aws_queue_take(queue, 1010), &items[2]);
    assert_int_equal(aws_queue_next_ms(queue), INT64_MAX);
}

static void
an_item_waits_for_its_time_and_holds_nobody_up(void **state)
{
    (void)state;
    CLEAN(aws_queue_destroy) aws_queue_t *queue = aws_queue_new();
    int later = 0, now = 0;
    aws_queue_put(queue, "a", 1, 10, &later, 500, 0);
    aws_queue_put(queue, "a", 1, 10, &now, 0, 0);
    assert_ptr_equal(aws_queue_take(queue, 0), &now);
    assert_null(aws_queue_take(queue, 499));
    assert_int_equal(aws_queue_next_ms(queue), 500);
    assert_ptr_equal(aws_queue_take(queue, 500), &later);
    assert_int_equal(aws_queue_size(queue), 0);
}

static void
a_queue_can_be_emptied_whatever_waits(void **state)
{
    (void)state;
    CLEAN(aws_queue_destroy) aws_queue_t *queue = aws_queue_new();
    int items[1000] = {0};
    for (size_t i = 0; i < 1000; i++) {
        char key[] = {(char)('a' + i % 7), '\0'};
        aws_queue_put(queue, key, 1, 1, &items[i], i % 3 ? 0 : (int64_t)(1000 + i), 0);
    }
    for (size_t i = 0; i < 1000; i++) {
        int *item = aws_queue_take_any(queue);
        assert_non_null(item);
        assert_int_equal((*item)++, 0);
    }
    assert_null(aws_queue_take_any(queue));
    assert_int_equal(aws_queue_size(queue), 0);
}

static void
only_what_may_pass_is_tried_again_and_not_for_ever(void **state)
{
    (void)state;
    int64_t delay_ms = 0;
    for (int outcome = AWS_DONE; outcome <= AWS_CANCELLED; outcome++) {
        int passes = outcome == AWS_THROTTLED || outcome == AWS_TRANSIENT;
        assert_int_equal(aws_retry_decide((enum aws_outcome)outcome, 1, 5, -1, 0, &delay_ms),
                         passes);
    }
    assert_int_equal(aws_retry_decide(AWS_THROTTLED, 4, 5, -1, 0, &delay_ms), 1);
    assert_int_equal(aws_retry_decide(AWS_THROTTLED, 5, 5, -1, 0, &delay_ms), 0);
}

static void
waits_are_spread_from_nothing_to_a_bound_that_doubles(void **state)
{
    (void)state;
    static const int64_t bounds[] = {1000, 2000, 4000, 8000, 16000, 20000, 20000};
    for (int64_t attempt = 1; attempt <= 7; attempt++) {
        int64_t least_ms = INT64_MAX, most_ms = 0;
        for (uint64_t random = 0; random < 100000; random += 7) {
            int64_t delay_ms = 0;
            assert_int_equal(aws_retry_decide(AWS_TRANSIENT, attempt, 99, -1, random, &delay_ms),
                             1);
            least_ms = delay_ms < least_ms ? delay_ms : least_ms;
            most_ms = delay_ms > most_ms ? delay_ms : most_ms;
        }
        assert_in_range(least_ms, 0, 20);
        assert_in_range(most_ms, bounds[attempt - 1] - 20, bounds[attempt - 1]);
    }
}

static void
a_wait_that_was_asked_for_is_the_least(void **state)
{
    (void)state;
    int64_t delay_ms = 0;
    assert_int_equal(aws_retry_decide(AWS_THROTTLED, 1, 5, 30000, 999, &delay_ms), 1);
    assert_int_equal(delay_ms, 30000);
    assert_int_equal(aws_retry_decide(AWS_THROTTLED, 1, 5, 10, 999, &delay_ms), 1);
    assert_int_equal(delay_ms, 999);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_bucket_gives_its_burst_and_then_its_rate),
        cmocka_unit_test(a_bucket_says_how_long_the_next_token_takes),
        cmocka_unit_test(
            a_bucket_never_holds_more_than_its_burst_and_minds_no_clock_that_goes_back),
        cmocka_unit_test(a_drained_bucket_fills_up_again),
        cmocka_unit_test(items_of_a_bucket_keep_their_order_and_buckets_take_turns),
        cmocka_unit_test(an_item_waits_for_its_time_and_holds_nobody_up),
        cmocka_unit_test(a_queue_can_be_emptied_whatever_waits),
        cmocka_unit_test(only_what_may_pass_is_tried_again_and_not_for_ever),
        cmocka_unit_test(waits_are_spread_from_nothing_to_a_bound_that_doubles),
        cmocka_unit_test(a_wait_that_was_asked_for_is_the_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
