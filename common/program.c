#include "common/program.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"

static char *
beside_us(const char *name)
{
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size <= 0)
        return NULL;
    path[size] = '\0';
    *strrchr(path, '/') = '\0';
    CLEAN(memory_free) char *candidate = memory_format("%s/%s", path, name);
    return access(candidate, X_OK) ? NULL : STEAL(candidate);
}

static char *
in_path(const char *name)
{
    const char *path = getenv("PATH");
    CLEAN(memory_free) char *folders = memory_copy_text(path ? path : "/usr/local/bin:/usr/bin");
    char *rest = NULL;
    for (char *each = strtok_r(folders, ":", &rest); each; each = strtok_r(NULL, ":", &rest)) {
        CLEAN(memory_free) char *candidate = memory_format("%s/%s", each, name);
        if (*each == '/' && access(candidate, X_OK) == 0)
            return STEAL(candidate);
    }
    return NULL;
}

int
program_find(const char *name, char **path, struct error *error)
{
    CLEAN(memory_free) char *found = beside_us(name);
    if (!found)
        found = in_path(name);
    if (!found)
        return error_set(error, ERROR_CONFIG, "cannot find '%s' beside this program or in PATH",
                         name);
    *path = STEAL(found);
    return 0;
}
