#include "worker/sentry.h"

#include <poll.h>
#include <sys/stat.h>

#include "common/clean.h"
#include "tests/check.h"
#include "tests/faults.h"

enum { PATIENCE_MS = 400 };

static struct faults faults;
static struct settings_store row;

// Lets the sentry work for that long. -1 and the error once it says that the store hangs.
static int
watch(sentry_t *sentry, int64_t for_ms, struct error *error)
{
    int64_t until_ms = clock_monotonic_ms() + for_ms;
    while (clock_monotonic_ms() < until_ms) {
        struct pollfd item = {.fd = sentry_fd(sentry), .events = POLLIN};
        poll(&item, 1, 5);
        if (sentry_tick(sentry, clock_monotonic_ms(), error))
            return -1;
    }
    return 0;
}

static void
who_watches_nothing_has_nothing_to_do(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(sentry_destroy) sentry_t *sentry = sentry_new(PATIENCE_MS);
    assert_int_equal(sentry_fd(sentry), -1);
    assert_true(sentry_deadline(sentry) == INT64_MAX);
    assert_int_equal(sentry_tick(sentry, 1000, &error), 0);
}

static void
a_store_that_answers_is_left_alone_even_if_with_an_error(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(sentry_destroy) sentry_t *sentry = sentry_new(PATIENCE_MS);
    sentry_watch(sentry, &row, "", clock_monotonic_ms());
    assert_int_equal(watch(sentry, PATIENCE_MS, &error), 0);
    faults_rule(&faults, "* errno=EIO");
    assert_int_equal(watch(sentry, 2 * PATIENCE_MS, &error), 0);
}

// Whatever it is that hangs: the mount as a whole, or only what is written.
static void
a_store_that_does_not_answer_is_told(void **state)
{
    (void)state;
    static const char *const rules[] = {"statfs hang", "fsync hang path=probe"};
    for (size_t index = 0; index < 2; index++) {
        struct error error = {0};
        faults_rule(&faults, "");
        CLEAN(sentry_destroy) sentry_t *sentry = sentry_new(PATIENCE_MS);
        sentry_watch(sentry, &row, "", clock_monotonic_ms());
        assert_int_equal(watch(sentry, PATIENCE_MS / 2, &error), 0);
        faults_rule(&faults, rules[index]);
        assert_int_equal(watch(sentry, 20 * PATIENCE_MS, &error), -1);
        assert_int_equal(error.code, ERROR_UNAVAILABLE);
        assert_int_equal(error.about, ABOUT_MOUNT);
        assert_non_null(strstr(error.message, "its mount hangs"));
        faults_rule(&faults, "");
    }
}

static int
mount_store(void **state)
{
    (void)state;
    faults_mount(&faults, "boostfs", FAULTS_SOURCE);
    row =
        (struct settings_store){.kind = "boostfs", .place = faults.point, .source = FAULTS_SOURCE};
    return 0;
}

static int
unmount_store(void **state)
{
    (void)state;
    faults_unmount(&faults);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_watches_nothing_has_nothing_to_do),
        cmocka_unit_test(a_store_that_answers_is_left_alone_even_if_with_an_error),
        cmocka_unit_test(a_store_that_does_not_answer_is_told),
    };
    signal(SIGPIPE, SIG_IGN);  // as whoever may give up a look has it
    const char *why = faults_why_not();
    if (!why)
        return cmocka_run_group_tests(tests, mount_store, unmount_store);
    print_message("not run: %s\n", why);
    return 77;
}
