// What a store holds, told for a rebuild: with a saved catalog, without, and of a store that is
// hostile or cannot be written to.

#include "worker/inventory.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/set/catalog_set.h"
#include "worker/set/writer.h"
#include "worker/store/store.h"

struct site {
    char *folder;
    store_t *store;
    char *said;  // all lines
};

static int
site_open(void **state)
{
    struct site *site = memory_get(sizeof *site);
    struct error error = {0};
    site->folder = folder_new();
    assert_int_equal(store_create(site->folder, &error), 0);
    assert_int_equal(store_open(&site->store, "directory", site->folder, NULL, &error), 0);
    *state = site;
    return 0;
}

static int
site_close(void **state)
{
    struct site *site = *state;
    store_destroy(&site->store);
    folder_destroy(&site->folder);
    memory_free(&site->said);
    memory_free(state);
    return 0;
}

// A set of one file; of a catalog, `text` are its rows of sets.
static void
make_set(struct site *site, const char *path, uint64_t job_id, uint32_t attempt, const char *text)
{
    struct error error = {0};
    struct set_summary summary;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    struct set_file_facts facts = {.role = "data", .object = "sets", .loader = "x"};
    const char *engine = strstr(path, "/catalog/") ? CATALOG_SET_ENGINE : "mysql";
    assert_int_equal(set_writer_open(&writer, site->store, path, &error), 0);
    struct manifest *manifest = set_writer_manifest(writer);
    char **const texts[] = {&manifest->engine, &manifest->resource_id, &manifest->name};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) {
        memory_free(texts[index]);
        *texts[index] = memory_copy_text(engine);
    }
    manifest->job_id = job_id;
    manifest->attempt = attempt;
    manifest_add_fact(manifest, CATALOG_SET_FORMAT_FACT, CATALOG_SET_FORMAT);
    assert_int_equal(set_writer_put_text(writer, &facts, text, strlen(text), &error), 0);
    if (set_writer_end(writer, &summary, &error))
        fail_msg("%s", error.message);
}

static enum error_code
take(struct site *site, const char *identity, const char *catalog)
{
    struct error error = {0};
    struct stat size;
    CLEAN(fd_close) int fd = memfd_create("lines", MFD_CLOEXEC);
    struct inventory_options options = {
        .place = site->folder, .identity = identity, .catalog = catalog};
    memory_free(&site->said);
    int failed = inventory_run(&options, fd, &error);
    assert_int_equal(fstat(fd, &size), 0);
    site->said = memory_get((size_t)size.st_size + 1);
    assert_int_equal(pread(fd, site->said, (size_t)size.st_size, 0), size.st_size);
    return failed ? error.code : ERROR_NONE;
}

static void
assert_said(const struct site *site, const char *text, int is_said)
{
    if ((strstr(site->said, text) != NULL) != is_said)
        fail_msg("%s '%s' in:\n%s", is_said ? "no" : "there is", text, site->said);
}

static void
damage(struct site *site, const char *path)
{
    CLEAN(memory_free) char *file = memory_format("%s/%s", site->folder, path);
    CLEAN(fd_close) int fd = open(file, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "X", 1, 3), 1);
}

static char *
rows_of(const struct site *site)
{
    const char *store = store_identity(site->store);
    return memory_format(
        "{\"table\":\"sets\",\"id\":1,\"store\":\"%s\",\"path\":\"dbhaul/c/d1/j1-a1\",\"state\":"
        "\"good\"}\n"
        "{\"table\":\"sets\",\"id\":2,\"store\":\"%s\",\"path\":\"dbhaul/c/d1/j2-a1\",\"state\":"
        "\"good\"}\n"
        "{\"table\":\"sets\",\"id\":3,\"store\":\"%s\",\"path\":\"dbhaul/c/d1/j9-a1\",\"state\":"
        "\"expired\"}\n"
        "{\"table\":\"sets\",\"id\":4,\"store\":\"elsewhere\",\"path\":\"dbhaul/c/d1/j8-a1\","
        "\"state\":\"good\"}\n"
        "{\"table\":\"sets\",\"id\":5,\"store\":\"%s\",\"path\":\"dbhaul/old/d1/j1-a1\",\"state\":"
        "\"good\"}\n"
        "{\"table\":\"sets\",\"id\":6,\"store\":\"%s\",\"path\":\"../../"
        "etc\",\"state\":\"good\"}\n",
        store, store, store, store, store);
}

