// Jobs that touch nothing but a store: verify, sweep and expire.

#include "tests/task_world.h"
#include "worker/set/reader.h"
#include "worker/task.h"

#define NAME(array, text) char array[] = text

static void
fill_verify(struct task_world *world, Wire__Run *run, Wire__Verify *verify, char *path,
            struct set_summary *summary)
{
    verify->store = (char *)(uintptr_t)store_identity(world->store);
    verify->path = path;
    verify->manifest_sha256.data = summary->manifest_sha256;
    verify->manifest_sha256.len = sizeof summary->manifest_sha256;
    run->task_case = WIRE__RUN__TASK_VERIFY;
    run->verify = verify;
}

static void
a_whole_set_is_verified(void **state)
{
    struct task_world *world = *state;
    NAME(path, "c/d1/j1-a1");
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Verify verify = WIRE__VERIFY__INIT;
    fill_verify(world, &run, &verify, path, &summary);
    check_success(task_do(world, &run), "1 files of 24 bytes");
}

static void
a_flipped_byte_damages_a_set(void **state)
{
    struct task_world *world = *state;
    NAME(path, "c/d1/j1-a1");
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    CLEAN(memory_free) char *file = memory_format("%s/%s/1.sql", world->place, path);
    CLEAN(fd_close) int fd = open(file, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "X", 1, 5), 1);
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Verify verify = WIRE__VERIFY__INIT;
    fill_verify(world, &run, &verify, path, &summary);
    const Wire__Done *done = task_do(world, &run);
    check_failure(done, WIRE__FAILURE_CLASS__FAILURE_TRY_AGAIN, "1.sql");
    assert_true(done->damaged);
}

static void
a_set_with_another_manifest_or_none_is_damaged(void **state)
{
    struct task_world *world = *state;
    NAME(path, "c/d1/j1-a1");
    NAME(missing, "c/d1/j2-a1");
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Verify verify = WIRE__VERIFY__INIT;
    fill_verify(world, &run, &verify, missing, &summary);
    assert_true(task_do(world, &run)->damaged);
    summary.manifest_sha256[0] ^= 1;
    verify.path = path;
    assert_true(task_do(world, &run)->damaged);
}

static void
a_store_that_is_not_configured_is_nobodys_damage(void **state)
{
    struct task_world *world = *state;
    NAME(path, "c/d1/j1-a1");
    NAME(other, "directory:00000000-0000-4000-8000-00000000000f");
    NAME(boostfs, "boostfs:dd1.example:/su1");
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Verify verify = WIRE__VERIFY__INIT;
    fill_verify(world, &run, &verify, path, &summary);
    char *const identities[] = {other, boostfs};
    for (size_t index = 0; index < 2; index++) {
        verify.store = identities[index];
        const Wire__Done *done = task_do(world, &run);
        check_failure(done, WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, identities[index]);
        assert_false(done->damaged);
    }
}

static void
no_path_leaves_the_store(void **state)
{
    struct task_world *world = *state;
    static const char *const paths[] = {"../x", "/etc", "a/../../x",  "a/.hidden",
                                        "a//b", "A/B",  "a/b.partial"};
    struct set_summary summary = {0};
    Wire__Run run = WIRE__RUN__INIT;
    Wire__Verify verify = WIRE__VERIFY__INIT;
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++) {
        CLEAN(memory_free) char *path = memory_copy_text(paths[index]);
        fill_verify(world, &run, &verify, path, &summary);
        const Wire__Done *done = task_do(world, &run);
        check_failure(done, WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, paths[index]);
        assert_false(done->damaged);
    }
}

