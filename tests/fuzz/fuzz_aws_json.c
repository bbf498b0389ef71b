// Whatever a metadata service, a process or STS answers with: keys that can stand in a header, or
// an error that does not quote it.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/aws/keys.h"
#include "common/aws/sts.h"
#include "common/clean.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
check_text(const char *text, size_t size_max)
{
    size_t size = strlen(text);
    require(size > 0 && size <= size_max);
    for (size_t i = 0; i < size; i++)
        require(text[i] > ' ' && text[i] < 0x7f);
}

static void
check(int status, const struct aws_keys *keys, const struct error *error)
{
    if (status) {
        require(error->code != ERROR_NONE && error->message[0] && !keys->access_key_id);
        return;
    }
    check_text(keys->access_key_id, AWS_KEY_ID_MAX);
    check_text(keys->secret_key, AWS_SECRET_KEY_MAX);
    if (keys->session_token)
        check_text(keys->session_token, AWS_TOKEN_MAX);
    require(keys->expires_unix_ms >= -86400000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    CLEAN(aws_keys_clear) struct aws_keys json = {0};
    check(aws_keys_read_json(&json, (const char *)data, size, &error), &json, &error);
    CLEAN(aws_keys_clear) struct aws_keys xml = {0};
    check(aws_sts_read(&xml, (const char *)data, size, &error), &xml, &error);
    return 0;
}
