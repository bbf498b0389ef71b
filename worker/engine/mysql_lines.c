#include "worker/engine/mysql_lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"

enum {
    READ_SIZE = 256 << 10,
    STATEMENT_SIZE = 1 << 20,
    LINE_MAX_SIZE = 1 << 30,  // a statement cannot be longer on any server
};

struct bytes {
    char *data;
    size_t size, room;
};

struct mysql_lines {
    int fd;
    const char *insert, *converted;
    struct bytes input;  // what was read and not yet given
    size_t at;           // in the input
    size_t seen;         // from there on, has no end of a line
    int is_end;
    struct bytes statement;
    char quote;      // in which the script is: ' " or `; 0: in none
    int is_escaped;  // its next byte is
};

mysql_lines_t *
mysql_lines_new(int fd, const char *insert, const char *converted)
{
    mysql_lines_t *self = memory_get(sizeof *self);
    *self = (mysql_lines_t){.fd = fd, .insert = insert, .converted = converted};
    return self;
}

void
mysql_lines_destroy(mysql_lines_t **self_p)
{
    if (!*self_p)
        return;
    memory_free(&(*self_p)->input.data);
    memory_free(&(*self_p)->statement.data);
    memory_free(self_p);
}

static void
add(struct bytes *bytes, const void *data, size_t size)
{
    if (bytes->size + size > bytes->room) {
        bytes->room = 2 * (bytes->size + size) + READ_SIZE;
        bytes->data = memory_resize(bytes->data, bytes->room);
    }
    if (size > 0)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static void
add_text(struct bytes *bytes, const char *text)
{
    add(bytes, text, strlen(text));
}

// Reads more; what was given already makes room.
static int
fill(mysql_lines_t *self, struct error *error)
{
    struct bytes *input = &self->input;
    if (self->at > 0 && input->data)
        memmove(input->data, input->data + self->at, input->size - self->at);
    input->size -= self->at;
    self->at = 0;
    if (input->size > LINE_MAX_SIZE)
        return error_set(error, ERROR_INVALID, "a line of the file is longer than 1 GiB");
    if (input->room - input->size < READ_SIZE) {
        input->room = 2 * (input->size + READ_SIZE);
        input->data = memory_resize(input->data, input->room);
    }
    ssize_t got = 0;
    do
        got = read(self->fd, input->data + input->size, READ_SIZE);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set(error, ERROR_UNAVAILABLE, "cannot read the file: %s", strerror(errno));
    self->is_end = got == 0;
    input->size += (size_t)got;
    return 0;
}

// The next line, without its end, within the input; *line is NULL at the end.
static int
next_line(mysql_lines_t *self, const char **line, size_t *size, struct error *error)
{
    for (;;) {
        const char *start = self->input.data ? self->input.data + self->at : "";
        size_t left = self->input.size - self->at;
        const char *end =
            left > self->seen ? memchr(start + self->seen, '\n', left - self->seen) : NULL;
        if (end) {
            *line = start;
            *size = (size_t)(end - start);
            self->at += *size + 1;
            self->seen = 0;
            return 0;
        }
        self->seen = left;
        if (self->is_end) {
            *line = NULL;
            return left == 0 ? 0
                             : error_set(error, ERROR_CORRUPT,
                                         "the file's last line has no end: is it cut short?");
        }
        if (fill(self, error))
            return -1;
    }
}

// ---- a script

static int
is_quote(char letter)
{
    return letter == '\'' || letter == '"' || letter == '`';
}

// Names may have any byte, and so may texts in definitions: only what stands in no quotes ends a
// statement. A quote that is doubled ends one and begins the next. Our own comments have no quotes.
static void
follow_quotes(mysql_lines_t *self, const char *text, size_t size)
{
    for (const char *end = text + size; text < end; text++) {
        if (self->is_escaped)
            self->is_escaped = 0;
        else if (!self->quote)
            self->quote = is_quote(*text) ? *text : '\0';
        else if (*text == self->quote)
            self->quote = '\0';
        else
            self->is_escaped = *text == '\\' && self->quote != '`';
    }
}

static int
next_statement(mysql_lines_t *self, struct error *error)
{
    struct bytes *statement = &self->statement;
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        if (next_line(self, &line, &size, error))
            return -1;
        if (!line)
            return statement->size == 0
                       ? 0
                       : error_set(error, ERROR_CORRUPT, "the file's last statement has no end");
        add(statement, line, size);
        follow_quotes(self, line, size);
        if (size > 0 && line[size - 1] == ';' && !self->quote) {
            statement->size--;
            return 0;
        }
        add(statement, "\n", 1);
        self->is_escaped = 0;
    }
}

// ---- lines

static void
add_field(mysql_lines_t *self, const char *field, size_t size, int is_converted)
{
    struct bytes *statement = &self->statement;
    if (size == 2 && field[0] == '\\' && field[1] == 'N') {
        add_text(statement, "NULL");
        return;
    }
    add_text(statement, is_converted ? "CONVERT(_binary'" : "_binary'");
    while (size > 0) {  // the lines' own escapes mean the same in a literal
        const char *quote = memchr(field, '\'', size);
        size_t part = quote ? (size_t)(quote - field) : size;
        add(statement, field, part);
        if (quote)
            add_text(statement, "\\'");
        part += quote != NULL;
        field += part;
        size -= part;
    }
    add_text(statement, is_converted ? "' USING utf8mb4)" : "'");
}

static int
add_line(mysql_lines_t *self, const char *line, size_t size, struct error *error)
{
    size_t columns = strlen(self->converted);
    for (size_t column = 0; column < columns; column++) {
        const char *tab = column + 1 < columns ? memchr(line, '\t', size) : line + size;
        if (!tab)
            return error_set(error, ERROR_CORRUPT, "a line of the file has %zu fields, not %zu",
                             column + 1, columns);
        size_t part = (size_t)(tab - line);
        add(&self->statement, ",", column > 0);
        add_field(self, line, part, self->converted[column] == '1');
        line += part + (column + 1 < columns);
        size -= part + (column + 1 < columns);
    }
    add_text(&self->statement, ")");
    return 0;
}

static int
next_insert(mysql_lines_t *self, size_t *rows, struct error *error)
{
    struct bytes *statement = &self->statement;
    while (statement->size < STATEMENT_SIZE) {
        const char *line = NULL;
        size_t size = 0;
        if (next_line(self, &line, &size, error))
            return -1;
        if (!line)
            return 0;
        add_text(statement, *rows == 0 ? self->insert : ",");
        add_text(statement, "\n(");
        if (add_line(self, line, size, error))
            return -1;
        ++*rows;
    }
    return 0;
}

int
mysql_lines_next(mysql_lines_t *self, const char **statement, size_t *size, size_t *rows,
                 struct error *error)
{
    *rows = 0;
    self->statement.size = 0;
    if (self->insert ? next_insert(self, rows, error) : next_statement(self, error))
        return -1;
    *statement = self->statement.size > 0 ? self->statement.data : NULL;
    *size = self->statement.size;
    return 0;
}
