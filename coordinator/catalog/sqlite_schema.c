#include <stddef.h>

#include "coordinator/catalog/schema.h"
#include "coordinator/catalog/schema_dpa.h"

// Times are INTEGER unix milliseconds in UTC. A job's task is what it needs to run again; it is
// dropped when the job has ended, so that years of nights stay small. Each index serves a list of
// query.h or the server's restart; test_catalog_sqlite.c checks that they do.
static const char *const version_1[] = {
    "CREATE TABLE leader (id INTEGER PRIMARY KEY CHECK (id = 1), catalog_id TEXT NOT NULL,"
    " epoch INTEGER NOT NULL, holder TEXT NOT NULL) STRICT",

    "CREATE TABLE known_databases (id INTEGER PRIMARY KEY, provider TEXT NOT NULL,"
    " resource_id TEXT NOT NULL, name TEXT NOT NULL, engine TEXT NOT NULL, version TEXT NOT NULL,"
    " account TEXT NOT NULL, region TEXT NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL,"
    " secret TEXT NOT NULL, state TEXT NOT NULL, tags TEXT NOT NULL, skip_reason TEXT NOT NULL,"
    " size_bytes INTEGER NOT NULL, first_seen_ms INTEGER NOT NULL, last_seen_ms INTEGER NOT NULL,"
    " gone_ms INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE UNIQUE INDEX known_databases_resource ON known_databases (provider, resource_id)",
    "CREATE INDEX known_databases_name ON known_databases (name, id)",

    "CREATE TABLE runs (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL,"
    " selector TEXT NOT NULL, requested_by TEXT NOT NULL, policy_digest TEXT NOT NULL,"
    " started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL DEFAULT 0,"
    " jobs INTEGER NOT NULL DEFAULT 0, succeeded INTEGER NOT NULL DEFAULT 0,"
    " failed INTEGER NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0,"
    " skipped INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE INDEX runs_ended ON runs (ended_ms, id)",

    "CREATE TABLE skips (run_id INTEGER NOT NULL REFERENCES runs (id),"
    " database_id INTEGER NOT NULL REFERENCES known_databases (id), reason TEXT NOT NULL,"
    " PRIMARY KEY (run_id, database_id)) STRICT, WITHOUT ROWID",

    "CREATE TABLE jobs (id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES runs (id),"
    " kind TEXT NOT NULL, database_id INTEGER NOT NULL, set_id INTEGER NOT NULL,"
    " state TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0,"
    " failures INTEGER NOT NULL DEFAULT 0, not_before_ms INTEGER NOT NULL DEFAULT 0,"
    " size_bytes INTEGER NOT NULL DEFAULT 0, queued_ms INTEGER NOT NULL,"
    " started_ms INTEGER NOT NULL DEFAULT 0, ended_ms INTEGER NOT NULL DEFAULT 0,"
    " worker TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', task BLOB) STRICT",
    "CREATE INDEX jobs_run ON jobs (run_id, id)",
    "CREATE INDEX jobs_state ON jobs (state, id)",
    "CREATE INDEX jobs_database ON jobs (database_id, kind, ended_ms, id)",
    "CREATE INDEX jobs_ended ON jobs (kind, ended_ms, id)",

    "CREATE TABLE attempts (job_id INTEGER NOT NULL REFERENCES jobs (id),"
    " number INTEGER NOT NULL, instance TEXT NOT NULL, worker TEXT NOT NULL,"
    " started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL DEFAULT 0,"
    " outcome TEXT NOT NULL DEFAULT '', failure_class TEXT NOT NULL DEFAULT '',"
    " size_bytes INTEGER NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY (job_id, number)) STRICT, WITHOUT ROWID",

    "CREATE TABLE sets (id INTEGER PRIMARY KEY,"
    " database_id INTEGER NOT NULL REFERENCES known_databases (id), job_id INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL, store TEXT NOT NULL, path TEXT NOT NULL,"
    " size_bytes INTEGER NOT NULL, file_count INTEGER NOT NULL, manifest_sha256 BLOB NOT NULL,"
    " tool TEXT NOT NULL, tool_version TEXT NOT NULL, server_version TEXT NOT NULL,"
    " consistency TEXT NOT NULL, schema_count INTEGER NOT NULL, left_out_count INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL, verified_ms INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL,"
    " message TEXT NOT NULL DEFAULT '') STRICT",
    "CREATE INDEX sets_database ON sets (database_id, state, id)",
    "CREATE INDEX sets_job ON sets (job_id)",

    "CREATE VIEW report (\"start\", \"end\", dbname, size, longname, status) AS"
    " SELECT strftime('%Y-%m-%d %H:%M:%S',"
    "  CASE WHEN j.started_ms > 0 THEN j.started_ms ELSE j.queued_ms END / 1000, 'unixepoch'),"
    " strftime('%Y-%m-%d %H:%M:%S', j.ended_ms / 1000, 'unixepoch'),"
    " coalesce(d.name, ''),"
    " CASE WHEN j.state = 'succeeded' THEN (j.size_bytes + 999999999) / 1000000000 ELSE 0 END,"
    " coalesce(d.resource_id, ''),"
    " CASE WHEN j.state = 'succeeded' THEN 'Success' ELSE 'Failed' END"
    " FROM jobs j LEFT JOIN known_databases d ON d.id = j.database_id"
    " WHERE j.kind = 'backup' AND j.ended_ms > 0",
    NULL,
};

