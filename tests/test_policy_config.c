#include "coordinator/policy_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/capture.h"
#include "tests/check.h"

static const struct config_key keys[] = {
    {.name = "policies", .type = CONFIG_MAP, .keys = policy_keys, .help = "policies"},
    {.name = "placement", .type = CONFIG_SECTION, .keys = placement_keys, .help = "placement"},
    {0}};

static int
read_text(policies_t **policies, const char *text, struct error *error)
{
    CLEAN(config_destroy) config_t *config = NULL;
    if (config_read_text(&config, "p.yaml", text, strlen(text), keys, CONFIG_SIZE_MAX, error))
        return -1;
    return policy_config_read(policies, config_root(config), error);
}

static policies_t *
policies(const char *text)
{
    policies_t *self = NULL;
    struct error error = {0};
    if (read_text(&self, text, &error))
        fail_msg("%s", error.message);
    return self;
}

static const char whole[] = "policies:\n"
                            "  nightly:\n"
                            "    select:\n"
                            "      engine: [mysql, mariadb]\n"
                            "      tag: {env: prod}\n"
                            "      or: [{region: [eu-*]}, {and: [{account: ['12']}]}]\n"
                            "      not: [{name: ['*-test']}]\n"
                            "    selectable: true\n"
                            "    opt_out: false\n"
                            "    precedence: -3\n"
                            "    schedule: '30 2 * * mon-sat'\n"
                            "    zone: Europe/Berlin\n"
                            "    window: 4h\n"
                            "    missed: skip\n"
                            "    spread: 2h\n"
                            "    store: boostfs:dd1:/su1\n"
                            "    tool: mysqldump\n"
                            "    connections: 5\n"
                            "    range_size: 3MiB\n"
                            "    password_hashes: true\n"
                            "    time_limit: 6h\n"
                            "    priority: 7\n"
                            "    jobs: 20\n"
                            "    what:\n"
                            "      include_schemas: [shop*, crm]\n"
                            "      exclude_schemas: ['*_test']\n"
                            "      include_tables: ['*.*']\n"
                            "      exclude_tables: ['shop.log_*', 'shop\\.eu.public.log']\n"
                            "      tables_without_data: [shop.audit]\n"
                            "    options: {lock_wait: 90s, max_allowed_packet: 64MiB}\n"
                            "    read_from: [replica, primary]\n"
                            "    read_limit: 20MiB\n"
                            "    throttle: {running: 25, replica_lag: 30s, long_queries: 5}\n"
                            "    statement_limit: 90s\n"
                            "    consistency: [lock, gtid_unproven]\n"
                            "    order: speed\n"
                            "    secret: reader\n"
                            "    tls: internal\n"
                            "    workers: {network: dmz, zone: '*'}\n"
                            "    prefer_workers: {rack: same}\n"
                            "    promise: {good: 50h, offsite: 4d}\n"
                            "    retention: {last: 3, younger: 30d, daily: 7, weekly: 5,\n"
                            "                monthly: 12, yearly: 7, damaged: 9d, gone: expire}\n"
                            "    snapshot_retention: 36h\n"
                            "placement: {workers: {region: same, zone: a, network: lan}}\n";

