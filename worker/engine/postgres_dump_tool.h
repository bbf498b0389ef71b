// How pg_dump and pg_restore are called for one database: their arguments, what they need beside
// these, and what of their standard error is noise. Part of postgres_dump_run and postgres_archive;
// nobody else uses it.
//
//     CLEAN(postgres_dump_tool_clear) struct postgres_dump_tool tool = {0};
//     postgres_dump_tool_begin(&tool, job);
//     CLEAN(postgres_arguments_free) struct postgres_arguments arguments = {0};
//     postgres_dump_tool_add_arguments(&tool, &arguments);
//     struct runner runner = postgres_dump_tool_runner(&tool, &arguments);

#pragma once

#include "worker/engine/postgres_access.h"
#include "worker/engine/postgres_dump_run.h"
#include "worker/engine/runner.h"

// What stands at the end of each script.
#define POSTGRES_DUMP_TOOL_END "-- PostgreSQL database dump complete"

// A list of arguments; those that are NULL or "" are passed over.
struct postgres_arguments {
    const char **list;  // NULL-terminated
    size_t count;
};

void postgres_arguments_add(struct postgres_arguments *self, const char *argument);
void postgres_arguments_free(struct postgres_arguments *self);

struct postgres_dump_tool {
    const struct postgres_dump_run *job;
    struct postgres_tool_access access;
    char *label;            // "pg_dump 15.4"
    char restrict_key[96];  // "--restrict-key=..."; "": the tool knows none
    char snapshot_option[96];
    char lock_option[64];
};

void postgres_dump_tool_begin(struct postgres_dump_tool *self, const struct postgres_dump_run *job);
void postgres_dump_tool_clear(struct postgres_dump_tool *self);

// For each start of pg_dump: the last may have run for longer than a password is good for.
int postgres_dump_tool_login(struct postgres_dump_tool *self, struct error *error);

// How pg_dump is called, whatever of the database it is to write.
void postgres_dump_tool_add_arguments(const struct postgres_dump_tool *self,
                                      struct postgres_arguments *arguments);

// Lends the arguments.
struct runner postgres_dump_tool_runner(const struct postgres_dump_tool *self,
                                        const struct postgres_arguments *arguments);

struct file_facts postgres_dump_tool_facts(const struct postgres_dump_run *job,
                                           const char *load_into);

// For what is between two tools: a file in memory, the caller's to close.
int postgres_dump_tool_keep(const struct postgres_dump_tool *self, const struct runner *runner,
                            int *file, struct error *error);
