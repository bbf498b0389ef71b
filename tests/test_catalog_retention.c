// What the catalog lets expire, on every kind: each guard is in the very write, so that nothing can
// happen between a look and it.

#include "coordinator/catalog/catalog.h"

#include "tests/check_catalog.h"

// Database 1 with good sets 1, 2 and 3, of three nights; database 2 with set 4.
static void
add_sets(catalog_t *catalog)
{
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 1);
    add_database(batch, 2, "mail", 1);
    for (int64_t id = 1; id <= 4; id++)
        add_night(batch, id, id < 4 ? 1 : 2, "succeeded", 1000);
    apply_all(catalog, &batch);
}

static const char *
state_of(catalog_t *catalog, int64_t id, char text[16])
{
    CLEAN(table_destroy)
    table_t *table = ask_all(catalog, (struct query){.name = "sets", .set_id = id});
    assert_int_equal(table_rows(table), 1);
    snprintf(text, 16, "%s", cell(table, 0, "state"));
    return text;
}

static void
assert_state(catalog_t *catalog, int64_t id, const char *state)
{
    char text[16];
    assert_string_equal(state_of(catalog, id, text), state);
}

static void
expire(batch_t *batch, int64_t id, const char *state, int64_t offsite)
{
    batch_unit(batch);
    batch_add(batch, STATEMENT_SET_EXPIRE, "ititi", (int64_t)9000, "goes: it is old", id, state,
              offsite);
}

// Whether it is let go; the batch itself is never refused.
static int
goes(catalog_t *catalog, int64_t id, const char *state, int64_t offsite)
{
    char text[16];
    batch_t *batch = batch_new();
    expire(batch, id, state, offsite);
    apply_all(catalog, &batch);
    return strcmp(state_of(catalog, id, text), "expiring") == 0;
}

static void
change(catalog_t *catalog, void (*add)(batch_t *batch, int64_t id, int64_t value), int64_t id,
       int64_t value)
{
    batch_t *batch = batch_new();
    batch_unit(batch);
    add(batch, id, value);
    apply_all(catalog, &batch);
}

static void
add_pin(batch_t *batch, int64_t id, int64_t until_ms)
{
    batch_add(batch, STATEMENT_SET_PIN, "iitti", (int64_t)8000, until_ms, "uid:0", "audit", id);
}

static void
add_unpin(batch_t *batch, int64_t id, int64_t unused)
{
    batch_add(batch, STATEMENT_SET_PIN, "iitti", unused, (int64_t)0, "", "", id);
}

static void
add_damage(batch_t *batch, int64_t id, int64_t at_ms)
{
    batch_add(batch, STATEMENT_SET_VERIFIED, "ttii", "damaged", "a digest differs", at_ms, id);
}

// The snapshot that covers all sets there are by now is at the other site.
static void
add_offsite(batch_t *batch, int64_t id, int64_t at_ms)
{
    batch_add(batch, STATEMENT_PROTECTION_ADD, "itttttii", id, "seen", "directory:0b9e", "dd1",
              "/data/col1/su1", "dbhaul-0", (int64_t)3, (int64_t)5500);
    batch_add(batch, STATEMENT_SET_COVER, "it", id, "directory:0b9e");
    batch_add(batch, STATEMENT_SET_OFFSITE, "ii", at_ms, id);
}

static void
the_last_good_set_of_a_database_never_goes(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_sets(catalog);
    assert_false(goes(catalog, 4, "good", 0));
    assert_false(goes(catalog, 3, "good", 0));
    // Both in one transaction, and the older one only.
    batch_t *batch = batch_new();
    expire(batch, 2, "good", 0);
    expire(batch, 3, "good", 0);
    expire(batch, 1, "good", 0);
    apply_all(catalog, &batch);
    assert_state(catalog, 1, "expiring");
    assert_state(catalog, 2, "expiring");
    assert_state(catalog, 3, "good");
}

