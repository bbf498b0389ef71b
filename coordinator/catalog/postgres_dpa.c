#include <stddef.h>

#include "coordinator/catalog/schema_dpa.h"
#include "coordinator/catalog/schema_metrics.h"

// A view works with the rights of its owner, the migrator: a reader needs none on the tables. Times
// are without a zone, in UTC; a sum of timestamp and interval does not depend on the session's
// zone, so that it can be indexed.
#define SQL_CREATE_VIEW "CREATE OR REPLACE VIEW"
#define SQL_TEXT(sql, size) "CAST(" sql " AS varchar(" size "))"
#define SQL_NUMBER(sql) "CAST(" sql " AS bigint)"
#define SQL_TIME(sql) "(timestamp '1970-01-01 00:00:00' + (" sql ") / 1000 * interval '1 second')"
#define SQL_DAY(sql) "to_char(" SQL_TIME(sql) ", 'YYYY-MM-DD')"
#define SQL_ENDED_AT SQL_TIME("a.ended_ms")
#define SQL_SHARE(of, by) "(" of ") / (" by ")"
#define SQL_HEX(sql) "encode(" sql ", 'hex')"
#define SQL_FIND(sql, mark) "strpos(" sql " || '" mark "', '" mark "')"
#define SQL_NOW_S "CAST(extract(epoch FROM now()) AS bigint)"
#define SQL_LAST DPA_LAST_LOOKED_UP
// Version 5 looks up one row for each database; a plain join makes a table of all sets first.
#define SQL_GOOD \
    " LEFT JOIN LATERAL (SELECT g.id, g.created_ms, g.size_bytes FROM sets g" \
    "  WHERE g.database_id = d.id AND g.state = 'good' ORDER BY g.id DESC LIMIT 1) s ON TRUE"
#define SQL_OFFSITE \
    " LEFT JOIN LATERAL (SELECT f.id, f.created_ms FROM sets f WHERE f.id =" \
    "  (SELECT max(h.id + 0) FROM sets h WHERE h.database_id = d.id AND h.state = 'good'" \
    "   AND h.offsite_ms > 0) OFFSET 0) o ON TRUE"
#define SQL_LAST_5 \
    SQL_GOOD \
    " LEFT JOIN LATERAL (SELECT n.id, n.ended_ms, n.state, n.message FROM jobs n" \
    "  WHERE n.database_id = d.id AND n.kind = 'backup' AND n.ended_ms > 0" \
    "  ORDER BY n.ended_ms DESC, n.id DESC LIMIT 1) l ON TRUE"
#define SQL_JOIN(a, b) "(" a " || " b ")"
#define SQL_CHAR(code) "chr(" code ")"

// The second index is on the very expression that the view gives.
const char *const schema_postgres_dpa[] = {
    DPA_BEFORE,
    "CREATE INDEX attempts_ended ON attempts (ended_ms)",
    "CREATE INDEX attempts_ended_at ON attempts (" SQL_TIME("ended_ms") ")",
    DPA_JOBS_VIEW,
    DPA_DATABASES_VIEW,
    NULL,
};

// Which policy a database has, what that promises, and when a set was seen off-site (0 = never).
// The index finds the newest good set, the newest off-site one, and those that are damaged.
const char *const schema_postgres_promise[] = {
    "ALTER TABLE known_databases ADD COLUMN policy TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN policy_outcome TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN policy_tag TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN lost_policy TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN tag_lost_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE known_databases ADD COLUMN promise_good_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE known_databases ADD COLUMN promise_offsite_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN offsite_ms BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX sets_state ON sets (state, database_id, offsite_ms, id)",
    DPA_DATABASES_VIEW_5,
    METRICS_VIEW,
    NULL,
};

// Which policy each job was made by, as it was then.
const char *const schema_postgres_jobs[] = {
    "ALTER TABLE jobs ADD COLUMN policy TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN policy_digest TEXT NOT NULL DEFAULT ''",
    DPA_JOBS_VIEW_6,
    NULL,
};

// From where else a database can be read, and what policies leave out of sets.
const char *const schema_postgres_what[] = {
    "ALTER TABLE known_databases ADD COLUMN endpoints TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "ALTER TABLE sets ADD COLUMN excluded_count BIGINT NOT NULL DEFAULT 0",
    DPA_JOBS_VIEW_8,
    NULL,
};

// Snapshots and replication of what holds the sets.
const char *const schema_postgres_protections[] = {
    "CREATE TABLE protections (id BIGINT PRIMARY KEY, state TEXT COLLATE \"C\" NOT NULL,"
    " store TEXT COLLATE \"C\" NOT NULL, protector TEXT COLLATE \"C\" NOT NULL,"
    " mtree TEXT COLLATE \"C\" NOT NULL, snapshot TEXT COLLATE \"C\" NOT NULL,"
    " context TEXT COLLATE \"C\" NOT NULL, destination TEXT COLLATE \"C\" NOT NULL,"
    " message TEXT COLLATE \"C\" NOT NULL, set_count BIGINT NOT NULL, began_ms BIGINT NOT NULL,"
    " created_ms BIGINT NOT NULL DEFAULT 0, expires_ms BIGINT NOT NULL DEFAULT 0,"
    " seen_ms BIGINT NOT NULL DEFAULT 0, syncing_ms BIGINT NOT NULL DEFAULT 0,"
    " offsite_ms BIGINT NOT NULL DEFAULT 0, synced_ms BIGINT NOT NULL DEFAULT 0)",
    "CREATE INDEX protections_state ON protections (state, id)",
    "ALTER TABLE sets ADD COLUMN protection_id BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX sets_protection ON sets (protection_id, id)",
    DPA_JOBS_VIEW_9,
    NULL,
};

// What is kept whatever its policy says, and what is to go; how long snapshots are kept.
const char *const schema_postgres_retention[] = {
    "ALTER TABLE sets ADD COLUMN pinned_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN pinned_until_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN expiring_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN expired_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN locked_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN pinned_by TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "ALTER TABLE sets ADD COLUMN pin_reason TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "ALTER TABLE sets ADD COLUMN kept_state TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "ALTER TABLE sets ADD COLUMN expiry TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "CREATE INDEX sets_age ON sets (database_id, id)",
    "ALTER TABLE protections ADD COLUMN retention_days BIGINT NOT NULL DEFAULT 0",
    DPA_JOBS_VIEW_10,
    NULL,
};

// What a set measures, beside its size.
const char *const schema_postgres_measures[] = {
    "ALTER TABLE sets ADD COLUMN row_count BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN jump TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    DPA_JOBS_VIEW_12,
    NULL,
};
