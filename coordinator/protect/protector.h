// A protector: what keeps written sets safe. An interface with kinds: `datadomain` (a snapshot of
// an MTree, and its replication to another Data Domain) and `none` (nothing does).
//
// One protector is one system, with any number of MTrees. Calls wait, each no longer than its
// deadlines; an actor (keeper.h) uses it. Nothing here decides: see coordinator/protections.h.
// Every call may be repeated. A protector never makes, changes, breaks or initializes a
// replication.
//
//     CLEAN(protector_destroy) protector_t *protector = NULL;
//     struct protector_snapshot snapshot;
//     if (protector_open(&protector, &arguments, error) ||
//         protector_take(protector, &wish, &snapshot, error))
//         return -1;
//
// Errors: ERROR_UNAVAILABLE for what may pass; ERROR_DENIED for what is refused, in the words of
// who refuses; ERROR_NOT_FOUND; ERROR_CONFIG where somebody has to do something first;
// ERROR_INVALID for an answer that makes no sense; ERROR_CANCELLED when stop_fd can be read.
//
// Adding a kind: a file with its ops, and a line in protector.c.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "coordinator/protect/ssh.h"

enum {
    PROTECTOR_NAME_SIZE = 256,
    PROTECTOR_PATH_SIZE = 512,
    PROTECTOR_TEXT_SIZE = 256,
    PROTECTOR_DESTINATIONS_MAX = 8,
};

typedef struct protector protector_t;

// All is lent for as long as the protector lives.
struct protector_arguments {
    const char *kind;
    const char *name;  // of the configuration
    const char *host;  // of the system, as stores say it: boostfs:HOST:/SU
    const char *rest_url, *ca_file, *pinned_key, *user;  // ca_file, pinned_key: NULL = none
    int (*password)(const void *context, char **password, struct error *error);
    const void *context;  // of it
    struct ssh_login login;
    const char *destination;  // the host whose copy counts; "" = every one that there is
    int64_t patience_ms;      // of one request or command
    int stop_fd;              // readable: whatever is under way is to end soon; -1: none
};

struct protector_wish {
    const char *mtree, *name;
    int64_t retention_days;
    int is_secured;
};

// A snapshot as it was seen. Times are the system's own, in unix seconds.
struct protector_snapshot {
    int64_t created_s;  // 0 = it was made, but nobody could look at it yet
    int64_t expires_s;  // 0 = never
    int is_secured;
    int is_expired;  // it is there, but may go any time: it keeps nothing
    int was_there;   // nothing had to be done
    size_t count;    // of all snapshots of the MTree; 0 = not known
};

// Where the MTree goes, and how far that is.
struct protector_replica {
    struct protector_destination {
        char context[PROTECTOR_NAME_SIZE];
        char host[PROTECTOR_NAME_SIZE], path[PROTECTOR_PATH_SIZE];
        int64_t synced_s;  // it is there as it was here then; 0 = not known
    } destinations[PROTECTOR_DESTINATIONS_MAX];
    size_t count;                          // 0 = it is not replicated
    int64_t synced_s;                      // the least of all
    char trouble[PROTECTOR_TEXT_SIZE];     // why it does not go on; "" = it does
    char lock[PROTECTOR_NAME_SIZE];        // the MTree's retention lock; "" = not known
    char lock_terms[PROTECTOR_TEXT_SIZE];  // its mode and periods, for people
    int64_t quota_bytes, used_bytes;       // of the MTree, before compression; 0 = none, not known
};

struct protector_ops {
    const char *kind;
    // Touches nothing outside.
    int (*open)(protector_t **self_p, const struct protector_arguments *arguments,
                struct error *error);
    void (*destroy)(protector_t **self_p);
    // Makes sure that the snapshot is there: one that is, is left as it is.
    int (*take)(protector_t *self, const struct protector_wish *wish,
                struct protector_snapshot *snapshot, struct error *error);
    // Looks at it. ERROR_NOT_FOUND if it is not there.
    int (*confirm)(protector_t *self, const char *mtree, const char *name,
                   struct protector_snapshot *snapshot, struct error *error);
    // Lets go of it: it expires now. ERROR_DENIED if it is secured.
    int (*expire)(protector_t *self, const char *mtree, const char *name, struct error *error);
    int (*look)(protector_t *self, const char *mtree, struct protector_replica *replica,
                struct error *error);
    // Starts what sends to that destination all that is in the MTree now. Once ssh_fd can be
    // read, finish_sync says how it ended; what counts is what `look` sees then.
    int (*start_sync)(protector_t *self, const struct protector_destination *destination,
                      ssh_t **ssh, struct error *error);
    int (*finish_sync)(protector_t *self, ssh_t *ssh, struct error *error);
};

struct protector {
    const struct protector_ops *ops;
};

extern const struct protector_ops protector_datadomain_ops, protector_none_ops;

// Whether there is such a kind.
int protector_knows(const char *kind);

int protector_open(protector_t **self_p, const struct protector_arguments *arguments,
                   struct error *error);
void protector_destroy(protector_t **self_p);
int protector_take(protector_t *self, const struct protector_wish *wish,
                   struct protector_snapshot *snapshot, struct error *error);
int protector_confirm(protector_t *self, const char *mtree, const char *name,
                      struct protector_snapshot *snapshot, struct error *error);
int protector_expire(protector_t *self, const char *mtree, const char *name, struct error *error);
int protector_look(protector_t *self, const char *mtree, struct protector_replica *replica,
                   struct error *error);
int protector_start_sync(protector_t *self, const struct protector_destination *destination,
                         ssh_t **ssh, struct error *error);
int protector_finish_sync(protector_t *self, ssh_t *ssh, struct error *error);
