// What AWS's services answer with, for tests: the shapes that are documented.

#pragma once

#include "common/clock.h"
#include "tests/http_server.h"

#define AWS_ROLE "arn:aws:iam::111122223333:role/reader"

// An answer of STS whose keys last so many seconds.
static inline void
reply_credentials(struct http_reply *reply, const char *action, const char *id, int64_t seconds)
{
    char expiration[CLOCK_TEXT_SIZE];
    clock_format_iso(clock_unix_ms() + seconds * 1000, expiration);
    char *body = memory_format(
        "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><%sResult><Credentials>"
        "<AccessKeyId>%s</AccessKeyId><SecretAccessKey>secret/of+%s</SecretAccessKey>"
        "<SessionToken>token-of-%s==</SessionToken><Expiration>%s</Expiration></Credentials>"
        "</%sResult></%sResponse>",
        action, action, id, id, id, expiration, action, action);
    http_reply(reply, 200, "Content-Type: text/xml\r\n", body);
    memory_free(&body);
}

static inline void
reply_fault(struct http_reply *reply, int status, const char *headers, const char *code)
{
    char *body = memory_format("<ErrorResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">"
                               "<Error><Type>Sender</Type><Code>%s</Code><Message>said of %s"
                               "</Message></Error><RequestId>1</RequestId></ErrorResponse>",
                               code, code);
    http_reply(reply, status, headers, body);
    memory_free(&body);
}

// JSON as metadata services give it.
static inline void
reply_json_keys(struct http_reply *reply, const char *id, int64_t seconds)
{
    char expiration[CLOCK_TEXT_SIZE];
    clock_format_iso(clock_unix_ms() + seconds * 1000, expiration);
    char *body = memory_format("{\"Code\":\"Success\",\"AccessKeyId\":\"%s\",\"SecretAccessKey\":"
                               "\"s\",\"Token\":\"t-%s\",\"Expiration\":\"%s\"}",
                               id, id, expiration);
    http_reply(reply, 200, "Content-Type: application/json\r\n", body);
    memory_free(&body);
}

// A list of "NAME=value" that grows, for `environment`.
struct aws_variables {
    char *texts[16];
    size_t count;
};

static inline void
aws_variables_add(struct aws_variables *self, const char *name, const char *value)
{
    self->texts[self->count++] = memory_format("%s=%s", name, value);
}

static inline const char *const *
aws_variables_read(struct aws_variables *self)
{
    return (const char *const *)self->texts;
}

static inline void
aws_variables_clear(struct aws_variables *self)
{
    while (self->count > 0)
        memory_free(&self->texts[--self->count]);
}
