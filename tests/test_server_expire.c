// timeout: 120
// Expiry in the coordinator as a whole, with a worker that says what it likes: what is told of it,
// what gets in between, and what becomes of a set that a lock holds.

#include <signal.h>

#include "tests/server_scene.h"

enum { ROUNDS = 3, SETS = 9 };  // of three databases

static int
set_count(struct scene *scene)
{
    return (int)operator_list(&scene->people, "sets", NULL, 0)->table->n_rows;
}

static void
make_set(struct scene *scene, const char *name)
{
    uint64_t run = operator_backup(&scene->people, name);
    report_success(&scene->worker, worker_run(&scene->worker));
    assert_true(worker_acked(&scene->worker));
    await_run_state(&scene->people, run, "succeeded");
}

// Backups of a, b and c, one after the other, so that the numbers of sets are as they are here. How
// often it is looked what is to go holds from the next start on.
static int
open_every(void **state, const char *every)
{
    struct scene *scene = NULL;
    scene_open(state);
    scene = *state;
    CLEAN(memory_free)
    char *path = memory_format("%s/coordinator.yaml", scene->coordinator.folder);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fprintf(file, "policies: {all: {select: {}, retention: {last: 1}}}\nexpire: {every: %s}\n",
            every);
    fclose(file);
    process_signal(scene->coordinator.process, SIGHUP);
    WAIT_UNTIL(operator_list(&scene->people, "policies", NULL, 0)->table->n_rows == 1);
    static const char *const names[] = {"a", "b", "c"};
    for (int count = 0; count < SETS; count++)
        make_set(scene, names[count % ROUNDS]);
    WAIT_UNTIL(set_count(scene) == SETS);
    return 0;
}

static int
open_expiry(void **state)
{
    return open_every(state, "0s");
}

static int
open_frequent(void **state)
{
    return open_every(state, "1s");
}

static const Wire__Answer *
list_by(struct scene *scene, const char *cursor, uint32_t limit, const char *key,
        const char *pattern)
{
    Wire__Term term = WIRE__TERM__INIT;
    Wire__Term *terms[] = {&term};
    term.key = (char *)(uintptr_t)key;
    term.pattern = (char *)(uintptr_t)pattern;
    Wire__Query query = WIRE__QUERY__INIT;
    query.name = (char *)(uintptr_t) "expiry";
    query.cursor = (char *)(uintptr_t)cursor;
    query.limit = limit;
    query.terms = terms;
    query.n_terms = pattern != NULL;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_QUERY;
    ask.query = &query;
    return operator_ask(&scene->people, &ask);
}

static const Wire__Answer *
list_verdicts(struct scene *scene, const char *cursor, uint32_t limit, int is_going)
{
    return list_by(scene, cursor, limit, "verdict", is_going ? "goes" : NULL);
}

static const Wire__Answer *
submit(struct scene *scene, Wire__Submit *what)
{
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_SUBMIT;
    ask.submit = what;
    return operator_ask(&scene->people, &ask);
}

static const Wire__Answer *
expire(struct scene *scene, uint64_t set_id)
{
    Wire__SubmitExpire wish = WIRE__SUBMIT_EXPIRE__INIT;
    wish.set_id = set_id;
    Wire__Submit what = WIRE__SUBMIT__INIT;
    what.what_case = WIRE__SUBMIT__WHAT_EXPIRE;
    what.expire = &wish;
    return submit(scene, &what);
}

static const Wire__Answer *
verify(struct scene *scene, uint64_t set_id)
{
    Wire__SubmitVerify wish = WIRE__SUBMIT_VERIFY__INIT;
    wish.set_id = set_id;
    Wire__Submit what = WIRE__SUBMIT__INIT;
    what.what_case = WIRE__SUBMIT__WHAT_VERIFY;
    what.verify = &wish;
    return submit(scene, &what);
}

static const Wire__Answer *
pin(struct scene *scene, uint64_t set_id, int64_t until_ms, int undo)
{
    Wire__Pin wish = WIRE__PIN__INIT;
    wish.set_id = set_id;
    wish.until_unix_ms = until_ms;
    wish.undo = undo;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_PIN;
    ask.pin = &wish;
    return operator_ask(&scene->people, &ask);
}

