// The list of an archive, and which of its entries can be made side by side: whatever the names
// are, a kind that is not known, or what needs more than its table, stays in the rest.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/postgres_pieces.h"

enum { MANY = 5000 };

static const uint64_t mib = 1 << 20;

struct table {
    char *name;
    unsigned oid;
    uint64_t size_bytes;
    int has_children;
};

static struct postgres_tables
tables_of(const struct table *list, size_t count)
{
    struct postgres_tables tables = {.count = count};
    tables.list = memory_get((count + 1) * sizeof *tables.list);
    for (size_t index = 0; index < count; index++)
        tables.list[index] = (struct postgres_table){.schema = memory_copy_text("app"),
                                                     .table = memory_copy_text(list[index].name),
                                                     .oid = list[index].oid,
                                                     .size_bytes = list[index].size_bytes,
                                                     .has_children = list[index].has_children};
    return tables;
}

// Both lists are cut from one: what stands before "AFTER" comes before rows.
static struct postgres_pieces
cut(const char *text, const struct postgres_tables *tables)
{
    struct postgres_pieces pieces = {0};
    const char *after_text = strstr(text, "AFTER\n");
    CLEAN(postgres_list_destroy) postgres_list_t *all = postgres_list_new(text);
    CLEAN(postgres_list_destroy) postgres_list_t *after = postgres_list_new(after_text);
    postgres_list_drop(all, 1, NULL);
    postgres_pieces_make(&pieces, all, after, tables, 0);
    return pieces;
}

static void
assert_pieces(const char *text, const struct table *list, size_t count, const char *const *wanted,
              size_t wanted_count, const char *rest)
{
    CLEAN(postgres_tables_clear) struct postgres_tables tables = tables_of(list, count);
    CLEAN(postgres_pieces_clear) struct postgres_pieces pieces = cut(text, &tables);
    for (size_t index = 0; index < wanted_count && index < pieces.count; index++)
        assert_string_equal(pieces.lists[index], wanted[index]);
    assert_int_equal(pieces.count, wanted_count);
    assert_string_equal(pieces.rest, rest);
}

// What a list may say, and what it means.
static const struct {
    const char *line;
    unsigned number, catalog, object;
    enum postgres_list_kind kind;
} known[] = {
    {"214; 1259 16386 TABLE public t postgres", 214, 1259, 16386, LIST_TABLE},
    {"215; 1259 16387 TABLE DATA t postgres", 215, 1259, 16387, LIST_TABLE},
    {"216; 0 16386 TABLE DATA public t postgres", 216, 0, 16386, LIST_OTHER},
    {"217; 0 0 TABLE ATTACH public p_1 postgres", 217, 0, 0, LIST_OTHER},
    {"218; 1259 16390 INDEX public t_idx postgres", 218, 1259, 16390, LIST_INDEX},
    {"219; 1259 16391 INDEX ATTACH t postgres", 219, 1259, 16391, LIST_INDEX},
    {"220; 0 0 INDEX ATTACH public p_1_pkey postgres", 220, 0, 0, LIST_OTHER},
    {"221; 2606 16392 CONSTRAINT public t t_pkey postgres", 221, 2606, 16392, LIST_KEY},
    {"222; 2606 16393 FK CONSTRAINT public t t_fkey postgres", 222, 2606, 16393, LIST_OTHER},
    {"223; 2606 16394 CHECK CONSTRAINT public t c postgres", 223, 2606, 16394, LIST_OTHER},
    {"224; 1259 16395 MATERIALIZED VIEW public INDEX postgres", 224, 1259, 16395, LIST_OTHER},
    {"225; 1418 16396 USER MAPPING - USER MAPPING a SERVER b a", 225, 1418, 16396,
     LIST_USER_MAPPING},
    {"226; 1259 16397 INDEX \"a; b\" 9; 1259 5 TABLE x y; \"o", 226, 1259, 16397, LIST_INDEX},
    {"4294967295; 4294967295 0 WHAT NOBODY KNOWS", 4294967295U, 4294967295U, 0, LIST_OTHER},
};

