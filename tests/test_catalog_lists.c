// The lists of query.h, on every kind.

#include "coordinator/catalog/query.h"

#include "tests/check_catalog.h"

// Five databases (5 has the first one's name), a night of each state, and a run under way.
static void
add_history(catalog_t *catalog)
{
    batch_t *batch = batch_new();
    batch_unit(batch);
    const char *const names[] = {"shop", "mail", "archive", "wiki", "shop"};
    for (int64_t id = 1; id <= 5; id++)
        add_database(batch, id, names[id - 1], 100 * id);
    add_night(batch, 1, 1, "succeeded", 1);
    add_night(batch, 2, 2, "failed", 0);
    add_night(batch, 3, 3, "cancelled", 0);
    add_night(batch, 4, 1, "succeeded", 2000000001);
    batch_unit(batch);
    add_run(batch, 5, "backup");
    batch_add(batch, STATEMENT_RUN_SKIP, "iit", (int64_t)5, (int64_t)4, "it is stopped");
    for (int64_t id = 5; id <= 8; id++)
        add_job(batch, id, 5, id - 4);
    start_job(batch, 5, 1);
    end_job(batch, 5, 1, "succeeded", 1000000000);
    add_set(batch, 5, 1, 5, 1000000000);
    start_job(batch, 6, 1);
    end_job(batch, 6, 1, "failed", 0);
    start_job(batch, 7, 1);
    apply_all(catalog, &batch);
}

// The cells of a column, one after the other: "5 4 3".
static char *
column_of(catalog_t *catalog, struct query query, const char *column)
{
    CLEAN(table_destroy) table_t *table = ask_all(catalog, query);
    char *text = memory_copy_text("");
    for (size_t row = 0; row < table_rows(table); row++) {
        char *longer = memory_format("%s%s%s", text, row ? " " : "", cell(table, row, column));
        free(text);
        text = longer;
    }
    return text;
}

#define ASSERT_COLUMN(catalog, column, expected, ...) \
    do { \
        CLEAN(memory_free) \
        char *text_ = column_of(catalog, (struct query){__VA_ARGS__}, column); \
        assert_string_equal(text_, expected); \
    } while (0)

static void
databases_come_by_name_with_their_last_backup(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    ASSERT_COLUMN(catalog, "id", "3 2 1 5 4", .name = "databases");
    ASSERT_COLUMN(catalog, "last_backup", "4003 4006 4005  ", .name = "databases");
    ASSERT_COLUMN(catalog, "last_backup_state", "cancelled failed succeeded  ",
                  .name = "databases");
    CLEAN(table_destroy) table_t *table = ask_all(catalog, (struct query){.name = "databases"});
    assert_int_equal(table_columns(table), 20);
    assert_string_equal(cell(table, 0, "name"), "archive");
    assert_string_equal(cell(table, 0, "engine"), "mysql");
    assert_string_equal(cell(table, 0, "port"), "3306");
    assert_string_equal(cell(table, 0, "resource_id"), "arn:aws:rds:eu-west-1:1:db:3");
    assert_string_equal(cell(table, 0, "size_bytes"), "3000");
    assert_string_equal(cell(table, 0, "first_seen"), "300");
    assert_string_equal(cell(table, 0, "gone"), "");
}

static void
databases_are_narrowed_by_state_and_selector(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    ASSERT_COLUMN(catalog, "id", "", .name = "databases", .state = "stopped");
    ASSERT_COLUMN(catalog, "id", "3 2 1 5 4", .name = "databases", .state = "available");
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "name", "SHOP", &error), 0);
    ASSERT_COLUMN(catalog, "id", "1 5", .name = "databases", .selector = selector);
    assert_int_equal(selector_add(selector, "tag.env", "prod", &error), 0);
    assert_int_equal(selector_add(selector, "database", "5", &error), 0);
    ASSERT_COLUMN(catalog, "id", "5", .name = "databases", .selector = selector);
}

