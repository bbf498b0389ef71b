#include "coordinator/catalog/batch.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/text.h"

struct batch {
    struct unit *units;
    size_t count, capacity;
    int64_t epoch, number;
};

batch_t *
batch_new(void)
{
    return memory_get(sizeof(batch_t));
}

static void
change_clear(struct change *change)
{
    for (size_t index = 0; index < change->count; index++)
        free(change->values[index].data);
    free(change->values);
}

void
batch_destroy(batch_t **self_p)
{
    batch_t *self = *self_p;
    if (!self)
        return;
    for (size_t index = 0; index < self->count; index++) {
        struct unit *unit = &self->units[index];
        for (size_t number = 0; number < unit->count; number++)
            change_clear(&unit->changes[number]);
        free(unit->changes);
    }
    free(self->units);
    free(self);
    *self_p = NULL;
}

// Whether a list of `count` has to grow before the next one: at the powers of two.
static int
is_full(size_t count)
{
    return (count & (count - 1)) == 0;
}

size_t
batch_unit(batch_t *self)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 8;
        self->units = memory_resize(self->units, self->capacity * sizeof *self->units);
    }
    self->units[self->count] = (struct unit){0};
    return self->count++;
}

static struct value
value_of(const void *data, size_t size, enum value_type type)
{
    struct value value = {.type = data ? type : VALUE_NULL, .size = size};
    if (data) {
        value.data = memory_get(size + 1);
        memcpy(value.data, data, size);
    }
    return value;
}

static struct value
value_next(char letter, va_list *args)
{
    if (letter == 'i')
        return (struct value){.type = VALUE_INTEGER, .number = va_arg(*args, int64_t)};
    if (letter == 't') {
        const char *text = va_arg(*args, const char *);
        struct value value = value_of(text, text ? strlen(text) : 0, VALUE_TEXT);
        if (text)
            text_clean_bytes(value.data);
        return value;
    }
    assert(letter == 'b');
    const void *data = va_arg(*args, const void *);
    size_t size = va_arg(*args, size_t);
    assert(data || size == 0);
    return value_of(data ? data : "", size, VALUE_BLOB);
}

// Room for a change of so many values.
static struct change *
add_change(batch_t *self, enum statement statement, size_t count)
{
    assert(self->count > 0 && statement < STATEMENTS && count <= BATCH_VALUES_MAX);
    struct unit *unit = &self->units[self->count - 1];
    if (is_full(unit->count)) {
        size_t capacity = unit->count ? 2 * unit->count : 1;
        unit->changes = memory_resize(unit->changes, capacity * sizeof *unit->changes);
    }
    struct change *change = &unit->changes[unit->count++];
    *change = (struct change){
        .statement = statement,
        .count = count,
        .values = memory_get((count + 1) * sizeof *change->values),
    };
    return change;
}

static char
letter_of(enum value_type type)
{
    return type == VALUE_INTEGER ? 'i' : type == VALUE_TEXT ? 't' : 'b';
}

void
batch_add_values(batch_t *self, enum statement statement, const struct value *values, size_t count)
{
    struct change *change = add_change(self, statement, count);
    assert(count == strlen(schema_statements[statement].types));
    for (size_t index = 0; index < count; index++) {
        const struct value *value = &values[index];
        assert(letter_of(value->type) == schema_statements[statement].types[index]);
        change->values[index] =
            value->type == VALUE_INTEGER ? *value : value_of(value->data, value->size, value->type);
        if (value->type == VALUE_TEXT)
            text_clean_bytes(change->values[index].data);
    }
}

void
batch_add(batch_t *self, enum statement statement, const char *format, ...)
{
    assert(strcmp(format, schema_statements[statement].types) == 0);
    size_t count = strlen(format);
    struct change *change = add_change(self, statement, count);
    va_list args;
    va_start(args, format);
    for (size_t index = 0; index < count; index++)
        change->values[index] = value_next(format[index], &args);
    va_end(args);
}

int64_t
batch_number(batch_t *self, int64_t epoch, int64_t *last)
{
    if (self->epoch != epoch)
        self->number = ++*last;
    self->epoch = epoch;
    return self->number;
}

void
batch_settle(batch_t *self)
{
    self->epoch = self->number = 0;
}

size_t
batch_count(const batch_t *self)
{
    return self->count;
}

struct unit *
batch_at(batch_t *self, size_t index)
{
    assert(index < self->count);
    return &self->units[index];
}

size_t
batch_refused(const batch_t *self)
{
    size_t refused = 0;
    for (size_t index = 0; index < self->count; index++)
        refused += self->units[index].refused != 0;
    return refused;
}
