// The definitions of a database, by pg_dump, made beside what else is done: in a thread of its own,
// into memory, until they are put into the sink.
//
//     CLEAN(postgres_definitions_destroy) postgres_definitions_t *definitions = NULL;
//     if (postgres_definitions_begin(&definitions, &run, error) || plan_rows())
//         return -1;
//     postgres_definitions_tell(definitions, &tables);
//     if (read_rows() || postgres_definitions_end(definitions, error) || ... ||
//         postgres_definitions_put_last(definitions, error))
//         return -1;
//
// pg_dump locks all tables anew, in its first second or so: who begins to change a table in that
// time stands in its way, and waits himself for whoever reads the rows, until pg_dump gives up.

#pragma once

#include "worker/engine/postgres_dump_run.h"

typedef struct postgres_definitions postgres_definitions_t;

// What `run` points to must outlive it; the sink is only used in the caller's thread. Logs in here,
// if the server has a login source, and begins the file of what comes before rows: the set's next.
int postgres_definitions_begin(postgres_definitions_t **self_p, const struct postgres_dump_run *run,
                               struct error *error);

// How large the tables are, by which what comes after rows is cut into files: lent, and no more to
// be changed. To be called once, before anything here is waited for.
void postgres_definitions_tell(postgres_definitions_t *self, const struct postgres_tables *tables);

// Ends pg_dump if it still runs, and drops the file that was begun.
void postgres_definitions_destroy(postgres_definitions_t **self_p);

// Has pg_dump ended, so that its connection is free? Never waits.
int postgres_definitions_has_ended(const postgres_definitions_t *self);

// Waits for that. Fails as pg_dump does.
int postgres_definitions_wait(postgres_definitions_t *self, struct error *error);

// Has it failed by now? Never waits.
int postgres_definitions_check(postgres_definitions_t *self, struct error *error);

// Waits, and ends the file of what comes before rows. Fails as pg_dump does.
int postgres_definitions_end(postgres_definitions_t *self, struct error *error);

// Puts what comes after rows, in one file or several. To be called once, after the end.
int postgres_definitions_put_last(const postgres_definitions_t *self, struct error *error);
