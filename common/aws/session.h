// Who the client can be: the process itself, or a role that it assumes once for all calls that want
// it. A part of client; nobody else uses it.

#pragma once

#include <czmq.h>

#include "common/aws/client.h"
#include "common/aws/credentials.h"
#include "common/aws/keys.h"

enum { AWS_SESSION_FRESH_MS = 60000 };

typedef struct aws_session aws_session_t;

// ERROR_CONFIG if the role's ARN is none.
int aws_session_new(aws_session_t **self_p, const struct aws_identity *identity,
                    const char *home_region, struct error *error);
void aws_session_destroy(aws_session_t **self_p);

// The same for all identities that share a session.
char *aws_session_key(const struct aws_identity *identity);

const struct aws_identity *aws_session_identity(const aws_session_t *self);  // NULL role: itself
const char *aws_session_account(const aws_session_t *self);                  // the role's; "own"
const char *aws_session_region(const aws_session_t *self);                   // where STS is asked

// What the client lines up behind a session: errands that wait for keys, and those that wait to
// hear whether the keys are good at all.
zlistx_t *aws_session_waiting(aws_session_t *self);
zlistx_t *aws_session_doubtful(aws_session_t *self);

enum aws_session_state {
    AWS_SESSION_READY,   // the keys can be used
    AWS_SESSION_STALE,   // they can, but it is time for new ones
    AWS_SESSION_NEEDED,  // there are none to use
};

// Of a role.
enum aws_session_state aws_session_state(const aws_session_t *self, int64_t now_unix_ms);
const struct aws_keys *aws_session_keys(const aws_session_t *self);

// Asking is one at a time: begin says whether it is the caller's turn.
int aws_session_begin(aws_session_t *self, int64_t now_unix_ms);
struct buffer *aws_session_answer(aws_session_t *self);  // what the asking brings

// Reads the answer: new keys, which are proven. aws_session_fail keeps the old ones.
int aws_session_accept(aws_session_t *self, struct error *error);
void aws_session_fail(aws_session_t *self);

// Counts the keys that there were: an errand that was sent with older ones is sent again.
uint64_t aws_session_generation(const aws_session_t *self);

// Drops keys that a service took for expired. Returns 0 if they were dropped before.
int aws_session_expire(aws_session_t *self);

// Whether the keys are known to be good, somewhere.
int aws_session_is_proven(const aws_session_t *self);
void aws_session_prove(aws_session_t *self);
