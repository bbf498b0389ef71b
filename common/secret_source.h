// Where the values of secrets are: `env:NAME`, `file:/path`, `exec:/path arg ...`. A part of
// secret and secret_password; nobody else calls it.

#pragma once

#include <stddef.h>

#include "common/config.h"
#include "common/error.h"

enum { SECRET_SIZE_MAX = 65536 };

// Whether the rule's `from` is well-formed; the error has line and column.
int secret_source_check(const struct config_node *rule, struct error *error);

// Reads the value of a well-formed `from` into value (SECRET_SIZE_MAX + 1 bytes, NUL-terminated),
// less one newline at its end. A value with a NUL is ERROR_CONFIG.
int secret_source_read(const char *from, char *value, size_t *size, struct error *error);
