// Rows of COPY's text form are taken apart.

#include <stdio.h>
#include <string.h>

#include "tests/check.h"
#include "worker/engine/postgres_row.h"

enum { FIELDS_MAX = 8 };

// The fields between '|', NULL as '~'.
static void
assert_fields(const char *row, const char *wanted)
{
    char data[256], got[256] = "";
    size_t used = 0;
    snprintf(data, sizeof data, "%s", row);
    struct postgres_row left = postgres_row_begin(data, strlen(data));
    struct postgres_field field;
    for (size_t count = 0; postgres_row_next(&left, &field); count++) {
        assert_true(count < FIELDS_MAX);
        used +=
            (size_t)snprintf(got + used, sizeof got - used, "%s%.*s", count ? "|" : "",
                             field.is_null ? 1 : (int)field.size, field.is_null ? "~" : field.data);
    }
    assert_string_equal(got, wanted);
}

static void
fields_are_told_apart_and_null_from_empty(void **state)
{
    (void)state;
    assert_fields("1\ttwo\tthree\n", "1|two|three");
    assert_fields("\t\\N\t\n", "|~|");
    assert_fields("\\N", "~");
    assert_fields("\n", "");
}

static void
escapes_are_undone(void **state)
{
    (void)state;
    assert_fields("a\\tb\\nc\\\\d\\re\\bf\\fg\\vh\n", "a\tb\nc\\d\re\bf\fg\vh");
    assert_fields("\\\\N\t\\\\.\n", "\\N|\\.");
    assert_fields("\\\\x00ff\ttail\\\\\n", "\\x00ff|tail\\");
}

static void
a_backslash_at_the_end_reads_nothing_beyond(void **state)
{
    (void)state;
    assert_fields("a\\", "a");
    assert_fields("a\\\tb", "a|b");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_told_apart_and_null_from_empty),
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(a_backslash_at_the_end_reads_nothing_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
