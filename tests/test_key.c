#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/key.h"
#include "common/memory.h"
#include "tests/check.h"

static char folder[] = "/tmp/test_key.XXXXXX";

static char *
place(const char *name)
{
    return memory_format("%s/%s", folder, name);
}

static void
put(const char *path, const char *text, mode_t mode)
{
    struct error error = {0};
    assert_int_equal(fd_write_file(AT_FDCWD, path, text, strlen(text), &error), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void
assert_not_read(const char *path, const char *why)
{
    struct error error = {0};
    struct key_pair pair = {0};
    assert_int_equal(key_read(&pair, path, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    if (!strstr(error.message, why))
        fail_msg("'%s' is not in '%s'", why, error.message);
    assert_int_equal(pair.secret_text[0], '\0');
}

static void
a_pair_that_was_written_is_read_again(void **state)
{
    (void)state;
    struct error error = {0};
    struct key_pair made, got;
    char public_text[KEY_TEXT_SIZE];
    CLEAN(memory_free) char *path = place("a");
    CLEAN(memory_free) char *key_path = place("a.key");
    CLEAN(memory_free) char *public_path = place("a.pub");
    umask(0);
    assert_int_equal(key_generate(&made, &error), 0);
    assert_int_equal(key_write(&made, path, &error), 0);
    assert_int_equal(key_read(&got, key_path, &error), 0);
    assert_string_equal(got.secret_text, made.secret_text);
    assert_string_equal(got.public_text, made.public_text);
    assert_int_equal(key_read_public(public_path, public_text, &error), 0);
    assert_string_equal(public_text, made.public_text);
    struct stat status;
    assert_int_equal(stat(key_path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void
no_key_is_overwritten(void **state)
{
    (void)state;
    struct error error = {0};
    struct key_pair first, second, got;
    CLEAN(memory_free) char *path = place("b");
    CLEAN(memory_free) char *key_path = place("b.key");
    CLEAN(memory_free) char *public_path = place("b.pub");
    key_generate(&first, &error);
    key_generate(&second, &error);
    assert_int_equal(key_write(&first, path, &error), 0);
    assert_int_equal(key_write(&second, path, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(key_read(&got, key_path, &error), 0);
    assert_string_equal(got.secret_text, first.secret_text);

    // If only the public file is there, no secret one is left behind.
    assert_int_equal(unlink(key_path), 0);
    assert_int_equal(key_write(&second, path, &error), -1);
    assert_int_equal(access(key_path, F_OK), -1);
    assert_int_equal(access(public_path, F_OK), 0);
}

static void
a_secret_that_others_can_read_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct key_pair pair;
    CLEAN(memory_free) char *path = place("c");
    CLEAN(memory_free) char *key_path = place("c.key");
    key_generate(&pair, &error);
    assert_int_equal(key_write(&pair, path, &error), 0);
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(key_path, modes[i]), 0);
        assert_not_read(key_path, "others can read");
    }
    assert_int_equal(chmod(key_path, 0400), 0);
    assert_int_equal(key_read(&pair, key_path, &error), 0);
    assert_int_equal(chown(key_path, 65534, 65534), 0);
    assert_not_read(key_path, "belongs to neither");
}

static void
what_is_no_pair_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct key_pair one, other;
    CLEAN(memory_free) char *path = place("d.key");
    key_generate(&one, &error);
    key_generate(&other, &error);
    CLEAN(memory_free)
    char *mixed = memory_format("public %s\nsecret %s\n", one.public_text, other.secret_text);
    CLEAN(memory_free)
    char *more = memory_format("public %s\nsecret %s\nmore\n", one.public_text, one.secret_text);
    CLEAN(memory_free)
    char *longer = memory_format("public %s\nsecret %sx\n", one.public_text, one.secret_text);
    const char *const wrong[] = {"", "public\nsecret\n", one.secret_text, mixed, more, longer};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        put(path, wrong[i], 0600);
        assert_not_read(path, "no key file");
    }
    CLEAN(memory_free) char *huge = memory_get(1 << 20);
    memset(huge, 'x', (1 << 20) - 1);
    put(path, huge, 0600);
    assert_not_read(path, "no key file");
    CLEAN(memory_free) char *fifo = place("fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_not_read(fifo, "no key file");
    CLEAN(memory_free) char *nothing = place("nothing");
    assert_not_read(nothing, "cannot open");
}

static void
a_public_key_is_given_as_text_or_file(void **state)
{
    (void)state;
    struct error error = {0};
    struct key_pair pair;
    char text[KEY_TEXT_SIZE] = "";
    key_generate(&pair, &error);
    assert_int_equal(key_read_public(pair.public_text, text, &error), 0);
    assert_string_equal(text, pair.public_text);
    pair.public_text[3] = '"';
    assert_int_equal(key_read_public(pair.public_text, text, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    CLEAN(memory_free) char *path = place("e.pub");
    put(path, "short\n", 0644);
    assert_int_equal(key_read_public(path, text, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

static void
a_cleared_pair_has_no_secret(void **state)
{
    (void)state;
    struct error error = {0};
    struct key_pair pair;
    static const struct key_pair empty;
    key_generate(&pair, &error);
    key_clear(&pair);
    assert_memory_equal(pair.secret_text, empty.secret_text, sizeof pair.secret_text);
    assert_true(key_is_valid(pair.public_text));
}

static int
make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int
remove_folder(void **state)
{
    (void)state;
    CLEAN(memory_free) char *command = memory_format("rm -r %s", folder);
    return system(command);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_that_was_written_is_read_again),
        cmocka_unit_test(no_key_is_overwritten),
        cmocka_unit_test(a_secret_that_others_can_read_is_refused),
        cmocka_unit_test(what_is_no_pair_is_refused),
        cmocka_unit_test(a_public_key_is_given_as_text_or_file),
        cmocka_unit_test(a_cleared_pair_has_no_secret),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
