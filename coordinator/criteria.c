#include "coordinator/criteria.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

enum { TAGS_SIZE_MAX = 1 << 20, LEVEL_BITS = 8, LEVEL_MAX = 255 };
enum { PLAIN = 2, WILD = 1 };  // how specific a pattern is

// What decides between policies, the last first.
enum level {
    LEVEL_EXCLUSIONS,
    LEVEL_PROVIDER,
    LEVEL_ENGINE,
    LEVEL_ACCOUNT,
    LEVEL_REGION,
    LEVEL_TAGS,
    LEVEL_NAME,
    LEVEL_ID,
    LEVELS,
};

static const struct {
    const char *name;
    size_t offset;
    enum level level;
} keys[CRITERIA_KEYS] = {
    [CRITERIA_ID] = {"id", offsetof(struct database, resource_id), LEVEL_ID},
    [CRITERIA_NAME] = {"name", offsetof(struct database, name), LEVEL_NAME},
    [CRITERIA_HOST] = {"host", offsetof(struct database, host), LEVEL_NAME},
    [CRITERIA_REGION] = {"region", offsetof(struct database, region), LEVEL_REGION},
    [CRITERIA_ACCOUNT] = {"account", offsetof(struct database, account), LEVEL_ACCOUNT},
    [CRITERIA_ENGINE] = {"engine", offsetof(struct database, engine), LEVEL_ENGINE},
    [CRITERIA_PROVIDER] = {"provider", offsetof(struct database, provider), LEVEL_PROVIDER},
};

const char *
criteria_key_name(enum criteria_key key)
{
    return keys[key].name;
}

const char *
criteria_nest_name(enum criteria_nest nest)
{
    static const char *const names[CRITERIA_NESTS] = {"and", "or", "not"};
    return names[nest];
}

char **
criteria_field(struct database *database, enum criteria_key key)
{
    return (char **)((char *)database + keys[key].offset);
}

static const char *
text_of(const struct database *database, enum criteria_key key)
{
    const char *text = NULL;
    memcpy(&text, (const char *)database + keys[key].offset, sizeof text);
    return text;
}

// ---- making

struct criteria *
criteria_new(void)
{
    return memory_get(sizeof(struct criteria));
}

void
criteria_destroy(struct criteria **self_p)
{
    struct criteria *self = *self_p;
    if (!self)
        return;
    for (enum criteria_key key = 0; key < CRITERIA_KEYS; key++) {
        for (size_t index = 0; index < self->pattern_counts[key]; index++)
            memory_free(&self->patterns[key][index]);
        memory_free(&self->patterns[key]);
    }
    for (size_t index = 0; index < self->tag_count; index++) {
        memory_free(&self->tags[index].key);
        memory_free(&self->tags[index].pattern);
    }
    memory_free(&self->tags);
    for (enum criteria_nest nest = 0; nest < CRITERIA_NESTS; nest++) {
        for (size_t index = 0; index < self->nested_counts[nest]; index++)
            criteria_destroy(&self->nested[nest][index]);
        memory_free(&self->nested[nest]);
    }
    memory_free(self_p);
}

void
criteria_add_pattern(struct criteria *self, enum criteria_key key, const char *pattern)
{
    size_t count = ++self->pattern_counts[key];
    self->patterns[key] = memory_resize(self->patterns[key], count * sizeof(char *));
    self->patterns[key][count - 1] = memory_copy_text(pattern);
}

void
criteria_add_tag(struct criteria *self, const char *key, const char *pattern)
{
    size_t count = ++self->tag_count;
    self->tags = memory_resize(self->tags, count * sizeof *self->tags);
    self->tags[count - 1].key = memory_copy_text(key);
    self->tags[count - 1].pattern = memory_copy_text(pattern);
}

struct criteria *
criteria_add_nested(struct criteria *self, enum criteria_nest nest)
{
    size_t count = ++self->nested_counts[nest];
    self->nested[nest] = memory_resize(self->nested[nest], count * sizeof(struct criteria *));
    self->nested[nest][count - 1] = criteria_new();
    return self->nested[nest][count - 1];
}

// ---- matching

void
criteria_subject_open(struct criteria_subject *self, const struct database *database)
{
    struct error error = {0};
    *self = (struct criteria_subject){.database = database};
    if (json_parse(database->tags, strlen(database->tags), TAGS_SIZE_MAX, &self->tags, &error))
        self->tags = NULL;
}

void
criteria_subject_close(struct criteria_subject *self)
{
    json_destroy(&self->tags);
}

