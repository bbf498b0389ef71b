#include <stddef.h>

#include "coordinator/catalog/schema_dpa.h"
#include "coordinator/catalog/schema_metrics.h"

#define SQL_CREATE_VIEW "CREATE VIEW"
#define SQL_TEXT(sql, size) "substr(" sql ", 1, " size ")"
#define SQL_NUMBER(sql) sql
#define SQL_TIME(sql) "strftime('%Y-%m-%d %H:%M:%S', " sql " / 1000, 'unixepoch')"
#define SQL_DAY(sql) "strftime('%Y-%m-%d', " sql " / 1000, 'unixepoch')"
#define SQL_ENDED_AT SQL_TIME("a.ended_ms")
#define SQL_SHARE(of, by) "(" of ") / (" by ")"
#define SQL_HEX(sql) "lower(hex(" sql "))"
#define SQL_FIND(sql, mark) "instr(" sql " || '" mark "', '" mark "')"
#define SQL_NOW_S "CAST(strftime('%s', 'now') AS INTEGER)"
#define SQL_LAST DPA_LAST_LOOKED_UP
#define SQL_LAST_5 SQL_LAST
#define SQL_GOOD DPA_GOOD_LOOKED_UP
#define SQL_OFFSITE DPA_OFFSITE_LOOKED_UP
#define SQL_JOIN(a, b) "(" a " || " b ")"
#define SQL_CHAR(code) "char(" code ")"

// The second index is on the very expression that the view gives.
const char *const schema_sqlite_dpa[] = {
    DPA_BEFORE,
    "CREATE INDEX attempts_ended ON attempts (ended_ms)",
    "CREATE INDEX attempts_ended_at ON attempts (" SQL_TIME("ended_ms") ")",
    DPA_JOBS_VIEW,
    DPA_DATABASES_VIEW,
    NULL,
};

// Which policy a database has, what that promises, and when a set was seen off-site (0 = never).
// The index finds the newest good set, the newest off-site one, and those that are damaged.
const char *const schema_sqlite_promise[] = {
    "ALTER TABLE known_databases ADD COLUMN policy TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN policy_outcome TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN policy_tag TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN lost_policy TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN tag_lost_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE known_databases ADD COLUMN promise_good_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE known_databases ADD COLUMN promise_offsite_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN offsite_ms INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX sets_state ON sets (state, database_id, offsite_ms, id)",
    "DROP VIEW dpa_databases_v1",
    DPA_DATABASES_VIEW_5,
    METRICS_VIEW,
    NULL,
};

// Which policy each job was made by, as it was then.
const char *const schema_sqlite_jobs[] = {
    "ALTER TABLE jobs ADD COLUMN policy TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN policy_digest TEXT NOT NULL DEFAULT ''",
    "DROP VIEW dpa_backup_jobs_v1",
    DPA_JOBS_VIEW_6,
    NULL,
};

// From where else a database can be read, and what policies leave out of sets.
const char *const schema_sqlite_what[] = {
    "ALTER TABLE known_databases ADD COLUMN endpoints TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sets ADD COLUMN excluded_count INTEGER NOT NULL DEFAULT 0",
    "DROP VIEW dpa_backup_jobs_v1",
    DPA_JOBS_VIEW_8,
    NULL,
};

// Snapshots and replication of what holds the sets.
const char *const schema_sqlite_protections[] = {
    "CREATE TABLE protections (id INTEGER PRIMARY KEY, state TEXT NOT NULL, store TEXT NOT NULL,"
    " protector TEXT NOT NULL, mtree TEXT NOT NULL, snapshot TEXT NOT NULL,"
    " context TEXT NOT NULL, destination TEXT NOT NULL, message TEXT NOT NULL,"
    " set_count INTEGER NOT NULL, began_ms INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL DEFAULT 0, expires_ms INTEGER NOT NULL DEFAULT 0,"
    " seen_ms INTEGER NOT NULL DEFAULT 0, syncing_ms INTEGER NOT NULL DEFAULT 0,"
    " offsite_ms INTEGER NOT NULL DEFAULT 0, synced_ms INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE INDEX protections_state ON protections (state, id)",
    "ALTER TABLE sets ADD COLUMN protection_id INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX sets_protection ON sets (protection_id, id)",
    "DROP VIEW dpa_backup_jobs_v1",
    DPA_JOBS_VIEW_9,
    NULL,
};

// What is kept whatever its policy says, and what is to go; how long snapshots are kept.
const char *const schema_sqlite_retention[] = {
    "ALTER TABLE sets ADD COLUMN pinned_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN pinned_until_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN expiring_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN expired_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN locked_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN pinned_by TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sets ADD COLUMN pin_reason TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sets ADD COLUMN kept_state TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sets ADD COLUMN expiry TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX sets_age ON sets (database_id, id)",
    "ALTER TABLE protections ADD COLUMN retention_days INTEGER NOT NULL DEFAULT 0",
    "DROP VIEW dpa_backup_jobs_v1",
    DPA_JOBS_VIEW_10,
    NULL,
};

// What a set measures, beside its size.
const char *const schema_sqlite_measures[] = {
    "ALTER TABLE sets ADD COLUMN row_count INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN jump TEXT NOT NULL DEFAULT ''",
    "DROP VIEW dpa_backup_jobs_v1",
    DPA_JOBS_VIEW_12,
    NULL,
};
