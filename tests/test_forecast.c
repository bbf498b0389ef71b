// The forecast of nights that are made up.

#include "coordinator/forecast.h"

#include "tests/forecast_scene.h"

static void
a_night_that_fits_is_well_and_says_when_it_ends(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    char need[PLACEMENT_TEXT_SIZE];
    size_t next = 0;
    print_need("", NULL, need);
    open_scene(&scene, 2);
    add_databases(&scene, 6, 10 * MINUTE, need);
    fire(&scene, HOUR);
    assert_int_equal(forecast_size(scene.forecast), 6);
    forecast_play(scene.forecast);
    struct forecast_sum sum = sum_of(&scene);
    assert_int_equal(sum.verdicts[FORECAST_WELL], 6);
    assert_int_equal(sum.end_ms, fires_ms + 30 * MINUTE);
    assert_int_equal(sum.databases, 6);
    assert_int_equal(sum.bases[HISTORY_OWN], 6);
    CLEAN(table_destroy) table_t *missed = forecast_databases(scene.forecast, 0, 0, 10, &next);
    assert_int_equal(table_rows(missed), 0);
    CLEAN(table_destroy) table_t *workers = forecast_workers(scene.forecast, 0, 10, &next);
    assert_string_equal(cell(workers, 0, "jobs"), "6");
    assert_string_equal(cell(workers, 0, "busy_s"), "3600");
    assert_string_equal(cell(workers, 0, "busy_percent"), "2");
    CLEAN(table_destroy) table_t *runs = forecast_policies(scene.forecast, 0, 10, &next);
    assert_int_equal(strtoll(cell(runs, 0, "ends"), NULL, 10), fires_ms + 30 * MINUTE);
}

static void
a_server_that_the_policy_chooses_counts_and_what_cannot_be_planned_is_never(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    char need[PLACEMENT_TEXT_SIZE];
    size_t next = 0;
    print_need("", NULL, need);
    open_scene(&scene, 9);
    quota_set_limit(forecast_quota(scene.forecast), QUOTA_SERVER, "", 1);
    for (int64_t id = 1; id <= 3; id++) {
        CLEAN(database_destroy) struct database *database = make_database(id);
        forecast_add_database(
            scene.forecast,
            &(struct forecast_database){.database = database,
                                        .is_member = 1,
                                        .need = need,
                                        .server = "replica.example:5432",
                                        .unable = id == 3 ? "there is no such endpoint" : NULL,
                                        .expected_ms = 10 * MINUTE});
    }
    fire(&scene, 2 * HOUR);
    forecast_play(scene.forecast);
    struct forecast_sum sum = sum_of(&scene);
    assert_int_equal(sum.verdicts[FORECAST_WELL], 2);
    assert_int_equal(sum.end_ms, fires_ms + 20 * MINUTE);
    assert_int_equal(sum.verdicts[FORECAST_NEVER], 1);
    CLEAN(table_destroy) table_t *missed = forecast_databases(scene.forecast, 0, 0, 10, &next);
    assert_int_equal(table_rows(missed), 1);
    assert_string_equal(cell(missed, 0, "limit"), "there is no such endpoint");
}

static void
what_limits_is_named_for_each_kind_of_limit(void **state)
{
    (void)state;
    static const struct {
        enum quota_kind kind;
        const char *name, *limit;
        unsigned slots;
    } cases[] = {
        {QUOTA_ALL, "", "1 of 1 jobs run in all", 9},
        {QUOTA_ACCOUNT, "account-1", "account 'account-1' has 1 of 1 jobs running", 9},
        {QUOTA_REGION, "odd", "region 'odd' has 1 of 1 jobs running", 9},
        {QUOTA_STORE, "directory:1", "store 'directory:1' has 1 of 1 jobs running", 9},
        {QUOTA_POLICY, "nightly", "policy 'nightly' has 1 of 1 jobs running", 9},
        {QUOTA_WORKER, "w", "no worker that fits has room", 9},
        {QUOTA_DATABASE, "", "no worker that fits has room", 1},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        CLEAN(close_scene) struct scene scene;
        char need[PLACEMENT_TEXT_SIZE];
        size_t next = 0;
        print_need("directory:1", NULL, need);
        open_scene(&scene, cases[index].slots);
        quota_set_limit(forecast_quota(scene.forecast), cases[index].kind, cases[index].name, 1);
        // All of account-1 and odd: 1, 15, 29, ...
        for (int64_t id = 1; id < 60; id += 14) {
            CLEAN(database_destroy) struct database *database = make_database(id);
            forecast_add_database(scene.forecast,
                                  &(struct forecast_database){.database = database,
                                                              .is_member = 1,
                                                              .need = need,
                                                              .expected_ms = 50 * MINUTE});
        }
        fire(&scene, 2 * HOUR);
        forecast_play(scene.forecast);
        struct forecast_sum sum = sum_of(&scene);
        // The third begins in the window and ends after it, the others do not begin.
        assert_int_equal(sum.verdicts[FORECAST_WELL], 2);
        assert_int_equal(sum.verdicts[FORECAST_LATE], 1);
        assert_int_equal(sum.verdicts[FORECAST_LEFT], 2);
        CLEAN(table_destroy) table_t *missed = forecast_databases(scene.forecast, 0, 0, 9, &next);
        assert_int_equal(table_rows(missed), 3);
        for (size_t row = 0; row < 3; row++)
            assert_string_equal(cell(missed, row, "limit"), cases[index].limit);
    }
}

