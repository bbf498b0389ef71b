// What the engine pg_dump does when its tool, or what it works on, goes away or lies.

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "tests/postgres_engine.h"
#include "worker/engine/engine.h"

static struct postgres_server postgres;
static toolbox_t *toolbox;
static char superuser[] = "postgres";

static struct server
as_superuser(void)
{
    return postgres_server_record(&postgres, superuser, postgres.password);
}

static void
make_big(void)
{
    postgres_server_run(&postgres, "template1", "CREATE DATABASE \"a big one\";");
    postgres_server_run(&postgres, "a big one",
                        "CREATE TABLE big AS SELECT i, repeat('x', 1000) AS v FROM "
                        "generate_series(1, 20000) AS i;");
}

// The process of this name that we started, or 0.
static pid_t
find_child(const char *name)
{
    pid_t found = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(proc));) {
        char path[300];
        char comm[64] = "";
        int parent = 0;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = fopen(path, "re");
        if (!file)
            continue;
        if (fscanf(file, "%*d (%63[^)]) %*c %d", comm, &parent) == 2 && parent == getpid() &&
            strcmp(comm, name) == 0)
            found = (pid_t)strtol(entry->d_name, NULL, 10);
        fclose(file);
    }
    closedir(proc);
    return found;
}

static void
kill_tool(void *context)
{
    (void)context;
    pid_t pid = find_child("pg_dump");
    assert_true(pid > 0);
    kill(pid, SIGKILL);
}

static void
a_tool_killed_in_mid_dump_fails_the_backup(void **state)
{
    (void)state;
    static struct file_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_superuser();
    file_sink_begin(&sink, folder);
    sink.on_data = kill_tool;
    assert_backup_fails(&server, toolbox, &sink, ERROR_UNAVAILABLE,
                        "cannot dump database 'a big one': pg_dump");
    assert_false(sink.accepted[sink.count - 1]);
    file_sink_end(&sink);
}

static void
drop_big(void *context)
{
    (void)context;
    postgres_server_run(&postgres, "template1", "DROP DATABASE \"a big one\" WITH (FORCE);");
}

static void
a_database_dropped_in_mid_dump_fails_the_backup(void **state)
{
    (void)state;
    static struct file_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_superuser();
    file_sink_begin(&sink, folder);
    sink.on_data = drop_big;
    assert_backup_fails(&server, toolbox, &sink, ERROR_UNAVAILABLE,
                        "cannot dump database 'a big one'");
    assert_false(sink.accepted[sink.count - 1]);
    file_sink_end(&sink);
    make_big();
}

static void
drop_late(void *context)
{
    (void)context;
    postgres_server_run(&postgres, "template1", "DROP DATABASE zz_late;");
}

static void
a_database_dropped_before_its_turn_is_left_out(void **state)
{
    (void)state;
    static struct file_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct backup_options options = {0};
    struct error error = {0};
    struct server server = as_superuser();
    // A drop waits for every session that sends to somebody who does not read.
    postgres_server_run(&postgres, "template1", "DROP DATABASE \"a big one\";");
    postgres_server_run(&postgres, "postgres", "CREATE DATABASE zz_late;");
    file_sink_begin(&sink, folder);
    sink.on_data = drop_late;
    engine_t *engine = postgres_engine_open(&server, toolbox);
    if (engine->ops->backup(engine, &options, &sink.base, &error))
        fail_msg("%s", error.message);
    engine->ops->destroy(&engine);
    assert_non_null(strstr(sink.notes, "left out database 'zz_late': it was dropped"));
    assert_null(strstr(sink.notes, "schema zz_late"));
    file_sink_end(&sink);
    make_big();
}

// What another user of this host could see of the tool.
static void
look_at_tool(void *context)
{
    int *looked = context;
    static const char *const files[] = {"cmdline", "environ"};
    pid_t pid = find_child("pg_dump");
    assert_true(pid > 0);
    for (size_t index = 0; index < 2; index++) {
        struct error error = {0};
        char path[64];
        char *text = NULL;
        size_t size = 0;
        snprintf(path, sizeof path, "/proc/%d/%s", pid, files[index]);
        assert_int_equal(fd_read_file(AT_FDCWD, path, 1 << 20, &text, &size, &error), 0);
        assert_non_null(memmem(text, size, index ? "PGPASSFILE" : "a big one", 9));
        assert_null(memmem(text, size, postgres.password, strlen(postgres.password)));
        free(text);
    }
    *looked = 1;
}

static void
the_password_is_in_no_argument_and_no_environment(void **state)
{
    (void)state;
    static struct file_sink sink;
    struct error error = {0};
    int looked = 0;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct backup_options options = {0};
    struct server server = as_superuser();
    file_sink_begin(&sink, folder);
    sink.on_data = look_at_tool;
    sink.context = &looked;
    engine_t *engine = postgres_engine_open(&server, toolbox);
    assert_int_equal(engine->ops->backup(engine, &options, &sink.base, &error), 0);
    engine->ops->destroy(&engine);
    assert_true(looked);
    file_sink_end(&sink);
}

