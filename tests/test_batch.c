#include "coordinator/catalog/batch.h"

#include <string.h>

#include "common/clean.h"
#include "tests/check.h"

static void
a_new_batch_has_no_units(void **state)
{
    (void)state;
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    assert_int_equal(batch_count(batch), 0);
    assert_int_equal(batch_refused(batch), 0);
}

static void
destroying_nothing_does_nothing(void **state)
{
    (void)state;
    batch_t *batch = NULL;
    batch_destroy(&batch);
    assert_null(batch);
}

static void
values_are_copied_in_their_order(void **state)
{
    (void)state;
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    char kind[] = "backup";
    uint8_t task[] = {1, 0, 2};
    assert_int_equal(batch_unit(batch), 0);
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", (int64_t)1 << 40, (int64_t)2, kind, (int64_t)3,
              (int64_t)0, task, sizeof task, (int64_t)-5);
    memset(kind, 'x', sizeof kind - 1);
    memset(task, 9, sizeof task);

    const struct unit *unit = batch_at(batch, 0);
    assert_int_equal(unit->count, 1);
    const struct change *change = &unit->changes[0];
    assert_int_equal(change->statement, STATEMENT_JOB_ADD);
    assert_int_equal(change->count, 7);
    assert_int_equal(change->values[0].type, VALUE_INTEGER);
    assert_int_equal(change->values[0].number, (int64_t)1 << 40);
    assert_int_equal(change->values[2].type, VALUE_TEXT);
    assert_string_equal(change->values[2].data, "backup");
    assert_int_equal(change->values[5].type, VALUE_BLOB);
    assert_int_equal(change->values[5].size, 3);
    assert_memory_equal(change->values[5].data, "\1\0\2", 3);
    assert_int_equal(change->values[6].number, -5);
}

static void
a_null_text_is_a_null_and_an_empty_blob_is_none(void **state)
{
    (void)state;
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", (int64_t)1, (int64_t)2, NULL, (int64_t)3,
              (int64_t)0, NULL, (size_t)0, (int64_t)0);
    const struct change *change = &batch_at(batch, 0)->changes[0];
    assert_int_equal(change->values[2].type, VALUE_NULL);
    assert_int_equal(change->values[5].type, VALUE_BLOB);
    assert_int_equal(change->values[5].size, 0);
}

static void
thousands_of_units_and_changes_keep_their_places(void **state)
{
    (void)state;
    enum { UNITS = 1000, CHANGES = 17 };
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    for (int64_t unit = 0; unit < UNITS; unit++) {
        assert_int_equal(batch_unit(batch), unit);
        for (int64_t change = 0; change < CHANGES; change++)
            batch_add(batch, STATEMENT_DATABASE_GONE, "ii", unit, change);
    }
    assert_int_equal(batch_count(batch), UNITS);
    for (size_t unit = 0; unit < UNITS; unit++) {
        assert_int_equal(batch_at(batch, unit)->count, CHANGES);
        for (size_t change = 0; change < CHANGES; change++) {
            const struct value *values = batch_at(batch, unit)->changes[change].values;
            assert_int_equal(values[0].number, unit);
            assert_int_equal(values[1].number, change);
        }
    }
}

static void
refused_units_are_counted(void **state)
{
    (void)state;
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    for (int unit = 0; unit < 3; unit++)
        batch_unit(batch);
    batch_at(batch, 1)->refused = 1;
    assert_int_equal(batch_refused(batch), 1);
}

static void
every_statement_says_what_it_takes(void **state)
{
    (void)state;
    for (int statement = 0; statement < STATEMENTS; statement++) {
        const struct statement_row *row = &schema_statements[statement];
        assert_non_null(row->sql);
        assert_in_range(strlen(row->types), 0, BATCH_VALUES_MAX);
        assert_int_equal(strspn(row->types, "itb"), strlen(row->types));
        size_t marks = 0;
        for (const char *mark = strchr(row->sql, '?'); mark; mark = strchr(mark + 1, '?'))
            marks += mark[1] < '0' || mark[1] > '9';
        assert_int_equal(marks, strlen(row->types));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_batch_has_no_units),
        cmocka_unit_test(destroying_nothing_does_nothing),
        cmocka_unit_test(values_are_copied_in_their_order),
        cmocka_unit_test(a_null_text_is_a_null_and_an_empty_blob_is_none),
        cmocka_unit_test(thousands_of_units_and_changes_keep_their_places),
        cmocka_unit_test(refused_units_are_counted),
        cmocka_unit_test(every_statement_says_what_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
