// Values of the binary protocol: what each type is on the wire and as text, what is no value, and
// that a row which is written at once is the same as one that is written field by field.

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "worker/engine/mysql_value.h"

// A packet that is being made, with its values' kinds.
struct packet {
    struct buffer bytes;
    struct mysql_value values[600];
    size_t count;
};

static const struct mysql_row_style text_style = {.tag = ROW_TEXT, .before = "", .after = ""};
static const struct mysql_row_style byte_style = {
    .tag = ROW_BINARY, .before = "_binary", .after = ""};

static void
begin(struct packet *packet, size_t count)
{
    static const char zeros[128];
    packet->count = 0;
    packet->bytes.size = 0;
    buffer_add(&packet->bytes, zeros, 1 + (count + 9) / 8);
}

static void
clear(struct packet *packet)
{
    buffer_clear(&packet->bytes);
}

static void
add(struct packet *packet, struct mysql_value value, const void *bytes, size_t size)
{
    packet->values[packet->count++] = value;
    buffer_add(&packet->bytes, bytes, size);
}

static void
add_null(struct packet *packet, struct mysql_value value)
{
    size_t bit = packet->count + 2;
    packet->bytes.data[1 + bit / 8] |= (char)(1 << bit % 8);
    packet->values[packet->count++] = value;
}

// With its size before it, in as few bytes as the protocol has for it.
static void
add_sized(struct packet *packet, struct mysql_value value, const void *bytes, size_t size)
{
    unsigned char head[9] = {(unsigned char)size};
    size_t width = size <= 250 ? 0 : size <= 0xffff ? 2 : size <= 0xffffff ? 3 : 8;
    for (size_t i = 0; i < width; i++)
        head[1 + i] = (unsigned char)((uint64_t)size >> (8 * i));
    if (width > 0)
        head[0] = width == 2 ? 252 : width == 3 ? 253 : 254;
    add(packet, value, head, 1 + width);
    buffer_add(&packet->bytes, bytes, size);
}

static int
take(struct packet *packet, size_t size)
{
    // Where nothing may be read beyond it.
    static char *copy;
    memory_free(&copy);
    copy = memory_get(size + 1);
    copy = memory_resize(copy, size ? size : 1);
    memcpy(copy, packet->bytes.data, size);
    return mysql_value_take_row(packet->values, packet->count, copy, size);
}

static int
keep(void *self, const void *data, size_t size, struct error *error)
{
    (void)error;
    buffer_add(self, data, size);
    return 0;
}

struct written {
    struct buffer text;
    struct mysql_row_part part;
};

// The writers are kept, as they take long to make.
static mysql_row_t *writers[2];
static struct buffer held;

static int
fail_row(mysql_row_t **row)
{
    mysql_row_destroy(row);
    buffer_clear(&held);
    return -1;
}

static int
write_row(const struct packet *packet, enum mysql_row_form form, int at_once,
          struct written *written, struct error *error)
{
    mysql_row_t **row_p = &writers[form == MYSQL_LINES];
    struct mysql_row_target target = {.self = &held, .write = keep};
    if (!*row_p)
        *row_p = mysql_row_new(form, &target);
    mysql_row_t *row = *row_p;
    mysql_row_begin_table(row, "");
    int status = mysql_row_begin(row, error);
    if (at_once && status == 0)
        status = mysql_value_add_all(packet->values, packet->count, row, error);
    for (size_t i = 0; !at_once && status == 0 && i < packet->count; i++)
        status = mysql_value_add(&packet->values[i], row, error);
    if (status || mysql_row_end(row, NULL, error) ||
        mysql_row_end_table(row, &written->part, error) || mysql_row_flush(row, error))
        return fail_row(row_p);
    written->text = held;
    held = (struct buffer){0};
    return 0;
}

static int
end_all(void **state)
{
    (void)state;
    mysql_row_destroy(&writers[0]);
    mysql_row_destroy(&writers[1]);
    return 0;
}

