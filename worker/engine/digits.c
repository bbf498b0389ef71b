#include "worker/engine/digits.h"

#include <endian.h>

static const uint64_t eight_end = 100000000;  // the first number that does not fit eight digits

const char digits_pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

static char *
put_eight(char *to, uint64_t number)
{
    uint64_t word = htole64(digits_eight(number));
    memcpy(to, &word, sizeof word);
    return to + sizeof word;
}

// How many digits a number below 100,000,000 has. Told by the number and not by its digits, so that
// where the next may stand is known before they are.
static unsigned
count_of(uint64_t number)
{
    static const uint32_t powers[] = {1,      10,      100,      1000,     10000,
                                      100000, 1000000, 10000000, 100000000};
    unsigned bits = 64 - (unsigned)__builtin_clzll(number | 1);
    unsigned count = (bits * 1233) >> 12;  // log10(2) * 4096
    return count + (number >= powers[count]);
}

// Without zeros at its beginning.
static char *
put_up_to_eight(char *to, uint64_t number)
{
    unsigned count = number > 0 ? count_of(number) : 1;
    uint64_t word = htole64(digits_eight(number) >> (64 - 8 * count));
    memcpy(to, &word, sizeof word);
    return to + count;
}

char *
digits_number(char *to, uint64_t number)
{
    if (number < eight_end)
        return put_up_to_eight(to, number);
    if (number < eight_end * eight_end)
        return put_eight(put_up_to_eight(to, number / eight_end), number % eight_end);
    to = put_up_to_eight(to, number / (eight_end * eight_end));
    number %= eight_end * eight_end;
    return put_eight(put_eight(to, number / eight_end), number % eight_end);
}
