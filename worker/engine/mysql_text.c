#include "worker/engine/mysql_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"

void
mysql_text_add(struct mysql_text *self, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0)
        abort();
    if (self->size + (size_t)size + 1 > self->room) {
        self->room = 2 * (self->size + (size_t)size) + 4096;
        self->data = memory_resize(self->data, self->room);
    }
    vsnprintf(self->data + self->size, self->room - self->size, format, again);
    va_end(again);
    self->size += (size_t)size;
}

const char *
mysql_text_data(const struct mysql_text *self)
{
    return self->data ? self->data : "";
}

void
mysql_text_free(struct mysql_text *self)
{
    memory_free(&self->data);
    self->size = self->room = 0;
}
