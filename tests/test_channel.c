// Each kind of channel against a real other side: programs, a server of HTTP, a syslog's socket.

#include "coordinator/notify/channel.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <syslog.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/http.h"
#include "common/process.h"
#include "tests/folder.h"
#include "tests/http_server.h"

enum { LIMIT_MS = 20000, TIGHT_MS = 300 };

static const char secret_text[] = "0123456789abcdef0123456789abcdef";

static const struct config_key rule_keys[] = {{.name = "from", .type = CONFIG_TEXT, .high = 4096},
                                              {0}};

struct scene {
    char *folder, *secret;
    config_t *config;
    struct channel_place place;
    struct channel_message message;
    struct channel_result result;
    int stop_fd;
};

static void
read_rule(struct scene *scene, const char *path)
{
    struct error error = {0};
    CLEAN(memory_free) char *text = memory_format("from: file:%s\n", path);
    config_destroy(&scene->config);
    assert_int_equal(config_read_text(&scene->config, "test", text, strlen(text), rule_keys,
                                      CONFIG_SIZE_MAX, &error),
                     0);
    scene->place.secret = config_root(scene->config);
}

static int
scene_open(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    scene->folder = folder_new();
    scene->secret = folder_write(scene->folder, "secret", 0600, secret_text);
    scene->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    scene->place = (struct channel_place){
        .from = "", .url = "", .ca = "", .path = "/dev/log", .time_limit_ms = LIMIT_MS};
    scene->message = (struct channel_message){
        .id = "0b9e2c1e-8c3f-4d7c-9d51-0f1ce3c4f2aa",
        .event = "failure",
        .severity = "error",
        .title = "dbhaul: 2 databases fail: no room",
        .text = "2 databases fail.\n\nCause: no room\n\n  shop\n  caf\xc3\xa9\n",
        .document = "{\"event\":\"failure\"}",
        .unix_ms = 1767225600000};
    read_rule(scene, scene->secret);
    *state = scene;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *scene = *state;
    close(scene->stop_fd);
    config_destroy(&scene->config);
    memory_free(&scene->secret);
    folder_destroy(&scene->folder);
    memory_free(&scene);
    return 0;
}

static void
deliver(struct scene *scene, const char *kind)
{
    channel_find(kind)->deliver(&scene->place, &scene->message, scene->stop_fd, &scene->result);
}

static void
assert_failed(const struct scene *scene, enum channel_outcome outcome, const char *words)
{
    assert_int_equal(scene->result.outcome, outcome);
    if (!strstr(scene->result.reason.message, words))
        fail_msg("'%s' does not say '%s'", scene->result.reason.message, words);
}

static char *
read_file(const struct scene *scene, const char *name)
{
    struct error error = {0};
    char *text = NULL;
    size_t size = 0;
    CLEAN(memory_free) char *path = memory_format("%s/%s", scene->folder, name);
    if (fd_read_file(AT_FDCWD, path, 1 << 20, &text, &size, &error))
        fail_msg("%s", error.message);
    return text;
}

// ---- commands

// A program of this text, which gets the folder as its argument.
static void
place_script(struct scene *scene, const char *text)
{
    static char *path;
    free(path);
    path = folder_write(scene->folder, "tell", 0700, text);
    scene->place.command[0] = path;
    scene->place.command[1] = scene->folder;
}

static void
a_command_gets_a_mail(void **state)
{
    struct scene *scene = *state;
    place_script(scene, "#!/bin/sh\ncat >\"$1/mail\"\n");
    scene->place.from = "dbhaul@example.org";
    scene->place.to[0] = "dba@example.org";
    scene->place.to[1] = "boss@example.org";
    deliver(scene, "command");
    assert_int_equal(scene->result.outcome, CHANNEL_DELIVERED);
    CLEAN(memory_free) char *mail = read_file(scene, "mail");
    static const char start[] = "From: dbhaul@example.org\n"
                                "To: dba@example.org,\n boss@example.org\n"
                                "Subject: dbhaul: 2 databases fail: no room\n"
                                "Date: Thu, 1 Jan 2026 00:00:00 +0000\n"
                                "Message-ID: <0b9e2c1e-8c3f-4d7c-9d51-0f1ce3c4f2aa@";
    assert_memory_equal(mail, start, sizeof start - 1);
    const char *body = strstr(mail, "\n\n");
    assert_non_null(body);
    assert_string_equal(body + 2, scene->message.text);
}

