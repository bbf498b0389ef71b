// Jobs that are refused, or end at the first step towards a server.

#include <arpa/inet.h>
#include <inttypes.h>
#include <sys/socket.h>

#include "tests/task_world.h"
#include "worker/frame.h"
#include "worker/task.h"

#define NAME(array, text) char array[] = text

struct listener {
    int fd;
    unsigned port;
};

// Nobody accepts here: who connects is seen by poll.
static struct listener
listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return (struct listener){.fd = fd, .port = ntohs(address.sin_port)};
}

static int
has_visitor(const struct listener *listener)
{
    struct pollfd item = {.fd = listener->fd, .events = POLLIN};
    return poll(&item, 1, 0);
}

static void
fill_server(Wire__Server *server, unsigned port)
{
    static char engine[] = "mysql", host[] = "127.0.0.1", secret[] = "shop";
    server->engine = engine;
    server->host = host;
    server->port = port;
    server->secret = secret;
}

static void
allow_secret(struct task_world *world, const char *password, const char *servers, const char *more)
{
    CLEAN(memory_free) char *path = folder_write(world->folder, "secret", 0600, password);
    CLEAN(memory_free)
    char *text = memory_format("secrets:\n  shop: {from: \"file:%s\", username: u,\n"
                               "         servers: [\"%s\"]}\n"
                               "tls: {unverified: [\"127.0.0.1:*\"]}\n%s",
                               path, servers, more);
    task_world_configure(world, text);
}

static void
fill_backup(struct task_world *world, Wire__Run *run, Wire__Backup *backup, Wire__Server *server)
{
    static char path[] = "c/d1/j1-a1";
    backup->source = server;
    backup->store = (char *)(uintptr_t)store_identity(world->store);
    backup->path = path;
    run->task_case = WIRE__RUN__TASK_BACKUP;
    run->backup = backup;
}

static void
a_password_goes_to_no_server_that_its_rule_does_not_name(void **state)
{
    struct task_world *world = *state;
    struct listener listener = listen_somewhere();
    Wire__Server server = WIRE__SERVER__INIT;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    fill_server(&server, listener.port);
    fill_backup(world, &run, &backup, &server);
    allow_secret(world, "geheim", "db.example:3306", "");
    check_failure(task_do(world, &run), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT,
                  "'servers'");
    task_world_configure(world, "");
    check_failure(task_do(world, &run), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, "shop");
    assert_false(has_visitor(&listener));
    assert_false(task_is_there(world, "c"));
    fd_close(&listener.fd);
}

static void
a_server_that_is_not_there_may_be_tried_again(void **state)
{
    struct task_world *world = *state;
    static char mysql[] = "mysql", postgres[] = "postgres";
    char *const engines[] = {mysql, postgres};
    struct listener listener = listen_somewhere();
    fd_close(&listener.fd);
    Wire__Server server = WIRE__SERVER__INIT;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    fill_server(&server, listener.port);
    fill_backup(world, &run, &backup, &server);
    // The password is what the message is about: it must not be in it.
    allow_secret(world, "127.0.0.1", "127.0.0.1:*", "");
    for (size_t index = 0; index < 2; index++) {
        server.engine = engines[index];
        const Wire__Done *done = task_do(world, &run);
        check_failure(done, WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN, "*****");
        assert_null(strstr(done->message, "127.0.0.1"));
        assert_non_null(world->progress);
        assert_string_equal(world->progress->progress->phase, "open");
    }
    assert_false(task_is_there(world, "c/d1/j1-a1"));
    assert_false(task_is_there(world, "c/d1/j1-a1.partial"));
}

static void
fill_restore(struct task_world *world, Wire__Run *run, Wire__Restore *restore, Wire__Server *target,
             char *path, struct set_summary *summary)
{
    restore->store = (char *)(uintptr_t)store_identity(world->store);
    restore->path = path;
    restore->manifest_sha256.data = summary->manifest_sha256;
    restore->manifest_sha256.len = sizeof summary->manifest_sha256;
    restore->target = target;
    run->task_case = WIRE__RUN__TASK_RESTORE;
    run->restore = restore;
}

static void
only_listed_servers_are_restored_into(void **state)
{
    struct task_world *world = *state;
    NAME(path, "c/d1/j1-a1");
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    struct listener listener = listen_somewhere();
    Wire__Server target = WIRE__SERVER__INIT;
    Wire__Restore restore = WIRE__RESTORE__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    fill_server(&target, listener.port);
    fill_restore(world, &run, &restore, &target, path, &summary);
    restore.overwrite = 1;
    allow_secret(world, "geheim", "127.0.0.1:*", "");
    check_failure(task_do(world, &run), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, "targets");
    assert_false(has_visitor(&listener));
    fd_close(&listener.fd);
}

