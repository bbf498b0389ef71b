// Every kind of store keeps the contract in worker/store/store.h.

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"
#include "tests/faults.h"
#include "tests/folder.h"
#include "worker/store/store.h"

// What holds the store under test.
static struct place {
    const char *kind;
    struct faults faults;            // boostfs
    char *folder;                    // directory
    char root[FAULTS_PATH_SIZE];     // where the store is
    char beneath[FAULTS_PATH_SIZE];  // the same folder without going through the store's mount
} place;

static store_t *
open_again(void)
{
    struct error error = {0};
    store_t *store = NULL;
    if (store_open(&store, place.kind, place.root, FAULTS_SOURCE, &error))
        fail_msg("%s", error.message);
    return store;
}

static int
exists(const char *path)
{
    char full[512];
    struct stat entry;
    snprintf(full, sizeof full, "%s/%s", place.beneath, path);
    return lstat(full, &entry) == 0;
}

static void
put_file(int dir, const char *name)
{
    struct error error = {0};
    CLEAN(fd_close) int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, "x", 1, &error), 0);
}

static void
make_set(store_t *store, const char *path)
{
    struct error error = {0};
    CLEAN(fd_close) int dir = -1;
    assert_int_equal(store_begin(store, path, &dir, &error), 0);
    put_file(dir, "1.sql");
    put_file(dir, "manifest.json");
    if (store_commit(store, path, &error))
        fail_msg("%s", error.message);
}

