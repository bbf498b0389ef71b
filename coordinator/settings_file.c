#include "coordinator/settings_file.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/policy_config.h"

int
settings_file_read(const struct settings_file *self, config_t **config, struct settings *settings,
                   policies_t **policies, struct error *error)
{
    CLEAN(config_destroy) config_t *read = NULL;
    if (config_read(&read, self->path, settings_table(self->section), CONFIG_SIZE_MAX, error) ||
        settings_read(settings, read, self->section, self->endpoint_folder, error) ||
        policy_config_read(policies, settings->root, error))
        return -1;
    *config = STEAL(read);
    return 0;
}

static char *
list_changes(const struct config_node *now, const struct config_node *then)
{
    char *text = memory_copy_text("");
    for (const struct config_key *key = settings_keys; key->name; key++) {
        if (strcmp(key->name, "policies") == 0 || strcmp(key->name, "limits") == 0 ||
            strcmp(key->name, "placement") == 0 || strcmp(key->name, "notify") == 0 ||
            config_is_same(now, then, key->name))
            continue;
        char *longer = memory_format("%s%s`%s`", text, *text ? ", " : "", key->name);
        free(text);
        text = longer;
    }
    return text;
}

int
settings_file_reload(const struct settings_file *self, const struct settings *before,
                     config_t **config, struct settings *settings, policies_t **policies,
                     char **kept, struct error *error)
{
    if (settings_file_read(self, config, settings, policies, error))
        return -1;
    *kept = list_changes(before->root, settings->root);
    return 0;
}