static void
runs_tell_how_they_ended_or_how_far_they_are(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    ASSERT_COLUMN(catalog, "id", "5 4 3 2 1", .name = "runs");
    ASSERT_COLUMN(catalog, "state", "running succeeded cancelled failed succeeded", .name = "runs");
    ASSERT_COLUMN(catalog, "id", "4 1", .name = "runs", .state = "succeeded");
    ASSERT_COLUMN(catalog, "jobs", "4 1 1 1 1", .name = "runs");
    ASSERT_COLUMN(catalog, "succeeded", "1 1 0 0 1", .name = "runs");
    ASSERT_COLUMN(catalog, "failed", "1 0 0 1 0", .name = "runs");
    ASSERT_COLUMN(catalog, "cancelled", "0 0 1 0 0", .name = "runs");
    ASSERT_COLUMN(catalog, "skipped", "1 0 0 0 0", .name = "runs");

    batch_t *batch = batch_new();
    batch_unit(batch);
    end_run(batch, 5, 1, 2, 1);
    add_run(batch, 6, "sweep");
    apply_all(catalog, &batch);
    ASSERT_COLUMN(catalog, "state", "partial", .name = "run", .run_id = 5);
    CLEAN(table_destroy)
    table_t *table = ask_all(catalog, (struct query){.name = "run", .run_id = 6});
    assert_int_equal(table_rows(table), 1);
    assert_string_equal(cell(table, 0, "kind"), "sweep");
    assert_string_equal(cell(table, 0, "label"), "manual");
    assert_string_equal(cell(table, 0, "selector"), "name=*");
    assert_string_equal(cell(table, 0, "requested_by"), "uid:0");
    assert_string_equal(cell(table, 0, "state"), "running");
    assert_string_equal(cell(table, 0, "jobs"), "0");
    assert_string_equal(cell(table, 0, "started"), "1006");
    assert_string_equal(cell(table, 0, "ended"), "");
    ASSERT_COLUMN(catalog, "id", "", .name = "run", .run_id = 99);
}

static void
what_a_run_skipped_is_told_with_its_reason(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    CLEAN(table_destroy)
    table_t *table = ask_all(catalog, (struct query){.name = "skipped", .run_id = 5});
    assert_int_equal(table_rows(table), 1);
    assert_string_equal(cell(table, 0, "run"), "5");
    assert_string_equal(cell(table, 0, "database"), "4");
    assert_string_equal(cell(table, 0, "name"), "wiki");
    assert_string_equal(cell(table, 0, "reason"), "it is stopped");
    ASSERT_COLUMN(catalog, "name", "", .name = "skipped", .run_id = 4);
}

static void
jobs_come_newest_first_and_are_narrowed(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    ASSERT_COLUMN(catalog, "id", "8 7 6 5 4 3 2 1", .name = "jobs");
    ASSERT_COLUMN(catalog, "id", "8 7 6 5", .name = "jobs", .run_id = 5);
    ASSERT_COLUMN(catalog, "id", "6 2", .name = "jobs", .state = "failed");
    ASSERT_COLUMN(catalog, "id", "6", .name = "jobs", .run_id = 5, .state = "failed");
    ASSERT_COLUMN(catalog, "set", "   5 4   1", .name = "jobs");
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "name", "shop", &error), 0);
    ASSERT_COLUMN(catalog, "id", "5 4 1", .name = "jobs", .selector = selector);
    ASSERT_COLUMN(catalog, "id", "5", .name = "jobs", .selector = selector, .run_id = 5);

    CLEAN(table_destroy)
    table_t *table = ask_all(catalog, (struct query){.name = "job", .job_id = 6});
    assert_int_equal(table_rows(table), 1);
    assert_string_equal(cell(table, 0, "run"), "5");
    assert_string_equal(cell(table, 0, "kind"), "backup");
    assert_string_equal(cell(table, 0, "database"), "2");
    assert_string_equal(cell(table, 0, "name"), "mail");
    assert_string_equal(cell(table, 0, "state"), "failed");
    assert_string_equal(cell(table, 0, "attempt"), "1");
    assert_string_equal(cell(table, 0, "failures"), "1");
    assert_string_equal(cell(table, 0, "worker"), "worker-1");
    assert_string_equal(cell(table, 0, "size"), "");
    assert_string_equal(cell(table, 0, "queued"), "2006");
    assert_string_equal(cell(table, 0, "started"), "3006");
    assert_string_equal(cell(table, 0, "ended"), "4006");
    assert_string_equal(cell(table, 0, "message"), "cannot dump: access denied");
    ASSERT_COLUMN(catalog, "started", "", .name = "job", .job_id = 8);
}

