// The limits of messages, tried on both sides.

#include "tests/check.h"
#include "tests/wire_sample.h"

// Neither side lets it through, and the receiver's sentence has `why` in it.
static void
assert_refused(const Wire__Envelope *message, const char *why)
{
    struct error error = {0};
    enum wire_role role = speaker_of(message);
    uint8_t *packed = NULL;
    size_t size = 0;
    assert_int_equal(wire_pack(message, role, &packed, &size, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    CLEAN(memory_free) uint8_t *data = forge(message, &size);
    assert_int_equal(arrives(data, size, role, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    if (!strstr(error.message, why))
        fail_msg("'%s' is not in '%s'", why, error.message);
}

static void
assert_passes(const Wire__Envelope *message)
{
    struct error error = {0};
    enum wire_role role = speaker_of(message);
    CLEAN(memory_free) uint8_t *packed = NULL;
    size_t size = 0;
    if (wire_pack(message, role, &packed, &size, &error) || arrives(packed, size, role, &error))
        fail_msg("%s", error.message);
}

// Replaces the only place where `from` stands.
static void
overwrite(uint8_t *data, size_t size, const char *from, const char *to, size_t length)
{
    uint8_t *place = memmem(data, size, from, length);
    assert_non_null(place);
    memcpy(place, to, length);
}

static void
text_with_a_nul_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_RUN);
    size_t size = 0;
    CLEAN(memory_free) uint8_t *data = forge(&sample.message, &size);
    overwrite(data, size, "catalog/12", "catalog\00012", 10);
    assert_int_equal(arrives(data, size, WIRE_FROM_COORDINATOR, &error), -1);
    assert_non_null(strstr(error.message, "NUL"));
}

static void
text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"\xff\x31", "\xc3\x28", "\xc0\xaf", "\xed\xa0", "1\xe2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};
        struct sample sample;
        sample_init(&sample, WIRE__ENVELOPE__BODY_RUN);
        size_t size = 0;
        CLEAN(memory_free) uint8_t *data = forge(&sample.message, &size);
        overwrite(data, size, "12", wrong[i], 2);
        assert_int_equal(arrives(data, size, WIRE_FROM_COORDINATOR, &error), -1);
        assert_non_null(strstr(error.message, "UTF-8"));
    }
}

static char *
letters(size_t count)
{
    char *text = memory_get(count + 1);
    memset(text, 'x', count);
    return text;
}

static void
every_text_has_a_limit(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_RUN);
    CLEAN(memory_free) char *fits = letters(512);
    CLEAN(memory_free) char *long_name = letters(513);
    CLEAN(memory_free) char *long_path = letters(1025);
    CLEAN(memory_free) char *long_host = letters(256);
    sample.server.name = fits;
    assert_passes(&sample.message);
    sample.server.name = long_name;
    assert_refused(&sample.message, "'name' of Server is too long");
    sample.server.name = text_name;
    sample.server.host = long_host;
    assert_refused(&sample.message, "'host'");
    sample.server.host = text_name;
    sample.backup.path = long_path;
    assert_refused(&sample.message, "'path'");
    long_path[1024] = '\0';
    assert_passes(&sample.message);
}

static void
every_number_has_a_range(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_RUN);
    sample.server.port = 65535;
    assert_passes(&sample.message);
    sample.server.port = 65536;
    assert_refused(&sample.message, "'port'");
    sample.server.port = 1;
    sample.run.time_limit_ms = -1;
    assert_refused(&sample.message, "'time_limit_ms'");
    sample.run.time_limit_ms = 1;
    sample.message.epoch = UINT64_C(1) << 63;
    assert_refused(&sample.message, "'epoch'");
    sample.message.epoch = 1;
    sample.message.attempt = UINT32_C(1) << 31;
    assert_refused(&sample.message, "'attempt'");
}

static void
an_unknown_value_of_an_enum_is_refused(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_DONE);
    int unknown = 4;
    memcpy(&sample.done.outcome, &unknown, sizeof unknown);
    assert_refused(&sample.message, "'outcome'");
}

