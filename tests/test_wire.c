#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "proto/wire.h"
#include "tests/check.h"

// A message of each kind, within all limits, sharing one set of parts.
struct sample {
    Wire__Envelope message;
    Wire__Ready ready;
    Wire__Label label, *labels[1];
    Wire__Tool tool, *tools[1];
    Wire__Store store, *stores[1];
    Wire__Attempt attempt, *attempts[1];
    Wire__Run run;
    Wire__Server server;
    Wire__Backup backup;
    Wire__Accepted accepted;
    Wire__Refused refused;
    Wire__Progress progress;
    Wire__Done done;
    Wire__SetFacts set;
    Wire__DoneAck done_ack;
    Wire__Cancel cancel;
    Wire__Drain drain;
    Wire__Beat beat;
    Wire__Bye bye;
    Wire__Ask ask;
    Wire__Query query;
    Wire__Term term, *terms[1];
    Wire__Answer answer;
    Wire__Table table;
    Wire__Column column, *columns[1];
    Wire__Row row, *rows[1];
    char *cells[1];
    uint8_t sum[32];
};

static char text_name[] = "frankfurt-1";
static char text_label[] = "région";
static char text_path[] = "catalog/12/34";
static char text_store[] = "boostfs:dd1.example:/su1";

static void
fill_worker_parts(struct sample *self)
{
    wire__ready__init(&self->ready);
    wire__label__init(&self->label);
    wire__tool__init(&self->tool);
    wire__store__init(&self->store);
    wire__attempt__init(&self->attempt);
    self->label.key = self->label.value = text_label;
    self->tool.name = self->tool.version = text_name;
    self->store.identity = text_store;
    self->attempt.job_id = 7;
    self->attempt.number = 2;
    self->labels[0] = &self->label;
    self->tools[0] = &self->tool;
    self->stores[0] = &self->store;
    self->attempts[0] = &self->attempt;
    self->ready.name = self->ready.instance_id = text_name;
    self->ready.slots = 4;
    self->ready.n_labels = self->ready.n_tools = self->ready.n_stores = self->ready.n_running = 1;
    self->ready.labels = self->labels;
    self->ready.tools = self->tools;
    self->ready.stores = self->stores;
    self->ready.running = self->attempts;
    wire__beat__init(&self->beat);
    self->beat.n_running = 1;
    self->beat.running = self->attempts;
    wire__accepted__init(&self->accepted);
    wire__refused__init(&self->refused);
    wire__progress__init(&self->progress);
    wire__done__init(&self->done);
    wire__set_facts__init(&self->set);
    self->done.outcome = WIRE__OUTCOME__OUTCOME_SUCCEEDED;
    self->done.message = text_label;
    self->done.set = &self->set;
    self->set.path = text_path;
    self->set.manifest_sha256 = (ProtobufCBinaryData){sizeof self->sum, self->sum};
}

static void
fill_coordinator_parts(struct sample *self)
{
    wire__run__init(&self->run);
    wire__server__init(&self->server);
    wire__backup__init(&self->backup);
    wire__done_ack__init(&self->done_ack);
    wire__cancel__init(&self->cancel);
    wire__drain__init(&self->drain);
    wire__bye__init(&self->bye);
    self->run.task_case = WIRE__RUN__TASK_BACKUP;
    self->run.backup = &self->backup;
    self->backup.source = &self->server;
    self->backup.path = text_path;
    self->server.host = text_name;
    self->server.port = 3306;
    self->cancel.reason = self->bye.reason = text_label;
}

static void
fill_operator_parts(struct sample *self)
{
    wire__ask__init(&self->ask);
    wire__query__init(&self->query);
    wire__term__init(&self->term);
    wire__answer__init(&self->answer);
    wire__table__init(&self->table);
    wire__column__init(&self->column);
    wire__row__init(&self->row);
    self->ask.what_case = WIRE__ASK__WHAT_QUERY;
    self->ask.query = &self->query;
    self->query.n_terms = 1;
    self->query.terms = self->terms;
    self->terms[0] = &self->term;
    self->term.key = self->term.pattern = text_name;
    self->answer.table = &self->table;
    self->table.n_columns = self->table.n_rows = 1;
    self->table.columns = self->columns;
    self->table.rows = self->rows;
    self->columns[0] = &self->column;
    self->rows[0] = &self->row;
    self->column.name = text_name;
    self->row.n_cells = 1;
    self->row.cells = self->cells;
    self->cells[0] = text_label;
}

