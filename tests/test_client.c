#include "coordinator/cli/client.h"

#include "common/clock.h"
#include "tests/answerer.h"

// What the answerer is to say, one after the other; the last is repeated.
struct script {
    struct reply replies[4];
    size_t asked;
    char name[32], cursor[32], term[64];  // of the last query
};

static struct reply
answer_by_script(void *context, const Wire__Ask *ask)
{
    struct script *script = context;
    if (ask->what_case == WIRE__ASK__WHAT_QUERY) {
        const Wire__Query *query = ask->query;
        snprintf(script->name, sizeof script->name, "%.31s", query->name);
        snprintf(script->cursor, sizeof script->cursor, "%.31s", query->cursor);
        if (query->n_terms > 0)
            snprintf(script->term, sizeof script->term, "%.31s=%.31s", query->terms[0]->key,
                     query->terms[0]->pattern);
    }
    return script->replies[script->asked++];
}

static client_t *
connect_to(const struct answerer *answerer)
{
    struct client_address address = {.endpoint = answerer->endpoint};
    client_t *client = client_new(&address);
    client_set_patience(client, 10000, 10000);
    return client;
}

static int
discover(client_t *client, const Wire__Answer **answer, struct error *error)
{
    Wire__Discover discover = WIRE__DISCOVER__INIT;
    Wire__Ask ask = WIRE__ASK__INIT;
    ask.what_case = WIRE__ASK__WHAT_DISCOVER;
    ask.discover = &discover;
    return client_ask(client, &ask, answer, error);
}

static void
an_answer_comes_back(void **state)
{
    (void)state;
    struct script script = {.replies = {{.run_id = 12}, {.run_id = 13}}};
    CLEAN(answerer_stop) struct answerer answerer;
    answerer_start(&answerer, answer_by_script, &script);
    CLEAN(client_destroy) client_t *client = connect_to(&answerer);
    struct error error = {0};
    const Wire__Answer *answer = NULL;
    assert_int_equal(discover(client, &answer, &error), 0);
    assert_int_equal(answer->run_id, 12);
    assert_int_equal(discover(client, &answer, &error), 0);
    assert_int_equal(answer->run_id, 13);
}

