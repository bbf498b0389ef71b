#include <stddef.h>

#include "coordinator/catalog/schema_dpa.h"

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

// The second index is on the very expression that the view gives.
const char *const schema_postgres_dpa[] = {
    DPA_BEFORE,
    "CREATE INDEX attempts_ended ON attempts (ended_ms)",
    "CREATE INDEX attempts_ended_at ON attempts (" SQL_TIME("ended_ms") ")",
    DPA_JOBS_VIEW,
    DPA_DATABASES_VIEW,
    NULL,
};

// Version 5: snapshots and replication of what holds the sets.
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
    "ALTER TABLE sets ADD COLUMN offsite_ms BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX sets_protection ON sets (protection_id, id)",
    DPA_JOBS_VIEW_5,
    NULL,
};
