#include "coordinator/catalog/writer.h"

#include <czmq.h>

#include "tests/check_catalog.h"

enum { PATIENCE_MS = 20000 };

static void
wait_readable(void *handle)
{
    zmq_pollitem_t item = {.socket = handle, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, PATIENCE_MS), 1);
}

static catalog_writer_t *
start_writer(struct fixture *fixture)
{
    return catalog_writer_new(&fixture->catalog);
}

static int
take(catalog_writer_t *writer, batch_t **batch, struct error *error)
{
    wait_readable(catalog_writer_handle(writer));
    return catalog_writer_take(writer, batch, error);
}

static batch_t *
one_run(int64_t id)
{
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_run(batch, id, "backup");
    return batch;
}

static size_t
count_runs(catalog_t *catalog)
{
    CLEAN(table_destroy) table_t *table = ask_all(catalog, (struct query){.name = "runs"});
    return table_rows(table);
}

static void
a_batch_comes_back_committed(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    CLEAN(catalog_writer_destroy) catalog_writer_t *writer = start_writer(fixture);
    assert_null(fixture->catalog);
    CLEAN(catalog_destroy) catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, fixture->url, &catalog_server_access, &error), 0);
    for (int64_t id = 1; id <= 20; id++) {
        CLEAN(batch_destroy) batch_t *batch = one_run(id);
        const batch_t *given = batch;
        catalog_writer_apply(writer, &batch);
        assert_null(batch);
        assert_int_equal(take(writer, &batch, &error), 0);
        assert_ptr_equal(batch, given);
        assert_int_equal(batch_refused(batch), 0);
        assert_int_equal(count_runs(reader), id);
    }
}

static void
a_refused_unit_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    CLEAN(catalog_writer_destroy) catalog_writer_t *writer = start_writer(fixture);
    for (size_t round = 0; round < 2; round++) {
        CLEAN(batch_destroy) batch_t *batch = one_run(1);
        catalog_writer_apply(writer, &batch);
        assert_int_equal(take(writer, &batch, &error), 0);
        assert_int_equal(batch_refused(batch), round);
    }
}

static void
nothing_is_readable_while_nothing_was_applied(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(catalog_writer_destroy) catalog_writer_t *writer = start_writer(fixture);
    zmq_pollitem_t item = {.socket = catalog_writer_handle(writer), .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, 0), 0);
}

static void
a_failed_batch_comes_back_and_can_be_applied_again(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    CLEAN(catalog_writer_destroy) catalog_writer_t *writer = start_writer(fixture);
    fixture->kind->take_away(fixture->folder);
    CLEAN(batch_destroy) batch_t *batch = one_run(1);
    for (int round = 0; round < 3; round++) {
        catalog_writer_apply(writer, &batch);
        assert_int_equal(take(writer, &batch, &error), -1);
        assert_int_equal(error.code, ERROR_UNAVAILABLE);
        assert_non_null(batch);
    }
    fixture->kind->bring_back(fixture->folder);
    catalog_writer_apply(writer, &batch);
    assert_int_equal(take(writer, &batch, &error), 0);
    assert_int_equal(batch_refused(batch), 0);
    CLEAN(catalog_destroy) catalog_t *reader = NULL;
    assert_int_equal(catalog_open_reader(&reader, fixture->url, &catalog_server_access, &error), 0);
    assert_int_equal(count_runs(reader), 1);
}

static void
a_batch_under_way_is_committed_although_the_writer_ends(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    catalog_writer_t *writer = start_writer(fixture);
    batch_t *batch = one_run(1);
    for (int64_t id = 2; id <= 2000; id++) {
        batch_unit(batch);
        add_run(batch, id, "backup");
    }
    catalog_writer_apply(writer, &batch);
    catalog_writer_destroy(&writer);
    assert_null(writer);
    CLEAN(catalog_destroy) catalog_t *catalog = NULL;
    assert_int_equal(catalog_open(&catalog, fixture->url, &catalog_server_access, "host:2", &error),
                     0);
    CLEAN(working_set_clear) struct working_set set = {0};
    assert_int_equal(catalog_load(catalog, &set, &error), 0);
    assert_int_equal(set.run_count, 2000);
}

// ---- the reader

