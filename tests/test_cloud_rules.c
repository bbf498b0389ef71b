#include "worker/cloud_rules.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

#define VALUE "aws-secret:arn:aws:secretsmanager:eu-west-1:111122223333:secret:"
#define ROLE "arn:aws:iam::111122223333:role/"

static const struct config_key keys[] = {{.name = "allow", .type = CONFIG_TEXTS},
                                         {.name = "roles", .type = CONFIG_TEXTS},
                                         {.name = "servers", .type = CONFIG_TEXTS},
                                         {0}};

static const char *const rules =
    "allow: ['" VALUE "rds!*', 'rds-iam:backup*', 'aws-secret:dbhaul/*']\n"
    "roles: ['arn:aws:iam::*:role/dbhaul-worker']\n"
    "servers: ['*.eu-west-1.rds.amazonaws.com:3306']\n";

static int
allow(const char *text, const struct secret_aws_request *request, struct error *error)
{
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(
        config_read_text(&config, "w.yaml", text, strlen(text), keys, CONFIG_SIZE_MAX, error), 0);
    return cloud_rules_allow(config_root(config), request, error);
}

static struct secret_aws_request
request_of(const char *from, const char *role)
{
    return (struct secret_aws_request){.from = from,
                                       .role_arn = role,
                                       .host = "shop.abc.eu-west-1.rds.amazonaws.com",
                                       .port = 3306,
                                       .is_verified = 1};
}

static void
assert_allowed(const char *from, const char *role)
{
    struct error error = {0};
    const struct secret_aws_request request = request_of(from, role);
    if (allow(rules, &request, &error))
        fail_msg("%s", error.message);
}

