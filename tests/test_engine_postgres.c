// The engine pg_dump keeps the contract in worker/engine/engine.h, on real servers.

#include "common/clean.h"
#include "tests/file_sink.h"
#include "tests/postgres_server.h"
#include "worker/engine/engine.h"

static struct postgres_server source;  // holds tests/data/postgres.sql
static struct postgres_server target;  // each test makes its own there
static toolbox_t *toolbox;
static char superuser[] = "postgres";

static engine_t *
open_engine(const struct server *server)
{
    struct error error = {0};
    engine_t *engine = NULL;
    if (engine_pg_dump_ops.open(&engine, server, toolbox, &error))
        fail_msg("%s", error.message);
    return engine;
}

static void
backup(const struct server *server, const struct backup_options *options, struct file_sink *sink,
       char *folder)
{
    struct error error = {0};
    file_sink_begin(sink, folder);
    engine_t *engine = open_engine(server);
    if (engine->ops->backup(engine, options, &sink->base, &error))
        fail_msg("%s", error.message);
    engine->ops->destroy(&engine);
    for (size_t index = 0; index < sink->count; index++)
        assert_true(sink->accepted[index]);
}

static char *
read_text(const char *path, size_t *size)
{
    struct error error = {0};
    char *text = NULL;
    assert_int_equal(fd_read_file(AT_FDCWD, path, 64 << 20, &text, size, &error), 0);
    return text;
}

static void
assert_same_files(const struct file_sink *one, const struct file_sink *other)
{
    assert_int_equal(one->count, other->count);
    for (size_t index = 0; index < one->count; index++) {
        size_t size = 0, other_size = 0;
        CLEAN(memory_free) char *text = read_text(one->paths[index], &size);
        CLEAN(memory_free) char *other_text = read_text(other->paths[index], &other_size);
        if (size != other_size || memcmp(text, other_text, size) != 0)
            fail_msg("'%s' and '%s' differ", one->paths[index], other->paths[index]);
    }
}

static void
what_was_restored_dumps_to_the_same_bytes(void **state)
{
    (void)state;
    static struct file_sink before, after;
    struct backup_options options = {0};
    struct restore_options restore_options = {0};
    struct error error = {0};
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *other_folder = folder_new();
    struct server from = postgres_server_record(&source, superuser, source.password);
    struct server into = postgres_server_record(&target, superuser, target.password);
    backup(&from, &options, &before, folder);

    engine_t *engine = open_engine(&into);
    int empty = 0;
    assert_int_equal(engine->ops->is_empty(engine, &empty, &error), 0);
    assert_true(empty);
    if (engine->ops->restore(engine, &restore_options, before.files, before.count, &error))
        fail_msg("%s", error.message);
    assert_int_equal(engine->ops->is_empty(engine, &empty, &error), 0);
    assert_false(empty);
    engine->ops->destroy(&engine);

    // What was left out on purpose, or else the other dump has no need to go round it.
    postgres_server_run(&target, "shop",
                        "CREATE USER MAPPING FOR reader SERVER elsewhere OPTIONS (password 'x');");
    backup(&into, &options, &after, other_folder);
    assert_same_files(&before, &after);
    file_sink_end(&before);
    file_sink_end(&after);
}

static int
start(void **state)
{
    (void)state;
    toolbox = toolbox_new(NULL);
    if (postgres_server_start(&source, "wal_level=logical") ||
        postgres_server_start(&target, "wal_level=logical"))
        return -1;
    char *slash = strrchr(__FILE__, '/');
    CLEAN(memory_free)
    char *path = memory_format("%.*s/data/postgres.sql", (int)(slash - __FILE__), __FILE__);
    postgres_server_load(&source, path);
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    postgres_server_stop(&target);
    postgres_server_stop(&source);
    toolbox_destroy(&toolbox);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_restored_dumps_to_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
