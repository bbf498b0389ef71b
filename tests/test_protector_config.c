// The section `datadomains`: what is refused, with its place, and what it comes to.

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/protect/protector_config.h"
#include "tests/check.h"

static const struct config_key keys[] = {
    {.name = "datadomains", .type = CONFIG_MAP, .keys = protector_keys}, {0}};

static const char good[] =
    "host: dd1.example, secret: {from: 'env:X'}, ssh: {key: /k, known_hosts: /h}";

static config_t *
read_one(const char *entries, struct error *error)
{
    CLEAN(config_destroy) config_t *config = NULL;
    CLEAN(memory_free) char *text = memory_format("datadomains:\n%s", entries);
    if (config_read_text(&config, "test", text, strlen(text), keys, CONFIG_SIZE_MAX, error) ||
        protector_config_check(config_root(config), "datadomains", error))
        return NULL;
    return STEAL(config);
}

static void
refuse(const char *entries, const char *because)
{
    struct error error = {0};
    CLEAN(config_destroy) config_t *config = read_one(entries, &error);
    assert_null(config);
    assert_int_equal(error.code, ERROR_CONFIG);
    if (!strstr(error.message, because))
        fail_msg("'%s' does not say '%s'", error.message, because);
}

static void
what_cannot_work_is_refused(void **state)
{
    (void)state;
    refuse("  a: {secret: {from: 'env:X'}}\n", "host");
    refuse("  a: {host: dd1, ssh: {key: /k, known_hosts: /h}}\n", "password");
    refuse("  a: {host: dd1, secret: {from: 'env:X'}}\n", "known_hosts");
    refuse("  a: {host: dd1, secret: {from: 'odd:X'}, ssh: {key: /k, known_hosts: /h}}\n", "from");
    refuse("  a: {host: 'dd1 x', secret: {from: 'env:X'}, ssh: {key: /k, known_hosts: /h}}\n",
           "letters");
    refuse("  a: {host: dd1, rest: 'http://dd1', secret: {from: 'env:X'},"
           " ssh: {key: /k, known_hosts: /h}}\n",
           "https");
    refuse("  a: {host: dd1, pin: 'md5//x', secret: {from: 'env:X'},"
           " ssh: {key: /k, known_hosts: /h}}\n",
           "sha256//");
    refuse("  a: {host: dd1, secret: {from: 'env:X'}, ssh: {key: /k, known_hosts: '/h\"'}}\n",
           "file name");
    refuse("  a: {host: dd1, secret: {from: 'env:X'},"
           " ssh: {host: 'root@dd1', key: /k, known_hosts: /h}}\n",
           "address");
    refuse("  a: {host: dd1, secret: {from: 'env:X'}, ssh: {key: /k, known_hosts: /h},"
           " mtrees: {'directory:1': 'data/x'}}\n",
           "MTree");
    refuse("  a: {host: DD1, kind: none}\n  b: {host: dd1, kind: none}\n", "two entries");
}

static void
presets_follow_from_the_host(void **state)
{
    (void)state;
    struct error error = {0};
    struct protector_arguments arguments;
    CLEAN(memory_free) char *url = NULL;
    CLEAN(memory_free) char *text = memory_format("  dd1: {%s}\n", good);
    CLEAN(config_destroy) config_t *config = read_one(text, &error);
    assert_non_null(config);
    protector_config_read(config_item(config_root(config), "datadomains", 0), "dd1", &arguments,
                          &url);
    assert_string_equal(arguments.rest_url, "https://dd1.example:3009");
    assert_string_equal(arguments.login.host, "dd1.example");
    assert_string_equal(arguments.login.user, "dbhaul");
    assert_int_equal(arguments.login.port, 22);
    assert_null(arguments.ca_file);
    assert_null(arguments.pinned_key);
    assert_string_equal(arguments.destination, "");
}

static int
mtree_of(const config_t *config, const char *store, char mtree[STORE_PATH_SIZE])
{
    return protector_config_mtree(config_item(config_root(config), "datadomains", 0), store, mtree);
}

static void
a_store_is_an_mtree_by_its_name_or_as_it_is_said(void **state)
{
    (void)state;
    struct error error = {0};
    char mtree[STORE_PATH_SIZE];
    CLEAN(memory_free)
    char *text = memory_format("  dd1: {%s, mtrees: {'directory:0b9e': /data/col1/lab,"
                               " 'boostfs:dd1.example:/odd': /data/col1/even}}\n",
                               good);
    CLEAN(config_destroy) config_t *config = read_one(text, &error);
    assert_true(mtree_of(config, "boostfs:dd1.example:/su1", mtree));
    assert_string_equal(mtree, "/data/col1/su1");
    assert_true(mtree_of(config, "boostfs:DD1.example:/su1", mtree));
    assert_true(mtree_of(config, "boostfs:dd1.example:/odd", mtree));
    assert_string_equal(mtree, "/data/col1/even");
    assert_true(mtree_of(config, "directory:0b9e", mtree));
    assert_string_equal(mtree, "/data/col1/lab");
    assert_false(mtree_of(config, "directory:0b9", mtree));
    assert_false(mtree_of(config, "boostfs:dd2.example:/su1", mtree));
    assert_false(mtree_of(config, "boostfs:dd1.example:/a;b", mtree));
    assert_false(mtree_of(config, "boostfs:dd1.example:/", mtree));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_work_is_refused),
        cmocka_unit_test(presets_follow_from_the_host),
        cmocka_unit_test(a_store_is_an_mtree_by_its_name_or_as_it_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
