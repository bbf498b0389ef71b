// What went wrong while a table was read, told with the table's name and what is to be done.

#pragma once

#include "common/error.h"
#include "worker/engine/postgres_tables.h"

// Always returns -1. ERROR_CONFIG: a row of the table is too large for COPY; else `error` keeps its
// code.
int postgres_blame(const struct postgres_table *table, struct error *error);
