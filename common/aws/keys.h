// What AWS calls credentials: what requests are signed with. A plain record that owns its texts.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { AWS_KEY_ID_MAX = 128, AWS_SECRET_KEY_MAX = 256, AWS_TOKEN_MAX = 16384 };

struct aws_keys {
    char *access_key_id;  // NULL: there are none
    char *secret_key;
    char *session_token;      // NULL: these are not temporary
    int64_t expires_unix_ms;  // 0: they do not expire
};

// Overwrites and frees the texts.
void aws_keys_clear(struct aws_keys *keys);

// Clears *to and copies.
void aws_keys_copy(struct aws_keys *to, const struct aws_keys *from);

// Clears *keys and copies the texts after a look at them: they go into headers. `token` and
// `expiration` ("2026-11-23T03:00:00.5Z", or with an offset) may be NULL. ERROR_INVALID.
int aws_keys_set(struct aws_keys *keys, const char *access_key_id, const char *secret_key,
                 const char *token, const char *expiration, struct error *error);

// Reads the JSON that metadata services and credential_process answer with: AccessKeyId,
// SecretAccessKey, Token or SessionToken, Expiration. ERROR_INVALID; ERROR_UNAVAILABLE if it says
// that there are none (a Code other than Success).
int aws_keys_read_json(struct aws_keys *keys, const char *text, size_t size, struct error *error);
