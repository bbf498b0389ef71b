// One cell of an answer, for people and for programs. What comes from a database or a tool may hold
// control characters and terminal escapes: for people they are made harmless, JSON spells them out.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/json.h"
#include "common/table.h"

enum { CELL_SHORT_SIZE = 32 };

// For people: times as "2026-11-23 03:00:00Z", bytes as "1.4 GiB", durations as "2 h 5 min" and
// "12 d 3 h", booleans as yes and no, texts made harmless, their lines joined. What is not of its
// type is shown as it came. The caller's.
char *cell_show(enum table_type type, const char *text);

// For programs: a number, a boolean, a time in ISO 8601, null for nothing (of a text: ""). New
// reference.
json_t *cell_json(enum table_type type, const char *text);

// The first line of a text, with "..." if there are more. The caller's.
char *cell_first_line(const char *text);

// How many columns of a terminal the text takes. Needs a LC_CTYPE of UTF-8.
size_t cell_width(const char *text);

// Cuts the text to so many columns, with "..." at its end.
void cell_cut(char *text, size_t width);

// "512 B", "1.4 GiB"; "34 s", "5 min 3 s", "2 h 5 min".
void cell_size(int64_t bytes, char text[CELL_SHORT_SIZE]);
void cell_elapsed(int64_t elapsed_ms, char text[CELL_SHORT_SIZE]);

// The cell under a column's name, "" if there is no such column. An integer is 0 if it is none.
const char *cell_find(const table_t *table, size_t row, const char *column);
int64_t cell_find_integer(const table_t *table, size_t row, const char *column);