static void
all_that_a_policy_says_is_read(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *all = policies(whole);
    const struct policy *policy = policies_by_name(all, "nightly");
    assert_non_null(policy);
    assert_true(policy->is_selectable);
    assert_false(policy->may_opt_out);
    assert_int_equal(policy->precedence, -3);
    assert_string_equal(policy->cron, "30 2 * * mon-sat");
    assert_string_equal(policy->zone, "Europe/Berlin");
    assert_ptr_equal(policy->schedule.timetable, policy->timetable);
    // Thursday, 1 January 2026, 02:30 in Berlin.
    assert_int_equal(timetable_next(policy->timetable, 1767222000000), 1767231000000);
    assert_int_equal(policy->schedule.window_ms, 4 * 3600000);
    assert_int_equal(policy->schedule.spread_ms, 2 * 3600000);
    assert_int_equal(policy->schedule.missed, SCHEDULE_SKIP);
    assert_string_equal(policy->store, "boostfs:dd1:/su1");
    assert_string_equal(policy->tool, "mysqldump");
    assert_int_equal(policy->connections, 5);
    assert_int_equal(policy->range_bytes, 3 << 20);
    assert_int_equal(policy->password_hashes, 1);
    assert_int_equal(policy->time_limit_ms, 6 * 3600000);
    assert_int_equal(policy->priority, 7);
    assert_int_equal(policy->jobs, 20);
    assert_int_equal(policy->promise_good_ms, 50 * 3600000);
    assert_int_equal(policy->promise_offsite_ms, 96 * 3600000);
    assert_int_equal(policy->gap_ms, 0);
    const struct what *what = &policy->what;
    assert_int_equal(what->counts[WHAT_INCLUDE_SCHEMAS], 2);
    assert_string_equal(what->patterns[WHAT_INCLUDE_SCHEMAS][1], "crm");
    assert_string_equal(what->patterns[WHAT_EXCLUDE_SCHEMAS][0], "*_test");
    assert_string_equal(what->patterns[WHAT_INCLUDE_TABLES][0], "*.*");
    assert_string_equal(what->patterns[WHAT_EXCLUDE_TABLES][1], "shop\\.eu.public.log");
    assert_string_equal(what->patterns[WHAT_TABLES_WITHOUT_DATA][0], "shop.audit");
    assert_int_equal(what->lock_wait_ms, 90000);
    assert_int_equal(what->packet_bytes, 64 << 20);
    assert_int_equal(what->read_from_count, 2);
    assert_int_equal(what->read_from[0], WHAT_REPLICA);
    assert_int_equal(what->read_limit_bytes, 20 << 20);
    assert_int_equal(what->throttle[WHAT_RUNNING], 25);
    assert_int_equal(what->throttle[WHAT_REPLICA_LAG], 30000);
    assert_int_equal(what->throttle[WHAT_TRANSACTION_AGE], 0);
    assert_int_equal(what->throttle[WHAT_LONG_QUERIES], 5);
    assert_int_equal(what->throttle[WHAT_PAUSE_LIMIT], 30 * 60000);
    assert_int_equal(what->statement_limit_ms, 90000);
    assert_int_equal(what->way_count, 2);
    assert_int_equal(what->by_speed, 1);
    assert_int_equal(what->ways[1], WHAT_GTID_UNPROVEN);
    assert_string_equal(what->secret, "reader");
    assert_string_equal(what->authority, "internal");
    CLEAN(memory_free) char *summary = what_summary(what);
    assert_string_equal(summary, "3 included, 3 excluded, 1 without data, from replica or primary, "
                                 "20971520 bytes/s, throttled");
    assert_int_equal(strlen(policy->digest), 64);
    static const char *const wanted[][2] = {
        {"network", "dmz"}, {"region", "same"}, {"zone", "*"}, {"rack", "same"}};
    assert_int_equal(policy->workers.count, 4);
    for (size_t index = 0; index < 4; index++) {
        assert_string_equal(policy->workers.labels[index].name, wanted[index][0]);
        assert_string_equal(policy->workers.labels[index].pattern, wanted[index][1]);
        assert_int_equal(policy->workers.labels[index].is_preferred, index == 3);
    }
    assert_int_equal(policies_placement(all)->count, 3);
    const struct retention_rules *retention = &policy->retention;
    assert_int_equal(retention->last, 3);
    assert_int_equal(retention->younger_ms, 30LL * 24 * 3600000);
    assert_int_equal(retention->daily + retention->weekly + retention->monthly, 7 + 5 + 12);
    assert_int_equal(retention->yearly, 7);
    assert_int_equal(retention->unsound_ms, 9LL * 24 * 3600000);
    assert_true(retention->is_offsite_wanted);  // it is promised
    assert_true(retention->may_go_when_gone);
    assert_string_equal(zone_name(policy->retention_zone), "Europe/Berlin");
    assert_int_equal(policy->snapshot_days, 2);
}

