#include <stddef.h>

#include "coordinator/catalog/schema.h"
#include "coordinator/catalog/schema_dpa.h"

// For MariaDB from 10.6 and MySQL from 8.0.13. An index holds at most 3072 bytes, four a character,
// so a text in one has a length; a longer one is an error (strict mode), never cut. DDL commits by
// itself here: a migration that was cut off is run again from its first statement, where "it is
// there already" is no failure (mysql.c). So a statement that changes rows must be safe to repeat.
#define TABLE ") ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
#define NUMBER "BIGINT NOT NULL"
#define ID "BIGINT NOT NULL PRIMARY KEY"
#define WORD "VARCHAR(128) NOT NULL"
#define TEXT "TEXT NOT NULL"
#define LONG "MEDIUMTEXT NOT NULL"
#define NOTHING " DEFAULT ('')"

// Whatever the session's time zone is.
#define SQL_TIME(ms) \
    "date_format(TIMESTAMP '1970-01-01 00:00:00' + INTERVAL ((" ms ") DIV 1000) SECOND," \
    " '%Y-%m-%d %H:%i:%s')"

// What SQLite has with its versions 1 and 2.
static const char *const version_2[] = {
    "CREATE TABLE dbhaul_schema (id " ID ", version " NUMBER TABLE,

    // batch: the last one that this epoch committed.
    "CREATE TABLE leader (id " ID ", catalog_id " WORD ", epoch " NUMBER ", holder " TEXT ","
    " batch " NUMBER " DEFAULT 0, CHECK (id = 1)" TABLE,

    "CREATE TABLE known_databases (id " ID ", provider " WORD ", resource_id VARCHAR(600) NOT NULL,"
    " name VARCHAR(512) NOT NULL, long_name " TEXT ", engine " TEXT ", version " TEXT ","
    " account " TEXT ", region " TEXT ", host " TEXT ", port " NUMBER ", source " TEXT ","
    " secret " TEXT ", role_arn " TEXT ", external_id " TEXT ", state " TEXT ", tags " LONG ","
    " skip_reason " LONG ", size_bytes " NUMBER ", first_seen_ms " NUMBER ","
    " last_seen_ms " NUMBER ", gone_ms " NUMBER " DEFAULT 0, stale_ms " NUMBER " DEFAULT 0,"
    " UNIQUE INDEX known_databases_resource (provider, resource_id),"
    " INDEX known_databases_name (name, id)" TABLE,

    "CREATE TABLE runs (id " ID ", kind " WORD ", label " TEXT ", selector " LONG ","
    " requested_by " TEXT ", policy_digest " TEXT ", note " LONG ", started_ms " NUMBER ","
    " ended_ms " NUMBER " DEFAULT 0, jobs " NUMBER " DEFAULT 0, succeeded " NUMBER " DEFAULT 0,"
    " failed " NUMBER " DEFAULT 0, cancelled " NUMBER " DEFAULT 0, skipped " NUMBER " DEFAULT 0,"
    " INDEX runs_ended (ended_ms, id)" TABLE,

    "CREATE TABLE skips (run_id " NUMBER ", database_id " NUMBER ", reason " LONG ","
    " PRIMARY KEY (run_id, database_id), INDEX skips_database (database_id),"
    " FOREIGN KEY (run_id) REFERENCES runs (id),"
    " FOREIGN KEY (database_id) REFERENCES known_databases (id)" TABLE,

    "CREATE TABLE jobs (id " ID ", run_id " NUMBER ", kind " WORD ", database_id " NUMBER ","
    " set_id " NUMBER ", state " WORD ", attempt " NUMBER " DEFAULT 0,"
    " failures " NUMBER " DEFAULT 0, not_before_ms " NUMBER " DEFAULT 0,"
    " size_bytes " NUMBER " DEFAULT 0, queued_ms " NUMBER ", started_ms " NUMBER " DEFAULT 0,"
    " ended_ms " NUMBER " DEFAULT 0, worker " TEXT NOTHING ", message " LONG NOTHING ","
    " task LONGBLOB, INDEX jobs_run (run_id, id), INDEX jobs_state (state, id),"
    " INDEX jobs_database (database_id, kind, ended_ms, id),"
    " INDEX jobs_ended (kind, ended_ms, id),"
    " FOREIGN KEY (run_id) REFERENCES runs (id)" TABLE,

    "CREATE TABLE attempts (job_id " NUMBER ", number " NUMBER ", instance " TEXT ","
    " worker " TEXT ", started_ms " NUMBER ", ended_ms " NUMBER " DEFAULT 0,"
    " outcome " TEXT NOTHING ", failure_class " TEXT NOTHING ","
    " size_bytes " NUMBER " DEFAULT 0, message " LONG NOTHING ","
    " PRIMARY KEY (job_id, number), FOREIGN KEY (job_id) REFERENCES jobs (id)" TABLE,

    "CREATE TABLE sets (id " ID ", database_id " NUMBER ", job_id " NUMBER ", attempt " NUMBER ","
    " store " TEXT ", path " TEXT ", size_bytes " NUMBER ", file_count " NUMBER ","
    " manifest_sha256 VARBINARY(64) NOT NULL, tool " TEXT ", tool_version " TEXT ","
    " server_version " TEXT ", consistency " TEXT ", schema_count " NUMBER ","
    " left_out_count " NUMBER ", created_ms " NUMBER ", verified_ms " NUMBER " DEFAULT 0,"
    " state " WORD ", message " LONG NOTHING ", INDEX sets_database (database_id, state, id),"
    " INDEX sets_job (job_id), FOREIGN KEY (database_id) REFERENCES known_databases "
    "(id)" TABLE,

    "CREATE TABLE scopes (provider " WORD ", account " WORD ", region " WORD ", state " TEXT ","
    " message " LONG ", since_ms " NUMBER ", PRIMARY KEY (provider, account, region)" TABLE,

    "CREATE TABLE events (id " ID ", at_ms " NUMBER ", database_id " NUMBER ", provider " TEXT ","
    " account " TEXT ", region " TEXT ", kind " TEXT ", message " LONG ","
    " INDEX events_database (database_id, id)" TABLE,

    "CREATE OR REPLACE VIEW report (`start`, `end`, dbname, size, longname, status) AS"
    " SELECT " SQL_TIME("CASE WHEN j.started_ms > 0 THEN j.started_ms ELSE j.queued_ms "
                        "END") ","
                               " " SQL_TIME("j.ended_ms") ", coalesce(d.name, ''),"
                                                          " CASE WHEN j.state = 'succeeded' "
                                                          "THEN (j.size_bytes + 999999999) DIV "
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
    "CREATE TABLE firings (policy " WORD ", seen_ms " NUMBER ", fired_ms " NUMBER ","
    " skipped_after_ms " NUMBER ", skipped_until_ms " NUMBER ", closes_ms " NUMBER ","
    " PRIMARY KEY (policy)" TABLE,
    NULL,
};

