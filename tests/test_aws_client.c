// timeout: 120
#include <inttypes.h>
#include <stdlib.h>

#include "common/aws/client.h"
#include "common/aws/secret_value.h"
#include "common/clean.h"
#include "tests/aws_answers.h"
#include "tests/check.h"

enum { LABEL_SIZE = 64 };

// What the services were asked, in order: "AssumeRole own;DescribeDBInstances role1;".
struct cloud {
    struct http_server *server;
    struct buffer asked;
    struct buffer last_head;
    struct buffer last_body;
    size_t assumed;  // times
    size_t described;
    int64_t lifetime_s;     // of roles' keys
    int64_t clock_ahead_s;  // of AWS's
    const char *fault;      // what DescribeDBInstances answers with ...
    size_t faults;          // ... so many times first
    const char *fault_headers;
    int fault_status;
    const char *only_id;  // the fault is for this key alone
    const char *only_region;
    int is_broken;  // STS knows nobody
    int64_t delay_ms;
    http_answer_fn *describe;  // instead of the list
    size_t asking, asking_most;
};

// What became of a call.
struct outcome {
    int done;
    int restarts;
    struct aws_result result;
    struct buffer taken;
    size_t take_max;
    aws_client_t *client;
    int pages;  // so many more are asked for
};

static const char list[] = "<DescribeDBInstancesResponse><DescribeDBInstancesResult>"
                           "</DescribeDBInstancesResult></DescribeDBInstancesResponse>";

static int
has_scope(const struct http_asked *asked, const char *region, const char *service)
{
    char *scope = memory_format("/%s/%s/aws4_request", region, service);
    int has = strstr(asked->head, scope) != NULL;
    memory_free(&scope);
    return has;
}

// Whose key it was signed with.
static void
read_id(const struct http_asked *asked, char id[LABEL_SIZE])
{
    const char *from = strstr(asked->head, "Credential=");
    size_t size = from ? strcspn(from + 11, "/") : 0;
    snprintf(id, LABEL_SIZE, "%.*s", (int)size, from ? from + 11 : "");
}

static void
describe(struct cloud *cloud, const struct http_asked *asked, struct http_reply *reply,
         const char *id)
{
    cloud->described++;
    int fits = (!cloud->only_id || strcmp(cloud->only_id, id) == 0) &&
               (!cloud->only_region || has_scope(asked, cloud->only_region, "rds"));
    if (cloud->describe) {
        cloud->describe(cloud, asked, reply);
    } else if (cloud->faults > 0 && fits) {
        cloud->faults--;
        reply_fault(reply, cloud->fault_status ? cloud->fault_status : 400,
                    cloud->fault_headers ? cloud->fault_headers : "", cloud->fault);
    } else {
        http_reply(reply, 200, "", list);
    }
}

