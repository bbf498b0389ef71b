#include "proto/set_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 18 };

static const char *const endings[] = {
    [SET_NAME_WHOLE] = "", [SET_NAME_PARTIAL] = ".partial", [SET_NAME_REMOVED] = ".removed"};
static const char catalog[] = "catalog";

// Reads a number without leading zeros. Returns what follows, or NULL.
static const char *
read_number(const char *text, int64_t *number)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > DIGITS_MAX || *text == '0')
        return NULL;
    *number = strtoll(text, NULL, 10);
    return text + digits;
}

static int
read_leaf(const char *leaf, struct set_name *name)
{
    if (*leaf != 'j' || !(leaf = read_number(leaf + 1, &name->job_id)) ||
        strncmp(leaf, "-a", 2) != 0 || !(leaf = read_number(leaf + 2, &name->attempt)))
        return -1;
    for (size_t state = 0; state < sizeof endings / sizeof *endings; state++) {
        name->state = (enum set_name_state)state;
        if (strcmp(leaf, endings[state]) == 0)
            return 0;
    }
    return -1;
}

static int
read_database(const char *text, size_t size, struct set_name *name)
{
    name->database_id = 0;
    if (size == sizeof catalog - 1 && strncmp(text, catalog, size) == 0)
        return 0;
    return *text == 'd' && read_number(text + 1, &name->database_id) == text + size ? 0 : -1;
}

int
set_name_parse(const char *path, struct set_name *name)
{
    const char *leaf = strrchr(path, '/');
    const char *middle = leaf;
    if (!leaf || leaf == path)
        return -1;
    while (middle > path && middle[-1] != '/')
        middle--;
    if (middle <= path + 1 || middle - path > SET_NAME_FOLDER_SIZE)
        return -1;
    snprintf(name->folder, sizeof name->folder, "%.*s", (int)(middle - 1 - path), path);
    return read_database(middle, (size_t)(leaf - middle), name) || read_leaf(leaf + 1, name) ? -1
                                                                                             : 0;
}

void
set_name_print(const struct set_name *name, char path[SET_NAME_SIZE])
{
    char database[24];
    snprintf(database, sizeof database, "d%" PRId64, name->database_id);
    snprintf(path, SET_NAME_SIZE, "%s/%s/j%" PRId64 "-a%" PRId64 "%s", name->folder,
             name->database_id ? database : catalog, name->job_id, name->attempt,
             endings[name->state]);
}

static int
compare(int64_t one, int64_t other)
{
    return (one > other) - (one < other);
}

int
set_name_compare(const struct set_name *one, const struct set_name *other)
{
    int by_database = compare(one->database_id, other->database_id);
    int by_job = compare(one->job_id, other->job_id);
    int by_attempt = compare(one->attempt, other->attempt);
    if (by_database)
        return by_database;
    if (by_job)
        return by_job;
    return by_attempt ? by_attempt : compare(one->state, other->state);
}
