// Asks the coordinator: one Ask, one Answer, over a socket that is opened when it is needed and
// opened anew after a silence.
//
//     struct client_address address = {.endpoint = "ipc:///run/dbhaul/operator.ipc"};
//     CLEAN(client_destroy) client_t *client = client_new(&address);
//     Wire__Ask ask = WIRE__ASK__INIT; ...
//     const Wire__Answer *answer = NULL;
//     if (client_ask(client, &ask, &answer, error)) ...

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/table.h"
#include "proto/wire.h"

enum { CLIENT_CONNECT_MS = 10000, CLIENT_ANSWER_MS = 120000 };

struct client_address {
    const char *endpoint;
    const char *key_path;    // NULL: none
    const char *server_key;  // a .pub file or the key itself; NULL: none
};

struct client_terms {
    Wire__Term **terms;
    size_t count;
};

struct client_query {
    const char *name;
    const struct client_terms *terms;  // NULL: none
    const char *cursor;                // NULL: the first page
    uint32_t limit;                    // 0: the server's choice
};

typedef struct client client_t;

// The texts are borrowed and must outlive the client.
client_t *client_new(const struct client_address *address);
void client_destroy(client_t **self_p);

// How long to wait until it is connected, and then for an answer.
void client_set_patience(client_t *self, int64_t connect_ms, int64_t answer_ms);

// For the fields of a message, which are not const but never written to.
char *client_lend(const char *text);

// Asks once. ERROR_UNAVAILABLE if there is no connection or no answer: whether something was done
// is not known then. An answer with a code is an error of that code and message. The answer is lent
// until the next question.
int client_ask(client_t *self, Wire__Ask *ask, const Wire__Answer **answer, struct error *error);

// The table of an answer, NULL if it has none. The caller's.
table_t *client_table(const Wire__Answer *answer);

// A page of a list. Both are the caller's; *cursor is NULL after the last page.
int client_list(client_t *self, const struct client_query *query, table_t **table, char **cursor,
                struct error *error);
