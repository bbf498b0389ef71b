// A Data Domain's command line, over ssh. It only ever runs `snapshot create`, `snapshot expire`,
// `snapshot list`, `replication sync`, `replication status` and `replication show config`; names
// and paths in them are checked (dd_name.h). A command succeeded if it ended with 0 and no line
// begins with "**** "; what it says else is not documented and not read.
//
// Errors: ERROR_DENIED if the Data Domain refused a command, with its words; ERROR_UNAVAILABLE if
// ssh failed or there was no end in time; ERROR_INVALID for what cannot be read, or a name that is
// none; ERROR_CANCELLED when stop_fd can be read. Calls wait, but for dd_shell_start_sync.

#pragma once

#include "coordinator/protect/dd_output.h"
#include "coordinator/protect/dd_record.h"
#include "coordinator/protect/ssh.h"

struct dd_shell {
    struct ssh_login login;  // its texts are lent
    int64_t patience_ms;     // of one command
    int stop_fd;             // -1: none
};

// With a retention, always.
int dd_shell_create(const struct dd_shell *self, const char *mtree, const char *name,
                    int64_t retention_days, int is_secured, struct error *error);

// Now. What is secured is refused.
int dd_shell_expire(const struct dd_shell *self, const char *mtree, const char *name,
                    struct error *error);

// Whether `snapshot list` names it, for a Data Domain whose REST does not answer: a name of ours is
// a word that stands nowhere else.
int dd_shell_has(const struct dd_shell *self, const char *mtree, const char *name, int *has,
                 struct error *error);

// A context of the MTree as `replication status` has it: its time has no year, no zone and no
// seconds.
struct dd_shell_context {
    struct dd_context context;  // synced_s is 0
    int has_stamp;
    struct dd_stamp stamp;
};

// Those whose source is that MTree on a host of one of the two names, which may lack the domain:
// what others send to this Data Domain is not meant. *contexts is the caller's (memory_free).
int dd_shell_contexts(const struct dd_shell *self, const char *const names[2], const char *mtree,
                      struct dd_shell_context **contexts, size_t *count, struct error *error);

// Starts `replication sync` to a destination and returns; ssh_fd tells when it has ended, and
// dd_shell_finish_sync how.
int dd_shell_start_sync(const struct dd_shell *self, const char *host, const char *path,
                        ssh_t **ssh, struct error *error);
int dd_shell_finish_sync(const struct dd_shell *self, ssh_t *ssh, struct error *error);