static int
fits(const char *pattern, const char *text)
{
    return text && fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

static int
key_fits(const struct criteria *self, const struct criteria_subject *subject, enum criteria_key key)
{
    const char *text = text_of(subject->database, key);
    for (size_t index = 0; index < self->pattern_counts[key]; index++) {
        if (fits(self->patterns[key][index], text))
            return 1;
    }
    return self->pattern_counts[key] == 0;
}

static const char *
tag_of(const struct criteria_subject *subject, const char *key)
{
    return json_string_value(json_object_get(subject->tags, key));
}

static size_t
count_matching(const struct criteria *self, enum criteria_nest nest,
               const struct criteria_subject *subject)
{
    size_t count = 0;
    for (size_t index = 0; index < self->nested_counts[nest]; index++)
        count += (size_t)criteria_match(self->nested[nest][index], subject);
    return count;
}

int
criteria_match(const struct criteria *self, const struct criteria_subject *subject)
{
    for (enum criteria_key key = 0; key < CRITERIA_KEYS; key++) {
        if (!key_fits(self, subject, key))
            return 0;
    }
    for (size_t index = 0; index < self->tag_count; index++) {
        if (!fits(self->tags[index].pattern, tag_of(subject, self->tags[index].key)))
            return 0;
    }
    size_t alternatives = self->nested_counts[CRITERIA_OR];
    return count_matching(self, CRITERIA_AND, subject) == self->nested_counts[CRITERIA_AND] &&
           (alternatives == 0 || count_matching(self, CRITERIA_OR, subject) > 0) &&
           count_matching(self, CRITERIA_NOT, subject) == 0;
}

// ---- telling why not

static void
tell_key(const struct criteria *self, const struct criteria_subject *subject, enum criteria_key key,
         char reason[CRITERIA_REASON_SIZE])
{
    const char *text = text_of(subject->database, key);
    size_t more = self->pattern_counts[key] - 1;
    snprintf(reason, CRITERIA_REASON_SIZE, "its %s is '%.80s', not '%.80s'%s", keys[key].name, text,
             self->patterns[key][0], more ? " or another one listed" : "");
}

static void
tell_tag(const struct criteria_tag *tag, const char *value, char reason[CRITERIA_REASON_SIZE])
{
    if (value)
        snprintf(reason, CRITERIA_REASON_SIZE, "its tag '%.64s' is '%.64s', not '%.64s'", tag->key,
                 value, tag->pattern);
    else
        snprintf(reason, CRITERIA_REASON_SIZE, "it has no tag '%.64s'", tag->key);
}

// Whether it is one of this mapping's own conditions that does not hold.
static int
tell_own(const struct criteria *self, const struct criteria_subject *subject,
         char reason[CRITERIA_REASON_SIZE])
{
    for (enum criteria_key key = 0; key < CRITERIA_KEYS; key++) {
        if (key_fits(self, subject, key))
            continue;
        tell_key(self, subject, key, reason);
        return 1;
    }
    for (size_t index = 0; index < self->tag_count; index++) {
        const char *value = tag_of(subject, self->tags[index].key);
        if (fits(self->tags[index].pattern, value))
            continue;
        tell_tag(&self->tags[index], value, reason);
        return 1;
    }
    return 0;
}

void
criteria_why_not(const struct criteria *self, const struct criteria_subject *subject,
                 char reason[CRITERIA_REASON_SIZE])
{
    if (tell_own(self, subject, reason))
        return;
    for (size_t index = 0; index < self->nested_counts[CRITERIA_AND]; index++) {
        const struct criteria *part = self->nested[CRITERIA_AND][index];
        if (criteria_match(part, subject))
            continue;
        criteria_why_not(part, subject, reason);
        return;
    }
    if (count_matching(self, CRITERIA_NOT, subject)) {
        snprintf(reason, CRITERIA_REASON_SIZE, "it is excluded by `not`");
        return;
    }
    if (self->nested_counts[CRITERIA_OR] == 0) {
        snprintf(reason, CRITERIA_REASON_SIZE, "nothing: it matches");
        return;
    }
    char first[CRITERIA_REASON_SIZE];
    criteria_why_not(self->nested[CRITERIA_OR][0], subject, first);
    snprintf(reason, CRITERIA_REASON_SIZE, "it is none of the %zu alternatives (%.180s)",
             self->nested_counts[CRITERIA_OR], first);
}

// ---- how specific

static uint64_t
level_of(uint64_t specificity, enum level level)
{
    return specificity >> (LEVEL_BITS * level) & LEVEL_MAX;
}

static uint64_t
at_level(uint64_t number, enum level level)
{
    return (number > LEVEL_MAX ? LEVEL_MAX : number) << (LEVEL_BITS * level);
}

static uint64_t
pattern_specificity(const char *pattern)
{
    return strpbrk(pattern, "*?[\\") ? WILD : PLAIN;
}

static uint64_t
list_specificity(char *const *patterns, size_t count)
{
    uint64_t least = count ? PLAIN : 0;
    for (size_t index = 0; index < count; index++) {
        uint64_t each =
            strcmp(patterns[index], "*") == 0 ? 0 : pattern_specificity(patterns[index]);
        if (each < least)
            least = each;
    }
    return least;
}

// Of two that must both hold: what one says, and of tags and exclusions what both say.
static uint64_t
both(uint64_t first, uint64_t second)
{
    uint64_t sum = 0;
    for (enum level level = 0; level < LEVELS; level++) {
        uint64_t a = level_of(first, level);
        uint64_t b = level_of(second, level);
        int adds_up = level == LEVEL_TAGS || level == LEVEL_EXCLUSIONS;
        sum |= at_level(adds_up ? a + b : a > b ? a : b, level);
    }
    return sum;
}

uint64_t
criteria_specificity(const struct criteria *self)
{
    uint64_t sum = at_level(self->nested_counts[CRITERIA_NOT] > 0, LEVEL_EXCLUSIONS);
    for (enum criteria_key key = 0; key < CRITERIA_KEYS; key++) {
        uint64_t number = list_specificity(self->patterns[key], self->pattern_counts[key]);
        sum = both(sum, at_level(number, keys[key].level));
    }
    for (size_t index = 0; index < self->tag_count; index++)
        sum = both(sum, at_level(pattern_specificity(self->tags[index].pattern), LEVEL_TAGS));
    for (size_t index = 0; index < self->nested_counts[CRITERIA_AND]; index++)
        sum = both(sum, criteria_specificity(self->nested[CRITERIA_AND][index]));
    uint64_t least = UINT64_MAX;
    for (size_t index = 0; index < self->nested_counts[CRITERIA_OR]; index++) {
        uint64_t each = criteria_specificity(self->nested[CRITERIA_OR][index]);
        if (each < least)
            least = each;
    }
    return self->nested_counts[CRITERIA_OR] ? both(sum, least) : sum;
}

const char *
criteria_difference(uint64_t specificity, uint64_t other)
{
    static const char *const names[LEVELS] = {
        [LEVEL_EXCLUSIONS] = "exclusions", [LEVEL_PROVIDER] = "the provider",
        [LEVEL_ENGINE] = "the engine",     [LEVEL_ACCOUNT] = "the account",
        [LEVEL_REGION] = "the region",     [LEVEL_TAGS] = "tags",
        [LEVEL_NAME] = "the name or host", [LEVEL_ID] = "the resource id",
    };
    enum level level = LEVELS - 1;
    while (level > 0 && level_of(specificity, level) == level_of(other, level))
        level--;
    return names[level];
}

// ---- the text

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Each with its length: whatever they contain, other texts print otherwise.
static void
print_sorted(FILE *stream, const char *name, char **texts, size_t count)
{
    if (count == 0)
        return;
    CLEAN(memory_free) char **sorted = memory_get(count * sizeof *sorted);
    memcpy(sorted, texts, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_text);
    fprintf(stream, "%s[", name);
    for (size_t index = 0; index < count; index++)
        fprintf(stream, "%zu:%s ", strlen(sorted[index]), sorted[index]);
    fprintf(stream, "]");
}

static void
print_nested(const struct criteria *self, enum criteria_nest nest, FILE *stream)
{
    size_t count = self->nested_counts[nest];
    CLEAN(memory_free) char **texts = memory_get(count * sizeof *texts);
    for (size_t index = 0; index < count; index++) {
        size_t size = 0;
        FILE *part = open_memstream(&texts[index], &size);
        if (!part)
            abort();
        criteria_print(self->nested[nest][index], part);
        fclose(part);
    }
    print_sorted(stream, criteria_nest_name(nest), texts, count);
    for (size_t index = 0; index < count; index++)
        memory_free(&texts[index]);
}

void
criteria_print(const struct criteria *self, FILE *stream)
{
    for (enum criteria_key key = 0; key < CRITERIA_KEYS; key++)
        print_sorted(stream, keys[key].name, self->patterns[key], self->pattern_counts[key]);
    CLEAN(memory_free) char **tags = memory_get(self->tag_count * sizeof *tags);
    for (size_t index = 0; index < self->tag_count; index++)
        tags[index] = memory_format("%zu:%s=%s", strlen(self->tags[index].key),
                                    self->tags[index].key, self->tags[index].pattern);
    print_sorted(stream, "tag", tags, self->tag_count);
    for (size_t index = 0; index < self->tag_count; index++)
        memory_free(&tags[index]);
    for (enum criteria_nest nest = 0; nest < CRITERIA_NESTS; nest++)
        print_nested(self, nest, stream);
}
