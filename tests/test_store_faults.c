// A store on a BoostFS mount that is missing, wrong or lost: each fault has a clear error.

#include "worker/store/store.h"

#include "tests/store_faults_scene.h"

static void
a_missing_mount_is_refused(void **state)
{
    (void)state;
    umount2(faults.point, MNT_DETACH);
    assert_no_store(faults.point, FAULTS_SOURCE, ERROR_CONFIG, "not mounted");
    assert_no_store("/tmp/dbhaul-no-such-place", FAULTS_SOURCE, ERROR_CONFIG, "No such file");
}

static void
a_folder_in_the_mount_is_refused(void **state)
{
    (void)state;
    char folder[FAULTS_PATH_SIZE + 16];
    snprintf(folder, sizeof folder, "%s/folder", faults.point);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_no_store(folder, FAULTS_SOURCE, ERROR_CONFIG, "beneath the mount point");
}

static void
a_link_to_the_mount_will_do(void **state)
{
    (void)state;
    struct error error = {0};
    char link[FAULTS_PATH_SIZE + 16];
    snprintf(link, sizeof link, "%s/link", faults.folder);
    assert_int_equal(symlink(faults.point, link), 0);
    CLEAN(store_destroy) store_t *store = NULL;
    assert_int_equal(store_open(&store, "boostfs", link, FAULTS_SOURCE, &error), 0);
    assert_int_equal(store_check(store, &error), 0);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink(faults.backing, link), 0);
    assert_int_equal(store_check(store, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

static void
a_mount_of_another_type_is_refused(void **state)
{
    (void)state;
    faults_unmount(&faults);
    faults_mount(&faults, "otherfs", FAULTS_SOURCE);
    assert_no_store(faults.point, FAULTS_SOURCE, ERROR_CONFIG, "'fuse.otherfs', not boostfs");
}

static void
a_mount_of_another_storage_unit_is_refused(void **state)
{
    (void)state;
    assert_no_store(faults.point, "dd1.example:/su10", ERROR_CONFIG, "'dd1.example:/su1', not");
    assert_no_store(faults.point, "dd2.example:/su1", ERROR_CONFIG, "'dd1.example:/su1', not");
    assert_no_store(faults.point, "", ERROR_CONFIG, "<data domain>");
    assert_no_store(faults.point, NULL, ERROR_CONFIG, "<data domain>");
    assert_no_store("mnt/dd1", FAULTS_SOURCE, ERROR_CONFIG, "absolute");
}

static void
a_lost_mount_is_said_to_be_lost(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    uint64_t free_bytes = 0;
    begin(store, "c1/db1/7");
    faults_kill(&faults);
    assert_int_equal(store_check(store, &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "was lost");
    assert_int_equal(store_commit(store, "c1/db1/7", &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "was lost");
    assert_int_equal(store_room(store, &free_bytes, &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "was lost");
    assert_no_store(faults.point, FAULTS_SOURCE, ERROR_UNAVAILABLE, "was lost");
}

static void
a_crash_in_the_midst_of_a_rename_is_a_lost_mount(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    begin(store, "c1/db1/7");
    faults_rule(&faults, "rename crash");
    assert_int_equal(store_commit(store, "c1/db1/7", &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "was lost");
    faults_reap(&faults);
    assert_true(is_beneath("c1/db1/7.partial"));
    assert_false(is_beneath("c1/db1/7"));
}

static void
a_mount_that_came_back_wants_a_new_job(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    faults_mount_again(&faults);
    assert_int_equal(store_check(store, &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "was lost");
    CLEAN(store_destroy) store_t *fresh = open_store();
    assert_int_equal(store_check(fresh, &error), 0);
}

static void
an_unmounted_store_is_refused_though_its_root_still_answers(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    assert_int_equal(umount2(faults.point, MNT_DETACH), 0);
    assert_int_equal(store_check(store, &error), -1);
    assert_error(&error, ERROR_CONFIG, "not mounted");
}

static void
another_mount_on_top_is_noticed(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    assert_int_equal(mount("tmpfs", faults.point, "tmpfs", 0, NULL), 0);
    assert_int_equal(store_check(store, &error), -1);
    assert_error(&error, ERROR_CONFIG, "'tmpfs', not boostfs");
}

static void
the_same_store_mounted_on_top_is_noticed(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    pid_t first = faults.daemon;
    faults_start(&faults, "boostfs", FAULTS_SOURCE);
    int64_t until_ms = clock_monotonic_ms() + FAULTS_PATIENCE_MS;
    while (store_check(store, &error) == 0) {
        assert_true(clock_monotonic_ms() < until_ms);
        faults_rest();
    }
    assert_error(&error, ERROR_UNAVAILABLE, "mounted anew");
    kill(first, SIGKILL);
    waitpid(first, NULL, 0);
}

int
main(void)
{
    const struct CMUnitTest whether[] = {cmocka_unit_test(faults_are_tried_on_a_real_mount)};
    const struct CMUnitTest tests[] = {
        TEST(a_missing_mount_is_refused),
        TEST(a_folder_in_the_mount_is_refused),
        TEST(a_link_to_the_mount_will_do),
        TEST(a_mount_of_another_type_is_refused),
        TEST(a_mount_of_another_storage_unit_is_refused),
        TEST(a_lost_mount_is_said_to_be_lost),
        TEST(a_crash_in_the_midst_of_a_rename_is_a_lost_mount),
        TEST(a_mount_that_came_back_wants_a_new_job),
        TEST(an_unmounted_store_is_refused_though_its_root_still_answers),
        TEST(another_mount_on_top_is_noticed),
        TEST(the_same_store_mounted_on_top_is_noticed),
    };
    int failed = cmocka_run_group_tests_name("fuse", whether, NULL, NULL);
    if (!faults_why_not())
        failed += cmocka_run_group_tests_name("faults", tests, NULL, NULL);
    return failed;
}
