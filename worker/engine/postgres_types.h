// Which tables are read in COPY's binary form and made into text here. The file is the same either
// way (postgres_value.h); what differs is who works for it.

#pragma once

#include "worker/engine/postgres_tables.h"

enum postgres_choice {
    POSTGRES_AS_IT_PAYS,
    POSTGRES_AS_TEXT,
    POSTGRES_AS_BINARY,  // wherever it can be
};

// Fills in the tables' types. Fails as postgres_query.
int postgres_types_read(struct postgres_tables *tables, postgres_t *postgres,
                        enum postgres_choice choice, struct error *error);
