#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/ipc_path.h"
#include "common/memory.h"
#include "tests/check.h"

static char folder[] = "/tmp/test_ipc_path.XXXXXX";
static char path[64];

static void
assert_listens(int listener)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    CLEAN(fd_close) int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    CLEAN(fd_close) int accepted = accept(listener, NULL, NULL);
    assert_true(accepted >= 0);
    assert_int_equal(accept(listener, NULL, NULL), -1);
    assert_int_equal(errno, EAGAIN);  // it must never hold libzmq's thread
}

static void
assert_refused(const char *place, const char *why)
{
    struct error error = {0};
    ipc_path_t *self = NULL;
    int listener = -1;
    assert_int_equal(ipc_path_open(&self, place, 0600, 8, &listener, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    if (!strstr(error.message, why))
        fail_msg("'%s' is not in '%s'", why, error.message);
    assert_null(self);
    assert_int_equal(listener, -1);
}

static void
the_file_has_exactly_the_mode_whatever_the_umask(void **state)
{
    (void)state;
    static const mode_t umasks[] = {0, 022, 0777};
    static const unsigned modes[] = {0600, 0660, 0666};
    for (size_t i = 0; i < 9; i++) {
        struct error error = {0};
        CLEAN(ipc_path_destroy) ipc_path_t *self = NULL;
        CLEAN(fd_close) int listener = -1;
        mode_t before = umask(umasks[i / 3]);
        int failed = ipc_path_open(&self, path, modes[i % 3], 8, &listener, &error);
        umask(before);
        assert_int_equal(failed, 0);
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, modes[i % 3]);
        assert_listens(listener);
    }
}

static void
one_program_has_a_path_at_a_time(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(ipc_path_destroy) ipc_path_t *self = NULL;
    CLEAN(fd_close) int listener = -1;
    assert_int_equal(ipc_path_open(&self, path, 0600, 8, &listener, &error), 0);
    assert_refused(path, "another program listens");
    assert_listens(listener);
    ipc_path_destroy(&self);
    assert_int_equal(access(path, F_OK), -1);
    fd_close(&listener);
    assert_int_equal(ipc_path_open(&self, path, 0600, 8, &listener, &error), 0);
    assert_listens(listener);
}

static void
what_a_killed_program_left_is_taken_over(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(ipc_path_destroy) ipc_path_t *self = NULL;
    CLEAN(fd_close) int listener = -1;
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (!ipc_path_open(&self, path, 0600, 8, &listener, &error) && write(ready[1], "x", 1) == 1)
            poll(NULL, 0, 10000);
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_refused(path, "another program listens");
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(ipc_path_open(&self, path, 0600, 8, &listener, &error), 0);
    assert_listens(listener);
}

static void
what_is_no_socket_stays(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(fd_write_file(AT_FDCWD, path, "precious", 8, &error), 0);
    assert_refused(path, "is no socket");
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 8);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_refused(path, "is no socket");
    assert_int_equal(unlink(path), 0);
}

static void
a_lock_that_is_a_link_is_not_followed(void **state)
{
    (void)state;
    CLEAN(memory_free) char *lock = memory_format("%s.lock", path);
    CLEAN(memory_free) char *target = memory_format("%s/target", folder);
    unlink(lock);
    assert_int_equal(symlink(target, lock), 0);
    assert_refused(path, "cannot open");
    assert_int_equal(access(target, F_OK), -1);
    assert_int_equal(unlink(lock), 0);
}

static void
a_path_that_cannot_serve_is_refused(void **state)
{
    (void)state;
    char longer[200];
    memset(longer, 'x', sizeof longer);
    longer[0] = '/';
    longer[sizeof longer - 1] = '\0';
    assert_refused("", "must begin with '/'");
    assert_refused("relative", "must begin with '/'");
    assert_refused(longer, "shorter than");
    assert_refused("/nowhere/at/all", "No such file");
}

static int
make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/s.ipc", folder);
    return 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    CLEAN(memory_free) char *command = memory_format("rm -r %s", folder);
    return system(command);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_has_exactly_the_mode_whatever_the_umask),
        cmocka_unit_test(one_program_has_a_path_at_a_time),
        cmocka_unit_test(what_a_killed_program_left_is_taken_over),
        cmocka_unit_test(what_is_no_socket_stays),
        cmocka_unit_test(a_lock_that_is_a_link_is_not_followed),
        cmocka_unit_test(a_path_that_cannot_serve_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
