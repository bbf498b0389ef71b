// The coordinator's configuration: the table of its keys, and what was read as plain values.
// Read once, in main; never changed.

#pragma once

#include <stdint.h>

#include "common/config.h"
#include "common/error.h"
#include "common/log.h"
#include "coordinator/catalog/access.h"
#include "coordinator/retry.h"

extern const struct config_key settings_keys[];

enum lock_wish { LOCK_REQUIRED, LOCK_WANTED, LOCK_UNWANTED };

struct protect_settings {
    int64_t every_ms, spacing_ms, look_ms, sync_limit_ms, retry_ms;
    int64_t retention_days;
    int is_secured, is_offsite_wanted;
    enum lock_wish lock;  // of MTrees
};

// When sets expire by themselves, and how long one that its store does not let go of is left alone.
struct expire_settings {
    int64_t every_ms;  // 0 = never
    int64_t locked_ms;
};

struct saving_settings {
    int64_t spacing_ms, limit_ms, keep;
    int is_on;
};

struct settings {
    const config_t *config;          // lent; the texts below are its
    const struct config_node *root;  // the coordinator's part of it
    const char *catalog_url;
    struct catalog_access catalog_access;
    const char *workers_tcp, *operators_tcp;  // "" = none
    char workers_ipc[256], operators_ipc[256];
    const char *key_path, *allow_path;
    const char *store;  // identity; "" = whichever the worker has first
    int password_hashes;
    int64_t time_limit_ms;  // of an attempt
    int64_t room_percent;   // of what a set is expected to need; 0 = no look
    int is_free_counted;    // also where a store takes less room than sets have bytes
    struct retry_rules retry;
    int64_t lease_ms, beat_ms, worker_lost_ms, placement_ms, discover_every_ms;
    struct protect_settings protect;
    struct expire_settings expire;
    struct saving_settings saving;
    enum log_level log_level;
};

// Fills in the settings from the file's root, or from its mapping `section` ("" = the root).
// `endpoint_folder` (may be NULL) puts the ipc sockets and a catalog not named elsewhere there.
int settings_read(struct settings *self, const config_t *config, const char *section,
                  const char *endpoint_folder, struct error *error);

// The table to read the file with: the keys themselves, or a file that has them beneath
// `coordinator:` next to a `worker:` of which nothing is read here.
const struct config_key *settings_table(const char *section);
