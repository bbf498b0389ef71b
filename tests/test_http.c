#include "tests/http_asker.h"

struct notes {
    struct buffer heads;
    struct buffer bodies;
    size_t connections;
};

static void
note_and_greet(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    struct notes *notes = argument;
    buffer_text(&notes->heads, asked->head);
    buffer_text(&notes->bodies, asked->body);
    if (asked->connection > notes->connections)
        notes->connections = asked->connection;
    http_reply(reply, 200,
               "Date: Sun, 30 Aug 2015 12:36:00 GMT\r\nX-Name:   value of it \r\n"
               "Retry-After: 7\r\n",
               "hello");
}

static void
notes_clear(struct notes *notes)
{
    buffer_clear(&notes->heads);
    buffer_clear(&notes->bodies);
}

static void
an_answer_has_status_headers_date_and_body(void **state)
{
    (void)state;
    CLEAN(notes_clear) struct notes notes = {0};
    CLEAN(http_server_stop) struct http_server *server = http_server_start(note_and_greet, &notes);
    static const char *const headers[] = {"X-One: two", NULL};
    CLEAN(outcome_clear) struct outcome outcome = {0};
    ask((struct http_request){.url = server->url, .headers = headers}, &outcome);
    assert_int_equal(outcome.status, 200);
    assert_int_equal(outcome.date_unix_ms, INT64_C(1440938160000));
    assert_int_equal(outcome.retry_after_ms, 7000);
    assert_string_equal(outcome.header, "value of it");
    assert_string_equal(outcome.body.data, "hello");
    http_server_stop(&server);
    assert_non_null(strstr(notes.heads.data, "GET / HTTP/1.1\r\n"));
    assert_non_null(strstr(notes.heads.data, "X-One: two\r\n"));
    assert_non_null(strstr(notes.heads.data, "User-Agent: dbhaul/"));
}

static void
methods_and_bodies_are_sent_as_given(void **state)
{
    (void)state;
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", "GET"};
    for (size_t i = 0; i < 5; i++) {
        CLEAN(notes_clear) struct notes notes = {0};
        CLEAN(http_server_stop)
        struct http_server *server = http_server_start(note_and_greet, &notes);
        CLEAN(memory_free) char *url = memory_format("%s/a/../b?c=%%2F", server->url);
        CLEAN(outcome_clear) struct outcome outcome = {0};
        struct http_request request = {.method = methods[i], .url = url};
        if (i < 2) {
            request.body = "some\nbody";
            request.body_size = 9;
        }
        ask(request, &outcome);
        http_server_stop(&server);
        CLEAN(memory_free)
        char *line = memory_format("%s /a/../b?c=%%2F HTTP/1.1\r\n", methods[i]);
        assert_non_null(strstr(notes.heads.data, line));
        assert_string_equal(buffer_read(&notes.bodies), i < 2 ? "some\nbody" : "");
        assert_null(strcasestr(notes.heads.data, "Content-Type:"));
        assert_null(strcasestr(notes.heads.data, "Expect:"));
        if (i < 3)
            assert_non_null(strcasestr(notes.heads.data, "Content-Length:"));
    }
}

static void
requests_share_kept_connections_up_to_the_limit(void **state)
{
    (void)state;
    CLEAN(notes_clear) struct notes notes = {0};
    CLEAN(http_server_stop) struct http_server *server = http_server_start(note_and_greet, &notes);
    CLEAN(http_destroy) http_t *http = http_new(&(struct http_options){.connections_max = 3});
    enum { COUNT = 200 };
    static struct outcome outcomes[COUNT];
    memset(outcomes, 0, sizeof outcomes);
    for (size_t i = 0; i < COUNT; i++) {
        struct http_request request = {
            .method = "GET", .url = server->url, .done = done, .argument = &outcomes[i]};
        http_start(http, &request);
    }
    run_all(http);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(outcomes[i].done, 1);
        assert_int_equal(outcomes[i].status, 200);
        outcome_clear(&outcomes[i]);
    }
    assert_in_range(http_connections(http), 1, 3);
    http_server_stop(&server);
    assert_in_range(notes.connections, 1, 3);
}

static void
a_done_may_start_the_next_request(void **state)
{
    (void)state;
    CLEAN(notes_clear) struct notes notes = {0};
    CLEAN(http_server_stop) struct http_server *server = http_server_start(note_and_greet, &notes);
    CLEAN(http_destroy) http_t *http = http_new(&(struct http_options){.connections_max = 1});
    CLEAN(outcome_clear) struct outcome second = {0};
    struct http_request next = {
        .method = "GET", .url = server->url, .done = done, .argument = &second};
    CLEAN(outcome_clear) struct outcome first = {.chain_http = http, .chain = &next};
    struct http_request request = next;
    request.argument = &first;
    http_start(http, &request);
    run_all(http);
    assert_int_equal(first.done, 1);
    assert_int_equal(second.done, 1);
}

