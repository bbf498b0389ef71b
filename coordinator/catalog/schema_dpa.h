// The views for Data Protection Advisor, written once for all kinds. docs/dpa.md is the contract
// with those who read them: a column is never renamed, moved, removed or given another meaning, new
// ones are appended, and what cannot be had so becomes a view `..._v2` beside these. Appending is
// a new version of the schema: CREATE OR REPLACE VIEW, which keeps what was granted on it, and in
// SQLite DROP and CREATE. test_catalog_dpa.c holds the page against the views of every kind.
//
// Version 5 is in that file, too. Version 3 of each kind's schema is the list of statements in
// <kind>_dpa.c: DPA_BEFORE, an index on attempts.ended_ms and one on what SQL_ENDED_AT is, the
// views. That file defines first, all of and for C texts that hold SQL:
//
//   SQL_CREATE_VIEW       what stands before the name of a view
//   SQL_TEXT(sql, size)   the text, cut to so many characters
//   SQL_NUMBER(sql)       a number as BIGINT or INTEGER
//   SQL_TIME(sql)         unix milliseconds as date and time in UTC; NULL of NULL
//   SQL_DAY(sql)          unix milliseconds as "YYYY-MM-DD"
//   SQL_ENDED_AT          SQL_TIME of a.ended_ms, so that an index finds it
//   SQL_SHARE(of, by)     the whole part of a quotient
//   SQL_HEX(sql)          bytes as hexadecimal digits, lower case
//   SQL_FIND(sql, mark)   where in the text the mark begins, from 1; one behind its end if nowhere
//   SQL_NOW_S             seconds since 1970
//   SQL_LAST              DPA_LAST_LOOKED_UP or DPA_LAST_GROUPED
//
// Version 5 is in <kind>_dpa.c, too, and wants besides:
//
//   SQL_GOOD, SQL_OFFSITE DPA_GOOD_LOOKED_UP, DPA_OFFSITE_LOOKED_UP, or others that join the same
//   SQL_LAST_5            as SQL_LAST
//   SQL_JOIN(a, b)        one text behind the other
//   SQL_CHAR(code)        a character of ASCII

#pragma once

#include "coordinator/catalog/schema_promise.h"

// Ended by NULL, as the statements of every version.
extern const char *const schema_sqlite_dpa[];
extern const char *const schema_mysql_dpa[];
extern const char *const schema_postgres_dpa[];
extern const char *const schema_sqlite_promise[];
extern const char *const schema_mysql_promise[];
extern const char *const schema_postgres_promise[];
extern const char *const schema_sqlite_jobs[];
extern const char *const schema_mysql_jobs[];
extern const char *const schema_postgres_jobs[];
extern const char *const schema_sqlite_what[];
extern const char *const schema_mysql_what[];
extern const char *const schema_postgres_what[];
extern const char *const schema_sqlite_protections[];
extern const char *const schema_sqlite_retention[];
extern const char *const schema_sqlite_measures[];
extern const char *const schema_mysql_protections[];
extern const char *const schema_mysql_retention[];
extern const char *const schema_mysql_measures[];
extern const char *const schema_postgres_protections[];
extern const char *const schema_postgres_retention[];
extern const char *const schema_postgres_measures[];

// clang-format off

// A column of a view. Its expression is never NULL but for times.
#define DPA_NUMBER(name, sql) ", " SQL_NUMBER(sql) " AS " name
#define DPA_TIME(name, sql) ", " SQL_TIME(sql) " AS " name
#define DPA_TEXT(name, size, sql) ", " SQL_TEXT(sql, size) " AS " name
#define DPA_NAME(name, sql) DPA_TEXT(name, "255", "coalesce(" sql ", '')")
// Messages may have been cut anywhere, and have lines: reports want one.
#define DPA_LINE(name, sql) \
    DPA_TEXT(name, "255", "replace(replace(replace(" sql ", '\r', ' '), '\n', ' '), '\t', ' ')")
// A holder is "HOST/PID/BOOT".
#define DPA_SERVER(name) \
    DPA_TEXT(name, "255", "substr(k.holder, 1, " SQL_FIND("k.holder", "/") " - 1)")

