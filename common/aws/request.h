// A request to AWS as it goes out: URL, header lines, body; signed or not.

#pragma once

#include "common/aws/client.h"
#include "common/aws/endpoint.h"
#include "common/http.h"

enum { AWS_REQUEST_LINES = 6 };

struct aws_request_facts {
    const char *endpoint;  // template; NULL: as the environment says
    const char *const *environment;
    const char *service;
    const char *region;
    enum aws_protocol protocol;
    const char *action;
    const char *version;
    const char *body;             // NULL: none
    const struct aws_keys *keys;  // NULL: not signed
    int64_t unix_ms;
};

struct aws_request {
    struct aws_endpoint endpoint;
    char *url;
    char *body;
    char *lines[AWS_REQUEST_LINES];  // up to a NULL
};

int aws_request_make(struct aws_request *request, const struct aws_request_facts *facts,
                     struct error *error);
void aws_request_clear(struct aws_request *request);

// Fills in method, URL, headers, body and is_direct of an HTTP request; lent.
void aws_request_lend(const struct aws_request *request, struct http_request *http);
