#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/set/manifest.h"

static struct manifest *
example(void)
{
    struct manifest *manifest = manifest_new();
    manifest->set_path = memory_copy_text("c1/db1/7-1");
    manifest->store = memory_copy_text("boostfs:dd1.example:/su1");
    manifest->run_label = memory_copy_text("run 12");
    manifest->writer_version = memory_copy_text("0.1.0");
    manifest->job_id = 7;
    manifest->attempt = 1;
    manifest->engine = memory_copy_text("mysql");
    manifest->name = memory_copy_text("shop");
    manifest->host = memory_copy_text("127.0.0.1");
    manifest->port = 3306;
    manifest->started_unix_ms = 1795402800000;
    manifest->ended_unix_ms = 1795402860000;
    manifest_add_point(manifest, NULL, "single-transaction", "binlog.000003:1234", 1795402800500);
    manifest_add_schema(manifest, "shop", 12);
    manifest_add_schema(manifest, "it's \"quoted\"\n\\ $(x) `y`", 0);
    manifest_add_left_out(manifest, "password hashes", "the policy does not want them");
    manifest_add_fact(manifest, "character_set", "utf8mb4");
    char table[] = "table", shop[] = "shop", name[] = "log_1", rule[] = "exclude_tables shop.log*";
    manifest_add_rule(manifest, "exclude_tables", "shop.log*", 7);
    manifest_add_exclusion(manifest, &(struct manifest_exclusion){table, shop, name, rule, 1});
    manifest_add_exclusion(manifest, &(struct manifest_exclusion){table, shop, NULL, rule, 6});
    for (int number = 1; number <= 3; number++) {
        char path[16];
        snprintf(path, sizeof path, "%d.sql", number);
        struct manifest_file *file = manifest_add_file(manifest, path);
        file->role = memory_copy_text("data");
        file->loader = memory_copy_text("mysql");
        file->size_bytes = (uint64_t)number << 40;
        memset(file->sha256, number, sizeof file->sha256);
    }
    manifest_add_guide(manifest, "RESTORE.txt")->size_bytes = 17;
    manifest_add_guide(manifest, "restore.sh")->size_bytes = 18;
    return manifest;
}

// As `example`, with what a reader of our own adds.
static struct manifest *
example_with_rows(void)
{
    struct manifest *manifest = example();
    struct manifest_table *table = manifest_add_table(manifest, "shop", "orders");
    table->key = memory_copy_text("id");
    table->columns = memory_copy_text("(`id`)");
    table->condition = memory_copy_text("WHERE id > 1");
    struct manifest_part *part = manifest_add_part(manifest, NULL, "65536");
    part->file = 2;
    part->table = 1;
    part->rows = 17;
    part->size_bytes = 170;
    part->digest = (struct manifest_sum){.high = 1, .low = UINT64_MAX};
    manifest->files[1].group = memory_copy_text("data");
    return manifest;
}

static char *
print(const struct manifest *manifest)
{
    size_t size = 0;
    char *text = manifest_print(manifest, &size);
    assert_int_equal(size, strlen(text));
    return text;
}

static struct manifest *
parse(const char *text)
{
    struct manifest *manifest = NULL;
    struct error error = {0};
    if (manifest_parse(&manifest, text, strlen(text), &error))
        fail_msg("%s", error.message);
    return manifest;
}

// Sets that were written before policies could leave anything out.
static void
a_manifest_without_exclusions_is_read(void **state)
{
    (void)state;
    CLEAN(manifest_destroy) struct manifest *before = manifest_new();
    CLEAN(memory_free) char *text = print(before);
    static const char *const lines[] = {"\"excluded\": [],", "\"rules\": [],"};
    for (size_t index = 0; index < sizeof lines / sizeof *lines; index++) {
        char *line = strstr(text, lines[index]);
        assert_non_null(line);
        memset(line, ' ', strlen(lines[index]));
    }
    CLEAN(manifest_destroy) struct manifest *after = parse(text);
    assert_int_equal(after->rule_count, 0);
    assert_int_equal(manifest_excluded(after), 0);
}

