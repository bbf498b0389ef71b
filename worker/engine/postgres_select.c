#include "worker/engine/postgres_select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/postgres_depend.h"
#include "worker/engine/postgres_pattern.h"

struct table {
    uint32_t number, parent;  // parent: of a partition; 0 = none
    char kind;                // pg_class.relkind
    const char *inner, *name, *inner_hex, *name_hex;
    struct selection_answer answer;
    int is_short;  // rows of it, or of a partition of it, are left out
};

struct postgres_select {
    const char *database;
    exclusions_t *exclusions;
    postgres_rows_t *rows;  // texts of the tables live in it
    struct table *tables;   // by number
    size_t count;
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
    memory_free(&self->tables);
    postgres_rows_destroy(&self->rows);
    memory_free(self_p);
}

// ---- asking

#define HEX(name) "encode(convert_to(" name "::text, getdatabaseencoding()), 'hex')"

static int
read_tables(postgres_select_t *self, postgres_t *postgres, struct error *error)
{
    // Up to version 9.6 there are no partitions.
    CLEAN(memory_free)
    char *sql = memory_format(
        "SELECT c.oid, c.relkind, n.nspname, c.relname, " HEX("n.nspname") ", " HEX(
            "c.relname") ", %s FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
                         "WHERE c.relkind "
                         "IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> "
                         "'information_schema' AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE "
                         "d.classid = "
                         "'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY "
                         "c.oid",
        postgres_version(postgres) < 100000
            ? "0"
            : "CASE WHEN c.relispartition THEN (SELECT inhparent FROM pg_inherits WHERE inhrelid = "
              "c.oid LIMIT 1) ELSE 0 END");
    if (postgres_query(postgres, sql, NULL, &self->rows, error))
        return error_wrap(error, "cannot list the tables");
    self->count = postgres_rows_count(self->rows);
    self->tables = memory_get((self->count + 1) * sizeof *self->tables);
    for (size_t row = 0; row < self->count; row++)
        self->tables[row] = (struct table){
            .number = (uint32_t)postgres_rows_integer(self->rows, row, 0),
            .kind = *postgres_rows_text(self->rows, row, 1),
            .inner = postgres_rows_text(self->rows, row, 2),
            .name = postgres_rows_text(self->rows, row, 3),
            .inner_hex = postgres_rows_text(self->rows, row, 4),
            .name_hex = postgres_rows_text(self->rows, row, 5),
            .parent = (uint32_t)postgres_rows_integer(self->rows, row, 6),
        };
    return 0;
}

static int
compare_numbers(const void *one, const void *other)
{
    uint32_t a = ((const struct table *)one)->number, b = ((const struct table *)other)->number;
    return a < b ? -1 : a > b;
}

static struct table *
find_table(const postgres_select_t *self, uint32_t number)
{
    struct table key = {.number = number};
    return self->count ? bsearch(&key, self->tables, self->count, sizeof key, compare_numbers)
                       : NULL;
}

static struct table *
parent_of(const postgres_select_t *self, const struct table *table)
{
    return table->parent ? find_table(self, table->parent) : NULL;
}

static struct selection_name
name_of(const postgres_select_t *self, const struct table *table)
{
    return (struct selection_name){
        .schema = self->database, .inner = table->inner, .table = table->name};
}

static const char *
kind_of(const struct table *table)
{
    switch (table->kind) {
    case 'v':
        return "view";
    case 'm':
        return "materialized view";
    case 'f':
        return "foreign table";
    default:
        return "table";
    }
}

static int
is_excluded(const struct table *table)
{
    return table->answer.verdict == SELECTION_LEFT_OUT &&
           strncmp(table->answer.rule, "not in ", strlen("not in ")) != 0;
}

// A partition of what is left out, is without rows or is included is so too, unless a rule leaves
// out more of it.
static void
take_after_parents(const postgres_select_t *self, struct table *table)
{
    for (const struct table *up = parent_of(self, table); up; up = parent_of(self, up)) {
        int is_not_included = table->answer.verdict == SELECTION_LEFT_OUT && !is_excluded(table);
        if (is_excluded(up) || (is_not_included && up->answer.verdict != SELECTION_LEFT_OUT) ||
            (table->answer.verdict == SELECTION_WANTED &&
             up->answer.verdict == SELECTION_WITHOUT_DATA))
            table->answer = up->answer;
    }
}

// A partition cannot be made without its parent, of which no list speaks.
static void
bring_parents(const postgres_select_t *self, const struct table *table)
{
    if (table->answer.verdict == SELECTION_LEFT_OUT)
        return;
    for (struct table *up = parent_of(self, table); up; up = parent_of(self, up)) {
        if (up->answer.verdict == SELECTION_LEFT_OUT)
            up->answer = (struct selection_answer){SELECTION_WANTED, NULL};
    }
}

