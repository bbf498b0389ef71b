#include "coordinator/discovery/difference.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

enum { SHOWN_MAX = 80, UUID_SIZE = 36, WORD_MAX = 48 };

static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    {"state", offsetof(struct database, state)},
    {"engine", offsetof(struct database, engine)},
    {"version", offsetof(struct database, version)},
    {"account", offsetof(struct database, account)},
    {"region", offsetof(struct database, region)},
    {"host", offsetof(struct database, host)},
    {"source", offsetof(struct database, source)},
    {"endpoints", offsetof(struct database, endpoints)},
    {"secret", offsetof(struct database, secret)},
    {"role", offsetof(struct database, role_arn)},
    {"external id", offsetof(struct database, external_id)},
    {"tags", offsetof(struct database, tags)},
    {"not backed up", offsetof(struct database, skip_reason)},
};

static const char *
text_at(const struct database *database, size_t offset)
{
    const char *text = NULL;
    memcpy(&text, (const char *)database + offset, sizeof text);
    return text;
}

int
difference_is_none(const struct database *before, const struct database *after)
{
    for (size_t index = 0; index < sizeof fields / sizeof *fields; index++) {
        if (strcmp(text_at(before, fields[index].offset), text_at(after, fields[index].offset)) !=
            0)
            return 0;
    }
    return strcmp(before->name, after->name) == 0 &&
           strcmp(before->long_name, after->long_name) == 0 && before->port == after->port &&
           before->size_bytes == after->size_bytes;
}

// Cuts between characters, not in one: some catalogs take no broken UTF-8.
static void
print_cut(FILE *out, const char *text)
{
    size_t size = strlen(text);
    const char *mark = size > SHOWN_MAX ? "..." : "";
    if (size > SHOWN_MAX) {
        size = SHOWN_MAX;
        while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
            size--;
    }
    if (size == 0)
        fputs("nothing", out);
    fprintf(out, "%.*s%s", (int)size, text, mark);
}

static void
print_text(FILE *out, const char *name, const char *before, const char *after)
{
    if (strcmp(before, after) == 0)
        return;
    fprintf(out, "%s%s%s", ftell(out) ? "; " : "", name, *name ? ": " : "");
    print_cut(out, before);
    fputs(" -> ", out);
    print_cut(out, after);
}

static void
print_number(FILE *out, const char *name, int64_t before, int64_t after)
{
    if (before != after)
        fprintf(out, "%s%s: %" PRId64 " -> %" PRId64, ftell(out) ? "; " : "", name, before, after);
}

char *
difference_text(const struct database *before, const struct database *after)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    print_text(out, "", before->name, after->name);
    for (size_t index = 0; index < sizeof fields / sizeof *fields; index++)
        print_text(out, fields[index].name, text_at(before, fields[index].offset),
                   text_at(after, fields[index].offset));
    print_number(out, "port", before->port, after->port);
    print_number(out, "size", before->size_bytes, after->size_bytes);
    if (!ftell(out))
        print_text(out, "long name", before->long_name, after->long_name);
    fclose(out);
    return text;
}

int
difference_is_wording(const char *before, const char *after)
{
    while (*before && *after) {
        if (isdigit((unsigned char)*before) && isdigit((unsigned char)*after)) {
            before += strspn(before, "0123456789");
            after += strspn(after, "0123456789");
        } else if (*before++ != *after++) {
            return 0;
        }
    }
    return *before == *after;
}

static int
is_uuid(const char *word, size_t size)
{
    if (size != UUID_SIZE)
        return 0;
    for (size_t index = 0; index < size; index++) {
        int is_dash = index == 8 || index == 13 || index == 18 || index == 23;
        if (is_dash ? word[index] != '-' : !isxdigit((unsigned char)word[index]))
            return 0;
    }
    return 1;
}

// Nothing that people write is so long and has neither a colon nor a slash, as ARNs and URLs do.
static int
is_noise(const char *word, size_t size)
{
    return is_uuid(word, size) ||
           (size > WORD_MAX && !memchr(word, ':', size) && !memchr(word, '/', size));
}

void
difference_steady(char *message)
{
    static const char between[] = " \t\n'\"()[],;";
    char *to = message;
    for (const char *from = message; *from;) {
        size_t size = strcspn(from, between);
        if (is_noise(from, size)) {
            memcpy(to, "...", 3);
            to += 3;
        } else {
            memmove(to, from, size);
            to += size;
        }
        from += size;
        if (*from)
            *to++ = *from++;
    }
    *to = '\0';
    text_clean(message);
}
