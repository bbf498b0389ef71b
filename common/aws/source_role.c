#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/aws/exchange.h"
#include "common/aws/source.h"
#include "common/aws/sts.h"
#include "common/clean.h"
#include "common/memory.h"

enum { DURATION_MIN_S = 900, DURATION_MAX_S = 43200 };

static const struct {
    const char *word;
    aws_source_fn *find;
} named_sources[] = {
    {"Environment", aws_source_environment},
    {"EcsContainer", aws_source_container},
    {"Ec2InstanceMetadata", aws_source_instance},
};

static int find_role(const struct aws_place *place, int depth, struct aws_found *found,
                     struct error *error);

static const char *
setting(const struct aws_place *place, const char *key)
{
    return aws_profiles_find(place->profiles, place->profile, key);
}

static int
find_named(const struct aws_place *place, const char *word, struct aws_found *base,
           struct error *error)
{
    for (size_t i = 0; i < sizeof named_sources / sizeof *named_sources; i++)
        if (strcmp(named_sources[i].word, word) == 0)
            return named_sources[i].find(place, base, error);
    return error_set(error, ERROR_CONFIG,
                     "credential_source '%.64s' is not one of Environment, EcsContainer, "
                     "Ec2InstanceMetadata",
                     word);
}

// A profile may be its own source, if it has keys beside its role.
static int
find_in_profile(const struct aws_place *place, const char *name, int depth, struct aws_found *base,
                struct error *error)
{
    struct aws_place source = *place;
    source.profile = name;
    if (depth == AWS_SOURCE_DEPTH_MAX)
        return error_set(error, ERROR_CONFIG,
                         "source_profile goes round in a circle or over more "
                         "than %d profiles",
                         AWS_SOURCE_DEPTH_MAX);
    if (!aws_profiles_has(place->profiles, name))
        return error_set(error, ERROR_CONFIG, "source_profile '%.64s' is not in AWS's files", name);
    if (strcmp(name, place->profile) != 0 && setting(&source, "role_arn"))
        return find_role(&source, depth + 1, base, error);
    return aws_source_profile(&source, base, error);
}

static int
find_base(const struct aws_place *place, int depth, struct aws_found *base, struct error *error)
{
    const char *profile = setting(place, "source_profile");
    const char *word = setting(place, "credential_source");
    if (profile && word)
        return error_set(error, ERROR_CONFIG, "it has both source_profile and credential_source");
    if (!profile && !word)
        return error_set(error, ERROR_CONFIG,
                         "it has role_arn, but neither source_profile nor credential_source");
    return profile ? find_in_profile(place, profile, depth, base, error)
                   : find_named(place, word, base, error);
}

// What is asked for may be longer than a chained role gets.
static int
find_duration(const struct aws_place *place, int is_chained, long *duration_s, struct error *error)
{
    const char *text = setting(place, "duration_seconds");
    *duration_s = 0;
    if (!text)
        return 0;
    char *end = NULL;
    long seconds = strtol(text, &end, 10);
    if (*end || seconds < DURATION_MIN_S || seconds > DURATION_MAX_S)
        return error_set(error, ERROR_CONFIG, "duration_seconds '%.32s' is not between %d and %d",
                         text, DURATION_MIN_S, DURATION_MAX_S);
    *duration_s = is_chained && seconds > AWS_STS_DURATION_MAX_S ? AWS_STS_DURATION_MAX_S : seconds;
    return 0;
}

static int
assume(const struct aws_place *place, const struct aws_found *base, struct aws_found *found,
       struct error *error)
{
    long duration_s = 0;
    if (find_duration(place, base->is_chained, &duration_s, error))
        return -1;
    const char *role = setting(place, "role_arn");
    CLEAN(memory_free)
    char *form = aws_sts_assume_form(role, setting(place, "external_id"),
                                     setting(place, "role_session_name"), duration_s);
    struct aws_request_facts facts = {.endpoint = place->endpoint,
                                      .environment = place->environment,
                                      .service = "sts",
                                      .region = place->region,
                                      .protocol = AWS_QUERY,
                                      .action = "AssumeRole",
                                      .version = aws_sts_version,
                                      .body = form,
                                      .keys = &base->keys,
                                      .unix_ms = place->now_unix_ms};
    if (aws_exchange_sts(place->http, &facts, &found->keys, error))
        return error_wrap(error, "cannot assume '%.128s'", role);
    found->is_chained = 1;
    snprintf(found->source, sizeof found->source, "role of profile '%.64s' by %.80s",
             place->profile, base->source);
    return 0;
}

static int
find_role(const struct aws_place *place, int depth, struct aws_found *found, struct error *error)
{
    CLEAN(aws_found_clear) struct aws_found base = {0};
    if (setting(place, "web_identity_token_file"))
        return aws_source_profile_web(place, found, error);
    if (setting(place, "mfa_serial"))
        return error_set(error, ERROR_CONFIG,
                         "profile '%s' wants an MFA code, which nobody is there to type; use "
                         "credential_process",
                         place->profile);
    if (find_base(place, depth, &base, error) || assume(place, &base, found, error)) {
        // The profile is set up: that its source is not is a failure.
        if (error->code == ERROR_NOT_FOUND)
            error->code = ERROR_CONFIG;
        return error_wrap(error, "profile '%s'", place->profile);
    }
    return 0;
}

int
aws_source_role(const struct aws_place *place, struct aws_found *found, struct error *error)
{
    if (!setting(place, "role_arn"))
        return error_set(error, ERROR_NOT_FOUND, "'%.40s' has no role_arn", place->profile);
    return find_role(place, 1, found, error);
}
