#include "common/secret_aws.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/aws/partition.h"
#include "common/aws/secret_value.h"
#include "common/aws/sign.h"
#include "common/clean.h"
#include "common/memory.h"

enum { NAME_MAX_BYTES = 512, USER_MAX_BYTES = 128, ACCOUNT_DIGITS = 12 };

struct secret_aws {
    struct aws_client_options options;
    aws_client_t *client;
};

static const char *
after(const char *text, const char *scheme)
{
    size_t size = strlen(scheme);
    return strncmp(text, scheme, size) == 0 ? text + size : NULL;
}

static int
is_set(const char *text)
{
    return text && *text;
}

secret_aws_t *
secret_aws_new(const struct aws_client_options *options)
{
    secret_aws_t *self = memory_get(sizeof *self);
    self->options = *options;
    return self;
}

void
secret_aws_destroy(secret_aws_t **self_p)
{
    if (*self_p)
        aws_client_destroy(&(*self_p)->client);
    memory_free(self_p);
}

int
secret_aws_is(const char *from)
{
    return after(from, SECRET_AWS_VALUE) || after(from, SECRET_AWS_TOKEN);
}

static int
check_name(const char *name, struct error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789/_+=.@!-";
    size_t size = strlen(name);
    if (size == 0 || size > NAME_MAX_BYTES || strspn(name, allowed) != size)
        return error_set(error, ERROR_INVALID, "'%.64s' is no name of a secret of AWS", name);
    return 0;
}

static int
check_arn(const char *text, struct error *error)
{
    struct aws_arn arn;
    if (aws_arn_parse(text, &arn, error))
        return -1;
    const char *name = after(arn.resource, "secret:");
    if (strcmp(arn.service, "secretsmanager") != 0 || !name || !*arn.region ||
        strlen(arn.account) != ACCOUNT_DIGITS ||
        strspn(arn.account, "0123456789") != ACCOUNT_DIGITS)
        return error_set(error, ERROR_INVALID, "'%.200s' is no ARN of a secret", text);
    return check_name(name, error);
}

static int
check_user(const char *user, struct error *error)
{
    size_t size = strlen(user);
    int is_good = size > 0 && size <= USER_MAX_BYTES;
    for (const char *at = user; *at && is_good; at++)
        is_good = (unsigned char)*at > ' ' && *at != 0x7f && *at != '\'' && *at != '"';
    if (!is_good)
        return error_set(error, ERROR_INVALID, "'%.64s' is no name of a database's user", user);
    return 0;
}

int
secret_aws_check(const char *from, struct error *error)
{
    const char *id = after(from, SECRET_AWS_VALUE);
    const char *user = after(from, SECRET_AWS_TOKEN);
    if (user)
        return check_user(user, error);
    if (!id)
        return error_set(error, ERROR_INVALID, "'%.64s' is neither aws-secret: nor rds-iam:", from);
    return after(id, "arn:") ? check_arn(id, error) : check_name(id, error);
}

