#include "common/clean.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/spool.h"

struct place {
    char *folder;
    int fd;
    spool_t *spool;
};

static void
place_open(struct place *place)
{
    struct error error;
    place->folder = folder_new();
    place->fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(place->fd >= 0);
    assert_int_equal(spool_open(&place->spool, place->fd, &error), 0);
}

static void
place_close(struct place *place)
{
    spool_destroy(&place->spool);
    fd_close(&place->fd);
    folder_destroy(&place->folder);
}

static void
place_reopen(struct place *place)
{
    struct error error;
    spool_destroy(&place->spool);
    assert_int_equal(spool_open(&place->spool, place->fd, &error), 0);
}

static void
put(spool_t *spool, uint64_t job_id, uint32_t attempt, const char *text)
{
    struct error error;
    assert_int_equal(spool_put(spool, job_id, attempt, text, strlen(text), &error), 0);
}

static void
check_text(const spool_t *spool, uint64_t job_id, uint32_t attempt, const char *expected)
{
    struct error error;
    CLEAN(memory_free) char *data = NULL;
    size_t size = 0;
    assert_int_equal(spool_read(spool, job_id, attempt, &data, &size, &error), 0);
    assert_int_equal(size, strlen(expected));
    assert_string_equal(data, expected);
}

static void
a_result_survives_a_restart_until_it_is_removed(void **state)
{
    (void)state;
    CLEAN(place_close) struct place place = {0};
    place_open(&place);
    struct error error;
    put(place.spool, 12, 3, "done");
    put(place.spool, UINT64_MAX, UINT32_MAX, "far");
    place_reopen(&place);
    assert_int_equal(spool_count(place.spool), 2);
    check_text(place.spool, 12, 3, "done");
    check_text(place.spool, UINT64_MAX, UINT32_MAX, "far");
    assert_true(spool_has(place.spool, 12, 3));
    assert_false(spool_has(place.spool, 12, 4));

    assert_int_equal(spool_remove(place.spool, 12, 3, &error), 0);
    assert_int_equal(spool_remove(place.spool, 12, 3, &error), 0);
    place_reopen(&place);
    assert_int_equal(spool_count(place.spool), 1);
    assert_false(spool_has(place.spool, 12, 3));
}

static void
the_second_result_of_an_attempt_replaces_the_first(void **state)
{
    (void)state;
    CLEAN(place_close) struct place place = {0};
    place_open(&place);
    put(place.spool, 1, 1, "first");
    put(place.spool, 1, 1, "second");
    assert_int_equal(spool_count(place.spool), 1);
    check_text(place.spool, 1, 1, "second");
}

static void
what_waits_longest_is_due_first(void **state)
{
    (void)state;
    CLEAN(place_close) struct place place = {0};
    place_open(&place);
    uint64_t job_id = 0;
    uint32_t attempt = 0;
    assert_int_equal(spool_next(place.spool), INT64_MAX);
    assert_false(spool_due(place.spool, INT64_MAX, &job_id, &attempt));
    put(place.spool, 1, 1, "a");
    put(place.spool, 2, 1, "b");
    spool_defer(place.spool, 1, 1, 500);
    assert_true(spool_due(place.spool, 0, &job_id, &attempt));
    assert_int_equal(job_id, 2);
    spool_defer(place.spool, 2, 1, 600);
    assert_false(spool_due(place.spool, 499, &job_id, &attempt));
    assert_int_equal(spool_next(place.spool), 500);
    assert_true(spool_due(place.spool, 500, &job_id, &attempt));
    assert_int_equal(job_id, 1);
    spool_all_due(place.spool);
    spool_defer(place.spool, 1, 1, 500);
    assert_true(spool_due(place.spool, 0, &job_id, &attempt));
    assert_int_equal(job_id, 2);
}

static void
a_full_spool_takes_no_more_but_replaces(void **state)
{
    (void)state;
    CLEAN(place_close) struct place place = {0};
    place_open(&place);
    struct error error;
    for (uint32_t attempt = 1; attempt <= SPOOL_COUNT_MAX; attempt++)
        put(place.spool, 5, attempt, "x");
    assert_int_equal(spool_put(place.spool, 6, 1, "x", 1, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    put(place.spool, 5, 9, "again");
    check_text(place.spool, 5, 9, "again");
}

static void
a_result_that_is_too_long_is_refused(void **state)
{
    (void)state;
    CLEAN(place_close) struct place place = {0};
    place_open(&place);
    struct error error;
    CLEAN(memory_free) char *data = memory_get(SPOOL_DATA_MAX + 1);
    assert_int_equal(spool_put(place.spool, 1, 1, data, SPOOL_DATA_MAX + 1, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_equal(spool_count(place.spool), 0);
    assert_int_equal(spool_put(place.spool, 1, 1, data, SPOOL_DATA_MAX, &error), 0);
}

static void
half_written_files_go_and_strangers_stay(void **state)
{
    (void)state;
    CLEAN(place_close) struct place place = {0};
    place_open(&place);
    static const char *const names[] = {"7-1.done.new", "007-1.done",
                                        "7.done",       "-7-1.done",
                                        "7-1.done~",    "99999999999999999999-1.done"};
    CLEAN(memory_free) char *spool = memory_format("%s/spool", place.folder);
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        CLEAN(memory_free) char *path = folder_write(spool, names[index], 0600, "x");
    }
    place_reopen(&place);
    assert_int_equal(spool_count(place.spool), 0);
    assert_int_equal(spool_strangers(place.spool), 5);
    CLEAN(memory_free) char *half = memory_format("%s/%s", spool, names[0]);
    CLEAN(memory_free) char *stranger = memory_format("%s/%s", spool, names[1]);
    assert_int_equal(access(half, F_OK), -1);
    assert_int_equal(access(stranger, F_OK), 0);
}

static void
a_result_that_cannot_be_kept_is_an_error(void **state)
{
    (void)state;
    CLEAN(place_close) struct place place = {0};
    place_open(&place);
    struct error error;
    CLEAN(memory_free) char *blocker = memory_format("%s/spool/1-1.done.new", place.folder);
    assert_int_equal(mkdir(blocker, 0700), 0);
    assert_int_equal(spool_put(place.spool, 1, 1, "x", 1, &error), -1);
    assert_false(spool_has(place.spool, 1, 1));
    assert_int_equal(rmdir(blocker), 0);
    put(place.spool, 1, 1, "x");
}

static void
a_result_that_vanished_is_not_found(void **state)
{
    (void)state;
    CLEAN(place_close) struct place place = {0};
    place_open(&place);
    struct error error;
    char *data = NULL;
    size_t size = 0;
    put(place.spool, 1, 1, "x");
    CLEAN(memory_free) char *path = memory_format("%s/spool/1-1.done", place.folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(spool_read(place.spool, 1, 1, &data, &size, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_null(data);
    assert_int_equal(spool_remove(place.spool, 1, 1, &error), 0);
    assert_int_equal(spool_count(place.spool), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_survives_a_restart_until_it_is_removed),
        cmocka_unit_test(the_second_result_of_an_attempt_replaces_the_first),
        cmocka_unit_test(what_waits_longest_is_due_first),
        cmocka_unit_test(a_full_spool_takes_no_more_but_replaces),
        cmocka_unit_test(a_result_that_is_too_long_is_refused),
        cmocka_unit_test(half_written_files_go_and_strangers_stay),
        cmocka_unit_test(a_result_that_cannot_be_kept_is_an_error),
        cmocka_unit_test(a_result_that_vanished_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
