// Values of COPY's binary form as text. tests/test_postgres_forms.c compares with real servers;
// here are the ways to fail, and floating-point numbers against exact arithmetic.

#include "worker/engine/postgres_value.h"

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "tests/check.h"
#include "worker/engine/postgres_escape.h"
#include "worker/engine/postgres_float.h"

static postgres_printer_t *printer;
static shortest_t *shortest;

static int
try(const struct postgres_type *type, const char *data, size_t size, struct postgres_value *value,
    struct error *error)
{
    // Where nothing may be read beyond it.
    char *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    int status = postgres_printer_print(printer, type, copy, size, value, error);
    static char kept[4096];
    if (status == 0) {
        assert_true(value->size <= sizeof kept);
        memcpy(kept, value->data, value->size);
        value->data = kept;
    }
    free(copy);
    return status;
}

#define PRINTS(kind, bytes, text) assert_prints(kind, 0, bytes, sizeof(bytes) - 1, text)
#define FAILS(kind, bytes) assert_fails(kind, 0, bytes, sizeof(bytes) - 1)
#define LIST_PRINTS(kind, bytes, text) assert_prints(kind, 1, bytes, sizeof(bytes) - 1, text)
#define LIST_FAILS(kind, bytes) assert_fails(kind, 1, bytes, sizeof(bytes) - 1)

static void
assert_prints(enum postgres_kind kind, int is_array, const char *data, size_t size,
              const char *text)
{
    struct error error = {0};
    struct postgres_value value;
    struct postgres_type type = {.kind = (uint8_t)kind, .is_array = (uint8_t)is_array};
    if (try(&type, data, size, &value, &error))
        fail_msg("%s: %s", text, error.message);
    if (value.size != strlen(text) || memcmp(value.data, text, value.size) != 0)
        fail_msg("'%.*s' is not '%s'", (int)value.size, value.data, text);
}

