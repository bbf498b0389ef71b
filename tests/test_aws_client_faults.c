// What a call comes to when AWS, the network or the clock is not as it should be.

#include "tests/aws_cloud.h"

static void
a_throttled_call_is_tried_again_until_it_goes(void **state)
{
    (void)state;
    static const char *const faults[] = {"Throttling", "ThrottlingException",
                                         "RequestLimitExceeded", "TooManyRequestsException"};
    for (size_t i = 0; i < 4; i++) {
        CLEAN(close_scene)
        struct scene scene = {.cloud = {.fault = faults[i], .faults = 1}};
        CLEAN(outcome_clear) struct outcome outcome = {0};
        call_once(&scene, NULL, "eu-west-1", &outcome);
        assert_int_equal(outcome.result.outcome, AWS_DONE);
        assert_int_equal(outcome.result.attempts, 2);
        struct aws_counters counters;
        aws_client_counters(scene.client, &counters);
        assert_int_equal(counters.throttled, 1);
        assert_int_equal(counters.retries, 1);
    }
}

static void
tries_have_an_end(void **state)
{
    (void)state;
    CLEAN(close_scene)
    struct scene scene = {.cloud = {.fault = "Throttling", .faults = 1000},
                          .options = {.attempts_max = 2}};
    CLEAN(outcome_clear) struct outcome outcome = {0};
    call_once(&scene, NULL, "eu-west-1", &outcome);
    assert_int_equal(outcome.result.outcome, AWS_THROTTLED);
    assert_int_equal(outcome.result.error.code, ERROR_UNAVAILABLE);
    assert_int_equal(outcome.result.attempts, 2);
    assert_string_equal(outcome.result.code, "Throttling");
    assert_non_null(strstr(outcome.result.error.message, "DescribeDBInstances"));
    assert_non_null(strstr(outcome.result.error.message, "eu-west-1"));
}

static void
a_wait_that_the_answer_asks_for_is_kept_or_ends_the_call_in_time(void **state)
{
    (void)state;
    CLEAN(close_scene)
    struct scene scene = {.cloud = {.fault = "ServiceUnavailable",
                                    .faults = 1,
                                    .fault_status = 503,
                                    .fault_headers = "Retry-After: 2\r\n"}};
    CLEAN(outcome_clear) struct outcome outcome = {0};
    int64_t begin_ms = clock_monotonic_ms();
    call_once(&scene, NULL, "eu-west-1", &outcome);
    assert_int_equal(outcome.result.outcome, AWS_DONE);
    assert_true(clock_monotonic_ms() - begin_ms >= 2000);

    CLEAN(close_scene)
    struct scene hurried = {.cloud = {.fault = "ServiceUnavailable",
                                      .faults = 1,
                                      .fault_status = 503,
                                      .fault_headers = "Retry-After: 3600\r\n"}};
    CLEAN(outcome_clear) struct outcome late = {0};
    call_once(&hurried, NULL, "eu-west-1", &late);
    assert_int_equal(late.result.outcome, AWS_TRANSIENT);
    assert_int_equal(late.result.status, 503);
}

static void
keys_that_expire_under_way_are_renewed_once(void **state)
{
    (void)state;
    CLEAN(close_scene)
    struct scene scene = {
        .cloud = {
            .fault = "ExpiredToken", .faults = 1000, .only_id = "role1", .fault_status = 403}};
    static struct outcome outcomes[10];
    memset(outcomes, 0, sizeof outcomes);
    open_scene(&scene);
    for (size_t i = 0; i < 10; i++)
        start(scene.client, AWS_ROLE, "eu-west-1", &outcomes[i]);
    run_all(scene.client);
    http_server_stop(&scene.cloud.server);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(outcomes[i].result.outcome, AWS_DONE);
        outcome_clear(&outcomes[i]);
    }
    assert_int_equal(scene.cloud.assumed, 2);
    struct aws_counters counters;
    aws_client_counters(scene.client, &counters);
    assert_int_equal(counters.refreshes, 1);
}

static void
keys_that_are_always_expired_are_not_renewed_for_ever(void **state)
{
    (void)state;
    static const char *const roles[] = {AWS_ROLE, NULL};
    for (size_t i = 0; i < 2; i++) {
        CLEAN(close_scene)
        struct scene scene = {
            .cloud = {.fault = "ExpiredTokenException", .faults = 1000, .fault_status = 403}};
        CLEAN(outcome_clear) struct outcome outcome = {0};
        call_once(&scene, roles[i], "eu-west-1", &outcome);
        assert_int_equal(outcome.result.outcome, AWS_EXPIRED);
        assert_int_equal(outcome.result.attempts, 2);
        assert_string_equal(outcome.result.code, "ExpiredToken");
        assert_int_equal(scene.cloud.assumed, i == 0 ? 2 : 0);
    }
}

