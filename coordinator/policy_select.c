#include "coordinator/policy_select.h"

#include <string.h>

enum { DEPTH_MAX = 8, MAPPINGS_MAX = 256, LIST_MAX = 256, TAGS_MAX = 32 };

// clang-format off
const struct config_key policy_select_keys[] = {
    {.name = "id", .type = CONFIG_TEXTS, .low = 1, .high = LIST_MAX, .help = "resource ids"},
    {.name = "name", .type = CONFIG_TEXTS, .low = 1, .high = LIST_MAX, .help = "names"},
    {.name = "host", .type = CONFIG_TEXTS, .low = 1, .high = LIST_MAX, .help = "hosts"},
    {.name = "region", .type = CONFIG_TEXTS, .low = 1, .high = LIST_MAX, .help = "regions"},
    {.name = "account", .type = CONFIG_TEXTS, .low = 1, .high = LIST_MAX, .help = "accounts"},
    {.name = "engine", .type = CONFIG_TEXTS, .low = 1, .high = LIST_MAX, .help = "kinds of databases"},
    {.name = "provider", .type = CONFIG_TEXTS, .low = 1, .high = LIST_MAX,
     .help = "providers, as `aws:main`"},
    {.name = "tag", .type = CONFIG_MAP_TEXT, .low = 1, .high = TAGS_MAX,
     .help = "a pattern for each tag, all of which must fit"},
    {.name = "and", .type = CONFIG_LIST, .keys = policy_select_keys, .low = 1, .high = LIST_MAX,
     .help = "all of these must hold"},
    {.name = "or", .type = CONFIG_LIST, .keys = policy_select_keys, .low = 1, .high = LIST_MAX,
     .help = "one of these must hold"},
    {.name = "not", .type = CONFIG_LIST, .keys = policy_select_keys, .low = 1, .high = LIST_MAX,
     .help = "none of these may hold"},
    {0}};
// clang-format on

static int
read_patterns(struct criteria *criteria, const struct config_node *node, struct error *error)
{
    for (enum criteria_key key = 0; key < CRITERIA_KEYS; key++) {
        const char *name = criteria_key_name(key);
        for (size_t index = 0; index < config_count(node, name); index++) {
            const char *pattern = config_item_text(node, name, index);
            if (!*pattern || strlen(pattern) > CRITERIA_PATTERN_MAX)
                return config_item_error(error, node, name, index, "a pattern has 1 to %d bytes",
                                         CRITERIA_PATTERN_MAX);
            criteria_add_pattern(criteria, key, pattern);
        }
    }
    for (size_t index = 0; index < config_count(node, "tag"); index++) {
        const char *pattern = config_item_text(node, "tag", index);
        if (strlen(pattern) > CRITERIA_PATTERN_MAX)
            return config_item_error(error, node, "tag", index, "a pattern has at most %d bytes",
                                     CRITERIA_PATTERN_MAX);
        criteria_add_tag(criteria, config_item_name(node, "tag", index), pattern);
    }
    return 0;
}

static int
read_criteria(struct criteria *criteria, const struct config_node *node, int depth,
              size_t *mappings, struct error *error)
{
    if (depth == DEPTH_MAX)
        return config_error(error, node, NULL, "criteria are nested deeper than %d levels",
                            DEPTH_MAX);
    if (read_patterns(criteria, node, error))
        return -1;
    for (enum criteria_nest nest = 0; nest < CRITERIA_NESTS; nest++) {
        const char *name = criteria_nest_name(nest);
        for (size_t index = 0; index < config_count(node, name); index++) {
            if (++*mappings > MAPPINGS_MAX)
                return config_item_error(error, node, name, index,
                                         "criteria have more than %d mappings", MAPPINGS_MAX);
            if (read_criteria(criteria_add_nested(criteria, nest), config_item(node, name, index),
                              depth + 1, mappings, error))
                return -1;
        }
    }
    return 0;
}

int
policy_select_read(struct policy *policy, const struct config_node *node, struct error *error)
{
    policy->is_selectable = (int)config_integer(node, "selectable");
    policy->may_opt_out = (int)config_integer(node, "opt_out");
    policy->precedence = config_integer(node, "precedence");
    if (!config_has(node, "select")) {
        if (policy->is_selectable)
            return 0;
        return config_error(error, node, NULL,
                            "it has neither `select` nor `selectable: true`, and so is for no "
                            "database; `select: {}` is for all of them");
    }
    size_t mappings = 0;
    policy->select = criteria_new();
    return read_criteria(policy->select, config_section(node, "select"), 0, &mappings, error);
}
