#include <signal.h>
#include <sys/wait.h>

#include "common/clean.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/state.h"

static void
an_instance_stays_the_same_for_ever(void **state_p)
{
    (void)state_p;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *place = memory_format("%s/state", folder);
    struct error error;
    state_t *state = NULL;
    assert_int_equal(state_open(&state, place, &error), 0);
    CLEAN(memory_free) char *first = memory_copy_text(state_instance(state));
    assert_int_equal(strlen(first), 36);
    state_destroy(&state);
    assert_null(state);
    assert_int_equal(state_open(&state, place, &error), 0);
    assert_string_equal(state_instance(state), first);
    state_destroy(&state);
    struct stat facts;
    assert_int_equal(stat(place, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
}

static void
two_cannot_share_a_folder(void **state_p)
{
    (void)state_p;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct error error;
    CLEAN(state_destroy) state_t *first = NULL;
    CLEAN(state_destroy) state_t *second = NULL;
    assert_int_equal(state_open(&first, folder, &error), 0);
    assert_int_equal(state_open(&second, folder, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "another worker uses"));
    assert_null(second);
    state_destroy(&first);
    assert_int_equal(state_open(&second, folder, &error), 0);
}

static void
a_killed_owner_leaves_no_lock(void **state_p)
{
    (void)state_p;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct error error;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t owner = fork();
    if (owner == 0) {
        state_t *state = NULL;
        char mark = state_open(&state, folder, &error) ? 'n' : 'y';
        if (write(ready[1], &mark, 1) == 1)
            pause();
        _exit(0);
    }
    char mark = 0;
    assert_int_equal(read(ready[0], &mark, 1), 1);
    assert_int_equal(mark, 'y');
    CLEAN(state_destroy) state_t *state = NULL;
    assert_int_equal(state_open(&state, folder, &error), -1);
    kill(owner, SIGKILL);
    assert_int_equal(waitpid(owner, NULL, 0), owner);
    assert_int_equal(state_open(&state, folder, &error), 0);
    close(ready[0]);
    close(ready[1]);
}

static void
the_highest_epoch_survives_and_lower_ones_are_refused(void **state_p)
{
    (void)state_p;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct error error;
    state_t *state = NULL;
    assert_int_equal(state_open(&state, folder, &error), 0);
    assert_int_equal(state_epoch(state), 0);
    assert_int_equal(state_raise_epoch(state, 7, &error), 0);
    assert_int_equal(state_raise_epoch(state, 7, &error), 0);
    state_destroy(&state);

    assert_int_equal(state_open(&state, folder, &error), 0);
    assert_int_equal(state_epoch(state), 7);
    assert_int_equal(state_raise_epoch(state, 6, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_int_equal(state_epoch(state), 7);
    assert_int_equal(state_raise_epoch(state, INT64_MAX, &error), 0);
    state_destroy(&state);
    assert_int_equal(state_open(&state, folder, &error), 0);
    assert_int_equal(state_epoch(state), INT64_MAX);
    state_destroy(&state);
}

static void
what_is_no_epoch_is_refused(void **state_p)
{
    (void)state_p;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct error error;
    CLEAN(state_destroy) state_t *state = NULL;
    assert_int_equal(state_open(&state, folder, &error), 0);
    assert_int_equal(state_raise_epoch(state, 0, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_equal(state_raise_epoch(state, UINT64_MAX, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_equal(state_epoch(state), 0);
}

static void
an_epoch_that_cannot_be_kept_is_not_obeyed(void **state_p)
{
    (void)state_p;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct error error;
    CLEAN(state_destroy) state_t *state = NULL;
    assert_int_equal(state_open(&state, folder, &error), 0);
    CLEAN(memory_free) char *blocker = memory_format("%s/epoch.new", folder);
    assert_int_equal(mkdir(blocker, 0700), 0);
    assert_int_equal(state_raise_epoch(state, 3, &error), -1);
    assert_int_equal(state_epoch(state), 0);
    assert_int_equal(rmdir(blocker), 0);
    assert_int_equal(state_raise_epoch(state, 3, &error), 0);
}

static void
damaged_files_are_refused(void **state_p)
{
    (void)state_p;
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"instance", "nobody\n"},
        {"instance", ""},
        {"instance", "0b9e2c1e-0000-4000-8000-000000000000"},
        {"epoch", "-1\n"},
        {"epoch", "1\n2\n"},
        {"epoch", "99999999999999999999\n"},
        {"epoch", "\n1\n"},
        {"epoch", " 1\n"},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        CLEAN(folder_destroy) char *folder = folder_new();
        CLEAN(memory_free)
        char *path = folder_write(folder, rows[index].name, 0600, rows[index].text);
        struct error error;
        CLEAN(state_destroy) state_t *state = NULL;
        assert_int_equal(state_open(&state, folder, &error), -1);
        assert_int_equal(error.code, ERROR_CORRUPT);
        assert_non_null(strstr(error.message, folder));
    }
}

static void
a_folder_that_others_may_write_is_refused(void **state_p)
{
    (void)state_p;
    CLEAN(folder_destroy) char *folder = folder_new();
    assert_int_equal(chmod(folder, 0777), 0);
    struct error error;
    CLEAN(state_destroy) state_t *state = NULL;
    assert_int_equal(state_open(&state, folder, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

static void
a_missing_parent_is_said(void **state_p)
{
    (void)state_p;
    struct error error;
    CLEAN(state_destroy) state_t *state = NULL;
    assert_int_equal(state_open(&state, "/nonexistent/dbhaul/state", &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "/nonexistent/dbhaul/state"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instance_stays_the_same_for_ever),
        cmocka_unit_test(two_cannot_share_a_folder),
        cmocka_unit_test(a_killed_owner_leaves_no_lock),
        cmocka_unit_test(the_highest_epoch_survives_and_lower_ones_are_refused),
        cmocka_unit_test(what_is_no_epoch_is_refused),
        cmocka_unit_test(an_epoch_that_cannot_be_kept_is_not_obeyed),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(a_folder_that_others_may_write_is_refused),
        cmocka_unit_test(a_missing_parent_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
