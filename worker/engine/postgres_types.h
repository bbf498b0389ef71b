// The types of tables' columns, and which tables are read in COPY's binary form and made into text
// here. File and digest are the same either way (postgres_value.h, postgres_digest.h); what differs
// is who works for it.
//
// It pays where a server then spends no more on a row: one in binary form costs us 10 to 110 ns
// less than its text, of which each field is found, read and copied. Measured on PostgreSQL 15 (8
// columns of one kind, 150,000 rows, CPU of the backend, text less binary, ns a value): uuid 190,
// inet 120, timestamptz 95, timestamp 80, float8 46, date and time 25, float4 17; none for numbers
// of 2, 4 or 8 bytes, numeric, jsonb and arrays; boolean -25. Text costs 29 more where it has 8
// bytes, none at 32, and 208 less at 200: about a nanosecond a byte, less 35; bytea 104 less at 32
// bytes, 1,680 at 500. How long texts are is told by the table's size and its number of rows.

#pragma once

#include "worker/engine/postgres_tables.h"

enum postgres_choice {
    POSTGRES_AS_IT_PAYS,
    POSTGRES_AS_TEXT,
    POSTGRES_AS_BINARY,  // wherever it can be
};

// Fills in the tables' types; of those that it does not know, POSTGRES_NO_KIND. Fails as
// postgres_query.
int postgres_types_read(struct postgres_tables *tables, postgres_t *postgres,
                        enum postgres_choice choice, struct error *error);
