// What a policy promises against what is there, on every kind: the lists, the views and promise.c
// say the same.

#include "coordinator/catalog/catalog.h"
#include "coordinator/promise.h"
#include "tests/check_catalog.h"
#include "tests/check_views.h"
#include "tests/promise_scenes.h"

// ---- reading

static table_t *
ask_pages(const struct fixture *fixture, struct query query, size_t page, char **cursor)
{
    query.cursor = *cursor;
    query.limit = page;
    query.now_ms = now;
    char *next = NULL;
    table_t *table = ask(fixture->catalog, &query, &next);
    free(*cursor);
    *cursor = next;
    return table;
}

// The databases as a server knows them, by their numbers.
static void
know(const struct fixture *fixture, struct working_set *set)
{
    load(fixture->catalog, set);
    assert_int_equal(set->database_count, scene_count);
    CLEAN(memory_free) char *cursor = NULL;
    do {
        CLEAN(table_destroy)
        table_t *table = ask_pages(fixture, (struct query){.name = "standing"}, 300, &cursor);
        for (size_t row = 0; row < table_rows(table); row++) {
            int64_t id = strtoll(cell(table, row, "id"), NULL, 10);
            struct database *database = set->databases[id - 1];
            assert_int_equal(database->id, id);
            database->standing = (struct standing){
                .good_ms = strtoll(cell(table, row, "good_ms"), NULL, 10),
                .offsite_ms = strtoll(cell(table, row, "offsite_ms"), NULL, 10),
                .lost_ms = strtoll(cell(table, row, "lost_ms"), NULL, 10),
            };
        }
    } while (cursor);
}

static void
what_is_known_is_what_there_is(void **state)
{
    const struct fixture *fixture = *state;
    mark_offsite(fixture);
    CLEAN(working_set_clear) struct working_set set = {0};
    know(fixture, &set);
    for (size_t index = 0; index < scene_count; index++) {
        const struct scene *scene = &scenes[index];
        const struct standing *found = &set.databases[index]->standing;
        const struct assignment *assignment = &set.databases[index]->assignment;
        int64_t good = scene->good && (!scene->offsite || scene->good < scene->offsite)
                           ? scene->good
                           : scene->offsite;
        assert_int_equal(found->good_ms, good ? now - good * HOUR : 0);
        assert_int_equal(found->offsite_ms, scene->offsite ? now - scene->offsite * HOUR : 0);
        int64_t kept = scene->lost_made - scene->promised;
        int64_t lost = kept > scene->lost_found ? kept : scene->lost_found;
        assert_int_equal(found->lost_ms, scene->lost_made ? now - lost * HOUR : 0);
        assert_string_equal(assignment->policy, scene->policy);
        assert_string_equal(assignment->outcome, scene->outcome);
        assert_string_equal(assignment->lost_policy, index ? "" : "gold");
        assert_int_equal(assignment->lost_ms, index ? 0 : now - HOUR);
        assert_int_equal(assignment->good_ms, scene->promised * HOUR);
        assert_int_equal(assignment->offsite_ms, scene->promised_offsite * HOUR);
    }
}

static void
check_row(const table_t *table, size_t row, const struct database *database)
{
    struct promise_verdict verdict;
    promise_judge(database, now, &verdict);
    const struct {
        const char *column;
        int64_t value;
    } numbers[] = {
        {"broken_since", verdict.due_ms},
        {"promised_age", database->assignment.good_ms / 1000},
        {"good_age", verdict.good_age_ms / 1000},
        {"last_good", database->standing.good_ms},
        {"promised_offsite_age", database->assignment.offsite_ms / 1000},
        {"offsite_age", database->assignment.offsite_ms || database->standing.offsite_ms
                            ? verdict.offsite_age_ms / 1000
                            : 0},
        {"last_offsite", database->standing.offsite_ms},
        {"tag_lost", database->assignment.lost_ms},
    };
    if (strcmp(cell(table, row, "promise"), promise_state_name(verdict.state)) != 0)
        fail_msg("%s: '%s', not '%s'", database->name, cell(table, row, "promise"),
                 promise_state_name(verdict.state));
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++)
        if (strtoll(cell(table, row, numbers[index].column), NULL, 10) != numbers[index].value)
            fail_msg("%s: %s is '%s', not %" PRId64, database->name, numbers[index].column,
                     cell(table, row, numbers[index].column), numbers[index].value);
    assert_string_equal(cell(table, row, "policy"), database->assignment.policy);
    assert_string_equal(cell(table, row, "policy_outcome"), database->assignment.outcome);
}

