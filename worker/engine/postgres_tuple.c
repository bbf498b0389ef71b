#include "worker/engine/postgres_tuple.h"

#include <string.h>

#include "common/memory.h"
#include "worker/engine/postgres_digest.h"
#include "worker/engine/postgres_escape.h"
#include "worker/engine/postgres_pen.h"
#include "worker/engine/postgres_scalar.h"
#include "worker/engine/postgres_statement.h"

enum {
    PIECE_SIZE = 16 << 10,              // of a value, at once
    FORM_SIZE = ROW_DIGEST_ROOM / 2,    // of what the pen writes at once
    TEXT_SIZE = 2 * POSTGRES_PEN_ROOM,  // the least room that it is given
};

struct postgres_tuple {
    postgres_printer_t *printer;
};

// A row on its way into a line.
struct writing {
    const postgres_tuple_t *tuple;
    row_digest_t *digest;
    struct postgres_lines *lines;
    uint64_t begun_bytes;  // written before the line
    struct postgres_pen pen;
};

postgres_tuple_t *
postgres_tuple_new(void)
{
    postgres_tuple_t *self = memory_get(sizeof *self);
    self->printer = postgres_printer_new();
    return self;
}

void
postgres_tuple_destroy(postgres_tuple_t **self_p)
{
    if (!*self_p)
        return;
    postgres_printer_destroy(&(*self_p)->printer);
    memory_free(self_p);
}

static int
put(const struct writing *self, const char *text, size_t size, struct error *error)
{
    return postgres_lines_add(self->lines, text, size, error);
}

static int
put_escaped(const struct writing *self, const char *data, size_t size, struct error *error)
{
    while (size > 0) {
        size_t part = size < PIECE_SIZE ? size : PIECE_SIZE;
        char *to = postgres_lines_room(self->lines, 2 * part, error);
        if (!to)
            return -1;
        postgres_lines_put(self->lines, postgres_escape(to, data, part));
        data += part;
        size -= part;
    }
    return 0;
}

// The text of bytes is twice as long as they are, so it is never whole in memory.
static int
put_bytea(const struct writing *self, const char *data, size_t size, struct error *error)
{
    row_digest_bytes(self->digest, ROW_BINARY, data, size);
    if (put(self, "\\\\x", 3, error))
        return -1;
    while (size > 0) {
        size_t part = size < PIECE_SIZE ? size : PIECE_SIZE;
        char *to = postgres_lines_room(self->lines, 2 * part, error);
        if (!to)
            return -1;
        postgres_scalar_hex(to, data, part);
        postgres_lines_put(self->lines, 2 * part);
        data += part;
        size -= part;
    }
    return 0;
}

static int
put_other(const struct writing *self, const struct postgres_type *type, const char *data,
          size_t size, struct error *error)
{
    struct postgres_value value;
    if (postgres_printer_print(self->tuple->printer, type, data, size, &value, error))
        return -1;
    postgres_digest_text(self->digest, type, value.data, value.size);
    if (value.is_plain)
        return put(self, value.data, value.size, error);
    return put_escaped(self, value.data, value.size, error);
}

static int
put_value(const struct writing *self, const struct postgres_type *type, const char *data,
          size_t size, struct error *error)
{
    if (type->is_array)
        return put_other(self, type, data, size, error);
    if (type->kind == POSTGRES_TEXT) {
        row_digest_text(self->digest, data, size);
        return put_escaped(self, data, size, error);
    }
    if (type->kind == POSTGRES_BYTEA)
        return put_bytea(self, data, size, error);
    char *to = postgres_lines_room(self->lines, POSTGRES_SCALAR_SMALL, error);
    if (!to)
        return -1;
    size_t used = postgres_printer_put(self->tuple->printer, to, type->kind, data, size);
    if (used == 0)
        return put_other(self, type, data, size, error);
    postgres_digest_scalar(self->digest, type->kind, data, to, used);
    postgres_lines_put(self->lines, used);
    return 0;
}

static int
is_no_row(struct error *error)
{
    return error_set(error, ERROR_CORRUPT, "the server sent something that is no row of the table");
}

