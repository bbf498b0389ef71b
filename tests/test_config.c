#include "common/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/capture.h"
#include "tests/check.h"

static const char *const kinds[] = {"directory", "boostfs", NULL};

static const struct config_key store_keys[] = {
    {.name = "kind", .type = CONFIG_CHOICE, .choices = kinds, .required = 1, .help = "what it is"},
    {.name = "path", .type = CONFIG_TEXT, .help = "where it is"},
    {0}};

static const struct config_key tls_keys[] = {
    {.name = "verify", .type = CONFIG_BOOLEAN, .preset = "true", .help = "look at certificates"},
    {.name = "ca", .type = CONFIG_TEXT, .required = 1, .help = "who signs"},
    {0}};

static const struct config_key keys[] = {
    {.name = "name", .type = CONFIG_TEXT, .low = 2, .high = 8, .help = "for people"},
    {.name = "slots", .type = CONFIG_INTEGER, .preset = "2", .low = 1, .high = 64, .help = "jobs"},
    {.name = "beat",
     .type = CONFIG_DURATION,
     .preset = "10s",
     .low = 100,
     .high = 3600000,
     .help = "how often"},
    {.name = "limit", .type = CONFIG_SIZE, .preset = "64KiB", .help = "how much"},
    {.name = "patterns", .type = CONFIG_TEXTS, .low = 1, .high = 3, .help = "which"},
    {.name = "tls", .type = CONFIG_SECTION, .keys = tls_keys, .help = "encryption"},
    {.name = "stores", .type = CONFIG_LIST, .keys = store_keys, .help = "where sets rest"},
    {.name = "servers", .type = CONFIG_MAP, .keys = store_keys, .help = "by name"},
    {.name = "labels", .type = CONFIG_MAP_TEXT, .help = "free"},
    {.name = "other", .type = CONFIG_ANY, .help = "of another program"},
    {0}};

static config_t *
read_well(const char *text)
{
    struct error error = {0};
    config_t *config = NULL;
    int status =
        config_read_text(&config, "w.yaml", text, strlen(text), keys, CONFIG_SIZE_MAX, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, 0);
    return config;
}

static void
assert_refused(const char *text, const char *message)
{
    struct error error = {0};
    config_t *config = NULL;
    assert_int_equal(
        config_read_text(&config, "w.yaml", text, strlen(text), keys, CONFIG_SIZE_MAX, &error), -1);
    assert_string_equal(error.message, message);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_null(config);
}

static void
every_type_is_read(void **state)
{
    (void)state;
    CLEAN(config_destroy)
    config_t *config = read_well("name: abc\nslots: 64\nbeat: 5m\nlimit: 2GiB\n"
                                 "patterns: [a, 'b:3306', \"c\"]\n"
                                 "tls: {verify: false, ca: x}\n"
                                 "stores:\n  - kind: boostfs\n    path: /mnt\n  - kind: directory\n"
                                 "servers:\n  db-1: {kind: directory}\n"
                                 "labels:\n  env: prod\n  region: eu\n");
    const struct config_node *root = config_root(config);
    assert_string_equal(config_text(root, "name"), "abc");
    assert_int_equal(config_integer(root, "slots"), 64);
    assert_int_equal(config_integer(root, "beat"), 300000);
    assert_int_equal(config_integer(root, "limit"), INT64_C(2) << 30);
    assert_int_equal(config_count(root, "patterns"), 3);
    assert_string_equal(config_item_text(root, "patterns", 1), "b:3306");
    assert_int_equal(config_integer(config_section(root, "tls"), "verify"), 0);
    assert_int_equal(config_count(root, "stores"), 2);
    assert_string_equal(config_text(config_item(root, "stores", 0), "kind"), "boostfs");
    assert_string_equal(config_text(config_item(root, "stores", 1), "path"), "");
    assert_string_equal(config_item_name(root, "servers", 0), "db-1");
    assert_string_equal(config_text(config_item(root, "servers", 0), "kind"), "directory");
    assert_string_equal(config_item_name(root, "labels", 1), "region");
    assert_string_equal(config_item_text(root, "labels", 1), "eu");
}

