#include "coordinator/policies.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"
#include "coordinator/overlap.h"

enum { GONE_MAX = 10 };
enum { TRIES_MAX = 4000000 };  // for all ties together: about a second

struct policies {
    struct policy **items;
    size_t count;
    struct wanted placement;
};

policies_t *
policies_new(void)
{
    return memory_get(sizeof(policies_t));
}

void
policies_destroy(policies_t **self_p)
{
    if (!*self_p)
        return;
    for (size_t index = 0; index < (*self_p)->count; index++)
        policy_destroy(&(*self_p)->items[index]);
    memory_free(&(*self_p)->items);
    wanted_clear(&(*self_p)->placement);
    memory_free(self_p);
}

void
policies_add(policies_t *self, struct policy **policy_p)
{
    assert(*(*policy_p)->digest && self->count < POLICIES_MAX);
    self->items = memory_resize(self->items, (self->count + 1) * sizeof(struct policy *));
    self->items[self->count++] = STEAL(*policy_p);
}

struct wanted *
policies_placement(policies_t *self)
{
    return &self->placement;
}

void
policies_resolve(const policies_t *self, const struct policy *policy,
                 const struct database *database, struct wanted_found *found)
{
    wanted_resolve(policy ? &policy->workers : &self->placement, database, found);
}

size_t
policies_count(const policies_t *self)
{
    return self->count;
}

const struct policy *
policies_at(const policies_t *self, size_t index)
{
    assert(index < self->count);
    return self->items[index];
}

const struct policy *
policies_by_name(const policies_t *self, const char *name)
{
    for (size_t index = 0; index < self->count; index++) {
        if (strcmp(self->items[index]->name, name) == 0)
            return self->items[index];
    }
    return NULL;
}

char *
policies_gone(const policies_t *self, const policies_t *before)
{
    char *text = memory_copy_text("");
    size_t count = 0;
    for (size_t index = 0; index < before->count; index++) {
        const char *name = before->items[index]->name;
        if (policies_by_name(self, name) || ++count > GONE_MAX)
            continue;
        char *longer = memory_format("%s%s'%s'", text, *text ? ", " : "", name);
        free(text);
        text = longer;
    }
    if (count <= GONE_MAX)
        return text;
    char *longer = memory_format("%s and %zu more", text, count - GONE_MAX);
    free(text);
    return longer;
}

// Which of two that match comes first: < 0 the first, > 0 the second, 0 neither.
static int
compare(const struct policy *first, const struct policy *second)
{
    if (first->specificity != second->specificity)
        return first->specificity > second->specificity ? -1 : 1;
    if (first->precedence != second->precedence)
        return first->precedence > second->precedence ? -1 : 1;
    return 0;
}

// ---- ties

static void
describe(const struct database *database, FILE *stream)
{
    struct database *fields = (struct database *)(uintptr_t)database;
    int is_any = 1;
    for (enum criteria_key key = 0; key < CRITERIA_KEYS; key++) {
        const char *text = *criteria_field(fields, key);
        if (!*text)
            continue;
        fprintf(stream, "%s%s '%.60s'", is_any ? "with " : ", ", criteria_key_name(key), text);
        is_any = 0;
    }
    if (strcmp(database->tags, "{}") != 0)
        fprintf(stream, "%stags %.120s", is_any ? "with " : ", ", database->tags);
    else if (is_any)
        fprintf(stream, "of any kind");
}

static int
tie_error(const struct policy *first, const struct policy *second, const struct database *database,
          struct error *error)
{
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        abort();
    describe(database, stream);
    fclose(stream);
    return error_set(error, ERROR_CONFIG,
                     "a database %s would be in '%s' and '%s', which are equally specific: select "
                     "more narrowly in one of them or give it a higher `precedence`",
                     text, first->name, second->name);
}

int
policies_check(const policies_t *self, size_t *index, struct error *error)
{
    size_t tries = TRIES_MAX;
    for (size_t second = 1; second < self->count; second++) {
        for (size_t first = 0; first < second; first++) {
            const struct policy *one = self->items[first];
            const struct policy *other = self->items[second];
            CLEAN(database_destroy) struct database *database = NULL;
            if (!one->select || !other->select || compare(one, other) != 0 ||
                !overlap_find(one->select, other->select, &tries, &database))
                continue;
            *index = second;
            return tie_error(one, other, database, error);
        }
    }
    return 0;
}

// ---- choosing

static int
matches(const struct policy *policy, const struct criteria_subject *subject)
{
    return policy->select && criteria_match(policy->select, subject);
}

__attribute__((format(printf, 2, 3))) static void
note(struct policy_choice *choice, const char *format, ...)
{
    size_t length = strlen(choice->note);
    va_list args;
    va_start(args, format);
    vsnprintf(choice->note + length, sizeof choice->note - length, format, args);
    va_end(args);
}

static void
choose_by_criteria(const policies_t *self, const struct criteria_subject *subject,
                   struct policy_choice *choice)
{
    for (size_t index = 0; index < self->count; index++) {
        const struct policy *policy = self->items[index];
        if (!matches(policy, subject))
            continue;
        int order = choice->policy ? compare(policy, choice->policy) : -1;
        if (order < 0) {
            choice->policy = policy;
            choice->other = NULL;
        } else if (order == 0)
            choice->other = policy;
    }
    choice->outcome = choice->other    ? POLICY_TIE
                      : choice->policy ? POLICY_SELECTED
                                       : POLICY_UNMATCHED;
}

