#include "common/http_transfer.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/http_answer.h"
#include "common/memory.h"
#include "common/text.h"

enum { HOST_SIZE = 128 };

struct http_transfer {
    struct http_request request;  // its texts are ours
    char *method;
    char *url;
    char *body;
    struct curl_slist *lines;
    char host[HOST_SIZE];  // "https://host:port", for messages: the rest may be a secret
    void *easy;            // lent
    char cause[CURL_ERROR_SIZE];
    struct buffer headers;
    struct buffer gathered;
    size_t body_size;    // of the answer so far
    struct error error;  // ours, found while libcurl called back
};

static int
has_scheme(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

static void
name_host(http_transfer_t *self)
{
    const char *after = strstr(self->url, "://");
    size_t size = after ? (size_t)(after - self->url) + 3 : 0;
    size += strcspn(self->url + size, "/?#");
    size = size < HOST_SIZE ? size : HOST_SIZE - 1;
    memcpy(self->host, self->url, size);
    self->host[size] = '\0';
}

static void
add_line(http_transfer_t *self, const char *line)
{
    struct curl_slist *longer = curl_slist_append(self->lines, line);
    if (!longer)
        abort();
    self->lines = longer;
}

// libcurl adds these two by itself to what has a body, unless an empty one forbids it.
static void
add_lines(http_transfer_t *self, const char *const *headers)
{
    int has_type = 0;
    for (size_t i = 0; headers && headers[i]; i++) {
        add_line(self, headers[i]);
        has_type |= strncasecmp(headers[i], "content-type:", 13) == 0;
    }
    add_line(self, "Expect:");
    if (!has_type)
        add_line(self, "Content-Type:");
}

http_transfer_t *
http_transfer_new(const struct http_request *request)
{
    http_transfer_t *self = memory_get(sizeof *self);
    self->request = *request;
    self->url = memory_copy_text(request->url);
    self->method = memory_copy_text(request->method);
    if (request->body_size > 0) {
        self->body = memory_get(request->body_size);
        memcpy(self->body, request->body, request->body_size);
    }
    if (request->connect_ms == 0)
        self->request.connect_ms = HTTP_CONNECT_PRESET_MS;
    if (request->total_ms == 0)
        self->request.total_ms = HTTP_TOTAL_PRESET_MS;
    if (request->body_max == 0)
        self->request.body_max = HTTP_BODY_PRESET;
    name_host(self);
    add_lines(self, request->headers);
    return self;
}

void
http_transfer_destroy(http_transfer_t **self_p)
{
    http_transfer_t *self = *self_p;
    if (!self)
        return;
    for (struct curl_slist *line = self->lines; line; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all(self->lines);
    if (self->body)
        explicit_bzero(self->body, self->request.body_size);
    memory_free(&self->body);
    memory_free_secret(&self->url);
    memory_free(&self->method);
    buffer_clear(&self->headers);
    buffer_clear(&self->gathered);
    memory_free(self_p);
}

static int
status_of(const http_transfer_t *self)
{
    long status = 0;
    curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

// A final answer may have others before it (100, or those to a proxy's CONNECT).
static size_t
on_header(char *data, size_t one, size_t size, void *argument)
{
    (void)one;
    http_transfer_t *self = argument;
    if (size >= 5 && memcmp(data, "HTTP/", 5) == 0)
        buffer_empty(&self->headers);
    if (self->headers.size + size > HTTP_HEADERS_SIZE_MAX) {
        error_set(&self->error, ERROR_INVALID,
                  "the answer of '%s' has more than %d bytes of headers", self->host,
                  HTTP_HEADERS_SIZE_MAX);
        return 0;
    }
    buffer_add(&self->headers, data, size);
    return size;
}

static size_t
on_body(char *data, size_t one, size_t size, void *argument)
{
    (void)one;
    http_transfer_t *self = argument;
    int status = status_of(self);
    if (size > self->request.body_max - self->body_size) {
        error_set(&self->error, ERROR_INVALID, "the answer of '%s' is longer than %zu bytes",
                  self->host, self->request.body_max);
        return 0;
    }
    self->body_size += size;
    if (!self->request.take || status < 200 || status > 299)
        buffer_add(&self->gathered, data, size);
    else if (self->request.take(self->request.argument, status, data, size, &self->error))
        return 0;
    return size;
}

// CUSTOMREQUEST names the method; which kind of request libcurl makes of it is set beside it.
static void
set_method(http_transfer_t *self, CURL *easy)
{
    int takes_body = self->request.body_size > 0 || strcmp(self->method, "POST") == 0 ||
                     strcmp(self->method, "PUT") == 0 || strcmp(self->method, "PATCH") == 0;
    if (takes_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, self->body ? self->body : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)self->request.body_size);
    } else if (strcmp(self->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, self->method);
}

// A pinned key is checked even where libcurl does not ask who signed the certificate.
static void
set_trust(CURL *easy, const struct http_options *options)
{
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, options->pinned_key ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, options->pinned_key ? 0L : 2L);
    if (options->pinned_key) {
        curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, options->pinned_key);
    } else if (options->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
}

static void
set_connection(http_transfer_t *self, CURL *easy, const struct http_options *options)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // Else a name that nobody resolves holds up all others: libcurl waits for its resolver's
    // thread.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)self->request.connect_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)self->request.total_ms);
    set_trust(easy, options);
    if (self->request.is_direct)
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_USERAGENT,
                     options->user_agent ? options->user_agent : "dbhaul/" DBHAUL_VERSION);
}

