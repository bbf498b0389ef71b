// A digest of rows that does not depend on their order nor on the engine that reads them: each
// row's canonical form is hashed by XXH3-128, and the hashes are added modulo 2^128. A range read
// in parts has the sum of its parts' digests; the same rows twice count twice.
//
//     CLEAN(row_digest_destroy) row_digest_t *digest = row_digest_new();
//     row_digest_integer(digest, 42);
//     row_digest_bytes(digest, ROW_TEXT, "x", 1);
//     row_digest_null(digest);
//     row_digest_end_row(digest);
//     struct row_sum sum = row_digest_sum(digest);
//
// The canonical form is the row's fields one after the other, in the order of the table's columns,
// generated columns left out, each a letter and what follows it. The column's type says which, not
// the value: a decimal column's 42 is D, and differs from an integer's.
//
//     N                            NULL
//     I  8 bytes, little-endian    an integer from -2^63 to 2^63 - 1, in two's complement; a
//                                  boolean is 0 or 1, a year its number
//     U  8 bytes, little-endian    an integer from 2^63 to 2^64 - 1
//     F  8 bytes, little-endian    a floating-point number, as IEEE 754 of 64 bits; single
//                                  precision is widened, every NaN is 7ff8000000000000, and -0 is
//                                  not 0
//     D  size, text                a decimal number: no sign but "-", no zero at the beginning
//                                  (but "0.5"), none at the end after a point, no point at the end;
//                                  "0", never "-0"; PostgreSQL's "NaN", "Infinity", "-Infinity"
//     T  size, text                a date, a time or both, "2026-11-23 03:00:00.5": no zeros at the
//                                  end of the fraction, no point at the end. A moment (timestamptz,
//                                  MySQL's TIMESTAMP) is in UTC, and says no more than one without
//                                  a zone. PostgreSQL's "infinity", "-infinity", years beyond four
//                                  digits and " BC" at the end, and MySQL's "0000-00-00", times
//                                  below 0 and above 24 hours are as their servers print them
//     S  size, bytes               text: characters, enumerations, UUIDs and network addresses in
//                                  their usual form, and all of PostgreSQL that has no letter here,
//                                  as its server prints it (intervals, times with a zone, arrays,
//                                  ranges, JSON, money, varbit). char(n) is without the blanks at
//                                  its end
//     B  size, bytes               bytes: binary; bit(n) as a number, the highest byte first; of
//                                  MySQL spatial values, JSON as printed, vectors
//
// where size is 8 bytes, little-endian. So "" differs from NULL, and no two rows have one form.
//
// Text is in UTF-8, whatever PostgreSQL's database or MySQL's column is in; what is no text in its
// character set is B. So are values of MySQL in another one that are too long to be taken at once
// (mysql_rows.h), and its columns in big5, gbk, sjis and the like are S as they are stored: the
// manifest names those. So rows have one digest in both engines where the columns' types are each
// other's counterparts. MySQL prints JSON and spatial values in its own way.

#pragma once

#include <stddef.h>
#include <stdint.h>

// Goes up whenever a row may get another digest. 1: PostgreSQL's fields were all S, MariaDB's UUIDs
// and addresses B. 2: text of MySQL was as it is stored.
enum { ROW_DIGEST_FORM = 3 };

struct row_sum {
    uint64_t high, low;
};

enum row_tag { ROW_DECIMAL = 'D', ROW_TIME = 'T', ROW_TEXT = 'S', ROW_BINARY = 'B' };

typedef struct row_digest row_digest_t;

row_digest_t *row_digest_new(void);
void row_digest_destroy(row_digest_t **self_p);

// From now on row_digest_text takes text in this character set, as iconv names it; NULL: in UTF-8.
// One that the C library does not know is taken as it is.
void row_digest_set_charset(row_digest_t *self, const char *name);

// Is text taken as it is?
int row_digest_is_utf8(const row_digest_t *self);

void row_digest_null(row_digest_t *self);
void row_digest_integer(row_digest_t *self, int64_t number);
void row_digest_unsigned(row_digest_t *self, uint64_t number);
void row_digest_double(row_digest_t *self, double number);
void row_digest_bytes(row_digest_t *self, enum row_tag tag, const void *data, size_t size);
void row_digest_text(row_digest_t *self, const char *data, size_t size);

// A decimal number, and a time, in any common spelling: made canonical here.
void row_digest_decimal(row_digest_t *self, const char *text, size_t size);
void row_digest_time(row_digest_t *self, const char *text, size_t size);

// A long field in pieces: its size first, then row_digest_add until all of it was added.
void row_digest_begin_bytes(row_digest_t *self, enum row_tag tag, uint64_t size);
void row_digest_add(row_digest_t *self, const void *data, size_t size);

// For who writes fields by row_form.h: room for so many bytes, at most ROW_DIGEST_ROOM, and where
// they ended.
enum { ROW_DIGEST_ROOM = 64 << 10 };
unsigned char *row_digest_room(row_digest_t *self, size_t size);
void row_digest_put(row_digest_t *self, const unsigned char *end);

// Adds the row to the sum. Returns 64 bits of its own hash: as good as random, and the same for
// the same row.
uint64_t row_digest_end_row(row_digest_t *self);

uint64_t row_digest_rows(const row_digest_t *self);
struct row_sum row_digest_sum(const row_digest_t *self);

// Starts over.
void row_digest_reset(row_digest_t *self);

struct row_sum row_sum_add(struct row_sum one, struct row_sum other);