// The row as a line; both ways to write it must give the same.
static void
assert_line(struct packet *packet, const char *line, size_t size)
{
    struct error error = {0};
    struct written one = {0}, other = {0};
    assert_int_equal(take(packet, packet->bytes.size), 0);
    if (write_row(packet, MYSQL_LINES, 1, &one, &error) ||
        write_row(packet, MYSQL_LINES, 0, &other, &error))
        fail_msg("%s", error.message);
    assert_int_equal(one.text.size, other.text.size);
    assert_memory_equal(one.text.data, other.text.data, one.text.size);
    assert_memory_equal(&one.part, &other.part, sizeof one.part);
    if (line) {
        assert_int_equal(one.text.size, size);
        assert_memory_equal(one.text.data, line, size);
    }
    buffer_clear(&one.text);
    buffer_clear(&other.text);
}

// One value, and its text.
static void
assert_text(struct mysql_value value, int is_sized, const void *bytes, size_t size,
            const char *text)
{
    struct packet packet = {0};
    begin(&packet, 1);
    if (is_sized)
        add_sized(&packet, value, bytes, size);
    else
        add(&packet, value, bytes, size);
    CLEAN(memory_free) char *line = memory_format("%s\n", text);
    assert_line(&packet, line, strlen(line));
    clear(&packet);
}

static void
assert_none(struct mysql_value value, int is_sized, const void *bytes, size_t size)
{
    struct packet packet = {0};
    struct error error = {0};
    begin(&packet, 1);
    if (is_sized)
        add_sized(&packet, value, bytes, size);
    else
        add(&packet, value, bytes, size);
    assert_int_equal(take(&packet, packet.bytes.size), 0);
    for (int at_once = 0; at_once <= 1; at_once++) {
        struct written written = {0};
        assert_int_equal(write_row(&packet, MYSQL_LINES, at_once, &written, &error), -1);
        assert_int_equal(error.code, ERROR_CORRUPT);
        buffer_clear(&written.text);
    }
    clear(&packet);
}

static void
integers_of_each_width_keep_their_sign(void **state)
{
    (void)state;
    static const struct {
        uint8_t width, is_unsigned;
        const char *bytes, *text;
    } cases[] = {{1, 0, "\x80", "-128"},
                 {1, 1, "\x80", "128"},
                 {1, 0, "\x07", "7"},
                 {2, 0, "\xff\xff", "-1"},
                 {2, 1, "\xff\xff", "65535"},
                 {2, 0, "\x39\x30", "12345"},
                 {4, 0, "\x00\x00\x80\xff", "-8388608"},
                 {4, 1, "\xff\xff\xff\x00", "16777215"},
                 {4, 0, "\x00\x00\x00\x80", "-2147483648"},
                 {4, 1, "\x00\x00\x00\x80", "2147483648"},
                 {8, 0, "\0\0\0\0\0\0\0\x80", "-9223372036854775808"},
                 {8, 1, "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"},
                 {8, 0, "\x00\xe1\xf5\x05\0\0\0\0", "100000000"},
                 {8, 1, "\0\0\0\0\0\0\0\0", "0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mysql_value value = {.kind = MYSQL_VALUE_INTEGER,
                                    .width = cases[i].width,
                                    .is_unsigned = cases[i].is_unsigned};
        assert_text(value, 0, cases[i].bytes, cases[i].width, cases[i].text);
        value.data = cases[i].bytes;
        CLEAN(memory_free)
        char *text = value.is_unsigned
                         ? memory_format("%llu", (unsigned long long)mysql_value_integer(&value))
                         : memory_format("%lld", (long long)mysql_value_integer(&value));
        assert_string_equal(text, cases[i].text);
    }
}

static void
years_have_four_digits(void **state)
{
    (void)state;
    const struct mysql_value value = {.kind = MYSQL_VALUE_YEAR, .width = 2, .is_unsigned = 1};
    assert_text(value, 0, "\0\0", 2, "0000");
    assert_text(value, 0, "\x6b\x08", 2, "2155");
    assert_none(value, 0, "\x10\x27", 2);
}

static void
floating_point_numbers_are_the_shortest_that_read_back(void **state)
{
    (void)state;
    static const double doubles[] = {0.1, -2.5, 1e22, 123456.789, 5e-324};
    static const char *const texts[] = {"0.1", "-2.5", "1e+22", "123456.789",
                                        "4.94065645841247e-324"};
    const float single = 0.3F;
    const double widened = 0.3F;
    struct mysql_value value = {.kind = MYSQL_VALUE_DOUBLE, .width = 8};
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++)
        assert_text(value, 0, &doubles[i], sizeof doubles[i], texts[i]);
    value.kind = MYSQL_VALUE_SINGLE;
    assert_text(value, 0, &widened, sizeof widened, "0.3");
    value.width = 4;
    assert_text(value, 0, &single, sizeof single, "0.3");
}

