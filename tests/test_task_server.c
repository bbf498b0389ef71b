// timeout: 300
// Jobs against real servers: a backup and a restore of each kind, and what happens to a job whose
// tool hangs, dies or lies.

#include <inttypes.h>

#include "tests/mariadb_server.h"
#include "tests/postgres_server.h"
#include "tests/task_world.h"
#include "worker/task.h"

// The servers of all tests here; a kind that this host does not have has port 0.
static struct {
    struct postgres_server postgres, spare_postgres;
    struct mariadb_server mariadb, spare_mariadb;
} servers;

static int
start_servers(void **state)
{
    (void)state;
    if (postgres_server_start(&servers.postgres, "") == 0) {
        assert_int_equal(postgres_server_start(&servers.spare_postgres, ""), 0);
        postgres_server_run(&servers.postgres, "postgres", "CREATE DATABASE shop");
        postgres_server_run(&servers.postgres, "shop",
                            "CREATE TABLE t (a int PRIMARY KEY, b text);"
                            "INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 1000) i");
    }
    if (mariadb_server_start(&servers.mariadb, "") == 0) {
        assert_int_equal(mariadb_server_start(&servers.spare_mariadb, ""), 0);
        mariadb_server_tell(&servers.mariadb,
                            "CREATE DATABASE shop; CREATE TABLE shop.t (a int PRIMARY KEY);"
                            "INSERT INTO shop.t VALUES (1), (2), (3);"
                            "CREATE USER b@'127.0.0.1' IDENTIFIED BY 'geheim-b' REQUIRE SSL;"
                            "GRANT ALL ON *.* TO b@'127.0.0.1' WITH GRANT OPTION");
        mariadb_server_tell(&servers.spare_mariadb,
                            "CREATE USER b@'127.0.0.1' IDENTIFIED BY 'geheim-b' REQUIRE SSL;"
                            "GRANT ALL ON *.* TO b@'127.0.0.1' WITH GRANT OPTION");
    }
    return 0;
}

static int
stop_servers(void **state)
{
    (void)state;
    postgres_server_stop(&servers.postgres);
    postgres_server_stop(&servers.spare_postgres);
    mariadb_server_stop(&servers.mariadb);
    mariadb_server_stop(&servers.spare_mariadb);
    return 0;
}

struct side {
    const char *engine, *username, *password, *ca_path;
    unsigned port;
    const char *tool;  // NULL: whichever fits
};

static struct side
postgres_side(const struct postgres_server *server)
{
    if (!server->port)
        skip();
    return (struct side){"postgres",      "postgres",   server->password,
                         server->ca_path, server->port, NULL};
}

static struct side
mariadb_side(const struct mariadb_server *server)
{
    if (!server->port)
        skip();
    return (struct side){"mariadb", "b", "geheim-b", server->ca_path, server->port, NULL};
}

static void
configure(struct task_world *world, const struct side *source, const struct side *target,
          const char *more)
{
    CLEAN(memory_free) char *secret = folder_write(world->folder, "source", 0600, source->password);
    CLEAN(memory_free) char *other = folder_write(world->folder, "target", 0600, target->password);
    CLEAN(memory_free)
    char *text = memory_format(
        "secrets:\n"
        "  source: {from: \"file:%s\", username: %s, servers: [\"127.0.0.1:%u\"]}\n"
        "  target: {from: \"file:%s\", username: %s, servers: [\"127.0.0.1:%u\"]}\n"
        "tls:\n"
        "  authorities:\n"
        "    - {servers: [\"127.0.0.1:%u\"], ca: %s}\n"
        "    - {servers: [\"127.0.0.1:%u\"], ca: %s}\n"
        "restore: {targets: [\"127.0.0.1:%u\"]}\n"
        "timers: {progress: 50ms}\n%s",
        secret, source->username, source->port, other, target->username, target->port, source->port,
        source->ca_path, target->port, target->ca_path, target->port, more);
    task_world_configure(world, text);
}

static void
fill_server(Wire__Server *server, const struct side *side, char *secret)
{
    static char host[] = "127.0.0.1";
    server->engine = (char *)(uintptr_t)side->engine;
    server->host = host;
    server->port = side->port;
    server->secret = secret;
}

static char source_secret[] = "source";
static char target_secret[] = "target";
static char set_path[] = "c/d1/j12-a3";