static void
the_newest_saved_catalog_is_told_with_what_is_newer_and_gone(void **state)
{
    struct site *site = *state;
    CLEAN(memory_free) char *rows = rows_of(site);
    make_set(site, "dbhaul/c/catalog/j5-a1", 5, 1, rows);
    make_set(site, "dbhaul/c/catalog/j3-a1", 3, 1, "old\n");
    make_set(site, "dbhaul/c/d1/j1-a1", 1, 1, "x\n");
    make_set(site, "dbhaul/c/d1/j9-a1", 9, 1, "x\n");
    make_set(site, "dbhaul/c/d2/j7-a1", 7, 1, "x\n");
    make_set(site, "dbhaul/c/d2/j7-a2", 7, 2, "x\n");
    assert_int_equal(take(site, NULL, NULL), ERROR_NONE);
    assert_said(site, "\"path\":\"dbhaul/c/catalog/j5-a1\"", 1);
    assert_said(site, "{\"id\":1,\"table\":\"gone\"}", 0);
    assert_said(site, "{\"id\":2,\"table\":\"gone\"}", 1);
    assert_said(site, "{\"id\":3,\"table\":\"gone\"}", 0);
    assert_said(site, "{\"id\":4,\"table\":\"gone\"}", 0);
    assert_said(site, "{\"id\":5,\"table\":\"gone\"}", 1);
    assert_said(site, "{\"id\":6,\"table\":\"gone\"}", 0);
    // What was expired does not come back; of two attempts the later one does.
    assert_said(site, "\"job_id\":9,", 0);
    assert_said(site, "\"path\":\"dbhaul/c/d2/j7-a2\"", 1);
    assert_said(site, "\"path\":\"dbhaul/c/d2/j7-a1\"", 0);
    assert_said(site, "\"earlier\":1,\"found\":1,\"gone\":2,", 1);
}

// An attempt that ended unheard before the one whose set has expired since.
static void
no_attempt_of_a_job_whose_set_expired_comes_back(void **state)
{
    struct site *site = *state;
    CLEAN(memory_free)
    char *rows = memory_format(
        "{\"table\":\"sets\",\"id\":1,\"store\":\"%s\",\"path\":\"dbhaul/c/d1/j4-a2\","
        "\"state\":\"expired\"}\n"
        "{\"table\":\"sets\",\"id\":2,\"store\":\"%s\",\"path\":\"dbhaul/c/d1/j6-a3\","
        "\"state\":\"expiring\"}\n"
        "{\"table\":\"sets\",\"id\":3,\"store\":\"%s\",\"path\":\"dbhaul/c/d1/j8-a2\","
        "\"state\":\"missing\"}\n",
        store_identity(site->store), store_identity(site->store), store_identity(site->store));
    make_set(site, "dbhaul/c/catalog/j9-a1", 9, 1, rows);
    make_set(site, "dbhaul/c/d1/j4-a1", 4, 1, "x\n");
    make_set(site, "dbhaul/c/d1/j5-a1", 5, 1, "x\n");
    make_set(site, "dbhaul/c/d1/j6-a2", 6, 2, "x\n");
    make_set(site, "dbhaul/c/d1/j8-a1", 8, 1, "x\n");
    assert_int_equal(take(site, NULL, NULL), ERROR_NONE);
    assert_said(site, "\"path\":\"dbhaul/c/d1/j4-a1\"", 0);
    assert_said(site, "\"path\":\"dbhaul/c/d1/j5-a1\"", 1);
    assert_said(site, "\"path\":\"dbhaul/c/d1/j6-a2\"", 0);
    assert_said(site, "\"path\":\"dbhaul/c/d1/j8-a1\"", 1);
    assert_said(site, "\"earlier\":2,\"found\":2,\"gone\":0,", 1);
}

