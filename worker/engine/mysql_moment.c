#include "worker/engine/mysql_moment.h"

#include <endian.h>
#include <string.h>

#include "worker/engine/digits.h"

enum {
    DATE_SIZE = 10,   // "2026-11-23"
    CLOCK_SIZE = 8,   // "03:00:00"
    YEAR_MAX = 9999,  // what four digits hold
    PAIR_MAX = 99,
    HOUR_MAX = 999,
    DAYS_MAX = 41,  // of a time, before its hours are more than that
};

// What is missing at the end of one on the wire is 0.
struct moment {
    unsigned year, month, day;
    unsigned hour, minute, second, microseconds;
    int is_negative;
};

// ---- from the wire: numbers, the lowest byte first

static unsigned
u16_at(const unsigned char *bytes)
{
    uint16_t number = 0;
    memcpy(&number, bytes, sizeof number);
    return le16toh(number);
}

static unsigned
u32_at(const unsigned char *bytes)
{
    uint32_t number = 0;
    memcpy(&number, bytes, sizeof number);
    return le32toh(number);
}

// Hours, minutes, seconds; microseconds.
static int
read_clock(const unsigned char *bytes, size_t size, struct moment *moment)
{
    if (size > 0) {
        moment->hour = bytes[0];
        moment->minute = bytes[1];
        moment->second = bytes[2];
    }
    if (size > 3)
        moment->microseconds = u32_at(bytes + 3);
    return moment->hour > PAIR_MAX || moment->minute > PAIR_MAX || moment->second > PAIR_MAX ||
                   moment->microseconds > 999999
               ? -1
               : 0;
}

// Sizes: 0; year, month and day 4; with a clock 7; with microseconds 11.
static int
read_date(const unsigned char *bytes, size_t size, struct moment *moment)
{
    if (size == 0)
        return 0;
    if (size != 4 && size != 7 && size != 11)
        return -1;
    moment->year = u16_at(bytes);
    moment->month = bytes[2];
    moment->day = bytes[3];
    if (moment->year > YEAR_MAX || moment->month > PAIR_MAX || moment->day > PAIR_MAX)
        return -1;
    return read_clock(bytes + 4, size - 4, moment);
}

// Sizes: 0; sign, days and a clock 8; with microseconds 12.
static int
read_time(const unsigned char *bytes, size_t size, struct moment *moment)
{
    if (size == 0)
        return 0;
    if (size != 8 && size != 12)
        return -1;
    unsigned days = u32_at(bytes + 1);
    moment->is_negative = bytes[0] != 0;
    if (days > DAYS_MAX || read_clock(bytes + 5, size - 5, moment))
        return -1;
    moment->hour += 24 * days;
    return moment->hour > HOUR_MAX ? -1 : 0;
}

// ---- words: the first character is the lowest byte

static void
print_date(const struct moment *moment, uint64_t words[2])
{
    words[0] = digits_pair(moment->year / 100) | digits_pair(moment->year % 100) << 16 |
               (uint64_t)'-' << 32 | digits_pair(moment->month) << 40 | (uint64_t)'-' << 56;
    words[1] = digits_pair(moment->day) | (uint64_t)' ' << 16 | digits_pair(moment->hour) << 24 |
               (uint64_t)':' << 40 | digits_pair(moment->minute) << 48;
}

// A point before it.
static uint64_t
print_fraction(unsigned microseconds)
{
    return (uint64_t)'.' | digits_pair(microseconds / 10000) << 8 |
           digits_pair(microseconds / 100 % 100) << 24 | digits_pair(microseconds % 100) << 40;
}

static size_t
print_datetime(const struct moment *moment, uint64_t words[4])
{
    uint64_t fraction = print_fraction(moment->microseconds);
    print_date(moment, words);
    words[2] = (uint64_t)':' | digits_pair(moment->second) << 8 | fraction << 24;
    words[3] = fraction >> 40;
    return DATE_SIZE + 1 + CLOCK_SIZE;
}

static void
put_before(uint64_t words[3], char letter)
{
    words[2] = words[2] << 8 | words[1] >> 56;
    words[1] = words[1] << 8 | words[0] >> 56;
    words[0] = words[0] << 8 | (unsigned char)letter;
}

static size_t
print_time(const struct moment *moment, uint64_t words[4])
{
    size_t size = CLOCK_SIZE;
    words[0] = digits_pair(moment->hour % 100) | (uint64_t)':' << 16 |
               digits_pair(moment->minute) << 24 | (uint64_t)':' << 40 |
               digits_pair(moment->second) << 48;
    words[1] = print_fraction(moment->microseconds);
    words[2] = words[3] = 0;
    if (moment->hour >= 100) {
        put_before(words, (char)('0' + moment->hour / 100));
        size++;
    }
    if (moment->is_negative) {
        put_before(words, '-');
        size++;
    }
    return size;
}

// How many of the first digits of six say something.
static unsigned
short_fraction(unsigned microseconds, unsigned decimals)
{
    static const unsigned units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    unsigned left = microseconds / units[decimals];
    while (decimals > 0 && left % 10 == 0) {
        left /= 10;
        decimals--;
    }
    return decimals;
}

int
mysql_moment_print(enum mysql_moment_kind kind, unsigned decimals, const char *data, size_t size,
                   struct mysql_moment_text *text)
{
    struct moment moment = {0};
    const unsigned char *bytes = (const unsigned char *)data;
    if (kind == MYSQL_MOMENT_TIME ? read_time(bytes, size, &moment)
                                  : read_date(bytes, size, &moment))
        return -1;
    size_t whole = kind == MYSQL_MOMENT_TIME ? print_time(&moment, text->words)
                                             : print_datetime(&moment, text->words);
    for (size_t i = 0; i < sizeof text->words / sizeof *text->words; i++)
        text->words[i] = htole64(text->words[i]);
    if (kind == MYSQL_MOMENT_DATE)
        whole = DATE_SIZE;
    text->size = text->short_size = whole;
    if (kind == MYSQL_MOMENT_DATE || decimals == 0)
        return 0;
    unsigned shorter = short_fraction(moment.microseconds, decimals);
    text->size += 1 + decimals;
    text->short_size += shorter > 0 ? 1 + shorter : 0;
    return 0;
}
