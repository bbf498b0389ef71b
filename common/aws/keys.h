// What AWS calls credentials: what requests are signed with. A plain record that owns its texts.

#pragma once

#include <stdint.h>

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
