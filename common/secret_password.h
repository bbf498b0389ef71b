// The password for a server that this process's own configuration names together with its user: a
// rule with `from` alone, where secrets (secret.h) also say whose they are and where they may go.
// The value is the password, or a JSON object with "password", as RDS writes it. What holds of the
// places (files, programs) is said in secret.h.

#pragma once

#include "common/config.h"
#include "common/error.h"

extern const struct config_key secret_password_keys[];  // a section with `from`

// Whether `from` is understood; "" is: no password. The error has line and column.
int secret_password_check(const struct config_node *rule, struct error *error);

// Reads it anew. *password is the caller's (memory_free_secret); "" without a `from`.
int secret_password_resolve(const struct config_node *rule, char **password, struct error *error);
