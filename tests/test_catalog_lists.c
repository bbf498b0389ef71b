// The lists of query.h, on every kind.

#include "coordinator/catalog/query.h"

#include "tests/check_catalog.h"

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
    assert_int_equal(table_columns(table), 38);
    assert_string_equal(cell(table, 0, "name"), "archive");
    assert_string_equal(cell(table, 0, "engine"), "mysql");
    assert_string_equal(cell(table, 0, "port"), "3306");
    assert_string_equal(cell(table, 0, "resource_id"), "arn:aws:rds:eu-west-1:1:db:3");
    assert_string_equal(cell(table, 0, "size_bytes"), "3000");
    assert_string_equal(cell(table, 0, "first_seen"), "300");
    assert_string_equal(cell(table, 0, "gone"), "");
}

static void
apply_state_of_databases(catalog_t *catalog)
{
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    struct error error = {0};
    batch_unit(batch);
    batch_add(batch, STATEMENT_DATABASE_GONE, "ii", (int64_t)7000, (int64_t)4);
    batch_add(batch, STATEMENT_DATABASE_STALE, "ii", (int64_t)7001, (int64_t)5);
    batch_add(batch, STATEMENT_EVENT_ADD, "iiittttt", (int64_t)1, (int64_t)6000, (int64_t)1,
              "file:estate", "1234", "eu-west-1", "appeared", "'x'");
    batch_add(batch, STATEMENT_EVENT_ADD, "iiittttt", (int64_t)2, (int64_t)6001, (int64_t)0,
              "file:estate", "1234", "", "scope failed", "no");
    batch_add(batch, STATEMENT_EVENT_ADD, "iiittttt", (int64_t)3, (int64_t)7000, (int64_t)4,
              "file:estate", "1234", "eu-west-1", "gone", "away");
    assert_int_equal(catalog_apply(catalog, batch, &error), 0);
    assert_int_equal(batch_refused(batch), 0);
}

static void
databases_are_narrowed_by_what_discovery_knows(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    apply_state_of_databases(catalog);
    ASSERT_COLUMN(catalog, "id", "3 2 1 5 4", .name = "databases");
    ASSERT_COLUMN(catalog, "id", "4", .name = "databases", .filters = QUERY_GONE);
    ASSERT_COLUMN(catalog, "id", "5", .name = "databases", .filters = QUERY_STALE);
    ASSERT_COLUMN(catalog, "stale", "7001", .name = "databases", .filters = QUERY_STALE);
    ASSERT_COLUMN(catalog, "id", "5 4", .name = "databases", .filters = QUERY_NEW, .since_ms = 400);
    ASSERT_COLUMN(catalog, "id", "4", .name = "databases", .filters = QUERY_NEW | QUERY_GONE,
                  .since_ms = 300);
    ASSERT_COLUMN(catalog, "id", "", .name = "databases", .filters = QUERY_STALE | QUERY_GONE);
    struct error error = {0};
    struct query wrong = {.name = "jobs", .filters = QUERY_GONE, .limit = 1};
    table_t *table = NULL;
    char *cursor = NULL;
    assert_int_equal(catalog_query(catalog, &wrong, &table, &cursor, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
}

static void
unprotected_is_what_is_there_and_has_no_good_set(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    CLEAN(table_destroy)
    table_t *good = ask_all(catalog, (struct query){.name = "latest"});
    CLEAN(table_destroy)
    table_t *bare =
        ask_all(catalog, (struct query){.name = "databases", .filters = QUERY_UNPROTECTED});
    assert_int_equal(table_rows(good) + table_rows(bare), 5);
    for (size_t one = 0; one < table_rows(good); one++) {
        for (size_t two = 0; two < table_rows(bare); two++)
            assert_string_not_equal(cell(good, one, "database"), cell(bare, two, "id"));
    }
    apply_state_of_databases(catalog);
    CLEAN(table_destroy)
    table_t *left =
        ask_all(catalog, (struct query){.name = "databases", .filters = QUERY_UNPROTECTED});
    assert_int_equal(table_rows(left), table_rows(bare) - 1);
}

static void
events_come_newest_first_and_are_narrowed(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    apply_state_of_databases(catalog);
    ASSERT_COLUMN(catalog, "id", "3 2 1", .name = "events");
    ASSERT_COLUMN(catalog, "kind", "gone", .name = "events", .state = "gone");
    ASSERT_COLUMN(catalog, "database", "4  1", .name = "events");
    CLEAN(selector_destroy) selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "database", "1", &error), 0);
    ASSERT_COLUMN(catalog, "id", "1", .name = "events", .selector = selector);
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
    assert_int_equal(table_columns(table), 41);
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
    assert_string_equal(cell(table, 0, "excluded"), "0");
    assert_string_equal(cell(table, 0, "manifest_sha256"),
                        "0404040404040404040404040404040404040404040404040404040404040404");
}

