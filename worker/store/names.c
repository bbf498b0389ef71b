#include "worker/store/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int
names_end_in(const char *text, const char *suffix)
{
    size_t size = strlen(text);
    size_t suffix_size = strlen(suffix);
    return size > suffix_size && strcmp(text + size - suffix_size, suffix) == 0;
}

int
names_are_plain(const char *path)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-/";
    size_t size = strlen(path);
    return size > 0 && size <= STORE_PATH_MAX && strspn(path, allowed) == size && path[0] != '.' &&
           path[0] != '/' && path[size - 1] != '/' && !strstr(path, "//") && !strstr(path, "/.");
}

int
names_split(const char *path, struct names *names, struct error *error)
{
    if (store_check_path(path, error))
        return -1;
    const char *slash = strrchr(path, '/');
    const char *leaf = slash ? slash + 1 : path;
    snprintf(names->parent, sizeof names->parent, "%.*s", slash ? (int)(slash - path) : 0, path);
    snprintf(names->final, sizeof names->final, "%s", leaf);
    snprintf(names->partial, sizeof names->partial, "%s%s", leaf, NAMES_PARTIAL);
    snprintf(names->removed, sizeof names->removed, "%s%s", leaf, NAMES_REMOVED);
    return 0;
}

int
names_split_set(const char *path, struct names *names, struct error *error)
{
    if (names_end_in(path, NAMES_PARTIAL) || names_end_in(path, NAMES_REMOVED))
        return error_set(error, ERROR_INVALID, "'%.256s' ends as no set's path may", path);
    return names_split(path, names, error);
}

int
names_look(const store_t *self, int parent, const char *name, int *is_there, struct error *error)
{
    struct stat entry;
    int result = fstatat(parent, name, &entry, AT_SYMLINK_NOFOLLOW);
    if (result && errno != ENOENT)
        return store_error(self, error, errno, "cannot look at '%s'", name);
    *is_there = result == 0;
    return 0;
}

int
names_rename(const store_t *self, int parent, const char *from, const char *to, struct error *error)
{
    if (renameat(parent, from, parent, to) == 0)
        return 0;
    store_error(self, error, errno, "cannot rename '%s' to '%s'", from, to);
    struct error unseen;
    int is_old = 1;
    int is_new = 0;
    if (names_look(self, parent, from, &is_old, &unseen) ||
        names_look(self, parent, to, &is_new, &unseen))
        return -1;
    return is_new && !is_old ? 0 : -1;
}