// What the worker says of a removal.
static void
removed(struct scene *scene, const Wire__Envelope *run, int locked, int whole)
{
    static char message[] = "locked: nobody may";
    Wire__Done done = WIRE__DONE__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    done.outcome = WIRE__OUTCOME__OUTCOME_SUCCEEDED;
    done.message = locked ? message : (char *)(uintptr_t) "";
    done.locked = locked;
    done.whole = whole;
    envelope.job_id = run->job_id;
    envelope.attempt = run->attempt;
    envelope.body_case = WIRE__ENVELOPE__BODY_DONE;
    envelope.done = &done;
    speaker_say(&scene->worker, WIRE_FROM_WORKER, &envelope);
}

static const char *
set_cell(struct scene *scene, uint64_t set_id, const char *column)
{
    return answer_cell(operator_list(&scene->people, "sets", "set", set_id), 0, column);
}

static void
verdicts_come_page_by_page(void **state)
{
    struct scene *scene = *state;
    for (uint32_t limit = 1; limit <= 4; limit++) {
        CLEAN(memory_free) char *cursor = memory_copy_text("");
        int64_t seen = 0, going = 0;
        do {
            const Wire__Answer *page = list_verdicts(scene, cursor, limit, 0);
            assert_true(page->table->n_rows <= limit);
            for (size_t row = 0; row < page->table->n_rows; row++, seen++) {
                // Sets 1, 4 and 7 are of the first database.
                int64_t expected = seen / ROUNDS + seen % ROUNDS * ROUNDS + 1;
                assert_int_equal(strtoll(answer_cell(page, row, "set"), NULL, 10), expected);
                int goes = strcmp(answer_cell(page, row, "verdict"), "goes") == 0;
                assert_int_equal(goes, expected <= SETS - ROUNDS);
                going += goes;
            }
            memory_free(&cursor);
            cursor = memory_copy_text(page->cursor);
        } while (*cursor);
        assert_int_equal(seen, SETS);
        assert_int_equal(going, SETS - ROUNDS);
    }
    const Wire__Answer *going = list_verdicts(scene, "", 100, 1);
    assert_int_equal(going->table->n_rows, SETS - ROUNDS);
    assert_non_null(strstr(answer_cell(going, 0, "reason"), "no rule keeps it"));
    assert_int_equal(list_by(scene, "", 100, "name", "b")->table->n_rows, ROUNDS);
    assert_int_equal(list_by(scene, "", 100, "policy", "al*")->table->n_rows, SETS);
    assert_int_equal(list_by(scene, "", 100, "policy", "gold")->table->n_rows, 0);
    assert_non_null(strstr(list_by(scene, "", 100, "colour", "red")->message, "colour"));
}

static void
what_is_told_to_go_is_used_by_nobody_and_locks_are_no_fault(void **state)
{
    struct scene *scene = *state;
    uint64_t run_id = expire(scene, 0)->run_id;
    assert_true(run_id > 0);
    assert_non_null(strstr(verify(scene, 1)->message, "set 1 is being expired"));
    assert_non_null(strstr(pin(scene, 1, 0, 0)->message, "set 1 is being expired"));
    assert_non_null(strstr(expire(scene, 7)->message, "it is the last good set"));
    assert_non_null(strstr(expire(scene, 0)->message, "no set is to go now"));
    assert_non_null(strstr(expire(scene, 1)->message, "on its way out already"));
    assert_non_null(strstr(expire(scene, 99)->message, "no such set"));
    for (int count = 0; count < SETS - ROUNDS; count++) {
        const Wire__Envelope *run = worker_run(&scene->worker);
        assert_int_equal(run->run->task_case, WIRE__RUN__TASK_EXPIRE);
        assert_string_equal(run->run->expire->store, "directory:1");
        removed(scene, run, count < 2, count == 0);
    }
    await_run_state(&scene->people, run_id, "succeeded");
    const Wire__Answer *sets = operator_list(&scene->people, "sets", NULL, 0);
    int whole = 0, half = 0, gone = 0;
    for (size_t row = 0; row < sets->table->n_rows; row++) {
        int is_locked = *answer_cell(sets, row, "locked") != '\0';
        whole += is_locked && strcmp(answer_cell(sets, row, "state"), "good") == 0;
        half += is_locked && strcmp(answer_cell(sets, row, "state"), "expiring") == 0;
        gone += strcmp(answer_cell(sets, row, "state"), "expired") == 0;
    }
    assert_int_equal(whole, 1);
    assert_int_equal(half, 1);
    assert_int_equal(gone, SETS - ROUNDS - 2);
    // Both are left alone for a day, unless somebody names them.
    assert_non_null(strstr(expire(scene, 0)->message, "no set is to go now"));
    for (uint64_t id = 1; id <= SETS - ROUNDS; id++) {
        if (!*set_cell(scene, id, "locked")) {
            assert_non_null(strstr(verify(scene, id)->message, "was expired"));
            continue;
        }
        assert_true(expire(scene, id)->run_id > 0);
        removed(scene, worker_run(&scene->worker), 0, 0);
        WAIT_UNTIL(strcmp(set_cell(scene, id, "state"), "expired") == 0);
    }
}

