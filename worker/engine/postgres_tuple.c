#include "worker/engine/postgres_tuple.h"

#include <string.h>

#include "common/memory.h"
#include "worker/engine/postgres_escape.h"
#include "worker/engine/postgres_scalar.h"
#include "worker/engine/postgres_statement.h"

enum {
    PIECE_SIZE = 16 << 10,       // of a value, at once
    ROOM_SIZE = 4 * PIECE_SIZE,  // of a line, before it is passed on
};

struct postgres_tuple {
    postgres_printer_t *printer;
    size_t used;  // of the room
    char room[ROOM_SIZE];
};

// A row on its way into a line.
struct writing {
    postgres_tuple_t *tuple;
    row_digest_t *digest;
    struct postgres_lines *lines;
    size_t written;  // of the line, and no more in the room
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
pass_on(struct writing *self, struct error *error)
{
    postgres_tuple_t *tuple = self->tuple;
    self->written += tuple->used;
    // As the server's own message has it, for postgres_share.
    if (self->written >= POSTGRES_TEXT_MAX)
        return error_set(error, ERROR_CONFIG, "out of memory");
    if (postgres_lines_add(self->lines, tuple->room, tuple->used, error))
        return -1;
    tuple->used = 0;
    return 0;
}

// Where so many bytes can be put; NULL: `error` is set.
static char *
room_for(struct writing *self, size_t size, struct error *error)
{
    if (size > ROOM_SIZE - self->tuple->used && pass_on(self, error))
        return NULL;
    return self->tuple->room + self->tuple->used;
}

static int
put(struct writing *self, const char *text, size_t size, struct error *error)
{
    char *to = room_for(self, size, error);
    if (!to)
        return -1;
    memcpy(to, text, size);
    self->tuple->used += size;
    return 0;
}

static int
put_escaped(struct writing *self, const char *data, size_t size, struct error *error)
{
    while (size > 0) {
        size_t part = size < PIECE_SIZE ? size : PIECE_SIZE;
        char *to = room_for(self, 2 * part, error);
        if (!to)
            return -1;
        self->tuple->used += postgres_escape(to, data, part);
        data += part;
        size -= part;
    }
    return 0;
}

// The text of bytes is twice as long as they are, so it is never whole in memory.
static int
put_bytea(struct writing *self, const char *data, size_t size, struct error *error)
{
    row_digest_begin_bytes(self->digest, ROW_TEXT, 2 * (uint64_t)size + 2);
    row_digest_add(self->digest, "\\x", 2);
    if (put(self, "\\\\x", 3, error))
        return -1;
    while (size > 0) {
        size_t part = size < PIECE_SIZE ? size : PIECE_SIZE;
        char *to = room_for(self, 2 * part, error);
        if (!to)
            return -1;
        postgres_scalar_hex(to, data, part);
        row_digest_add(self->digest, to, 2 * part);
        self->tuple->used += 2 * part;
        data += part;
        size -= part;
    }
    return 0;
}

static int
put_value(struct writing *self, const struct postgres_type *type, const char *data, size_t size,
          struct error *error)
{
    struct postgres_value value;
    if (type->kind == POSTGRES_BYTEA && !type->is_array)
        return put_bytea(self, data, size, error);
    if (postgres_printer_print(self->tuple->printer, type, data, size, &value, error))
        return -1;
    row_digest_bytes(self->digest, ROW_TEXT, value.data, value.size);
    if (value.is_plain && value.size <= PIECE_SIZE)
        return put(self, value.data, value.size, error);
    return put_escaped(self, value.data, value.size, error);
}

static int
is_no_row(struct error *error)
{
    return error_set(error, ERROR_CORRUPT, "the server sent something that is no row of the table");
}

int
postgres_tuple_write(postgres_tuple_t *self, const struct postgres_form *form, const char *data,
                     size_t size, row_digest_t *digest, struct postgres_lines *lines,
                     struct error *error)
{
    struct writing writing = {.tuple = self, .digest = digest, .lines = lines};
    const char *end = data + size;
    self->used = 0;
    if (size < 2 || postgres_scalar_u16(data) != form->count)
        return is_no_row(error);
    data += 2;
    for (size_t column = 0; column < form->count; column++) {
        if (end - data < 4)
            return is_no_row(error);
        uint32_t length = postgres_scalar_u32(data);
        data += 4;
        if (column > 0 && put(&writing, "\t", 1, error))
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
    if (data != end)
        return is_no_row(error);
    row_digest_end_row(digest);
    return put(&writing, "\n", 1, error) || pass_on(&writing, error) ? -1 : 0;
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