static void
answer_ahead(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    (void)asked;
    struct cloud *cloud = argument;
    char text[64], date[32];
    time_t now = (time_t)(clock_unix_ms() / 1000 + cloud->clock_ahead_s);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    strftime(date, sizeof date, "X-Amz-Date: %Y%m%dT%H", &parts);
    if (strstr(asked->head, date))
        http_reply(reply, 200, text, aws_list);
    else
        reply_fault(reply, 403, text, cloud->fault);
}

static void
a_clock_that_is_off_is_put_right_by_the_answers_date(void **state)
{
    (void)state;
    static const char *const faults[] = {"RequestExpired", "SignatureDoesNotMatch",
                                         "InvalidSignatureException"};
    for (size_t i = 0; i < 3; i++) {
        CLEAN(close_scene)
        struct scene scene = {.cloud = {.describe = answer_ahead,
                                        .clock_ahead_s = i == 1 ? -7200 : 7200,
                                        .fault = faults[i]}};
        CLEAN(outcome_clear) struct outcome outcome = {0};
        call_once(&scene, NULL, "eu-west-1", &outcome);
        assert_int_equal(outcome.result.outcome, AWS_DONE);
        assert_int_equal(outcome.result.attempts, 2);
        int64_t ahead_ms = aws_client_unix_ms(scene.client) - clock_unix_ms();
        assert_true(llabs(ahead_ms - scene.cloud.clock_ahead_s * 1000) < 5000);
    }
}

static void
a_wrong_secret_is_not_taken_for_a_wrong_clock(void **state)
{
    (void)state;
    CLEAN(close_scene)
    struct scene scene = {
        .cloud = {.fault = "SignatureDoesNotMatch", .faults = 1000, .fault_status = 403}};
    CLEAN(outcome_clear) struct outcome outcome = {0};
    call_once(&scene, NULL, "eu-west-1", &outcome);
    assert_int_equal(outcome.result.outcome, AWS_BAD_CREDENTIALS);
    assert_int_equal(outcome.result.attempts, 1);
}

static void
good_keys_that_a_region_does_not_know_mean_that_it_is_not_enabled(void **state)
{
    (void)state;
    static const char *const faults[] = {"InvalidClientTokenId", "UnrecognizedClientException",
                                         "AuthFailure", "OptInRequired"};
    static const char *const roles[] = {NULL, AWS_ROLE};
    for (size_t i = 0; i < 8; i++) {
        CLEAN(close_scene)
        struct scene scene = {.cloud = {.fault = faults[i / 2],
                                        .faults = 1000,
                                        .fault_status = 403,
                                        .only_region = "me-south-1"}};
        struct outcome off[2] = {0};
        CLEAN(outcome_clear) struct outcome on = {0};
        open_scene(&scene);
        start(scene.client, roles[i % 2], "me-south-1", &off[0]);
        start(scene.client, roles[i % 2], "me-south-1", &off[1]);
        start(scene.client, roles[i % 2], "eu-west-1", &on);
        run_all(scene.client);
        http_server_stop(&scene.cloud.server);
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(off[k].result.outcome, AWS_REGION_DISABLED);
            assert_int_equal(off[k].result.status, 403);
            assert_non_null(strstr(off[k].result.error.message, "not enabled this region"));
        }
        assert_int_equal(on.result.outcome, AWS_DONE);
    }
}

static void
keys_that_nobody_knows_are_bad(void **state)
{
    (void)state;
    static const char *const regions[] = {"me-south-1", "us-east-1"};
    for (size_t i = 0; i < 2; i++) {
        CLEAN(close_scene)
        struct scene scene = {.cloud = {.fault = "InvalidClientTokenId",
                                        .faults = 1000,
                                        .fault_status = 403,
                                        .is_broken = 1}};
        CLEAN(outcome_clear) struct outcome outcome = {0};
        call_once(&scene, NULL, regions[i], &outcome);
        assert_int_equal(outcome.result.outcome, AWS_BAD_CREDENTIALS);
        assert_string_equal(outcome.result.code, "InvalidClientTokenId");
        assert_int_equal(outcome.result.error.code, ERROR_CONFIG);
    }
}

static void
errors_have_their_outcome(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int status;
        enum aws_outcome outcome;
        const char *told;
    } cases[] = {{"AccessDenied", 403, AWS_DENIED, "AccessDenied"},
                 {"UnauthorizedOperation", 403, AWS_DENIED, "UnauthorizedOperation"},
                 {"DBInstanceNotFound", 404, AWS_NOT_FOUND, "DBInstanceNotFound"},
                 {"DBClusterNotFoundFault", 404, AWS_NOT_FOUND, "DBClusterNotFoundFault"},
                 {"ValidationError", 400, AWS_INVALID, "ValidationError"},
                 {"", 403, AWS_DENIED, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(close_scene)
        struct scene scene = {
            .cloud = {.fault = cases[i].code, .faults = 1000, .fault_status = cases[i].status}};
        CLEAN(outcome_clear) struct outcome outcome = {0};
        call_once(&scene, NULL, "eu-west-1", &outcome);
        assert_int_equal(outcome.result.outcome, cases[i].outcome);
        assert_string_equal(outcome.result.code, cases[i].told);
        assert_int_equal(outcome.result.attempts, 1);
    }
}