static void
while_there_is_no_newer_good_set_none_goes(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_sets(catalog);
    change(catalog, add_damage, 3, 7000);
    assert_false(goes(catalog, 2, "good", 0));
    assert_true(goes(catalog, 3, "damaged", 0));
    change(catalog, add_damage, 4, 7000);
    assert_false(goes(catalog, 4, "damaged", 0));
}

static void
what_is_pinned_or_has_changed_stays(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_sets(catalog);
    change(catalog, add_pin, 1, 0);
    assert_false(goes(catalog, 1, "good", 0));
    change(catalog, add_pin, 1, 9001);
    assert_false(goes(catalog, 1, "good", 0));
    assert_false(goes(catalog, 2, "damaged", 0));
    assert_false(goes(catalog, 2, "expired", 0));
    change(catalog, add_pin, 1, 9000);
    assert_true(goes(catalog, 1, "good", 0));
    assert_true(goes(catalog, 2, "good", 0));
    assert_false(goes(catalog, 3, "good", 0));
    change(catalog, add_pin, 2, 0);  // too late
    assert_state(catalog, 2, "expiring");
    CLEAN(table_destroy)
    table_t *table = ask_all(catalog, (struct query){.name = "backups", .set_id = 2});
    assert_string_equal(cell(table, 0, "pinned"), "");
    assert_string_equal(cell(table, 0, "expiry"), "goes: it is old");
}

static void
unpinning_lets_it_go(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_sets(catalog);
    change(catalog, add_pin, 1, 0);
    CLEAN(table_destroy)
    table_t *table = ask_all(catalog, (struct query){.name = "backups", .set_id = 1});
    assert_string_equal(cell(table, 0, "pinned"), "8000");
    assert_string_equal(cell(table, 0, "pinned_by"), "uid:0");
    assert_string_equal(cell(table, 0, "pin_reason"), "audit");
    change(catalog, add_unpin, 1, 0);
    assert_true(goes(catalog, 1, "good", 0));
}

static void
what_is_not_off_site_stays_where_that_is_wanted(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_sets(catalog);
    assert_false(goes(catalog, 1, "good", 1));
    change(catalog, add_offsite, 1, 8000);
    batch_t *batch = batch_new();
    add_night(batch, 9, 1, "succeeded", 1000);
    apply_all(catalog, &batch);
    // Set 9 is newer than 3, but on its way: 3 is the last one at the other site.
    assert_false(goes(catalog, 3, "good", 1));
    assert_true(goes(catalog, 1, "good", 1));
    assert_true(goes(catalog, 3, "good", 0));
    assert_false(goes(catalog, 2, "good", 1));
}

static void
what_a_restore_or_a_verification_uses_stays(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_sets(catalog);
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_run(batch, 20, "restore");
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", (int64_t)20, (int64_t)20, "restore", (int64_t)1,
              (int64_t)1, "task", (size_t)4, (int64_t)7000);
    add_run(batch, 21, "verify");
    batch_add(batch, STATEMENT_JOB_ADD, "iitiibi", (int64_t)21, (int64_t)21, "verify", (int64_t)1,
              (int64_t)2, "task", (size_t)4, (int64_t)7000);
    start_job(batch, 21, 1);
    apply_all(catalog, &batch);
    assert_false(goes(catalog, 1, "good", 0));
    assert_false(goes(catalog, 2, "good", 0));
    batch = batch_new();
    batch_unit(batch);
    start_job(batch, 20, 1);
    end_job(batch, 20, 1, "failed", 0);
    end_job(batch, 21, 1, "succeeded", 0);
    apply_all(catalog, &batch);
    assert_true(goes(catalog, 1, "good", 0));
    assert_true(goes(catalog, 2, "good", 0));
}