static void
what_was_printed_can_be_parsed(void **state)
{
    (void)state;
    CLEAN(manifest_destroy) struct manifest *before = example();
    CLEAN(memory_free) char *text = print(before);
    CLEAN(manifest_destroy) struct manifest *after = parse(text);
    assert_string_equal(after->set_path, "c1/db1/7-1");
    assert_int_equal(after->job_id, 7);
    assert_int_equal(after->port, 3306);
    assert_int_equal(after->started_unix_ms, 1795402800000);
    assert_string_equal(after->resource_id, "");
    assert_int_equal(after->file_count, 3);
    assert_string_equal(after->files[2].path, "3.sql");
    assert_string_equal(after->files[2].load_into, "");
    assert_int_equal(after->files[2].size_bytes, 3ULL << 40);
    assert_memory_equal(after->files[2].sha256, before->files[2].sha256, DIGEST_SIZE);
    assert_string_equal(after->schemas[1].name, before->schemas[1].name);
    assert_string_equal(after->points[0].object, "");
    assert_string_equal(after->points[0].position, "binlog.000003:1234");
    assert_string_equal(after->left_out[0].second, "the policy does not want them");
    assert_string_equal(after->facts[0].first, "character_set");
    assert_int_equal(after->guides[1].size_bytes, 18);
    assert_int_equal(after->rules[0].fits, 7);
    assert_string_equal(after->exclusions[0].name, "log_1");
    assert_string_equal(after->exclusions[1].name, "");
    assert_int_equal(manifest_excluded(after), 7);
    CLEAN(memory_free) char *again = print(after);
    assert_string_equal(again, text);
}

static void
the_same_content_gives_the_same_bytes_with_sorted_keys(void **state)
{
    (void)state;
    CLEAN(manifest_destroy) struct manifest *one = example();
    CLEAN(manifest_destroy) struct manifest *other = example();
    CLEAN(memory_free) char *one_text = print(one);
    CLEAN(memory_free) char *other_text = print(other);
    assert_string_equal(one_text, other_text);
    assert_true(strstr(one_text, "\"attempt\"") < strstr(one_text, "\"consistency\""));
    assert_true(strstr(one_text, "\n  \"engine\": \"mysql\",\n") != NULL);
    assert_int_equal(one_text[strlen(one_text) - 1], '\n');
}

static void
an_empty_manifest_can_be_read(void **state)
{
    (void)state;
    CLEAN(manifest_destroy) struct manifest *empty = manifest_new();
    CLEAN(memory_free) char *text = print(empty);
    CLEAN(manifest_destroy) struct manifest *after = parse(text);
    assert_int_equal(after->file_count, 0);
    assert_string_equal(after->engine, "");
}

static void
text_that_is_no_utf8_or_too_long_is_mended(void **state)
{
    (void)state;
    char longer[3 * MANIFEST_TEXT_MAX + 1];
    for (size_t at = 0; at < sizeof longer - 1; at += 3)
        memcpy(longer + at, "\xe2\x82\xac", 3);
    longer[sizeof longer - 1] = '\0';
    CLEAN(manifest_destroy) struct manifest *manifest = manifest_new();
    manifest_add_schema(manifest, "caf\xe9", 1);
    manifest_add_left_out(manifest, longer, "too long");
    CLEAN(memory_free) char *text = print(manifest);
    CLEAN(manifest_destroy) struct manifest *after = parse(text);
    assert_string_equal(after->schemas[0].name, "caf\xef\xbf\xbd");
    assert_int_equal(strlen(after->left_out[0].first), MANIFEST_TEXT_MAX / 3 * 3);
}

