#include "worker/engine/postgres_digest.h"

#include <stdlib.h>
#include <string.h>

#include "worker/engine/postgres_moment.h"
#include "worker/engine/postgres_scalar.h"

enum {
    FLOAT_TEXT_SIZE = 48,  // PostgreSQL before 12 prints up to 18 digits
    DIGITS_MAX = 19,
    EXACT_DIGITS = 15,  // of a number in double precision
    EXACT_SINGLE = 1 << 24,
    EXACT_SINGLE_DECIMALS = 10,
    PIECE_SIZE = 4096,  // of bytes, at once
};

const char *
postgres_digest_charset(const char *encoding)
{
    static const char *const names[][2] = {
        {"LATIN1", "ISO-8859-1"},     {"LATIN2", "ISO-8859-2"},
        {"LATIN3", "ISO-8859-3"},     {"LATIN4", "ISO-8859-4"},
        {"LATIN5", "ISO-8859-9"},     {"LATIN6", "ISO-8859-10"},
        {"LATIN7", "ISO-8859-13"},    {"LATIN8", "ISO-8859-14"},
        {"LATIN9", "ISO-8859-15"},    {"LATIN10", "ISO-8859-16"},
        {"ISO_8859_5", "ISO-8859-5"}, {"ISO_8859_6", "ISO-8859-6"},
        {"ISO_8859_7", "ISO-8859-7"}, {"ISO_8859_8", "ISO-8859-8"},
        {"KOI8R", "KOI8-R"},          {"KOI8U", "KOI8-U"},
        {"WIN866", "CP866"},          {"WIN874", "CP874"},
        {"WIN1250", "CP1250"},        {"WIN1251", "CP1251"},
        {"WIN1252", "CP1252"},        {"WIN1253", "CP1253"},
        {"WIN1254", "CP1254"},        {"WIN1255", "CP1255"},
        {"WIN1256", "CP1256"},        {"WIN1257", "CP1257"},
        {"WIN1258", "CP1258"},        {"EUC_JP", "EUC-JP"},
        {"EUC_CN", "EUC-CN"},         {"EUC_KR", "EUC-KR"},
        {"EUC_TW", "EUC-TW"},         {"EUC_JIS_2004", "EUC-JISX0213"}};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        if (strcmp(names[index][0], encoding) == 0)
            return names[index][1];
    }
    return NULL;
}

// All of these: -1 if it is none, and then nothing was added.

static int
add_boolean(row_digest_t *digest, const char *text, size_t size)
{
    if (size != 1 || (*text != 't' && *text != 'f'))
        return -1;
    row_digest_integer(digest, *text == 't');
    return 0;
}

static int
add_integer(row_digest_t *digest, const char *text, size_t size)
{
    uint64_t number = 0;
    size_t sign = size > 0 && *text == '-';
    if (size == sign || size - sign > DIGITS_MAX)
        return -1;
    for (size_t index = sign; index < size; index++) {
        unsigned digit = (unsigned)text[index] - '0';
        if (digit > 9)
            return -1;
        number = number * 10 + digit;
    }
    if (number > (uint64_t)INT64_MAX + sign)
        return -1;
    row_digest_integer(digest, (int64_t)(sign ? -number : number));
    return 0;
}

