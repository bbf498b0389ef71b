#include "coordinator/discovery/arguments.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, ACCOUNT_DIGITS = 12, ACCOUNTS_MAX = 20000 };

static const char *const kinds[] = {"file", "aws", NULL};
static const char *const sources[] = {"writer", "reader", "replica", NULL};

// clang-format off
const struct config_key arguments_keys[] = {
    {.name = "kind", .type = CONFIG_CHOICE, .choices = kinds, .required = 1,
     .help = "where databases are discovered"},
    {.name = "name", .type = CONFIG_TEXT, .required = 1, .low = 1, .high = 63,
     .help = "what this provider is called in the catalog; keep it for good"},
    {.name = "path", .type = CONFIG_TEXT, .high = 4095, .help = "file: the inventory, in YAML"},
    {.name = "organization", .type = CONFIG_BOOLEAN, .preset = "false",
     .help = "aws: all active accounts of the organization, asked of its management account or of a "
             "delegated administrator; needs `role`"},
    {.name = "accounts", .type = CONFIG_TEXTS, .high = ACCOUNTS_MAX,
     .help = "aws: numbers of accounts, in quotes; needs `role` for all but our own. Neither this nor "
             "`organization`: the account of our own credentials"},
    {.name = "exclude_accounts", .type = CONFIG_TEXTS, .high = ACCOUNTS_MAX,
     .help = "aws: accounts that are not asked; what was known in them counts as gone"},
    {.name = "role", .type = CONFIG_TEXT, .high = 2047,
     .help = "aws: the role to assume in each account, our own too: "
             "arn:{partition}:iam::{account}:role/dbhaul-discovery"},
    {.name = "external_id", .type = CONFIG_TEXT, .high = 1224,
     .help = "aws: what the trust policy of `role` asks for; no secret"},
    {.name = "worker_role", .type = CONFIG_TEXT, .high = 2047,
     .help = "aws: the role that a worker assumes in each account for secrets and logins; "
             "{partition} and {account} are filled in"},
    {.name = "worker_external_id", .type = CONFIG_TEXT, .high = 1224,
     .help = "aws: what the trust policy of `worker_role` asks for; no secret"},
    {.name = "regions", .type = CONFIG_TEXTS, .high = 200,
     .help = "aws: the regions to ask; none: those that are enabled for the account"},
    {.name = "exclude_regions", .type = CONFIG_TEXTS, .high = 200,
     .help = "aws: regions that are not asked; what was known in them counts as gone"},
    {.name = "home_region", .type = CONFIG_TEXT, .high = 63,
     .help = "aws: where roles are assumed and regions asked for; none: as the environment says"},
    {.name = "endpoint", .type = CONFIG_TEXT, .high = 1023,
     .help = "aws: where the services are, if not at AWS's names: "
             "https://{service}.{region}.vpce.example"},
    {.name = "ca", .type = CONFIG_TEXT, .high = 4095,
     .help = "aws: certificates to trust instead of the system's, PEM"},
    {.name = "read_from", .type = CONFIG_CHOICE, .choices = sources, .preset = "writer",
     .help = "aws: what is read for a backup: `writer`, `reader` (the reader endpoint of a cluster) or "
             "`replica` (that, or a healthy replica of an instance); the writer if there is none"},
    {.name = "secret", .type = CONFIG_TEXT, .high = 255,
     .help = "aws: the worker's secret for databases whose password RDS does not manage; {name}, "
             "{account} and {region} are filled in"},
    {.name = "iam_user", .type = CONFIG_TEXT, .high = 63,
     .help = "aws: the database user that logs in by IAM where that is enabled and RDS manages no "
             "password"},
    {.name = "rate", .type = CONFIG_INTEGER, .preset = "3", .low = 1, .high = 12,
     .help = "aws: requests a second to one service in one account and region; AWS gives 12 to all "
             "callers together"},
    {.name = "connections", .type = CONFIG_INTEGER, .preset = "128", .low = 1, .high = 1024,
     .help = "aws: connections at once"},
    {.name = "attempts", .type = CONFIG_INTEGER, .preset = "5", .low = 1, .high = 20,
     .help = "aws: how often a call is tried"},
    {.name = "account_deadline", .type = CONFIG_DURATION, .preset = "60s", .low = SECOND,
     .high = 60LL * MINUTE,
     .help = "aws: what of an account has not answered by then has failed"},
    {.name = "deadline", .type = CONFIG_DURATION, .preset = "100s", .low = SECOND,
     .high = 120LL * MINUTE,
     .help = "aws: the same for all accounts together; a backup that waits for a discovery waits so "
             "long at most"},
    {0}};
// clang-format on

// ---- checks

static int
check_kind(const struct config_node *node, struct error *error)
{
    int is_file = strcmp(config_text(node, "kind"), "file") == 0;
    if (is_file && !*config_text(node, "path"))
        return config_error(error, node, "kind", "a provider of this kind needs `path`");
    for (const struct config_key *key = arguments_keys + 2; key->name; key++) {
        int is_of_file = strcmp(key->name, "path") == 0;
        if (is_of_file != is_file && config_has(node, key->name))
            return config_error(error, node, key->name, "is of no use for a provider of kind '%s'",
                                config_text(node, "kind"));
    }
    return 0;
}

