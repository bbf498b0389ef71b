// pg_dump's archive of a database's definitions, in memory, and what pg_restore makes of it: its
// list, and scripts of what is in it. Part of postgres_dump_run; nobody else uses it.
//
//     CLEAN(fd_close) int archive = -1;
//     if (postgres_archive_make(&tool, "--section=post-data", NULL, NULL, &archive, error) ||
//         postgres_archive_list(&tool, archive, &list, error) || ... ||
//         postgres_archive_write(&tool, archive, &part, error))
//         return -1;

#pragma once

#include "worker/engine/postgres_dump_tool.h"
#include "worker/engine/postgres_list.h"

// A part of an archive.
struct postgres_archive_part {
    const char *section;    // "--section=post-data"; NULL: all sections
    const char *create;     // "--create", for the part that creates the database; else NULL
    const char *load_into;  // the database that the script is to be loaded into
    const char *list;       // the entries, as pg_restore --use-list takes them; NULL: all
};

// Is there a pg_restore that belongs to the pg_dump in use? ERROR_CONFIG if not.
int postgres_archive_check(const struct postgres_dump_tool *tool, struct error *error);

// Runs pg_dump for one or two (NULL: one) sections. The archive is the caller's to close.
int postgres_archive_make(struct postgres_dump_tool *tool, const char *section, const char *other,
                          const char *create, int *archive, struct error *error);

// All of its entries and what each depends on.
int postgres_archive_list(const struct postgres_dump_tool *tool, int archive, const char *create,
                          postgres_list_t **list, struct error *error);

// The entries of one section, which the list of all does not tell.
int postgres_archive_section(const struct postgres_dump_tool *tool, int archive,
                             const char *section, postgres_list_t **list, struct error *error);

// Writes the part into the sink, with the facts of the tool's job.
int postgres_archive_write(const struct postgres_dump_tool *tool, int archive,
                           const struct postgres_archive_part *part, struct error *error);
