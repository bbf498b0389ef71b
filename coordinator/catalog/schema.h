// The catalog's tables, their versions, and every statement that changes them, in SQL that all
// kinds share as far as they can. Times are UTC unix milliseconds (BIGINT), 0 = not yet; booleans 0
// and 1; digests BLOB; all else TEXT or BIGINT; no column takes NULL but a job's task. Ids are
// given by the one leader, not by the database. docs/catalog.md tells report authors what is in
// the tables.
//
// A new version of the schema is one more row in each kind's list of migrations (sqlite_schema.c,
// mysql_schema.c, postgres_schema.c, in step), applied in a transaction where the kind has such; a
// view for reports is made there, too. A catalog of a newer version than ours is refused with a
// sentence. A migration that has been in a release is never changed.

#pragma once

#include <stddef.h>

// (g) = a guard: must change exactly one row. Parameters in order, with batch.h's letters.
enum statement {
    // Takes a database as a provider tells it: inserts, or updates all but id and first_seen_ms of
    // the row with this id; gone_ms and stale_ms become 0. Refused if another id has this provider
    // and resource_id.
    // i id, t provider, t resource_id, t name, t long_name, t engine, t version, t account,
    // t region, t host, i port, t source, t secret, t role_arn, t external_id, t state, t tags,
    // t skip_reason, i size_bytes, i seen_ms
    STATEMENT_DATABASE_PUT,
    // t endpoints, i id: goes with each of the above
    STATEMENT_DATABASE_ENDPOINTS,
    // i last_seen_ms, i id
    STATEMENT_DATABASE_SEEN,
    // i stale_ms, i id
    STATEMENT_DATABASE_STALE,
    // i gone_ms, i id; stale_ms becomes 0
    STATEMENT_DATABASE_GONE,
    // Which policy it has (record.h).
    // t policy, t outcome, t tag, t lost_policy, i tag_lost_ms, i promise_good_ms,
    // i promise_offsite_ms, i id
    STATEMENT_DATABASE_ASSIGN,
    // Inserts, or updates the row of this provider, account and region.
    // t provider, t account, t region, t state, t message, i since_ms
    STATEMENT_SCOPE_PUT,
    // What happened to a database (or, with database_id 0, to a scope): "appeared", "changed" and
    // the like.
    // i id, i at_ms, i database_id, t provider, t account, t region, t kind, t message
    STATEMENT_EVENT_ADD,

    // (g) i id, t kind, t label, t selector, t requested_by, t policy_digest, t note, i started_ms
    STATEMENT_RUN_ADD,
    // i run_id, i database_id, t reason
    STATEMENT_RUN_SKIP,
    // (g) i ended_ms, i jobs, i succeeded, i failed, i cancelled, i skipped, i id; only if ended_ms
    // is 0
    STATEMENT_RUN_END,

    // (g) i id, i run_id, t kind, i database_id, i set_id, b task, i queued_ms; state queued,
    // attempt 0. database_id and set_id are 0 if there is none; a backup's set is found by its job.
    STATEMENT_JOB_ADD,
    // (g) t policy, t policy_digest, i id: what the job was made by; "" without this
    STATEMENT_JOB_POLICY,
    // (g) i not_before_ms, i id: of a job that is queued
    STATEMENT_JOB_WAIT,
    // (g) i attempt, t worker, i started_ms, i id, i attempt - 1: queued -> running, if attempt
    // fits. worker is the instance; started_ms of the job is that of its newest attempt.
    STATEMENT_JOB_START,
    // (g) i job_id, i number, t worker instance, t worker name, i started_ms
    STATEMENT_ATTEMPT_ADD,
    // (g) t outcome ("succeeded", "failed", "cancelled", "deferred", "lost", "refused"),
    // t failure_class, t message, i size_bytes, i ended_ms, i job_id, i number: only of an attempt
    // that has not ended
    STATEMENT_ATTEMPT_END,
    // (g) i failures, i not_before_ms, t message, i id, i attempt: running or cancelling -> queued,
    // held by no worker
    STATEMENT_JOB_AGAIN,
    // (g) i id, i attempt: running -> cancelling
    STATEMENT_JOB_CANCELLING,
    // (g) t state, t message, i failures, i size_bytes, i ended_ms, i id, i attempt: only if not
    // ended. size_bytes is what the report shows of a backup that succeeded. The task is dropped.
    STATEMENT_JOB_END,

    // (g) i id, i database_id, i job_id, i attempt, t store, t path, i size_bytes, i file_count,
    // b manifest_sha256, t tool, t tool_version, t server_version, t consistency, i schema_count,
    // i left_out_count, i created_ms; state "good", not verified since
    STATEMENT_SET_ADD,
    // (g) i row_count, t jump, i id: goes with STATEMENT_SET_ADD
    STATEMENT_SET_MEASURE,
    // i excluded_count, i id: goes with the above where the policy leaves something out
    STATEMENT_SET_EXCLUDED,
    // Inserts, or updates the row of this policy.
    // t policy, i seen_ms, i fired_ms, i skipped_after_ms, i skipped_until_ms, i closes_ms
    STATEMENT_FIRING_PUT,
    // (g) t state ("good", "damaged"), t message, i verified_ms, i id: the state of a set that is
    // to
    // go, or is gone, stays
    STATEMENT_SET_VERIFIED,