static void
fill_backup(struct task_world *world, Wire__Run *run, Wire__Backup *backup, Wire__Server *server,
            const struct side *side)
{
    fill_server(server, side, source_secret);
    backup->source = server;
    backup->store = (char *)(uintptr_t)store_identity(world->store);
    backup->path = set_path;
    run->task_case = WIRE__RUN__TASK_BACKUP;
    run->backup = backup;
}

static int
is_there(const struct task_world *world, const char *suffix)
{
    CLEAN(memory_free) char *path = memory_format("%s/%s%s", world->place, set_path, suffix);
    return access(path, F_OK) == 0;
}

static void
check_facts(const struct task_world *world, const Wire__SetFacts *set)
{
    assert_non_null(set);
    assert_string_equal(set->store, store_identity(world->store));
    assert_string_equal(set->path, set_path);
    assert_true(set->size_bytes > 1000);
    assert_true(set->file_count >= 2);
    assert_true(*set->tool && *set->tool_version && *set->server_version && *set->consistency);
    assert_true(set->schema_count >= 1);
    assert_true(is_there(world, "/manifest.json"));
    assert_true(is_there(world, "/RESTORE.txt"));
    assert_false(is_there(world, ".partial"));
}

// The whole life of a set, as the coordinator would have it.
static void
check_life(struct task_world *world, const struct side *source, const struct side *target)
{
    configure(world, source, target, "");
    Wire__Server server = WIRE__SERVER__INIT, target_server = WIRE__SERVER__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Check check = WIRE__CHECK__INIT;
    fill_server(&server, source, source_secret);
    check.source = &server;
    check.store = (char *)(uintptr_t)store_identity(world->store);
    run.task_case = WIRE__RUN__TASK_CHECK;
    run.check = &check;
    check_success(task_do(world, &run), "MiB free");

    Wire__Backup backup = WIRE__BACKUP__INIT;
    fill_backup(world, &run, &backup, &server, source);
    if (source->tool)
        backup.tool = (char *)(uintptr_t)source->tool;
    const Wire__Done *done = task_do(world, &run);
    check_success(done, "");
    check_facts(world, done->set);
    uint8_t digest[32];
    memcpy(digest, done->set->manifest_sha256.data, sizeof digest);

    // Another attempt must not write over it.
    check_failure(task_do(world, &run), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, "already");

    Wire__Verify verify = WIRE__VERIFY__INIT;
    verify.store = check.store;
    verify.path = set_path;
    verify.manifest_sha256 = (ProtobufCBinaryData){sizeof digest, digest};
    run.task_case = WIRE__RUN__TASK_VERIFY;
    run.verify = &verify;
    check_success(task_do(world, &run), "as they were written");

    Wire__Restore restore = WIRE__RESTORE__INIT;
    fill_server(&target_server, target, target_secret);
    restore.store = check.store;
    restore.path = set_path;
    restore.manifest_sha256 = verify.manifest_sha256;
    restore.target = &target_server;
    run.task_case = WIRE__RUN__TASK_RESTORE;
    run.restore = &restore;
    check_success(task_do(world, &run), "loaded into");
    check_failure(task_do(world, &run), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT,
                  "not empty");
}

static void
a_postgres_server_is_backed_up_and_restored(void **state)
{
    struct side source = postgres_side(&servers.postgres);
    struct side target = postgres_side(&servers.spare_postgres);
    check_life(*state, &source, &target);
    assert_true(postgres_server_says(&servers.spare_postgres, "shop",
                                     "SELECT count(*) FROM t WHERE b = md5(a::text)", "1000"));
}

// And so is it by stock tools alone.
static void
our_own_reader_of_postgres_is_no_other_to_a_job(void **state)
{
    static const char question[] = "SELECT count(*) FROM t WHERE b = md5(a::text)";
    struct task_world *world = *state;
    struct side source = postgres_side(&servers.postgres);
    struct side target = postgres_side(&servers.spare_postgres);
    source.tool = "postgres";
    postgres_server_run(&servers.spare_postgres, "postgres", "DROP DATABASE IF EXISTS shop;");
    check_life(world, &source, &target);
    assert_true(postgres_server_says(&servers.spare_postgres, "shop", question, "1000"));

    postgres_server_run(&servers.spare_postgres, "postgres", "DROP DATABASE shop;");
    CLEAN(memory_free)
    char *command = memory_format("PGPASSWORD='%s' sh '%s/%s/restore.sh' -h 127.0.0.1 -p %u -U "
                                  "postgres 2>&1",
                                  target.password, world->place, set_path, target.port);
    CLEAN(memory_free) char *said = postgres_server_shell(command);
    assert_non_null(said);
    assert_non_null(strstr(said, "files loaded"));
    assert_true(postgres_server_says(&servers.spare_postgres, "shop", question, "1000"));
}