// From version 3 on a job that ended without an attempt has one of number 0 (server_jobs.c); this is
// for those of before. It may be run again.
#define DPA_BEFORE \
    "INSERT INTO attempts (job_id, number, instance, worker, started_ms, ended_ms, outcome," \
    " failure_class, message) SELECT j.id, 0, '', '', j.ended_ms, j.ended_ms, j.state," \
    " CASE WHEN j.state = 'failed' THEN 'somebody must act' ELSE '' END, j.message" \
    " FROM jobs j WHERE j.ended_ms > 0 AND j.attempt = 0" \
    " AND NOT EXISTS (SELECT a.number FROM attempts a WHERE a.job_id = j.id)"

// ---- jobs

// Of the set: a backup's own, or the one that is restored or verified.
#define DPA_SET(column) "coalesce(s." column ", u." column ")"
#define DPA_SET_NAME(name, column) DPA_NAME(name, "s." column ", u." column)
#define DPA_SET_NUMBER(name, column) DPA_NUMBER(name, "coalesce(s." column ", u." column ", 0)")

#define DPA_IS_FINAL "j.ended_ms > 0 AND a.number = j.attempt"
#define DPA_STATUS(succeeded, goes_on, failed) \
    "CASE WHEN a.outcome = 'succeeded' THEN " succeeded \
    " WHEN " DPA_IS_FINAL " THEN " failed " ELSE " goes_on " END"
#define DPA_SIZE \
    "CASE WHEN a.outcome = 'succeeded' THEN coalesce(s.size_bytes, u.size_bytes, 0) ELSE 0 END"
// Clocks are set back at times.
#define DPA_SECONDS(name, from, to) \
    DPA_NUMBER(name, "CASE WHEN " to " > " from " THEN " SQL_SHARE(to " - " from, "1000") \
               " ELSE 0 END")

// An identity is "boostfs:DATA-DOMAIN:/STORAGE-UNIT" or "directory:UUID".
#define DPA_STORE "coalesce(s.store, u.store, '')"
#define DPA_SOURCE "substr(" DPA_STORE ", 9)"
#define DPA_BOOSTFS(name, sql) \
    DPA_TEXT(name, "255", "CASE WHEN " DPA_STORE " LIKE 'boostfs:%' THEN " sql " ELSE '' END")