// A toolbox that prefers a pg_dump which says and does as told.
static toolbox_t *
fake_toolbox(const char *folder, const char *version, const char *deed)
{
    const char *const folders[] = {folder, NULL};
    CLEAN(memory_free)
    char *script = memory_format("#!/bin/sh\n[ \"$1\" != --version ] || {\n"
                                 "echo 'pg_dump (PostgreSQL) %s'\nexit 0\n}\n%s\n",
                                 version, deed);
    free(folder_write(folder, "pg_dump", 0755, script));
    return toolbox_new(folders);
}

static void
assert_fake_fails(const char *deed, enum error_code code, const char *says)
{
    static struct file_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *tools = folder_new();
    CLEAN(memory_free)
    char *version = postgres_server_ask(
        &postgres, "postgres", "SELECT current_setting('server_version_num')::int / 10000 || '.0'");
    version[strcspn(version, "\n")] = '\0';
    CLEAN(toolbox_destroy) toolbox_t *fake = fake_toolbox(tools, version, deed);
    struct server server = as_superuser();
    file_sink_begin(&sink, folder);
    assert_backup_fails(&server, fake, &sink, code, says);
    assert_false(sink.accepted[sink.count - 1]);
    file_sink_end(&sink);
}

static void
a_tool_that_lies_is_not_believed(void **state)
{
    (void)state;
    assert_fake_fails("echo '-- half a dump'", ERROR_CORRUPT, "does not end with");
    assert_fake_fails("exit 0", ERROR_CORRUPT, "does not end with");
    assert_fake_fails("echo '-- PostgreSQL database dump complete'; exit 1", ERROR_UNAVAILABLE,
                      "exit status 1");
    assert_fake_fails("echo '-- PostgreSQL database dump complete'; "
                      "echo 'pg_dump: error: lost a table' >&2",
                      ERROR_UNAVAILABLE, "lost a table");
    assert_fake_fails("echo 'pg_dump: error: permission denied for table t' >&2; exit 1",
                      ERROR_DENIED, "permission denied for table t");
}

// In a process of its own, which sees no other pg_dump than a fake one of this version. Returns 0
// if the engine says `text`: when it is opened, or when it is asked to check.
static int
says_with_tool(const char *tools, const char *version, const char *text)
{
    struct error error = {0};
    struct server server = as_superuser();
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", "/usr/lib/postgresql", "tmpfs", 0, NULL))
        return 77;
    CLEAN(toolbox_destroy) toolbox_t *fake = fake_toolbox(tools, version, "exit 0");
    engine_t *engine = NULL;
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    uint64_t size_bytes = 0;
    if (engine_check("pg_dump", &server, fake, NULL, findings, &size_bytes, &error))
        return 1;
    CLEAN(memory_free) char *said = findings_print(findings, 8000);
    printf("%s\n", said);
    if (engine_pg_dump_ops.open(&engine, &server, fake, &error)) {
        printf("%s\n", error.message);
        return error.code != ERROR_CONFIG || !strstr(error.message, text) || !strstr(said, text) ||
               !findings_are_fatal(findings);
    }
    engine->ops->destroy(&engine);
    return findings_are_fatal(findings) || !strstr(said, text);
}

static void
assert_says_with_tool(const char *version, const char *text)
{
    CLEAN(folder_destroy) char *tools = folder_new();
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(says_with_tool(tools, version, text));
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == 77) {
        folder_destroy(&tools);
        printf("not run: a namespace for mounts cannot be had\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void
an_old_tool_is_refused(void **state)
{
    (void)state;
    assert_says_with_tool("9.6.4", "install");
}

static void
a_tool_newer_than_the_server_is_used_and_check_says_what_that_means(void **state)
{
    (void)state;
    assert_says_with_tool("99.0", "pg_dump 99.0 writes what a server older than PostgreSQL 99");
}

static void
a_sink_that_fails_stops_the_tool(void **state)
{
    (void)state;
    static struct file_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_superuser();
    file_sink_begin(&sink, folder);
    sink.broken = 1;
    assert_backup_fails(&server, toolbox, &sink, ERROR_CONFIG, "no space left on the store");
    assert_int_equal(find_child("pg_dump"), 0);
    file_sink_end(&sink);
}

static int
start(void **state)
{
    (void)state;
    toolbox = toolbox_new(NULL);
    if (postgres_server_start(&postgres, ""))
        return -1;
    make_big();
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    postgres_server_stop(&postgres);
    toolbox_destroy(&toolbox);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tool_killed_in_mid_dump_fails_the_backup),
        cmocka_unit_test(a_database_dropped_in_mid_dump_fails_the_backup),
        cmocka_unit_test(a_database_dropped_before_its_turn_is_left_out),
        cmocka_unit_test(the_password_is_in_no_argument_and_no_environment),
        cmocka_unit_test(a_tool_that_lies_is_not_believed),
        cmocka_unit_test(an_old_tool_is_refused),
        cmocka_unit_test(a_tool_newer_than_the_server_is_used_and_check_says_what_that_means),
        cmocka_unit_test(a_sink_that_fails_stops_the_tool),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
