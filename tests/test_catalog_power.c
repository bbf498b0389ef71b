// A power cut beneath the SQLite catalog, and a disk that cannot sync: what was acknowledged is
// there.

#include <sqlite3.h>

#include "coordinator/catalog/catalog.h"
#include "tests/check_catalog.h"

// SQLite's own file system, but each sync of a file leaves a copy of it as "<name>.synced", or
// fails. A file's methods are replaced when it is opened.
enum { FILES = 16 };

struct power_file {
    sqlite3_file *file;
    char *path;
    const sqlite3_io_methods *usual;
    sqlite3_io_methods changed;
};

static struct {
    sqlite3_vfs layer;
    int (*open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);
    struct power_file files[FILES];
    int syncs, fail_after;  // -1: never
} power;

static struct power_file *
power_find(const sqlite3_file *file)
{
    for (size_t index = 0; index < FILES; index++) {
        if (power.files[index].file == file)
            return &power.files[index];
    }
    abort();
}

static int
power_sync(sqlite3_file *file, int flags)
{
    const struct power_file *entry = power_find(file);
    if (power.fail_after == 0)
        return SQLITE_IOERR_FSYNC;
    if (power.fail_after > 0)
        power.fail_after--;
    power.syncs++;
    CLEAN(memory_free) char *copy = memory_format("%s.synced", entry->path);
    copy_file(entry->path, copy);
    return entry->usual->xSync(file, flags);
}

static int
power_close(sqlite3_file *file)
{
    struct power_file *entry = power_find(file);
    const sqlite3_io_methods *usual = entry->usual;
    memory_free(&entry->path);
    entry->file = NULL;
    file->pMethods = usual;
    return usual->xClose(file);
}

static int
power_open(sqlite3_vfs *layer, const char *name, sqlite3_file *file, int flags, int *got)
{
    int result = power.open(layer, name, file, flags, got);
    if (result != SQLITE_OK || !name)
        return result;
    struct power_file *entry = power_find(NULL);
    entry->file = file;
    entry->path = memory_copy_text(name);
    entry->usual = file->pMethods;
    entry->changed = *file->pMethods;
    entry->changed.xSync = power_sync;
    entry->changed.xClose = power_close;
    file->pMethods = &entry->changed;
    return SQLITE_OK;
}

static int
setup_power(void **state)
{
    memset(&power, 0, sizeof power);
    sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
    power.layer = *usual;
    power.layer.zName = "power";
    power.open = usual->xOpen;
    power.layer.xOpen = power_open;
    power.fail_after = -1;
    sqlite3_vfs_register(&power.layer, 1);
    return setup(state);
}

static int
teardown_power(void **state)
{
    int failed = teardown(state);
    sqlite3_vfs_unregister(&power.layer);
    return failed;
}

// What a machine finds that comes up again: opens it with a second fixture's eyes.
static void
check_after_power_cut(const struct fixture *fixture, int64_t last)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *url = memory_format("sqlite:%s/catalog.db", folder);
    const char *const names[] = {"catalog.db", "catalog.db-wal"};
    for (size_t index = 0; index < 2; index++) {
        CLEAN(memory_free)
        char *from = memory_format("%s/%s.synced", fixture->folder, names[index]);
        CLEAN(memory_free) char *to = memory_format("%s/%s", folder, names[index]);
        if (access(from, F_OK) == 0)
            copy_file(from, to);
    }
    struct error error = {0};
    CLEAN(catalog_destroy) catalog_t *catalog = NULL;
    if (catalog_open(&catalog, url, &catalog_server_access, "host:1", &error))
        fail_msg("open after a power cut: %s", error.message);
    check_numbered(catalog, last);
}

static void
what_was_acknowledged_survives_a_power_cut(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    assert_true(power.syncs > 0);
    for (int64_t number = 1; number <= 400; number++) {
        int before = power.syncs;
        assert_int_equal(apply_numbered(fixture->catalog, number, 9000, &error), 0);
        assert_true(power.syncs > before);
        if (number % 20 == 0 || number < 5)
            check_after_power_cut(fixture, number);
    }
}

static void
a_sync_that_fails_loses_nothing_and_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    int64_t number = 1;
    for (int round = 0; round < 30; round++) {
        power.fail_after = round % 3;
        int failed = 0;
        for (int try = 0; try < 5 && !failed; try++) {
            failed = apply_numbered(fixture->catalog, number, 9000, &error);
            number += !failed;
        }
        assert_true(failed);
        assert_int_equal(error.code, ERROR_UNAVAILABLE);
        power.fail_after = -1;
        check_numbered(fixture->catalog, number - 1);
        assert_int_equal(apply_numbered(fixture->catalog, number++, 9000, &error), 0);
        check_after_power_cut(fixture, number - 1);
    }
}

#define POWER(test) cmocka_unit_test_setup_teardown(test, setup_power, teardown_power)

int
main(void)
{
    struct CMUnitTest tests[] = {
        POWER(what_was_acknowledged_survives_a_power_cut),
        POWER(a_sync_that_fails_loses_nothing_and_is_told),
    };
    return run_on_kind(&kinds[0], tests, sizeof tests / sizeof *tests);
}
