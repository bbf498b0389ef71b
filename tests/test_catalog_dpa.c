// The views for reports, as docs/dpa.md promises them to their readers: the same on every kind.

#include "coordinator/catalog/catalog.h"
#include "tests/check_catalog.h"
#include "tests/check_views.h"
#include "tests/dark_night.h"

// ---- jobs

static void
every_attempt_that_ended_is_a_row(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT job_id, attempt, job_type, level, status_code, status_text, outcome,"
               " is_final FROM dpa_backup_jobs_v1 WHERE database_id < 5 ORDER BY ended_at",
               "1|1|BACKUP|full|1|Warning|lost|0|\n"
               "1|2|BACKUP|full|0|Success|succeeded|1|\n"
               "2|1|BACKUP|full|2|Failed|failed|1|\n"
               "3|1|VERIFY||0|Success|succeeded|1|\n"
               "4|0|BACKUP|full|2|Failed|failed|1|\n"
               "5|1|SWEEP||2|Failed|cancelled|1|\n"
               "6|1|BACKUP|full|1|Warning|failed|0|\n");
}

static void
a_row_says_why_in_one_line(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT job_id, worker, error_code, error_text, remark FROM dpa_backup_jobs_v1"
               " WHERE database_id < 5 ORDER BY ended_at",
               "1|worker-1|try again|the worker fell  silent||\n"
               "1|worker-1|||2 views were left out|\n"
               "2|worker-1|somebody must act|access denied||\n"
               "3|worker-1||||\n"
               "4||somebody must act|no worker can take it||\n"
               "5|worker-1||cancelled by uid:0||\n"
               "6|worker-1|try again|deadlock||\n");
}

static void
a_row_names_run_database_and_server(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT run_id, policy, requested_by, server, length(catalog_id), database_id,"
               " database_name, client_host, client_port, provider, account, region, resource_id,"
               " long_name, engine, engine_version FROM dpa_backup_jobs_v1"
               " WHERE job_id IN (2, 5) ORDER BY job_id",
               "1|nightly|schedule|host:1|36|2|mail|db.example|3306|file:estate|1234|eu-west-1|"
               "arn:aws:rds:eu-west-1:1:db:2|arn:aws:rds:eu-west-1:1:db:2|postgres|8.0.36|\n"
               "1|nightly|schedule|host:1|36|0|||0||||||||\n");
}

static void
times_are_utc_and_whole_seconds(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT CAST(queued_at AS CHAR(19)), CAST(started_at AS CHAR(19)),"
               " CAST(ended_at AS CHAR(19)), ended_day, queued_unix_ms, started_unix_ms,"
               " ended_unix_ms, wait_s, duration_s FROM dpa_backup_jobs_v1"
               " WHERE job_id = 1 AND attempt = 2",
               "2026-11-25 22:00:00|2026-11-25 23:00:00|2026-11-26 00:00:00|2026-11-26|"
               "1795644000000|1795647600000|1795651200000|3600|3600|\n");
    check_view(fixture,
               "SELECT CAST(verified_at AS CHAR(19)), verified_unix_ms FROM dpa_backup_jobs_v1"
               " WHERE job_id = 3",
               "2026-11-26 02:00:00|1795658400000|\n");
    check_view(fixture,
               "SELECT count(*) FROM dpa_backup_jobs_v1 WHERE job_id = 2 AND verified_at IS NULL",
               "1|\n");
}

// A backup's row and that of who verified it.
static void
rows_tell_of_the_set(void **state)
{
    const struct fixture *fixture = *state;
    const char *const rows =
        "7201000|2000|1|good|7|3|1|boostfs:dd1.example:/unit|boostfs|dd1.example|unit|"
        "dbhaul/1f/d1/j1-a2|sha256|"
        "abababababababababababababababababababababababababababababababab|"
        "mysqldump|8.0.40|8.0.36|single-transaction|\n";
    CLEAN(memory_free) char *both = memory_format("%s%s", rows, rows);
    check_view(fixture,
               "SELECT size_bytes, throughput_bytes_s, set_id, set_state, file_count,"
               " schema_count, left_out_count, store, store_kind, dd_host, storage_unit, path,"
               " checksum_algorithm, checksum, tool, tool_version, engine_version, consistency"
               " FROM dpa_backup_jobs_v1 WHERE job_id IN (1, 3) AND status_code = 0",
               both);
    check_view(fixture,
               "SELECT size_bytes, throughput_bytes_s, set_id, set_state, file_count, store_kind,"
               " dd_host, storage_unit, checksum_algorithm, checksum FROM dpa_backup_jobs_v1"
               " WHERE job_id = 1 AND attempt = 1",
               "0|0|0||0||||||\n");
}