static void
ask(postgres_select_t *self)
{
    CLEAN(memory_free)
    struct selection_answer *first = memory_get((self->count + 1) * sizeof *first);
    for (size_t i = 0; i < self->count; i++) {
        struct table *table = &self->tables[i];
        const struct selection_name name = name_of(self, table);
        table->answer = exclusions_judge(self->exclusions, &name);
        if (table->kind == 'v' && table->answer.verdict == SELECTION_WITHOUT_DATA)
            table->answer = (struct selection_answer){SELECTION_WANTED, NULL};
    }
    for (size_t i = 0; i < self->count; i++) {
        struct table copy = self->tables[i];
        take_after_parents(self, &copy);
        first[i] = copy.answer;
    }
    for (size_t i = 0; i < self->count; i++)
        self->tables[i].answer = first[i];
    for (size_t i = 0; i < self->count; i++)
        bring_parents(self, &self->tables[i]);
}

// "{16384,16390}" of the tables for which `is_one` holds; the caller's.
static char *
numbers_of(const postgres_select_t *self, int (*is_one)(const struct table *))
{
    enum { DIGITS = 12 };
    char *text = memory_get((self->count + 1) * DIGITS + 2);
    size_t used = 1;
    text[0] = '{';
    for (size_t i = 0; i < self->count; i++) {
        if (is_one(&self->tables[i]))
            used +=
                (size_t)sprintf(text + used, "%s%u", used > 1 ? "," : "", self->tables[i].number);
    }
    text[used] = '}';
    return text;
}

static int
is_unfilled(const struct table *table)
{
    return table->kind == 'm' && table->answer.verdict == SELECTION_WITHOUT_DATA;
}

static void
empty(void *context, uint32_t number)
{
    const postgres_select_t *self = context;
    struct table *table = find_table(self, number);
    if (table && table->answer.verdict == SELECTION_WANTED)
        table->answer = (struct selection_answer){
            SELECTION_WITHOUT_DATA, "it is made from a materialized view without rows"};
}

static int
empty_readers(postgres_select_t *self, postgres_t *postgres, struct error *error)
{
    CLEAN(memory_free) char *views = numbers_of(self, is_unfilled);
    return strcmp(views, "{}") == 0 ? 0
                                    : postgres_depend_readers(postgres, views, empty, self, error);
}

static void
mark_short(postgres_select_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        struct table *table = &self->tables[i];
        if (table->answer.verdict == SELECTION_WANTED)
            continue;
        for (struct table *up = table; up; up = parent_of(self, up))
            up->is_short = 1;
    }
}

static void
keep(postgres_select_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        const struct table *table = &self->tables[i];
        const struct selection_name name = name_of(self, table);
        exclusions_keep(self->exclusions, kind_of(table), &name, &table->answer);
    }
}

// ---- what goes along

static int
is_left_out(const struct table *table)
{
    return table->answer.verdict == SELECTION_LEFT_OUT;
}

static int
is_without_rows(const struct table *table)
{
    return table->answer.verdict != SELECTION_WANTED;
}

static int
is_short(const struct table *table)
{
    return table->is_short && !is_left_out(table);
}

static int
is_without_data(const struct table *table)
{
    return table->answer.verdict == SELECTION_WITHOUT_DATA;
}

// A table that needs what is left out, and so is left out itself.
static void
drop_table(postgres_select_t *self, struct table *table, const char *needs)
{
    CLEAN(memory_free) char *why = memory_format("it needs %s, which is left out", needs);
    const struct selection_name name = name_of(self, table);
    exclusions_add(self->exclusions, kind_of(table), &name, why);
    table->answer.verdict = SELECTION_LEFT_OUT;
}

static void
take_dependent(void *context, const struct postgres_dependent *each)
{
    postgres_select_t *self = context;
    struct table *table = each->is_table ? find_table(self, each->number) : NULL;
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
    CLEAN(memory_free) char *left_out = numbers_of(self, is_left_out);
    CLEAN(memory_free) char *shorts = numbers_of(self, is_short);
    CLEAN(memory_free) char *without_data = numbers_of(self, is_without_data);
    return postgres_depend_open(&self->depend, postgres, left_out, shorts, without_data,
                                take_dependent, self, error);
}

// ---- the tool

static int
make_patterns(postgres_select_t *self, struct error *error)
{
    self->without = postgres_pattern_new("--exclude-table=");
    self->without_data = postgres_pattern_new("--exclude-table-data=");
    for (size_t i = 0; i < self->count; i++) {
        const struct table *table = &self->tables[i];
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
        if (read_tables(self, postgres, error))
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
    const struct table *found = find_table(self, table);
    return !found || found->answer.verdict != SELECTION_LEFT_OUT;
}

int
postgres_select_reads(const postgres_select_t *self, uint32_t table)
{
    const struct table *found = find_table(self, table);
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
    return numbers_of(self, is_left_out);
}

char *
postgres_select_rowless(const postgres_select_t *self)
{
    return numbers_of(self, is_without_rows);
}