static void
assert_denied(const char *from, const char *role, const char *message)
{
    struct error error = {0};
    const struct secret_aws_request request = request_of(from, role);
    assert_int_equal(allow(rules, &request, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_string_equal(error.message, message);
}

static void
nothing_is_allowed_that_is_not_listed(void **state)
{
    (void)state;
    struct error error = {0};
    const struct secret_aws_request request = request_of("rds-iam:backup", "");
    assert_int_equal(allow("{}", &request, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_string_equal(error.message,
                        "a job may not have it fetched: add 'rds-iam:backup' to 'allow' under "
                        "'aws' in this worker's configuration, if it is right");
    assert_int_equal(allow("allow: ['rds-iam:backup']", &request, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "'servers' under 'aws'"));
}

static void
what_is_listed_is_allowed(void **state)
{
    (void)state;
    assert_allowed(VALUE "rds!db-1a2b-AbCdEf", NULL);
    assert_allowed(VALUE "rds!db-1a2b-AbCdEf", ROLE "dbhaul-worker");
    assert_allowed("rds-iam:backup", "");
    assert_allowed("rds-iam:backup_2", "");
    assert_allowed("aws-secret:dbhaul/shop", "");
}

static void
a_secret_that_is_not_listed_is_denied(void **state)
{
    (void)state;
    assert_denied(VALUE "admin-AbCdEf", "",
                  "a job may not have it fetched: add '" VALUE "admin-AbCdEf' to 'allow' under "
                  "'aws' in this worker's configuration, if it is right");
    static const char *const others[] = {
        "aws-secret:arn:aws:secretsmanager:eu-west-2:111122223333:secret:rds!db-1",
        "aws-secret:arn:aws:secretsmanager:eu-west-1:999999999999:secret:rds!db-1",
        "aws-secret:arn:aws-cn:secretsmanager:eu-west-1:111122223333:secret:rds!db-1",
        VALUE "rds!db/1",
        VALUE "RDS!db-1",
        "aws-secret:rds!db-1",
        "aws-secret:dbhaul/a/b",
        "rds-iam:root",
        "rds-iam:backup:x",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct error error = {0};
        const struct secret_aws_request request = request_of(others[i], "");
        assert_int_equal(allow(rules, &request, &error), -1);
        assert_int_equal(error.code, ERROR_DENIED);
        assert_non_null(strstr(error.message, others[i]));
    }
}

static void
what_is_no_reference_is_refused(void **state)
{
    (void)state;
    static const char *const others[] = {
        "shop",
        "aws-secret:",
        "rds-iam:",
        "aws-secret:arn:",
        "aws-secret:a b",
        "aws-secret:arn:aws:s3:::bucket",
        VALUE "a:b",
        VALUE,
        "rds-iam:a b",
        "rds-iam:a'b",
        "aws-secret:arn:aws:secretsmanager:eu-west-1:1:secret:rds!db",
        "aws-secret:arn:aws:secretsmanager::111122223333:secret:rds!db",
        "aws-secret:arn:aws:secretsmanager:eu-west-1:111122223333:key:rds!db"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct error error = {0};
        const struct secret_aws_request request = request_of(others[i], "");
        assert_int_equal(allow("allow: ['*', '*:*', '*:*:*:*:*:*:*:*']", &request, &error), -1);
        if (error.code != ERROR_INVALID)
            fail_msg("'%s': %s", others[i], error.message);
    }
}

static void
a_role_that_is_not_listed_is_denied(void **state)
{
    (void)state;
    assert_denied("rds-iam:backup", ROLE "admin",
                  "a job may not have the role assumed: add '" ROLE "admin' to 'roles' under "
                  "'aws' in this worker's configuration, if it is right");
    assert_denied("rds-iam:backup", ROLE "x/dbhaul-worker",
                  "a job may not have the role assumed: add '" ROLE "x/dbhaul-worker' to 'roles' "
                  "under 'aws' in this worker's configuration, if it is right");
}

static void
a_server_that_is_not_listed_gets_nothing(void **state)
{
    (void)state;
    static const char *const hosts[] = {"evil.example", "eu-west-1.rds.amazonaws.com.evil.example",
                                        "a,b.eu-west-1.rds.amazonaws.com", ""};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct error error = {0};
        struct secret_aws_request request = request_of("rds-iam:backup", "");
        request.host = hosts[i];
        assert_int_equal(allow(rules, &request, &error), -1);
        assert_int_equal(error.code, ERROR_DENIED);
        assert_non_null(strstr(error.message, "a job may not have it sent to "));
    }
    struct error error = {0};
    struct secret_aws_request request = request_of("rds-iam:backup", "");
    request.port = 3307;
    assert_int_equal(allow(rules, &request, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
}

static void
a_star_stays_within_its_field(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        int fits;
    } cases[] = {
        {"a", "a", 1},
        {"a", "b", 0},
        {"a", "ab", 0},
        {"", "", 1},
        {"", "a", 0},
        {"*", "", 1},
        {"*", "abc", 1},
        {"*", "a:b", 0},
        {"*", "a/b", 0},
        {"a*", "a", 1},
        {"a*c", "abbc", 1},
        {"a*c", "abb", 0},
        {"*b*d", "abcbd", 1},
        {"*b*d", "abcb:d", 0},
        {"*:*", "a:b", 1},
        {"*:*", "a:b:c", 0},
        {"**", "ab", 1},
        {"a?c", "abc", 1},
        {"a?c", "a:c", 0},
        {"a?c", "a/c", 0},
        {"a?", "a", 0},
        {"[ab]", "a", 0},
        {"[ab]", "[ab]", 1},
        {"a\\*", "a*", 0},
        {"*x*:z", "1x2x3:z", 1},
        {"r/*-w", "r/a-b-w", 1},
        {"r/*-w", "r/a/b-w", 0},
        {"*ab", "aab", 1},
        {"*aab", "aaab", 1},
        {"a*:b", "a1:c", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (cloud_rules_match(cases[i].pattern, cases[i].text) != cases[i].fits)
            fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].text);
}

static void
patterns_of_no_use_are_told_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"allow: ['rds-iam:*', 'arn:aws:secretsmanager:*']",
         "must begin with aws-secret: or rds-iam:"},
        {"roles: ['role/x']", "must begin with arn:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        CLEAN(config_destroy) config_t *config = NULL;
        assert_int_equal(config_read_text(&config, "w.yaml", cases[i].text, strlen(cases[i].text),
                                          keys, CONFIG_SIZE_MAX, &error),
                         0);
        assert_int_equal(cloud_rules_check(config_root(config), &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_non_null(strstr(error.message, cases[i].message));
        assert_non_null(strstr(error.message, "w.yaml:1:"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allowed_that_is_not_listed),
        cmocka_unit_test(what_is_listed_is_allowed),
        cmocka_unit_test(a_secret_that_is_not_listed_is_denied),
        cmocka_unit_test(what_is_no_reference_is_refused),
        cmocka_unit_test(a_role_that_is_not_listed_is_denied),
        cmocka_unit_test(a_server_that_is_not_listed_gets_nothing),
        cmocka_unit_test(a_star_stays_within_its_field),
        cmocka_unit_test(patterns_of_no_use_are_told_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
