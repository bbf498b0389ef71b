#include "coordinator/catalog/schema.h"

#include "coordinator/catalog/archive_columns.h"

enum { CHANGES = 0, GUARDS = 1 };

// A good set of the database of set ?3, newer than that one if that is good itself. Its limit keeps
// MySQL from reading the table of the UPDATE as part of it, which it refuses.
#define GOOD_BESIDE(more) \
    "EXISTS (SELECT n.id FROM (SELECT g.id FROM sets g JOIN sets t ON t.id = ?3" \
    " WHERE g.database_id = t.database_id AND g.state = 'good' AND g.id <> t.id" more \
    " AND (t.state <> 'good' OR g.created_ms > t.created_ms" \
    " OR (g.created_ms = t.created_ms AND g.id > t.id)) LIMIT 1) n)"

// The one statement whose text is not the same everywhere is the upsert (MySQL has its own).
const struct statement_row schema_statements[STATEMENTS] = {
    [STATEMENT_DATABASE_PUT] =
        {"INSERT INTO known_databases (id, provider, resource_id, name, long_name, engine, version,"
         " account, region, host, port, source, secret, role_arn, external_id, state, tags,"
         " skip_reason, size_bytes, last_seen_ms, first_seen_ms, gone_ms, stale_ms)"
         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?20, 0, 0)"
         " ON CONFLICT (id) DO UPDATE SET provider = excluded.provider,"
         " resource_id = excluded.resource_id, name = excluded.name,"
         " long_name = excluded.long_name, engine = excluded.engine,"
         " version = excluded.version, account = excluded.account, region = excluded.region,"
         " host = excluded.host, port = excluded.port, source = excluded.source,"
         " secret = excluded.secret, role_arn = excluded.role_arn,"
         " external_id = excluded.external_id, state = excluded.state, tags = excluded.tags,"
         " skip_reason = excluded.skip_reason, size_bytes = excluded.size_bytes,"
         " last_seen_ms = excluded.last_seen_ms, gone_ms = 0, stale_ms = 0",
         "itttttttttitttttttii", CHANGES},
    [STATEMENT_DATABASE_ENDPOINTS] = {"UPDATE known_databases SET endpoints = ? WHERE id = ?", "ti",
                                      CHANGES},
    [STATEMENT_DATABASE_SEEN] = {"UPDATE known_databases SET last_seen_ms = ? WHERE id = ?", "ii",
                                 CHANGES},
    [STATEMENT_DATABASE_STALE] = {"UPDATE known_databases SET stale_ms = ? WHERE id = ?", "ii",
                                  CHANGES},
    [STATEMENT_DATABASE_GONE] =
        {"UPDATE known_databases SET gone_ms = ?, stale_ms = 0 WHERE id = ?", "ii", CHANGES},
    [STATEMENT_DATABASE_ASSIGN] =
        {"UPDATE known_databases SET policy = ?, policy_outcome = ?, policy_tag = ?,"
         " lost_policy = ?, tag_lost_ms = ?, promise_good_ms = ?, promise_offsite_ms = ?"
         " WHERE id = ?",
         "ttttiiii", CHANGES},
    [STATEMENT_SCOPE_PUT] =
        {"INSERT INTO scopes (provider, account, region, state, message, since_ms)"
         " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (provider, account, region) DO UPDATE SET"
         " state = excluded.state, message = excluded.message, since_ms = excluded.since_ms",
         "ttttti", CHANGES},
    [STATEMENT_FIRING_PUT] =
        {"INSERT INTO firings (policy, seen_ms, fired_ms, skipped_after_ms, skipped_until_ms,"
         " closes_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (policy) DO UPDATE SET"
         " seen_ms = excluded.seen_ms, fired_ms = excluded.fired_ms,"
         " skipped_after_ms = excluded.skipped_after_ms,"
         " skipped_until_ms = excluded.skipped_until_ms, closes_ms = excluded.closes_ms",
         "tiiiii", CHANGES},
    [STATEMENT_EVENT_ADD] = {"INSERT INTO events (id, at_ms, database_id, provider, account,"
                             " region, kind, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                             "iiittttt", CHANGES},
    [STATEMENT_RUN_ADD] = {"INSERT INTO runs (id, kind, label, selector, requested_by,"
                           " policy_digest, note, started_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                           "itttttti", GUARDS},
    [STATEMENT_RUN_SKIP] = {"INSERT INTO skips (run_id, database_id, reason) VALUES (?, ?, ?)",
                            "iit", CHANGES},
    [STATEMENT_RUN_END] = {"UPDATE runs SET ended_ms = ?, jobs = ?, succeeded = ?, failed = ?,"
                           " cancelled = ?, skipped = ? WHERE id = ? AND ended_ms = 0",
                           "iiiiiii", GUARDS},
    [STATEMENT_JOB_ADD] = {"INSERT INTO jobs (id, run_id, kind, database_id, set_id, task,"
                           " queued_ms, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued')",
                           "iitiibi", GUARDS},
    [STATEMENT_JOB_POLICY] = {"UPDATE jobs SET policy = ?, policy_digest = ? WHERE id = ?", "tti",
                              GUARDS},
    [STATEMENT_JOB_WAIT] = {"UPDATE jobs SET not_before_ms = ? WHERE id = ? AND state = 'queued'",
                            "ii", GUARDS},
    [STATEMENT_JOB_START] = {"UPDATE jobs SET state = 'running', attempt = ?, worker = ?,"
                             " started_ms = ? WHERE id = ? AND attempt = ? AND state = 'queued'",
                             "itiii", GUARDS},
    [STATEMENT_ATTEMPT_ADD] = {"INSERT INTO attempts (job_id, number, instance, worker,"
                               " started_ms) VALUES (?, ?, ?, ?, ?)",
                               "iitti", GUARDS},
    [STATEMENT_ATTEMPT_END] = {"UPDATE attempts SET outcome = ?, failure_class = ?, message = ?,"
                               " size_bytes = ?, ended_ms = ?"
                               " WHERE job_id = ? AND number = ? AND ended_ms = 0",
                               "tttiiii", GUARDS},
    [STATEMENT_JOB_AGAIN] = {"UPDATE jobs SET state = 'queued', worker = '', failures = ?,"
                             " not_before_ms = ?, message = ?"
                             " WHERE id = ? AND attempt = ? AND state IN ('running', 'cancelling')",
                             "iitii", GUARDS},
    [STATEMENT_JOB_CANCELLING] = {"UPDATE jobs SET state = 'cancelling'"
                                  " WHERE id = ? AND attempt = ? AND state = 'running'",
                                  "ii", GUARDS},
    [STATEMENT_JOB_END] = {"UPDATE jobs SET state = ?, message = ?, failures = ?, size_bytes = ?,"
                           " ended_ms = ?, task = NULL WHERE id = ? AND attempt = ?"
                           " AND ended_ms = 0",
                           "ttiiiii", GUARDS},
    [STATEMENT_SET_ADD] = {"INSERT INTO sets (id, database_id, job_id, attempt, store, path,"
                           " size_bytes, file_count, manifest_sha256, tool, tool_version,"
                           " server_version, consistency, schema_count, left_out_count,"
                           " created_ms, state)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'good')",
                           "iiiittiibttttiii", GUARDS},
    [STATEMENT_SET_MEASURE] = {"UPDATE sets SET row_count = ?, jump = ? WHERE id = ?", "iti",
                               GUARDS},
    [STATEMENT_SET_EXCLUDED] = {"UPDATE sets SET excluded_count = ? WHERE id = ?", "ii", GUARDS},
    [STATEMENT_SET_VERIFIED] =
        {"UPDATE sets SET state = CASE WHEN state IN ('good', 'damaged') THEN ? ELSE state END,"
         " message = ?, verified_ms = ? WHERE id = ?",
         "ttii", GUARDS},
    [STATEMENT_OUTAGE_PUT] =
        {"INSERT INTO outages (id, kind, cause_key, cause, told_to, opened_ms, told_ms, empty_ms,"
         " closed_ms, told_members) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
         " ON CONFLICT (id) DO UPDATE SET cause = excluded.cause, told_to = excluded.told_to,"
         " told_ms = excluded.told_ms, empty_ms = excluded.empty_ms,"
         " closed_ms = excluded.closed_ms, told_members = excluded.told_members",
         "ittttiiiii", CHANGES},
    [STATEMENT_OUTAGE_JOIN] =
        {"INSERT INTO outage_members (outage_id, subject, name, policy, since_ms)"
         " VALUES (?, ?, ?, ?, ?) ON CONFLICT (outage_id, subject) DO UPDATE SET"
         " name = excluded.name, policy = excluded.policy, since_ms = excluded.since_ms,"
         " left_ms = 0",
         "ittti", CHANGES},
    [STATEMENT_OUTAGE_LEAVE] =
        {"UPDATE outage_members SET left_ms = ? WHERE outage_id = ? AND subject = ?", "iit",
         CHANGES},
    [STATEMENT_DELIVERY_PUT] =
        {"INSERT INTO deliveries (id, target, event, severity, title, body, document, at_ms,"
         " next_ms, tries, merged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
         " ON CONFLICT (id) DO UPDATE SET next_ms = excluded.next_ms, tries = excluded.tries,"
         " merged = excluded.merged",
         "tttttttiiii", CHANGES},
    [STATEMENT_DELIVERY_END] = {"UPDATE deliveries SET ended_ms = ?, outcome = ? WHERE id = ?",
                                "itt", CHANGES},
    [STATEMENT_RECEIPT_PUT] =
        {"INSERT INTO receipts (target, message, delivered_ms, failed_ms, given_up)"
         " VALUES (?, ?, ?, ?, ?) ON CONFLICT (target) DO UPDATE SET message = excluded.message,"
         " delivered_ms = excluded.delivered_ms, failed_ms = excluded.failed_ms,"
         " given_up = excluded.given_up",
         "ttiii", CHANGES},
    [STATEMENT_PROTECTION_ADD] = {"INSERT INTO protections (id, state, store, protector, mtree,"
                                  " snapshot, set_count, began_ms, context, destination, message)"
                                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '', '')",
                                  "itttttii", GUARDS},
    [STATEMENT_SET_COVER] = {"UPDATE sets SET protection_id = ?"
                             " WHERE protection_id = 0 AND store = ?"
                             " AND state NOT IN ('expired', 'missing')",
                             "it", CHANGES},
    [STATEMENT_PROTECTION_STEP] =
        {"UPDATE protections SET state = ?, context = ?, destination = ?, message = ?,"
         " created_ms = ?, expires_ms = ?, seen_ms = ?, syncing_ms = ?, offsite_ms = ?,"
         " synced_ms = ? WHERE id = ? AND state NOT IN ('off-site', 'given up')",
         "ttttiiiiiii", GUARDS},
    [STATEMENT_ARCHIVE_DATABASE] = {ARCHIVE_INSERT("known_databases", "id", ARCHIVE_DATABASES),
                                    ARCHIVE_TYPES(ARCHIVE_DATABASES), CHANGES},
    [STATEMENT_ARCHIVE_RUN] = {ARCHIVE_INSERT("runs", "id", ARCHIVE_RUNS),
                               ARCHIVE_TYPES(ARCHIVE_RUNS), CHANGES},
    [STATEMENT_ARCHIVE_JOB] = {ARCHIVE_INSERT("jobs", "id", ARCHIVE_JOBS),
                               ARCHIVE_TYPES(ARCHIVE_JOBS), CHANGES},
    [STATEMENT_ARCHIVE_ATTEMPT] = {ARCHIVE_INSERT("attempts", "job_id", ARCHIVE_ATTEMPTS),
                                   ARCHIVE_TYPES(ARCHIVE_ATTEMPTS), CHANGES},
    [STATEMENT_ARCHIVE_PROTECTION] = {ARCHIVE_INSERT("protections", "id", ARCHIVE_PROTECTIONS),
                                      ARCHIVE_TYPES(ARCHIVE_PROTECTIONS), CHANGES},
    [STATEMENT_ARCHIVE_SET] = {ARCHIVE_INSERT("sets", "id", ARCHIVE_SETS),
                               ARCHIVE_TYPES(ARCHIVE_SETS), CHANGES},
    [STATEMENT_REBUILD_BEGIN] = {"INSERT INTO rebuilds (id, source, began_ms, ended_ms)"
                                 " VALUES (?, ?, ?, 0)",
                                 "iti", GUARDS},
    [STATEMENT_REBUILD_END] = {"UPDATE rebuilds SET ended_ms = ? WHERE id = ? AND ended_ms = 0",
                               "ii", GUARDS},
    [STATEMENT_SET_MISSING] = {"UPDATE sets SET kept_state = state, state = 'missing', message = ?"
                               " WHERE id = ? AND state IN ('good', 'damaged')",
                               "ti", CHANGES},
    [STATEMENT_SET_FOUND] =
        {"UPDATE sets SET state = CASE WHEN kept_state = 'damaged' THEN 'damaged' ELSE 'good' END,"
         " message = ?, protection_id = 0, offsite_ms = 0 WHERE id = ? AND state = 'missing'",
         "ti", CHANGES},
    [STATEMENT_STRAY_ADD] = {"INSERT INTO strays (job_id, attempt, number, store, kind, path,"
                             " set_id, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                             "iiitttit", CHANGES},
    [STATEMENT_STRAY_OUTCOME] = {"UPDATE strays SET outcome = ?"
                                 " WHERE job_id = ? AND attempt = ? AND number = ?",
                                 "tiii", CHANGES},
    [STATEMENT_SET_OFFSITE] = {"UPDATE sets SET offsite_ms = ?"
                               " WHERE protection_id = ? AND offsite_ms = 0",
                               "ii", CHANGES},
    [STATEMENT_PROTECTION_RETENTION] = {"UPDATE protections SET retention_days = ? WHERE id = ?",
                                        "ii", GUARDS},
    [STATEMENT_PROTECTION_EXPIRE] =
        {"UPDATE protections SET expires_ms = CASE WHEN ? > 0 THEN ?1 ELSE expires_ms END,"
         " message = ?, retention_days = ? WHERE id = ? AND state IN ('off-site', 'kept')",
         "itii", CHANGES},
    [STATEMENT_SET_OFFSITE_EARLIER] =
        {"UPDATE sets SET offsite_ms = ? WHERE offsite_ms = 0 AND protection_id IN"
         " (SELECT p.id FROM protections p WHERE p.state = 'kept' AND p.store = ? AND p.id < ?)",
         "iti", CHANGES},
    [STATEMENT_PROTECTION_OFFSITE_EARLIER] =
        {"UPDATE protections SET state = 'off-site', offsite_ms = ?"
         " WHERE state = 'kept' AND store = ? AND id < ?",
         "iti", CHANGES},
    [STATEMENT_SET_EXPIRE] =
        {"UPDATE sets SET kept_state = state, state = 'expiring', expiring_ms = ?, expiry = ?"
         " WHERE id = ? AND state = ? AND state IN ('good', 'damaged')"
         " AND (pinned_ms = 0 OR (pinned_until_ms > 0 AND pinned_until_ms <= ?1))"
         " AND NOT EXISTS (SELECT j.id FROM jobs j WHERE j.set_id = ?3"
         " AND j.kind IN ('restore', 'verify')"
         " AND j.state IN ('queued', 'running', 'cancelling'))"
         " AND " GOOD_BESIDE("") " AND (? = 0 OR (offsite_ms > 0 AND " GOOD_BESIDE(
             " AND g.offsite_ms > 0") "))",
         "ititi", CHANGES},
    [STATEMENT_SET_EXPIRED] = {"UPDATE sets SET state = 'expired', expired_ms = ?"
                               " WHERE id = ? AND state = 'expiring'",
                               "ii", CHANGES},
    [STATEMENT_SET_LOCKED] = {"UPDATE sets SET state = CASE WHEN ? = 1 THEN kept_state ELSE state"
                              " END, locked_ms = ?, expiry = ? WHERE id = ? AND state = 'expiring'",
                              "iiti", CHANGES},
    [STATEMENT_SET_PIN] = {"UPDATE sets SET pinned_ms = ?, pinned_until_ms = ?, pinned_by = ?,"
                           " pin_reason = ? WHERE id = ?"
                           " AND state IN ('good', 'damaged', 'missing')",
                           "iitti", CHANGES},
    [STATEMENT_SET_UNCOVER] = {"UPDATE sets SET protection_id = 0"
                               " WHERE protection_id = ? AND offsite_ms = 0",
                               "i", CHANGES},
};
