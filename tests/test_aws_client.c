#include "tests/aws_cloud.h"

static void
a_call_with_own_keys_is_signed_and_its_answer_taken(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    CLEAN(outcome_clear) struct outcome outcome = {0};
    call_once(&scene, NULL, "eu-west-1", &outcome);
    assert_int_equal(outcome.result.outcome, AWS_DONE);
    assert_int_equal(outcome.result.status, 200);
    assert_string_equal(outcome.taken.data, aws_list);
    assert_string_equal(scene.cloud.last_body.data,
                        "Action=DescribeDBInstances&Version=2014-10-31&MaxRecords=100");
    assert_non_null(strstr(scene.cloud.last_head.data, "/eu-west-1/rds/aws4_request"));
    assert_null(strstr(scene.cloud.last_head.data, "X-Amz-Security-Token"));
}

static void
a_role_is_assumed_once_for_all_calls_that_want_it(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    static struct outcome outcomes[40];
    memset(outcomes, 0, sizeof outcomes);
    open_scene(&scene);
    for (size_t i = 0; i < 40; i++)
        start(scene.client, AWS_ROLE, i % 2 ? "eu-west-1" : "us-east-1", &outcomes[i]);
    run_all(scene.client);
    http_server_stop(&scene.cloud.server);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(outcomes[i].done, 1);
        assert_int_equal(outcomes[i].result.outcome, AWS_DONE);
        outcome_clear(&outcomes[i]);
    }
    assert_int_equal(scene.cloud.assumed, 1);
    assert_int_equal(scene.cloud.described, 40);
    assert_non_null(strstr(scene.cloud.last_head.data, "Credential=role1/"));
    assert_non_null(
        strstr(scene.cloud.last_head.data, "X-Amz-Security-Token: token-of-role1==\r\n"));
    struct aws_counters counters;
    aws_client_counters(scene.client, &counters);
    assert_int_equal(counters.calls, 40);
    assert_int_equal(counters.requests, 41);
    assert_int_equal(counters.retries, 0);
}

static void
note_form(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    struct cloud *cloud = argument;
    if (strstr(asked->body, "Action=AssumeRole"))
        buffer_text(&cloud->last_body, asked->body);
    reply_credentials(reply, "AssumeRole", "role", 3600);
}

static void
assuming_names_external_id_and_session_and_never_a_duration(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    open_scene(&scene);
    http_server_stop(&scene.cloud.server);
    scene.cloud.server = http_server_start(note_form, &scene.cloud);
    const char *const environment[] = {"AWS_ACCESS_KEY_ID=own", "AWS_SECRET_ACCESS_KEY=secret",
                                       NULL};
    struct aws_client_options options = {.environment = environment,
                                         .endpoint = scene.cloud.server->url};
    struct error error = {0};
    CLEAN(aws_client_destroy) aws_client_t *client = NULL;
    assert_int_equal(aws_client_open(&client, &options, &error), 0);
    struct aws_identity identity = {AWS_ROLE, "id+of us", "night@dbhaul"};
    CLEAN(aws_keys_clear) struct aws_keys keys = {0};
    assert_int_equal(aws_client_keys(client, &identity, &keys, &error), 0);
    assert_string_equal(keys.access_key_id, "role");
    assert_string_equal(keys.session_token, "token-of-role==");
    http_server_stop(&scene.cloud.server);
    assert_string_equal(scene.cloud.last_body.data,
                        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%"
                        "3A111122223333%3Arole%2Freader&RoleSessionName=night%40dbhaul&ExternalId="
                        "id%2Bof%20us");
}

static void
a_role_that_may_not_be_assumed_fails_its_calls_only(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    struct outcome denied[3] = {0};
    CLEAN(outcome_clear) struct outcome good = {0};
    open_scene(&scene);
    for (size_t i = 0; i < 3; i++)
        start(scene.client, "arn:aws:iam::1:role/forbidden", "eu-west-1", &denied[i]);
    start(scene.client, AWS_ROLE, "eu-west-1", &good);
    run_all(scene.client);
    http_server_stop(&scene.cloud.server);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(denied[i].result.outcome, AWS_DENIED);
        assert_int_equal(denied[i].result.error.code, ERROR_DENIED);
        assert_string_equal(denied[i].result.code, "AccessDenied");
        assert_non_null(strstr(denied[i].result.error.message, "role/forbidden"));
    }
    assert_int_equal(good.result.outcome, AWS_DONE);
    assert_int_equal(scene.cloud.assumed, 2);
}

