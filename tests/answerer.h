// A coordinator's operators' endpoint for tests of the command: a thread with a real ROUTER that
// answers each Ask as the test's function says.

#pragma once

#include <czmq.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/sock.h"
#include "common/table.h"
#include "proto/wire.h"
#include "tests/check.h"

struct reply {
    int is_silent;
    const char *bye;      // say this instead of an answer
    const char *garbage;  // send this instead of a message
    uint64_t request_id;  // answer to another question first
    uint32_t code;
    const char *message;
    uint64_t run_id;
    table_t *table;  // the answerer's from here on
    const char *cursor;
};

// Runs in the answerer's thread.
typedef struct reply(answer_function)(void *context, const Wire__Ask *ask);

struct answerer {
    char folder[32];
    char endpoint[64];
    sock_t *sock;
    int stop_fds[2];
    pthread_t thread;
    answer_function *function;
    void *context;
};

static inline void
answerer_send(struct answerer *self, const struct sock_peer *peer, const Wire__Envelope *message)
{
    struct error error = {0};
    CLEAN(memory_free) uint8_t *data = NULL;
    size_t size = 0;
    if (wire_pack(message, WIRE_TO_OPERATOR, &data, &size, &error) ||
        sock_send(self->sock, peer, data, size, &error))
        fprintf(stderr, "answerer: %s\n", error.message);
}

// Makes a Wire__Table of a table_t; both live as long as the function that sends.
static inline void
answerer_send_answer(struct answerer *self, const struct sock_peer *peer, uint64_t request_id,
                     const struct reply *reply)
{
    Wire__Answer answer = WIRE__ANSWER__INIT;
    Wire__Table table = WIRE__TABLE__INIT;
    Wire__Column columns[32];
    Wire__Row rows[64];
    Wire__Column *column_list[32];
    Wire__Row *row_list[64];
    char *cells[64][32];
    answer.request_id = request_id;
    answer.code = reply->code;
    answer.run_id = reply->run_id;
    answer.message = (char *)(uintptr_t)(reply->message ? reply->message : "");
    answer.cursor = (char *)(uintptr_t)(reply->cursor ? reply->cursor : "");
    if (reply->table) {
        table.n_columns = table_columns(reply->table);
        table.n_rows = table_rows(reply->table);
        table.columns = column_list;
        table.rows = row_list;
        answer.table = &table;
        for (size_t i = 0; i < table.n_columns; i++) {
            columns[i] = (Wire__Column)WIRE__COLUMN__INIT;
            columns[i].name = (char *)(uintptr_t)table_name(reply->table, i);
            columns[i].type = (Wire__ColumnType)table_type(reply->table, i);
            column_list[i] = &columns[i];
        }
        for (size_t row = 0; row < table.n_rows; row++) {
            rows[row] = (Wire__Row)WIRE__ROW__INIT;
            rows[row].n_cells = table.n_columns;
            rows[row].cells = cells[row];
            row_list[row] = &rows[row];
            for (size_t i = 0; i < table.n_columns; i++)
                cells[row][i] = (char *)(uintptr_t)table_cell(reply->table, row, i);
        }
    }
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    message.body_case = WIRE__ENVELOPE__BODY_ANSWER;
    message.answer = &answer;
    answerer_send(self, peer, &message);
}

static inline void
answerer_reply(struct answerer *self, const struct sock_peer *peer, const Wire__Ask *ask)
{
    struct error error = {0};
    struct reply reply = self->function(self->context, ask);
    CLEAN(table_destroy) table_t *table = reply.table;
    if (reply.is_silent)
        return;
    if (reply.garbage) {
        sock_send(self->sock, peer, reply.garbage, strlen(reply.garbage), &error);
        return;
    }
    if (reply.bye) {
        Wire__Bye bye = WIRE__BYE__INIT;
        bye.reason = (char *)(uintptr_t)reply.bye;
        Wire__Envelope message = WIRE__ENVELOPE__INIT;
        message.body_case = WIRE__ENVELOPE__BODY_BYE;
        message.bye = &bye;
        answerer_send(self, peer, &message);
        return;
    }
    if (reply.request_id) {
        struct reply other = {.run_id = 666};
        answerer_send_answer(self, peer, reply.request_id, &other);
    }
    answerer_send_answer(self, peer, ask->request_id, &reply);
}

static inline void *
answerer_run(void *argument)
{
    struct answerer *self = argument;
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    for (;;) {
        zmq_pollitem_t items[] = {{.socket = sock_handle(self->sock), .events = ZMQ_POLLIN},
                                  {.fd = self->stop_fds[0], .events = ZMQ_POLLIN}};
        zmq_poll(items, 2, -1);
        if (items[1].revents)
            return NULL;
        struct error error = {0};
        struct sock_peer peer;
        CLEAN(memory_free) uint8_t *data = NULL;
        size_t size = 0;
        const Wire__Envelope *message = NULL;
        if (sock_receive(self->sock, &peer, &data, &size, &error))
            continue;
        if (wire_unpack(decoder, data, size, WIRE_FROM_OPERATOR, &message, &error))
            fprintf(stderr, "answerer: %s\n", error.message);
        else
            answerer_reply(self, &peer, message->ask);
    }
}

static inline void
answerer_start(struct answerer *self, answer_function *function, void *context)
{
    struct error error = {0};
    *self = (struct answerer){.function = function, .context = context};
    snprintf(self->folder, sizeof self->folder, "/tmp/test_cli.XXXXXX");
    assert_non_null(mkdtemp(self->folder));
    snprintf(self->endpoint, sizeof self->endpoint, "ipc://%s/operator.ipc", self->folder);
    assert_int_equal(sock_bind(&self->sock, self->endpoint, "operator", NULL, 0600,
                               WIRE_OPERATOR_SIZE_MAX, &error),
                     0);
    assert_int_equal(pipe(self->stop_fds), 0);
    assert_int_equal(pthread_create(&self->thread, NULL, answerer_run, self), 0);
}

// Ends the thread; what its function wrote can be read then.
static inline void
answerer_stop(struct answerer *self)
{
    if (self->stop_fds[1] < 0)
        return;
    fd_close(&self->stop_fds[1]);
    pthread_join(self->thread, NULL);
    fd_close(&self->stop_fds[0]);
    sock_destroy(&self->sock);
    CLEAN(memory_free) char *command = memory_format("rm -rf '%s'", self->folder);
    assert_int_equal(system(command), 0);
}