static void
entries_are_taken_apart_whatever_the_names_are(void **state)
{
    (void)state;
    enum { COUNT = sizeof known / sizeof *known };
    static const char noise[] = ";\n; Archive created at 2026-11-27\n;\tdepends on: 1\n\nnonsense\n"
                                "; 5; 1259 5 TABLE a b c\n -1; 2 3 TABLE a b\n4294967296; 1 1 X\n"
                                "7;1259 5 TABLE a\n7; 1259\n7; x 1 TABLE\n";
    CLEAN(memory_free) char *text = memory_copy_text(noise);
    for (size_t index = 0; index < COUNT; index++) {
        char *longer =
            memory_format("%s%s\n;\tdepends on: 3 %zu\n", text, known[index].line, index);
        free(text);
        text = longer;
    }
    CLEAN(postgres_list_destroy) postgres_list_t *list = postgres_list_new(text);
    assert_int_equal(postgres_list_count(list), COUNT);
    for (size_t index = 0; index < COUNT; index++) {
        const struct postgres_list_entry *entry = postgres_list_at(list, index);
        const char *depends = entry->depends;
        unsigned number = 0;
        assert_string_equal(entry->line, known[index].line);
        assert_int_equal(entry->number, known[index].number);
        assert_int_equal(entry->catalog, known[index].catalog);
        assert_int_equal(entry->object, known[index].object);
        assert_int_equal(entry->kind, known[index].kind);
        assert_ptr_equal(postgres_list_find(list, entry->number), entry);
        assert_true(postgres_list_next(&depends, &number) && number == 3);
        assert_true(postgres_list_next(&depends, &number) && number == index);
        assert_false(postgres_list_next(&depends, &number));
    }
    assert_null(postgres_list_find(list, 1));
}

static void
user_mappings_and_what_hangs_on_them_can_be_dropped(void **state)
{
    (void)state;
    static const char text[] = "3; 1417 10 SERVER - s postgres\n"
                               "4; 1418 11 USER MAPPING - USER MAPPING a SERVER s a\n"
                               ";\tdepends on: 3\n"
                               "5; 0 0 COMMENT - USER MAPPING a\n"
                               ";\tdepends on: 4\n"
                               "6; 0 0 COMMENT - SERVER s\n"
                               ";\tdepends on: 3\n";
    CLEAN(postgres_list_destroy) postgres_list_t *list = postgres_list_new(text);
    postgres_list_drop(list, 0, NULL);
    CLEAN(memory_free) char *all = postgres_list_print(list);
    assert_non_null(strstr(all, "USER MAPPING - USER"));
    postgres_list_drop(list, 1, NULL);
    CLEAN(memory_free) char *kept = postgres_list_print(list);
    // What depends on it goes with it only where a policy leaves things out.
    assert_string_equal(kept, "3; 1417 10 SERVER - s postgres\n5; 0 0 COMMENT - USER MAPPING a\n"
                              "6; 0 0 COMMENT - SERVER s\n");
}

static void
a_large_table_has_pieces_of_its_own(void **state)
{
    (void)state;
    static const struct table tables[] = {{"big", 10, 900 * mib, 0}, {"small", 11, mib, 0}};
    static const char text[] = "1; 1259 10 TABLE app big o\n"
                               "2; 1259 11 TABLE app small o\n"
                               "AFTER\n"
                               "20; 2606 30 CONSTRAINT app big big_pkey o\n"
                               ";\tdepends on: 1 1\n"
                               "21; 0 0 COMMENT app CONSTRAINT big_pkey ON big o\n"
                               ";\tdepends on: 20\n"
                               "22; 2606 31 CONSTRAINT app small small_pkey o\n"
                               ";\tdepends on: 2\n"
                               "23; 1259 32 INDEX app big_a o\n"
                               ";\tdepends on: 1\n"
                               "24; 1259 33 INDEX app big_b o\n"
                               ";\tdepends on: 1 1 1\n"
                               "25; 1259 34 INDEX app small_a o\n"
                               ";\tdepends on: 2\n"
                               "26; 2606 35 FK CONSTRAINT app big big_fkey o\n"
                               ";\tdepends on: 1 22 2\n";
    static const char *const wanted[] = {
        "23; 1259 32 INDEX app big_a o\n",
        "24; 1259 33 INDEX app big_b o\n",
        "20; 2606 30 CONSTRAINT app big big_pkey o\n",
        "22; 2606 31 CONSTRAINT app small small_pkey o\n25; 1259 34 INDEX app small_a o\n",
    };
    assert_pieces(text, tables, 2, wanted, 4,
                  "21; 0 0 COMMENT app CONSTRAINT big_pkey ON big o\n"
                  "26; 2606 35 FK CONSTRAINT app big big_fkey o\n");
}