static void
short_lived_keys_are_used_and_not_asked_for_again_each_time(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {.cloud = {.lifetime_s = 30}};
    CLEAN(outcome_clear) struct outcome first = {0};
    CLEAN(outcome_clear) struct outcome second = {0};
    open_scene(&scene);
    start(scene.client, AWS_ROLE, "eu-west-1", &first);
    run_all(scene.client);
    start(scene.client, AWS_ROLE, "eu-west-1", &second);
    run_all(scene.client);
    http_server_stop(&scene.cloud.server);
    assert_int_equal(second.result.outcome, AWS_DONE);
    assert_int_equal(scene.cloud.assumed, 1);
}

static void
keys_that_are_expired_when_they_come_are_not_asked_for_without_end(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {.cloud = {.lifetime_s = -60}};
    CLEAN(outcome_clear) struct outcome outcome = {0};
    call_once(&scene, AWS_ROLE, "eu-west-1", &outcome);
    assert_int_equal(outcome.result.outcome, AWS_INVALID);
    assert_int_equal(scene.cloud.assumed, 1);
    assert_non_null(strstr(outcome.result.error.message, "expired already"));
}

// A service whose clock is an hour ahead, and that believes nobody else's.
// Half an answer first, then the whole.
// Every kind of nonsense.
static void
a_slow_service_costs_its_calls_and_no_others(void **state)
{
    (void)state;
    CLEAN(close_scene)
    struct scene scene = {.cloud = {.delay_ms = 100}, .options = {.connections_max = 50}};
    static struct outcome outcomes[100];
    memset(outcomes, 0, sizeof outcomes);
    open_scene(&scene);
    int64_t begin_ms = clock_monotonic_ms();
    char region[32];
    for (size_t i = 0; i < 100; i++) {
        snprintf(region, sizeof region, "r-%zu", i % 10);
        start(scene.client, NULL, region, &outcomes[i]);
    }
    run_all(scene.client);
    assert_true(clock_monotonic_ms() - begin_ms < 5000);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(outcomes[i].result.outcome, AWS_DONE);
        outcome_clear(&outcomes[i]);
    }
    struct aws_counters counters;
    aws_client_counters(scene.client, &counters);
    assert_in_range(counters.connections, 1, 50);
}

static void
a_bucket_lets_a_burst_through_and_then_keeps_to_its_rate(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {.options = {.rate_per_s = 10, .burst = 5}};
    static struct outcome outcomes[15];
    memset(outcomes, 0, sizeof outcomes);
    open_scene(&scene);
    int64_t begin_ms = clock_monotonic_ms();
    for (size_t i = 0; i < 15; i++)
        start(scene.client, NULL, "eu-west-1", &outcomes[i]);
    run_all(scene.client);
    assert_true(clock_monotonic_ms() - begin_ms >= 900);
    for (size_t i = 0; i < 15; i++)
        outcome_clear(&outcomes[i]);
}

static void
a_done_may_ask_for_the_next_page(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    CLEAN(outcome_clear) struct outcome outcome = {.pages = 3};
    open_scene(&scene);
    outcome.client = scene.client;
    start(scene.client, NULL, "eu-west-1", &outcome);
    run_all(scene.client);
    assert_int_equal(outcome.done, 4);
}

static void
destroying_cancels_each_call_once_wherever_it_is(void **state)
{
    (void)state;
    CLEAN(close_scene)
    struct scene scene = {.cloud = {.delay_ms = 5000},
                          .options = {.connections_max = 2, .burst = 3, .rate_per_s = 1}};
    static struct outcome outcomes[30];
    memset(outcomes, 0, sizeof outcomes);
    open_scene(&scene);
    for (size_t i = 0; i < 29; i++)
        start(scene.client, i % 3 ? NULL : AWS_ROLE, i % 2 ? "eu-west-1" : "us-east-1",
              &outcomes[i]);
    assert_int_equal(aws_client_run(scene.client, -1, 100), 29);
    start(scene.client, NULL, "eu-west-1", &outcomes[29]);
    aws_client_destroy(&scene.client);
    for (size_t i = 0; i < 30; i++) {
        assert_int_equal(outcomes[i].done, 1);
        assert_int_equal(outcomes[i].result.outcome, AWS_CANCELLED);
    }
}

