// The catalog as lines: what is saved is what is put back, on every kind of catalog, and no column
// is forgotten.

#include "coordinator/catalog/archive.h"

#include <sqlite3.h>

#include "common/lines.h"
#include "coordinator/rebuild_rows.h"
#include "tests/check_catalog.h"

// ---- all of it

static void
dump_table(catalog_t *catalog, const struct archive_table *table, struct buffer *text)
{
    struct error error = {0};
    CLEAN(memory_free) char *cursor = NULL;
    do {
        CLEAN(table_destroy) table_t *page = NULL;
        char *next = NULL;
        struct query query = {.name = table->list->name, .cursor = cursor, .limit = 2};
        if (catalog_query(catalog, &query, &page, &next, &error))
            fail_msg("%s: %s", table->name, error.message);
        free(cursor);
        cursor = next;
        archive_print(table, page, text);
    } while (cursor);
}

static void
dump(catalog_t *catalog, struct buffer *text)
{
    for (const struct archive_table *table = archive_tables; table->name; table++)
        dump_table(catalog, table, text);
}

// Another catalog of the same kind, which is empty.
static void
begin_anew(struct fixture *fixture)
{
    catalog_destroy(&fixture->catalog);
    free(fixture->url);
    char *folder = memory_format("%s/anew", fixture->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    fixture->url = fixture->kind->prepare(folder);
    memory_free(&folder);
    open_again(fixture);
}

static void
take_line(rebuild_rows_t *rows, const char *line)
{
    struct error error = {0};
    if (rebuild_rows_take(rows, line, strlen(line), &error))
        fail_msg("%s: %s", line, error.message);
}

// Puts the lines back, between a first and a last one of a rebuild.
static uint64_t
put_back(catalog_t *catalog, const char *lines, const char *more)
{
    struct error error = {0};
    CLEAN(memory_free) char *copy = memory_format("%s%s", lines, more);
    CLEAN(rebuild_rows_destroy) rebuild_rows_t *rows = rebuild_rows_new(catalog, "/mnt", 99000);
    take_line(rows, "{\"table\":\"begin\",\"store\":\"boostfs:dd2:/su\",\"folder\":\"dbhaul/x\"}");
    take_line(rows, "{\"table\":\"catalog\",\"path\":\"dbhaul/x/catalog/j9-a1\","
                    "\"origin\":\"directory:0b9e\",\"saved_ms\":5000}");
    char *rest = copy;
    while (rest && *rest)
        take_line(rows, strsep(&rest, "\n"));
    take_line(rows, "{\"table\":\"end\",\"partial\":1,\"earlier\":2,\"strange\":0}");
    assert_int_equal(rebuild_rows_end(rows, &error), 0);
    CLEAN(memory_free) char *said = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&said, &size);
    uint64_t trouble = rebuild_rows_print(rows, file);
    fclose(file);
    return trouble;
}

static void
fill(catalog_t *catalog)
{
    batch_t *batch = batch_new();
    for (int64_t id = 1; id <= 5; id++) {
        batch_unit(batch);
        add_database(batch, id, id == 3 ? "naïve \"name\"\n" : "shop", 1000 * id);
        batch_add(batch, STATEMENT_DATABASE_ENDPOINTS, "ti", "primary=a:1", id);
        batch_add(batch, STATEMENT_DATABASE_ASSIGN, "ttttiiii", "nightly", "selected", "", "",
                  (int64_t)0, (int64_t)86400000, (int64_t)0, id);
        add_night(batch, id, id, id == 4 ? "failed" : "succeeded", 1000 * id);
        batch_add(batch, STATEMENT_JOB_POLICY, "tti", "nightly", "digest", id);
    }
    batch_unit(batch);
    batch_add(batch, STATEMENT_PROTECTION_ADD, "itttttii", (int64_t)7, "pending", "directory:0b9e",
              "dd1", "/data/col1/su1", "snapshot-7", (int64_t)4, (int64_t)8000);
    batch_add(batch, STATEMENT_SET_COVER, "it", (int64_t)7, "directory:0b9e");
    batch_add(batch, STATEMENT_SET_OFFSITE, "ii", (int64_t)8500, (int64_t)7);
    batch_add(batch, STATEMENT_SET_VERIFIED, "ttii", "damaged", "a byte", (int64_t)8600,
              (int64_t)2);
    batch_add(batch, STATEMENT_SET_EXCLUDED, "ii", (int64_t)3, (int64_t)1);
    apply_all(catalog, &batch);
}