// Nothing said: nothing goes. What is said must keep something.
static void
retention_is_safe_where_little_is_said(void **state)
{
    (void)state;
    CLEAN(policies_destroy)
    policies_t *all = policies("policies:\n"
                               "  all: {selectable: true}\n"
                               "  some: {selectable: true, retention: {daily: 2}}\n"
                               "  here: {selectable: true, promise: {offsite: 4d},\n"
                               "         retention: {last: 1, off_site: false}}\n");
    const struct policy *none = policies_by_name(all, "all");
    const struct policy *some = policies_by_name(all, "some");
    assert_false(retention_has_rules(&none->retention));
    assert_null(none->retention_zone);
    assert_int_equal(none->snapshot_days, 0);
    assert_true(retention_has_rules(&some->retention));
    assert_int_equal(some->retention.unsound_ms, 14LL * 24 * 3600000);
    assert_false(some->retention.is_offsite_wanted || some->retention.may_go_when_gone);
    assert_string_equal(zone_name(some->retention_zone), "UTC");
    assert_false(policies_by_name(all, "here")->retention.is_offsite_wanted);
    assert_string_not_equal(none->digest, some->digest);
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"{selectable: true, retention: {}}", "it keeps nothing"},
        {"{selectable: true, retention: {off_site: true}}", "it keeps nothing"},
        {"{selectable: true, retention: {last: -1}}", "last"},
        {"{selectable: true, retention: {gone: yes}}", "gone"},
        {"{selectable: true, zone: Nowhere/Else, retention: {last: 1}}", "zone"},
    };
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        struct error error = {0};
        policies_t *refused = NULL;
        CLEAN(memory_free) char *text = memory_format("policies:\n  x: %s\n", wrong[index].text);
        assert_int_equal(read_text(&refused, text, &error), -1);
        assert_non_null(strstr(error.message, wrong[index].says));
    }
}

static void
criteria_mean_what_they_say(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *all = policies(whole);
    static const struct {
        const char *name, *engine, *region, *account, *tags;
        int is_in;
    } cases[] = {
        {"shop", "mysql", "eu-west-1", "11", "{\"env\":\"prod\"}", 1},
        {"shop", "mariadb", "us-east-1", "12", "{\"env\":\"prod\"}", 1},
        {"shop", "mysql", "us-east-1", "11", "{\"env\":\"prod\"}", 0},
        {"shop", "postgres", "eu-west-1", "12", "{\"env\":\"prod\"}", 0},
        {"shop", "mysql", "eu-west-1", "12", "{\"env\":\"dev\"}", 0},
        {"shop-test", "mysql", "eu-west-1", "12", "{\"env\":\"prod\"}", 0},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        CLEAN(database_destroy) struct database *database = database_new();
        record_set(&database->name, cases[index].name);
        record_set(&database->engine, cases[index].engine);
        record_set(&database->region, cases[index].region);
        record_set(&database->account, cases[index].account);
        record_set(&database->tags, cases[index].tags);
        struct policy_choice choice;
        policies_choose(all, database, &choice);
        assert_int_equal(choice.outcome == POLICY_SELECTED, cases[index].is_in);
    }
}

static void
little_is_enough(void **state)
{
    (void)state;
    CLEAN(policies_destroy) policies_t *all = policies("policies: {all: {select: {}}}");
    const struct policy *policy = policies_at(all, 0);
    assert_null(policy->timetable);
    assert_int_equal(policy->schedule.missed, SCHEDULE_ONCE);
    assert_string_equal(policy->store, "");
    assert_string_equal(policy->tool, "");
    assert_int_equal(policy->password_hashes, -1);
    assert_int_equal(policy->time_limit_ms, 0);
    assert_int_equal(policy->priority, 4);
    assert_int_equal(policy->jobs, 0);
    assert_int_equal(policy->promise_good_ms, 0);
    assert_int_equal(policy->promise_offsite_ms, 0);
    assert_true(policy->may_opt_out);
    assert_non_null(policy->select);
    CLEAN(policies_destroy) policies_t *gold = policies("policies: {gold: {selectable: true}}");
    assert_null(policies_at(gold, 0)->select);
    CLEAN(policies_destroy) policies_t *none = policies("");
    assert_int_equal(policies_count(none), 0);
}

// Over the weekend, here.
static void
a_promise_that_is_not_always_kept_has_its_gap(void **state)
{
    (void)state;
    CLEAN(policies_destroy)
    policies_t *all = policies("policies:\n  a: {select: {}, schedule: '0 2 * * mon-fri', promise: "
                               "{good: 26h, offsite: 4d}}\n");
    assert_int_equal(policies_at(all, 0)->gap_ms, 72 * 3600000);
    CLEAN(policies_destroy)
    policies_t *asked = policies("policies: {a: {select: {}, promise: {good: 1h}}}");
    assert_int_equal(policies_at(asked, 0)->gap_ms, 0);
}