static void
note_criteria(struct policy_choice *choice)
{
    if (choice->outcome == POLICY_TIE)
        note(choice,
             "'%s' and '%s' match it and are equally specific: give one of them a higher "
             "`precedence`",
             choice->policy->name, choice->other->name);
    else if (choice->outcome == POLICY_SELECTED)
        note(choice, "'%s' selects it", choice->policy->name);
    else
        note(choice, "no policy selects it");
}

// What the owner's tag changes. Returns whether it decides.
static int
choose_by_tag(const policies_t *self, const char *tag, struct policy_choice *choice)
{
    if (strcmp(tag, POLICY_OPT_OUT) == 0) {
        if (choice->policy && !choice->policy->may_opt_out) {
            note(choice, "its tag " POLICY_TAG " wants to opt out, which '%s' does not allow; ",
                 choice->policy->name);
            return 0;
        }
        choice->outcome = POLICY_OPTED_OUT;
        note(choice, "its owner opted out by the tag " POLICY_TAG);
        if (choice->policy)
            note(choice, " of '%s'", choice->policy->name);
        return 1;
    }
    const struct policy *policy = policies_by_name(self, tag);
    if (policy && policy->is_selectable) {
        choice->outcome = POLICY_TAGGED;
        choice->policy = policy;
        choice->other = NULL;
        note(choice, "its owner picked '%s' by the tag " POLICY_TAG, policy->name);
        return 1;
    }
    note(choice, "its tag " POLICY_TAG " names '%s', which is %s; ", choice->tag,
         policy ? "not selectable" : "no policy");
    return 0;
}

static void
choose(const policies_t *self, const struct criteria_subject *subject, struct policy_choice *choice)
{
    *choice = (struct policy_choice){0};
    const char *tag = json_string_value(json_object_get(subject->tags, POLICY_TAG));
    choose_by_criteria(self, subject, choice);
    if (tag && *tag) {
        snprintf(choice->tag, sizeof choice->tag, "%s", tag);
        text_clean(choice->tag);
        if (choose_by_tag(self, tag, choice))
            return;
    }
    note_criteria(choice);
}

void
policies_choose(const policies_t *self, const struct database *database,
                struct policy_choice *choice)
{
    struct criteria_subject subject;
    criteria_subject_open(&subject, database);
    choose(self, &subject, choice);
    criteria_subject_close(&subject);
}

const char *
policy_outcome_name(enum policy_outcome outcome)
{
    static const char *const names[] = {
        [POLICY_UNMATCHED] = "unmatched",
        [POLICY_SELECTED] = "selected",
        [POLICY_TAGGED] = "tagged",
        [POLICY_OPTED_OUT] = "opted out",
        [POLICY_TIE] = "tie",
    };
    return names[outcome];
}

// ---- explaining

static void
add_line(table_t *table, const char *policy, const char *verdict, const char *reason)
{
    table_add_row(table);
    table_set(table, "policy", policy);
    table_set(table, "verdict", verdict);
    table_set(table, "reason", reason);
}

static void
explain_match(const struct policy *policy, const struct policy_choice *choice,
              char reason[POLICY_NOTE_SIZE])
{
    const struct policy *chosen = choice->policy;
    assert(chosen);  // or nothing would match
    if (choice->outcome == POLICY_TIE && policy == choice->other)
        snprintf(reason, POLICY_NOTE_SIZE, "it is as specific as '%s'", chosen->name);
    else if (choice->outcome == POLICY_TAGGED)
        snprintf(reason, POLICY_NOTE_SIZE, "the owner's tag picked '%s'", chosen->name);
    else if (policy->specificity == chosen->specificity)
        snprintf(reason, POLICY_NOTE_SIZE,
                 "it is as specific as '%s', whose `precedence` is higher", chosen->name);
    else
        snprintf(reason, POLICY_NOTE_SIZE, "'%s' says more about %s", chosen->name,
                 criteria_difference(chosen->specificity, policy->specificity));
}

static void
explain_other(const struct policy *policy, const struct criteria_subject *subject,
              const struct policy_choice *choice, table_t *table)
{
    char reason[POLICY_NOTE_SIZE];
    if (!policy->select) {
        add_line(table, policy->name, "no", "it is only for databases whose tag names it");
    } else if (matches(policy, subject)) {
        explain_match(policy, choice, reason);
        add_line(table, policy->name, "matches", reason);
    } else {
        char why[CRITERIA_REASON_SIZE];
        criteria_why_not(policy->select, subject, why);
        add_line(table, policy->name, "no", why);
    }
}

static void
explain_retention(const struct policy_choice *choice, table_t *table)
{
    char text[RETENTION_TEXT_SIZE];
    if (choice->outcome != POLICY_SELECTED && choice->outcome != POLICY_TAGGED)
        return;
    retention_print(&choice->policy->retention, text);
    table_set(table, "retention", *text ? text : "all sets stay");
}

table_t *
policies_explain(const policies_t *self, const struct database *database)
{
    struct criteria_subject subject;
    struct policy_choice choice;
    criteria_subject_open(&subject, database);
    choose(self, &subject, &choice);
    table_t *table = table_new();
    table_add_column(table, "policy", TABLE_TEXT);
    table_add_column(table, "verdict", TABLE_TEXT);
    table_add_column(table, "reason", TABLE_TEXT);
    table_add_column(table, "worker", TABLE_TEXT);
    table_add_column(table, "retention", TABLE_TEXT);
    add_line(table, choice.policy ? choice.policy->name : "", policy_outcome_name(choice.outcome),
             choice.note);
    explain_retention(&choice, table);
    for (size_t index = 0; index < self->count; index++) {
        if (self->items[index] != choice.policy)
            explain_other(self->items[index], &subject, &choice, table);
    }
    criteria_subject_close(&subject);
    return table;
}
