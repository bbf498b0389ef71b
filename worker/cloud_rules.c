#include "worker/cloud_rules.h"

#include <string.h>

#include "common/secret.h"

static int
is_border(char character)
{
    return character == ':' || character == '/';
}

int
cloud_rules_match(const char *pattern, const char *text)
{
    const char *star = NULL;    // the last one that was met
    const char *resume = NULL;  // where the text goes on if it takes one character more
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == *text || (*pattern == '?' && !is_border(*text))) {
            pattern++;
            text++;
        } else if (star && !is_border(*resume)) {
            pattern = star;
            text = ++resume;
        } else {
            return 0;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

int
cloud_rules_check(const struct config_node *aws, struct error *error)
{
    for (size_t i = 0; i < config_count(aws, "allow"); i++)
        if (!secret_aws_is(config_item_text(aws, "allow", i)))
            return config_item_error(error, aws, "allow", i,
                                     "must begin with aws-secret: or rds-iam:");
    for (size_t i = 0; i < config_count(aws, "roles"); i++)
        if (strncmp(config_item_text(aws, "roles", i), "arn:", 4) != 0)
            return config_item_error(error, aws, "roles", i, "must begin with arn:");
    return 0;
}

static int
is_listed(const struct config_node *aws, const char *key, const char *text)
{
    for (size_t i = 0; i < config_count(aws, key); i++)
        if (cloud_rules_match(config_item_text(aws, key, i), text))
            return 1;
    return 0;
}

int
cloud_rules_allow(const struct config_node *aws, const struct secret_aws_request *request,
                  struct error *error)
{
    if (secret_aws_check(request->from, error))
        return -1;
    if (!is_listed(aws, "allow", request->from))
        return error_set(error, ERROR_DENIED,
                         "a job may not have it fetched: add '%.300s' to 'allow' under 'aws' in "
                         "this worker's configuration, if it is right",
                         request->from);
    const char *role = request->role_arn;
    if (role && *role && !is_listed(aws, "roles", role))
        return error_set(error, ERROR_DENIED,
                         "a job may not have the role assumed: add '%.300s' to 'roles' under 'aws' "
                         "in this worker's configuration, if it is right",
                         role);
    struct error refused = {0};
    if (secret_check_server(aws, request->host, request->port, &refused))
        return error_set(error, ERROR_DENIED,
                         "a job may not have it sent to '%.200s:%u': add that to 'servers' under "
                         "'aws' in this worker's configuration, if it is right",
                         request->host, request->port);
    return 0;
}
