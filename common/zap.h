// Who may connect: our own ZAP handler (RFC 27), an actor on inproc://zeromq.zap.01, fed with an
// allow-list. CURVE alone authenticates nobody; zauth of czmq 4.2.1 ignores domains, stats a
// directory at each handshake and aborts on duplicate keys.
//
// The allow-list is a YAML file that nobody but root and us may write (mode & 022 == 0):
//     workers:
//       frankfurt-1: "<40 characters: what is in frankfurt-1.pub>"
//     operators:
//       alice: "..."
// A key is in it once; names are 1 to 63 characters of [A-Za-z0-9._-]. A key of another role than
// the endpoint's domain is refused. A reload replaces the table in one step; a broken file keeps
// the old one. Revoking a key does not cut its connection: who receives must look the peer up on
// each message (zap_allows). A worker that was refused and is allowed later must connect anew.
//
//     CLEAN(zap_destroy) zap_t *zap = NULL;
//     if (zap_open(&zap, path, error) || sock_bind(&sock, endpoint, "worker", ...) ||
//         zap_self_test(endpoint, key.public_text, error))
//         return -1;

#pragma once

#include "common/config.h"
#include "common/error.h"

// The property of a peer's messages that holds its public key, beside User-Id ("key:<name>").
#define ZAP_KEY_PROPERTY "X-Public-Key"

extern const struct config_key zap_keys[];  // of the allow-list

typedef struct zap zap_t;  // the table's owner and the actor's handle

// Starts the actor. Before any bind. `path` may be NULL: then no CURVE peer is let in.
int zap_open(zap_t **self_p, const char *path, struct error *error);
void zap_destroy(zap_t **self_p);

// When it has returned 0, handshakes are judged by the new table.
int zap_reload(zap_t *self, struct error *error);

// The name that `public_key` has in `domain` ("worker", "operator"), or NULL. Lent until a reload.
const char *zap_allows(const zap_t *self, const char *domain, const char *public_key);

// Connects to a bound tcp endpoint with a throw-away key and requires that the handshake is
// refused. ERROR_DENIED if it was let in: the program must not serve. ERROR_UNAVAILABLE if there
// was no clear refusal. Takes at most 5 s. An endpoint of all addresses is tried on loopback.
int zap_self_test(const char *endpoint, const char *server_public_key, struct error *error);