static const Wire__Envelope__BodyCase bodies[] = {
    WIRE__ENVELOPE__BODY_READY,    WIRE__ENVELOPE__BODY_RUN,      WIRE__ENVELOPE__BODY_ACCEPTED,
    WIRE__ENVELOPE__BODY_REFUSED,  WIRE__ENVELOPE__BODY_PROGRESS, WIRE__ENVELOPE__BODY_DONE,
    WIRE__ENVELOPE__BODY_DONE_ACK, WIRE__ENVELOPE__BODY_CANCEL,   WIRE__ENVELOPE__BODY_DRAIN,
    WIRE__ENVELOPE__BODY_BEAT,     WIRE__ENVELOPE__BODY_BYE,      WIRE__ENVELOPE__BODY_ASK,
    WIRE__ENVELOPE__BODY_ANSWER,
};
enum { BODIES = sizeof bodies / sizeof *bodies };

// The matrix of wire.h, written down once more.
static const char *const spoken[] = {
    [WIRE_FROM_WORKER] = " ready accepted refused progress done beat bye ",
    [WIRE_FROM_COORDINATOR] = " run done_ack cancel drain beat bye ",
    [WIRE_FROM_OPERATOR] = " ask ",
    [WIRE_TO_OPERATOR] = " answer bye ",
    [WIRE_FROM_TASK] = " progress done ",
};

static void
sample_init(struct sample *self, Wire__Envelope__BodyCase body)
{
    memset(self, 0, sizeof *self);
    memset(self->sum, 0xa5, sizeof self->sum);
    fill_worker_parts(self);
    fill_coordinator_parts(self);
    fill_operator_parts(self);
    void *parts[] = {
        &self->ready, &self->run,      &self->accepted, &self->refused, &self->progress,
        &self->done,  &self->done_ack, &self->cancel,   &self->drain,   &self->beat,
        &self->bye,   &self->ask,      &self->answer,
    };
    wire__envelope__init(&self->message);
    self->message.version = WIRE_VERSION;
    self->message.epoch = 3;
    self->message.job_id = 7;
    self->message.attempt = 2;
    self->message.body_case = body;
    self->message.ready = parts[body - WIRE__ENVELOPE__BODY_READY];
}

static int
may_say(enum wire_role role, const Wire__Envelope *message)
{
    char word[32];
    snprintf(word, sizeof word, " %s ", wire_body_name(message));
    return strstr(spoken[role], word) != NULL;
}

static enum wire_role
speaker_of(const Wire__Envelope *message)
{
    enum wire_role role = 0;
    while (!may_say(role, message))
        role++;
    return role;
}

// Packs without any check, as a hostile sender does.
static uint8_t *
forge(const Wire__Envelope *message, size_t *size)
{
    *size = wire__envelope__get_packed_size(message);
    uint8_t *data = memory_get(*size);
    wire__envelope__pack(message, data);
    return data;
}

static int
arrives(const void *data, size_t size, enum wire_role role, struct error *error)
{
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    const Wire__Envelope *message = NULL;
    return wire_unpack(decoder, data, size, role, &message, error);
}

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

static void
every_message_arrives_as_it_was_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BODIES; i++) {
        struct sample sample;
        struct error error = {0};
        sample_init(&sample, bodies[i]);
        enum wire_role role = speaker_of(&sample.message);
        CLEAN(memory_free) uint8_t *packed = NULL;
        CLEAN(memory_free) uint8_t *again = NULL;
        size_t size = 0, size_again = 0;
        assert_int_equal(wire_pack(&sample.message, role, &packed, &size, &error), 0);
        CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
        const Wire__Envelope *message = NULL;
        assert_int_equal(wire_unpack(decoder, packed, size, role, &message, &error), 0);
        assert_int_equal(message->body_case, bodies[i]);
        assert_int_equal(message->job_id, 7);
        again = forge(message, &size_again);
        assert_int_equal(size, size_again);
        assert_memory_equal(packed, again, size);
    }
}

static void
each_side_may_say_only_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < BODIES; i++) {
        struct sample sample;
        sample_init(&sample, bodies[i]);
        size_t size = 0;
        CLEAN(memory_free) uint8_t *data = forge(&sample.message, &size);
        for (enum wire_role role = 0; role <= WIRE_FROM_TASK; role++) {
            struct error error = {0};
            int allowed = may_say(role, &sample.message);
            assert_int_equal(arrives(data, size, role, &error), allowed ? 0 : -1);
        }
    }
}

