#include <string.h>

#include "common/aws/client_inside.h"
#include "common/aws/sts.h"
#include "common/buffer.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/memory.h"

enum { OWN_ERROR_MS = 5000, STEP_MS = 1000 };

// An asking of STS for one session.
struct asking {
    aws_client_t *client;
    aws_session_t *session;
};

static int
take_answer(void *argument, const void *data, size_t size, struct error *error)
{
    (void)error;
    struct asking *asking = argument;
    buffer_add(aws_session_answer(asking->session), data, size);
    return 0;
}

static void
forget_answer(void *argument)
{
    struct asking *asking = argument;
    buffer_empty(aws_session_answer(asking->session));
}

// Those that waited go on, or fail as the role's assuming did.
static void
release(aws_client_t *client, aws_session_t *session, const struct aws_result *failure)
{
    zlistx_t *waiting = aws_session_waiting(session);
    for (size_t left = zlistx_size(waiting); left > 0; left--) {
        struct aws_errand *errand = zlistx_detach(waiting, NULL);
        if (failure)
            aws_client_finish_with(&errand, failure);
        else
            aws_client_route(client, errand, 0);
    }
}

static void
on_assumed(void *argument, const struct aws_result *result)
{
    CLEAN(memory_free) struct asking *asking = argument;
    struct aws_result failure = *result;
    if (result->outcome != AWS_DONE) {
        aws_session_fail(asking->session);
    } else if (aws_session_accept(asking->session, &failure.error)) {
        failure.outcome = AWS_INVALID;
    } else {
        aws_session_prove(asking->client->own);
        release(asking->client, asking->session, NULL);
        return;
    }
    error_wrap(&failure.error, "cannot assume '%.100s'",
               aws_session_identity(asking->session)->role_arn);
    release(asking->client, asking->session, &failure);
}

static void
assume(aws_client_t *self, aws_session_t *session)
{
    const struct aws_identity *identity = aws_session_identity(session);
    struct asking *asking = memory_get(sizeof *asking);
    *asking = (struct asking){self, session};
    // Without a duration, so that it does not matter whether our own keys are a role's already.
    CLEAN(memory_free)
    char *form =
        aws_sts_assume_form(identity->role_arn, identity->external_id, identity->session_name, 0);
    struct aws_call call = {.service = "sts",
                            .region = aws_session_region(session),
                            .protocol = AWS_QUERY,
                            .action = "AssumeRole",
                            .version = aws_sts_version,
                            .body = form,
                            .answer_max = AWS_STS_ANSWER_MAX,
                            .take = take_answer,
                            .restart = forget_answer,
                            .done = on_assumed,
                            .argument = asking};
    aws_client_start_internal(self, &call);
}

// The chain blocks, so a failure counts for a while: thousands may ask.
static int
find_own(aws_client_t *self, const struct aws_keys **keys, struct error *error)
{
    int64_t now_ms = clock_monotonic_ms();
    if (self->own_error.code && now_ms < self->own_error_until_ms) {
        *error = self->own_error;
        return -1;
    }
    self->own_error.code = ERROR_NONE;
    if (aws_credentials_get(self->credentials, aws_client_unix_ms(self), keys, error) == 0)
        return 1;
    self->own_error = *error;
    self->own_error_until_ms = clock_monotonic_ms() + OWN_ERROR_MS;
    return -1;
}

int
aws_client_find_keys(aws_client_t *self, aws_session_t *session, const struct aws_keys **keys,
                     struct error *error)
{
    if (session == self->own)
        return find_own(self, keys, error);
    int64_t now_unix_ms = aws_client_unix_ms(self);
    enum aws_session_state state = aws_session_state(session, now_unix_ms);
    if (state != AWS_SESSION_READY && aws_session_begin(session, now_unix_ms))
        assume(self, session);
    if (state == AWS_SESSION_NEEDED)
        return 0;
    *keys = aws_session_keys(session);
    return 1;
}

// Tells the doubtful what their error meant.
static void
on_proved(void *argument, const struct aws_result *result)
{
    CLEAN(memory_free) struct asking *asking = argument;
    enum aws_outcome outcome = AWS_BAD_CREDENTIALS;
    if (result->outcome == AWS_DONE) {
        aws_session_prove(asking->session);
        outcome = AWS_REGION_DISABLED;
    } else if (result->outcome == AWS_CANCELLED) {
        outcome = AWS_CANCELLED;
    }
    zlistx_t *doubtful = aws_session_doubtful(asking->session);
    for (size_t left = zlistx_size(doubtful); left > 0; left--) {
        struct aws_errand *errand = zlistx_detach(doubtful, NULL);
        struct error doubt = errand->doubt;
        char code[AWS_CODE_SIZE];
        memcpy(code, errand->doubt_code, sizeof code);
        aws_client_finish(&errand, outcome, code, errand->doubt_status, doubt.message);
    }
}

// GetCallerIdentity needs no right: keys that it does not take are bad.
void
aws_client_prove(aws_client_t *self, aws_session_t *session)
{
    if (zlistx_size(aws_session_doubtful(session)) > 1)
        return;
    struct asking *asking = memory_get(sizeof *asking);
    *asking = (struct asking){self, session};
    struct aws_call call = {.identity = *aws_session_identity(session),
                            .service = "sts",
                            .region = aws_session_region(session),
                            .protocol = AWS_QUERY,
                            .action = "GetCallerIdentity",
                            .version = aws_sts_version,
                            .answer_max = AWS_STS_ANSWER_MAX,
                            .done = on_proved,
                            .argument = asking};
    aws_client_start_internal(self, &call);
}

static void
note_result(void *argument, const struct aws_result *result)
{
    struct aws_result *noted = argument;
    *noted = *result;
}

int
aws_client_keys(aws_client_t *self, const struct aws_identity *identity, struct aws_keys *keys,
                struct error *error)
{
    struct aws_result result = {.outcome = AWS_CANCELLED};
    struct aws_keys found = {0};
    struct aws_call call = {.identity = *identity,
                            .service = "sts",
                            .region = self->region,
                            .action = "AssumeRole",
                            .done = note_result,
                            .argument = &result};
    aws_client_start(self, &call);
    struct aws_errand *errand = zlistx_last(self->incoming);
    errand->keys = &found;
    while (result.outcome == AWS_CANCELLED)
        aws_client_run(self, -1, STEP_MS);
    if (result.outcome != AWS_DONE) {
        *error = result.error;
        return -1;
    }
    aws_keys_clear(keys);
    *keys = found;
    return 0;
}
