// Whatever a job's message holds: it is read as findings, and they say the same when they are
// printed and read again.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/findings.h"
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
    CLEAN(memory_free) char *copy = memory_get(size + 1);
    memcpy(copy, data, size);
    CLEAN(findings_destroy) findings_t *findings = findings_read(copy);
    CLEAN(memory_free) char *text = findings_print(findings, 1 << 20);
    CLEAN(findings_destroy) findings_t *again = findings_read(text);
    CLEAN(memory_free) char *same = findings_print(again, 1 << 20);
    require(findings_count(findings) <= FINDINGS_MAX);
    require(findings_are_fatal(findings) == findings_are_fatal(again));
    require(strcmp(text, same) == 0);
    for (const char *c = text; *c; c++)
        require(*c == '\n' || ((unsigned char)*c >= ' ' && *c != 0x7f));
    return 0;
}