// A set that is pinned, and was counted; one that is on its way out, and held by a lock; a snapshot
// that is to expire early.
static void
add_retention(catalog_t *catalog)
{
    batch_t *batch = batch_new();
    add_night(batch, 6, 5, "succeeded", 1000);
    batch_unit(batch);
    batch_add(batch, STATEMENT_SET_PIN, "iitti", (int64_t)8100, (int64_t)99000, "uid:0", "audit",
              (int64_t)1);
    batch_add(batch, STATEMENT_SET_MEASURE, "iti", (int64_t)12, "twice as many rows", (int64_t)1);
    batch_add(batch, STATEMENT_SET_EXPIRE, "ititi", (int64_t)8200, "goes: it is old", (int64_t)5,
              "good", (int64_t)0);
    batch_add(batch, STATEMENT_SET_LOCKED, "iiti", (int64_t)0, (int64_t)8300, "locked", (int64_t)5);
    batch_add(batch, STATEMENT_PROTECTION_ADD, "itttttii", (int64_t)8, "off-site", "directory:0b9f",
              "dd1", "/data/col1/su2", "snapshot-8", (int64_t)4, (int64_t)8000);
    batch_add(batch, STATEMENT_PROTECTION_EXPIRE, "itii", (int64_t)0, "is to expire",
              (int64_t)PROTECTION_LET_GO, (int64_t)8);
    apply_all(catalog, &batch);
}

// An expiry goes on, a pin holds.
static void
assert_retention(catalog_t *catalog)
{
    ASSERT_COLUMN(catalog, "id", "5", .name = "expiring");
    ASSERT_COLUMN(catalog, "locked_ms", "8300", .name = "expiring");
    ASSERT_COLUMN(catalog, "pinned_until", "99000", .name = "backups", .set_id = 1);
    ASSERT_COLUMN(catalog, "rows", "12", .name = "backups", .set_id = 1);
    ASSERT_COLUMN(catalog, "jump", "twice as many rows", .name = "backups", .set_id = 1);
}

static void
what_was_saved_is_put_back(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(buffer_clear) struct buffer before = {0};
    CLEAN(buffer_clear) struct buffer after = {0};
    fill(fixture->catalog);
    add_retention(fixture->catalog);
    assert_retention(fixture->catalog);
    dump(fixture->catalog, &before);
    assert_non_null(strstr(buffer_read(&before), "\"state\":\"damaged\""));
    assert_non_null(strstr(buffer_read(&before), "\"offsite_ms\":8500"));
    begin_anew(fixture);
    dump(fixture->catalog, &after);
    assert_string_equal(buffer_read(&after), "");
    // Jobs that made no set are not saved, and so is the run of all of them.
    assert_int_equal(put_back(fixture->catalog, buffer_read(&before), ""), 0);
    dump(fixture->catalog, &after);
    assert_retention(fixture->catalog);
    // The store is called otherwise where it was found.
    CLEAN(buffer_clear) struct buffer renamed = {0};
    for (const char *at = buffer_read(&before); *at;) {
        static const char old[] = "\"store\":\"directory:0b9e\"";
        const char *row = at;
        size_t size = strcspn(at, "\n") + 1;
        CLEAN(memory_free) char *line = memory_format("%.*s", (int)size, row);
        char *store = strstr(line, "\"table\":\"sets\"") ? strstr(line, old) : NULL;
        if (store)
            buffer_format(&renamed, "%.*s\"store\":\"boostfs:dd2:/su\"%s", (int)(store - line),
                          line, store + sizeof old - 1);
        else
            buffer_text(&renamed, line);
        at += size;
    }
    assert_string_equal(buffer_read(&after), buffer_read(&renamed));
}

