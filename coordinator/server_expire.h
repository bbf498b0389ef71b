// An expiry as the parts of it share it: server_expire (from a wish to what is written) and
// server_expire_run (from there to what came of it). For these files only.

#pragma once

#include "coordinator/server_state.h"

enum { EXPIRE_MAX = 1000 };  // sets in a run

enum stage { STAGE_IDLE, STAGE_NAMED, STAGE_WALK, STAGE_WRITE, STAGE_GATHER };

// A set that goes.
struct leaving {
    int64_t id, database_id;
    char *store, *path;
};

struct expiry {
    zlistx_t *waiting;  // struct question, each asks for one
    enum stage stage;
    uint64_t tag;               // of the page that was asked for; 0 = none
    struct question *question;  // who asked; NULL: nobody, it was time
    selector_t *selector;
    int64_t named;  // the set that was asked for; 0 = what retention lets go
    shelf_t *shelf;
    size_t told;         // sets that were told to go
    int has_more;        // there are more than one run takes
    zlistx_t *sets;      // struct leaving, for the run
    zhashx_t *told_ids;  // those that the reader may not know of yet
    int64_t due_ms;      // monotonic; 0 = not set yet
};

void leaving_destroy(void **self_p);

// Answers who asked, and is ready for the next one.
void server_end_expiry(struct server *self, const struct error *error, int64_t run_id);
void server_fail_expiry(struct server *self, enum error_code code, const char *text);

// Asks for sets that are expiring, from the cursor on (NULL: all), and takes what is answered.
void server_ask_expiring(struct server *self, const char *cursor);
void server_take_expiring(struct server *self, const table_t *table, const char *cursor);
