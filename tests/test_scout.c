// The surveys are this program once more: what it says is decided by files in a folder.

#include <poll.h>

#include "common/clean.h"
#include "common/clock.h"
#include "tests/check.h"
#include "tests/fake_task.h"
#include "tests/folder.h"
#include "worker/scout.h"

enum { INTERVAL_MS = 60000, SURVEY_MS = 30000, PATIENCE_MS = 20000 };

struct world {
    char *folder;
    const char *command[4];
    scout_t *scout;
    int64_t now_ms;  // told to the scout
};

static int
world_open(void **state)
{
    struct world *world = memory_get(sizeof *world);
    world->folder = folder_new();
    world->command[0] = "/proc/self/exe";
    world->command[1] = "--child";
    world->command[2] = world->folder;
    world->scout = scout_new(world->command, INTERVAL_MS, SURVEY_MS);
    *state = world;
    return 0;
}

static int
world_close(void **state)
{
    struct world *world = *state;
    scout_destroy(&world->scout);
    folder_destroy(&world->folder);
    memory_free(state);
    return 0;
}

static void
make_file(const struct world *world, const char *name)
{
    CLEAN(memory_free) char *path = folder_write(world->folder, name, 0600, "");
}

static void
remove_file(const struct world *world, const char *name)
{
    CLEAN(memory_free) char *path = memory_format("%s/%s", world->folder, name);
    assert_int_equal(unlink(path), 0);
}

// One whole survey at a time that stands still: what it brought.
static enum scout_news
survey(struct world *world)
{
    struct error error = {0};
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    assert_int_equal(scout_tick(world->scout, world->now_ms, &error), SCOUT_NOTHING);
    int fds[SCOUT_FDS_MAX];
    enum scout_news news = SCOUT_NOTHING;
    while (news == SCOUT_NOTHING && scout_fds(world->scout, fds, SCOUT_FDS_MAX) > 0) {
        struct pollfd items[SCOUT_FDS_MAX] = {{.fd = -1}, {.fd = -1}};
        for (size_t index = 0; index < scout_fds(world->scout, fds, SCOUT_FDS_MAX); index++)
            items[index] = (struct pollfd){.fd = fds[index], .events = POLLIN};
        poll(items, SCOUT_FDS_MAX, 1000);
        news = scout_tick(world->scout, world->now_ms, &error);
        assert_true(clock_monotonic_ms() < until_ms);
    }
    world->now_ms += INTERVAL_MS;
    return news;
}

static void
the_first_survey_is_news_and_the_same_again_is_not(void **state)
{
    struct world *world = *state;
    assert_false(scout_has_looked(world->scout));
    assert_false(scout_has_store(world->scout, FAKE_STORE));
    assert_int_equal(survey(world), SCOUT_CHANGED);
    assert_true(scout_has_looked(world->scout));
    assert_true(scout_has_store(world->scout, FAKE_STORE));
    assert_true(scout_has_tool(world->scout, "mysqldump"));
    assert_false(scout_has_tool(world->scout, "pg_dump"));
    assert_int_equal(survey(world), SCOUT_NOTHING);
    assert_true(scout_has_tool(world->scout, "mysqldump"));
    Wire__Ready ready = WIRE__READY__INIT;
    scout_fill(world->scout, &ready);
    assert_int_equal(ready.n_stores, 1);
    assert_int_equal(ready.n_tools, 1);
}

static void
nothing_is_looked_at_before_its_time(void **state)
{
    struct world *world = *state;
    struct error error = {0};
    int fds[SCOUT_FDS_MAX];
    assert_int_equal(survey(world), SCOUT_CHANGED);
    assert_int_equal(scout_deadline(world->scout), INTERVAL_MS);
    assert_int_equal(scout_tick(world->scout, INTERVAL_MS - 1, &error), SCOUT_NOTHING);
    assert_int_equal(scout_fds(world->scout, fds, SCOUT_FDS_MAX), 0);
}

