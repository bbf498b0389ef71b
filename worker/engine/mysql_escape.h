// Bytes made harmless in text that MySQL reads: for LOAD DATA, backslash, tab, line feed and 0; for
// a literal in apostrophes, backslash, apostrophe, line feed and 0. Part of mysql_row.

#pragma once

#include <stddef.h>

// `to` must have room for twice the size. Returns how much was written.
size_t mysql_escape(char *to, const char *data, size_t size, int is_lines);

// For LOAD DATA; and the bytes as they are at `copy`, which nothing else overlaps.
size_t mysql_escape_line(char *to, void *copy, const char *data, size_t size);