// What people are told of: outages, what they strike, messages on their way, and what came of them.
static const char *const version_7[] = {
    "CREATE TABLE outages (id " ID ", kind " WORD ", cause_key " TEXT ", cause " LONG ","
    " told_to " LONG ", opened_ms " NUMBER ", told_ms " NUMBER ", empty_ms " NUMBER ","
    " closed_ms " NUMBER ", told_members " NUMBER ", INDEX outages_closed (closed_ms, id)" TABLE,
    "CREATE TABLE outage_members (outage_id " NUMBER ", subject " WORD ", name " TEXT ","
    " policy " WORD ", since_ms " NUMBER ", left_ms " NUMBER " DEFAULT 0,"
    " PRIMARY KEY (outage_id, subject)" TABLE,
    "CREATE TABLE deliveries (id " WORD ", target " WORD ", event " WORD ","
    " severity " WORD ", title " TEXT ", body " LONG ", document " LONG ","
    " at_ms " NUMBER ", next_ms " NUMBER ", tries " NUMBER ", merged " NUMBER ","
    " ended_ms " NUMBER " DEFAULT 0, outcome " WORD NOTHING ","
    " PRIMARY KEY (id), INDEX deliveries_ended (ended_ms, at_ms, id)" TABLE,
    "CREATE TABLE receipts (target " WORD ", message " LONG ", delivered_ms " NUMBER ","
    " failed_ms " NUMBER ", given_up " NUMBER ", PRIMARY KEY (target)" TABLE,
    NULL,
};

// What sweeps find, and rebuilds of the catalog.
static const char *const version_11[] = {
    "CREATE TABLE strays (job_id " NUMBER ", attempt " NUMBER ", number " NUMBER ", store " TEXT
    ", kind " WORD ","
    " path " TEXT ", set_id " NUMBER ", outcome " WORD
    ", PRIMARY KEY (job_id, attempt, number)" TABLE,
    "CREATE TABLE rebuilds (id " ID ", source " LONG ", began_ms " NUMBER ","
    " ended_ms " NUMBER TABLE,
    NULL,
};

const struct migration schema_mysql_migrations[] = {{2, version_2},
                                                    {3, schema_mysql_dpa},
                                                    {4, version_4},
                                                    {5, schema_mysql_promise},
                                                    {6, schema_mysql_jobs},
                                                    {7, version_7},
                                                    {8, schema_mysql_what},
                                                    {9, schema_mysql_protections},
                                                    {10, schema_mysql_retention},
                                                    {11, version_11},
                                                    {12, schema_mysql_measures},
                                                    {0, NULL}};