// Joins only, no union and no subquery among the columns: MySQL merges such a view into the
// question and uses its indexes, of any other it makes a table of all rows first.
#define DPA_JOBS_COLUMNS \
    " dpa_backup_jobs_v1 AS SELECT j.id AS job_id" \
    ", a.number AS attempt" \
    ", j.run_id AS run_id" \
    DPA_TEXT("job_type", "16", "upper(j.kind)") \
    DPA_TEXT("level", "16", "CASE WHEN j.kind = 'backup' THEN 'full' ELSE '' END") \
    DPA_TEXT("policy", "255", "r.label") \
    DPA_TEXT("requested_by", "255", "r.requested_by") \
    DPA_NUMBER("status_code", DPA_STATUS("0", "1", "2")) \
    DPA_TEXT("status_text", "16", DPA_STATUS("'Success'", "'Warning'", "'Failed'")) \
    DPA_TEXT("outcome", "16", "a.outcome") \
    DPA_NUMBER("is_final", "CASE WHEN " DPA_IS_FINAL " THEN 1 ELSE 0 END") \
    DPA_TEXT("error_code", "32", \
             "CASE WHEN a.outcome IN ('succeeded', 'cancelled') THEN '' ELSE a.failure_class END") \
    DPA_LINE("error_text", "CASE WHEN a.outcome = 'succeeded' THEN ''" \
             " WHEN " DPA_IS_FINAL " THEN j.message ELSE a.message END") \
    DPA_LINE("remark", "CASE WHEN a.outcome = 'succeeded' THEN a.message ELSE '' END") \
    DPA_SERVER("server") \
    DPA_TEXT("catalog_id", "36", "k.catalog_id") \
    DPA_TEXT("worker", "255", "a.worker") \
    ", j.database_id AS database_id" \
    DPA_NAME("database_name", "d.name") \
    DPA_NAME("client_host", "d.host") \
    DPA_NUMBER("client_port", "coalesce(d.port, 0)") \
    DPA_NAME("provider", "d.provider") \
    DPA_NAME("account", "d.account") \
    DPA_NAME("region", "d.region") \
    DPA_NAME("resource_id", "d.resource_id") \
    DPA_NAME("long_name", "nullif(d.long_name, ''), d.resource_id") \
    DPA_NAME("engine", "d.engine") \
    DPA_NAME("engine_version", \
             "nullif(s.server_version, ''), nullif(u.server_version, ''), d.version") \
    DPA_TIME("queued_at", "j.queued_ms") \
    DPA_TIME("started_at", "a.started_ms") \
    ", " SQL_ENDED_AT " AS ended_at" \
    DPA_TEXT("ended_day", "10", SQL_DAY("a.ended_ms")) \
    ", j.queued_ms AS queued_unix_ms" \
    ", a.started_ms AS started_unix_ms" \
    ", a.ended_ms AS ended_unix_ms" \
    DPA_SECONDS("wait_s", "j.queued_ms", "a.started_ms") \
    DPA_SECONDS("duration_s", "a.started_ms", "a.ended_ms") \
    DPA_NUMBER("size_bytes", DPA_SIZE) \
    DPA_NUMBER("throughput_bytes_s", "CASE WHEN a.ended_ms > a.started_ms THEN " \
               SQL_SHARE(DPA_SIZE, SQL_SHARE("a.ended_ms - a.started_ms + 999", "1000")) \
               " ELSE 0 END") \
    DPA_NUMBER("set_id", "coalesce(s.id, j.set_id)") \
    DPA_TEXT("set_state", "16", "coalesce(s.state, u.state, '')") \
    DPA_SET_NUMBER("file_count", "file_count") \
    DPA_SET_NUMBER("schema_count", "schema_count") \
    DPA_SET_NUMBER("left_out_count", "left_out_count") \
    DPA_TEXT("store", "255", DPA_STORE) \
    DPA_TEXT("store_kind", "16", "substr(" DPA_STORE ", 1, " SQL_FIND(DPA_STORE, ":") " - 1)") \
    DPA_BOOSTFS("dd_host", "substr(" DPA_SOURCE ", 1, " SQL_FIND(DPA_SOURCE, ":/") " - 1)") \
    DPA_BOOSTFS("storage_unit", "substr(" DPA_SOURCE ", " SQL_FIND(DPA_SOURCE, ":/") " + 2)") \
    DPA_SET_NAME("path", "path") \
    DPA_TEXT("checksum_algorithm", "16", \
             "CASE WHEN " DPA_SET("id") " IS NULL THEN '' ELSE 'sha256' END") \
    DPA_TEXT("checksum", "64", "coalesce(" SQL_HEX(DPA_SET("manifest_sha256")) ", '')") \
    DPA_TIME("verified_at", "nullif(" DPA_SET("verified_ms") ", 0)") \
    DPA_SET_NUMBER("verified_unix_ms", "verified_ms") \
    DPA_SET_NAME("tool", "tool") \
    DPA_SET_NAME("tool_version", "tool_version") \
    DPA_SET_NAME("consistency", "consistency")
#define DPA_JOBS_FROM \
    " FROM attempts a JOIN jobs j ON j.id = a.job_id JOIN runs r ON r.id = j.run_id" \
    " JOIN leader k ON k.id = 1" \
    " LEFT JOIN known_databases d ON d.id = j.database_id" \
    " LEFT JOIN sets s ON s.job_id = a.job_id AND s.attempt = a.number" \
    " LEFT JOIN sets u ON u.id = j.set_id"
#define DPA_JOBS_WHERE " WHERE a.ended_ms > 0"
#define DPA_JOBS_VIEW SQL_CREATE_VIEW DPA_JOBS_COLUMNS DPA_JOBS_FROM DPA_JOBS_WHERE

// Version 6: what a job was made by, also in a run over several policies.
#define DPA_JOBS_COLUMNS_6 \
    DPA_TEXT("job_policy", "255", "j.policy") \
    DPA_TEXT("job_policy_digest", "64", "j.policy_digest")