static void
a_digest_has_32_bytes(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_DONE);
    sample.set.manifest_sha256.len = 31;
    assert_refused(&sample.message, "'manifest_sha256'");
    sample.set.manifest_sha256.len = 0;
    assert_refused(&sample.message, "'manifest_sha256'");

    sample_init(&sample, WIRE__ENVELOPE__BODY_RUN);
    Wire__Verify verify = WIRE__VERIFY__INIT;
    sample.run.task_case = WIRE__RUN__TASK_VERIFY;
    sample.run.verify = &verify;
    assert_passes(&sample.message);
    uint8_t longer[33] = {0};
    verify.manifest_sha256 = (ProtobufCBinaryData){sizeof longer, longer};
    assert_refused(&sample.message, "'manifest_sha256'");
}

static void
what_is_about_a_job_names_it(void **state)
{
    (void)state;
    static const char about_no_job[] = " ready run drain beat bye ask answer ";
    for (size_t i = 0; i < BODIES; i++) {
        struct sample sample;
        char word[32];
        sample_init(&sample, bodies[i]);
        snprintf(word, sizeof word, " %s ", wire_body_name(&sample.message));
        for (int field = 0; field < 2; field++) {
            sample.message.job_id = field == 0 ? 0 : 7;
            sample.message.attempt = field == 1 ? 0 : 2;
            if (strstr(about_no_job, word))
                assert_passes(&sample.message);
            else
                assert_refused(&sample.message, "names no job");
        }
    }
}

static void
a_missing_part_is_refused_unless_it_may_be_missing(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_RUN);
    sample.backup.source = NULL;
    assert_refused(&sample.message, "'source' of Backup is missing");
    sample.run.task_case = WIRE__RUN__TASK__NOT_SET;  // a task of a newer coordinator
    assert_passes(&sample.message);
    sample_init(&sample, WIRE__ENVELOPE__BODY_DONE);
    sample.done.set = NULL;
    assert_passes(&sample.message);
    sample_init(&sample, WIRE__ENVELOPE__BODY_ANSWER);
    sample.answer.table = NULL;
    assert_passes(&sample.message);
}

static void
every_list_has_a_limit(void **state)
{
    (void)state;
    static const struct {
        Wire__Envelope__BodyCase body;
        size_t count_offset, list_offset, limit;
        const char *name;
    } lists[] = {
#define LIST(body, part, list, limit) \
    {body, offsetof(struct sample, part.n_##list), offsetof(struct sample, part.list), limit, \
     "'" #list "'"}
        LIST(WIRE__ENVELOPE__BODY_READY, ready, labels, 64),
        LIST(WIRE__ENVELOPE__BODY_READY, ready, tools, 64),
        LIST(WIRE__ENVELOPE__BODY_READY, ready, stores, 32),
        LIST(WIRE__ENVELOPE__BODY_READY, ready, running, 1024),
        LIST(WIRE__ENVELOPE__BODY_BEAT, beat, running, 1024),
        LIST(WIRE__ENVELOPE__BODY_ASK, query, terms, 32),
        LIST(WIRE__ENVELOPE__BODY_RUN, what, include_schemas, 256),
        LIST(WIRE__ENVELOPE__BODY_RUN, what, exclude_schemas, 256),
        LIST(WIRE__ENVELOPE__BODY_RUN, what, include_tables, 256),
        LIST(WIRE__ENVELOPE__BODY_RUN, what, exclude_tables, 256),
        LIST(WIRE__ENVELOPE__BODY_RUN, what, tables_without_data, 256),
        LIST(WIRE__ENVELOPE__BODY_ANSWER, table, rows, 1000),
    };
    void *many[1025];
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct sample sample;
        sample_init(&sample, lists[i].body);
        void ***list = (void ***)(void *)((uint8_t *)&sample + lists[i].list_offset);
        size_t *count = (size_t *)(void *)((uint8_t *)&sample + lists[i].count_offset);
        for (size_t j = 0; j < sizeof many / sizeof *many; j++)
            many[j] = **list;
        *list = many;
        *count = lists[i].limit;
        assert_passes(&sample.message);
        ++*count;
        assert_refused(&sample.message, lists[i].name);
    }
}

static void
what_a_policy_says_has_limits(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_RUN);
    sample.backup.what = NULL;
    assert_passes(&sample.message);
    sample_init(&sample, WIRE__ENVELOPE__BODY_RUN);
    sample.what.lock_wait_ms = 86400000;
    sample.what.packet_bytes = 1 << 30;
    sample.what.role = WIRE__ROLE__ROLE_REPLICA;
    assert_passes(&sample.message);
    sample.what.packet_bytes++;
    assert_refused(&sample.message, "'packet_bytes'");
    sample.what.packet_bytes = 0;
    sample.what.lock_wait_ms++;
    assert_refused(&sample.message, "'lock_wait_ms'");
    sample.what.lock_wait_ms = 0;
    Wire__Throttle throttle = WIRE__THROTTLE__INIT;
    Wire__Consistency ways[] = {WIRE__CONSISTENCY__CONSISTENCY_LOCK, (Wire__Consistency)9};
    sample.what.throttle = &throttle;
    sample.what.consistency = ways;
    sample.what.n_consistency = 1;
    assert_passes(&sample.message);
    throttle.pause_limit_ms = 86400001;
    assert_refused(&sample.message, "'pause_limit_ms'");
    throttle.pause_limit_ms = 0;
    sample.what.n_consistency = 2;
    assert_refused(&sample.message, "'consistency'");
    sample.what.n_consistency = 0;
    sample.what.role = (Wire__Role)77;
    assert_refused(&sample.message, "'role'");
    sample.what.role = WIRE__ROLE__ROLE_UNSPECIFIED;
    CLEAN(memory_free) char *longest = letters(513);
    sample.patterns[0] = longest;
    assert_refused(&sample.message, "is too long");
}

