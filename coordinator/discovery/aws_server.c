#include "coordinator/discovery/aws_server.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "coordinator/record.h"

enum {
    NAME_MAX_BYTES = 255,
    ARN_MAX_BYTES = 2048,
    WORD_MAX_BYTES = 64,
    HOST_MAX_BYTES = 255,
    PORT_MAX = 65535,
    SIZE_GIB_MAX = 1 << 24,
    COUNT_MAX = 100000,
};

enum kind { TEXT, NUMBER, TRUE_FLAG, FALSE_FLAG };

// An element beneath a server, by its path from there.
struct field {
    const char *path;
    enum kind kind;
    size_t offset;
    int64_t limit;  // of bytes, or of a number
};

#define TEXT_AT(path, member, limit) \
    { \
        path, TEXT, offsetof(struct aws_server, member), limit \
    }
#define NUMBER_AT(path, member, limit) \
    { \
        path, NUMBER, offsetof(struct aws_server, member), limit \
    }

// clang-format off
static const struct field instance_fields[] = {
    TEXT_AT("DBInstanceIdentifier", name, NAME_MAX_BYTES),
    TEXT_AT("DBInstanceArn", arn, ARN_MAX_BYTES),
    TEXT_AT("DbiResourceId", resource_id, NAME_MAX_BYTES),
    TEXT_AT("Engine", engine, WORD_MAX_BYTES),
    TEXT_AT("EngineVersion", version, WORD_MAX_BYTES),
    TEXT_AT("DBInstanceStatus", status, WORD_MAX_BYTES),
    TEXT_AT("Endpoint/Address", host, HOST_MAX_BYTES),
    NUMBER_AT("Endpoint/Port", port, PORT_MAX),
    TEXT_AT("DBClusterIdentifier", cluster, NAME_MAX_BYTES),
    TEXT_AT("ReadReplicaSourceDBInstanceIdentifier", replica_of, ARN_MAX_BYTES),
    TEXT_AT("ReadReplicaSourceDBClusterIdentifier", replica_of, ARN_MAX_BYTES),
    TEXT_AT("MasterUserSecret/SecretArn", secret_arn, ARN_MAX_BYTES),
    TEXT_AT("MasterUserSecret/SecretStatus", secret_status, WORD_MAX_BYTES),
    {"IAMDatabaseAuthenticationEnabled", TRUE_FLAG, offsetof(struct aws_server, has_iam), 0},
    {"StatusInfos/DBInstanceStatusInfo/Normal", FALSE_FLAG, offsetof(struct aws_server, is_ill), 0},
    NUMBER_AT("AllocatedStorage", size_gib, SIZE_GIB_MAX),
    {0}};

static const struct field cluster_fields[] = {
    TEXT_AT("DBClusterIdentifier", name, NAME_MAX_BYTES),
    TEXT_AT("DBClusterArn", arn, ARN_MAX_BYTES),
    TEXT_AT("DbClusterResourceId", resource_id, NAME_MAX_BYTES),
    TEXT_AT("Engine", engine, WORD_MAX_BYTES),
    TEXT_AT("EngineVersion", version, WORD_MAX_BYTES),
    TEXT_AT("EngineMode", mode, WORD_MAX_BYTES),
    TEXT_AT("Status", status, WORD_MAX_BYTES),
    TEXT_AT("Endpoint", host, HOST_MAX_BYTES),
    TEXT_AT("ReaderEndpoint", reader_host, HOST_MAX_BYTES),
    NUMBER_AT("Port", port, PORT_MAX),
    TEXT_AT("ReplicationSourceIdentifier", replica_of, ARN_MAX_BYTES),
    TEXT_AT("MasterUserSecret/SecretArn", secret_arn, ARN_MAX_BYTES),
    TEXT_AT("MasterUserSecret/SecretStatus", secret_status, WORD_MAX_BYTES),
    {"IAMDatabaseAuthenticationEnabled", TRUE_FLAG, offsetof(struct aws_server, has_iam), 0},
    NUMBER_AT("Capacity", capacity, COUNT_MAX),
    NUMBER_AT("AllocatedStorage", size_gib, SIZE_GIB_MAX),
    {0}};
// clang-format on

struct aws_server *
aws_server_new(void)
{
    struct aws_server *self = memory_get(sizeof *self);
    char **texts[] = {&self->name,    &self->arn,          &self->resource_id, &self->engine,
                      &self->version, &self->status,       &self->mode,        &self->host,
                      &self->cluster, &self->reader_host,  &self->replica_of,  &self->secret_arn,
                      &self->tags,    &self->secret_status};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        record_set(texts[index], "");
    self->capacity = -1;
    return self;
}

void
aws_server_destroy(struct aws_server **self_p)
{
    struct aws_server *self = *self_p;
    if (!self)
        return;
    char *texts[] = {self->name,    self->arn,          self->resource_id, self->engine,
                     self->version, self->status,       self->mode,        self->host,
                     self->cluster, self->reader_host,  self->replica_of,  self->secret_arn,
                     self->tags,    self->secret_status};
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++)
        free(texts[index]);
    free(self);
    *self_p = NULL;
}

static int
read_number(const struct field *field, const char *text, int64_t *number, struct error *error)
{
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);  // Capacity may be 0.5
    if (end == text || *end || errno || !(value >= 0) || value > (double)field->limit)
        return error_set(error, ERROR_INVALID, "%s is '%.40s', not a number up to %" PRId64,
                         field->path, text, field->limit);
    *number = (int64_t)value + (value > (double)(int64_t)value);
    return 0;
}

static int
fill(struct aws_server *server, const struct field *field, const char *text, struct error *error)
{
    char *place = (char *)server + field->offset;
    switch (field->kind) {
    case TEXT:
        if (strlen(text) > (size_t)field->limit)
            return error_set(error, ERROR_INVALID, "%s is longer than %" PRId64 " bytes",
                             field->path, field->limit);
        char *copy = memory_copy_text(text);
        char *old = NULL;
        memcpy(&old, place, sizeof old);
        free(old);
        memcpy(place, &copy, sizeof copy);
        return 0;
    case NUMBER:
        return *text ? read_number(field, text, (int64_t *)(void *)place, error) : 0;
    case TRUE_FLAG:
        *(int *)(void *)place = strcmp(text, "true") == 0;
        return 0;
    case FALSE_FLAG:
    default:
        *(int *)(void *)place |= strcmp(text, "false") == 0;
        return 0;
    }
}

int
aws_server_take(struct aws_server *self, enum aws_rds_list list, const char *path, const char *text,
                struct error *error)
{
    const struct field *field = list == AWS_RDS_INSTANCES ? instance_fields : cluster_fields;
    for (; field->path; field++) {
        if (strcmp(path, field->path) == 0)
            return fill(self, field, text, error);
    }
    return 0;
}
