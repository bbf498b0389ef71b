#include "coordinator/cli/print.h"

#include <ctype.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/cli/cell.h"

enum { COLUMNS_MAX = 64, CELL_WIDTH_MAX = 48, GAP = 2 };

struct printer {
    FILE *out;
    enum print_form form;
    const char *const *columns;
    int is_whole;   // the first page is the last
    int is_titled;  // CSV: the names are printed
    size_t rows;
    size_t pending;              // spaces that are only needed if something follows them
    size_t count;                // of the columns that are shown
    size_t chosen[COLUMNS_MAX];  // their numbers in the table
    size_t widths[COLUMNS_MAX];
};

printer_t *
printer_new(FILE *out, enum print_form form, const char *const *columns)
{
    printer_t *self = memory_get(sizeof *self);
    self->out = out;
    self->form = form;
    self->columns = columns;
    return self;
}

void
printer_destroy(printer_t **self_p)
{
    memory_free(self_p);
}

// ---- JSON

static json_t *
object_of(const table_t *table, size_t row)
{
    json_t *object = json_object();
    for (size_t column = 0; column < table_columns(table); column++)
        json_object_set_new(object, table_name(table, column),
                            cell_json(table_type(table, column), table_cell(table, row, column)));
    return object;
}

json_t *
print_objects(const table_t *table)
{
    json_t *array = json_array();
    for (size_t row = 0; row < table_rows(table); row++)
        json_array_append_new(array, object_of(table, row));
    return array;
}

static void
add_objects(printer_t *self, const table_t *table)
{
    for (size_t row = 0; row < table_rows(table); row++) {
        CLEAN(json_destroy) json_t *object = object_of(table, row);
        CLEAN(memory_free) char *text = json_print(object);
        fprintf(self->out, "%s%s", self->rows++ ? ",\n " : "[", text);
    }
}

// ---- CSV

