// A store that is full, fails or lies while it is written to: each fault has a clear error, and
// what it leaves behind can be swept.

#include "worker/store/store.h"

#include "tests/store_faults_scene.h"

static void
a_full_store_says_that_it_may_be_a_quota(void **state)
{
    (void)state;
    static const char *const rules[] = {"mkdir errno=ENOSPC", "mkdir errno=EDQUOT"};
    CLEAN(store_destroy) store_t *store = open_store();
    for (size_t index = 0; index < sizeof rules / sizeof *rules; index++) {
        struct error error = {0};
        CLEAN(fd_close) int dir = -1;
        faults_rule(&faults, rules[index]);
        assert_int_equal(store_begin(store, "c1/db1/7", &dir, &error), -1);
        assert_error(&error, ERROR_CONFIG, "quota");
        assert_int_equal(dir, -1);
    }
}

static void
a_store_that_lets_nobody_write_says_so(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    CLEAN(fd_close) int dir = -1;
    faults_rule(&faults, "mkdir errno=EACCES");
    assert_int_equal(store_begin(store, "c1/db1/7", &dir, &error), -1);
    assert_error(&error, ERROR_DENIED, "Permission denied");
}

static void
a_set_that_cannot_be_begun_leaves_no_folder(void **state)
{
    (void)state;
    static const char *const rules[] = {"fsyncdir errno=EIO", "opendir errno=EIO path=7.partial"};
    CLEAN(store_destroy) store_t *store = open_store();
    for (size_t index = 0; index < sizeof rules / sizeof *rules; index++) {
        struct error error = {0};
        CLEAN(fd_close) int dir = -1;
        faults_rule(&faults, rules[index]);
        assert_int_equal(store_begin(store, "c1/db1/7", &dir, &error), -1);
        assert_int_equal(error.code, ERROR_UNAVAILABLE);
        assert_false(is_beneath("c1/db1/7.partial"));
    }
}

