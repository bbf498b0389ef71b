#include "coordinator/settings_saving.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

// clang-format off
const struct config_key saving_keys[] = {
    {.name = "enabled", .type = CONFIG_BOOLEAN, .preset = "true",
     .help = "whether the catalog is written into each store that a run has used"},
    {.name = "spacing", .type = CONFIG_DURATION, .preset = "10m", .high = 7LL * DAY,
     .help = "least time between two times that it is written"},
    {.name = "limit", .type = CONFIG_DURATION, .preset = "30m", .low = MINUTE, .high = DAY,
     .help = "how long it may take; a snapshot that is to cover it waits no longer"},
    {.name = "keep", .type = CONFIG_INTEGER, .preset = "7", .low = 1, .high = 1000,
     .help = "how many of them each store keeps, the newest"},
    {0}};
// clang-format on

void
settings_read_saving(struct settings *self)
{
    const struct config_node *node = config_section(self->root, "save_catalog");
    self->saving = (struct saving_settings){
        .is_on = (int)config_integer(node, "enabled"),
        .spacing_ms = config_integer(node, "spacing"),
        .limit_ms = config_integer(node, "limit"),
        .keep = config_integer(node, "keep"),
    };
}
