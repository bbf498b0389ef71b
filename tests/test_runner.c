// Tools are scripts: what they write, say and exit with decides what the runner makes of them.

#include "worker/engine/runner.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "tests/check.h"
#include "tests/file_sink.h"

static const struct file_facts data = {.role = "data", .loader = "mysql"};
static const char *const noise[] = {"tool: [Warning]", NULL};
static char password[] = "correct horse";
static const struct credentials credentials = {.username = password, .password = password};

static enum error_code
classify(const char *text)
{
    return strstr(text, "denied") ? ERROR_DENIED : ERROR_UNAVAILABLE;
}

// Dumps with the script into a sink of its own; says whether the file was accepted.
static int
dump(const char *script, const char *mark, int *accepted, struct error *error)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *path = folder_write(folder, "tool", 0700, script);
    const char *argv[] = {path, NULL};
    struct runner runner = {.name = "tool 1.0",
                            .process = {.argv = argv},
                            .credentials = &credentials,
                            .classify = classify,
                            .noise = noise};
    struct file_sink sink;
    file_sink_begin(&sink, folder);
    int result = runner_dump(&runner, &sink.base, &data, mark, NULL, error);
    *accepted = sink.count == 1 && sink.accepted[0];
    file_sink_end(&sink);
    return result;
}

static void
a_dump_that_ends_with_its_mark_is_accepted(void **state)
{
    (void)state;
    struct error error = {0};
    int accepted = 0;
    assert_int_equal(
        dump("#!/bin/sh\necho rows\necho '-- done'\necho\n", "-- done", &accepted, &error), 0);
    assert_true(accepted);
}

static void
a_tool_that_lies_is_not_believed(void **state)
{
    (void)state;
    struct error error = {0};
    int accepted = 1;
    assert_int_equal(dump("#!/bin/sh\necho rows\n", "-- done", &accepted, &error), -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
    assert_non_null(strstr(error.message, "cut short"));
    assert_false(accepted);

    // A mark within a line, or far from the end, is none.
    assert_int_equal(dump("#!/bin/sh\necho 'x -- done'\n", "-- done", &accepted, &error), -1);
    assert_int_equal(dump("#!/bin/sh\necho '-- done'; seq 100\n", "-- done", &accepted, &error),
                     -1);
    assert_int_equal(dump("#!/bin/sh\n", "-- done", &accepted, &error), -1);
    assert_false(accepted);
}

static void
an_exit_status_fails_the_dump_and_is_told(void **state)
{
    (void)state;
    struct error error = {0};
    int accepted = 1;
    assert_int_equal(dump("#!/bin/sh\necho '-- done'\nexit 3\n", "-- done", &accepted, &error), -1);
    assert_non_null(strstr(error.message, "tool 1.0 failed"));
    assert_non_null(strstr(error.message, "exit status 3"));
    assert_false(accepted);
}

static void
what_is_said_on_standard_error_fails_the_dump_and_is_classified(void **state)
{
    (void)state;
    struct error error = {0};
    int accepted = 1;
    assert_int_equal(
        dump("#!/bin/sh\necho '-- done'\necho 'access denied' >&2\n", "-- done", &accepted, &error),
        -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_non_null(strstr(error.message, "access denied"));
    assert_false(accepted);
}

static void
known_noise_does_not_fail_a_dump(void **state)
{
    (void)state;
    struct error error = {0};
    int accepted = 0;
    const char *script = "#!/bin/sh\necho '-- done'\necho 'tool: [Warning] old' >&2\necho >&2\n";
    assert_int_equal(dump(script, "-- done", &accepted, &error), 0);
    assert_true(accepted);
    script = "#!/bin/sh\necho '-- done'\necho 'tool: [Warning] old' >&2\necho 'real' >&2\n";
    assert_int_equal(dump(script, "-- done", &accepted, &error), -1);
    assert_non_null(strstr(error.message, "): real"));
}

static void
a_statement_that_a_tool_shows_is_not_told(void **state)
{
    (void)state;
    static const char script[] = "#!/bin/sh\n(echo first; echo -----; echo 'INSERT secret row'; "
                                 "seq 3000; echo rest of row; echo -----; echo 'ERROR 1') >&2\n";
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *path = folder_write(folder, "tool", 0700, script);
    const char *argv[] = {path, NULL};
    struct runner runner = {.name = "tool 1.0", .process = {.argv = argv}, .fence = "-----"};
    struct error error = {0};
    assert_int_equal(runner_load(&runner, NULL, &error), -1);
    assert_string_equal(error.message, "tool 1.0 failed (exit status 0): first ERROR 1");
}

static void
the_password_is_masked_in_what_a_tool_says(void **state)
{
    (void)state;
    struct error error = {0};
    int accepted = 0;
    assert_int_equal(dump("#!/bin/sh\necho 'bad password correct horse!' >&2\nexit 2\n", NULL,
                          &accepted, &error),
                     -1);
    assert_null(strstr(error.message, "correct horse"));
    assert_non_null(strstr(error.message, "bad password *"));
}

static void
mask_old(const void *self, char *text)
{
    (void)self;
    char *found = strstr(text, "old battery");
    if (found)
        memset(found, '*', strlen("old battery"));
}

static void
passwords_of_before_a_rotation_are_masked_too(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free)
    char *path = folder_write(folder, "tool", 0700,
                              "#!/bin/sh\necho 'old battery, correct horse' >&2\nexit 2\n");
    const char *argv[] = {path, NULL};
    const struct login_source source = {.mask = mask_old};
    struct runner runner = {.name = "tool 1.0",
                            .process = {.argv = argv},
                            .credentials = &credentials,
                            .login = &source};
    struct error error = {0};
    assert_int_equal(runner_load(&runner, NULL, &error), -1);
    assert_string_equal(error.message, "tool 1.0 failed (exit status 2): ***********, *****");
}

static void
a_killed_tool_fails_the_dump_and_can_be_tried_again(void **state)
{
    (void)state;
    struct error error = {0};
    int accepted = 1;
    assert_int_equal(dump("#!/bin/sh\necho '-- done'\nkill -9 $$\n", "-- done", &accepted, &error),
                     -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "signal 9"));
    assert_false(accepted);
}