static void
what_is_locked_is_whole_again_or_waits(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_sets(catalog);
    change(catalog, add_damage, 2, 7000);
    assert_true(goes(catalog, 1, "good", 0) && goes(catalog, 2, "damaged", 0));
    ASSERT_COLUMN(catalog, "id", "1 2", .name = "expiring");
    ASSERT_COLUMN(catalog, "id", "3 4", .name = "kept");
    batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_SET_LOCKED, "iiti", (int64_t)0, (int64_t)9100, "locked", (int64_t)1);
    batch_add(batch, STATEMENT_SET_LOCKED, "iiti", (int64_t)1, (int64_t)9100, "locked", (int64_t)2);
    batch_add(batch, STATEMENT_SET_LOCKED, "iiti", (int64_t)1, (int64_t)9100, "locked", (int64_t)3);
    apply_all(catalog, &batch);
    assert_state(catalog, 1, "expiring");
    assert_state(catalog, 2, "damaged");
    ASSERT_COLUMN(catalog, "locked_ms", "9100", .name = "expiring");
    ASSERT_COLUMN(catalog, "locked", "", .name = "backups", .set_id = 3);
}

static void
what_is_expired_is_told_only_if_asked_for(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_sets(catalog);
    assert_true(goes(catalog, 1, "good", 0));
    change(catalog, add_damage, 1, 9050);  // the verification of before: it does not come back
    assert_state(catalog, 1, "expiring");
    batch_t *batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_SET_EXPIRED, "ii", (int64_t)9100, (int64_t)1);
    batch_add(batch, STATEMENT_SET_EXPIRED, "ii", (int64_t)9100, (int64_t)2);
    apply_all(catalog, &batch);
    ASSERT_COLUMN(catalog, "id", "4 3 2", .name = "backups");
    ASSERT_COLUMN(catalog, "id", "4 3 2 1", .name = "sets");
    ASSERT_COLUMN(catalog, "expired", "9100", .name = "sets", .state = "expired");
    CLEAN(working_set_clear) struct working_set set = {0};
    struct error error = {0};
    assert_int_equal(catalog_load(catalog, &set, &error), 0);
    assert_int_equal(set.uncovered_count, 1);
    assert_int_equal(set.uncovered[0]->set_count, 3);  // nobody waits for what is gone
}

static void
add_missing(batch_t *batch, int64_t id, int64_t is_found)
{
    batch_add(batch, is_found ? STATEMENT_SET_FOUND : STATEMENT_SET_MISSING, "ti", "a sweep", id);
}

// A set that is missing counts for nothing, and comes back as it was but for its copies elsewhere.
static void
what_is_missing_counts_for_nothing_and_comes_back_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_sets(catalog);
    change(catalog, add_missing, 3, 0);
    change(catalog, add_offsite, 1, 8000);
    ASSERT_COLUMN(catalog, "offsite", "8000 8000 8000", .name = "backups", .state = "good");
    ASSERT_COLUMN(catalog, "offsite", "", .name = "backups", .set_id = 3);
    assert_false(goes(catalog, 2, "good", 0));
    assert_false(goes(catalog, 3, "missing", 0));
    change(catalog, add_damage, 1, 7000);
    change(catalog, add_missing, 1, 0);
    change(catalog, add_pin, 1, 0);
    ASSERT_COLUMN(catalog, "pinned_by", "uid:0", .name = "backups", .set_id = 1);
    {
        CLEAN(working_set_clear) struct working_set set = {0};
        struct error error = {0};
        assert_int_equal(catalog_load(catalog, &set, &error), 0);
        assert_int_equal(set.uncovered[0]->set_count, 0);  // nobody waits for what is missing
    }
    change(catalog, add_missing, 1, 1);
    change(catalog, add_missing, 3, 1);
    assert_state(catalog, 1, "damaged");
    assert_state(catalog, 3, "good");
    ASSERT_COLUMN(catalog, "offsite", "", .name = "backups", .set_id = 1);
    CLEAN(working_set_clear) struct working_set set = {0};
    struct error error = {0};
    assert_int_equal(catalog_load(catalog, &set, &error), 0);
    assert_int_equal(set.uncovered[0]->set_count, 2);
}

