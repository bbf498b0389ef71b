#include <stddef.h>

#include "coordinator/catalog/schema_dpa.h"

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

// The second index is on the very expression that the view gives.
const char *const schema_sqlite_dpa[] = {
    DPA_BEFORE,
    "CREATE INDEX attempts_ended ON attempts (ended_ms)",
    "CREATE INDEX attempts_ended_at ON attempts (" SQL_TIME("ended_ms") ")",
    DPA_JOBS_VIEW,
    DPA_DATABASES_VIEW,
    NULL,
};

// Version 5: snapshots and replication of what holds the sets.
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
    "ALTER TABLE sets ADD COLUMN offsite_ms INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX sets_protection ON sets (protection_id, id)",
    "DROP VIEW dpa_backup_jobs_v1",
    DPA_JOBS_VIEW_5,
    NULL,
};