static void
the_digest_is_of_what_is_meant_not_of_how_it_is_written(void **state)
{
    (void)state;
    CLEAN(policies_destroy)
    policies_t *one = policies("policies: {a: {select: {name: [x, y]}, time_limit: 60m}}");
    CLEAN(policies_destroy)
    policies_t *same =
        policies("policies:\n  a:\n    time_limit: 1h\n    select: {name: ['y', x]}\n");
    CLEAN(policies_destroy)
    policies_t *other = policies("policies: {a: {select: {name: [x, z]}, time_limit: 60m}}");
    assert_string_equal(policies_at(one, 0)->digest, policies_at(same, 0)->digest);
    assert_string_not_equal(policies_at(one, 0)->digest, policies_at(other, 0)->digest);
}

static void
what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"policies:\n  a: {select: {}, schedule: '61 * * * *'}",
         "p.yaml:2:29: schedule: minute: '61' is not understood"},
        {"policies:\n  a:\n    select: {}\n    schedule: '@daily'\n    zone: Europe/Berln",
         "p.yaml:5:11: zone: no time zone 'Europe/Berln'"},
        {"policies:\n  a: {select: {}, window: 1h, spread: 31m}",
         "p.yaml:2:39: spread: it is more than half of `window`"},
        {"policies:\n  a: {select: {}, promis: {}}", "unknown key 'promis'"},
        {"policies:\n  a: {select: {}, promise: {good: 0s}}", "not between 1m and 400d"},
        {"policies:\n  a: {select: {}, schedule: '@daily', promise: {good: 12h}}",
         "p.yaml:2:55: good: 12 h 0 min cannot be kept: the schedule fires every 24 h"},
        {"policies:\n  a: {select: {}, schedule: '@daily', promise: {good: 2d, offsite: 1d}}",
         "offsite: 24 h 0 min cannot be kept"},
        {"policies:\n  a: {select: {}, what: {exclude_tables: [shop.x, log]}}",
         "p.yaml:2:51: exclude_tables: the pattern 'log' names no schema"},
        {"policies:\n  a: {select: {}, what: {exclude_schemas: ['a[']}}", "'[' without an end"},
        {"policies:\n  a: {select: {}, what: {include_tables: [a.b.c.d]}}", "more than 3 parts"},
        {"policies:\n  a: {select: {}, options: {extra: x}}", "unknown key 'extra'"},
        {"policies:\n  a: {select: {}, read_from: [standby]}", "one of primary, reader"},
        {"policies:\n  a: {select: {}, read_from: [primary, primary]}", "each once"},
        {"policies:\n  a: {select: {}, read_limit: 10}", "read_limit"},
        {"policies:\n  a: {select: {}, throttle: {running: 0}}", "running"},
        {"policies:\n  a: {select: {}, throttle: {running: 9}, connections: 2}", "connections"},
        {"policies:\n  a: {select: {}, connections: 1}", "two or more"},
        {"policies:\n  a: {select: {}, statement_limit: 100ms}", "statement_limit"},
        {"policies:\n  a: {select: {}, consistency: [lock, lock]}", "consistency"},
        {"policies:\n  a: {select: {}, consistency: [gtid]}", "consistency"},
        {"policies:\n  a: {select: {}, order: none}", "'order' is 'none'"},
        {"policies:\n  a: {select: {}, priority: 10}", "not between 0 and 9"},
        {"policies:\n  a: {select: {}, tool: mysqldum}",
         "'tool' is 'mysqldum', none of: mysqldump"},
        {"policies:\n  a: {select: {}, time_limit: 0s}", "not between 1s and 14d"},
        {"policies:\n  a: {time_limit: 1h}", "p.yaml:2:6: it has neither `select` nor"},
        {"policies:\n  none: {select: {}}", "p.yaml:2:3: policies.none: a policy's name"},
        {"policies:\n  'a b': {select: {}}", "a policy's name"},
        {"policies:\n  a: {select: {}, workers: {region: ''}}",
         "p.yaml:2:29: workers.region: the pattern for label 'region' has 1 to 127 bytes"},
        {"placement: {prefer_workers: {'a\tb': x}}", "a label's name has 1 to 63 bytes"},
        {"placement: {workers: {a: x, b: x, c: x, d: x, e: x, f: x, g: x, h: x, i: x}}",
         "'workers' has 9 items"},
        {"policies:\n  a: {select: {nam: [x]}}", "p.yaml:2:16: unknown key 'nam'"},
        {"policies:\n  a: {select: {name: x}}", "'name' must be a list"},
        {"policies:\n  a: {select: {name: ['']}}", "p.yaml:2:23: name: a pattern has 1 to 256"},
        {"policies:\n  a: {select: {or: []}}", "'or' has 0 items"},
        {"policies:\n  a: {select: {not: [{or: [{nme: [x]}]}]}}", "unknown key 'nme'"},
        {"policies:\n  a: {select: {engine: [mysql]}}\n  b: {select: {engine: [my*, mysql]}}\n"
         "  c: {select: {engine: [mysql, mariadb]}}",
         "p.yaml:4:3: policies.c: a database with engine 'mysql' would be in 'a' and 'c'"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        policies_t *self = NULL;
        struct error error = {0};
        assert_int_equal(read_text(&self, cases[index].text, &error), -1);
        assert_null(self);
        assert_int_equal(error.code, ERROR_CONFIG);
        if (!strstr(error.message, cases[index].message))
            fail_msg("%s", error.message);
    }
}

