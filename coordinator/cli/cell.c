#include "coordinator/cli/cell.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/clock.h"
#include "common/memory.h"
#include "common/text.h"

enum { LONG_HOURS = 96 };

static int
read_integer(const char *text, int64_t *number)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return -1;
    *number = value;
    return 0;
}

static int
is_true(const char *text)
{
    return strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
}

static int
is_false(const char *text)
{
    return strcmp(text, "0") == 0 || strcmp(text, "false") == 0;
}

void
cell_size(int64_t bytes, char text[CELL_SHORT_SIZE])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        snprintf(text, CELL_SHORT_SIZE, "%" PRId64 " B", bytes);
        return;
    }
    size_t unit = 0;
    double size = (double)bytes / 1024;
    // 1023.95 would be shown as 1024.0
    for (; size >= 1023.95 && unit + 1 < sizeof units / sizeof *units; unit++)
        size /= 1024;
    snprintf(text, CELL_SHORT_SIZE, "%.1f %s", size, units[unit]);
}

void
cell_elapsed(int64_t elapsed_ms, char text[CELL_SHORT_SIZE])
{
    int64_t seconds = elapsed_ms > 0 ? (elapsed_ms + 500) / 1000 : 0;
    if (seconds < 60)
        snprintf(text, CELL_SHORT_SIZE, "%" PRId64 " s", seconds);
    else if (seconds < 3600)
        snprintf(text, CELL_SHORT_SIZE, "%" PRId64 " min %" PRId64 " s", seconds / 60,
                 seconds % 60);
    else
        snprintf(text, CELL_SHORT_SIZE, "%" PRId64 " h %" PRId64 " min", seconds / 3600,
                 seconds % 3600 / 60);
}

// Ages are of days: "34 s", "2 h 5 min", "12 d 3 h".
static void
show_duration(int64_t seconds, char text[CELL_SHORT_SIZE])
{
    int64_t hours = seconds / 3600;
    if (hours < LONG_HOURS)
        cell_elapsed(seconds > 0 ? seconds * 1000 : 0, text);
    else
        snprintf(text, CELL_SHORT_SIZE, "%" PRId64 " d %" PRId64 " h", hours / 24, hours % 24);
}

// Fills `text` with what is shown for a value that is no text. -1 if it is not of its type.
static int
show_typed(enum table_type type, const char *cell, char text[CELL_SHORT_SIZE])
{
    int64_t number = 0;
    text[0] = '\0';
    if (type == TABLE_BOOLEAN) {
        snprintf(text, CELL_SHORT_SIZE, "%s", is_true(cell) ? "yes" : "no");
        return is_true(cell) || is_false(cell) ? 0 : -1;
    }
    if (read_integer(cell, &number))
        return -1;
    if (type == TABLE_BYTES) {
        cell_size(number, text);
    } else if (type == TABLE_DURATION) {
        show_duration(number, text);
    } else if (type == TABLE_TIME) {
        char time[CLOCK_TEXT_SIZE];
        clock_format_sql(number, time);
        if (*time)
            snprintf(text, CELL_SHORT_SIZE, "%.30sZ", time);
    } else {
        snprintf(text, CELL_SHORT_SIZE, "%" PRId64, number);
    }
    return 0;
}

char *
cell_show(enum table_type type, const char *text)
{
    char typed[CELL_SHORT_SIZE];
    if (type != TABLE_TEXT && *text && show_typed(type, text, typed) == 0)
        return memory_copy_text(typed);
    char *shown = memory_copy_text(text);
    for (char *next = shown; *next; next++)
        *next = *next == '\n' ? ' ' : *next;
    text_clean(shown);
    return shown;
}

char *
cell_first_line(const char *text)
{
    size_t size = strcspn(text, "\n");
    const char *rest = text + size + strspn(text + size, "\n");
    return memory_format("%.*s%s", (int)size, text, *rest ? " ..." : "");
}

json_t *
cell_json(enum table_type type, const char *text)
{
    int64_t number = 0;
    if (type == TABLE_TEXT)
        return json_text(text);
    if (!*text)
        return json_null();
    if (type == TABLE_BOOLEAN)
        return is_true(text) ? json_true() : is_false(text) ? json_false() : json_text(text);
    if (read_integer(text, &number))
        return json_text(text);
    if (type != TABLE_TIME)
        return json_integer(number);
    char time[CLOCK_TEXT_SIZE];
    clock_format_iso(number, time);
    return *time ? json_text(time) : json_null();
}

// Of the character at text; sets its size in bytes.
static size_t
width_of(const char *text, size_t *size)
{
    uint32_t character = 0;
    *size = text_character(text, &character);
    if (*size == 0) {
        *size = 1;
        return 1;
    }
    int width = wcwidth((wchar_t)character);
    return width < 0 ? 1 : (size_t)width;
}

size_t
cell_width(const char *text)
{
    size_t width = 0;
    size_t size = 0;
    for (; *text; text += size)
        width += width_of(text, &size);
    return width;
}

void
cell_cut(char *text, size_t width)
{
    static const char mark[] = "...";
    const size_t mark_width = sizeof mark - 1;
    if (cell_width(text) <= width || width < mark_width)
        return;
    size_t used = 0;
    size_t size = 0;
    while (used + width_of(text, &size) <= width - mark_width) {
        used += width_of(text, &size);
        text += size;
    }
    // What is cut off has more bytes than the mark: it is at least as many columns wide.
    memcpy(text, mark, sizeof mark);
}

const char *
cell_find(const table_t *table, size_t row, const char *column)
{
    for (size_t i = 0; i < table_columns(table); i++)
        if (strcmp(table_name(table, i), column) == 0)
            return table_cell(table, row, i);
    return "";
}

int64_t
cell_find_integer(const table_t *table, size_t row, const char *column)
{
    int64_t number = 0;
    return read_integer(cell_find(table, row, column), &number) ? 0 : number;
}