static void
a_full_store_ends_the_tool_and_is_the_error(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free)
    char *path =
        folder_write(folder, "tool", 0700, "#!/bin/sh\necho $$ >$0.pid\nexec cat /dev/zero\n");
    const char *argv[] = {path, NULL};
    struct runner runner = {.name = "tool 1.0", .process = {.argv = argv}};
    struct file_sink sink;
    file_sink_begin(&sink, folder);
    sink.broken = 1;
    struct error error = {0};
    assert_int_equal(runner_dump(&runner, &sink.base, &data, NULL, NULL, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_string_equal(error.message, "no space left on the store");
    file_sink_end(&sink);
}

static void
a_missing_tool_is_a_matter_of_configuration(void **state)
{
    (void)state;
    const char *argv[] = {"/nonexistent/tool", NULL};
    struct runner runner = {.name = "tool 1.0", .process = {.argv = argv}};
    struct error error = {0};
    assert_int_equal(runner_load(&runner, NULL, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

static void
edges_are_given_to_the_caller(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    const char *argv[] = {"/usr/bin/printf", "first\\nlast\\n", NULL};
    struct runner runner = {.name = "printf", .process = {.argv = argv}};
    struct file_sink sink;
    file_sink_begin(&sink, folder);
    CLEAN(memory_free) struct file_edges *edges = memory_get(sizeof *edges);
    struct error error = {0};
    assert_int_equal(runner_dump(&runner, &sink.base, &data, "last", edges, &error), 0);
    assert_int_equal(edges->size_bytes, 11);
    assert_memory_equal(edges->head, "first\nlast\n", 11);
    file_sink_end(&sink);
}

static void
a_file_is_loaded_as_standard_input(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *input = folder_write(folder, "input", 0600, "some rows\n");
    const char *argv[] = {"/bin/sh", "-c", "read line; test \"$line\" = 'some rows'", NULL};
    struct runner runner = {.name = "sh", .process = {.argv = argv}};
    struct error error = {0};
    assert_int_equal(runner_load(&runner, input, &error), 0);
    assert_int_equal(runner_load(&runner, NULL, &error), -1);
    assert_int_equal(runner_load(&runner, "/nonexistent", &error), -1);
}

static void
a_private_file_is_read_by_the_child_and_by_nobody_else(void **state)
{
    (void)state;
    struct error error = {0};
    char path[RUNNER_PATH_SIZE];
    CLEAN(fd_close) int fd = -1;
    assert_int_equal(runner_private_file("secret\n", 7, &fd, path, &error), 0);
    struct stat facts;
    assert_int_equal(fstat(fd, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(facts.st_nlink, 0);

    // Twice: a tool may open its option file several times.
    const char *argv[] = {"/bin/sh", "-c",
                          "test \"$(cat $0)\" = secret && test \"$(cat $0)\" = secret", path, NULL};
    struct runner runner = {.name = "sh", .process = {.argv = argv, .keep_fds = {fd}}};
    assert_int_equal(runner_load(&runner, NULL, &error), 0);
    runner.process.keep_fds[0] = 0;
    assert_int_equal(runner_load(&runner, NULL, &error), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dump_that_ends_with_its_mark_is_accepted),
        cmocka_unit_test(a_tool_that_lies_is_not_believed),
        cmocka_unit_test(an_exit_status_fails_the_dump_and_is_told),
        cmocka_unit_test(what_is_said_on_standard_error_fails_the_dump_and_is_classified),
        cmocka_unit_test(known_noise_does_not_fail_a_dump),
        cmocka_unit_test(a_statement_that_a_tool_shows_is_not_told),
        cmocka_unit_test(the_password_is_masked_in_what_a_tool_says),
        cmocka_unit_test(passwords_of_before_a_rotation_are_masked_too),
        cmocka_unit_test(a_killed_tool_fails_the_dump_and_can_be_tried_again),
        cmocka_unit_test(a_full_store_ends_the_tool_and_is_the_error),
        cmocka_unit_test(a_missing_tool_is_a_matter_of_configuration),
        cmocka_unit_test(edges_are_given_to_the_caller),
        cmocka_unit_test(a_file_is_loaded_as_standard_input),
        cmocka_unit_test(a_private_file_is_read_by_the_child_and_by_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
