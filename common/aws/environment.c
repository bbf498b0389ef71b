#include "common/aws/environment.h"

#include <stdlib.h>
#include <string.h>

static const char *
look_up(const char *const *environment, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; environment[i]; i++)
        if (strncmp(environment[i], name, size) == 0 && environment[i][size] == '=')
            return environment[i] + size + 1;
    return NULL;
}

const char *
aws_environment_get(const char *const *environment, const char *name)
{
    const char *value = environment ? look_up(environment, name) : getenv(name);
    return value && *value ? value : NULL;
}
