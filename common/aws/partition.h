// Partitions of AWS: worlds of their own, with their own accounts, regions and host names. And
// ARNs, which name the partition first.

#pragma once

#include "common/error.h"

enum { AWS_NAME_SIZE = 64, AWS_ARN_MAX = 2048 };

struct aws_partition {
    const char *name;           // "aws", "aws-cn", "aws-us-gov" ...
    const char *region_prefix;  // what its regions begin with; "" for aws, which has all others
    const char *suffix;         // of host names: "amazonaws.com"
    const char *region;         // where STS and EC2 are always enabled
    const char *global_region;  // where its Organizations are
};

// By a region's name; an unknown one is of `aws`. Never NULL.
const struct aws_partition *aws_partition_of_region(const char *region);

// NULL if there is no partition of that name.
const struct aws_partition *aws_partition_named(const char *name);

struct aws_arn {
    char partition[AWS_NAME_SIZE];
    char service[AWS_NAME_SIZE];
    char region[AWS_NAME_SIZE];   // "" if it has none (IAM)
    char account[AWS_NAME_SIZE];  // "" if it has none
    char resource[AWS_ARN_MAX];   // "role/dbhaul", "secret:rds!db-..."
};

// "arn:partition:service:region:account:resource". ERROR_INVALID if it is none, or of a partition
// that is not in the table.
int aws_arn_parse(const char *text, struct aws_arn *arn, struct error *error);

// Whether a text may be a region's name: it becomes part of a host's.
int aws_region_is_valid(const char *region);