// What was only kept at one site is known to be at the other with a later snapshot of the store.
static void
what_was_kept_is_off_site_with_a_later_protection(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    add_sets(catalog);
    batch_t *batch = batch_new();
    for (int64_t id = 1; id <= 3; id++) {
        batch_unit(batch);
        batch_add(batch, STATEMENT_PROTECTION_ADD, "itttttii", id, "kept", "directory:0b9e", "dd1",
                  "/data/col1/su1", "dbhaul-0", (int64_t)3, (int64_t)5500);
        batch_add(batch, STATEMENT_PROTECTION_RETENTION, "ii", 10 + id, id);
        batch_add(batch, STATEMENT_SET_COVER, "it", id, "directory:0b9e");
    }
    apply_all(catalog, &batch);
    CLEAN(working_set_clear) struct working_set set = {0};
    struct error error = {0};
    assert_int_equal(catalog_load(catalog, &set, &error), 0);
    assert_int_equal(set.protection_count, 1);
    assert_int_equal(set.protections[0]->id, 3);
    assert_int_equal(set.protections[0]->retention_days, 13);
    batch = batch_new();
    batch_unit(batch);
    batch_add(batch, STATEMENT_PROTECTION_STEP, "ttttiiiiiii", "off-site", "1", "dd2", "",
              (int64_t)6000, (int64_t)60000, (int64_t)6100, (int64_t)6200, (int64_t)7000,
              (int64_t)6050, (int64_t)3);
    batch_add(batch, STATEMENT_SET_OFFSITE_EARLIER, "iti", (int64_t)7000, "directory:0b9e",
              (int64_t)3);
    batch_add(batch, STATEMENT_PROTECTION_OFFSITE_EARLIER, "iti", (int64_t)7000, "directory:0b9e",
              (int64_t)3);
    apply_all(catalog, &batch);
    ASSERT_COLUMN(catalog, "state", "off-site off-site off-site", .name = "protections");
    ASSERT_COLUMN(catalog, "offsite", "7000 7000 7000 7000", .name = "backups");
}

static void
a_snapshot_that_goes_early_is_told_once_its_protection_has_ended(void **state)
{
    struct fixture *fixture = *state;
    catalog_t *catalog = fixture->catalog;
    static const char *const states[] = {"off-site", "seen"};
    batch_t *batch = batch_new();
    batch_unit(batch);
    for (int64_t id = 1; id <= 2; id++) {
        batch_add(batch, STATEMENT_PROTECTION_ADD, "itttttii", id, states[id - 1], "directory:0b9e",
                  "dd1", "/data/col1/su1", "dbhaul-0", (int64_t)3, (int64_t)5500);
        batch_add(batch, STATEMENT_PROTECTION_EXPIRE, "itii", (int64_t)9000, "expired early",
                  (int64_t)0, id);
        batch_add(batch, STATEMENT_PROTECTION_EXPIRE, "itii", (int64_t)0, "refused",
                  (int64_t)PROTECTION_LET_GO, id);
    }
    apply_all(catalog, &batch);
    ASSERT_COLUMN(catalog, "expires", " 9000", .name = "protections");
    ASSERT_COLUMN(catalog, "message", " refused", .name = "protections");
    // It is loaded at the next start, so that it is done again.
    CLEAN(working_set_clear) struct working_set set = {0};
    struct error error = {0};
    assert_int_equal(catalog_load(catalog, &set, &error), 0);
    assert_int_equal(set.protection_count, 2);
    assert_int_equal(set.protections[0]->retention_days, PROTECTION_LET_GO);
    assert_int_equal(set.protections[1]->retention_days, 0);
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(the_last_good_set_of_a_database_never_goes),
        SUITE(while_there_is_no_newer_good_set_none_goes),
        SUITE(what_is_pinned_or_has_changed_stays),
        SUITE(unpinning_lets_it_go),
        SUITE(what_is_not_off_site_stays_where_that_is_wanted),
        SUITE(what_a_restore_or_a_verification_uses_stays),
        SUITE(what_is_locked_is_whole_again_or_waits),
        SUITE(what_is_expired_is_told_only_if_asked_for),
        SUITE(what_is_missing_counts_for_nothing_and_comes_back_as_it_was),
        SUITE(what_was_kept_is_off_site_with_a_later_protection),
        SUITE(a_snapshot_that_goes_early_is_told_once_its_protection_has_ended),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