static void
only_boostfs_has_a_data_domain(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT store_kind, dd_host, storage_unit FROM dpa_backup_jobs_v1"
               " WHERE database_id = 5 ORDER BY job_id",
               "directory|||\nboostfs|dd|a/b|\nboostfs|dd||\n");
}

static void
no_value_is_too_large_for_a_view(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT job_id, length(database_name), length(error_text), length(remark),"
               " size_bytes, throughput_bytes_s, wait_s, duration_s FROM dpa_backup_jobs_v1"
               " WHERE database_id = 6 ORDER BY job_id",
               "21|255|0|255|9223372036854775807|2562047788015215|356400|3600|\n"
               "22|255|255|0|0|0|0|0|\n");
}

static void
a_period_is_from_its_start_and_before_its_end(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT job_id FROM dpa_backup_jobs_v1 WHERE ended_at >= '2026-11-26 00:00:00'"
               " AND ended_at < '2026-11-26 02:00:00' ORDER BY job_id",
               "1|\n2|\n");
    check_view(fixture,
               "SELECT job_id FROM dpa_backup_jobs_v1 WHERE ended_unix_ms >= 1795651200000"
               " AND ended_unix_ms < 1795658400000 ORDER BY job_id",
               "1|\n2|\n");
}

// ---- databases

static void
every_database_has_a_row_whatever_was_done_with_it(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT database_name, is_gone, is_stale, has_good_set, last_good_set_id,"
               " last_good_unix_ms, last_good_size_bytes, last_job_id, last_status_code,"
               " last_status_text, last_error_text FROM dpa_databases_v1 WHERE database_id < 5"
               " ORDER BY database_id",
               "shop|0|0|1|1|1795651200000|7201000|1|0|Success||\n"
               "mail|0|0|0|0|0|0|2|2|Failed|access denied|\n"
               "archive|1|0|0|0|0|0|4|2|Failed|no worker can take it|\n"
               "wiki|0|1|0|0|0|0|0|-1|None||\n");
    check_view(
        fixture,
        "SELECT CAST(first_seen_at AS CHAR(19)), CAST(last_seen_at AS CHAR(19)),"
        " CAST(last_good_at AS CHAR(19)), CAST(last_ended_at AS CHAR(19))"
        " FROM dpa_databases_v1 WHERE database_id = 1",
        "2026-11-23 22:00:00|2026-11-23 22:00:00|2026-11-26 00:00:00|2026-11-26 00:00:00|\n");
    check_view(fixture,
               "SELECT CAST(gone_at AS CHAR(19)) FROM dpa_databases_v1 WHERE database_id = 3",
               "2026-11-25 22:00:00|\n");
}

// Only the newest set counts, and only a good one.
static void
a_damaged_set_is_no_good_set(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT last_good_set_id, last_good_size_bytes, last_job_id FROM dpa_databases_v1"
               " WHERE database_id = 7",
               "32|200|33|\n");
}

static void
age_is_that_of_the_last_good_set_or_of_the_database(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT database_name FROM dpa_databases_v1 WHERE last_good_age_s >= 3600"
               " AND last_good_age_s < 3660",
               "never|\n");
    check_view(fixture,
               "SELECT database_name FROM dpa_databases_v1 WHERE last_good_age_s >= 7200"
               " AND last_good_age_s < 7260",
               "old|\n");
    check_view(fixture, "SELECT database_name FROM dpa_databases_v1 WHERE last_good_age_s = 0",
               "ahead|\n");
}

// ---- the contract