struct answer {
    uint64_t tag;
    int result;
    table_t *table;
    char *cursor;
    struct error error;
};

static void
answer_clear(struct answer *self)
{
    table_destroy(&self->table);
    free(self->cursor);
    *self = (struct answer){0};
}

static struct answer
take_answer(catalog_reader_t *reader)
{
    struct answer answer = {0};
    wait_readable(catalog_reader_handle(reader));
    answer.result =
        catalog_reader_take(reader, &answer.tag, &answer.table, &answer.cursor, &answer.error);
    return answer;
}

static void
ask_reader(catalog_reader_t *reader, uint64_t tag, struct query query)
{
    struct error error = {0};
    query.limit = query.limit ? query.limit : CATALOG_PAGE_MAX;
    if (catalog_reader_ask(reader, tag, &query, &error))
        fail_msg("ask: %s", error.message);
}

static void
add_runs(catalog_t *catalog, int64_t count)
{
    batch_t *batch = batch_new();
    for (int64_t id = 1; id <= count; id++) {
        batch_unit(batch);
        add_run(batch, id, "backup");
    }
    apply_all(catalog, &batch);
}

static void
a_list_comes_with_its_tag_and_its_cursor(void **state)
{
    struct fixture *fixture = *state;
    add_runs(fixture->catalog, 5);
    CLEAN(catalog_reader_destroy)
    catalog_reader_t *reader = catalog_reader_new(fixture->url, &catalog_server_access);
    ask_reader(reader, 77, (struct query){.name = "runs", .limit = 3});
    CLEAN(answer_clear) struct answer first = take_answer(reader);
    assert_int_equal(first.result, 0);
    assert_int_equal(first.tag, 77);
    assert_int_equal(table_rows(first.table), 3);
    assert_non_null(first.cursor);
    ask_reader(reader, 78, (struct query){.name = "runs", .limit = 3, .cursor = first.cursor});
    CLEAN(answer_clear) struct answer second = take_answer(reader);
    assert_int_equal(second.tag, 78);
    assert_int_equal(table_rows(second.table), 2);
    assert_null(second.cursor);
}

static void
all_of_a_question_is_copied(void **state)
{
    struct fixture *fixture = *state;
    batch_t *batch = batch_new();
    batch_unit(batch);
    add_database(batch, 1, "shop", 1);
    add_database(batch, 2, "mail", 1);
    apply_all(fixture->catalog, &batch);
    CLEAN(catalog_reader_destroy)
    catalog_reader_t *reader = catalog_reader_new(fixture->url, &catalog_server_access);
    ask_reader(reader, 1, (struct query){.name = "runs"});  // so that the next one waits
    selector_t *selector = selector_new();
    struct error error = {0};
    assert_int_equal(selector_add(selector, "name", "ma*", &error), 0);
    char name[] = "databases", wanted[] = "available";
    ask_reader(reader, 2, (struct query){.name = name, .state = wanted, .selector = selector});
    selector_destroy(&selector);
    memset(name, 'x', sizeof name - 1);
    memset(wanted, 'x', sizeof wanted - 1);
    CLEAN(answer_clear) struct answer runs = take_answer(reader);
    assert_int_equal(runs.tag, 1);
    CLEAN(answer_clear) struct answer databases = take_answer(reader);
    assert_int_equal(databases.result, 0);
    assert_int_equal(table_rows(databases.table), 1);
    assert_string_equal(cell(databases.table, 0, "name"), "mail");
}