static void
a_refusal_is_an_error_with_its_code(void **state)
{
    (void)state;
    struct script script = {.replies = {{.code = ERROR_NOT_FOUND, .message = "no such thing"},
                                        {.code = 77, .message = "from a newer one"}}};
    CLEAN(answerer_stop) struct answerer answerer;
    answerer_start(&answerer, answer_by_script, &script);
    CLEAN(client_destroy) client_t *client = connect_to(&answerer);
    struct error error = {0};
    const Wire__Answer *answer = NULL;
    assert_int_equal(discover(client, &answer, &error), -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_string_equal(error.message, "no such thing");
    assert_int_equal(discover(client, &answer, &error), -1);
    assert_int_equal(error.code, ERROR_INTERNAL);
}

static void
the_answer_to_another_question_is_passed_over(void **state)
{
    (void)state;
    struct script script = {.replies = {{.run_id = 12, .request_id = UINT32_MAX}}};
    CLEAN(answerer_stop) struct answerer answerer;
    answerer_start(&answerer, answer_by_script, &script);
    CLEAN(client_destroy) client_t *client = connect_to(&answerer);
    struct error error = {0};
    const Wire__Answer *answer = NULL;
    assert_int_equal(discover(client, &answer, &error), 0);
    assert_int_equal(answer->run_id, 12);
}

static void
a_silence_ends_and_the_next_question_is_asked_anew(void **state)
{
    (void)state;
    struct script script = {.replies = {{.is_silent = 1}, {.run_id = 12}}};
    CLEAN(answerer_stop) struct answerer answerer;
    answerer_start(&answerer, answer_by_script, &script);
    CLEAN(client_destroy) client_t *client = connect_to(&answerer);
    struct error error = {0};
    const Wire__Answer *answer = NULL;
    client_set_patience(client, 10000, 200);
    assert_int_equal(discover(client, &answer, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "whether it did anything is not known"));
    client_set_patience(client, 10000, 10000);
    assert_int_equal(discover(client, &answer, &error), 0);
    assert_int_equal(answer->run_id, 12);
}

static void
a_bye_and_garbage_are_errors_at_once(void **state)
{
    (void)state;
    struct script script = {.replies = {{.bye = "another version"}, {.garbage = "\xff\xff"}}};
    CLEAN(answerer_stop) struct answerer answerer;
    answerer_start(&answerer, answer_by_script, &script);
    CLEAN(client_destroy) client_t *client = connect_to(&answerer);
    struct error error = {0};
    const Wire__Answer *answer = NULL;
    assert_int_equal(discover(client, &answer, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "another version"));
    assert_int_equal(discover(client, &answer, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
}

static void
nobody_at_the_endpoint_is_told_at_once(void **state)
{
    (void)state;
    struct error error = {0};
    const Wire__Answer *answer = NULL;
    struct client_address address = {.endpoint = "ipc:///tmp/test_client_nobody.ipc"};
    CLEAN(client_destroy) client_t *client = client_new(&address);
    int64_t before_ms = clock_monotonic_ms();
    assert_int_equal(discover(client, &answer, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_string_equal(error.message,
                        "cannot reach the coordinator at 'ipc:///tmp/test_client_nobody.ipc': No "
                        "such file or directory; does it run?");
    assert_true(clock_monotonic_ms() - before_ms < CLIENT_CONNECT_MS);
}

static void
a_far_coordinator_needs_both_keys(void **state)
{
    (void)state;
    struct error error = {0};
    const Wire__Answer *answer = NULL;
    struct client_address address = {.endpoint = "tcp://127.0.0.1:7311"};
    CLEAN(client_destroy) client_t *client = client_new(&address);
    assert_int_equal(discover(client, &answer, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    address.server_key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    CLEAN(client_destroy) client_t *other = client_new(&address);
    assert_int_equal(discover(other, &answer, &error), -1);
    assert_string_equal(error.message, "--key and --server-key belong together");
}

static table_t *
make_page(const char *name)
{
    table_t *table = table_new();
    table_add_column(table, "name", TABLE_TEXT);
    table_add_column(table, "size", TABLE_BYTES);
    table_add_row(table);
    table_set(table, "name", name);
    table_set_integer(table, "size", 5);
    return table;
}

static void
pages_follow_the_cursor(void **state)
{
    (void)state;
    struct script script = {.replies = {{.table = make_page("one"), .cursor = "after one"},
                                        {.table = make_page("two")}}};
    CLEAN(answerer_stop) struct answerer answerer;
    answerer_start(&answerer, answer_by_script, &script);
    CLEAN(client_destroy) client_t *client = connect_to(&answerer);
    struct error error = {0};
    Wire__Term term = WIRE__TERM__INIT;
    Wire__Term *list[] = {&term};
    term.key = (char *)(uintptr_t) "name";
    term.pattern = (char *)(uintptr_t) "o*";
    struct client_terms terms = {.terms = list, .count = 1};
    struct client_query query = {.name = "databases", .terms = &terms};
    CLEAN(table_destroy) table_t *one = NULL;
    CLEAN(memory_free) char *cursor = NULL;
    assert_int_equal(client_list(client, &query, &one, &cursor, &error), 0);
    assert_string_equal(table_cell(one, 0, 0), "one");
    assert_int_equal(table_type(one, 1), TABLE_BYTES);
    assert_string_equal(cursor, "after one");
    CLEAN(table_destroy) table_t *two = NULL;
    CLEAN(memory_free) char *end = NULL;
    query.cursor = cursor;
    assert_int_equal(client_list(client, &query, &two, &end, &error), 0);
    assert_string_equal(table_cell(two, 0, 0), "two");
    assert_null(end);
    answerer_stop(&answerer);
    assert_string_equal(script.name, "databases");
    assert_string_equal(script.cursor, "after one");
    assert_string_equal(script.term, "name=o*");
}

static void
an_answer_without_a_list_is_an_error(void **state)
{
    (void)state;
    struct script script = {.replies = {{.run_id = 1}, {.table = table_new()}}};
    CLEAN(answerer_stop) struct answerer answerer;
    answerer_start(&answerer, answer_by_script, &script);
    CLEAN(client_destroy) client_t *client = connect_to(&answerer);
    struct error error = {0};
    struct client_query query = {.name = "databases"};
    CLEAN(table_destroy) table_t *table = NULL;
    CLEAN(memory_free) char *cursor = NULL;
    assert_int_equal(client_list(client, &query, &table, &cursor, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_equal(client_list(client, &query, &table, &cursor, &error), 0);
    assert_int_equal(table_rows(table), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_back),
        cmocka_unit_test(a_refusal_is_an_error_with_its_code),
        cmocka_unit_test(the_answer_to_another_question_is_passed_over),
        cmocka_unit_test(a_silence_ends_and_the_next_question_is_asked_anew),
        cmocka_unit_test(a_bye_and_garbage_are_errors_at_once),
        cmocka_unit_test(nobody_at_the_endpoint_is_told_at_once),
        cmocka_unit_test(a_far_coordinator_needs_both_keys),
        cmocka_unit_test(pages_follow_the_cursor),
        cmocka_unit_test(an_answer_without_a_list_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
