#include "worker/engine/tls_advice.h"

#include <string.h>

#include "tests/check.h"

static void
each_librarys_words_have_their_advice(void **state)
{
    (void)state;
    static const struct {
        const char *said, *advice;
    } rows[] = {
        {"TLS/SSL error: unable to get local issuer certificate", "name the CA"},
        {"TLS/SSL error: self-signed certificate in certificate chain", "name the CA"},
        {"SSL error: certificate verify failed", "name the CA"},
        {"TLS/SSL error: certificate has expired", "renew"},
        {"TLS/SSL error: Validation of SSL server certificate failed", "another name"},
        {"server certificate for \"a\" does not match host name \"b\"", "another name"},
        {"SSL is required, but the server does not support it", "turn TLS on"},
        {"server does not support SSL, but SSL was required", "turn TLS on"},
        {"something new", "the server must speak TLS"},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        const char *advice = tls_advice(rows[index].said);
        if (strncmp(advice, " (", 2) != 0 || !strstr(advice, rows[index].advice))
            fail_msg("%s:%s", rows[index].said, advice);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_librarys_words_have_their_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
