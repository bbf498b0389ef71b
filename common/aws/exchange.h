// One HTTP request on its own, to its end: how credentials are fetched. Blocks.

#pragma once

#include "common/aws/request.h"
#include "common/buffer.h"
#include "common/http.h"

struct aws_answer {
    int status;
    struct buffer body;
};

// Tries up to `tries` times while there is no answer, or one of status 5xx.
int aws_exchange(http_t *http, const struct http_request *request, int tries,
                 struct aws_answer *answer, struct error *error);
void aws_answer_clear(struct aws_answer *answer);

// A call to STS for keys, tried again as calls are. ERROR_DENIED, ERROR_CONFIG, ERROR_UNAVAILABLE
// or ERROR_INVALID, with what STS said.
int aws_exchange_sts(http_t *http, const struct aws_request_facts *facts, struct aws_keys *keys,
                     struct error *error);
