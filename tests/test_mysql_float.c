#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "worker/engine/mysql_float.h"

enum { DRAWN = 200000 };

static shortest_t *shortest;

// As it is defined: the first precision whose text is read back as the same number.
static void
print_slowly(char text[MYSQL_FLOAT_SIZE], double number, int is_float)
{
    int digits = is_float ? 6 : 15, most = is_float ? 9 : 17;
    do {
        snprintf(text, MYSQL_FLOAT_SIZE, "%.*g", digits, number);
    } while (digits++ < most &&
             (is_float ? (double)strtof(text, NULL) != number : strtod(text, NULL) != number));
}

static void
check_double(double number)
{
    char text[MYSQL_FLOAT_SIZE], expected[MYSQL_FLOAT_SIZE];
    print_slowly(expected, number, 0);
    assert_int_equal(mysql_float_double(shortest, text, number), strlen(expected));
    assert_string_equal(text, expected);
}

static void
check_float(float number)
{
    char text[MYSQL_FLOAT_SIZE], expected[MYSQL_FLOAT_SIZE];
    print_slowly(expected, (double)number, 1);
    assert_int_equal(mysql_float_single(shortest, text, number), strlen(expected));
    assert_string_equal(text, expected);
}

static uint64_t
draw(uint64_t *state)
{
    uint64_t number = *state += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

static void
the_format_stays(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1.0, "1"},
                 {-2.5, "-2.5"},
                 {1e15, "1e+15"},
                 {123456789012345680.0, "1.2345678901234568e+17"},
                 {1e100, "1e+100"},
                 {0.0001, "0.0001"},
                 {0.00001, "1e-05"},
                 {0.30000000000000004, "0.30000000000000004"},
                 {9007199254740993.0, "9007199254740992"},
                 {0.0, "0"},
                 {-0.0, "-0"},
                 {5e-324, "4.94065645841247e-324"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[MYSQL_FLOAT_SIZE];
        mysql_float_double(shortest, text, cases[i].number);
        assert_string_equal(text, cases[i].text);
    }
}

static void
numbers_at_the_edges_are_as_printf_has_them(void **state)
{
    (void)state;
    static const double edges[] = {DBL_MAX, DBL_MIN, FLT_MAX, FLT_MIN, DBL_EPSILON, 1e16,  1e17,
                                   1e-20,   1e-21,   99999.5, 0.5,     2.0,         1024.0};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        check_double(edges[i]);
        check_double(-edges[i]);
        check_double(nextafter(edges[i], 0));
        check_double(nextafter(edges[i], INFINITY));
        if (edges[i] > FLT_MAX)
            continue;
        check_float((float)edges[i]);
        check_float(nextafterf((float)edges[i], 0));
        check_float(nextafterf((float)edges[i], FLT_MAX));
    }
    for (int power = -30; power < 30; power++) {
        check_double(pow(10, power));
        check_double(nextafter(pow(10, power), 0));
        check_double(ldexp(1, 3 * power));
        check_float(powf(10, (float)power));
    }
    // What lies halfway between two of these has few digits.
    for (int power = 50; power < 80; power++) {
        for (int step = 0; step < 2000; step++) {
            double base = ldexp(1, power);
            double round = base + (double)step * 1e10;
            check_double(round);
            check_double(nextafter(round, INFINITY));
            check_double(nextafter(round, 0));
            check_float((float)(ldexp(1, power - 30) + (double)step * 100));
        }
    }
}

static void
drawn_numbers_are_as_printf_has_them(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < DRAWN; i++) {
        uint64_t number = draw(&seed);
        double real = 0;
        memcpy(&real, &number, sizeof real);
        if (i % 4 == 1)
            real = (double)(number >> 11) / 9007199254740992.0;
        else if (i % 4 == 2)
            real = (double)(number % 100000000) / 100;
        else if (i % 4 == 3)
            real = ldexp((double)(number >> 11), -(int)(draw(&seed) % 140));
        if (!isfinite(real))
            continue;
        check_double(real);
        if (fabs(real) <= (double)FLT_MAX)
            check_float((float)real);
    }
}

static int
start(void **state)
{
    (void)state;
    shortest = shortest_new();
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    shortest_destroy(&shortest);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_format_stays),
        cmocka_unit_test(numbers_at_the_edges_are_as_printf_has_them),
        cmocka_unit_test(drawn_numbers_are_as_printf_has_them),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
