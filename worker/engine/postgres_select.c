#include "worker/engine/postgres_select.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_depend.h"
#include "worker/engine/postgres_pattern.h"
#include "worker/engine/postgres_select_tables.h"

struct postgres_select {
    const char *database;
    exclusions_t *exclusions;
    struct postgres_select_tables tables;
    postgres_depend_t *depend;
    postgres_pattern_t *without, *without_data;
    int64_t left_out;
};

void
postgres_select_destroy(postgres_select_t **self_p)
{
    postgres_select_t *self = *self_p;
    if (!self)
        return;
    postgres_pattern_destroy(&self->without_data);
    postgres_pattern_destroy(&self->without);
    postgres_depend_destroy(&self->depend);
    postgres_select_tables_clear(&self->tables);
    memory_free(self_p);
}

// ---- asking

static struct selection_name
name_of(const postgres_select_t *self, const struct postgres_select_table *table)
{
    return (struct selection_name){
        .schema = self->database, .inner = table->inner, .table = table->name};
}

static int
is_excluded(const struct postgres_select_table *table)
{
    return table->answer.verdict == SELECTION_LEFT_OUT &&
           strncmp(table->answer.rule, "not in ", strlen("not in ")) != 0;
}

// A partition of what is left out, is without rows or is included is so too, unless a rule leaves
// out more of it.
static void
take_after_parents(const postgres_select_t *self, struct postgres_select_table *table)
{
    for (const struct postgres_select_table *up =
             postgres_select_tables_parent(&self->tables, table);
         up; up = postgres_select_tables_parent(&self->tables, up)) {
        int is_not_included = table->answer.verdict == SELECTION_LEFT_OUT && !is_excluded(table);
        if (is_excluded(up) || (is_not_included && up->answer.verdict != SELECTION_LEFT_OUT) ||
            (table->answer.verdict == SELECTION_WANTED &&
             up->answer.verdict == SELECTION_WITHOUT_DATA))
            table->answer = up->answer;
    }
}

// A partition cannot be made without its parent, of which no list speaks.
static void
bring_parents(const postgres_select_t *self, const struct postgres_select_table *table)
{
    if (table->answer.verdict == SELECTION_LEFT_OUT)
        return;
    for (struct postgres_select_table *up = postgres_select_tables_parent(&self->tables, table); up;
         up = postgres_select_tables_parent(&self->tables, up)) {
        if (up->answer.verdict == SELECTION_LEFT_OUT)
            up->answer = (struct selection_answer){SELECTION_WANTED, NULL};
    }
}

static void
ask(postgres_select_t *self)
{
    CLEAN(memory_free)
    struct selection_answer *first = memory_get((self->tables.count + 1) * sizeof *first);
    for (size_t i = 0; i < self->tables.count; i++) {
        struct postgres_select_table *table = &self->tables.list[i];
        const struct selection_name name = name_of(self, table);
        table->answer = exclusions_judge(self->exclusions, &name);
        if (table->kind == 'v' && table->answer.verdict == SELECTION_WITHOUT_DATA)
            table->answer = (struct selection_answer){SELECTION_WANTED, NULL};
    }
    for (size_t i = 0; i < self->tables.count; i++) {
        struct postgres_select_table copy = self->tables.list[i];
        take_after_parents(self, &copy);
        first[i] = copy.answer;
    }
    for (size_t i = 0; i < self->tables.count; i++)
        self->tables.list[i].answer = first[i];
    for (size_t i = 0; i < self->tables.count; i++)
        bring_parents(self, &self->tables.list[i]);
}

static int
is_unfilled(const struct postgres_select_table *table)
{
    return table->kind == 'm' && table->answer.verdict == SELECTION_WITHOUT_DATA;
}

static void
empty(void *context, uint32_t number)
{
    const postgres_select_t *self = context;
    struct postgres_select_table *table = postgres_select_tables_find(&self->tables, number);
    if (table && table->answer.verdict == SELECTION_WANTED)
        table->answer = (struct selection_answer){
            SELECTION_WITHOUT_DATA, "it is made from a materialized view without rows"};
}

static int
empty_readers(postgres_select_t *self, postgres_t *postgres, struct error *error)
{
    CLEAN(memory_free) char *views = postgres_select_tables_numbers(&self->tables, is_unfilled);
    return strcmp(views, "{}") == 0 ? 0
                                    : postgres_depend_readers(postgres, views, empty, self, error);
}

static void
mark_short(postgres_select_t *self)
{
    for (size_t i = 0; i < self->tables.count; i++) {
        struct postgres_select_table *table = &self->tables.list[i];
        if (table->answer.verdict == SELECTION_WANTED)
            continue;
        for (struct postgres_select_table *up = table; up;
             up = postgres_select_tables_parent(&self->tables, up))
            up->is_short = 1;
    }
}

static void
keep(postgres_select_t *self)
{
    for (size_t i = 0; i < self->tables.count; i++) {
        const struct postgres_select_table *table = &self->tables.list[i];
        const struct selection_name name = name_of(self, table);
        exclusions_keep(self->exclusions, postgres_select_table_kind(table), &name, &table->answer);
    }
}

// ---- what goes along

static int
is_left_out(const struct postgres_select_table *table)
{
    return table->answer.verdict == SELECTION_LEFT_OUT;
}

static int
is_without_rows(const struct postgres_select_table *table)
{
    return table->answer.verdict != SELECTION_WANTED;
}

static int
is_short(const struct postgres_select_table *table)
{
    return table->is_short && !is_left_out(table);
}

static int
is_without_data(const struct postgres_select_table *table)
{
    return table->answer.verdict == SELECTION_WITHOUT_DATA;
}

