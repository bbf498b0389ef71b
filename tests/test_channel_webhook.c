// Webhooks against a real server of HTTP; one of HTTPS is in run.d/operator.sh.

#include "coordinator/notify/channel.h"

#include "common/process.h"
#include "tests/channel_scene.h"
#include "tests/http_server.h"

struct receiver {
    int status;
    const char *headers;
    int is_silent;
    size_t count;
    char head[4096], body[1024];
};

static void
receive(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    struct receiver *receiver = argument;
    receiver->count++;
    snprintf(receiver->head, sizeof receiver->head, "%s", asked->head);
    snprintf(receiver->body, sizeof receiver->body, "%s", asked->body);
    reply->is_silent = receiver->is_silent;
    if (!reply->is_silent)
        http_reply(reply, receiver->status, receiver->headers, "what it says is not logged");
}

static void
post(struct scene *scene, struct receiver *receiver)
{
    struct http_server *server = http_server_start(receive, receiver);
    CLEAN(memory_free) char *url = memory_format("%s/hook?token=x", server->url);
    scene->place.url = url;
    deliver(scene, "webhook");
    http_server_stop(&server);
    scene->place.url = "";
}

static void
header_of(const struct receiver *receiver, const char *name, char value[128])
{
    const char *found = strcasestr(receiver->head, name);
    assert_non_null(found);
    found += strlen(name) + 2;
    snprintf(value, 128, "%.*s", (int)strcspn(found, "\r"), found);
}

// As the manual has its readers do it.
static void
sign_by_openssl(const struct scene *scene, const char *timestamp, const char *body, char hex[128])
{
    CLEAN(memory_free) char *signed_text = memory_format("%s.%s", timestamp, body);
    CLEAN(memory_free) char *input = folder_write(scene->folder, "signed", 0600, signed_text);
    CLEAN(memory_free) char *output = folder_write(scene->folder, "sum", 0600, "");
    CLEAN(fd_close) int fd = open(output, O_RDWR | O_CLOEXEC);
    const char *const argv[] = {"/usr/bin/openssl", "dgst", "-sha256", "-hmac",
                                secret_text,        "-r",   input,     NULL};
    struct error error = {0};
    struct process_end end;
    struct process_options options = {.argv = argv, .stdout_fd = fd};
    CLEAN(process_destroy) process_t *process = NULL;
    assert_int_equal(process_start(&process, &options, &error), 0);
    assert_int_equal(process_wait(process, LIMIT_MS, &end, &error), 0);
    assert_int_equal(end.exit_code, 0);
    assert_true(pread(fd, hex, 127, 0) > 64);
    hex[strcspn(hex, " \n")] = '\0';
}

static void
a_webhook_gets_json_with_a_signature_that_openssl_makes_too(void **state)
{
    struct scene *scene = *state;
    char timestamp[128], signature[128], delivery[128], key[128], hex[128];
    struct receiver receiver = {.status = 204, .headers = ""};
    post(scene, &receiver);
    assert_int_equal(scene->result.outcome, CHANNEL_DELIVERED);
    assert_string_equal(receiver.body, scene->message.document);
    assert_memory_equal(receiver.head, "POST /hook?token=x HTTP/1.1\r\n", 29);
    header_of(&receiver, "X-Dbhaul-Timestamp", timestamp);
    header_of(&receiver, "X-Dbhaul-Signature", signature);
    header_of(&receiver, "X-Dbhaul-Delivery", delivery);
    header_of(&receiver, "Idempotency-Key", key);
    assert_string_equal(timestamp, "1767225600");
    assert_string_equal(delivery, scene->message.id);
    assert_string_equal(key, scene->message.id);
    sign_by_openssl(scene, timestamp, receiver.body, hex);
    assert_memory_equal(signature, "v1=", 3);
    assert_string_equal(signature + 3, hex);
    assert_null(strstr(receiver.head, secret_text));
}

