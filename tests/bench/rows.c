// Rows for benchmarks: prints a table's rows as the text that both COPY and LOAD DATA read, the
// same ones each time.
//
//     bench_rows TABLE ROWS [FIRST]
//
// Tables are those of tests/lib/bench.sh. Bytes of blobs are in hexadecimal digits.

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOB_BYTES = 8192, LINES_OF_ORDER = 3, SECOND_STEP = 37, SENTENCE_MAX = 32 };

static const char *const words[] = {
    "order",   "parcel", "late",   "north", "window", "copper",  "return", "signed",
    "harbour", "seven",  "paper",  "cold",  "bridge", "morning", "clerk",  "empty",
    "yellow",  "report", "broken", "hand",  "market", "quiet",   "letter", "glass",
    "train",   "fold",   "winter", "price", "garden", "south",   "Müller", "naïve"};

// A number that looks random, and belongs to the row and the field (splitmix64).
static uint64_t
draw(uint64_t row, uint64_t field)
{
    uint64_t number = (row * 64 + field) * UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

static void
put(const char *text)
{
    fputs_unlocked(text, stdout);
}

static void
put_number(uint64_t number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, number);
    put(digits);
}

static void
put_cents(uint64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64 ".%02" PRIu64, number / 100, number % 100);
    put(text);
}

static void
put_words(uint64_t row, uint64_t field, unsigned least, unsigned most)
{
    uint64_t number = draw(row, field);
    unsigned count = least + (unsigned)(number % (most - least + 1));
    for (unsigned i = 0; i < count && i < SENTENCE_MAX; i++) {
        if (i > 0)
            put(" ");
        put(words[draw(row + i * 977, field) % (sizeof words / sizeof *words)]);
    }
}

// Later rows are later: most tables of an application grow by time.
static void
put_time(uint64_t row, uint64_t field, int with_fraction)
{
    uint64_t second = row * SECOND_STEP / 10 + draw(row, field) % 30;
    uint64_t day = second / 86400;
    char text[64];
    snprintf(text, sizeof text,
             "%04" PRIu64 "-%02" PRIu64 "-%02" PRIu64 " %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
             2019 + day / 336, 1 + day / 28 % 12, 1 + day % 28, second / 3600 % 24,
             second / 60 % 60, second % 60);
    put(text);
    if (!with_fraction)
        return;
    snprintf(text, sizeof text, ".%06" PRIu64, draw(row, field + 1) % 1000000);
    put(text);
}

static void
print_event(uint64_t row)
{
    static const char *const kinds[] = {"view", "click", "purchase", "login", "logout", "search"};
    char text[64];
    put_number(row);
    put("\t");
    put_number(1 + draw(row, 1) % 300000);
    put("\t");
    put(kinds[draw(row, 2) % (sizeof kinds / sizeof *kinds)]);
    put("\t");
    put_time(row, 3, 1);
    put("\t");
    put_cents(draw(row, 5) % 10000000);
    put("\t");
    snprintf(text, sizeof text, "%.17g", (double)(draw(row, 6) >> 11) / 9007199254740992.0);
    put(text);
    put("\t");
    if (draw(row, 7) % 10 == 0)
        put("\\N");
    else
        put_words(row, 8, 6, 18);
    put("\t{\"agent\": \"");
    put_words(row, 9, 2, 4);
    put("\", \"session\": \"");
    snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, draw(row, 10), draw(row, 11));
    put(text);
    put("\", \"tags\": [\"");
    put_words(row, 12, 1, 2);
    put("\"], \"page\": ");
    put_number(draw(row, 13) % 5000);
    put("}\n");
}

static void
print_order(uint64_t row)
{
    static const char *const states[] = {"new", "paid", "sent", "returned"};
    put_number(row);
    put("\t");
    put_number(1 + draw(row, 1) % 300000);
    put("\t");
    put(states[draw(row, 2) % (sizeof states / sizeof *states)]);
    put("\t");
    put_time(row, 3, 0);
    put("\t");
    if (draw(row, 5) % 4 == 0)
        put("\\N");
    else
        put_time(row + 20000, 6, 0);
    put("\t");
    put_cents(draw(row, 8) % 1000000);
    put("\t");
    put_words(row, 9, 3, 10);
    put("\n");
}

static void
print_item(uint64_t row)
{
    put_number(1 + (row - 1) / LINES_OF_ORDER);
    put("\t");
    put_number(1 + (row - 1) % LINES_OF_ORDER);
    put("\t");
    put_number(1 + draw(row, 1) % 50000);
    put("\t");
    put_number(1 + draw(row, 2) % 9);
    put("\t");
    put_cents(draw(row, 3) % 100000);
    put("\n");
}

static void
print_customer(uint64_t row)
{
    put_number(row);
    put("\t");
    put_words(row, 1, 2, 3);
    put("\tc");
    put_number(draw(row, 2));
    put("@mail");
    put_number(draw(row, 3) % 100);
    put(".example\t");
    put_time(row * 13, 4, 0);
    put("\t");
    put_words(row, 6, 8, 20);
    put("\n");
}

static void
print_blob(uint64_t row)
{
    char text[32];
    put_number(row);
    put("\t");
    put_words(row, 1, 1, 3);
    put("\t");
    for (uint64_t at = 0; at < BLOB_BYTES / sizeof(uint64_t); at++) {
        snprintf(text, sizeof text, "%016" PRIx64, draw(row * 1024 + at, 2));
        put(text);
    }
    put("\n");
}

static const struct {
    const char *name;
    void (*print)(uint64_t row);
} tables[] = {{"events", print_event},
              {"orders", print_order},
              {"items", print_item},
              {"customers", print_customer},
              {"blobs", print_blob}};

int
main(int argc, char **argv)
{
    static char buffer[1 << 20];
    uint64_t rows = argc >= 3 ? strtoull(argv[2], NULL, 10) : 0;
    uint64_t first = argc == 4 ? strtoull(argv[3], NULL, 10) : 1;
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    for (size_t i = 0; rows > 0 && i < sizeof tables / sizeof *tables; i++) {
        if (strcmp(tables[i].name, argv[1]) != 0)
            continue;
        for (uint64_t row = first; row < first + rows; row++)
            tables[i].print(row);
        return fflush(stdout) ? 1 : 0;
    }
    fputs("usage: bench_rows TABLE ROWS [FIRST]\n", stderr);
    return 2;
}
