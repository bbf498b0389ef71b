#include "coordinator/overlap.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clean.h"
#include "common/memory.h"

enum {
    ALTERNATIVES_MAX = 64,
    PARTS_MAX = 16,
    TAGS_MAX = 64,
    LISTS_MAX = 2 * PARTS_MAX,
};

// What things take of `tries`: each nested mapping that is expanded, a database that is made up, a
// pair of patterns, and a pair of places in two patterns with wildcards (for so many of them one).
enum { TRIES_NEST = 16, TRIES_DATABASE = 16, TRIES_PAIR = 1, TRIES_PLACES = 16 };

// Returns whether there was so much.
static int
spend(size_t *tries, size_t cost)
{
    int has_it = *tries >= cost;
    *tries = has_it ? *tries - cost : 0;
    return has_it;
}

// ---- two patterns

struct walk {
    const char *first, *second;
    unsigned char *seen;  // pairs of places
    size_t width;
    char *text;
    size_t size;
};

// A piece of a pattern that stands for one character; '\0' as its character: for any.
static size_t
read_piece(const char *pattern, char *character)
{
    *character = *pattern;
    if (*pattern == '?')
        *character = '\0';
    if (*pattern == '\\' && pattern[1]) {
        *character = pattern[1];
        return 2;
    }
    const char *end = *pattern == '[' && pattern[1] ? strchr(pattern + 2, ']') : NULL;
    if (!end)
        return 1;
    // Its first character stands for all of them; the whole text is held against both later.
    *character = pattern[1] == '!' || pattern[1] == '^' ? '\0' : pattern[1];
    return (size_t)(end - pattern) + 1;
}

static int walk_on(struct walk *self, size_t at, size_t at_second);

static int
walk_with(struct walk *self, char character, size_t at, size_t at_second)
{
    if (self->size + 1 >= OVERLAP_TEXT_SIZE)
        return 0;
    self->text[self->size++] = character ? character : 'x';
    if (walk_on(self, at, at_second))
        return 1;
    self->size--;
    return 0;
}

static int
walk_on(struct walk *self, size_t at, size_t at_second)
{
    const char *first = self->first + at;
    const char *second = self->second + at_second;
    if (!*first && !*second)
        return 1;
    unsigned char *seen = &self->seen[at * self->width + at_second];
    if (*seen)
        return 0;
    *seen = 1;
    char one = '\0', other = '\0';
    size_t size = *first ? read_piece(first, &one) : 0;
    size_t size_second = *second ? read_piece(second, &other) : 0;
    if (*first == '*' && walk_on(self, at + 1, at_second))
        return 1;
    if (*second == '*' && walk_on(self, at, at_second + 1))
        return 1;
    if (*first == '*' && *second && *second != '*')
        return walk_with(self, other, at, at_second + size_second);
    if (*second == '*' && *first && *first != '*')
        return walk_with(self, one, at + size, at_second);
    if (!*first || !*second || *first == '*' || *second == '*')
        return 0;
    if (one && other && tolower((unsigned char)one) != tolower((unsigned char)other))
        return 0;
    return walk_with(self, one ? one : other, at + size, at_second + size_second);
}

// The quick way for most pairs: lists of accounts, say.
static int
begin_differently(const char *first, const char *second)
{
    static const char special[] = "*?[\\";
    return !strchr(special, *first) && !strchr(special, *second) &&
           tolower((unsigned char)*first) != tolower((unsigned char)*second);
}

static int
is_plain(const char *pattern)
{
    return !strpbrk(pattern, "*?[\\");
}

static int
fits_both(const char *first, const char *second, const char *text)
{
    return fnmatch(first, text, FNM_CASEFOLD) == 0 && fnmatch(second, text, FNM_CASEFOLD) == 0;
}

int
overlap_text(const char *first, const char *second, char text[OVERLAP_TEXT_SIZE])
{
    if (begin_differently(first, second) ||
        (is_plain(first) && is_plain(second) && strcasecmp(first, second) != 0))
        return 0;
    size_t size = strlen(first);
    size_t size_second = strlen(second);
    if (size > CRITERIA_PATTERN_MAX || size_second > CRITERIA_PATTERN_MAX)
        return 0;
    if (is_plain(first) || is_plain(second)) {
        snprintf(text, OVERLAP_TEXT_SIZE, "%s", is_plain(first) ? first : second);
        return fits_both(first, second, text);
    }
    struct walk walk = {.first = first, .second = second, .text = text, .width = size_second + 1};
    CLEAN(memory_free) unsigned char *seen = memory_get((size + 1) * (size_second + 1));
    walk.seen = seen;
    if (!walk_on(&walk, 0, 0))
        return 0;
    text[walk.size] = '\0';
    return fits_both(first, second, text);
}

// ---- alternatives: mappings whose own conditions must all hold

struct alternative {
    const struct criteria *parts[PARTS_MAX];
    size_t count;
};

struct alternatives {
    struct alternative items[ALTERNATIVES_MAX];
    size_t count;
};

static void
add_part(struct alternative *self, const struct criteria *part)
{
    if (self->count < PARTS_MAX)
        self->parts[self->count++] = part;
}

static void expand(const struct criteria *criteria, size_t *tries, struct alternatives *all);

// Each of them together with each that fulfils one of `choices`.
static void
multiply(struct alternatives *all, struct criteria *const *choices, size_t choice_count,
         size_t *tries)
{
    CLEAN(memory_free) struct alternatives *before = memory_get(sizeof *before);
    *before = *all;
    all->count = 0;
    for (size_t choice = 0; choice < choice_count && spend(tries, TRIES_NEST); choice++) {
        CLEAN(memory_free) struct alternatives *each = memory_get(sizeof *each);
        expand(choices[choice], tries, each);
        for (size_t index = 0; index < before->count * each->count; index++) {
            if (all->count == ALTERNATIVES_MAX)
                return;
            struct alternative *item = &all->items[all->count++];
            *item = before->items[index / each->count];
            const struct alternative *more = &each->items[index % each->count];
            for (size_t part = 0; part < more->count; part++)
                add_part(item, more->parts[part]);
        }
    }
}

