// Dates and times from COPY's binary form as text, as PostgreSQL prints them with DateStyle ISO and
// TimeZone UTC. Part of postgres_value.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { POSTGRES_MOMENT_SIZE = 64 };

// Return the size of the text, without a NUL at its end; 0: it is none that a server has.
size_t postgres_moment_date(char *to, int32_t days);          // since 2000-01-01
size_t postgres_moment_time(char *to, int64_t microseconds);  // of the day
size_t postgres_moment_timetz(char *to, int64_t microseconds, int32_t seconds_west);
size_t postgres_moment_timestamp(char *to, int64_t microseconds);    // since 2000-01-01
size_t postgres_moment_timestamptz(char *to, int64_t microseconds);  // in UTC

// One of the years 1 to 9999 after Christ, without a zone, to both places, which have room for
// POSTGRES_MOMENT_SIZE bytes. 0: it is another one.
size_t postgres_moment_put_twice(char *to, void *copy, int64_t microseconds);
