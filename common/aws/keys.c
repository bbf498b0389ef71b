#include "common/aws/keys.h"

#include "common/memory.h"

void
aws_keys_clear(struct aws_keys *keys)
{
    memory_free_secret(&keys->access_key_id);
    memory_free_secret(&keys->secret_key);
    memory_free_secret(&keys->session_token);
    keys->expires_unix_ms = 0;
}

void
aws_keys_copy(struct aws_keys *to, const struct aws_keys *from)
{
    aws_keys_clear(to);
    to->access_key_id = memory_copy_text(from->access_key_id);
    to->secret_key = memory_copy_text(from->secret_key);
    to->session_token = memory_copy_text(from->session_token);
    to->expires_unix_ms = from->expires_unix_ms;
}
