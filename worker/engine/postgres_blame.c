#include "worker/engine/postgres_blame.h"

#include <string.h>

static int
is_of_too_large_a_row(const struct error *error)
{
    static const char *const signs[] = {"invalid memory alloc request size",
                                        "string buffer exceeds maximum",
                                        "Cannot enlarge string buffer"};
    for (size_t index = 0; index < sizeof signs / sizeof *signs; index++) {
        if (strstr(error->message, signs[index]))
            return 1;
    }
    return error->code == ERROR_CONFIG && strstr(error->message, "out of memory");
}

int
postgres_blame(const struct postgres_table *table, struct error *error)
{
    if (is_of_too_large_a_row(error))
        return error_set(error, ERROR_CONFIG,
                         "table '%s.%s' has a row whose text is over 1 GB, which no COPY (and no "
                         "pg_dump) can give: split or shorten it, or leave the table out",
                         table->schema, table->table);
    if (error->code == ERROR_BUSY)
        return error_wrap(error,
                          "table '%s.%s' is being changed by somebody (ALTER, TRUNCATE, DROP "
                          "or the like)",
                          table->schema, table->table);
    return error_wrap(error, "cannot read table '%s.%s'", table->schema, table->table);
}
