// Also of worker/store/probe.h, which it is made of.

#include "worker/store_look.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "tests/check.h"
#include "tests/faults.h"
#include "tests/folder.h"
#include "worker/store/probe.h"

enum { PATIENCE_MS = 20000 };

static char *
make_store(const char *folder)
{
    struct error error = {0};
    char *place = memory_format("%s/store", folder);
    assert_int_equal(mkdir(place, 0700), 0);
    assert_int_equal(store_create(place, &error), 0);
    return place;
}

static void
assert_no_probe(const char *place)
{
    CLEAN(memory_free)
    char *command = memory_format("! find '%s' -name '.dbhaul-probe*' | grep -q .", place);
    assert_int_equal(system(command), 0);
}

static void
a_store_that_is_well_says_who_it_is_and_its_room(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *place = make_store(folder);
    struct settings_store row = {.kind = "directory", .place = place, .source = ""};
    struct store_look look;
    assert_int_equal(store_look_at(&row, "dbhaul/none/d1", PATIENCE_MS, &look), 0);
    assert_int_equal(strncmp(look.identity, "directory:", 10), 0);
    assert_true(look.free_bytes > 0);
    assert_false(look.is_hanging);
    assert_int_equal(look.error.code, ERROR_NONE);
    assert_no_probe(place);
}

static void
the_nearest_folder_that_is_there_is_written_to(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *place = make_store(folder);
    CLEAN(memory_free) char *sets = memory_format("%s/dbhaul", place);
    CLEAN(store_destroy) store_t *store = NULL;
    struct error error = {0};
    assert_int_equal(mkdir(sets, 0700), 0);
    assert_int_equal(store_open(&store, "directory", place, NULL, &error), 0);
    struct stat before, after;
    assert_int_equal(stat(sets, &before), 0);
    assert_int_equal(probe_store(store, "dbhaul/1/d1", &error), 0);
    assert_int_equal(stat(sets, &after), 0);
    assert_true(before.st_mtim.tv_sec != after.st_mtim.tv_sec ||
                before.st_mtim.tv_nsec != after.st_mtim.tv_nsec);
    assert_int_equal(probe_store(store, "", &error), 0);
    // Never beyond the root.
    assert_int_equal(probe_store(store, "../../x", &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_no_probe(folder);
}

static void
a_store_that_is_not_there_is_about_its_mount(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct settings_store row = {.kind = "boostfs", .place = folder, .source = "dd1:/su1"};
    struct store_look look;
    assert_int_equal(store_look_at(&row, "", PATIENCE_MS, &look), -1);
    assert_string_equal(look.identity, "");
    assert_non_null(strstr(look.error.message, "BoostFS is not mounted at"));
}

static void
a_boostfs_is_known_by_its_source_alone(void **state)
{
    (void)state;
    struct settings_store row = {.kind = "boostfs", .place = "/nowhere", .source = "dd1:/su1"};
    assert_true(store_look_may_be(&row, "boostfs:dd1:/su1"));
    assert_false(store_look_may_be(&row, "boostfs:dd1:/su2"));
    assert_false(store_look_may_be(&row, "directory:1"));
    row.kind = "directory";
    assert_true(store_look_may_be(&row, "directory:1"));
}

// Runs a look in a child, as what hangs in it must be left by _exit.
static int
look_and_leave(const struct faults *faults, const char *says, enum error_about about)
{
    struct settings_store row = {
        .kind = "boostfs", .place = faults->point, .source = FAULTS_SOURCE};
    struct store_look look;
    int status = store_look_at(&row, "", strstr(says, "hangs") ? 1000 : PATIENCE_MS, &look);
    if (status == 0 || !strstr(look.error.message, says) || look.error.about != about) {
        printf("%d, about %d: %s\n", status, (int)look.error.about, look.error.message);
        return 1;
    }
    return !strstr(says, "hangs") != !look.is_hanging;
}

static void
each_fault_of_a_mount_is_named(void **state)
{
    (void)state;
    const char *why_not = faults_why_not();
    if (why_not) {
        printf("not run: %s\n", why_not);
        skip();
    }
    static const struct {
        const char *rule, *says;
        enum error_about about;
    } rows[] = {
        {"create errno=EROFS", "Read-only file system", ABOUT_MOUNT},
        {"write errno=ENOSPC", "is full, or its quota is", ABOUT_ROOM},
        {"write errno=EDQUOT", "has used up its quota", ABOUT_ROOM},
        {"fsync errno=EIO", "cannot sync", ABOUT_MOUNT},
        {"flush errno=EDQUOT path=probe", "has used up its quota", ABOUT_ROOM},
        {"fsync errno=ECONNABORTED", "was lost", ABOUT_MOUNT},
        {"unlink errno=EACCES", "cannot remove the file", ABOUT_MOUNT},
        {"read flip", "something else than was written", ABOUT_MOUNT},
        {"create hang", "did not answer within 1 s: its mount hangs", ABOUT_MOUNT},
    };
    struct faults faults;
    faults_mount(&faults, "boostfs", FAULTS_SOURCE);
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        faults_rule(&faults, rows[index].rule);
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0)
            _exit(look_and_leave(&faults, rows[index].says, rows[index].about));
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status)
            fail_msg("'%s' is not named", rows[index].rule);
    }
    faults_unmount(&faults);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_that_is_well_says_who_it_is_and_its_room),
        cmocka_unit_test(the_nearest_folder_that_is_there_is_written_to),
        cmocka_unit_test(a_store_that_is_not_there_is_about_its_mount),
        cmocka_unit_test(a_boostfs_is_known_by_its_source_alone),
        cmocka_unit_test(each_fault_of_a_mount_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