// Whatever comes after rows in pg_dump 10 to 18, each said to depend on a large table.
static void
all_that_is_no_key_and_no_index_of_a_plain_table_is_in_the_rest(void **state)
{
    (void)state;
    static const struct table tables[] = {{"big", 10, 900 * mib, 0}};
    static const char *const kinds[] = {
        "2606 9 FK CONSTRAINT app big f o",
        "2606 9 CHECK CONSTRAINT app big c o",
        "0 0 INDEX ATTACH app i o",
        "3381 9 STATISTICS app s o",
        "0 0 STATISTICS DATA app s o",
        "2618 9 RULE app big _RETURN o",
        "2620 9 TRIGGER app big t o",
        "3466 9 EVENT TRIGGER - e o",
        "3256 9 POLICY app big p o",
        "0 9 ROW SECURITY app big o",
        "6104 9 PUBLICATION - p o",
        "6106 9 PUBLICATION TABLE app p big o",
        "6237 9 PUBLICATION TABLES IN SCHEMA app p app o",
        "6100 9 SUBSCRIPTION - s o",
        "6102 9 SUBSCRIPTION TABLE - s o",
        "826 9 DEFAULT ACL app DEFAULT PRIVILEGES FOR TABLES o",
        "0 9 MATERIALIZED VIEW DATA app m o",
        "1259 9 MATERIALIZED VIEW app m o",
        "1255 9 FUNCTION app f() o",
        "0 0 COMMENT app INDEX i o",
        "0 0 COMMENT app CONSTRAINT c ON big o",
        "0 0 SECURITY LABEL app TABLE big o",
        "0 0 ACL app big o",
        "2604 9 DEFAULT app big a o",
        "0 9 SEQUENCE SET app s o",
        "9999 9 KIND OF VERSION 99 app big o",
        "1259 9 KIND OF VERSION 99 app big o",
        "9999 9 CONSTRAINT app big c o",
        "9999 9 INDEX app i o",
    };
    CLEAN(memory_free) char *text = memory_copy_text("1; 1259 10 TABLE app big o\nAFTER\n");
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        char *longer =
            memory_format("%s%zu; %s\n;\tdepends on: 1\n", text, 100 + index, kinds[index]);
        free(text);
        text = longer;
    }
    CLEAN(postgres_tables_clear) struct postgres_tables list = tables_of(tables, 1);
    CLEAN(postgres_pieces_clear) struct postgres_pieces pieces = cut(text, &list);
    assert_int_equal(pieces.count, 0);
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++)
        assert_non_null(strstr(pieces.rest, kinds[index]));
}

static void
what_needs_more_than_its_table_is_in_the_rest(void **state)
{
    (void)state;
    static const struct table tables[] = {
        {"big", 10, 900 * mib, 0}, {"leaf", 11, 900 * mib, 0}, {"mother", 12, 900 * mib, 1}};
    static const char text[] = "1; 1259 10 TABLE app big o\n"
                               "2; 1259 11 TABLE app leaf o\n"
                               "3; 1259 12 TABLE app mother o\n"
                               "4; 1259 13 TABLE app parted o\n"
                               "5; 1259 14 MATERIALIZED VIEW app view o\n"
                               "6; 1255 15 FUNCTION app before_rows() o\n"
                               "AFTER\n"
                               "19; 2606 39 CONSTRAINT app parted parted_pkey o\n"
                               ";\tdepends on: 4 4\n"
                               "20; 2606 30 CONSTRAINT app leaf leaf_pkey o\n"
                               ";\tdepends on: 2 19 2\n"
                               "21; 1255 31 FUNCTION app after_rows() o\n"
                               ";\tdepends on: 20\n"
                               "22; 1259 32 INDEX app by_late_function o\n"
                               ";\tdepends on: 1 21\n"
                               "23; 1259 33 INDEX app by_function o\n"
                               ";\tdepends on: 1 6\n"
                               "24; 1259 34 INDEX app of_two_tables o\n"
                               ";\tdepends on: 1 2\n"
                               "25; 1259 35 INDEX app of_a_view o\n"
                               ";\tdepends on: 5\n"
                               "26; 1259 36 INDEX app of_mother o\n"
                               ";\tdepends on: 3\n"
                               "27; 1259 37 INDEX app of_nothing o\n"
                               "28; 1259 38 INDEX app with_a_view o\n"
                               ";\tdepends on: 1 5\n"
                               "29; 1259 40 INDEX app of_what_is_not_there o\n"
                               ";\tdepends on: 77\n";
    static const char *const wanted[] = {"23; 1259 33 INDEX app by_function o\n",
                                         "20; 2606 30 CONSTRAINT app leaf leaf_pkey o\n"};
    assert_pieces(text, tables, 3, wanted, 2,
                  "19; 2606 39 CONSTRAINT app parted parted_pkey o\n"
                  "21; 1255 31 FUNCTION app after_rows() o\n"
                  "22; 1259 32 INDEX app by_late_function o\n"
                  "24; 1259 34 INDEX app of_two_tables o\n"
                  "25; 1259 35 INDEX app of_a_view o\n"
                  "26; 1259 36 INDEX app of_mother o\n"
                  "27; 1259 37 INDEX app of_nothing o\n"
                  "28; 1259 38 INDEX app with_a_view o\n"
                  "29; 1259 40 INDEX app of_what_is_not_there o\n");
}

