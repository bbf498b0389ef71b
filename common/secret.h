// Secrets by name, resolved from the configuration of the process that needs them, never from a
// message. A rule says where the value is (`env:NAME`, `file:/path`, `exec:/path arg ...`, or in
// AWS: see secret_aws.h), whose user name goes with it, and to which servers it may be sent.
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
#include "common/credentials.h"
#include "common/error.h"
#include "common/secret_aws.h"

extern const struct config_key secret_keys[];  // one entry of `secrets:`

// To which server a secret is to go.
struct secret_target {
    const char *host;
    unsigned port;
    int is_verified;  // TLS to it is verified
};

// For main: whether each rule in the CONFIG_MAP `key` of node says where to look in a way that is
// understood. Resolves nothing. The error has line and column.
int secret_check(const struct config_node *node, const char *key, struct error *error);

// Finds rule `name` in the CONFIG_MAP `key` of node, checks that host:port matches one of its
// `servers` (fnmatch, case-insensitive on the host; ERROR_DENIED otherwise, before anything is
// resolved), and resolves it. ERROR_NOT_FOUND if there is no such rule. An IPv6 address is matched
// as "[::1]:3306". A host that a client's library would read as more than one name (with a comma,
// a slash, a leading dash and so on) is ERROR_DENIED. `aws` is asked for what AWS keeps.
int secret_resolve(const struct config_node *node, const char *key, const char *name,
                   const struct secret_target *target, secret_aws_t *aws,
                   struct credentials *credentials, struct error *error);

// That check of host:port alone: against the CONFIG_TEXTS `servers` of a node.
int secret_check_server(const struct config_node *rule, const char *host, unsigned port,
                        struct error *error);
