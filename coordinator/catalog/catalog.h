// The catalog: everything that must outlive the coordinator's process, and the only truth about
// jobs. An interface with kinds: `sqlite` (embedded, the default), `mysql` (MariaDB, too) and
// `postgres`.
//
// A URL picks the kind: "sqlite:/var/lib/dbhaul/catalog.db", "mysql://USER@HOST:PORT/DATABASE",
// "postgres://USER@HOST:PORT/DATABASE" (address.h). One process leads: opening for writing
// takes the next epoch; every apply checks it first, and a deposed leader gets ERROR_DENIED. Used
// by two actors (writer, reader), each with a catalog of its own; the server's loop never calls it
// after start. tests/test_catalog.c holds every kind to this contract.
//
// All that touches the disk or the network fails with ERROR_UNAVAILABLE (locked, full, read-only,
// an I/O error, a server that is away: the same call works once the cause is gone; a batch that was
// committed although nobody heard of it is not done twice), ERROR_CORRUPT (what is there is
// damaged), or ERROR_INTERNAL (our own bug: the message is the database's).

#pragma once

#include "common/error.h"
#include "common/table.h"
#include "coordinator/catalog/access.h"
#include "coordinator/catalog/batch.h"
#include "coordinator/record.h"
#include "coordinator/selector.h"

enum { CATALOG_PAGE_MAX = 500 };

typedef struct catalog catalog_t;

// What the server holds in memory from its start on. Jobs that have ended come without their task.
struct working_set {
    struct database **databases;  // all, gone ones too
    struct run **runs;            // those that have not ended
    struct job **jobs;            // those of these runs, ended ones too (for counting)
    struct scope **scopes;        // all that were ever asked
    struct firing **firings;
    struct past *pasts;  // the last backups of each database that is there, oldest first
    size_t past_count;
    struct outage **outages;  // those that are open
    struct outage_member **outage_members;
    struct delivery **deliveries;  // by age
    struct receipt **receipts;
    struct protection **protections;  // those that have not ended; of each store's kept ones the
                                      // newest, if there is no newer protection; those to let go
    struct uncovered **uncovered;     // stores with sets that no protection covers, or that had one
    size_t database_count, run_count, job_count, scope_count, firing_count;
    size_t outage_count, outage_member_count, delivery_count, receipt_count;
    size_t protection_count, uncovered_count;
    int64_t unfinished_rebuilds;
    int64_t next_database_id, next_run_id, next_job_id, next_set_id, next_event_id;
    int64_t next_outage_id, next_protection_id;
};

void working_set_clear(struct working_set *self);

// What else narrows a list of databases; all that are asked for must hold.
enum query_filter {
    QUERY_NEW = 1,          // first seen at since_ms or later
    QUERY_GONE = 2,         // its provider does not list it any more
    QUERY_UNPROTECTED = 4,  // it is there, and there is no good set of it
    QUERY_STALE = 8,        // nothing is known of it since stale_ms
    QUERY_OVERDUE = 16,     // it is there, and its policy's promise is broken at now_ms
    QUERY_OPTED_OUT = 32,   // it is there, and its owner opted out
    QUERY_UNMATCHED = 64,   // it is there, and no policy has it, or two could
    QUERY_TAG_LOST = 128,   // its owner's tag picked a policy until since_ms or later
};

// A list for people or a report. Names and columns are in query.h.
struct query {
    const char *name;
    const selector_t *selector;      // of databases; may be NULL
    int64_t run_id, job_id, set_id;  // 0 = any
    int64_t from_ms, until_ms;       // what ended from then on, before then; 0 = any
    const char *state;               // "" or NULL = any
    int filters;                     // enum query_filter, or-ed
    int64_t since_ms;                // of QUERY_NEW and QUERY_TAG_LOST
    int64_t now_ms;                  // what ages and promises are told by
    const char *cursor;              // as the last page gave it; "" or NULL = from the start
    size_t limit;                    // 1 to CATALOG_PAGE_MAX
};

struct catalog_ops {
    const char *kind;
    // Whether a place is said as the kind wants it. Touches nothing.
    int (*check)(const char *place, struct error *error);
    // Opens, creates, migrates; takes the next epoch as `holder`. ERROR_CONFIG if another process
    // leads (SQLite: a lock file beside it; servers: a lock of the connection), the schema is newer
    // than this program, or the place holds something else.
    int (*open)(catalog_t **self_p, const char *place, const struct catalog_access *access,
                const char *holder, struct error *error);
    // Opens for reading only. ERROR_NOT_FOUND if there is no catalog yet, ERROR_UNAVAILABLE if it
    // was not migrated yet.
    int (*open_reader)(catalog_t **self_p, const char *place, const struct catalog_access *access,
                       struct error *error);
    void (*destroy)(catalog_t **self_p);
    // One durable transaction. On failure nothing of it has happened; ERROR_DENIED: deposed.
    // Refused units are no failure.
    int (*apply)(catalog_t *self, batch_t *batch, struct error *error);
    // For a leader that has nothing to write for a while: keeps its connection, and with it the
    // lead. Errors as those of apply.
    int (*keep)(catalog_t *self, struct error *error);
    int (*load)(catalog_t *self, struct working_set *set, struct error *error);
    // ERROR_NOT_FOUND: no such list; ERROR_INVALID: a cursor that is not of this list, or an id, a
    // state or a filter that does not narrow it. *cursor is the caller's (free); NULL if this was
    // the last page. The work of one call is bounded: a page may have fewer rows than asked for,
    // even none, and yet a cursor.
    int (*query)(catalog_t *self, const struct query *query, table_t **table, char **cursor,
                 struct error *error);
};

struct catalog {
    const struct catalog_ops *ops;
    int64_t epoch;  // of this leader; 0 for readers
    char id[37];    // the catalog's UUID, made when it was created: names its folder in stores
};

extern const struct catalog_ops catalog_sqlite_ops, catalog_mysql_ops, catalog_postgres_ops;

// Whether a URL is understood; ERROR_CONFIG if not. Touches nothing.
int catalog_check_url(const char *url, struct error *error);
// `access` may be NULL: no password, and the presets.
int catalog_open(catalog_t **self_p, const char *url, const struct catalog_access *access,
                 const char *holder, struct error *error);
int catalog_open_reader(catalog_t **self_p, const char *url, const struct catalog_access *access,
                        struct error *error);
void catalog_destroy(catalog_t **self_p);
int catalog_apply(catalog_t *self, batch_t *batch, struct error *error);
int catalog_keep(catalog_t *self, struct error *error);
int catalog_load(catalog_t *self, struct working_set *set, struct error *error);
int catalog_query(catalog_t *self, const struct query *query, table_t **table, char **cursor,
                  struct error *error);
int64_t catalog_epoch(const catalog_t *self);
const char *catalog_id(const catalog_t *self);
