// How the lists of query.h are read page by page, and what is refused, on every kind.

#include "coordinator/catalog/query.h"

#include "tests/check_catalog.h"

// Reads a list in pages of `limit`, and between two pages does what `between` says.
static char *
read_pages(catalog_t *catalog, struct query query, size_t limit, void (*between)(catalog_t *, int))
{
    char *text = memory_copy_text("");
    char *cursor = NULL;
    for (int page = 0;; page++) {
        assert_true(page < 100);
        query.limit = limit;
        query.cursor = cursor;
        char *next = NULL;
        CLEAN(table_destroy) table_t *table = ask(catalog, &query, &next);
        assert_true(table_rows(table) <= limit);
        for (size_t row = 0; row < table_rows(table); row++) {
            char *longer = memory_format("%s%s|", text, table_cell(table, row, 0));
            free(text);
            text = longer;
        }
        free(cursor);
        cursor = next;
        if (!cursor)
            return text;
        if (between)
            between(catalog, page);
    }
}

static void
pages_of_every_size_make_the_same_list(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    batch_t *batch = batch_new();
    for (int64_t id = 20; id < 32; id++)
        add_night(batch, id, 1 + id % 5, id % 4 ? "succeeded" : "failed", id);
    apply_all(catalog, &batch);
    const char *const names[] = {"databases", "runs",    "skipped", "jobs",
                                 "attempts",  "backups", "latest",  "report"};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        struct query query = {.name = names[index]};
        CLEAN(memory_free) char *whole = read_pages(catalog, query, CATALOG_PAGE_MAX, NULL);
        assert_true(strlen(whole) > 0);
        for (size_t limit = 1; limit < 8; limit++) {
            CLEAN(memory_free) char *pages = read_pages(catalog, query, limit, NULL);
            assert_string_equal(pages, whole);
        }
    }
}

static void
add_between(catalog_t *catalog, int page)
{
    batch_t *batch = batch_new();
    add_night(batch, 100 + page, 1, "succeeded", 1);
    batch_unit(batch);
    add_database(batch, 100 + page, page % 2 ? "aaa" : "zzz", 1);
    apply_all(catalog, &batch);
}

static void
rows_that_come_between_two_pages_shift_nothing(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    CLEAN(memory_free)
    char *jobs = read_pages(catalog, (struct query){.name = "jobs"}, 2, add_between);
    assert_string_equal(jobs, "8|7|6|5|4|3|2|1|");
    CLEAN(memory_free)
    char *known =
        read_pages(catalog, (struct query){.name = "databases", .state = "available"}, 2, NULL);
    assert_string_equal(known, "101|3|2|1|5|4|100|102|");
}

static void
rename_between(catalog_t *catalog, int page)
{
    if (page > 0)
        return;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 2, "zebra", 500);  // the last row of the first page
    apply_all(catalog, &batch);
}

static void
renaming_the_last_row_of_a_page_skips_nothing(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    CLEAN(memory_free)
    char *known = read_pages(catalog, (struct query){.name = "databases"}, 2, rename_between);
    assert_string_equal(known, "3|2|1|5|4|2|");
}

static void
a_name_of_any_bytes_makes_a_cursor(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    batch_t *batch = batch_new();
    batch_unit(batch);
    const char *const names[] = {"", ".", "a.b", "'\"\n", "\xff\xfe", "\xc3\xa4"};
    for (int64_t id = 1; id <= 6; id++)
        add_database(batch, id, names[id - 1], 1);
    apply_all(catalog, &batch);
    CLEAN(memory_free)
    char *all = read_pages(catalog, (struct query){.name = "databases"}, 1, NULL);
    assert_int_equal(strlen(all), 12);
    for (int64_t id = 1; id <= 6; id++) {
        char mark[8];
        snprintf(mark, sizeof mark, "%d|", (int)id);
        assert_non_null(strstr(all, mark));
    }
}

// So many databases that they are not looked up one by one.
static void
one_call_looks_at_so_many_rows_and_no_more(void **state)
{
    enum { SHOPS = 100, JOBS = 50000 };
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    batch_t *batch = batch_new();
    batch_unit(batch);
    for (int64_t id = 1; id <= SHOPS; id++)
        add_database(batch, id, "shop", 1);
    add_database(batch, SHOPS + 1, "mail", 1);
    add_run(batch, 1, "backup");
    for (int64_t id = 1; id <= JOBS; id++)
        add_job(batch, id, 1, id == 1 ? 1 : SHOPS + 1);
    apply_all(catalog, &batch);
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "name", "shop", &error), 0);
    struct query query = {.name = "jobs", .selector = selector, .limit = 10};
    CLEAN(memory_free) char *cursor = NULL;
    CLEAN(table_destroy) table_t *table = ask(catalog, &query, &cursor);
    assert_int_equal(table_rows(table), 0);
    assert_non_null(cursor);
    CLEAN(memory_free) char *found = read_pages(catalog, query, 10, NULL);
    assert_string_equal(found, "1|");
}

