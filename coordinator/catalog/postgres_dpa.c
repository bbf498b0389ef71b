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
#define SQL_GOOD DPA_GOOD_LOOKED_UP
#define SQL_OFFSITE DPA_OFFSITE_LOOKED_UP
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
