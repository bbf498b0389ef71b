#include "tests/set_maker.h"
#include "worker/earlier.h"

#define BEFORE "c1/db1/j7-a1"
#define NOW "c1/db1/j8-a1"

// Adds a table in two ranges, cut there.
static void
add_table(set_writer_t *writer, const char *object, const char *name, const char *cut)
{
    struct error error = {0};
    struct manifest *manifest = set_writer_manifest(writer);
    struct manifest_table *table = manifest_add_table(manifest, "shop", name);
    uint32_t number = (uint32_t)manifest->table_count;
    table->object = memory_copy_text(object);
    table->key = memory_copy_text("id");
    char low[64] = "", high[64];
    snprintf(high, sizeof high, "%s", cut);
    for (uint32_t place = 0; place < 2; place++) {
        set_file_t *file = NULL;
        struct manifest_part part = {.table = number,
                                     .low = place ? high : low,
                                     .high = place ? low : high,
                                     .rows = 1,
                                     .size_bytes = 1};
        if (set_writer_begin(writer, 10 * number + place, &set_facts, &file, &error) ||
            set_file_write(file, "x", 1, &error) || set_file_close(file, &error) ||
            set_writer_keep(writer, &file, &part, 1, &error))
            fail_msg("%s", error.message);
    }
}

static void
write_before(store_t *store)
{
    struct error error = {0};
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, BEFORE, &error), 0);
    add_table(writer, NULL, "orders", "100");
    add_table(writer, NULL, "items", "'a', 'b'");
    add_table(writer, NULL, "gone", "5");
    set_finish(writer);
}

static void
tables_of_which_no_cut_was_kept_are_named(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    CLEAN(earlier_cuts_destroy) earlier_cuts_t *cuts = NULL;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    CLEAN(memory_free) char *why = NULL;
    write_before(store);
    earlier_cuts_find(&cuts, store, NOW, &why);
    assert_null(why);
    assert_non_null(cuts);
    assert_int_equal(set_writer_open(&writer, store, NOW, &error), 0);
    add_table(writer, NULL, "new", "7");
    add_table(writer, NULL, "items", "'a', 'b'");
    CLEAN(memory_free) char *none = earlier_cuts_lost(cuts, set_writer_manifest(writer));
    assert_null(none);
    add_table(writer, NULL, "orders", "99");
    CLEAN(memory_free) char *lost = earlier_cuts_lost(cuts, set_writer_manifest(writer));
    assert_string_equal(lost,
                        "1, whose keys or sizes are others than in the set before: shop.orders");
}

static void
cuts_come_back_by_table_and_key(void **state)
{
    store_t *store = *state;
    CLEAN(earlier_cuts_destroy) earlier_cuts_t *cuts = NULL;
    CLEAN(memory_free) char *why = NULL;
    const char *const *list = NULL;
    struct table_facts facts = {.schema = "shop", .name = "items", .key = "id"};
    write_before(store);
    earlier_cuts_find(&cuts, store, NOW, &why);
    struct earlier earlier = earlier_cuts_for_engine(cuts);
    assert_int_equal(earlier.cuts(earlier.self, &facts, &list), 1);
    assert_string_equal(list[0], "'a', 'b'");
    facts.key = "id, name";
    assert_int_equal(earlier.cuts(earlier.self, &facts, &list), 0);
    facts.name = "none";
    assert_int_equal(earlier.cuts(earlier.self, &facts, &list), 0);
}

static void
without_a_set_before_there_are_no_cuts(void **state)
{
    store_t *store = *state;
    CLEAN(earlier_cuts_destroy) earlier_cuts_t *cuts = NULL;
    CLEAN(memory_free) char *why = NULL;
    earlier_cuts_find(&cuts, store, NOW, &why);
    assert_null(cuts);
    assert_null(why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tables_of_which_no_cut_was_kept_are_named, set_open_store,
                                        set_close_store),
        cmocka_unit_test_setup_teardown(cuts_come_back_by_table_and_key, set_open_store,
                                        set_close_store),
        cmocka_unit_test_setup_teardown(without_a_set_before_there_are_no_cuts, set_open_store,
                                        set_close_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
