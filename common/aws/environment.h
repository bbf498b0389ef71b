// The environment as AWS's tools read it, from the process or from a list that a test gives.

#pragma once

// The value of a variable; NULL if it is not set or empty. `environment` is "NAME=value" up to a
// NULL; NULL is the process's own.
const char *aws_environment_get(const char *const *environment, const char *name);
