#include <string.h>

#include "common/aws/sign.h"
#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

// 2015-08-30T12:36:00Z, and the keys that AWS's documented cases are signed with.
static const int64_t documented_unix_ms = INT64_C(1440938160000);
static char key_id[] = "AKIDEXAMPLE";
static char secret_key[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
static char session_token[] =
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwA"
    "eMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8p"
    "hUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT"
    "38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabI"
    "Qwj2ICCR/oLxBA==";

static const struct aws_keys plain = {.access_key_id = key_id, .secret_key = secret_key};
static const struct aws_keys temporary = {
    .access_key_id = key_id, .secret_key = secret_key, .session_token = session_token};

struct documented {
    const char *name;
    const char *method;
    const char *path;
    const char *query;
    struct aws_sign_header headers[4];
    size_t headers_count;
    const char *body;
    const char *signed_names;
    const char *signature;
};

// Of AWS's Signature Version 4 test suite: host example.amazonaws.com, us-east-1, `service`.
static const struct documented cases[] = {
    {.name = "get-vanilla",
     .method = "GET",
     .path = "/",
     .signed_names = "host;x-amz-date",
     .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {.name = "get-vanilla-query-order-key-case",
     .method = "GET",
     .path = "/",
     .query = "Param2=value2&Param1=value1",
     .signed_names = "host;x-amz-date",
     .signature = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {.name = "get-vanilla-query-unreserved",
     .method = "GET",
     .path = "/",
     .query = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
              "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     .signed_names = "host;x-amz-date",
     .signature = "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
    {.name = "get-utf8",
     .method = "GET",
     .path = "/\xe1\x88\xb4",
     .signed_names = "host;x-amz-date",
     .signature = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {.name = "get-space",
     .method = "GET",
     .path = "/example space/",
     .signed_names = "host;x-amz-date",
     .signature = "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
    {.name = "get-relative-relative",
     .method = "GET",
     .path = "/example1/example2/../..",
     .signed_names = "host;x-amz-date",
     .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {.name = "get-slashes",
     .method = "GET",
     .path = "//example//",
     .signed_names = "host;x-amz-date",
     .signature = "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
    {.name = "get-slash-pointless-dot",
     .method = "GET",
     .path = "/./example",
     .signed_names = "host;x-amz-date",
     .signature = "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
    {.name = "get-header-value-trim",
     .method = "GET",
     .path = "/",
     .headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
     .headers_count = 2,
     .signed_names = "host;my-header1;my-header2;x-amz-date",
     .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {.name = "get-header-key-duplicate",
     .method = "GET",
     .path = "/",
     .headers = {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
     .headers_count = 3,
     .signed_names = "host;my-header1;x-amz-date",
     .signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {.name = "get-header-value-order",
     .method = "GET",
     .path = "/",
     .headers = {{"My-Header1", "value4"},
                 {"My-Header1", "value1"},
                 {"My-Header1", "value3"},
                 {"My-Header1", "value2"}},
     .headers_count = 4,
     .signed_names = "host;my-header1;x-amz-date",
     .signature = "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
    {.name = "post-vanilla",
     .method = "POST",
     .path = "/",
     .signed_names = "host;x-amz-date",
     .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {.name = "post-header-key-sort",
     .method = "POST",
     .path = "/",
     .headers = {{"My-Header1", "value1"}},
     .headers_count = 1,
     .signed_names = "host;my-header1;x-amz-date",
     .signature = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
    {.name = "post-x-www-form-urlencoded",
     .method = "POST",
     .path = "/",
     .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
     .headers_count = 1,
     .body = "Param1=value1",
     .signed_names = "content-type;host;x-amz-date",
     .signature = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
};

static struct aws_sign_request
request_of(const struct documented *documented)
{
    return (struct aws_sign_request){.method = documented->method,
                                     .host = "example.amazonaws.com",
                                     .path = documented->path,
                                     .query = documented->query,
                                     .headers = documented->headers,
                                     .headers_count = documented->headers_count,
                                     .body = documented->body,
                                     .body_size = documented->body ? strlen(documented->body) : 0,
                                     .region = "us-east-1",
                                     .service = "service",
                                     .unix_ms = documented_unix_ms};
}

static void
documented_requests_get_their_documented_signatures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct aws_sign_request request = request_of(&cases[i]);
        CLEAN(memory_free) char *authorization = aws_sign(&request, &plain);
        CLEAN(memory_free)
        char *expected = memory_format("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"
                                       "service/aws4_request, SignedHeaders=%s, Signature=%s",
                                       cases[i].signed_names, cases[i].signature);
        if (strcmp(authorization, expected) != 0)
            fail_msg("%s: %s", cases[i].name, authorization);
    }
}

static void
a_session_token_is_signed_as_documented(void **state)
{
    (void)state;
    struct aws_sign_request request = request_of(&cases[11]);
    CLEAN(memory_free_secret) char *authorization = aws_sign(&request, &temporary);
    assert_non_null(strstr(authorization, "SignedHeaders=host;x-amz-date;x-amz-security-token, "));
    assert_non_null(
        strstr(authorization,
               "Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"));
}

static void
the_documented_example_of_iam_gets_its_signature(void **state)
{
    (void)state;
    static const struct aws_sign_header headers[] = {
        {"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
    struct aws_sign_request request = {.method = "GET",
                                       .host = "iam.amazonaws.com",
                                       .path = "/",
                                       .query = "Action=ListUsers&Version=2010-05-08",
                                       .headers = headers,
                                       .headers_count = 1,
                                       .region = "us-east-1",
                                       .service = "iam",
                                       .unix_ms = documented_unix_ms};
    CLEAN(memory_free) char *canonical = aws_sign_canonical(&request, &plain);
    assert_string_equal(canonical,
                        "GET\n/\nAction=ListUsers&Version=2010-05-08\n"
                        "content-type:application/x-www-form-urlencoded; charset=utf-8\n"
                        "host:iam.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
                        "content-type;host;x-amz-date\n"
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CLEAN(memory_free) char *authorization = aws_sign(&request, &plain);
    assert_non_null(
        strstr(authorization,
               "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"));
}

static void
names_with_a_common_beginning_and_values_without_equals_are_sorted_by_name(void **state)
{
    (void)state;
    static const struct aws_sign_header headers[] = {{"X-Amz-Meta-Foo", "b"}, {"x-amz-meta", "a"}};
    struct aws_sign_request request = {.method = "GET",
                                       .host = "h",
                                       .path = "/",
                                       .query = "b&a=2&a=1&a-b=3",
                                       .headers = headers,
                                       .headers_count = 2,
                                       .region = "r",
                                       .service = "s"};
    CLEAN(memory_free) char *canonical = aws_sign_canonical(&request, &plain);
    assert_non_null(strstr(canonical, "\na=1&a=2&a-b=3&b=\n"));
    assert_non_null(strstr(canonical, "\nx-amz-meta:a\nx-amz-meta-foo:b\n"));
    assert_non_null(strstr(canonical, "\nhost;x-amz-date;x-amz-meta;x-amz-meta-foo\n"));
}

static void
a_token_for_a_database_is_the_one_that_the_aws_tool_makes(void **state)
{
    (void)state;
    char id[] = "AKIDEXAMPLE";
    char secret[] = "SECRET";
    char token_text[] = "TOK";
    const struct aws_keys keys = {id, secret, token_text, 0};
    CLEAN(memory_free_secret)
    char *token = aws_rds_token(&keys, "us-east-1", "mydb.abc.us-east-1.rds.amazonaws.com", 3306,
                                "iamuser", INT64_C(1795393511000));
    assert_string_equal(token,
                        "mydb.abc.us-east-1.rds.amazonaws.com:3306/?Action=connect&DBUser=iamuser&"
                        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261123%"
                        "2Fus-east-1%2Frds-db%2Faws4_request&X-Amz-Date=20261123T002511Z&"
                        "X-Amz-Expires=900&X-Amz-Security-Token=TOK&X-Amz-SignedHeaders=host&"
                        "X-Amz-Signature="
                        "f527695a8ce06b1bfe3a61e03ca6aa2841de19502d8504964092e4ef60f29041");
}

static void
a_database_user_with_odd_characters_is_encoded(void **state)
{
    (void)state;
    CLEAN(memory_free_secret)
    char *token = aws_rds_token(&plain, "r", "h", 1, "a b/c@d+e&f", documented_unix_ms);
    assert_non_null(strstr(token, "h:1/?Action=connect&DBUser=a%20b%2Fc%40d%2Be%26f&X-Amz-"));
    assert_null(strstr(token, "Security-Token"));
}

static void
dates_are_written_as_aws_reads_them(void **state)
{
    (void)state;
    char text[AWS_DATE_SIZE];
    aws_sign_date(documented_unix_ms + 999, text);
    assert_string_equal(text, "20150830T123600Z");
    aws_sign_date(INT64_MAX, text);
    assert_int_equal(strlen(text), AWS_DATE_SIZE - 1);
}

static void
values_are_encoded_for_forms(void **state)
{
    (void)state;
    CLEAN(memory_free) char *encoded = aws_sign_encode("aZ0-._~ +/=%&\xc3\xa9\n");
    assert_string_equal(encoded, "aZ0-._~%20%2B%2F%3D%25%26%C3%A9%0A");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_requests_get_their_documented_signatures),
        cmocka_unit_test(a_session_token_is_signed_as_documented),
        cmocka_unit_test(the_documented_example_of_iam_gets_its_signature),
        cmocka_unit_test(
            names_with_a_common_beginning_and_values_without_equals_are_sorted_by_name),
        cmocka_unit_test(a_token_for_a_database_is_the_one_that_the_aws_tool_makes),
        cmocka_unit_test(a_database_user_with_odd_characters_is_encoded),
        cmocka_unit_test(dates_are_written_as_aws_reads_them),
        cmocka_unit_test(values_are_encoded_for_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
