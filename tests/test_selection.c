// The lists of a policy, and what they come to at a server.

#include "worker/engine/selection.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/exclusions.h"

static void
add(selection_t *selection, enum selection_list list, const char *pattern)
{
    struct error error = {0};
    if (selection_add(selection, list, pattern, &error))
        fail_msg("%s", error.message);
}

static struct selection_answer
ask(const selection_t *selection, const char *schema, const char *inner, const char *table)
{
    struct selection_name name = {schema, inner, table, NAMES_AS_THEY_ARE};
    return selection_ask(selection, &name, NULL);
}

static void
require(const selection_t *selection, const char *schema, const char *table,
        enum selection_verdict verdict, const char *rule)
{
    struct selection_answer answer = ask(selection, schema, NULL, table);
    assert_int_equal(answer.verdict, verdict);
    if (rule)
        assert_string_equal(answer.rule, rule);
    else
        assert_null(answer.rule);
}

static void
without_lists_all_is_wanted(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    require(selection, "shop", NULL, SELECTION_WANTED, NULL);
    require(selection, "shop", "orders", SELECTION_WANTED, NULL);
    assert_int_equal(selection_count(selection), 0);
}

static void
exclude_beats_include(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    add(selection, SELECTION_INCLUDE_SCHEMAS, "shop*");
    add(selection, SELECTION_EXCLUDE_SCHEMAS, "shop_test");
    require(selection, "shop_test", NULL, SELECTION_LEFT_OUT, "exclude_schemas shop_test");
    require(selection, "shop_eu", NULL, SELECTION_WANTED, NULL);
    require(selection, "crm", NULL, SELECTION_LEFT_OUT, "not in include_schemas");
    require(selection, "crm", "orders", SELECTION_LEFT_OUT, "not in include_schemas");
    require(selection, "shop_test", "orders", SELECTION_LEFT_OUT, "exclude_schemas shop_test");
}

static void
tables_are_asked_of_their_own_lists(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    add(selection, SELECTION_INCLUDE_TABLES, "shop.*");
    add(selection, SELECTION_INCLUDE_TABLES, "crm.customers");
    add(selection, SELECTION_EXCLUDE_TABLES, "*.log_*");
    add(selection, SELECTION_TABLES_WITHOUT_DATA, "shop.audit");
    require(selection, "shop", NULL, SELECTION_WANTED, NULL);
    require(selection, "crm", NULL, SELECTION_WANTED, NULL);
    require(selection, "bank", NULL, SELECTION_LEFT_OUT, "not in include_tables");
    require(selection, "shop", "orders", SELECTION_WANTED, NULL);
    require(selection, "shop", "log_1", SELECTION_LEFT_OUT, "exclude_tables *.log_*");
    require(selection, "crm", "orders", SELECTION_LEFT_OUT, "not in include_tables");
    require(selection, "crm", "customers", SELECTION_WANTED, NULL);
    require(selection, "shop", "audit", SELECTION_WITHOUT_DATA, "tables_without_data shop.audit");
}

static void
a_pattern_of_another_engine_fits_nothing(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    add(selection, SELECTION_EXCLUDE_TABLES, "shop.*");
    add(selection, SELECTION_EXCLUDE_TABLES, "shop.public.log");
    assert_int_equal(ask(selection, "shop", NULL, "public").verdict, SELECTION_LEFT_OUT);
    assert_int_equal(ask(selection, "shop", "public", "log").verdict, SELECTION_LEFT_OUT);
    assert_int_equal(ask(selection, "shop", "public", "orders").verdict, SELECTION_WANTED);
}

static void
a_pattern_of_another_engine_wants_no_schema(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    add(selection, SELECTION_INCLUDE_TABLES, "shop.orders");
    add(selection, SELECTION_INCLUDE_TABLES, "crm.public.*");
    require(selection, "shop", NULL, SELECTION_WANTED, NULL);
    require(selection, "crm", NULL, SELECTION_LEFT_OUT, "not in include_tables");
    assert_int_equal(ask(selection, "shop", "", NULL).verdict, SELECTION_LEFT_OUT);
    assert_int_equal(ask(selection, "crm", "", NULL).verdict, SELECTION_WANTED);
}