// So many tables of one size, each with a key and some indexes.
static struct postgres_pieces
cut_many(size_t tables, uint64_t size_bytes, size_t indexes)
{
    CLEAN(memory_free) struct table *list = memory_get((tables + 1) * sizeof *list);
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    for (size_t index = 0; index < tables; index++) {
        list[index] =
            (struct table){memory_format("t%zu", index), (unsigned)(1000 + index), size_bytes, 0};
        fprintf(file, "%zu; 1259 %zu TABLE app t%zu o\n", 10 + index, 1000 + index, index);
    }
    fputs("AFTER\n", file);
    for (size_t index = 0; index < tables * (indexes + 1); index++)
        fprintf(file, "%zu; %s app x o\n;\tdepends on: %zu\n", 1000000 + index,
                index < tables ? "2606 5 CONSTRAINT" : "1259 6 INDEX", 10 + index % tables);
    assert_int_equal(fclose(file), 0);
    CLEAN(postgres_tables_clear) struct postgres_tables made = tables_of(list, tables);
    struct postgres_pieces pieces = cut(text, &made);
    for (size_t index = 0; index < tables; index++)
        free(list[index].name);
    free(text);
    return pieces;
}

static void
pieces_stay_few_whatever_there_is(void **state)
{
    (void)state;
    static const struct {
        size_t tables;
        uint64_t size_mib;
        size_t indexes, least, most;
    } cases[] = {
        {0, 0, 0, 0, 0},        {1, 1, 5, 1, 1},         {1, 1000, 5, 6, 6},
        {1, 1000, 100, 9, 9},   {15, 1000, 20, 75, 75},  {31, 1000, 20, 8, 16},
        {200, 20, 3, 8, 16},    {2000, 4000, 5, 16, 16}, {MANY, 0, 1, 1, 1},
        {2 * MANY, 0, 1, 2, 2},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        CLEAN(postgres_pieces_clear)
        struct postgres_pieces pieces =
            cut_many(cases[index].tables, cases[index].size_mib * mib, cases[index].indexes);
        size_t lines = 0;
        assert_in_range(pieces.count, cases[index].least, cases[index].most);
        for (size_t piece = 0; piece < pieces.count; piece++) {
            for (const char *at = pieces.lists[piece]; (at = strchr(at, '\n')); at++)
                lines++;
        }
        assert_int_equal(lines, cases[index].tables * (cases[index].indexes + 1));
        assert_string_equal(pieces.rest, "");
    }
}

static void
little_is_not_cut(void **state)
{
    (void)state;
    static const struct table small[] = {{"a", 10, 60 * mib, 0}, {"b", 11, 60 * mib, 0}};
    static const struct table large[] = {{"a", 10, 65 * mib, 0}, {"b", 11, 0, 0}};
    CLEAN(postgres_tables_clear) struct postgres_tables few = tables_of(small, 2);
    CLEAN(postgres_tables_clear) struct postgres_tables more = tables_of(large, 2);
    CLEAN(postgres_tables_clear) struct postgres_tables none = tables_of(small, 0);
    assert_false(postgres_pieces_are_worth(&few, 0));
    assert_false(postgres_pieces_are_worth(&none, 0));
    assert_true(postgres_pieces_are_worth(&more, 0));
    assert_true(postgres_pieces_are_worth(&few, 4 * mib));
}

static void
a_table_that_grows_a_little_moves_nothing(void **state)
{
    (void)state;
    CLEAN(postgres_pieces_clear) struct postgres_pieces one = cut_many(300, 20 * mib, 3);
    CLEAN(postgres_pieces_clear) struct postgres_pieces other = cut_many(300, 20 * mib + 5000, 3);
    assert_true(one.count > 1);
    assert_int_equal(one.count, other.count);
    for (size_t index = 0; index < one.count; index++)
        assert_string_equal(one.lists[index], other.lists[index]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_taken_apart_whatever_the_names_are),
        cmocka_unit_test(user_mappings_and_what_hangs_on_them_can_be_dropped),
        cmocka_unit_test(a_large_table_has_pieces_of_its_own),
        cmocka_unit_test(all_that_is_no_key_and_no_index_of_a_plain_table_is_in_the_rest),
        cmocka_unit_test(what_needs_more_than_its_table_is_in_the_rest),
        cmocka_unit_test(pieces_stay_few_whatever_there_is),
        cmocka_unit_test(little_is_not_cut),
        cmocka_unit_test(a_table_that_grows_a_little_moves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