static void
expand(const struct criteria *criteria, size_t *tries, struct alternatives *all)
{
    all->items[0] = (struct alternative){.parts = {criteria}, .count = 1};
    all->count = 1;
    for (size_t index = 0; index < criteria->nested_counts[CRITERIA_AND]; index++)
        multiply(all, &criteria->nested[CRITERIA_AND][index], 1, tries);
    if (criteria->nested_counts[CRITERIA_OR])
        multiply(all, criteria->nested[CRITERIA_OR], criteria->nested_counts[CRITERIA_OR], tries);
}

// ---- a text that all lists take, each by one of its patterns

struct list {
    char *const *patterns;
    size_t count;
};

static int
fits_all(const struct list *lists, size_t count, const char *text)
{
    for (size_t list = 0; list < count; list++) {
        size_t index = 0;
        while (index < lists[list].count &&
               fnmatch(lists[list].patterns[index], text, FNM_CASEFOLD) != 0)
            index++;
        if (index == lists[list].count)
            return 0;
    }
    return 1;
}

static size_t
cost_of_pair(const char *first, const char *second)
{
    if (is_plain(first) || is_plain(second))
        return TRIES_PAIR;
    return TRIES_PAIR + strlen(first) * strlen(second) / TRIES_PLACES;
}

// Made of the first two lists; the rest must take it as it is.
static int
text_of_lists(const struct list *lists, size_t count, size_t *tries, char text[OVERLAP_TEXT_SIZE])
{
    char star[] = "*";
    char *const anything[] = {star};
    struct list second = count > 1 ? lists[1] : (struct list){anything, 1};
    text[0] = '\0';
    for (size_t index = 0; count && index < lists[0].count * second.count; index++) {
        const char *one = lists[0].patterns[index / second.count];
        const char *other = second.patterns[index % second.count];
        if (!spend(tries, cost_of_pair(one, other)))
            return 0;
        if (overlap_text(one, other, text) && fits_all(lists, count, text))
            return 1;
    }
    return count == 0;
}

static int
fill_fields(struct database *database, const struct alternative *all, size_t *tries)
{
    char text[OVERLAP_TEXT_SIZE];
    struct list lists[LISTS_MAX];
    for (enum criteria_key key = 0; key < CRITERIA_KEYS; key++) {
        size_t count = 0;
        for (size_t part = 0; part < all[0].count + all[1].count; part++) {
            const struct criteria *each =
                part < all[0].count ? all[0].parts[part] : all[1].parts[part - all[0].count];
            if (each->pattern_counts[key])
                lists[count++] = (struct list){each->patterns[key], each->pattern_counts[key]};
        }
        if (!text_of_lists(lists, count, tries, text))
            return 0;
        record_set(criteria_field(database, key), text);
    }
    return 1;
}

static size_t
gather_tags(const struct alternative *all, const struct criteria_tag *tags[TAGS_MAX])
{
    size_t count = 0;
    for (size_t side = 0; side < 2; side++) {
        for (size_t part = 0; part < all[side].count; part++) {
            const struct criteria *each = all[side].parts[part];
            for (size_t index = 0; index < each->tag_count && count < TAGS_MAX; index++)
                tags[count++] = &each->tags[index];
        }
    }
    return count;
}

// A tag that stands twice has a text that takes both patterns.
static int
fill_tags(struct database *database, const struct alternative *all)
{
    CLEAN(json_destroy) json_t *object = json_object();
    const struct criteria_tag *tags[TAGS_MAX];
    size_t count = gather_tags(all, tags);
    for (size_t index = 0; index < count; index++) {
        char text[OVERLAP_TEXT_SIZE];
        const char *other = "*";
        if (json_object_get(object, tags[index]->key))
            continue;
        for (size_t later = count - 1; later > index; later--) {
            if (strcmp(tags[later]->key, tags[index]->key) == 0)
                other = tags[later]->pattern;
        }
        if (!overlap_text(tags[index]->pattern, other, text))
            return 0;
        json_object_set_new(object, tags[index]->key, json_text(text));
    }
    CLEAN(memory_free) char *text = json_print(object);
    record_set(&database->tags, text);
    return 1;
}

static int
is_of_both(const struct database *database, const struct criteria *first,
           const struct criteria *second)
{
    struct criteria_subject subject;
    criteria_subject_open(&subject, database);
    int is_of = criteria_match(first, &subject) && criteria_match(second, &subject);
    criteria_subject_close(&subject);
    return is_of;
}

int
overlap_find(const struct criteria *first, const struct criteria *second, size_t *tries,
             struct database **database_p)
{
    CLEAN(memory_free) struct alternatives *of_first = memory_get(sizeof *of_first);
    CLEAN(memory_free) struct alternatives *of_second = memory_get(sizeof *of_second);
    expand(first, tries, of_first);
    expand(second, tries, of_second);
    size_t count = of_first->count * of_second->count;
    for (size_t index = 0; index < count && spend(tries, TRIES_DATABASE); index++) {
        struct alternative all[] = {of_first->items[index / of_second->count],
                                    of_second->items[index % of_second->count]};
        CLEAN(database_destroy) struct database *database = database_new();
        if (fill_fields(database, all, tries) && fill_tags(database, all) &&
            is_of_both(database, first, second)) {
            *database_p = STEAL(database);
            return 1;
        }
    }
    return 0;
}
