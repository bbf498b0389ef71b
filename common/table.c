#include "common/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/memory.h"

struct column {
    char *name;
    enum table_type type;
};

struct table {
    struct column *columns;
    char **cells;  // row by row; NULL: not set
    size_t column_count, row_count, row_room;
};

table_t *
table_new(void)
{
    return memory_get(sizeof(table_t));
}

void
table_destroy(table_t **self_p)
{
    table_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->row_count * self->column_count; i++)
        memory_free(&self->cells[i]);
    for (size_t i = 0; i < self->column_count; i++)
        memory_free(&self->columns[i].name);
    memory_free(&self->cells);
    memory_free(&self->columns);
    memory_free(self_p);
}

void
table_add_column(table_t *self, const char *name, enum table_type type)
{
    assert(self->row_count == 0);
    size_t count = self->column_count + 1;
    self->columns = memory_resize(self->columns, count * sizeof *self->columns);
    self->columns[self->column_count] =
        (struct column){.name = memory_copy_text(name), .type = type};
    self->column_count = count;
}

void
table_add_row(table_t *self)
{
    assert(self->column_count > 0);
    if (self->row_count == self->row_room) {
        self->row_room = self->row_room ? 2 * self->row_room : 16;
        size_t count = self->row_room * self->column_count;
        self->cells = memory_resize(self->cells, count * sizeof *self->cells);
    }
    char **row = &self->cells[self->row_count * self->column_count];
    memset(row, 0, self->column_count * sizeof *row);
    self->row_count++;
}

void
table_change(table_t *self, size_t row, const char *column, const char *text)
{
    assert(row < self->row_count);
    size_t index = 0;
    while (index < self->column_count && strcmp(self->columns[index].name, column) != 0)
        index++;
    assert(index < self->column_count);
    char **cell = &self->cells[row * self->column_count + index];
    memory_free(cell);
    *cell = memory_copy_text(text);
}

void
table_set(table_t *self, const char *column, const char *text)
{
    assert(self->row_count > 0);
    table_change(self, self->row_count - 1, column, text);
}

void
table_set_integer(table_t *self, const char *column, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    table_set(self, column, text);
}

size_t
table_columns(const table_t *self)
{
    return self->column_count;
}

size_t
table_rows(const table_t *self)
{
    return self->row_count;
}

const char *
table_name(const table_t *self, size_t column)
{
    assert(column < self->column_count);
    return self->columns[column].name;
}

enum table_type
table_type(const table_t *self, size_t column)
{
    assert(column < self->column_count);
    return self->columns[column].type;
}

const char *
table_cell(const table_t *self, size_t row, size_t column)
{
    assert(row < self->row_count && column < self->column_count);
    const char *cell = self->cells[row * self->column_count + column];
    return cell ? cell : "";
}
