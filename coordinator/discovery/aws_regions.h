// The regions that are enabled for an account: reads the answer of EC2's DescribeRegions, hostile
// until checked.

#pragma once

#include <stddef.h>

#include "common/aws/partition.h"
#include "common/error.h"

enum { AWS_REGIONS_MAX = 200, AWS_REGIONS_SIZE_MAX = 1 << 20 };

struct aws_regions {
    char names[AWS_REGIONS_MAX][AWS_NAME_SIZE];
    size_t count;
};

int aws_regions_parse(struct aws_regions *self, const char *text, size_t size, struct error *error);