static void
sets_that_are_newer_and_those_that_are_gone_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(buffer_clear) struct buffer lines = {0};
    fill(fixture->catalog);
    dump(fixture->catalog, &lines);
    begin_anew(fixture);
#define FOUND(path, resource, job) \
    "{\"table\":\"found\",\"path\":\"" path "\",\"engine\":\"mysql\",\"resource_id\":\"" resource \
    "\",\"name\":\"n\",\"host\":\"h\",\"server_version\":\"8\",\"tool\":\"t\",\"tool_version\":" \
    "\"1\",\"consistency\":\"c\",\"port\":3306,\"job_id\":" job ",\"attempt\":1,\"size_bytes\":5," \
    "\"file_count\":1,\"schema_count\":1,\"left_out_count\":0,\"excluded_count\":0," \
    "\"started_ms\":1,\"created_ms\":6000,\"manifest_sha256\":\"" \
    "0123456789012345678901234567890123456789012345678901234567890123\"}\n"
    uint64_t trouble = put_back(
        fixture->catalog, buffer_read(&lines),
        "{\"table\":\"gone\",\"id\":1}\n" FOUND("dbhaul/x/d2/j50-a1",
                                                "arn:aws:rds:eu-west-1:1:db:2", "50")
            FOUND("dbhaul/x/d77/j51-a1", "never heard of\",\"provider\":\"aws", "51")
        // Of another folder, of another job, and one that is no line: three troubles.
        FOUND("dbhaul/y/d2/j52-a1", "arn:aws:rds:eu-west-1:1:db:2", "52")
            FOUND("dbhaul/x/d2/j53-a1", "arn:aws:rds:eu-west-1:1:db:2", "54") "not a line\n");
    assert_int_equal(trouble, 3);
    CLEAN(table_destroy)
    table_t *sets = ask_all(fixture->catalog, (struct query){.name = "backups"});
    assert_int_equal(table_rows(sets), 6);
    assert_string_equal(cell(sets, 0, "path"), "dbhaul/x/d77/j51-a1");
    assert_string_equal(cell(sets, 0, "database"), "6");
    CLEAN(table_destroy)
    table_t *databases = ask_all(fixture->catalog, (struct query){.name = "archive_databases"});
    assert_string_equal(cell(databases, table_rows(databases) - 1, "provider"), "aws");
    assert_string_equal(cell(sets, 1, "path"), "dbhaul/x/d2/j50-a1");
    assert_string_equal(cell(sets, 1, "database"), "2");
    assert_string_equal(cell(sets, 1, "store"), "boostfs:dd2:/su");
    assert_string_equal(cell(sets, 5, "state"), "missing");
    assert_string_equal(cell(sets, 4, "state"), "damaged");
    CLEAN(table_destroy)
    table_t *jobs = ask_all(fixture->catalog, (struct query){.name = "job", .job_id = 50});
    assert_string_equal(cell(jobs, 0, "state"), "succeeded");
    CLEAN(table_destroy)
    table_t *runs = ask_all(fixture->catalog, (struct query){.name = "runs"});
    assert_string_equal(cell(runs, 0, "label"), "rebuilt");
    assert_string_equal(cell(runs, 0, "succeeded"), "2");
}

