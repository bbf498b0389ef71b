// A secret's value from AWS Secrets Manager, by its ARN, which says the region. Blocks.
//
//     CLEAN(memory_free_secret) char *value = NULL;
//     if (aws_secret_value_get(client, &identity, arn, &value, error))
//         return -1;
//
// The value is what is current (AWSCURRENT): ask again after a rotation.

#pragma once

#include "common/aws/client.h"
#include "common/error.h"

enum { AWS_SECRET_SIZE_MAX = 65536 };

// SecretString, or SecretBinary decoded. A value with a NUL byte is ERROR_INVALID. ERROR_CONFIG if
// the ARN is none of a secret; ERROR_NOT_FOUND, ERROR_DENIED and so on as the call ended. For
// memory_free_secret.
int aws_secret_value_get(aws_client_t *client, const struct aws_identity *identity, const char *arn,
                         char **value, struct error *error);

// The same by a name, in a region (NULL or "": the home region) of the identity's own account.
int aws_secret_value_get_named(aws_client_t *client, const struct aws_identity *identity,
                               const char *region, const char *name, char **value,
                               struct error *error);
