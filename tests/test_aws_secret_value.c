#include <string.h>

#include "common/aws/secret_value.h"
#include "common/clean.h"
#include "tests/check.h"
#include "tests/http_server.h"

// What Secrets Manager answers with, and was asked.
struct service {
    const char *body;
    int status;
    struct buffer last_head;
    struct buffer last_body;
};

static void
answer_secret(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    struct service *service = argument;
    buffer_empty(&service->last_head);
    buffer_text(&service->last_head, asked->head);
    buffer_empty(&service->last_body);
    buffer_text(&service->last_body, asked->body);
    http_reply(reply, service->status, "Content-Type: application/x-amz-json-1.1\r\n",
               service->body);
}

#define SECRET_ARN "arn:aws:secretsmanager:eu-north-1:111122223333:secret:rds!db-1-AbCdEf"

// Returns the value that an answer gives, or NULL and the error.
static char *
get_secret(const char *body, int status, struct service *service, struct error *error)
{
    service->body = body;
    service->status = status;
    CLEAN(http_server_stop) struct http_server *server = http_server_start(answer_secret, service);
    const char *const environment[] = {"AWS_ACCESS_KEY_ID=own", "AWS_SECRET_ACCESS_KEY=secret",
                                       NULL};
    struct aws_client_options options = {
        .environment = environment, .endpoint = server->url, .attempts_max = 1};
    CLEAN(aws_client_destroy) aws_client_t *client = NULL;
    char *value = NULL;
    assert_int_equal(aws_client_open(&client, &options, error), 0);
    aws_secret_value_get(client, &(struct aws_identity){0}, SECRET_ARN, &value, error);
    return value;
}

static void
service_clear(struct service *service)
{
    buffer_clear(&service->last_head);
    buffer_clear(&service->last_body);
}

static void
a_secret_is_asked_for_in_the_region_of_its_arn(void **state)
{
    (void)state;
    CLEAN(service_clear) struct service service = {0};
    struct error error = {0};
    CLEAN(memory_free_secret)
    char *text = get_secret("{\"ARN\":\"x\",\"SecretString\":\"{\\\"password\\\":\\\"p\\\"}\","
                            "\"CreatedDate\":1.5e9}",
                            200, &service, &error);
    assert_string_equal(text, "{\"password\":\"p\"}");
    assert_non_null(strstr(service.last_head.data, "/eu-north-1/secretsmanager/aws4_request"));
    assert_non_null(
        strstr(service.last_head.data, "X-Amz-Target: secretsmanager.GetSecretValue\r\n"));
    assert_non_null(strstr(service.last_head.data, "Content-Type: application/x-amz-json-1.1\r\n"));
    assert_string_equal(service.last_body.data, "{\"SecretId\":\"" SECRET_ARN "\"}");
    CLEAN(memory_free_secret)
    char *bytes = get_secret("{\"SecretBinary\":\"aGFsbG8=\"}", 200, &service, &error);
    assert_string_equal(bytes, "hallo");
}

static void
a_secret_that_is_not_to_be_had_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int status;
        enum error_code code;
    } cases[] = {
        {"{\"__type\":\"ResourceNotFoundException\",\"Message\":\"can't find it\"}", 400,
         ERROR_NOT_FOUND},
        {"{\"__type\":\"com.amazon#AccessDeniedException\",\"message\":\"kms\"}", 400,
         ERROR_DENIED},
        {"{\"__type\":\"DecryptionFailure\"}", 400, ERROR_INVALID},
        {"{\"SecretString\":\"a\\u0000b\"}", 200, ERROR_INVALID},
        {"{\"SecretString\":7}", 200, ERROR_INVALID},
        {"{\"SecretBinary\":\"!!!!\"}", 200, ERROR_INVALID},
        {"{\"SecretBinary\":\"YQBi\"}", 200, ERROR_INVALID},
        {"{}", 200, ERROR_INVALID},
        {"no json", 200, ERROR_INVALID},
        {"", 503, ERROR_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(service_clear) struct service service = {0};
        struct error error = {0};
        assert_null(get_secret(cases[i].body, cases[i].status, &service, &error));
        assert_int_equal(error.code, cases[i].code);
        assert_non_null(strstr(error.message, "secret:rds!db-1"));
    }
}

static void
an_arn_of_no_secret_is_refused_before_anybody_is_asked(void **state)
{
    (void)state;
    static const char *const arns[] = {"", "shop", "arn:aws:s3:::bucket",
                                       "arn:aws:secretsmanager::1:secret:x",
                                       "arn:aws:secretsmanager:a.b/c:1:secret:x"};
    const char *const environment[] = {NULL};
    struct aws_client_options options = {.environment = environment,
                                         .endpoint = "http://127.0.0.1:1"};
    for (size_t i = 0; i < sizeof arns / sizeof *arns; i++) {
        struct error error = {0};
        char *value = NULL;
        CLEAN(aws_client_destroy) aws_client_t *client = NULL;
        assert_int_equal(aws_client_open(&client, &options, &error), 0);
        assert_int_equal(
            aws_secret_value_get(client, &(struct aws_identity){0}, arns[i], &value, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_asked_for_in_the_region_of_its_arn),
        cmocka_unit_test(a_secret_that_is_not_to_be_had_says_why),
        cmocka_unit_test(an_arn_of_no_secret_is_refused_before_anybody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