static void
say_what_is_asked(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    (void)argument;
    if (http_asked_has(asked, "GET /redirect"))
        http_reply(reply, 302, "Location: /ok\r\n", "elsewhere");
    else if (http_asked_has(asked, "GET /chunks"))
        buffer_text(&reply->bytes, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                   "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    else if (http_asked_has(asked, "GET /long"))
        buffer_text(&reply->bytes,
                    "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n0123456789"
                    "0123456789");
    else if (http_asked_has(asked, "GET /short")) {
        buffer_text(&reply->bytes, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        reply->closes = 1;
    } else if (http_asked_has(asked, "GET /nothing"))
        reply->closes = 1;
    else if (http_asked_has(asked, "GET /old")) {
        buffer_text(&reply->bytes, "this is no HTTP at all\r\n\r\n");
        reply->closes = 1;
    } else if (http_asked_has(asked, "GET /headers")) {
        buffer_text(&reply->bytes, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 2000; i++)
            buffer_format(&reply->bytes, "X-Filler-%d: %064d\r\n", i, i);
        buffer_text(&reply->bytes, "Content-Length: 0\r\n\r\n");
    } else if (http_asked_has(asked, "GET /silent"))
        reply->is_silent = 1;
    else if (http_asked_has(asked, "GET /busy"))
        http_reply(reply, 503, "Retry-After: Sun, 30 Aug 2015 12:36:00 GMT\r\nDate: whenever\r\n",
                   "busy");
    else
        http_reply(reply, 200, "", "ok");
}

static void
ask_for(const struct http_server *server, const char *path, struct http_request request,
        struct outcome *outcome)
{
    CLEAN(memory_free) char *url = memory_format("%s%s", server->url, path);
    request.url = url;
    ask(request, outcome);
}

static void
redirects_are_answers_and_not_followed(void **state)
{
    (void)state;
    CLEAN(http_server_stop) struct http_server *server = http_server_start(say_what_is_asked, NULL);
    CLEAN(outcome_clear) struct outcome outcome = {0};
    ask_for(server, "/redirect", (struct http_request){0}, &outcome);
    assert_int_equal(outcome.status, 302);
    assert_string_equal(outcome.body.data, "elsewhere");
    assert_int_equal(outcome.date_unix_ms, 0);
    assert_int_equal(outcome.retry_after_ms, -1);
}

static void
good_bodies_are_taken_and_others_gathered(void **state)
{
    (void)state;
    CLEAN(http_server_stop) struct http_server *server = http_server_start(say_what_is_asked, NULL);
    CLEAN(outcome_clear) struct outcome good = {0};
    ask_for(server, "/chunks", (struct http_request){.take = take}, &good);
    assert_string_equal(good.taken.data, "hello world");
    assert_int_equal(good.body.size, 0);
    CLEAN(outcome_clear) struct outcome busy = {0};
    ask_for(server, "/busy", (struct http_request){.take = take}, &busy);
    assert_int_equal(busy.status, 503);
    assert_int_equal(busy.taken.size, 0);
    assert_string_equal(busy.body.data, "busy");
    assert_int_equal(busy.retry_after_ms, 0);
    assert_int_equal(busy.date_unix_ms, 0);
    CLEAN(outcome_clear) struct outcome stopped = {.take_max = 3};
    ask_for(server, "/chunks", (struct http_request){.take = take}, &stopped);
    assert_int_equal(stopped.error.code, ERROR_BUSY);
    assert_string_equal(stopped.error.message, "enough");
}

static void
bodies_and_headers_have_limits(void **state)
{
    (void)state;
    CLEAN(http_server_stop) struct http_server *server = http_server_start(say_what_is_asked, NULL);
    CLEAN(outcome_clear) struct outcome body = {0};
    ask_for(server, "/long", (struct http_request){.body_max = 15}, &body);
    assert_int_equal(body.error.code, ERROR_INVALID);
    assert_non_null(strstr(body.error.message, "longer than 15 bytes"));
    CLEAN(outcome_clear) struct outcome headers = {0};
    ask_for(server, "/headers", (struct http_request){0}, &headers);
    assert_int_equal(headers.error.code, ERROR_INVALID);
    assert_non_null(strstr(headers.error.message, "headers"));
}

static void
what_may_pass_is_unavailable(void **state)
{
    (void)state;
    CLEAN(http_server_stop) struct http_server *server = http_server_start(say_what_is_asked, NULL);
    static const char *const paths[] = {"/short", "/nothing", "/silent"};
    for (size_t i = 0; i < 3; i++) {
        CLEAN(outcome_clear) struct outcome outcome = {0};
        ask_for(server, paths[i], (struct http_request){.total_ms = 200}, &outcome);
        assert_int_equal(outcome.error.code, ERROR_UNAVAILABLE);
        assert_non_null(strstr(outcome.error.message, "127.0.0.1"));
        assert_null(strstr(outcome.error.message, paths[i]));
    }
    CLEAN(memory_free) char *url = memory_copy_text(server->url);
    http_server_stop(&server);
    CLEAN(outcome_clear) struct outcome refused = {0};
    ask((struct http_request){.url = url}, &refused);
    assert_int_equal(refused.error.code, ERROR_UNAVAILABLE);
}

static void
what_is_no_http_is_invalid(void **state)
{
    (void)state;
    CLEAN(http_server_stop) struct http_server *server = http_server_start(say_what_is_asked, NULL);
    CLEAN(outcome_clear) struct outcome outcome = {0};
    ask_for(server, "/old", (struct http_request){0}, &outcome);
    assert_int_equal(outcome.error.code, ERROR_INVALID);
}

static void
urls_of_no_use_are_configuration(void **state)
{
    (void)state;
    static const char *const urls[] = {"ftp://127.0.0.1/", "file:///etc/passwd", "", "http://a b/"};
    for (size_t i = 0; i < 4; i++) {
        CLEAN(outcome_clear) struct outcome outcome = {0};
        ask((struct http_request){.url = urls[i]}, &outcome);
        assert_int_equal(outcome.error.code, ERROR_CONFIG);
    }
}

static void
proxies_of_the_environment_are_used_unless_the_request_is_direct(void **state)
{
    (void)state;
    CLEAN(notes_clear) struct notes notes = {0};
    CLEAN(http_server_stop) struct http_server *proxy = http_server_start(note_and_greet, &notes);
    CLEAN(http_server_stop) struct http_server *server = http_server_start(say_what_is_asked, NULL);
    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
    setenv("http_proxy", proxy->url, 1);
    CLEAN(outcome_clear) struct outcome through = {0};
    CLEAN(outcome_clear) struct outcome direct = {0};
    ask_for(server, "/x", (struct http_request){0}, &through);
    ask_for(server, "/x", (struct http_request){.is_direct = 1}, &direct);
    unsetenv("http_proxy");
    assert_string_equal(through.body.data, "hello");
    assert_string_equal(direct.body.data, "ok");
}

static void
destroying_cancels_each_request_once(void **state)
{
    (void)state;
    CLEAN(http_server_stop) struct http_server *server = http_server_start(say_what_is_asked, NULL);
    CLEAN(memory_free) char *url = memory_format("%s/silent", server->url);
    struct outcome outcomes[4] = {0};
    CLEAN(http_destroy) http_t *http = http_new(&(struct http_options){.connections_max = 2});
    for (size_t i = 0; i < 4; i++) {
        struct http_request request = {
            .method = "GET", .url = url, .done = done, .argument = &outcomes[i]};
        http_start(http, &request);
    }
    assert_int_equal(http_run(http, -1, 10), 4);
    http_destroy(&http);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(outcomes[i].done, 1);
        assert_int_equal(outcomes[i].error.code, ERROR_CANCELLED);
    }
}

static void
a_descriptor_wakes_the_wait(void **state)
{
    (void)state;
    CLEAN(http_server_stop) struct http_server *server = http_server_start(say_what_is_asked, NULL);
    CLEAN(memory_free) char *url = memory_format("%s/silent", server->url);
    CLEAN(outcome_clear) struct outcome outcome = {0};
    CLEAN(http_destroy) http_t *http = http_new(&(struct http_options){0});
    struct http_request request = {.method = "GET", .url = url, .done = done, .argument = &outcome};
    http_start(http, &request);
    int wake[2];
    assert_int_equal(pipe(wake), 0);
    assert_int_equal(write(wake[1], "x", 1), 1);
    int64_t start_ms = clock_monotonic_ms();
    for (int i = 0; i < 5; i++)
        assert_int_equal(http_run(http, wake[0], 20000), 1);
    assert_true(clock_monotonic_ms() - start_ms < 10000);
    close(wake[0]);
    close(wake[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_status_headers_date_and_body),
        cmocka_unit_test(methods_and_bodies_are_sent_as_given),
        cmocka_unit_test(requests_share_kept_connections_up_to_the_limit),
        cmocka_unit_test(a_done_may_start_the_next_request),
        cmocka_unit_test(redirects_are_answers_and_not_followed),
        cmocka_unit_test(good_bodies_are_taken_and_others_gathered),
        cmocka_unit_test(bodies_and_headers_have_limits),
        cmocka_unit_test(what_may_pass_is_unavailable),
        cmocka_unit_test(what_is_no_http_is_invalid),
        cmocka_unit_test(urls_of_no_use_are_configuration),
        cmocka_unit_test(proxies_of_the_environment_are_used_unless_the_request_is_direct),
        cmocka_unit_test(destroying_cancels_each_request_once),
        cmocka_unit_test(a_descriptor_wakes_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