static void
without_credentials_every_call_fails_with_the_reasons(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    aws_variables_add(&scene.variables, "AWS_EC2_METADATA_DISABLED", "true");
    CLEAN(outcome_clear) struct outcome own = {0};
    CLEAN(outcome_clear) struct outcome role = {0};
    open_scene(&scene);
    start(scene.client, NULL, "eu-west-1", &own);
    start(scene.client, AWS_ROLE, "eu-west-1", &role);
    run_all(scene.client);
    assert_int_equal(own.result.outcome, AWS_BAD_CREDENTIALS);
    assert_int_equal(role.result.outcome, AWS_BAD_CREDENTIALS);
    assert_non_null(strstr(own.result.error.message, "AWS_ACCESS_KEY_ID is not set"));
    assert_non_null(strstr(own.result.error.message, "AWS_EC2_METADATA_DISABLED is true"));
    assert_int_equal(own.result.error.code, ERROR_CONFIG);
    assert_non_null(strstr(role.result.error.message, AWS_ROLE));
}

static void
an_identity_that_is_no_role_fails_its_call(void **state)
{
    (void)state;
    static const char *const roles[] = {"reader", "arn:aws:iam::1:user/x", "arn:aws:s3:::bucket",
                                        "arn:mars:iam::1:role/x"};
    for (size_t i = 0; i < 4; i++) {
        CLEAN(close_scene) struct scene scene = {0};
        CLEAN(outcome_clear) struct outcome outcome = {0};
        call_once(&scene, roles[i], "eu-west-1", &outcome);
        assert_int_equal(outcome.result.error.code, ERROR_CONFIG);
        assert_non_null(strstr(outcome.result.error.message, roles[i]));
    }
}

static void
sts_is_asked_in_the_partition_of_the_role(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    CLEAN(outcome_clear) struct outcome outcome = {0};
    scene.options.region = "eu-central-1";
    scene.cloud.is_broken = 1;
    call_once(&scene, "arn:aws-cn:iam::1:role/x", "cn-northwest-1", &outcome);
    assert_string_equal(aws_client_region(scene.client), "eu-central-1");
    assert_non_null(strstr(scene.cloud.last_head.data, "/cn-north-1/sts/aws4_request"));
}

static void
endpoints_are_held_to_https_or_loopback(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "http://example.com",      "ftp://x",           "https://",
        "https://{host}.x",        "https://user@host", "https://host/path",
        "http://127.0.0.1.evil.x", "https://host?x",    "https://:443"};
    static const char *const good[] = {"https://vpce-1.{service}.{region}.vpce.{suffix}",
                                       "http://127.0.0.1:5000/", "http://[::1]:80",
                                       "http://localhost:1", "https://host:8443"};
    const char *const environment[] = {NULL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error = {0};
        CLEAN(aws_client_destroy) aws_client_t *client = NULL;
        struct aws_client_options options = {.environment = environment, .endpoint = bad[i]};
        assert_int_equal(aws_client_open(&client, &options, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct error error = {0};
        CLEAN(aws_client_destroy) aws_client_t *client = NULL;
        struct aws_client_options options = {.environment = environment, .endpoint = good[i]};
        assert_int_equal(aws_client_open(&client, &options, &error), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_with_own_keys_is_signed_and_its_answer_taken),
        cmocka_unit_test(a_role_is_assumed_once_for_all_calls_that_want_it),
        cmocka_unit_test(assuming_names_external_id_and_session_and_never_a_duration),
        cmocka_unit_test(a_role_that_may_not_be_assumed_fails_its_calls_only),
        cmocka_unit_test(short_lived_keys_are_used_and_not_asked_for_again_each_time),
        cmocka_unit_test(keys_that_are_expired_when_they_come_are_not_asked_for_without_end),
        cmocka_unit_test(a_slow_service_costs_its_calls_and_no_others),
        cmocka_unit_test(a_bucket_lets_a_burst_through_and_then_keeps_to_its_rate),
        cmocka_unit_test(a_done_may_ask_for_the_next_page),
        cmocka_unit_test(destroying_cancels_each_call_once_wherever_it_is),
        cmocka_unit_test(without_credentials_every_call_fails_with_the_reasons),
        cmocka_unit_test(an_identity_that_is_no_role_fails_its_call),
        cmocka_unit_test(sts_is_asked_in_the_partition_of_the_role),
        cmocka_unit_test(endpoints_are_held_to_https_or_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
