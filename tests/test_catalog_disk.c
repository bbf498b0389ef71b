// What goes wrong beneath the SQLite catalog: no room, errors of the disk, locks, damage. Nothing
// that was acknowledged is lost, and the same batch works afterwards.

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "coordinator/catalog/catalog.h"
#include "tests/check_catalog.h"

enum { PAGE = 4096 };

static char *
path_in(const struct fixture *fixture, const char *name)
{
    return memory_format("%s/%s", fixture->folder, name);
}

// ---- room

// A file system of our own, seen by nobody else; it goes away with the process.
static int
mount_small(const char *folder, const char *options)
{
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("dbhaul-test", folder, "tmpfs", 0, options)) {
        print_message("not run: cannot mount a file system here: %s\n", strerror(errno));
        return -1;
    }
    return 0;
}

static void
remount(const char *folder, const char *options)
{
    assert_int_equal(mount("dbhaul-test", folder, "tmpfs", MS_REMOUNT, options), 0);
}

static void
a_full_disk_loses_nothing_and_is_told(void **state)
{
    struct fixture *fixture = *state;
    catalog_destroy(&fixture->catalog);
    if (mount_small(fixture->folder, "size=1m"))
        skip();
    open_again(fixture);
    struct error error = {0};
    int64_t number = 1;
    while (apply_numbered(fixture->catalog, number, 3000, &error) == 0)
        assert_true(number++ < 1000);
    assert_true(number > 10);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "make room"));
    for (int round = 0; round < 3; round++) {
        assert_int_equal(apply_numbered(fixture->catalog, number, 3000, &error), -1);
        assert_int_equal(error.code, ERROR_UNAVAILABLE);
    }
    remount(fixture->folder, "size=16m");
    check_numbered(fixture->catalog, number - 1);
    for (int more = 0; more < 300; more++)
        assert_int_equal(apply_numbered(fixture->catalog, number++, 3000, &error), 0);
    open_again(fixture);
    check_numbered(fixture->catalog, number - 1);
    catalog_destroy(&fixture->catalog);
    assert_int_equal(umount2(fixture->folder, MNT_DETACH), 0);
}

static void
on_a_full_disk_a_catalog_is_not_created_by_half(void **state)
{
    struct fixture *fixture = *state;
    catalog_destroy(&fixture->catalog);
    if (mount_small(fixture->folder, "size=64k"))
        skip();
    struct error error = {0};
    for (int round = 0; round < 2; round++) {
        assert_int_equal(
            catalog_open(&fixture->catalog, fixture->url, &catalog_server_access, "host:1", &error),
            -1);
        assert_int_equal(error.code, ERROR_UNAVAILABLE);
        assert_null(fixture->catalog);
    }
    remount(fixture->folder, "size=16m");
    open_again(fixture);
    assert_int_equal(apply_numbered(fixture->catalog, 1, 1, &error), 0);
    catalog_destroy(&fixture->catalog);
    assert_int_equal(umount2(fixture->folder, MNT_DETACH), 0);
}

static void
a_read_only_disk_is_told_before_anything_else(void **state)
{
    struct fixture *fixture = *state;
    catalog_destroy(&fixture->catalog);
    if (mount_small(fixture->folder, "size=1m"))
        skip();
    open_again(fixture);
    catalog_destroy(&fixture->catalog);
    remount(fixture->folder, "size=1m,ro");
    assert_int_equal(mount("dbhaul-test", fixture->folder, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL),
                     0);
    struct error error = {0};
    assert_int_equal(
        catalog_open(&fixture->catalog, fixture->url, &catalog_server_access, "host:1", &error),
        -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "Read-only file system"));
    remount(fixture->folder, "size=1m");
    open_again(fixture);
    assert_int_equal(catalog_epoch(fixture->catalog), 2);
    catalog_destroy(&fixture->catalog);
    assert_int_equal(umount2(fixture->folder, MNT_DETACH), 0);
}

// The kernel refuses to let files grow: an error of the disk, but not ENOSPC.
static void
an_error_of_the_disk_loses_nothing_and_is_told(void **state)
{
    struct fixture *fixture = *state;
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 256 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    struct error error = {0};
    int64_t number = 1;
    while (apply_numbered(fixture->catalog, number, 3000, &error) == 0)
        assert_true(number++ < 1000);
    int again = apply_numbered(fixture->catalog, number, 3000, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(again, -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "look at its disk"));
    check_numbered(fixture->catalog, number - 1);
    for (int more = 0; more < 300; more++)
        assert_int_equal(apply_numbered(fixture->catalog, number++, 3000, &error), 0);
    open_again(fixture);
    check_numbered(fixture->catalog, number - 1);
}

// ---- locks

