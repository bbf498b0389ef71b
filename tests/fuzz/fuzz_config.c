// Whatever bytes a configuration has: it is refused with a place, or all of it can be read.

#include <stdlib.h>

#include "common/clean.h"
#include "common/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const choices[] = {"one", "two", NULL};

static const struct config_key inner_keys[] = {
    {.name = "text", .type = CONFIG_TEXT, .required = 1, .low = 1, .high = 20},
    {.name = "choice", .type = CONFIG_CHOICE, .choices = choices, .preset = "one"},
    {.name = "texts", .type = CONFIG_TEXTS, .low = 1, .high = 3},
    {0}};

static const struct config_key keys[] = {
    {.name = "text", .type = CONFIG_TEXT, .preset = "text"},
    {.name = "integer", .type = CONFIG_INTEGER, .low = -5, .high = 100},
    {.name = "boolean", .type = CONFIG_BOOLEAN, .preset = "true"},
    {.name = "duration", .type = CONFIG_DURATION, .preset = "10s", .low = 100, .high = 3600000},
    {.name = "size", .type = CONFIG_SIZE, .preset = "64KiB"},
    {.name = "choice", .type = CONFIG_CHOICE, .choices = choices, .preset = "two"},
    {.name = "texts", .type = CONFIG_TEXTS},
    {.name = "section", .type = CONFIG_SECTION, .keys = inner_keys},
    {.name = "list", .type = CONFIG_LIST, .keys = inner_keys},
    {.name = "map", .type = CONFIG_MAP, .keys = inner_keys},
    {.name = "map_text", .type = CONFIG_MAP_TEXT},
    {.name = "any", .type = CONFIG_ANY},
    {0}};

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
read_inner(const struct config_node *node, int is_given)
{
    require(!is_given || *config_text(node, "text"));
    require(*config_text(node, "choice"));
    for (size_t i = 0; i < config_count(node, "texts"); i++)
        require(config_item_text(node, "texts", i) != NULL);
}

static void
read_all(const struct config_node *root)
{
    require(config_text(root, "text") != NULL && *config_text(root, "choice"));
    int64_t duration_ms = config_integer(root, "duration");
    require(duration_ms >= 100 && duration_ms <= 3600000);
    require(config_integer(root, "size") >= 0);
    require(config_integer(root, "integer") <= 100);
    require(config_integer(root, "boolean") == 0 || config_integer(root, "boolean") == 1);
    read_inner(config_section(root, "section"), config_has(root, "section"));
    for (size_t i = 0; i < config_count(root, "texts"); i++)
        require(config_item_text(root, "texts", i) != NULL);
    for (size_t i = 0; i < config_count(root, "list"); i++)
        read_inner(config_item(root, "list", i), 1);
    for (size_t i = 0; i < config_count(root, "map"); i++) {
        require(*config_item_name(root, "map", i));
        read_inner(config_item(root, "map", i), 1);
    }
    for (size_t i = 0; i < config_count(root, "map_text"); i++)
        require(*config_item_name(root, "map_text", i) && config_item_text(root, "map_text", i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    CLEAN(config_destroy) config_t *config = NULL;
    if (config_read_text(&config, "fuzz.yaml", (const char *)data, size, keys, 65536, &error) == 0)
        read_all(config_root(config));
    else
        require(error.code == ERROR_CONFIG && error.message[0]);
    return 0;
}
