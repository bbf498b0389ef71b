#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "common/zap_list.h"
#include "tests/check.h"

static char folder[] = "/tmp/test_zap_list.XXXXXX";
static char path[64];
static struct key_pair one, other;

static void
write_list(const char *text)
{
    struct error error = {0};
    assert_int_equal(fd_write_file(AT_FDCWD, path, text, strlen(text), &error), 0);
}

static void
a_key_is_found_for_its_role_alone(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(zap_list_clear) struct zap_list list = {0};
    CLEAN(memory_free)
    char *text = memory_format("workers:\n  a: \"%s\"\noperators:\n  a: \"%s\"\n", one.public_text,
                               other.public_text);
    write_list(text);
    assert_int_equal(zap_list_read(&list, path, &error), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(zap_list_find(&list, "worker", one.public_text)->name, "a");
    assert_string_equal(zap_list_find(&list, "operator", other.public_text)->name, "a");
    assert_null(zap_list_find(&list, "operator", one.public_text));
    assert_null(zap_list_find(&list, "", one.public_text));
    assert_null(zap_list_find(&list, "worker", one.secret_text));
    assert_null(zap_list_find(&list, "worker", text));
}

static void
an_empty_list_has_nobody(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(zap_list_clear) struct zap_list list = {0};
    static const char *const texts[] = {"workers: {}\n", "operators: {}\n", "{}\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_list(texts[i]);
        if (zap_list_read(&list, path, &error))
            fail_msg("%s", error.message);
        assert_null(zap_list_find(&list, "worker", one.public_text));
    }
    assert_int_equal(zap_list_read(&list, NULL, &error), 0);
    assert_null(zap_list_find(&list, "worker", one.public_text));
}

static void
a_long_list_is_found_in(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    struct error error = {0};
    CLEAN(zap_list_clear) struct zap_list list = {0};
    static struct key_pair keys[MANY];
    CLEAN(memory_free) char *text = memory_get(MANY * 64 + 64);
    size_t used = (size_t)sprintf(text, "workers:\n");
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(key_generate(&keys[i], &error), 0);
        used += (size_t)sprintf(text + used, "  w%d: \"%s\"\n", i, keys[i].public_text);
    }
    write_list(text);
    assert_int_equal(zap_list_read(&list, path, &error), 0);
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "w%d", i);
        assert_string_equal(zap_list_find(&list, "worker", keys[i].public_text)->name, name);
    }
    assert_null(zap_list_find(&list, "worker", other.public_text));
}

static void
a_wrong_list_is_refused_with_its_place(void **state)
{
    (void)state;
    const char *key = one.public_text;
    char name[65];
    memset(name, 'n', 64);
    name[64] = '\0';
    struct {
        char *text;
        const char *why;
    } wrong[] = {
        {memory_format("workers:\n  a: \"%s\"\n  b: \"%s\"\n", key, key), "has the same key"},
        {memory_format("workers:\n  a: \"%s\"\noperators:\n  b: \"%s\"\n", key, key), "same key"},
        {memory_format("workers:\n  a: \"%s\"\n  a: \"%s\"\n", key, other.public_text), ":3:"},
        {memory_format("workers:\n  a: \"%s\"\n  \"a b\": \"%s\"\n", other.public_text, key),
         ":3:"},
        {memory_format("workers:\n  %s: \"%s\"\n", name, key), ":2:"},
        {memory_format("workers:\n  \"\": \"%s\"\n", key), ":2:"},
        {memory_format("workers:\n  a: \"%.39s\"\n", key), ":2:"},
        {memory_format("operators:\n  a: \"%s1\"\n", key), ":2:"},
        {memory_format("helpers:\n  a: \"%s\"\n", key), ":1:"},
        {memory_format("workers:\n  a: {}\n"), ":2:"},
        {memory_format("workers: [\n"), ":"},
    };
    CLEAN(zap_list_clear) struct zap_list list = {0};
    struct error error = {0};
    CLEAN(memory_free) char *good = memory_format("workers:\n  good: \"%s\"\n", key);
    write_list(good);
    assert_int_equal(zap_list_read(&list, path, &error), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_list(wrong[i].text);
        assert_int_equal(zap_list_read(&list, path, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_ptr_equal(strstr(error.message, path), error.message);
        if (!strstr(error.message + strlen(path), wrong[i].why))
            fail_msg("'%s' is not in '%s'", wrong[i].why, error.message);
        assert_string_equal(zap_list_find(&list, "worker", key)->name, "good");
        memory_free(&wrong[i].text);
    }
}

static void
a_list_that_others_can_write_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(zap_list_clear) struct zap_list list = {0};
    static const mode_t modes[] = {0620, 0602, 0666};
    write_list("workers: {}\n");
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(zap_list_read(&list, path, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_non_null(strstr(error.message, "chmod"));
    }
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(zap_list_read(&list, path, &error), 0);
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_int_equal(zap_list_read(&list, path, &error), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(zap_list_read(&list, path, &error), -1);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(zap_list_read(&list, path, &error), -1);
    assert_int_equal(unlink(path), 0);
}

static int
prepare(void **state)
{
    (void)state;
    struct error error = {0};
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/allowed.yaml", folder);
    return key_generate(&one, &error) || key_generate(&other, &error) ? -1 : 0;
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
        cmocka_unit_test(a_key_is_found_for_its_role_alone),
        cmocka_unit_test(an_empty_list_has_nobody),
        cmocka_unit_test(a_long_list_is_found_in),
        cmocka_unit_test(a_wrong_list_is_refused_with_its_place),
        cmocka_unit_test(a_list_that_others_can_write_is_refused),
    };
    return cmocka_run_group_tests(tests, prepare, remove_folder);
}
