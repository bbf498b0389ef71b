#include <string.h>

#include "common/aws/outcome.h"
#include "common/aws/partition.h"
#include "tests/check.h"

static void
assert_fault(const char *body, const char *code, const char *message)
{
    struct aws_fault fault;
    aws_fault_read(&fault, body, strlen(body));
    assert_string_equal(fault.code, code);
    assert_string_equal(fault.message, message);
}

static void
every_envelope_gives_its_code_and_message(void **state)
{
    (void)state;
    assert_fault("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>"
                 "Sender</Type><Code>AccessDenied</Code><Message>no &amp; never</Message></Error>"
                 "<RequestId>1</RequestId></ErrorResponse>",
                 "AccessDenied", "no & never");
    assert_fault("<ErrorResponse><Errors><Error><Code>SignatureDoesNotMatch</Code></Error></Errors>"
                 "</ErrorResponse>",
                 "SignatureDoesNotMatch", "");
    assert_fault("<?xml version=\"1.0\"?>\n<Response><Errors><Error><Code>UnauthorizedOperation"
                 "</Code><Message>m</Message></Error><Error><Code>Second</Code></Error></Errors>"
                 "<RequestID>1</RequestID></Response>",
                 "UnauthorizedOperation", "m");
    assert_fault("{\"__type\":\"AccessDeniedException\",\"message\":\"m\"}", "AccessDenied", "m");
    assert_fault(" \n{\"__type\":\"com.amazonaws.sm#ResourceNotFoundException\",\"Message\":\"n\"}",
                 "ResourceNotFound", "n");
    assert_fault("{\"code\":\"TooManyRequestsException:http://x/\"}", "TooManyRequests", "");
}

static void
what_is_no_envelope_gives_an_empty_fault(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "   ",
                                         "<html><br></html>",
                                         "{\"__type\":7}",
                                         "{",
                                         "[1]",
                                         "\"x\"",
                                         "<a><Code>x",
                                         "Bad Gateway",
                                         "<!DOCTYPE a><Error><Code>x</Code></Error>",
                                         "<Code>not in an Error</Code>"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        assert_fault(bodies[i], "", "");
}

static void
texts_are_cut_to_one_clean_line(void **state)
{
    (void)state;
    assert_fault("{\"__type\":\"X\",\"message\":\"a\\u001b[31mb\\nsecond line: token\"}", "X",
                 "a?[31mb");
    char body[2000] = "{\"__type\":\"";
    memset(body + 11, 'c', 1500);
    strcpy(body + 1511, "\"}");
    struct aws_fault fault;
    aws_fault_read(&fault, body, strlen(body));
    assert_int_equal(strlen(fault.code), AWS_CODE_SIZE - 1);
}

static void
codes_decide_before_the_status_does(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int status;
        enum aws_outcome outcome;
    } cases[] = {
        {"Throttling", 400, AWS_THROTTLED},
        {"RequestLimitExceeded", 503, AWS_THROTTLED},
        {"ExpiredToken", 400, AWS_EXPIRED},
        {"RequestExpired", 400, AWS_EXPIRED},
        {"AccessDenied", 400, AWS_DENIED},
        {"RegionDisabled", 403, AWS_REGION_DISABLED},
        {"InvalidClientTokenId", 403, AWS_BAD_CREDENTIALS},
        {"ResourceNotFound", 400, AWS_NOT_FOUND},
        {"DBClusterNotFoundFault", 404, AWS_NOT_FOUND},
        {"NotFound", 400, AWS_INVALID},
        {"InternalFailure", 500, AWS_TRANSIENT},
        {"", 502, AWS_TRANSIENT},
        {"", 429, AWS_THROTTLED},
        {"", 403, AWS_DENIED},
        {"", 401, AWS_BAD_CREDENTIALS},
        {"", 301, AWS_INVALID},
        {"Whatever", 400, AWS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(aws_fault_classify(cases[i].code, cases[i].status), cases[i].outcome);
}

static void
regions_have_their_partition(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"eu-west-1", "aws", "amazonaws.com"},
        {"mx-central-1", "aws", "amazonaws.com"},
        {"cn-north-1", "aws-cn", "amazonaws.com.cn"},
        {"us-gov-east-1", "aws-us-gov", "amazonaws.com"},
        {"us-iso-east-1", "aws-iso", "c2s.ic.gov"},
        {"us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"},
        {"eusc-de-east-1", "aws-eusc", "amazonaws.eu"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct aws_partition *partition = aws_partition_of_region(cases[i][0]);
        assert_string_equal(partition->name, cases[i][1]);
        assert_string_equal(partition->suffix, cases[i][2]);
        assert_ptr_equal(aws_partition_of_region(partition->region), partition);
        assert_ptr_equal(aws_partition_named(cases[i][1]), partition);
    }
    assert_null(aws_partition_named("aws-mars"));
}

static void
arns_are_taken_apart_and_others_refused(void **state)
{
    (void)state;
    struct aws_arn arn;
    struct error error = {0};
    assert_int_equal(aws_arn_parse("arn:aws-cn:rds:cn-north-1:12:db:a:b", &arn, &error), 0);
    assert_string_equal(arn.partition, "aws-cn");
    assert_string_equal(arn.service, "rds");
    assert_string_equal(arn.region, "cn-north-1");
    assert_string_equal(arn.account, "12");
    assert_string_equal(arn.resource, "db:a:b");
    assert_int_equal(aws_arn_parse("arn:aws:iam::12:role/x/y", &arn, &error), 0);
    assert_string_equal(arn.region, "");
    char long_text[AWS_ARN_MAX + 64];
    memset(long_text, 'x', sizeof long_text);
    memcpy(long_text, "arn:aws:iam::1:", 15);
    long_text[sizeof long_text - 1] = '\0';
    const char *const bad[] = {"",
                               "arn",
                               "arn:aws:iam::1:",
                               "arn:aws:iam:1",
                               "urn:aws:iam::1:x",
                               "arn:mars:iam::1:x",
                               "arn:aws::r:1:x",
                               "arn:aws:rds:evil.example/:1:x",
                               long_text};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(aws_arn_parse(bad[i], &arn, &error), -1);
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

static void
only_what_can_be_in_a_hosts_name_is_a_region(void **state)
{
    (void)state;
    static const char *const bad[] = {"",   "a.b", "A",   "a/b", "-a",
                                      "a-", "a b", "a@b", "{x}", "\xc3\xa9"};
    assert_true(aws_region_is_valid("eu-west-1"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(aws_region_is_valid(bad[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_envelope_gives_its_code_and_message),
        cmocka_unit_test(what_is_no_envelope_gives_an_empty_fault),
        cmocka_unit_test(texts_are_cut_to_one_clean_line),
        cmocka_unit_test(codes_decide_before_the_status_does),
        cmocka_unit_test(regions_have_their_partition),
        cmocka_unit_test(arns_are_taken_apart_and_others_refused),
        cmocka_unit_test(only_what_can_be_in_a_hosts_name_is_a_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
