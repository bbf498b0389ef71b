#include "coordinator/policy_retention.h"

#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, DAY = 24 * 60 * MINUTE, KEPT_MAX = 10000 };

// clang-format off
static const char *const gone_rules[] = {"keep", "expire", NULL};

const struct config_key policy_retention_keys[] = {
    {.name = "last", .type = CONFIG_INTEGER, .low = 0, .high = KEPT_MAX, .preset = "0",
     .help = "so many of the newest good sets stay"},
    {.name = "younger", .type = CONFIG_DURATION, .low = 0, .high = 36500LL * DAY, .preset = "0s",
     .help = "all sets that are younger stay: 30d"},
    {.name = "daily", .type = CONFIG_INTEGER, .low = 0, .high = KEPT_MAX, .preset = "0",
     .help = "the newest good set of each of so many days that have one; days are those of `zone`"},
    {.name = "weekly", .type = CONFIG_INTEGER, .low = 0, .high = KEPT_MAX, .preset = "0",
     .help = "the same of weeks, which begin on Monday"},
    {.name = "monthly", .type = CONFIG_INTEGER, .low = 0, .high = KEPT_MAX, .preset = "0",
     .help = "the same of months"},
    {.name = "yearly", .type = CONFIG_INTEGER, .low = 0, .high = KEPT_MAX, .preset = "0",
     .help = "the same of years"},
    {.name = "damaged", .type = CONFIG_DURATION, .low = 0, .high = 36500LL * DAY, .preset = "14d",
     .help = "how long sets that are not good stay at least"},
    {.name = "off_site", .type = CONFIG_BOOLEAN,
     .help = "whether a set has to be off-site before it goes; nothing: if `promise.offsite` is given"},
    {.name = "gone", .type = CONFIG_CHOICE, .choices = gone_rules, .preset = "keep",
     .help = "what becomes of sets of databases that are gone: they stay, or expire as others do"},
    {0}};
// clang-format on

int
policy_retention_read(struct policy *policy, const struct config_node *node, struct error *error)
{
    struct error cause = {0};
    const struct config_node *section = config_section(node, "retention");
    policy->snapshot_days = (config_integer(node, "snapshot_retention") + DAY - 1) / DAY;
    if (!config_has(node, "retention"))
        return 0;
    policy->retention = (struct retention_rules){
        .last = config_integer(section, "last"),
        .younger_ms = config_integer(section, "younger"),
        .daily = config_integer(section, "daily"),
        .weekly = config_integer(section, "weekly"),
        .monthly = config_integer(section, "monthly"),
        .yearly = config_integer(section, "yearly"),
        .unsound_ms = config_integer(section, "damaged"),
        .is_offsite_wanted = config_has(section, "off_site")
                                 ? (int)config_integer(section, "off_site")
                                 : policy->promise_offsite_ms > 0,
        .may_go_when_gone = strcmp(config_text(section, "gone"), "expire") == 0,
    };
    if (!retention_has_rules(&policy->retention))
        return config_error(error, node, "retention",
                            "it keeps nothing: say `last`, `younger`, `daily`, `weekly`, `monthly` "
                            "or `yearly`, or leave it out, and all sets stay");
    if (zone_open(&policy->retention_zone, policy->zone, &cause))
        return config_error(error, node, "zone", "%s", cause.message);
    return 0;
}
