#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/aws/environment.h"
#include "common/aws/exchange.h"
#include "common/aws/source.h"
#include "common/aws/sts.h"
#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { TOKEN_SIZE_MAX = 20000 };

// Keys of a role for a token that somebody else vouches for; asked for without a signature.
static int
assume(const struct aws_place *place, const char *role, const char *session_name, const char *path,
       struct aws_found *found, struct error *error)
{
    CLEAN(memory_free_secret) char *token = NULL;
    size_t size = 0;
    if (fd_read_file(AT_FDCWD, path, TOKEN_SIZE_MAX, &token, &size, error)) {
        error->code = ERROR_CONFIG;
        return error_wrap(error, "the web identity's token");
    }
    token[strcspn(token, "\r\n")] = '\0';
    CLEAN(memory_free_secret) char *form = aws_sts_web_form(role, session_name, token);
    struct aws_request_facts facts = {.endpoint = place->endpoint,
                                      .environment = place->environment,
                                      .service = "sts",
                                      .region = place->region,
                                      .protocol = AWS_QUERY,
                                      .action = "AssumeRoleWithWebIdentity",
                                      .version = aws_sts_version,
                                      .body = form,
                                      .unix_ms = place->now_unix_ms};
    if (aws_exchange_sts(place->http, &facts, &found->keys, error))
        return error_wrap(error, "cannot assume '%.128s' by web identity", role);
    found->is_chained = 1;
    snprintf(found->source, sizeof found->source, "web identity '%.128s'", role);
    return 0;
}

int
aws_source_web(const struct aws_place *place, struct aws_found *found, struct error *error)
{
    const char *path = aws_environment_get(place->environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
    const char *role = aws_environment_get(place->environment, "AWS_ROLE_ARN");
    if (!path)
        return error_set(error, ERROR_NOT_FOUND, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    if (!role)
        return error_set(error, ERROR_CONFIG,
                         "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
    return assume(place, role, aws_environment_get(place->environment, "AWS_ROLE_SESSION_NAME"),
                  path, found, error);
}

int
aws_source_profile_web(const struct aws_place *place, struct aws_found *found, struct error *error)
{
    const char *path =
        aws_profiles_find(place->profiles, place->profile, "web_identity_token_file");
    const char *role = aws_profiles_find(place->profiles, place->profile, "role_arn");
    if (assume(place, role, aws_profiles_find(place->profiles, place->profile, "role_session_name"),
               path, found, error))
        return error_wrap(error, "profile '%s'", place->profile);
    return 0;
}
