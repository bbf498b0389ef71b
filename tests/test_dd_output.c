// What a Data Domain's command line prints: failures on any exit status, tables of any width, and
// nothing of what is noise.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/protect/dd_output.h"
#include "tests/check.h"

static const char noise[] =
    "\nWelcome to Data Domain OS 5.7.3.0-548132\n----------------------------------------\n**\n"
    "** NOTICE: There is 1 outstanding alert. Run \"alerts show current\"\n"
    "**         to display outstanding alert(s).\n**\n\n";

static const char status[] =
    "CTX   Destination                        Enabled   Connection     Sync'ed-as-of-time\n"
    "---   --------------------------------   -------   ------------   ------------------\n"
    "1     mtree://dd2.example/data/col1/su1  yes       connected      Mon Jul 28 13:32\n"
    "12    mtree://dd2.example/data/col1/su2  no        disconnected   -\n"
    "\n"
    "* 2 contexts\n";

static void
a_line_with_four_stars_is_a_failure(void **state)
{
    (void)state;
    char text[DD_TEXT_SIZE];
    assert_int_equal(
        dd_output_failed("ok\n**** MTree \"/data/col1/x\" already exists.\n", text, sizeof text),
        1);
    assert_string_equal(text, "MTree \"/data/col1/x\" already exists.");
}

static void
notices_and_rules_are_no_failure(void **state)
{
    (void)state;
    char text[DD_TEXT_SIZE];
    assert_int_equal(dd_output_failed(noise, text, sizeof text), 0);
    assert_int_equal(dd_output_failed("", text, sizeof text), 0);
    assert_int_equal(dd_output_failed("x **** not at its beginning\n****\n", text, sizeof text), 0);
}

static void
rows_are_read_by_the_bounds_of_the_dashes(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(memory_free) struct dd_status_row *rows = NULL;
    CLEAN(memory_free) char *output = memory_format("%s%s", noise, status);
    size_t count = 0;
    assert_int_equal(dd_output_status(output, &rows, &count, &error), 0);
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].id, "1");
    assert_string_equal(rows[0].destination, "mtree://dd2.example/data/col1/su1");
    assert_true(rows[0].is_enabled && rows[0].is_connected && rows[0].has_stamp);
    assert_int_equal(rows[0].stamp.weekday, 1);
    assert_int_equal(rows[0].stamp.month, 6);
    assert_int_equal(rows[0].stamp.day, 28);
    assert_int_equal(rows[0].stamp.minute, 32);
    assert_string_equal(rows[1].id, "12");
    assert_true(!rows[1].is_enabled && !rows[1].is_connected && !rows[1].has_stamp);
}

static void
headings_on_two_lines_are_read_together(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(memory_free) struct dd_config_row *rows = NULL;
    size_t count = 0;
    assert_int_equal(dd_output_config("      Source                              Connection Host\n"
                                      "CTX   MTree                               and Port\n"
                                      "---   ---------------------------------   ---------------\n"
                                      "7     mtree://dd1.example/data/col1/su1   dd2 (default)\n"
                                      "---   ---------------------------------   ---------------\n"
                                      "8     not a row\n",
                                      &rows, &count, &error),
                     0);
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].id, "7");
    assert_string_equal(rows[0].source, "mtree://dd1.example/data/col1/su1");
}

static void
what_is_no_table_is_refused(void **state)
{
    (void)state;
    static const char *const outputs[] = {"CTX   Destination\n1     mtree://dd2/data/col1/su1\n",
                                          "A   B\n---   ---\n1   2\n"};
    for (size_t index = 0; index < sizeof outputs / sizeof *outputs; index++) {
        struct error error = {0};
        struct dd_status_row *rows = NULL;
        size_t count = 0;
        assert_int_equal(dd_output_status(outputs[index], &rows, &count, &error), -1);
        assert_int_equal(error.code, ERROR_INVALID);
        assert_null(rows);
    }
}

// In which words a release says so is in no document.
static void
no_table_at_all_is_no_context(void **state)
{
    (void)state;
    static const char *const outputs[] = {"", "No replication contexts are configured.\n",
                                          "** NOTICE: There is 1 outstanding alert.\n"};
    for (size_t index = 0; index < sizeof outputs / sizeof *outputs; index++) {
        struct error error = {0};
        struct dd_status_row *rows = NULL;
        struct dd_config_row *sources = NULL;
        size_t count = 1, source_count = 1;
        assert_int_equal(dd_output_status(outputs[index], &rows, &count, &error), 0);
        assert_int_equal(dd_output_config(outputs[index], &sources, &source_count, &error), 0);
        assert_int_equal(count + source_count, 0);
    }
}

static void
a_table_without_end_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    char *output = memory_get(200000);
    strcpy(output, "CTX   Destination   Enabled   Connection   Sync'ed\n"
                   "---   -----------   -------   ----------   -------\n");
    for (int row = 0; row <= DD_CONTEXTS_MAX; row++)
        strcat(output, "1     mtree://a/b   yes       connected    -\n");
    struct dd_status_row *rows = NULL;
    size_t count = 0;
    assert_int_equal(dd_output_status(output, &rows, &count, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    memory_free(&output);
}

static void
a_stamp_is_whole_or_none(void **state)
{
    (void)state;
    struct dd_stamp stamp;
    assert_int_equal(dd_output_stamp("Sun Nov  3 01:13", &stamp), 0);
    assert_int_equal(stamp.day, 3);
    static const char *const texts[] = {"",
                                        "-",
                                        "Sun Nov 3",
                                        "Sun Nov 32 01:13",
                                        "Sun Nov 3 24:00",
                                        "Sun Nov 3 01:13 2014",
                                        "unM Nov 3 01:13",
                                        "Sun ovD 3 01:13",
                                        "Sunday Nov 3 01:13"};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        assert_int_equal(dd_output_stamp(texts[index], &stamp), -1);
}

static void
a_place_has_a_host_and_a_path(void **state)
{
    (void)state;
    struct error error = {0};
    char host[DD_NAME_SIZE], path[DD_PATH_SIZE];
    assert_int_equal(dd_output_place("mtree://dd2.example/data/col1/su1", host, path, &error), 0);
    assert_string_equal(host, "dd2.example");
    assert_string_equal(path, "/data/col1/su1");
    static const char *const texts[] = {"", "dir://a/b", "mtree://", "mtree://a", "mtree:///b"};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        assert_int_equal(dd_output_place(texts[index], host, path, &error), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_with_four_stars_is_a_failure),
        cmocka_unit_test(notices_and_rules_are_no_failure),
        cmocka_unit_test(rows_are_read_by_the_bounds_of_the_dashes),
        cmocka_unit_test(headings_on_two_lines_are_read_together),
        cmocka_unit_test(what_is_no_table_is_refused),
        cmocka_unit_test(no_table_at_all_is_no_context),
        cmocka_unit_test(a_table_without_end_is_refused),
        cmocka_unit_test(a_stamp_is_whole_or_none),
        cmocka_unit_test(a_place_has_a_host_and_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
