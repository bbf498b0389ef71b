// restore.sh with real clients and servers: a set that holds the worst names there are is restored
// into an empty server by the script alone, and what is there then dumps to the same bytes.

#include <sys/wait.h>

#include "common/clean.h"
#include "tests/file_sink.h"
#include "tests/postgres_server.h"
#include "tests/source.h"
#include "worker/set/reader.h"
#include "worker/set/writer.h"

#define PATH "c1/db1/7-1"

enum { OUTPUT_MAX = 1 << 20 };

struct world {
    char *folder;  // of the store
    store_t *store;
    set_writer_t *writer;
};

struct mariadb {
    char *folder;
    char *script;  // tests/lib/mariadb.sh
};

// Ended by the teardowns, whatever becomes of a test.
static struct world world;
static struct postgres_server postgres_source, postgres_target;
static struct mariadb mariadb_source, mariadb_target;

// ---- a set, and its script

static void
world_begin(void)
{
    struct error error = {0};
    world.folder = folder_new();
    if (store_create(world.folder, &error) ||
        store_open(&world.store, "directory", world.folder, NULL, &error) ||
        set_writer_open(&world.writer, world.store, PATH, &error))
        fail_msg("%s", error.message);
}

static void
world_finish(void)
{
    struct error error = {0};
    struct set_summary summary;
    if (set_writer_end(world.writer, &summary, &error))
        fail_msg("%s", error.message);
    set_writer_destroy(&world.writer);
}

static void
world_end(void)
{
    set_writer_destroy(&world.writer);
    store_destroy(&world.store);
    folder_destroy(&world.folder);
}

static void
assert_nothing_was_run(void)
{
    CLEAN(memory_free) char *canary = memory_format("%s/PWNED", world.folder);
    CLEAN(memory_free) char *inner = memory_format("%s/" PATH "/PWNED", world.folder);
    assert_int_equal(access(canary, F_OK), -1);
    assert_int_equal(access(inner, F_OK), -1);
}

