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
// Values are one line of UTF-8, and kept in memory that is overwritten before it is freed.

#pragma once

#include <stddef.h>

#include "common/config.h"
#include "common/error.h"

enum { SECRET_MASK_MIN = 4 };

extern const struct config_key secret_keys[];  // one entry of `secrets:`

struct credentials {
    char *username;
    char *password;
};

// For main: whether each rule in the CONFIG_MAP `key` of node says where to look in a way that is
// understood. Resolves nothing. The error has line and column.
int secret_check(const struct config_node *node, const char *key, struct error *error);

// Finds rule `name` in the CONFIG_MAP `key` of node, checks that host:port matches one of its
// `servers` (fnmatch, case-insensitive on the host; ERROR_DENIED otherwise, before anything is
// resolved), and resolves it. ERROR_NOT_FOUND if there is no such rule. An IPv6 address is matched
// as "[::1]:3306". A host that a client's library would read as more than one name (with a comma,
// a slash, a leading dash and so on) is ERROR_DENIED.
int secret_resolve(const struct config_node *node, const char *key, const char *name,
                   const char *host, unsigned port, struct credentials *credentials,
                   struct error *error);

// Overwrites and frees both texts.
void credentials_clear(struct credentials *credentials);

// Copies into what is empty or cleared.
void credentials_copy(struct credentials *to, const struct credentials *from);
int credentials_equal(const struct credentials *one, const struct credentials *other);

// Replaces every occurrence of the password in text by "*****" of the same or shorter length, and
// its beginning at the text's end by stars. Passwords under SECRET_MASK_MIN are not looked for.
void secret_mask(const struct credentials *credentials, char *text);
