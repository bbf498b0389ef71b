#include "common/options.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"

struct given {
    const struct option_row *row;
    const char *value;
};

struct options {
    const struct option_row *rows;
    struct given *given;
    const char **arguments;
    size_t given_count, argument_count;
};

static int
unknown_option(const struct option_row *rows, const char *name, struct error *error)
{
    struct text_guess guess = {0};
    for (const struct option_row *row = rows; row->name; row++)
        text_guess_consider(&guess, name, row->name);
    if (guess.name)
        return error_set(error, ERROR_CONFIG, "unknown option '--%s'; did you mean '--%s'?", name,
                         guess.name);
    return error_set(error, ERROR_CONFIG, "unknown option '--%s'; --help lists what there is",
                     name);
}

static const struct option_row *
find_row(const struct option_row *rows, const char *name, size_t size)
{
    for (const struct option_row *row = rows; row->name; row++)
        if (strlen(row->name) == size && memcmp(row->name, name, size) == 0)
            return row;
    return NULL;
}

// Takes argv[*index], an option, and its value.
static int
take_option(options_t *self, int argc, char **argv, int *index, struct error *error)
{
    const char *name = argv[*index] + 2;
    size_t size = strcspn(name, "=");
    const char *value = name[size] == '=' ? name + size + 1 : NULL;
    const struct option_row *row = find_row(self->rows, name, size);
    if (!row) {
        CLEAN(memory_free) char *alone = memory_format("%.*s", (int)(size < 64 ? size : 64), name);
        return unknown_option(self->rows, alone, error);
    }
    if (!row->value && value)
        return error_set(error, ERROR_CONFIG, "the option '--%s' takes no value", row->name);
    if (row->value && !value && ++*index >= argc)
        return error_set(error, ERROR_CONFIG, "the option '--%s' needs a value: --%s %s", row->name,
                         row->name, row->value);
    if (row->value && !value)
        value = argv[*index];
    self->given[self->given_count++] = (struct given){.row = row, .value = value};
    return 0;
}

int
options_parse(options_t **self_p, const struct option_row *rows, int argc, char **argv,
              struct error *error)
{
    CLEAN(options_destroy) options_t *self = memory_get(sizeof *self);
    size_t room = argc > 0 ? (size_t)argc : 1;
    self->rows = rows;
    self->given = memory_get(room * sizeof *self->given);
    self->arguments = memory_get(room * sizeof *self->arguments);
    int has_ended = 0;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (has_ended || word[0] != '-' || word[1] == '\0')
            self->arguments[self->argument_count++] = word;
        else if (strcmp(word, "--") == 0)
            has_ended = 1;
        else if (word[1] != '-')
            return error_set(error, ERROR_CONFIG,
                             "unknown option '%.64s'; options have two dashes and a whole word",
                             word);
        else if (take_option(self, argc, argv, &i, error))
            return -1;
    }
    *self_p = STEAL(self);
    return 0;
}

void
options_destroy(options_t **self_p)
{
    if (!*self_p)
        return;
    memory_free(&(*self_p)->given);
    memory_free(&(*self_p)->arguments);
    memory_free(self_p);
}

static const struct given *
find_given(const options_t *self, const char *name, size_t index)
{
    assert(find_row(self->rows, name, strlen(name)));
    for (size_t i = 0; i < self->given_count; i++)
        if (strcmp(self->given[i].row->name, name) == 0 && index-- == 0)
            return &self->given[i];
    return NULL;
}

const char *
options_nth(const options_t *self, const char *name, size_t index)
{
    const struct given *given = find_given(self, name, index);
    return given ? given->value : NULL;
}

const char *
options_value(const options_t *self, const char *name, const char *preset)
{
    const char *value = preset;
    for (size_t i = 0;; i++) {
        const char *next = options_nth(self, name, i);
        if (!next)
            return value;
        value = next;
    }
}

int
options_has(const options_t *self, const char *name)
{
    return find_given(self, name, 0) != NULL;
}

size_t
options_count(const options_t *self)
{
    return self->argument_count;
}

const char *
options_argument(const options_t *self, size_t index)
{
    return index < self->argument_count ? self->arguments[index] : NULL;
}

void
options_print_help(const struct option_row *rows)
{
    size_t width = 0;
    for (const struct option_row *row = rows; row->name; row++) {
        size_t size = strlen(row->name) + (row->value ? strlen(row->value) + 1 : 0);
        width = size > width ? size : width;
    }
    for (const struct option_row *row = rows; row->name; row++) {
        const char *space = row->value ? " " : "";
        const char *value = row->value ? row->value : "";
        int left = (int)(width - strlen(row->name) - strlen(space) - strlen(value));
        printf("  --%s%s%s%*s  %s\n", row->name, space, value, left, "", row->help);
    }
}
