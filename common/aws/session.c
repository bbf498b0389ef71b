#include "common/aws/session.h"

#include <string.h>

#include "common/aws/partition.h"
#include "common/aws/sts.h"
#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"

struct aws_session {
    char *role_arn, *external_id, *session_name;
    struct aws_identity identity;  // of these
    char account[AWS_NAME_SIZE];
    char region[AWS_NAME_SIZE];
    struct aws_keys keys;
    uint64_t generation;
    int64_t asked_unix_ms;
    int is_asking;
    int is_proven;
    struct buffer answer;
    zlistx_t *waiting;
    zlistx_t *doubtful;
};

static const char *
or_null(const char *text)
{
    return text && *text ? text : NULL;
}

// The role's account, and the home region, unless the role is in another partition.
static int
place(aws_session_t *self, const char *home_region, struct error *error)
{
    struct aws_arn arn;
    snprintf(self->region, sizeof self->region, "%s", home_region);
    snprintf(self->account, sizeof self->account, "own");
    if (!self->role_arn)
        return 0;
    if (aws_arn_parse(self->role_arn, &arn, error) || strcmp(arn.service, "iam") != 0 ||
        strncmp(arn.resource, "role/", 5) != 0 || !*arn.account)
        return error_set(error, ERROR_CONFIG,
                         "'%.128s' is no ARN of a role (arn:aws:iam::<account>:role/<name>)",
                         self->role_arn);
    const struct aws_partition *partition = aws_partition_named(arn.partition);
    if (aws_partition_of_region(home_region) != partition)
        snprintf(self->region, sizeof self->region, "%s", partition->region);
    snprintf(self->account, sizeof self->account, "%s", arn.account);
    return 0;
}

int
aws_session_new(aws_session_t **self_p, const struct aws_identity *identity,
                const char *home_region, struct error *error)
{
    CLEAN(aws_session_destroy) aws_session_t *self = memory_get(sizeof *self);
    self->waiting = zlistx_new();
    self->doubtful = zlistx_new();
    self->role_arn = memory_copy_text(or_null(identity->role_arn));
    self->external_id = memory_copy_text(or_null(identity->external_id));
    self->session_name = memory_copy_text(or_null(identity->session_name));
    self->identity = (struct aws_identity){self->role_arn, self->external_id, self->session_name};
    if (place(self, home_region, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

void
aws_session_destroy(aws_session_t **self_p)
{
    aws_session_t *self = *self_p;
    if (!self)
        return;
    aws_keys_clear(&self->keys);
    buffer_clear(&self->answer);
    zlistx_destroy(&self->waiting);
    zlistx_destroy(&self->doubtful);
    memory_free(&self->role_arn);
    memory_free(&self->external_id);
    memory_free(&self->session_name);
    memory_free(self_p);
}

char *
aws_session_key(const struct aws_identity *identity)
{
    const char *role = or_null(identity->role_arn);
    const char *external_id = or_null(identity->external_id);
    const char *name = or_null(identity->session_name);
    return role
               ? memory_format("%s\n%s\n%s", role, external_id ? external_id : "", name ? name : "")
               : memory_copy_text("own");
}

const struct aws_identity *
aws_session_identity(const aws_session_t *self)
{
    return &self->identity;
}

const char *
aws_session_account(const aws_session_t *self)
{
    return self->account;
}

const char *
aws_session_region(const aws_session_t *self)
{
    return self->region;
}

zlistx_t *
aws_session_waiting(aws_session_t *self)
{
    return self->waiting;
}

zlistx_t *
aws_session_doubtful(aws_session_t *self)
{
    return self->doubtful;
}

enum aws_session_state
aws_session_state(const aws_session_t *self, int64_t now_unix_ms)
{
    int64_t left_ms = self->keys.expires_unix_ms - now_unix_ms;
    if (!self->keys.access_key_id || left_ms <= 0)
        return AWS_SESSION_NEEDED;
    // Keys that do not last longer are not asked for again and again.
    if (left_ms > AWS_REFRESH_ADVISED_MS ||
        now_unix_ms - self->asked_unix_ms < AWS_SESSION_FRESH_MS)
        return AWS_SESSION_READY;
    return left_ms > AWS_REFRESH_REQUIRED_MS ? AWS_SESSION_STALE : AWS_SESSION_NEEDED;
}

const struct aws_keys *
aws_session_keys(const aws_session_t *self)
{
    return &self->keys;
}

int
aws_session_begin(aws_session_t *self, int64_t now_unix_ms)
{
    if (self->is_asking)
        return 0;
    self->is_asking = 1;
    self->asked_unix_ms = now_unix_ms;
    buffer_empty(&self->answer);
    return 1;
}

struct buffer *
aws_session_answer(aws_session_t *self)
{
    return &self->answer;
}

int
aws_session_accept(aws_session_t *self, struct error *error)
{
    self->is_asking = 0;
    int status = aws_sts_read(&self->keys, buffer_read(&self->answer), self->answer.size, error);
    buffer_clear(&self->answer);
    if (status)
        return -1;
    self->generation++;
    self->is_proven = 1;
    return 0;
}

void
aws_session_fail(aws_session_t *self)
{
    self->is_asking = 0;
    buffer_clear(&self->answer);
}

uint64_t
aws_session_generation(const aws_session_t *self)
{
    return self->generation;
}

int
aws_session_expire(aws_session_t *self)
{
    int is_own = !self->role_arn;
    int had_keys = self->keys.access_key_id != NULL;
    aws_keys_clear(&self->keys);
    self->generation += (uint64_t)is_own;
    return is_own || had_keys;
}

int
aws_session_is_proven(const aws_session_t *self)
{
    return self->is_proven;
}

void
aws_session_prove(aws_session_t *self)
{
    self->is_proven = 1;
}