#define DPA_JOBS_VIEW_6 \
    SQL_CREATE_VIEW DPA_JOBS_COLUMNS DPA_JOBS_COLUMNS_6 DPA_JOBS_FROM DPA_JOBS_WHERE

// Version 8: what the policy left out.
#define DPA_JOBS_COLUMNS_8 DPA_JOBS_COLUMNS_6 DPA_SET_NUMBER("excluded_count", "excluded_count")
#define DPA_JOBS_VIEW_8 \
    SQL_CREATE_VIEW DPA_JOBS_COLUMNS DPA_JOBS_COLUMNS_8 DPA_JOBS_FROM DPA_JOBS_WHERE

// Version 9: what is known of a set's protection.
#define DPA_PROTECTION_NAME(name, column) DPA_NAME(name, "p." column)
// A time of the protection, as a time and as milliseconds.
#define DPA_PROTECTION_TIME(name, column) \
    DPA_TIME(name "_at", "nullif(p." column ", 0)") \
    DPA_NUMBER(name "_unix_ms", "coalesce(p." column ", 0)")
#define DPA_JOBS_COLUMNS_9 DPA_JOBS_COLUMNS_8 \
    DPA_NUMBER("protection_id", "coalesce(p.id, 0)") \
    DPA_TEXT("protection_state", "16", "coalesce(p.state, '')") \
    DPA_PROTECTION_NAME("mtree", "mtree") \
    DPA_PROTECTION_NAME("snapshot_name", "snapshot") \
    DPA_PROTECTION_TIME("snapshot_created", "created_ms") \
    DPA_PROTECTION_TIME("snapshot_expires", "expires_ms") \
    DPA_PROTECTION_TIME("protected", "seen_ms") \
    DPA_PROTECTION_NAME("replication_context", "context") \
    DPA_PROTECTION_NAME("replication_destination", "destination") \
    DPA_TIME("offsite_at", "nullif(" DPA_SET("offsite_ms") ", 0)") \
    DPA_SET_NUMBER("offsite_unix_ms", "offsite_ms") \
    DPA_NUMBER("offsite_s", "CASE WHEN " DPA_SET("offsite_ms") " > " DPA_SET("created_ms") " THEN " \
               SQL_SHARE(DPA_SET("offsite_ms") " - " DPA_SET("created_ms"), "1000") " ELSE 0 END")
#define DPA_JOBS_FROM_9 DPA_JOBS_FROM \
    " LEFT JOIN protections p ON p.id = coalesce(s.protection_id, u.protection_id)"
#define DPA_JOBS_VIEW_9 \
    SQL_CREATE_VIEW DPA_JOBS_COLUMNS DPA_JOBS_COLUMNS_9 DPA_JOBS_FROM_9 DPA_JOBS_WHERE

// Version 10: whether a set is kept whatever its policy says, and what became of its expiry.
#define DPA_SET_TIME(name, column) \
    DPA_TIME(name "_at", "nullif(" DPA_SET(column) ", 0)") \
    DPA_SET_NUMBER(name "_unix_ms", column)
#define DPA_JOBS_COLUMNS_10 DPA_JOBS_COLUMNS_9 \
    DPA_SET_TIME("pinned", "pinned_ms") \
    DPA_SET_TIME("pinned_until", "pinned_until_ms") \
    DPA_LINE("pin_reason", "coalesce(" DPA_SET("pin_reason") ", '')") \
    DPA_SET_TIME("locked", "locked_ms") \
    DPA_SET_TIME("expired", "expired_ms") \
    DPA_LINE("expiry", "coalesce(" DPA_SET("expiry") ", '')")
#define DPA_JOBS_VIEW_10 \
    SQL_CREATE_VIEW DPA_JOBS_COLUMNS DPA_JOBS_COLUMNS_10 DPA_JOBS_FROM_9 DPA_JOBS_WHERE

// Version 12: how many rows a set has, and whether that or its size jumped.
#define DPA_JOBS_COLUMNS_12 \
    DPA_JOBS_COLUMNS_10 DPA_SET_NUMBER("row_count", "row_count") DPA_SET_NAME("jump", "jump")
