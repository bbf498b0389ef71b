// One request under way: libcurl's easy handle is set up by it and calls back into it. A part of
// http; nobody else calls it. (CURL is void: libcurl's header stays in the sources.)

#pragma once

#include "common/http.h"

typedef struct http_transfer http_transfer_t;

// Copies the request.
http_transfer_t *http_transfer_new(const struct http_request *request);
void http_transfer_destroy(http_transfer_t **self_p);

// Sets up a fresh easy handle. The error, if any, is kept for http_transfer_end.
int http_transfer_prepare(http_transfer_t *self, void *easy, const struct http_options *options);

// Calls `done` with what came of it. `curl_code` is what libcurl said.
void http_transfer_end(http_transfer_t *self, int curl_code);
void http_transfer_cancel(http_transfer_t *self);
