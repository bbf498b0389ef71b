// What the engine pg_dump does when a server, a tool or a set is not as it should be.

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "tests/postgres_engine.h"
#include "worker/engine/engine.h"

static struct postgres_server postgres;  // with TLS
static struct postgres_server other;     // without; another CA
static toolbox_t *toolbox;
static char superuser[] = "postgres";
static char nobody[] = "nobody";
static char secret[] = "nobody's-secret";

static struct server
as_superuser(void)
{
    return postgres_server_record(&postgres, superuser, postgres.password);
}

static struct server
as_nobody(void)
{
    return postgres_server_record(&postgres, nobody, secret);
}

static struct server
of_other(void)
{
    struct server server = postgres_server_record(&other, superuser, other.password);
    server.verify_tls = 0;
    return server;
}

// Opens, which must fail.
static void
assert_open_fails(const struct server *server, enum error_code code, const char *says)
{
    struct error error = {0};
    engine_t *engine = NULL;
    assert_int_equal(engine_pg_dump_ops.open(&engine, server, toolbox, &error), -1);
    assert_null(engine);
    if (error.code != code || !strstr(error.message, says))
        fail_msg("%d: %s", error.code, error.message);
    assert_null(strstr(error.message, server->credentials.password));
}

static void
a_wrong_password_is_denied(void **state)
{
    (void)state;
    char wrong[] = "wrong-password";
    struct server server = postgres_server_record(&postgres, superuser, wrong);
    assert_open_fails(&server, ERROR_DENIED, "password authentication failed");
}

static void
a_certificate_of_another_ca_is_denied(void **state)
{
    (void)state;
    struct server server = as_superuser();
    server.ca_path = other.ca_path;
    assert_open_fails(&server, ERROR_DENIED, "certificate verify failed");
    assert_open_fails(&server, ERROR_DENIED, "name the CA");
    server.ca_path = NULL;
    assert_open_fails(&server, ERROR_DENIED, "certificate verify failed");
    server.ca_path = "/nonexistent/ca.pem";
    assert_open_fails(&server, ERROR_CONFIG, "cannot read the CA's file");
}

static void
a_server_without_tls_is_denied_unless_that_is_allowed(void **state)
{
    (void)state;
    struct server server = of_other();
    engine_t *engine = postgres_engine_open(&server, toolbox);
    engine->ops->destroy(&engine);
    server.verify_tls = 1;
    assert_open_fails(&server, ERROR_DENIED, "does not support SSL");
}

static void
a_server_without_the_usual_database_is_reached_all_the_same(void **state)
{
    (void)state;
    struct server server = of_other();
    postgres_server_run(&other, "template1", "DROP DATABASE postgres;");
    assert_true(postgres_engine_is_empty(&server, toolbox));
    postgres_server_run(&other, "template1", "CREATE DATABASE postgres;");
}

static void
a_host_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "", "127.0.0.1,example.com", "/var/run/postgresql", "@abstract", "-x", "a b", "a'b"};
    struct server server = as_superuser();
    for (size_t index = 0; index < sizeof hosts / sizeof *hosts; index++) {
        server.host = hosts[index];
        assert_open_fails(&server, ERROR_INVALID, "the host");
    }
}

