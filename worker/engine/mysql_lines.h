// Reads a file of rows piece by piece: the lines of one for LOAD DATA, made into INSERT statements;
// or the statements of a script of ours, which end where a line ends in a semicolon outside of
// quotes. Part of mysql_load.

#pragma once

#include <stddef.h>

#include "common/error.h"

typedef struct mysql_lines mysql_lines_t;

// fd is lent. `insert`: what each statement begins with, "INSERT INTO `a`.`b` (`c`) VALUES";
// `converted`: a character a column, as in load_columns.h. NULL: a script, its statements are
// given as they are.
mysql_lines_t *mysql_lines_new(int fd, const char *insert, const char *converted);
void mysql_lines_destroy(mysql_lines_t **self_p);

// The next statement, without its semicolon; lent until the next call. NULL at the end. *rows: of
// lines, how many it holds.
int mysql_lines_next(mysql_lines_t *self, const char **statement, size_t *size, size_t *rows,
                     struct error *error);