static char *
replace(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    assert_non_null(at);
    return memory_format("%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

// The example's text with one part of it replaced.
static char *
replaced(const char *old, const char *new)
{
    CLEAN(manifest_destroy) struct manifest *manifest = example();
    CLEAN(memory_free) char *text = print(manifest);
    return replace(text, old, new);
}

static void
assert_refused(const char *text, size_t size, const char *says)
{
    struct manifest *manifest = NULL;
    struct error error = {0};
    assert_int_equal(manifest_parse(&manifest, text, size, &error), -1);
    assert_null(manifest);
    assert_int_equal(error.code, ERROR_INVALID);
    if (!strstr(error.message, says))
        fail_msg("'%s' does not say '%s'", error.message, says);
}

static void
tables_and_parts_come_back_and_make_it_format_2(void **state)
{
    (void)state;
    CLEAN(manifest_destroy) struct manifest *before = example_with_rows();
    CLEAN(memory_free) char *text = print(before);
    assert_non_null(strstr(text, "\"format\": 2"));
    assert_non_null(strstr(text, "\"digest\": \"0000000000000001ffffffffffffffff\""));
    CLEAN(manifest_destroy) struct manifest *after = parse(text);
    assert_string_equal(after->tables[0].name, "orders");
    assert_string_equal(after->tables[0].object, "");
    assert_string_equal(after->tables[0].columns, "(`id`)");
    assert_string_equal(after->tables[0].condition, "WHERE id > 1");
    assert_string_equal(after->parts[0].low, "");
    assert_string_equal(after->parts[0].high, "65536");
    assert_int_equal(after->parts[0].rows, 17);
    assert_int_equal(after->parts[0].digest.high, 1);
    assert_true(after->parts[0].digest.low == UINT64_MAX);
    assert_string_equal(after->files[1].group, "data");
    assert_string_equal(after->files[0].group, "");
    CLEAN(manifest_destroy) struct manifest *plain = example();
    CLEAN(memory_free) char *old = print(plain);
    assert_non_null(strstr(old, "\"format\": 1"));
    assert_null(strstr(old, "tables\": ["));
    assert_null(strstr(old, "group"));
}

static void
files_and_parts_are_put_in_the_order_of_their_numbers(void **state)
{
    (void)state;
    CLEAN(manifest_destroy) struct manifest *manifest = example_with_rows();
    manifest_add_file(manifest, "12.tsv");
    manifest_add_file(manifest, "9.sql");
    manifest_add_part(manifest, NULL, NULL)->file = 12;
    manifest_add_part(manifest, NULL, NULL)->file = 1;
    manifest_sort(manifest);
    assert_string_equal(manifest->files[3].path, "9.sql");
    assert_string_equal(manifest->files[4].path, "12.tsv");
    assert_int_equal(manifest->parts[0].file, 1);
    assert_int_equal(manifest->parts[2].file, 12);
    assert_int_equal(manifest_file_number("12.tsv"), 12);
    assert_int_equal(manifest_file_number("../12.tsv"), 0);
    // Our reader of PostgreSQL numbers the files of a server with many databases that high.
    assert_int_equal(manifest_file_number("4294967295.tsv"), UINT32_MAX);
}

static void
parts_of_what_is_not_listed_are_refused(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"\"file\": 2", "\"file\": 4"},           {"\"file\": 2", "\"file\": 0"},
        {"\"table\": 1", "\"table\": 2"},         {"\"table\": 1", "\"table\": 0"},
        {"ffffffffffffffff", "fffffffffffffffg"}, {"ffffffffffffffff", "fff"}};
    CLEAN(manifest_destroy) struct manifest *manifest = example_with_rows();
    CLEAN(memory_free) char *text = print(manifest);
    for (size_t index = 0; index < sizeof changes / sizeof *changes; index++) {
        CLEAN(memory_free) char *changed = replace(text, changes[index][0], changes[index][1]);
        assert_refused(changed, strlen(changed), index < 4 ? "of 'parts'" : "digest");
    }
}

