// A column of a table, as information_schema has it. Part of mysql_tables.

#pragma once

#include "worker/engine/mysql_tables.h"

// The cells of the columns' list.
enum mysql_column_cell {
    SCHEMA,
    TABLE,
    NAME,
    TYPE,
    CHARSET,
    COLLATION,
    EXTRA,
    EXPRESSION,
    FULL_TYPE,
    NULLABLE
};

struct mysql_column mysql_column_of(const char *const *cells);
