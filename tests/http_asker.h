// Requests on their own and what became of them: what the tests of http share.

#pragma once

#include <stdlib.h>

#include "common/clean.h"
#include "common/http.h"
#include "tests/check.h"
#include "tests/http_server.h"

// What became of a request.
struct outcome {
    int done;
    int status;
    int64_t date_unix_ms;
    int64_t retry_after_ms;
    char header[64];
    struct buffer body;
    struct buffer taken;
    size_t take_max;  // take fails beyond it
    struct error error;
    http_t *chain_http;  // done starts `chain`
    const struct http_request *chain;
};

static inline int
take(void *argument, int status, const void *data, size_t size, struct error *error)
{
    struct outcome *outcome = argument;
    assert_int_equal(status, 200);
    if (outcome->take_max > 0 && outcome->taken.size + size > outcome->take_max)
        return error_set(error, ERROR_BUSY, "enough");
    buffer_add(&outcome->taken, data, size);
    return 0;
}

static inline void
done(void *argument, const struct http_answer *answer, const struct error *error)
{
    struct outcome *outcome = argument;
    outcome->done++;
    assert_true(!answer != !error);
    if (error)
        outcome->error = *error;
    if (answer) {
        outcome->status = answer->status;
        outcome->date_unix_ms = answer->date_unix_ms;
        outcome->retry_after_ms = answer->retry_after_ms;
        buffer_add(&outcome->body, answer->body, answer->body_size);
        http_header(answer, "x-name", outcome->header, sizeof outcome->header);
    }
    if (outcome->chain)
        http_start(outcome->chain_http, outcome->chain);
}

static inline void
outcome_clear(struct outcome *outcome)
{
    buffer_clear(&outcome->body);
    buffer_clear(&outcome->taken);
}

static inline void
run_all(http_t *http)
{
    int64_t deadline_ms = clock_monotonic_ms() + 30000;
    while (http_run(http, -1, 1000) > 0)
        assert_true(clock_monotonic_ms() < deadline_ms);
}

// One request on its own.
static inline void
ask_with(const struct http_options *options, struct http_request request, struct outcome *outcome)
{
    CLEAN(http_destroy) http_t *http = http_new(options);
    if (!request.method)
        request.method = "GET";
    request.done = done;
    request.argument = outcome;
    http_start(http, &request);
    run_all(http);
    assert_int_equal(outcome->done, 1);
}

static inline void
ask(struct http_request request, struct outcome *outcome)
{
    ask_with(&(struct http_options){0}, request, outcome);
}
