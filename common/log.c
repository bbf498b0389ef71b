#include "common/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/text.h"

enum { LINE_SIZE = 2048 };

static const char *const level_names[] = {"error", "warning", "info", "debug"};
static const char *program_name = "dbhaul";
static enum log_level highest = LOG_LEVEL_INFO;

void
log_open(const char *program, enum log_level level)
{
    program_name = program;
    highest = level;
}

int
log_level_parse(const char *text, enum log_level *level)
{
    for (unsigned i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (strcmp(text, level_names[i]) != 0)
            continue;
        *level = (enum log_level)i;
        return 0;
    }
    return -1;
}

// A line is written by one call, so that lines of several threads and processes do not mix. What
// cannot be written is lost: there is nobody left to tell.
__attribute__((format(printf, 2, 0))) static void
write_line(enum log_level level, const char *format, va_list args)
{
    if (level > highest)
        return;
    int64_t now_ms = clock_unix_ms();
    char stamp[CLOCK_TEXT_SIZE];
    clock_format_iso(now_ms, stamp);
    char line[LINE_SIZE];
    int start = snprintf(line, sizeof line, "%.19s.%03dZ %.64s %s ", stamp, (int)(now_ms % 1000),
                         program_name, level_names[level]);
    size_t used = start > 0 ? (size_t)start : 0;
    vsnprintf(line + used, sizeof line - used - 1, format, args);
    text_clean(line + used);
    size_t size = strlen(line);
    line[size] = '\n';
    ssize_t written = write(STDERR_FILENO, line, size + 1);
    (void)written;
}

#define WRITE_LINE(level) \
    va_list args; \
    va_start(args, format); \
    write_line(level, format, args); \
    va_end(args)

void
log_error(const char *format, ...)
{
    WRITE_LINE(LOG_LEVEL_ERROR);
}

void
log_warning(const char *format, ...)
{
    WRITE_LINE(LOG_LEVEL_WARNING);
}

void
log_info(const char *format, ...)
{
    WRITE_LINE(LOG_LEVEL_INFO);
}

void
log_debug(const char *format, ...)
{
    WRITE_LINE(LOG_LEVEL_DEBUG);
}