static void
a_job_of_no_database_is_listed_but_never_selected(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_run(batch, 1, "sweep");
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", (int64_t)1, (int64_t)1, "sweep", (int64_t)0,
              (int64_t)0, "t", (size_t)1, (int64_t)1);
    apply_all(catalog, &batch);
    ASSERT_COLUMN(catalog, "id", "1", .name = "jobs");
    ASSERT_COLUMN(catalog, "database", "", .name = "jobs");
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "name", "*", &error), 0);
    ASSERT_COLUMN(catalog, "id", "", .name = "jobs", .selector = selector);
}

static void
attempts_tell_each_try(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_ATTEMPT_END, "tttiiii", "lost", "try again", "no beat", (int64_t)0,
              (int64_t)5000, (int64_t)7, (int64_t)1);
    batch_add(batch, STATEMENT_JOB_AGAIN, "iitii", (int64_t)1, (int64_t)0, "no beat", (int64_t)7,
              (int64_t)1);
    start_job(batch, 7, 2);
    apply_all(catalog, &batch);
    ASSERT_COLUMN(catalog, "attempt", "2 1", .name = "attempts", .job_id = 7);
    ASSERT_COLUMN(catalog, "job", "7 7 6 5 4 3 2 1", .name = "attempts");
    CLEAN(table_destroy)
    table_t *table = ask_all(catalog, (struct query){.name = "attempts", .job_id = 7});
    assert_string_equal(cell(table, 0, "outcome"), "");
    assert_string_equal(cell(table, 0, "ended"), "");
    assert_string_equal(cell(table, 1, "worker"), "worker-1");
    assert_string_equal(cell(table, 1, "outcome"), "lost");
    assert_string_equal(cell(table, 1, "class"), "try again");
    assert_string_equal(cell(table, 1, "started"), "3007");
    assert_string_equal(cell(table, 1, "ended"), "5000");
    assert_string_equal(cell(table, 1, "message"), "no beat");
}

static void
backups_tell_all_that_the_catalog_knows_of_a_set(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    ASSERT_COLUMN(catalog, "id", "5 4 1", .name = "backups");
    ASSERT_COLUMN(catalog, "id", "4", .name = "backups", .set_id = 4);
    ASSERT_COLUMN(catalog, "id", "1", .name = "backups", .job_id = 1);
    batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_SET_VERIFIED, "ttii", "damaged", "a digest differs", (int64_t)7000,
              (int64_t)4);
    apply_all(catalog, &batch);
    ASSERT_COLUMN(catalog, "id", "4", .name = "backups", .state = "damaged");

    CLEAN(table_destroy)
    table_t *table = ask_all(catalog, (struct query){.name = "backups", .set_id = 4});
    assert_int_equal(table_columns(table), 23);
    assert_string_equal(cell(table, 0, "database"), "1");
    assert_string_equal(cell(table, 0, "name"), "shop");
    assert_string_equal(cell(table, 0, "region"), "eu-west-1");
    assert_string_equal(cell(table, 0, "size"), "2000000001");
    assert_string_equal(cell(table, 0, "files"), "7");
    assert_string_equal(cell(table, 0, "created"), "4004");
    assert_string_equal(cell(table, 0, "verified"), "7000");
    assert_string_equal(cell(table, 0, "store"), "directory:0b9e");
    assert_string_equal(cell(table, 0, "path"), "catalog/1/4");
    assert_string_equal(cell(table, 0, "job"), "4");
    assert_string_equal(cell(table, 0, "attempt"), "1");
    assert_string_equal(cell(table, 0, "tool"), "mysqldump");
    assert_string_equal(cell(table, 0, "tool_version"), "8.0.36");
    assert_string_equal(cell(table, 0, "server_version"), "8.0.35");
    assert_string_equal(cell(table, 0, "consistency"), "single-transaction");
    assert_string_equal(cell(table, 0, "schemas"), "3");
    assert_string_equal(cell(table, 0, "left_out"), "1");
    assert_string_equal(cell(table, 0, "manifest_sha256"),
                        "0404040404040404040404040404040404040404040404040404040404040404");
}

