#include <stddef.h>

#include "coordinator/catalog/schema.h"
#include "coordinator/catalog/schema_dpa.h"

// As in SQLite: texts have an order by bytes whatever the database's own is, so that lists and
// their cursors are the same everywhere.
#define TEXT "TEXT COLLATE \"C\" NOT NULL"
#define NUMBER "BIGINT NOT NULL"

#define SQL_TIME(ms) \
    "to_char(to_timestamp((" ms ") / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"

// What SQLite has with its versions 1 and 2.
static const char *const version_2[] = {
    "CREATE TABLE dbhaul_schema (id BIGINT PRIMARY KEY CHECK (id = 1), version " NUMBER ")",

    // batch: the last one that this epoch committed.
    "CREATE TABLE leader (id BIGINT PRIMARY KEY CHECK (id = 1), catalog_id " TEXT ","
    " epoch " NUMBER ", holder " TEXT ", batch " NUMBER " DEFAULT 0)",

    "CREATE TABLE known_databases (id BIGINT PRIMARY KEY, provider " TEXT ", resource_id " TEXT ","
    " name " TEXT ", long_name " TEXT ", engine " TEXT ", version " TEXT ", account " TEXT ","
    " region " TEXT ", host " TEXT ", port " NUMBER ", source " TEXT ", secret " TEXT ","
    " role_arn " TEXT ", external_id " TEXT ", state " TEXT ", tags " TEXT ", skip_reason " TEXT ","
    " size_bytes " NUMBER ", first_seen_ms " NUMBER ", last_seen_ms " NUMBER ","
    " gone_ms " NUMBER " DEFAULT 0, stale_ms " NUMBER " DEFAULT 0)",
    "CREATE UNIQUE INDEX known_databases_resource ON known_databases (provider, "
    "resource_id)",
    "CREATE INDEX known_databases_name ON known_databases (name, id)",

    "CREATE TABLE runs (id BIGINT PRIMARY KEY, kind " TEXT ", label " TEXT ", selector " TEXT ","
    " requested_by " TEXT ", policy_digest " TEXT ", note " TEXT ", started_ms " NUMBER ","
    " ended_ms " NUMBER " DEFAULT 0, jobs " NUMBER " DEFAULT 0, succeeded " NUMBER " DEFAULT 0,"
    " failed " NUMBER " DEFAULT 0, cancelled " NUMBER " DEFAULT 0, skipped " NUMBER " DEFAULT 0)",
    "CREATE INDEX runs_ended ON runs (ended_ms, id)",

    "CREATE TABLE skips (run_id BIGINT REFERENCES runs (id),"
    " database_id BIGINT REFERENCES known_databases (id), reason " TEXT ","
    " PRIMARY KEY (run_id, database_id))",

    "CREATE TABLE jobs (id BIGINT PRIMARY KEY, run_id " NUMBER " REFERENCES runs (id), kind " TEXT
    ", database_id " NUMBER ", set_id " NUMBER ", state " TEXT ", attempt " NUMBER " DEFAULT 0,"
    " failures " NUMBER " DEFAULT 0, not_before_ms " NUMBER " DEFAULT 0,"
    " size_bytes " NUMBER " DEFAULT 0, queued_ms " NUMBER ", started_ms " NUMBER " DEFAULT 0,"
    " ended_ms " NUMBER " DEFAULT 0, worker " TEXT " DEFAULT '', message " TEXT " DEFAULT '',"
    " task BYTEA)",
    "CREATE INDEX jobs_run ON jobs (run_id, id)",
    "CREATE INDEX jobs_state ON jobs (state, id)",
    "CREATE INDEX jobs_database ON jobs (database_id, kind, ended_ms, id)",
    "CREATE INDEX jobs_ended ON jobs (kind, ended_ms, id)",

    "CREATE TABLE attempts (job_id BIGINT REFERENCES jobs (id), number BIGINT, "
    "instance " TEXT ","
    " worker " TEXT ", started_ms " NUMBER ", ended_ms " NUMBER " DEFAULT 0,"
    " outcome " TEXT " DEFAULT '', failure_class " TEXT " DEFAULT '',"
    " size_bytes " NUMBER " DEFAULT 0, message " TEXT " DEFAULT '',"
    " PRIMARY KEY (job_id, number))",

    "CREATE TABLE sets (id BIGINT PRIMARY KEY, database_id " NUMBER
    " REFERENCES known_databases (id), job_id " NUMBER ", attempt " NUMBER ", store " TEXT ","
    " path " TEXT ", size_bytes " NUMBER ", file_count " NUMBER ", manifest_sha256 BYTEA NOT NULL,"
    " tool " TEXT ", tool_version " TEXT ", server_version " TEXT ", consistency " TEXT ","
    " schema_count " NUMBER ", left_out_count " NUMBER ", created_ms " NUMBER ","
    " verified_ms " NUMBER " DEFAULT 0, state " TEXT ", message " TEXT " DEFAULT '')",
    "CREATE INDEX sets_database ON sets (database_id, state, id)",
    // With the id: a job's newest set is looked for by it, else the planner takes the primary key.
    "CREATE INDEX sets_job ON sets (job_id, id)",

    "CREATE TABLE scopes (provider " TEXT ", account " TEXT ", region " TEXT ", state " TEXT ","
    " message " TEXT ", since_ms " NUMBER ", PRIMARY KEY (provider, account, region))",

    "CREATE TABLE events (id BIGINT PRIMARY KEY, at_ms " NUMBER ", database_id " NUMBER ","
    " provider " TEXT ", account " TEXT ", region " TEXT ", kind " TEXT ", message " TEXT ")",
    "CREATE INDEX events_database ON events (database_id, id)",

    "CREATE VIEW report (\"start\", \"end\", dbname, size, longname, status) AS"
    " SELECT " SQL_TIME("CASE WHEN j.started_ms > 0 THEN j.started_ms ELSE j.queued_ms "
                        "END") ","
                               " " SQL_TIME("j.ended_ms") ", coalesce(d.name, ''),"
                                                          " CASE WHEN j.state = 'succeeded' "
                                                          "THEN (j.size_bytes + 999999999) / "
                                                          "1000000000 ELSE 0 END,"
                                                          " coalesce(nullif(d.long_name, ''), "
                                                          "d.resource_id, ''),"
                                                          " CASE WHEN j.state = 'succeeded' "
                                                          "THEN 'Success' ELSE 'Failed' END"
                                                          " FROM jobs j LEFT JOIN "
                                                          "known_databases d ON d.id = "
                                                          "j.database_id"
                                                          " WHERE j.kind = 'backup' AND "
                                                          "j.ended_ms > 0",
    NULL,
};

