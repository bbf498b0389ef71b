// One job at work: what each kind of it gets and gives back. A kind is a file, work_<kind>.c, with
// one function; it may block, and reports how far it is by work_tell.
//
// The helpers below turn what a Run names (a store's identity, a server with the name of a secret)
// into the thing itself, by the worker's own configuration and nothing else.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/error.h"
#include "proto/wire.h"
#include "worker/engine/engine.h"
#include "worker/keyring.h"
#include "worker/set/writer.h"
#include "worker/settings.h"
#include "worker/store/store.h"

enum { WORK_PHASE_SIZE = 32 };

// What goes through the pipe from the work to the process's first thread.
struct work_note {
    char phase[WORK_PHASE_SIZE];
    uint64_t done_bytes, total_bytes;
    size_t
        store;  // one more than the place in the settings of that which it uses now; 0: as before
};

// What the catalog keeps of a set.
struct work_set {
    struct set_summary summary;
    char *tool, *tool_version, *server_version, *consistency;
    uint32_t schema_count, left_out_count, excluded_count;
    uint64_t rows;  // 0: they were not counted
};

struct work {
    const struct settings *settings;
    const Wire__Envelope *run;
    int notes;                       // where work_note goes
    int input, output;               // frames from and to the daemon
    wire_decoder_t *decoder;         // of the frames after the first
    uint64_t fetched;                // the number of the last Fetch
    int stop;                        // readable once the job is cancelled
    int64_t noted_ms;                // when the last one went
    char phase[WORK_PHASE_SIZE];     // of the last one
    toolbox_t *toolbox;              // once an engine was opened
    keyring_t *keyring;              // of the server, once it was opened
    struct credentials credentials;  // the first that it gave
    char *message;                   // for a person; NULL: nothing to say
    struct work_set *set;            // of a backup
    int is_damaged;                  // the set that was read is not what its manifest says
    int is_locked;                   // the store does not let go of the set that is to be removed
    int is_whole;                    // and nothing of it was removed
    int is_hanging;                  // a thread of ours does: leave by _exit
};

void work_clear(struct work *self);

// Says how far the work is; most calls do nothing.
void work_tell(struct work *self, const char *phase, uint64_t done_bytes, uint64_t total_bytes);

// A line more for the person. Beyond WIRE_MESSAGE_MAX nothing is added.
void work_remark(struct work *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Says what the policy left out of a set: how much, by the first few names, and which of its
// patterns fit nothing.
void work_remark_excluded(struct work *self, const struct manifest *manifest);

// Opens and checks the configured store with this identity. ERROR_CONFIG if there is none.
int work_open_store(struct work *self, const char *identity, store_t **store, struct error *error);

// The folder of the store that a backup's set goes to, "" being its root; NULL for what writes
// none. The caller's.
char *work_folder(const Wire__Run *run);

// Fills `server` for an engine: the secret, if it may go there, and how TLS is done. `what` may be
// NULL. The texts are the work's. A job has one server.
int work_open_server(struct work *self, const Wire__Server *named, const Wire__What *what,
                     struct server *server, struct error *error);

// Fills the options that a policy gives. The selection is the caller's; NULL if all is wanted.
// ERROR_INVALID if a pattern is none.
int work_read_what(const Wire__What *what, selection_t **selection, struct backup_options *options,
                   struct error *error);

// What a policy says that has no effect with such a server and tool ("" = not known), and why, for
// people: the first, second ... of it, from number 0; NULL if there is no more.
const char *work_idle_option(const Wire__What *what, const char *engine, const char *tool,
                             size_t number);

// The tools of this host for servers of this engine, which is the job's only one; lent.
const toolbox_t *work_toolbox(struct work *self, const char *engine);

// Finds the tools and opens an engine for the server, whose record `wire` is; `server` must outlive
// it. `kind` "" = whichever fits.
int work_open_engine(struct work *self, const char *kind, const Wire__Server *wire,
                     const struct server *server, engine_t **engine, struct error *error);

// Asks the coordinator for the next piece of a list, or for its word on the lines in `text`, and
// waits for it: at most WIRE_FETCH_MAX bytes. The piece is lent until the next call.
int work_fetch(struct work *self, const char *list, const char *cursor, const char *text,
               const Wire__Piece **piece, struct error *error);

int work_backup(struct work *self, struct error *error);
int work_restore(struct work *self, struct error *error);
int work_verify(struct work *self, struct error *error);
int work_check(struct work *self, struct error *error);
int work_sweep(struct work *self, struct error *error);
int work_expire(struct work *self, struct error *error);
int work_save_catalog(struct work *self, struct error *error);
