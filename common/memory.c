#include "common/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *
memory_get(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

void *
memory_resize(void *memory, size_t size)
{
    memory = realloc(memory, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

char *
memory_copy_text(const char *text)
{
    if (!text)
        return NULL;
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

char *
memory_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0)
        abort();
    return text;
}

char *
memory_format_secret(const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        abort();
    char *text = memory_get((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void
memory_free(void *memory_p)
{
    void *memory = NULL;
    memcpy(&memory, memory_p, sizeof memory);
    free(memory);
    memory = NULL;
    memcpy(memory_p, &memory, sizeof memory);
}

void
memory_free_secret(char **text_p)
{
    if (*text_p)
        explicit_bzero(*text_p, strlen(*text_p));
    memory_free(text_p);
}

void
memory_wipe_and_free(void *memory)
{
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

void *
memory_wipe_and_resize(void *memory, size_t size)
{
    void *moved = malloc(size ? size : 1);
    if (!moved)
        return NULL;
    if (memory) {
        size_t before = malloc_usable_size(memory);
        memcpy(moved, memory, before < size ? before : size);
    }
    memory_wipe_and_free(memory);
    return moved;
}
