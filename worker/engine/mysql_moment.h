// A date, a time, or both, from MySQL's binary protocol (mysql_value.h) as the text that the server
// prints. Part of mysql_value.
//
// The text comes in words, to be stored whole wherever it is wanted: a processor that has just
// written bytes one by one, and is to read many of them at once, waits for a long time.
//
//     struct mysql_moment_text text;
//     if (mysql_moment_print(MYSQL_MOMENT_DATE, 0, data, size, &text) == 0)
//         memcpy(to, text.words, sizeof text.words);  // text.size of it

#pragma once

#include <stddef.h>
#include <stdint.h>

enum mysql_moment_kind { MYSQL_MOMENT_DATE, MYSQL_MOMENT_DATETIME, MYSQL_MOMENT_TIME };

enum { MYSQL_MOMENT_SIZE = 32, MYSQL_MOMENT_DECIMALS_MAX = 6 };

struct mysql_moment_text {
    uint64_t words[MYSQL_MOMENT_SIZE / 8];
    size_t size;
    size_t short_size;  // without zeros at the end of a fraction, and a point at the end
};

// -1: it is none.
int mysql_moment_print(enum mysql_moment_kind kind, unsigned decimals, const char *data,
                       size_t size, struct mysql_moment_text *text);
