// The forecast is what the classes do that dispatch.

#include "coordinator/forecast.h"

#include "tests/forecast_scene.h"

// ---- against the queue itself

struct truth {
    struct heap_node node;
    int64_t expected_ms, begins_ms, ends_ms;
    size_t worker;
};

static struct truth truths[MANY + 1];
static unsigned used[MANY_WORKERS];

static int
ends_before(const struct heap_node *a, const struct heap_node *b)
{
    return ((const struct truth *)a)->ends_ms < ((const struct truth *)b)->ends_ms;
}

// By labels: worker 0 takes what is odd, the others what is even.
static int
place_truly(void *context, const char *need, struct queue_place *place)
{
    (void)context;
    size_t first = strcmp(need, "odd") == 0 ? 0 : 1;
    size_t last = strcmp(need, "odd") == 0 ? 0 : MANY_WORKERS - 1;
    size_t best = first;
    for (size_t worker = first; worker <= last; worker++) {
        if (used[worker] < used[best])
            best = worker;
    }
    if (used[best] >= MANY_SLOTS)
        return 0;
    place->worker = &used[best];
    place->name = "w";
    return 1;
}

static void
start_truly(queue_t *queue, heap_t *ends, int64_t at_ms)
{
    struct queue_choice choice;
    while (queue_pick(queue, at_ms, place_truly, NULL, &choice)) {
        struct truth *truth = &truths[choice.id];
        truth->worker = (size_t)((unsigned *)choice.place.worker - used);
        used[truth->worker]++;
        truth->begins_ms = at_ms;
        truth->ends_ms = at_ms + truth->expected_ms;
        heap_add(ends, &truth->node);
    }
}

// A night by the queue alone, with a dispatcher and workers of the test's own.
static void
play_truly(const struct database *const *databases, int64_t spread_ms)
{
    static const struct queue_rules rules = {
        .late_ms = 12 * HOUR, .ahead_ms = 24 * HOUR, .priority_ms = 6 * HOUR};
    CLEAN(quota_destroy) quota_t *quota = quota_new();
    CLEAN(queue_destroy) queue_t *queue = queue_new(&rules, quota);
    CLEAN(heap_destroy) heap_t *ends = heap_new(ends_before);
    quota_set_limit(quota, QUOTA_ACCOUNT, "", 3);
    queue_set_weight(queue, "account-2", 3);
    for (int64_t id = 1; id <= MANY; id++) {
        const struct database *database = databases[id];
        int64_t due_ms = fires_ms + schedule_delay(database, spread_ms);
        queue_add(queue, &(struct queue_job){.id = id,
                                             .database = database->name,
                                             .server = database->host,
                                             .account = database->account,
                                             .region = database->region,
                                             .store = "",
                                             .policy = "nightly",
                                             .need = database->region,
                                             .priority = 4,
                                             .queued_ms = fires_ms,
                                             .not_before_ms = due_ms,
                                             .deadline_ms = fires_ms + 20 * HOUR,
                                             .expected_ms = truths[id].expected_ms});
    }
    int64_t at_ms = fires_ms;
    while (queue_waiting(queue) || heap_first(ends)) {
        struct truth *truth = NULL;
        while ((truth = (struct truth *)heap_first(ends)) && truth->ends_ms <= at_ms) {
            heap_remove(ends, &truth->node);
            used[truth->worker]--;
            queue_end(queue, truth - truths, truth->expected_ms);
        }
        start_truly(queue, ends, at_ms);
        at_ms = queue_due_ms(queue);
        truth = (struct truth *)heap_first(ends);
        if (truth && truth->ends_ms < at_ms)
            at_ms = truth->ends_ms;
    }
}

static void
add_many(struct scene *scene, struct database *databases[MANY + 1], int64_t spread_ms)
{
    unsigned random = 3;
    static const char *const names[MANY_WORKERS] = {"a", "b", "c"};
    for (size_t worker = 0; worker < MANY_WORKERS; worker++) {
        built_label.key = "region";
        built_label.value = worker ? "even" : "odd";
        built_label_count = 1;
        forecast_add_worker(scene->forecast, join(scene->fleet, names[worker], MANY_SLOTS, 0));
    }
    built_label_count = 0;
    for (int64_t id = 1; id <= MANY; id++) {
        char need[PLACEMENT_TEXT_SIZE];
        databases[id] = make_database(id);
        truths[id].expected_ms = MINUTE + rand_r(&random) % (30 * MINUTE);
        print_need("", databases[id]->region, need);
        forecast_add_database(scene->forecast,
                              &(struct forecast_database){.database = databases[id],
                                                          .is_member = 1,
                                                          .need = need,
                                                          .expected_ms = truths[id].expected_ms});
    }
    struct schedule_turn turn = {.fires = 1,
                                 .planned_ms = fires_ms,
                                 .start_ms = fires_ms,
                                 .spread_ms = spread_ms,
                                 .closes_ms = fires_ms + 20 * HOUR};
    forecast_add_firing(scene->forecast, 0, fires_ms, &turn);
}

static void
each_job_begins_when_the_queue_begins_it(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    static struct database *databases[MANY + 1];
    size_t next = 0;
    open_scene(&scene, 0);
    quota_set_limit(forecast_quota(scene.forecast), QUOTA_ACCOUNT, "", 3);
    queue_set_weight(forecast_queue(scene.forecast), "account-2", 3);
    add_many(&scene, databases, HOUR);
    play_truly((const struct database *const *)databases, HOUR);
    forecast_play(scene.forecast);
    CLEAN(table_destroy) table_t *all = forecast_databases(scene.forecast, 1, 0, MANY, &next);
    assert_int_equal(table_rows(all), MANY);
    for (size_t row = 0; row < MANY; row++) {
        int64_t id = strtoll(cell(all, row, "database"), NULL, 10);
        assert_int_equal(strtoll(cell(all, row, "begins"), NULL, 10), truths[id].begins_ms);
        assert_int_equal(strtoll(cell(all, row, "ends"), NULL, 10), truths[id].ends_ms);
        database_destroy(&databases[id]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_job_begins_when_the_queue_begins_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
