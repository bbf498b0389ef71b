#include "common/aws/source.h"

#include <stdio.h>
#include <string.h>

#include "common/aws/environment.h"

static const struct {
    const char *name;
    aws_source_fn *find;
} sources[] = {
    {"environment", aws_source_environment}, {"profile's role", aws_source_role},
    {"web identity", aws_source_web},        {"profile", aws_source_profile},
    {"container", aws_source_container},     {"instance", aws_source_instance},
};

int
aws_source_environment(const struct aws_place *place, struct aws_found *found, struct error *error)
{
    const char *id = aws_environment_get(place->environment, "AWS_ACCESS_KEY_ID");
    const char *secret = aws_environment_get(place->environment, "AWS_SECRET_ACCESS_KEY");
    const char *token = aws_environment_get(place->environment, "AWS_SESSION_TOKEN");
    if (!id)
        return error_set(error, ERROR_NOT_FOUND, "AWS_ACCESS_KEY_ID is not set");
    if (!secret)
        return error_set(error, ERROR_CONFIG,
                         "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
    if (aws_keys_set(&found->keys, id, secret, token, NULL, error))
        return error_set(error, ERROR_CONFIG,
                         "what AWS_ACCESS_KEY_ID and its like say is "
                         "malformed");
    snprintf(found->source, sizeof found->source, "environment");
    return 0;
}

int
aws_source_find(const struct aws_place *place, struct aws_found *found, struct error *error)
{
    struct error reasons = {0};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (sources[i].find == aws_source_environment && place->is_asked_for)
            continue;
        if (sources[i].find(place, found, error) == 0)
            return 0;
        if (error->code != ERROR_NOT_FOUND)
            return error_wrap(error, "no AWS credentials from the %s", sources[i].name);
        size_t used = strlen(reasons.message);
        snprintf(reasons.message + used, sizeof reasons.message - used, "%s%s: %.90s",
                 used ? "; " : "", sources[i].name, error->message);
    }
    return error_set(error, ERROR_CONFIG, "no AWS credentials: %s", reasons.message);
}

void
aws_found_clear(struct aws_found *found)
{
    aws_keys_clear(&found->keys);
}
