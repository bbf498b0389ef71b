#include "proto/set_name.h"

#include "tests/check.h"

static void
a_path_says_whose_set_it_is(void **state)
{
    (void)state;
    struct set_name name;
    char path[SET_NAME_SIZE];
    assert_int_equal(set_name_parse("dbhaul/0b9e2c1e/d12/j34-a2", &name), 0);
    assert_string_equal(name.folder, "dbhaul/0b9e2c1e");
    assert_int_equal(name.database_id, 12);
    assert_int_equal(name.job_id, 34);
    assert_int_equal(name.attempt, 2);
    assert_int_equal(name.state, SET_NAME_WHOLE);
    set_name_print(&name, path);
    assert_string_equal(path, "dbhaul/0b9e2c1e/d12/j34-a2");

    assert_int_equal(set_name_parse("dbhaul/x/catalog/j5-a1.partial", &name), 0);
    assert_int_equal(name.database_id, 0);
    assert_int_equal(name.state, SET_NAME_PARTIAL);
    set_name_print(&name, path);
    assert_string_equal(path, "dbhaul/x/catalog/j5-a1.partial");
    assert_int_equal(set_name_parse("dbhaul/x/d1/j5-a1.removed", &name), 0);
    assert_int_equal(name.state, SET_NAME_REMOVED);
}

static void
what_is_no_path_of_a_set_is_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",
        "/",
        "j1-a1",
        "d1/j1-a1",
        "/d1/j1-a1",
        "x/d/j1-a1",
        "x/d0/j1-a1",
        "x/d01/j1-a1",
        "x/e1/j1-a1",
        "x/d1/",
        "x/d1/j1",
        "x/d1/j1-a",
        "x/d1/j1-a0",
        "x/d1/j-a1",
        "x/d1/j1-a1.",
        "x/d1/j1-a1.partial.removed",
        "x/d1/j1-a1x",
        "x/d1/j9999999999999999999-a1",
        "x/d-1/j1-a1",
        "x/catalogs/j1-a1",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/d1/j1-a1",
    };
    struct set_name name;
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++) {
        if (set_name_parse(paths[index], &name) == 0)
            fail_msg("'%s' was taken", paths[index]);
    }
}

static void
names_are_ordered_by_number(void **state)
{
    (void)state;
    struct set_name one, other;
    set_name_parse("x/d2/j9-a1", &one);
    set_name_parse("x/d10/j1-a1", &other);
    assert_true(set_name_compare(&one, &other) < 0);
    set_name_parse("x/d2/j10-a1", &other);
    assert_true(set_name_compare(&one, &other) < 0);
    set_name_parse("x/d2/j9-a1.partial", &other);
    assert_true(set_name_compare(&one, &other) < 0);
    assert_int_equal(set_name_compare(&one, &one), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_says_whose_set_it_is),
        cmocka_unit_test(what_is_no_path_of_a_set_is_refused),
        cmocka_unit_test(names_are_ordered_by_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
