// What the tests of the engine pg_dump do with it, and judge it by.

#pragma once

#include "common/clean.h"
#include "tests/file_sink.h"
#include "tests/postgres_server.h"
#include "worker/engine/engine.h"

static inline engine_t *
postgres_engine_open(const struct server *server, const toolbox_t *toolbox)
{
    struct error error = {0};
    engine_t *engine = NULL;
    if (engine_pg_dump_ops.open(&engine, server, toolbox, &error))
        fail_msg("%s", error.message);
    return engine;
}

static inline void
postgres_engine_backup(const struct server *server, const toolbox_t *toolbox,
                       const struct backup_options *options, struct file_sink *sink, char *folder)
{
    struct error error = {0};
    file_sink_begin(sink, folder);
    engine_t *engine = postgres_engine_open(server, toolbox);
    if (engine->ops->backup(engine, options, &sink->base, &error))
        fail_msg("%s", error.message);
    engine->ops->destroy(&engine);
    for (size_t index = 0; index < sink->count; index++)
        assert_true(sink->accepted[index]);
}

static inline char *
file_text(const char *path, size_t *size)
{
    struct error error = {0};
    char *text = NULL;
    assert_int_equal(fd_read_file(AT_FDCWD, path, 64 << 20, &text, size, &error), 0);
    return text;
}

// Where a host has no number of its own, the key of \restrict is another each time: the text
// without it then.
static inline void
hide_keys(char *text, size_t *size)
{
    if (access("/etc/machine-id", R_OK) == 0)
        return;
    static const char *const marks[] = {"\n\\restrict ", "\n\\unrestrict "};
    for (size_t mark = 0; mark < 2; mark++) {
        size_t length = strlen(marks[mark]);
        for (char *at = text; (at = memmem(at, *size - (size_t)(at - text), marks[mark], length));
             at += length)
            memset(at + length, 'x', strcspn(at + length, "\n"));
    }
}

static inline void
assert_same_files(const struct file_sink *one, const struct file_sink *other)
{
    assert_int_equal(one->count, other->count);
    for (size_t index = 0; index < one->count; index++) {
        size_t size = 0, other_size = 0;
        CLEAN(memory_free) char *text = file_text(one->paths[index], &size);
        CLEAN(memory_free) char *other_text = file_text(other->paths[index], &other_size);
        hide_keys(text, &size);
        hide_keys(other_text, &other_size);
        if (size != other_size || memcmp(text, other_text, size) != 0)
            fail_msg("'%s' and '%s' differ", one->paths[index], other->paths[index]);
    }
}

static inline void
postgres_engine_restore(const struct server *server, const toolbox_t *toolbox,
                        const struct file_sink *set, int overwrite)
{
    struct error error = {0};
    struct restore_options options = {.overwrite = overwrite};
    engine_t *engine = postgres_engine_open(server, toolbox);
    if (engine->ops->restore(engine, &options, set->files, set->count, &error))
        fail_msg("%s", error.message);
    engine->ops->destroy(&engine);
}

static inline int
postgres_engine_is_empty(const struct server *server, const toolbox_t *toolbox)
{
    struct error error = {0};
    int empty = -1;
    engine_t *engine = postgres_engine_open(server, toolbox);
    assert_int_equal(engine->ops->is_empty(engine, &empty, &error), 0);
    engine->ops->destroy(&engine);
    return empty;
}

// Fails at the backup, or before it.
static inline void
assert_backup_by_fails(const struct engine_ops *ops, const struct server *server,
                       const toolbox_t *toolbox, struct file_sink *sink, enum error_code code,
                       const char *says)
{
    struct error error = {0};
    struct backup_options options = {0};
    engine_t *engine = NULL;
    int result = ops->open(&engine, server, toolbox, &error);
    if (result == 0) {
        result = engine->ops->backup(engine, &options, &sink->base, &error);
        engine->ops->destroy(&engine);
    }
    assert_int_equal(result, -1);
    if (error.code != code || !strstr(error.message, says))
        fail_msg("%d: %s", error.code, error.message);
    assert_null(strstr(error.message, server->credentials.password));
}

static inline void
assert_backup_fails(const struct server *server, const toolbox_t *toolbox, struct file_sink *sink,
                    enum error_code code, const char *says)
{
    assert_backup_by_fails(&engine_pg_dump_ops, server, toolbox, sink, code, says);
}

static inline int
file_sink_holds(const struct file_sink *sink, const char *text)
{
    int found = 0;
    for (size_t index = 0; index < sink->count; index++) {
        size_t size = 0;
        CLEAN(memory_free) char *content = file_text(sink->paths[index], &size);
        found |= memmem(content, size, text, strlen(text)) != NULL;
    }
    return found;
}
