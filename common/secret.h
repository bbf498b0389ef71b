// Secrets by name, resolved from the configuration of the process that needs them, never from a
// message. A rule says where the value is (`env:NAME`, `file:/path`, `exec:/path arg ...`), whose
// user name goes with it, and to which servers it may be sent.
//
//     secrets:                      # in the worker's configuration
//       shop-mysql:
//         from: file:/etc/dbhaul/secrets/shop
//         username: backup          # not needed if the value is JSON with "username"
//         servers: ["*.eu-west-1.rds.amazonaws.com:3306", "127.0.0.1:3306"]
//
// The value is the password, or a JSON object {"username": ..., "password": ...} (as RDS writes
// it). A file must belong to root or to us and be readable by nobody else (mode & 077 == 0), and no
// symbolic link. An exec has 10 s and 64 KiB, a minimal environment, and must exit with 0; its
// words are split at spaces without a shell. One trailing newline is taken off.
// Values are kept in memory that is overwritten before it is freed.

#pragma once

#include <stddef.h>

#include "common/config.h"
#include "common/error.h"

extern const struct config_key secret_keys[];  // one entry of `secrets:`

struct credentials {
    char *username;
    char *password;
};

// Finds rule `name` in the CONFIG_MAP `key` of node, checks that host:port matches one of its
// `servers` (fnmatch, case-insensitive on the host; ERROR_DENIED otherwise, before anything is
// resolved), and resolves it. ERROR_NOT_FOUND if there is no such rule.
int secret_resolve(const struct config_node *node, const char *key, const char *name,
                   const char *host, unsigned port, struct credentials *credentials,
                   struct error *error);

// Overwrites and frees both texts.
void credentials_clear(struct credentials *credentials);

// Replaces every occurrence of the password in text by "*****" of the same or shorter length.
// Passwords under 4 characters are not looked for.
void secret_mask(const struct credentials *credentials, char *text);