static int
is_account(const char *text)
{
    return strlen(text) == ACCOUNT_DIGITS && strspn(text, "0123456789") == ACCOUNT_DIGITS;
}

static int
check_accounts(const struct config_node *node, const char *key, struct error *error)
{
    for (size_t index = 0; index < config_count(node, key); index++) {
        if (!is_account(config_item_text(node, key, index)))
            return config_item_error(error, node, key, index,
                                     "is not the number of an account: 12 digits, in quotes");
    }
    return 0;
}

static int
is_region(const char *text)
{
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size >= 4 && size < 40 && !text[size] && isalpha((unsigned char)*text);
}

static int
check_regions(const struct config_node *node, const char *key, struct error *error)
{
    for (size_t index = 0; index < config_count(node, key); index++) {
        if (!is_region(config_item_text(node, key, index)))
            return config_item_error(error, node, key, index,
                                     "is not the name of a region, as in eu-west-1");
    }
    return 0;
}

static int
check_role(const struct config_node *node, const char *key, struct error *error)
{
    const char *text = config_text(node, key);
    if (*text && (strncmp(text, "arn:", 4) != 0 || !strstr(text, ":role/")))
        return config_error(error, node, key,
                            "is not the ARN of a role: arn:{partition}:iam::{account}:role/NAME");
    if (*text && !strstr(text, "{account}") &&
        (config_integer(node, "organization") || config_count(node, "accounts") > 1))
        return config_error(error, node, key, "names one account: write {account} in its place");
    return 0;
}

static int
check_aws(const struct config_node *node, struct error *error)
{
    if (check_accounts(node, "accounts", error) ||
        check_accounts(node, "exclude_accounts", error) || check_regions(node, "regions", error) ||
        check_regions(node, "exclude_regions", error) || check_role(node, "role", error) ||
        check_role(node, "worker_role", error))
        return -1;
    if (config_integer(node, "organization") && config_count(node, "accounts"))
        return config_error(error, node, "accounts", "and `organization` exclude each other");
    if (!*config_text(node, "role") &&
        (config_integer(node, "organization") || config_count(node, "accounts") > 1))
        return config_error(error, node, "kind",
                            "other accounts need `role`, which deploy/aws shows how to make");
    if (*config_text(node, "home_region") && !is_region(config_text(node, "home_region")))
        return config_error(error, node, "home_region", "is not the name of a region");
    if (config_integer(node, "deadline") < config_integer(node, "account_deadline"))
        return config_error(error, node, "deadline", "is shorter than `account_deadline`");
    return 0;
}

int
arguments_check(const struct config_node *node, struct error *error)
{
    if (check_kind(node, error))
        return -1;
    return strcmp(config_text(node, "kind"), "aws") == 0 ? check_aws(node, error) : 0;
}

// ---- reading

static const char *const *
list_of(const struct config_node *node, const char *key)
{
    size_t count = config_count(node, key);
    const char **texts = memory_get((count + 1) * sizeof *texts);
    for (size_t index = 0; index < count; index++)
        texts[index] = config_item_text(node, key, index);
    return texts;
}

static enum read_from
source_of(const struct config_node *node)
{
    const char *text = config_text(node, "read_from");
    size_t index = 0;
    while (sources[index] && strcmp(sources[index], text) != 0)
        index++;
    return (enum read_from)index;  // the table has seen that it is one of them
}

void
arguments_read(const struct config_node *node, struct provider_arguments *arguments)
{
    *arguments = (struct provider_arguments){
        .kind = config_text(node, "kind"),
        .name = config_text(node, "name"),
        .path = config_text(node, "path"),
        .organization = (int)config_integer(node, "organization"),
        .accounts = list_of(node, "accounts"),
        .excluded_accounts = list_of(node, "exclude_accounts"),
        .regions = list_of(node, "regions"),
        .excluded_regions = list_of(node, "exclude_regions"),
        .role = config_text(node, "role"),
        .external_id = config_text(node, "external_id"),
        .worker_role = config_text(node, "worker_role"),
        .worker_external_id = config_text(node, "worker_external_id"),
        .home_region = config_text(node, "home_region"),
        .endpoint = config_text(node, "endpoint"),
        .ca = config_text(node, "ca"),
        .secret = config_text(node, "secret"),
        .iam_user = config_text(node, "iam_user"),
        .read_from = source_of(node),
        .rate_per_s = config_integer(node, "rate"),
        .connections = config_integer(node, "connections"),
        .attempts = config_integer(node, "attempts"),
        .account_ms = config_integer(node, "account_deadline"),
        .deadline_ms = config_integer(node, "deadline"),
    };
}

void
arguments_clear(struct provider_arguments *arguments)
{
    memory_free(&arguments->accounts);
    memory_free(&arguments->excluded_accounts);
    memory_free(&arguments->regions);
    memory_free(&arguments->excluded_regions);
}