static void
what_cannot_be_a_list_is_refused(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    struct error error = {0};
    assert_int_equal(selection_add(selection, SELECTION_EXCLUDE_TABLES, "log", &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.message, "names no schema"));
    assert_int_equal(selection_add(selection, SELECTION_EXCLUDE_SCHEMAS, "a[", &error), -1);
    for (int i = 0; i < SELECTION_LIST_MAX; i++)
        add(selection, SELECTION_EXCLUDE_SCHEMAS, "a");
    assert_int_equal(selection_add(selection, SELECTION_EXCLUDE_SCHEMAS, "a", &error), -1);
    assert_non_null(strstr(error.message, "more than 256"));
    add(selection, SELECTION_EXCLUDE_TABLES, "a.b");
}

// ---- exclusions

// A sink that writes down what it is told.
struct notes {
    FILE *stream;
    char *text;
    size_t size, excluded;
};

static void
note_rule(void *self, const char *list, const char *pattern, uint64_t fits)
{
    struct notes *notes = self;
    fprintf(notes->stream, "%s %s %lu\n", list, pattern, (unsigned long)fits);
}

static void
note_excluded(void *self, const struct exclusion *each)
{
    struct notes *notes = self;
    notes->excluded++;
    if (notes->excluded <= 8 || each->count > 1)
        fprintf(notes->stream, "%s|%s|%s|%s|%lu\n", each->kind, each->schema, each->name, each->why,
                (unsigned long)each->count);
}

static int
tell(const exclusions_t *exclusions, struct notes *notes, struct error *error)
{
    *notes = (struct notes){0};
    notes->stream = open_memstream(&notes->text, &notes->size);
    struct sink sink = {.self = notes, .rule = note_rule, .excluded = note_excluded};
    int result = exclusions_tell(exclusions, &sink, error);
    fclose(notes->stream);
    return result;
}

static enum selection_verdict
ask_for(exclusions_t *exclusions, const char *kind, const char *schema, const char *table)
{
    struct selection_name name = {.schema = schema, .table = table};
    return exclusions_ask(exclusions, kind, &name);
}

static void
exclusions_are_told_with_their_rules_and_what_fits_nothing(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    add(selection, SELECTION_EXCLUDE_SCHEMAS, "test");
    add(selection, SELECTION_EXCLUDE_TABLES, "shop.log_*");
    add(selection, SELECTION_EXCLUDE_TABLES, "shop.lgo_*");
    add(selection, SELECTION_TABLES_WITHOUT_DATA, "SHOP.Audit");
    CLEAN(exclusions_destroy)
    exclusions_t *exclusions = exclusions_new(selection, NAMES_OF_ANY_CASE);
    assert_true(exclusions_are_asked(exclusions));
    assert_int_equal(ask_for(exclusions, "schema", "shop", NULL), SELECTION_WANTED);
    assert_int_equal(ask_for(exclusions, "schema", "test", NULL), SELECTION_LEFT_OUT);
    assert_int_equal(ask_for(exclusions, "table", "shop", "log_1"), SELECTION_LEFT_OUT);
    assert_int_equal(ask_for(exclusions, "table", "shop", "audit"), SELECTION_WITHOUT_DATA);
    struct selection_name view = {.schema = "shop", .inner = "public", .table = "v"};
    exclusions_add(exclusions, "view", &view, "it reads log_1");

    struct notes notes;
    struct error error = {0};
    assert_int_equal(tell(exclusions, &notes, &error), 0);
    assert_string_equal(notes.text, "exclude_schemas test 1\n"
                                    "exclude_tables shop.log_* 1\n"
                                    "exclude_tables shop.lgo_* 0\n"
                                    "tables_without_data SHOP.Audit 1\n"
                                    "schema|test||exclude_schemas test|1\n"
                                    "table|shop|log_1|exclude_tables shop.log_*|1\n"
                                    "rows of table|shop|audit|tables_without_data SHOP.Audit|1\n"
                                    "view|shop|public.v|it reads log_1|1\n");
    memory_free(&notes.text);
}

