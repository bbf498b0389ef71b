#include "worker/engine/postgres_tuple.h"

#include <string.h>

#include "common/memory.h"
#include "worker/engine/postgres_digest.h"
#include "worker/engine/postgres_escape.h"
#include "worker/engine/postgres_scalar.h"
#include "worker/engine/postgres_statement.h"

enum { PIECE_SIZE = 16 << 10 };  // of a value, at once

struct postgres_tuple {
    postgres_printer_t *printer;
};

// A row on its way into a line.
struct writing {
    const postgres_tuple_t *tuple;
    row_digest_t *digest;
    struct postgres_lines *lines;
    uint64_t begun_bytes;  // written before the line
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
put_byte(const struct writing *self, char byte, struct error *error)
{
    char *to = postgres_lines_room(self->lines, 1, error);
    if (!to)
        return -1;
    *to = byte;
    postgres_lines_put(self->lines, 1);
    return 0;
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

// A line that is too long is as the server's own message has it, for postgres_share.
static int
end_line(const struct writing *self, struct error *error)
{
    row_digest_end_row(self->digest);
    if (self->lines->size_bytes - self->begun_bytes >= POSTGRES_TEXT_MAX)
        return error_set(error, ERROR_CONFIG, "out of memory");
    return put_byte(self, '\n', error);
}

int
postgres_tuple_write(postgres_tuple_t *self, const struct postgres_form *form, const char *data,
                     size_t size, row_digest_t *digest, struct postgres_lines *lines,
                     struct error *error)
{
    struct writing writing = {
        .tuple = self, .digest = digest, .lines = lines, .begun_bytes = lines->size_bytes};
    const char *end = data + size;
    if (size < 2 || postgres_scalar_u16(data) != form->count)
        return is_no_row(error);
    data += 2;
    for (size_t column = 0; column < form->count; column++) {
        if (end - data < 4)
            return is_no_row(error);
        uint32_t length = postgres_scalar_u32(data);
        data += 4;
        if (column > 0 && put_byte(&writing, '\t', error))
            return -1;
        if (length == UINT32_MAX) {
            row_digest_null(digest);
            if (put(&writing, "\\N", 2, error))
                return -1;
            continue;
        }
        if (length > (size_t)(end - data))
            return is_no_row(error);
        if (put_value(&writing, &form->types[column], data, length, error))
            return -1;
        data += length;
    }
    return data == end ? end_line(&writing, error) : is_no_row(error);
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