// A table that needs what is left out, and so is left out itself.
static void
drop_table(postgres_select_t *self, struct postgres_select_table *table, const char *needs)
{
    CLEAN(memory_free) char *why = memory_format("it needs %s, which is left out", needs);
    const struct selection_name name = name_of(self, table);
    exclusions_add(self->exclusions, postgres_select_table_kind(table), &name, why);
    table->answer.verdict = SELECTION_LEFT_OUT;
}

static void
take_dependent(void *context, const struct postgres_dependent *each)
{
    postgres_select_t *self = context;
    struct postgres_select_table *table =
        each->is_table ? postgres_select_tables_find(&self->tables, each->number) : NULL;
    if (table && !is_left_out(table))
        drop_table(self, table, each->needs);
    if (table || !each->is_told)
        return;
    const struct selection_name name = {.schema = self->database, .table = each->identity};
    CLEAN(memory_free)
    char *why = each->again ? memory_format("it refers to %s, the rows of which are "
                                            "left out: to make it again: %s",
                                            each->needs, each->again)
                            : memory_format("it needs %s, which is left out", each->needs);
    exclusions_add(self->exclusions, each->kind, &name, why);
}

static int
find_dependents(postgres_select_t *self, postgres_t *postgres, struct error *error)
{
    CLEAN(memory_free) char *left_out = postgres_select_tables_numbers(&self->tables, is_left_out);
    CLEAN(memory_free) char *shorts = postgres_select_tables_numbers(&self->tables, is_short);
    CLEAN(memory_free)
    char *without_data = postgres_select_tables_numbers(&self->tables, is_without_data);
    return postgres_depend_open(&self->depend, postgres, left_out, shorts, without_data,
                                take_dependent, self, error);
}

// ---- the tool

static int
make_patterns(postgres_select_t *self, struct error *error)
{
    self->without = postgres_pattern_new("--exclude-table=");
    self->without_data = postgres_pattern_new("--exclude-table-data=");
    for (size_t i = 0; i < self->tables.count; i++) {
        const struct postgres_select_table *table = &self->tables.list[i];
        self->left_out += is_left_out(table) && (table->kind == 'r' || table->kind == 'p');
        if (is_left_out(table))
            postgres_pattern_add(self->without, table->inner_hex, table->name_hex);
        else if (is_without_data(table))
            postgres_pattern_add(self->without_data, table->inner_hex, table->name_hex);
    }
    postgres_pattern_end(self->without);
    postgres_pattern_end(self->without_data);
    size_t size = postgres_pattern_size(self->without) + postgres_pattern_size(self->without_data);
    size_t count = postgres_select_arguments(self);
    if (size <= POSTGRES_SELECT_SIZE_MAX && count <= POSTGRES_SELECT_ARGUMENTS_MAX)
        return 0;
    return error_set(error, ERROR_CONFIG,
                     "the policy leaves out so many tables of database '%s' that their names (%zu "
                     "bytes in %zu arguments) fit no command line of pg_dump (%d, %d): leave out "
                     "the database, or put the tables into fewer schemas",
                     self->database, size, count, POSTGRES_SELECT_SIZE_MAX,
                     POSTGRES_SELECT_ARGUMENTS_MAX);
}

int
postgres_select_open(postgres_select_t **self_p, postgres_t *postgres, const char *database,
                     exclusions_t *exclusions, struct error *error)
{
    CLEAN(postgres_select_destroy) postgres_select_t *self = memory_get(sizeof *self);
    self->database = database;
    self->exclusions = exclusions;
    if (exclusions_are_asked(exclusions)) {
        if (postgres_select_tables_read(&self->tables, postgres, error))
            return -1;
        ask(self);
        if (empty_readers(self, postgres, error))
            return -1;
        mark_short(self);
        keep(self);
        if (find_dependents(self, postgres, error))
            return -1;
    }
    if (make_patterns(self, error))
        return -1;
    *self_p = STEAL(self);
    return 0;
}

size_t
postgres_select_arguments(const postgres_select_t *self)
{
    return postgres_pattern_count(self->without) + postgres_pattern_count(self->without_data);
}

const char *
postgres_select_argument(const postgres_select_t *self, size_t index)
{
    size_t first = postgres_pattern_count(self->without);
    return index < first ? postgres_pattern_argument(self->without, index)
                         : postgres_pattern_argument(self->without_data, index - first);
}

int
postgres_select_is_filter(const postgres_select_t *self)
{
    return self->depend && postgres_depend_is_filter(self->depend);
}

int
postgres_select_drops(const postgres_select_t *self, uint32_t catalog, uint32_t number)
{
    return self->depend && postgres_depend_has(self->depend, catalog, number);
}

int
postgres_select_has(const postgres_select_t *self, uint32_t table)
{
    const struct postgres_select_table *found = postgres_select_tables_find(&self->tables, table);
    return !found || found->answer.verdict != SELECTION_LEFT_OUT;
}

int
postgres_select_reads(const postgres_select_t *self, uint32_t table)
{
    const struct postgres_select_table *found = postgres_select_tables_find(&self->tables, table);
    return !found || found->answer.verdict == SELECTION_WANTED;
}

int64_t
postgres_select_left_out(const postgres_select_t *self)
{
    return self->left_out;
}

char *
postgres_select_gone(const postgres_select_t *self)
{
    return postgres_select_tables_numbers(&self->tables, is_left_out);
}

char *
postgres_select_rowless(const postgres_select_t *self)
{
    return postgres_select_tables_numbers(&self->tables, is_without_rows);
}
