// A call on its way: what the client knows of it from start to done. A part of client; nobody else
// uses it.

#pragma once

#include "common/aws/client.h"
#include "common/aws/session.h"

struct aws_errand {
    struct aws_call call;  // its texts are ours; identity is the session's
    aws_client_t *client;
    aws_session_t *session;
    struct aws_keys *keys;  // wanted instead of an answer (aws_client_keys); NULL: a call
    char *bucket;           // key of the queue
    int64_t deadline_ms;
    int64_t attempts;
    int64_t sent_skew_ms;  // what it was last signed with
    uint64_t generation;   // likewise
    int refreshes;
    int skews;
    int has_taken;       // `take` got something that a further try makes void
    int has_refused;     // `take` failed
    int is_internal;     // of the client itself, for a session
    struct error doubt;  // why, while the session is being proved
    char doubt_code[AWS_CODE_SIZE];
    int doubt_status;
};

// Copies the call. The session is lent.
struct aws_errand *aws_errand_new(aws_client_t *client, aws_session_t *session,
                                  const struct aws_call *call);
void aws_errand_destroy(struct aws_errand **self_p);

// Forgets what was taken, for a further try.
void aws_errand_restart(struct aws_errand *self);

// Sets the error to what was called, as whom, and why it failed, and what can be done.
void aws_errand_explain(const struct aws_errand *self, enum aws_outcome outcome, const char *why,
                        struct error *error);