// A catalog is saved when a run ends, whatever other runs do.
static void
a_run_that_goes_on_is_saved_with_its_jobs_and_ended_by_a_rebuild(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(buffer_clear) struct buffer lines = {0};
    fill(fixture->catalog);
    batch_t *batch = batch_new();
    batch_unit(batch);
    for (int64_t run = 60; run <= 61; run++) {
        add_run(batch, run, "backup");
        batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", run, run, "backup", (int64_t)1, (int64_t)0,
                  "task", (size_t)4, (int64_t)7000);
    }
    start_job(batch, 60, 1);
    end_job(batch, 60, 1, "succeeded", 5);
    batch_add(batch, STATEMENT_SET_ADD, "iiiittiibttttiii", (int64_t)60, (int64_t)1, (int64_t)60,
              (int64_t)1, "directory:0b9e", "dbhaul/x/d1/j60-a1", (int64_t)5, (int64_t)1,
              "01234567890123456789012345678901", (size_t)32, "t", "1", "8", "c", (int64_t)1,
              (int64_t)0, (int64_t)7100);
    apply_all(fixture->catalog, &batch);
    dump(fixture->catalog, &lines);
    begin_anew(fixture);
    assert_int_equal(put_back(fixture->catalog, buffer_read(&lines), ""), 0);
    ASSERT_COLUMN(fixture->catalog, "ended", "5000", .name = "run", .run_id = 60);
    ASSERT_COLUMN(fixture->catalog, "state", "succeeded", .name = "job", .job_id = 60);
    ASSERT_COLUMN(fixture->catalog, "id", "", .name = "run", .run_id = 61);
}

static void
a_row_against_the_rules_costs_only_itself(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(buffer_clear) struct buffer lines = {0};
    fill(fixture->catalog);
    dump(fixture->catalog, &lines);
    begin_anew(fixture);
    uint64_t trouble =
        put_back(fixture->catalog, buffer_read(&lines),
                 // The same number once more; a job of a run that is not there; a negative number.
                 "{\"table\":\"runs\",\"id\":1,\"kind\":\"backup\"}\n"
                 "{\"table\":\"jobs\",\"id\":900,\"run_id\":901,\"kind\":\"backup\"}\n"
                 "{\"table\":\"runs\",\"id\":77,\"jobs\":-1}\n");
    assert_int_equal(trouble, 3);
    CLEAN(table_destroy)
    table_t *sets = ask_all(fixture->catalog, (struct query){.name = "backups"});
    assert_int_equal(table_rows(sets), 4);
}

// ---- one that was cut off

enum { MANY = 700 };

static void
take_many(rebuild_rows_t *rows, int count)
{
    for (int id = 1; id <= count; id++) {
        CLEAN(memory_free)
        char *line = memory_format("{\"table\":\"databases\",\"id\":%d,\"provider\":\"p\","
                                   "\"resource_id\":\"r%d\",\"name\":\"n\",\"tags\":\"{}\"}",
                                   id, id);
        take_line(rows, line);
    }
    for (int id = 1; id <= count; id++) {
        CLEAN(memory_free)
        char *line = memory_format(
            "{\"table\":\"found\",\"path\":\"dbhaul/x/d%d/j%d-a1\",\"engine\":\"mysql\","
            "\"resource_id\":\"r%d\",\"name\":\"n\",\"host\":\"h\",\"server_version\":\"8\","
            "\"tool\":\"t\",\"tool_version\":\"1\",\"consistency\":\"c\",\"port\":3306,"
            "\"job_id\":%d,\"attempt\":1,\"size_bytes\":5,\"file_count\":1,\"schema_count\":1,"
            "\"left_out_count\":0,\"excluded_count\":0,\"started_ms\":1,\"created_ms\":6000,"
            "\"manifest_sha256\":"
            "\"0123456789012345678901234567890123456789012345678901234567890123\"}",
            id, id, id, id);
        take_line(rows, line);
    }
}