static void
make_folder(const struct task_world *world, const char *path)
{
    CLEAN(memory_free) char *place = memory_format("%s/%s", world->place, path);
    CLEAN(memory_free) char *file = memory_format("%s/1.sql", place);
    assert_int_equal(mkdir(place, 0700), 0);
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

// ---- the coordinator's part

static char told[8192];         // the findings that came
static const char *known_rows;  // of the catalog, in two pieces
static const char *(*judge)(const char *line);

static const char *
keep_all(const char *line)
{
    (void)line;
    return "keep";
}

static const char *
remove_partial(const char *line)
{
    return strncmp(line, "partial ", 8) == 0 ? "remove" : "keep";
}

static const char *
adopt_unknown(const char *line)
{
    return strncmp(line, "unknown ", 8) == 0 ? "adopt" : "keep";
}

static const char *
answer_sweep(struct task_world *world, const Wire__Fetch *fetch, const char **cursor)
{
    (void)world;
    static char words[4096];
    *words = '\0';
    if (strcmp(fetch->list, "begin") == 0)
        return "";
    if (strcmp(fetch->list, "set_places") == 0) {
        if (!*fetch->cursor)
            *cursor = "more";
        return *fetch->cursor ? known_rows : "";
    }
    if (strcmp(fetch->list, "adopt") == 0) {
        strcat(told, fetch->text);
        return "adopted";
    }
    assert_string_equal(fetch->list, "findings");
    CLEAN(memory_free) char *lines = memory_copy_text(fetch->text);
    strcat(told, fetch->text);
    for (char *rest = lines; rest && *rest;)
        strcat(strcat(words, judge(strsep(&rest, "\n"))), "\n");
    return words;
}

static void
make_job_set(struct task_world *world, const char *path, uint64_t job_id)
{
    struct error error = {0};
    struct set_summary summary;
    CLEAN(set_writer_destroy) set_writer_t *writer = NULL;
    struct set_file_facts facts = {.role = "data", .object = "shop", .loader = "mysql"};
    assert_int_equal(set_writer_open(&writer, world->store, path, &error), 0);
    struct manifest *manifest = set_writer_manifest(writer);
    char **const texts[] = {&manifest->engine, &manifest->resource_id, &manifest->name};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) {
        memory_free(texts[index]);
        *texts[index] = memory_copy_text("mysql");
    }
    manifest->job_id = job_id;
    manifest->attempt = 1;
    assert_int_equal(set_writer_put_text(writer, &facts, "x\n", 2, &error), 0);
    if (set_writer_end(writer, &summary, &error))
        fail_msg("%s", error.message);
}

static void
fill_store(struct task_world *world)
{
    make_job_set(world, "dbhaul/c/d1/j1-a1", 1);
    make_job_set(world, "dbhaul/c/d1/j2-a1", 2);
    make_job_set(world, "dbhaul/c/d2/j3-a1", 3);
    make_job_set(world, "dbhaul/other/d1/j9-a1", 9);
    make_folder(world, "dbhaul/c/d1/j1-a2.partial");
    make_folder(world, "dbhaul/c/d2/j4-a1.removed");
    make_folder(world, "dbhaul/c/d2/keepsake");
    known_rows = "1 good dbhaul/c/d1/j1-a1\n2 good dbhaul/c/d2/j3-a1\n3 good dbhaul/c/d3/j7-a1\n"
                 "4 expired dbhaul/c/d3/j8-a1\n5 good dbhaul/other/d1/j9-a1\n"
                 "6 damaged dbhaul/other/d1/j10-a1\n";
}

static const Wire__Done *
sweep_with(struct task_world *world, const char *(*judged_by)(const char *line),
           const char *(*answer)(struct task_world *world, const Wire__Fetch *fetch,
                                 const char **cursor))
{
    static Wire__Sweep wish = WIRE__SWEEP__INIT;
    static Wire__Run run = WIRE__RUN__INIT;
    wish.store = (char *)(uintptr_t)store_identity(world->store);
    wish.path = "dbhaul/c";
    run.task_case = WIRE__RUN__TASK_SWEEP;
    run.sweep = &wish;
    *told = '\0';
    judge = judged_by;
    world->answer = answer;
    return task_do(world, &run);
}

static const Wire__Done *
sweep(struct task_world *world, const char *(*judged_by)(const char *line))
{
    return sweep_with(world, judged_by, answer_sweep);
}

