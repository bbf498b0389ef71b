// The server's messages behind one statement, as they come, taken past libpq on its own connection
// (plain, or its TLS): libpq would hold each row twice and its memory for as long as the connection
// lives, and does not tell how long a row will be before it is there. For postgres_copy alone.
//
// Usual messages are lent where they came, and cost no memory of their own. A long one has memory
// of its own as long as it is there; its size is known before any of that is taken.
//
//     CLEAN(postgres_wire_destroy) postgres_wire_t *wire = NULL;
//     if (postgres_wire_open(&wire, postgres, "COPY app.orders TO STDOUT", error))
//         return -1;
//     while (postgres_wire_next(wire, &message, error) == 0) ...
//         if (postgres_wire_receive(wire, error) == 0)
//             postgres_wire_wait(wire, 200, error);

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "worker/engine/postgres.h"

enum {
    POSTGRES_WIRE_USUAL = 1 << 20,  // a message up to here needs no memory of its own
    POSTGRES_MESSAGE_MAX = 1 << 30,
};

struct postgres_message {
    char type;   // 'd': of a COPY; 'Z': the statement has ended
    char *data;  // may be spoilt
    size_t size;
};

typedef struct postgres_wire postgres_wire_t;

// Sends a statement, or several with semicolons between them. libpq must be at none, and is to be
// given none before the end (postgres_wire_end).
int postgres_wire_open(postgres_wire_t **self_p, const postgres_t *postgres, const char *sql,
                       struct error *error);
void postgres_wire_destroy(postgres_wire_t **self_p);

// The next message, lent until the next call of any of these. Returns 1, or 0 if it has not come
// whole. ERROR_CORRUPT: it is none.
int postgres_wire_next(postgres_wire_t *self, struct postgres_message *message,
                       struct error *error);

// The size of a long message that has not come whole; 0: it is not long, or has not begun.
size_t postgres_wire_long(const postgres_wire_t *self);

// Takes what has come, without waiting. Returns 1, or 0 if nothing has. ERROR_UNAVAILABLE: the
// connection is gone. For a long message this is what takes memory.
int postgres_wire_receive(postgres_wire_t *self, struct error *error);

// Waits for more, as postgres_inside_gather.
int postgres_wire_wait(const postgres_wire_t *self, int timeout_ms, struct error *error);

// Gives back the memory of a long message that was lent.
void postgres_wire_let_go(postgres_wire_t *self);

// After 'Z': takes what the server may have said behind it, to its last byte, so that libpq can go
// on.
int postgres_wire_end(postgres_wire_t *self, struct error *error);

// What an error of the server's ('E') says, in `error`; its state ("57014") is lent, "" if none.
int postgres_wire_error(const struct postgres_message *message, const char **state,
                        struct error *error);
