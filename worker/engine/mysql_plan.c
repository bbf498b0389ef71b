#include "worker/engine/mysql_plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "worker/engine/mysql_cuts.h"
#include "worker/engine/mysql_text.h"
#include "worker/engine/ranges.h"

struct mysql_plan {
    struct mysql_task *tasks;
    size_t count, room;
    uint32_t number;  // of the next file
    uint8_t *slots;   // that a large table has; while the plan is made
};

static void
clear(mysql_plan_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        struct mysql_task *task = &self->tasks[i];
        memory_free(&task->tables);
        memory_free(&task->parts);
        memory_free(&task->low);
        memory_free(&task->high);
    }
    self->count = 0;
    memory_free(&self->slots);
}

void
mysql_plan_destroy(mysql_plan_t **self_p)
{
    if (!*self_p)
        return;
    clear(*self_p);
    memory_free(&(*self_p)->tasks);
    memory_free(self_p);
}

size_t
mysql_plan_count(const mysql_plan_t *self)
{
    return self->count;
}

struct mysql_task *
mysql_plan_at(mysql_plan_t *self, size_t index)
{
    return &self->tasks[index];
}

static struct mysql_task *
add(mysql_plan_t *self, enum mysql_row_form form)
{
    if (self->count == self->room) {
        self->room = self->room ? 2 * self->room : 64;
        self->tasks = memory_resize(self->tasks, self->room * sizeof *self->tasks);
    }
    struct mysql_task *task = &self->tasks[self->count++];
    *task = (struct mysql_task){.number = self->number++, .form = (uint8_t)form};
    return task;
}

static void
add_table(struct mysql_task *task, struct mysql_table *table)
{
    size_t count = task->table_count;
    if ((count & (count - 1)) == 0)
        task->tables = memory_resize(task->tables, (count ? 2 * count : 1) * sizeof *task->tables);
    task->tables[task->table_count++] = table;
    task->bytes += table->bytes;
}

// Lines are for tables whose rows are many and have columns. What a statement has to prepare
// (history) is a script's.
static int
is_large(const struct mysql_table *table, const struct ranges_sizes *sizes)
{
    size_t values = 0;
    for (size_t i = 0; i < table->column_count; i++)
        values += !table->columns[i].is_generated;
    return table->bytes >= sizes->small_bytes && !table->has_history && values > 0 &&
           !table->is_without_rows;
}

static void
add_small(mysql_plan_t *self, mysql_tables_t *tables, const struct ranges_sizes *sizes)
{
    uint64_t bytes = 0, count = 0;
    for (size_t i = 0; i < mysql_tables_count(tables); i++) {
        const struct mysql_table *table = mysql_tables_at(tables, i);
        if (!is_large(table, sizes)) {
            bytes += table->bytes;
            count++;
        }
    }
    uint32_t buckets = ranges_buckets(sizes, bytes, count);
    for (uint32_t i = 0; i < buckets; i++)
        add(self, MYSQL_INSERTS)->reads_definitions = 1;
    for (size_t i = 0; i < mysql_tables_count(tables); i++) {
        struct mysql_table *table = mysql_tables_at(tables, i);
        if (!is_large(table, sizes))
            add_table(&self->tasks[ranges_bucket(table->schema, table->name, buckets)], table);
    }
    // The numbers stay: a script without tables is no file.
    size_t kept = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (self->tasks[i].table_count > 0)
            self->tasks[kept++] = self->tasks[i];
    }
    self->count = kept;
}

struct table_facts
mysql_plan_facts(const struct mysql_table *table, int is_in_lines, char **key, char **columns)
{
    struct mysql_text text = {0};
    for (size_t i = 0; i < table->key_count; i++)
        mysql_text_add(&text, i ? ", %s" : "%s", table->keys[i]);
    *key = text.data;
    *columns = is_in_lines ? mysql_table_load_columns(table) : NULL;
    return (struct table_facts){.schema = table->schema,
                                .name = table->name,
                                .key = *key,
                                .period = table->has_history ? "FOR SYSTEM_TIME ALL" : NULL,
                                .columns = *columns};
}

// A large table's files have numbers of their own, by its name, so that a range more, or a table
// more, changes no other's. Two tables of one slot, as few are, stand side by side in their order.
static uint32_t
first_number(mysql_plan_t *self, const struct mysql_table *table)
{
    uint32_t slot = ranges_slot(table->schema, table->name);
    while (self->slots[slot])
        slot = (slot + 1) % RANGES_SLOTS;
    self->slots[slot] = 1;
    return (slot + 1) * RANGES_OF_TABLE_MAX;
}

static int
add_large(mysql_plan_t *self, mysql_session_t *session, struct mysql_table *table,
          const struct ranges_sizes *sizes, const struct earlier *earlier, struct error *error)
{
    CLEAN(ranges_destroy) ranges_t *ranges = NULL;
    if (mysql_cuts_make(&ranges, session, table, sizes, earlier, error))
        return error_wrap(error, "cannot cut table %s", table->quoted);
    uint64_t rows = table->rows ? table->rows : 1;
    self->number = first_number(self, table);
    for (size_t i = 0; i < ranges_count(ranges); i++) {
        const struct range *range = ranges_at(ranges, i);
        struct mysql_task *task = add(self, MYSQL_LINES);
        add_table(task, table);
        task->low = memory_copy_text(range->low);
        task->high = memory_copy_text(range->high);
        task->reads_definitions = i == 0;
        if (ranges_count(ranges) > 1)
            task->bytes = (uint64_t)((double)table->bytes / (double)rows * (double)range->rows);
    }
    return 0;
}

static int
compare_tasks(const void *one, const void *other)
{
    const struct mysql_task *a = one, *b = other;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

// All tables, by these sizes.
static int
make(mysql_plan_t *self, mysql_session_t *session, mysql_tables_t *tables,
     const struct ranges_sizes *sizes, const struct earlier *earlier, struct error *error)
{
    clear(self);
    self->number = MYSQL_FIRST_NUMBER;
    self->slots = memory_get(RANGES_SLOTS);
    add_small(self, tables, sizes);
    for (size_t i = 0; i < mysql_tables_count(tables); i++) {
        struct mysql_table *table = mysql_tables_at(tables, i);
        if (is_large(table, sizes) && add_large(self, session, table, sizes, earlier, error))
            return -1;
    }
    return 0;
}

int
mysql_plan_make(mysql_plan_t **self_p, mysql_session_t *session, mysql_tables_t *tables,
                const struct backup_options *options, struct error *error)
{
    CLEAN(mysql_plan_destroy) mysql_plan_t *self = memory_get(sizeof *self);
    uint64_t bytes = 0;
    for (size_t i = 0; i < mysql_tables_count(tables); i++)
        bytes += mysql_tables_at(tables, i)->bytes;
    uint64_t files_max = options->files_max ? options->files_max : RANGES_FILES_MAX;
    struct ranges_sizes sizes = ranges_sizes(bytes, options->range_bytes, files_max);
    do {
        if (make(self, session, tables, &sizes, options->earlier, error))
            return -1;
    } while (self->count > files_max && ranges_sizes_grow(&sizes));
    for (size_t i = 0; i < self->count; i++)
        self->tasks[i].parts =
            memory_get(self->tasks[i].table_count * sizeof *self->tasks[i].parts);
    if (self->count > 0)
        qsort(self->tasks, self->count, sizeof *self->tasks, compare_tasks);
    *self_p = STEAL(self);
    return 0;
}
