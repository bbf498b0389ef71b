#include "coordinator/cli/terms.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clean.h"
#include "common/memory.h"

void
terms_add(struct client_terms *terms, const char *key, const char *pattern)
{
    Wire__Term *term = memory_get(sizeof *term);
    *term = (Wire__Term)WIRE__TERM__INIT;
    term->key = memory_copy_text(key);
    term->pattern = memory_copy_text(pattern);
    terms->terms = memory_resize(terms->terms, (terms->count + 1) * sizeof(Wire__Term *));
    terms->terms[terms->count++] = term;
}

void
terms_clear(struct client_terms *terms)
{
    for (size_t i = 0; i < terms->count; i++) {
        memory_free(&terms->terms[i]->key);
        memory_free(&terms->terms[i]->pattern);
        memory_free(&terms->terms[i]);
    }
    memory_free(&terms->terms);
    terms->count = 0;
}

int
terms_parse(struct client_terms *terms, const options_t *options, size_t first, struct error *error)
{
    CLEAN(terms_clear) struct client_terms parsed = {0};
    for (size_t i = first; i < options_count(options); i++) {
        const char *word = options_argument(options, i);
        size_t size = strcspn(word, "=");
        if (size == 0 || !word[size] || !word[size + 1])
            return error_set(error, ERROR_CONFIG,
                             "'%.64s' is no selector: write key=pattern, as in name=shop-*", word);
        CLEAN(memory_free) char *key = memory_format("%.*s", (int)size, word);
        terms_add(&parsed, key, word + size + 1);
    }
    *terms = parsed;
    parsed = (struct client_terms){0};
    return 0;
}

void
terms_of_number(struct client_terms *terms, const char *key, uint64_t number)
{
    CLEAN(memory_free) char *text = memory_format("%" PRIu64, number);
    terms_add(terms, key, text);
}

int
terms_time(const char *text, const char *option, int64_t *unix_ms, struct error *error)
{
    struct tm time = {0}, whole = {0};
    const char *rest = strptime(text, "%Y-%m-%d", &time);
    if (rest && *rest)
        rest = strptime(rest, *rest == 'T' ? "T%H:%M:%S" : " %H:%M:%S", &time);
    if (rest && *rest == 'Z')
        rest++;
    whole = time;
    time_t seconds = rest && !*rest ? timegm(&whole) : -1;
    // timegm makes the 2nd of March of the 30th of February.
    if (seconds <= 0 || whole.tm_mday != time.tm_mday)
        return error_set(error, ERROR_CONFIG,
                         "--%s is '%.40s', not a time in UTC such as 2026-11-25 or "
                         "'2026-11-25 22:00:00'",
                         option, text);
    *unix_ms = (int64_t)seconds * 1000;
    return 0;
}

int
terms_number(const char *text, const char *what, uint64_t *number, struct error *error)
{
    char *end = NULL;
    errno = 0;
    long long value = text ? strtoll(text, &end, 10) : 0;
    if (!text || end == text || *end || errno || value <= 0)
        return error_set(error, ERROR_CONFIG, "'%.64s' is not the number of a %s", text ? text : "",
                         what);
    *number = (uint64_t)value;
    return 0;
}
