// A coordinator, a worker that has joined it and an operator, for the tests of the server.

#pragma once

#include "coordinator/record.h"
#include "tests/coordinator_program.h"

static const char *const scene_inventory =
    "databases:\n"
    "  - {id: a, name: a, engine: mysql, version: 8.0.36, host: a.example, secret: s}\n"
    "  - {id: b, name: b, engine: mysql, version: 8.0.36, host: b.example, secret: s}\n"
    "  - {id: c, name: c, engine: mysql, version: 8.0.36, host: c.example, secret: s}\n"
    "  - {id: old, name: old, engine: oracle}\n"
    "  - {id: pg, name: pg, engine: postgres, version: '15.4', host: p.example, secret: s}\n";

struct scene {
    struct coordinator coordinator;
    struct speaker worker, second, people;
};

static inline int
scene_open(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    coordinator_make(&scene->coordinator, scene_inventory, "10m");
    worker_open(&scene->worker, &scene->coordinator, "worker-1", 4);
    speaker_open(&scene->people, &scene->coordinator, "operator");
    *state = scene;
    return 0;
}

static inline int
scene_close(void **state)
{
    struct scene *scene = *state;
    speaker_close(&scene->worker);
    speaker_close(&scene->second);
    speaker_close(&scene->people);
    coordinator_destroy(&scene->coordinator);
    memory_free(&scene);
    return 0;
}

static inline void
report_success(struct speaker *worker, const Wire__Envelope *run)
{
    worker_done(worker, run->job_id, run->attempt, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, run->run->backup->path);
}

static inline void
report_failure(struct speaker *worker, const Wire__Envelope *run, Wire__FailureClass class)
{
    worker_done(worker, run->job_id, run->attempt, WIRE__OUTCOME__OUTCOME_FAILED, class, NULL);
}

static inline void
scene_restart(struct scene *scene)
{
    coordinator_kill(&scene->coordinator);
    coordinator_start(&scene->coordinator);
    speaker_close(&scene->people);
    memset(&scene->people, 0, sizeof scene->people);
    speaker_open(&scene->people, &scene->coordinator, "operator");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)