static void
a_store_that_comes_or_goes_is_news(void **state)
{
    struct world *world = *state;
    assert_int_equal(survey(world), SCOUT_CHANGED);
    make_file(world, "store is gone");
    assert_int_equal(survey(world), SCOUT_CHANGED);
    assert_false(scout_has_store(world->scout, FAKE_STORE));
    assert_true(scout_has_tool(world->scout, "mysqldump"));
    remove_file(world, "store is gone");
    assert_int_equal(survey(world), SCOUT_CHANGED);
    assert_true(scout_has_store(world->scout, FAKE_STORE));
}

static void
room_that_changes_by_much_is_news_of_its_own(void **state)
{
    struct world *world = *state;
    assert_int_equal(survey(world), SCOUT_CHANGED);
    make_file(world, "store is fuller");
    assert_int_equal(survey(world), SCOUT_ROOM);
    assert_int_equal(survey(world), SCOUT_NOTHING);
    Wire__Ready ready = WIRE__READY__INIT;
    scout_fill(world->scout, &ready);
    assert_int_equal(ready.stores[0]->free_bytes, 1 << 19);
}

static void
a_survey_that_fails_changes_nothing(void **state)
{
    struct world *world = *state;
    assert_int_equal(survey(world), SCOUT_CHANGED);
    make_file(world, "survey fails");
    assert_int_equal(survey(world), SCOUT_FAILED);
    assert_true(scout_has_store(world->scout, FAKE_STORE));
    make_file(world, "survey raves");
    assert_int_equal(survey(world), SCOUT_FAILED);
    assert_true(scout_has_store(world->scout, FAKE_STORE));
}

static void
a_store_that_hangs_is_not_there(void **state)
{
    struct world *world = *state;
    struct error error = {0};
    int fds[SCOUT_FDS_MAX];
    assert_int_equal(survey(world), SCOUT_CHANGED);
    make_file(world, "survey hangs");
    assert_int_equal(scout_tick(world->scout, world->now_ms, &error), SCOUT_NOTHING);
    assert_int_equal(scout_tick(world->scout, world->now_ms + SURVEY_MS - 1, &error),
                     SCOUT_NOTHING);
    assert_true(scout_has_store(world->scout, FAKE_STORE));
    assert_int_equal(scout_tick(world->scout, world->now_ms + SURVEY_MS, &error), SCOUT_CHANGED);
    assert_false(scout_has_store(world->scout, FAKE_STORE));
    assert_true(scout_has_tool(world->scout, "mysqldump"));
    // It was killed; the next one is sent out when it has gone.
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (scout_fds(world->scout, fds, SCOUT_FDS_MAX) > 0) {
        assert_int_equal(scout_tick(world->scout, world->now_ms + SURVEY_MS, &error),
                         SCOUT_NOTHING);
        assert_true(clock_monotonic_ms() < until_ms);
        poll(NULL, 0, 5);
    }
    remove_file(world, "survey hangs");
    world->now_ms += SURVEY_MS + INTERVAL_MS;
    assert_int_equal(survey(world), SCOUT_CHANGED);
    assert_true(scout_has_store(world->scout, FAKE_STORE));
}

static void
a_program_that_cannot_be_run_is_told(void **state)
{
    struct world *world = *state;
    struct error error = {0};
    world->command[0] = "/nonexistent/program";
    assert_int_equal(scout_tick(world->scout, 0, &error), SCOUT_FAILED);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(scout_deadline(world->scout), INTERVAL_MS);
}

int
main(int argc, char **argv)
{
    if (argc == 4)
        return fake_survey(argv[2], strcmp(argv[3], "--survey") == 0);
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(the_first_survey_is_news_and_the_same_again_is_not),
        TEST(nothing_is_looked_at_before_its_time),
        TEST(a_store_that_comes_or_goes_is_news),
        TEST(room_that_changes_by_much_is_news_of_its_own),
        TEST(a_survey_that_fails_changes_nothing),
        TEST(a_store_that_hangs_is_not_there),
        TEST(a_program_that_cannot_be_run_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