// Runs the set's script in a folder of its own. Returns its exit status; *output is the caller's.
static int
try_script(const char *arguments, char **output)
{
    CLEAN(memory_free)
    char *command = memory_format("cd '%s' && sh '%s/" PATH "/restore.sh' %s 2>&1", world.folder,
                                  world.folder, arguments);
    FILE *pipe = popen(command, "re");
    assert_non_null(pipe);
    *output = memory_get(OUTPUT_MAX);
    (*output)[fread(*output, 1, OUTPUT_MAX - 1, pipe)] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
run_script(const char *arguments)
{
    CLEAN(memory_free) char *output = NULL;
    if (try_script(arguments, &output))
        fail_msg("restore.sh: %s", output);
    assert_nothing_was_run();
}

static void
assert_same_text(const char *one, size_t one_size, const char *other, size_t other_size)
{
    if (one_size == other_size && memcmp(one, other, one_size) == 0)
        return;
    size_t at = 0;
    while (at < one_size && at < other_size && one[at] == other[at])
        at++;
    fail_msg("they differ at byte %zu: '%.80s' and '%.80s'", at, one + at, other + at);
}

static char *
set_file(const char *name, size_t *size)
{
    CLEAN(memory_free) char *path = memory_format("%s/" PATH "/%s", world.folder, name);
    struct error error = {0};
    char *text = NULL;
    if (fd_read_file(AT_FDCWD, path, 64 << 20, &text, size, &error))
        fail_msg("%s", error.message);
    return text;
}

// pg_dump's key is another one in each dump on a host without an id.
static void
blank_keys(char *text)
{
    for (char *key = text; (key = strstr(key, "restrict ")); key += strcspn(key, "\n"))
        memset(key, 'x', strcspn(key, "\n"));
}

// ---- PostgreSQL

static int
sink_put(void *self, const struct file_facts *facts, int fd, struct file_edges *edges,
         struct error *error)
{
    (void)self;
    struct set_file_facts copy = {.role = facts->role,
                                  .object = facts->object,
                                  .loader = facts->loader,
                                  .load_into = facts->load_into,
                                  .tool = facts->tool,
                                  .tool_version = facts->tool_version};
    return set_writer_put(world.writer, &copy, fd, edges->head, &edges->head_size, edges->tail,
                          &edges->tail_size, ENGINE_EDGE_SIZE, &edges->size_bytes, error);
}

static int
sink_put_text(void *self, const struct file_facts *facts, const char *text, size_t size,
              struct error *error)
{
    (void)self;
    struct set_file_facts copy = {.role = facts->role,
                                  .object = facts->object,
                                  .loader = facts->loader,
                                  .load_into = facts->load_into,
                                  .tool = facts->tool,
                                  .tool_version = facts->tool_version};
    return set_writer_put_text(world.writer, &copy, text, size, error);
}

static int
sink_accept(void *self, struct error *error)
{
    (void)self;
    return set_writer_accept(world.writer, error);
}

static void
sink_left_out(void *self, const char *what, const char *why)
{
    (void)self;
    manifest_add_left_out(set_writer_manifest(world.writer), what, why);
}

static void
sink_point(void *self, const char *object, const char *kind, const char *position, int64_t unix_ms)
{
    (void)self;
    manifest_add_point(set_writer_manifest(world.writer), object, kind, position, unix_ms);
}

static void
sink_schema(void *self, const char *name, uint64_t tables)
{
    (void)self;
    manifest_add_schema(set_writer_manifest(world.writer), name, tables);
}

static void
sink_fact(void *self, const char *key, const char *value)
{
    (void)self;
    manifest_add_fact(set_writer_manifest(world.writer), key, value);
}

static void
back_up(const struct postgres_server *postgres, const struct sink *sink)
{
    static char superuser[] = "postgres";
    struct server server = postgres_server_record(postgres, superuser, postgres->password);
    struct backup_options options = {0};
    struct error error = {0};
    engine_t *engine = NULL;
    CLEAN(toolbox_destroy) toolbox_t *toolbox = toolbox_new(NULL);
    if (engine_pg_dump_ops.open(&engine, &server, toolbox, &error) ||
        engine->ops->backup(engine, &options, sink, &error))
        fail_msg("%s", error.message);
    engine->ops->destroy(&engine);
}

static void
assert_same_set(const struct file_sink *after)
{
    struct error error = {0};
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    assert_int_equal(set_reader_open(&reader, world.store, PATH, NULL, &error), 0);
    const struct manifest *manifest = set_reader_manifest(reader);
    assert_int_equal(manifest->file_count, after->count);
    for (size_t index = 0; index < after->count; index++) {
        size_t one_size = 0;
        size_t other_size = 0;
        CLEAN(memory_free) char *one = set_file(manifest->files[index].path, &one_size);
        CLEAN(memory_free) char *other = NULL;
        assert_int_equal(
            fd_read_file(AT_FDCWD, after->paths[index], 64 << 20, &other, &other_size, &error), 0);
        blank_keys(one);
        blank_keys(other);
        assert_same_text(one, one_size, other, other_size);
    }
}

static const char postgres_names[] =
    "CREATE ROLE \"it's \"\"quoted\"\" \\! touch PWNED $(touch PWNED)\" LOGIN;\n"
    "CREATE DATABASE \"a=b\";\n"
    "CREATE DATABASE \"postgresql://x\";\n"
    "CREATE DATABASE \"host=evil.example user=x\";\n"
    "CREATE DATABASE \"it's \"\"quoted\"\"\";\n"
    "CREATE DATABASE \"back\\slash `touch PWNED` $(touch PWNED)\";\n"
    "\\connect -reuse-previous=on \"dbname='a=b'\"\n"
    "CREATE TABLE \"two\n\\! touch PWNED\nlines\" (id int PRIMARY KEY, \"a'b\" text);\n"
    "INSERT INTO \"two\n\\! touch PWNED\nlines\" VALUES (1, E'\\\\! touch PWNED\\n\\\\.\\n'), "
    "(2, '$(touch PWNED) `touch PWNED`'), (3, NULL);\n"
    "COMMENT ON TABLE \"two\n\\! touch PWNED\nlines\" IS E'a\n\\\\! touch PWNED\n';\n"
    "\\connect -reuse-previous=on \"dbname='back\\\\slash `touch PWNED` $(touch PWNED)'\"\n"
    "CREATE TABLE t (id int PRIMARY KEY);\n"
    "INSERT INTO t SELECT generate_series(1, 1000);\n";

static void
postgres_is_restored_by_psql_alone(void **state)
{
    (void)state;
    static struct file_sink after;
    if (postgres_server_start(&postgres_source, ""))
        skip();
    assert_int_equal(postgres_server_start(&postgres_target, ""), 0);
    CLEAN(memory_free)
    char *sql = folder_write(postgres_source.folder, "names.sql", 0600, postgres_names);
    postgres_server_load(&postgres_source, sql);

    world_begin();
    struct sink sink = {.self = NULL,
                        .put = sink_put,
                        .put_text = sink_put_text,
                        .accept = sink_accept,
                        .left_out = sink_left_out,
                        .point = sink_point,
                        .schema = sink_schema,
                        .fact = sink_fact};
    back_up(&postgres_source, &sink);
    world_finish();

    CLEAN(memory_free)
    char *arguments = memory_format("-h 127.0.0.1 -p %u -U postgres", postgres_target.port);
    setenv("PGPASSWORD", postgres_target.password, 1);
    run_script(arguments);
    unsetenv("PGPASSWORD");

    CLEAN(folder_destroy) char *folder = folder_new();
    file_sink_begin(&after, folder);
    back_up(&postgres_target, &after.base);
    assert_same_set(&after);
    file_sink_end(&after);
}

static int
end_postgres(void **state)
{
    (void)state;
    world_end();
    postgres_server_stop(&postgres_target);
    postgres_server_stop(&postgres_source);
    return 0;
}

// ---- MariaDB

static int
mariadb_start(struct mariadb *self)
{
    self->script = memory_format("%s/lib/mariadb.sh", tests_folder);
    self->folder = folder_new();
    CLEAN(memory_free)
    char *command = memory_format("'%s' start '%s' 2>&1", self->script, self->folder);
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    return said ? 0 : -1;
}

static void
mariadb_end(struct mariadb *self)
{
    if (!self->folder)
        return;
    CLEAN(memory_free)
    char *command = memory_format("'%s' stop '%s'", self->script, self->folder);
    free(postgres_server_shell(command));
    folder_destroy(&self->folder);
    memory_free(&self->script);
}

static void
mariadb_run(const struct mariadb *self, const char *sql)
{
    CLEAN(memory_free) char *path = folder_write(self->folder, "run.sql", 0600, sql);
    CLEAN(memory_free)
    char *command =
        memory_format("'%s' sql '%s' --comments < '%s'", self->script, self->folder, path);
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    assert_non_null(said);
}

static const char mariadb_dump[] =
    "mariadb-dump --no-defaults --socket='%s/socket' --user=root --skip-dump-date --routines "
    "--triggers --events --hex-blob --single-transaction --databases \"it's\" '`touch PWNED`' "
    "'two\nlines' '$(touch PWNED)' 'back\\slash'";

static const char mariadb_names[] =
    "CREATE DATABASE `it's`; CREATE DATABASE ```touch PWNED```; CREATE DATABASE `two\nlines`;\n"
    "CREATE DATABASE `$(touch PWNED)`; CREATE DATABASE `back\\slash`;\n"
    "USE `it's`;\n"
    "CREATE TABLE `\\! touch PWNED\n\\! touch PWNED\nx` (id int PRIMARY KEY, `a'b` text, c blob);\n"
    "INSERT INTO `\\! touch PWNED\n\\! touch PWNED\nx` VALUES\n"
    "(1, '\\\\! touch PWNED\n\\\\! touch PWNED\n', x'00ff0d0a1a'), (2, NULL, NULL),\n"
    "(3, '\\r\\n\\0\\Z', 'DELIMITER ;;');\n"
    "USE `two\nlines`;\n"
    "CREATE TABLE t (id int PRIMARY KEY) COMMENT 'a\n\\\\! touch PWNED\n';\n"
    "DELIMITER ;;\n"
    "CREATE PROCEDURE `p'``\n\\! touch PWNED\nx`() BEGIN -- a comment that stays\n"
    "SELECT '\\\\! touch PWNED'; END;;\n"
    "DELIMITER ;\n";

static void
mariadb_is_restored_by_its_client_alone(void **state)
{
    (void)state;
    static const struct set_file_facts facts = {
        .role = "data", .object = "it's\n\\! touch PWNED", .loader = "mysql"};
    struct error error = {0};
    if (mariadb_start(&mariadb_source)) {
        print_message("not run: MariaDB's server cannot be started\n");
        skip();
    }
    assert_int_equal(mariadb_start(&mariadb_target), 0);
    mariadb_run(&mariadb_source, mariadb_names);

    world_begin();
    CLEAN(memory_free) char *command = memory_format(mariadb_dump, mariadb_source.folder);
    FILE *pipe = popen(command, "re");
    char head[16];
    char tail[16];
    size_t head_size = 0;
    size_t tail_size = 0;
    uint64_t size_bytes = 0;
    if (set_writer_put(world.writer, &facts, fileno(pipe), head, &head_size, tail, &tail_size,
                       sizeof head, &size_bytes, &error))
        fail_msg("%s", error.message);
    assert_int_equal(pclose(pipe), 0);
    assert_int_equal(set_writer_accept(world.writer, &error), 0);
    world_finish();

    CLEAN(memory_free)
    char *arguments =
        memory_format("--no-defaults --socket='%s/socket' --user=root", mariadb_target.folder);
    run_script(arguments);

    size_t size = 0;
    CLEAN(memory_free) char *before = set_file("1.sql", &size);
    CLEAN(memory_free) char *again = memory_format(mariadb_dump, mariadb_target.folder);
    CLEAN(memory_free) char *after = postgres_server_shell(again);
    assert_non_null(after);
    assert_non_null(strstr(before, "a comment that stays"));
    assert_same_text(before, size, after, strlen(after));
}

static void
a_clients_command_in_a_file_is_not_obeyed(void **state)
{
    (void)state;
    static const struct set_file_facts facts = {.role = "data", .loader = "mysql"};
    static const char text[] = "SELECT 1;\n\\! touch PWNED\n\\. /etc/passwd\nsystem touch PWNED;\n";
    struct error error = {0};
    if (!mariadb_target.folder) {
        print_message("not run: MariaDB's server cannot be started\n");
        skip();
    }
    world_begin();
    assert_int_equal(set_writer_put_text(world.writer, &facts, text, strlen(text), &error), 0);
    world_finish();
    CLEAN(memory_free)
    char *arguments =
        memory_format("--no-defaults --socket='%s/socket' --user=root", mariadb_target.folder);
    CLEAN(memory_free) char *output = NULL;
    assert_int_equal(try_script(arguments, &output), 2);
    assert_non_null(strstr(output, "0 of 1 files loaded"));
    assert_nothing_was_run();
}

static int
end_world(void **state)
{
    (void)state;
    world_end();
    return 0;
}

static int
end_mariadb(void **state)
{
    (void)state;
    mariadb_end(&mariadb_target);
    mariadb_end(&mariadb_source);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(postgres_is_restored_by_psql_alone, end_postgres),
        cmocka_unit_test_teardown(mariadb_is_restored_by_its_client_alone, end_world),
        cmocka_unit_test_teardown(a_clients_command_in_a_file_is_not_obeyed, end_world),
    };
    return cmocka_run_group_tests(tests, NULL, end_mariadb);
}
