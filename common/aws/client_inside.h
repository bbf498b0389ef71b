// What the files of client share; nobody else includes it.
//
//     client.c          options, starting, the loop
//     client_keys.c     which keys an errand goes with: assuming roles, proving that keys are good
//     client_verdict.c  what came of a try: done, again, or failed

#pragma once

#include <czmq.h>

#include "common/aws/client.h"
#include "common/aws/credentials.h"
#include "common/aws/errand.h"
#include "common/aws/queue.h"
#include "common/aws/session.h"
#include "common/http.h"

struct aws_client {
    struct aws_client_options options;  // presets filled in; its texts are ours
    char *endpoint;
    char *region;
    http_t *http;
    aws_credentials_t *credentials;
    zhashx_t *sessions;
    aws_session_t *own;  // one of them
    aws_queue_t *queue;
    zlistx_t *incoming;  // errands that aws_client_run has not seen yet
    size_t active;       // requests under way
    size_t count;        // the caller's errands
    int64_t skew_ms;     // what AWS's clock is ahead of ours
    struct error own_error;
    int64_t own_error_until_ms;
    struct aws_counters counters;
};

// client.c

// Takes an errand of the client itself in.
void aws_client_start_internal(aws_client_t *self, const struct aws_call *call);

// Brings an errand on its way: into the queue, not before a time, or behind its session.
void aws_client_route(aws_client_t *self, struct aws_errand *errand, int64_t not_before_ms);

// Tells `done` and forgets the errand. `why` becomes the error's sentence.
void aws_client_finish(struct aws_errand **errand_p, enum aws_outcome outcome, const char *code,
                       int status, const char *why);
void aws_client_finish_with(struct aws_errand **errand_p, const struct aws_result *result);

// client_keys.c

// 1 with the keys of the errand's session; 0 if they are being asked for: wait; -1 with the error.
int aws_client_find_keys(aws_client_t *self, aws_session_t *session, const struct aws_keys **keys,
                         struct error *error);

// Finds out whether the process's own keys are good; the session's doubtful wait for it.
void aws_client_prove(aws_client_t *self, aws_session_t *session);

// client_verdict.c: the callbacks of a request; `argument` is the errand.
int aws_client_on_body(void *argument, int status, const void *data, size_t size,
                       struct error *error);
void aws_client_on_answer(void *argument, const struct http_answer *answer,
                          const struct error *error);
