// Sets on a BoostFS mount that fails while they are written: each fault ends with a clear error and
// no set; where the store is back nothing partial remains, or the sweep finds it.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/store_faults_scene.h"
#include "worker/set/reader.h"
#include "worker/set/writer.h"

#define PATH "c1/db1/7-1"

enum { FILE_SIZE = 5 << 20, EDGE_SIZE = 16 };

static const struct set_file_facts facts = {.role = "data", .object = "shop", .loader = "mysql"};

// A file of `size` bytes outside of the store, to be put.
static int
source(size_t size)
{
    int fd = open(faults.folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    CLEAN(memory_free) char *data = memory_get(size);
    struct error error = {0};
    for (size_t at = 0; at < size; at++)
        data[at] = (char)(at * 31 >> 3);
    assert_int_equal(fd_write(fd, data, size, &error), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static int
put(set_writer_t *writer, size_t size, struct error *error)
{
    char head[EDGE_SIZE];
    char tail[EDGE_SIZE];
    size_t head_size = 0;
    size_t tail_size = 0;
    uint64_t size_bytes = 0;
    CLEAN(fd_close) int fd = source(size);
    if (set_writer_put(writer, &facts, fd, head, &head_size, tail, &tail_size, EDGE_SIZE,
                       &size_bytes, error))
        return -1;
    assert_int_equal(size_bytes, size);
    return set_writer_accept(writer, error);
}

// A whole set; the rules hold from the beginning on.
static int
write_set(store_t *store, const char *rules, struct error *error)
{
    struct set_summary summary;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    faults_rule(&faults, rules);
    return set_writer_open(&writer, store, PATH, error) ||
                   set_writer_put_text(writer, &facts, "users", 5, error) ||
                   put(writer, FILE_SIZE, error) || put(writer, 0, error) ||
                   set_writer_end(writer, &summary, error)
               ? -1
               : 0;
}

static void
assert_verified(void)
{
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    if (set_reader_open(&reader, store, PATH, NULL, &error) ||
        set_reader_verify(reader, NULL, NULL, &error))
        fail_msg("%s", error.message);
}

static void
assert_fails(const char *rules, enum error_code code, const char *says)
{
    struct error error = {0};
    faults_rule(&faults, "");
    CLEAN(store_destroy) store_t *store = open_store();
    if (write_set(store, rules, &error) == 0)
        fail_msg("a set was made in spite of '%s'", rules);
    if (error.code != code || !strstr(error.message, says))
        fail_msg("'%s': %d '%s' is not %d '%s'", rules, error.code, error.message, code, says);
    assert_false(is_beneath(PATH));
}

// As assert_fails, for faults that let the writer clean up after itself.
static void
assert_fails_and_leaves_nothing(const char *rules, enum error_code code, const char *says)
{
    assert_fails(rules, code, says);
    if (is_beneath(PATH ".partial"))
        fail_msg("'%s' left a partial set", rules);
}

static int
note(void *context, const char *path)
{
    struct error error = {0};
    assert_string_equal(path, PATH ".partial");
    assert_int_equal(store_remove(context, path, &error), 0);
    return 0;
}

// What is left is listed, and can be removed once the store is back.
static void
assert_swept(void)
{
    struct error error = {0};
    assert_true(is_beneath(PATH ".partial"));
    faults_mount_again(&faults);
    CLEAN(store_destroy) store_t *store = open_store();
    assert_int_equal(store_list(store, "c1", note, store, &error), 0);
    assert_false(is_beneath(PATH ".partial"));
}

static void
without_faults_a_set_is_made(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    if (write_set(store, "", &error))
        fail_msg("%s", error.message);
    assert_verified();
}

static void
a_full_store_makes_no_set(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "write errno=ENOSPC after=3000000",    "write errno=EDQUOT after=3000000",
        "write errno=ENOSPC path=RESTORE.txt", "write errno=ENOSPC path=manifest",
        "create errno=EDQUOT path=2.sql",      "fsync errno=ENOSPC path=2.sql",
        "flush errno=EDQUOT path=2.sql",
    };
    for (size_t index = 0; index < sizeof rules / sizeof *rules; index++)
        assert_fails_and_leaves_nothing(rules[index], ERROR_CONFIG, "quota");
}

static void
an_error_at_any_step_makes_no_set(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *says;
    } cases[] = {
        {"write errno=EIO path=2.sql", "cannot write '2.sql'"},
        {"write errno=EIO path=2.sql skip=3", "cannot write '2.sql'"},
        {"create errno=EIO path=2.sql", "cannot create '2.sql'"},
        {"create late errno=EIO path=2.sql", "cannot create '2.sql'"},
        {"fsync errno=EIO path=1.sql", "'1.sql': cannot sync"},
        {"fsync errno=EIO path=2.sql", "'2.sql': cannot sync"},
        {"fsync late errno=EIO path=2.sql", "'2.sql': cannot sync"},
        {"fsync errno=EIO path=3.sql", "'3.sql': cannot sync"},
        {"fsync errno=EIO path=restore.sh", "'restore.sh': cannot sync"},
        {"fsync errno=EIO path=manifest.json", "'manifest.json': cannot sync"},
        {"flush errno=EIO path=1.sql", "cannot close '1.sql'"},
        {"flush errno=EIO path=2.sql", "cannot close '2.sql'"},
        {"flush errno=EIO path=2.sql skip=1", "cannot close '2.sql'"},
        {"flush errno=EIO path=manifest.json", "cannot close 'manifest.json'"},
        {"open errno=EIO path=2.sql", "cannot open '2.sql'"},
        {"read errno=EIO path=2.sql", "cannot read '2.sql' back"},
        {"read errno=EIO path=manifest.json", "cannot read 'manifest.json' back"},
        {"rename errno=EIO", "cannot rename"},
        {"statfs errno=EIO skip=4", "cannot reach the root"},
        // Of the folder above at begin, of the set's, of the one above before and after the rename.
        {"fsyncdir errno=EIO", "cannot sync"},
        {"fsyncdir errno=EIO skip=1", "cannot sync"},
        {"fsyncdir errno=EIO skip=2", "cannot sync"},
        {"fsyncdir errno=EIO skip=3", "cannot sync"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++)
        assert_fails_and_leaves_nothing(cases[index].rules, ERROR_UNAVAILABLE, cases[index].says);
}

static void
a_mount_that_cannot_be_checked_after_the_rename_makes_no_set(void **state)
{
    (void)state;
    // Asked at begin, with each of three files, before the rename and after it.
    assert_fails_and_leaves_nothing("statfs errno=EIO skip=5 count=1", ERROR_UNAVAILABLE,
                                    "cannot reach the root");
    assert_false(is_beneath(PATH ".removed"));
}

static void
a_rename_whose_answer_was_lost_is_a_set(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    if (write_set(store, "rename late errno=EIO", &error))
        fail_msg("%s", error.message);
    faults_rule(&faults, "");
    assert_verified();
}

static void
a_byte_that_flips_on_its_way_back_is_seen(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "read flip count=1 path=1.sql",         "read flip count=1 path=2.sql",
        "read flip count=1 skip=3 path=2.sql",  "read flip count=1 path=RESTORE.txt",
        "read flip count=1 path=manifest.json",
    };
    for (size_t index = 0; index < sizeof rules / sizeof *rules; index++)
        assert_fails_and_leaves_nothing(rules[index], ERROR_CORRUPT, "with other bytes");
}

static void
a_manifest_that_changes_under_its_final_name_is_no_set(void **state)
{
    (void)state;
    assert_fails_and_leaves_nothing("read flip path=7-1/manifest.json", ERROR_CORRUPT, "digest");
}

static void
a_store_that_keeps_less_than_it_said_is_seen(void **state)
{
    (void)state;
    struct error error = {0};
    struct set_summary summary;
    CLEAN(store_destroy) store_t *store = open_store();
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, PATH, &error), 0);
    faults_rule(&faults, "fsync hang");
    assert_int_equal(put(writer, FILE_SIZE, &error), 0);
    CLEAN(memory_free) char *beneath = memory_format("%s/" PATH ".partial/1.sql", faults.backing);
    assert_int_equal(truncate(beneath, FILE_SIZE - 1), 0);
    faults_rule(&faults, "");
    assert_int_equal(set_writer_end(writer, &summary, &error), -1);
    assert_error(&error, ERROR_CORRUPT, "'1.sql'");
}