static void
what_was_not_said_has_its_preset(void **state)
{
    (void)state;
    const char *const empty[] = {"", "# nothing\n", "{}"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        CLEAN(config_destroy) config_t *config = read_well(empty[i]);
        const struct config_node *root = config_root(config);
        assert_false(config_has(root, "beat"));
        assert_int_equal(config_integer(root, "beat"), 10000);
        assert_int_equal(config_integer(root, "limit"), 65536);
        assert_string_equal(config_text(root, "name"), "");
        assert_int_equal(config_count(root, "stores"), 0);
        assert_false(config_has(root, "tls"));
        assert_int_equal(config_integer(config_section(root, "tls"), "verify"), 1);
    }
}

static void
texts_are_taken_as_written(void **state)
{
    (void)state;
    CLEAN(config_destroy)
    config_t *config = read_well("labels:\n  a: no\n  b: 012\n  c: 1.0\n  d: \"\"\n  e: 'null'\n"
                                 "  f: 2026-11-23\n  g: a#b\n");
    const char *const expected[] = {"no", "012", "1.0", "", "null", "2026-11-23", "a#b"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_string_equal(config_item_text(config_root(config), "labels", i), expected[i]);
}

static void
unknown_keys_are_refused_with_the_nearest_name(void **state)
{
    (void)state;
    assert_refused("name: abc\n\nstroes: []\n",
                   "w.yaml:3:1: unknown key 'stroes'; did you mean 'stores'?");
    assert_refused("elephant: 1\n", "w.yaml:1:1: unknown key 'elephant'");
    assert_refused("stores:\n  - kind: directory\n    pth: x\n",
                   "w.yaml:3:5: unknown key 'pth'; did you mean 'path'?");
    assert_refused("tls:\n  ca: x\n  kind: x\n", "w.yaml:3:3: unknown key 'kind'");
}

static void
what_is_missing_is_named_where_it_should_be(void **state)
{
    (void)state;
    assert_refused("stores:\n  - kind: boostfs\n  - path: /x\n", "w.yaml:3:5: 'kind' is missing");
    assert_refused("tls: {}\n", "w.yaml:1:6: 'ca' is missing");
}

static void
wrong_values_are_refused_with_what_would_be_right(void **state)
{
    (void)state;
    assert_refused("slots: 65\n", "w.yaml:1:8: 'slots' is 65, not between 1 and 64");
    assert_refused("slots: 1.5\n",
                   "w.yaml:1:8: 'slots' is '1.5', not an integer (no leading zeros)");
    assert_refused("slots: 010\n",
                   "w.yaml:1:8: 'slots' is '010', not an integer (no leading zeros)");
    assert_refused("slots: 99999999999999999999\n",
                   "w.yaml:1:8: 'slots' is '99999999999999999999', not an integer (no leading "
                   "zeros)");
    assert_refused("beat: 10\n", "w.yaml:1:7: 'beat' is '10', not a duration such as 500ms, 10s, "
                                 "5m, 2h or 7d");
    assert_refused("beat: 2h\n", "w.yaml:1:7: 'beat' is 2h, not between 100ms and 1h");
    assert_refused("limit: 10MB\n", "w.yaml:1:8: 'limit' is '10MB', not a size such as 4096, "
                                    "64KiB, 10MiB or 2GiB");
    assert_refused("limit: -1\n", "w.yaml:1:8: 'limit' is -1, which is negative");
    assert_refused("limit: 9223372036854775807KiB\n",
                   "w.yaml:1:8: 'limit' is '9223372036854775807KiB', not a size such as 4096, "
                   "64KiB, 10MiB or 2GiB");
    assert_refused("tls: {ca: x, verify: yes}\n",
                   "w.yaml:1:22: 'verify' is 'yes', not true or false");
    assert_refused("stores: [{kind: bostfs}]\n", "w.yaml:1:17: 'kind' is 'bostfs', none of: "
                                                 "directory, boostfs; did you mean 'boostfs'?");
    assert_refused("name: a\n", "w.yaml:1:7: 'name' is shorter than 2 bytes");
    assert_refused("name: \"\"\n", "w.yaml:1:7: 'name' is empty; it needs at least 2 bytes");
    assert_refused("name: abcdefghi\n", "w.yaml:1:7: 'name' is longer than 8 bytes");
    assert_refused("patterns: []\n", "w.yaml:1:11: 'patterns' has 0 items, not between 1 and 3");
}

static void
wrong_shapes_are_refused(void **state)
{
    (void)state;
    assert_refused("- a\n", "w.yaml:1:1: the file must be a mapping (key: value)");
    assert_refused("stores: x\n", "w.yaml:1:9: 'stores' must be a list");
    assert_refused("stores:\n  - x\n", "w.yaml:2:5: 'stores' must be a mapping (key: value)");
    assert_refused("tls: [x]\n", "w.yaml:1:6: 'tls' must be a mapping (key: value)");
    assert_refused("name: [x]\n", "w.yaml:1:7: 'name' must be a single value");
    assert_refused("labels: {a: [x]}\n", "w.yaml:1:13: 'a' must be a single value");
    assert_refused("tls:\nname: abc\n", "w.yaml:1:5: 'tls' has no value");
    assert_refused("name: ~\n", "w.yaml:1:7: 'name' has no value; an empty text is written \"\"");
    assert_refused("[a]: b\n", "w.yaml:1:1: a key must be a single word");
    assert_refused("labels: {\"\": x}\n", "w.yaml:1:10: a name must have 1 to 255 bytes");
}

static void
what_stands_twice_is_refused(void **state)
{
    (void)state;
    assert_refused("slots: 1\nname: abc\nslots: 2\n",
                   "w.yaml:3:1: 'slots' stands twice, first in line 1");
    assert_refused("labels:\n  b: 1\n  a: 1\n  b: 2\n", "w.yaml:4:3: 'b' stands twice");
    assert_refused("name: abc\n---\nname: def\n", "w.yaml:2:1: a second document is not taken");
}

static void
what_yaml_offers_beyond_is_refused(void **state)
{
    (void)state;
    assert_refused("name: &a abc\n", "w.yaml:1:7: anchors are not taken");
    assert_refused("labels: &a {}\n", "w.yaml:1:9: anchors are not taken");
    assert_refused("name: *a\n", "w.yaml:1:7: aliases are not taken");
    assert_refused("name: !!str abc\n", "w.yaml:1:7: tags are not taken");
    assert_refused("labels:\n  <<: x\n", "w.yaml:2:3: merge keys are not taken");
    assert_refused("name: \"a\\0b\"\n", "w.yaml:1:7: a text has a NUL character");
}

static void
malformed_yaml_is_refused_with_its_place(void **state)
{
    (void)state;
    struct error error = {0};
    config_t *config = NULL;
    const char text[] = "name: abc\n\tslots: 1\n";
    assert_int_equal(
        config_read_text(&config, "w.yaml", text, sizeof text - 1, keys, CONFIG_SIZE_MAX, &error),
        -1);
    assert_memory_equal(error.message, "w.yaml:2:1: ", 12);
    const char broken[] = "name: \xff\n";
    assert_int_equal(config_read_text(&config, "w.yaml", broken, sizeof broken - 1, keys,
                                      CONFIG_SIZE_MAX, &error),
                     -1);
    assert_memory_equal(error.message, "w.yaml: byte 6: ", 16);
}

static void
depth_and_size_have_limits(void **state)
{
    (void)state;
    struct error error = {0};
    config_t *config = NULL;
    char deep[128] = "other: ";
    memset(deep + 7, '[', 40);
    memset(deep + 47, ']', 40);
    CLEAN(memory_free) char *path = memory_copy_text("/tmp/test_config.XXXXXX");
    CLEAN(fd_close) int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, deep, strlen(deep), &error), 0);
    assert_int_equal(config_read(&config, path, keys, 1000, &error), -1);
    assert_non_null(strstr(error.message, ":1:39: it is nested deeper than 32 levels"));
    assert_int_equal(config_read(&config, path, keys, 20, &error), -1);
    assert_non_null(strstr(error.message, "is longer than 20 bytes"));
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(config_read_text(&config, "w.yaml", deep, strlen(deep), keys, 20, &error), -1);
    assert_string_equal(error.message, "'w.yaml' is longer than 20 bytes");
    unlink(path);
    assert_int_equal(config_read(&config, path, keys, 20, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

static void
what_is_another_programs_is_passed_over(void **state)
{
    (void)state;
    const char *const others[] = {"{any: [1, {x: y}], any: 2}", "word", "", "[[]]"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CLEAN(memory_free) char *text = memory_format("other: %s\nname: abc\n", others[i]);
        CLEAN(config_destroy) config_t *config = read_well(text);
        assert_string_equal(config_text(config_root(config), "name"), "abc");
    }
    assert_refused("other: {a: &x 1}\n", "w.yaml:1:12: anchors are not taken");
}

static void
errors_found_later_name_the_place_too(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(config_destroy)
    config_t *config = read_well("labels: {}\nname: abc\nstores:\n  - kind: boostfs\n");
    const struct config_node *root = config_root(config);
    assert_int_equal(config_error(&error, root, "name", "'%s' is taken", "abc"), -1);
    assert_string_equal(error.message, "w.yaml:2:7: name: 'abc' is taken");
    assert_int_equal(error.code, ERROR_CONFIG);
    config_error(&error, config_item(root, "stores", 0), "path", "is needed");
    assert_string_equal(error.message, "w.yaml:4:5: path: is needed");
    config_error(&error, config_item(root, "stores", 0), NULL, "is odd");
    assert_string_equal(error.message, "w.yaml:4:5: is odd");
}

static void
the_digest_is_of_the_bytes(void **state)
{
    (void)state;
    CLEAN(config_destroy) config_t *config = read_well("");
    assert_string_equal(config_digest(config),
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
two_files_are_compared_key_by_key(void **state)
{
    (void)state;
    static const struct {
        const char *key, *one, *same, *other;
    } cases[] = {
        {"name", "name: abc\n", "name: 'abc'\n", "name: abd\n"},
        {"name", "{}\n", "slots: 3\n", "name: abc\n"},
        {"beat", "beat: 90s\n", "beat: 90000ms\n", "beat: 91s\n"},
        {"beat", "beat: 10s\n", "{}\n", "beat: 11s\n"},
        {"patterns", "patterns: [a, b]\n", "patterns:\n  - a\n  - b\n", "patterns: [a]\n"},
        {"tls", "tls: {ca: /a}\n", "tls: {ca: /a, verify: true}\n", "tls: {ca: /b}\n"},
        {"stores", "stores: [{kind: boostfs, path: /a}]\n", "stores: [{path: /a, kind: boostfs}]\n",
         "stores: [{kind: boostfs}]\n"},
        {"servers", "servers: {a: {kind: boostfs}}\n", "servers:\n  a:\n    kind: boostfs\n",
         "servers: {b: {kind: boostfs}}\n"},
        {"labels", "labels: {a: x}\n", "labels: {'a': x}\n", "labels: {a: y}\n"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        CLEAN(config_destroy) config_t *one = read_well(cases[index].one);
        CLEAN(config_destroy) config_t *same = read_well(cases[index].same);
        CLEAN(config_destroy) config_t *other = read_well(cases[index].other);
        const char *key = cases[index].key;
        assert_true(config_is_same(config_root(one), config_root(same), key));
        assert_false(config_is_same(config_root(one), config_root(other), key));
    }
}

static void
the_reference_has_every_key(void **state)
{
    (void)state;
    struct capture capture = capture_begin(stdout);
    config_print_reference(keys);
    CLEAN(memory_free) char *text = capture_end(&capture, stdout);
    assert_memory_equal(text, "name: text, 2 to 8 bytes\n    for people\n", 39);
    assert_non_null(strstr(text, "\nbeat: duration, 100ms to 1h, preset 10s\n    how often\n"));
    assert_non_null(strstr(text, "\npatterns[]: texts, 1 to 3 items\n"));
    assert_non_null(strstr(text, "\ntls.verify: boolean, preset true\n"));
    assert_non_null(strstr(text, "\nstores[].kind: one of directory, boostfs, required\n"));
    assert_non_null(strstr(text, "\nservers.NAME.path: text\n"));
    assert_non_null(strstr(text, "\nlabels.NAME: texts by name\n"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(what_was_not_said_has_its_preset),
        cmocka_unit_test(texts_are_taken_as_written),
        cmocka_unit_test(unknown_keys_are_refused_with_the_nearest_name),
        cmocka_unit_test(what_is_missing_is_named_where_it_should_be),
        cmocka_unit_test(wrong_values_are_refused_with_what_would_be_right),
        cmocka_unit_test(wrong_shapes_are_refused),
        cmocka_unit_test(what_stands_twice_is_refused),
        cmocka_unit_test(what_yaml_offers_beyond_is_refused),
        cmocka_unit_test(malformed_yaml_is_refused_with_its_place),
        cmocka_unit_test(depth_and_size_have_limits),
        cmocka_unit_test(what_is_another_programs_is_passed_over),
        cmocka_unit_test(errors_found_later_name_the_place_too),
        cmocka_unit_test(the_digest_is_of_the_bytes),
        cmocka_unit_test(two_files_are_compared_key_by_key),
        cmocka_unit_test(the_reference_has_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
