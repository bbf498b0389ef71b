// Answers of RDS in the form that AWS documents, and lists that are read from them.

#pragma once

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/discovery/aws_rds.h"
#include "tests/check.h"

#define INSTANCES(inside) \
    "<DescribeDBInstancesResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">" \
    "<DescribeDBInstancesResult>" inside "</DescribeDBInstancesResult>" \
    "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeDBInstancesResponse>"
#define CLUSTERS(inside) \
    "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters>" inside \
    "</DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>"
#define INSTANCE(id, more) \
    "<DBInstance><DBInstanceIdentifier>" id "</DBInstanceIdentifier><DbiResourceId>db-" id \
    "</DbiResourceId><DBInstanceArn>arn:aws:rds:eu-west-1:111122223333:db:" id \
    "</DBInstanceArn><Endpoint><Port>3306</Port><Address>" id \
    ".x.rds.amazonaws.com</Address></Endpoint><AllocatedStorage>20</AllocatedStorage>" more \
    "</DBInstance>"
#define CLUSTER(id, more) \
    "<DBCluster><DBClusterIdentifier>" id "</DBClusterIdentifier><DbClusterResourceId>cluster-" id \
    "</DbClusterResourceId><DBClusterArn>arn:aws:rds:eu-west-1:111122223333:cluster:" id \
    "</DBClusterArn><Endpoint>" id ".cluster-x.rds.amazonaws.com</Endpoint><ReaderEndpoint>" id \
    ".cluster-ro-x.rds.amazonaws.com</ReaderEndpoint><Port>3306</Port>" more "</DBCluster>"
#define ENGINE(engine) \
    "<Engine>" engine "</Engine><EngineVersion>8.0.35</EngineVersion>" \
    "<DBInstanceStatus>available</DBInstanceStatus><Status>available</Status>"
#define MEMBERS \
    "<DBClusterMembers><DBClusterMember><DBInstanceIdentifier>a</DBInstanceIdentifier>" \
    "<IsClusterWriter>true</IsClusterWriter></DBClusterMember><DBClusterMember>" \
    "<DBInstanceIdentifier>b</DBInstanceIdentifier></DBClusterMember></DBClusterMembers>"
#define SECRET(status) \
    "<MasterUserSecret><SecretArn>arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-1" \
    "</SecretArn><SecretStatus>" status "</SecretStatus></MasterUserSecret>"

static inline int
read_page(aws_rds_t *list, const char *text, int *more, struct error *error)
{
    // Byte by byte: an element may come in any number of pieces.
    for (size_t index = 0; text[index]; index++) {
        if (aws_rds_take(list, text + index, 1, error))
            return -1;
    }
    return aws_rds_end_page(list, more, error);
}

static inline aws_rds_t *
read_all(enum aws_rds_list kind, const char *text)
{
    struct error error = {0};
    int more = 0;
    aws_rds_t *list = aws_rds_new(kind);
    if (read_page(list, text, &more, &error))
        fail_msg("%s", error.message);
    assert_false(more);
    return list;
}
