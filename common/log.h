// The log: one line a happening, to standard error, for systemd or a file to keep.
//
//     2026-11-23T03:00:00.123Z dbhaul-worker error job 12: access denied
//
// Only main and the loops (server, agent, task) log; all else returns its error. A line is at
// most 2 KiB; control characters in it are replaced. Secrets are never given to it.

#pragma once

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

// Process-wide and set once, in main, before any thread; without it: "dbhaul", info. The program's
// name (borrowed) stands in each line after the time.
void log_open(const char *program, enum log_level level);

// "error", "warning", "info" or "debug". Returns 0, or -1 if the text is none of them.
int log_level_parse(const char *text, enum log_level *level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
