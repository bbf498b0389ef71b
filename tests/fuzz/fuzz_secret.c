// Whatever a secret's value is, what is taken of it are two lines of text; and whatever a job names
// as one, what the rules let through is well-formed.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/credentials.h"
#include "common/memory.h"
#include "common/secret_aws.h"
#include "worker/cloud_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
read_as_value(const char *text, size_t size)
{
    struct error error = {0};
    CLEAN(credentials_clear) struct credentials credentials = {0};
    if (credentials_read(&credentials, text, size, "", &error)) {
        require(*error.message && !credentials.username && !credentials.password);
        return;
    }
    require(*credentials.username && *credentials.password);
    require(!strpbrk(credentials.username, "\r\n") && !strpbrk(credentials.password, "\r\n"));
    CLEAN(memory_free) char *copy = memory_copy_text(text);
    credentials_mask(&credentials, copy);
    require(strlen(copy) <= size);
}

static void
read_as_reference(const char *text)
{
    struct error error = {0};
    char region[64];
    secret_aws_endpoint_region(text, region, sizeof region);
    require(strlen(region) < sizeof region);
    if (secret_aws_check(text, &error) == 0)
        require(secret_aws_is(text) && !strpbrk(text, "\r\n' \""));
}

// The part before the first line's end is a pattern, the rest a text.
static void
match(const char *text)
{
    const char *end = strchr(text, '\n');
    if (!end)
        return;
    CLEAN(memory_free) char *pattern = memory_format("%.*s", (int)(end - text), text);
    const char *rest = end + 1;
    require(cloud_rules_match(rest, rest) || strpbrk(rest, "*?"));
    if (!cloud_rules_match(pattern, rest))
        return;
    size_t colons = 0, expected = 0;
    for (const char *at = rest; *at; at++)
        colons += *at == ':';
    for (const char *at = pattern; *at; at++)
        expected += *at == ':';
    require(colons == expected);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 8192)
        return 0;
    CLEAN(memory_free) char *text = memory_get(size + 1);
    memcpy(text, data, size);
    read_as_value(text, strlen(text));
    read_as_reference(text);
    match(text);
    return 0;
}
