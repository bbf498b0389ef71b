#include <stdlib.h>
#include <string.h>

#include "common/aws/client_inside.h"
#include "common/aws/retry.h"
#include "common/clock.h"
#include "common/random.h"

// A clock that is off by less is not what AWS complains about.
enum { SKEW_MIN_MS = 120000, WHY_SIZE = 400 };

// What a try came to.
struct verdict {
    enum aws_outcome outcome;
    struct aws_fault fault;
    int status;
    int64_t retry_after_ms;
    int64_t date_unix_ms;
    char why[WHY_SIZE];
};

int
aws_client_on_body(void *argument, int status, const void *data, size_t size, struct error *error)
{
    (void)status;
    struct aws_errand *errand = argument;
    if (!errand->call.take)
        return 0;
    errand->has_taken = 1;
    if (errand->call.take(errand->call.argument, data, size, error) == 0)
        return 0;
    errand->has_refused = 1;
    return -1;
}

static void
judge_answer(struct verdict *verdict, const struct http_answer *answer)
{
    char type[AWS_CODE_SIZE * 2];
    verdict->status = answer->status;
    verdict->retry_after_ms = answer->retry_after_ms;
    verdict->date_unix_ms = answer->date_unix_ms;
    if (answer->status >= 200 && answer->status <= 299) {
        verdict->outcome = AWS_DONE;
        return;
    }
    aws_fault_read(&verdict->fault, answer->body, answer->body_size);
    if (!*verdict->fault.code && http_header(answer, "x-amzn-errortype", type, sizeof type))
        aws_fault_set_code(&verdict->fault, type);
    verdict->outcome = aws_fault_classify(verdict->fault.code, answer->status);
    snprintf(verdict->why, sizeof verdict->why, "%s (HTTP %d)%s%.160s",
             *verdict->fault.code ? verdict->fault.code : "no code of an error", answer->status,
             *verdict->fault.message ? ": " : "", verdict->fault.message);
}

static void
judge_error(struct verdict *verdict, const struct error *error)
{
    verdict->retry_after_ms = -1;
    verdict->outcome = error->code == ERROR_UNAVAILABLE ? AWS_TRANSIENT
                       : error->code == ERROR_CANCELLED ? AWS_CANCELLED
                                                        : AWS_INVALID;
    snprintf(verdict->why, sizeof verdict->why, "%.*s", WHY_SIZE - 1, error->message);
}

// Our clock is off: as AWS's answer shows, and by more than what this try was signed with.
static int
is_cured_by_time(aws_client_t *self, struct aws_errand *errand, const struct verdict *verdict)
{
    if (errand->skews > 0 || verdict->date_unix_ms == 0 ||
        !aws_fault_is_skewed(verdict->fault.code))
        return 0;
    int64_t skew_ms = verdict->date_unix_ms - clock_unix_ms();
    if (llabs(skew_ms - errand->sent_skew_ms) < SKEW_MIN_MS)
        return 0;
    self->skew_ms = skew_ms;
    errand->skews++;
    return 1;
}

// The keys are expired: new ones, once. If others saw it before us there are new ones already.
static int
is_cured_by_keys(aws_client_t *self, struct aws_errand *errand, const struct verdict *verdict)
{
    if (verdict->outcome != AWS_EXPIRED || errand->refreshes > 0)
        return 0;
    errand->refreshes++;
    if (errand->generation == aws_session_generation(errand->session) &&
        aws_session_expire(errand->session)) {
        self->counters.refreshes++;
        if (errand->session == self->own)
            aws_credentials_expire(self->credentials);
    }
    return 1;
}

// Good credentials are unknown to a region that their account has not enabled. Ours are known to
// be good, or STS in the home region is asked. Returns whether the errand waits for that.
static int
doubt(aws_client_t *self, struct aws_errand *errand, struct verdict *verdict)
{
    aws_session_t *session = errand->session;
    if (verdict->outcome != AWS_BAD_CREDENTIALS || errand->is_internal ||
        !aws_fault_is_regional(verdict->fault.code) ||
        strcmp(errand->call.region, aws_session_region(session)) == 0)
        return 0;
    if (aws_session_is_proven(session)) {
        verdict->outcome = AWS_REGION_DISABLED;
        return 0;
    }
    error_set(&errand->doubt, ERROR_CONFIG, "%s", verdict->why);
    memcpy(errand->doubt_code, verdict->fault.code, sizeof errand->doubt_code);
    errand->doubt_status = verdict->status;
    zlistx_add_end(aws_session_doubtful(session), errand);
    aws_client_prove(self, session);
    return 1;
}

// Returns whether the errand is on its way again.
static int
try_again(aws_client_t *self, struct aws_errand *errand, const struct verdict *verdict)
{
    int64_t delay_ms = 0;
    int64_t now_ms = clock_monotonic_ms();
    if (verdict->outcome == AWS_THROTTLED) {
        self->counters.throttled++;
        aws_queue_drain(self->queue, errand->bucket, now_ms);
    }
    if (!is_cured_by_time(self, errand, verdict) && !is_cured_by_keys(self, errand, verdict) &&
        !aws_retry_decide(verdict->outcome, errand->attempts, self->options.attempts_max,
                          verdict->retry_after_ms, random_below(UINT64_MAX), &delay_ms))
        return 0;
    if (now_ms + delay_ms >= errand->deadline_ms)
        return 0;
    aws_errand_restart(errand);
    aws_client_route(self, errand, now_ms + delay_ms);
    return 1;
}

// An error of `take` is the caller's own and stays as it is; so does that of a certificate.
static void
fail(struct aws_errand *errand, const struct verdict *verdict, const struct error *error)
{
    struct aws_result result = {
        .outcome = verdict->outcome, .status = verdict->status, .attempts = errand->attempts};
    memcpy(result.code, verdict->fault.code, sizeof result.code);
    aws_errand_explain(errand, verdict->outcome, verdict->why, &result.error);
    if (error && verdict->outcome == AWS_INVALID)
        result.error.code = error->code;
    aws_client_finish_with(&errand, &result);
}

void
aws_client_on_answer(void *argument, const struct http_answer *answer, const struct error *error)
{
    struct aws_errand *errand = argument;
    aws_client_t *self = errand->client;
    struct verdict verdict = {.retry_after_ms = -1};
    self->active--;
    if (answer)
        judge_answer(&verdict, answer);
    else
        judge_error(&verdict, error);
    if (errand->has_refused)
        verdict.outcome = AWS_INVALID;
    if (verdict.outcome == AWS_DONE) {
        aws_session_prove(errand->session);
        aws_client_finish(&errand, AWS_DONE, "", verdict.status, "");
    } else if (!try_again(self, errand, &verdict) && !doubt(self, errand, &verdict)) {
        fail(errand, &verdict, error);
    }
}
