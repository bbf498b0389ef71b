// The views for reports, as docs/dpa.md promises them to their readers: the same on every kind.

#include "coordinator/catalog/catalog.h"
#include "tests/check_catalog.h"
#include "tests/check_views.h"

// ---- jobs

static void
every_attempt_that_ended_is_a_row(void **state)
{
    const struct fixture *fixture = *state;
    add_dark_night(fixture->catalog);
    check_view(fixture,
               "SELECT job_id, attempt, job_type, level, status_code, status_text, outcome,"
               " is_final FROM dpa_backup_jobs_v1 ORDER BY ended_at",
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
    add_dark_night(fixture->catalog);
    check_view(fixture,
               "SELECT job_id, worker, error_code, error_text, remark FROM dpa_backup_jobs_v1"
               " ORDER BY ended_at",
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
    add_dark_night(fixture->catalog);
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
    add_dark_night(fixture->catalog);
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
    add_dark_night(fixture->catalog);
    const char *const sql =
        "SELECT size_bytes, throughput_bytes_s, set_id, set_state, file_count, schema_count,"
        " left_out_count, store, store_kind, dd_host, storage_unit, path, checksum_algorithm,"
        " checksum, tool, tool_version, engine_version, consistency FROM dpa_backup_jobs_v1"
        " WHERE job_id = %d AND status_code = 0";
    for (int job = 1; job <= 3; job += 2) {
        CLEAN(memory_free) char *one = memory_format(sql, job);
        check_view(fixture, one,
                   "7201000|2000|1|good|7|3|1|boostfs:dd1.example:/unit|boostfs|dd1.example|unit|"
                   "dbhaul/1f/d1/j1-a2|sha256|"
                   "abababababababababababababababababababababababababababababababab|"
                   "mysqldump|8.0.40|8.0.36|single-transaction|\n");
    }
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
    const char *const stores[] = {"directory:0b9e:/x", "boostfs:dd:/a/b", "boostfs:dd"};
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 1);
    add_run(batch, 1, "backup");
    for (int64_t job = 1; job <= 3; job++) {
        queue_job(batch, job, "backup", 1, 0);
        run_attempt(batch, job, 1, "succeeded", "", "", job);
        keep_set(batch, job, 1, job, 1, stores[job - 1], 1);
        end_with(batch, job, 1, "succeeded", "", job);
    }
    apply_all(fixture->catalog, &batch);
    check_view(fixture,
               "SELECT store_kind, dd_host, storage_unit FROM dpa_backup_jobs_v1 ORDER BY job_id",
               "directory|||\nboostfs|dd|a/b|\nboostfs|dd||\n");
}

// What a worker or a clock may bring about.
static void
no_value_is_too_large_for_a_view(void **state)
{
    const struct fixture *fixture = *state;
    CLEAN(memory_free) char *text = memory_get(4097);
    memset(text, 'x', 4096);
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, text + 4096 - 300, 1);
    add_run(batch, 1, "backup");
    queue_job(batch, 1, "backup", 1, 0);
    run_attempt(batch, 1, 1, "succeeded", "", text, 1);
    keep_set(batch, 1, 1, 1, 1, "boostfs:dd:/a", INT64_MAX);
    end_with(batch, 1, 1, "succeeded", "", 1);
    queue_job(batch, 2, "backup", 1, 0);  // the clock was set back by a day
    start_job(batch, 2, 1);
    batch_add(batch, STATEMENT_ATTEMPT_END, "tttiiii", "failed", "defer", text, INT64_MAX,
              (int64_t)1, (int64_t)2, (int64_t)1);
    end_with(batch, 2, 1, "failed", text, 1);
    apply_all(fixture->catalog, &batch);
    check_view(fixture,
               "SELECT job_id, length(database_name), length(error_text), length(remark),"
               " size_bytes, throughput_bytes_s, wait_s, duration_s FROM dpa_backup_jobs_v1"
               " ORDER BY job_id",
               "1|255|0|255|9223372036854775807|2562047788015215|0|3600|\n"
               "2|255|255|0|0|0|0|0|\n");
}

static void
a_period_is_from_its_start_and_before_its_end(void **state)
{
    const struct fixture *fixture = *state;
    add_dark_night(fixture->catalog);
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
    add_dark_night(fixture->catalog);
    batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_DATABASE_GONE, "ii", night, (int64_t)3);
    batch_add(batch, STATEMENT_DATABASE_STALE, "ii", night, (int64_t)4);
    apply_all(fixture->catalog, &batch);
    check_view(fixture,
               "SELECT database_name, is_gone, is_stale, has_good_set, last_good_set_id,"
               " last_good_unix_ms, last_good_size_bytes, last_job_id, last_status_code,"
               " last_status_text, last_error_text FROM dpa_databases_v1 ORDER BY database_id",
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
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 1);
    for (int64_t id = 1; id <= 3; id++)
        add_night(batch, id, 1, "succeeded", 100 * id);
    batch_unit(batch);
    batch_add(batch, STATEMENT_SET_VERIFIED, "ttii", "damaged", "", (int64_t)9, (int64_t)3);
    apply_all(fixture->catalog, &batch);
    check_view(fixture,
               "SELECT last_good_set_id, last_good_size_bytes, last_job_id FROM dpa_databases_v1",
               "2|200|3|\n");
}

static void
age_is_that_of_the_last_good_set_or_of_the_database(void **state)
{
    const struct fixture *fixture = *state;
    int64_t now_ms = clock_unix_ms();
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "never", now_ms - HOUR);
    add_database(batch, 2, "old", now_ms - 9 * HOUR);
    add_database(batch, 3, "ahead", now_ms + 9 * HOUR);
    add_run(batch, 1, "backup");
    add_job(batch, 1, 1, 2);
    start_job(batch, 1, 1);
    uint8_t digest[32] = {0};
    batch_add(batch, STATEMENT_SET_ADD, "iiiittiibttttiii", (int64_t)1, (int64_t)2, (int64_t)1,
              (int64_t)1, "directory:1", "x", (int64_t)1, (int64_t)1, digest, sizeof digest, "", "",
              "", "", (int64_t)1, (int64_t)0, now_ms - 2 * HOUR);
    apply_all(fixture->catalog, &batch);
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

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(every_attempt_that_ended_is_a_row),
        SUITE(a_row_says_why_in_one_line),
        SUITE(a_row_names_run_database_and_server),
        SUITE(times_are_utc_and_whole_seconds),
        SUITE(rows_tell_of_the_set),
        SUITE(only_boostfs_has_a_data_domain),
        SUITE(no_value_is_too_large_for_a_view),
        SUITE(a_period_is_from_its_start_and_before_its_end),
        SUITE(every_database_has_a_row_whatever_was_done_with_it),
        SUITE(a_damaged_set_is_no_good_set),
        SUITE(age_is_that_of_the_last_good_set_or_of_the_database),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
