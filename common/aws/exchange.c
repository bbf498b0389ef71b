#include "common/aws/exchange.h"

#include <poll.h>

#include "common/aws/retry.h"
#include "common/aws/sts.h"
#include "common/clean.h"
#include "common/random.h"

enum { STS_TRIES = 4, STEP_MS = 1000 };

struct exchange {
    struct aws_answer *answer;
    int64_t retry_after_ms;
    struct error error;
};

static void
on_done(void *argument, const struct http_answer *answer, const struct error *error)
{
    struct exchange *self = argument;
    if (error) {
        self->error = *error;
        return;
    }
    self->answer->status = answer->status;
    self->retry_after_ms = answer->retry_after_ms;
    buffer_add(&self->answer->body, answer->body, answer->body_size);
}

static int
try_once(http_t *http, const struct http_request *request, struct exchange *self,
         struct error *error)
{
    struct http_request copy = *request;
    copy.done = on_done;
    copy.argument = self;
    self->error.code = ERROR_NONE;
    self->retry_after_ms = -1;
    self->answer->status = 0;
    buffer_empty(&self->answer->body);
    http_start(http, &copy);
    while (http_run(http, -1, STEP_MS) > 0)
        ;
    if (!self->error.code)
        return 0;
    *error = self->error;
    return -1;
}

int
aws_exchange(http_t *http, const struct http_request *request, int tries, struct aws_answer *answer,
             struct error *error)
{
    struct exchange self = {.answer = answer};
    int status = -1;
    do
        status = try_once(http, request, &self, error);
    while (--tries > 0 && (status ? error->code == ERROR_UNAVAILABLE : self.answer->status >= 500));
    return status;
}

void
aws_answer_clear(struct aws_answer *answer)
{
    buffer_clear(&answer->body);
}

// One try. Returns the outcome, with the error set unless it is AWS_DONE.
static enum aws_outcome
ask_sts(http_t *http, const struct http_request *request, struct exchange *self,
        struct aws_keys *keys, struct error *error)
{
    if (try_once(http, request, self, error))
        return error->code == ERROR_UNAVAILABLE ? AWS_TRANSIENT : AWS_INVALID;
    const struct buffer *body = &self->answer->body;
    if (self->answer->status == 200)
        return aws_sts_read(keys, buffer_read(body), body->size, error) ? AWS_INVALID : AWS_DONE;
    struct aws_fault fault;
    aws_fault_read(&fault, buffer_read(body), body->size);
    enum aws_outcome outcome = aws_fault_classify(fault.code, self->answer->status);
    error_set(error, aws_outcome_error(outcome), "STS refuses: %s (HTTP %d): %s",
              *fault.code ? fault.code : "no code", self->answer->status, fault.message);
    return outcome;
}

int
aws_exchange_sts(http_t *http, const struct aws_request_facts *facts, struct aws_keys *keys,
                 struct error *error)
{
    CLEAN(aws_request_clear) struct aws_request request = {0};
    CLEAN(aws_answer_clear) struct aws_answer answer = {0};
    struct exchange self = {.answer = &answer};
    if (aws_request_make(&request, facts, error))
        return -1;
    struct http_request http_request = {.connect_ms = AWS_CONNECT_PRESET_MS,
                                        .total_ms = AWS_ANSWER_PRESET_MS,
                                        .body_max = AWS_STS_ANSWER_MAX};
    aws_request_lend(&request, &http_request);
    for (int64_t tries = 1;; tries++) {
        int64_t delay_ms = 0;
        enum aws_outcome outcome = ask_sts(http, &http_request, &self, keys, error);
        if (outcome == AWS_DONE)
            return 0;
        if (!aws_retry_decide(outcome, tries, STS_TRIES, self.retry_after_ms,
                              random_below(UINT64_MAX), &delay_ms))
            return -1;
        poll(NULL, 0, delay_ms < AWS_RETRY_LAST_MS ? (int)delay_ms : AWS_RETRY_LAST_MS);
    }
}
