// Whatever RDS answers, in whatever pieces: it is refused, or it gives the same servers when it is
// read again, and each of them becomes a database within its limits. The first byte says which of
// the two lists it is, the second how long a piece.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "coordinator/discovery/aws_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TAGS_SIZE_MAX = 1 << 20 };

static void
require(int holds)
{
    if (!holds)
        abort();
}

static int
read_page(aws_rds_t *list, const uint8_t *data, size_t size, size_t piece, int *more)
{
    struct error error = {0};
    for (size_t at = 0; at < size; at += piece) {
        size_t step = size - at < piece ? size - at : piece;
        if (aws_rds_take(list, data + at, step, &error)) {
            require(error.code == ERROR_INVALID && *error.message);
            return -1;
        }
    }
    if (aws_rds_end_page(list, more, &error)) {
        require(error.code == ERROR_INVALID && *error.message);
        return -1;
    }
    return 0;
}

static void
take(void *context, struct database **database_p, const char *source_arn)
{
    struct error error = {0};
    struct database *database = *database_p;
    size_t *count = context;
    CLEAN(json_destroy) json_t *tags = NULL;
    require(*database->resource_id && *database->name && *database->provider);
    require(database->port >= 0 && database->port <= 65535 && database->size_bytes >= 0);
    require(json_parse(database->tags, strlen(database->tags), TAGS_SIZE_MAX, &tags, &error) == 0);
    require(!source_arn || *source_arn);
    ++*count;
    database_destroy(database_p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct provider_arguments arguments = {.worker_role = "arn:{account}",
                                                        .worker_external_id = "",
                                                        .secret = "{name}",
                                                        .iam_user = "haul",
                                                        .read_from = READ_FROM_REPLICA};
    static const struct aws_place place = {
        .provider = "aws:x", .partition = "aws", .account = "111122223333", .region = "eu-west-1"};
    if (size < 2)
        return 0;
    enum aws_rds_list kind = data[0] % 2 ? AWS_RDS_CLUSTERS : AWS_RDS_INSTANCES;
    size_t piece = (size_t)data[1] + 1;
    int more = 0;
    CLEAN(aws_rds_destroy) aws_rds_t *list = aws_rds_new(kind);
    CLEAN(aws_rds_destroy) aws_rds_t *other = aws_rds_new(AWS_RDS_CLUSTERS);
    CLEAN(aws_rds_destroy) aws_rds_t *none = aws_rds_new(AWS_RDS_INSTANCES);
    if (read_page(list, data + 2, size - 2, piece, &more)) {
        aws_rds_restart(list);
        require(aws_rds_count(list) == 0);
        return 0;
    }
    size_t servers = aws_rds_count(list);
    CLEAN(memory_free) char *body = aws_rds_body(list);
    require(strncmp(body, "MaxRecords=100", 14) == 0 && more == (strchr(body, '&') != NULL));
    if (read_page(list, data + 2, size - 2, SIZE_MAX / 2, &more) == 0)
        require(aws_rds_count(list) == 2 * servers);
    size_t databases = 0;
    aws_judge(&arguments, &place, kind == AWS_RDS_INSTANCES ? list : none,
              kind == AWS_RDS_CLUSTERS ? list : other, take, &databases);
    require(databases <= aws_rds_count(list));
    return 0;
}