static void
a_selector_that_takes_few_or_none_finds_the_same(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    const char *const names[] = {"jobs", "backups", "report"};
    const char *const shops[] = {"5|4|1|", "5|4|1|", NULL};
    CLEAN(selector_destroy) selector_t *shop = selector_new();
    CLEAN(selector_destroy) selector_t *none = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(shop, "name", "shop", &error), 0);
    assert_int_equal(selector_add(none, "name", "none", &error), 0);
    for (size_t index = 0; index < 3; index++) {
        struct query query = {.name = names[index], .selector = none};
        CLEAN(memory_free) char *nothing = read_pages(catalog, query, 2, NULL);
        assert_string_equal(nothing, "");
        query.selector = shop;
        CLEAN(memory_free) char *found = read_pages(catalog, query, 2, NULL);
        if (shops[index])
            assert_string_equal(found, shops[index]);
    }
    struct query report = {.name = "report", .selector = shop};
    CLEAN(table_destroy) table_t *table = ask_all(catalog, report);
    assert_int_equal(table_rows(table), 3);
}

// ---- what is asked wrongly

static void
check_refused(catalog_t *catalog, struct query query, enum error_code code)
{
    struct error error = {0};
    table_t *table = NULL;
    char *cursor = NULL;
    query.limit = 10;
    assert_int_equal(catalog_query(catalog, &query, &table, &cursor, &error), -1);
    assert_int_equal(error.code, code);
    assert_null(table);
    assert_null(cursor);
}

static void
a_list_that_does_not_exist_is_not_found(void **state)
{
    struct fixture *fixture = *state;
    check_refused(fixture->catalog, (struct query){.name = ""}, ERROR_NOT_FOUND);
    check_refused(fixture->catalog, (struct query){.name = "jobs;"}, ERROR_NOT_FOUND);
    check_refused(fixture->catalog, (struct query){.name = "sqlite_schema"}, ERROR_NOT_FOUND);
}

static void
what_does_not_narrow_a_list_is_refused(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "name", "*", &error), 0);
    check_refused(catalog, (struct query){.name = "databases", .run_id = 1}, ERROR_INVALID);
    check_refused(catalog, (struct query){.name = "runs", .job_id = 1}, ERROR_INVALID);
    check_refused(catalog, (struct query){.name = "jobs", .set_id = 1}, ERROR_INVALID);
    check_refused(catalog, (struct query){.name = "attempts", .state = "lost"}, ERROR_INVALID);
    check_refused(catalog, (struct query){.name = "runs", .selector = selector}, ERROR_INVALID);
    check_refused(catalog, (struct query){.name = "run"}, ERROR_INVALID);
    check_refused(catalog, (struct query){.name = "job"}, ERROR_INVALID);
}

static void
a_cursor_that_is_none_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const char *const wrong[] = {
        "x",
        "jobs",
        "jobs.",
        "jobs.1",
        "jobs.1.",
        "jobs.1.2x",
        "jobs.-1.0",
        "jobs. 1.0",
        "runs.1.0",
        "jobs.1.0.",
        "jobs.1'--.0",
        "jobs.0x1.0",
        "jobs..0",
        "jobs.99999999999999999999.0",
        "jobs.9999999999999999999.0",
    };
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++)
        check_refused(fixture->catalog, (struct query){.name = "jobs", .cursor = wrong[index]},
                      ERROR_INVALID);
    const char *const names[] = {"databases.1.1", "databases.zz.1", "databases.61",
                                 "databases.61.", "databases.6 .1", "databases.6A.1"};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++)
        check_refused(fixture->catalog, (struct query){.name = "databases", .cursor = names[index]},
                      ERROR_INVALID);
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(pages_of_every_size_make_the_same_list),
        SUITE(rows_that_come_between_two_pages_shift_nothing),
        SUITE(renaming_the_last_row_of_a_page_skips_nothing),
        SUITE(a_name_of_any_bytes_makes_a_cursor),
        SUITE(one_call_looks_at_so_many_rows_and_no_more),
        SUITE(a_selector_that_takes_few_or_none_finds_the_same),
        SUITE(a_list_that_does_not_exist_is_not_found),
        SUITE(what_does_not_narrow_a_list_is_refused),
        SUITE(a_cursor_that_is_none_is_refused),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
