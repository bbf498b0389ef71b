// Whatever Organizations answers: a page is refused, or its accounts have numbers of 12 digits.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/discovery/aws_accounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
try_caller(const char *text, size_t size)
{
    struct error error = {0};
    struct aws_caller caller;
    if (aws_caller_parse(&caller, text, size, &error))
        require(error.code == ERROR_INVALID && *error.message);
    else
        require(strlen(caller.account) == 12 && *caller.partition);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {0};
    CLEAN(aws_accounts_clear) struct aws_accounts accounts = {0};
    CLEAN(memory_free) char *token = NULL;
    try_caller((const char *)data, size);
    if (aws_accounts_parse(&accounts, (const char *)data, size, &token, &error)) {
        require(error.code == ERROR_INVALID && *error.message && !token);
        return 0;
    }
    require(!token || *token);
    for (size_t index = 0; index < accounts.count; index++) {
        require(strspn(accounts.items[index].id, "0123456789") == 12);
        require(strlen(accounts.items[index].state) < sizeof accounts.items[index].state);
    }
    return 0;
}
