#include "coordinator/roll.h"

#include <stdio.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/assignment.h"
#include "tests/check.h"

enum { DATABASES = 300 };

static const struct policy *
add_policy(policies_t *policies, const char *name, const char *engine)
{
    struct policy *policy = policy_new(name);
    const struct policy *added = policy;
    policy->select = criteria_new();
    criteria_add_pattern(policy->select, CRITERIA_ENGINE, engine);
    policy_seal(policy);
    policies_add(policies, &policy);
    return added;
}

// Every third database is of each engine; each tenth is gone.
static estate_t *
make_estate(void)
{
    static const char *const engines[] = {"mysql", "postgres", "oracle"};
    estate_t *estate = estate_new(DATABASES + 1);
    for (int64_t id = DATABASES; id > 0; id--) {
        struct database *database = database_new();
        char name[16];
        snprintf(name, sizeof name, "d%d", (int)id);
        database->id = id;
        record_set(&database->provider, "file:lab");
        record_set(&database->resource_id, name);
        record_set(&database->name, name);
        record_set(&database->engine, engines[id % 3]);
        record_set(&database->tags, id == 4 ? "{\"dbhaul:policy\": \"none\"}" : "{}");
        database->gone_ms = id % 10 == 0;
        estate_load(estate, &database);
    }
    return estate;
}

static void
each_policy_has_its_databases_by_number(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    const struct policy *of[] = {add_policy(policies, "m", "mysql"),
                                 add_policy(policies, "p", "postgres")};
    const struct policy *nothing = add_policy(policies, "n", "db2");
    CLEAN(estate_destroy) estate_t *estate = make_estate();
    CLEAN(roll_destroy) roll_t *roll = roll_new(policies, estate);
    for (int which = 0; which < 2; which++) {
        size_t count = 0, at = 0;
        struct database *const *databases = roll_of(roll, of[which], &count);
        for (int64_t id = 1; id <= DATABASES; id++) {
            if (id % 3 != which || id % 10 == 0 || id == 4)
                continue;
            assert_true(at < count);
            assert_int_equal(databases[at++]->id, id);
        }
        assert_int_equal(at, count);
    }
    size_t count = 1;
    roll_of(roll, nothing, &count);
    assert_int_equal(count, 0);
}

static void
what_was_assigned_gives_the_same_roll(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    const struct policy *of[] = {add_policy(policies, "m", "mysql"),
                                 add_policy(policies, "p", "postgres")};
    CLEAN(estate_destroy) estate_t *estate = make_estate();
    for (struct database *each = estate_first(estate); each; each = estate_next(estate)) {
        struct policy_choice choice;
        struct assignment_turn turn;
        policies_choose(policies, each, &choice);
        assignment_take(&each->assignment, &choice, "", 1, &turn);
    }
    CLEAN(roll_destroy) roll_t *chosen = roll_new(policies, estate);
    CLEAN(roll_destroy) roll_t *assigned = roll_of_assigned(policies, estate);
    for (int which = 0; which < 2; which++) {
        size_t count = 0, other = 0;
        struct database *const *databases = roll_of(chosen, of[which], &count);
        struct database *const *same = roll_of(assigned, of[which], &other);
        assert_int_equal(count, other);
        assert_true(count > 0);
        assert_memory_equal(databases, same, count * sizeof *same);
    }
}

static void
without_databases_nobody_has_any(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *policies = policies_new();
    const struct policy *policy = add_policy(policies, "m", "mysql");
    CLEAN(estate_destroy) estate_t *estate = estate_new(1);
    CLEAN(roll_destroy) roll_t *roll = roll_new(policies, estate);
    size_t count = 1;
    roll_of(roll, policy, &count);
    assert_int_equal(count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_policy_has_its_databases_by_number),
        cmocka_unit_test(what_was_assigned_gives_the_same_roll),
        cmocka_unit_test(without_databases_nobody_has_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