static void
an_include_list_that_fits_nothing_is_a_failure(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    add(selection, SELECTION_INCLUDE_SCHEMAS, "shop");
    add(selection, SELECTION_INCLUDE_TABLES, "shop.nothing");
    CLEAN(exclusions_destroy)
    exclusions_t *exclusions = exclusions_new(selection, NAMES_AS_THEY_ARE);
    ask_for(exclusions, "schema", "shop", NULL);
    ask_for(exclusions, "table", "shop", "orders");
    struct notes notes;
    struct error error = {0};
    assert_int_equal(tell(exclusions, &notes, &error), -1);
    memory_free(&notes.text);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "include_tables"));
}

static void
what_is_excluded_and_included_leaves_nothing_and_fails(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    add(selection, SELECTION_INCLUDE_SCHEMAS, "shop");
    add(selection, SELECTION_EXCLUDE_SCHEMAS, "*");
    CLEAN(exclusions_destroy)
    exclusions_t *exclusions = exclusions_new(selection, NAMES_AS_THEY_ARE);
    ask_for(exclusions, "schema", "shop", NULL);
    struct notes notes;
    struct error error = {0};
    assert_int_equal(tell(exclusions, &notes, &error), -1);
    memory_free(&notes.text);
}

static void
no_selection_asks_and_tells_nothing(void **state)
{
    (void)state;
    CLEAN(exclusions_destroy) exclusions_t *exclusions = exclusions_new(NULL, NAMES_AS_THEY_ARE);
    assert_false(exclusions_are_asked(exclusions));
    assert_int_equal(ask_for(exclusions, "schema", "shop", NULL), SELECTION_WANTED);
    struct notes notes;
    struct error error = {0};
    assert_int_equal(tell(exclusions, &notes, &error), 0);
    assert_string_equal(notes.text, "");
    memory_free(&notes.text);
}

static void
beyond_a_limit_exclusions_are_numbers_by_schema(void **state)
{
    (void)state;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    add(selection, SELECTION_EXCLUDE_TABLES, "*.log*");
    CLEAN(exclusions_destroy)
    exclusions_t *exclusions = exclusions_new(selection, NAMES_AS_THEY_ARE);
    enum { MANY = EXCLUSIONS_TOLD_MAX + 700 };
    for (int i = 0; i < MANY; i++) {
        char table[32];
        snprintf(table, sizeof table, "log%d", i);
        ask_for(exclusions, "table", i % 2 ? "odd" : "even", table);
    }
    struct notes notes;
    struct error error = {0};
    assert_int_equal(tell(exclusions, &notes, &error), 0);
    assert_int_equal(notes.excluded, EXCLUSIONS_TOLD_MAX + 2);
    assert_non_null(strstr(notes.text, "table|even||exclude_tables *.log*|350\n"));
    assert_non_null(strstr(notes.text, "table|odd||exclude_tables *.log*|350\n"));
    memory_free(&notes.text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_lists_all_is_wanted),
        cmocka_unit_test(exclude_beats_include),
        cmocka_unit_test(tables_are_asked_of_their_own_lists),
        cmocka_unit_test(a_pattern_of_another_engine_fits_nothing),
        cmocka_unit_test(a_pattern_of_another_engine_wants_no_schema),
        cmocka_unit_test(what_cannot_be_a_list_is_refused),
        cmocka_unit_test(exclusions_are_told_with_their_rules_and_what_fits_nothing),
        cmocka_unit_test(an_include_list_that_fits_nothing_is_a_failure),
        cmocka_unit_test(what_is_excluded_and_included_leaves_nothing_and_fails),
        cmocka_unit_test(no_selection_asks_and_tells_nothing),
        cmocka_unit_test(beyond_a_limit_exclusions_are_numbers_by_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
