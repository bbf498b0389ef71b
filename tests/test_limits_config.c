#include "coordinator/limits_config.h"

#include <string.h>

#include "common/clean.h"
#include "tests/check.h"

static const struct queue_rules rules = {.late_ms = 1, .ahead_ms = 1, .priority_ms = 1};

static int
read_text(config_t **config, const char *text, struct error *error)
{
    if (config_read_text(config, "l.yaml", text, strlen(text), limits_keys, CONFIG_SIZE_MAX, error))
        return -1;
    return limits_config_check(config_root(*config), error);
}

static unsigned
limit_of(quota_t *quota, enum quota_kind kind, const char *name)
{
    struct quota_count *count = quota_hold(quota, kind, name);
    unsigned limit = count->limit;
    quota_drop(quota, &count);
    return limit;
}

static void
limits_are_set_as_they_are_written(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(config_destroy) config_t *config = NULL;
    CLEAN(quota_destroy) quota_t *quota = quota_new();
    CLEAN(queue_destroy) queue_t *queue = queue_new(&rules, quota);
    assert_int_equal(read_text(&config,
                               "all: 90\nserver: 2\naccount: 10\nregion: 20\nstore: 30\n"
                               "worker: 4\nlabel: 5\nnamed:\n"
                               "- {of: account, name: '12', jobs: 3}\n"
                               "- {of: region, name: '12', jobs: 0}\n"
                               "- {of: label, name: rack=1, jobs: 7}\n"
                               "shares: [{account: '12', weight: 4}]\n",
                               &error),
                     0);
    limits_config_apply(config_root(config), quota, queue);
    assert_int_equal(limit_of(quota, QUOTA_ALL, ""), 90);
    assert_int_equal(limit_of(quota, QUOTA_SERVER, "a:1"), 2);
    assert_int_equal(limit_of(quota, QUOTA_ACCOUNT, "11"), 10);
    assert_int_equal(limit_of(quota, QUOTA_ACCOUNT, "12"), 3);
    assert_int_equal(limit_of(quota, QUOTA_REGION, "11"), 20);
    assert_int_equal(limit_of(quota, QUOTA_REGION, "12"), 0);
    assert_int_equal(limit_of(quota, QUOTA_STORE, "s"), 30);
    assert_int_equal(limit_of(quota, QUOTA_WORKER, "w"), 4);
    assert_int_equal(limit_of(quota, QUOTA_LABEL, "rack=1"), 7);
    assert_int_equal(limit_of(quota, QUOTA_LABEL, "rack=2"), 5);
    assert_int_equal(limit_of(quota, QUOTA_DATABASE, "1"), 1);
}

static void
without_a_word_a_server_and_a_database_have_one_job(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(config_destroy) config_t *config = NULL;
    CLEAN(quota_destroy) quota_t *quota = quota_new();
    CLEAN(queue_destroy) queue_t *queue = queue_new(&rules, quota);
    assert_int_equal(read_text(&config, "", &error), 0);
    limits_config_apply(config_root(config), quota, queue);
    assert_int_equal(limit_of(quota, QUOTA_ALL, ""), 0);
    assert_int_equal(limit_of(quota, QUOTA_SERVER, "a:1"), 1);
    assert_int_equal(limit_of(quota, QUOTA_DATABASE, "1"), 1);
    assert_int_equal(limit_of(quota, QUOTA_STORE, "s"), 0);
}

static void
what_is_said_twice_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"named:\n- {of: account, name: a, jobs: 1}\n- {of: account, name: a, jobs: 2}\n",
         "l.yaml:3:23: name: the account 'a' has a limit already"},
        {"shares:\n- {account: a, weight: 1}\n- {account: a, weight: 2}\n",
         "l.yaml:3:13: account: 'a' has a weight already"},
        {"shares: [{account: a, weight: 0}]", "not between 1 and 1000"},
        {"named: [{of: policy, name: a, jobs: 1}]", "'of' is 'policy', none of: server"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        struct error error = {0};
        CLEAN(config_destroy) config_t *config = NULL;
        assert_int_equal(read_text(&config, cases[index].text, &error), -1);
        if (!strstr(error.message, cases[index].message))
            fail_msg("%s", error.message);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_set_as_they_are_written),
        cmocka_unit_test(without_a_word_a_server_and_a_database_have_one_job),
        cmocka_unit_test(what_is_said_twice_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
