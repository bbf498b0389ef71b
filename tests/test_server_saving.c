// The coordinator as a whole: the catalog in the stores.

#include "tests/server_scene.h"

static int
open_fetching(void **state)
{
    worker_fetches = 1;
    return scene_open(state);
}

static uint64_t
back_up(struct scene *scene, const char *name)
{
    uint64_t run_id = operator_backup(&scene->people, name);
    report_success(&scene->worker, worker_run(&scene->worker));
    assert_true(worker_acked(&scene->worker));
    return run_id;
}

static void
after_a_run_the_catalog_is_given_to_a_worker_that_has_the_store(void **state)
{
    struct scene *scene = *state;
    back_up(scene, "a");
    CLEAN(wire_free) Wire__Envelope *run = wire_clone(worker_run(&scene->worker));
    assert_int_equal(run->run->task_case, WIRE__RUN__TASK_SAVE_CATALOG);
    assert_string_equal(run->run->save_catalog->store, "directory:1");
    assert_int_equal(run->run->save_catalog->keep, 7);
    CLEAN(memory_free) char *leaf = memory_format("/catalog/j%d-a1", (int)run->job_id);
    assert_non_null(strstr(run->run->save_catalog->path, leaf));

    const Wire__Piece *piece = worker_fetch(&scene->worker, run, 1, "archive_sets", "", "");
    assert_string_equal(piece->trouble, "");
    assert_string_equal(piece->cursor, "");
    assert_non_null(strstr(piece->text, "\"table\":\"sets\""));
    piece = worker_fetch(&scene->worker, run, 2, "archive_databases", "", "");
    assert_non_null(strstr(piece->text, "\"resource_id\":\"old\""));
    piece = worker_fetch(&scene->worker, run, 3, "databases", "", "");
    assert_string_not_equal(piece->trouble, "");
    piece = worker_fetch(&scene->worker, run, 4, "archive_sets", "nonsense", "");
    assert_string_not_equal(piece->trouble, "");
    worker_done(&scene->worker, run->job_id, run->attempt, WIRE__OUTCOME__OUTCOME_SUCCEEDED,
                WIRE__FAILURE_CLASS__FAILURE_UNSPECIFIED, NULL);
    assert_true(worker_acked(&scene->worker));

    // Within the spacing it is not saved again unless somebody asks.
    back_up(scene, "b");
    Wire__SubmitSaveCatalog wish = WIRE__SUBMIT_SAVE_CATALOG__INIT;
    wish.store = "directory:1";
    Wire__Submit submit = WIRE__SUBMIT__INIT;
    submit.what_case = WIRE__SUBMIT__WHAT_SAVE_CATALOG;
    submit.save_catalog = &wish;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_SUBMIT;
    ask.submit = &submit;
    uint64_t asked = operator_ask(&scene->people, &ask)->run_id;
    assert_int_equal(worker_run(&scene->worker)->run->task_case, WIRE__RUN__TASK_SAVE_CATALOG);
    const Wire__Answer *jobs = operator_list(&scene->people, "jobs", "run", asked);
    assert_int_equal(jobs->table->n_rows, 1);
    wish.store = "directory:2";
    assert_string_not_equal(operator_ask(&scene->people, &ask)->message, "");
}

static void
that_it_cannot_be_saved_fails_no_run(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = back_up(scene, "a");
    CLEAN(wire_free) Wire__Envelope *run = wire_clone(worker_run(&scene->worker));
    worker_done(&scene->worker, run->job_id, run->attempt, WIRE__OUTCOME__OUTCOME_FAILED,
                WIRE__FAILURE_CLASS__FAILURE_SOMEBODY_MUST_ACT, NULL);
    assert_true(worker_acked(&scene->worker));
    await_run_state(&scene->people, run_id, "succeeded");
    const Wire__Answer *job = operator_list(&scene->people, "job", "job", run->job_id);
    assert_string_equal(job->table->rows[0]->cells[2], "catalog");
    assert_string_equal(job->table->rows[0]->cells[7], "failed");
}

static void
a_worker_that_cannot_fetch_is_not_asked(void **state)
{
    struct scene *scene = *state;
    worker_fetches = 0;
    worker_ready(&scene->worker, "worker-1", "boot-1", 4, NULL, 0);
    back_up(scene, "a");
    operator_backup(&scene->people, "b");
    assert_int_equal(worker_run(&scene->worker)->run->task_case, WIRE__RUN__TASK_BACKUP);
}

#define FETCHING(name) cmocka_unit_test_setup_teardown(name, open_fetching, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FETCHING(after_a_run_the_catalog_is_given_to_a_worker_that_has_the_store),
        FETCHING(that_it_cannot_be_saved_fails_no_run),
        FETCHING(a_worker_that_cannot_fetch_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
