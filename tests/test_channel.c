// Programs and a syslog's socket as real other sides; webhooks are in test_channel_webhook.c.

#include "coordinator/notify/channel.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#include "tests/channel_scene.h"

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
        TEST(syslog_gets_one_line),
        TEST(a_long_message_is_cut_for_syslog),
        TEST(a_syslog_that_is_not_there_or_does_not_read_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
