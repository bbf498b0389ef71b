#include "coordinator/selector.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"

enum { TAGS_SIZE_MAX = 1 << 20 };

static const char tag_prefix[] = "tag.";

struct term {
    char *key, *pattern;
};

struct selector {
    struct term terms[SELECTOR_TERMS_MAX];
    size_t count;
};

// The text that a key looks at: a field of the record.
static const struct {
    const char *key;
    size_t offset;
} fields[] = {
    {"name", offsetof(struct database, name)},
    {"id", offsetof(struct database, resource_id)},
    {"engine", offsetof(struct database, engine)},
    {"account", offsetof(struct database, account)},
    {"region", offsetof(struct database, region)},
    {"provider", offsetof(struct database, provider)},
    {"host", offsetof(struct database, host)},
};

selector_t *
selector_new(void)
{
    return memory_get(sizeof(selector_t));
}

selector_t *
selector_copy(const selector_t *self)
{
    selector_t *copy = selector_new();
    for (; copy->count < self->count; copy->count++) {
        copy->terms[copy->count].key = memory_copy_text(self->terms[copy->count].key);
        copy->terms[copy->count].pattern = memory_copy_text(self->terms[copy->count].pattern);
    }
    return copy;
}

void
selector_destroy(selector_t **self_p)
{
    selector_t *self = *self_p;
    if (!self)
        return;
    for (size_t index = 0; index < self->count; index++) {
        free(self->terms[index].key);
        free(self->terms[index].pattern);
    }
    free(self);
    *self_p = NULL;
}

static int
is_tag(const char *key)
{
    size_t size = sizeof tag_prefix - 1;
    return strncmp(key, tag_prefix, size) == 0 && key[size] != '\0';
}

static int
is_known(const char *key)
{
    for (size_t index = 0; index < sizeof fields / sizeof *fields; index++) {
        if (strcmp(fields[index].key, key) == 0)
            return 1;
    }
    return is_tag(key) || strcmp(key, "database") == 0;
}

int
selector_add(selector_t *self, const char *key, const char *pattern, struct error *error)
{
    if (!is_known(key))
        return error_set(error, ERROR_CONFIG,
                         "databases cannot be selected by '%.64s', but by name, id, engine, "
                         "account, region, provider, host, tag.<key> or database",
                         key);
    if (self->count == SELECTOR_TERMS_MAX)
        return error_set(error, ERROR_CONFIG, "a selector has at most %d terms",
                         SELECTOR_TERMS_MAX);
    if (strlen(key) > SELECTOR_PATTERN_MAX || strlen(pattern) > SELECTOR_PATTERN_MAX)
        return error_set(error, ERROR_CONFIG,
                         "a key or a pattern of a selector has at most %d bytes: '%.64s...'",
                         SELECTOR_PATTERN_MAX, strlen(key) > SELECTOR_PATTERN_MAX ? key : pattern);
    self->terms[self->count].key = memory_copy_text(key);
    self->terms[self->count].pattern = memory_copy_text(pattern);
    self->count++;
    return 0;
}

static int
fits(const struct term *term, const char *text)
{
    return text && fnmatch(term->pattern, text, FNM_CASEFOLD) == 0;
}

static int
tag_fits(const struct term *term, const struct database *database)
{
    CLEAN(json_destroy) json_t *tags = NULL;
    struct error error = {0};
    if (json_parse(database->tags, strlen(database->tags), TAGS_SIZE_MAX, &tags, &error))
        return 0;
    const char *key = term->key + sizeof tag_prefix - 1;
    return fits(term, json_string_value(json_object_get(tags, key)));
}

static int
term_holds(const struct term *term, const struct database *database)
{
    for (size_t index = 0; index < sizeof fields / sizeof *fields; index++) {
        if (strcmp(fields[index].key, term->key) != 0)
            continue;
        const char *text = NULL;
        memcpy(&text, (const char *)database + fields[index].offset, sizeof text);
        return fits(term, text);
    }
    if (is_tag(term->key))
        return tag_fits(term, database);
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)database->id);
    return fits(term, number);
}

int
selector_matches(const selector_t *self, const struct database *database)
{
    for (size_t index = 0; index < self->count; index++) {
        if (!term_holds(&self->terms[index], database))
            return 0;
    }
    return 1;
}

int
selector_may_match(const selector_t *self, const char *provider, const char *account,
                   const char *region)
{
    for (size_t index = 0; index < self->count; index++) {
        const struct term *term = &self->terms[index];
        const char *text = strcmp(term->key, "provider") == 0  ? provider
                           : strcmp(term->key, "account") == 0 ? account
                           : strcmp(term->key, "region") == 0  ? region
                                                               : "";
        if (*text && !fits(term, text))
            return 0;
    }
    return 1;
}

size_t
selector_count(const selector_t *self)
{
    return self->count;
}

char *
selector_text(const selector_t *self)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        abort();
    for (size_t index = 0; index < self->count; index++)
        fprintf(stream, "%s%s=%s", index ? " " : "", self->terms[index].key,
                self->terms[index].pattern);
    fclose(stream);
    return text;
}
