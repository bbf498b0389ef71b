// Makes databases of what RDS lists in one account and region: which server stands for which data,
// from where it is read, what opens it, and why one is not backed up. Nothing that is listed is
// dropped, but the members of a cluster are the cluster. Rules without I/O and clock.

#pragma once

#include "coordinator/discovery/aws_rds.h"
#include "coordinator/discovery/provider.h"

struct aws_place {
    const char *provider;  // "aws:<name>"
    const char *partition, *account, *region;
};

// Calls `found` for each database, which it takes over. `source_arn` is not NULL if it is a replica
// of what is elsewhere: whether that is listed is not known here.
void aws_judge(const struct provider_arguments *arguments, const struct aws_place *place,
               const aws_rds_t *instances, const aws_rds_t *clusters,
               void (*found)(void *context, struct database **database_p, const char *source_arn),
               void *context);

// Says that a database is a replica of that one.
void aws_judge_copy(struct database *database, const char *source);

// A template with {partition}, {account}, {region} and {name} filled in. The caller's.
char *aws_judge_fill(const char *text, const struct aws_place *place, const char *name);
