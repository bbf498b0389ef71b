// A text that grows: SQL that is being written.

#pragma once

#include <stddef.h>

struct mysql_text {
    char *data;  // NUL-terminated; NULL as long as nothing was added
    size_t size, room;
};

void mysql_text_add(struct mysql_text *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The text, or "" if nothing was added; lent.
const char *mysql_text_data(const struct mysql_text *self);

void mysql_text_free(struct mysql_text *self);
