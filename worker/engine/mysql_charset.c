#include "worker/engine/mysql_charset.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

enum {
    BYTES = 256,
    UTF8_SIZE = 4,  // of a character
    PIECE_SIZE = 4096,
    HEX_DIGITS = 2,
    NAME_SIZE = 64,
    SURROGATES = 0xd800,
    LOW_SURROGATES = 0xdc00,
    SURROGATES_END = 0xe000,
    BEYOND_BMP = 0x10000,
    CHARACTERS_END = 0x110000,
};

enum kind { KIND_UNKNOWN, KIND_BYTES, KIND_UCS2, KIND_UTF16, KIND_UTF16LE, KIND_UTF32 };

struct mysql_charset {
    char name[NAME_SIZE];
    enum kind kind;
    int keeps_ascii;  // bytes below 128 are what they are in UTF-8
    struct {
        uint8_t size;  // 0: no character
        char text[UTF8_SIZE];
    } characters[BYTES];
};

struct mysql_charsets {
    pthread_mutex_t mutex;  // while they are noted
    mysql_charset_t **items;
    size_t count, asked;
};

mysql_charsets_t *
mysql_charsets_new(void)
{
    mysql_charsets_t *self = memory_get(sizeof *self);
    pthread_mutex_init(&self->mutex, NULL);
    return self;
}

void
mysql_charsets_destroy(mysql_charsets_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t i = 0; i < (*self_p)->count; i++)
        memory_free(&(*self_p)->items[i]);
    pthread_mutex_destroy(&(*self_p)->mutex);
    memory_free(&(*self_p)->items);
    memory_free(self_p);
}

// ---- which there are

static mysql_charset_t *
note(mysql_charsets_t *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->items[i]->name, name) == 0)
            return self->items[i];
    }
    self->items = memory_resize(self->items, (self->count + 1) * sizeof *self->items);
    mysql_charset_t *charset = memory_get(sizeof *charset);
    snprintf(charset->name, sizeof charset->name, "%s", name);
    return self->items[self->count++] = charset;
}

const mysql_charset_t *
mysql_charsets_note(mysql_charsets_t *self, const char *name)
{
    if (strncmp(name, "utf8", 4) == 0 || strcmp(name, "binary") == 0)
        return NULL;
    pthread_mutex_lock(&self->mutex);
    const mysql_charset_t *charset = note(self, name);
    pthread_mutex_unlock(&self->mutex);
    return charset;
}

static enum kind
kind_of(const char *name)
{
    static const struct {
        const char *name;
        enum kind kind;
    } kinds[] = {{"ucs2", KIND_UCS2},
                 {"utf16", KIND_UTF16},
                 {"utf16le", KIND_UTF16LE},
                 {"utf32", KIND_UTF32}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return kinds[i].kind;
    }
    return KIND_UNKNOWN;
}

