// Jobs that touch nothing but a store: verify, sweep and expire.

#include "tests/task_world.h"
#include "worker/task.h"

#define NAME(array, text) char array[] = text

static void
fill_verify(struct task_world *world, Wire__Run *run, Wire__Verify *verify, char *path,
            struct set_summary *summary)
{
    verify->store = (char *)(uintptr_t)store_identity(world->store);
    verify->path = path;
    verify->manifest_sha256.data = summary->manifest_sha256;
    verify->manifest_sha256.len = sizeof summary->manifest_sha256;
    run->task_case = WIRE__RUN__TASK_VERIFY;
    run->verify = verify;
}

static void
a_whole_set_is_verified(void **state)
{
    struct task_world *world = *state;
    NAME(path, "c/d1/j1-a1");
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Verify verify = WIRE__VERIFY__INIT;
    fill_verify(world, &run, &verify, path, &summary);
    check_success(task_do(world, &run), "1 files of 24 bytes");
}

static void
a_flipped_byte_damages_a_set(void **state)
{
    struct task_world *world = *state;
    NAME(path, "c/d1/j1-a1");
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    CLEAN(memory_free) char *file = memory_format("%s/%s/1.sql", world->place, path);
    CLEAN(fd_close) int fd = open(file, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "X", 1, 5), 1);
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Verify verify = WIRE__VERIFY__INIT;
    fill_verify(world, &run, &verify, path, &summary);
    const Wire__Done *done = task_do(world, &run);
    check_failure(done, WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN, "1.sql");
    assert_true(done->damaged);
}

static void
a_set_with_another_manifest_or_none_is_damaged(void **state)
{
    struct task_world *world = *state;
    NAME(path, "c/d1/j1-a1");
    NAME(missing, "c/d1/j2-a1");
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Verify verify = WIRE__VERIFY__INIT;
    fill_verify(world, &run, &verify, missing, &summary);
    assert_true(task_do(world, &run)->damaged);
    summary.manifest_sha256[0] ^= 1;
    verify.path = path;
    assert_true(task_do(world, &run)->damaged);
}

static void
a_store_that_is_not_configured_is_nobodys_damage(void **state)
{
    struct task_world *world = *state;
    NAME(path, "c/d1/j1-a1");
    NAME(other, "directory:00000000-0000-4000-8000-00000000000f");
    NAME(boostfs, "boostfs:dd1.example:/su1");
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Verify verify = WIRE__VERIFY__INIT;
    fill_verify(world, &run, &verify, path, &summary);
    char *const identities[] = {other, boostfs};
    for (size_t index = 0; index < 2; index++) {
        verify.store = identities[index];
        const Wire__Done *done = task_do(world, &run);
        check_failure(done, WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, identities[index]);
        assert_false(done->damaged);
    }
}

static void
no_path_leaves_the_store(void **state)
{
    struct task_world *world = *state;
    static const char *const paths[] = {"../x", "/etc", "a/../../x",  "a/.hidden",
                                        "a//b", "A/B",  "a/b.partial"};
    struct set_summary summary = {0};
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Verify verify = WIRE__VERIFY__INIT;
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++) {
        CLEAN(memory_free) char *path = memory_copy_text(paths[index]);
        fill_verify(world, &run, &verify, path, &summary);
        const Wire__Done *done = task_do(world, &run);
        check_failure(done, WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, paths[index]);
        assert_false(done->damaged);
    }
}

