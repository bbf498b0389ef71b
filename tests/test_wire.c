#include "tests/check.h"
#include "tests/wire_sample.h"

// The place counts the kinds of messages, and after them the variants.
static void
make_sample(struct sample *sample, size_t place)
{
    if (place < BODIES)
        sample_init(sample, bodies[place]);
    else
        sample_init_variant(sample, place - BODIES);
}

static void
every_message_arrives_as_it_was_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BODIES + VARIANTS; i++) {
        struct sample sample;
        struct error error = {0};
        make_sample(&sample, i);
        enum wire_role role = speaker_of(&sample.message);
        CLEAN(memory_free) uint8_t *packed = NULL;
        CLEAN(memory_free) uint8_t *again = NULL;
        size_t size = 0, size_again = 0;
        assert_int_equal(wire_pack(&sample.message, role, &packed, &size, &error), 0);
        CLEAN(wire_decoder_destroy) wire_decoder_t *decoder = wire_decoder_new();
        const Wire__Envelope *message = NULL;
        assert_int_equal(wire_unpack(decoder, packed, size, role, &message, &error), 0);
        assert_int_equal(message->body_case, sample.message.body_case);
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

static char *
letters(size_t count)
{
    char *text = memory_get(count + 1);
    memset(text, 'x', count);
    return text;
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
    static const uint8_t zero[] = {0x08, 0x01, 0xca, 0x01, 0x00, 0x82, 0x00, 0x01, 0xc0};
    assert_int_equal(arrives(zero, sizeof zero, WIRE_FROM_WORKER, &error), -1);
    assert_non_null(strstr(error.message, "field number 0"));
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
    for (size_t i = 0; i < BODIES + VARIANTS; i++) {
        struct sample sample;
        struct error error = {0};
        make_sample(&sample, i);
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
