#include "worker/engine/selection.h"

#include "common/clean.h"
#include "common/memory.h"

struct pattern {
    enum selection_list list;
    name_pattern_t *names;
    char *rule;
};

struct selection {
    struct pattern *patterns;
    size_t count;
    size_t counts[SELECTION_LISTS];
};

static const struct {
    const char *name, *not_in;
    int is_of_tables;
} lists[SELECTION_LISTS] = {
    [SELECTION_INCLUDE_SCHEMAS] = {"include_schemas", "not in include_schemas", 0},
    [SELECTION_EXCLUDE_SCHEMAS] = {"exclude_schemas", NULL, 0},
    [SELECTION_INCLUDE_TABLES] = {"include_tables", "not in include_tables", 1},
    [SELECTION_EXCLUDE_TABLES] = {"exclude_tables", NULL, 1},
    [SELECTION_TABLES_WITHOUT_DATA] = {"tables_without_data", NULL, 1},
};

const char *
selection_list_name(enum selection_list list)
{
    return lists[list].name;
}

selection_t *
selection_new(void)
{
    return memory_get(sizeof(selection_t));
}

void
selection_destroy(selection_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t index = 0; index < (*self_p)->count; index++) {
        name_pattern_destroy(&(*self_p)->patterns[index].names);
        memory_free(&(*self_p)->patterns[index].rule);
    }
    memory_free(&(*self_p)->patterns);
    memory_free(self_p);
}

int
selection_add(selection_t *self, enum selection_list list, const char *pattern, struct error *error)
{
    CLEAN(name_pattern_destroy) name_pattern_t *names = NULL;
    int is_of_tables = lists[list].is_of_tables;
    if (self->counts[list] == SELECTION_LIST_MAX)
        return error_set(error, ERROR_INVALID, "%s has more than %d patterns", lists[list].name,
                         SELECTION_LIST_MAX);
    if (is_of_tables ? name_pattern_read_path(&names, pattern, error)
                     : name_pattern_read_name(&names, pattern, error))
        return error_wrap(error, "%s", lists[list].name);
    if (is_of_tables && name_pattern_parts(names) == 1)
        return error_set(error, ERROR_INVALID,
                         "%s: '%.128s' names no schema: write SCHEMA.TABLE, or for PostgreSQL "
                         "DATABASE.SCHEMA.TABLE",
                         lists[list].name, pattern);
    self->patterns = memory_resize(self->patterns, (self->count + 1) * sizeof *self->patterns);
    self->patterns[self->count++] =
        (struct pattern){.list = list,
                         .names = STEAL(names),
                         .rule = memory_format("%s %s", lists[list].name, pattern)};
    self->counts[list]++;
    return 0;
}

size_t
selection_count(const selection_t *self)
{
    return self->count;
}

const char *
selection_pattern(const selection_t *self, size_t index)
{
    return name_pattern_text(self->patterns[index].names);
}

enum selection_list
selection_pattern_list(const selection_t *self, size_t index)
{
    return self->patterns[index].list;
}

// A name's parts as patterns have them: `whole` of a table, of which `asked` are to be looked at.
struct parts {
    const char *names[NAME_PATTERN_PARTS];
    size_t whole, asked;
    enum name_case name_case;
};

static struct parts
parts_of(const struct selection_name *name)
{
    struct parts parts = {.names = {name->schema}, .whole = 2, .name_case = name->name_case};
    parts.names[1] = name->inner ? name->inner : name->table;
    if (name->inner) {
        parts.names[2] = name->table;
        parts.whole = 3;
    }
    parts.asked = name->table ? parts.whole : 1;
    return parts;
}

// The first pattern of the list that fits, or NULL. All are looked at, for the hits.
static const struct pattern *
find(const selection_t *self, enum selection_list list, const struct parts *parts, uint64_t *hits)
{
    const struct pattern *found = NULL;
    size_t asked = lists[list].is_of_tables ? parts->asked : 1;
    for (size_t index = 0; index < self->count; index++) {
        const struct pattern *pattern = &self->patterns[index];
        if (pattern->list != list ||
            (lists[list].is_of_tables && name_pattern_parts(pattern->names) != parts->whole) ||
            !name_pattern_fits(pattern->names, parts->names, asked, parts->name_case))
            continue;
        if (hits)
            hits[index]++;
        if (!found)
            found = pattern;
    }
    return found;
}

// Asks an exclude list and an include list. Returns whether the answer is that it is left out.
static int
is_left_out(const selection_t *self, enum selection_list exclude, enum selection_list include,
            const struct parts *parts, uint64_t *hits, struct selection_answer *answer)
{
    const struct pattern *excluded = find(self, exclude, parts, hits);
    const struct pattern *included = find(self, include, parts, hits);
    if (excluded)
        answer->rule = excluded->rule;
    else if (self->counts[include] > 0 && !included)
        answer->rule = lists[include].not_in;
    if (answer->rule)
        answer->verdict = SELECTION_LEFT_OUT;
    return answer->rule != NULL;
}

struct selection_answer
selection_ask(const selection_t *self, const struct selection_name *name, uint64_t *hits)
{
    struct selection_answer answer = {SELECTION_WANTED, NULL};
    struct parts parts = parts_of(name);
    uint64_t *schema_hits = name->table ? NULL : hits;
    if (is_left_out(self, SELECTION_EXCLUDE_SCHEMAS, SELECTION_INCLUDE_SCHEMAS, &parts, schema_hits,
                    &answer))
        return answer;
    if (!name->table) {
        if (self->counts[SELECTION_INCLUDE_TABLES] > 0 &&
            !find(self, SELECTION_INCLUDE_TABLES, &parts, NULL))
            answer = (struct selection_answer){SELECTION_LEFT_OUT,
                                               lists[SELECTION_INCLUDE_TABLES].not_in};
        return answer;
    }
    const struct pattern *without = find(self, SELECTION_TABLES_WITHOUT_DATA, &parts, hits);
    if (!is_left_out(self, SELECTION_EXCLUDE_TABLES, SELECTION_INCLUDE_TABLES, &parts, hits,
                     &answer) &&
        without)
        answer = (struct selection_answer){SELECTION_WITHOUT_DATA, without->rule};
    return answer;
}