static void
answer(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    struct cloud *cloud = argument;
    char id[LABEL_SIZE], role[LABEL_SIZE];
    read_id(asked, id);
    reply->delay_ms = cloud->delay_ms;
    size_t size = strspn(asked->body, "=&ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    buffer_format(&cloud->asked, "%.*s %s;", (int)size, asked->body, id);
    buffer_empty(&cloud->last_head);
    buffer_text(&cloud->last_head, asked->head);
    buffer_empty(&cloud->last_body);
    buffer_text(&cloud->last_body, asked->body);
    if (strstr(asked->body, "Action=DescribeDBInstances")) {
        describe(cloud, asked, reply, id);
    } else if (cloud->is_broken) {
        reply_fault(reply, 403, "", "InvalidClientTokenId");
    } else if (strstr(asked->body, "Action=AssumeRole")) {
        snprintf(role, sizeof role, "role%zu", ++cloud->assumed);
        if (strstr(asked->body, "forbidden"))
            reply_fault(reply, 403, "", "AccessDenied");
        else
            reply_credentials(reply, "AssumeRole", role, cloud->lifetime_s);
    } else if (strstr(asked->body, "Action=GetCallerIdentity")) {
        http_reply(reply, 200, "", "<GetCallerIdentityResponse/>");
    } else {
        http_reply(reply, 400, "", "{\"__type\":\"x#UnknownOperationException\"}");
    }
}

static int
take(void *argument, const void *data, size_t size, struct error *error)
{
    struct outcome *outcome = argument;
    if (outcome->take_max > 0 && outcome->taken.size + size > outcome->take_max)
        return error_set(error, ERROR_BUSY, "enough of it");
    buffer_add(&outcome->taken, data, size);
    return 0;
}

static void
restart(void *argument)
{
    struct outcome *outcome = argument;
    outcome->restarts++;
    buffer_empty(&outcome->taken);
}

static void start(aws_client_t *client, const char *role, const char *region,
                  struct outcome *outcome);

static void
done(void *argument, const struct aws_result *result)
{
    struct outcome *outcome = argument;
    outcome->done++;
    outcome->result = *result;
    if (outcome->pages-- > 0)
        start(outcome->client, NULL, "eu-west-1", outcome);
}

static void
start(aws_client_t *client, const char *role, const char *region, struct outcome *outcome)
{
    struct aws_call call = {.identity = {.role_arn = role, .external_id = "id+of us"},
                            .service = "rds",
                            .region = region,
                            .protocol = AWS_QUERY,
                            .action = "DescribeDBInstances",
                            .version = "2014-10-31",
                            .body = "MaxRecords=100",
                            .take = take,
                            .restart = restart,
                            .done = done,
                            .argument = outcome};
    aws_client_start(client, &call);
}

static void
outcome_clear(struct outcome *outcome)
{
    buffer_clear(&outcome->taken);
}

// ---- a client at a cloud

struct scene {
    struct cloud cloud;
    struct aws_variables variables;
    struct aws_client_options options;
    aws_client_t *client;
};

static void
open_scene(struct scene *scene)
{
    struct error error = {0};
    scene->cloud.server = http_server_start(answer, &scene->cloud);
    if (scene->cloud.lifetime_s == 0)
        scene->cloud.lifetime_s = 3600;
    if (scene->variables.count == 0) {
        aws_variables_add(&scene->variables, "AWS_ACCESS_KEY_ID", "own");
        aws_variables_add(&scene->variables, "AWS_SECRET_ACCESS_KEY", "secret");
    }
    aws_variables_add(&scene->variables, "AWS_ENDPOINT_URL", scene->cloud.server->url);
    scene->options.environment = aws_variables_read(&scene->variables);
    assert_int_equal(aws_client_open(&scene->client, &scene->options, &error), 0);
}

static void
close_scene(struct scene *scene)
{
    aws_client_destroy(&scene->client);
    http_server_stop(&scene->cloud.server);
    aws_variables_clear(&scene->variables);
    buffer_clear(&scene->cloud.asked);
    buffer_clear(&scene->cloud.last_head);
    buffer_clear(&scene->cloud.last_body);
}

static void
run_all(aws_client_t *client)
{
    int64_t deadline_ms = clock_monotonic_ms() + 60000;
    while (aws_client_run(client, -1, 1000) > 0)
        assert_true(clock_monotonic_ms() < deadline_ms);
}

// One call, to its end; the server is stopped then, so that its notes can be read.
static void
call_once(struct scene *scene, const char *role, const char *region, struct outcome *outcome)
{
    open_scene(scene);
    start(scene->client, role, region, outcome);
    run_all(scene->client);
    http_server_stop(&scene->cloud.server);
    assert_int_equal(outcome->done, 1);
}

static void
a_call_with_own_keys_is_signed_and_its_answer_taken(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    CLEAN(outcome_clear) struct outcome outcome = {0};
    call_once(&scene, NULL, "eu-west-1", &outcome);
    assert_int_equal(outcome.result.outcome, AWS_DONE);
    assert_int_equal(outcome.result.status, 200);
    assert_string_equal(outcome.taken.data, list);
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

// A service whose clock is an hour ahead, and that believes nobody else's.
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
        http_reply(reply, 200, text, list);
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

// Half an answer first, then the whole.
static void
answer_by_halves(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    (void)asked;
    struct cloud *cloud = argument;
    if (cloud->described > 1) {
        http_reply(reply, 200, "", list);
        return;
    }
    buffer_format(&reply->bytes, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n<half",
                  strlen(list));
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
    assert_string_equal(outcome.taken.data, list);
}

// Every kind of nonsense.
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
        "http://127.0.0.1.evil.x", "https://host?x"};
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

// ---- secrets

static void
answer_secret(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    struct cloud *cloud = argument;
    buffer_empty(&cloud->last_head);
    buffer_text(&cloud->last_head, asked->head);
    buffer_empty(&cloud->last_body);
    buffer_text(&cloud->last_body, asked->body);
    http_reply(reply, cloud->fault_status, "Content-Type: application/x-amz-json-1.1\r\n",
               cloud->fault);
}

#define SECRET_ARN "arn:aws:secretsmanager:eu-north-1:111122223333:secret:rds!db-1-AbCdEf"

// Returns the value that an answer gives, or NULL and the error.
static char *
get_secret(const char *body, int status, struct cloud *cloud, struct error *error)
{
    cloud->fault = body;
    cloud->fault_status = status;
    CLEAN(http_server_stop) struct http_server *server = http_server_start(answer_secret, cloud);
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
cloud_clear(struct cloud *cloud)
{
    buffer_clear(&cloud->last_head);
    buffer_clear(&cloud->last_body);
}

static void
a_secret_is_asked_for_in_the_region_of_its_arn(void **state)
{
    (void)state;
    CLEAN(cloud_clear) struct cloud cloud = {0};
    struct error error = {0};
    CLEAN(memory_free_secret)
    char *text = get_secret("{\"ARN\":\"x\",\"SecretString\":\"{\\\"password\\\":\\\"p\\\"}\","
                            "\"CreatedDate\":1.5e9}",
                            200, &cloud, &error);
    assert_string_equal(text, "{\"password\":\"p\"}");
    assert_non_null(strstr(cloud.last_head.data, "/eu-north-1/secretsmanager/aws4_request"));
    assert_non_null(
        strstr(cloud.last_head.data, "X-Amz-Target: secretsmanager.GetSecretValue\r\n"));
    assert_non_null(strstr(cloud.last_head.data, "Content-Type: application/x-amz-json-1.1\r\n"));
    assert_string_equal(cloud.last_body.data, "{\"SecretId\":\"" SECRET_ARN "\"}");
    CLEAN(memory_free_secret)
    char *bytes = get_secret("{\"SecretBinary\":\"aGFsbG8=\"}", 200, &cloud, &error);
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
        CLEAN(cloud_clear) struct cloud cloud = {0};
        struct error error = {0};
        assert_null(get_secret(cases[i].body, cases[i].status, &cloud, &error));
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
        cmocka_unit_test(a_call_with_own_keys_is_signed_and_its_answer_taken),
        cmocka_unit_test(a_role_is_assumed_once_for_all_calls_that_want_it),
        cmocka_unit_test(assuming_names_external_id_and_session_and_never_a_duration),
        cmocka_unit_test(a_role_that_may_not_be_assumed_fails_its_calls_only),
        cmocka_unit_test(a_throttled_call_is_tried_again_until_it_goes),
        cmocka_unit_test(tries_have_an_end),
        cmocka_unit_test(a_wait_that_the_answer_asks_for_is_kept_or_ends_the_call_in_time),
        cmocka_unit_test(keys_that_expire_under_way_are_renewed_once),
        cmocka_unit_test(keys_that_are_always_expired_are_not_renewed_for_ever),
        cmocka_unit_test(short_lived_keys_are_used_and_not_asked_for_again_each_time),
        cmocka_unit_test(a_clock_that_is_off_is_put_right_by_the_answers_date),
        cmocka_unit_test(a_wrong_secret_is_not_taken_for_a_wrong_clock),
        cmocka_unit_test(good_keys_that_a_region_does_not_know_mean_that_it_is_not_enabled),
        cmocka_unit_test(keys_that_nobody_knows_are_bad),
        cmocka_unit_test(errors_have_their_outcome),
        cmocka_unit_test(an_answer_that_breaks_off_is_forgotten_and_asked_for_again),
        cmocka_unit_test(hostile_answers_end_plainly),
        cmocka_unit_test(what_the_parser_refuses_is_not_tried_again),
        cmocka_unit_test(a_slow_service_costs_its_calls_and_no_others),
        cmocka_unit_test(a_bucket_lets_a_burst_through_and_then_keeps_to_its_rate),
        cmocka_unit_test(a_done_may_ask_for_the_next_page),
        cmocka_unit_test(destroying_cancels_each_call_once_wherever_it_is),
        cmocka_unit_test(without_credentials_every_call_fails_with_the_reasons),
        cmocka_unit_test(an_identity_that_is_no_role_fails_its_call),
        cmocka_unit_test(sts_is_asked_in_the_partition_of_the_role),
        cmocka_unit_test(endpoints_are_held_to_https_or_loopback),
        cmocka_unit_test(a_secret_is_asked_for_in_the_region_of_its_arn),
        cmocka_unit_test(a_secret_that_is_not_to_be_had_says_why),
        cmocka_unit_test(an_arn_of_no_secret_is_refused_before_anybody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
