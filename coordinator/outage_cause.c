#include "coordinator/outage_cause.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"

enum { HEXADECIMAL_MIN = 8 };

static int
is_of_word(char letter)
{
    return isalnum((unsigned char)letter) || letter == '_' || letter == '-' || (letter & 0x80);
}

// Whether text begins, within `whole`, with the word as one that stands alone.
static size_t
match_word(const char *whole, const char *text, const char *word)
{
    size_t size = word ? strlen(word) : 0;
    if (size == 0 || strncmp(text, word, size) != 0)
        return 0;
    int is_open = text == whole || !is_of_word(text[-1]) || !is_of_word(*word);
    int is_closed = !is_of_word(text[size]) || !is_of_word(word[size - 1]);
    return is_open && is_closed ? size : 0;
}

// The longest of the words that the text begins with: a host may begin with the name.
static size_t
match_any(const char *whole, const char *text, const char *const *words)
{
    size_t longest = 0;
    for (size_t index = 0; index < CAUSE_WORDS_MAX; index++) {
        size_t size = match_word(whole, text, words[index]);
        if (size > longest)
            longest = size;
    }
    return longest;
}

// The size of a word that is a number, an id or a digest.
static size_t
match_number(const char *whole, const char *text)
{
    size_t size = 0, digits = 0;
    if (text != whole && is_of_word(text[-1]))
        return 0;
    while (isxdigit((unsigned char)text[size]) || text[size] == '-') {
        digits += isdigit((unsigned char)text[size]) != 0;
        size++;
    }
    if (is_of_word(text[size]) || digits == 0)
        return 0;
    return digits == size || size >= HEXADECIMAL_MIN ? size : 0;
}

static void
print_masked(FILE *stream, const char *message, const struct cause *cause)
{
    for (const char *text = message; *text;) {
        size_t own = match_any(message, text, cause->own);
        size_t shared = match_any(message, text, cause->shared);
        size_t number = own || shared ? 0 : match_number(message, text);
        if (own && shared <= own)
            own += strcspn(text + own, " \t'\"`,:;()[]<>");
        if (shared > own)
            fwrite(text, 1, shared, stream);
        else if (own || number)
            fputc(own ? '*' : '#', stream);
        else
            fputc(*text, stream);
        text += shared > own ? shared : own ? own : number ? number : 1;
    }
}

char *
outage_cause(const struct cause *cause)
{
    CLEAN(memory_free)
    char *message = memory_format("%.*s", (int)strcspn(cause->message, "\r\n"), cause->message);
    if (strlen(message) > CAUSE_MESSAGE_MAX)
        message[CAUSE_MESSAGE_MAX] = '\0';
    text_clean(message);
    char *key = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&key, &size);
    if (!stream)
        abort();
    print_masked(stream, message, cause);
    fclose(stream);
    return key;
}
