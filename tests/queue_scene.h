// What tests of the queue share: one queue, and workers that take any job.

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/queue.h"
#include "tests/check.h"

#define HOUR INT64_C(3600000)

static const struct queue_rules rules = {
    .late_ms = 12 * HOUR, .ahead_ms = 24 * HOUR, .priority_ms = 6 * HOUR};

static quota_t *quota;
static queue_t *queue;

// Workers that take any need but "nobody's", with this many slots in all.
static unsigned slots;
static size_t questions;
static const char *worker_label;

static inline int
place_anywhere(void *context, const char *need, struct queue_place *place)
{
    (void)context;
    questions++;
    if (strcmp(need, "nobody's") == 0 || queue_running(queue) >= slots)
        return 0;
    place->name = "worker";
    if (worker_label) {
        if (!quota_allows(quota, QUOTA_LABEL, worker_label))
            return 0;
        place->labels[place->label_count++] = worker_label;
    }
    return quota_allows(quota, QUOTA_WORKER, "worker");
}

static inline int
set_up(void **state)
{
    (void)state;
    quota = quota_new();
    queue = queue_new(&rules, quota);
    slots = 1000;
    questions = 0;
    worker_label = NULL;
    return 0;
}

static inline int
tear_down(void **state)
{
    (void)state;
    queue_destroy(&queue);
    quota_destroy(&quota);
    return 0;
}

static inline struct queue_job
job(int64_t id)
{
    return (struct queue_job){.id = id,
                              .database = "",
                              .server = "",
                              .account = "",
                              .region = "",
                              .store = "",
                              .policy = "",
                              .need = "",
                              .queued_ms = 1000 * HOUR,
                              .expected_ms = HOUR};
}

static inline int64_t
pick_at(int64_t unix_ms)
{
    struct queue_choice choice = {0};
    return queue_pick(queue, unix_ms, place_anywhere, NULL, &choice) ? choice.id : 0;
}

static inline int64_t
pick(void)
{
    return pick_at(1000 * HOUR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
