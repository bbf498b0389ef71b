// The talk with STS, AWS's token service: the forms that ask for keys, and the answer's reading.

#pragma once

#include <stddef.h>

#include "common/aws/keys.h"
#include "common/error.h"

enum { AWS_STS_ANSWER_MAX = 65536, AWS_STS_DURATION_MAX_S = 3600 };

extern const char aws_sts_version[];
extern const char aws_sts_session_preset[];  // "dbhaul"

// The form of AssumeRole less action and version. External id and session name may be NULL.
// duration_s 0 leaves it out: AWS takes an hour, the most that a chained role may have.
char *aws_sts_assume_form(const char *role_arn, const char *external_id, const char *session_name,
                          long duration_s);

// That of AssumeRoleWithWebIdentity, which is sent without a signature. A secret.
char *aws_sts_web_form(const char *role_arn, const char *session_name, const char *token);

// Reads the Credentials of an answer to either. ERROR_INVALID.
int aws_sts_read(struct aws_keys *keys, const char *body, size_t size, struct error *error);
