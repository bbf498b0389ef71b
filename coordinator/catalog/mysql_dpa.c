// Times do not depend on the session's time zone. DDL commits by itself, so each statement may be
// run again (mysql_schema.c says when).

#include <stddef.h>

#include "coordinator/catalog/schema_dpa.h"
#include "coordinator/catalog/schema_metrics.h"

// A reader needs no right on the tables: the view works with those of its maker, the migrator, who
// must stay for as long as the view. No other definer is named: on RDS nobody may.
#define SQL_CREATE_VIEW "CREATE OR REPLACE SQL SECURITY DEFINER VIEW"
#define SQL_TEXT(sql, size) \
    "CAST(substr(" sql ", 1, " size ") AS CHAR(" size ") CHARACTER SET utf8mb4)"
#define SQL_NUMBER(sql) "CAST(" sql " AS SIGNED)"
#define SQL_TIME(sql) "TIMESTAMP '1970-01-01 00:00:00' + INTERVAL ((" sql ") DIV 1000) SECOND"
#define SQL_DAY(sql) "date_format(" SQL_TIME(sql) ", '%Y-%m-%d')"
#define SQL_ENDED_AT "a.ended_at"
#define SQL_SHARE(of, by) "(" of ") DIV (" by ")"
#define SQL_HEX(sql) "lower(hex(" sql "))"
#define SQL_FIND(sql, mark) "instr(concat(" sql ", '" mark "'), '" mark "')"
#define SQL_NOW_S "unix_timestamp()"
#define SQL_LAST DPA_LAST_GROUPED
#define SQL_LAST_5 SQL_LAST
#define SQL_GOOD DPA_GOOD_GROUPED
#define SQL_OFFSITE DPA_OFFSITE_GROUPED
#define SQL_JOIN(a, b) "concat(" a ", " b ")"
#define SQL_CHAR(code) "char(" code " USING utf8mb4)"

// MariaDB has no index on an expression, but on a column that is one.
const char *const schema_mysql_dpa[] = {
    DPA_BEFORE,
    "ALTER TABLE attempts ADD COLUMN ended_at DATETIME GENERATED ALWAYS AS"
    " (" SQL_TIME("ended_ms") ") VIRTUAL",
    "CREATE INDEX attempts_ended ON attempts (ended_ms)",
    "CREATE INDEX attempts_ended_at ON attempts (ended_at)",
    DPA_JOBS_VIEW,
    DPA_DATABASES_VIEW,
    NULL,
};

// Which policy a database has, what that promises, and when a set was seen off-site (0 = never).
// The index finds the newest good set, the newest off-site one, and those that are damaged.
const char *const schema_mysql_promise[] = {
    "ALTER TABLE known_databases ADD COLUMN policy TEXT NOT NULL DEFAULT ('')",
    "ALTER TABLE known_databases ADD COLUMN policy_outcome TEXT NOT NULL DEFAULT ('')",
    "ALTER TABLE known_databases ADD COLUMN policy_tag TEXT NOT NULL DEFAULT ('')",
    "ALTER TABLE known_databases ADD COLUMN lost_policy TEXT NOT NULL DEFAULT ('')",
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
const char *const schema_mysql_jobs[] = {
    "ALTER TABLE jobs ADD COLUMN policy TEXT NOT NULL DEFAULT ('')",
    "ALTER TABLE jobs ADD COLUMN policy_digest TEXT NOT NULL DEFAULT ('')",
    DPA_JOBS_VIEW_6,
    NULL,
};

// From where else a database can be read, and what policies leave out of sets.
const char *const schema_mysql_what[] = {
    "ALTER TABLE known_databases ADD COLUMN endpoints TEXT NOT NULL DEFAULT ('')",
    "ALTER TABLE sets ADD COLUMN excluded_count BIGINT NOT NULL DEFAULT 0",
    DPA_JOBS_VIEW_8,
    NULL,
};

// Snapshots and replication of what holds the sets.
const char *const schema_mysql_protections[] = {
    "CREATE TABLE protections (id BIGINT NOT NULL PRIMARY KEY, state VARCHAR(128) NOT NULL,"
    " store TEXT NOT NULL, protector TEXT NOT NULL, mtree TEXT NOT NULL, snapshot TEXT NOT NULL,"
    " context TEXT NOT NULL, destination TEXT NOT NULL, message MEDIUMTEXT NOT NULL,"
    " set_count BIGINT NOT NULL, began_ms BIGINT NOT NULL,"
    " created_ms BIGINT NOT NULL DEFAULT 0, expires_ms BIGINT NOT NULL DEFAULT 0,"
    " seen_ms BIGINT NOT NULL DEFAULT 0, syncing_ms BIGINT NOT NULL DEFAULT 0,"
    " offsite_ms BIGINT NOT NULL DEFAULT 0, synced_ms BIGINT NOT NULL DEFAULT 0,"
    " INDEX protections_state (state, id))"
    " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    "ALTER TABLE sets ADD COLUMN protection_id BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX sets_protection ON sets (protection_id, id)",
    DPA_JOBS_VIEW_9,
    NULL,
};

// What is kept whatever its policy says, and what is to go; how long snapshots are kept.
const char *const schema_mysql_retention[] = {
    "ALTER TABLE sets ADD COLUMN pinned_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN pinned_until_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN expiring_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN expired_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN locked_ms BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN pinned_by TEXT NOT NULL DEFAULT ('')",
    "ALTER TABLE sets ADD COLUMN pin_reason TEXT NOT NULL DEFAULT ('')",
    "ALTER TABLE sets ADD COLUMN kept_state TEXT NOT NULL DEFAULT ('')",
    "ALTER TABLE sets ADD COLUMN expiry TEXT NOT NULL DEFAULT ('')",
    "CREATE INDEX sets_age ON sets (database_id, id)",
    "ALTER TABLE protections ADD COLUMN retention_days BIGINT NOT NULL DEFAULT 0",
    DPA_JOBS_VIEW_10,
    NULL,
};

// What a set measures, beside its size.
const char *const schema_mysql_measures[] = {
    "ALTER TABLE sets ADD COLUMN row_count BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE sets ADD COLUMN jump TEXT NOT NULL DEFAULT ('')",
    DPA_JOBS_VIEW_12,
    NULL,
};