static void
a_pin_keeps_a_set_until_it_ends(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(pin(scene, 1, 0, 0)->code, ERROR_NONE);
    assert_non_null(strstr(pin(scene, 1, 1000, 0)->message, "in the past"));
    assert_non_null(strstr(pin(scene, 99, 0, 0)->message, "no such set"));
    assert_non_null(strstr(pin(scene, 0, 0, 0)->message, "name either"));
    assert_non_null(strstr(expire(scene, 1)->message, "set 1 stays: it is pinned"));
    assert_int_equal(list_verdicts(scene, "", 100, 1)->table->n_rows, SETS - ROUNDS - 1);
    const Wire__Answer *events = operator_list(&scene->people, "events", NULL, 0);
    assert_string_equal(answer_cell(events, 0, "kind"), "pinned");
    assert_int_equal(pin(scene, 1, 0, 1)->code, ERROR_NONE);
    assert_int_equal(list_verdicts(scene, "", 100, 1)->table->n_rows, SETS - ROUNDS);
}

// Told to go, and killed before the worker could be: the next start goes on with all of it.
static void
a_restart_goes_on_with_what_was_told_to_go(void **state)
{
    struct scene *scene = *state;
    speaker_close(&scene->worker);
    memset(&scene->worker, 0, sizeof scene->worker);
    WAIT_UNTIL(operator_list(&scene->people, "workers", NULL, 0)->table->n_rows == 0);
    assert_true(expire(scene, 0)->run_id > 0);
    scene_restart(scene);
    assert_non_null(strstr(verify(scene, 1)->message, "set 1 is being expired"));
    worker_open(&scene->worker, &scene->coordinator, "worker-2", 4);
    for (int count = 0; count < SETS - ROUNDS; count++)
        removed(scene, worker_run(&scene->worker), 0, 0);
    WAIT_UNTIL(operator_list(&scene->people, "backups", NULL, 0)->table->n_rows == ROUNDS);
}

static void
a_store_that_nobody_has_holds_up_no_other(void **state)
{
    struct scene *scene = *state;
    speaker_close(&scene->worker);
    memset(&scene->worker, 0, sizeof scene->worker);
    WAIT_UNTIL(operator_list(&scene->people, "workers", NULL, 0)->table->n_rows == 0);
    scene_restart(scene);
    WAIT_UNTIL(strcmp(set_cell(scene, 1, "state"), "expiring") == 0);
    worker_place = "directory:2";
    worker_open(&scene->worker, &scene->coordinator, "worker-2", 4);
    make_set(scene, "b");
    make_set(scene, "b");
    WAIT_UNTIL((worker_beat(&scene->worker, 0, 0),
                strcmp(set_cell(scene, SETS + 1, "state"), "expiring") == 0));
    const Wire__Envelope *run = worker_run(&scene->worker);
    assert_int_equal(run->run->task_case, WIRE__RUN__TASK_EXPIRE);
    assert_string_equal(run->run->expire->store, "directory:2");
    removed(scene, run, 0, 0);
    WAIT_UNTIL(strcmp(set_cell(scene, SETS + 1, "state"), "expired") == 0);
    worker_place = "directory:1";
}

#define EXPIRY_TEST(name) cmocka_unit_test_setup_teardown(name, open_expiry, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        EXPIRY_TEST(verdicts_come_page_by_page),
        EXPIRY_TEST(what_is_told_to_go_is_used_by_nobody_and_locks_are_no_fault),
        EXPIRY_TEST(a_pin_keeps_a_set_until_it_ends),
        EXPIRY_TEST(a_restart_goes_on_with_what_was_told_to_go),
        cmocka_unit_test_setup_teardown(a_store_that_nobody_has_holds_up_no_other, open_frequent,
                                        scene_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