static void
a_row_has_as_many_cells_as_there_are_columns(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_ANSWER);
    sample.row.n_cells = 0;
    assert_refused(&sample.message, "0 cells for 1 columns");
}

static void
a_wide_and_long_table_arrives(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_ANSWER);
    char word[] = "12345678";
    Wire__Column *columns[24];
    Wire__Row *rows[1000];
    char *cells[24];
    for (size_t i = 0; i < 24; i++) {
        columns[i] = &sample.column;
        cells[i] = word;
    }
    for (size_t i = 0; i < 1000; i++)
        rows[i] = &sample.row;
    sample.row.n_cells = sample.table.n_columns = 24;
    sample.row.cells = cells;
    sample.table.columns = columns;
    sample.table.rows = rows;
    sample.table.n_rows = 1000;
    assert_passes(&sample.message);
}

static void
what_the_other_side_could_not_unpack_is_not_sent(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_ANSWER);
    char word[] = "1";
    Wire__Column *columns[64];
    Wire__Row *rows[1000];
    char *cells[64];
    for (size_t i = 0; i < 64; i++) {
        columns[i] = &sample.column;
        cells[i] = word;
    }
    for (size_t i = 0; i < 1000; i++)
        rows[i] = &sample.row;
    sample.row.n_cells = sample.table.n_columns = 64;
    sample.row.cells = cells;
    sample.table.columns = columns;
    sample.table.rows = rows;
    sample.table.n_rows = 1000;
    assert_refused(&sample.message, "too complex");
}

static void
a_long_list_of_sets_to_keep_arrives(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_RUN);
    Wire__Sweep sweep = WIRE__SWEEP__INIT;
    sample.run.task_case = WIRE__RUN__TASK_SWEEP;
    sample.run.sweep = &sweep;
    char word[] = "1234";
    static char *keep[10001];
    for (size_t i = 0; i < 10001; i++)
        keep[i] = word;
    sweep.keep = keep;
    sweep.n_keep = 10000;
    assert_passes(&sample.message);
    sweep.n_keep = 10001;
    word[1] = '\0';
    assert_refused(&sample.message, "'keep'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_with_a_nul_is_refused),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
        cmocka_unit_test(every_text_has_a_limit),
        cmocka_unit_test(every_number_has_a_range),
        cmocka_unit_test(an_unknown_value_of_an_enum_is_refused),
        cmocka_unit_test(a_digest_has_32_bytes),
        cmocka_unit_test(what_is_about_a_job_names_it),
        cmocka_unit_test(a_missing_part_is_refused_unless_it_may_be_missing),
        cmocka_unit_test(every_list_has_a_limit),
        cmocka_unit_test(what_a_policy_says_has_limits),
        cmocka_unit_test(a_row_has_as_many_cells_as_there_are_columns),
        cmocka_unit_test(a_wide_and_long_table_arrives),
        cmocka_unit_test(what_the_other_side_could_not_unpack_is_not_sent),
        cmocka_unit_test(a_long_list_of_sets_to_keep_arrives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
