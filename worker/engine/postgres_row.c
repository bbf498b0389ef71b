#include "worker/engine/postgres_row.h"

#include <string.h>

struct postgres_row
postgres_row_begin(char *data, size_t size)
{
    if (size > 0 && data[size - 1] == '\n')
        size--;
    return (struct postgres_row){
        .at = data, .end = data + size, .is_plain = memchr(data, '\\', size) == NULL};
}

// What a backslash and this letter stand for. The server escapes these and no others with letters.
static char
meaning(char letter)
{
    static const char letters[] = "bfnrtv";
    static const char meanings[] = "\b\f\n\r\t\v";
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? meanings[found - letters] : letter;
}

// In place: what comes out is never longer than what was read.
static size_t
unescape(char *data, size_t size)
{
    const char *from = memchr(data, '\\', size), *end = data + size;
    if (!from)
        return size;
    char *next = data + (from - data);
    while (from < end) {
        const char *slash = memchr(from, '\\', (size_t)(end - from));
        size_t plain = (size_t)((slash ? slash : end) - from);
        memmove(next, from, plain);
        next += plain;
        from += plain;
        if (!slash)
            break;
        from++;
        if (from < end)
            *next++ = meaning(*from++);
    }
    return (size_t)(next - data);
}

int
postgres_row_next(struct postgres_row *self, struct postgres_field *field)
{
    char *data = self->at;
    if (!data)
        return 0;
    char *tab = memchr(data, '\t', (size_t)(self->end - data));
    size_t size = (size_t)((tab ? tab : self->end) - data);
    self->at = tab ? tab + 1 : NULL;
    if (self->is_plain) {
        *field = (struct postgres_field){.data = data, .size = size};
        return 1;
    }
    field->is_null = size == 2 && data[0] == '\\' && data[1] == 'N';
    field->data = data;
    field->size = field->is_null ? 0 : unescape(data, size);
    return 1;
}
