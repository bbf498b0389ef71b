#include "common/secret.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/secret_source.h"

const struct config_key secret_keys[] = {
    {.name = "from",
     .type = CONFIG_TEXT,
     .required = 1,
     .low = 5,
     .high = 4096,
     .help = "where the value is: env:NAME, file:/path, exec:/path argument ..., aws-secret:ARN "
             "or rds-iam:USER"},
    {.name = "username",
     .type = CONFIG_TEXT,
     .high = 255,
     .help = "whose password it is; not needed if the value is JSON with \"username\""},
    {.name = "servers",
     .type = CONFIG_TEXTS,
     .required = 1,
     .low = 1,
     .high = 1000,
     .help = "host:port patterns of the servers to which it may be sent"},
    {.name = "region",
     .type = CONFIG_TEXT,
     .high = 63,
     .help = "AWS: of a secret that is not named by its ARN"},
    {.name = "role",
     .type = CONFIG_TEXT,
     .high = 2048,
     .help = "AWS: ARN of a role to assume first"},
    {.name = "external_id",
     .type = CONFIG_TEXT,
     .high = 1224,
     .help = "AWS: the external id that the role's trust asks for"},
    {0}};

// A host is more than a name to the clients' libraries: libpq takes "a,b" for two hosts and "/x"
// for a socket. What could lead past the patterns is no host.
static int
is_host(const char *host)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-_:";
    size_t size = strlen(host);
    return size > 0 && size <= 253 && host[0] != '-' && strspn(host, allowed) == size;
}

int
secret_check_server(const struct config_node *rule, const char *host, unsigned port,
                    struct error *error)
{
    if (!is_host(host) || port == 0 || port > 65535)
        return error_set(error, ERROR_DENIED, "'%.100s:%u' is not a server's name and port", host,
                         port);
    CLEAN(memory_free)
    char *server = memory_format(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
    for (size_t i = 0; i < config_count(rule, "servers"); i++) {
        const char *pattern = config_item_text(rule, "servers", i);
        // An IPv6 address in brackets is itself, not a set of characters.
        if (strcasecmp(pattern, server) == 0 ||
            fnmatch(pattern, server, FNM_CASEFOLD | FNM_NOESCAPE) == 0)
            return 0;
    }
    return error_set(error, ERROR_DENIED,
                     "it may not be sent to '%s'; its 'servers' in the configuration do not match",
                     server);
}

// A value without a username needs one in the rule.
static int
interpret(const struct config_node *rule, const char *value, size_t size,
          struct credentials *credentials, struct error *error)
{
    if (credentials_read(credentials, value, size, config_text(rule, "username"), error) == 0)
        return 0;
    if (error->code == ERROR_NOT_FOUND)
        return config_error(error, rule, NULL,
                            "no username: write `username:` or keep JSON with \"username\"");
    return -1;
}

static int
check_source(const struct config_node *rule, struct error *error)
{
    static const char *const keys_of_aws[] = {"region", "role", "external_id"};
    const char *from = config_text(rule, "from");
    struct error cause = {0};
    if (secret_aws_is(from))
        return secret_aws_check(from, &cause)
                   ? config_error(error, rule, "from", "%s", cause.message)
                   : 0;
    for (size_t i = 0; i < sizeof keys_of_aws / sizeof *keys_of_aws; i++)
        if (*config_text(rule, keys_of_aws[i]))
            return config_error(error, rule, keys_of_aws[i],
                                "only a secret of AWS has one (from: aws-secret: or rds-iam:)");
    return secret_source_check(rule, error);
}

static int
resolve_aws(const struct config_node *rule, const struct secret_target *target, secret_aws_t *aws,
            struct credentials *credentials, struct error *error)
{
    const struct secret_aws_request request = {.from = config_text(rule, "from"),
                                               .username = config_text(rule, "username"),
                                               .region = config_text(rule, "region"),
                                               .role_arn = config_text(rule, "role"),
                                               .external_id = config_text(rule, "external_id"),
                                               .host = target->host,
                                               .port = target->port,
                                               .is_verified = target->is_verified};
    return secret_aws_get(aws, &request, credentials, error);
}

static int
resolve(const struct config_node *rule, const struct secret_target *target, secret_aws_t *aws,
        struct credentials *credentials, struct error *error)
{
    if (secret_check_server(rule, target->host, target->port, error) || check_source(rule, error))
        return -1;
    if (secret_aws_is(config_text(rule, "from")))
        return resolve_aws(rule, target, aws, credentials, error);
    char *value = memory_get(SECRET_SIZE_MAX + 1);
    size_t size = 0;
    int status = secret_source_read(config_text(rule, "from"), value, &size, error);
    if (status == 0)
        status = interpret(rule, value, size, credentials, error);
    explicit_bzero(value, SECRET_SIZE_MAX + 1);
    memory_free(&value);
    return status;
}

int
secret_resolve(const struct config_node *node, const char *key, const char *name,
               const struct secret_target *target, secret_aws_t *aws,
               struct credentials *credentials, struct error *error)
{
    for (size_t i = 0; i < config_count(node, key); i++) {
        if (strcmp(config_item_name(node, key, i), name) != 0)
            continue;
        if (resolve(config_item(node, key, i), target, aws, credentials, error))
            return error_wrap(error, "secret '%s'", name);
        return 0;
    }
    return error_set(error, ERROR_NOT_FOUND,
                     "there is no secret '%.64s' in the configuration, under '%s'", name, key);
}

int
secret_check(const struct config_node *node, const char *key, struct error *error)
{
    for (size_t i = 0; i < config_count(node, key); i++)
        if (check_source(config_item(node, key, i), error))
            return -1;
    return 0;
}
