// How the columns of lists are written down, and those of lists of sets. For list_table.c and
// list_sets.c only.

#pragma once

#include "coordinator/catalog/list.h"

extern const struct list_column list_set_columns[], list_kept_columns[], list_expiring_columns[],
    list_protection_columns[];

#define TEXT(name, sql) \
    { \
        name, TABLE_TEXT, SHOW_PLAIN, sql \
    }
#define NUMBER(name, sql) \
    { \
        name, TABLE_INTEGER, SHOW_PLAIN, sql \
    }
#define BYTES(name, sql) \
    { \
        name, TABLE_BYTES, SHOW_PLAIN, sql \
    }
#define TIME(name, sql) \
    { \
        name, TABLE_TIME, SHOW_PLAIN, sql \
    }
#define SPAN(name, sql) \
    { \
        name, TABLE_DURATION, SHOW_SECONDS, sql \
    }
#define END \
    { \
        NULL, TABLE_TEXT, SHOW_PLAIN, NULL \
    }

#define SET_FROM \
    "sets s JOIN known_databases d ON d.id = s.database_id" \
    " LEFT JOIN protections p ON p.id = s.protection_id"
