#include "coordinator/limits_config.h"

#include <string.h>

enum { LIMIT_MAX = 100000, ITEMS_MAX = 1000, NAME_MAX_BYTES = 255 };

// What has a limit, by the name of its key; the keys of `named` say which of them is meant.
static const struct {
    const char *key;
    enum quota_kind kind;
} limited[] = {
    {"server", QUOTA_SERVER}, {"account", QUOTA_ACCOUNT}, {"region", QUOTA_REGION},
    {"store", QUOTA_STORE},   {"worker", QUOTA_WORKER},   {"label", QUOTA_LABEL},
};

static const char *const kinds[] = {"server", "account", "region", "store",
                                    "worker", "label",   NULL};

// clang-format off
static const struct config_key named_keys[] = {
    {.name = "of", .type = CONFIG_CHOICE, .choices = kinds, .required = 1, .help = "what has the limit"},
    {.name = "name", .type = CONFIG_TEXT, .required = 1, .low = 1, .high = NAME_MAX_BYTES,
     .help = "its name: HOST:PORT, the account's number, ...; a label is NAME=VALUE"},
    {.name = "jobs", .type = CONFIG_INTEGER, .required = 1, .low = 0, .high = LIMIT_MAX,
     .help = "jobs at once; 0: no limit"},
    {0}};

static const struct config_key share_keys[] = {
    {.name = "account", .type = CONFIG_TEXT, .required = 1, .low = 1, .high = NAME_MAX_BYTES,
     .help = "the account's name"},
    {.name = "weight", .type = CONFIG_INTEGER, .required = 1, .low = 1, .high = QUEUE_WEIGHT_MAX,
     .help = "its part of the workers' time while others have work, too; without this 1"},
    {0}};

const struct config_key limits_keys[] = {
    {.name = "all", .type = CONFIG_INTEGER, .preset = "0", .low = 0, .high = LIMIT_MAX,
     .help = "jobs at once; 0: no limit"},
    {.name = "server", .type = CONFIG_INTEGER, .preset = "1", .low = 1, .high = 64,
     .help = "jobs at once on one server (host and port)"},
    {.name = "account", .type = CONFIG_INTEGER, .preset = "0", .low = 0, .high = LIMIT_MAX,
     .help = "jobs at once in one account; 0: no limit"},
    {.name = "region", .type = CONFIG_INTEGER, .preset = "0", .low = 0, .high = LIMIT_MAX,
     .help = "jobs at once in one region; 0: no limit"},
    {.name = "store", .type = CONFIG_INTEGER, .preset = "0", .low = 0, .high = LIMIT_MAX,
     .help = "jobs at once that write to one store; 0: no limit"},
    {.name = "worker", .type = CONFIG_INTEGER, .preset = "0", .low = 0, .high = LIMIT_MAX,
     .help = "jobs at once on one worker; 0: as many as it has slots"},
    {.name = "label", .type = CONFIG_INTEGER, .preset = "0", .low = 0, .high = LIMIT_MAX,
     .help = "jobs at once on all workers that share a label; 0: no limit"},
    {.name = "named", .type = CONFIG_LIST, .keys = named_keys, .high = ITEMS_MAX,
     .help = "limits of single accounts, regions and so on"},
    {.name = "shares", .type = CONFIG_LIST, .keys = share_keys, .high = ITEMS_MAX,
     .help = "how accounts share the workers"},
    {0}};
// clang-format on

static int
is_same_limit(const struct config_node *one, const struct config_node *other)
{
    return strcmp(config_text(one, "of"), config_text(other, "of")) == 0 &&
           strcmp(config_text(one, "name"), config_text(other, "name")) == 0;
}

int
limits_config_check(const struct config_node *node, struct error *error)
{
    for (size_t index = 0; index < config_count(node, "named"); index++) {
        const struct config_node *named = config_item(node, "named", index);
        for (size_t before = 0; before < index; before++) {
            if (is_same_limit(named, config_item(node, "named", before)))
                return config_error(error, named, "name", "the %s '%s' has a limit already",
                                    config_text(named, "of"), config_text(named, "name"));
        }
    }
    for (size_t index = 0; index < config_count(node, "shares"); index++) {
        const struct config_node *share = config_item(node, "shares", index);
        const char *account = config_text(share, "account");
        for (size_t before = 0; before < index; before++) {
            if (strcmp(config_text(config_item(node, "shares", before), "account"), account) == 0)
                return config_error(error, share, "account", "'%s' has a weight already", account);
        }
    }
    return 0;
}

static enum quota_kind
kind_of(const char *key)
{
    size_t index = 0;
    while (strcmp(limited[index].key, key) != 0)
        index++;
    return limited[index].kind;
}

void
limits_config_apply(const struct config_node *node, quota_t *quota, queue_t *queue)
{
    quota_clear_limits(quota);
    queue_clear_weights(queue);
    quota_set_limit(quota, QUOTA_ALL, "", (unsigned)config_integer(node, "all"));
    quota_set_limit(quota, QUOTA_DATABASE, "", 1);
    for (size_t index = 0; index < sizeof limited / sizeof *limited; index++)
        quota_set_limit(quota, limited[index].kind, "",
                        (unsigned)config_integer(node, limited[index].key));
    for (size_t index = 0; index < config_count(node, "named"); index++) {
        const struct config_node *named = config_item(node, "named", index);
        quota_set_limit(quota, kind_of(config_text(named, "of")), config_text(named, "name"),
                        (unsigned)config_integer(named, "jobs"));
    }
    for (size_t index = 0; index < config_count(node, "shares"); index++) {
        const struct config_node *share = config_item(node, "shares", index);
        queue_set_weight(queue, config_text(share, "account"),
                         (unsigned)config_integer(share, "weight"));
    }
}
