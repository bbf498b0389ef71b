// What RDS says of one database server, an instance or a cluster: of it what a backup needs. A
// plain record, filled element by element; every text and number has a limit.

#pragma once

#include <stdint.h>

#include "common/error.h"

enum aws_rds_list { AWS_RDS_INSTANCES, AWS_RDS_CLUSTERS };

// Texts are never NULL ("" = not said).
struct aws_server {
    char *name, *arn, *resource_id, *engine, *version, *status;
    char *mode;                        // of a cluster: "serverless" is Aurora Serverless version 1
    char *host;                        // of a cluster: its writer
    char *reader_host;                 // of a cluster
    char *cluster;                     // that an instance is a member of
    char *replica_of;                  // name or ARN of an instance or a cluster
    char *secret_arn, *secret_status;  // of the password that RDS manages
    char *tags;                        // JSON object of texts, keys sorted
    int64_t port, size_gib;
    int64_t capacity;  // of Aurora Serverless version 1; -1: not said
    int64_t members;   // of a cluster
    int has_iam;       // IAM authentication is enabled
    int is_ill;        // a replica that does not replicate
};

struct aws_server *aws_server_new(void);
void aws_server_destroy(struct aws_server **self_p);

// Takes an element by its path beneath the server, "Endpoint/Port". What is not of interest is
// passed over. ERROR_INVALID if it is beyond its limit.
int aws_server_take(struct aws_server *self, enum aws_rds_list list, const char *path,
                    const char *text, struct error *error);
