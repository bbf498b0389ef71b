#include "common/ipc_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

struct ipc_path {
    char *path;  // NULL until the socket's file is ours
    int lock;
};

static int
take_lock(const char *path, int *lock, struct error *error)
{
    CLEAN(memory_free) char *lock_path = memory_format("%s.lock", path);
    CLEAN(fd_close) int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_set(error, ERROR_CONFIG, "cannot open '%s': %s", lock_path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB))
        return error_set(error, ERROR_CONFIG,
                         errno == EWOULDBLOCK
                             ? "another program listens on '%s': stop it, or choose another path"
                             : "cannot lock '%s'",
                         path);
    *lock = fd_steal(&fd);
    return 0;
}

static int
remove_dead_socket(const char *path, struct error *error)
{
    struct stat status;
    if (lstat(path, &status) && errno == ENOENT)
        return 0;
    if (!S_ISSOCK(status.st_mode))
        return error_set(error, ERROR_CONFIG, "'%s' is there and is no socket", path);
    if (unlink(path))
        return error_set(error, ERROR_CONFIG, "cannot replace '%s': %s", path, strerror(errno));
    return 0;
}

int
ipc_path_open(ipc_path_t **self_p, const char *path, unsigned mode, int backlog, int *listener,
              struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path[0] != '/' || strlen(path) >= sizeof address.sun_path)
        return error_set(error, ERROR_CONFIG,
                         "the socket's path '%s' must begin with '/' and be shorter than %zu bytes",
                         path, sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    CLEAN(ipc_path_destroy) ipc_path_t *self = memory_get(sizeof *self);
    self->lock = -1;
    if (take_lock(path, &self->lock, error) || remove_dead_socket(path, error))
        return -1;
    CLEAN(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address))
        return error_set(error, ERROR_CONFIG, "cannot make the socket '%s': %s", path,
                         strerror(errno));
    self->path = memory_copy_text(path);
    // Before listen(): a connection is refused until then, whatever mode the file was born with.
    if (chmod(path, (mode_t)mode) || listen(fd, backlog))
        return error_set(error, ERROR_CONFIG, "cannot listen on '%s': %s", path, strerror(errno));
    *listener = fd_steal(&fd);
    *self_p = STEAL(self);
    return 0;
}

void
ipc_path_destroy(ipc_path_t **self_p)
{
    ipc_path_t *self = *self_p;
    if (!self)
        return;
    if (self->path)
        unlink(self->path);
    memory_free(&self->path);
    fd_close(&self->lock);
    memory_free(self_p);
}
