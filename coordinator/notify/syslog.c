// A line to this host's syslog, in the form in which the C library's syslog(3) writes it, which
// journald and rsyslog both take: "<PRIORITY>Mmm dd hh:mm:ss dbhaul[PID]: TEXT", in a datagram. Not
// by the library itself: it cannot say that nobody listens, has one socket for the whole process,
// and no deadline. At most LINE_MAX_BYTES, the least that RFC 3164 has every receiver take.

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/text.h"
#include "coordinator/notify/channel.h"

enum { LINE_MAX_BYTES = 1024, STAMP_SIZE = 32 };

static int
syslog_check(const struct channel_place *place, struct error *error)
{
    struct sockaddr_un address;
    if (*place->path != '/' || strlen(place->path) >= sizeof address.sun_path)
        return error_set(error, ERROR_CONFIG,
                         "`path` must be an absolute path of at most %zu bytes",
                         sizeof address.sun_path - 1);
    return 0;
}

static int
level_of(const char *severity)
{
    static const struct {
        const char *name;
        int level;
    } levels[] = {
        {"critical", LOG_CRIT}, {"error", LOG_ERR}, {"warning", LOG_WARNING}, {"info", LOG_NOTICE}};
    for (size_t index = 0; index < sizeof levels / sizeof *levels; index++) {
        if (strcmp(levels[index].name, severity) == 0)
            return levels[index].level;
    }
    return LOG_NOTICE;
}

// As syslog(3): local time, English names.
static void
format_stamp(int64_t unix_ms, char text[STAMP_SIZE])
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts = {0};
    localtime_r(&seconds, &parts);
    snprintf(text, STAMP_SIZE, "%.3s %2d %02d:%02d:%02d", months + 3L * parts.tm_mon, parts.tm_mday,
             parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// The message as one line. Of the text only what is beneath its first line: the title says that.
static char *
format_line(const struct channel_place *place, const struct channel_message *message)
{
    char stamp[STAMP_SIZE];
    format_stamp(message->unix_ms, stamp);
    char *line =
        memory_format("<%d>%s dbhaul[%d]: %s id=%s", place->facility | level_of(message->severity),
                      stamp, (int)getpid(), message->title, message->id);
    const char *rest = strchr(message->text, '\n');
    for (; rest && *rest; rest += strcspn(rest, "\n")) {
        rest += strspn(rest, "\n ");
        int size = (int)strcspn(rest, "\n");
        char *longer = memory_format("%s%s%.*s", line, size ? "; " : "", size, rest);
        memory_free(&line);
        line = longer;
    }
    if (strlen(line) > LINE_MAX_BYTES)
        memcpy(line + LINE_MAX_BYTES - 3, "...", 4);
    text_clean(line);
    return line;
}

// A receiver that is behind makes us wait for room.
static int
send_line(int fd, const char *line, int stop_fd, int64_t deadline_ms, struct error *error)
{
    while (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0) {
        struct pollfd items[] = {{.fd = fd, .events = POLLOUT}, {.fd = stop_fd, .events = POLLIN}};
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
            return error_set(error, ERROR_UNAVAILABLE, "cannot write: %s", strerror(errno));
        if (left_ms <= 0)
            return error_set(error, ERROR_UNAVAILABLE, "its receiver does not read");
        if (poll(items, 2, (int)left_ms) > 0 && items[1].revents)
            return error_set(error, ERROR_CANCELLED, "was stopped");
    }
    return 0;
}

static int
write_line(const struct channel_place *place, const char *line, int stop_fd, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, place->path, strlen(place->path) + 1);
    CLEAN(fd_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_set(error, ERROR_UNAVAILABLE, "cannot make a socket: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&address, sizeof address))
        return error_set(error, ERROR_UNAVAILABLE,
                         "cannot connect: %s; a syslog daemon or journald must listen there",
                         strerror(errno));
    return send_line(fd, line, stop_fd, clock_monotonic_ms() + place->time_limit_ms, error);
}

static void
syslog_deliver(const struct channel_place *place, const struct channel_message *message,
               int stop_fd, struct channel_result *result)
{
    struct error error = {0};
    CLEAN(memory_free) char *line = format_line(place, message);
    if (write_line(place, line, stop_fd, &error) == 0) {
        channel_end(result, CHANNEL_DELIVERED, NULL);
        return;
    }
    error_wrap(&error, "'%s'", place->path);
    channel_end(result, CHANNEL_AGAIN, &error);
}

const struct channel_ops channel_syslog_ops = {
    .kind = "syslog", .check = syslog_check, .deliver = syslog_deliver};