static void
steps(const char *state, int64_t offsite_ms, batch_t *batch)
{
    batch_unit(batch);
    batch_add(batch, STATEMENT_PROTECTION_STEP, "ttttiiiiiii", state, "1",
              "dd2.example:/data/col1/su1", "slow", (int64_t)6000, (int64_t)60000, (int64_t)6100,
              (int64_t)6200, offsite_ms, (int64_t)6050, (int64_t)9);
    if (offsite_ms)
        batch_add(batch, STATEMENT_SET_OFFSITE, "ii", offsite_ms, (int64_t)9);
}

static void
a_protection_covers_the_sets_of_its_store_so_far(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    CLEAN(working_set_clear) struct working_set before = {0}, after = {0}, end = {0};
    struct error error = {0};
    assert_int_equal(catalog_load(catalog, &before, &error), 0);
    assert_int_equal(before.uncovered_count, 1);
    assert_string_equal(before.uncovered[0]->store, "directory:0b9e");
    assert_int_equal(before.uncovered[0]->set_count, 3);
    batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_PROTECTION_ADD, "itttttii", (int64_t)9, "pending", "directory:0b9e",
              "dd1", "/data/col1/su1", "dbhaul-0-9", (int64_t)3, (int64_t)5500);
    batch_add(batch, STATEMENT_SET_COVER, "it", (int64_t)9, "directory:0b9e");
    steps("syncing", 0, batch);
    apply_all(catalog, &batch);
    assert_int_equal(catalog_load(catalog, &after, &error), 0);
    assert_int_equal(after.uncovered_count, 1);
    assert_int_equal(after.uncovered[0]->set_count, 0);
    assert_int_equal(after.next_protection_id, 10);
    assert_int_equal(after.protection_count, 1);
    assert_int_equal(after.protections[0]->state, PROTECTION_SYNCING);
    assert_string_equal(after.protections[0]->mtree, "/data/col1/su1");
    assert_string_equal(after.protections[0]->message, "slow");
    assert_int_equal(after.protections[0]->created_ms, 6000);
    assert_int_equal(after.protections[0]->set_count, 3);
    batch = batch_new();
    steps("off-site", 7000, batch);
    apply_all(catalog, &batch);
    ASSERT_COLUMN(catalog, "id", "9", .name = "protections", .state = "off-site");
    ASSERT_COLUMN(catalog, "snapshot", "dbhaul-0-9", .name = "backups", .set_id = 4);
    ASSERT_COLUMN(catalog, "offsite", "7000", .name = "backups", .set_id = 4);
    ASSERT_COLUMN(catalog, "offsite_took", "2", .name = "backups", .set_id = 4);
    ASSERT_COLUMN(catalog, "context", "1", .name = "backups", .set_id = 4);
    ASSERT_COLUMN(catalog, "protected", "6100", .name = "latest");
    assert_int_equal(catalog_load(catalog, &end, &error), 0);
    assert_int_equal(end.protection_count, 0);
    batch = batch_new();
    steps("syncing", 0, batch);  // what has ended stays so
    assert_int_equal(catalog_apply(catalog, batch, &error), 0);
    assert_int_equal(batch_refused(batch), 1);
    batch_destroy(&batch);
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
    ASSERT_COLUMN(catalog, "dbname", "wiki mail shop", .name = "report", .run_id = 5);
    ASSERT_COLUMN(catalog, "status", "Failed Failed Success Success Failed Failed Success",
                  .name = "report_excluded");
    batch_t *excluded = batch_new();
    batch_unit(excluded);
    batch_add(excluded, STATEMENT_SET_EXCLUDED, "ii", (int64_t)7, (int64_t)4);
    apply_all(catalog, &excluded);
    ASSERT_COLUMN(catalog, "excluded", "0 0 0 7 0 0 0", .name = "report_excluded");
    CLEAN(table_destroy) table_t *table = ask_all(catalog, (struct query){.name = "report"});
    assert_int_equal(table_columns(table), 6);
    assert_string_equal(cell(table, 0, "start"), "1970-01-01 00:00:02");  // queued: never started
    assert_string_equal(cell(table, 0, "end"), "2026-11-23 03:02:03");
    assert_string_equal(cell(table, 1, "start"), "1970-01-01 00:00:03");
    assert_string_equal(cell(table, 1, "longname"), "arn:aws:rds:eu-west-1:1:db:2");
}