// With a filter those for which `is_in` says so and no others.
static void
check_list(const struct fixture *fixture, int filters, int (*is_in)(const struct database *))
{
    CLEAN(working_set_clear) struct working_set set = {0};
    know(fixture, &set);
    size_t expected = 0, found = 0;
    for (size_t index = 0; index < set.database_count; index++)
        expected += is_in(set.databases[index]) != 0;
    CLEAN(memory_free) char *cursor = NULL;
    do {
        CLEAN(table_destroy)
        table_t *table = ask_pages(
            fixture,
            (struct query){.name = "databases", .filters = filters, .since_ms = now - 2 * HOUR}, 97,
            &cursor);
        for (size_t row = 0; row < table_rows(table); row++, found++) {
            int64_t id = strtoll(cell(table, row, "id"), NULL, 10);
            assert_true(is_in(set.databases[id - 1]));
            check_row(table, row, set.databases[id - 1]);
        }
    } while (cursor);
    assert_int_equal(found, expected);
}

static int
any(const struct database *database)
{
    return database != NULL;
}

static int
is_overdue(const struct database *database)
{
    struct promise_verdict verdict;
    promise_judge(database, now, &verdict);
    return promise_is_broken(verdict.state);
}

static int
is_out(const struct database *database)
{
    return !database->gone_ms && strcmp(database->assignment.outcome, "opted out") == 0;
}

static int
is_unmatched(const struct database *database)
{
    struct promise_verdict verdict;
    promise_judge(database, now, &verdict);
    return verdict.state == PROMISE_UNMATCHED || verdict.state == PROMISE_TIE;
}

static int
has_lost_its_tag(const struct database *database)
{
    return database->assignment.lost_ms > 0;
}

static void
lists_say_what_the_class_says(void **state)
{
    const struct fixture *fixture = *state;
    check_list(fixture, 0, any);
    check_list(fixture, QUERY_OVERDUE, is_overdue);
    check_list(fixture, QUERY_OPTED_OUT, is_out);
    check_list(fixture, QUERY_UNMATCHED, is_unmatched);
    check_list(fixture, QUERY_TAG_LOST, has_lost_its_tag);
}

// ---- views

static void
the_view_of_databases_says_the_same(void **state)
{
    const struct fixture *fixture = *state;
    CLEAN(working_set_clear) struct working_set set = {0};
    know(fixture, &set);
    char *expected = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&expected, &size);
    for (size_t index = 0; index < set.database_count; index++) {
        const struct database *database = set.databases[index];
        struct promise_verdict verdict;
        promise_judge(database, now, &verdict);
        int is_good_overdue = verdict.good_due_ms && verdict.good_due_ms < now;
        int is_offsite_overdue = verdict.offsite_due_ms && verdict.offsite_due_ms < now;
        fprintf(out, "%s|%s|%s|%" PRId64 "|%d|%" PRId64 "|%" PRId64 "|%d|%s|\n",
                database->assignment.policy, database->assignment.outcome,
                promise_state_name(verdict.state), database->assignment.good_ms / 1000,
                is_good_overdue, database->standing.offsite_ms,
                database->assignment.offsite_ms / 1000, is_offsite_overdue,
                database->assignment.lost_policy);
    }
    fclose(out);
    check_view(fixture,
               "SELECT policy, policy_outcome, promise_state, promised_age_s, is_overdue,"
               " last_offsite_unix_ms, promised_offsite_age_s, is_offsite_overdue, lost_policy"
               " FROM dpa_databases_v1 ORDER BY database_id",
               expected);
    free(expected);
    check_view(fixture,
               "SELECT count(*) FROM dpa_databases_v1 WHERE last_offsite_age_s >= 144000"
               " AND last_offsite_age_s < 144600 AND last_offsite_set_id > 0"
               " AND last_offsite_at IS NOT NULL AND tag_lost_at IS NULL",
               "120|\n");
}

