// Signature Version 4: how AWS knows who asks. Pure functions; time is an argument. Not for S3,
// which wants paths left as they are.
//
//     struct aws_sign_request request = {.method = "POST", .host = "rds.eu-west-1.amazonaws.com",
//                                        .path = "/", .headers = headers, .headers_count = 1,
//                                        .body = body, .body_size = strlen(body),
//                                        .region = "eu-west-1", .service = "rds",
//                                        .unix_ms = now};
//     CLEAN(memory_free_secret) char *authorization = aws_sign(&request, &keys);
//
// What is signed must be sent: the headers given, X-Amz-Date (aws_sign_date) and, if the keys have
// a session token, X-Amz-Security-Token. `host` has its port if that is not the scheme's own.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/aws/keys.h"

enum { AWS_DATE_SIZE = 17, AWS_SIGN_HEADERS_MAX = 16, AWS_RDS_TOKEN_S = 900 };

struct aws_sign_header {
    const char *name;  // in any case; not host, x-amz-date or x-amz-security-token
    const char *value;
};

struct aws_sign_request {
    const char *method;
    const char *host;
    const char *path;   // as it stands in the URL
    const char *query;  // as it stands in the URL, without '?'; NULL: none
    const struct aws_sign_header *headers;
    size_t headers_count;  // at most AWS_SIGN_HEADERS_MAX
    const void *body;
    size_t body_size;
    const char *region;
    const char *service;  // the signing name, "rds"
    int64_t unix_ms;
};

// The value of the header Authorization.
char *aws_sign(const struct aws_sign_request *request, const struct aws_keys *keys);

// The value of X-Amz-Date: "20261123T002511Z".
void aws_sign_date(int64_t unix_ms, char text[AWS_DATE_SIZE]);

// The canonical request that is behind a signature: what AWS prints when it does not match.
char *aws_sign_canonical(const struct aws_sign_request *request, const struct aws_keys *keys);

// A URL that can be asked for expires_s seconds without any further header. A session token is
// in it: it is a secret, for memory_free_secret.
char *aws_presign(const struct aws_sign_request *request, const struct aws_keys *keys,
                  int64_t expires_s);

// The password of a database user for IAM authentication: good for 15 minutes to connect with, and
// no longer than the keys. `host` is the real endpoint and no alias, `region` that of the instance.
// A secret, for memory_free_secret; 1 to 20 KiB long, sent in clear, so only over verified TLS.
char *aws_rds_token(const struct aws_keys *keys, const char *region, const char *host,
                    unsigned port, const char *username, int64_t unix_ms);

// The text with all but A-Z a-z 0-9 - . _ ~ as %XX: a value for a form or a query.
char *aws_sign_encode(const char *text);
