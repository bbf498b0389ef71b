// Whatever an answer that is no success has for a body: a fault of clean texts, and an outcome.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/aws/outcome.h"
#include "common/clean.h"
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
    struct aws_fault fault;
    CLEAN(memory_free) char *body = memory_get(size + 1);
    if (size > 0)
        memcpy(body, data, size);
    aws_fault_read(&fault, body, size);
    require(strlen(fault.code) < AWS_CODE_SIZE && strlen(fault.message) < AWS_MESSAGE_SIZE);
    for (const char *c = fault.code; *c; c++)
        require((unsigned char)*c > ' ');
    for (const char *c = fault.message; *c; c++)
        require((unsigned char)*c >= ' ');
    for (int status = 100; status < 600; status += 1 + status % 7) {
        enum aws_outcome outcome = aws_fault_classify(fault.code, status);
        require(outcome > AWS_DONE && outcome < AWS_CANCELLED);
        require(*aws_outcome_name(outcome) && aws_outcome_error(outcome) != ERROR_NONE);
    }
    aws_fault_set_code(&fault, body);
    require(strlen(fault.code) < AWS_CODE_SIZE);
    return 0;
}