// What is remembered of policies' firings.
static const char *const version_4[] = {
    "CREATE TABLE firings (policy " TEXT ", seen_ms " NUMBER ", fired_ms " NUMBER ","
    " skipped_after_ms " NUMBER ", skipped_until_ms " NUMBER ", closes_ms " NUMBER ","
    " PRIMARY KEY (policy))",
    NULL,
};

// What people are told of: outages, what they strike, messages on their way, and what came of them.
static const char *const version_7[] = {
    "CREATE TABLE outages (id BIGINT PRIMARY KEY, kind " TEXT ", cause_key " TEXT ","
    " cause " TEXT ", told_to " TEXT ", opened_ms " NUMBER ", told_ms " NUMBER ", empty_ms " NUMBER
    ","
    " closed_ms " NUMBER ", told_members " NUMBER ")",
    "CREATE INDEX outages_closed ON outages (closed_ms, id)",
    "CREATE TABLE outage_members (outage_id " NUMBER ", subject " TEXT ", name " TEXT ","
    " policy " TEXT ", since_ms " NUMBER ", left_ms " NUMBER " DEFAULT 0,"
    " PRIMARY KEY (outage_id, subject))",
    "CREATE TABLE deliveries (id " TEXT ", target " TEXT ", event " TEXT ","
    " severity " TEXT ", title " TEXT ", body " TEXT ", document " TEXT ","
    " at_ms " NUMBER ", next_ms " NUMBER ", tries " NUMBER ", merged " NUMBER ","
    " ended_ms " NUMBER " DEFAULT 0, outcome " TEXT " DEFAULT '', PRIMARY KEY (id))",
    "CREATE INDEX deliveries_ended ON deliveries (ended_ms, at_ms, id)",
    "CREATE TABLE receipts (target " TEXT ", message " TEXT ", delivered_ms " NUMBER ","
    " failed_ms " NUMBER ", given_up " NUMBER ", PRIMARY KEY (target))",
    NULL,
};

// What sweeps find, and rebuilds of the catalog.
static const char *const version_11[] = {
    "CREATE TABLE strays (job_id " NUMBER ", attempt " NUMBER ", number " NUMBER ", store " TEXT
    ", kind " TEXT ","
    " path " TEXT ", set_id " NUMBER ", outcome " TEXT ", PRIMARY KEY (job_id, attempt, number))",
    "CREATE TABLE rebuilds (id BIGINT PRIMARY KEY, source " TEXT ", began_ms " NUMBER ","
    " ended_ms " NUMBER ")",
    NULL,
};

const struct migration schema_postgres_migrations[] = {{2, version_2},
                                                       {3, schema_postgres_dpa},
                                                       {4, version_4},
                                                       {5, schema_postgres_promise},
                                                       {6, schema_postgres_jobs},
                                                       {7, version_7},
                                                       {8, schema_postgres_what},
                                                       {9, schema_postgres_protections},
                                                       {10, schema_postgres_retention},
                                                       {11, version_11},
                                                       {12, schema_postgres_measures},
                                                       {0, NULL}};
