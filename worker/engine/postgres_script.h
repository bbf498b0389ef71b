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

// Adds how a session must be set for all that follows to be read as it was meant.
void postgres_script_add_head(postgres_script_t *self);

// %s: text as it is, %I: a name in double quotes, %L: a literal; all arguments are texts. Nothing
// else has a meaning after '%', but "%%".
void postgres_script_add(postgres_script_t *self, const char *format, ...);

const char *postgres_script_text(const postgres_script_t *self);  // lent, until the next add
size_t postgres_script_size(const postgres_script_t *self);

// A statement for a block, whose failure for one of `reasons` (plpgsql's conditions) is a warning.
void postgres_script_add_attempt(postgres_script_t *block, const postgres_script_t *statement,
                                 const char *reasons);

// A block of plpgsql that runs at once. What is in it is a literal to psql: a "\connect" in a name
// is nothing to it.
void postgres_script_add_block(postgres_script_t *self, const postgres_script_t *block);

// "<what> <role> <rest>;" as a block that only warns where the right to grant, or the role, is
// missing. `role` "": PUBLIC.
void postgres_script_add_grant(postgres_script_t *self, const char *what, const char *role,
                               const char *rest);