static void
a_hostile_manifest_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *says;
    } cases[] = {
        {"\"1.sql\"", "\"../1.sql\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"/1.sql\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"1\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"1.\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\".sql\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"01.sql\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"1.sql.gz\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"1.sql/x\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"-1.sql\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"12345678901234567890.sql\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"4294967296.sql\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"1.verylongextension\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"restore.sh\"", "item 1 of 'files'"},
        {"\"1.sql\"", "\"manifest.json\"", "item 1 of 'files'"},
        {"\"2.sql\"", "\"1.sql\"", "item 2 of 'files'"},
        {"\"2.sql\"", "\"1.dat\"", "item 2 of 'files'"},
        {"\"1.sql\"", "\"9.sql\"", "item 2 of 'files'"},
        {"\"1.sql\"", "7", "'path' is not a text"},
        {"\"restore.sh\"", "\"run.sh\"", "guides"},
        {"\"restore.sh\"", "\"RESTORE.txt\"", "guides"},
        {"0101010101010101010101010101010101010101010101010101010101010101", "0101", "digest"},
        {"0101010101010101010101010101010101010101010101010101010101010101",
         "zz01010101010101010101010101010101010101010101010101010101010101", "digest"},
        {"1099511627776", "-1", "size_bytes"},
        {"1099511627776", "1.5", "size_bytes"},
        {"1099511627776", "99999999999999999999", "malformed"},
        {"\"port\": 3306", "\"port\": 65536", "port"},
        {"\"attempt\": 1", "\"attempt\": 4294967296", "attempt"},
        {"\"format\": 1", "\"format\": 3", "a newer one is needed"},
        {"\"format\": 1", "\"format\": 0", "format"},
        {"\"format\": 1", "\"format\": \"1\"", "format"},
        {"\"format\": 1", "\"other\": 1", "'format' is missing"},
        {"\"format\": 1", "\"format\": 1, \"format\": 1", "malformed"},
        {"\"engine\": \"mysql\"", "\"engine\": \"my\\u0000sql\"", "malformed"},
        {"\"engine\": \"mysql\"", "\"engine\": null", "engine"},
        {"\"points\": [", "\"points\": [[", "malformed"},
        {"{\n", "[\n", "malformed"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        CLEAN(memory_free) char *text = replaced(cases[index].old, cases[index].new);
        assert_refused(text, strlen(text), cases[index].says);
    }
    assert_refused("", 0, "malformed");
    assert_refused("[]", 2, "object");
    assert_refused("{}", 2, "'format' is missing");
}

static void
a_text_beyond_its_limit_is_refused(void **state)
{
    (void)state;
    char longer[MANIFEST_TEXT_MAX + 2];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    CLEAN(memory_free) char *name = memory_format("\"%s\"", longer);
    CLEAN(memory_free) char *text = replaced("\"shop\"", name);
    assert_refused(text, strlen(text), "longer than 4096 bytes");
}

static void
more_files_than_the_limit_are_refused(void **state)
{
    (void)state;
    CLEAN(manifest_destroy) struct manifest *manifest = manifest_new();
    for (int number = 1; number <= MANIFEST_FILES_MAX + 1; number++) {
        char path[16];
        snprintf(path, sizeof path, "%d.sql", number);
        manifest_add_file(manifest, path);
        if (number < MANIFEST_FILES_MAX)
            continue;
        CLEAN(memory_free) char *text = print(manifest);
        if (number > MANIFEST_FILES_MAX) {
            assert_refused(text, strlen(text), "more than 40000 items");
        } else {
            CLEAN(manifest_destroy) struct manifest *after = parse(text);
            assert_int_equal(after->file_count, MANIFEST_FILES_MAX);
        }
    }
}

static void
a_manifest_cut_short_is_refused_wherever_it_is_cut(void **state)
{
    (void)state;
    CLEAN(manifest_destroy) struct manifest *manifest = example();
    CLEAN(memory_free) char *text = print(manifest);
    for (size_t size = 0; size < strlen(text) - 1; size++)
        assert_refused(text, size, "malformed");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manifest_without_exclusions_is_read),
        cmocka_unit_test(what_was_printed_can_be_parsed),
        cmocka_unit_test(the_same_content_gives_the_same_bytes_with_sorted_keys),
        cmocka_unit_test(an_empty_manifest_can_be_read),
        cmocka_unit_test(text_that_is_no_utf8_or_too_long_is_mended),
        cmocka_unit_test(tables_and_parts_come_back_and_make_it_format_2),
        cmocka_unit_test(files_and_parts_are_put_in_the_order_of_their_numbers),
        cmocka_unit_test(parts_of_what_is_not_listed_are_refused),
        cmocka_unit_test(a_hostile_manifest_is_refused),
        cmocka_unit_test(a_text_beyond_its_limit_is_refused),
        cmocka_unit_test(more_files_than_the_limit_are_refused),
        cmocka_unit_test(a_manifest_cut_short_is_refused_wherever_it_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
