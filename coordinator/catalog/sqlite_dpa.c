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
#define DPA_JOBS_MORE ""
const char *const schema_sqlite_dpa[] = {
    DPA_BEFORE,
    "CREATE INDEX attempts_ended ON attempts (ended_ms)",
    "CREATE INDEX attempts_ended_at ON attempts (" SQL_TIME("ended_ms") ")",
    DPA_JOBS_VIEW,
    DPA_DATABASES_VIEW,
    NULL,
};

#undef DPA_JOBS_MORE
#define DPA_JOBS_MORE DPA_JOBS_MORE_5
const char schema_sqlite_dpa_jobs[] = DPA_JOBS_VIEW;