static void
a_sweep_tells_what_fits_nothing_and_removes_only_as_told(void **state)
{
    struct task_world *world = *state;
    fill_store(world);
    check_success(sweep(world, keep_all),
                  "2 partial, 1 unknown, 2 missing, 0 found again, 1 strange, 0 hidden");
    assert_string_equal(told, "missing 3 dbhaul/c/d3/j7-a1\nmissing 6 dbhaul/other/d1/j10-a1\n"
                              "partial dbhaul/c/d1/j1-a2.partial\nunknown dbhaul/c/d1/j2-a1\n"
                              "partial dbhaul/c/d2/j4-a1.removed\nstrange dbhaul/c/d2/keepsake\n");
    assert_true(task_is_there(world, "dbhaul/c/d1/j1-a2.partial"));
    check_success(sweep(world, remove_partial), "2 removed");
    assert_non_null(strstr(told, "\nremoved dbhaul/c/d1/j1-a2.partial\nremoved "));
    assert_false(task_is_there(world, "dbhaul/c/d1/j1-a2.partial") ||
                 task_is_there(world, "dbhaul/c/d2/j4-a1.removed"));
    assert_true(task_is_there(world, "dbhaul/c/d1/j2-a1/manifest.json") &&
                task_is_there(world, "dbhaul/c/d2/keepsake"));
}

// Between the two readings an expiry that a lock stopped has given a set its name back.
static const char *
answer_late(struct task_world *world, const Wire__Fetch *fetch, const char **cursor)
{
    if (strcmp(fetch->list, "set_places") == 0 && !task_is_there(world, "dbhaul/c/d3/j7-a1")) {
        CLEAN(memory_free) char *from = memory_format("%s/dbhaul/c/d3/j7-a1.removed", world->place);
        CLEAN(memory_free) char *to = memory_format("%s/dbhaul/c/d3/j7-a1", world->place);
        assert_int_equal(rename(from, to), 0);
    }
    return answer_sweep(world, fetch, cursor);
}

static void
a_set_that_got_its_name_back_is_not_missing(void **state)
{
    struct task_world *world = *state;
    fill_store(world);
    make_job_set(world, "dbhaul/c/d3/j7-a1", 7);
    CLEAN(memory_free) char *from = memory_format("%s/dbhaul/c/d3/j7-a1", world->place);
    CLEAN(memory_free) char *to = memory_format("%s.removed", from);
    assert_int_equal(rename(from, to), 0);
    check_success(sweep_with(world, remove_partial, answer_late), "1 missing");
    assert_null(strstr(told, "missing 3 "));
    assert_true(task_is_there(world, "dbhaul/c/d3/j7-a1/manifest.json"));
}

static void
a_set_is_adopted_by_what_its_manifest_says(void **state)
{
    struct task_world *world = *state;
    fill_store(world);
    check_success(sweep(world, adopt_unknown), "1 adopted");
    assert_non_null(strstr(told, "\"path\":\"dbhaul/c/d1/j2-a1\""));
    assert_non_null(strstr(told, "\"job_id\":2"));
    // One that was moved is not what it says.
    CLEAN(memory_free) char *from = memory_format("%s/dbhaul/c/d1/j2-a1", world->place);
    CLEAN(memory_free) char *to = memory_format("%s/dbhaul/c/d1/j20-a1", world->place);
    assert_int_equal(rename(from, to), 0);
    const Wire__Done *done = sweep(world, adopt_unknown);
    check_success(done, "not adopted: 'dbhaul/c/d1/j20-a1'");
    assert_null(strstr(told, "j20-a1\","));
}

static void
rows_that_make_no_sense_end_a_sweep(void **state)
{
    struct task_world *world = *state;
    fill_store(world);
    known_rows = "1\n";
    const Wire__Done *done = sweep(world, remove_partial);
    assert_int_equal(done->outcome, WIRE__OUTCOME__OUTCOME_FAILED);
    assert_true(task_is_there(world, "dbhaul/c/d1/j1-a2.partial"));
}

// ---- the catalog

static const char *
answer_rows(struct task_world *world, const Wire__Fetch *fetch, const char **cursor)
{
    (void)world;
    if (strcmp(fetch->list, "archive_sets") != 0)
        return "";
    if (!*fetch->cursor)
        *cursor = "more";
    return *fetch->cursor ? "{\"id\":2}\n" : "{\"id\":1}\n";
}

