#include "common/text.h"

#include <string.h>

enum { GUESS_SIZE = 64 };

size_t
text_character(const char *text, uint32_t *character)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t)text[0];
    size_t size = first < 0x80             ? 1
                  : (first & 0xe0) == 0xc0 ? 2
                  : (first & 0xf0) == 0xe0 ? 3
                  : (first & 0xf8) == 0xf0 ? 4
                                           : 0;
    if (size == 0)
        return 0;
    uint32_t value = size == 1 ? first : first & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        uint8_t next = (uint8_t)text[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (next & 0x3f);
    }
    if (value < lowest[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *character = value;
    return size;
}

static int
is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character <= 0x9f) ||
           (character >= 0x200e && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069);
}

static void
clean(char *text, char kept)
{
    char *to = text;
    for (const char *from = text; *from;) {
        uint32_t character = 0;
        size_t size = text_character(from, &character);
        if (size == 0 || (is_control(character) && *from != kept)) {
            *to++ = *from == '\t' ? ' ' : '?';
            from += size ? size : 1;
            continue;
        }
        memmove(to, from, size);
        to += size;
        from += size;
    }
    *to = '\0';
}

void
text_clean_bytes(char *text)
{
    while (*text) {
        uint32_t character = 0;
        size_t size = text_character(text, &character);
        if (size == 0)
            *text = '?';
        text += size ? size : 1;
    }
}

void
text_clean(char *text)
{
    clean(text, '\0');
}

void
text_clean_lines(char *text)
{
    clean(text, '\n');
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

// How many letters must be put in, taken out or exchanged (Levenshtein). Long texts are far.
static size_t
distance_of(const char *a, const char *b)
{
    size_t row[GUESS_SIZE + 1];
    size_t size_a = strnlen(a, GUESS_SIZE + 1);
    size_t size_b = strnlen(b, GUESS_SIZE + 1);
    if (size_a > GUESS_SIZE || size_b > GUESS_SIZE)
        return GUESS_SIZE;
    for (size_t j = 0; j <= size_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= size_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= size_b; j++) {
            size_t above = row[j];
            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[size_b];
}

void
text_guess_consider(struct text_guess *guess, const char *given, const char *name)
{
    size_t distance = distance_of(given, name);
    size_t allowed = strlen(name) <= 3 ? 1 : strlen(name) <= 6 ? 2 : 3;
    if (distance > allowed || (guess->name && distance >= guess->distance))
        return;
    guess->name = name;
    guess->distance = distance;
}
