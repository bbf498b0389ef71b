// A command run on another host by OpenSSH's client, in a child process: no configuration file, no
// question, the host's key pinned, our key from a file. Its standard input is empty.
//
//     CLEAN(ssh_destroy) ssh_t *ssh = NULL;
//     CLEAN(buffer_clear) struct buffer output = {0};
//     if (ssh_start(&ssh, &login, "snapshot list mtree /data/col1/su1", error) ||
//         ssh_finish(ssh, 60000, stop_fd, &output, error))
//         return -1;
//
// What is printed is not judged here. Used by one thread, which must outlive the child.

#pragma once

#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

enum { SSH_OUTPUT_MAX = 1 << 20 };

typedef struct ssh ssh_t;

struct ssh_login {
    const char *host, *user;
    int64_t port;
    const char *key_path;          // our private key, without a passphrase
    const char *known_hosts_path;  // with the host's key, as ssh-keyscan writes it
    const char *alias;             // under which that file has the key; NULL: "[host]:port"
};

// The line is what the other side's command line gets: the caller vouches for each word.
int ssh_start(ssh_t **self_p, const struct ssh_login *login, const char *line, struct error *error);
void ssh_destroy(ssh_t **self_p);  // kills what still runs

int ssh_fd(const ssh_t *self);  // readable when it has ended; for a poll

// Readable when it prints something, which ssh_drain takes: who prints much would wait for us else.
// -1 after the end of it.
int ssh_output_fd(const ssh_t *self);
void ssh_drain(ssh_t *self);

// Reads what it prints (at most SSH_OUTPUT_MAX bytes, cleaned but for line feeds) until it ends.
// *exit_code is its own. ERROR_UNAVAILABLE if that takes longer than patience_ms, or if ssh itself
// failed (its message is in the error); ERROR_CANCELLED if stop_fd (-1: none) can be read.
int ssh_finish(ssh_t *self, int64_t patience_ms, int stop_fd, struct buffer *output, int *exit_code,
               struct error *error);
