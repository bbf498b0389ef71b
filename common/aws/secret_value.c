#include "common/aws/secret_value.h"

#include <stdlib.h>
#include <string.h>

#include "common/aws/partition.h"
#include "common/base64.h"
#include "common/buffer.h"
#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"

enum {
    ENCODED_MAX = 2 * AWS_SECRET_SIZE_MAX,
    ANSWER_MAX = ENCODED_MAX + 65536,
    STEP_MS = 1000,
};

struct asking {
    struct buffer answer;
    struct aws_result result;
    int is_done;
};

static void
asking_clear(struct asking *asking)
{
    buffer_clear(&asking->answer);
}

static int
take(void *argument, const void *data, size_t size, struct error *error)
{
    (void)error;
    struct asking *asking = argument;
    buffer_add(&asking->answer, data, size);
    return 0;
}

static void
restart(void *argument)
{
    struct asking *asking = argument;
    buffer_empty(&asking->answer);
}

static void
done(void *argument, const struct aws_result *result)
{
    struct asking *asking = argument;
    asking->result = *result;
    asking->is_done = 1;
}

static int
ask(aws_client_t *client, const struct aws_identity *identity, const char *arn, const char *region,
    struct asking *asking, struct error *error)
{
    CLEAN(json_destroy) json_t *question = json_object();
    json_object_set_new(question, "SecretId", json_text(arn));
    CLEAN(memory_free) char *body = json_print(question);
    struct aws_call call = {.identity = *identity,
                            .service = "secretsmanager",
                            .region = region,
                            .protocol = AWS_JSON,
                            .action = "secretsmanager.GetSecretValue",
                            .body = body,
                            .answer_max = ANSWER_MAX,
                            .take = take,
                            .restart = restart,
                            .done = done,
                            .argument = asking};
    aws_client_start(client, &call);
    while (!asking->is_done)
        aws_client_run(client, -1, STEP_MS);
    if (asking->result.outcome == AWS_DONE)
        return 0;
    *error = asking->result.error;
    return -1;
}

// Of two forms: a text, or bytes in base64.
static int
read_value(const struct asking *asking, char **value, struct error *error)
{
    CLEAN(json_destroy) json_t *json = NULL;
    const char *text = NULL;
    size_t size = 0;
    // What jansson says of malformed JSON quotes it.
    if (json_parse(buffer_read(&asking->answer), asking->answer.size, ANSWER_MAX, &json, error))
        return error_set(error, ERROR_INVALID, "the answer of Secrets Manager is no JSON");
    if (json_object_get(json, "SecretString")) {
        if (json_get_text(json, "SecretString", AWS_SECRET_SIZE_MAX, &text, error))
            return -1;
        if (strlen(text) != json_string_length(json_object_get(json, "SecretString")))
            return error_set(error, ERROR_INVALID, "the value has a NUL byte");
        *value = memory_copy_text(text);
        return 0;
    }
    CLEAN(memory_free_secret) char *bytes = memory_get(AWS_SECRET_SIZE_MAX + 1);
    if (json_get_text(json, "SecretBinary", ENCODED_MAX, &text, error))
        return error_set(error, ERROR_INVALID,
                         "the answer has neither a SecretString nor a SecretBinary of at most %d "
                         "bytes",
                         AWS_SECRET_SIZE_MAX);
    if (base64_decode(text, bytes, AWS_SECRET_SIZE_MAX, &size))
        return error_set(error, ERROR_INVALID, "SecretBinary is no base64 of at most %d bytes",
                         AWS_SECRET_SIZE_MAX);
    if (memchr(bytes, '\0', size))
        return error_set(error, ERROR_INVALID, "the value has a NUL byte");
    *value = memory_copy_text(bytes);
    return 0;
}

static int
get(aws_client_t *client, const struct aws_identity *identity, const char *id, const char *region,
    char **value, struct error *error)
{
    CLEAN(asking_clear) struct asking asking = {0};
    if (ask(client, identity, id, region, &asking, error) || read_value(&asking, value, error))
        return error_wrap(error, "cannot get the secret '%.128s'", id);
    return 0;
}

int
aws_secret_value_get(aws_client_t *client, const struct aws_identity *identity, const char *arn,
                     char **value, struct error *error)
{
    struct aws_arn parts;
    if (aws_arn_parse(arn, &parts, error) || strcmp(parts.service, "secretsmanager") != 0 ||
        !*parts.region || strncmp(parts.resource, "secret:", 7) != 0)
        return error_set(error, ERROR_CONFIG,
                         "'%.128s' is no ARN of a secret "
                         "(arn:aws:secretsmanager:<region>:<account>:secret:<name>)",
                         arn);
    return get(client, identity, arn, parts.region, value, error);
}

int
aws_secret_value_get_named(aws_client_t *client, const struct aws_identity *identity,
                           const char *region, const char *name, char **value, struct error *error)
{
    const char *where = region && *region ? region : aws_client_region(client);
    return get(client, identity, name, where, value, error);
}
