// A program gets the message on its standard input: as a mail with headers if somebody is named
// that it is for, else as a title, an empty line and the text. No shell; the environment has what
// process.h gives, and four words about the message.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/process.h"
#include "coordinator/notify/channel.h"

enum { DATE_SIZE = 64, EXCERPT_MAX = 300 };

// A header is one line of printable ASCII: nothing in it can begin another one.
static int
is_header(const char *text)
{
    for (; *text; text++) {
        if (*text < 0x20 || *text > 0x7e)
            return 0;
    }
    return 1;
}

static int
command_check(const struct channel_place *place, struct error *error)
{
    if (!place->command[0] || *place->command[0] != '/')
        return error_set(error, ERROR_CONFIG,
                         "`command` is a list that begins with a program's absolute path");
    if (!place->to[0])
        return 0;
    if (!*place->from)
        return error_set(error, ERROR_CONFIG, "a mail needs `from`");
    for (size_t index = 0; place->to[index]; index++) {
        if (!*place->to[index] || !is_header(place->to[index]))
            return error_set(error, ERROR_CONFIG, "`to` has an address that is not plain ASCII");
    }
    return is_header(place->from) ? 0 : error_set(error, ERROR_CONFIG, "`from` is not plain ASCII");
}

// ---- what it gets

static void
print_header(FILE *stream, const char *name, const char *value)
{
    fprintf(stream, "%s: ", name);
    for (; *value; value++)
        fputc(*value < 0x20 || *value > 0x7e ? '?' : *value, stream);
    fputc('\n', stream);
}

// By hand: strftime's names of days follow the locale.
static void
format_date(int64_t unix_ms, char text[DATE_SIZE])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts = {0};
    gmtime_r(&seconds, &parts);
    snprintf(text, DATE_SIZE, "%.3s, %d %.3s %d %02d:%02d:%02d +0000", days + 3L * parts.tm_wday,
             parts.tm_mday, months + 3L * parts.tm_mon, parts.tm_year + 1900, parts.tm_hour,
             parts.tm_min, parts.tm_sec);
}

static void
print_mail(FILE *stream, const struct channel_place *place, const struct channel_message *message)
{
    char date[DATE_SIZE], host[HOST_NAME_MAX + 1] = "localhost";
    gethostname(host, sizeof host - 1);
    format_date(message->unix_ms, date);
    CLEAN(memory_free) char *message_id = memory_format("<%s@%s>", message->id, host);
    print_header(stream, "From", place->from);
    for (size_t index = 0; place->to[index]; index++)
        fprintf(stream, "%s%s", index ? ",\n " : "To: ", place->to[index]);
    fputc('\n', stream);
    print_header(stream, "Subject", message->title);
    print_header(stream, "Date", date);
    print_header(stream, "Message-ID", message_id);
    fputs("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
          "Content-Transfer-Encoding: 8bit\nAuto-Submitted: auto-generated\n\n",
          stream);
    fputs(message->text, stream);
}

static char *
print_input(const struct channel_place *place, const struct channel_message *message, size_t *size)
{
    char *input = NULL;
    FILE *stream = open_memstream(&input, size);
    if (!stream)
        abort();
    if (place->to[0])
        print_mail(stream, place, message);
    else
        fprintf(stream, "%s\n\n%s", message->title, message->text);
    fclose(stream);
    return input;
}

// ---- running it

// Waits until the program has ended, its time is over, or we are to stop. It reads what it wants:
// input that nobody takes is no failure.
static int
feed(process_t *process, int fd, const char *input, size_t size, int stop_fd, int64_t deadline_ms,
     struct error *error)
{
    CLEAN(fd_close) int input_fd = fd;
    for (;;) {
        struct pollfd items[] = {{.fd = process_fd(process), .events = POLLIN},
                                 {.fd = stop_fd, .events = POLLIN},
                                 {.fd = input_fd, .events = POLLOUT}};
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (left_ms <= 0)
            return error_set(
                error, ERROR_UNAVAILABLE,
                "did not end in its time: raise `time_limit` or see what it waits for");
        if (poll(items, 3, (int)left_ms) < 0 && errno != EINTR)
            return error_set(error, ERROR_INTERNAL, "cannot wait: %s", strerror(errno));
        if (items[1].revents)
            return error_set(error, ERROR_CANCELLED, "was stopped");
        if (items[0].revents)
            return 0;
        if (!items[2].revents)
            continue;
        ssize_t put = write(input_fd, input, size);
        if (put < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        input += put > 0 ? put : 0;
        size -= put > 0 ? (size_t)put : 0;
        if (put < 0 || size == 0)
            fd_close(&input_fd);
    }
}

static int
run(const struct channel_place *place, const struct channel_message *message, int stop_fd,
    struct error *error)
{
    CLEAN(memory_free) char *event = memory_format("DBHAUL_EVENT=%s", message->event);
    CLEAN(memory_free) char *severity = memory_format("DBHAUL_SEVERITY=%s", message->severity);
    CLEAN(memory_free) char *delivery = memory_format("DBHAUL_DELIVERY=%s", message->id);
    const char *const environment[] = {"PATH=/usr/bin:/bin",
                                       "LC_ALL=C.UTF-8",
                                       "HOME=/nonexistent",
                                       event,
                                       severity,
                                       delivery,
                                       NULL};
    size_t size = 0;
    CLEAN(memory_free) char *input = print_input(place, message, &size);
    CLEAN(fd_close) int reader = -1;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
    reader = ends[0];
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    struct process_options options = {
        .argv = place->command, .environment = environment, .stdin_fd = reader};
    CLEAN(process_destroy) process_t *process = NULL;
    if (process_start(&process, &options, error)) {
        fd_close(&ends[1]);
        return -1;
    }
    fd_close(&reader);
    struct process_end end;
    char ended[64];
    int64_t deadline_ms = clock_monotonic_ms() + place->time_limit_ms;
    if (feed(process, ends[1], input, size, stop_fd, deadline_ms, error) ||
        process_wait(process, 1000, &end, error))
        return -1;
    if (end.exit_code == 0)
        return 0;
    return error_set(error, ERROR_UNAVAILABLE, "%s%s%.*s", process_end_text(&end, ended),
                     *end.stderr_text ? ": " : "", EXCERPT_MAX, end.stderr_text);
}

static void
command_deliver(const struct channel_place *place, const struct channel_message *message,
                int stop_fd, struct channel_result *result)
{
    struct error error = {0};
    if (run(place, message, stop_fd, &error) == 0) {
        channel_end(result, CHANNEL_DELIVERED, NULL);
        return;
    }
    error_wrap(&error, "'%.200s'", place->command[0]);
    channel_end(result, CHANNEL_AGAIN, &error);
}

const struct channel_ops channel_command_ops = {
    .kind = "command", .check = command_check, .deliver = command_deliver};