int
http_transfer_prepare(http_transfer_t *self, void *easy, const struct http_options *options)
{
    self->easy = easy;
    if (!has_scheme(self->url))
        return error_set(&self->error, ERROR_CONFIG, "'%s' is no URL of http or https", self->host);
    if (curl_easy_setopt(easy, CURLOPT_URL, self->url))
        return error_set(&self->error, ERROR_CONFIG, "the URL of '%s' is too long", self->host);
    set_connection(self, easy, options);
    set_method(self, easy);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, self->lines);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, self->cause);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, self);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, self);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, self);
    return 0;
}

// Sets the error that libcurl's word stands for.
static void
explain(http_transfer_t *self, CURLcode code)
{
    text_clean(self->cause);
    const char *cause = *self->cause ? self->cause : curl_easy_strerror(code);
    switch (code) {
    case CURLE_URL_MALFORMAT:
        error_set(&self->error, ERROR_CONFIG, "the URL of '%s' is malformed", self->host);
        break;
    case CURLE_SSL_CACERT_BADFILE:
        error_set(&self->error, ERROR_CONFIG, "cannot use the CA file for '%s': %s", self->host,
                  cause);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        error_set(&self->error, ERROR_DENIED,
                  "the certificate of '%s' is not accepted: %s; does the CA file hold its issuer, "
                  "and is the name right?",
                  self->host, cause);
        error_mark(&self->error, ABOUT_TLS);
        break;
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        error_set(&self->error, ERROR_DENIED,
                  "the key of '%s' is not the pinned one: was its certificate renewed? Make sure "
                  "that it is the right host, then pin the new key",
                  self->host);
        error_mark(&self->error, ABOUT_TLS);
        break;
    case CURLE_UNSUPPORTED_PROTOCOL:  // the scheme was checked: an answer that is not HTTP
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
        error_set(&self->error, ERROR_INVALID, "the answer of '%s' is malformed: %s", self->host,
                  cause);
        break;
    case CURLE_OPERATION_TIMEDOUT:
        error_set(&self->error, ERROR_UNAVAILABLE, "no answer from '%s' in time: %s", self->host,
                  cause);
        break;
    default:
        error_set(&self->error, ERROR_UNAVAILABLE, "cannot talk to '%s': %s", self->host, cause);
    }
}

void
http_transfer_end(http_transfer_t *self, int curl_code)
{
    if (curl_code != CURLE_OK && !self->error.code)
        explain(self, (CURLcode)curl_code);
    if (self->error.code) {
        self->request.done(self->request.argument, NULL, &self->error);
        return;
    }
    struct http_answer answer = {.status = status_of(self),
                                 .body = buffer_read(&self->gathered),
                                 .body_size = self->gathered.size,
                                 .headers = buffer_read(&self->headers)};
    http_answer_read(&answer, clock_unix_ms());
    self->request.done(self->request.argument, &answer, NULL);
}

void
http_transfer_cancel(http_transfer_t *self)
{
    error_set(&self->error, ERROR_CANCELLED, "the request to '%s' was cancelled", self->host);
    http_transfer_end(self, CURLE_OK);
}