static void
a_damaged_saved_catalog_is_passed_over(void **state)
{
    struct site *site = *state;
    CLEAN(memory_free) char *rows = rows_of(site);
    make_set(site, "dbhaul/c/catalog/j3-a1", 3, 1, rows);
    make_set(site, "dbhaul/c/catalog/j5-a1", 5, 1, rows);
    damage(site, "dbhaul/c/catalog/j5-a1/1.dat");
    assert_int_equal(take(site, NULL, NULL), ERROR_NONE);
    assert_said(site, "\"path\":\"dbhaul/c/catalog/j3-a1\",\"saved_ms\"", 1);
    assert_said(site, "\"path\":\"dbhaul/c/catalog/j5-a1\",\"table\":\"trouble\"", 1);
}

static void
without_a_saved_catalog_manifests_tell_all(void **state)
{
    struct site *site = *state;
    make_set(site, "dbhaul/c/d1/j1-a1", 1, 1, "x\n");
    make_set(site, "dbhaul/c/d1/j2-a1", 2, 1, "x\n");
    damage(site, "dbhaul/c/d1/j2-a1/manifest.json");
    assert_int_equal(take(site, "boostfs:dd2:/su", NULL), ERROR_NONE);
    assert_said(site, "\"store\":\"boostfs:dd2:/su\",\"table\":\"begin\"", 1);
    assert_said(site, "\"path\":\"dbhaul/c/d1/j1-a1\"", 1);
    assert_said(site, "\"path\":\"dbhaul/c/d1/j2-a1\",\"table\":\"trouble\"", 1);
    assert_said(site, "\"table\":\"catalog\"", 0);
}

static void
a_set_that_lies_where_it_does_not_belong_is_told(void **state)
{
    struct site *site = *state;
    make_set(site, "dbhaul/c/d1/j1-a1", 1, 1, "x\n");
    make_set(site, "dbhaul/c/d1/j2-a1", 3, 1, "x\n");
    CLEAN(memory_free) char *from = memory_format("%s/dbhaul/c/d1/j1-a1", site->folder);
    CLEAN(memory_free) char *to = memory_format("%s/dbhaul/c/d1/j4-a1", site->folder);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(take(site, NULL, NULL), ERROR_NONE);
    assert_said(site, "\"table\":\"found\"", 0);
    assert_said(site, "\"troubles\":2", 1);
}

static void
of_several_catalogs_one_must_be_named(void **state)
{
    struct site *site = *state;
    assert_int_equal(take(site, NULL, NULL), ERROR_NOT_FOUND);
    make_set(site, "dbhaul/c/d1/j1-a1", 1, 1, "x\n");
    make_set(site, "dbhaul/e/d1/j1-a1", 1, 1, "x\n");
    assert_int_equal(take(site, NULL, NULL), ERROR_CONFIG);
    assert_int_equal(take(site, NULL, "e"), ERROR_NONE);
    assert_said(site, "\"path\":\"dbhaul/e/d1/j1-a1\"", 1);
    assert_said(site, "dbhaul/c/", 0);
    assert_int_equal(take(site, NULL, "../c"), ERROR_INVALID);
}

int
main(void)
{
#define SITE(name) cmocka_unit_test_setup_teardown(name, site_open, site_close)
    const struct CMUnitTest tests[] = {
        SITE(the_newest_saved_catalog_is_told_with_what_is_newer_and_gone),
        SITE(no_attempt_of_a_job_whose_set_expired_comes_back),
        SITE(a_damaged_saved_catalog_is_passed_over),
        SITE(without_a_saved_catalog_manifests_tell_all),
        SITE(a_set_that_lies_where_it_does_not_belong_is_told),
        SITE(of_several_catalogs_one_must_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