#define DPA_JOBS_VIEW_12 \
    SQL_CREATE_VIEW DPA_JOBS_COLUMNS DPA_JOBS_COLUMNS_12 DPA_JOBS_FROM_9 DPA_JOBS_WHERE

// ---- databases

#define DPA_LAST(succeeded, failed, none) \
    "CASE WHEN l.id IS NULL THEN " none " WHEN l.state = 'succeeded' THEN " succeeded \
    " ELSE " failed " END"
// Of a database that never had a good set, since it was first told of.
#define DPA_AGE SQL_NOW_S " - " SQL_SHARE("coalesce(s.created_ms, d.first_seen_ms)", "1000")

// The newest good set `s` of a database `d`, and the backup job `l` of it that ended last: looked up
// for each database, or by what indexes tell of all at once. The first takes MySQL ten times as
// long, as it sorts what it need not; the second, all others.
#define DPA_GOOD_LOOKED_UP \
    " LEFT JOIN sets s ON s.id = (SELECT g.id FROM sets g WHERE g.database_id = d.id" \
    "  AND g.state = 'good' ORDER BY g.id DESC LIMIT 1)"
#define DPA_LAST_LOOKED_UP DPA_GOOD_LOOKED_UP \
    " LEFT JOIN jobs l ON l.id = (SELECT n.id FROM jobs n WHERE n.database_id = d.id" \
    "  AND n.kind = 'backup' AND n.ended_ms > 0 ORDER BY n.ended_ms DESC, n.id DESC LIMIT 1)"
#define DPA_GOOD_GROUPED \
    " LEFT JOIN (SELECT database_id, max(id) AS id FROM sets WHERE state = 'good'" \
    "  GROUP BY database_id) g ON g.database_id = d.id LEFT JOIN sets s ON s.id = g.id"
#define DPA_LAST_GROUPED DPA_GOOD_GROUPED \
    " LEFT JOIN (SELECT database_id, max(ended_ms) AS ended_ms FROM jobs WHERE kind = 'backup'" \
    "  GROUP BY database_id) m ON m.database_id = d.id" \
    " LEFT JOIN jobs l ON l.database_id = m.database_id AND l.kind = 'backup'" \
    "  AND l.ended_ms = m.ended_ms AND m.ended_ms > 0" \
    "  AND NOT EXISTS (SELECT n.id FROM jobs n WHERE n.database_id = l.database_id" \
    "   AND n.kind = 'backup' AND n.ended_ms = l.ended_ms AND n.id > l.id)"

#define DPA_DATABASES_COLUMNS \
    " dpa_databases_v1 AS SELECT d.id AS database_id" \
    DPA_TEXT("database_name", "255", "d.name") \
    DPA_TEXT("client_host", "255", "d.host") \
    ", d.port AS client_port" \
    DPA_TEXT("provider", "255", "d.provider") \
    DPA_TEXT("account", "255", "d.account") \
    DPA_TEXT("region", "255", "d.region") \
    DPA_TEXT("resource_id", "255", "d.resource_id") \
    DPA_NAME("long_name", "nullif(d.long_name, ''), d.resource_id") \
    DPA_TEXT("engine", "255", "d.engine") \
    DPA_TEXT("engine_version", "255", "d.version") \
    DPA_TEXT("provider_state", "255", "d.state") \
    ", d.size_bytes AS size_bytes" \
    DPA_LINE("skip_reason", "d.skip_reason") \
    DPA_NUMBER("is_gone", "CASE WHEN d.gone_ms > 0 THEN 1 ELSE 0 END") \
    DPA_NUMBER("is_stale", "CASE WHEN d.stale_ms > 0 THEN 1 ELSE 0 END") \
    DPA_TIME("first_seen_at", "nullif(d.first_seen_ms, 0)") \
    DPA_TIME("last_seen_at", "nullif(d.last_seen_ms, 0)") \
    DPA_TIME("gone_at", "nullif(d.gone_ms, 0)") \
    DPA_TIME("stale_at", "nullif(d.stale_ms, 0)") \
    DPA_NUMBER("has_good_set", "CASE WHEN s.id IS NULL THEN 0 ELSE 1 END") \
    DPA_NUMBER("last_good_set_id", "coalesce(s.id, 0)") \
    DPA_TIME("last_good_at", "s.created_ms") \
    DPA_NUMBER("last_good_unix_ms", "coalesce(s.created_ms, 0)") \
    DPA_NUMBER("last_good_age_s", "CASE WHEN " DPA_AGE " > 0 THEN " DPA_AGE " ELSE 0 END") \
    DPA_NUMBER("last_good_size_bytes", "coalesce(s.size_bytes, 0)") \
    DPA_NUMBER("last_job_id", "coalesce(l.id, 0)") \
    DPA_TIME("last_ended_at", "l.ended_ms") \
    DPA_NUMBER("last_ended_unix_ms", "coalesce(l.ended_ms, 0)") \
    DPA_NUMBER("last_status_code", DPA_LAST("0", "2", "-1")) \
    DPA_TEXT("last_status_text", "16", DPA_LAST("'Success'", "'Failed'", "'None'")) \
    DPA_LINE("last_error_text", "CASE WHEN l.state <> 'succeeded' THEN l.message ELSE '' END") \
    DPA_SERVER("server") \
    DPA_TEXT("catalog_id", "36", "k.catalog_id")