static void
decimals_are_as_they_come_and_no_longer_than_a_server_has(void **state)
{
    (void)state;
    char digits[101];
    const struct mysql_value value = {.kind = MYSQL_VALUE_DECIMAL};
    memset(digits, '7', sizeof digits);
    assert_text(value, 1, "-00012.3400", 11, "-00012.3400");
    assert_text(value, 1, "0", 1, "0");
    assert_text(value, 1, "", 0, "");
    assert_none(value, 1, digits, sizeof digits);
    assert_none(value, 1, "1\t2", 3);
    assert_none(value, 1, "1);--", 5);
}

static void
times_are_text_or_none(void **state)
{
    (void)state;
    struct mysql_value value = {.kind = MYSQL_VALUE_DATETIME, .decimals = 2};
    char text[MYSQL_VALUE_TIME_SIZE];
    assert_text(value, 1, "\x01\x00\x01\x01\0\0\x01\xa0\x86\x01\0", 11, "0001-01-01 00:00:01.10");
    assert_none(value, 1, "\xea\x07\x0b\x17\x17", 5);
    value = (struct mysql_value){.kind = MYSQL_VALUE_TIME, .data = "", .size = 0};
    assert_text(value, 1, "\1\x22\0\0\0\x16\x3b\x3b", 8, "-838:59:59");
    assert_int_equal(mysql_value_print_time(&value, text), 8);
    assert_memory_equal(text, "00:00:00", 8);
    value = (struct mysql_value){.kind = MYSQL_VALUE_DATE, .data = "\xff\xff\x01\x01", .size = 4};
    assert_int_equal(mysql_value_print_time(&value, text), 0);
    assert_none(value, 1, "\xff\xff\x01\x01", 4);
}

static void
bytes_of_every_length_come_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,    1,     3,     4,     7,     8,       15,       16,
                                   17,   31,    33,    250,   251,   4096,    65535,    65536,
                                   8191, 24000, 24575, 24577, 49152, 1 << 20, 16777215, 16777216};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct packet packet = {0};
        CLEAN(memory_free) char *bytes = memory_get(sizes[i] + 1);
        CLEAN(memory_free) char *line = memory_get(2 * sizes[i] + 8);
        size_t used = 0;
        for (size_t at = 0; at < sizes[i]; at++) {
            bytes[at] = (char)(at % 23 == 22 ? '\\' : 'a' + at % 23);
            if (bytes[at] == '\\')
                line[used++] = '\\';
            line[used++] = bytes[at];
        }
        line[used++] = '\t';
        line[used++] = '1';
        line[used++] = '\n';
        begin(&packet, 2);
        add_sized(&packet, (struct mysql_value){.kind = MYSQL_VALUE_BYTES, .style = text_style},
                  bytes, sizes[i]);
        add(&packet, (struct mysql_value){.kind = MYSQL_VALUE_INTEGER, .width = 1}, "\1", 1);
        assert_line(&packet, line, used);
        clear(&packet);
    }
}

static void
nulls_are_where_their_bits_are(void **state)
{
    (void)state;
    struct packet packet = {0};
    const struct mysql_value number = {.kind = MYSQL_VALUE_INTEGER, .width = 1};
    struct buffer line = {0};
    begin(&packet, 600);  // more than are written at once, too
    for (size_t i = 0; i < 600; i++) {
        if (i > 0)
            buffer_add(&line, "\t", 1);
        buffer_add(&line, i % 3 ? "5" : "\\N", i % 3 ? 1 : 2);
        if (i % 3)
            add(&packet, number, "\5", 1);
        else
            add_null(&packet, number);
    }
    buffer_add(&line, "\n", 1);
    assert_line(&packet, line.data, line.size);
    buffer_clear(&line);
    clear(&packet);
}

