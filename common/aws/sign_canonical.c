#include "common/aws/sign_canonical.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/digest.h"
#include "common/memory.h"

struct parameter {
    const char *name;
    const char *value;
};

static int
is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void
aws_sign_add_encoded(struct buffer *target, const char *text, size_t size, const char *kept)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[] = {'%', digits[c >> 4], digits[c & 15]};
        if (is_unreserved(c) || strchr(kept, c))
            buffer_add(target, text + i, 1);
        else
            buffer_add(target, escape, sizeof escape);
    }
}

// A copy without blanks at its ends and with single ones inside.
static char *
squeezed(const char *value)
{
    char *copy = memory_get(strlen(value) + 1);
    char *to = copy;
    for (const char *from = value; *from; from++) {
        int is_blank = *from == ' ' || *from == '\t';
        if (!is_blank)
            *to++ = *from;
        else if (to > copy && to[-1] != ' ')
            *to++ = ' ';
    }
    if (to > copy && to[-1] == ' ')
        to--;
    *to = '\0';
    return copy;
}

void
aws_sign_lines_add(struct aws_sign_lines *lines, const char *name, const char *value)
{
    assert(lines->count < AWS_SIGN_LINES_MAX);
    CLEAN(memory_free) char *lower = memory_copy_text(name);
    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    CLEAN(memory_free_secret) char *plain = squeezed(value);
    for (size_t i = 0; i < lines->count; i++) {
        struct aws_sign_line *line = &lines->items[i];
        if (strcmp(line->name, lower) == 0) {
            char *both = memory_format_secret("%s,%s", line->value, plain);
            memory_free_secret(&line->value);
            line->value = both;
            return;
        }
    }
    struct aws_sign_line *line = &lines->items[lines->count++];
    line->name = STEAL(lower);
    line->value = STEAL(plain);
}

static int
compare_lines(const void *a, const void *b)
{
    const struct aws_sign_line *left = a, *right = b;
    return strcmp(left->name, right->name);
}

void
aws_sign_lines_sort(struct aws_sign_lines *lines)
{
    qsort(lines->items, lines->count, sizeof *lines->items, compare_lines);
}

void
aws_sign_lines_clear(struct aws_sign_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        memory_free(&lines->items[i].name);
        memory_free_secret(&lines->items[i].value);
    }
    lines->count = 0;
}

void
aws_sign_lines_names(const struct aws_sign_lines *lines, struct buffer *names)
{
    for (size_t i = 0; i < lines->count; i++)
        buffer_format(names, "%s%s", i ? ";" : "", lines->items[i].name);
}

static int
compare_parameters(const void *a, const void *b)
{
    const struct parameter *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : strcmp(left->value, right->value);
}

void
aws_sign_add_query(struct buffer *target, const char *query)
{
    size_t count = 1;
    for (const char *c = query; *c; c++)
        count += *c == '&';
    CLEAN(memory_free_secret) char *copy = memory_copy_text(query);
    CLEAN(memory_free) struct parameter *all = memory_get(count * sizeof *all);
    size_t used = 0;
    char *rest = NULL;
    for (char *name = strtok_r(copy, "&", &rest); name; name = strtok_r(NULL, "&", &rest)) {
        char *equals = strchr(name, '=');
        if (equals)
            *equals = '\0';
        all[used++] = (struct parameter){name, equals ? equals + 1 : ""};
    }
    qsort(all, used, sizeof *all, compare_parameters);
    for (size_t i = 0; i < used; i++) {
        buffer_format(target, "%s%s=", i ? "&" : "", all[i].name);
        buffer_text(target, all[i].value);
    }
}

// Adds the path without empty and dot segments, each of them encoded (once more, if the path was
// encoded already: that is what AWS does).
static void
add_path(struct buffer *target, const char *path)
{
    size_t start = target->size;
    size_t segments = 0;
    for (const char *from = path; *from;) {
        size_t size = strcspn(from, "/");
        if (size == 2 && memcmp(from, "..", 2) == 0) {
            while (target->size > start && target->data[--target->size] != '/')
                ;
            segments -= segments > 0;
        } else if (size > 1 || (size == 1 && *from != '.')) {
            buffer_text(target, "/");
            aws_sign_add_encoded(target, from, size, "");
            segments++;
        }
        from += size;
        from += *from == '/';
    }
    size_t length = strlen(path);
    if (segments == 0 || (length > 0 && path[length - 1] == '/'))
        buffer_text(target, "/");
}

void
aws_sign_add_request(struct buffer *target, const struct aws_sign_request *request,
                     const char *canonical_query, const struct aws_sign_lines *lines)
{
    uint8_t sum[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    digest_of(request->body_size ? request->body : "", request->body_size, sum);
    digest_hex(sum, hex);
    buffer_format(target, "%s\n", request->method);
    add_path(target, request->path);
    buffer_text(target, "\n");
    buffer_text(target, canonical_query);
    buffer_text(target, "\n");
    for (size_t i = 0; i < lines->count; i++) {
        buffer_format(target, "%s:", lines->items[i].name);
        buffer_text(target, lines->items[i].value);
        buffer_text(target, "\n");
    }
    buffer_text(target, "\n");
    aws_sign_lines_names(lines, target);
    buffer_format(target, "\n%s", hex);
}
