// What a Data Domain answers over REST: verdicts on refusals, and records from objects that may be
// anything.

#include <string.h>

#include "common/clean.h"
#include "coordinator/protect/dd_answer.h"
#include "tests/check.h"

static json_t *
parse(const char *text)
{
    struct error error = {0};
    json_t *json = NULL;
    if (json_parse(text, strlen(text), DD_ANSWER_SIZE_MAX, &json, &error))
        fail_msg("%s", error.message);
    return json;
}

static enum dd_verdict
judge(int status, const char *body)
{
    char details[DD_TEXT_SIZE];
    return dd_answer_judge(status, body, strlen(body), details);
}

static void
a_dead_token_is_told_by_status_or_code(void **state)
{
    (void)state;
    assert_int_equal(judge(401, ""), DD_TOKEN_DEAD);
    assert_int_equal(judge(422, "{\"details\":\"x\",\"code\":5427}"), DD_TOKEN_DEAD);
    assert_int_equal(judge(500, "{\"details\":\"x\",\"code\":5427}"), DD_TOKEN_DEAD);
    assert_int_equal(judge(422, "{\"details\":\"x\",\"code\":5469}"), DD_FAILED);
}

static void
what_is_missing_may_come_with_three_statuses(void **state)
{
    (void)state;
    assert_int_equal(judge(404, "<html>"), DD_MISSING);
    assert_int_equal(judge(500, "{\"details\":\"x\",\"code\":5469}"), DD_MISSING_PERHAPS);
    assert_int_equal(judge(400, "{\"details\":\"x\",\"code\":5469}"), DD_MISSING_PERHAPS);
    assert_int_equal(judge(500, "{\"details\":\"x\",\"code\":1}"), DD_FAILED);
    assert_int_equal(judge(503, ""), DD_FAILED);
    assert_int_equal(judge(200, "anything"), DD_WELL);
}

static void
details_are_cleaned(void **state)
{
    (void)state;
    static const char body[] = "{\"details\":\"a\\u001b[1mb\",\"code\":1}";
    char details[DD_TEXT_SIZE];
    dd_answer_judge(500, body, strlen(body), details);
    assert_string_equal(details, "a?[1mb");
}

static void
both_spellings_of_paging_are_read(void **state)
{
    (void)state;
    static const char *const pages[] = {"{\"mtree\":[{}],\"paging_info\":{\"total_entries\":3}}",
                                        "{\"mtree\":[{}],\"pagingInfo\":{\"total_entries\":3}}"};
    for (size_t index = 0; index < 2; index++) {
        struct error error = {0};
        CLEAN(json_destroy) json_t *json = parse(pages[index]);
        const json_t *rows = NULL;
        int64_t total = 0;
        assert_int_equal(dd_answer_page(json, "mtree", &rows, &total, &error), 0);
        assert_int_equal(total, 3);
        assert_int_equal(json_array_size(rows), 1);
    }
}

static void
an_empty_list_may_be_left_out_and_no_other(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(json_destroy) json_t *none = parse("{\"paging_info\":{\"total_entries\":0}}");
    CLEAN(json_destroy) json_t *some = parse("{\"paging_info\":{\"total_entries\":1}}");
    const json_t *rows = NULL;
    int64_t total = 0;
    assert_int_equal(dd_answer_page(none, "snapshot", &rows, &total, &error), 0);
    assert_null(rows);
    assert_int_equal(dd_answer_page(some, "snapshot", &rows, &total, &error), -1);
}

static void
a_snapshot_without_its_epoch_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct dd_snapshot snapshot;
    CLEAN(json_destroy)
    json_t *good = parse("{\"name\":\"s\",\"isSecured\":true,\"creation_epoch\":5,"
                         "\"expiration_epoch\":9,\"status\":\"unexpired\"}");
    CLEAN(json_destroy) json_t *bad = parse("{\"name\":\"s\",\"creation_epoch\":\"5\"}");
    assert_int_equal(dd_answer_snapshot(good, &snapshot, &error), 0);
    assert_true(snapshot.is_secured && !snapshot.is_expired);
    assert_int_equal(snapshot.created_s, 5);
    assert_int_equal(snapshot.expires_s, 9);
    assert_int_equal(dd_answer_snapshot(bad, &snapshot, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
}

static void
booleans_of_an_mtree_are_texts(void **state)
{
    (void)state;
    struct error error = {0};
    struct dd_mtree mtree;
    CLEAN(json_destroy)
    json_t *json = parse("{\"name\":\"/data/col1/a\",\"ro_status\":\"read-only\","
                         "\"is_degraded\":\"not-degraded\","
                         "\"repl_destination\":\"replication-destination\","
                         "\"mtree_rl_detail\":{\"rl_status\":\"enabled\"}}");
    assert_int_equal(dd_answer_mtree(json, &mtree, &error), 0);
    assert_true(mtree.is_read_only && mtree.is_destination && !mtree.is_degraded);
    assert_string_equal(mtree.lock, "enabled");
}

static void
a_context_of_the_other_direction_is_not_read(void **state)
{
    (void)state;
    struct error error = {0};
    struct dd_context context;
    int is_source = 1;
    CLEAN(json_destroy) json_t *target = parse("{\"mode\":\"TARGET\"}");
    CLEAN(json_destroy) json_t *source = parse("{\"mode\":\"SOURCE\",\"id\":\"1\"}");
    assert_int_equal(dd_answer_context(target, &is_source, &context, &error), 0);
    assert_int_equal(is_source, 0);
    assert_int_equal(dd_answer_context(source, &is_source, &context, &error), -1);
}

static void
a_context_may_not_say_when_it_was_synced(void **state)
{
    (void)state;
    struct error error = {0};
    struct dd_context context;
    int is_source = 0;
    CLEAN(json_destroy)
    json_t *json =
        parse("{\"mode\":\"SOURCE\",\"id\":\"1\",\"sourceMtreePath\":\"/a\","
              "\"destinationHost\":\"h\",\"destinationMtreePath\":\"/b\",\"enabled\":true,"
              "\"connected\":false,\"needResync\":false,\"state\":\"INITIALIZING\"}");
    assert_int_equal(dd_answer_context(json, &is_source, &context, &error), 0);
    assert_int_equal(context.synced_s, 0);
    assert_true(context.is_enabled && !context.is_connected && !context.is_initialized);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_token_is_told_by_status_or_code),
        cmocka_unit_test(what_is_missing_may_come_with_three_statuses),
        cmocka_unit_test(details_are_cleaned),
        cmocka_unit_test(both_spellings_of_paging_are_read),
        cmocka_unit_test(an_empty_list_may_be_left_out_and_no_other),
        cmocka_unit_test(a_snapshot_without_its_epoch_is_refused),
        cmocka_unit_test(booleans_of_an_mtree_are_texts),
        cmocka_unit_test(a_context_of_the_other_direction_is_not_read),
        cmocka_unit_test(a_context_may_not_say_when_it_was_synced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