static void
metrics_count_what_the_databases_are(void **state)
{
    const struct fixture *fixture = *state;
    CLEAN(memory_free)
    char *counted = ask_view(fixture, "SELECT policy, promise_state, count(*) FROM dpa_databases_v1"
                                      " GROUP BY policy, promise_state ORDER BY 1, 2");
    check_view(fixture,
               "SELECT policy, state, value FROM dbhaul_metrics_v1"
               " WHERE metric = 'dbhaul_databases' ORDER BY 1, 2",
               counted);
    CLEAN(memory_free)
    char *overdue = ask_view(
        fixture, "SELECT policy, sum(is_overdue), sum(is_offsite_overdue), count(*)"
                 " FROM dpa_databases_v1 WHERE is_gone = 0 AND policy_outcome IN ('selected',"
                 " 'tagged') GROUP BY policy ORDER BY policy");
    check_view(fixture,
               "SELECT a.policy, a.value, b.value, c.value FROM dbhaul_metrics_v1 a"
               " JOIN dbhaul_metrics_v1 b ON b.policy = a.policy"
               " JOIN dbhaul_metrics_v1 c ON c.policy = a.policy"
               " WHERE a.metric = 'dbhaul_policy_overdue'"
               " AND b.metric = 'dbhaul_policy_offsite_overdue'"
               " AND c.metric = 'dbhaul_policy_databases' ORDER BY a.policy",
               overdue);
    check_view(fixture,
               "SELECT policy, CASE WHEN value >= 3240000 AND value < 3240600 THEN 'old' ELSE 'no'"
               " END FROM dbhaul_metrics_v1 WHERE metric = 'dbhaul_policy_oldest_good_seconds'"
               " ORDER BY policy",
               "free|old|\nnightly|old|\nweekly|old|\n");
}

static void
metrics_of_databases_are_those_of_the_view(void **state)
{
    const struct fixture *fixture = *state;
    static const struct {
        const char *metric, *column, *where;
    } rows[] = {
        {"dbhaul_database_promised_seconds", "promised_age_s", "is_gone = 0"},
        {"dbhaul_database_overdue", "is_overdue", "is_gone = 0"},
        {"dbhaul_database_promised_offsite_seconds", "promised_offsite_age_s",
         "promised_offsite_age_s > 0"},
        {"dbhaul_database_offsite_overdue", "is_offsite_overdue", "promised_offsite_age_s > 0"},
    };
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        CLEAN(memory_free)
        char *metrics = memory_format("SELECT database_id, database_name, policy, state, value FROM"
                                      " dbhaul_metrics_v1 WHERE metric = '%s' ORDER BY database_id",
                                      rows[row].metric);
        CLEAN(memory_free)
        char *databases = memory_format("SELECT database_id, database_name, policy, promise_state,"
                                        " %s FROM dpa_databases_v1 WHERE %s ORDER BY database_id",
                                        rows[row].column, rows[row].where);
        CLEAN(memory_free) char *expected = ask_view(fixture, databases);
        check_view(fixture, metrics, expected);
    }
    check_view(fixture,
               "SELECT count(*) FROM dbhaul_metrics_v1 WHERE metric ="
               " 'dbhaul_database_good_age_seconds' AND value >= 97200 AND value < 97800",
               "120|\n");
    check_view(fixture,
               "SELECT count(*) FROM dbhaul_metrics_v1 WHERE metric ="
               " 'dbhaul_database_offsite_age_seconds' AND value >= 144000 AND value < 144600",
               "80|\n");
}

// As Prometheus reads them.
static void
labels_are_escaped(void **state)
{
    const struct fixture *fixture = *state;
    check_view(fixture,
               "SELECT labels, value FROM dbhaul_metrics_v1 WHERE metric = 'dbhaul_databases'"
               " AND state = 'opted out'",
               "policy=\"a \\\"b\\\\\",state=\"opted out\"|2|\n");
    check_view(fixture,
               "SELECT labels FROM dbhaul_metrics_v1 WHERE metric = 'dbhaul_policy_databases'"
               " AND policy = 'free'",
               "policy=\"free\"|\n");
    check_view(fixture,
               "SELECT labels FROM dbhaul_metrics_v1 WHERE metric = 'dbhaul_database_overdue'"
               " AND database_id = 1",
               "database_id=\"1\",database_name=\"shop-1\",engine=\"mysql\",account=\"1234\","
               "region=\"eu-west-1\",policy=\"nightly\"|\n");
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_is_what_there_is),
        cmocka_unit_test(lists_say_what_the_class_says),
        cmocka_unit_test(the_view_of_databases_says_the_same),
        cmocka_unit_test(metrics_count_what_the_databases_are),
        cmocka_unit_test(metrics_of_databases_are_those_of_the_view),
        cmocka_unit_test(labels_are_escaped),
    };
    return run_views_on_every_kind(tests, sizeof tests / sizeof *tests, fill);
}