static void
a_mariadb_server_is_backed_up_and_restored(void **state)
{
    struct side source = mariadb_side(&servers.mariadb);
    struct side target = mariadb_side(&servers.spare_mariadb);
    check_life(*state, &source, &target);
    CLEAN(memory_free)
    char *answer = mariadb_server_ask(&servers.spare_mariadb, "SELECT SUM(a) FROM shop.t");
    assert_non_null(strstr(answer, "6"));
}

// Puts a pg_dump of our own before the real one: it writes its pid, then does what it is told.
static void
start_with_tool_of(struct task_world *world, const char *engine, const char *what, const char *more)
{
    struct side side = postgres_side(&servers.postgres);
    CLEAN(memory_free)
    char *script = memory_format("#!/bin/sh\n"
                                 "case \"$*\" in\n"
                                 "*--version*) echo 'pg_dump (PostgreSQL) 15.0'; exit 0;;\n"
                                 "esac\n"
                                 "echo $$ >%s/tool.pid.new\n"
                                 "mv %s/tool.pid.new %s/tool.pid\n"
                                 "%s\n",
                                 world->folder, world->folder, world->folder, what);
    CLEAN(memory_free) char *path = folder_write(world->folder, "pg_dump", 0700, script);
    CLEAN(memory_free)
    char *text = memory_format("tools: {folders: [%s]}\n%s", world->folder, more);
    configure(world, &side, &side, text);
    Wire__Server server = WIRE__SERVER__INIT;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    fill_backup(world, &run, &backup, &server, &side);
    backup.tool = (char *)(uintptr_t)engine;
    task_start(world, &run);
}

static void
start_with_tool(struct task_world *world, const char *what, const char *more)
{
    start_with_tool_of(world, "", what, more);
}

static pid_t
await_tool(const struct task_world *world)
{
    CLEAN(memory_free) char *path = memory_format("%s/tool.pid", world->folder);
    int64_t until_ms = clock_monotonic_ms() + TASK_PATIENCE_MS;
    while (access(path, F_OK) && clock_monotonic_ms() < until_ms)
        poll(NULL, 0, 10);
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(fd_read_file(AT_FDCWD, path, 64, &text, &size, &error), 0);
    return (pid_t)atoi(text);
}

// Nothing is left of the tool's whole process group.
static void
check_gone(pid_t group)
{
    int64_t until_ms = clock_monotonic_ms() + TASK_PATIENCE_MS;
    while (kill(-group, 0) == 0 && clock_monotonic_ms() < until_ms)
        poll(NULL, 0, 10);
    assert_int_equal(kill(-group, 0), -1);
}

static void
a_cancelled_backup_leaves_neither_tool_nor_set(void **state)
{
    struct task_world *world = *state;
    struct process_end end;
    start_with_tool(world, "echo half; sleep 1000", "");
    pid_t tool = await_tool(world);
    child_stop(world->child, clock_monotonic_ms(), TASK_PATIENCE_MS);
    const Wire__Done *done = task_finish(world, &end);
    assert_non_null(done);
    assert_int_equal(done->outcome, WIRE__OUTCOME__OUTCOME_CANCELLED);
    check_gone(tool);
    assert_false(is_there(world, ""));
    assert_false(is_there(world, ".partial"));
}

static void
a_tool_that_will_not_stop_is_killed_at_a_cancel(void **state)
{
    struct task_world *world = *state;
    struct process_end end;
    start_with_tool(world, "trap '' TERM; echo half; while :; do sleep 1; done", "");
    pid_t tool = await_tool(world);
    child_stop(world->child, clock_monotonic_ms(), TASK_PATIENCE_MS);
    const Wire__Done *done = task_finish(world, &end);
    assert_non_null(done);
    assert_int_equal(done->outcome, WIRE__OUTCOME__OUTCOME_CANCELLED);
    check_gone(tool);
    assert_false(is_there(world, ".partial"));
}

