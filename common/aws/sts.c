#include "common/aws/sts.h"

#include <stdlib.h>
#include <string.h>

#include "common/aws/sign.h"
#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"
#include "common/xml.h"

const char aws_sts_version[] = "2011-06-15";
const char aws_sts_session_preset[] = "dbhaul";

// The texts of an answer's Credentials.
struct found {
    char *id, *secret, *token, *expiration;
};

static void
found_clear(struct found *found)
{
    memory_free_secret(&found->id);
    memory_free_secret(&found->secret);
    memory_free_secret(&found->token);
    memory_free(&found->expiration);
}

static void
add(struct buffer *form, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    CLEAN(memory_free_secret) char *encoded = aws_sign_encode(value);
    buffer_format(form, "%s%s=", form->size ? "&" : "", name);
    buffer_text(form, encoded);
}

char *
aws_sts_assume_form(const char *role_arn, const char *external_id, const char *session_name,
                    long duration_s)
{
    CLEAN(buffer_clear) struct buffer form = {0};
    add(&form, "RoleArn", role_arn);
    add(&form, "RoleSessionName",
        session_name && *session_name ? session_name : aws_sts_session_preset);
    add(&form, "ExternalId", external_id);
    if (duration_s > 0)
        buffer_format(&form, "&DurationSeconds=%ld", duration_s);
    return buffer_take(&form);
}

char *
aws_sts_web_form(const char *role_arn, const char *session_name, const char *token)
{
    CLEAN(buffer_clear) struct buffer form = {0};
    add(&form, "RoleArn", role_arn);
    add(&form, "RoleSessionName",
        session_name && *session_name ? session_name : aws_sts_session_preset);
    add(&form, "WebIdentityToken", token);
    return buffer_take(&form);
}

static int
on_end(void *argument, const char *path, const char *name, const char *text, struct error *error)
{
    (void)error;
    static const char parent[] = "/Credentials/";
    struct found *found = argument;
    size_t before = strlen(path) - strlen(name);
    if (before < sizeof parent - 1 ||
        strncmp(path + before - (sizeof parent - 1), parent, sizeof parent - 1) != 0)
        return 0;
    char **place = strcmp(name, "AccessKeyId") == 0       ? &found->id
                   : strcmp(name, "SecretAccessKey") == 0 ? &found->secret
                   : strcmp(name, "SessionToken") == 0    ? &found->token
                   : strcmp(name, "Expiration") == 0      ? &found->expiration
                                                          : NULL;
    if (place && !*place)
        *place = memory_copy_text(text);
    return 0;
}

int
aws_sts_read(struct aws_keys *keys, const char *body, size_t size, struct error *error)
{
    static const struct xml_handler handler = {.end = on_end};
    static const struct xml_limits limits = {.size_max = AWS_STS_ANSWER_MAX,
                                             .text_max = AWS_TOKEN_MAX};
    CLEAN(found_clear) struct found found = {0};
    CLEAN(xml_destroy) xml_t *xml = xml_new(&handler, &found, &limits);
    if (xml_feed(xml, body, size, error) || xml_end(xml, error))
        return error_wrap(error, "cannot read the answer of STS");
    if (!found.id || !found.secret || !found.token || !found.expiration)
        return error_set(error, ERROR_INVALID, "the answer of STS has no whole credentials");
    return aws_keys_set(keys, found.id, found.secret, found.token, found.expiration, error);
}
