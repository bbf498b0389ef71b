// Whatever EC2 answers: the list of regions is refused, or each of its names may be part of a
// host's.

#include <stdint.h>
#include <stdlib.h>

#include "coordinator/discovery/aws_regions.h"

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
    struct error error = {0};
    struct aws_regions regions;
    if (aws_regions_parse(&regions, (const char *)data, size, &error)) {
        require(error.code == ERROR_INVALID && *error.message);
        return 0;
    }
    require(regions.count > 0 && regions.count <= AWS_REGIONS_MAX);
    for (size_t index = 0; index < regions.count; index++)
        require(aws_region_is_valid(regions.names[index]));
    return 0;
}