// add_history ends job N at 4000 + N.
static void
the_report_of_a_period_is_from_its_start_and_before_its_end(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_history(catalog);
    ASSERT_COLUMN(catalog, "dbname", "mail shop shop", .name = "report", .from_ms = 4004);
    ASSERT_COLUMN(catalog, "dbname", "archive mail shop", .name = "report", .until_ms = 4004);
    ASSERT_COLUMN(catalog, "dbname", "shop archive mail", .name = "report", .from_ms = 4002,
                  .until_ms = 4005);
    ASSERT_COLUMN(catalog, "dbname", "", .name = "report", .from_ms = 4005, .until_ms = 4005);

    struct error error = {0};
    struct query jobs = {.name = "jobs", .from_ms = 1, .limit = 1};
    table_t *table = NULL;
    char *cursor = NULL;
    assert_int_equal(catalog_query(catalog, &jobs, &table, &cursor, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.message, "a period"));
}

// Job N ends at 4000 + N.
static void
what_was_deferred_or_cancelled_was_not_tried(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    for (int64_t id = 1; id <= 3; id++) {
        CLEAN(memory_free) char *name = memory_format("d%" PRId64, id);
        batch_unit(batch);
        add_database(batch, id, name, 1);
    }
    add_night(batch, 1, 1, "failed", 0);
    add_night(batch, 2, 1, "deferred", 0);
    add_night(batch, 3, 2, "failed", 0);
    add_night(batch, 4, 2, "succeeded", 9);
    add_night(batch, 5, 2, "cancelled", 0);
    add_night(batch, 6, 3, "deferred", 0);
    apply_all(fixture->catalog, &batch);
    ASSERT_COLUMN(fixture->catalog, "tried_ms", "4001 4004 0", .name = "standing");
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(databases_come_by_name_with_their_last_backup),
        SUITE(databases_are_narrowed_by_state_and_selector),
        SUITE(databases_are_narrowed_by_what_discovery_knows),
        SUITE(unprotected_is_what_is_there_and_has_no_good_set),
        SUITE(events_come_newest_first_and_are_narrowed),
        SUITE(runs_tell_how_they_ended_or_how_far_they_are),
        SUITE(what_a_run_skipped_is_told_with_its_reason),
        SUITE(jobs_come_newest_first_and_are_narrowed),
        SUITE(a_job_of_no_database_is_listed_but_never_selected),
        SUITE(attempts_tell_each_try),
        SUITE(backups_tell_all_that_the_catalog_knows_of_a_set),
        SUITE(a_protection_covers_the_sets_of_its_store_so_far),
        SUITE(latest_is_the_last_good_set_of_each_database),
        SUITE(the_report_has_a_row_an_ended_backup),
        SUITE(the_report_of_a_period_is_from_its_start_and_before_its_end),
        SUITE(what_was_deferred_or_cancelled_was_not_tried),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