static void
a_database_that_is_larger_than_its_window_is_what_limits_itself(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    char need[PLACEMENT_TEXT_SIZE];
    size_t next = 0;
    print_need("", NULL, need);
    open_scene(&scene, 2);
    add_databases(&scene, 1, 5 * HOUR, need);
    fire(&scene, 3 * HOUR);
    forecast_play(scene.forecast);
    CLEAN(table_destroy) table_t *missed = forecast_databases(scene.forecast, 0, 0, 9, &next);
    assert_string_equal(cell(missed, 0, "verdict"), "late");
    assert_string_equal(
        cell(missed, 0, "limit"),
        "it takes 5 h 0 min, and there are 3 h 0 min from its time to the end of its window");
}

static void
what_is_too_long_by_seconds_is_told_as_too_long(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    char need[PLACEMENT_TEXT_SIZE];
    size_t next = 0;
    print_need("", NULL, need);
    open_scene(&scene, 2);
    add_databases(&scene, 1, 10 * MINUTE, need);
    fire(&scene, 10 * MINUTE - 6000);
    forecast_play(scene.forecast);
    CLEAN(table_destroy) table_t *missed = forecast_databases(scene.forecast, 0, 0, 9, &next);
    assert_string_equal(
        cell(missed, 0, "limit"),
        "it takes 10 min, and there are 9 min from its time to the end of its window");
}

static void
what_no_worker_could_take_never_starts_and_says_why(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    char need[PLACEMENT_TEXT_SIZE];
    size_t next = 0;
    built_label.key = "region";
    built_label.value = "west";
    built_label_count = 1;
    print_need("", "east", need);
    open_scene(&scene, 2);
    built_label_count = 0;
    add_databases(&scene, 3, MINUTE, need);
    fire(&scene, 0);
    forecast_play(scene.forecast);
    assert_int_equal(sum_of(&scene).verdicts[FORECAST_NEVER], 3);
    CLEAN(table_destroy) table_t *missed = forecast_databases(scene.forecast, 0, 0, 9, &next);
    assert_string_equal(cell(missed, 0, "verdict"), "never");
    assert_string_equal(cell(missed, 0, "limit"),
                        "worker 'w': its label 'region' is 'west', not 'east'");
}

static void
what_runs_counts_with_what_it_has_left(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    CLEAN(job_record_destroy) struct job *record = job_record_new();
    char need[PLACEMENT_TEXT_SIZE];
    size_t next = 0;
    print_need("", NULL, need);
    open_scene(&scene, 1);
    add_databases(&scene, 2, HOUR, need);
    record->id = 77;
    record->database_id = 1;
    record->state = JOB_RUNNING;
    record->attempt = 1;
    record->expected_ms = 3 * HOUR;
    forecast_add_job(scene.forecast, &(struct forecast_job){.record = record,
                                                            .need = need,
                                                            .server = "db-1:5432",
                                                            .worker = "w",
                                                            .ran_ms = 30 * MINUTE});
    fire(&scene, 8 * HOUR);
    forecast_play(scene.forecast);
    struct forecast_sum sum = sum_of(&scene);
    assert_int_equal(sum.skipped, 1);  // a backup of it runs already
    assert_int_equal(sum.jobs, 2);
    CLEAN(table_destroy) table_t *all = forecast_databases(scene.forecast, 1, 0, 9, &next);
    assert_int_equal(strtoll(cell(all, 0, "ends"), NULL, 10), now_ms + 150 * MINUTE);
    assert_int_equal(strtoll(cell(all, 1, "begins"), NULL, 10), now_ms + 150 * MINUTE);
    assert_string_equal(cell(all, 1, "name"), "db-2");
}

