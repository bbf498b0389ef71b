// JSON to a URL, signed: X-Dbhaul-Signature is "v1=" and, in hexadecimal, the HMAC-SHA256 of
// X-Dbhaul-Timestamp, a full stop and the body. X-Dbhaul-Delivery, which Idempotency-Key repeats,
// is the same each time the same message is tried. Redirects are not followed: they would take the
// message where nobody meant it to go.

#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/http.h"
#include "common/memory.h"
#include "common/secret_password.h"
#include "coordinator/notify/channel.h"

enum { SECRET_SIZE_MIN = 16, ANSWER_MAX = 65536, CONNECT_MS = 10000, HOST_SIZE = 256 };

// ---- the URL

static int
is_printable(const char *text)
{
    for (; *text; text++) {
        if (*text <= 0x20 || *text > 0x7e)
            return 0;
    }
    return 1;
}

// The host of "http://host:port/...", without brackets.
static void
read_host(const char *authority, char host[HOST_SIZE])
{
    int is_bracket = *authority == '[';
    const char *start = authority + is_bracket;
    snprintf(host, HOST_SIZE, "%.*s", (int)strcspn(start, is_bracket ? "]/?#" : ":/?#"), start);
}

static int
is_loopback(const char *host)
{
    struct in_addr address;
    if (strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0)
        return 1;
    return inet_pton(AF_INET, host, &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

static int
is_plain(const char *url)
{
    return strncmp(url, "http://", 7) == 0;
}

static int
webhook_check(const struct channel_place *place, struct error *error)
{
    char host[HOST_SIZE];
    const char *url = place->url;
    if (!is_plain(url) && strncmp(url, "https://", 8) != 0)
        return error_set(error, ERROR_CONFIG, "`url` must begin with https://");
    const char *authority = strstr(url, "://") + 3;
    if (!is_printable(url) || memchr(authority, '@', strcspn(authority, "/?#")))
        return error_set(error, ERROR_CONFIG,
                         "`url` has a blank, a letter beyond ASCII, or a user: a receiver knows us "
                         "by the signature");
    read_host(authority, host);
    if (!*host)
        return error_set(error, ERROR_CONFIG, "`url` names no host");
    if (is_plain(url) && !is_loopback(host))
        return error_set(error, ERROR_CONFIG,
                         "`url` must begin with https://; http:// is for this host alone");
    if (!*config_text(place->secret, "from"))
        return error_set(error, ERROR_CONFIG,
                         "a webhook needs `secret`, by which its receiver knows that it is ours");
    return secret_password_check(place->secret, error);
}

// ---- the signature

static int
sign(const struct channel_place *place, const struct channel_message *message,
     struct buffer *timestamp, struct buffer *signature, struct error *error)
{
    uint8_t sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    CLEAN(memory_free_secret) char *secret = NULL;
    if (secret_password_resolve(place->secret, &secret, error))
        return error_wrap(error, "cannot get the secret of the signature");
    if (strlen(secret) < SECRET_SIZE_MIN)
        return error_set(error, ERROR_CONFIG,
                         "the secret of the signature is shorter than %d bytes: `openssl rand -hex "
                         "32` makes a good one",
                         SECRET_SIZE_MIN);
    int64_t seconds = message->unix_ms / 1000;
    CLEAN(memory_free)
    char *signed_text = memory_format("%" PRId64 ".%s", seconds, message->document);
    digest_hmac(secret, strlen(secret), signed_text, strlen(signed_text), sum);
    digest_hex(sum, hex);
    buffer_format(timestamp, "X-Dbhaul-Timestamp: %" PRId64, seconds);
    buffer_format(signature, "X-Dbhaul-Signature: v1=%s", hex);
    return 0;
}

// ---- sending

static void
judge_status(const struct http_answer *answer, struct channel_result *result)
{
    struct error reason = {0};
    int status = answer->status;
    if (status >= 200 && status < 300) {
        channel_end(result, CHANNEL_DELIVERED, NULL);
        return;
    }
    int is_final = status >= 400 && status < 500 && status != 408 && status != 429;
    if (status >= 300 && status < 400)
        error_set(
            &reason, ERROR_DENIED,
            "it answers %d, a redirect, which is not followed: name the place itself in `url`",
            status);
    else
        error_set(&reason, is_final ? ERROR_DENIED : ERROR_UNAVAILABLE, "it answers %d", status);
    channel_end(result, is_final ? CHANNEL_NEVER : CHANNEL_AGAIN, &reason);
    result->asked_ms = answer->retry_after_ms;
}

static void
take_answer(void *argument, const struct http_answer *answer, const struct error *error)
{
    if (answer)
        judge_status(answer, argument);
    else
        channel_end(argument, CHANNEL_AGAIN, error);
}

static void
send_signed(const struct channel_place *place, const struct channel_message *message,
            const char *timestamp, const char *signature, int stop_fd,
            struct channel_result *result)
{
    CLEAN(memory_free) char *delivery = memory_format("X-Dbhaul-Delivery: %s", message->id);
    CLEAN(memory_free) char *key = memory_format("Idempotency-Key: %s", message->id);
    CLEAN(memory_free) char *event = memory_format("X-Dbhaul-Event: %s", message->event);
    const char *const headers[] = {
        "Content-Type: application/json", timestamp, signature, delivery, key, event, NULL};
    struct http_options options = {.ca_file = *place->ca ? place->ca : NULL};
    struct http_request request = {
        .method = "POST",
        .url = place->url,
        .headers = headers,
        .body = message->document,
        .body_size = strlen(message->document),
        .connect_ms = place->time_limit_ms < CONNECT_MS ? place->time_limit_ms : CONNECT_MS,
        .total_ms = place->time_limit_ms,
        .body_max = ANSWER_MAX,
        .is_direct = is_plain(place->url),
        .done = take_answer,
        .argument = result};
    // One that answers too much has got the message all the same, but we cannot know: again.
    CLEAN(http_destroy) http_t *http = http_new(&options);
    int64_t deadline_ms = clock_monotonic_ms() + place->time_limit_ms + 1000;
    http_start(http, &request);
    while (http_run(http, stop_fd, 1000) > 0) {
        struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
        if (clock_monotonic_ms() > deadline_ms || poll(&stop, 1, 0) > 0)
            return;  // http_destroy tells the result
    }
}

static void
webhook_deliver(const struct channel_place *place, const struct channel_message *message,
                int stop_fd, struct channel_result *result)
{
    struct error error = {0};
    CLEAN(buffer_clear) struct buffer timestamp = {0};
    CLEAN(buffer_clear) struct buffer signature = {0};
    if (sign(place, message, &timestamp, &signature, &error)) {
        channel_end(result, CHANNEL_AGAIN, &error);
        return;
    }
    send_signed(place, message, buffer_read(&timestamp), buffer_read(&signature), stop_fd, result);
}

const struct channel_ops channel_webhook_ops = {
    .kind = "webhook", .check = webhook_check, .deliver = webhook_deliver};
