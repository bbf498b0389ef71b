#include "worker/engine/mysql_escape.h"

#include "worker/engine/escape.h"

static const char letters_in_lines[UINT8_MAX + 1] = {
    ['\0'] = '0', ['\n'] = 'n', ['\t'] = 't', ['\\'] = '\\'};
static const char letters_in_quotes[UINT8_MAX + 1] = {
    ['\0'] = '0', ['\n'] = 'n', ['\''] = '\'', ['\\'] = '\\'};

static inline escape_block
odd_in_lines(escape_block bytes)
{
    return (escape_block)((bytes == 0) | (bytes == '\\') | (bytes == '\t') | (bytes == '\n'));
}

static inline escape_block
odd_in_quotes(escape_block bytes)
{
    return (escape_block)((bytes == 0) | (bytes == '\\') | (bytes == '\'') | (bytes == '\n'));
}

static const struct escape_rule in_lines = {.letters = letters_in_lines, .odd = odd_in_lines};
static const struct escape_rule in_quotes = {.letters = letters_in_quotes, .odd = odd_in_quotes};

size_t
mysql_escape(char *to, const char *data, size_t size, int is_lines)
{
    return is_lines ? escape_put(&in_lines, to, NULL, data, size)
                    : escape_put(&in_quotes, to, NULL, data, size);
}

size_t
mysql_escape_line(char *to, void *copy, const char *data, size_t size)
{
    return escape_put(&in_lines, to, copy, data, size);
}