// "abc.eu-west-1.rds.amazonaws.com": what is before ".rds." ends with the region; in China what is
// after it begins with one.
void
secret_aws_endpoint_region(const char *host, char *region, size_t size)
{
    char name[256];
    region[0] = '\0';
    if ((size_t)snprintf(name, sizeof name, "%s", host) >= sizeof name)
        return;
    for (char *at = name; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    char *suffix = strstr(name, ".rds.");
    if (!suffix)
        return;
    *suffix = '\0';
    suffix += strlen(".rds.");
    const char *dot = strrchr(name, '.');
    const char *before = dot ? dot + 1 : "";
    if (aws_region_is_valid(before) &&
        strcmp(aws_partition_of_region(before)->suffix, suffix) == 0) {
        snprintf(region, size, "%s", before);
        return;
    }
    char *rest = strchr(suffix, '.');
    if (!dot || !rest)
        return;
    *rest = '\0';
    if (aws_region_is_valid(suffix) &&
        strcmp(aws_partition_of_region(suffix)->suffix, rest + 1) == 0)
        snprintf(region, size, "%s", suffix);
}

// Where the instance is. Only a stand-in, which is asked without TLS, has others than RDS's names.
static int
find_region(const secret_aws_t *self, const struct secret_aws_request *request,
            char region[AWS_NAME_SIZE], struct error *error)
{
    secret_aws_endpoint_region(request->host, region, AWS_NAME_SIZE);
    int is_stand_in = is_set(self->options.endpoint) && after(self->options.endpoint, "http://");
    if (!*region && !is_stand_in)
        return error_set(
            error, ERROR_INVALID,
            "a token is good only for the name that RDS gave an instance, and '%.120s' "
            "is none: put the instance's endpoint in the place of an alias or address",
            request->host);
    if (*region && is_set(request->region) && strcmp(region, request->region) != 0)
        return error_set(error, ERROR_INVALID, "'%.120s' is in the region '%s', not in '%.64s'",
                         request->host, region, request->region);
    if (!*region)
        snprintf(region, AWS_NAME_SIZE, "%s",
                 is_set(request->region) ? request->region : aws_client_region(self->client));
    return aws_region_is_valid(region)
               ? 0
               : error_set(error, ERROR_INVALID, "'%.64s' is no region", region);
}

static struct aws_identity
identity_of(const struct secret_aws_request *request)
{
    return (struct aws_identity){.role_arn = request->role_arn,
                                 .external_id = request->external_id};
}

// What is to be done stands first: AWS's own words are long, and may be cut.
static int
explain_role(const struct secret_aws_request *request, struct error *error)
{
    if (error->code != ERROR_DENIED)
        return -1;
    return error_wrap(error,
                      "grant this worker sts:AssumeRole on '%.160s', and let that trust it, with "
                      "the external id '%.60s'",
                      request->role_arn, is_set(request->external_id) ? request->external_id : "");
}

static int
explain_value(const struct secret_aws_request *request, struct error *error)
{
    if (error->code == ERROR_NOT_FOUND)
        return error_wrap(error, "there is no such secret in that account and region");
    if (error->code != ERROR_DENIED)
        return -1;
    return error_wrap(error,
                      "grant secretsmanager:GetSecretValue, and kms:Decrypt if the secret has a "
                      "key of its own, to '%.160s'",
                      is_set(request->role_arn) ? request->role_arn : "this worker");
}

// The identity's keys: with a role, it is assumed now, and stays so for a while.
static int
get_keys(secret_aws_t *self, const struct secret_aws_request *request, struct aws_keys *keys,
         struct error *error)
{
    const struct aws_identity identity = identity_of(request);
    if (aws_client_keys(self->client, &identity, keys, error) == 0)
        return 0;
    return is_set(request->role_arn) ? explain_role(request, error) : -1;
}

static int
make_token(secret_aws_t *self, const struct secret_aws_request *request,
           struct credentials *credentials, struct error *error)
{
    char region[AWS_NAME_SIZE];
    const char *user = after(request->from, SECRET_AWS_TOKEN);
    CLEAN(aws_keys_clear) struct aws_keys keys = {0};
    if (find_region(self, request, region, error) || get_keys(self, request, &keys, error))
        return -1;
    *credentials =
        (struct credentials){.username = memory_copy_text(user),
                             .password = aws_rds_token(&keys, region, request->host, request->port,
                                                       user, aws_client_unix_ms(self->client)),
                             .is_token = 1};
    return 0;
}

static int
read_value(const struct secret_aws_request *request, const char *value,
           struct credentials *credentials, struct error *error)
{
    const char *username = request->username ? request->username : "";
    if (!*username && value[0] != '{')
        return error_set(error, ERROR_CONFIG,
                         "its value is no JSON object with \"username\" and \"password\"");
    if (credentials_read(credentials, value, strlen(value), username, error) == 0)
        return 0;
    if (error->code == ERROR_NOT_FOUND)
        return error_set(error, ERROR_CONFIG,
                         "its value has no \"username\": keep JSON with \"username\" and "
                         "\"password\", as RDS does");
    return -1;
}

static int
get_value(secret_aws_t *self, const struct secret_aws_request *request,
          struct credentials *credentials, struct error *error)
{
    CLEAN(memory_free_secret) char *value = NULL;
    const char *id = after(request->from, SECRET_AWS_VALUE);
    CLEAN(aws_keys_clear) struct aws_keys keys = {0};
    const struct aws_identity identity = identity_of(request);
    if (get_keys(self, request, &keys, error))
        return -1;
    int status = after(id, "arn:")
                     ? aws_secret_value_get(self->client, &identity, id, &value, error)
                     : aws_secret_value_get_named(self->client, &identity, request->region, id,
                                                  &value, error);
    if (status)
        return explain_value(request, error);
    if (read_value(request, value, credentials, error))
        return error_wrap(error, "'%.200s'", id);
    return 0;
}

int
secret_aws_get(secret_aws_t *self, const struct secret_aws_request *request,
               struct credentials *credentials, struct error *error)
{
    int is_token = after(request->from, SECRET_AWS_TOKEN) != NULL;
    if (secret_aws_check(request->from, error))
        return -1;
    if (is_token && !request->is_verified)
        return error_set(error, ERROR_DENIED,
                         "a token goes to '%.120s:%u' as it is, so only over verified TLS: take it "
                         "out of 'unverified' under 'tls' in the configuration",
                         request->host, request->port);
    if (!self->client && aws_client_open(&self->client, &self->options, error))
        return -1;
    return is_token ? make_token(self, request, credentials, error)
                    : get_value(self, request, credentials, error);
}
