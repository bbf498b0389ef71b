// The lists that say whom to ask: accounts, regions, and who we are.

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/discovery/aws_accounts.h"
#include "coordinator/discovery/aws_regions.h"
#include "tests/check.h"

static int
parse(struct aws_accounts *accounts, const char *text, char **token, struct error *error)
{
    return aws_accounts_parse(accounts, text, strlen(text), token, error);
}

static void
accounts_come_page_by_page_and_an_empty_one_may_go_on(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(aws_accounts_clear) struct aws_accounts accounts = {0};
    CLEAN(memory_free) char *token = NULL;
    assert_int_equal(parse(&accounts, "{\"Accounts\":[],\"NextToken\":\"more\"}", &token, &error),
                     0);
    assert_string_equal(token, "more");
    memory_free(&token);
    assert_int_equal(
        parse(&accounts,
              "{\"Accounts\":[{\"Id\":\"111122223333\",\"State\":\"ACTIVE\",\"Status\":"
              "\"SUSPENDED\"},{\"Id\":\"444455556666\",\"Status\":\"ACTIVE\"},"
              "{\"Id\":\"777788889999\",\"State\":\"PENDING_CLOSURE\"}],\"NextToken\":null}",
              &token, &error),
        0);
    assert_null(token);
    assert_int_equal(accounts.count, 3);
    assert_string_equal(accounts.items[0].id, "111122223333");
    assert_true(aws_account_is_active(&accounts.items[0]));
    assert_true(aws_account_is_active(&accounts.items[1]));
    assert_false(aws_account_is_active(&accounts.items[2]));
}

static void
a_broken_list_of_accounts_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "<html/>",
        "{}",
        "{\"Accounts\":7}",
        "{\"Accounts\":[7]}",
        "{\"Accounts\":[{\"Id\":\"../../etc\"}]}",
        "{\"Accounts\":[{\"Id\":\"1111222233334\"}]}",
        "{\"Accounts\":[],\"NextToken\":\"\"}",
        "{\"Accounts\":[],\"NextToken\":7}",
        "{\"Accounts\":[{\"Id\":\"111122223333\"",
    };
    for (size_t index = 0; index < sizeof broken / sizeof *broken; index++) {
        struct error error = {0};
        CLEAN(aws_accounts_clear) struct aws_accounts accounts = {0};
        char *token = NULL;
        assert_int_equal(parse(&accounts, broken[index], &token, &error), -1);
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

static void
regions_are_those_that_are_enabled(void **state)
{
    (void)state;
    static const char text[] =
        "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>1"
        "</requestId><regionInfo>"
        "<item><regionName>eu-west-1</regionName><regionEndpoint>x</regionEndpoint>"
        "<optInStatus>opt-in-not-required</optInStatus></item>"
        "<item><optInStatus>not-opted-in</optInStatus><regionName>me-south-1</regionName></item>"
        "<item><regionName>af-south-1</regionName><optInStatus>opted-in</optInStatus></item>"
        "</regionInfo></DescribeRegionsResponse>";
    struct error error = {0};
    struct aws_regions regions;
    assert_int_equal(aws_regions_parse(&regions, text, sizeof text - 1, &error), 0);
    assert_int_equal(regions.count, 2);
    assert_string_equal(regions.names[0], "eu-west-1");
    assert_string_equal(regions.names[1], "af-south-1");
}

static void
a_broken_list_of_regions_is_refused(void **state)
{
    (void)state;
    static const char evil[] =
        "<DescribeRegionsResponse><regionInfo><item><regionName>evil.example/"
        "</regionName></item></regionInfo></DescribeRegionsResponse>";
    static const char *const broken[] = {
        "",
        "<html/>",
        "<DescribeRegionsResponse><regionInfo/></DescribeRegionsResponse>",
        evil,
        "<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName>",
    };
    for (size_t index = 0; index < sizeof broken / sizeof *broken; index++) {
        struct error error = {0};
        struct aws_regions regions;
        assert_int_equal(aws_regions_parse(&regions, broken[index], strlen(broken[index]), &error),
                         -1);
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

static void
the_caller_has_an_account_and_a_partition(void **state)
{
    (void)state;
    static const char text[] =
        "<GetCallerIdentityResponse><GetCallerIdentityResult>"
        "<Arn>arn:aws-us-gov:sts::111122223333:assumed-role/x/y</Arn><UserId>A:y</UserId>"
        "<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    struct error error = {0};
    struct aws_caller caller;
    assert_int_equal(aws_caller_parse(&caller, text, sizeof text - 1, &error), 0);
    assert_string_equal(caller.account, "111122223333");
    assert_string_equal(caller.partition, "aws-us-gov");
    static const char strange[] =
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::1:x</Arn>"
        "<Account>x</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    static const char *const broken[] = {"", "<a/>", strange};
    for (size_t index = 0; index < sizeof broken / sizeof *broken; index++)
        assert_int_equal(aws_caller_parse(&caller, broken[index], strlen(broken[index]), &error),
                         -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_come_page_by_page_and_an_empty_one_may_go_on),
        cmocka_unit_test(a_broken_list_of_accounts_is_refused),
        cmocka_unit_test(regions_are_those_that_are_enabled),
        cmocka_unit_test(a_broken_list_of_regions_is_refused),
        cmocka_unit_test(the_caller_has_an_account_and_a_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
