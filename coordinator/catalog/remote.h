// A catalog on a server, seen from the inside: what MySQL and PostgreSQL have in common. Only
// coordinator/catalog/ includes this; all others go through catalog.h.
//
// Who leads: the writer's connection holds a lock of the server's, for as long as it stands, and
// the row in `leader` has the epoch. A second writer does not get the lock. A connection that is
// lost is made anew with the next call; it takes the lock again and looks at the epoch: is it not
// ours, we are deposed. Each batch begins by locking the row and looking at it.
//
// A commit whose outcome nobody heard: each batch has a number, which its transaction leaves in the
// row. Applied again, a batch first looks for its number there. It cannot look too early: the row
// stays locked until the server has done with the old connection.
//
// A kind embeds `struct remote` first, fills in a struct remote_ops and a struct sql_ops (whose
// ready, begin, begin_reading, commit and rollback are those of remote_), and gives remote_open and
// remote_open_reader its ops.

#pragma once

#include "coordinator/catalog/address.h"
#include "coordinator/catalog/sql.h"

enum {
    REMOTE_CONNECT_S = 10,    // to connect
    REMOTE_PATIENCE_S = 60,   // for an answer to one statement
    REMOTE_STATEMENT_S = 50,  // the server itself gives up after it
    REMOTE_MIGRATE_S = 3600,  // for one statement of a migration
    REMOTE_ROW_LOCK_S = 10,   // for a row or a table that somebody else has
    REMOTE_LEAD_LOCK_S = 2,   // for the lead that somebody else has
    REMOTE_IDLE_S = 60,       // a connection that says nothing for so long is ended
    REMOTE_WINDOW = 2000,     // rows asked for at once
};

enum remote_role { REMOTE_WRITER, REMOTE_READER, REMOTE_MIGRATOR };

struct remote;

struct remote_ops {
    const struct catalog_ops *catalog_ops;
    const struct sql_ops *sql_ops;
    const struct migration *migrations;
    unsigned usual_port;
    const char *schema_name;  // SQL: where our tables are, as information_schema calls it
    const char *session_id;   // SQL: the server's number for this connection
    const char *end_session;  // SQL: ends a connection of ours by its number, and its lead
    const char *begin, *begin_reading;

    struct remote *(*make)(void);         // all zero, of the kind's size
    void (*forget)(struct remote *self);  // what the kind has beyond struct remote
    int (*is_connected)(const struct remote *self);
    // Connects and sets up the session for its role. ERROR_DENIED: the server knows better who may
    // come in; ERROR_NOT_FOUND: there is no such database; ERROR_UNAVAILABLE.
    int (*connect)(struct remote *self, const char *user, const char *password,
                   struct error *error);
    void (*disconnect)(struct remote *self);
    int (*ping)(struct remote *self, struct error *error);
    // The lead's lock, for as long as the connection stands.
    int (*lock)(struct remote *self, int wait_s, int *is_taken, struct error *error);
    // COMMIT; an error if the server rolled back.
    int (*commit)(struct remote *self, struct error *error);
    // Whether what a migration's statement failed with says that it was done before.
    int (*was_done)(struct remote *self);
    int is_ddl_transactional;
};

struct remote {
    struct sql base;
    const struct remote_ops *ops;
    struct address address;
    struct catalog_access access;
    enum remote_role role;
    char *holder;         // of a writer
    int64_t session;      // the server's number of the connection that led last; 0
    int64_t last_number;  // of the last batch that got one
    int is_in_transaction;
};

// The file with the authorities to verify a server with: the configured one, or the system's.
int remote_authorities(const struct remote *self, const char **path, struct error *error);
// What the preset means for this address: TLS that is tried and not verified.
int remote_tries_tls(const struct remote *self);

// A connection of its own to the same server, for a migration.
int remote_open_migrator(struct remote **migrator, const struct remote *self, struct error *error);
// As catalog_destroy, for one that may be half made.
void remote_destroy(catalog_t **self_p);

// ---- remote_lead.c

// Takes the lock; a predecessor of ours that the server has not missed yet is waited for.
// ERROR_CONFIG: somebody else has it.
int remote_lead(struct remote *self, struct error *error);
// After a reconnection. ERROR_DENIED: deposed.
int remote_lead_again(struct remote *self, struct error *error);
int remote_take_epoch(struct remote *self, struct error *error);
int remote_begin(struct sql *base, batch_t *batch, int *is_done, struct error *error);

// ---- remote_migrate.c

// ERROR_NOT_FOUND if there are no tables; ERROR_CONFIG if they are not ours or newer.
int remote_version(struct remote *self, int64_t *version, struct error *error);
int remote_migrate(struct remote *self, struct error *error);

// ---- for catalog_ops and sql_ops

int remote_check(const char *place, struct error *error);
int remote_open(catalog_t **self_p, const struct remote_ops *ops, const char *place,
                const struct catalog_access *access, const char *holder, struct error *error);
int remote_open_reader(catalog_t **self_p, const struct remote_ops *ops, const char *place,
                       const struct catalog_access *access, struct error *error);
int remote_keep(catalog_t *base, struct error *error);
int remote_ready(struct sql *base, struct error *error);
int remote_begin_reading(struct sql *base, struct error *error);
int remote_commit(struct sql *base, struct error *error);
void remote_rollback(struct sql *base);
