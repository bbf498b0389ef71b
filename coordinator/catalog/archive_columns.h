// Which columns of which tables a saved catalog holds: one line here is a column in the list that
// is saved and in the statement that a rebuild writes with. Each entry is N (a number), T (a text)
// or B (a digest). The first column, a number, is not among them: it begins each list.
//
// A column that a later version of the schema adds is given its entry here: test_archive.c fails
// until it has one. A catalog that was saved before has 0 or "" there.

#pragma once

// clang-format off
#define ARCHIVE_DATABASES(N, T, B) \
    T(provider) T(resource_id) T(name) T(long_name) T(engine) T(version) T(account) T(region) \
    T(host) N(port) T(source) T(secret) T(role_arn) T(external_id) T(state) T(tags) \
    T(skip_reason) N(size_bytes) N(first_seen_ms) N(last_seen_ms) N(gone_ms) N(stale_ms) \
    T(endpoints) T(policy) T(policy_outcome) T(policy_tag) T(lost_policy) N(tag_lost_ms) \
    N(promise_good_ms) N(promise_offsite_ms)

#define ARCHIVE_RUNS(N, T, B) \
    T(kind) T(label) T(selector) T(requested_by) T(policy_digest) T(note) N(started_ms) \
    N(ended_ms) N(jobs) N(succeeded) N(failed) N(cancelled) N(skipped)

// Not the task: it is gone from a job that has ended.
#define ARCHIVE_JOBS(N, T, B) \
    N(run_id) T(kind) N(database_id) N(set_id) T(state) N(attempt) N(failures) N(not_before_ms) \
    N(size_bytes) N(queued_ms) N(started_ms) N(ended_ms) T(worker) T(message) T(policy) \
    T(policy_digest)

#define ARCHIVE_ATTEMPTS(N, T, B) \
    N(number) T(instance) T(worker) N(started_ms) N(ended_ms) T(outcome) T(failure_class) \
    N(size_bytes) T(message)

#define ARCHIVE_PROTECTIONS(N, T, B) \
    T(state) T(store) T(protector) T(mtree) T(snapshot) N(set_count) N(began_ms) T(context) \
    T(destination) T(message) N(created_ms) N(expires_ms) N(seen_ms) N(syncing_ms) N(offsite_ms) \
    N(synced_ms) N(retention_days)

#define ARCHIVE_SETS(N, T, B) \
    N(database_id) N(job_id) N(attempt) T(store) T(path) N(size_bytes) N(file_count) \
    B(manifest_sha256) T(tool) T(tool_version) T(server_version) T(consistency) N(schema_count) \
    N(left_out_count) N(created_ms) N(verified_ms) T(state) T(message) N(offsite_ms) \
    N(excluded_count) N(protection_id) N(pinned_ms) N(pinned_until_ms) N(expiring_ms) \
    N(expired_ms) N(locked_ms) T(pinned_by) T(pin_reason) T(kept_state) T(expiry) N(row_count) \
    T(jump)
// clang-format on

// The statement of a table and the types of its values.
#define ARCHIVE_NAME(column) ", " #column
#define ARCHIVE_MARK(column) ", ?"
#define ARCHIVE_N(column) "i"
#define ARCHIVE_T(column) "t"
#define ARCHIVE_B(column) "b"
#define ARCHIVE_INSERT(table, first, columns) \
    "INSERT INTO " table " (" first columns( \
        ARCHIVE_NAME, ARCHIVE_NAME, \
        ARCHIVE_NAME) ") VALUES (?" columns(ARCHIVE_MARK, ARCHIVE_MARK, ARCHIVE_MARK) ")"
#define ARCHIVE_TYPES(columns) "i" columns(ARCHIVE_N, ARCHIVE_T, ARCHIVE_B)
