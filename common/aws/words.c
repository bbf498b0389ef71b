#include "common/aws/words.h"

#include <stddef.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

static int
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Copies one word to *to, less its quotes. Returns what is behind it, or NULL at an open quote.
static const char *
take_word(const char *from, char **to)
{
    char quote = '\0';
    for (; *from && (quote || !is_blank(*from)); from++) {
        int escapes = *from == '\\' && from[1] && quote != '\'' &&
                      (!quote || from[1] == '"' || from[1] == '\\');
        if (escapes)
            *(*to)++ = *++from;
        else if (quote && *from == quote)
            quote = '\0';
        else if (!quote && (*from == '"' || *from == '\''))
            quote = *from;
        else
            *(*to)++ = *from;
    }
    *(*to)++ = '\0';
    return quote ? NULL : from;
}

int
aws_words_split(struct aws_words **words_p, const char *command, struct error *error)
{
    CLEAN(aws_words_destroy) struct aws_words *words = memory_get(sizeof *words);
    words->text = memory_get(strlen(command) + 2);
    char *to = words->text;
    size_t count = 0;
    for (const char *from = command;;) {
        while (is_blank(*from))
            from++;
        if (!*from)
            break;
        if (count == AWS_WORDS_MAX)
            return error_set(error, ERROR_CONFIG, "the command has more than %d words",
                             AWS_WORDS_MAX);
        words->argv[count++] = to;
        from = take_word(from, &to);
        if (!from)
            return error_set(error, ERROR_CONFIG, "the command has a quote that is not closed");
    }
    if (count == 0 || !*words->argv[0])
        return error_set(error, ERROR_CONFIG, "the command is empty");
    *words_p = STEAL(words);
    return 0;
}

void
aws_words_destroy(struct aws_words **words_p)
{
    if (!*words_p)
        return;
    memory_free(&(*words_p)->text);
    memory_free(words_p);
}