static void
the_page_names_every_column_in_its_order(void **state)
{
    const struct fixture *fixture = *state;
    for (size_t view = 0; view < sizeof views / sizeof *views; view++) {
        CLEAN(memory_free) char *found = view_columns(fixture, views[view]);
        CLEAN(memory_free) char *written = page_columns(fixture, views[view]);
        assert_string_equal(found, written);
    }
}

static void
nothing_is_null_but_times(void **state)
{
    const struct fixture *fixture = *state;
    for (size_t view = 0; view < sizeof views / sizeof *views; view++) {
        CLEAN(memory_free) char *page = page_text(views[view]);
        CLEAN(memory_free) char *nulls = memory_copy_text("");
        struct page_row row;
        for (const char *next = page; page_next(&next, &row);) {
            if (strcmp(row.type, "time") == 0)
                continue;
            char *longer = memory_format("%s%s%s IS NULL", nulls, *nulls ? " OR " : "", row.name);
            free(nulls);
            nulls = longer;
        }
        assert_true(strlen(nulls) > 150);
        CLEAN(memory_free)
        char *sql = memory_format("SELECT count(*) FROM %s WHERE %s", views[view], nulls);
        check_view(fixture, sql, "0|\n");
    }
}

static void
the_sample_reports_can_be_asked(void **state)
{
    const struct fixture *fixture = *state;
    const struct {
        const char *name;
        size_t rows;
    } samples[] = {{"jobs", 7}, {"failures", 3}, {"unprotected", 4}, {"capacity", 1}};
    for (size_t sample = 0; sample < sizeof samples / sizeof *samples; sample++) {
        CLEAN(memory_free)
        char *sql = sample_text(samples[sample].name, "2026-11-25 22:00:00", "2026-11-26 22:00:00");
        CLEAN(memory_free) char *rows = ask_view(fixture, sql);
        size_t count = 0;
        for (const char *end = strchr(rows, '\n'); end; end = strchr(end + 1, '\n'))
            count++;
        // How old a set is depends on today.
        if (strcmp(samples[sample].name, "unprotected") != 0 || clock_unix_ms() > night + 48 * HOUR)
            assert_int_equal(count, samples[sample].rows);
    }
}

// Nor change anything.
static void
the_reader_may_read_nothing_else(void **state)
{
    const struct fixture *fixture = *state;
    if (!fixture->kind->server)
        return;  // a file has no users
    const char *const denied[] = {
        "SELECT count(*) FROM attempts",  "SELECT secret FROM known_databases",
        "SELECT holder FROM leader",      "UPDATE dpa_databases_v1 SET client_port = 1",
        "DELETE FROM dpa_backup_jobs_v1", "CREATE TABLE mine (id BIGINT)",
    };
    const char *database = catalog_server_database(fixture->url);
    for (size_t index = 0; index < sizeof denied / sizeof *denied; index++) {
        CLEAN(memory_free)
        char *rows = ask_as_reader(fixture->kind->server, database, denied[index]);
        if (rows)
            fail_msg("the reader may do this: %s", denied[index]);
    }
    check_view(fixture, "SELECT count(*) FROM report WHERE status = 'Failed'", "3|\n");
}

// Backups of eleven days, one a minute.
static void
add_many_nights(const struct fixture *fixture)
{
    enum { DOUBLINGS = 14 };
    char *text = NULL;
    size_t size = 0;
    FILE *sql = open_memstream(&text, &size);
    fputs("INSERT INTO jobs (id, run_id, kind, database_id, set_id, state, attempt, queued_ms,"
          " ended_ms) VALUES (1000000, 1, 'backup', 100, 0, 'succeeded', 1, 1800000000000,"
          " 1800000000000);"
          "INSERT INTO attempts (job_id, number, instance, worker, started_ms, ended_ms, outcome)"
          " VALUES (1000000, 1, '', '', 1800000000000, 1800000000000, 'succeeded');",
          sql);
    for (int more = 1; more < 1 << DOUBLINGS; more *= 2) {
        fprintf(sql,
                "INSERT INTO jobs (id, run_id, kind, database_id, set_id, state, attempt,"
                " queued_ms, ended_ms) SELECT id + %d, 1, 'backup', database_id + %d, 0,"
                " 'succeeded', 1, queued_ms, ended_ms + 60000 * %d FROM jobs WHERE id >= 1000000;",
                more, more, more);
        fprintf(sql,
                "INSERT INTO attempts (job_id, number, instance, worker, started_ms, ended_ms,"
                " outcome) SELECT job_id + %d, 1, '', '', started_ms, ended_ms + 60000 * %d,"
                " 'succeeded' FROM attempts WHERE job_id >= 1000000;",
                more, more);
    }
    fputs(is_mysql(fixture) ? "ANALYZE TABLE jobs, attempts;" : "ANALYZE;", sql);
    fclose(sql);
    const char *database = catalog_server_database(fixture->url);
    CLEAN(memory_free) char *said = catalog_server_ask(fixture->kind->server, database, text);
    free(text);
}