static void
make_folder(const struct task_world *world, const char *path)
{
    CLEAN(memory_free) char *place = memory_format("%s/%s", world->place, path);
    CLEAN(memory_free) char *file = memory_format("%s/1.sql", place);
    assert_int_equal(mkdir(place, 0700), 0);
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void
a_sweep_removes_only_what_never_was_a_set(void **state)
{
    struct task_world *world = *state;
    NAME(known, "j1-a1");
    NAME(running, "j5-a1");
    NAME(folder, "c/d1");
    struct set_summary summary;
    task_make_set(world, "c/d1/j1-a1", "mysql", &summary);
    task_make_set(world, "c/d1/j2-a1", "mysql", &summary);
    task_make_set(world, "c/d2/j3-a1", "mysql", &summary);
    make_folder(world, "c/d1/j1-a2.partial");
    make_folder(world, "c/d1/j4-a1.removed");
    make_folder(world, "c/d1/j5-a1.partial");
    make_folder(world, "c/d2/j6-a1.partial");
    char *keep[] = {known, running};
    Wire__Sweep sweep = WIRE__SWEEP__INIT;
    sweep.store = (char *)(uintptr_t)store_identity(world->store);
    sweep.path = folder;
    sweep.keep = keep;
    sweep.n_keep = 2;
    Wire__Run run = WIRE__RUN__INIT;
    run.task_case = WIRE__RUN__TASK_SWEEP;
    run.sweep = &sweep;

    const Wire__Done *done = task_do(world, &run);
    check_success(done, "left behind: c/d1/j1-a2.partial");
    assert_non_null(strstr(done->message, "left behind: c/d1/j4-a1.removed"));
    assert_non_null(strstr(done->message, "unknown set: c/d1/j2-a1"));
    assert_null(strstr(done->message, "j1-a1"));
    assert_null(strstr(done->message, "d2"));
    assert_true(task_is_there(world, "c/d1/j1-a2.partial"));

    sweep.remove = 1;
    check_success(task_do(world, &run), "removed: c/d1/j1-a2.partial");
    assert_false(task_is_there(world, "c/d1/j1-a2.partial"));
    assert_false(task_is_there(world, "c/d1/j4-a1.removed"));
    assert_true(task_is_there(world, "c/d1/j1-a1/manifest.json"));
    assert_true(task_is_there(world, "c/d1/j2-a1/manifest.json"));
    assert_true(task_is_there(world, "c/d1/j5-a1.partial"));
    assert_true(task_is_there(world, "c/d2/j6-a1.partial"));
    sweep.keep = NULL;
    sweep.n_keep = 0;
    check_success(task_do(world, &run), "removed: c/d1/j5-a1.partial");
    check_success(task_do(world, &run), "unknown set: c/d1/j1-a1");
}

static const Wire__Done *
expire(struct task_world *world, Wire__Expire *what, char *path)
{
    static Wire__Run run;
    run = (Wire__Run)WIRE__RUN__INIT;
    what->store = (char *)(uintptr_t)store_identity(world->store);
    what->path = path;
    run.task_case = WIRE__RUN__TASK_EXPIRE;
    run.expire = what;
    return task_do(world, &run);
}

static void
an_expiry_removes_one_set_and_may_be_repeated(void **state)
{
    struct task_world *world = *state;
    NAME(path, "dbhaul/c/d1/j1-a1");
    Wire__Expire what = WIRE__EXPIRE__INIT;
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    task_make_set(world, "dbhaul/c/d1/j2-a1", "mysql", &summary);
    const Wire__Done *done = expire(world, &what, path);
    check_success(done, "");
    assert_false(done->locked);
    assert_false(task_is_there(world, path));
    assert_true(task_is_there(world, "dbhaul/c/d1/j2-a1"));
    check_success(expire(world, &what, path), "");
    NAME(folder, "dbhaul/c/d1");
    check_failure(expire(world, &what, folder), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT,
                  "not the path of a set");
    NAME(above, "dbhaul/../c/j2-a1");
    check_failure(expire(world, &what, above), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, "");
    assert_true(task_is_there(world, "dbhaul/c/d1/j2-a1"));
}

int
main(int argc, char **argv)
{
    int status = 0;
    if (task_role(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_whole_set_is_verified),
        TASK_TEST(a_flipped_byte_damages_a_set),
        TASK_TEST(a_set_with_another_manifest_or_none_is_damaged),
        TASK_TEST(a_store_that_is_not_configured_is_nobodys_damage),
        TASK_TEST(no_path_leaves_the_store),
        TASK_TEST(an_expiry_removes_one_set_and_may_be_repeated),
        TASK_TEST(a_sweep_removes_only_what_never_was_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