static sqlite3 *
hold_lock(const struct fixture *fixture, const char *sql)
{
    sqlite3 *other = NULL;
    CLEAN(memory_free) char *path = path_in(fixture, "catalog.db");
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    if (sqlite3_exec(other, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(other));
    return other;
}

static void
another_writer_is_told_and_waited_for_no_longer_than_that(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    sqlite3 *other = hold_lock(fixture, "BEGIN IMMEDIATE");
    assert_int_equal(apply_numbered(fixture->catalog, 1, 1, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "another program holds a lock"));
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(apply_numbered(fixture->catalog, 1, 1, &error), 0);
    check_numbered(fixture->catalog, 1);
}

static void
a_report_that_reads_for_long_stops_no_writer(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    assert_int_equal(apply_numbered(fixture->catalog, 1, 1, &error), 0);
    sqlite3 *other = hold_lock(fixture, "BEGIN; SELECT count(*) FROM report");
    for (int64_t number = 2; number <= 500; number++)
        assert_int_equal(apply_numbered(fixture->catalog, number, 3000, &error), 0);
    sqlite3_close(other);
    open_again(fixture);
    check_numbered(fixture->catalog, 500);
}

static void
a_lock_held_at_the_start_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    catalog_destroy(&fixture->catalog);
    sqlite3 *other = hold_lock(fixture, "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE");
    assert_int_equal(
        catalog_open(&fixture->catalog, fixture->url, &catalog_server_access, "host:1", &error),
        -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    sqlite3_close(other);
    open_again(fixture);
}

// ---- damage

static void
overwrite(const char *path, off_t offset, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, size, offset), size);
    close(fd);
}

static void
what_is_no_database_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    catalog_destroy(&fixture->catalog);
    CLEAN(memory_free) char *path = path_in(fixture, "catalog.db");
    overwrite(path, 0, "this is no database", 19);
    assert_int_equal(
        catalog_open(&fixture->catalog, fixture->url, &catalog_server_access, "host:1", &error),
        -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
    assert_non_null(strstr(error.message, "bring it back from a copy"));
    assert_int_equal(
        catalog_open_reader(&fixture->catalog, fixture->url, &catalog_server_access, &error), -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
}

static void
a_file_that_was_cut_short_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    for (int64_t number = 1; number <= 300; number++)
        assert_int_equal(apply_numbered(fixture->catalog, number, 2000, &error), 0);
    catalog_destroy(&fixture->catalog);
    CLEAN(memory_free) char *path = path_in(fixture, "catalog.db");
    assert_int_equal(truncate(path, 40 * PAGE), 0);
    int failed =
        catalog_open(&fixture->catalog, fixture->url, &catalog_server_access, "host:1", &error);
    CLEAN(working_set_clear) struct working_set set = {0};
    if (!failed)
        failed = catalog_load(fixture->catalog, &set, &error);
    assert_int_equal(failed, -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
}

// Reads and writes what it can; only whether it comes back, and with which error, counts.
static void
use_damaged(const struct fixture *fixture)
{
    struct error error = {0};
    CLEAN(catalog_destroy) catalog_t *catalog = NULL;
    if (catalog_open(&catalog, fixture->url, &catalog_server_access, "host:1", &error)) {
        assert_int_not_equal(error.code, ERROR_NONE);
        return;
    }
    CLEAN(working_set_clear) struct working_set set = {0};
    catalog_load(catalog, &set, &error);
    const char *const names[] = {"databases", "runs",    "skipped", "jobs",
                                 "attempts",  "backups", "latest",  "report"};
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        struct query query = {.name = names[index], .limit = CATALOG_PAGE_MAX};
        CLEAN(table_destroy) table_t *table = NULL;
        CLEAN(memory_free) char *cursor = NULL;
        catalog_query(catalog, &query, &table, &cursor, &error);
    }
    CLEAN(batch_destroy) batch_t *batch = numbered(1000, 100);
    catalog_apply(catalog, batch, &error);
}

static void
damage_anywhere_harms_nobody_else(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    for (int64_t id = 1; id <= 5; id++)
        add_database(batch, id, "shop", 1);
    for (int64_t id = 1; id <= 100; id++)
        add_night(batch, id, 1 + id % 5, id % 3 ? "succeeded" : "failed", id);
    apply_all(fixture->catalog, &batch);
    catalog_destroy(&fixture->catalog);
    CLEAN(memory_free) char *path = path_in(fixture, "catalog.db");
    CLEAN(memory_free) char *good = path_in(fixture, "good.db");
    copy_file(path, good);
    struct stat status;
    assert_int_equal(stat(good, &status), 0);
    srandom(7);
    for (int round = 0; round < 150; round++) {
        copy_file(good, path);
        for (int hit = 0; hit < 4; hit++) {
            uint64_t noise = (uint64_t)random() * (uint64_t)random();
            off_t offset = random() % (status.st_size - 8);
            // Half of the hits where pages keep what leads on.
            if (hit % 2)
                offset = offset / PAGE * PAGE + random() % 100;
            overwrite(path, offset, &noise, 1 + (size_t)random() % 8);
        }
        use_damaged(fixture);
    }
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(a_full_disk_loses_nothing_and_is_told),
        SUITE(on_a_full_disk_a_catalog_is_not_created_by_half),
        SUITE(a_read_only_disk_is_told_before_anything_else),
        SUITE(an_error_of_the_disk_loses_nothing_and_is_told),
        SUITE(another_writer_is_told_and_waited_for_no_longer_than_that),
        SUITE(a_report_that_reads_for_long_stops_no_writer),
        SUITE(a_lock_held_at_the_start_is_told),
        SUITE(what_is_no_database_is_told),
        SUITE(a_file_that_was_cut_short_is_told),
        SUITE(damage_anywhere_harms_nobody_else),
    };
    return run_on_kind(&kinds[0], tests, sizeof tests / sizeof *tests);
}