#define DPA_DATABASES_FROM " FROM known_databases d JOIN leader k ON k.id = 1"
#define DPA_DATABASES_VIEW SQL_CREATE_VIEW DPA_DATABASES_COLUMNS DPA_DATABASES_FROM SQL_LAST

// ---- version 5: policies and what they promise

#define DPA_NOW_MS SQL_NOW_S " * 1000"
#define DPA_PROMISE(name, sql) DPA_NUMBER(name, SQL_SHARE(sql, "1000"))
#define DPA_FLAG(name, sql) DPA_NUMBER(name, "CASE WHEN " sql " THEN 1 ELSE 0 END")
#define DPA_OFFSITE_AGE SQL_NOW_S " - " SQL_SHARE(PROMISE_OFFSITE_FROM, "1000")

#define DPA_OFFSITE_LOOKED_UP PROMISE_OFFSITE_JOIN
#define DPA_OFFSITE_GROUPED \
    " LEFT JOIN (SELECT database_id, max(id) AS id FROM sets WHERE state = 'good'" \
    "  AND offsite_ms > 0 GROUP BY database_id) h ON h.database_id = d.id" \
    " LEFT JOIN sets o ON o.id = h.id"

#define DPA_PROMISE_COLUMNS \
    DPA_TEXT("policy", "255", "d.policy") \
    DPA_TEXT("policy_outcome", "16", "d.policy_outcome") \
    DPA_TEXT("promise_state", "32", PROMISE_STATE(DPA_NOW_MS)) \
    DPA_PROMISE("promised_age_s", "d.promise_good_ms") \
    DPA_FLAG("is_overdue", PROMISE_IS_HELD " AND " PROMISE_GOOD_BROKEN(DPA_NOW_MS)) \
    DPA_NUMBER("last_offsite_set_id", "coalesce(o.id, 0)") \
    DPA_TIME("last_offsite_at", "o.created_ms") \
    DPA_NUMBER("last_offsite_unix_ms", "coalesce(o.created_ms, 0)") \
    DPA_NUMBER("last_offsite_age_s", \
               "CASE WHEN " DPA_OFFSITE_AGE " > 0 THEN " DPA_OFFSITE_AGE " ELSE 0 END") \
    DPA_PROMISE("promised_offsite_age_s", "d.promise_offsite_ms") \
    DPA_FLAG("is_offsite_overdue", PROMISE_IS_HELD " AND " PROMISE_OFFSITE_BROKEN(DPA_NOW_MS)) \
    DPA_TEXT("lost_policy", "255", "d.lost_policy") \
    DPA_TIME("tag_lost_at", "nullif(d.tag_lost_ms, 0)")

#define DPA_DATABASES_VIEW_5 \
    SQL_CREATE_VIEW DPA_DATABASES_COLUMNS DPA_PROMISE_COLUMNS DPA_DATABASES_FROM SQL_LAST_5 \
    SQL_OFFSITE PROMISE_LOST_JOIN

// clang-format on
