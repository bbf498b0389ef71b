#include "worker/engine/postgres_sequences.h"

#include "common/buffer.h"
#include "common/clean.h"

enum { SEQUENCES_A_STATEMENT = 200 };

int
postgres_sequences_add(const struct postgres_tables *tables, postgres_t *postgres,
                       postgres_script_t *script, struct error *error)
{
    for (size_t first = 0; first < tables->sequence_count; first += SEQUENCES_A_STATEMENT) {
        CLEAN(buffer_clear) struct buffer sql = {0};
        CLEAN(postgres_rows_destroy) postgres_rows_t *rows = NULL;
        size_t last = first + SEQUENCES_A_STATEMENT;
        if (last > tables->sequence_count)
            last = tables->sequence_count;
        for (size_t index = first; index < last; index++)
            buffer_format(&sql, "%sSELECT last_value, is_called FROM %s",
                          index > first ? " UNION ALL " : "", tables->sequences[index].name);
        if (postgres_query(postgres, buffer_read(&sql), NULL, &rows, error))
            return error_wrap(error, "cannot read the values of sequences");
        if (postgres_rows_count(rows) != last - first)
            return error_set(error, ERROR_INVALID, "the server gave no value for some sequences");
        for (size_t row = 0; row < postgres_rows_count(rows); row++)
            postgres_script_add(script, "SELECT pg_catalog.setval(%L, %s, %s);\n",
                                tables->sequences[first + row].name,
                                postgres_rows_text(rows, row, 0),
                                postgres_rows_true(rows, row, 1) ? "true" : "false");
    }
    return 0;
}
