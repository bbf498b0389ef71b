#include "worker/engine/exclusions.h"

#include <inttypes.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

// What was left out; `why` is the rule's text or, where no rule says so, the engine's.
struct item {
    char *kind, *schema, *name, *why;
    uint64_t count;
};

struct exclusions {
    const selection_t *selection;
    enum name_case name_case;
    uint64_t *hits;
    struct item *items;  // each with a name, then sums
    size_t item_count, named_count;
    size_t wanted;
};

exclusions_t *
exclusions_new(const selection_t *selection, enum name_case name_case)
{
    exclusions_t *self = memory_get(sizeof *self);
    self->selection = selection && selection_count(selection) > 0 ? selection : NULL;
    self->name_case = name_case;
    if (self->selection)
        self->hits = memory_get(selection_count(selection) * sizeof *self->hits);
    return self;
}

void
exclusions_destroy(exclusions_t **self_p)
{
    exclusions_t *self = *self_p;
    if (!self)
        return;
    for (size_t index = 0; index < self->item_count; index++) {
        memory_free(&self->items[index].kind);
        memory_free(&self->items[index].schema);
        memory_free(&self->items[index].name);
        memory_free(&self->items[index].why);
    }
    memory_free(&self->items);
    memory_free(&self->hits);
    memory_free(self_p);
}

int
exclusions_are_asked(const exclusions_t *self)
{
    return self->selection != NULL;
}

// The sum that this one goes into: beyond the limit all of one kind, schema and reason are one.
static struct item *
find_sum(exclusions_t *self, const char *kind, const char *schema, const char *why)
{
    for (size_t index = self->named_count; index < self->item_count; index++) {
        struct item *item = &self->items[index];
        if (strcmp(item->kind, kind) == 0 && strcmp(item->schema, schema) == 0 &&
            strcmp(item->why, why) == 0)
            return item;
    }
    return NULL;
}

static void
keep(exclusions_t *self, const char *kind, const struct selection_name *name, const char *why)
{
    int is_named = self->named_count < EXCLUSIONS_TOLD_MAX;
    // One row takes all that differs beyond twice the limit, so that a server cannot make us grow.
    int is_flood = self->item_count >= (size_t)2 * EXCLUSIONS_TOLD_MAX;
    const char *schema = is_flood ? "" : name->schema;
    const char *reason = is_flood ? "by these rules" : why;
    struct item *sum = is_named ? NULL : find_sum(self, kind, schema, reason);
    if (sum) {
        sum->count++;
        return;
    }
    if ((self->item_count & (self->item_count - 1)) == 0)
        self->items = memory_resize(self->items, (self->item_count ? 2 * self->item_count : 1) *
                                                     sizeof *self->items);
    const char *table = is_named && name->table ? name->table : "";
    self->items[self->item_count++] = (struct item){
        .kind = memory_copy_text(kind),
        .schema = memory_copy_text(schema),
        .name = is_named && name->inner && *table ? memory_format("%s.%s", name->inner, table)
                                                  : memory_copy_text(table),
        .why = memory_copy_text(reason),
        .count = 1,
    };
    self->named_count += (size_t)is_named;
}

struct selection_answer
exclusions_peek(const exclusions_t *self, const struct selection_name *name)
{
    struct selection_name asked = *name;
    asked.name_case = self->name_case;
    if (!self->selection)
        return (struct selection_answer){SELECTION_WANTED, NULL};
    return selection_ask(self->selection, &asked, NULL);
}

struct selection_answer
exclusions_judge(exclusions_t *self, const struct selection_name *name)
{
    struct selection_name asked = *name;
    asked.name_case = self->name_case;
    if (!self->selection)
        return (struct selection_answer){SELECTION_WANTED, NULL};
    return selection_ask(self->selection, &asked, self->hits);
}

void
exclusions_keep(exclusions_t *self, const char *kind, const struct selection_name *name,
                const struct selection_answer *answer)
{
    self->wanted += answer->verdict != SELECTION_LEFT_OUT;
    if (answer->verdict == SELECTION_LEFT_OUT) {
        keep(self, kind, name, answer->rule);
    } else if (answer->verdict == SELECTION_WITHOUT_DATA) {
        CLEAN(memory_free) char *rows = memory_format("rows of %s", kind);
        keep(self, rows, name, answer->rule);
    }
}

