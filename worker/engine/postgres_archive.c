#include "worker/engine/postgres_archive.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"

enum { LIST_SIZE_MAX = 256 << 20 };

static char *
tool_path(const struct postgres_dump_tool *tool)
{
    const char *dump_path = tool->job->tool->path;
    const char *slash = strrchr(dump_path, '/');
    return memory_format("%.*s/pg_restore", slash ? (int)(slash - dump_path) : 0, dump_path);
}

int
postgres_archive_check(const struct postgres_dump_tool *tool, struct error *error)
{
    CLEAN(memory_free) char *path = tool_path(tool);
    if (access(path, X_OK))
        return error_set(error, ERROR_CONFIG,
                         "'%s' is missing: it is needed to leave the passwords of user mappings, "
                         "or what needs tables that the policy leaves out, out of the backup of "
                         "database '%s'",
                         path, tool->job->database);
    return 0;
}

int
postgres_archive_make(struct postgres_dump_tool *tool, const char *section, const char *other,
                      const char *create, int *archive, struct error *error)
{
    CLEAN(postgres_arguments_free) struct postgres_arguments arguments = {0};
    if (postgres_dump_tool_login(tool, error))
        return -1;
    postgres_dump_tool_add_arguments(tool, &arguments);
    postgres_arguments_add(&arguments, "--format=custom");
    postgres_arguments_add(&arguments, "--compress=0");
    postgres_arguments_add(&arguments, section);
    postgres_arguments_add(&arguments, other);
    postgres_arguments_add(&arguments, create);
    struct runner runner = postgres_dump_tool_runner(tool, &arguments);
    return postgres_dump_tool_keep(tool, &runner, archive, error);
}

static int
read_list(int list_file, postgres_list_t **list, struct error *error)
{
    char path[RUNNER_PATH_SIZE];
    size_t size = 0;
    CLEAN(memory_free) char *text = NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", list_file);
    if (fd_read_file(AT_FDCWD, path, LIST_SIZE_MAX, &text, &size, error))
        return -1;
    *list = postgres_list_new(text);
    return 0;
}

static int
make_list(const struct postgres_dump_tool *tool, int archive, const char *option, const char *other,
          postgres_list_t **list, struct error *error)
{
    CLEAN(fd_close) int list_file = -1;
    CLEAN(memory_free) char *path = tool_path(tool);
    CLEAN(memory_free) char *archive_path = memory_format("/proc/self/fd/%d", archive);
    CLEAN(postgres_arguments_free) struct postgres_arguments arguments = {0};
    const char *const all[] = {path, "--list", archive_path, option, other};
    for (size_t index = 0; index < sizeof all / sizeof *all; index++)
        postgres_arguments_add(&arguments, all[index]);
    struct runner runner = postgres_dump_tool_runner(tool, &arguments);
    runner.process.keep_fds[1] = archive;
    return postgres_dump_tool_keep(tool, &runner, &list_file, error) ||
                   read_list(list_file, list, error)
               ? -1
               : 0;
}

int
postgres_archive_list(const struct postgres_dump_tool *tool, int archive, const char *create,
                      postgres_list_t **list, struct error *error)
{
    // Without --create it has neither the grants nor the comment on the database.
    return make_list(tool, archive, "--verbose", create, list, error);
}

int
postgres_archive_section(const struct postgres_dump_tool *tool, int archive, const char *section,
                         postgres_list_t **list, struct error *error)
{
    return make_list(tool, archive, section, NULL, list, error);
}

static int
write_listed(const struct postgres_dump_tool *tool, int archive,
             const struct postgres_archive_part *part, int list_file, const char *use_list,
             struct error *error)
{
    CLEAN(memory_free) char *path = tool_path(tool);
    CLEAN(memory_free) char *archive_path = memory_format("/proc/self/fd/%d", archive);
    CLEAN(postgres_arguments_free) struct postgres_arguments arguments = {0};
    // "-" is a file's name for pg_restore before version 12.
    const char *const all[] = {path,         "--no-tablespaces", "--file=/dev/stdout",
                               use_list,     archive_path,       part->section,
                               part->create, tool->restrict_key};
    for (size_t index = 0; index < sizeof all / sizeof *all; index++)
        postgres_arguments_add(&arguments, all[index]);
    struct runner runner = postgres_dump_tool_runner(tool, &arguments);
    runner.process.keep_fds[1] = archive;
    if (list_file >= 0)
        runner.process.keep_fds[2] = list_file;
    struct file_facts facts = postgres_dump_tool_facts(tool->job, part->load_into);
    return runner_dump(&runner, tool->job->sink, &facts, POSTGRES_DUMP_TOOL_END, NULL, error);
}

int
postgres_archive_write(const struct postgres_dump_tool *tool, int archive,
                       const struct postgres_archive_part *part, struct error *error)
{
    char path[RUNNER_PATH_SIZE];
    CLEAN(fd_close) int list_file = -1;
    if (!part->list)
        return write_listed(tool, archive, part, -1, NULL, error);
    if (runner_private_file(part->list, strlen(part->list), &list_file, path, error))
        return -1;
    CLEAN(memory_free) char *use_list = memory_format("--use-list=%s", path);
    return write_listed(tool, archive, part, list_file, use_list, error);
}
