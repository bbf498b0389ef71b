// The canonical form of a request that Signature Version 4 is made over. A part of sign; nobody
// else calls it.

#pragma once

#include "common/aws/sign.h"
#include "common/buffer.h"

enum { AWS_SIGN_LINES_MAX = AWS_SIGN_HEADERS_MAX + 3 };

struct aws_sign_line {
    char *name;  // lower case
    char *value;
};

struct aws_sign_lines {
    struct aws_sign_line items[AWS_SIGN_LINES_MAX];
    size_t count;
};

// Adds a header: its name in lower case, its value without blanks around it and with single ones
// inside. One that is there already gets the value behind a comma.
void aws_sign_lines_add(struct aws_sign_lines *lines, const char *name, const char *value);
void aws_sign_lines_sort(struct aws_sign_lines *lines);
void aws_sign_lines_clear(struct aws_sign_lines *lines);

// "content-type;host;x-amz-date", of sorted lines.
void aws_sign_lines_names(const struct aws_sign_lines *lines, struct buffer *names);

// Adds the query sorted by name and value, each with its "=".
void aws_sign_add_query(struct buffer *target, const char *query);

// Adds text encoded as aws_sign_encode does, but for the characters in `kept`.
void aws_sign_add_encoded(struct buffer *target, const char *text, size_t size, const char *kept);

// The whole: of a canonical query and sorted lines.
void aws_sign_add_request(struct buffer *target, const struct aws_sign_request *request,
                          const char *canonical_query, const struct aws_sign_lines *lines);
