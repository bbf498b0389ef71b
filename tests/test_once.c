// How `dbhaul once` ends if a daemon does not do its part. What it does if they do is shown with
// the real ones in run.d/once.sh.

#include <dirent.h>
#include <fcntl.h>
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
#include "common/options.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/daemons.h"
#include "tests/check.h"

static char place[] = "/tmp/test_once.XXXXXX";

static int
make_place(void **state)
{
    (void)state;
    if (!mkdtemp(place))
        return -1;
    setenv("TMPDIR", place, 1);
    setenv("PATH", place, 1);
    return 0;
}

static int
remove_place(void **state)
{
    (void)state;
    setenv("PATH", "/usr/bin:/bin", 1);
    CLEAN(memory_free) char *command = memory_format("rm -rf '%s'", place);
    return system(command);
}

static char *
keep_file(const char *name, const char *text, mode_t mode)
{
    struct error error = {0};
    char *path = memory_format("%s/%s", place, name);
    assert_int_equal(fd_write_file(AT_FDCWD, path, text, strlen(text), &error), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

// Whether something is left in the place that is none of ours.
static int
has_leftover(void)
{
    int found = 0;
    DIR *entries = opendir(place);
    assert_non_null(entries);
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
        found |= strncmp(entry->d_name, "dbhaul-once.", 12) == 0;
    closedir(entries);
    return found;
}

static void
assert_fails(const char *config, enum error_code code, const char *message)
{
    struct error error = {0};
    CLEAN(daemons_destroy) daemons_t *daemons = NULL;
    assert_int_equal(daemons_open(&daemons, config, &error), -1);
    assert_string_equal(error.message, message);
    assert_int_equal(error.code, code);
    assert_null(daemons);
    assert_false(has_leftover());
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM));
}

static void
a_daemon_that_is_not_installed_is_named(void **state)
{
    (void)state;
    assert_fails("x.yaml", ERROR_CONFIG,
                 "cannot find 'dbhaul-coordinator' beside this program or in PATH");
}

static void
a_daemon_that_ends_is_told_with_its_status(void **state)
{
    (void)state;
    CLEAN(memory_free)
    char *path = keep_file("dbhaul-coordinator", "#!/bin/sh\nexit 2\n", 0755);
    assert_fails("x.yaml", ERROR_CONFIG,
                 "dbhaul-coordinator has ended (exit status 2); what it said stands above");
    CLEAN(memory_free)
    char *killed = keep_file("dbhaul-coordinator", "#!/bin/sh\nkill -9 $$\n", 0755);
    assert_fails("x.yaml", ERROR_INTERNAL,
                 "dbhaul-coordinator has ended (killed by signal 9); what it said stands above");
    unlink(path);
}

static void
a_daemon_is_told_its_section_and_its_folder(void **state)
{
    (void)state;
    CLEAN(memory_free) char *said = memory_format("%s/said", place);
    CLEAN(memory_free)
    char *script = memory_format("#!/bin/sh\necho \"$*\" >'%s'\nexit 2\n", said);
    CLEAN(memory_free) char *path = keep_file("dbhaul-coordinator", script, 0755);
    assert_fails("night.yaml", ERROR_CONFIG,
                 "dbhaul-coordinator has ended (exit status 2); what it said stands above");
    struct error error = {0};
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    assert_int_equal(fd_read_file(AT_FDCWD, said, 4096, &text, &size, &error), 0);
    CLEAN(memory_free)
    char *expected = memory_format("--config night.yaml --section coordinator --endpoint-folder "
                                   "%s/dbhaul-once.",
                                   place);
    assert_memory_equal(text, expected, strlen(expected));
    unlink(path);
}

static void
a_signal_while_a_daemon_starts_stops_all(void **state)
{
    (void)state;
    CLEAN(memory_free)
    char *script = memory_format("#!/bin/sh\nkill -TERM %d\nexec /bin/sleep 1000\n", getpid());
    CLEAN(memory_free) char *path = keep_file("dbhaul-coordinator", script, 0755);
    int64_t before_ms = clock_monotonic_ms();
    assert_fails("x.yaml", ERROR_CANCELLED, "stopped by signal 15");
    assert_true(clock_monotonic_ms() - before_ms < 30000);
    unlink(path);
}

static void
assert_refused(char *option, char *word, const char *message_part)
{
    struct error error = {0};
    CLEAN(options_destroy) options_t *options = NULL;
    char *words[] = {(char *)(uintptr_t) "once", option, word};
    int count = word ? 3 : option ? 2 : 1;
    assert_int_equal(options_parse(&options, once_rows, count, words, &error), 0);
    struct session session = {.options = options};
    assert_int_equal(once_run(&session, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, message_part));
}

static void
a_wrong_configuration_starts_nothing(void **state)
{
    (void)state;
    assert_refused(NULL, NULL, "--config FILE is needed");
    CLEAN(memory_free) char *half = keep_file("half.yaml", "coordinator: {}\n", 0600);
    CLEAN(memory_free) char *half_option = memory_format("--config=%s", half);
    assert_refused(half_option, NULL, "half.yaml:1:1: 'worker' is missing");
    CLEAN(memory_free) char *third = keep_file("third.yaml", "workr: {}\n", 0600);
    CLEAN(memory_free) char *third_option = memory_format("--config=%s", third);
    assert_refused(third_option, NULL,
                   "third.yaml:1:1: unknown key 'workr'; did you mean 'worker'?");
    CLEAN(memory_free) char *both = keep_file("both.yaml", "coordinator: {}\nworker: {}\n", 0600);
    CLEAN(memory_free) char *both_option = memory_format("--config=%s", both);
    char word[] = "shop";
    assert_refused(both_option, word, "'shop' is no selector");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daemon_that_is_not_installed_is_named),
        cmocka_unit_test(a_daemon_that_ends_is_told_with_its_status),
        cmocka_unit_test(a_daemon_is_told_its_section_and_its_folder),
        cmocka_unit_test(a_signal_while_a_daemon_starts_stops_all),
        cmocka_unit_test(a_wrong_configuration_starts_nothing),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
