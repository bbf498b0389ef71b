// SQL text for psql that grows. Names and literals are quoted so that nothing in them is seen as
// SQL or as a command of psql's, whatever is in them.
//
//     CLEAN(postgres_script_destroy) postgres_script_t *script = postgres_script_new();
//     postgres_script_add(script, "COMMENT ON ROLE %I IS %L;\n", name, comment);

#pragma once

#include <stddef.h>

typedef struct postgres_script postgres_script_t;

postgres_script_t *postgres_script_new(void);
void postgres_script_destroy(postgres_script_t **self_p);  // overwrites: hashes may be in it

// %s: text as it is, %I: a name in double quotes, %L: a literal; all arguments are texts. Nothing
// else has a meaning after '%', but "%%".
void postgres_script_add(postgres_script_t *self, const char *format, ...);

const char *postgres_script_text(const postgres_script_t *self);  // lent, until the next add
size_t postgres_script_size(const postgres_script_t *self);
void postgres_script_clear(postgres_script_t *self);