static void
what_a_status_means(void **state)
{
    struct scene *scene = *state;
    static const struct {
        int status;
        const char *headers;
        enum channel_outcome outcome;
        int64_t asked_ms;
    } cases[] = {
        {200, "", CHANNEL_DELIVERED, -1},
        {500, "", CHANNEL_AGAIN, -1},
        {503, "Retry-After: 3600\r\n", CHANNEL_AGAIN, 3600000},
        {429, "Retry-After: 7\r\n", CHANNEL_AGAIN, 7000},
        {408, "", CHANNEL_AGAIN, -1},
        {404, "", CHANNEL_NEVER, -1},
        {401, "", CHANNEL_NEVER, -1},
        {410, "", CHANNEL_NEVER, -1},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        struct receiver receiver = {.status = cases[index].status, .headers = cases[index].headers};
        post(scene, &receiver);
        assert_int_equal(scene->result.outcome, cases[index].outcome);
        if (cases[index].outcome != CHANNEL_DELIVERED) {
            assert_int_equal(scene->result.asked_ms, cases[index].asked_ms);
            assert_null(strstr(scene->result.reason.message, "not logged"));
        }
    }
}

static void
a_redirect_is_not_followed(void **state)
{
    struct scene *scene = *state;
    struct receiver receiver = {.status = 307, .headers = "Location: /elsewhere\r\n"};
    post(scene, &receiver);
    assert_failed(scene, CHANNEL_AGAIN, "redirect");
    assert_int_equal(receiver.count, 1);
}

static void
a_webhook_that_hangs_is_left(void **state)
{
    struct scene *scene = *state;
    struct receiver receiver = {.is_silent = 1};
    scene->place.time_limit_ms = TIGHT_MS;
    post(scene, &receiver);
    assert_int_equal(scene->result.outcome, CHANNEL_AGAIN);
    assert_int_equal(scene->result.reason.code, ERROR_UNAVAILABLE);
    int64_t before_ms = clock_monotonic_ms();
    scene->place.time_limit_ms = LIMIT_MS;
    eventfd_write(scene->stop_fd, 1);
    post(scene, &receiver);
    assert_int_equal(scene->result.reason.code, ERROR_CANCELLED);
    assert_true(clock_monotonic_ms() - before_ms < LIMIT_MS / 2);
}

static void
nobody_listening_is_tried_again(void **state)
{
    struct scene *scene = *state;
    scene->place.url = "http://127.0.0.1:1/";
    deliver(scene, "webhook");
    assert_int_equal(scene->result.outcome, CHANNEL_AGAIN);
}

static void
a_poor_secret_signs_nothing(void **state)
{
    struct scene *scene = *state;
    struct receiver receiver = {.status = 200, .headers = ""};
    CLEAN(memory_free) char *path = folder_write(scene->folder, "short", 0600, "15 bytes or so.");
    read_rule(scene, path);
    post(scene, &receiver);
    assert_failed(scene, CHANNEL_AGAIN, "shorter than 16 bytes");
    read_rule(scene, "/nonexistent/secret");
    post(scene, &receiver);
    assert_failed(scene, CHANNEL_AGAIN, "cannot get the secret of the signature");
    assert_int_equal(receiver.count, 0);
}

static void
assert_url(struct scene *scene, const char *url, int is_good)
{
    struct error error = {0};
    scene->place.url = url;
    int rc = channel_find("webhook")->check(&scene->place, &error);
    if ((rc == 0) != is_good)
        fail_msg("%s: %s", url, error.message);
}

static void
only_this_host_is_told_in_the_clear(void **state)
{
    struct scene *scene = *state;
    static const char *const good[] = {"https://hooks.example.org/a?b=c@d", "http://127.0.0.1:80/",
                                       "http://localhost/", "http://[::1]:8080/x",
                                       "http://127.9.9.9"};
    static const char *const bad[] = {"",
                                      "ftp://example.org/",
                                      "http://example.org/",
                                      "http://127.0.0.1.example.org/",
                                      "http://localhost.example.org/",
                                      "https://user:word@example.org/",
                                      "http://localhost@example.org/",
                                      "https://example.org/a b",
                                      "https:///path",
                                      "https://ex\r\nample.org/"};
    for (size_t index = 0; index < sizeof good / sizeof *good; index++)
        assert_url(scene, good[index], 1);
    for (size_t index = 0; index < sizeof bad / sizeof *bad; index++)
        assert_url(scene, bad[index], 0);
}

int
main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(a_webhook_gets_json_with_a_signature_that_openssl_makes_too),
        TEST(what_a_status_means),
        TEST(a_redirect_is_not_followed),
        TEST(a_webhook_that_hangs_is_left),
        TEST(nobody_listening_is_tried_again),
        TEST(a_poor_secret_signs_nothing),
        TEST(only_this_host_is_told_in_the_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
