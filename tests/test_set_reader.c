// Finished sets are read and verified, and whatever was changed in them is found.

#include "tests/set_maker.h"
#include "worker/set/reader.h"

static void
a_set_that_was_written_can_be_verified(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    struct set_summary summary = set_write(store, SET_PATH);
    assert_int_equal(summary.file_count, 5);
    assert_true(summary.size_bytes > 3000000);
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    assert_int_equal(set_reader_open(&reader, store, SET_PATH, summary.manifest_sha256, &error), 0);
    if (set_reader_verify(reader, NULL, NULL, &error))
        fail_msg("%s", error.message);
    const struct manifest *manifest = set_reader_manifest(reader);
    assert_string_equal(manifest->set_path, SET_PATH);
    assert_string_equal(manifest->store, store_identity(store));
    assert_int_equal(manifest->file_count, 5);
    assert_string_equal(manifest->files[1].path, "2.sql");
    assert_string_equal(manifest->files[1].object, "shop");
    assert_int_equal(manifest->files[1].size_bytes, 3000000);
    CLEAN(fd_close) int fd = -1;
    char text[8] = "";
    assert_int_equal(set_reader_file(reader, 0, &fd, &error), 0);
    assert_int_equal(read(fd, text, sizeof text), 5);
    assert_string_equal(text, "users");
}

static void
spoil(const char *name, off_t at, const char *bytes)
{
    CLEAN(memory_free) char *path = memory_format("%s/" SET_PATH "/%s", set_root, name);
    CLEAN(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, strlen(bytes), at), strlen(bytes));
}

static void
assert_not_whole(store_t *store, const struct set_summary *summary, const char *says)
{
    struct error error = {0};
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    if (set_reader_open(&reader, store, SET_PATH, summary->manifest_sha256, &error))
        fail_msg("%s", error.message);
    assert_int_equal(set_reader_verify(reader, NULL, NULL, &error), -1);
    set_assert_error(&error, ERROR_CORRUPT, says);
}

static void
a_flipped_byte_is_found_and_its_file_named(void **state)
{
    struct set_summary summary = set_write(*state, SET_PATH);
    spoil("2.sql", 2999999, "X");
    assert_not_whole(*state, &summary, "'2.sql' holds other bytes");
}

static void
a_file_of_another_size_is_found(void **state)
{
    struct set_summary summary = set_write(*state, SET_PATH);
    spoil("3.sql", 0, "X");
    assert_not_whole(*state, &summary, "'3.sql' has 1 bytes in the store");
}

static void
a_script_that_was_changed_is_found(void **state)
{
    struct set_summary summary = set_write(*state, SET_PATH);
    spoil("restore.sh", 3, "X");
    assert_not_whole(*state, &summary, "'restore.sh' holds other bytes");
}

static void
a_stranger_in_the_set_is_found(void **state)
{
    struct set_summary summary = set_write(*state, SET_PATH);
    spoil(".odd\033[2J", 0, "X");
    assert_not_whole(*state, &summary, "'.odd?[2J' is in the set and not in its manifest");
}

static void
a_file_that_is_missing_or_no_file_is_found(void **state)
{
    struct set_summary summary = set_write(*state, SET_PATH);
    CLEAN(memory_free) char *path = set_full(SET_PATH "/2.sql");
    assert_int_equal(unlink(path), 0);
    assert_not_whole(*state, &summary, "'2.sql'");
    assert_int_equal(symlink("1.sql", path), 0);
    assert_not_whole(*state, &summary, "'2.sql' is a link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_not_whole(*state, &summary, "'2.sql' is not a plain file");
}

static void
another_manifest_than_the_catalog_knows_is_refused(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    set_reader_t *reader = NULL;
    struct set_summary summary = set_write(store, SET_PATH);
    summary.manifest_sha256[0] ^= 1;
    assert_int_equal(set_reader_open(&reader, store, SET_PATH, summary.manifest_sha256, &error),
                     -1);
    set_assert_error(&error, ERROR_CORRUPT, "digest");
    assert_int_equal(set_reader_open(&reader, store, SET_PATH, NULL, &error), 0);
    set_reader_destroy(&reader);
    assert_null(reader);
}

static void
what_has_no_manifest_is_no_set(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    set_reader_t *reader = NULL;
    set_write(store, SET_PATH);
    CLEAN(memory_free) char *path = set_full(SET_PATH "/manifest.json");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(set_reader_open(&reader, store, SET_PATH, NULL, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_int_equal(set_reader_open(&reader, store, "c1/db1/9-9", NULL, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_null(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_open_store, set_close_store)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_set_that_was_written_can_be_verified),
        TEST(a_flipped_byte_is_found_and_its_file_named),
        TEST(a_file_of_another_size_is_found),
        TEST(a_script_that_was_changed_is_found),
        TEST(a_stranger_in_the_set_is_found),
        TEST(a_file_that_is_missing_or_no_file_is_found),
        TEST(another_manifest_than_the_catalog_knows_is_refused),
        TEST(what_has_no_manifest_is_no_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
