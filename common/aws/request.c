#include "common/aws/request.h"

#include <string.h>

#include "common/aws/sign.h"
#include "common/clean.h"
#include "common/memory.h"

static const char *
content_type(enum aws_protocol protocol)
{
    static const char *const types[] = {
        [AWS_QUERY] = "application/x-www-form-urlencoded; charset=utf-8",
        [AWS_JSON] = "application/x-amz-json-1.1",
        [AWS_REST_JSON] = "application/json",
    };
    return types[protocol];
}

static char *
make_body(const struct aws_request_facts *facts)
{
    const char *body = facts->body ? facts->body : "";
    if (facts->protocol != AWS_QUERY)
        return memory_copy_text(body);
    return memory_format_secret("Action=%s&Version=%s%s%s", facts->action, facts->version,
                                *body ? "&" : "", body);
}

static void
sign(struct aws_request *request, const struct aws_request_facts *facts, const char *path,
     size_t lines)
{
    struct aws_sign_header headers[] = {{"content-type", content_type(facts->protocol)},
                                        {"x-amz-target", facts->action}};
    struct aws_sign_request form = {.method = "POST",
                                    .host = request->endpoint.host,
                                    .path = path,
                                    .headers = headers,
                                    .headers_count = facts->protocol == AWS_JSON ? 2 : 1,
                                    .body = request->body,
                                    .body_size = strlen(request->body),
                                    .region = facts->region,
                                    .service = facts->service,
                                    .unix_ms = facts->unix_ms};
    char date[AWS_DATE_SIZE];
    aws_sign_date(facts->unix_ms, date);
    CLEAN(memory_free_secret) char *authorization = aws_sign(&form, facts->keys);
    request->lines[lines++] = memory_format("X-Amz-Date: %s", date);
    request->lines[lines++] = memory_format_secret("Authorization: %s", authorization);
    if (facts->keys->session_token)
        request->lines[lines] =
            memory_format_secret("X-Amz-Security-Token: %s", facts->keys->session_token);
}

int
aws_request_make(struct aws_request *request, const struct aws_request_facts *facts,
                 struct error *error)
{
    *request = (struct aws_request){0};
    if (aws_endpoint_find(&request->endpoint, facts->endpoint, facts->environment, facts->service,
                          facts->region, error))
        return -1;
    const char *path = facts->protocol == AWS_REST_JSON ? facts->action : "/";
    request->url = memory_format("%s%s", request->endpoint.url, path);
    request->body = make_body(facts);
    size_t lines = 0;
    request->lines[lines++] = memory_format("Content-Type: %s", content_type(facts->protocol));
    if (facts->protocol == AWS_JSON)
        request->lines[lines++] = memory_format("X-Amz-Target: %s", facts->action);
    if (facts->keys)
        sign(request, facts, path, lines);
    return 0;
}

void
aws_request_clear(struct aws_request *request)
{
    aws_endpoint_clear(&request->endpoint);
    memory_free(&request->url);
    memory_free_secret(&request->body);
    for (size_t i = 0; i < AWS_REQUEST_LINES; i++)
        memory_free_secret(&request->lines[i]);
}

void
aws_request_lend(const struct aws_request *request, struct http_request *http)
{
    http->method = "POST";
    http->url = request->url;
    http->headers = (const char *const *)request->lines;
    http->body = request->body;
    http->body_size = strlen(request->body);
    http->is_direct = request->endpoint.is_direct;
}
