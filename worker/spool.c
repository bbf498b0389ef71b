#include "worker/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { NAME_SIZE = 64 };

struct result {
    uint64_t job_id;
    uint32_t attempt;
    int64_t due_ms;
};

struct spool {
    int folder;
    size_t count;
    size_t strangers;
    struct result results[SPOOL_COUNT_MAX];
};

static void
name_of(uint64_t job_id, uint32_t attempt, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%" PRIu64 "-%" PRIu32 ".done", job_id, attempt);
}

static void
folder_close(DIR **folder_p)
{
    if (*folder_p)
        closedir(*folder_p);
    *folder_p = NULL;
}

static struct result *
find(const spool_t *self, uint64_t job_id, uint32_t attempt)
{
    for (size_t index = 0; index < self->count; index++) {
        const struct result *result = &self->results[index];
        if (result->job_id == job_id && result->attempt == attempt)
            return (struct result *)(uintptr_t)result;
    }
    return NULL;
}

// Takes a file of the folder as a result, if its name is just what we would have given it.
static int
take(spool_t *self, const char *file, struct error *error)
{
    struct result result = {0};
    char name[NAME_SIZE] = "";
    if (sscanf(file, "%20" SCNu64 "-%10" SCNu32, &result.job_id, &result.attempt) == 2)
        name_of(result.job_id, result.attempt, name);
    if (strcmp(file, name) != 0) {
        self->strangers++;
        return 0;
    }
    if (self->count == SPOOL_COUNT_MAX)
        return error_set(error, ERROR_CONFIG, "more than %d results are in the spool",
                         SPOOL_COUNT_MAX);
    result.due_ms = INT64_MIN;
    self->results[self->count++] = result;
    return 0;
}

static int
list(spool_t *self, struct error *error)
{
    int copy = openat(self->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEAN(folder_close) DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    if (!folder) {
        int cause = errno;
        fd_close(&copy);
        return error_set(error, ERROR_CONFIG, "cannot list the spool: %s", strerror(cause));
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        size_t length = strlen(entry->d_name);
        // What a crash left half written was never promised to anybody.
        if (length > 4 && strcmp(entry->d_name + length - 4, ".new") == 0)
            unlinkat(self->folder, entry->d_name, 0);
        else if (take(self, entry->d_name, error))
            return -1;
    }
    return errno ? error_set(error, ERROR_CONFIG, "cannot list the spool: %s", strerror(errno)) : 0;
}

int
spool_open(spool_t **self_p, int state_folder, struct error *error)
{
    CLEAN(spool_destroy) spool_t *self = memory_get(sizeof *self);
    self->folder = -1;
    if (mkdirat(state_folder, "spool", 0700) && errno != EEXIST)
        return error_set(error, ERROR_CONFIG, "cannot make the spool: %s", strerror(errno));
    self->folder = openat(state_folder, "spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (self->folder < 0 || fsync(state_folder))
        return error_set(error, ERROR_CONFIG, "cannot open the spool: %s", strerror(errno));
    if (list(self, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

void
spool_destroy(spool_t **self_p)
{
    if (*self_p)
        fd_close(&(*self_p)->folder);
    memory_free(self_p);
}

int
spool_put(spool_t *self, uint64_t job_id, uint32_t attempt, const void *data, size_t size,
          struct error *error)
{
    struct result *result = find(self, job_id, attempt);
    if (size > SPOOL_DATA_MAX)
        return error_set(error, ERROR_INVALID, "a result of %zu bytes is too long", size);
    if (!result && self->count == SPOOL_COUNT_MAX)
        return error_set(error, ERROR_INVALID, "the spool is full");
    char name[NAME_SIZE];
    name_of(job_id, attempt, name);
    if (fd_write_file(self->folder, name, data, size, error))
        return error_wrap(error, "cannot spool a result");
    if (!result)
        result = &self->results[self->count++];
    *result = (struct result){.job_id = job_id, .attempt = attempt, .due_ms = INT64_MIN};
    return 0;
}

int
spool_read(const spool_t *self, uint64_t job_id, uint32_t attempt, char **data, size_t *size,
           struct error *error)
{
    char name[NAME_SIZE];
    name_of(job_id, attempt, name);
    return fd_read_file(self->folder, name, SPOOL_DATA_MAX, data, size, error);
}

int
spool_remove(spool_t *self, uint64_t job_id, uint32_t attempt, struct error *error)
{
    struct result *result = find(self, job_id, attempt);
    if (!result)
        return 0;
    char name[NAME_SIZE];
    name_of(job_id, attempt, name);
    // Not synced: a result that comes back after a crash is sent once more, and acknowledged again.
    if (unlinkat(self->folder, name, 0) && errno != ENOENT)
        return error_set(error, ERROR_CONFIG, "cannot remove '%s' from the spool: %s", name,
                         strerror(errno));
    *result = self->results[--self->count];
    return 0;
}

int
spool_has(const spool_t *self, uint64_t job_id, uint32_t attempt)
{
    return find(self, job_id, attempt) != NULL;
}

size_t
spool_count(const spool_t *self)
{
    return self->count;
}

void
spool_item(const spool_t *self, size_t index, uint64_t *job_id, uint32_t *attempt)
{
    *job_id = self->results[index].job_id;
    *attempt = self->results[index].attempt;
}

static const struct result *
earliest(const spool_t *self)
{
    const struct result *first = NULL;
    for (size_t index = 0; index < self->count; index++) {
        if (!first || self->results[index].due_ms < first->due_ms)
            first = &self->results[index];
    }
    return first;
}

int
spool_due(const spool_t *self, int64_t now_ms, uint64_t *job_id, uint32_t *attempt)
{
    const struct result *first = earliest(self);
    if (!first || first->due_ms > now_ms)
        return 0;
    *job_id = first->job_id;
    *attempt = first->attempt;
    return 1;
}

void
spool_defer(spool_t *self, uint64_t job_id, uint32_t attempt, int64_t until_ms)
{
    struct result *result = find(self, job_id, attempt);
    if (result)
        result->due_ms = until_ms;
}

void
spool_all_due(spool_t *self)
{
    for (size_t index = 0; index < self->count; index++)
        self->results[index].due_ms = INT64_MIN;
}

int64_t
spool_next(const spool_t *self)
{
    const struct result *first = earliest(self);
    return first ? first->due_ms : INT64_MAX;
}

size_t
spool_strangers(const spool_t *self)
{
    return self->strangers;
}
