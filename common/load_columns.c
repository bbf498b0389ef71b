#include "common/load_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

// A column as it stands in the text: a name in backticks, or a variable that is set to one later.
struct column {
    const char *name;  // NULL: not known yet
    size_t size;
    unsigned long variable;
    int is_converted;
};

struct reading {
    const char *next;
    struct column *columns;
    size_t count;
};

void
load_columns_clear(struct load_columns *self)
{
    memory_free(&self->list);
    memory_free(&self->converted);
}

static int
take(struct reading *self, const char *word)
{
    size_t size = strlen(word);
    if (strncmp(self->next, word, size) != 0)
        return -1;
    self->next += size;
    return 0;
}

static int
take_name(struct reading *self, const char **name, size_t *size)
{
    const char *end = self->next;
    if (*end++ != '`')
        return -1;
    for (; *end; end++) {
        if (*end == '`' && *++end != '`') {
            *name = self->next;
            *size = (size_t)(end - self->next);
            self->next = end;
            return 0;
        }
    }
    return -1;
}

static int
take_number(struct reading *self, unsigned long *number)
{
    char *end = NULL;
    *number = strtoul(self->next, &end, 10);
    if (end == self->next || *self->next < '0' || *self->next > '9')
        return -1;
    self->next = end;
    return 0;
}

static int
take_column(struct reading *self)
{
    struct column *column = &self->columns[self->count++];
    if (take(self, "@v"))
        return take_name(self, &column->name, &column->size);
    column->is_converted = 1;
    return take_number(self, &column->variable);
}

static int
take_list(struct reading *self)
{
    if (take(self, "("))
        return -1;
    do {
        if (self->count == LOAD_COLUMNS_MAX || take_column(self))
            return -1;
    } while (take(self, ", ") == 0);
    return take(self, ")");
}

// "`b` = CONVERT(@v1 USING utf8mb4)"
static int
take_conversion(struct reading *self)
{
    const char *name = NULL;
    size_t size = 0, found = 0;
    unsigned long variable = 0;
    if (take_name(self, &name, &size) || take(self, " = CONVERT(@v") ||
        take_number(self, &variable) || take(self, " USING utf8mb4)"))
        return -1;
    for (size_t i = 0; i < self->count; i++) {
        struct column *column = &self->columns[i];
        if (!column->is_converted || column->variable != variable || column->name)
            continue;
        column->name = name;
        column->size = size;
        found++;
    }
    return found == 1 ? 0 : -1;
}

static int
take_all(struct reading *self)
{
    if (take_list(self))
        return -1;
    for (const char *before = " SET "; *self->next; before = ", ") {
        if (take(self, before) || take_conversion(self))
            return -1;
    }
    for (size_t i = 0; i < self->count; i++) {
        if (!self->columns[i].name)
            return -1;
    }
    return 0;
}

static void
print(const struct reading *self, struct load_columns *columns)
{
    size_t size = 0;
    FILE *stream = open_memstream(&columns->list, &size);
    if (!stream)
        abort();
    columns->converted = memory_get(self->count + 1);
    for (size_t i = 0; i < self->count; i++) {
        const struct column *column = &self->columns[i];
        fprintf(stream, "%s%.*s", i ? ", " : "(", (int)column->size, column->name);
        columns->converted[i] = column->is_converted ? '1' : '0';
    }
    fputs(")", stream);
    if (fclose(stream))
        abort();
}

int
load_columns_read(struct load_columns *self, const char *text, struct error *error)
{
    struct reading reading = {.next = text};
    reading.columns = memory_get(LOAD_COLUMNS_MAX * sizeof *reading.columns);
    int status = take_all(&reading);
    if (status == 0)
        print(&reading, self);
    memory_free(&reading.columns);
    return status ? error_set(error, ERROR_INVALID, "'%.100s' are no columns for LOAD DATA", text)
                  : 0;
}