static void
assert_fails(enum postgres_kind kind, int is_array, const char *data, size_t size)
{
    struct error error = {0};
    struct postgres_value value;
    struct postgres_type type = {.kind = (uint8_t)kind, .is_array = (uint8_t)is_array};
    assert_int_equal(try(&type, data, size, &value, &error), -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
}

static void
values_are_printed_as_the_server_does(void **state)
{
    (void)state;
    PRINTS(POSTGRES_BOOLEAN, "\1", "t");
    PRINTS(POSTGRES_INT8, "\x80\0\0\0\0\0\0\0", "-9223372036854775808");
    PRINTS(POSTGRES_NUMERIC, "\0\2\0\0\x40\0\0\2\4\xd2\x13\x88", "-1234.50");
    PRINTS(POSTGRES_NUMERIC, "\0\1\xff\xfe\0\0\0\x0a\0\1", "0.0000000100");
    PRINTS(POSTGRES_NUMERIC, "\0\0\0\0\xd0\0\0\0", "Infinity");
    PRINTS(POSTGRES_DATE, "\x80\0\0\0", "-infinity");
    PRINTS(POSTGRES_DATE, "\xff\xf4\xdb\xf8", "0001-12-31 BC");
    PRINTS(POSTGRES_TIMETZ, "\0\0\0\x14\x1d\xd7\x60\0\xff\xff\xaf\x9c", "24:00:00+05:43");
    PRINTS(POSTGRES_INET, "\2\x18\1\4\x0a\1\2\0", "10.1.2.0/24");
    PRINTS(POSTGRES_BITS, "\0\0\0\3\xa0", "101");
    PRINTS(POSTGRES_BYTEA, "\0\xff", "\\x00ff");
    PRINTS(POSTGRES_JSONB, "\1{}", "{}");
    LIST_PRINTS(POSTGRES_TEXT,
                "\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\3\0\0\0\0\0\0\0\4nuLL\xff\xff\xff\xff\0\0\0\1\"",
                "[0:2]={\"nuLL\",NULL,\"\\\"\"}");
    LIST_PRINTS(POSTGRES_INT4, "\0\0\0\0\0\0\0\0\0\0\0\x17", "{}");
}

static void
what_is_no_value_is_refused(void **state)
{
    (void)state;
    FAILS(POSTGRES_INT4, "\0\0\0");
    FAILS(POSTGRES_INT4, "\0\0\0\0\0");
    FAILS(POSTGRES_JSONB, "");
    FAILS(POSTGRES_JSONB, "\2{}");
    FAILS(POSTGRES_NUMERIC, "\0\1\0\0\0\0\0\0");          // a digit is missing
    FAILS(POSTGRES_NUMERIC, "\0\1\0\0\0\0\0\0\x27\x10");  // 10000
    FAILS(POSTGRES_NUMERIC, "\xff\xff\0\0\0\0\0\0");      // -1 digits
    FAILS(POSTGRES_NUMERIC, "\0\0\0\0\0\1\0\0");          // no sign
    FAILS(POSTGRES_NUMERIC, "\0\0\0\0\0\0\x40\0");        // a scale too large
    FAILS(POSTGRES_DATE, "\x7f\xff\xff\xf0");
    FAILS(POSTGRES_TIME, "\xff\xff\xff\xff\xff\xff\xff\xff");
    FAILS(POSTGRES_TIMETZ, "\0\0\0\0\0\0\0\0\x7f\xff\xff\xff");
    FAILS(POSTGRES_TIMESTAMP, "\x80\0\0\0\0\0\0\1");
    FAILS(POSTGRES_INET, "\2\x21\0\4\x0a\1\2\0");
    FAILS(POSTGRES_INET, "\3\x20\0\4\x0a\1\2\0");
    FAILS(POSTGRES_BITS, "\0\0\0\x09\xa0");
    FAILS(POSTGRES_BITS, "\xff\xff\xff\xff\xa0");
    LIST_FAILS(POSTGRES_INT4, "\0\0\0\1\0\0\0\0\0\0\0\x17");
    LIST_FAILS(POSTGRES_INT4, "\0\0\0\7\0\0\0\0\0\0\0\x17");
    LIST_FAILS(POSTGRES_INT4, "\0\0\0\1\0\0\0\0\0\0\0\x17\x7f\xff\xff\xff\0\0\0\1");
    LIST_FAILS(POSTGRES_INT4, "\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\1\0\0\0\1\0\0\0\4\0\0");
    LIST_FAILS(POSTGRES_INT4, "\0\0\0\0\0\0\0\0\0\0\0\x17\0");
}

// ---- floating-point numbers

// Is the decimal number strictly nearer to this number than to its neighbours?
static int
is_within(const char *text, long double low, long double high)
{
    fesetround(FE_UPWARD);
    long double upper = strtold(text, NULL);
    fesetround(FE_DOWNWARD);
    long double lower = strtold(text, NULL);
    fesetround(FE_TONEAREST);
    return upper > low && lower < high;
}

// The decimal number of so few digits as lie between both, the nearest of them; by trying.
static void
find_shortest(char *text, size_t size, double number, long double low, long double high)
{
    for (int digits = 1;; digits++) {
        snprintf(text, size, "%.*e", digits - 1, number);
        if (is_within(text, low, high))
            return;
        // The nearest may be beyond the end that is nearer, and the next one not.
        char *end = strchr(text, 'e');
        int exponent = atoi(end + 1);
        long double next = strtold(text, NULL) + powl(10, exponent - digits + 1);
        char other[64];
        snprintf(other, sizeof other, "%.*Le", digits - 1, next);
        if (is_within(other, low, high)) {
            snprintf(text, size, "%s", other);
            return;
        }
    }
}

static void
assert_shortest(const char *got, size_t size, double number, long double low, long double high)
{
    char text[64] = "", wanted[64];
    memcpy(text, got, size);
    find_shortest(wanted, sizeof wanted, number, low, high);
    // As many digits, and the same decimal number.
    if (!is_within(text, low, high) || strtold(text, NULL) != strtold(wanted, NULL))
        fail_msg("%.17g is printed '%s', not '%s'", number, text, wanted);
}

static void
check_double(double number)
{
    char text[POSTGRES_FLOAT_SIZE];
    if (!(number > 0) || isinf(number) || number == DBL_MAX)
        return;
    long double middle = number;
    assert_shortest(text, postgres_float_double(shortest, text, number), number,
                    (middle + nextafter(number, 0)) / 2,
                    (middle + nextafter(number, INFINITY)) / 2);
}

static void
check_single(float number)
{
    char text[POSTGRES_FLOAT_SIZE];
    if (!(number > 0) || isinf(number) || number == FLT_MAX)
        return;
    long double middle = number;
    assert_shortest(text, postgres_float_single(shortest, text, number), (double)number,
                    (middle + nextafterf(number, 0)) / 2,
                    (middle + nextafterf(number, INFINITY)) / 2);
}

static void
floating_point_numbers_have_the_fewest_digits(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252;
    for (int exponent = -1074; exponent < 1024; exponent++) {
        double power = ldexp(1, exponent);
        check_double(power);
        check_double(nextafter(power, 0));
        check_double(nextafter(power, INFINITY));
        check_single((float)power);
        check_single(nextafterf((float)power, INFINITY));
    }
    for (int exponent = -323; exponent <= 308; exponent++) {
        double power = pow(10, exponent);
        check_double(power);
        check_double(nextafter(power, 0));
        check_double(nextafter(power, INFINITY));
        check_double(power * 3);
    }
    for (int index = 0; index < 20000; index++) {
        double number = 0;
        float single = 0;
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        uint32_t half = (uint32_t)(bits >> 33);
        uint64_t positive = bits >> 1;
        memcpy(&number, &positive, sizeof number);
        memcpy(&single, &half, sizeof single);
        check_double(number);
        check_single(single);
        check_double((double)(bits % 100000000) / 100);
        check_single((float)(bits % 100000) / 100);
        check_double((double)bits);
    }
}

static void
assert_double(double number, const char *wanted)
{
    char text[POSTGRES_FLOAT_SIZE + 1] = "";
    text[postgres_float_double(shortest, text, number)] = '\0';
    assert_string_equal(text, wanted);
}

static void
floating_point_numbers_have_a_point_or_an_e_where_the_server_has(void **state)
{
    (void)state;
    assert_double(0, "0");
    assert_double(-0.0, "-0");
    assert_double(NAN, "NaN");
    assert_double(-INFINITY, "-Infinity");
    assert_double(0.0001, "0.0001");
    assert_double(0.00001234, "1.234e-05");
    assert_double(999999999999999, "999999999999999");
    assert_double(1e15, "1e+15");
    assert_double(-1.5e300, "-1.5e+300");
    assert_double(5e-324, "5e-324");
    assert_double(DBL_MAX, "1.7976931348623157e+308");
    assert_double(1e23, "9.999999999999999e+22");  // what is halfway is not near enough
}

static void
what_copy_escapes_is_escaped_wherever_it_stands(void **state)
{
    (void)state;
    static const char odd[] = "\b\f\n\r\t\v\\", letters[] = "bfnrtv\\";
    for (size_t place = 0; place < 40; place++) {
        for (int byte = 0; byte < 256; byte++) {
            char data[40], to[80], wanted[80], copy[40];
            const char *found = byte ? strchr(odd, byte) : NULL;
            size_t last = (size_t)(found != NULL);
            for (size_t index = 0; index < sizeof data; index++)
                data[index] = wanted[index + (index > place) * last] = (char)('a' + index % 26);
            data[place] = wanted[place] = (char)byte;
            if (found)
                memcpy(wanted + place, (char[]){'\\', letters[found - odd]}, 2);
            for (size_t size = place + 1; size <= sizeof data; size++) {
                assert_int_equal(postgres_escape(to, data, size), size + last);
                assert_memory_equal(to, wanted, size + last);
                assert_int_equal(postgres_escape_twice(to, copy, data, size), size + last);
                assert_memory_equal(to, wanted, size + last);
                assert_memory_equal(copy, data, size);
            }
        }
    }
}

static int
start(void **state)
{
    (void)state;
    printer = postgres_printer_new();
    shortest = shortest_new();
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    postgres_printer_destroy(&printer);
    shortest_destroy(&shortest);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_printed_as_the_server_does),
        cmocka_unit_test(what_is_no_value_is_refused),
        cmocka_unit_test(floating_point_numbers_have_the_fewest_digits),
        cmocka_unit_test(floating_point_numbers_have_a_point_or_an_e_where_the_server_has),
        cmocka_unit_test(what_copy_escapes_is_escaped_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
