// The plain records that the coordinator's classes know each other by. Texts are owned by the
// record and never NULL once it was filled in ("" = nothing); times are UTC in unix milliseconds,
// 0 = not yet.

#pragma once

#include <stddef.h>
#include <stdint.h>

// What a provider says of one database server, and what the catalog knows of it.
struct database {
    int64_t id;         // of the catalog; 0 = not in it yet
    char *provider;     // "file:<name>", "aws:<name>"
    char *resource_id;  // stable, whatever it is renamed to; unique within the provider
    char *name, *engine, *version, *account, *region, *host, *secret;
    char *long_name;    // all of its name as of now, as an ARN; "" = the provider has no such thing
    char *source;       // which endpoint host is: "writer", "reader", "replica NAME"; "" = the only
    char *role_arn;     // what a worker assumes for the account's secrets; "" = nothing
    char *external_id;  // that goes with it; no secret
    char *state;        // as the provider says: "available", "stopped", ...
    char *tags;         // JSON object of texts
    char *skip_reason;  // "" = can be backed up; else a sentence why not
    int64_t port, size_bytes;
    int64_t first_seen_ms, last_seen_ms, gone_ms;
    int64_t stale_ms;  // since when its provider could not say anything of it
};

// A part of an estate that is asked by itself, and what came of it.
struct scope {
    char *provider, *account, *region;  // region "" = what is asked of the account as a whole;
                                        // both "" = of the provider as a whole
    char *state;                        // "answers", "failed"
    char *message;                      // why it failed
    int64_t since_ms;                   // since when it has this state and message
};

// What is remembered of a policy's firings (schedule.h); all 0 = nothing.
struct firing {
    char *policy;
    int64_t seen_ms, fired_ms, skipped_after_ms, skipped_until_ms;
    int64_t closes_ms;  // when the window of the last one closes; 0 = it has
};

// Kinds of jobs, and the kinds of runs after them.
enum job_kind { JOB_BACKUP, JOB_RESTORE, JOB_VERIFY, JOB_CHECK, JOB_SWEEP, JOB_KINDS };

enum job_state {
    JOB_QUEUED,
    JOB_RUNNING,
    JOB_CANCELLING,  // runs still, but was told to stop
    JOB_SUCCEEDED,
    JOB_FAILED,
    JOB_CANCELLED,
    JOB_STATES,
};

// How far a protection is (protection.h).
enum protection_state {
    PROTECTION_PENDING,  // its snapshot is to be made
    PROTECTION_CREATED,  // it was made, and nobody could look at it yet
    PROTECTION_SEEN,     // it was seen: its sets are protected
    PROTECTION_SYNCING,  // and are on their way to the other site
    PROTECTION_OFFSITE,  // they are there
    PROTECTION_KEPT,     // seen, and no more is wanted
    PROTECTION_STATES,
};

// One snapshot of what holds a store, and so of every set that had its name before.
struct protection {
    int64_t id;
    enum protection_state state;
    char *store, *system, *mtree;  // the system's name in the configuration
    char *snapshot;
    char *context, *destination;  // as they were found; "dd2.example:/data/col1/su1"
    char *message;                // what keeps it from going on
    int64_t set_count;
    int64_t began_ms, seen_ms, syncing_ms, offsite_ms;  // by our clock
    int64_t created_ms, expires_ms, synced_ms;          // by the system's
};

// How many sets of a store no protection covers.
struct uncovered {
    char *store;
    int64_t set_count;
};

struct run {
    int64_t id;
    enum job_kind kind;
    char *label;         // of the policy, or "manual"
    char *selector;      // as the operator wrote it
    char *requested_by;  // "uid:0", "key:alice", "schedule"
    char *policy_digest;
    char *note;  // why it cannot be whole even if every job succeeds; "" = nothing
    int64_t started_ms, ended_ms;
    int64_t jobs, succeeded, failed, cancelled, skipped;
};

struct job {
    int64_t id, run_id, database_id, set_id;  // 0 = none
    enum job_kind kind;
    enum job_state state;
    int64_t attempt;        // the fencing token: of the newest attempt; 0 = none yet
    int64_t failures;       // what the retry budget counts
    int64_t not_before_ms;  // UTC: when it may be tried again
    uint8_t *task;          // a packed wire Run, without what changes per attempt
    size_t task_size;
    char *worker;   // instance that holds the newest attempt; "" = none
    char *message;  // of the last failure
    int64_t queued_ms, started_ms, ended_ms;
};

const char *job_kind_name(enum job_kind kind);              // "backup"
const char *job_state_name(enum job_state state);           // "queued"; also what the catalog holds
int job_kind_parse(const char *text, enum job_kind *kind);  // 0 or -1
int job_state_parse(const char *text, enum job_state *state);
int job_state_ended(enum job_state state);
const char *protection_state_name(enum protection_state state);  // "pending", ..., "off-site"
int protection_state_parse(const char *text, enum protection_state *state);

struct database *database_new(void);  // all texts "", all numbers 0
void database_destroy(struct database **self_p);

// Copies what a provider says: all texts, port and size; no number of the catalog's, no time.
void database_copy(struct database *to, const struct database *from);

// Its texts, for whoever copies, compares or reads all of them: provider, resource_id, name,
// long_name, engine, version, account, region, host, source, secret, role_arn, external_id, state,
// tags, skip_reason.
enum { DATABASE_TEXTS = 16 };
void database_texts(struct database *self, char **texts[DATABASE_TEXTS]);

struct scope *scope_new(void);
void scope_destroy(struct scope **self_p);
struct firing *firing_new(void);
void firing_destroy(struct firing **self_p);
struct protection *protection_new(void);
void protection_destroy(struct protection **self_p);
struct uncovered *uncovered_new(void);
void uncovered_destroy(struct uncovered **self_p);
struct run *run_record_new(void);
void run_record_destroy(struct run **self_p);
struct job *job_record_new(void);
void job_record_destroy(struct job **self_p);

// Replaces a text of a record by a copy.
void record_set(char **text_p, const char *text);