static void
so_many_lists_wait_and_are_answered_in_order(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(catalog_reader_destroy)
    catalog_reader_t *reader = catalog_reader_new(fixture->url, &catalog_server_access);
    for (uint64_t tag = 0; tag < CATALOG_READER_WAITING_MAX; tag++)
        ask_reader(reader, tag, (struct query){.name = "runs"});
    struct query query = {.name = "runs", .limit = 1};
    struct error error = {0};
    assert_int_equal(catalog_reader_ask(reader, 999, &query, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    for (uint64_t tag = 0; tag < CATALOG_READER_WAITING_MAX; tag++) {
        CLEAN(answer_clear) struct answer answer = take_answer(reader);
        assert_int_equal(answer.result, 0);
        assert_int_equal(answer.tag, tag);
    }
    assert_int_equal(catalog_reader_ask(reader, 999, &query, &error), 0);
    CLEAN(answer_clear) struct answer last = take_answer(reader);
    assert_int_equal(last.tag, 999);
}

static void
ending_a_reader_drops_what_waits(void **state)
{
    struct fixture *fixture = *state;
    catalog_reader_t *reader = catalog_reader_new(fixture->url, &catalog_server_access);
    for (uint64_t tag = 0; tag < 50; tag++)
        ask_reader(reader, tag, (struct query){.name = "runs"});
    catalog_reader_destroy(&reader);
    assert_null(reader);
}

static void
a_wrong_question_is_answered_with_its_error(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(catalog_reader_destroy)
    catalog_reader_t *reader = catalog_reader_new(fixture->url, &catalog_server_access);
    ask_reader(reader, 1, (struct query){.name = "secrets"});
    ask_reader(reader, 2, (struct query){.name = "jobs", .cursor = "x"});
    ask_reader(reader, 3, (struct query){.name = "jobs"});
    CLEAN(answer_clear) struct answer first = take_answer(reader);
    assert_int_equal(first.result, -1);
    assert_int_equal(first.error.code, ERROR_NOT_FOUND);
    assert_int_equal(first.tag, 1);
    CLEAN(answer_clear) struct answer second = take_answer(reader);
    assert_int_equal(second.error.code, ERROR_INVALID);
    CLEAN(answer_clear) struct answer third = take_answer(reader);
    assert_int_equal(third.result, 0);
}

static void
a_reader_finds_a_catalog_that_comes_later(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *url = fixture->kind->prepare(folder);
    CLEAN(catalog_reader_destroy)
    catalog_reader_t *reader = catalog_reader_new(url, &catalog_server_access);
    ask_reader(reader, 1, (struct query){.name = "runs"});
    CLEAN(answer_clear) struct answer before = take_answer(reader);
    assert_int_equal(before.result, -1);
    assert_int_equal(before.error.code, ERROR_NOT_FOUND);
    struct error error = {0};
    CLEAN(catalog_destroy) catalog_t *catalog = NULL;
    assert_int_equal(catalog_open(&catalog, url, &catalog_server_access, "host:1", &error), 0);
    ask_reader(reader, 2, (struct query){.name = "runs"});
    CLEAN(answer_clear) struct answer after = take_answer(reader);
    assert_int_equal(after.result, 0);
}

static void
lists_go_on_while_batches_are_written(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    CLEAN(catalog_reader_destroy)
    catalog_reader_t *reader = catalog_reader_new(fixture->url, &catalog_server_access);
    CLEAN(catalog_writer_destroy) catalog_writer_t *writer = start_writer(fixture);
    size_t seen = 0;
    for (int64_t id = 1; id <= 50; id++) {
        CLEAN(batch_destroy) batch_t *batch = one_run(id);
        catalog_writer_apply(writer, &batch);
        ask_reader(reader, (uint64_t)id, (struct query){.name = "runs"});
        CLEAN(answer_clear) struct answer answer = take_answer(reader);
        assert_int_equal(answer.result, 0);
        assert_true(table_rows(answer.table) >= seen);
        seen = table_rows(answer.table);
        assert_int_equal(take(writer, &batch, &error), 0);
    }
    assert_true(seen >= 49);
}

int
main(void)
{
    setenv("ZSYS_SIGHANDLER", "false", 1);
    struct CMUnitTest tests[] = {
        SUITE(a_batch_comes_back_committed),
        SUITE(a_refused_unit_is_told),
        SUITE(nothing_is_readable_while_nothing_was_applied),
        SUITE(a_failed_batch_comes_back_and_can_be_applied_again),
        SUITE(a_batch_under_way_is_committed_although_the_writer_ends),
        SUITE(a_list_comes_with_its_tag_and_its_cursor),
        SUITE(all_of_a_question_is_copied),
        SUITE(so_many_lists_wait_and_are_answered_in_order),
        SUITE(ending_a_reader_drops_what_waits),
        SUITE(a_wrong_question_is_answered_with_its_error),
        SUITE(a_reader_finds_a_catalog_that_comes_later),
        SUITE(lists_go_on_while_batches_are_written),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
