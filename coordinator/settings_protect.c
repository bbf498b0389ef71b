#include "coordinator/settings_protect.h"

#include <string.h>

#include "coordinator/protect/protector_config.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static const char *const lock_wishes[] = {
    [LOCK_REQUIRED] = "required", [LOCK_WANTED] = "wanted", [LOCK_UNWANTED] = "no", NULL};

// clang-format off
const struct config_key protect_keys[] = {
    {.name = "every", .type = CONFIG_DURATION, .preset = "60m", .low = SECOND, .high = 7LL * DAY,
     .help = "while runs go on: how long a set may wait for a snapshot; one is taken when a run ends, too"},
    {.name = "spacing", .type = CONFIG_DURATION, .preset = "5m", .high = DAY,
     .help = "least time between two snapshots of an MTree: it holds no more than 750"},
    {.name = "retention", .type = CONFIG_DURATION, .preset = "14d", .low = DAY, .high = 3650LL * DAY,
     .help = "how long a snapshot is kept, in whole days; not how long sets are"},
    {.name = "secured", .type = CONFIG_BOOLEAN, .preset = "false",
     .help = "snapshots that cannot be expired early, by nobody; the release must know them"},
    {.name = "off_site", .type = CONFIG_BOOLEAN, .preset = "true",
     .help = "whether sets are to reach the destination of their MTree's replication"},
    {.name = "retention_lock", .type = CONFIG_CHOICE, .choices = lock_wishes, .preset = "wanted",
     .help = "whether MTrees are to have a retention lock: required (a check fails without it), wanted (it notes that), no"},
    {.name = "look", .type = CONFIG_DURATION, .preset = "30s", .low = 100, .high = HOUR,
     .help = "how often a replication that is behind is looked at; a tenth as often if it is not"},
    {.name = "sync_limit", .type = CONFIG_DURATION, .preset = "6h", .low = SECOND, .high = 7LL * DAY,
     .help = "how long one `replication sync` may take before it is given up and tried again"},
    {.name = "retry", .type = CONFIG_DURATION, .preset = "15s", .low = 100, .high = HOUR,
     .help = "wait after a step that failed; doubled for each further one, up to 64 times that"},
    {0}};

const struct config_key expire_keys[] = {
    {.name = "every", .type = CONFIG_DURATION, .preset = "24h", .high = 30LL * DAY,
     .help = "how often what policies' `retention` lets go of expires by itself; 0s: only when "
             "somebody says `dbhaul expire`"},
    {.name = "locked", .type = CONFIG_DURATION, .preset = "24h", .low = SECOND, .high = 365LL * DAY,
     .help = "how long a set that a retention lock holds is left alone before it is tried again"},
    {0}};
// clang-format on

int
settings_read_protect(struct settings *self, struct error *error)
{
    const struct config_node *node = config_section(self->root, "protect");
    self->protect = (struct protect_settings){
        .every_ms = config_integer(node, "every"),
        .spacing_ms = config_integer(node, "spacing"),
        .retention_days = (config_integer(node, "retention") + DAY - 1) / DAY,
        .is_secured = (int)config_integer(node, "secured"),
        .is_offsite_wanted = (int)config_integer(node, "off_site"),
        .look_ms = config_integer(node, "look"),
        .sync_limit_ms = config_integer(node, "sync_limit"),
        .retry_ms = config_integer(node, "retry"),
    };
    const struct config_node *expire = config_section(self->root, "expire");
    self->expire = (struct expire_settings){.every_ms = config_integer(expire, "every"),
                                            .locked_ms = config_integer(expire, "locked")};
    const char *lock = config_text(node, "retention_lock");
    while (lock_wishes[self->protect.lock] && strcmp(lock_wishes[self->protect.lock], lock) != 0)
        self->protect.lock++;
    return protector_config_check(self->root, "datadomains", error);
}
