#include "worker/engine/digits.h"

enum { FOUR = 10000, EIGHT = 100000000 };  // the first numbers that do not fit so many digits

const char digits_pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

static char *
put_below_100(char *to, unsigned number)
{
    if (number >= 10)
        return digits_two(to, number);
    *to = (char)('0' + number);
    return to + 1;
}

static char *
put_below_10000(char *to, unsigned number)
{
    if (number < 100)
        return put_below_100(to, number);
    return digits_two(put_below_100(to, number / 100), number % 100);
}

char *
digits_number(char *to, uint64_t number)
{
    if (number < FOUR)
        return put_below_10000(to, (unsigned)number);
    if (number < EIGHT) {
        to = put_below_10000(to, (unsigned)number / FOUR);
        return digits_four(to, (unsigned)number % FOUR);
    }
    unsigned last = (unsigned)(number % EIGHT);
    to = digits_number(to, number / EIGHT);
    return digits_four(digits_four(to, last / FOUR), last % FOUR);
}
