// What discovery keeps in the catalog, on every kind.

#include "coordinator/catalog/catalog.h"

#include "tests/check_catalog.h"

static void
a_database_is_seen_stale_or_gone_and_nothing_else_changes(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    for (int64_t id = 1; id <= 3; id++)
        add_database(batch, id, "shop", 100);
    batch_add(batch, STATEMENT_DATABASE_SEEN, "ii", (int64_t)200, (int64_t)1);
    batch_add(batch, STATEMENT_DATABASE_STALE, "ii", (int64_t)300, (int64_t)2);
    batch_add(batch, STATEMENT_DATABASE_STALE, "ii", (int64_t)300, (int64_t)3);
    batch_add(batch, STATEMENT_DATABASE_GONE, "ii", (int64_t)400, (int64_t)3);
    apply_all(fixture->catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    const int64_t expected[][4] = {{100, 200, 0, 0}, {100, 100, 300, 0}, {100, 100, 0, 400}};
    for (size_t index = 0; index < 3; index++) {
        const struct database *database = set.databases[index];
        assert_int_equal(database->first_seen_ms, expected[index][0]);
        assert_int_equal(database->last_seen_ms, expected[index][1]);
        assert_int_equal(database->stale_ms, expected[index][2]);
        assert_int_equal(database->gone_ms, expected[index][3]);
        assert_string_equal(database->name, "shop");
        assert_string_equal(database->state, "available");
    }
    batch = batch_new();
    batch_unit(batch);
    add_database(batch, 2, "shop", 500);  // its provider answers again
    apply_all(fixture->catalog, &batch);
    load(fixture->catalog, &set);
    assert_int_equal(set.databases[1]->stale_ms, 0);
    assert_int_equal(set.databases[1]->last_seen_ms, 500);
}

static void
put_scope(batch_t *batch, const char *region, const char *state, const char *message, int64_t now)
{
    batch_add(batch, STATEMENT_SCOPE_PUT, "ttttti", "aws:all", "1234", region, state, message, now);
}

static const struct scope *
find_scope(const struct working_set *set, const char *region)
{
    for (size_t index = 0; index < set->scope_count; index++) {
        if (strcmp(set->scopes[index]->region, region) == 0)
            return set->scopes[index];
    }
    fail_msg("no scope '%s'", region);
    return NULL;
}

static void
a_scope_has_one_row_with_its_newest_state(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    put_scope(batch, "", "answers", "", 10);
    put_scope(batch, "eu-west-1", "answers", "", 10);
    apply_all(fixture->catalog, &batch);
    batch = batch_new();
    batch_unit(batch);
    put_scope(batch, "eu-west-1", "failed", "it's denied", 20);
    apply_all(fixture->catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.scope_count, 2);
    const struct scope *whole = find_scope(&set, ""), *region = find_scope(&set, "eu-west-1");
    assert_string_equal(whole->state, "answers");
    assert_int_equal(whole->since_ms, 10);
    assert_string_equal(region->provider, "aws:all");
    assert_string_equal(region->account, "1234");
    assert_string_equal(region->state, "failed");
    assert_string_equal(region->message, "it's denied");
    assert_int_equal(region->since_ms, 20);
}

static void
an_event_is_kept_once(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    CLEAN(batch_destroy) batch_t *batch = batch_new();
    for (int unit = 0; unit < 2; unit++) {
        batch_unit(batch);
        batch_add(batch, STATEMENT_EVENT_ADD, "iiittttt", (int64_t)7, (int64_t)100, (int64_t)0,
                  "aws:all", "1234", "eu-west-1", "failed", "denied");
    }
    assert_int_equal(catalog_apply(fixture->catalog, batch, &error), 0);
    assert_int_equal(batch_refused(batch), 1);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_int_equal(set.next_event_id, 8);
}

static void
a_run_keeps_what_is_noted_against_it(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    const char *const notes[] = {"", "region eu-west-1 did not answer"};
    for (int64_t id = 1; id <= 2; id++)
        batch_add(batch, STATEMENT_RUN_ADD, "itttttti", id, "backup", "manual", "name=*", "uid:0",
                  "", notes[id - 1], 1000 + id);
    apply_all(fixture->catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    load(fixture->catalog, &set);
    assert_string_equal(set.runs[0]->note, notes[0]);
    assert_string_equal(set.runs[1]->note, notes[1]);
    batch = batch_new();
    batch_unit(batch);
    end_run(batch, 1, 1, 0, 0);
    end_run(batch, 2, 1, 0, 0);
    apply_all(fixture->catalog, &batch);
    CLEAN(table_destroy) table_t *runs = ask_all(fixture->catalog, (struct query){.name = "runs"});
    assert_string_equal(cell(runs, 0, "state"), "partial");
    assert_string_equal(cell(runs, 0, "note"), notes[1]);
    assert_string_equal(cell(runs, 1, "state"), "succeeded");
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(a_database_is_seen_stale_or_gone_and_nothing_else_changes),
        SUITE(a_scope_has_one_row_with_its_newest_state),
        SUITE(an_event_is_kept_once),
        SUITE(a_run_keeps_what_is_noted_against_it),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
