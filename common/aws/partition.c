#include "common/aws/partition.h"

#include <stdio.h>
#include <string.h>

// The longer prefixes first; the one that has the rest last.
static const struct aws_partition partitions[] = {
    {"aws-cn", "cn-", "amazonaws.com.cn", "cn-north-1", "cn-northwest-1"},
    {"aws-us-gov", "us-gov-", "amazonaws.com", "us-gov-west-1", "us-gov-west-1"},
    {"aws-iso", "us-iso-", "c2s.ic.gov", "us-iso-east-1", "us-iso-east-1"},
    {"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "us-isob-east-1", "us-isob-east-1"},
    {"aws-eusc", "eusc-", "amazonaws.eu", "eusc-de-east-1", "eusc-de-east-1"},
    {"aws", "", "amazonaws.com", "us-east-1", "us-east-1"},
};

enum { PARTITIONS = sizeof partitions / sizeof *partitions };

const struct aws_partition *
aws_partition_of_region(const char *region)
{
    size_t i = 0;
    while (strncmp(region, partitions[i].region_prefix, strlen(partitions[i].region_prefix)) != 0)
        i++;
    return &partitions[i];
}

const struct aws_partition *
aws_partition_named(const char *name)
{
    for (size_t i = 0; i < PARTITIONS; i++)
        if (strcmp(partitions[i].name, name) == 0)
            return &partitions[i];
    return NULL;
}

// Copies what is before the next colon and goes beyond it.
static int
take_part(const char **text, char part[AWS_NAME_SIZE])
{
    size_t size = strcspn(*text, ":");
    if ((*text)[size] != ':' || size >= AWS_NAME_SIZE)
        return -1;
    memcpy(part, *text, size);
    part[size] = '\0';
    *text += size + 1;
    return 0;
}

int
aws_arn_parse(const char *text, struct aws_arn *arn, struct error *error)
{
    struct aws_arn found = {0};
    char word[AWS_NAME_SIZE];
    const char *rest = text;
    if (take_part(&rest, word) || strcmp(word, "arn") != 0 || take_part(&rest, found.partition) ||
        take_part(&rest, found.service) || take_part(&rest, found.region) ||
        take_part(&rest, found.account) || !*rest || !*found.service)
        return error_set(error, ERROR_INVALID, "'%.128s' is no ARN (arn:partition:service:...)",
                         text);
    if (strlen(rest) >= sizeof found.resource)
        return error_set(error, ERROR_INVALID, "the ARN '%.128s...' is longer than %d bytes", text,
                         AWS_ARN_MAX);
    if (!aws_partition_named(found.partition))
        return error_set(error, ERROR_INVALID,
                         "the ARN '%.128s' is of the partition '%s', which is not known", text,
                         found.partition);
    if (*found.region && !aws_region_is_valid(found.region))
        return error_set(error, ERROR_INVALID, "the ARN '%.128s' names no region", text);
    snprintf(found.resource, sizeof found.resource, "%s", rest);
    *arn = found;
    return 0;
}

int
aws_region_is_valid(const char *region)
{
    size_t size = strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && size < AWS_NAME_SIZE && !region[size] && region[0] != '-' &&
           region[size - 1] != '-';
}
