// The credentials of a job's server: resolved from the name or the reference that the job carries,
// by the worker's configuration; fetched again when the server does not take them; and all
// remembered, to be masked in whatever is said.
//
// A reference into AWS (aws-secret:, rds-iam:) may be used only as `aws` in the configuration
// allows; any other text is the name of a rule under `secrets`, and what a job says of regions and
// roles does not count for those.
//
//     keyring_t *keyring = keyring_new(settings, named, verify_tls);
//     server.login = keyring_source(keyring);

#pragma once

#include "common/error.h"
#include "proto/wire.h"
#include "worker/engine/engine.h"
#include "worker/settings.h"

enum { KEYRING_MASKED_MAX = 64 };  // passwords that are remembered: of tokens the last ones

typedef struct keyring keyring_t;

// Settings and server are lent.
keyring_t *keyring_new(const struct settings *settings, const Wire__Server *server, int verify_tls);
void keyring_destroy(keyring_t **self_p);

// For an engine; lent.
const struct login_source *keyring_source(const keyring_t *self);

// What is good now. `is_refused`: the server did not take the last ones. Tokens are made anew each
// time. Fails as settings_allow_aws, settings_secret and secret_aws_get do.
int keyring_get(keyring_t *self, int is_refused, struct credentials *credentials,
                struct error *error);

// Puts stars in the place of all passwords that are remembered.
void keyring_mask(const keyring_t *self, char *text);
