// Pages of sets come back database by database, whole.

#include <stdio.h>

#include "common/clean.h"
#include "coordinator/shelf.h"
#include "tests/check.h"

enum { NOW = 10000, LOCKED = 500 };

static table_t *
new_page(void)
{
    static const char *const names[] = {"id",        "database",        "state",      "created_ms",
                                        "pinned_ms", "pinned_until_ms", "offsite_ms", "locked_ms"};
    table_t *page = table_new();
    for (size_t index = 0; index < sizeof names / sizeof *names; index++)
        table_add_column(page, names[index], index == 2 ? TABLE_TEXT : TABLE_INTEGER);
    return page;
}

struct row {
    int64_t id, database_id, pinned_ms, pinned_until_ms, offsite_ms, locked_ms;
    const char *state;
};

static void
add(table_t *page, const struct row *row)
{
    table_add_row(page);
    table_set_integer(page, "id", row->id);
    table_set_integer(page, "database", row->database_id);
    table_set(page, "state", row->state ? row->state : "good");
    table_set_integer(page, "created_ms", 100 * row->id);
    table_set_integer(page, "pinned_ms", row->pinned_ms);
    table_set_integer(page, "pinned_until_ms", row->pinned_until_ms);
    table_set_integer(page, "offsite_ms", row->offsite_ms);
    table_set_integer(page, "locked_ms", row->locked_ms);
}

static void
a_database_waits_for_all_of_its_sets(void **state)
{
    (void)state;
    struct shelf_part part;
    CLEAN(shelf_destroy) shelf_t *shelf = shelf_new(NOW, LOCKED);
    assert_false(shelf_next(shelf, &part));
    CLEAN(table_destroy) table_t *first = new_page();
    add(first, &(struct row){.id = 1, .database_id = 7});
    add(first, &(struct row){.id = 3, .database_id = 7});
    add(first, &(struct row){.id = 2, .database_id = 8});
    shelf_add(shelf, first);
    assert_true(shelf_next(shelf, &part));
    assert_int_equal(part.database_id, 7);
    assert_int_equal(part.count, 2);
    assert_int_equal(part.sets[1].id, 3);
    assert_int_equal(part.sets[1].created_ms, 300);
    assert_false(shelf_next(shelf, &part));
    CLEAN(table_destroy) table_t *second = new_page();
    add(second, &(struct row){.id = 4, .database_id = 8});
    shelf_add(shelf, second);
    assert_false(shelf_next(shelf, &part));
    shelf_end(shelf);
    assert_true(shelf_next(shelf, &part));
    assert_int_equal(part.database_id, 8);
    assert_int_equal(part.count, 2);
    assert_int_equal(part.sets[0].id, 2);
    assert_false(shelf_next(shelf, &part));
}

static void
many_pages_of_one_database_are_one_part(void **state)
{
    (void)state;
    struct shelf_part part;
    CLEAN(shelf_destroy) shelf_t *shelf = shelf_new(NOW, LOCKED);
    for (int64_t page = 0; page < 20; page++) {
        CLEAN(table_destroy) table_t *table = new_page();
        for (int64_t row = 1; row <= 500; row++)
            add(table, &(struct row){.id = 500 * page + row, .database_id = 7});
        shelf_add(shelf, table);
        assert_false(shelf_next(shelf, &part));
    }
    shelf_end(shelf);
    assert_true(shelf_next(shelf, &part));
    assert_int_equal(part.count, 10000);
    assert_int_equal(part.sets[9999].id, 10000);
}

static void
what_is_known_of_a_set_is_read(void **state)
{
    (void)state;
    static const struct {
        struct row row;
        int is_good, is_pinned, is_offsite, is_locked;
    } rows[] = {
        {{.id = 1}, 1, 0, 0, 0},
        {{.id = 2, .state = "damaged"}, 0, 0, 0, 0},
        {{.id = 3, .pinned_ms = 1}, 1, 1, 0, 0},
        {{.id = 4, .pinned_ms = 1, .pinned_until_ms = NOW + 1}, 1, 1, 0, 0},
        {{.id = 5, .pinned_ms = 1, .pinned_until_ms = NOW}, 1, 0, 0, 0},
        {{.id = 6, .offsite_ms = 1}, 1, 0, 1, 0},
        {{.id = 7, .locked_ms = NOW - LOCKED + 1}, 1, 0, 0, 1},
        {{.id = 8, .locked_ms = NOW - LOCKED}, 1, 0, 0, 0},
    };
    size_t count = sizeof rows / sizeof *rows;
    struct shelf_part part;
    CLEAN(table_destroy) table_t *page = new_page();
    CLEAN(shelf_destroy) shelf_t *shelf = shelf_new(NOW, LOCKED);
    for (size_t index = 0; index < count; index++)
        add(page, &rows[index].row);
    shelf_add(shelf, page);
    shelf_end(shelf);
    assert_true(shelf_next(shelf, &part));
    assert_int_equal(part.count, count);
    for (size_t index = 0; index < count; index++) {
        assert_int_equal(part.sets[index].is_good, rows[index].is_good);
        assert_int_equal(part.sets[index].is_pinned, rows[index].is_pinned);
        assert_int_equal(part.sets[index].is_offsite, rows[index].is_offsite);
        assert_int_equal(part.sets[index].is_locked, rows[index].is_locked);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_waits_for_all_of_its_sets),
        cmocka_unit_test(many_pages_of_one_database_are_one_part),
        cmocka_unit_test(what_is_known_of_a_set_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
