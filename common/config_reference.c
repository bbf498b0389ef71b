// The reference of a table of keys, as the manual and --help-config have it.

#include <inttypes.h>
#include <stdio.h>

#include "common/clean.h"
#include "common/config.h"
#include "common/config_value.h"
#include "common/memory.h"

static void
print_type(const struct config_key *key)
{
    static const char *const names[] = {
        [CONFIG_TEXT] = "text",
        [CONFIG_INTEGER] = "integer",
        [CONFIG_BOOLEAN] = "boolean",
        [CONFIG_DURATION] = "duration",
        [CONFIG_SIZE] = "size",
        [CONFIG_CHOICE] = "one of",
        [CONFIG_TEXTS] = "texts",
        [CONFIG_SECTION] = "mapping",
        [CONFIG_LIST] = "list",
        [CONFIG_MAP] = "mappings by name",
        [CONFIG_MAP_TEXT] = "texts by name",
        [CONFIG_ANY] = "another program's",
    };
    printf("%s", names[key->type]);
    for (const char *const *choice = key->choices; choice && *choice; choice++)
        printf("%s %s", choice == key->choices ? "" : ",", *choice);
}

static void
print_bounds(const struct config_key *key)
{
    if (!key->low && !key->high)
        return;
    char low[CONFIG_SPELLING_SIZE], high[CONFIG_SPELLING_SIZE];
    int is_single = config_type_is_single(key->type);
    enum config_type type = is_single ? key->type : CONFIG_INTEGER;
    config_value_spell(type, key->low, low);
    config_value_spell(type, key->high, high);
    printf(", %s to %s%s", low, high,
           key->type == CONFIG_TEXT ? " bytes"
           : is_single              ? ""
                                    : " items");
}

// The tables that a table is in: one may hold itself, and is not printed again then.
struct within {
    const struct config_key *keys;
    const struct within *outer;
};

static int
is_within(const struct within *within, const struct config_key *keys)
{
    while (within && within->keys != keys)
        within = within->outer;
    return within != NULL;
}

static void
print_keys(const struct config_key *keys, const char *prefix, const struct within *outer)
{
    struct within within = {keys, outer};
    for (const struct config_key *key = keys; key->name; key++) {
        const char *suffix = key->type == CONFIG_LIST || key->type == CONFIG_TEXTS     ? "[]"
                             : key->type == CONFIG_MAP || key->type == CONFIG_MAP_TEXT ? ".NAME"
                                                                                       : "";
        printf("%s%s%s: ", prefix, key->name, suffix);
        print_type(key);
        print_bounds(key);
        if (key->required)
            printf(", required");
        else if (key->preset)
            printf(", preset %s", key->preset);
        printf("\n    %s\n", key->help ? key->help : "");
        if (!key->keys || is_within(&within, key->keys))
            continue;
        CLEAN(memory_free) char *deeper = memory_format("%s%s%s.", prefix, key->name, suffix);
        print_keys(key->keys, deeper, &within);
    }
}

void
config_print_reference(const struct config_key *keys)
{
    print_keys(keys, "", NULL);
}