static void
a_rebuild_that_was_cut_off_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    static const char begin[] =
        "{\"table\":\"begin\",\"store\":\"boostfs:dd2:/su\",\"folder\":\"dbhaul/x\"}";
    rebuild_rows_t *rows = rebuild_rows_new(fixture->catalog, "/mnt", 99000);
    take_line(rows, begin);
    take_many(rows, MANY / 2);
    assert_int_equal(rebuild_rows_end(rows, &error), -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
    rebuild_rows_destroy(&rows);

    rows = rebuild_rows_new(fixture->catalog, "/mnt", 99000);
    assert_int_equal(rebuild_rows_resume(rows, &error), 0);
    take_line(rows, begin);
    take_many(rows, MANY);
    take_line(rows, "{\"table\":\"end\",\"partial\":0,\"earlier\":0,\"strange\":0}");
    assert_int_equal(rebuild_rows_end(rows, &error), 0);
    FILE *file = fopen("/dev/null", "w");
    assert_int_equal(rebuild_rows_print(rows, file), 0);
    fclose(file);
    rebuild_rows_destroy(&rows);
    size_t sets = 0;
    CLEAN(memory_free) char *cursor = NULL;
    do {
        char *next = NULL;
        struct query query = {.name = "backups", .cursor = cursor, .limit = CATALOG_PAGE_MAX};
        CLEAN(table_destroy) table_t *page = ask(fixture->catalog, &query, &next);
        free(cursor);
        cursor = next;
        sets += table_rows(page);
    } while (cursor);
    assert_int_equal(sets, MANY);
    CLEAN(table_destroy)
    table_t *runs = ask_all(fixture->catalog, (struct query){.name = "runs"});
    assert_int_equal(table_rows(runs), 1);
    assert_string_equal(cell(runs, 0, "succeeded"), "700");
}

// ---- the columns

// Those of the schema that are saved neither here nor elsewhere, and why.
static int
is_left_out(const char *table, const char *column)
{
    return strcmp(table, "jobs") == 0 && strcmp(column, "task") == 0;  // none of a job that ended
}

static int
is_saved(const struct archive_table *table, const char *name)
{
    for (const struct list_column *column = table->list->columns; column->name; column++) {
        if (strcmp(column->name, name) == 0)
            return 1;
    }
    return 0;
}

static void
every_column_of_the_schema_is_saved(void **state)
{
    (void)state;
    struct error error = {0};
    char *folder = folder_new();
    CLEAN(memory_free) char *path = memory_format("%s/catalog.db", folder);
    CLEAN(memory_free) char *url = memory_format("sqlite:%s", path);
    catalog_t *catalog = NULL;
    sqlite3 *connection = NULL;
    assert_int_equal(catalog_open(&catalog, url, NULL, "host:1", &error), 0);
    assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
    for (const struct archive_table *table = archive_tables; table->name; table++) {
        const char *name = strcmp(table->name, "databases") == 0 ? "known_databases" : table->name;
        CLEAN(memory_free)
        char *sql = memory_format("SELECT name FROM pragma_table_info('%s')", name);
        sqlite3_stmt *rows = NULL;
        size_t count = 0;
        assert_int_equal(sqlite3_prepare_v2(connection, sql, -1, &rows, NULL), SQLITE_OK);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            const char *column = (const char *)sqlite3_column_text(rows, 0);
            count++;
            if (!is_left_out(name, column) && !is_saved(table, column))
                fail_msg("'%s' of '%s' has no line in archive_columns.h", column, name);
        }
        assert_true(count > 5);
        sqlite3_finalize(rows);
    }
    sqlite3_close(connection);
    catalog_destroy(&catalog);
    folder_destroy(&folder);
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(what_was_saved_is_put_back),
        SUITE(sets_that_are_newer_and_those_that_are_gone_are_told_apart),
        SUITE(a_run_that_goes_on_is_saved_with_its_jobs_and_ended_by_a_rebuild),
        SUITE(a_row_against_the_rules_costs_only_itself),
        SUITE(a_rebuild_that_was_cut_off_goes_on),
    };
    const struct CMUnitTest others[] = {cmocka_unit_test(every_column_of_the_schema_is_saved)};
    int failed = cmocka_run_group_tests(others, NULL, NULL);
    return failed + run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