// The pen writes on in the rooms of lines and digest.
static int
take_pen(struct writing *self, struct error *error)
{
    char *text = postgres_lines_room(self->lines, TEXT_SIZE, error);
    if (!text)
        return -1;
    self->pen.text = text;
    self->pen.text_end = self->lines->room + POSTGRES_LINES_SIZE - POSTGRES_PEN_ROOM;
    self->pen.form = row_digest_room(self->digest, FORM_SIZE);
    self->pen.form_end = self->pen.form + FORM_SIZE - POSTGRES_PEN_ROOM;
    return 0;
}

static void
give_pen(struct writing *self)
{
    char *from = self->lines->room + self->lines->used;
    postgres_lines_put(self->lines, (size_t)(self->pen.text - from));
    row_digest_put(self->digest, self->pen.form);
}

// What the pen does not write; behind it, it has room.
static int
write_slowly(struct writing *self, const struct postgres_type *type, const char *data, size_t size,
             struct error *error)
{
    give_pen(self);
    if (put_value(self, type, data, size, error) || take_pen(self, error))
        return -1;
    *self->pen.text++ = '\t';
    return 0;
}

static int
write_null(struct writing *self, struct error *error)
{
    if (postgres_pen_write_null(&self->pen))
        return 0;
    give_pen(self);
    return take_pen(self, error) || !postgres_pen_write_null(&self->pen) ? -1 : 0;
}

// A line that is too long is as the server's own message has it, for postgres_share. The line feed
// stands where the last tab is.
static int
end_line(struct writing *self, int has_columns, struct error *error)
{
    self->pen.text -= has_columns;
    *self->pen.text++ = '\n';
    give_pen(self);
    row_digest_end_row(self->digest);
    if (self->lines->size_bytes - self->begun_bytes > POSTGRES_TEXT_MAX)
        return error_set(error, ERROR_CONFIG, "out of memory");
    return 0;
}

static int
write_columns(struct writing *self, const struct postgres_form *form, const char *data,
              const char *end, struct error *error)
{
    for (size_t column = 0; column < form->count; column++) {
        if (end - data < 4)
            return is_no_row(error);
        uint32_t length = postgres_scalar_u32(data);
        data += 4;
        if (length == UINT32_MAX) {
            if (write_null(self, error))
                return -1;
            continue;
        }
        if (length > (size_t)(end - data))
            return is_no_row(error);
        const struct postgres_type *type = &form->types[column];
        if (!postgres_pen_write(&self->pen, type, data, length) &&
            write_slowly(self, type, data, length, error))
            return -1;
        data += length;
    }
    return data == end ? end_line(self, form->count > 0, error) : is_no_row(error);
}

int
postgres_tuple_write(postgres_tuple_t *self, const struct postgres_form *form, const char *data,
                     size_t size, row_digest_t *digest, struct postgres_lines *lines,
                     struct error *error)
{
    struct writing writing = {
        .tuple = self,
        .digest = digest,
        .lines = lines,
        .begun_bytes = lines->size_bytes,
        .pen = {.printer = self->printer, .is_utf8 = row_digest_is_utf8(digest)}};
    if (size < 2 || postgres_scalar_u16(data) != form->count)
        return is_no_row(error);
    if (take_pen(&writing, error))
        return -1;
    return write_columns(&writing, form, data + 2, data + size, error);
}

// The row was written, so it is whole.
static const char *
find_column(const char *data, int place, uint32_t *size)
{
    data += 2;
    for (;; place--) {
        *size = postgres_scalar_u32(data);
        data += 4;
        if (place == 0)
            return data;
        data += *size == UINT32_MAX ? 0 : *size;
    }
}

int
postgres_tuple_add_literals(postgres_tuple_t *self, const struct postgres_form *form,
                            const char *data, const int *places, size_t count, struct buffer *sql,
                            struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        uint32_t size = 0;
        struct postgres_value value;
        const char *column = find_column(data, places[index], &size);
        if (size == UINT32_MAX)
            return is_no_row(error);
        if (postgres_printer_print(self->printer, &form->types[places[index]], column, size, &value,
                                   error))
            return -1;
        postgres_statement_add_literal(sql, value.data, value.size);
    }
    return 0;
}
