// A small HTTP/1.1 server on loopback, in a thread of its own: each request goes to the test's
// function, which writes what is sent back, byte by byte, or lets the other side wait.
//
//     static void
//     answer(void *argument, const struct http_asked *asked, struct http_reply *reply)
//     {
//         http_reply(reply, 200, "X-Name: value\r\n", "body");
//     }
//     struct http_server *server = http_server_start(answer, argument);
//     ... server->url is "http://127.0.0.1:<port>" ...
//     http_server_stop(&server);  // joins: from here on what `answer` noted can be read
//
// `answer` runs in the server's thread; ask nothing that it writes before the server has stopped.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/memory.h"

enum { HTTP_SERVER_CONNECTIONS = 256 };

struct http_asked {
    const char *head;  // request line and headers, each line ended by "\r\n"
    const char *body;
    size_t connection;  // counts from 1
};

struct http_reply {
    struct buffer bytes;
    int64_t delay_ms;
    int closes;     // the connection, after the bytes
    int is_silent;  // nothing is ever sent
};

typedef void http_answer_fn(void *argument, const struct http_asked *asked,
                            struct http_reply *reply);

struct http_connection {
    int fd;
    size_t number;
    struct buffer got;
    struct http_reply reply;
    int has_reply;
    int64_t due_ms;
};

struct http_server {
    char url[64];
    unsigned port;
    int listener;
    int stop[2];
    pthread_t thread;
    http_answer_fn *answer;
    void *argument;
    struct http_connection connections[HTTP_SERVER_CONNECTIONS];
    size_t count;
    size_t accepted;
};

// Writes a whole answer with its length.
static inline void
http_reply(struct http_reply *reply, int status, const char *headers, const char *body)
{
    buffer_format(&reply->bytes, "HTTP/1.1 %d Word\r\nContent-Length: %zu\r\n%s\r\n%s", status,
                  strlen(body), headers, body);
}

static inline int
http_asked_has(const struct http_asked *asked, const char *text)
{
    return strcasestr(asked->head, text) != NULL;
}

static inline void
http_server_drop(struct http_server *self, size_t i)
{
    close(self->connections[i].fd);
    buffer_clear(&self->connections[i].got);
    buffer_clear(&self->connections[i].reply.bytes);
    self->connections[i] = self->connections[--self->count];
}

// Takes one whole request out of what was got and has it answered.
static inline void
http_server_ask(struct http_server *self, struct http_connection *connection)
{
    if (connection->has_reply || connection->got.size == 0)
        return;
    char *end = strstr(connection->got.data, "\r\n\r\n");
    if (!end)
        return;
    const char *length = strcasestr(connection->got.data, "\r\nContent-Length:");
    size_t head_size = (size_t)(end - connection->got.data) + 4;
    size_t body_size = length && length < end ? (size_t)strtoul(length + 17, NULL, 10) : 0;
    if (connection->got.size < head_size + body_size)
        return;
    char *head = memory_get(head_size + 1);
    char *body = memory_get(body_size + 1);
    memcpy(head, connection->got.data, head_size - 2);
    memcpy(body, connection->got.data + head_size, body_size);
    struct buffer rest = {0};
    buffer_add(&rest, connection->got.data + head_size + body_size,
               connection->got.size - head_size - body_size);
    buffer_clear(&connection->got);
    connection->got = rest;
    struct http_asked asked = {.head = head, .body = body, .connection = connection->number};
    self->answer(self->argument, &asked, &connection->reply);
    connection->has_reply = 1;
    connection->due_ms = clock_monotonic_ms() + connection->reply.delay_ms;
    memory_free(&head);
    memory_free(&body);
}

// Sends what is due. Returns whether the connection is to be dropped.
static inline int
http_server_send(struct http_connection *connection)
{
    if (!connection->has_reply || connection->reply.is_silent ||
        clock_monotonic_ms() < connection->due_ms)
        return 0;
    struct buffer *bytes = &connection->reply.bytes;
    for (size_t sent = 0; sent < bytes->size;) {
        ssize_t now = send(connection->fd, bytes->data + sent, bytes->size - sent, MSG_NOSIGNAL);
        if (now <= 0)
            return 1;
        sent += (size_t)now;
    }
    int closes = connection->reply.closes;
    buffer_clear(bytes);
    connection->reply = (struct http_reply){0};
    connection->has_reply = 0;
    return closes;
}

static inline void
http_server_accept(struct http_server *self)
{
    int fd = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 || self->count == HTTP_SERVER_CONNECTIONS) {
        close(fd);
        return;
    }
    self->connections[self->count++] =
        (struct http_connection){.fd = fd, .number = ++self->accepted};
}

static inline int
http_server_read(struct http_connection *connection)
{
    char piece[65536];
    ssize_t size = recv(connection->fd, piece, sizeof piece, MSG_DONTWAIT);
    if (size <= 0)
        return -1;
    buffer_add(&connection->got, piece, (size_t)size);
    return 0;
}

static inline void *
http_server_run(void *argument)
{
    struct http_server *self = argument;
    for (;;) {
        struct pollfd items[HTTP_SERVER_CONNECTIONS + 2] = {
            {.fd = self->listener, .events = POLLIN}, {.fd = self->stop[0], .events = POLLIN}};
        int wait_ms = 1000;
        size_t count = self->count;
        for (size_t i = 0; i < count; i++) {
            items[i + 2] = (struct pollfd){.fd = self->connections[i].fd, .events = POLLIN};
            if (self->connections[i].has_reply && !self->connections[i].reply.is_silent)
                wait_ms = 2;
        }
        if (poll(items, (nfds_t)count + 2, wait_ms) < 0)
            continue;
        if (items[1].revents)
            return NULL;
        for (size_t i = count; i-- > 0;) {
            struct http_connection *connection = &self->connections[i];
            int is_gone = items[i + 2].revents && http_server_read(connection);
            if (!is_gone)
                http_server_ask(self, connection);
            if (is_gone || http_server_send(connection))
                http_server_drop(self, i);
        }
        if (items[0].revents)
            http_server_accept(self);
    }
}

static inline struct http_server *
http_server_start(http_answer_fn *answer, void *argument)
{
    signal(SIGPIPE, SIG_IGN);
    struct http_server *self = memory_get(sizeof *self);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    self->answer = answer;
    self->argument = argument;
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self->listener < 0 || bind(self->listener, (struct sockaddr *)&address, size) ||
        listen(self->listener, HTTP_SERVER_CONNECTIONS) ||
        getsockname(self->listener, (struct sockaddr *)&address, &size) || pipe(self->stop) ||
        pthread_create(&self->thread, NULL, http_server_run, self))
        abort();
    self->port = ntohs(address.sin_port);
    snprintf(self->url, sizeof self->url, "http://127.0.0.1:%u", self->port);
    return self;
}

static inline void
http_server_stop(struct http_server **self_p)
{
    struct http_server *self = *self_p;
    if (!self)
        return;
    close(self->stop[1]);
    pthread_join(self->thread, NULL);
    while (self->count > 0)
        http_server_drop(self, 0);
    close(self->stop[0]);
    close(self->listener);
    memory_free(self_p);
}
