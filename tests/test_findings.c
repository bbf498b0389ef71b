#include "common/findings.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static void
lines_are_read_as_they_were_printed(void **state)
{
    (void)state;
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    findings_add(findings, ABOUT_ROOM, 0, "it is tight");
    findings_add(findings, ABOUT_TLS, 1, "no certificate of %d", 12);
    CLEAN(memory_free) char *text = findings_print(findings, 4000);
    assert_string_equal(text, "tls: no certificate of 12\nnote room: it is tight");
    CLEAN(findings_destroy) findings_t *read = findings_read(text);
    assert_int_equal(findings_count(read), 2);
    assert_int_equal(findings_item(read, 0)->about, ABOUT_TLS);
    assert_int_equal(findings_item(read, 0)->fatal, 1);
    assert_string_equal(findings_item(read, 0)->text, "no certificate of 12");
    assert_int_equal(findings_item(read, 1)->about, ABOUT_ROOM);
    assert_int_equal(findings_item(read, 1)->fatal, 0);
    assert_string_equal(findings_item(read, 1)->text, "it is tight");
}

static void
every_word_is_read_back(void **state)
{
    (void)state;
    for (int about = ABOUT_REACH; about < ABOUTS; about++) {
        CLEAN(findings_destroy) findings_t *findings = findings_new();
        findings_add(findings, (enum error_about)about, 1, "why");
        CLEAN(memory_free) char *text = findings_print(findings, 4000);
        CLEAN(findings_destroy) findings_t *read = findings_read(text);
        assert_int_equal(findings_item(read, 0)->about, about);
        assert_true(*findings_word((enum error_about)about));
    }
}

static void
what_a_server_said_begins_no_line(void **state)
{
    (void)state;
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    findings_add(findings, ABOUT_GRANTS, 1, "denied\ntls: forged\x1b[2J");
    CLEAN(memory_free) char *text = findings_print(findings, 4000);
    assert_string_equal(text, "grants: denied?tls: forged?[2J");
}

static void
a_line_of_another_kind_is_about_nothing(void **state)
{
    (void)state;
    CLEAN(findings_destroy)
    findings_t *read = findings_read("killed by signal 9\nnote well: x\n\nmount:x\nnote");
    assert_int_equal(findings_count(read), 4);
    for (size_t index = 0; index < 4; index++) {
        assert_int_equal(findings_item(read, index)->about, ABOUT_NOTHING);
        assert_int_equal(findings_item(read, index)->fatal, 1);
    }
    assert_string_equal(findings_item(read, 1)->text, "note well: x");
    CLEAN(findings_destroy) findings_t *none = findings_read("");
    assert_int_equal(findings_count(none), 0);
}

static void
what_is_fatal_takes_the_place_of_what_is_not(void **state)
{
    (void)state;
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    for (int count = 0; count < FINDINGS_MAX + 3; count++)
        findings_add(findings, ABOUT_CONTENT, 0, "note %d", count);
    assert_int_equal(findings_count(findings), FINDINGS_MAX);
    assert_false(findings_are_fatal(findings));
    findings_add(findings, ABOUT_REACH, 1, "away");
    assert_int_equal(findings_count(findings), FINDINGS_MAX);
    assert_true(findings_are_fatal(findings));
    CLEAN(memory_free) char *text = findings_print(findings, 100000);
    assert_int_equal(strncmp(text, "reach: away\nnote content: note 0\n", 33), 0);
}

static void
what_does_not_fit_is_counted(void **state)
{
    (void)state;
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    for (int count = 0; count < 20; count++)
        findings_add(findings, ABOUT_MOUNT, 1, "%0100d", count);
    CLEAN(memory_free) char *text = findings_print(findings, 1000);
    assert_true(strlen(text) <= 1000);
    assert_non_null(strstr(text, "\nnote content: 12 more findings are not told here"));
}

static void
a_failure_keeps_what_it_is_about(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    error_set(&error, ERROR_DENIED, "no");
    findings_add_error(findings, &error, ABOUT_MOUNT);
    error_mark(&error, ABOUT_ROOM);
    error_wrap(&error, "cannot");
    findings_add_error(findings, &error, ABOUT_MOUNT);
    error_set(&error, ERROR_DENIED, "anew");
    assert_int_equal(error.about, ABOUT_NOTHING);
    CLEAN(memory_free) char *text = findings_print(findings, 4000);
    assert_string_equal(text, "mount: no\nroom: cannot: no");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read_as_they_were_printed),
        cmocka_unit_test(every_word_is_read_back),
        cmocka_unit_test(what_a_server_said_begins_no_line),
        cmocka_unit_test(a_line_of_another_kind_is_about_nothing),
        cmocka_unit_test(what_is_fatal_takes_the_place_of_what_is_not),
        cmocka_unit_test(what_does_not_fit_is_counted),
        cmocka_unit_test(a_failure_keeps_what_it_is_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
