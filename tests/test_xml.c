#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"
#include "common/xml.h"
#include "tests/check.h"

static int
note_begin(void *argument, const char *path, const char *name, struct error *error)
{
    (void)path;
    if (strcmp(name, "stop") == 0)
        return error_set(error, ERROR_BUSY, "asked to stop");
    buffer_format(argument, "<%s", name);
    return 0;
}

static int
note_end(void *argument, const char *path, const char *name, const char *text, struct error *error)
{
    assert_string_equal(strrchr(path, '/') + 1, name);
    if (strcmp(name, "late") == 0)
        return error_set(error, ERROR_BUSY, "asked to stop late");
    buffer_format(argument, "%s=%s>", path, text);
    return 0;
}

static const struct xml_handler handler = {.begin = note_begin, .end = note_end};
static const struct xml_limits wide = {.size_max = 1 << 20, .text_max = 4096};

// Feeds `step` bytes at a time.
static int
parse(const char *text, size_t step, const struct xml_limits *limits, struct buffer *notes,
      struct error *error)
{
    CLEAN(xml_destroy) xml_t *xml = xml_new(&handler, notes, limits);
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i += step)
        if (xml_feed(xml, text + i, size - i < step ? size - i : step, error))
            return -1;
    return xml_end(xml, error);
}

static void
assert_refused(const char *text, const char *why)
{
    CLEAN(buffer_clear) struct buffer notes = {0};
    struct error error = {0};
    assert_int_equal(parse(text, 7, &wide, &notes, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    if (!strstr(error.message, why))
        fail_msg("'%s' does not say '%s'", error.message, why);
}

static void
elements_are_told_with_path_and_text_however_they_are_cut(void **state)
{
    (void)state;
    static const char text[] = "<?xml version=\"1.0\"?>\n<a:Top xmlns:a=\"urn:x\">\n"
                               "  <List><m>one &amp; two</m><m/></List> tail"
                               "<a:Name k=\"v\"><![CDATA[<3]]>\xc3\xa9&#65;</a:Name></a:Top>\n";
    static const char told[] = "<Top<List<m/Top/List/m=one & two><m/Top/List/m=>/Top/List=>"
                               "<Name/Top/Name=<3\xc3\xa9"
                               "A>/Top=>";
    for (size_t step = 1; step < sizeof text; step++) {
        CLEAN(buffer_clear) struct buffer notes = {0};
        struct error error = {0};
        assert_int_equal(parse(text, step, &wide, &notes, &error), 0);
        assert_string_equal(buffer_read(&notes), told);
    }
}

static void
doctypes_and_entities_are_refused(void **state)
{
    (void)state;
    assert_refused("<!DOCTYPE a><a/>", "DOCTYPE");
    assert_refused("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "DOCTYPE");
    assert_refused("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "DOCTYPE");
    assert_refused("<a>&nbsp;</a>", "malformed");
}

static void
what_is_malformed_or_cut_short_is_refused(void **state)
{
    (void)state;
    assert_refused("", "cut short");
    assert_refused("no xml", "malformed");
    assert_refused("<a><b></a>", "malformed");
    assert_refused("<a><b>", "cut short");
    assert_refused("<a/><b/>", "malformed");
    assert_refused("<a>\xff</a>", "malformed");
    assert_refused("<html><br></html>", "malformed");
}

static void
depth_names_texts_and_size_have_limits(void **state)
{
    (void)state;
    CLEAN(buffer_clear) struct buffer deep = {0};
    for (int i = 0; i <= XML_DEPTH_MAX; i++)
        buffer_text(&deep, "<a>");
    assert_refused(deep.data, "deep");

    char name[XML_PATH_SIZE + 8];
    snprintf(name, sizeof name, "<%01024d/>", 0);
    memset(name + 1, 'n', XML_PATH_SIZE);
    assert_refused(name, "names");

    static const struct xml_limits narrow = {.size_max = 40, .text_max = 5};
    CLEAN(buffer_clear) struct buffer notes = {0};
    struct error error = {0};
    assert_int_equal(parse("<a>12345</a>", 3, &narrow, &notes, &error), 0);
    assert_int_equal(parse("<a>123456</a>", 3, &narrow, &notes, &error), -1);
    assert_non_null(strstr(error.message, "text"));
    assert_int_equal(
        parse("<a><!-- a comment that goes on and on --></a>", 3, &narrow, &notes, &error), -1);
    assert_non_null(strstr(error.message, "longer than 40 bytes"));
}

static void
an_error_of_the_handler_ends_the_parsing_for_good(void **state)
{
    (void)state;
    static const char *const texts[] = {"<a><stop/><b/></a>", "<a><late/><b/></a>"};
    for (size_t i = 0; i < 2; i++) {
        CLEAN(buffer_clear) struct buffer notes = {0};
        struct error error = {0};
        CLEAN(xml_destroy) xml_t *xml = xml_new(&handler, &notes, &wide);
        assert_int_equal(xml_feed(xml, texts[i], strlen(texts[i]), &error), -1);
        assert_int_equal(error.code, ERROR_BUSY);
        error = (struct error){0};
        assert_int_equal(xml_feed(xml, "<c/>", 4, &error), -1);
        assert_int_equal(error.code, ERROR_BUSY);
        assert_int_equal(xml_end(xml, &error), -1);
        assert_null(strstr(buffer_read(&notes), "b"));
    }
}

static void
a_restart_forgets_everything(void **state)
{
    (void)state;
    CLEAN(buffer_clear) struct buffer notes = {0};
    struct error error = {0};
    CLEAN(xml_destroy) xml_t *xml = xml_new(&handler, &notes, &wide);
    assert_int_equal(xml_feed(xml, "<a><b>half", 10, &error), 0);
    xml_restart(xml);
    assert_int_equal(xml_feed(xml, "</x>", 4, &error), -1);
    xml_restart(xml);
    buffer_empty(&notes);
    assert_int_equal(xml_feed(xml, "<c>d</c>", 8, &error), 0);
    assert_int_equal(xml_end(xml, &error), 0);
    assert_string_equal(buffer_read(&notes), "<c/c=d>");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_told_with_path_and_text_however_they_are_cut),
        cmocka_unit_test(doctypes_and_entities_are_refused),
        cmocka_unit_test(what_is_malformed_or_cut_short_is_refused),
        cmocka_unit_test(depth_names_texts_and_size_have_limits),
        cmocka_unit_test(an_error_of_the_handler_ends_the_parsing_for_good),
        cmocka_unit_test(a_restart_forgets_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
