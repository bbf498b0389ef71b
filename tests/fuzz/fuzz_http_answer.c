// Whatever lines an answer's headers have: dates and waits are in range or missing.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/http_answer.h"
#include "common/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEAN(memory_free) char *lines = memory_get(size + 1);
    if (size > 0)
        memcpy(lines, data, size);
    struct http_answer answer = {.headers = lines};
    char value[16];
    http_answer_read(&answer, INT64_C(1800000000000));
    require(answer.date_unix_ms >= 0);
    require(answer.retry_after_ms >= -1 && answer.retry_after_ms <= 86400000);
    if (http_header(&answer, "x", value, sizeof value))
        require(strlen(value) < sizeof value && !strpbrk(value, "\n"));
    return 0;
}
