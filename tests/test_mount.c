#include <string.h>
#include <sys/sysmacros.h>

#include "tests/check.h"
#include "worker/store/mount.h"

static const char table[] =
    "22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n"
    "30 22 0:40 / /mnt rw - tmpfs tmpfs rw\n"
    "50 30 0:41 / /mnt/dd1 rw,nosuid shared:3 master:1 - fuse.boostfs dd1.example:/su1 rw,user=0\n"
    "51 30 0:42 / /mnt/a\\040b\\134c rw - fuse.boostfs dd2.example:/su\\0402 rw\n"
    "52 22 0:43 / /mnt/dd10 rw - ext4 /dev/sdb1 rw\n"
    "53 50 0:44 / /mnt/dd1 rw - ext4 /dev/sdc1 rw\n";

static struct mount
find(const char *path)
{
    struct mount mount;
    struct error error = {0};
    assert_int_equal(mount_find(table, path, &mount, &error), 0);
    return mount;
}

static void
the_longest_mount_point_wins(void **state)
{
    (void)state;
    assert_string_equal(find("/").point, "/");
    assert_string_equal(find("/mn").point, "/");
    assert_string_equal(find("/mnt").point, "/mnt");
    assert_string_equal(find("/mnt/dd").point, "/mnt");
    assert_string_equal(find("/mnt/dd10/x").point, "/mnt/dd10");
    assert_string_equal(find("/mnt/dd100").point, "/mnt");
}

static void
of_two_mounts_at_one_point_the_upper_one_counts(void **state)
{
    (void)state;
    struct mount mount = find("/mnt/dd1/folder");
    assert_string_equal(mount.point, "/mnt/dd1");
    assert_string_equal(mount.type, "ext4");
    assert_string_equal(mount.source, "/dev/sdc1");
    assert_true(mount.device == makedev(0, 44));
}

static void
octal_escapes_are_decoded(void **state)
{
    (void)state;
    struct mount mount = find("/mnt/a b\\c/d");
    assert_string_equal(mount.point, "/mnt/a b\\c");
    assert_string_equal(mount.type, "fuse.boostfs");
    assert_string_equal(mount.source, "dd2.example:/su 2");
    assert_true(mount.device == makedev(0, 42));
}

static void
what_no_line_covers_is_not_found(void **state)
{
    (void)state;
    struct mount mount;
    struct error error = {0};
    assert_int_equal(mount_find("30 22 0:40 / /mnt rw - tmpfs tmpfs rw\n", "/tmp", &mount, &error),
                     -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_int_equal(mount_find("", "/", &mount, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
}

static void
a_line_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const char *const tables[] = {
        "\n", "30\n", "30 22 0:40 / /mnt rw shared:1 tmpfs tmpfs rw\n",
        "30 22 x / /mnt rw - tmpfs tmpfs rw\n", "30 22 0:40 / /mnt rw -\n"};
    for (size_t index = 0; index < sizeof tables / sizeof *tables; index++) {
        struct mount mount;
        struct error error = {0};
        assert_int_equal(mount_find(tables[index], "/mnt", &mount, &error), -1);
        assert_int_equal(error.code, ERROR_INVALID);
    }
}

static void
a_mount_point_of_any_length_harms_nothing(void **state)
{
    (void)state;
    char longer[8192] = "30 22 0:40 / /";
    memset(longer + strlen(longer), 'x', 6000);
    strcat(longer, " rw - tmpfs tmpfs rw\n");
    strcat(longer, table);
    struct mount mount;
    struct error error = {0};
    assert_int_equal(mount_find(longer, "/mnt/dd10", &mount, &error), 0);
    assert_string_equal(mount.point, "/mnt/dd10");
}

static void
this_process_has_a_root(void **state)
{
    (void)state;
    struct mount mount;
    struct error error = {0};
    assert_int_equal(mount_of("/proc", &mount, &error), 0);
    assert_string_equal(mount.point, "/proc");
    assert_string_equal(mount.type, "proc");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_mount_point_wins),
        cmocka_unit_test(of_two_mounts_at_one_point_the_upper_one_counts),
        cmocka_unit_test(octal_escapes_are_decoded),
        cmocka_unit_test(what_no_line_covers_is_not_found),
        cmocka_unit_test(a_line_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_mount_point_of_any_length_harms_nothing),
        cmocka_unit_test(this_process_has_a_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