// A selection that is nested so deep, or has so many mappings side by side.
static char *
nested(int depth, int width)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    fprintf(stream, "policies: {a: {select: {");
    for (int level = 1; level < depth; level++)
        fprintf(stream, "not: [{");
    fprintf(stream, "or: [");
    for (int index = 0; index < width; index++)
        fprintf(stream, "%s{name: [x%d], and: [{}]}", index ? ", " : "", index);
    fprintf(stream, "]");
    for (int level = 1; level < depth; level++)
        fprintf(stream, "}]");
    fprintf(stream, "}}}");
    fclose(stream);
    return text;
}

static void
criteria_have_limits_of_depth_and_count(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(memory_free) char *deepest = nested(6, 1);
    CLEAN(policies_destroy) policies_t *taken = policies(deepest);
    CLEAN(memory_free) char *too_deep = nested(7, 1);
    policies_t *self = NULL;
    assert_int_equal(read_text(&self, too_deep, &error), -1);
    assert_non_null(strstr(error.message, "deeper than 8 levels"));
    CLEAN(memory_free) char *widest = nested(1, 128);
    CLEAN(policies_destroy) policies_t *wide = policies(widest);
    CLEAN(memory_free) char *too_wide = nested(1, 129);
    assert_int_equal(read_text(&self, too_wide, &error), -1);
    assert_non_null(strstr(error.message, "more than 256 mappings"));
}

static void
many_policies_are_checked_against_each_other_in_little_time(void **state)
{
    (void)state;
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    fprintf(stream, "policies:\n");
    for (int index = 0; index < 300; index++) {
        fprintf(stream, "  p%d: {select: {account: [", index);
        for (int account = 0; account < 60; account++)
            fprintf(stream, "%s'%d-%d'", account ? ", " : "", index, account);
        fprintf(stream, "]}}\n");
    }
    fclose(stream);
    CLEAN(policies_destroy) policies_t *all = policies(text);
    assert_int_equal(policies_count(all), 300);
}

static void
the_reference_prints_criteria_once(void **state)
{
    (void)state;
    struct capture capture = capture_begin(stdout);
    config_print_reference(keys);
    CLEAN(memory_free) char *text = capture_end(&capture, stdout);
    assert_non_null(strstr(text, "policies.NAME.select.not[]: list"));
    assert_non_null(strstr(text, "policies.NAME.time_limit: duration"));
    assert_null(strstr(text, "select.not[].not"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_a_policy_says_is_read),
        cmocka_unit_test(retention_is_safe_where_little_is_said),
        cmocka_unit_test(criteria_mean_what_they_say),
        cmocka_unit_test(little_is_enough),
        cmocka_unit_test(a_promise_that_is_not_always_kept_has_its_gap),
        cmocka_unit_test(the_digest_is_of_what_is_meant_not_of_how_it_is_written),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(criteria_have_limits_of_depth_and_count),
        cmocka_unit_test(many_policies_are_checked_against_each_other_in_little_time),
        cmocka_unit_test(the_reference_prints_criteria_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
