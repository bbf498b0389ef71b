// An AWS in a thread, and a client that asks it: what the tests of client share. It assumes roles,
// lists no databases, and answers with what faults it is told to.

#pragma once

#include <inttypes.h>
#include <stdlib.h>

#include "common/aws/client.h"
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

static const char aws_list[] = "<DescribeDBInstancesResponse><DescribeDBInstancesResult>"
                               "</DescribeDBInstancesResult></DescribeDBInstancesResponse>";

static inline int
has_scope(const struct http_asked *asked, const char *region, const char *service)
{
    char *scope = memory_format("/%s/%s/aws4_request", region, service);
    int has = strstr(asked->head, scope) != NULL;
    memory_free(&scope);
    return has;
}

// Whose key it was signed with.
static inline void
read_id(const struct http_asked *asked, char id[LABEL_SIZE])
{
    const char *from = strstr(asked->head, "Credential=");
    size_t size = from ? strcspn(from + 11, "/") : 0;
    snprintf(id, LABEL_SIZE, "%.*s", (int)size, from ? from + 11 : "");
}

static inline void
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
        http_reply(reply, 200, "", aws_list);
    }
}

static inline void
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

static inline int
take(void *argument, const void *data, size_t size, struct error *error)
{
    struct outcome *outcome = argument;
    if (outcome->take_max > 0 && outcome->taken.size + size > outcome->take_max)
        return error_set(error, ERROR_BUSY, "enough of it");
    buffer_add(&outcome->taken, data, size);
    return 0;
}

static inline void
restart(void *argument)
{
    struct outcome *outcome = argument;
    outcome->restarts++;
    buffer_empty(&outcome->taken);
}

static inline void start(aws_client_t *client, const char *role, const char *region,
                         struct outcome *outcome);

static inline void
done(void *argument, const struct aws_result *result)
{
    struct outcome *outcome = argument;
    outcome->done++;
    outcome->result = *result;
    if (outcome->pages-- > 0)
        start(outcome->client, NULL, "eu-west-1", outcome);
}

static inline void
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

static inline void
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

static inline void
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

static inline void
close_scene(struct scene *scene)
{
    aws_client_destroy(&scene->client);
    http_server_stop(&scene->cloud.server);
    aws_variables_clear(&scene->variables);
    buffer_clear(&scene->cloud.asked);
    buffer_clear(&scene->cloud.last_head);
    buffer_clear(&scene->cloud.last_body);
}

static inline void
run_all(aws_client_t *client)
{
    int64_t deadline_ms = clock_monotonic_ms() + 60000;
    while (aws_client_run(client, -1, 1000) > 0)
        assert_true(clock_monotonic_ms() < deadline_ms);
}

// One call, to its end; the server is stopped then, so that its notes can be read.
static inline void
call_once(struct scene *scene, const char *role, const char *region, struct outcome *outcome)
{
    open_scene(scene);
    start(scene->client, role, region, outcome);
    run_all(scene->client);
    http_server_stop(&scene->cloud.server);
    assert_int_equal(outcome->done, 1);
}