static void
another_version_is_told_from_a_malformed_message(void **state)
{
    (void)state;
    struct error error = {0};
    static const uint8_t other[] = {0x08, 0x02, 0xff, 0xff, 0xff, 0xff};
    assert_int_equal(arrives(other, sizeof other, WIRE_FROM_WORKER, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "version 2"));
    static const uint8_t same[] = {0x08, 0x01, 0xff, 0xff, 0xff, 0xff};
    assert_int_equal(arrives(same, sizeof same, WIRE_FROM_WORKER, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
}

static void
a_message_says_its_version(void **state)
{
    (void)state;
    struct error error = {0};
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_BEAT);
    sample.message.version = 0;
    size_t size = 0;
    CLEAN(memory_free) uint8_t *forged = forge(&sample.message, &size);
    assert_int_equal(arrives(forged, size, WIRE_FROM_WORKER, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    CLEAN(memory_free) uint8_t *packed = NULL;
    assert_int_equal(wire_pack(&sample.message, WIRE_FROM_WORKER, &packed, &size, &error), 0);
    assert_int_equal(arrives(packed, size, WIRE_FROM_WORKER, &error), 0);
    assert_int_equal(sample.message.version, 0);
}

static void
a_message_without_a_body_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    static const uint8_t bare[] = {0x08, 0x01};
    assert_int_equal(arrives(bare, sizeof bare, WIRE_FROM_WORKER, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_equal(arrives("", 0, WIRE_FROM_WORKER, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
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

static void
texts_for_people_are_cut_before_a_character(void **state)
{
    (void)state;
    struct error error = {0};
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_DONE);
    CLEAN(memory_free) char *text = letters(5000);
    text[7] = '\xff';
    memcpy(text + 4094, "\xe2\x82\xac", 3);  // reaches over the limit
    sample.done.message = text;
    CLEAN(memory_free) uint8_t *packed = NULL;
    size_t size = 0;
    assert_int_equal(wire_pack(&sample.message, WIRE_FROM_WORKER, &packed, &size, &error), 0);
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    const Wire__Envelope *message = NULL;
    assert_int_equal(wire_unpack(decoder, packed, size, WIRE_FROM_WORKER, &message, &error), 0);
    assert_int_equal(strlen(message->done->message), 4094);
    assert_int_equal(message->done->message[7], '?');
    assert_string_equal(message->done->set->path, text_path);
    assert_int_equal(strlen(text), 5000);
    assert_int_equal(text[7], '\xff');
}

// Adds an unknown field with `length` bytes of text to a packed message.
static size_t
add_unknown(uint8_t *data, size_t size, size_t length)
{
    data[size++] = 0xfa;  // field 99, a text
    data[size++] = 0x06;
    data[size++] = (uint8_t)(0x80 | (length & 0x7f));
    data[size++] = (uint8_t)(0x80 | ((length >> 7) & 0x7f));
    data[size++] = (uint8_t)(length >> 14);
    memset(data + size, 'y', length);
    return size + length;
}

static void
fields_of_a_newer_version_are_ignored_up_to_a_number(void **state)
{
    (void)state;
    struct error error = {0};
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_READY);
    size_t size = 0;
    CLEAN(memory_free) uint8_t *data = forge(&sample.message, &size);
    data = memory_resize(data, size + 1024);
    for (size_t i = 0; i < 64; i++)
        size = add_unknown(data, size, 8);
    assert_int_equal(arrives(data, size, WIRE_FROM_WORKER, &error), 0);
    size = add_unknown(data, size, 8);
    assert_int_equal(arrives(data, size, WIRE_FROM_WORKER, &error), -1);
    assert_non_null(strstr(error.message, "unknown fields"));
}

static void
a_done_is_at_most_16_kib(void **state)
{
    (void)state;
    struct error error = {0};
    for (size_t over = 0; over < 2; over++) {
        struct sample sample;
        sample_init(&sample, WIRE__ENVELOPE__BODY_DONE);
        size_t size = 0;
        CLEAN(memory_free) uint8_t *data = forge(&sample.message, &size);
        data = memory_resize(data, WIRE_DONE_SIZE_MAX + 16);
        size = add_unknown(data, size, WIRE_DONE_SIZE_MAX - size - 5 + over);
        assert_int_equal(size, WIRE_DONE_SIZE_MAX + over);
        assert_int_equal(arrives(data, size, WIRE_FROM_TASK, &error), over ? -1 : 0);
        assert_int_equal(arrives(data, size, WIRE_FROM_WORKER, &error), over ? -1 : 0);
    }
}

static void
a_message_that_is_too_long_is_not_looked_at(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(memory_free) uint8_t *data = memory_get(WIRE_OPERATOR_SIZE_MAX + 1);
    assert_int_equal(arrives(data, WIRE_SIZE_MAX + 1, WIRE_FROM_WORKER, &error), -1);
    assert_non_null(strstr(error.message, "at most 65000"));
    assert_int_equal(arrives(data, WIRE_OPERATOR_SIZE_MAX + 1, WIRE_FROM_OPERATOR, &error), -1);
    assert_non_null(strstr(error.message, "at most 261000"));
}

// A message of nothing but the same two bytes inside a body: what costs the decoder most.
static void
a_bomb_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t body_tag[2], inner[2];
    } bombs[] = {
        {{0x82, 0x01}, {0x4a, 0x00}},  // Ready.running, empty
        {{0x82, 0x01}, {0x32, 0x00}},  // Ready.labels, empty
        {{0x82, 0x01}, {0x78, 0x00}},  // an unknown field
        {{0xe2, 0x01}, {0x2a, 0x00}},  // Answer.table, over and over
        {{0xe2, 0x01}, {0x1a, 0x00}},  // Answer.message, over and over
    };
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        enum { INNER = 0xf800 };
        struct error error = {0};
        CLEAN(memory_free) uint8_t *data = memory_get(2 + 5 + INNER);
        static const uint8_t length[] = {0x80, 0xf0, 0x03};
        memcpy(data, (uint8_t[]){0x08, 0x01}, 2);
        memcpy(data + 2, bombs[i].body_tag, 2);
        memcpy(data + 4, length, sizeof length);
        for (size_t j = 0; j < INNER; j += 2)
            memcpy(data + 7 + j, bombs[i].inner, 2);
        assert_int_equal(
            arrives(data, 7 + INNER, i < 3 ? WIRE_FROM_WORKER : WIRE_TO_OPERATOR, &error), -1);
        assert_int_equal(error.code, ERROR_INVALID);
        assert_null(strstr(error.message, "bytes, but"));
    }
}

static void
no_flipped_or_missing_byte_does_harm(void **state)
{
    (void)state;
    CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
    size_t refused = 0;
    for (size_t i = 0; i < BODIES; i++) {
        struct sample sample;
        struct error error = {0};
        sample_init(&sample, bodies[i]);
        size_t size = 0;
        enum wire_role role = speaker_of(&sample.message);
        CLEAN(memory_free) uint8_t *data = forge(&sample.message, &size);
        const Wire__Envelope *message = NULL;
        for (size_t cut = 0; cut < size; cut++)
            refused += wire_unpack(decoder, data, cut, role, &message, &error) != 0;
        for (size_t place = 0; place < size * 8; place++) {
            data[place / 8] ^= (uint8_t)(1 << place % 8);
            refused += wire_unpack(decoder, data, size, role, &message, &error) != 0;
            data[place / 8] ^= (uint8_t)(1 << place % 8);
        }
        assert_int_equal(wire_unpack(decoder, data, size, role, &message, &error), 0);
    }
    assert_true(refused > 0);
}

static void
a_copy_outlives_the_decoder(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_RUN);
    CLEAN(wire_free) Wire__Envelope *copy = wire_clone(&sample.message);
    assert_ptr_not_equal(copy->run->backup, sample.run.backup);
    assert_string_equal(copy->run->backup->path, text_path);
    assert_int_equal(copy->run->backup->source->port, 3306);
}

static void
a_body_has_a_name(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample, WIRE__ENVELOPE__BODY_DONE_ACK);
    assert_string_equal(wire_body_name(&sample.message), "done_ack");
    sample.message.body_case = WIRE__ENVELOPE__BODY__NOT_SET;
    assert_string_equal(wire_body_name(&sample.message), "nothing");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_arrives_as_it_was_sent),
        cmocka_unit_test(each_side_may_say_only_its_own),
        cmocka_unit_test(another_version_is_told_from_a_malformed_message),
        cmocka_unit_test(a_message_says_its_version),
        cmocka_unit_test(a_message_without_a_body_is_refused),
        cmocka_unit_test(text_with_a_nul_is_refused),
        cmocka_unit_test(text_that_is_not_utf8_is_refused),
        cmocka_unit_test(every_text_has_a_limit),
        cmocka_unit_test(every_number_has_a_range),
        cmocka_unit_test(an_unknown_value_of_an_enum_is_refused),
        cmocka_unit_test(a_digest_has_32_bytes),
        cmocka_unit_test(what_is_about_a_job_names_it),
        cmocka_unit_test(a_missing_part_is_refused_unless_it_may_be_missing),
        cmocka_unit_test(every_list_has_a_limit),
        cmocka_unit_test(a_row_has_as_many_cells_as_there_are_columns),
        cmocka_unit_test(a_wide_and_long_table_arrives),
        cmocka_unit_test(what_the_other_side_could_not_unpack_is_not_sent),
        cmocka_unit_test(a_long_list_of_sets_to_keep_arrives),
        cmocka_unit_test(texts_for_people_are_cut_before_a_character),
        cmocka_unit_test(fields_of_a_newer_version_are_ignored_up_to_a_number),
        cmocka_unit_test(a_done_is_at_most_16_kib),
        cmocka_unit_test(a_message_that_is_too_long_is_not_looked_at),
        cmocka_unit_test(a_bomb_is_refused),
        cmocka_unit_test(no_flipped_or_missing_byte_does_harm),
        cmocka_unit_test(a_copy_outlives_the_decoder),
        cmocka_unit_test(a_body_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
