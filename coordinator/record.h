// The plain records that the coordinator's classes know each other by. Texts are owned by the
// record and never NULL once it was filled in ("" = nothing); times are UTC in unix milliseconds,
// 0 = not yet.

#pragma once

#include <stddef.h>
#include <stdint.h>

// Which policy a database has, as it was last told (assignment.h).
struct assignment {
    char *policy;                 // "" = none; of one that opted out, that which it would have
    char *outcome;                // as policy_outcome_name; "" = it was not looked at yet
    char *tag;                    // what its owner's tag said, cut short; "" = nothing
    char *lost_policy;            // what the owner's tag picked before and does not any more
    int64_t lost_ms;              // since when; 0 = it lost nothing, or picked anew
    int64_t good_ms, offsite_ms;  // how old the newest set may be; 0 = nothing is promised
};

// What there is of a database (promise.h).
struct standing {
    int64_t good_ms, offsite_ms;  // when the newest good set, and off-site one, was made; 0 = none
    int64_t lost_ms;   // until when one that was found damaged since kept the promise; 0 = none
    int64_t tried_ms;  // when its last backup ended, well or failed; 0 = never
};

// What a provider says of one database server, and what the catalog knows of it.
struct database {
    int64_t id;         // of the catalog; 0 = not in it yet
    char *provider;     // "file:<name>", "aws:<name>"
    char *resource_id;  // stable, whatever it is renamed to; unique within the provider
    char *name, *engine, *version, *account, *region, *host, *secret;
    char *long_name;    // all of its name as of now, as an ARN; "" = the provider has no such thing
    char *source;       // which endpoint host is: "writer", "reader", "replica NAME"; "" = the only
    char *endpoints;    // all that are known: "primary=HOST:PORT reader=... replica=..."; "" = host
    char *role_arn;     // what a worker assumes for the account's secrets; "" = nothing
    char *external_id;  // that goes with it; no secret
    char *state;        // as the provider says: "available", "stopped", ...
    char *tags;         // JSON object of texts
    char *skip_reason;  // "" = can be backed up; else a sentence why not
    int64_t port, size_bytes;
    int64_t first_seen_ms, last_seen_ms, gone_ms;
    int64_t stale_ms;  // since when its provider could not say anything of it
    struct assignment assignment;
    struct standing standing;
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

// What people are told of; in the order of what is told first.
enum outage_kind {
    OUTAGE_FAILURE,      // a backup or a verification that failed for good
    OUTAGE_PARTIAL,      // a run that left something out
    OUTAGE_OVERDUE,      // a database's last set is older than its policy promises
    OUTAGE_UNPROTECTED,  // a database that no policy has
    OUTAGE_PROTECTION,   // a store whose sets wait for a snapshot or the other site
    OUTAGE_JUMP,         // a database whose new set is much larger or smaller than those before
    OUTAGE_KINDS,
};

// Trouble with one cause, however many it strikes (outages.h).
struct outage {
    int64_t id;
    enum outage_kind kind;
    char *key;      // what makes failures one outage
    char *cause;    // in the words of the first of them
    char *told_to;  // targets that were told, with a blank after each
    int64_t opened_ms;
    int64_t told_ms;   // when it was told last
    int64_t empty_ms;  // since when it strikes nothing any more
    int64_t closed_ms;
    int64_t told_members;  // how many it struck when it was told last
    size_t members;        // now; counted, not stored
    int has_joined;        // something has, since it was looked at; not kept
};

// What an outage strikes.
struct outage_member {
    int64_t outage_id;
    char *subject;  // "database:12", "run:nightly"; in one outage of a kind at most
    char *name;     // for people
    char *policy;   // "" = none
    int64_t since_ms;
};

// A message on its way to one target.
struct delivery {
    char *id;  // a UUID, the same in each try
    char *target, *event, *severity;
    char *title;     // one line
    char *text;      // for people, lines
    char *document;  // the same in JSON
    int64_t at_ms;   // when it was made
    int64_t next_ms, tries;
    int64_t merged;  // older messages that this one stands for, too
    int is_written;  // the catalog has it; not stored
    int is_under_way;
};

// What came of a target's deliveries so far.
struct receipt {
    char *target;
    char *message;  // of the last failure
    int64_t delivered_ms, failed_ms, given_up;
};

// Kinds of jobs, and the kinds of runs after them.
enum job_kind {
    JOB_BACKUP,
    JOB_RESTORE,
    JOB_VERIFY,
    JOB_CHECK,
    JOB_SWEEP,
    JOB_EXPIRE,
    JOB_CATALOG,  // saves the catalog into a store
    JOB_KINDS,
};

enum job_state {
    JOB_QUEUED,
    JOB_RUNNING,
    JOB_CANCELLING,  // runs still, but was told to stop
    JOB_SUCCEEDED,
    JOB_FAILED,
    JOB_CANCELLED,
    JOB_DEFERRED,  // its policy's window closed before it began
    JOB_STATES,
};

// How far a protection is (protection.h).
enum protection_state {
    PROTECTION_PENDING,   // its snapshot is to be made
    PROTECTION_CREATED,   // it was made, and nobody could look at it yet
    PROTECTION_SEEN,      // it was seen: its sets are protected
    PROTECTION_SYNCING,   // and are on their way to the other site
    PROTECTION_OFFSITE,   // they are there
    PROTECTION_KEPT,      // seen, and no more is wanted
    PROTECTION_GIVEN_UP,  // it will never be: its sets are the next one's
    PROTECTION_STATES,
};

// Instead of the days of one that has ended: its snapshot is to expire at once, and it is not known
// yet whether it has.
enum { PROTECTION_LET_GO = -1 };

// One snapshot of what holds a store, and so of every set that had its name before.
struct protection {
    int64_t id;
    enum protection_state state;
    char *store, *system, *mtree;  // the system's name in the configuration
    char *snapshot;
    char *context, *destination;  // as they were found; "dd2.example:/data/col1/su1"
    char *message;                // what keeps it from going on
    int64_t set_count;
    int64_t retention_days;  // of the snapshot; 0 = as the settings say, or PROTECTION_LET_GO
    int64_t began_ms, seen_ms, syncing_ms, offsite_ms;  // by our clock
    int64_t created_ms, expires_ms, synced_ms;          // by the system's
    int is_sending, is_sent;  // a sync that began after it was seen runs, has ended well; not kept
};

// How many sets of a store no protection covers, that were made by a policy.
struct uncovered {
    char *store;
    char *policy;  // "" = none
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
    char *policy;   // that it was made by; "" = none
    int64_t queued_ms, started_ms, ended_ms;
    int64_t
        expected_ms;  // how long it will take, by what is known; not in the catalog; 0 = unknown
};

// Which new set is unlike those before it (jump.h), in percent of what is usual; 0 = none ever is.
enum { JUMP_GROWTH = 300, JUMP_SHRINK = 50 };  // where no policy says else
struct jump_rules {
    int64_t growth_percent, shrink_percent;  // more, or less, is a jump
};

// What is known of a backup that succeeded.
struct past {
    int64_t database_id, duration_ms;
    int64_t set_bytes, size_bytes;  // of the set; of the database, as its provider says now
    int64_t rows;                   // of the set; 0 = not counted
};

const char *job_kind_name(enum job_kind kind);              // "backup"
const char *job_state_name(enum job_state state);           // "queued"; also what the catalog holds
int job_kind_parse(const char *text, enum job_kind *kind);  // 0 or -1
int job_state_parse(const char *text, enum job_state *state);
int job_state_ended(enum job_state state);
const char *protection_state_name(enum protection_state state);  // "pending", ..., "off-site"
int protection_state_parse(const char *text, enum protection_state *state);

const char *outage_kind_name(enum outage_kind kind);  // "failure"; also what the catalog holds
int outage_kind_parse(const char *text, enum outage_kind *kind);  // 0 or -1

struct database *database_new(void);  // all texts "", all numbers 0
void database_destroy(struct database **self_p);

// Copies what a provider says: all texts, port and size; no number of the catalog's, no time.
void database_copy(struct database *to, const struct database *from);

// Its texts, for whoever copies, compares or reads all of them: provider, resource_id, name,
// long_name, engine, version, account, region, host, source, secret, role_arn, external_id, state,
// tags, skip_reason, endpoints.
enum { DATABASE_TEXTS = 17 };
void database_texts(struct database *self, char **texts[DATABASE_TEXTS]);

// The same of its assignment: policy, outcome, tag, lost_policy.
enum { ASSIGNMENT_TEXTS = 4 };
void assignment_texts(struct assignment *self, char **texts[ASSIGNMENT_TEXTS]);

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
struct outage *outage_new(void);
void outage_destroy(struct outage **self_p);
struct outage_member *outage_member_new(void);
void outage_member_destroy(struct outage_member **self_p);
struct delivery *delivery_new(void);
void delivery_destroy(struct delivery **self_p);
struct receipt *receipt_new(void);
void receipt_destroy(struct receipt **self_p);

// Replaces a text of a record by a copy.
void record_set(char **text_p, const char *text);
