#include "coordinator/policy_manners.h"

#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, DAY = 24 * 60 * MINUTE };

// clang-format off
const struct config_key policy_throttle_keys[] = {
    {.name = "running", .type = CONFIG_INTEGER, .low = 1, .high = 1 << 20,
     .help = "statements that others run on the source at once"},
    {.name = "replica_lag", .type = CONFIG_DURATION, .low = SECOND, .high = 7LL * DAY,
     .help = "how far behind a replica may be"},
    {.name = "transaction_age", .type = CONFIG_DURATION, .low = SECOND, .high = 7LL * DAY,
     .help = "how old the oldest transaction of others may be"},
    {.name = "long_queries", .type = CONFIG_INTEGER, .low = 1, .high = 1 << 20,
     .help = "statements of others that have run for 10 s or longer"},
    {.name = "pause_limit", .type = CONFIG_DURATION, .preset = "30m", .low = 0, .high = DAY,
     .help = "how long a job may rest for them, all in all; then it goes on over one connection"},
    {0}};
// clang-format on

static int
read_ways(struct what *what, const struct config_node *node, struct error *error)
{
    for (size_t index = 0; index < config_count(node, "consistency"); index++) {
        const char *text = config_item_text(node, "consistency", index);
        enum what_way way = 0;
        while (way < WHAT_WAYS && strcmp(what_way_name(way), text) != 0)
            way++;
        for (size_t before = 0; before < what->way_count; before++) {
            if (what->ways[before] == way)
                way = WHAT_WAYS;
        }
        if (way == WHAT_WAYS)
            return config_item_error(error, node, "consistency", index,
                                     "one of binlog_snapshot, lock, gtid_unproven and single, and "
                                     "each once");
        what->ways[what->way_count++] = way;
    }
    return 0;
}

static int
read_throttle(struct what *what, const struct config_node *node, struct error *error)
{
    const struct config_node *throttle = config_section(node, "throttle");
    what->throttle[WHAT_RUNNING] = config_integer(throttle, "running");
    what->throttle[WHAT_REPLICA_LAG] = config_integer(throttle, "replica_lag");
    what->throttle[WHAT_TRANSACTION_AGE] = config_integer(throttle, "transaction_age");
    what->throttle[WHAT_LONG_QUERIES] = config_integer(throttle, "long_queries");
    what->throttle[WHAT_PAUSE_LIMIT] = config_integer(throttle, "pause_limit");
    int64_t connections = config_integer(node, "connections");
    int is_wanted = 0;
    for (size_t index = 0; index < WHAT_PAUSE_LIMIT; index++)
        is_wanted |= what->throttle[index] > 0;
    if (connections == 1)
        return config_error(error, node, "connections",
                            "one asks and cancels, so a job needs two or more");
    if (is_wanted && connections > 0 && connections < 3)
        return config_error(error, node, "connections",
                            "with `throttle` a job needs three: one reads, one watches the source, "
                            "one asks and cancels");
    return 0;
}

int
policy_manners_read(struct what *what, const struct config_node *node, struct error *error)
{
    what->by_speed = strcmp(config_text(node, "order"), "speed") == 0;
    what->statement_limit_ms = config_integer(node, "statement_limit");
    return read_ways(what, node, error) || read_throttle(what, node, error) ? -1 : 0;
}
