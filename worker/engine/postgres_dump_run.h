// How one database is dumped by pg_dump: in which files, and the way round what it cannot leave
// out.
//
// Plain SQL in the database's own encoding (no character can fail to be converted), with its CREATE
// DATABASE, without tablespaces, subscriptions and dates, and with a \restrict key that stays the
// same: two dumps of an unchanged database are the same bytes.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/postgres_select.h"
#include "worker/engine/postgres_snapshot.h"
#include "worker/engine/postgres_tables.h"

struct postgres_dump_run {
    const struct server *server;
    const struct tool *tool;  // pg_dump
    const struct sink *sink;
    const char *database;
    int create;                // the script creates the database; else it is loaded into it
    int without_objects;       // of what comes before rows: large objects are somebody else's
    const char *role, *group;  // of the files; NULL: "data", none
    const struct postgres_snapshot *snapshot;
    const postgres_select_t *select;
    const struct backup_options *options;
    int without_mappings;  // leave out user mappings
    int stop;              // as server->stop, of what the tools write into memory; 0: never

    // Gives the tables by whose sizes what comes after rows is cut, once pg_dump has ended; waits
    // for them. NULL: it is not cut.
    int (*await_tables)(void *context, const struct postgres_tables **tables, struct error *error);
    void *context;
    uint64_t range_bytes;  // what a file of rows should have; 0: the usual
};

// One file: everything.
int postgres_dump_run_whole(const struct postgres_dump_run *self, struct error *error);

// Three files: definitions, rows, and what comes after rows. The first and the last come from
// pg_dump's archives, kept in memory, through pg_restore's list, without what pg_dump cannot leave
// out: user mappings, and what needs tables that the selection leaves out.
// ERROR_CONFIG if there is no pg_restore beside pg_dump.
int postgres_dump_run_in_parts(const struct postgres_dump_run *self, struct error *error);

// The first and the last of these three, for whoever reads the rows himself, into the sinks of
// `before` and `after`, which are the same but for sinks, roles and groups. By one pg_dump if there
// is a pg_restore beside it, since reading the catalog is what takes time; else by two. The sinks
// are written from two threads, each from one.
//
// With pg_restore the last may be several files: keys and indexes in pieces that can be loaded side
// by side, of group "indexes" (postgres_pieces.h), and then the rest.
int postgres_dump_run_definitions(const struct postgres_dump_run *before,
                                  const struct postgres_dump_run *after, struct error *error);

// Does this pg_dump write \restrict, which keeps what a hostile server planted in names from
// becoming commands of psql's?
int postgres_dump_run_is_guarded(const struct tool *pg_dump);

// Of the first file, whatever it is.
struct file_facts postgres_dump_run_facts(const struct postgres_dump_run *self);
