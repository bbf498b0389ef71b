#include "coordinator/protect/dd_output.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"

enum { COLUMNS_MAX = 16, LINE_MAX_SIZE = 4096, HEADING_SIZE = 256, HEADING_LINES = 3 };

// ---- lines

// The next line without its end; returns what follows, or NULL at the end. Longer lines are cut.
static const char *
next_line(const char *text, char line[LINE_MAX_SIZE])
{
    if (!*text)
        return NULL;
    size_t size = strcspn(text, "\n");
    size_t kept = size < LINE_MAX_SIZE ? size : LINE_MAX_SIZE - 1;
    memcpy(line, text, kept);
    while (kept > 0 && (line[kept - 1] == ' ' || line[kept - 1] == '\r'))
        kept--;
    line[kept] = '\0';
    return text + size + (text[size] == '\n');
}

int
dd_output_failed(const char *output, char *text, size_t size)
{
    static const char mark[] = "**** ";
    char line[LINE_MAX_SIZE];
    while ((output = next_line(output, line))) {
        if (strncmp(line, mark, sizeof mark - 1) != 0)
            continue;
        snprintf(text, size, "%s", line + sizeof mark - 1);
        text_clean(text);
        return 1;
    }
    return 0;
}

// ---- tables

struct layout {
    size_t from[COLUMNS_MAX];
    size_t count;
    char headings[COLUMNS_MAX][HEADING_SIZE];
    const char *rows;  // what follows the dashes
};

// Groups of dashes and blanks alone, at least two of them.
static int
is_dashes(const char *line, struct layout *layout)
{
    layout->count = 0;
    if (strspn(line, "- ") != strlen(line))
        return 0;
    for (size_t at = 0; line[at] && layout->count < COLUMNS_MAX; at++) {
        if (line[at] == '-' && (at == 0 || line[at - 1] == ' '))
            layout->from[layout->count++] = at;
    }
    return layout->count >= 2;
}

static void
cell(const struct layout *layout, const char *line, size_t column, char *to, size_t size)
{
    size_t length = strlen(line), from = layout->from[column];
    size_t until = column + 1 < layout->count ? layout->from[column + 1] : length;
    *to = '\0';
    if (from >= length)
        return;
    until = until < length ? until : length;
    while (from < until && line[from] == ' ')
        from++;
    while (until > from && line[until - 1] == ' ')
        until--;
    snprintf(to, size, "%.*s", (int)(until - from), line + from);
}

// A heading may stand on more than one line.
static void
read_headings(struct layout *layout, char lines[HEADING_LINES][LINE_MAX_SIZE], size_t count)
{
    for (size_t column = 0; column < layout->count; column++) {
        layout->headings[column][0] = '\0';
        for (size_t line = 0; line < count; line++) {
            char part[HEADING_SIZE / (HEADING_LINES + 1)];
            cell(layout, lines[line], column, part, sizeof part);
            size_t used = strlen(layout->headings[column]);
            snprintf(layout->headings[column] + used, HEADING_SIZE - used, "%s%s",
                     used && *part ? " " : "", part);
        }
    }
}

// Finds the first table; the lines before its dashes that are not empty are its headings.
static int
find_table(const char *output, struct layout *layout)
{
    char lines[HEADING_LINES][LINE_MAX_SIZE];
    char line[LINE_MAX_SIZE];
    size_t count = 0;
    while ((output = next_line(output, line))) {
        if (count > 0 && is_dashes(line, layout)) {
            read_headings(layout, lines, count);
            layout->rows = output;
            return 0;
        }
        if (!*line) {
            count = 0;
            continue;
        }
        if (count == HEADING_LINES)
            memmove(lines[0], lines[1], --count * sizeof *lines);
        memcpy(lines[count++], line, sizeof line);
    }
    return -1;
}

// The column whose heading ends with the word, or begins with it; -1 if there is none.
static int
find_column(const struct layout *layout, const char *word)
{
    size_t size = strlen(word);
    for (size_t column = 0; column < layout->count; column++) {
        const char *heading = layout->headings[column];
        size_t length = strlen(heading);
        if (strncasecmp(heading, word, size) == 0 ||
            (length > size && strcasecmp(heading + length - size, word) == 0))
            return (int)column;
    }
    return -1;
}

// Rows end with an empty line, with dashes, or with the output.
static const char *
next_row(const char *text, char line[LINE_MAX_SIZE])
{
    const char *rest = next_line(text, line);
    return rest && *line && strspn(line, "- ") != strlen(line) ? rest : NULL;
}

// Where there is no context no table may be printed, in words that no document has; what has the
// table's heading and cannot be read is something else.
static int
has_heading(const char *output)
{
    char line[LINE_MAX_SIZE];
    while ((output = next_line(output, line))) {
        if (strncasecmp(line + strspn(line, " "), "CTX", 3) == 0)
            return 1;
    }
    return 0;
}

static int
no_table(const char *command, struct error *error)
{
    return error_set(
        error, ERROR_INVALID,
        "what '%s' prints is no table that dbhaul can read: does the user's role allow "
        "the command?",
        command);
}

