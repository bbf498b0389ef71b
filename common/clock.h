// The clocks. Only the loops, main and a job's own process ask for the time; all else is told.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT_SIZE = 32 };

int64_t clock_monotonic_ms(void);  // for waits and leases; means nothing to another process
int64_t clock_unix_ms(void);       // UTC, for stamps and schedules

// "2026-11-23T03:00:00Z" and "2026-11-23 03:00:00" (UTC). Out of range or 0 gives "".
void clock_format_iso(int64_t unix_ms, char text[CLOCK_TEXT_SIZE]);
void clock_format_sql(int64_t unix_ms, char text[CLOCK_TEXT_SIZE]);