static void
no_text_begins_a_header_of_its_own(void **state)
{
    struct scene *scene = *state;
    place_script(scene, "#!/bin/sh\ncat >\"$1/mail\"\n");
    scene->place.from = "dbhaul@example.org";
    scene->place.to[0] = "dba@example.org";
    scene->message.title = "x\r\nBcc: evil@example.org\nX: caf\xc3\xa9";
    deliver(scene, "command");
    CLEAN(memory_free) char *mail = read_file(scene, "mail");
    assert_non_null(strstr(mail, "\nSubject: x??Bcc: evil@example.org?X: caf??\nDate: "));
    assert_null(strstr(mail, "\nBcc"));
}

static void
a_command_without_recipients_gets_title_and_text_and_a_clean_environment(void **state)
{
    struct scene *scene = *state;
    setenv("DBHAUL_TEST_SECRET", "leaked", 1);
    place_script(scene, "#!/bin/sh\ncat >\"$1/mail\"\n/usr/bin/env >\"$1/environment\"\n");
    deliver(scene, "command");
    assert_int_equal(scene->result.outcome, CHANNEL_DELIVERED);
    CLEAN(memory_free) char *mail = read_file(scene, "mail");
    CLEAN(memory_free)
    char *expected = memory_format("%s\n\n%s", scene->message.title, scene->message.text);
    CLEAN(memory_free) char *environment = read_file(scene, "environment");
    assert_string_equal(mail, expected);
    assert_non_null(strstr(environment, "DBHAUL_EVENT=failure\n"));
    assert_non_null(strstr(environment, "DBHAUL_SEVERITY=error\n"));
    assert_non_null(strstr(environment, "DBHAUL_DELIVERY=0b9e2c1e-"));
    assert_null(strstr(environment, "leaked"));
}

static void
a_command_that_fails_tells_what_it_said(void **state)
{
    struct scene *scene = *state;
    place_script(scene, "#!/bin/sh\necho 'no relay' >&2\nexit 75\n");
    deliver(scene, "command");
    assert_failed(scene, CHANNEL_AGAIN, "exit status 75: no relay");
    scene->place.command[0] = "/nonexistent/sendmail";
    deliver(scene, "command");
    assert_failed(scene, CHANNEL_AGAIN, "/nonexistent/sendmail");
}

static void
a_command_need_not_read(void **state)
{
    struct scene *scene = *state;
    CLEAN(memory_free) char *text = memory_get(300001);
    memset(text, 'x', 300000);
    place_script(scene, "#!/bin/sh\nexec <&-\nexit 0\n");
    scene->message.text = text;
    deliver(scene, "command");
    assert_int_equal(scene->result.outcome, CHANNEL_DELIVERED);
}

static void
a_command_that_hangs_is_ended(void **state)
{
    struct scene *scene = *state;
    place_script(scene, "#!/bin/sh\necho $$ >\"$1/pid\"\nexec /bin/sleep 1000\n");
    scene->place.time_limit_ms = TIGHT_MS;
    deliver(scene, "command");
    assert_failed(scene, CHANNEL_AGAIN, "did not end in its time");
    CLEAN(memory_free) char *pid = read_file(scene, "pid");
    assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), 0), -1);
}

static void
a_command_is_stopped_when_we_go(void **state)
{
    struct scene *scene = *state;
    int64_t before_ms = clock_monotonic_ms();
    place_script(scene, "#!/bin/sh\nexec /bin/sleep 1000\n");
    eventfd_write(scene->stop_fd, 1);
    deliver(scene, "command");
    assert_int_equal(scene->result.reason.code, ERROR_CANCELLED);
    assert_true(clock_monotonic_ms() - before_ms < LIMIT_MS / 2);
}

