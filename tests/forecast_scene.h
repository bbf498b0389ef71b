// What tests of the forecast share: databases, one policy with them, and one worker.

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/heap.h"
#include "common/memory.h"
#include "coordinator/forecast.h"
#include "tests/check.h"
#include "tests/fleet_builder.h"

#define HOUR INT64_C(3600000)
#define MINUTE INT64_C(60000)
static const int64_t now_ms = 1767225600000, fires_ms = 1767232800000;

enum { MANY = 400, MANY_ACCOUNTS = 7, MANY_WORKERS = 3, MANY_SLOTS = 5 };

static inline struct database *
make_database(int64_t id)
{
    char text[32];
    struct database *database = database_new();
    database->id = id;
    snprintf(text, sizeof text, "db-%lld", (long long)id);
    record_set(&database->name, text);
    record_set(&database->resource_id, text);
    record_set(&database->host, text);
    record_set(&database->engine, "postgres");
    record_set(&database->version, "15.4");
    snprintf(text, sizeof text, "account-%lld", (long long)id % MANY_ACCOUNTS);
    record_set(&database->account, text);
    record_set(&database->region, id % 2 ? "odd" : "even");
    database->port = 5432;
    return database;
}

static inline void
print_need(const char *store, const char *region, char text[PLACEMENT_TEXT_SIZE])
{
    struct placement_need need = {.store = store, .engine = "postgres", .tool = "", .major = 15};
    if (region)
        need.labels[need.label_count++] = (struct placement_label){"region", region, 0};
    placement_print(&need, 0, text);
}

// One policy with databases 1 to `count` that take expected_ms each, fired once, and one worker.
struct scene {
    forecast_t *forecast;
    fleet_t *fleet;
    struct policy *policy;
};

static inline void
add_databases(struct scene *scene, int64_t count, int64_t expected_ms, const char *need)
{
    for (int64_t id = 1; id <= count; id++) {
        CLEAN(database_destroy) struct database *database = make_database(id);
        forecast_add_database(scene->forecast,
                              &(struct forecast_database){.database = database,
                                                          .is_member = 1,
                                                          .need = need,
                                                          .expected_ms = expected_ms,
                                                          .basis = HISTORY_OWN});
    }
}

static inline void
open_scene(struct scene *scene, unsigned slots)
{
    scene->forecast = forecast_new(now_ms, now_ms + 24 * HOUR);
    scene->fleet = fleet_new(1000);
    scene->policy = policy_new("nightly");
    scene->policy->priority = 4;
    forecast_add_policy(scene->forecast, scene->policy);
    if (slots)
        forecast_add_worker(scene->forecast, join(scene->fleet, "w", slots, 0));
}

static inline void
fire(struct scene *scene, int64_t window_ms)
{
    struct schedule_turn turn = {.fires = 1,
                                 .planned_ms = fires_ms,
                                 .start_ms = fires_ms,
                                 .closes_ms = window_ms ? fires_ms + window_ms : TIMETABLE_NEVER};
    forecast_add_firing(scene->forecast, 0, fires_ms, &turn);
}

static inline void
close_scene(struct scene *scene)
{
    forecast_destroy(&scene->forecast);
    fleet_destroy(&scene->fleet);
    policy_destroy(&scene->policy);
}

static inline const char *
cell(const table_t *table, size_t row, const char *column)
{
    size_t index = 0;
    while (strcmp(table_name(table, index), column) != 0)
        index++;
    return table_cell(table, row, index);
}

static inline struct forecast_sum
sum_of(const struct scene *scene)
{
    struct forecast_sum sum;
    forecast_sum(scene->forecast, &sum);
    return sum;
}
