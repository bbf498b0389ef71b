// Command-line options from a table, long form only, with --help made of the same table.
//
//     static const struct option_row rows[] = {
//         {"config", "FILE", "the configuration (default: /etc/dbhaul/worker.yaml)"},
//         {"json", NULL, "print JSON"}, {0}};
//     CLEAN(options_destroy) options_t *options = NULL;
//     if (options_parse(&options, rows, argc, argv, error)) ...
//     const char *path = options_value(options, "config", "/etc/dbhaul/worker.yaml");
//
// "--name value", "--name=value", "--" ends the options; what remains are the arguments. An unknown
// option, a missing value or one too many is ERROR_CONFIG with the nearest name that exists.

#pragma once

#include <stddef.h>

#include "common/error.h"

struct option_row {
    const char *name;
    const char *value;  // what to call its value in the help; NULL: it takes none
    const char *help;
};

typedef struct options options_t;

// argv is borrowed and must outlive the options. argv[0] is skipped.
int options_parse(options_t **self_p, const struct option_row *rows, int argc, char **argv,
                  struct error *error);
void options_destroy(options_t **self_p);

const char *options_value(const options_t *self, const char *name, const char *preset);
int options_has(const options_t *self, const char *name);

// An option may stand several times: value number `index`, or NULL.
const char *options_nth(const options_t *self, const char *name, size_t index);

size_t options_count(const options_t *self);                        // of arguments
const char *options_argument(const options_t *self, size_t index);  // NULL beyond the last

void options_print_help(const struct option_row *rows);