static void
latest_is_the_last_good_set_of_each_database(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    ASSERT_COLUMN(catalog, "id", "5", .name = "latest");
    batch_t *batch = batch_new();
    add_night(batch, 9, 5, "succeeded", 3);
    add_night(batch, 10, 3, "succeeded", 3);
    batch_unit(batch);
    batch_add(batch, STATEMENT_SET_VERIFIED, "ttii", "damaged", "", (int64_t)1, (int64_t)5);
    apply_all(catalog, &batch);
    ASSERT_COLUMN(catalog, "id", "10 4 9", .name = "latest");
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "name", "shop", &error), 0);
    ASSERT_COLUMN(catalog, "id", "4 9", .name = "latest", .selector = selector);
}

static void
the_report_has_a_row_an_ended_backup(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_JOB_END, "ttiiiii", "cancelled", "", (int64_t)0, (int64_t)0,
              (int64_t)1795402923456, (int64_t)8, (int64_t)0);
    add_run(batch, 9, "verify");
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", (int64_t)9, (int64_t)9, "verify", (int64_t)1,
              (int64_t)4, "t", (size_t)1, (int64_t)1);
    batch_add(batch, STATEMENT_JOB_END, "ttiiiii", "succeeded", "", (int64_t)0, (int64_t)0,
              (int64_t)5, (int64_t)9, (int64_t)0);
    apply_all(catalog, &batch);
    ASSERT_COLUMN(catalog, "dbname", "wiki mail shop shop archive mail shop", .name = "report");
    ASSERT_COLUMN(catalog, "size", "0 0 1 3 0 0 1", .name = "report");
    ASSERT_COLUMN(catalog, "status", "Failed Failed Success Success Failed Failed Success",
                  .name = "report");
    ASSERT_COLUMN(catalog, "size", "1 3 1", .name = "report", .state = "success");
    ASSERT_COLUMN(catalog, "size", "0 0 1", .name = "report", .run_id = 5, .state = "");
    CLEAN(table_destroy) table_t *table = ask_all(catalog, (struct query){.name = "report"});
    assert_int_equal(table_columns(table), 6);
    assert_string_equal(cell(table, 0, "start"), "1970-01-01 00:00:02");  // queued: never started
    assert_string_equal(cell(table, 0, "end"), "2026-11-23 03:02:03");
    assert_string_equal(cell(table, 1, "start"), "1970-01-01 00:00:03");
    assert_string_equal(cell(table, 1, "longname"), "arn:aws:rds:eu-west-1:1:db:2");
}

// ---- pages

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

static void
one_call_looks_at_so_many_rows_and_no_more(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 1);
    add_database(batch, 2, "mail", 1);
    add_run(batch, 1, "backup");
    for (int64_t id = 1; id <= 50000; id++)
        add_job(batch, id, 1, id == 1 ? 1 : 2);
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
        SUITE(databases_come_by_name_with_their_last_backup),
        SUITE(databases_are_narrowed_by_state_and_selector),
        SUITE(runs_tell_how_they_ended_or_how_far_they_are),
        SUITE(what_a_run_skipped_is_told_with_its_reason),
        SUITE(jobs_come_newest_first_and_are_narrowed),
        SUITE(a_job_of_no_database_is_listed_but_never_selected),
        SUITE(attempts_tell_each_try),
        SUITE(backups_tell_all_that_the_catalog_knows_of_a_set),
        SUITE(latest_is_the_last_good_set_of_each_database),
        SUITE(the_report_has_a_row_an_ended_backup),
        SUITE(pages_of_every_size_make_the_same_list),
        SUITE(rows_that_come_between_two_pages_shift_nothing),
        SUITE(renaming_the_last_row_of_a_page_skips_nothing),
        SUITE(a_name_of_any_bytes_makes_a_cursor),
        SUITE(one_call_looks_at_so_many_rows_and_no_more),
        SUITE(a_list_that_does_not_exist_is_not_found),
        SUITE(what_does_not_narrow_a_list_is_refused),
        SUITE(a_cursor_that_is_none_is_refused),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