static char *
explain(const struct fixture *fixture, const char *question)
{
    CLEAN(memory_free)
    char *sql = memory_format("EXPLAIN %s%s",
                              is_mysql(fixture)       ? "FORMAT=TRADITIONAL "
                              : fixture->kind->server ? ""
                                                      : "QUERY PLAN ",
                              question);
    // MySQL tells the plan of a view only to those who may read its tables.
    return fixture->kind->server ? catalog_server_ask(fixture->kind->server,
                                                      catalog_server_database(fixture->url), sql)
                                 : ask_view(fixture, sql);
}

static void
a_period_is_found_by_an_index(void **state)
{
    const struct fixture *fixture = *state;
    const struct {
        const char *where, *in_sqlite, *in_mysql, *in_postgres;
    } rows[] = {
        {"ended_at >= '2027-01-20 00:00:00' AND ended_at < '2027-01-20 01:00:00'",
         "a USING INDEX attempts_ended_at (<expr>>? AND <expr><?)", "\tattempts_ended_at\t",
         " attempts_ended_at "},
        {"ended_unix_ms >= 1800400000000 AND ended_unix_ms < 1800403600000",
         "a USING INDEX attempts_ended (ended_ms>? AND ended_ms<?)", "\tattempts_ended\t",
         " attempts_ended "},
        {"database_id = 1234", "j USING INDEX jobs_database (database_id=?)", "\tjobs_database\t",
         " jobs_database "},
    };
    if (fixture->kind->server)
        add_many_nights(fixture);
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        CLEAN(memory_free)
        char *sql = memory_format("SELECT * FROM dpa_backup_jobs_v1 WHERE %s", rows[row].where);
        CLEAN(memory_free) char *plan = explain(fixture, sql);
        const char *way = is_mysql(fixture)       ? rows[row].in_mysql
                          : fixture->kind->server ? rows[row].in_postgres
                                                  : rows[row].in_sqlite;
        if (!strstr(plan, way))
            fail_msg("%s is not found by '%s' but by: %s", sql, way, plan);
    }
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attempt_that_ended_is_a_row),
        cmocka_unit_test(a_row_says_why_in_one_line),
        cmocka_unit_test(a_row_names_run_database_and_server),
        cmocka_unit_test(times_are_utc_and_whole_seconds),
        cmocka_unit_test(rows_tell_of_the_set),
        cmocka_unit_test(only_boostfs_has_a_data_domain),
        cmocka_unit_test(no_value_is_too_large_for_a_view),
        cmocka_unit_test(a_period_is_from_its_start_and_before_its_end),
        cmocka_unit_test(every_database_has_a_row_whatever_was_done_with_it),
        cmocka_unit_test(a_damaged_set_is_no_good_set),
        cmocka_unit_test(age_is_that_of_the_last_good_set_or_of_the_database),
        cmocka_unit_test(the_page_names_every_column_in_its_order),
        cmocka_unit_test(nothing_is_null_but_times),
        cmocka_unit_test(the_sample_reports_can_be_asked),
        cmocka_unit_test(the_reader_may_read_nothing_else),
        cmocka_unit_test(a_period_is_found_by_an_index),
    };
    return run_views_on_every_kind(tests, sizeof tests / sizeof *tests, add_all);
}
