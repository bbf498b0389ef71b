// The file of a local (ipc) socket that this program listens on, and the lock beside it.
//
// libzmq would unlink whatever is at the path, give the new socket whatever mode the umask leaves,
// and unlink it again some time after the close, when it may be somebody else's. So the file is
// made here, and libzmq gets a socket that listens already (ZMQ_USE_FD). Only sock.c uses it.

#pragma once

#include "common/error.h"

typedef struct ipc_path ipc_path_t;

// Takes the lock, replaces a dead socket's file and listens: *listener is the caller's. Nobody can
// connect before the file has exactly `mode`. ERROR_CONFIG if another program holds the lock, or
// if the path is no socket.
int ipc_path_open(ipc_path_t **self_p, const char *path, unsigned mode, int backlog, int *listener,
                  struct error *error);

// Removes the socket's file and lets go of the lock. The lock's file stays: removing it would let
// two programs hold locks on different files of one name.
void ipc_path_destroy(ipc_path_t **self_p);