static void
a_damaged_set_or_one_of_another_kind_is_not_loaded(void **state)
{
    struct task_world *world = *state;
    NAME(path, "c/d1/j1-a1");
    struct set_summary summary;
    task_make_set(world, path, "postgres", &summary);
    struct listener listener = listen_somewhere();
    Wire__Server target = WIRE__SERVER__INIT;
    Wire__Restore restore = WIRE__RESTORE__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    fill_server(&target, listener.port);
    fill_restore(world, &run, &restore, &target, path, &summary);
    allow_secret(world, "geheim", "127.0.0.1:*", "restore: {targets: [\"127.0.0.1:*\"]}\n");
    check_failure(task_do(world, &run), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT,
                  "cannot be loaded");
    CLEAN(memory_free) char *file = memory_format("%s/%s/1.sql", world->place, path);
    assert_int_equal(truncate(file, 3), 0);
    const Wire__Done *done = task_do(world, &run);
    assert_true(done->damaged);
    assert_int_equal(done->outcome, WIRE__OUTCOME__OUTCOME_FAILED);
    assert_false(has_visitor(&listener));
    fd_close(&listener.fd);
}

static void
a_check_tells_all_that_is_wrong_at_once(void **state)
{
    struct task_world *world = *state;
    NAME(other, "directory:00000000-0000-4000-8000-00000000000f");
    struct listener listener = listen_somewhere();
    fd_close(&listener.fd);
    Wire__Server server = WIRE__SERVER__INIT;
    fill_server(&server, listener.port);
    Wire__Check check = WIRE__CHECK__INIT;
    check.source = &server;
    check.store = other;
    Wire__Run run = WIRE__RUN__INIT;
    run.task_case = WIRE__RUN__TASK_CHECK;
    run.check = &check;
    allow_secret(world, "geheim", "127.0.0.1:*", "");
    const Wire__Done *done = task_do(world, &run);
    // Not tried again: somebody waits for the answer.
    check_failure(done, WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT,
                  "reach: '127.0.0.1' refuses connections to port ");
    assert_non_null(strstr(done->message, "\nmount: the store '"));
    assert_non_null(strstr(done->message, other));
    check.store = (char *)(uintptr_t)store_identity(world->store);
    assert_non_null(strstr(task_do(world, &run)->message, "MiB free"));
}

static void
a_bad_order_is_refused_here_too(void **state)
{
    struct task_world *world = *state;
    NAME(two_hosts, "127.0.0.1,evil.example");
    Wire__Server server = WIRE__SERVER__INIT;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    fill_server(&server, 1);
    server.host = two_hosts;
    fill_backup(world, &run, &backup, &server);
    allow_secret(world, "geheim", "*", "");
    check_failure(task_do(world, &run), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, "one host");
}

// A name is only ever looked up in the worker's own configuration.
static void
names_in_an_order_are_names_and_nothing_else(void **state)
{
    struct task_world *world = *state;
    CLEAN(memory_free) char *mark = memory_format("%s/mark", world->folder);
    CLEAN(memory_free) char *exec = memory_format("exec:/usr/bin/touch %s", mark);
    CLEAN(memory_free) char *file = memory_format("file:%s/secret", world->folder);
    CLEAN(memory_free) char *command = memory_format("$(touch %s)", mark);
    char env[] = "env:PATH", up[] = "../secret", shell[] = "/bin/sh", shop[] = "shop";
    char *const secrets[] = {exec, file, env, up, command};
    char *const tools[] = {shell, command, up};
    struct listener listener = listen_somewhere();
    Wire__Server server = WIRE__SERVER__INIT;
    Wire__Backup backup = WIRE__BACKUP__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    fill_server(&server, listener.port);
    fill_backup(world, &run, &backup, &server);
    allow_secret(world, "geheim", "127.0.0.1:*", "");
    for (size_t index = 0; index < sizeof secrets / sizeof *secrets; index++) {
        server.secret = secrets[index];
        check_failure(task_do(world, &run), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT,
                      "secret");
    }
    server.secret = shop;
    for (size_t index = 0; index < sizeof tools / sizeof *tools; index++) {
        backup.tool = tools[index];
        check_failure(task_do(world, &run), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT,
                      "no engine is called");
    }
    assert_int_equal(access(mark, F_OK), -1);
    assert_false(has_visitor(&listener));
    fd_close(&listener.fd);
}

static void
what_is_no_order_ends_the_process(void **state)
{
    struct task_world *world = *state;
    const char *command[] = {"/proc/self/exe", "--config", world->config, NULL};
    static const char *const messages[] = {"nonsense", "\x08\x01"};
    for (size_t index = 0; index < 2; index++) {
        struct error error = {0};
        struct process_end end;
        child_destroy(&world->child);
        assert_int_equal(child_start(&world->child, command, "--task", messages[index],
                                     strlen(messages[index]), &error),
                         0);
        assert_null(task_finish(world, &end));
        assert_int_equal(end.exit_code, 1);
    }
}

int
main(int argc, char **argv)
{
    int status = 0;
    if (task_role(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_password_goes_to_no_server_that_its_rule_does_not_name),
        TASK_TEST(a_server_that_is_not_there_may_be_tried_again),
        TASK_TEST(only_listed_servers_are_restored_into),
        TASK_TEST(a_damaged_set_or_one_of_another_kind_is_not_loaded),
        TASK_TEST(a_check_tells_all_that_is_wrong_at_once),
        TASK_TEST(a_bad_order_is_refused_here_too),
        TASK_TEST(names_in_an_order_are_names_and_nothing_else),
        TASK_TEST(what_is_no_order_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
