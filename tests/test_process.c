#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"

enum { PATIENCE_MS = 20000 };

// Runs a script of the shell to its end. What it writes to standard output is put into output.
static void
run_shell(const char *script, const struct process_options *given, char *output, size_t output_size,
          struct process_end *end)
{
    struct error error = {0};
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct process_options options = given ? *given : (struct process_options){0};
    options.argv = argv;
    options.stdout_fd = pipe_fds[1];
    CLEAN(process_destroy) process_t *process = NULL;
    assert_int_equal(process_start(&process, &options, &error), 0);
    close(pipe_fds[1]);
    CLEAN(fd_close) int reader = pipe_fds[0];
    assert_int_equal(process_wait(process, PATIENCE_MS, end, &error), 0);
    ssize_t size = read(reader, output, output_size - 1);
    assert_true(size >= 0);
    output[size] = '\0';
}

static void
the_end_tells_status_and_standard_error(void **state)
{
    (void)state;
    struct process_end end;
    char output[64], text[64];
    run_shell("echo out; echo err >&2; exit 3", NULL, output, sizeof output, &end);
    assert_int_equal(end.exit_code, 3);
    assert_int_equal(end.signal, 0);
    assert_string_equal(end.stderr_text, "err\n");
    assert_string_equal(output, "out\n");
    assert_string_equal(process_end_text(&end, text), "exit status 3");
}

static void
a_signal_that_ended_it_is_told(void **state)
{
    (void)state;
    struct process_end end;
    char output[64], text[64];
    run_shell("kill -9 $$", NULL, output, sizeof output, &end);
    assert_int_equal(end.exit_code, -1);
    assert_int_equal(end.signal, SIGKILL);
    assert_string_equal(process_end_text(&end, text), "killed by signal 9");
}

