#include "common/aws/errand.h"

#include "common/memory.h"

struct aws_errand *
aws_errand_new(aws_client_t *client, aws_session_t *session, const struct aws_call *call)
{
    struct aws_errand *self = memory_get(sizeof *self);
    self->client = client;
    self->session = session;
    self->call = *call;
    self->call.identity = *aws_session_identity(session);
    self->call.service = memory_copy_text(call->service);
    self->call.region = memory_copy_text(call->region);
    self->call.action = memory_copy_text(call->action);
    self->call.version = memory_copy_text(call->version);
    self->call.body = memory_copy_text(call->body);
    self->bucket =
        memory_format("%s %s %s", aws_session_account(session), call->region, call->service);
    return self;
}

static void
free_text(const char **text_p)
{
    // Ours, though the caller's record has it const.
    union {
        const char *lent;
        char *own;
    } text = {.lent = *text_p};
    memory_free_secret(&text.own);
    *text_p = NULL;
}

void
aws_errand_destroy(struct aws_errand **self_p)
{
    struct aws_errand *self = *self_p;
    if (!self)
        return;
    free_text(&self->call.service);
    free_text(&self->call.region);
    free_text(&self->call.action);
    free_text(&self->call.version);
    free_text(&self->call.body);
    memory_free(&self->bucket);
    memory_free(self_p);
}

void
aws_errand_restart(struct aws_errand *self)
{
    if (self->has_taken && self->call.restart)
        self->call.restart(self->call.argument);
    self->has_taken = 0;
}

static const char *
advice_of(enum aws_outcome outcome)
{
    static const char *const advice[] = {
        [AWS_DONE] = "",
        [AWS_THROTTLED] = "; others use up what AWS allows: try later, or ask AWS for more",
        [AWS_EXPIRED] = "; renew the credentials, and look at the clock",
        [AWS_DENIED] = "; give this identity the right",
        [AWS_REGION_DISABLED] = "; the account has not enabled this region: do so or leave it out",
        [AWS_BAD_CREDENTIALS] = "; put the credentials right",
        [AWS_NOT_FOUND] = "",
        [AWS_TRANSIENT] = "",
        [AWS_INVALID] = "",
        [AWS_CANCELLED] = "",
    };
    return advice[outcome];
}

void
aws_errand_explain(const struct aws_errand *self, enum aws_outcome outcome, const char *why,
                   struct error *error)
{
    const char *role = self->call.identity.role_arn;
    error_set(error, aws_outcome_error(outcome), "cannot call '%s' of %s in '%s'%s%.100s%s: %s%s",
              self->call.action, self->call.service, self->call.region, role ? " as '" : "",
              role ? role : "", role ? "'" : "", why, advice_of(outcome));
}