static void
put_field(FILE *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

// Times as in JSON, texts in one line and harmless, all else as it came.
static void
put_csv_cell(FILE *out, enum table_type type, const char *cell)
{
    if (type == TABLE_TIME) {
        CLEAN(json_destroy) json_t *time = cell_json(type, cell);
        fputs(json_is_string(time) ? json_string_value(time) : "", out);
        return;
    }
    CLEAN(memory_free) char *text = type == TABLE_TEXT ? cell_show(type, cell) : NULL;
    put_field(out, text ? text : cell);
}

static void
add_csv(printer_t *self, const table_t *table)
{
    size_t count = table_columns(table);
    for (size_t column = 0; !self->is_titled && column < count; column++) {
        put_field(self->out, table_name(table, column));
        fputc(column + 1 < count ? ',' : '\n', self->out);
    }
    self->is_titled = 1;
    for (size_t row = 0; row < table_rows(table); row++) {
        for (size_t column = 0; column < count; column++) {
            put_csv_cell(self->out, table_type(table, column), table_cell(table, row, column));
            fputc(column + 1 < count ? ',' : '\n', self->out);
        }
    }
    self->rows += table_rows(table);
}

// ---- tables

static int
is_empty(const table_t *table, size_t column)
{
    for (size_t row = 0; row < table_rows(table); row++)
        if (*table_cell(table, row, column))
            return 0;
    return 1;
}

static void
choose(printer_t *self, const table_t *table, size_t column)
{
    int is_needed = !self->is_whole || !is_empty(table, column);
    if (is_needed && self->count < COLUMNS_MAX)
        self->chosen[self->count++] = column;
}

static void
choose_all(printer_t *self, const table_t *table)
{
    if (self->form == PRINT_WIDE || !self->columns) {
        for (size_t column = 0; column < table_columns(table); column++)
            choose(self, table, column);
        return;
    }
    for (const char *const *name = self->columns; *name; name++)
        for (size_t column = 0; column < table_columns(table); column++)
            if (strcmp(table_name(table, column), *name) == 0)
                choose(self, table, column);
}

static int
is_last(const printer_t *self, size_t index)
{
    return index + 1 == self->count;
}

static int
is_number(enum table_type type)
{
    return type == TABLE_INTEGER || type == TABLE_BYTES || type == TABLE_DURATION;
}

// What stands in the table for a cell. The last column has room to its right: a message.
static char *
show(const printer_t *self, const table_t *table, size_t row, size_t index)
{
    size_t column = self->chosen[index];
    enum table_type type = table_type(table, column);
    if (self->form != PRINT_TABLE)
        return cell_show(type, table_cell(table, row, column));
    CLEAN(memory_free) char *line = cell_first_line(table_cell(table, row, column));
    char *text = cell_show(type, line);
    if (!is_last(self, index))
        cell_cut(text, CELL_WIDTH_MAX);
    return text;
}

static char *
title(const table_t *table, size_t column)
{
    char *text = cell_show(TABLE_TEXT, table_name(table, column));
    for (char *next = text; *next; next++)
        *next = *next == '_' ? ' ' : (char)toupper((unsigned char)*next);
    return text;
}

static void
measure(printer_t *self, const table_t *table)
{
    for (size_t i = 0; i < self->count; i++) {
        CLEAN(memory_free) char *name = title(table, self->chosen[i]);
        self->widths[i] = cell_width(name);
        for (size_t row = 0; row < table_rows(table); row++) {
            CLEAN(memory_free) char *text = show(self, table, row, i);
            size_t width = cell_width(text);
            self->widths[i] = width > self->widths[i] ? width : self->widths[i];
        }
    }
}

static void
put(printer_t *self, size_t index, enum table_type type, const char *text)
{
    size_t width = cell_width(text);
    size_t left = width < self->widths[index] ? self->widths[index] - width : 0;
    self->pending += (index ? GAP : 0) + (is_number(type) ? left : 0);
    if (*text) {
        fprintf(self->out, "%*s%s", (int)self->pending, "", text);
        self->pending = 0;
    }
    self->pending += is_number(type) ? 0 : left;
}

static void
end_line(printer_t *self)
{
    fputc('\n', self->out);
    self->pending = 0;
}

static void
add_lines(printer_t *self, const table_t *table)
{
    if (table_rows(table) == 0)
        return;
    if (self->rows == 0) {
        choose_all(self, table);
        measure(self, table);
        for (size_t i = 0; i < self->count; i++) {
            CLEAN(memory_free) char *name = title(table, self->chosen[i]);
            put(self, i, table_type(table, self->chosen[i]), name);
        }
        end_line(self);
    }
    for (size_t row = 0; row < table_rows(table); row++) {
        for (size_t i = 0; i < self->count && self->chosen[i] < table_columns(table); i++) {
            CLEAN(memory_free) char *text = show(self, table, row, i);
            put(self, i, table_type(table, self->chosen[i]), text);
        }
        end_line(self);
    }
    self->rows += table_rows(table);
}

void
printer_fit(printer_t *self)
{
    self->is_whole = self->form == PRINT_TABLE;
}

void
printer_add(printer_t *self, const table_t *table)
{
    if (self->form == PRINT_JSON)
        add_objects(self, table);
    else if (self->form == PRINT_CSV)
        add_csv(self, table);
    else
        add_lines(self, table);
}

void
printer_end(printer_t *self)
{
    if (self->form == PRINT_JSON)
        fputs(self->rows ? "]\n" : "[]\n", self->out);
    else if (self->form != PRINT_CSV && self->rows == 0)
        fputs("none\n", self->out);
}

// Further lines of a text stand beneath the first.
static void
print_lines(FILE *out, const char *name, int width, const char *text)
{
    while (*text) {
        size_t size = strcspn(text, "\n");
        CLEAN(memory_free) char *line = memory_format("%.*s", (int)size, text);
        CLEAN(memory_free) char *shown = cell_show(TABLE_TEXT, line);
        fprintf(out, "%-*s  %s\n", width, name, shown);
        text += size + (text[size] == '\n');
        name = "";
    }
}

void
print_record(FILE *out, const table_t *table, size_t row)
{
    int width = 0;
    for (size_t column = 0; column < table_columns(table); column++) {
        int size = (int)strlen(table_name(table, column));
        width = size > width ? size : width;
    }
    for (size_t column = 0; column < table_columns(table); column++) {
        enum table_type type = table_type(table, column);
        const char *cell = table_cell(table, row, column);
        CLEAN(memory_free) char *name = cell_show(TABLE_TEXT, table_name(table, column));
        CLEAN(memory_free) char *text = cell_show(type, cell);
        print_lines(out, name, width, type == TABLE_TEXT ? cell : text);
    }
}