static void
a_server_that_does_not_answer_is_unavailable(void **state)
{
    (void)state;
    struct server server = as_superuser();
    server.port = 1;
    assert_open_fails(&server, ERROR_UNAVAILABLE, "Connection refused");
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
make_big(void)
{
    postgres_server_run(&postgres, "template1", "CREATE DATABASE \"a big one\";");
    postgres_server_run(&postgres, "a big one",
                        "CREATE TABLE big AS SELECT i, repeat('x', 1000) AS v FROM "
                        "generate_series(1, 20000) AS i;");
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
    CLEAN(toolbox_destroy) toolbox_t *fake = fake_toolbox(tools, "15.0", deed);
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

// In a process of its own, which sees no other tools than the fake one.
static int
open_with_old_tool(const char *tools)
{
    struct error error = {0};
    engine_t *engine = NULL;
    struct server server = as_superuser();
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", "/usr/lib/postgresql", "tmpfs", 0, NULL))
        return 77;
    CLEAN(toolbox_destroy) toolbox_t *fake = fake_toolbox(tools, "13.4", "exit 0");
    if (engine_pg_dump_ops.open(&engine, &server, fake, &error) == 0)
        return 1;
    printf("%s\n", error.message);
    return error.code == ERROR_CONFIG && strstr(error.message, "install") ? 0 : 1;
}

static void
an_old_tool_is_refused(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *tools = folder_new();
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(open_with_old_tool(tools));
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == 77) {
        printf("not run: a namespace for mounts cannot be had\n");
        skip();
    }
    assert_int_equal(status, 0);
}

// Does check say it, as fatal as told?
static int
check_says(const struct server *server, int fatal, const char *text)
{
    struct finding findings[64];
    struct error error = {0};
    size_t count = 0;
    int found = 0;
    engine_t *engine = postgres_engine_open(server, toolbox);
    assert_int_equal(engine->ops->check(engine, findings, &count, 64, &error), 0);
    engine->ops->destroy(&engine);
    for (size_t index = 0; index < count; index++)
        found |= findings[index].fatal == fatal && strstr(findings[index].text, text) != NULL;
    for (size_t index = 0; !found && index < count; index++)
        printf("%d %s\n", findings[index].fatal, findings[index].text);
    return found;
}

static void
missing_rights_fail_the_backup_and_check_says_so_before(void **state)
{
    (void)state;
    static struct file_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_nobody();
    assert_true(check_says(&server, 1,
                           "database 'a big one': 1 tables and sequences that this "
                           "login cannot read, such as public.big: grant"));
    assert_true(check_says(&server, 1, "cannot connect to database 'private'"));
    file_sink_begin(&sink, folder);
    assert_backup_fails(&server, toolbox, &sink, ERROR_DENIED, "permission denied for table big");
    file_sink_end(&sink);

    struct finding finding;
    struct error error = {0};
    size_t count = 0;
    engine_t *engine = postgres_engine_open(&server, toolbox);
    assert_int_equal(engine->ops->check(engine, &finding, &count, 1, &error), 0);
    assert_int_equal(count, 1);
    engine->ops->destroy(&engine);
}

static void
rows_hidden_by_policies_fail_the_backup_and_check_says_so_before(void **state)
{
    (void)state;
    static struct file_sink sink;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = as_nobody();
    postgres_server_run(&postgres, "postgres",
                        "GRANT pg_read_all_data TO nobody;"
                        "GRANT CONNECT ON DATABASE private TO nobody;");
    postgres_server_run(&postgres, "private",
                        "CREATE TABLE t (i int); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
                        "SELECT lo_from_bytea(1, 'x');");
    assert_true(check_says(&server, 1, "row-level security"));
    assert_true(check_says(&server, 1, "database 'private': 1 large objects that this login"));
    file_sink_begin(&sink, folder);
    assert_backup_fails(&server, toolbox, &sink, ERROR_DENIED, "database 'private'");
    file_sink_end(&sink);

    struct server root = as_superuser();
    assert_true(check_says(&root, 0, "database 'private': 7 MiB with its indexes"));
    assert_true(check_says(&root, 0, "database 'private': 1 large objects"));
    assert_false(check_says(&root, 1, "database"));
    postgres_server_run(&postgres, "postgres",
                        "REVOKE pg_read_all_data FROM nobody;"
                        "REVOKE CONNECT ON DATABASE private FROM nobody;");
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
    if (postgres_server_start(&postgres, "") || postgres_server_start(&other, "ssl=off"))
        return -1;
    make_big();
    postgres_server_run(&postgres, "postgres",
                        "CREATE ROLE nobody LOGIN PASSWORD 'nobody''s-secret';"
                        "CREATE DATABASE private; REVOKE ALL ON DATABASE private FROM PUBLIC;");
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    postgres_server_stop(&other);
    postgres_server_stop(&postgres);
    toolbox_destroy(&toolbox);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_password_is_denied),
        cmocka_unit_test(a_certificate_of_another_ca_is_denied),
        cmocka_unit_test(a_server_without_tls_is_denied_unless_that_is_allowed),
        cmocka_unit_test(a_server_without_the_usual_database_is_reached_all_the_same),
        cmocka_unit_test(a_host_that_is_none_is_refused),
        cmocka_unit_test(a_server_that_does_not_answer_is_unavailable),
        cmocka_unit_test(a_tool_killed_in_mid_dump_fails_the_backup),
        cmocka_unit_test(a_database_dropped_in_mid_dump_fails_the_backup),
        cmocka_unit_test(a_database_dropped_before_its_turn_is_left_out),
        cmocka_unit_test(the_password_is_in_no_argument_and_no_environment),
        cmocka_unit_test(a_tool_that_lies_is_not_believed),
        cmocka_unit_test(an_old_tool_is_refused),
        cmocka_unit_test(missing_rights_fail_the_backup_and_check_says_so_before),
        cmocka_unit_test(rows_hidden_by_policies_fail_the_backup_and_check_says_so_before),
        cmocka_unit_test(a_sink_that_fails_stops_the_tool),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
