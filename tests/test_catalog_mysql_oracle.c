// timeout: 300
// The catalog in Oracle's own MySQL: what MariaDB and it do not have in common.

#include "coordinator/catalog/catalog.h"

#include "tests/check_catalog.h"

static char *
prepare_oracle(const char *folder)
{
    (void)folder;
    return catalog_server_prepare(&catalog_oracle_server);
}

static void
take_away_oracle(const char *folder)
{
    (void)folder;
    catalog_server_do(&catalog_oracle_server, "kill", "");
}

static void
bring_back_oracle(const char *folder)
{
    (void)folder;
    assert_int_equal(catalog_server_start(&catalog_oracle_server), 0);
}

static const struct kind oracle = {"mysql", &catalog_oracle_server, prepare_oracle,
                                   take_away_oracle, bring_back_oracle};

static void
every_list_can_be_read(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    add_history(fixture->catalog);
    CLEAN(catalog_destroy) catalog_t *reader = NULL;
    if (catalog_open_reader(&reader, fixture->url, &catalog_server_access, &error))
        fail_msg("open: %s", error.message);
    const struct {
        const char *name;
        int64_t run_id, job_id;
        size_t rows;
    } lists[] = {{"databases", 0, 0, 5}, {"runs", 0, 0, 5},    {"run", 5, 0, 1},
                 {"skipped", 5, 0, 1},   {"jobs", 0, 0, 8},    {"job", 0, 5, 1},
                 {"attempts", 0, 5, 1},  {"backups", 0, 0, 3}, {"latest", 0, 0, 1},
                 {"report", 0, 0, 6}};
    for (size_t index = 0; index < sizeof lists / sizeof *lists; index++) {
        CLEAN(table_destroy)
        table_t *table = ask_all(reader, (struct query){.name = lists[index].name,
                                                        .run_id = lists[index].run_id,
                                                        .job_id = lists[index].job_id});
        assert_int_equal(table_rows(table), lists[index].rows);
    }
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.job_count, 4);
}

// The words for INSERT or UPDATE that both understand.
static void
two_ids_cannot_claim_one_resource(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    add_queue(fixture->catalog);
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_DATABASE_PUT, "itttttttttitttttttii", (int64_t)8, "file:estate",
              "arn:aws:rds:eu-west-1:1:db:1", "x", "", "mysql", "", "", "", "", (int64_t)0, "", "",
              "", "", "", "", "", (int64_t)0, (int64_t)1);
    batch_unit(batch);
    add_database(batch, 1, "renamed", 200);
    assert_int_equal(catalog_apply(fixture->catalog, batch, &error), 0);
    assert_int_equal(batch_refused(batch), 1);
    assert_true(batch_at(batch, 0)->refused);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.database_count, 3);
    assert_string_equal(set.databases[0]->name, "renamed");
    assert_int_equal(set.databases[0]->first_seen_ms, 100);
}

static void
a_second_leader_is_refused_and_a_killed_server_comes_back(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    catalog_t *second = NULL;
    assert_int_equal(catalog_open(&second, fixture->url, &catalog_server_access, "other:1", &error),
                     -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(apply_numbered(fixture->catalog, 1, 10, &error), 0);
    fixture->kind->take_away(fixture->folder);
    CLEAN(batch_destroy) batch_t *batch = numbered(2, 10);
    assert_int_equal(catalog_apply(fixture->catalog, batch, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    fixture->kind->bring_back(fixture->folder);
    if (catalog_apply(fixture->catalog, batch, &error))
        fail_msg("apply: %s", error.message);
    assert_int_equal(batch_refused(batch), 0);
    check_numbered(fixture->catalog, 2);
}

// An UPDATE that looks at its own table, which MySQL refuses in other forms.
static void
a_set_expires_only_beside_a_newer_good_one(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 1);
    add_night(batch, 1, 1, "succeeded", 1000);
    add_night(batch, 2, 1, "succeeded", 1000);
    for (int64_t id = 1; id <= 2; id++) {
        for (int64_t offsite = 1; offsite >= 0; offsite--)
            batch_add(batch, STATEMENT_SET_EXPIRE, "ititi", (int64_t)9000 + offsite, "goes", id,
                      "good", offsite);
    }
    apply_all(fixture->catalog, &batch);
    ASSERT_COLUMN(fixture->catalog, "id", "1", .name = "expiring");
    ASSERT_COLUMN(fixture->catalog, "id", "2", .name = "kept");
    ASSERT_COLUMN(fixture->catalog, "state", "good expiring", .name = "sets");
}

static void
a_migration_that_was_cut_off_is_finished(void **state)
{
    (void)state;
    CLEAN(memory_free) char *url = catalog_server_prepare(&catalog_oracle_server);
    for (const char *const *sql = schema_mysql_migrations[0].sql; *sql; sql++)
        free(catalog_server_ask(&catalog_oracle_server, catalog_server_database(url), *sql));
    struct error error = {0};
    CLEAN(catalog_destroy) catalog_t *catalog = NULL;
    if (catalog_open(&catalog, url, &catalog_server_access, "host:1", &error))
        fail_msg("open: %s", error.message);
    add_queue(catalog);
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(every_list_can_be_read),
        SUITE(two_ids_cannot_claim_one_resource),
        SUITE(a_set_expires_only_beside_a_newer_good_one),
        SUITE(a_second_leader_is_refused_and_a_killed_server_comes_back),
        SUITE(a_migration_that_was_cut_off_is_finished),
    };
    int status = catalog_server_start(&catalog_oracle_server);  // it says why not
    int failed = status ? status : run_on_kind(&oracle, tests, sizeof tests / sizeof *tests);
    catalog_servers_end();
    return failed;
}
