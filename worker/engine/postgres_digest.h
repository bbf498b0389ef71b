// A value of PostgreSQL as a field of a row's canonical form (row_digest.h): the same from COPY's
// text form and from its binary form, and the same that a column of MySQL with this value has.
//
//     boolean                          an integer, 0 or 1
//     smallint, integer, bigint, oid   an integer
//     real, double precision           a floating-point number, however many digits were printed
//     numeric                          a decimal number
//     date, time, timestamp            a time
//     timestamptz                      a time, in UTC, without its "+00"
//     char(n)                          text, without the blanks at its end
//     bytea                            bytes
//     bit(n)                           bytes: a number, the highest one first, as MySQL has it
//     all others                       text, as COPY prints it in our sessions (postgres_head.h),
//                                      in UTF-8
//
// So arrays, ranges, intervals, money, times with a zone, varbit, JSON and what an extension prints
// are text. What is not as the server prints its type is text, too.

#pragma once

#include "worker/engine/postgres_value.h"
#include "worker/engine/row_digest.h"

// What iconv calls an encoding of PostgreSQL's, for row_digest_set_charset. NULL: it is UTF-8, or
// not to be converted (SQL_ASCII holds any bytes).
const char *postgres_digest_charset(const char *encoding);

// `text`: what COPY printed, escapes undone.
void postgres_digest_text(row_digest_t *digest, const struct postgres_type *type, const char *text,
                          size_t size);

// The same for who has its binary form `data`, which postgres_scalar_put printed as `text`.
void postgres_digest_scalar(row_digest_t *digest, enum postgres_kind kind, const char *data,
                            const char *text, size_t size);