static void
a_rename_that_fails_leaves_no_set(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    begin(store, "c1/db1/7");
    faults_rule(&faults, "rename errno=EIO");
    assert_int_equal(store_commit(store, "c1/db1/7", &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "cannot rename");
    assert_false(is_beneath("c1/db1/7"));
    assert_int_equal(store_abandon(store, "c1/db1/7", &error), 0);
    assert_false(is_beneath("c1/db1/7.partial"));
}

static void
a_rename_whose_answer_was_lost_has_happened(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    begin(store, "c1/db1/7");
    faults_rule(&faults, "rename late errno=EIO");
    if (store_commit(store, "c1/db1/7", &error))
        fail_msg("%s", error.message);
    assert_true(is_beneath("c1/db1/7"));
    assert_false(is_beneath("c1/db1/7.partial"));
    assert_int_equal(store_remove(store, "c1/db1/7", &error), 0);
    assert_false(is_beneath("c1/db1/7"));
}

static void
a_set_whose_rename_cannot_be_synced_is_taken_back(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    begin(store, "c1/db1/7");
    faults_rule(&faults, "fsyncdir errno=EIO skip=2");
    assert_int_equal(store_commit(store, "c1/db1/7", &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "cannot sync");
    assert_false(is_beneath("c1/db1/7"));
    assert_true(is_beneath("c1/db1/7.partial"));
}

static void
a_set_that_cannot_be_synced_is_not_renamed(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    begin(store, "c1/db1/7");
    faults_rule(&faults, "fsyncdir errno=EIO count=1");
    assert_int_equal(store_commit(store, "c1/db1/7", &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "cannot sync");
    assert_false(is_beneath("c1/db1/7"));
}

static void
a_store_that_knows_no_sync_still_keeps_sets(void **state)
{
    (void)state;
    static const char *const rules[] = {"fsyncdir errno=EINVAL", "fsyncdir errno=EOPNOTSUPP",
                                        "fsyncdir errno=ENOSYS"};
    CLEAN(store_destroy) store_t *store = open_store();
    for (size_t index = 0; index < sizeof rules / sizeof *rules; index++) {
        struct error error = {0};
        char path[32];
        snprintf(path, sizeof path, "c1/db1/%zu", index);
        faults_rule(&faults, rules[index]);
        begin(store, path);
        if (store_commit(store, path, &error))
            fail_msg("%s", error.message);
        assert_true(is_beneath(path));
    }
}

static void
a_refused_sync_of_a_file_is_noted(void **state)
{
    (void)state;
    struct error error = {0};
    int refused = 0;
    CLEAN(store_destroy) store_t *store = open_store();
    CLEAN(fd_close) int fd = openat(store->root, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(store_sync(store, fd, &refused, &error), 0);
    assert_int_equal(refused, 0);
    faults_rule(&faults, "fsync errno=EINVAL");
    assert_int_equal(store_sync(store, fd, &refused, &error), 0);
    assert_int_equal(refused, EINVAL);
    faults_rule(&faults, "fsync errno=EIO");
    assert_int_equal(store_sync(store, fd, &refused, &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "cannot sync");
}

static void
a_store_that_cannot_be_listed_is_an_error(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    begin(store, "c1/db1/7");
    faults_rule(&faults, "readdir errno=EIO path=db1");
    assert_int_equal(store_list(store, "c1", NULL, NULL, &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "cannot list");
}

static void
a_removal_that_fails_can_be_tried_again(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    CLEAN(fd_close) int dir = -1;
    begin(store, "c1/db1/7");
    assert_int_equal(store_commit(store, "c1/db1/7", &error), 0);
    assert_int_equal(store_open_set(store, "c1/db1/7", &dir, &error), 0);
    assert_int_equal(mkdirat(dir, "inner", 0700), 0);
    faults_rule(&faults, "rmdir errno=EIO");
    assert_int_equal(store_remove(store, "c1/db1/7", &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "cannot remove");
    assert_false(is_beneath("c1/db1/7"));
    assert_true(is_beneath("c1/db1/7.removed"));
    faults_rule(&faults, "");
    assert_int_equal(store_remove(store, "c1/db1/7", &error), 0);
    assert_false(is_beneath("c1/db1/7.removed"));
}

static void
a_store_that_hangs_can_be_killed(void **state)
{
    (void)state;
    faults_rule(&faults, "statfs hang");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct error error;
        store_t *store = NULL;
        store_open(&store, "boostfs", faults.point, FAULTS_SOURCE, &error);
        _exit(0);
    }
    int64_t until_ms = clock_monotonic_ms() + 300;
    while (clock_monotonic_ms() < until_ms) {
        assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
        faults_rest();
    }
    int status = 0;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

// A set of two files; what it is known by is 1.sql.
static void
make_two(store_t *store, const char *path)
{
    struct error error = {0};
    CLEAN(fd_close) int dir = -1;
    assert_int_equal(store_begin(store, path, &dir, &error), 0);
    for (int index = 1; index <= 2; index++) {
        char name[8];
        snprintf(name, sizeof name, "%d.sql", index);
        int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        close(fd);
    }
    assert_int_equal(store_commit(store, path, &error), 0);
}

// What a retention lock may refuse: the folder's name, every file, or only those that were written
// last. While the first file is there nothing was removed.
static void
a_set_that_is_locked_stays_whole_or_is_no_set(void **state)
{
    (void)state;
    static const char *const refusals[] = {"rename errno=EPERM", "rename errno=EROFS path=.removed",
                                           "unlink errno=EACCES", "unlink errno=EPERM path=1.sql"};
    CLEAN(store_destroy) store_t *store = open_store();
    struct error error = {0};
    int is_whole = 0;
    make_two(store, "c1/db1/7");
    for (size_t index = 0; index < sizeof refusals / sizeof *refusals; index++) {
        faults_rule(&faults, refusals[index]);
        assert_int_equal(store_retire(store, "c1/db1/7", "1.sql", &is_whole, &error), -1);
        assert_error(&error, ERROR_DENIED, "c1/db1/7");
        assert_int_equal(error.about, ABOUT_MOUNT);
        assert_true(is_whole);
        assert_true(is_beneath("c1/db1/7/1.sql") && is_beneath("c1/db1/7/2.sql"));
        assert_false(is_beneath("c1/db1/7.removed"));
    }
    faults_rule(&faults, "unlink errno=EPERM path=2.sql");
    assert_int_equal(store_retire(store, "c1/db1/7", "1.sql", &is_whole, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_false(is_whole);
    assert_false(is_beneath("c1/db1/7"));
    assert_true(is_beneath("c1/db1/7.removed/2.sql"));
    faults_rule(&faults, "");
    assert_int_equal(store_retire(store, "c1/db1/7", "1.sql", &is_whole, &error), 0);
    assert_false(is_beneath("c1/db1/7.removed"));
}

static void
a_lost_mount_is_no_lock(void **state)
{
    (void)state;
    CLEAN(store_destroy) store_t *store = open_store();
    struct error error = {0};
    int is_whole = 1;
    make_two(store, "c1/db1/7");
    faults_rule(&faults, "unlink errno=EIO");
    assert_int_equal(store_retire(store, "c1/db1/7", "1.sql", &is_whole, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    faults_rule(&faults, "rename errno=EIO late");
    assert_int_equal(store_retire(store, "c1/db1/7", "1.sql", &is_whole, &error), 0);
    assert_false(is_beneath("c1/db1/7") || is_beneath("c1/db1/7.removed"));
}

int
main(void)
{
    const struct CMUnitTest whether[] = {cmocka_unit_test(faults_are_tried_on_a_real_mount)};
    const struct CMUnitTest tests[] = {
        TEST(a_full_store_says_that_it_may_be_a_quota),
        TEST(a_store_that_lets_nobody_write_says_so),
        TEST(a_set_that_cannot_be_begun_leaves_no_folder),
        TEST(a_rename_that_fails_leaves_no_set),
        TEST(a_rename_whose_answer_was_lost_has_happened),
        TEST(a_set_whose_rename_cannot_be_synced_is_taken_back),
        TEST(a_set_that_cannot_be_synced_is_not_renamed),
        TEST(a_store_that_knows_no_sync_still_keeps_sets),
        TEST(a_refused_sync_of_a_file_is_noted),
        TEST(a_store_that_cannot_be_listed_is_an_error),
        TEST(a_removal_that_fails_can_be_tried_again),
        TEST(a_set_that_is_locked_stays_whole_or_is_no_set),
        TEST(a_lost_mount_is_no_lock),
        TEST(a_store_that_hangs_can_be_killed),
    };
    int failed = cmocka_run_group_tests_name("fuse", whether, NULL, NULL);
    if (!faults_why_not())
        failed += cmocka_run_group_tests_name("faults", tests, NULL, NULL);
    return failed;
}
