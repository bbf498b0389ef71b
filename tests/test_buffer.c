#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static void
what_is_added_in_any_way_stands_in_order(void **state)
{
    (void)state;
    CLEAN(buffer_clear) struct buffer buffer = {0};
    assert_string_equal(buffer_read(&buffer), "");
    buffer_text(&buffer, "one ");
    buffer_add(&buffer, "two and more", 3);
    buffer_format(&buffer, " %d%s", 3, "!");
    buffer_add(&buffer, NULL, 0);
    assert_string_equal(buffer_read(&buffer), "one two 3!");
    assert_int_equal(buffer.size, 10);
}

static void
a_long_text_grows_without_losing_any(void **state)
{
    (void)state;
    CLEAN(buffer_clear) struct buffer buffer = {0};
    for (int i = 0; i < 10000; i++)
        buffer_format(&buffer, "%04d", i);
    assert_int_equal(buffer.size, 40000);
    for (size_t i = 0; i < 10000; i++) {
        char digits[5];
        memcpy(digits, buffer.data + 4 * i, 4);
        digits[4] = '\0';
        assert_int_equal(strtol(digits, NULL, 10), i);
    }
}

static void
emptied_it_keeps_no_trace_of_what_it_held(void **state)
{
    (void)state;
    CLEAN(buffer_clear) struct buffer buffer = {0};
    buffer_text(&buffer, "a secret of some length");
    buffer_empty(&buffer);
    assert_string_equal(buffer_read(&buffer), "");
    for (size_t i = 0; i < buffer.capacity; i++)
        assert_int_equal(buffer.data[i], 0);
}

static void
a_text_that_is_taken_is_the_callers_and_the_buffer_starts_anew(void **state)
{
    (void)state;
    CLEAN(buffer_clear) struct buffer buffer = {0};
    CLEAN(memory_free_secret) char *nothing = buffer_take(&buffer);
    assert_string_equal(nothing, "");
    buffer_text(&buffer, "text");
    CLEAN(memory_free_secret) char *text = buffer_take(&buffer);
    assert_string_equal(text, "text");
    buffer_text(&buffer, "other");
    assert_string_equal(buffer_read(&buffer), "other");
}

// Those of RFC 4648, and bytes beyond ASCII.
static void
base64_is_decoded(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"", ""},
                                           {"Zg==", "f"},
                                           {"Zm8=", "fo"},
                                           {"Zm9v", "foo"},
                                           {"Zm9vYg==", "foob"},
                                           {"Zm9vYmE=", "fooba"},
                                           {"Zm9vYmFy", "foobar"},
                                           {"+/8=", "\xfb\xff"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char bytes[6];
        size_t size = 99;
        assert_int_equal(base64_decode(cases[i][0], bytes, sizeof bytes, &size), 0);
        assert_int_equal(size, strlen(cases[i][1]));
        assert_memory_equal(bytes, cases[i][1], size);
    }
}

static void
what_is_no_base64_or_too_long_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9\n", "Zm9 ", "-_8=", "Zm9vYmFyZg=="};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char bytes[6];
        size_t size = 99;
        assert_int_equal(base64_decode(cases[i], bytes, sizeof bytes, &size), -1);
        assert_int_equal(size, 99);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_in_any_way_stands_in_order),
        cmocka_unit_test(a_long_text_grows_without_losing_any),
        cmocka_unit_test(emptied_it_keeps_no_trace_of_what_it_held),
        cmocka_unit_test(a_text_that_is_taken_is_the_callers_and_the_buffer_starts_anew),
        cmocka_unit_test(base64_is_decoded),
        cmocka_unit_test(what_is_no_base64_or_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
