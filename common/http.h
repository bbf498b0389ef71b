// HTTP: many requests side by side in one thread, over libcurl's multi interface. HTTP/1.1 with
// connections that are kept; no redirects, no cookies, no compression; TLS is always verified, by
// the issuer and the name, or by a pinned key.
//
//     CLEAN(http_destroy) http_t *http = http_new(&(struct http_options){0});
//     struct http_request request = {.method = "GET", .url = url, .done = done, .argument = self};
//     http_start(http, &request);
//     while (http_run(http, -1, 1000) > 0)
//         ;
//
// `done` is called exactly once for each request, from http_run or http_destroy, and may start
// further requests. Proxies of the environment (https_proxy, no_proxy ...) are used unless a
// request says no. What was sent and what came back is overwritten before it is freed, since it may
// hold secrets. A program that uses this ignores SIGPIPE.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
    HTTP_CONNECTIONS_PRESET = 64,
    HTTP_CONNECT_PRESET_MS = 10000,
    HTTP_TOTAL_PRESET_MS = 60000,
    HTTP_BODY_PRESET = 1 << 20,
    HTTP_HEADERS_SIZE_MAX = 65536,  // of an answer, all lines together
};

typedef struct http http_t;

struct http_options {
    size_t connections_max;  // at once, over all hosts; 0: the preset. Further requests wait
    const char *ca_file;     // PEM, instead of the system's; NULL: the system's
    const char *pinned_key;  // "sha256//BASE64" of the one public key that is accepted, whoever has
                             // signed its certificate, for whichever name; NULL: any that verifies
    const char *user_agent;  // NULL: "dbhaul/<version>"
};

// What came back. Lent for as long as `done` runs.
struct http_answer {
    int status;
    int64_t date_unix_ms;    // of the header Date; 0 if there is none that can be read
    int64_t retry_after_ms;  // of the header Retry-After; -1 if there is none that can be read
    const char *body;        // what was gathered, NUL-terminated beyond its size
    size_t body_size;
    const char *headers;  // lines that end with "\n"; ask http_header
};

struct http_request {
    const char *method;          // "GET", "POST", "PUT", "DELETE", "PATCH" ...
    const char *url;             // http or https
    const char *const *headers;  // "Name: value", up to a NULL; or NULL
    const void *body;            // NULL: none
    size_t body_size;
    int64_t connect_ms;  // 0: the preset
    int64_t total_ms;    // from http_start's turn to the last byte; 0: the preset
    size_t body_max;     // a longer body is ERROR_INVALID; 0: the preset
    int is_direct;       // not 0: never through a proxy (metadata services)

    // Gets the body of an answer of status 2xx, piece by piece; the body of any other is gathered.
    // NULL: all are gathered. An error of it ends the request and is what `done` gets.
    int (*take)(void *argument, int status, const void *data, size_t size, struct error *error);

    // With an answer, whatever its status, or with an error: ERROR_UNAVAILABLE for what may pass
    // (name, connection, time), ERROR_DENIED if the other side's certificate was not accepted,
    // ERROR_INVALID for an answer that is malformed or too large, ERROR_CONFIG for a URL or a CA
    // file that is of no use, ERROR_CANCELLED from http_destroy. One of the two is NULL.
    void (*done)(void *argument, const struct http_answer *answer, const struct error *error);
    void *argument;
};

http_t *http_new(const struct http_options *options);

// Calls `done` with ERROR_CANCELLED for what is under way.
void http_destroy(http_t **self_p);

// Takes the request in; everything in it is copied but `argument`. Whatever fails is told to
// `done`.
void http_start(http_t *self, const struct http_request *request);

// Moves all requests on, waiting at most patience_ms for something to happen, or until wake_fd can
// be read (-1: none). Returns how many are not done yet.
size_t http_run(http_t *self, int wake_fd, int64_t patience_ms);

// The value of an answer's header in *value, without blanks around it, cut short if need be. The
// first one, if there are more. Returns 1, or 0 if there is none.
int http_header(const struct http_answer *answer, const char *name, char *value, size_t size);

// How many connections were opened so far, for a benchmark.
uint64_t http_connections(const http_t *self);