static void
a_row_of_many_long_fields_is_the_same_both_ways(void **state)
{
    (void)state;
    struct packet packet = {0};
    char bytes[1000];
    memset(bytes, '\t', sizeof bytes);
    for (size_t count = 1; count < 256; count += 17) {
        begin(&packet, count);
        for (size_t i = 0; i < count; i++)
            add_sized(&packet, (struct mysql_value){.kind = MYSQL_VALUE_BYTES, .style = byte_style},
                      bytes, i % 5 == 0 ? sizeof bytes : i);
        assert_line(&packet, NULL, 0);
    }
    clear(&packet);
}

static void
a_statement_has_the_same_values(void **state)
{
    (void)state;
    struct packet packet = {0};
    struct written written = {0};
    struct error error = {0};
    begin(&packet, 3);
    add(&packet, (struct mysql_value){.kind = MYSQL_VALUE_INTEGER, .width = 1}, "\xff", 1);
    add_sized(&packet, (struct mysql_value){.kind = MYSQL_VALUE_BYTES, .style = byte_style},
              "it's\t", 5);
    add_sized(&packet, (struct mysql_value){.kind = MYSQL_VALUE_DATE}, "", 0);
    assert_int_equal(take(&packet, packet.bytes.size), 0);
    assert_int_equal(write_row(&packet, MYSQL_INSERTS, 1, &written, &error), 0);
    static const char expected[] = "\n(-1,_binary'it\\'s\t','0000-00-00');\n";
    assert_int_equal(written.text.size, sizeof expected - 1);
    assert_memory_equal(written.text.data, expected, sizeof expected - 1);
    buffer_clear(&written.text);
    clear(&packet);
}

static void
a_packet_that_is_cut_anywhere_is_no_row(void **state)
{
    (void)state;
    struct packet packet = {0};
    char bytes[300] = {0};
    begin(&packet, 4);
    add(&packet, (struct mysql_value){.kind = MYSQL_VALUE_INTEGER, .width = 8}, "12345678", 8);
    add_sized(&packet, (struct mysql_value){.kind = MYSQL_VALUE_BYTES}, bytes, sizeof bytes);
    add_null(&packet, (struct mysql_value){.kind = MYSQL_VALUE_BYTES});
    add_sized(&packet, (struct mysql_value){.kind = MYSQL_VALUE_TIME}, "", 0);
    for (size_t size = 0; size < packet.bytes.size; size++)
        assert_int_equal(take(&packet, size), -1);
    assert_int_equal(take(&packet, packet.bytes.size), 0);
    buffer_add(&packet.bytes, "", 1);
    assert_int_equal(take(&packet, packet.bytes.size), -1);
    packet.bytes.data[0] = 1;
    assert_int_equal(take(&packet, packet.bytes.size - 1), -1);
    clear(&packet);
}

static void
absurd_sizes_are_no_row(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {{"\xfb", 1},          // an SQL NULL of the text protocol
                 {"\xff", 1},          // an error
                 {"\xfc", 1},          // the size of a size, cut
                 {"\xfc\x01", 2},      // the same
                 {"\xfd\x01\x01", 3},  // the same
                 {"\xfc\xff\xff", 3},
                 {"\xfd\xff\xff\xff", 4},
                 {"\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 9},
                 {"\xfe\xf7\xff\xff\xff\xff\xff\xff\xff", 9},
                 {"\xfe\0\0\0\0\0\0\0\x80", 9}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct packet packet = {0};
        begin(&packet, 1);
        add(&packet, (struct mysql_value){.kind = MYSQL_VALUE_BYTES}, cases[i].bytes,
            cases[i].size);
        assert_int_equal(take(&packet, packet.bytes.size), -1);
        clear(&packet);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_each_width_keep_their_sign),
        cmocka_unit_test(years_have_four_digits),
        cmocka_unit_test(floating_point_numbers_are_the_shortest_that_read_back),
        cmocka_unit_test(decimals_are_as_they_come_and_no_longer_than_a_server_has),
        cmocka_unit_test(times_are_text_or_none),
        cmocka_unit_test(bytes_of_every_length_come_whole),
        cmocka_unit_test(nulls_are_where_their_bits_are),
        cmocka_unit_test(a_row_of_many_long_fields_is_the_same_both_ways),
        cmocka_unit_test(a_statement_has_the_same_values),
        cmocka_unit_test(a_packet_that_is_cut_anywhere_is_no_row),
        cmocka_unit_test(absurd_sizes_are_no_row),
    };
    return cmocka_run_group_tests(tests, NULL, end_all);
}
