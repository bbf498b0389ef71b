// What a Data Domain says of itself, as plain records. Times are its own clock's, in unix seconds,
// 0 = not said. Texts that do not fit are refused where they are read.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    DD_NAME_SIZE = 256,  // of a snapshot, a host, an id
    DD_PATH_SIZE = 512,  // of an MTree: "/data/col1/su1"
    DD_TEXT_SIZE = 256,  // what it says of a trouble
    DD_CONTEXTS_MAX = 1000,
    DD_SNAPSHOTS_MAX = 750,  // of an MTree, its own ones too
};

struct dd_system {
    char name[DD_NAME_SIZE];
    char version[DD_NAME_SIZE];
    char zone[DD_NAME_SIZE];  // as it spells it: "UTC", "US/Pacific"
};

struct dd_mtree {
    char name[DD_PATH_SIZE];
    int is_read_only, is_destination, is_deleted, is_degraded;
    char lock[DD_NAME_SIZE];         // "enabled", "disabled", "never-enabled"; "" = not said
    char lock_mode[DD_NAME_SIZE];    // "governance", "compliance"
    int64_t lock_min_s, lock_max_s;  // how long files may be locked; 0 = not said
    int64_t auto_lock_s, auto_lock_delay_s;  // what is locked by itself, and how soon
    int64_t quota_bytes, used_bytes;  // logical, before compression; 0 = no quota, or not said
};

struct dd_snapshot {
    char name[DD_NAME_SIZE];
    char mtree[DD_PATH_SIZE];  // "" = not said
    int is_secured, is_expired;
    int64_t created_s, expires_s;  // expires_s 0 = never
};

// Of one that we are the source of.
struct dd_context {
    char id[DD_NAME_SIZE];
    char source_path[DD_PATH_SIZE];
    char destination_host[DD_NAME_SIZE], destination_path[DD_PATH_SIZE];
    int is_enabled, is_connected, needs_resync, is_initialized;
    int64_t synced_s;  // the destination is as the source was then
    char trouble[DD_TEXT_SIZE];
};
