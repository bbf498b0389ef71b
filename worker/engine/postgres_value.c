#include "worker/engine/postgres_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/memory.h"
#include "worker/engine/postgres_scalar.h"

enum {
    DIMENSIONS_MAX = 6,
    HEAD_SIZE = 12,      // how many dimensions, whether with NULL, which type
    DIMENSION_SIZE = 8,  // how long, from where on
    BOUNDS_SIZE = 32,    // "[-2147483648:2147483647]"
};

struct postgres_printer {
    struct postgres_scalar scalar;
    struct postgres_room room;  // of arrays
};

// An array on its way into text.
struct array {
    postgres_printer_t *printer;
    enum postgres_kind kind;
    const char *at, *end;  // not yet read
    int dimensions;
    uint32_t lengths[DIMENSIONS_MAX];
    int32_t lows[DIMENSIONS_MAX];
    size_t used;  // of the room
};

postgres_printer_t *
postgres_printer_new(void)
{
    postgres_printer_t *self = memory_get(sizeof *self);
    self->scalar.shortest = shortest_new();
    return self;
}

void
postgres_printer_destroy(postgres_printer_t **self_p)
{
    if (!*self_p)
        return;
    postgres_room_clear(&(*self_p)->room);
    postgres_room_clear(&(*self_p)->scalar.room);
    shortest_destroy(&(*self_p)->scalar.shortest);
    memory_free(self_p);
}

static int
is_no_array(struct error *error)
{
    return error_set(error, ERROR_CORRUPT, "the server sent bytes that are no array");
}

// Room for so many bytes more.
static char *
room_for(struct array *self, size_t size)
{
    return postgres_room_get(&self->printer->room, self->used + size) + self->used;
}

static void
add(struct array *self, const char *text, size_t size)
{
    memcpy(room_for(self, size), text, size);
    self->used += size;
}

static int
needs_quotes(const struct postgres_value *value)
{
    static const char *const odd = "\"\\{}, \t\n\r\v\f";
    if (value->size == 0 || (value->size == 4 && strncasecmp(value->data, "NULL", 4) == 0))
        return 1;
    for (size_t index = 0; index < value->size; index++) {
        if (value->data[index] != '\0' && strchr(odd, value->data[index]))
            return 1;
    }
    return 0;
}

static void
add_quoted(struct array *self, const struct postgres_value *value)
{
    char *start = room_for(self, 2 * value->size + 2), *to = start;
    *to++ = '"';
    for (size_t index = 0; index < value->size; index++) {
        if (value->data[index] == '"' || value->data[index] == '\\')
            *to++ = '\\';
        *to++ = value->data[index];
    }
    *to++ = '"';
    self->used += (size_t)(to - start);
}

static int
add_element(struct array *self, struct error *error)
{
    if (self->end - self->at < 4)
        return is_no_array(error);
    uint32_t size = postgres_scalar_u32(self->at);
    self->at += 4;
    if (size == UINT32_MAX) {
        add(self, "NULL", 4);
        return 0;
    }
    struct postgres_value value;
    if (size > (size_t)(self->end - self->at))
        return is_no_array(error);
    if (postgres_scalar_print(&self->printer->scalar, self->kind, self->at, size, &value, error))
        return -1;
    self->at += size;
    // Quotes and NULLs may have taken more room than the limit already.
    if (self->used > POSTGRES_TEXT_MAX || value.size > POSTGRES_TEXT_MAX - self->used)
        return error_set(error, ERROR_CONFIG, "out of memory");
    if (needs_quotes(&value))
        add_quoted(self, &value);
    else
        add(self, value.data, value.size);
    return 0;
}

// All elements, with the braces of each dimension that begins or ends before the next one.
static int
add_elements(struct array *self, struct error *error)
{
    uint32_t places[DIMENSIONS_MAX] = {0};
    int depth = 0;
    for (;;) {
        for (; depth < self->dimensions; depth++)
            add(self, "{", 1);
        if (add_element(self, error))
            return -1;
        while (depth > 0 && ++places[depth - 1] == self->lengths[depth - 1]) {
            places[--depth] = 0;
            add(self, "}", 1);
        }
        if (depth == 0)
            return 0;
        add(self, ",", 1);
    }
}

static void
add_bounds(struct array *self)
{
    int is_usual = 1;
    for (int index = 0; index < self->dimensions; index++)
        is_usual &= self->lows[index] == 1;
    if (is_usual)
        return;
    for (int index = 0; index < self->dimensions; index++)
        self->used += (size_t)snprintf(
            room_for(self, BOUNDS_SIZE), BOUNDS_SIZE, "[%" PRId32 ":%" PRId32 "]",
            self->lows[index], (int32_t)((uint32_t)self->lows[index] + self->lengths[index] - 1));
    add(self, "=", 1);
}

// *count: of its elements.
static int
read_head(struct array *self, uint64_t *count, struct error *error)
{
    size_t size = (size_t)(self->end - self->at);
    uint32_t dimensions = size < HEAD_SIZE ? DIMENSIONS_MAX + 1 : postgres_scalar_u32(self->at);
    if (dimensions > DIMENSIONS_MAX || size < HEAD_SIZE + (size_t)dimensions * DIMENSION_SIZE)
        return is_no_array(error);
    self->at += HEAD_SIZE;
    self->dimensions = (int)dimensions;
    *count = dimensions > 0;
    for (uint32_t index = 0; index < dimensions; index++, self->at += DIMENSION_SIZE) {
        self->lengths[index] = postgres_scalar_u32(self->at);
        self->lows[index] = (int32_t)postgres_scalar_u32(self->at + 4);
        *count *= self->lengths[index];
        // Each element takes four bytes at least.
        if (*count > size / 4)
            return is_no_array(error);
    }
    return 0;
}

static int
print_array(postgres_printer_t *self, enum postgres_kind kind, const char *data, size_t size,
            struct postgres_value *value, struct error *error)
{
    struct array array = {.printer = self, .kind = kind, .at = data, .end = data + size};
    uint64_t count = 0;
    if (read_head(&array, &count, error))
        return -1;
    if (count == 0) {
        add(&array, "{}", 2);
    } else {
        add_bounds(&array);
        if (add_elements(&array, error))
            return -1;
    }
    if (array.at != array.end)
        return is_no_array(error);
    *value = (struct postgres_value){.data = self->room.data, .size = array.used};
    return 0;
}

int
postgres_printer_print(postgres_printer_t *self, const struct postgres_type *type, const char *data,
                       size_t size, struct postgres_value *value, struct error *error)
{
    return type->is_array
               ? print_array(self, type->kind, data, size, value, error)
               : postgres_scalar_print(&self->scalar, type->kind, data, size, value, error);
}

size_t
postgres_printer_put(const postgres_printer_t *self, char *to, enum postgres_kind kind,
                     const char *data, size_t size)
{
    return postgres_scalar_put(&self->scalar, to, kind, data, size);
}