// What discovery knows over time, and runs that are not whole.
static const char *const version_2[] = {
    "ALTER TABLE known_databases ADD COLUMN long_name TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN source TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN role_arn TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN external_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE known_databases ADD COLUMN stale_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT ''",

    "CREATE TABLE scopes (provider TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,"
    " state TEXT NOT NULL, message TEXT NOT NULL, since_ms INTEGER NOT NULL,"
    " PRIMARY KEY (provider, account, region)) STRICT, WITHOUT ROWID",

    "CREATE TABLE events (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,"
    " database_id INTEGER NOT NULL, provider TEXT NOT NULL, account TEXT NOT NULL,"
    " region TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL) STRICT",
    "CREATE INDEX events_database ON events (database_id, id)",

    "DROP VIEW report",
    "CREATE VIEW report (\"start\", \"end\", dbname, size, longname, status) AS"
    " SELECT strftime('%Y-%m-%d %H:%M:%S',"
    "  CASE WHEN j.started_ms > 0 THEN j.started_ms ELSE j.queued_ms END / 1000, 'unixepoch'),"
    " strftime('%Y-%m-%d %H:%M:%S', j.ended_ms / 1000, 'unixepoch'),"
    " coalesce(d.name, ''),"
    " CASE WHEN j.state = 'succeeded' THEN (j.size_bytes + 999999999) / 1000000000 ELSE 0 END,"
    " coalesce(nullif(d.long_name, ''), d.resource_id, ''),"
    " CASE WHEN j.state = 'succeeded' THEN 'Success' ELSE 'Failed' END"
    " FROM jobs j LEFT JOIN known_databases d ON d.id = j.database_id"
    " WHERE j.kind = 'backup' AND j.ended_ms > 0",
    NULL,
};

// What is remembered of policies' firings.
static const char *const version_4[] = {
    "CREATE TABLE firings (policy TEXT NOT NULL, seen_ms INTEGER NOT NULL,"
    " fired_ms INTEGER NOT NULL, skipped_after_ms INTEGER NOT NULL,"
    " skipped_until_ms INTEGER NOT NULL, closes_ms INTEGER NOT NULL,"
    " PRIMARY KEY (policy)) STRICT, WITHOUT ROWID",
    NULL,
};

// What people are told of: outages, what they strike, messages on their way, and what came of them.
static const char *const version_7[] = {
    "CREATE TABLE outages (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, cause_key TEXT NOT NULL,"
    " cause TEXT NOT NULL, told_to TEXT NOT NULL, opened_ms INTEGER NOT NULL,"
    " told_ms INTEGER NOT NULL, empty_ms INTEGER NOT NULL, closed_ms INTEGER NOT NULL,"
    " told_members INTEGER NOT NULL) STRICT",
    "CREATE INDEX outages_closed ON outages (closed_ms, id)",
    "CREATE TABLE outage_members (outage_id INTEGER NOT NULL, subject TEXT NOT NULL,"
    " name TEXT NOT NULL, policy TEXT NOT NULL, since_ms INTEGER NOT NULL,"
    " left_ms INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (outage_id, subject)) STRICT, WITHOUT ROWID",
    "CREATE TABLE deliveries (id TEXT NOT NULL, target TEXT NOT NULL, event TEXT NOT NULL,"
    " severity TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, document TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL, tries INTEGER NOT NULL,"
    " merged INTEGER NOT NULL, ended_ms INTEGER NOT NULL DEFAULT 0,"
    " outcome TEXT NOT NULL DEFAULT '', PRIMARY KEY (id)) STRICT, WITHOUT ROWID",
    "CREATE INDEX deliveries_ended ON deliveries (ended_ms, at_ms, id)",
    "CREATE TABLE receipts (target TEXT NOT NULL, message TEXT NOT NULL,"
    " delivered_ms INTEGER NOT NULL, failed_ms INTEGER NOT NULL, given_up INTEGER NOT NULL,"
    " PRIMARY KEY (target)) STRICT, WITHOUT ROWID",
    NULL,
};

// What sweeps find, and rebuilds of the catalog.
static const char *const version_11[] = {
    "CREATE TABLE strays (job_id INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " number INTEGER NOT NULL, store TEXT NOT NULL, kind TEXT NOT NULL,"
    " path TEXT NOT NULL, set_id INTEGER NOT NULL, outcome TEXT NOT NULL,"
    " PRIMARY KEY (job_id, attempt, number)) STRICT, WITHOUT ROWID",
    "CREATE TABLE rebuilds (id INTEGER PRIMARY KEY, source TEXT NOT NULL,"
    " began_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL) STRICT",
    NULL,
};

const struct migration schema_sqlite_migrations[] = {{1, version_1},
                                                     {2, version_2},
                                                     {3, schema_sqlite_dpa},
                                                     {4, version_4},
                                                     {5, schema_sqlite_promise},
                                                     {6, schema_sqlite_jobs},
                                                     {7, version_7},
                                                     {8, schema_sqlite_what},
                                                     {9, schema_sqlite_protections},
                                                     {10, schema_sqlite_retention},
                                                     {11, version_11},
                                                     {12, schema_sqlite_measures},
                                                     {0, NULL}};
