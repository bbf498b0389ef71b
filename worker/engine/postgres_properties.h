// What a PostgreSQL database is beyond its content: how it is created, its settings, grants and
// comment. pg_dump writes them itself where it creates the database; this is for those that it does
// not create: `postgres`, which every server has, and those whose names it cannot write.

#pragma once

#include "worker/engine/postgres.h"
#include "worker/engine/postgres_script.h"

// Adds CREATE DATABASE with all that can only be said there, as one statement, without its end.
int postgres_properties_add_create(postgres_t *postgres, const char *database,
                                   postgres_script_t *script, struct error *error);

// Adds settings (the database's, and those of roles in it), grants, the comment and whether it is a
// template, for a database that exists. What the loading role may not do is warned about.
int postgres_properties_add(postgres_t *postgres, const char *database, postgres_script_t *script,
                            struct error *error);
