// The section `datadomains:` of the coordinator's configuration: which systems protect what, as the
// plain arguments of protectors, and which store lies on which of them.

#pragma once

#include "common/config.h"
#include "coordinator/protect/protector.h"

enum { PROTECTORS_MAX = 64, STORE_PATH_SIZE = PROTECTOR_PATH_SIZE };

extern const struct config_key protector_keys[];  // one entry of `datadomains:`

// Whether all entries of the CONFIG_MAP `key` of a node make sense. The error has line and column.
int protector_config_check(const struct config_node *node, const char *key, struct error *error);

// Reads an entry that was checked. *rest_url is the caller's; the arguments lend from it and from
// the entry.
void protector_config_read(const struct config_node *entry, const char *name,
                           struct protector_arguments *arguments, char **rest_url);

// The MTree that a store ("boostfs:dd1.example:/su1") is on the system of this entry: as `mtrees`
// says, or of the storage unit's name. Returns 1, or 0 if it is none of it.
int protector_config_mtree(const struct config_node *entry, const char *store,
                           char mtree[STORE_PATH_SIZE]);