static void
short_writes_and_reads_do_no_harm(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    if (write_set(store, "write short=9999\nread short=7777", &error))
        fail_msg("%s", error.message);
    faults_rule(&faults, "");
    assert_verified();
}

static void
a_slow_store_is_only_slow(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    if (write_set(store, "* delay_ms=2\nread delay_ms=3", &error))
        fail_msg("%s", error.message);
    faults_rule(&faults, "");
    assert_verified();
}

static void
a_store_that_knows_no_sync_has_it_in_the_manifest(void **state)
{
    (void)state;
    static const char *const rules[] = {"fsync errno=EINVAL", "fsync errno=EOPNOTSUPP"};
    for (size_t index = 0; index < sizeof rules / sizeof *rules; index++) {
        struct error error = {0};
        CLEAN(store_destroy) store_t *store = open_store();
        CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
        if (write_set(store, rules[index], &error))
            fail_msg("%s", error.message);
        assert_int_equal(set_reader_open(&reader, store, PATH, NULL, &error), 0);
        const struct manifest *manifest = set_reader_manifest(reader);
        assert_int_equal(manifest->fact_count, 1);
        assert_string_equal(manifest->facts[0].first, "sync refused by the store");
        faults_rule(&faults, "");
        assert_int_equal(store_remove(store, PATH, &error), 0);
    }
}

