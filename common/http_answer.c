#include "common/http_answer.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DAY_S = 86400, VALUE_SIZE = 128 };

#define DATE_MAX_S INT64_C(253402300799)  // the last second of the year 9999

static int
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

int
http_header(const struct http_answer *answer, const char *name, char *value, size_t size)
{
    size_t name_size = strlen(name);
    for (const char *line = answer->headers; *line;) {
        size_t line_size = strcspn(line, "\n");
        if (line_size > name_size && line[name_size] == ':' &&
            strncasecmp(line, name, name_size) == 0) {
            const char *from = line + name_size + 1;
            const char *to = line + line_size;
            while (from < to && is_blank(*from))
                from++;
            while (to > from && is_blank(to[-1]))
                to--;
            size_t length = (size_t)(to - from) < size - 1 ? (size_t)(to - from) : size - 1;
            memcpy(value, from, length);
            value[length] = '\0';
            return 1;
        }
        line += line_size;
        line += *line == '\n';
    }
    return 0;
}

// 0 if the text is no date, or one that no clock of ours can show.
static int64_t
read_date(const char *text)
{
    time_t seconds = curl_getdate(text, NULL);
    return seconds > 0 && seconds <= DATE_MAX_S ? (int64_t)seconds * 1000 : 0;
}

static int64_t
read_retry_after(const char *text, int64_t now_unix_ms)
{
    size_t digits = strspn(text, "0123456789");
    if (digits > 0 && !text[digits]) {
        int64_t seconds = digits > 6 ? DAY_S : strtol(text, NULL, 10);
        return (seconds > DAY_S ? DAY_S : seconds) * 1000;
    }
    int64_t date_unix_ms = read_date(text);
    if (date_unix_ms == 0)
        return -1;
    int64_t wait_ms = date_unix_ms > now_unix_ms ? date_unix_ms - now_unix_ms : 0;
    return wait_ms > DAY_S * INT64_C(1000) ? DAY_S * INT64_C(1000) : wait_ms;
}

void
http_answer_read(struct http_answer *answer, int64_t now_unix_ms)
{
    char value[VALUE_SIZE];
    answer->date_unix_ms = http_header(answer, "Date", value, sizeof value) ? read_date(value) : 0;
    answer->retry_after_ms = http_header(answer, "Retry-After", value, sizeof value)
                                 ? read_retry_after(value, now_unix_ms)
                                 : -1;
}