// A number of few digits is the quotient of two that are exact, rounded once: a tenth of what
// strtod takes. In single precision that holds of what both kinds have exactly.
static int
read_short(enum postgres_kind kind, const char *text, size_t size, double *number)
{
    static const double powers[EXACT_DIGITS + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    uint64_t digits = 0;
    unsigned count = 0, decimals = 0, has_point = 0;
    size_t sign = size > 0 && *text == '-';
    if (size - sign > EXACT_DIGITS + 1)
        return -1;
    for (size_t index = sign; index < size; index++) {
        unsigned digit = (unsigned)text[index] - '0';
        if (text[index] == '.' && !has_point) {
            has_point = 1;
            continue;
        }
        if (digit > 9)
            return -1;
        digits = digits * 10 + digit;
        decimals += has_point;
        count++;
    }
    int is_single = kind == POSTGRES_FLOAT4;
    if (count == 0 || count > EXACT_DIGITS ||
        (is_single && (digits >= EXACT_SINGLE || decimals > EXACT_SINGLE_DECIMALS)))
        return -1;
    double value = (double)digits / powers[decimals];
    value = is_single ? (double)(float)value : value;
    *number = sign ? -value : value;
    return 0;
}

// By as many bits as the column has: rounded twice, a number could be its neighbour.
static int
add_float(row_digest_t *digest, enum postgres_kind kind, const char *text, size_t size)
{
    char copy[FLOAT_TEXT_SIZE] = "";
    char *end = NULL;
    double number = 0;
    if (read_short(kind, text, size, &number) == 0) {
        row_digest_double(digest, number);
        return 0;
    }
    if (size == 0 || size >= sizeof copy)
        return -1;
    memcpy(copy, text, size);
    number = kind == POSTGRES_FLOAT4 ? (double)strtof(copy, &end) : strtod(copy, &end);
    if (end != copy + size)
        return -1;
    row_digest_double(digest, number);
    return 0;
}

// "2026-11-23 03:00:00.5+00", "0044-03-15 00:00:00+00 BC", "infinity".
static int
add_instant(row_digest_t *digest, const char *text, size_t size)
{
    char copy[POSTGRES_MOMENT_SIZE];
    if (size > sizeof copy)
        return -1;
    memcpy(copy, text, size);
    char *zone = memmem(copy, size, "+00", 3);
    if (zone) {
        size -= 3;
        memmove(zone, zone + 3, size - (size_t)(zone - copy));
    }
    row_digest_time(digest, copy, size);
    return 0;
}

static int
add_bits(row_digest_t *digest, const char *text, size_t size)
{
    unsigned byte = 0;
    row_digest_begin_bytes(digest, ROW_BINARY, (size + 7) / 8);
    for (size_t left = size; left > 0; left--) {
        byte = byte << 1 | (text[size - left] == '1');
        if (left % 8 == 1)
            row_digest_add(digest, &(unsigned char){(unsigned char)byte}, 1);
    }
    return 0;
}

static int
value_of(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static int
is_hex(const char *text, size_t size)
{
    int is_all = size % 2 == 0;
    for (size_t index = 0; index < size; index++)
        is_all &= value_of(text[index]) >= 0;
    return is_all;
}

// "\x00ff"
static int
add_bytea(row_digest_t *digest, const char *text, size_t size)
{
    char piece[PIECE_SIZE];
    if (size < 2 || memcmp(text, "\\x", 2) != 0 || !is_hex(text + 2, size - 2))
        return -1;
    row_digest_begin_bytes(digest, ROW_BINARY, size / 2 - 1);
    for (size_t at = 2; at < size;) {
        size_t used = 0;
        for (; used < sizeof piece && at < size; used++, at += 2)
            piece[used] = (char)(16 * value_of(text[at]) + value_of(text[at + 1]));
        row_digest_add(digest, piece, used);
    }
    return 0;
}

static int
add_known(row_digest_t *digest, enum postgres_kind kind, const char *text, size_t size)
{
    switch (kind) {
    case POSTGRES_BOOLEAN:
        return add_boolean(digest, text, size);
    case POSTGRES_INT2:
    case POSTGRES_INT4:
    case POSTGRES_INT8:
    case POSTGRES_OID:
        return add_integer(digest, text, size);
    case POSTGRES_FLOAT4:
    case POSTGRES_FLOAT8:
        return add_float(digest, kind, text, size);
    case POSTGRES_NUMERIC:
        row_digest_decimal(digest, text, size);
        return 0;
    case POSTGRES_DATE:
    case POSTGRES_TIME:
    case POSTGRES_TIMESTAMP:
        row_digest_time(digest, text, size);
        return 0;
    case POSTGRES_TIMESTAMPTZ:
        return add_instant(digest, text, size);
    case POSTGRES_BYTEA:
        return add_bytea(digest, text, size);
    case POSTGRES_BITS:
        return add_bits(digest, text, size);
    default:
        return -1;
    }
}

void
postgres_digest_text(row_digest_t *digest, const struct postgres_type *type, const char *text,
                     size_t size)
{
    if (!type->is_array && add_known(digest, type->kind, text, size) == 0)
        return;
    while (type->kind == POSTGRES_CHAR && !type->is_array && size > 0 && text[size - 1] == ' ')
        size--;
    row_digest_text(digest, text, size);
}

static double
float_of(enum postgres_kind kind, const char *data)
{
    uint32_t single_bits = postgres_scalar_u32(data);
    float single = 0;
    double number = 0;
    memcpy(&single, &single_bits, sizeof single);
    if (kind == POSTGRES_FLOAT4)
        return (double)single;
    uint64_t bits = postgres_scalar_u64(data);
    memcpy(&number, &bits, sizeof number);
    return number;
}

void
postgres_digest_scalar(row_digest_t *digest, enum postgres_kind kind, const char *data,
                       const char *text, size_t size)
{
    switch (kind) {
    case POSTGRES_BOOLEAN:
        row_digest_integer(digest, *data != 0);
        break;
    case POSTGRES_INT2:
        row_digest_integer(digest, (int16_t)postgres_scalar_u16(data));
        break;
    case POSTGRES_INT4:
        row_digest_integer(digest, (int32_t)postgres_scalar_u32(data));
        break;
    case POSTGRES_INT8:
        row_digest_integer(digest, (int64_t)postgres_scalar_u64(data));
        break;
    case POSTGRES_OID:
        row_digest_integer(digest, postgres_scalar_u32(data));
        break;
    case POSTGRES_FLOAT4:
    case POSTGRES_FLOAT8:
        row_digest_double(digest, float_of(kind, data));
        break;
    default:
        postgres_digest_text(digest, &(struct postgres_type){.kind = (uint8_t)kind}, text, size);
    }
}