enum selection_verdict
exclusions_ask(exclusions_t *self, const char *kind, const struct selection_name *name)
{
    struct selection_answer answer = exclusions_judge(self, name);
    exclusions_keep(self, kind, name, &answer);
    return answer.verdict;
}

void
exclusions_add(exclusions_t *self, const char *kind, const struct selection_name *name,
               const char *why)
{
    keep(self, kind, name, why);
}

// Is there an include list of this kind that fits nothing, or nothing that is wanted?
static int
is_in_vain(const exclusions_t *self, enum selection_list list)
{
    size_t patterns = 0;
    uint64_t hits = 0;
    for (size_t index = 0; index < selection_count(self->selection); index++) {
        if (selection_pattern_list(self->selection, index) != list)
            continue;
        patterns++;
        hits += self->hits[index];
    }
    return patterns > 0 && (hits == 0 || self->wanted == 0);
}

int
exclusions_check(const exclusions_t *self, struct error *error)
{
    if (!self->selection)
        return 0;
    static const enum selection_list includes[] = {SELECTION_INCLUDE_SCHEMAS,
                                                   SELECTION_INCLUDE_TABLES};
    for (size_t index = 0; index < sizeof includes / sizeof *includes; index++) {
        if (!is_in_vain(self, includes[index]))
            continue;
        error_set(error, ERROR_CONFIG,
                  "the policy's %s wants nothing that this server has: compare the patterns with "
                  "the names there (tables are SCHEMA.TABLE, PostgreSQL's DATABASE.SCHEMA.TABLE)",
                  selection_list_name(includes[index]));
        return error_mark(error, ABOUT_CONTENT);
    }
    return 0;
}

int
exclusions_tell(const exclusions_t *self, const struct sink *sink, struct error *error)
{
    const selection_t *selection = self->selection;
    if (!selection)
        return 0;
    for (size_t index = 0; index < selection_count(selection); index++)
        sink->rule(sink->self, selection_list_name(selection_pattern_list(selection, index)),
                   selection_pattern(selection, index), self->hits[index]);
    for (size_t index = 0; index < self->item_count; index++) {
        const struct item *item = &self->items[index];
        const struct exclusion exclusion = {.kind = item->kind,
                                            .schema = item->schema,
                                            .name = item->name,
                                            .why = item->why,
                                            .count = item->count};
        sink->excluded(sink->self, &exclusion);
    }
    return exclusions_check(self, error);
}

// ---- for a check

// Is there an item of this kind before number `end`?
static int
is_known_kind(const exclusions_t *self, size_t end)
{
    for (size_t index = 0; index < end; index++) {
        if (strcmp(self->items[index].kind, self->items[end].kind) == 0)
            return 1;
    }
    return 0;
}

static void
find_kind(const exclusions_t *self, const struct item *first, findings_t *findings)
{
    uint64_t count = 0;
    for (size_t index = 0; index < self->item_count; index++) {
        if (strcmp(self->items[index].kind, first->kind) == 0)
            count += self->items[index].count;
    }
    findings_add(findings, ABOUT_CONTENT, 0,
                 "the policy leaves out %" PRIu64 " of kind '%s', such as %.128s%s%.128s: %.300s",
                 count, first->kind, first->schema, *first->name ? "." : "", first->name,
                 first->why);
}

void
exclusions_find(const exclusions_t *self, findings_t *findings)
{
    struct error error;
    if (!self->selection)
        return;
    for (size_t index = 0; index < self->item_count; index++) {
        if (!is_known_kind(self, index))
            find_kind(self, &self->items[index], findings);
    }
    for (size_t index = 0; index < selection_count(self->selection); index++) {
        if (self->hits[index] == 0)
            findings_add(findings, ABOUT_CONTENT, 0,
                         "the policy's pattern '%.128s' of %s fits nothing here",
                         selection_pattern(self->selection, index),
                         selection_list_name(selection_pattern_list(self->selection, index)));
    }
    if (exclusions_check(self, &error))
        findings_add_error(findings, &error, ABOUT_CONTENT);
}