// How many bytes a character has by its first one; 0: it is none.
static size_t
size_of(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static int
unhex(const char *digits, size_t size, char *bytes)
{
    static const char all[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size; i++) {
        const char *high = memchr(all, digits[2 * i], sizeof all - 1);
        const char *low = high ? memchr(all, digits[2 * i + 1], sizeof all - 1) : NULL;
        if (!low)
            return -1;
        bytes[i] = (char)((high - all) << 4 | (low - all));
    }
    return 0;
}

// The characters of all bytes, one after the other, as hexadecimal digits. What is none has become
// a question mark.
static int
keep_characters(void *context, const char *const *cells, struct error *error)
{
    (void)error;
    mysql_charset_t *self = context;
    const char *digits = cells[0] ? cells[0] : "";
    size_t left = strlen(digits) / HEX_DIGITS, count = 0;
    while (count < BYTES && left > 0) {
        char *text = self->characters[count].text;
        size_t size = unhex(digits, 1, text) ? 0 : size_of((unsigned char)*text);
        if (size == 0 || size > left || unhex(digits, size, text))
            return 0;
        self->characters[count].size = *text == '?' && count != '?' ? 0 : (uint8_t)size;
        count++;
        left -= size;
        digits += HEX_DIGITS * size;
    }
    if (count == BYTES && left == 0)
        self->kind = KIND_BYTES;
    return 0;
}

static void
look_for_ascii(mysql_charset_t *self)
{
    self->keeps_ascii = self->kind == KIND_BYTES;
    for (size_t i = 0; i < BYTES / 2; i++)
        self->keeps_ascii &= self->characters[i].size == 1 && *self->characters[i].text == (char)i;
}

// A set of more than single bytes does not take these, or gives none.
static int
ask(mysql_charset_t *self, mysql_session_t *session, struct error *error)
{
    char all[HEX_DIGITS * BYTES + 1];
    struct error refused = {0};
    for (const char *at = self->name; *at; at++) {
        if (!isalnum((unsigned char)*at) && *at != '_')
            return 0;
    }
    for (unsigned i = 0; i < BYTES; i++)
        snprintf(all + (size_t)HEX_DIGITS * i, HEX_DIGITS + 1, "%02X", i);
    CLEAN(memory_free)
    char *sql = memory_format("SELECT HEX(CONVERT(_%s X'%s' USING utf8mb4)) FROM "
                              "information_schema.character_sets WHERE character_set_name = '%s' "
                              "AND maxlen = 1",
                              self->name, all, self->name);
    if (mysql_session_query(session, sql, keep_characters, self, &refused) &&
        refused.code == ERROR_UNAVAILABLE)
        return error_set(error, refused.code, "%s", refused.message);
    look_for_ascii(self);
    return 0;
}

int
mysql_charsets_ask(mysql_charsets_t *self, mysql_session_t *session, struct error *error)
{
    for (; self->asked < self->count; self->asked++) {
        mysql_charset_t *charset = self->items[self->asked];
        charset->kind = kind_of(charset->name);
        if (charset->kind == KIND_UNKNOWN && ask(charset, session, error))
            return -1;
    }
    return 0;
}

const char *
mysql_charset_unknown(const mysql_charset_t *self)
{
    return self->kind == KIND_UNKNOWN ? self->name : NULL;
}

// ---- text

int
mysql_charset_is_plain(const mysql_charset_t *self, const char *data, size_t size)
{
    static const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t all = 0, eight = 0;
    size_t at = 0;
    if (!self->keeps_ascii)
        return self->kind == KIND_UNKNOWN;
    for (; at + sizeof eight <= size; at += sizeof eight) {
        memcpy(&eight, data + at, sizeof eight);
        all |= eight;
    }
    for (; at < size; at++)
        all |= (unsigned char)data[at];
    return (all & high) == 0;
}

static uint32_t
unit_at(const mysql_charset_t *self, const unsigned char *at)
{
    if (self->kind == KIND_UTF32)
        return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return self->kind == KIND_UTF16LE ? (uint32_t)at[1] << 8 | at[0] : (uint32_t)at[0] << 8 | at[1];
}

static int
is_surrogate(uint32_t unit)
{
    return unit >= SURROGATES && unit < SURROGATES_END;
}

// The next character, and how many bytes it has. 0: it is none.
static size_t
take_character(const mysql_charset_t *self, const unsigned char *at, size_t left,
               uint32_t *character)
{
    size_t width = self->kind == KIND_UTF32 ? 4 : 2;
    if (left < width)
        return 0;
    *character = unit_at(self, at);
    if (!is_surrogate(*character))
        return *character < CHARACTERS_END ? width : 0;
    if (self->kind == KIND_UTF32 || self->kind == KIND_UCS2 || *character >= LOW_SURROGATES ||
        left < 2 * width)
        return 0;
    uint32_t low = unit_at(self, at + width);
    if (!is_surrogate(low) || low < LOW_SURROGATES)
        return 0;
    *character = BEYOND_BMP + ((*character - SURROGATES) << 10) + (low - LOW_SURROGATES);
    return 2 * width;
}

static size_t
print(uint32_t character, char *to)
{
    if (character < 0x80) {
        to[0] = (char)character;
        return 1;
    }
    size_t size = character < 0x800 ? 2 : character < BEYOND_BMP ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, character >>= 6)
        to[i] = (char)(0x80 | (character & 0x3f));
    to[0] = (char)((0xf00 >> size & 0xf0) | character);
    return size;
}

// One character from *data on: how many bytes of UTF-8. 0: it is none.
static size_t
convert_one(const mysql_charset_t *self, const char **data, size_t *left, char *to)
{
    const unsigned char *at = (const unsigned char *)*data;
    uint32_t character = 0;
    size_t size = 0, taken = 1;
    if (self->kind == KIND_BYTES) {
        size = self->characters[*at].size;
        memcpy(to, self->characters[*at].text, UTF8_SIZE);
    } else {
        taken = take_character(self, at, *left, &character);
        size = taken > 0 ? print(character, to) : 0;
    }
    *data += taken;
    *left -= taken;
    return size;
}

// The size of all. -1: it is no text.
static int
measure(const mysql_charset_t *self, const char *data, size_t left, uint64_t *total)
{
    char character[UTF8_SIZE];
    *total = 0;
    while (left > 0) {
        size_t size = convert_one(self, &data, &left, character);
        if (size == 0)
            return -1;
        *total += size;
    }
    return 0;
}

void
mysql_charset_digest(const mysql_charset_t *self, const char *data, size_t size,
                     row_digest_t *digest)
{
    char piece[PIECE_SIZE];
    size_t used = 0;
    uint64_t total = 0;
    if (mysql_charset_is_plain(self, data, size)) {
        row_digest_bytes(digest, ROW_TEXT, data, size);
        return;
    }
    if (measure(self, data, size, &total)) {
        row_digest_bytes(digest, ROW_BINARY, data, size);
        return;
    }
    row_digest_begin_bytes(digest, ROW_TEXT, total);
    while (size > 0) {
        used += convert_one(self, &data, &size, piece + used);
        if (used <= sizeof piece - UTF8_SIZE && size > 0)
            continue;
        row_digest_add(digest, piece, used);
        used = 0;
    }
}
