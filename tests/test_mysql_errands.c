// Errands over sessions that are never asked anything.

#include "tests/check.h"
#include "worker/engine/mysql_errands.h"

enum { ERRANDS = 5, SESSIONS = 3 };

struct job {
    const mysql_session_t *seen;
    int runs, fails;
};

static int
run(void *self, mysql_session_t *session, struct error *error)
{
    struct job *job = self;
    job->seen = session;
    job->runs++;
    return job->fails ? error_set(error, ERROR_UNAVAILABLE, "job %d", job->fails) : 0;
}

static char places[SESSIONS];

static mysql_session_t *
session_of(size_t number)
{
    return (mysql_session_t *)(void *)&places[number];
}

static int
run_all(struct job jobs[ERRANDS], size_t session_count, struct error *error)
{
    mysql_session_t *sessions[SESSIONS];
    struct mysql_errand errands[ERRANDS];
    for (size_t i = 0; i < SESSIONS; i++)
        sessions[i] = session_of(i);
    for (size_t i = 0; i < ERRANDS; i++)
        errands[i] = (struct mysql_errand){.run = run, .self = &jobs[i]};
    return mysql_errands_run(sessions, session_count, errands, ERRANDS, error);
}

static void
each_errand_is_run_once_by_its_session(void **state)
{
    (void)state;
    for (size_t count = 1; count <= SESSIONS; count++) {
        struct job jobs[ERRANDS] = {0};
        struct error error = {0};
        assert_int_equal(run_all(jobs, count, &error), 0);
        for (size_t i = 0; i < ERRANDS; i++) {
            assert_int_equal(jobs[i].runs, 1);
            assert_ptr_equal(jobs[i].seen, session_of(i % count));
        }
    }
}

static void
a_session_stops_at_what_fails_and_the_others_go_on(void **state)
{
    (void)state;
    struct job jobs[ERRANDS] = {[1] = {.fails = 1}, [2] = {.fails = 2}};
    struct error error = {0};
    assert_int_equal(run_all(jobs, SESSIONS, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_string_equal(error.message, "job 1");
    assert_int_equal(jobs[0].runs, 1);
    assert_int_equal(jobs[3].runs, 1);  // the first session's second
    assert_int_equal(jobs[4].runs, 0);  // the second session's second
}

static void
nothing_to_do_is_done(void **state)
{
    (void)state;
    struct error error = {0};
    mysql_session_t *session = session_of(0);
    assert_int_equal(mysql_errands_run(&session, 1, NULL, 0, &error), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_errand_is_run_once_by_its_session),
        cmocka_unit_test(a_session_stops_at_what_fails_and_the_others_go_on),
        cmocka_unit_test(nothing_to_do_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
