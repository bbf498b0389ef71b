#include "common/aws/keys.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"

enum { JSON_SIZE_MAX = 65536, EXPIRATION_MAX = 64 };

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

// Visible ASCII only: nothing of it can end a header's line.
static int
is_fit(const char *text, size_t size_max)
{
    size_t size = 0;
    while (text[size] > ' ' && text[size] < 0x7f && size <= size_max)
        size++;
    return size > 0 && size <= size_max && !text[size];
}

static int
two_digits(const char *text)
{
    return (text[0] - '0') * 10 + text[1] - '0';
}

// "Z", "+hh:mm" or "+hhmm", in minutes. Returns -1 if it is anything else.
static int
read_offset(const char *text, int *minutes)
{
    int sign = *text == '-' ? -1 : 1;
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        *minutes = 0;
        return 0;
    }
    if (*text != '+' && *text != '-')
        return -1;
    text++;
    if (strspn(text, "0123456789") < 2)
        return -1;
    const char *rest = text[2] == ':' ? text + 3 : text + 2;
    if (strspn(rest, "0123456789") != 2 || rest[2])
        return -1;
    *minutes = sign * (two_digits(text) * 60 + two_digits(rest));
    return 0;
}

static int
read_time(const char *text, int64_t *unix_ms)
{
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (!rest)
        return -1;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    int minutes = 0;
    if (read_offset(rest, &minutes))
        return -1;
    time_t seconds = timegm(&parts);
    if (seconds <= 0)
        return -1;
    *unix_ms = ((int64_t)seconds - minutes * INT64_C(60)) * 1000;
    return 0;
}

int
aws_keys_set(struct aws_keys *keys, const char *access_key_id, const char *secret_key,
             const char *token, const char *expiration, struct error *error)
{
    int64_t expires_unix_ms = 0;
    if (!is_fit(access_key_id, AWS_KEY_ID_MAX))
        return error_set(error, ERROR_INVALID, "the access key's id is malformed");
    if (!is_fit(secret_key, AWS_SECRET_KEY_MAX))
        return error_set(error, ERROR_INVALID, "the secret key is malformed");
    if (token && !is_fit(token, AWS_TOKEN_MAX))
        return error_set(error, ERROR_INVALID, "the session token is malformed");
    if (expiration && read_time(expiration, &expires_unix_ms))
        return error_set(error, ERROR_INVALID, "the time of expiration is malformed");
    aws_keys_clear(keys);
    keys->access_key_id = memory_copy_text(access_key_id);
    keys->secret_key = memory_copy_text(secret_key);
    keys->session_token = memory_copy_text(token);
    keys->expires_unix_ms = expires_unix_ms;
    return 0;
}

// A text that may be missing or null.
static int
get_optional(const json_t *json, const char *key, size_t size_max, const char **text,
             struct error *error)
{
    const json_t *value = json_object_get(json, key);
    *text = NULL;
    if (!value || json_is_null(value))
        return 0;
    if (json_get_text(json, key, size_max, text, error))
        return -1;
    if (!**text)
        *text = NULL;
    return 0;
}

int
aws_keys_read_json(struct aws_keys *keys, const char *text, size_t size, struct error *error)
{
    CLEAN(json_destroy) json_t *json = NULL;
    const char *code = NULL, *id = NULL, *secret = NULL, *token = NULL, *expiration = NULL;
    // What jansson says of malformed JSON quotes it, and it may be a secret.
    if (json_parse(text, size, JSON_SIZE_MAX, &json, error))
        return error_set(error, ERROR_INVALID, "the answer is no JSON");
    if (get_optional(json, "Code", AWS_KEY_ID_MAX, &code, error))
        return -1;
    if (code && strcmp(code, "Success") != 0)
        return error_set(error, ERROR_UNAVAILABLE, "the answer has a code other than 'Success'");
    if (json_get_text(json, "AccessKeyId", AWS_KEY_ID_MAX, &id, error) ||
        json_get_text(json, "SecretAccessKey", AWS_SECRET_KEY_MAX, &secret, error) ||
        get_optional(json, "SessionToken", AWS_TOKEN_MAX, &token, error) ||
        get_optional(json, "Expiration", EXPIRATION_MAX, &expiration, error))
        return -1;
    if (!token && get_optional(json, "Token", AWS_TOKEN_MAX, &token, error))
        return -1;
    return aws_keys_set(keys, id, secret, token, expiration, error);
}