// ---- webhooks

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
    CLEAN(memory_free)
    char *command = memory_format("/usr/bin/openssl dgst -sha256 -hmac \"$(cat '%s')\" -r '%s'",
                                  scene->secret, input);
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    assert_non_null(fgets(hex, 128, stream));
    pclose(stream);
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

// ---- syslog

static int
open_log(struct scene *scene, char **path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    *path = memory_format("%s/log", scene->folder);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", *path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    scene->place.path = *path;
    scene->place.facility = LOG_LOCAL3;
    return fd;
}

static void
syslog_gets_one_line(void **state)
{
    struct scene *scene = *state;
    char line[4096];
    CLEAN(memory_free) char *path = NULL;
    CLEAN(fd_close) int fd = open_log(scene, &path);
    deliver(scene, "syslog");
    assert_int_equal(scene->result.outcome, CHANNEL_DELIVERED);
    ssize_t size = recv(fd, line, sizeof line - 1, MSG_DONTWAIT);
    assert_true(size > 0);
    line[size] = '\0';
    CLEAN(memory_free) char *priority = memory_format("<%d>", LOG_LOCAL3 | LOG_ERR);
    assert_memory_equal(line, priority, strlen(priority));
    assert_non_null(strstr(line, " dbhaul["));
    assert_non_null(strstr(line, "]: dbhaul: 2 databases fail: no room id=0b9e2c1e-"));
    assert_non_null(strstr(line, "; Cause: no room; shop; caf\xc3\xa9"));
    assert_null(strpbrk(line, "\r\n"));
}

static void
a_long_message_is_cut_for_syslog(void **state)
{
    struct scene *scene = *state;
    char line[4096];
    CLEAN(memory_free) char *text = memory_get(20001);
    CLEAN(memory_free) char *path = NULL;
    CLEAN(fd_close) int fd = open_log(scene, &path);
    memset(text, 'x', 20000);
    text[10] = '\n';
    scene->message.text = text;
    deliver(scene, "syslog");
    assert_int_equal(recv(fd, line, sizeof line, MSG_DONTWAIT), 1024);
    assert_memory_equal(line + 1021, "...", 3);
}

static void
a_syslog_that_is_not_there_or_does_not_read_is_tried_again(void **state)
{
    struct scene *scene = *state;
    CLEAN(memory_free) char *path = NULL;
    CLEAN(fd_close) int fd = open_log(scene, &path);
    scene->place.time_limit_ms = TIGHT_MS;
    do
        deliver(scene, "syslog");
    while (scene->result.outcome == CHANNEL_DELIVERED);
    assert_failed(scene, CHANNEL_AGAIN, "does not read");
    scene->place.path = "/nonexistent/log";
    deliver(scene, "syslog");
    assert_failed(scene, CHANNEL_AGAIN, "must listen there");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int
main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(a_command_gets_a_mail),
        TEST(no_text_begins_a_header_of_its_own),
        TEST(a_command_without_recipients_gets_title_and_text_and_a_clean_environment),
        TEST(a_command_that_fails_tells_what_it_said),
        TEST(a_command_need_not_read),
        TEST(a_command_that_hangs_is_ended),
        TEST(a_command_is_stopped_when_we_go),
        TEST(a_webhook_gets_json_with_a_signature_that_openssl_makes_too),
        TEST(what_a_status_means),
        TEST(a_redirect_is_not_followed),
        TEST(a_webhook_that_hangs_is_left),
        TEST(nobody_listening_is_tried_again),
        TEST(a_poor_secret_signs_nothing),
        TEST(only_this_host_is_told_in_the_clear),
        TEST(syslog_gets_one_line),
        TEST(a_long_message_is_cut_for_syslog),
        TEST(a_syslog_that_is_not_there_or_does_not_read_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
