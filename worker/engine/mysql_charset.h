// Text that MySQL keeps in a character set other than UTF-8, as the digest of rows wants it: in
// UTF-8 (row_digest.h). Files have it as it is stored.
//
//     mysql_charset_t *charset = mysql_charsets_note(charsets, "latin1");   // while columns are
//     listed if (mysql_charsets_ask(charsets, session, error))                     // then, once
//         return -1;
//     mysql_charset_digest(charset, data, size, digest);
//
// What each byte of a set of single bytes is the server says itself: for MySQL latin1 is cp1252
// with all 256 bytes, and no two programs agree on all the others. UCS-2, UTF-16 and UTF-32 are
// decoded here. Other sets (big5, gbk, sjis, ...) are not known: their text is digested as it is
// stored.

#pragma once

#include "worker/engine/mysql_session.h"
#include "worker/engine/row_digest.h"

typedef struct mysql_charset mysql_charset_t;    // many threads may use one once it was asked for
typedef struct mysql_charsets mysql_charsets_t;  // those of a server's columns

mysql_charsets_t *mysql_charsets_new(void);
void mysql_charsets_destroy(mysql_charsets_t **self_p);

// NULL: there is nothing to convert, for it is UTF-8. The charset is the list's. In any thread.
const mysql_charset_t *mysql_charsets_note(mysql_charsets_t *self, const char *name);

// Asks what has been noted. Sets that stay unknown are no failure.
int mysql_charsets_ask(mysql_charsets_t *self, mysql_session_t *session, struct error *error);

// NULL: it is known.
const char *mysql_charset_unknown(const mysql_charset_t *self);

// Is this text the same in UTF-8?
int mysql_charset_is_plain(const mysql_charset_t *self, const char *data, size_t size);

// Adds a field: text; or bytes, if some of them are no character.
void mysql_charset_digest(const mysql_charset_t *self, const char *data, size_t size,
                          row_digest_t *digest);