static void
a_job_that_is_killed_takes_its_tool_along(void **state)
{
    struct task_world *world = *state;
    struct process_end end;
    start_with_tool(world, "echo half; exec sleep 1000", "");
    pid_t tool = await_tool(world);
    child_kill(world->child);
    assert_null(task_finish(world, &end));
    assert_int_equal(end.signal, SIGKILL);
    check_gone(tool);
    assert_false(is_there(world, ""));
}

static void
a_tool_that_dies_or_lies_fails_the_job(void **state)
{
    struct task_world *world = *state;
    static const struct {
        const char *what, *word;
    } rows[] = {
        {"echo half; kill -9 $$", "signal 9"},
        {"echo half; echo 'pg_dump: error: out of luck' >&2; exit 1", "out of luck"},
        {"echo half", "end"},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        struct process_end end;
        start_with_tool(world, rows[index].what, "");
        const Wire__Done *done = task_finish(world, &end);
        assert_non_null(done);
        assert_int_equal(done->outcome, WIRE__OUTCOME__OUTCOME_FAILED);
        if (!strstr(done->message, rows[index].word))
            fail_msg("row %zu: %s", index, done->message);
        assert_null(strstr(done->message, servers.postgres.password));
        assert_false(is_there(world, ""));
        assert_false(is_there(world, ".partial"));
    }
}

static void
no_file_of_a_job_grows_beyond_its_limit(void **state)
{
    struct task_world *world = *state;
    struct process_end end;
    start_with_tool(world, "while :; do echo row of a table; done", "limits: {file: 1MiB}\n");
    const Wire__Done *done = task_finish(world, &end);
    assert_non_null(done);
    assert_int_equal(done->outcome, WIRE__OUTCOME__OUTCOME_FAILED);
    assert_non_null(strstr(done->message, "File too large"));
    assert_false(is_there(world, ".partial"));
}

static void
a_tool_runs_within_the_limits_of_its_job(void **state)
{
    struct task_world *world = *state;
    struct process_end end;
    // More than a sanitizer takes for itself.
    CLEAN(memory_free)
    char *what =
        memory_format("echo $(ulimit -v) $(ulimit -c) $(umask) >%s/limits; exit 1", world->folder);
    start_with_tool(world, what, "limits: {memory: 65536GiB}\n");
    assert_non_null(task_finish(world, &end));
    CLEAN(memory_free) char *path = memory_format("%s/limits", world->folder);
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(fd_read_file(AT_FDCWD, path, 100, &text, &size, &error), 0);
    assert_string_equal(text, "68719476736 0 0077\n");
}

static void
a_job_says_how_far_it_is(void **state)
{
    struct task_world *world = *state;
    start_with_tool_of(world, "pg_dump", "while :; do echo row of a table; done", "");
    int64_t until_ms = clock_monotonic_ms() + TASK_PATIENCE_MS;
    while (task_listen(world) && clock_monotonic_ms() < until_ms) {
        const Wire__Progress *progress = world->progress ? world->progress->progress : NULL;
        if (progress && strcmp(progress->phase, "dump") == 0 && progress->done_bytes > 1 << 20)
            return;
    }
    fail_msg("no progress was told");
}

int
main(int argc, char **argv)
{
    int status = 0;
    if (task_role(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_postgres_server_is_backed_up_and_restored),
        TASK_TEST(our_own_reader_of_postgres_is_no_other_to_a_job),
        TASK_TEST(a_mariadb_server_is_backed_up_and_restored),
        TASK_TEST(a_cancelled_backup_leaves_neither_tool_nor_set),
        TASK_TEST(a_tool_that_will_not_stop_is_killed_at_a_cancel),
        TASK_TEST(a_job_that_is_killed_takes_its_tool_along),
        TASK_TEST(a_tool_that_dies_or_lies_fails_the_job),
        TASK_TEST(no_file_of_a_job_grows_beyond_its_limit),
        TASK_TEST(a_tool_runs_within_the_limits_of_its_job),
        TASK_TEST(a_job_says_how_far_it_is),
    };
    return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