static void
a_program_that_is_missing_is_named(void **state)
{
    (void)state;
    struct error error = {0};
    const char *argv[] = {"/nonexistent/pg_dump", NULL};
    struct process_options options = {.argv = argv};
    process_t *process = NULL;
    assert_int_equal(process_start(&process, &options, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_string_equal(error.message,
                        "cannot run '/nonexistent/pg_dump': No such file or directory");
    assert_null(process);
}

static void
a_file_that_is_no_program_is_named(void **state)
{
    (void)state;
    struct error error = {0};
    const char *argv[] = {"/etc/passwd", NULL};
    struct process_options options = {.argv = argv};
    process_t *process = NULL;
    assert_int_equal(process_start(&process, &options, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_string_equal(error.message, "cannot run '/etc/passwd': Permission denied");
}

static void
the_environment_is_only_what_was_given(void **state)
{
    (void)state;
    struct process_end end;
    char output[256];
    setenv("DBHAUL_TEST_SECRET", "leaked", 1);
    run_shell("/usr/bin/env | /usr/bin/sort | /bin/grep -v -e ^PWD= -e ^_= -e ^SHLVL=", NULL,
              output, sizeof output, &end);
    assert_string_equal(output, "HOME=/nonexistent\nLC_ALL=C.UTF-8\nPATH=/usr/bin:/bin\n");
    const char *environment[] = {"A=1", NULL};
    struct process_options options = {.environment = environment};
    run_shell("/usr/bin/env | /bin/grep -v -e ^PWD= -e ^_= -e ^SHLVL=", &options, output,
              sizeof output, &end);
    assert_string_equal(output, "A=1\n");
}

static void
only_named_descriptors_are_inherited(void **state)
{
    (void)state;
    struct process_end end;
    char output[256], expected[64];
    // Without O_CLOEXEC: what a library forgot.
    CLEAN(fd_close) int forgotten = open("/dev/zero", O_RDONLY);
    CLEAN(fd_close) int kept = open("/dev/full", O_RDONLY | O_CLOEXEC);
    struct process_options options = {.keep_fds = {kept}};
    CLEAN(memory_free)
    char *script = memory_format("for fd in 0 1 2 %d %d; do test -e /proc/$$/fd/$fd && echo $fd; "
                                 "done",
                                 forgotten, kept);
    run_shell(script, &options, output, sizeof output, &end);
    snprintf(expected, sizeof expected, "0\n1\n2\n%d\n", kept);
    assert_string_equal(output, expected);
}

static void
standard_input_is_what_was_given_or_nothing(void **state)
{
    (void)state;
    struct error error = {0};
    struct process_end end;
    char output[64];
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    assert_int_equal(fd_write(pipe_fds[1], "hello", 5, &error), 0);
    close(pipe_fds[1]);
    struct process_options options = {.stdin_fd = pipe_fds[0]};
    run_shell("cat", &options, output, sizeof output, &end);
    assert_string_equal(output, "hello");
    close(pipe_fds[0]);
    run_shell("cat", NULL, output, sizeof output, &end);
    assert_string_equal(output, "");
    assert_int_equal(end.exit_code, 0);
}

static void
signals_blocked_or_ignored_by_us_are_not_so_in_the_child(void **state)
{
    (void)state;
    struct process_end end;
    char output[256];
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    signal(SIGPIPE, SIG_IGN);
    run_shell("exec /bin/grep -E '^Sig(Blk|Ign)' /proc/self/status", NULL, output, sizeof output,
              &end);
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_string_equal(output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void
it_leads_its_own_group_dumps_no_core_and_keeps_its_files_private(void **state)
{
    (void)state;
    struct process_end end;
    char output[256];
    run_shell("test $(cut -d' ' -f5 /proc/$$/stat) = $$ && ulimit -c && umask", NULL, output,
              sizeof output, &end);
    assert_string_equal(output, "0\n0077\n");
}

static void
a_long_standard_error_keeps_its_head_and_its_tail(void **state)
{
    (void)state;
    struct process_end end;
    char output[64];
    run_shell("echo first >&2; i=0; while [ $i -lt 30000 ]; do echo middle >&2; i=$((i+1)); done; "
              "printf 'a\\033[1mb\\nlast\\n' >&2",
              NULL, output, sizeof output, &end);
    assert_int_equal(end.exit_code, 0);
    assert_memory_equal(end.stderr_text, "first\n", 6);
    assert_non_null(strstr(end.stderr_text, "\n...\n"));
    static const char tail[] = "\na?[1mb\nlast\n";
    assert_string_equal(end.stderr_text + strlen(end.stderr_text) - strlen(tail), tail);
}

static void
patience_ends_and_the_process_still_runs(void **state)
{
    (void)state;
    struct error error = {0};
    struct process_end end;
    const char *argv[] = {"/bin/sleep", "1000", NULL};
    struct process_options options = {.argv = argv};
    CLEAN(process_destroy) process_t *process = NULL;
    assert_int_equal(process_start(&process, &options, &error), 0);
    assert_int_equal(process_wait(process, 20, &end, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_int_equal(kill(process_pid(process), 0), 0);
    process_signal(process, SIGTERM);
    assert_int_equal(process_wait(process, PATIENCE_MS, &end, &error), 0);
    assert_int_equal(end.signal, SIGTERM);
    assert_int_equal(process_wait(process, 0, &end, &error), 0);
    assert_int_equal(end.signal, SIGTERM);
}

// Waits until nobody has the number any more (or only as a zombie of init's).
static void
assert_gone(pid_t pid)
{
    int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
    CLEAN(memory_free) char *path = memory_format("/proc/%d/stat", (int)pid);
    for (;;) {
        struct error error = {0};
        CLEAN(memory_free) char *text = NULL;
        size_t size = 0;
        if (fd_read_file(AT_FDCWD, path, 4096, &text, &size, &error))
            return;
        if (strstr(text, ") Z "))
            return;
        assert_true(clock_monotonic_ms() < deadline_ms);
        poll(NULL, 0, 5);
    }
}

// Starts a shell that starts a `sleep` and says its number.
static pid_t
start_family(process_t **process, const char *script)
{
    struct error error = {0};
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct process_options options = {.argv = argv, .stdout_fd = pipe_fds[1]};
    assert_int_equal(process_start(process, &options, &error), 0);
    close(pipe_fds[1]);
    CLEAN(fd_close) int reader = pipe_fds[0];
    char text[32] = "";
    assert_true(read(reader, text, sizeof text - 1) > 0);
    return (pid_t)strtol(text, NULL, 10);
}

static void
destroying_kills_the_whole_group(void **state)
{
    (void)state;
    CLEAN(process_destroy) process_t *process = NULL;
    pid_t grandchild = start_family(&process, "sleep 1000 & echo $!; wait");
    pid_t child = process_pid(process);
    process_destroy(&process);
    assert_int_equal(kill(child, 0), -1);
    assert_int_equal(errno, ESRCH);
    assert_gone(grandchild);
}

static void
what_an_ended_process_left_behind_is_killed_and_not_waited_for(void **state)
{
    (void)state;
    struct error error = {0};
    struct process_end end;
    CLEAN(process_destroy) process_t *process = NULL;
    pid_t grandchild = start_family(&process, "sleep 1000 & echo $!");
    assert_int_equal(process_wait(process, PATIENCE_MS, &end, &error), 0);
    assert_int_equal(end.exit_code, 0);
    assert_gone(grandchild);
}

static void
a_grandchild_that_left_the_group_does_not_hold_us(void **state)
{
    (void)state;
    struct error error = {0};
    struct process_end end;
    CLEAN(process_destroy) process_t *process = NULL;
    pid_t grandchild = start_family(&process, "echo said >&2; setsid sleep 1000 & echo $!; "
                                              "while [ $(cut -d' ' -f5 /proc/$!/stat) = $$ ]; "
                                              "do sleep 0.01; done");
    assert_int_equal(process_wait(process, PATIENCE_MS, &end, &error), 0);
    assert_string_equal(end.stderr_text, "said\n");
    assert_int_equal(kill(grandchild, SIGKILL), 0);
}

static void
a_poll_sees_the_end(void **state)
{
    (void)state;
    struct error error = {0};
    const char *argv[] = {"/bin/true", NULL};
    struct process_options options = {.argv = argv};
    CLEAN(process_destroy) process_t *process = NULL;
    assert_int_equal(process_start(&process, &options, &error), 0);
    struct pollfd item = {.fd = process_fd(process), .events = POLLIN};
    assert_int_equal(poll(&item, 1, PATIENCE_MS), 1);
    struct process_end end;
    assert_int_equal(process_wait(process, 0, &end, &error), 0);
    assert_int_equal(end.exit_code, 0);
}

static void
a_child_dies_with_its_parent(void **state)
{
    (void)state;
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct error error = {0};
        const char *argv[] = {"/bin/sleep", "1000", NULL};
        struct process_options options = {.argv = argv};
        process_t *process = NULL;
        pid_t child = process_start(&process, &options, &error) ? 0 : process_pid(process);
        ssize_t written = write(pipe_fds[1], &child, sizeof child);
        _exit(written == sizeof child ? 0 : 1);
    }
    close(pipe_fds[1]);
    CLEAN(fd_close) int reader = pipe_fds[0];
    pid_t child = 0;
    assert_int_equal(read(reader, &child, sizeof child), sizeof child);
    assert_true(child > 0);
    assert_gone(child);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_tells_status_and_standard_error),
        cmocka_unit_test(a_signal_that_ended_it_is_told),
        cmocka_unit_test(a_program_that_is_missing_is_named),
        cmocka_unit_test(a_file_that_is_no_program_is_named),
        cmocka_unit_test(the_environment_is_only_what_was_given),
        cmocka_unit_test(only_named_descriptors_are_inherited),
        cmocka_unit_test(standard_input_is_what_was_given_or_nothing),
        cmocka_unit_test(signals_blocked_or_ignored_by_us_are_not_so_in_the_child),
        cmocka_unit_test(it_leads_its_own_group_dumps_no_core_and_keeps_its_files_private),
        cmocka_unit_test(a_long_standard_error_keeps_its_head_and_its_tail),
        cmocka_unit_test(patience_ends_and_the_process_still_runs),
        cmocka_unit_test(destroying_kills_the_whole_group),
        cmocka_unit_test(what_an_ended_process_left_behind_is_killed_and_not_waited_for),
        cmocka_unit_test(a_grandchild_that_left_the_group_does_not_hold_us),
        cmocka_unit_test(a_poll_sees_the_end),
        cmocka_unit_test(a_child_dies_with_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