static void
a_store_that_does_not_even_know_the_call_still_keeps_sets(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    if (write_set(store, "fsync errno=ENOSYS\nfsyncdir errno=ENOSYS", &error))
        fail_msg("%s", error.message);
    assert_verified();
}

static void
a_crash_of_the_file_system_at_any_step_makes_no_set(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "mkdir crash path=7-1",        "create crash path=2.sql",
        "write crash path=2.sql",      "write crash skip=3 path=2.sql",
        "fsync crash path=2.sql",      "flush crash path=2.sql",
        "open crash path=2.sql",       "read crash path=2.sql",
        "fsync crash path=manifest",   "rename crash",
        "getattr crash path=manifest", "statfs crash skip=4",
    };
    for (size_t index = 0; index < sizeof rules / sizeof *rules; index++) {
        assert_fails(rules[index], ERROR_UNAVAILABLE, "was lost");
        faults_reap(&faults);
        if (is_beneath(PATH ".partial"))
            assert_swept();
        else
            faults_mount_again(&faults);
    }
}

static void
a_mount_lost_between_two_files_makes_no_set(void **state)
{
    (void)state;
    struct error error = {0};
    struct set_summary summary;
    CLEAN(store_destroy) store_t *store = open_store();
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, PATH, &error), 0);
    assert_int_equal(put(writer, FILE_SIZE, &error), 0);
    faults_kill(&faults);
    assert_int_equal(put(writer, FILE_SIZE, &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "was lost");
    assert_int_equal(set_writer_end(writer, &summary, &error), -1);
    set_writer_destroy(&writer);
    assert_swept();
}

static void
a_mount_that_was_replaced_gets_nothing_of_the_set(void **state)
{
    (void)state;
    struct error error = {0};
    struct set_summary summary;
    CLEAN(store_destroy) store_t *store = open_store();
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    assert_int_equal(set_writer_open(&writer, store, PATH, &error), 0);
    assert_int_equal(put(writer, FILE_SIZE, &error), 0);
    assert_int_equal(mount("tmpfs", faults.point, "tmpfs", 0, NULL), 0);
    assert_int_equal(set_writer_end(writer, &summary, &error), -1);
    assert_error(&error, ERROR_CONFIG, "'tmpfs', not boostfs");
    set_writer_destroy(&writer);
    CLEAN(memory_free) char *above = memory_format("%s/c1", faults.point);
    assert_int_equal(access(above, F_OK), -1);
    assert_false(is_beneath(PATH));
    assert_false(is_beneath(PATH ".partial"));
}

static void
a_mount_that_is_gone_fills_no_local_disk(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    set_writer_t *writer = NULL;
    assert_int_equal(umount2(faults.point, MNT_DETACH), 0);
    assert_int_equal(set_writer_open(&writer, store, PATH, &error), -1);
    assert_error(&error, ERROR_CONFIG, "not mounted");
    CLEAN(memory_free) char *local = memory_format("%s/c1", faults.point);
    assert_int_equal(access(local, F_OK), -1);
}

static void
a_verify_on_a_lost_mount_says_so(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(store_destroy) store_t *store = open_store();
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    assert_int_equal(write_set(store, "", &error), 0);
    assert_int_equal(set_reader_open(&reader, store, PATH, NULL, &error), 0);
    faults_rule(&faults, "read crash path=2.sql");
    assert_int_equal(set_reader_verify(reader, NULL, NULL, &error), -1);
    assert_error(&error, ERROR_UNAVAILABLE, "was lost");
}

int
main(void)
{
    const struct CMUnitTest whether[] = {cmocka_unit_test(faults_are_tried_on_a_real_mount)};
    const struct CMUnitTest tests[] = {
        TEST(without_faults_a_set_is_made),
        TEST(a_full_store_makes_no_set),
        TEST(an_error_at_any_step_makes_no_set),
        TEST(a_mount_that_cannot_be_checked_after_the_rename_makes_no_set),
        TEST(a_rename_whose_answer_was_lost_is_a_set),
        TEST(a_byte_that_flips_on_its_way_back_is_seen),
        TEST(a_manifest_that_changes_under_its_final_name_is_no_set),
        TEST(a_store_that_keeps_less_than_it_said_is_seen),
        TEST(short_writes_and_reads_do_no_harm),
        TEST(a_slow_store_is_only_slow),
        TEST(a_store_that_knows_no_sync_has_it_in_the_manifest),
        TEST(a_store_that_does_not_even_know_the_call_still_keeps_sets),
        TEST(a_crash_of_the_file_system_at_any_step_makes_no_set),
        TEST(a_mount_lost_between_two_files_makes_no_set),
        TEST(a_mount_that_was_replaced_gets_nothing_of_the_set),
        TEST(a_mount_that_is_gone_fills_no_local_disk),
        TEST(a_verify_on_a_lost_mount_says_so),
    };
    int failed = cmocka_run_group_tests_name("fuse", whether, NULL, NULL);
    if (!faults_why_not())
        failed += cmocka_run_group_tests_name("faults", tests, NULL, NULL);
    return failed;
}