static void
a_saved_catalog_is_a_set_and_replaces_older_ones(void **state)
{
    struct task_world *world = *state;
    Wire__SaveCatalog wish = WIRE__SAVE_CATALOG__INIT;
    Wire__Run run = WIRE__RUN__INIT;
    wish.store = (char *)(uintptr_t)store_identity(world->store);
    wish.keep = 2;
    run.task_case = WIRE__RUN__TASK_SAVE_CATALOG;
    run.save_catalog = &wish;
    world->answer = answer_rows;
    make_job_set(world, "dbhaul/c/catalog/j9-a1", 9);
    make_job_set(world, "dbhaul/c/catalog/j10-a1", 10);
    make_job_set(world, "dbhaul/c/catalog/j100-a1", 100);
    make_folder(world, "dbhaul/c/catalog/j11-a1.partial");
    wish.path = "dbhaul/c/catalog/j12-a3";
    check_success(task_do(world, &run), "2 rows in 'dbhaul/c/catalog/j12-a3'");
    assert_true(task_is_there(world, "dbhaul/c/catalog/j12-a3/manifest.json"));
    assert_true(task_is_there(world, "dbhaul/c/catalog/j10-a1"));
    assert_false(task_is_there(world, "dbhaul/c/catalog/j9-a1"));
    assert_false(task_is_there(world, "dbhaul/c/catalog/j9-a1.removed"));
    assert_false(task_is_there(world, "dbhaul/c/catalog/j11-a1.partial"));
    assert_true(task_is_there(world, "dbhaul/c/catalog/j100-a1"));
    struct error error = {0};
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    assert_int_equal(set_reader_open(&reader, world->store, wish.path, NULL, &error), 0);
    assert_int_equal(set_reader_verify(reader, NULL, NULL, &error), 0);
    assert_string_equal(set_reader_manifest(reader)->files[0].object, "sets");
    assert_int_equal(set_reader_manifest(reader)->files[0].size_bytes, 18);
}

static const Wire__Done *
expire(struct task_world *world, Wire__Expire *what, char *path)
{
    static Wire__Run run;
    run = (Wire__Run)WIRE__RUN__INIT;
    what->store = (char *)(uintptr_t)store_identity(world->store);
    what->path = path;
    run.task_case = WIRE__RUN__TASK_EXPIRE;
    run.expire = what;
    return task_do(world, &run);
}

static void
an_expiry_removes_one_set_and_may_be_repeated(void **state)
{
    struct task_world *world = *state;
    NAME(path, "dbhaul/c/d1/j1-a1");
    Wire__Expire what = WIRE__EXPIRE__INIT;
    struct set_summary summary;
    task_make_set(world, path, "mysql", &summary);
    task_make_set(world, "dbhaul/c/d1/j2-a1", "mysql", &summary);
    const Wire__Done *done = expire(world, &what, path);
    check_success(done, "");
    assert_false(done->locked);
    assert_false(task_is_there(world, path));
    assert_true(task_is_there(world, "dbhaul/c/d1/j2-a1"));
    check_success(expire(world, &what, path), "");
    NAME(folder, "dbhaul/c/d1");
    check_failure(expire(world, &what, folder), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT,
                  "not the path of a set");
    NAME(above, "dbhaul/../c/j2-a1");
    check_failure(expire(world, &what, above), WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, "");
    assert_true(task_is_there(world, "dbhaul/c/d1/j2-a1"));
}

int
main(int argc, char **argv)
{
    int status = 0;
    if (task_role(argc, argv, &status))
        return status;
    const struct CMUnitTest tests[] = {
        TASK_TEST(a_whole_set_is_verified),
        TASK_TEST(a_flipped_byte_damages_a_set),
        TASK_TEST(a_set_with_another_manifest_or_none_is_damaged),
        TASK_TEST(a_store_that_is_not_configured_is_nobodys_damage),
        TASK_TEST(no_path_leaves_the_store),
        TASK_TEST(an_expiry_removes_one_set_and_may_be_repeated),
        TASK_TEST(a_sweep_tells_what_fits_nothing_and_removes_only_as_told),
        TASK_TEST(a_set_that_got_its_name_back_is_not_missing),
        TASK_TEST(a_set_is_adopted_by_what_its_manifest_says),
        TASK_TEST(rows_that_make_no_sense_end_a_sweep),
        TASK_TEST(a_saved_catalog_is_a_set_and_replaces_older_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
