// Where the process's own credentials come from: the chain that AWS's tools know, in their order.
//
//     1 environment    AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (not if a
//                      profile was asked for in the options)
//     2 profile        role_arn with source_profile or credential_source, external_id,
//                      duration_seconds, role_session_name; web_identity_token_file
//     3 web identity   AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME
//     4 profile        keys in the credentials file; credential_process; keys in the config file
//     5 container      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI
//     6 instance       the metadata service of EC2, version 2
//
// SSO and logins are not here; credential_process = aws configure export-credentials --profile NAME
// brings them in. A source is passed over if it is not set up; if it is but fails, that is an error
// and no later one is asked.
//
//     CLEAN(aws_credentials_destroy)
//     aws_credentials_t *credentials = aws_credentials_new(&(struct aws_credentials_options){0});
//     const struct aws_keys *keys = NULL;
//     if (aws_credentials_get(credentials, clock_unix_ms(), &keys, error))
//         return -1;
//
// Asking blocks while a source is asked (instance: seconds, credential_process: up to 30 s).

#pragma once

#include <stdint.h>

#include "common/aws/keys.h"
#include "common/error.h"

enum { AWS_REFRESH_ADVISED_MS = 15 * 60 * 1000, AWS_REFRESH_REQUIRED_MS = 10 * 60 * 1000 };

typedef struct aws_credentials aws_credentials_t;

struct aws_credentials_options {
    const char *const
        *environment;     // "NAME=value" up to a NULL, lent for good; NULL: the process's
    const char *profile;  // NULL: AWS_PROFILE, else "default"
    const char *region;   // for STS; NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1
    const char *endpoint;  // template as in client.h; NULL: as the environment says
    const char *ca_file;   // NULL: AWS_CA_BUNDLE, else the system's
};

aws_credentials_t *aws_credentials_new(const struct aws_credentials_options *options);
void aws_credentials_destroy(aws_credentials_t **self_p);

// Lends keys that are good now, until the next call of this or of aws_credentials_expire. Keys that
// expire within 15 minutes are renewed; should that fail they are lent until 10 minutes before.
// ERROR_CONFIG if no source serves: the sentence names each and why it does not.
int aws_credentials_get(aws_credentials_t *self, int64_t now_unix_ms, const struct aws_keys **keys,
                        struct error *error);

// Says that a service took the keys for expired: the next call asks the source again.
void aws_credentials_expire(aws_credentials_t *self);

// "environment", "profile 'x'", "instance role 'y'": for a log line; "" before the first success.
const char *aws_credentials_source(const aws_credentials_t *self);

// Whether the keys came from AssumeRole: a role assumed with them lasts one hour at most.
int aws_credentials_is_chained(const aws_credentials_t *self);

// The region that options, environment and profile name; that of the partition `aws` otherwise.
const char *aws_credentials_region(aws_credentials_t *self);