static int
too_many(const char *command, struct error *error)
{
    return error_set(error, ERROR_INVALID, "'%s' prints more than %d rows", command,
                     DD_CONTEXTS_MAX);
}

// ---- replication status

int
dd_output_stamp(const char *text, struct dd_stamp *stamp)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char weekday[4], month[4];
    int end = 0;
    struct dd_stamp found = {0};
    if (sscanf(text, "%3s %3s %2d %2d:%2d%n", weekday, month, &found.day, &found.hour,
               &found.minute, &end) != 5 ||
        text[end] || strlen(weekday) != 3 || strlen(month) != 3)
        return -1;
    const char *day_at = strstr(days, weekday), *month_at = strstr(months, month);
    if (!day_at || !month_at || (day_at - days) % 3 || (month_at - months) % 3)
        return -1;
    found.weekday = (int)(day_at - days) / 3;
    found.month = (int)(month_at - months) / 3;
    if (found.day < 1 || found.day > 31 || found.hour < 0 || found.hour > 23 || found.minute < 0 ||
        found.minute > 59)
        return -1;
    *stamp = found;
    return 0;
}

static void
read_status_row(const struct layout *layout, const int columns[5], const char *line,
                struct dd_status_row *row)
{
    char text[HEADING_SIZE];
    memset(row, 0, sizeof *row);
    cell(layout, line, (size_t)columns[0], row->id, sizeof row->id);
    cell(layout, line, (size_t)columns[1], row->destination, sizeof row->destination);
    cell(layout, line, (size_t)columns[2], text, sizeof text);
    row->is_enabled = strcasecmp(text, "yes") == 0;
    cell(layout, line, (size_t)columns[3], text, sizeof text);
    row->is_connected = strcasecmp(text, "connected") == 0 || strcasecmp(text, "idle") == 0;
    cell(layout, line, (size_t)columns[4], text, sizeof text);
    row->has_stamp = dd_output_stamp(text, &row->stamp) == 0;
}

int
dd_output_status(const char *output, struct dd_status_row **rows, size_t *count,
                 struct error *error)
{
    static const char command[] = "replication status";
    static const char *const words[] = {"CTX", "Destination", "Enabled", "Connection", "Sync'ed"};
    int columns[5];
    struct layout layout;
    char line[LINE_MAX_SIZE];
    if (find_table(output, &layout)) {
        *rows = NULL;
        *count = 0;
        return has_heading(output) ? no_table(command, error) : 0;
    }
    for (size_t index = 0; index < 5; index++) {
        columns[index] = find_column(&layout, words[index]);
        if (columns[index] < 0)
            return no_table(command, error);
    }
    CLEAN(memory_free) struct dd_status_row *found = NULL;
    size_t number = 0;
    for (const char *rest = next_row(layout.rows, line); rest; rest = next_row(rest, line)) {
        if (number == DD_CONTEXTS_MAX)
            return too_many(command, error);
        found = memory_resize(found, (number + 1) * sizeof *found);
        read_status_row(&layout, columns, line, &found[number++]);
    }
    *rows = STEAL(found);
    *count = number;
    return 0;
}

// ---- replication show config

int
dd_output_config(const char *output, struct dd_config_row **rows, size_t *count,
                 struct error *error)
{
    static const char command[] = "replication show config";
    struct layout layout;
    char line[LINE_MAX_SIZE];
    if (find_table(output, &layout)) {
        *rows = NULL;
        *count = 0;
        return has_heading(output) ? no_table(command, error) : 0;
    }
    int id = find_column(&layout, "CTX"), source = find_column(&layout, "Source");
    if (id < 0 || source < 0)
        return no_table(command, error);
    CLEAN(memory_free) struct dd_config_row *found = NULL;
    size_t number = 0;
    for (const char *rest = next_row(layout.rows, line); rest; rest = next_row(rest, line)) {
        if (number == DD_CONTEXTS_MAX)
            return too_many(command, error);
        found = memory_resize(found, (number + 1) * sizeof *found);
        cell(&layout, line, (size_t)id, found[number].id, sizeof found->id);
        cell(&layout, line, (size_t)source, found[number].source, sizeof found->source);
        number++;
    }
    *rows = STEAL(found);
    *count = number;
    return 0;
}

int
dd_output_place(const char *text, char host[DD_NAME_SIZE], char path[DD_PATH_SIZE],
                struct error *error)
{
    static const char scheme[] = "mtree://";
    const char *from = text + sizeof scheme - 1;
    size_t size = strncmp(text, scheme, sizeof scheme - 1) == 0 ? strcspn(from, "/") : 0;
    if (size == 0 || size >= DD_NAME_SIZE || !from[size] || strlen(from + size) >= DD_PATH_SIZE)
        return error_set(error, ERROR_INVALID, "'%.100s' is not the place of an MTree", text);
    memcpy(host, from, size);
    host[size] = '\0';
    memcpy(path, from + size, strlen(from + size) + 1);
    return 0;
}