static void
answer_by_halves(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    (void)asked;
    struct cloud *cloud = argument;
    if (cloud->described > 1) {
        http_reply(reply, 200, "", aws_list);
        return;
    }
    buffer_format(&reply->bytes, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n<half",
                  strlen(aws_list));
    reply->closes = 1;
}

static void
an_answer_that_breaks_off_is_forgotten_and_asked_for_again(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {.cloud = {.describe = answer_by_halves}};
    CLEAN(outcome_clear) struct outcome outcome = {0};
    call_once(&scene, NULL, "eu-west-1", &outcome);
    assert_int_equal(outcome.result.outcome, AWS_DONE);
    assert_int_equal(outcome.restarts, 1);
    assert_string_equal(outcome.taken.data, aws_list);
}

static void
answer_badly(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    (void)asked;
    struct cloud *cloud = argument;
    if (strcmp(cloud->fault, "long") == 0)
        buffer_text(&reply->bytes, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
    for (int i = 0; strcmp(cloud->fault, "long") == 0 && i < 200; i++)
        buffer_format(&reply->bytes, "<x>%01000d</x>", i);
    if (strcmp(cloud->fault, "html") == 0)
        http_reply(reply, 502, "Content-Type: text/html\r\n", "<html><br>Bad Gateway</html>");
    if (strcmp(cloud->fault, "empty") == 0)
        http_reply(reply, 500, "", "");
    if (strcmp(cloud->fault, "bomb") == 0)
        http_reply(reply, 400, "",
                   "<!DOCTYPE a [<!ENTITY b \"c\"><!ENTITY d \"&b;&b;\">]><Error><Code>&d;</Code>"
                   "</Error>");
    if (strcmp(cloud->fault, "redirect") == 0)
        http_reply(reply, 301, "Location: http://127.0.0.1:1/\r\n", "");
    if (strcmp(cloud->fault, "silent") == 0)
        reply->is_silent = 1;
}

static void
hostile_answers_end_plainly(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        enum aws_outcome outcome;
    } cases[] = {{"long", AWS_INVALID}, {"html", AWS_TRANSIENT},   {"empty", AWS_TRANSIENT},
                 {"bomb", AWS_INVALID}, {"redirect", AWS_INVALID}, {"silent", AWS_TRANSIENT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(close_scene)
        struct scene scene = {.cloud = {.describe = answer_badly, .fault = cases[i].kind},
                              .options = {.attempts_max = 1, .answer_ms = 300}};
        CLEAN(outcome_clear) struct outcome outcome = {0};
        open_scene(&scene);
        struct aws_call call = {.service = "rds",
                                .region = "eu-west-1",
                                .protocol = AWS_QUERY,
                                .action = "DescribeDBInstances",
                                .version = "2014-10-31",
                                .answer_max = 100000,
                                .take = take,
                                .done = done,
                                .argument = &outcome};
        aws_client_start(scene.client, &call);
        run_all(scene.client);
        assert_int_equal(outcome.result.outcome, cases[i].outcome);
        assert_true(*outcome.result.error.message);
    }
}

static void
what_the_parser_refuses_is_not_tried_again(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    CLEAN(outcome_clear) struct outcome outcome = {.take_max = 5};
    call_once(&scene, NULL, "eu-west-1", &outcome);
    assert_int_equal(outcome.result.outcome, AWS_INVALID);
    assert_int_equal(outcome.result.error.code, ERROR_BUSY);
    assert_non_null(strstr(outcome.result.error.message, "enough of it"));
    assert_int_equal(outcome.result.attempts, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_throttled_call_is_tried_again_until_it_goes),
        cmocka_unit_test(tries_have_an_end),
        cmocka_unit_test(a_wait_that_the_answer_asks_for_is_kept_or_ends_the_call_in_time),
        cmocka_unit_test(keys_that_expire_under_way_are_renewed_once),
        cmocka_unit_test(keys_that_are_always_expired_are_not_renewed_for_ever),
        cmocka_unit_test(a_clock_that_is_off_is_put_right_by_the_answers_date),
        cmocka_unit_test(a_wrong_secret_is_not_taken_for_a_wrong_clock),
        cmocka_unit_test(good_keys_that_a_region_does_not_know_mean_that_it_is_not_enabled),
        cmocka_unit_test(keys_that_nobody_knows_are_bad),
        cmocka_unit_test(errors_have_their_outcome),
        cmocka_unit_test(an_answer_that_breaks_off_is_forgotten_and_asked_for_again),
        cmocka_unit_test(hostile_answers_end_plainly),
        cmocka_unit_test(what_the_parser_refuses_is_not_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
