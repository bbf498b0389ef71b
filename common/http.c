#include "common/http.h"

#include <curl/curl.h>
#include <czmq.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/http_transfer.h"
#include "common/memory.h"

struct http {
    CURLM *multi;
    struct http_options options;
    char *ca_file;
    char *pinned_key;
    char *user_agent;
    zlistx_t *waiting;  // of http_transfer_t
    zlistx_t *active;   // of easy handles; their private data is the transfer
    zlistx_t *idle;     // of easy handles
    uint64_t connections;
};

// What libcurl frees has held headers and bodies.
static void
init_once(void)
{
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, memory_wipe_and_free,
                             memory_wipe_and_resize, strdup, calloc))
        abort();
}

http_t *
http_new(const struct http_options *options)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_once);
    http_t *self = memory_get(sizeof *self);
    self->multi = curl_multi_init();
    if (!self->multi)
        abort();
    self->ca_file = memory_copy_text(options->ca_file);
    self->pinned_key = memory_copy_text(options->pinned_key);
    self->user_agent = memory_copy_text(options->user_agent);
    self->options = *options;
    self->options.ca_file = self->ca_file;
    self->options.pinned_key = self->pinned_key;
    self->options.user_agent = self->user_agent;
    if (options->connections_max == 0)
        self->options.connections_max = HTTP_CONNECTIONS_PRESET;
    self->waiting = zlistx_new();
    self->active = zlistx_new();
    self->idle = zlistx_new();
    long limit = (long)self->options.connections_max;
    curl_multi_setopt(self->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limit);
    curl_multi_setopt(self->multi, CURLMOPT_MAXCONNECTS, limit);
    curl_multi_setopt(self->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return self;
}

static http_transfer_t *
transfer_of(CURL *easy)
{
    char *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    return (http_transfer_t *)(void *)transfer;
}

void
http_destroy(http_t **self_p)
{
    http_t *self = *self_p;
    if (!self)
        return;
    for (CURL *easy = zlistx_first(self->active); easy; easy = zlistx_first(self->active)) {
        CLEAN(http_transfer_destroy) http_transfer_t *transfer = transfer_of(easy);
        zlistx_detach_cur(self->active);
        curl_multi_remove_handle(self->multi, easy);
        http_transfer_cancel(transfer);
        curl_easy_cleanup(easy);
    }
    while (zlistx_size(self->waiting) > 0) {
        CLEAN(http_transfer_destroy) http_transfer_t *transfer = zlistx_detach(self->waiting, NULL);
        http_transfer_cancel(transfer);
    }
    while (zlistx_size(self->idle) > 0)
        curl_easy_cleanup(zlistx_detach(self->idle, NULL));
    curl_multi_cleanup(self->multi);
    zlistx_destroy(&self->waiting);
    zlistx_destroy(&self->active);
    zlistx_destroy(&self->idle);
    memory_free(&self->ca_file);
    memory_free(&self->pinned_key);
    memory_free(&self->user_agent);
    memory_free(self_p);
}

void
http_start(http_t *self, const struct http_request *request)
{
    zlistx_add_end(self->waiting, http_transfer_new(request));
}

static CURL *
get_easy(http_t *self)
{
    CURL *easy = zlistx_size(self->idle) > 0 ? zlistx_detach(self->idle, NULL) : curl_easy_init();
    if (!easy)
        abort();
    return easy;
}

static void
put_easy(http_t *self, CURL *easy)
{
    curl_easy_reset(easy);
    zlistx_add_end(self->idle, easy);
}

// Brings those that wait under way, as many as may be.
static void
begin_waiting(http_t *self)
{
    while (zlistx_size(self->waiting) > 0 &&
           zlistx_size(self->active) < self->options.connections_max) {
        http_transfer_t *transfer = zlistx_detach(self->waiting, NULL);
        CURL *easy = get_easy(self);
        if (http_transfer_prepare(transfer, easy, &self->options) ||
            curl_multi_add_handle(self->multi, easy)) {
            http_transfer_end(transfer, CURLE_FAILED_INIT);
            http_transfer_destroy(&transfer);
            put_easy(self, easy);
            continue;
        }
        zlistx_add_end(self->active, easy);
    }
}

static void
end_one(http_t *self, CURL *easy, CURLcode code)
{
    CLEAN(http_transfer_destroy) http_transfer_t *transfer = transfer_of(easy);
    long connections = 0;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
    self->connections += (uint64_t)connections;
    curl_multi_remove_handle(self->multi, easy);
    zlistx_detach(self->active, zlistx_find(self->active, easy));
    http_transfer_end(transfer, (int)code);
    put_easy(self, easy);
}

// Moves on what can be moved without waiting. Returns how many were done.
static size_t
advance(http_t *self)
{
    size_t done = 0;
    int running = 0;
    begin_waiting(self);
    curl_multi_perform(self->multi, &running);
    int left = 0;
    for (CURLMsg *message = curl_multi_info_read(self->multi, &left); message;
         message = curl_multi_info_read(self->multi, &left)) {
        if (message->msg == CURLMSG_DONE) {
            end_one(self, message->easy_handle, message->data.result);
            done++;
        }
    }
    return done;
}

static size_t
count(const http_t *self)
{
    return zlistx_size(self->waiting) + zlistx_size(self->active);
}

size_t
http_run(http_t *self, int wake_fd, int64_t patience_ms)
{
    if (advance(self) > 0 || count(self) == 0)
        return count(self);
    struct curl_waitfd wake = {.fd = wake_fd, .events = CURL_WAIT_POLLIN};
    int timeout_ms = patience_ms > INT32_MAX ? INT32_MAX : (int)patience_ms;
    if (curl_multi_poll(self->multi, &wake, wake_fd >= 0, timeout_ms, NULL) == CURLM_OK)
        advance(self);
    return count(self);
}

uint64_t
http_connections(const http_t *self)
{
    return self->connections;
}
