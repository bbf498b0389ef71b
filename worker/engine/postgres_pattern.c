#include "worker/engine/postgres_pattern.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

enum { PATTERN_SIZE = 4096 };  // beyond it a new one begins: long ones take a server long to read

struct name {
    char *schema, *table;  // as hexadecimal digits
};

struct postgres_pattern {
    const char *option;
    struct name *names;
    size_t name_count;
    char **arguments;
    size_t count, size;
};

postgres_pattern_t *
postgres_pattern_new(const char *option)
{
    postgres_pattern_t *self = memory_get(sizeof *self);
    self->option = option;
    return self;
}

void
postgres_pattern_destroy(postgres_pattern_t **self_p)
{
    postgres_pattern_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->name_count; i++) {
        memory_free(&self->names[i].schema);
        memory_free(&self->names[i].table);
    }
    for (size_t i = 0; i < self->count; i++)
        memory_free(&self->arguments[i]);
    memory_free(&self->names);
    memory_free(&self->arguments);
    memory_free(self_p);
}

void
postgres_pattern_add(postgres_pattern_t *self, const char *schema_hex, const char *table_hex)
{
    if ((self->name_count & (self->name_count - 1)) == 0)
        self->names = memory_resize(self->names, (self->name_count ? 2 * self->name_count : 1) *
                                                     sizeof *self->names);
    self->names[self->name_count++] =
        (struct name){memory_copy_text(schema_hex), memory_copy_text(table_hex)};
}

static int
compare_names(const void *one, const void *other)
{
    const struct name *a = one, *b = other;
    int order = strcmp(a->schema, b->schema);
    return order ? order : strcmp(a->table, b->table);
}

static int
digit(char character)
{
    return character <= '9' ? character - '0' : character - 'a' + 10;
}

// Puts the name into double quotes at `at`; returns how many bytes that took.
static size_t
put_quoted(char *at, const char *hex)
{
    char *start = at;
    *at++ = '"';
    for (; hex[0] && hex[1]; hex += 2) {
        char byte = (char)(digit(hex[0]) * 16 + digit(hex[1]));
        if (byte == '"')
            *at++ = '"';
        *at++ = byte;
    }
    *at++ = '"';
    return (size_t)(at - start);
}

// Takes the names from number `from` on that go into one argument; returns the number after them.
static size_t
make_argument(postgres_pattern_t *self, size_t from)
{
    const char *schema = self->names[from].schema;
    // Each byte may be doubled, and is two digits before that.
    size_t room = strlen(self->option) + strlen(schema) + PATTERN_SIZE + 16;
    size_t end = from, tables = 0;
    for (; end < self->name_count && strcmp(self->names[end].schema, schema) == 0; end++) {
        tables += strlen(self->names[end].table) + 3;
        if (tables > PATTERN_SIZE && end > from)
            break;
    }
    char *text = memory_get(room + tables);
    size_t used = strlen(self->option);
    memcpy(text, self->option, used);
    used += put_quoted(text + used, schema);
    text[used++] = '.';
    text[used++] = '(';
    for (size_t i = from; i < end; i++) {
        if (i > from)
            text[used++] = '|';
        used += put_quoted(text + used, self->names[i].table);
    }
    text[used++] = ')';
    self->arguments = memory_resize(self->arguments, (self->count + 1) * sizeof *self->arguments);
    self->arguments[self->count++] = text;
    self->size += used + 1;
    return end;
}

void
postgres_pattern_end(postgres_pattern_t *self)
{
    if (self->name_count > 0)
        qsort(self->names, self->name_count, sizeof *self->names, compare_names);
    for (size_t from = 0; from < self->name_count;)
        from = make_argument(self, from);
}

size_t
postgres_pattern_size(const postgres_pattern_t *self)
{
    return self->size;
}

size_t
postgres_pattern_count(const postgres_pattern_t *self)
{
    return self->count;
}

const char *
postgres_pattern_argument(const postgres_pattern_t *self, size_t index)
{
    return self->arguments[index];
}
