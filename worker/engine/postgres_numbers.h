// Numbers of the files of a database's rows: by the tables' names, so that a table that grows,
// comes or goes changes no other's. Numbers of one database are above those of the one before,
// whatever else is between them, as files are loaded in their order.
//
//     CLEAN(postgres_numbers_destroy) postgres_numbers_t *numbers = postgres_numbers_new(place);
//     share->number = postgres_numbers_first(numbers, "public", "orders") + range;

#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    POSTGRES_NUMBERS_RANGES = 2048,   // of a table
    POSTGRES_NUMBERS_DATABASES = 62,  // that have such numbers; what comes after them has the rest
};

typedef struct postgres_numbers postgres_numbers_t;

// place: of the database, from 0.
postgres_numbers_t *postgres_numbers_new(size_t place);
void postgres_numbers_destroy(postgres_numbers_t **self_p);

// The first of a table's numbers; 0: the database has none of its own. Two tables with the same one
// by their names, as few are, stand side by side in the order in which they are asked for.
uint32_t postgres_numbers_first(postgres_numbers_t *self, const char *schema, const char *table);
