// Where the sets before cut their tables: the newest that can be read and has ranges says it.

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
write_set(store_t *store, const char *path)
{
    struct error error = {0};
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, path, &error), 0);
    add_table(writer, NULL, "orders", "100");
    add_table(writer, NULL, "items", "'a', 'b'");
    add_table(writer, NULL, "gone", "5");
    set_finish(writer);
}

static void
write_empty(store_t *store, const char *path)
{
    struct error error = {0};
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, path, &error), 0);
    assert_int_equal(set_writer_put_text(writer, &set_facts, "x", 1, &error), 0);
    set_finish(writer);
}

static void
tables_of_which_no_cut_was_kept_are_named(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    CLEAN(earlier_cuts_destroy) earlier_cuts_t *cuts = earlier_cuts_new(store, NOW);
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    const char *why = "";
    write_set(store, BEFORE);
    assert_int_equal(earlier_cuts_find(cuts, &why), 1);
    assert_null(why);
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
    CLEAN(earlier_cuts_destroy) earlier_cuts_t *cuts = earlier_cuts_new(store, NOW);
    const char *const *list = NULL;
    struct table_facts facts = {.schema = "shop", .name = "items", .key = "id"};
    write_set(store, BEFORE);
    struct earlier earlier = earlier_cuts_for_engine(cuts);
    assert_int_equal(earlier.cuts(earlier.self, &facts, &list), 1);
    assert_string_equal(list[0], "'a', 'b'");
    facts.key = "id, name";
    assert_int_equal(earlier.cuts(earlier.self, &facts, &list), 0);
    facts.name = "none";
    assert_int_equal(earlier.cuts(earlier.self, &facts, &list), 0);
}

// Finds the cuts for the set `path`, and gives the one of the table items; "" if there is none.
static const char *
find_cut(store_t *store, const char *path, char **why)
{
    static char cut[64];
    CLEAN(earlier_cuts_destroy) earlier_cuts_t *cuts = earlier_cuts_new(store, path);
    const char *const *list = NULL;
    const char *cause = NULL;
    struct table_facts facts = {.schema = "shop", .name = "items", .key = "id"};
    int are_there = earlier_cuts_find(cuts, &cause);
    *why = memory_copy_text(cause);
    if (!are_there)
        return "";
    struct earlier earlier = earlier_cuts_for_engine(cuts);
    assert_int_equal(earlier.cuts(earlier.self, &facts, &list), 1);
    snprintf(cut, sizeof cut, "%s", list[0]);
    return cut;
}

static void
spoil(const char *path)
{
    CLEAN(memory_free) char *folder = set_full(path);
    CLEAN(memory_free) char *manifest = memory_format("%s/manifest.json", folder);
    assert_int_equal(truncate(manifest, 100), 0);
}

static void
without_a_set_before_there_are_no_cuts(void **state)
{
    CLEAN(memory_free) char *why = NULL;
    assert_string_equal(find_cut(*state, NOW, &why), "");
    assert_string_equal(why, "there is no set before in this store");
}

static void
sets_of_a_vendors_tool_are_passed_over(void **state)
{
    store_t *store = *state;
    CLEAN(memory_free) char *why = NULL;
    write_set(store, "c1/db1/j7-a1");
    write_empty(store, "c1/db1/j9-a1");
    write_empty(store, "c1/db1/j10-a1");
    assert_string_equal(find_cut(store, "c1/db1/j11-a1", &why), "'a', 'b'");
    assert_null(why);
}

static void
where_no_set_has_ranges_that_is_said(void **state)
{
    store_t *store = *state;
    CLEAN(memory_free) char *why = NULL;
    write_empty(store, "c1/db1/j9-a1");
    write_empty(store, "c1/db1/j10-a1");
    assert_string_equal(find_cut(store, "c1/db1/j11-a1", &why), "");
    assert_string_equal(why, "none of the last 2 sets has ranges");
}

static void
a_set_that_cannot_be_read_is_passed_over_and_named(void **state)
{
    store_t *store = *state;
    CLEAN(memory_free) char *why = NULL;
    CLEAN(memory_free) char *why_none = NULL;
    write_set(store, "c1/db1/j7-a2");
    write_set(store, "c1/db1/j7-a3");
    spoil("c1/db1/j7-a3");
    assert_string_equal(find_cut(store, "c1/db1/j11-a1", &why), "'a', 'b'");
    assert_non_null(strstr(why, "j7-a3"));
    spoil("c1/db1/j7-a2");
    assert_string_equal(find_cut(store, "c1/db1/j11-a1", &why_none), "");
    assert_non_null(strstr(why_none, "cannot read the set 'c1/db1/j7-a3'"));
}

static void
only_the_last_few_sets_are_looked_at(void **state)
{
    store_t *store = *state;
    CLEAN(memory_free) char *why = NULL;
    CLEAN(memory_free) char *why_none = NULL;
    write_set(store, "c1/db1/j1-a1");
    for (int job = 16; job > 9; job--) {
        CLEAN(memory_free) char *path = memory_format("c1/db1/j%d-a1", job);
        write_empty(store, path);
    }
    assert_string_equal(find_cut(store, "c1/db1/j20-a1", &why), "'a', 'b'");
    write_empty(store, "c1/db1/j9-a1");
    assert_string_equal(find_cut(store, "c1/db1/j20-a1", &why_none), "");
    assert_string_equal(why_none, "none of the last 8 sets has ranges");
}

static void
a_manifest_says_whether_tables_are_in_ranges(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, NOW, &error), 0);
    assert_false(earlier_cuts_are_in(set_writer_manifest(writer)));
    add_table(writer, NULL, "items", "5");
    assert_true(earlier_cuts_are_in(set_writer_manifest(writer)));
}

#define IN_STORE(test) cmocka_unit_test_setup_teardown(test, set_open_store, set_close_store)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_STORE(tables_of_which_no_cut_was_kept_are_named),
        IN_STORE(cuts_come_back_by_table_and_key),
        IN_STORE(without_a_set_before_there_are_no_cuts),
        IN_STORE(sets_of_a_vendors_tool_are_passed_over),
        IN_STORE(where_no_set_has_ranges_that_is_said),
        IN_STORE(a_set_that_cannot_be_read_is_passed_over_and_named),
        IN_STORE(only_the_last_few_sets_are_looked_at),
        IN_STORE(a_manifest_says_whether_tables_are_in_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