static void
a_set_is_partial_until_it_is_committed(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    CLEAN(fd_close) int dir = -1;
    CLEAN(fd_close) int set = -1;
    assert_int_equal(store_begin(store, "c1/db1/7", &dir, &error), 0);
    assert_true(exists("c1/db1/7.partial"));
    assert_false(exists("c1/db1/7"));
    assert_int_equal(store_open_set(store, "c1/db1/7", &set, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    put_file(dir, "1.sql");
    assert_int_equal(store_commit(store, "c1/db1/7", &error), 0);
    assert_false(exists("c1/db1/7.partial"));
    assert_true(exists("c1/db1/7/1.sql"));
    assert_int_equal(store_open_set(store, "c1/db1/7", &set, &error), 0);
    assert_int_equal(faccessat(set, "1.sql", R_OK, 0), 0);
}

static void
folders_belong_to_their_owner_alone(void **state)
{
    store_t *store = *state;
    static const char *const folders[] = {"c1", "c1/db1", "c1/db1/7"};
    make_set(store, "c1/db1/7");
    for (size_t index = 0; index < sizeof folders / sizeof *folders; index++) {
        char full[512];
        struct stat entry;
        snprintf(full, sizeof full, "%s/%s", place.root, folders[index]);
        assert_int_equal(stat(full, &entry), 0);
        assert_int_equal(entry.st_mode & 07777, 0700);
    }
}

static void
attempts_never_share_a_folder(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    CLEAN(fd_close) int dir = -1;
    CLEAN(fd_close) int other = -1;
    assert_int_equal(store_begin(store, "c1/db1/7", &dir, &error), 0);
    assert_int_equal(store_begin(store, "c1/db1/7", &other, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_int_equal(store_commit(store, "c1/db1/7", &error), 0);
    assert_int_equal(store_begin(store, "c1/db1/7", &other, &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_false(exists("c1/db1/7.partial"));
}

static void
a_set_is_never_committed_over_another(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    char full[512];
    CLEAN(fd_close) int dir = -1;
    assert_int_equal(store_begin(store, "c1/db1/7", &dir, &error), 0);
    snprintf(full, sizeof full, "%s/c1/db1/7", place.root);
    assert_int_equal(mkdir(full, 0700), 0);
    assert_int_equal(store_commit(store, "c1/db1/7", &error), -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_true(exists("c1/db1/7.partial"));
}

static void
what_was_never_begun_cannot_be_committed(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    assert_int_equal(store_commit(store, "c1/db1/7", &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
}

static void
what_is_abandoned_is_gone(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    CLEAN(fd_close) int dir = -1;
    assert_int_equal(store_begin(store, "c1/db1/7", &dir, &error), 0);
    put_file(dir, "1.sql");
    assert_int_equal(mkdirat(dir, "folder", 0700), 0);
    assert_int_equal(store_abandon(store, "c1/db1/7", &error), 0);
    assert_false(exists("c1/db1/7.partial"));
    assert_int_equal(store_abandon(store, "c1/db1/7", &error), 0);
}

static void
abandoning_leaves_a_finished_set_alone(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    make_set(store, "c1/db1/7");
    assert_int_equal(store_abandon(store, "c1/db1/7", &error), 0);
    assert_true(exists("c1/db1/7/1.sql"));
}

static void
a_removed_set_is_gone_and_removing_again_is_fine(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    make_set(store, "c1/db1/7");
    make_set(store, "c1/db1/8");
    assert_int_equal(store_remove(store, "c1/db1/7", &error), 0);
    assert_false(exists("c1/db1/7"));
    assert_false(exists("c1/db1/7.removed"));
    assert_true(exists("c1/db1/8/1.sql"));
    assert_int_equal(store_remove(store, "c1/db1/7", &error), 0);
    assert_int_equal(store_remove(store, "c1/no/7", &error), 0);
}

static void
a_removal_that_was_cut_short_is_completed(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    char from[512];
    char to[512];
    make_set(store, "c1/db1/7");
    snprintf(from, sizeof from, "%s/c1/db1/7", place.root);
    snprintf(to, sizeof to, "%s/c1/db1/7.removed", place.root);
    assert_int_equal(rename(from, to), 0);
    make_set(store, "c1/db1/7");
    assert_int_equal(store_remove(store, "c1/db1/7", &error), 0);
    assert_false(exists("c1/db1/7"));
    assert_false(exists("c1/db1/7.removed"));
}

static void
a_set_retires_from_wherever_it_was_left(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    int is_whole = 1;
    char from[512];
    char to[512];
    make_set(store, "c1/db1/7");
    make_set(store, "c1/db1/8");
    assert_int_equal(store_retire(store, "c1/db1/7", "1.sql", &is_whole, &error), 0);
    assert_false(is_whole);
    assert_false(exists("c1/db1/7"));
    assert_false(exists("c1/db1/7.removed"));
    assert_true(exists("c1/db1/8/1.sql"));
    assert_int_equal(store_retire(store, "c1/db1/7", "1.sql", &is_whole, &error), 0);
    assert_int_equal(store_retire(store, "c1/no/7", "1.sql", &is_whole, &error), 0);
    // Killed after the rename, and after the first file went.
    snprintf(from, sizeof from, "%s/c1/db1/8", place.root);
    snprintf(to, sizeof to, "%s/c1/db1/8.removed", place.root);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(store_retire(store, "c1/db1/8", "1.sql", &is_whole, &error), 0);
    assert_false(exists("c1/db1/8.removed"));
    make_set(store, "c1/db1/8");
    assert_int_equal(rename(from, to), 0);
    snprintf(from, sizeof from, "%s/c1/db1/8.removed/1.sql", place.root);
    assert_int_equal(unlink(from), 0);
    assert_int_equal(store_retire(store, "c1/db1/8", "1.sql", &is_whole, &error), 0);
    assert_false(exists("c1/db1/8.removed"));
    assert_int_equal(store_retire(store, "c1/db1/8.removed", "1.sql", &is_whole, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
}

static void
removing_follows_no_link(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    char link[512];
    char kept[FAULTS_PATH_SIZE];
    CLEAN(folder_destroy) char *outside = folder_new();
    snprintf(kept, sizeof kept, "%s/kept", outside);
    assert_int_equal(mkdir(kept, 0700), 0);
    make_set(store, "c1/db1/7");
    snprintf(link, sizeof link, "%s/c1/db1/7/link", place.beneath);
    assert_int_equal(symlink(outside, link), 0);
    assert_int_equal(store_remove(store, "c1/db1/7", &error), 0);
    assert_false(exists("c1/db1/7"));
    assert_int_equal(access(kept, F_OK), 0);
}

static void
a_link_in_a_path_is_refused(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    char link[512];
    CLEAN(fd_close) int dir = -1;
    snprintf(link, sizeof link, "%s/c1", place.beneath);
    assert_int_equal(symlink("/tmp", link), 0);
    assert_int_equal(store_begin(store, "c1/db1/7", &dir, &error), -1);
    assert_int_equal(store_open_set(store, "c1/db1/7", &dir, &error), -1);
    assert_int_equal(access("/tmp/db1", F_OK), -1);
}

static void
paths_that_break_the_rules_are_refused(void **state)
{
    store_t *store = *state;
    char longer[STORE_PATH_MAX + 2];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    const char *const paths[] = {"",       "/a",    "a/",  "a//b",      "../a",
                                 "a/../b", "a/./b", ".a",  "a/.b",      "A",
                                 "a b",    "a\nb",  "a'b", "\xc3\xa4",  "a\\b",
                                 "a*",     longer,  "..",  "a.partial", "a.removed"};
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++) {
        struct error error = {0};
        CLEAN(fd_close) int dir = -1;
        assert_int_equal(store_begin(store, paths[index], &dir, &error), -1);
        assert_int_equal(error.code, ERROR_INVALID);
        error.code = ERROR_NONE;
        assert_int_equal(store_commit(store, paths[index], &error), -1);
        assert_int_equal(error.code, ERROR_INVALID);
        assert_int_equal(store_abandon(store, paths[index], &error), -1);
        assert_int_equal(store_open_set(store, paths[index], &dir, &error), -1);
    }
    struct error error = {0};
    assert_int_equal(store_remove(store, "../a", &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
}

struct listing {
    char text[1024];
    size_t count, count_max;
};

static int
note(void *context, const char *path)
{
    struct listing *listing = context;
    strcat(listing->text, path);
    strcat(listing->text, " ");
    return ++listing->count == listing->count_max;
}

static void
a_list_has_all_that_lies_two_levels_down(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    struct listing listing = {.count_max = 100};
    char full[512];
    CLEAN(fd_close) int dir = -1;
    make_set(store, "c1/b/2");
    make_set(store, "c1/a/1");
    make_set(store, "c2/a/1");
    assert_int_equal(store_begin(store, "c1/b/3", &dir, &error), 0);
    snprintf(full, sizeof full, "%s/c1/b/4.removed", place.root);
    assert_int_equal(mkdir(full, 0700), 0);
    snprintf(full, sizeof full, "%s/c1/b/FOREIGN thing", place.root);
    assert_int_equal(mkdir(full, 0700), 0);
    snprintf(full, sizeof full, "%s/c1/file", place.root);
    assert_int_equal(close(open(full, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
    assert_int_equal(store_list(store, "c1", note, &listing, &error), 0);
    assert_string_equal(listing.text, "c1/a/1 c1/b/2 c1/b/3.partial c1/b/4.removed ");

    listing = (struct listing){.count_max = 2};
    assert_int_equal(store_list(store, "c1", note, &listing, &error), 0);
    assert_string_equal(listing.text, "c1/a/1 c1/b/2 ");
    listing = (struct listing){.count_max = 2};
    assert_int_equal(store_list(store, "c3", note, &listing, &error), 0);
    assert_string_equal(listing.text, "");
}

static int
remove_listed(void *context, const char *path)
{
    struct error error = {0};
    assert_int_equal(store_remove(context, path, &error), 0);
    return 0;
}

static void
all_that_a_list_tells_of_can_be_removed(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    struct listing listing = {.count_max = 100};
    CLEAN(fd_close) int dir = -1;
    make_set(store, "c1/a/1");
    make_set(store, "c1/a/2");
    assert_int_equal(store_begin(store, "c1/a/3", &dir, &error), 0);
    put_file(dir, "1.sql");
    assert_int_equal(store_list(store, "c1", remove_listed, store, &error), 0);
    assert_int_equal(store_list(store, "c1", note, &listing, &error), 0);
    assert_int_equal(listing.count, 0);
}

static void
the_room_is_known(void **state)
{
    struct error error = {0};
    uint64_t free_bytes = 0;
    assert_int_equal(store_room(*state, &free_bytes, &error), 0);
    assert_true(free_bytes > 0);
}

static void
the_identity_is_the_same_each_time(void **state)
{
    store_t *store = *state;
    CLEAN(store_destroy) store_t *again = open_again();
    assert_string_equal(store_identity(again), store_identity(store));
    assert_string_equal(store_kind(again), place.kind);
    if (strcmp(place.kind, "boostfs") == 0)
        assert_string_equal(store_identity(store), "boostfs:dd1.example:/su1");
    else
        assert_memory_equal(store_identity(store), "directory:", 10);
}

static void
a_store_that_is_still_the_same_passes_the_check(void **state)
{
    struct error error = {0};
    assert_int_equal(store_check(*state, &error), 0);
    assert_int_equal(store_check(*state, &error), 0);
}

static void
a_store_that_was_moved_fails_the_check(void **state)
{
    store_t *store = *state;
    struct error error = {0};
    CLEAN(folder_destroy) char *other = folder_new();
    assert_int_equal(mount(other, place.root, NULL, MS_BIND, NULL), 0);
    int result = store_check(store, &error);
    assert_int_equal(umount2(place.root, MNT_DETACH), 0);
    assert_int_equal(result, -1);
    assert_int_equal(store_check(store, &error), 0);
}

static int
open_store(void **state)
{
    struct error error = {0};
    if (strcmp(place.kind, "boostfs") == 0) {
        faults_mount(&place.faults, "boostfs", FAULTS_SOURCE);
        memcpy(place.root, place.faults.point, sizeof place.root);
        memcpy(place.beneath, place.faults.backing, sizeof place.beneath);
    } else {
        place.folder = folder_new();
        snprintf(place.root, sizeof place.root, "%s", place.folder);
        snprintf(place.beneath, sizeof place.beneath, "%s", place.folder);
        assert_int_equal(store_create(place.root, &error), 0);
    }
    *state = open_again();
    return 0;
}

static int
close_store(void **state)
{
    store_destroy((store_t **)state);
    assert_null(*state);
    if (strcmp(place.kind, "boostfs") == 0)
        faults_unmount(&place.faults);
    else
        folder_destroy(&place.folder);
    return 0;
}

static void
every_kind_is_run(void **state)
{
    (void)state;
    const char *why = faults_why_not();
    if (why) {
        print_message("not run: %s\n", why);
        skip();
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int
main(void)
{
    const struct CMUnitTest kinds[] = {cmocka_unit_test(every_kind_is_run)};
    const struct CMUnitTest tests[] = {
        TEST(a_set_is_partial_until_it_is_committed),
        TEST(folders_belong_to_their_owner_alone),
        TEST(attempts_never_share_a_folder),
        TEST(a_set_is_never_committed_over_another),
        TEST(what_was_never_begun_cannot_be_committed),
        TEST(what_is_abandoned_is_gone),
        TEST(abandoning_leaves_a_finished_set_alone),
        TEST(a_removed_set_is_gone_and_removing_again_is_fine),
        TEST(a_removal_that_was_cut_short_is_completed),
        TEST(removing_follows_no_link),
        TEST(a_link_in_a_path_is_refused),
        TEST(paths_that_break_the_rules_are_refused),
        TEST(a_list_has_all_that_lies_two_levels_down),
        TEST(all_that_a_list_tells_of_can_be_removed),
        TEST(a_set_retires_from_wherever_it_was_left),
        TEST(the_room_is_known),
        TEST(the_identity_is_the_same_each_time),
        TEST(a_store_that_is_still_the_same_passes_the_check),
        TEST(a_store_that_was_moved_fails_the_check),
    };
    place.kind = "directory";
    int failed = cmocka_run_group_tests_name("directory", tests, NULL, NULL);
    failed += cmocka_run_group_tests_name("kinds", kinds, NULL, NULL);
    place.kind = "boostfs";
    if (!faults_why_not())
        failed += cmocka_run_group_tests_name("boostfs", tests, NULL, NULL);
    return failed;
}
