// Whatever text stands for an ARN, a region, an endpoint or base64: it is refused, or its parts are
// within their limits.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/aws/endpoint.h"
#include "common/aws/partition.h"
#include "common/aws/sign.h"
#include "common/base64.h"
#include "common/clean.h"
#include "common/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
try_endpoint(const char *text)
{
    const char *const environment[] = {NULL};
    struct error error = {0};
    CLEAN(aws_endpoint_clear) struct aws_endpoint endpoint = {0};
    if (aws_endpoint_find(&endpoint, text, environment, "rds", "eu-west-1", &error))
        require(error.code == ERROR_CONFIG && !endpoint.url);
    else
        require(endpoint.host && *endpoint.host && !strpbrk(endpoint.host, "/@?#{}"));
}

static void
try_query(const char *text)
{
    const struct aws_keys keys = {0};
    struct aws_sign_request request = {
        .method = "GET", .host = "h", .path = text, .query = text, .region = "r", .service = "s"};
    CLEAN(memory_free) char *canonical = aws_sign_canonical(&request, &keys);
    require(strncmp(canonical, "GET\n/", 5) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEAN(memory_free) char *text = memory_get(size + 1);
    if (size > 0)
        memcpy(text, data, size);
    struct aws_arn arn;
    struct error error = {0};
    if (aws_arn_parse(text, &arn, &error))
        require(error.code == ERROR_INVALID);
    else
        require(aws_partition_named(arn.partition) && *arn.resource &&
                (!*arn.region || aws_region_is_valid(arn.region)));
    char bytes[64];
    size_t decoded = 0;
    if (base64_decode(text, bytes, sizeof bytes, &decoded) == 0)
        require(decoded <= sizeof bytes && decoded <= strlen(text));
    try_endpoint(text);
    try_query(text);
    return 0;
}
