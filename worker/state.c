#include "worker/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/random.h"

enum { FILE_SIZE_MAX = 128 };

struct state {
    int folder;
    int lock;
    uint64_t epoch;
    char instance[RANDOM_ID_SIZE];
};

static int
open_folder(state_t *self, const char *folder, struct error *error)
{
    if (mkdir(folder, 0700) && errno != EEXIST)
        return error_set(error, ERROR_CONFIG, "cannot make the folder '%s': %s", folder,
                         strerror(errno));
    self->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat facts;
    if (self->folder < 0 || fstat(self->folder, &facts))
        return error_set(error, ERROR_CONFIG, "cannot open the folder '%s': %s", folder,
                         strerror(errno));
    if (facts.st_uid != geteuid() || (facts.st_mode & (S_IWGRP | S_IWOTH)))
        return error_set(error, ERROR_CONFIG,
                         "the folder '%s' must be ours and writable by nobody else", folder);
    self->lock = openat(self->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (self->lock < 0)
        return error_set(error, ERROR_CONFIG, "cannot make '%s/lock': %s", folder, strerror(errno));
    if (flock(self->lock, LOCK_EX | LOCK_NB))
        return error_set(error, ERROR_CONFIG, "another worker uses the folder '%s': %s", folder,
                         strerror(errno));
    return 0;
}

// Reads one line. ERROR_NOT_FOUND if there is no such file.
static int
read_line(const state_t *self, const char *name, char **line, struct error *error)
{
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    if (fd_read_file(self->folder, name, FILE_SIZE_MAX, &text, &size, error))
        return -1;
    if (size == 0 || text[size - 1] != '\n' || strlen(text) != size ||
        strchr(text, '\n') != text + size - 1)
        return error_set(error, ERROR_CORRUPT, "'%s' is not one line", name);
    text[size - 1] = '\0';
    *line = STEAL(text);
    return 0;
}

static int
is_instance(const char *text)
{
    return strlen(text) == RANDOM_ID_SIZE - 1 &&
           strspn(text, "0123456789abcdef-") == RANDOM_ID_SIZE - 1;
}

static int
read_instance(state_t *self, struct error *error)
{
    CLEAN(memory_free) char *line = NULL;
    if (read_line(self, "instance", &line, error) == 0) {
        if (!is_instance(line))
            return error_set(error, ERROR_CORRUPT, "'instance' holds no id");
        memcpy(self->instance, line, sizeof self->instance);
        return 0;
    }
    if (error->code != ERROR_NOT_FOUND)
        return -1;
    random_id(self->instance);
    CLEAN(memory_free) char *text = memory_format("%s\n", self->instance);
    return fd_write_file(self->folder, "instance", text, strlen(text), error);
}

static int
read_epoch(state_t *self, struct error *error)
{
    CLEAN(memory_free) char *line = NULL;
    if (read_line(self, "epoch", &line, error))
        return error->code == ERROR_NOT_FOUND ? 0 : -1;
    char *end = NULL;
    errno = 0;
    unsigned long long epoch = strtoull(line, &end, 10);
    if (strspn(line, "0123456789") != strlen(line) || errno || epoch > INT64_MAX)
        return error_set(error, ERROR_CORRUPT, "'epoch' holds no number");
    self->epoch = epoch;
    return 0;
}

int
state_open(state_t **self_p, const char *folder, struct error *error)
{
    CLEAN(state_destroy) state_t *self = memory_get(sizeof *self);
    self->folder = self->lock = -1;
    if (open_folder(self, folder, error))
        return -1;
    if (read_instance(self, error) || read_epoch(self, error))
        return error_wrap(error, "cannot use the state in '%s'", folder);
    *self_p = STEAL(self);
    return 0;
}

void
state_destroy(state_t **self_p)
{
    state_t *self = *self_p;
    if (!self)
        return;
    fd_close(&self->lock);
    fd_close(&self->folder);
    memory_free(self_p);
}

const char *
state_instance(const state_t *self)
{
    return self->instance;
}

int
state_folder(const state_t *self)
{
    return self->folder;
}

uint64_t
state_epoch(const state_t *self)
{
    return self->epoch;
}

int
state_raise_epoch(state_t *self, uint64_t epoch, struct error *error)
{
    if (epoch == 0 || epoch > INT64_MAX)
        return error_set(error, ERROR_INVALID, "%" PRIu64 " is no epoch", epoch);
    if (epoch < self->epoch)
        return error_set(error, ERROR_DENIED,
                         "the coordinator's epoch %" PRIu64 " is over: %" PRIu64 " was seen", epoch,
                         self->epoch);
    if (epoch == self->epoch)
        return 0;
    char text[32];
    int length = snprintf(text, sizeof text, "%" PRIu64 "\n", epoch);
    if (fd_write_file(self->folder, "epoch", text, (size_t)length, error))
        return error_wrap(error, "cannot keep the epoch");
    self->epoch = epoch;
    return 0;
}
