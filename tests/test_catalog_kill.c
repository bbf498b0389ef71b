// kill -9 of a leader at any moment: what it told is there, whole, and the next one leads.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "coordinator/catalog/catalog.h"
#include "tests/check_catalog.h"

enum { PATIENCE_MS = 20000 };

// The child: tells the epoch, then each number that is committed.
static void
write_until_killed(const char *url, int told)
{
    struct error error = {0};
    catalog_t *catalog = NULL;
    if (catalog_open(&catalog, url, &catalog_server_access, "child", &error))
        _exit(1);
    int64_t epoch = catalog_epoch(catalog);
    if (write(told, &epoch, sizeof epoch) != sizeof epoch)
        _exit(2);
    CLEAN(working_set_clear) struct working_set set = {0};
    if (catalog_load(catalog, &set, &error))
        _exit(3);
    for (int64_t number = set.next_job_id;; number++) {
        CLEAN(batch_destroy) batch_t *batch = numbered(number, (size_t)(number * 37 % 5000));
        if (catalog_apply(catalog, batch, &error) || batch_refused(batch) > 0)
            _exit(4);
        if (write(told, &number, sizeof number) != sizeof number)
            _exit(5);
    }
}

// Reads one number that the child told, or 0 at its end.
static int64_t
read_told(int told)
{
    struct pollfd item = {.fd = told, .events = POLLIN};
    assert_int_equal(poll(&item, 1, PATIENCE_MS), 1);
    int64_t number = 0;
    ssize_t size = read(told, &number, sizeof number);
    return size == sizeof number ? number : 0;
}

// Lets a child write for a random while, kills it; returns the last number it told, and the epoch.
static int64_t
kill_one(const char *url, int64_t last, int64_t *epoch)
{
    int told[2];
    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(told[0]);
        write_until_killed(url, told[1]);
    }
    close(told[1]);
    int64_t count = random() % 12, number = 0;
    for (int64_t index = 0; index < count; index++) {
        number = read_told(told[0]);
        assert_true(number > 0);
        if (index == 0)
            *epoch = number;
        else
            last = number;
    }
    struct timespec moment = {.tv_nsec = random() % 4000000};
    nanosleep(&moment, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    for (number = read_told(told[0]); number; number = read_told(told[0])) {
        if (count++ == 0)
            *epoch = number;
        else
            last = number;
    }
    close(told[0]);
    return last;
}

static void
a_leader_killed_at_any_moment_loses_nothing_it_told(void **state)
{
    struct fixture *fixture = *state;
    catalog_destroy(&fixture->catalog);
    srandom(11);
    int64_t last = 0, epoch = 1;
    for (int round = 0; round < 60; round++) {
        int64_t taken = 0;
        last = kill_one(fixture->url, last, &taken);
        if (taken)
            assert_true(taken > epoch);
        open_again(fixture);
        assert_true(catalog_epoch(fixture->catalog) > (taken ? taken : epoch));
        epoch = catalog_epoch(fixture->catalog);
        check_numbered(fixture->catalog, last);
        CLEAN(working_set_clear) struct working_set set = {0};
        struct error error = {0};
        assert_int_equal(catalog_load(fixture->catalog, &set, &error), 0);
        last = (int64_t)set.job_count;
        catalog_destroy(&fixture->catalog);
    }
    assert_true(last > 60);
}

static void
a_leader_killed_while_it_creates_the_catalog_harms_no_successor(void **state)
{
    struct fixture *fixture = *state;
    catalog_destroy(&fixture->catalog);
    srandom(13);
    for (int round = 0; round < 40; round++) {
        CLEAN(folder_destroy) char *folder = folder_new();
        CLEAN(memory_free) char *url = memory_format("sqlite:%s/catalog.db", folder);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct error error = {0};
            catalog_t *catalog = NULL;
            _exit(catalog_open(&catalog, url, &catalog_server_access, "child", &error) ? 1 : 0);
        }
        struct timespec moment = {.tv_nsec = random() % 6000000};
        nanosleep(&moment, NULL);
        kill(child, SIGKILL);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        struct error error = {0};
        CLEAN(catalog_destroy) catalog_t *catalog = NULL;
        if (catalog_open(&catalog, url, &catalog_server_access, "host:1", &error))
            fail_msg("open: %s", error.message);
        assert_int_equal(apply_numbered(catalog, 1, 1, &error), 0);
    }
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(a_leader_killed_at_any_moment_loses_nothing_it_told),
        SUITE(a_leader_killed_while_it_creates_the_catalog_harms_no_successor),
    };
    return run_on_kind(&kinds[0], tests, sizeof tests / sizeof *tests);
}