    // Inserts, or updates all but kind, key and opened_ms of the row with this id.
    // i id, t kind, t key, t cause, t told_to, i opened_ms, i told_ms, i empty_ms, i closed_ms,
    // i told_members
    STATEMENT_OUTAGE_PUT,
    // Inserts, or updates the row of this outage and subject; left_ms becomes 0.
    // i outage_id, t subject, t name, t policy, i since_ms
    STATEMENT_OUTAGE_JOIN,
    // i left_ms, i outage_id, t subject
    STATEMENT_OUTAGE_LEAVE,
    // Inserts, or updates next_ms, tries and merged of the row with this id.
    // t id, t target, t event, t severity, t title, t text, t document, i at_ms, i next_ms,
    // i tries, i merged
    STATEMENT_DELIVERY_PUT,
    // i ended_ms, t outcome ("delivered", "given up", "merged", "no target"), t id
    STATEMENT_DELIVERY_END,
    // Inserts, or updates the row of this target.
    // t target, t message, i delivered_ms, i failed_ms, i given_up
    STATEMENT_RECEIPT_PUT,
    // (g) i id, t state, t store, t protector, t mtree, t snapshot, i set_count, i began_ms
    STATEMENT_PROTECTION_ADD,
    // All sets of the store that none covers, in the unit of the one before.
    // i protection_id, t store
    STATEMENT_SET_COVER,
    // (g) t state, t context, t destination, t message, i created_ms, i expires_ms, i seen_ms,
    // i syncing_ms, i offsite_ms, i synced_ms, i id: of one that is not off-site
    STATEMENT_PROTECTION_STEP,
    // The sets that a protection covers are known to be off-site, those that were so before stay.
    // i offsite_ms, i protection_id
    STATEMENT_SET_OFFSITE,
    // i retention_days, i id: goes with STATEMENT_PROTECTION_ADD
    STATEMENT_PROTECTION_RETENTION,
    // Of one that has ended: what is to become of its snapshot, or has; expires_ms 0 = as before,
    // retention_days PROTECTION_LET_GO = to be done again if nobody hears what came of it.
    // i expires_ms, t message, i retention_days, i id
    STATEMENT_PROTECTION_EXPIRE,
    // What was seen when no copy elsewhere was wanted is off-site with a later protection of its
    // store; its sets first.
    // i offsite_ms, t store, i before_id
    STATEMENT_SET_OFFSITE_EARLIER,
    STATEMENT_PROTECTION_OFFSITE_EARLIER,

    // The first write of each expiry: good or damaged -> expiring. It changes nothing where a guard
    // of retention.h does not hold, and refuses no unit then: who asks for it looks what came of
    // it.
    // The guards: it is in that state still, not pinned, used by no restore or verification that
    // has
    // not ended, there is a newer good set of its database (of one that is not good: any good one)
    // and, if is_offsite_wanted, it is off-site, and so is such a good one.
    // i expiring_ms, t expiry (a sentence), i id, t state, i is_offsite_wanted
    STATEMENT_SET_EXPIRE,
    // i expired_ms, i id: expiring -> expired
    STATEMENT_SET_EXPIRED,
    // The store did not let go of it. If it is whole it is again what it was before.
    // i is_whole, i locked_ms, t expiry, i id
    STATEMENT_SET_LOCKED,
    // Of one that is good, damaged or missing; pinned_ms 0 = it is unpinned, pinned_until_ms 0 =
    // for good.
    // i pinned_ms, i pinned_until_ms, t pinned_by, t pin_reason, i id
    STATEMENT_SET_PIN,

    // Rows as a saved catalog has them: the values are those of archive_columns.h.
    STATEMENT_ARCHIVE_DATABASE,
    STATEMENT_ARCHIVE_RUN,
    STATEMENT_ARCHIVE_JOB,
    STATEMENT_ARCHIVE_ATTEMPT,
    STATEMENT_ARCHIVE_PROTECTION,
    STATEMENT_ARCHIVE_SET,
    // (g) i id, t source, i began_ms: the catalog is being rebuilt, and may not be used until it is
    STATEMENT_REBUILD_BEGIN,
    // (g) i ended_ms, i id
    STATEMENT_REBUILD_END,
    // t message, i id: a set that is not in its store any more; of one that is good or damaged
    STATEMENT_SET_MISSING,
    // t message, i id: and that is there again, as it was; what became of its copies elsewhere
    // nobody knows: it is covered anew
    STATEMENT_SET_FOUND,
    // What a sweep found: "partial", "unknown", "missing", "found", "strange", "hidden".
    // i job_id, i attempt, i number, t store, t kind, t path, i set_id (0 = none), t outcome
    STATEMENT_STRAY_ADD,
    // What came of what was to be done with it. t outcome, i job_id, i attempt, i number
    STATEMENT_STRAY_OUTCOME,
    // The sets of a protection that is given up are the next one's. i protection_id
    STATEMENT_SET_UNCOVER,
    STATEMENTS,
};

struct statement_row {
    const char *sql;    // `?` for the next parameter, `?3` for the third once more
    const char *types;  // batch.h's letters
    int guard;
};

extern const struct statement_row schema_statements[STATEMENTS];

struct migration {
    int version;             // 1, 2, ...
    const char *const *sql;  // statements, NULL-terminated
};

// Each ends with version 0. Those of servers begin with version 2, which has all of version 1.
extern const struct migration schema_sqlite_migrations[];
extern const struct migration schema_mysql_migrations[];
extern const struct migration schema_postgres_migrations[];