static void
what_runs_longer_than_expected_is_not_believed_to_end_at_once(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    CLEAN(job_record_destroy) struct job *record = job_record_new();
    char need[PLACEMENT_TEXT_SIZE];
    print_need("", NULL, need);
    open_scene(&scene, 1);
    record->state = JOB_RUNNING;
    record->expected_ms = MINUTE;
    forecast_add_job(scene.forecast, &(struct forecast_job){.record = record,
                                                            .need = need,
                                                            .server = "",
                                                            .worker = "away",
                                                            .policy = FORECAST_NO_POLICY,
                                                            .ran_ms = 10 * HOUR});
    forecast_play(scene.forecast);
    assert_int_equal(sum_of(&scene).end_ms, now_ms + HOUR + 1);
}

static void
a_firing_takes_the_place_of_what_the_one_before_left(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    char need[PLACEMENT_TEXT_SIZE];
    size_t next = 0;
    print_need("", NULL, need);
    open_scene(&scene, 1);
    add_databases(&scene, 3, 40 * MINUTE, need);
    for (int hour = 1; hour >= 0; hour--) {
        struct schedule_turn turn = {.fires = 1,
                                     .planned_ms = fires_ms + hour * HOUR,
                                     .start_ms = fires_ms + hour * HOUR,
                                     .closes_ms = fires_ms + (hour + 1) * HOUR};
        forecast_add_firing(scene.forecast, 0, fires_ms + hour * HOUR, &turn);
    }
    forecast_play(scene.forecast);
    CLEAN(table_destroy) table_t *runs = forecast_policies(scene.forecast, 0, 9, &next);
    assert_int_equal(table_rows(runs), 2);
    assert_string_equal(cell(runs, 0, "well"), "1");
    assert_string_equal(cell(runs, 0, "late"), "1");
    assert_string_equal(cell(runs, 0, "left"), "1");
    assert_string_equal(cell(runs, 1, "skipped"), "1");  // the late one runs still
    assert_int_equal(next, 0);
}

static void
what_one_firing_left_is_first_in_the_next(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    char need[PLACEMENT_TEXT_SIZE];
    size_t next = 0;
    print_need("", NULL, need);
    open_scene(&scene, 1);
    add_databases(&scene, 2, 2 * HOUR, need);
    for (int64_t hours = 0; hours <= 24; hours += 12) {
        struct schedule_turn turn = {.fires = 1,
                                     .planned_ms = fires_ms + hours * HOUR,
                                     .start_ms = fires_ms + hours * HOUR,
                                     .closes_ms = fires_ms + (hours + 1) * HOUR};
        forecast_add_firing(scene.forecast, 0, turn.start_ms, &turn);
    }
    forecast_play(scene.forecast);
    CLEAN(table_destroy) table_t *all = forecast_databases(scene.forecast, 1, 0, 9, &next);
    static const char *const verdicts[] = {"late", "left", "left", "late", "late", "left"};
    assert_int_equal(table_rows(all), 6);
    for (size_t row = 0; row < 6; row++) {
        assert_string_equal(cell(all, row, "name"), row % 2 ? "db-2" : "db-1");
        assert_string_equal(cell(all, row, "verdict"), verdicts[row]);
    }
}

static void
rows_come_in_pages(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene;
    char need[PLACEMENT_TEXT_SIZE];
    size_t next = 0, count = 0, pages = 0;
    print_need("", NULL, need);
    open_scene(&scene, 1);
    add_databases(&scene, 10, MINUTE, need);
    fire(&scene, HOUR);
    forecast_play(scene.forecast);
    do {
        CLEAN(table_destroy) table_t *page = forecast_databases(scene.forecast, 1, next, 4, &next);
        count += table_rows(page);
        pages++;
    } while (next);
    assert_int_equal(count, 10);
    assert_int_equal(pages, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_night_that_fits_is_well_and_says_when_it_ends),
        cmocka_unit_test(
            a_server_that_the_policy_chooses_counts_and_what_cannot_be_planned_is_never),
        cmocka_unit_test(what_limits_is_named_for_each_kind_of_limit),
        cmocka_unit_test(a_database_that_is_larger_than_its_window_is_what_limits_itself),
        cmocka_unit_test(what_is_too_long_by_seconds_is_told_as_too_long),
        cmocka_unit_test(what_no_worker_could_take_never_starts_and_says_why),
        cmocka_unit_test(what_runs_counts_with_what_it_has_left),
        cmocka_unit_test(what_runs_longer_than_expected_is_not_believed_to_end_at_once),
        cmocka_unit_test(a_firing_takes_the_place_of_what_the_one_before_left),
        cmocka_unit_test(what_one_firing_left_is_first_in_the_next),
        cmocka_unit_test(rows_come_in_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
