// Numbers of files follow from the tables' names.

#include <stdlib.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/postgres_numbers.h"

enum { TABLES = 5000 };

static int
compare(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return a < b ? -1 : a > b;
}

static void
no_two_tables_have_a_number_in_common(void **state)
{
    (void)state;
    CLEAN(postgres_numbers_destroy) postgres_numbers_t *numbers = postgres_numbers_new(0);
    CLEAN(memory_free) uint32_t *firsts = memory_get(TABLES * sizeof *firsts);
    for (int index = 0; index < TABLES; index++) {
        CLEAN(memory_free) char *name = memory_format("table%d", index);
        firsts[index] = postgres_numbers_first(numbers, "public", name);
    }
    qsort(firsts, TABLES, sizeof *firsts, compare);
    for (int index = 1; index < TABLES; index++)
        assert_true(firsts[index] - firsts[index - 1] >= POSTGRES_NUMBERS_RANGES);
}

static void
a_table_keeps_its_number_whatever_others_there_are(void **state)
{
    (void)state;
    CLEAN(postgres_numbers_destroy) postgres_numbers_t *one = postgres_numbers_new(0);
    CLEAN(postgres_numbers_destroy) postgres_numbers_t *other = postgres_numbers_new(0);
    uint32_t number = postgres_numbers_first(one, "app", "orders");
    assert_true(number > POSTGRES_NUMBERS_RANGES);
    assert_int_not_equal(postgres_numbers_first(other, "app", "new one"), number);
    assert_int_equal(postgres_numbers_first(other, "app", "orders"), number);
    assert_int_not_equal(postgres_numbers_first(other, "app", "orders"), number);
}

static void
each_database_is_above_the_one_before_with_room_between_them(void **state)
{
    (void)state;
    uint32_t greatest = 0;
    for (size_t place = 0; place < POSTGRES_NUMBERS_DATABASES; place++) {
        CLEAN(postgres_numbers_destroy) postgres_numbers_t *numbers = postgres_numbers_new(place);
        uint32_t most = 0;
        for (int index = 0; index < 500; index++) {
            CLEAN(memory_free) char *name = memory_format("table%d", index);
            uint32_t number = postgres_numbers_first(numbers, "public", name);
            assert_true(number > greatest + POSTGRES_NUMBERS_RANGES);
            most = number > most ? number : most;
        }
        greatest = most + POSTGRES_NUMBERS_RANGES;
    }
    CLEAN(postgres_numbers_destroy)
    postgres_numbers_t *beyond = postgres_numbers_new(POSTGRES_NUMBERS_DATABASES);
    assert_int_equal(postgres_numbers_first(beyond, "public", "orders"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_tables_have_a_number_in_common),
        cmocka_unit_test(a_table_keeps_its_number_whatever_others_there_are),
        cmocka_unit_test(each_database_is_above_the_one_before_with_room_between_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
