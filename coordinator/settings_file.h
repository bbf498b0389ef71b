// The coordinator's configuration file: read when it starts, and again while it runs. Of what is
// read again policies, limits and who is notified take effect; all else needs a restart.

#pragma once

#include "coordinator/policies.h"
#include "coordinator/settings.h"

// As the command line says it; lent.
struct settings_file {
    const char *path;
    const char *section;          // "" = the settings are the whole of the file
    const char *endpoint_folder;  // may be NULL
    int ignores_schedules;        // policies start no runs by themselves
};

// On success the settings lend from the config, and both config and policies are the caller's.
int settings_file_read(const struct settings_file *self, config_t **config,
                       struct settings *settings, policies_t **policies, struct error *error);

// Reads it once more, all of it, as settings_file_read does: what is wrong anywhere is an error.
// *kept is the caller's, too: the keys that say something else than `before`, which only a restart
// makes true ("`retry`, `timers`"); "" = none.
int settings_file_reload(const struct settings_file *self, const struct settings *before,
                         config_t **config, struct settings *settings, policies_t **policies,
                         char **kept, struct error *error);
