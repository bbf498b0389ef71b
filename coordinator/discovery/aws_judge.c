#include "coordinator/discovery/aws_judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/aws/partition.h"
#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "coordinator/discovery/aws_status.h"

enum { GIB_SHIFT = 30, TAGS_SIZE_MAX = 1 << 20, TAGS_KEPT_MAX = 48 << 10 };

// Ours for AWS's; any other is kept as it is and not supported.
static const struct {
    const char *theirs, *ours;
    int is_aurora;
} engines[] = {
    {"mysql", "mysql", 0},        {"mariadb", "mariadb", 0}, {"postgres", "postgres", 0},
    {"aurora-mysql", "mysql", 1}, {"aurora", "mysql", 1},    {"aurora-postgresql", "postgres", 1},
};

struct judge {
    const struct provider_arguments *arguments;
    const struct aws_place *place;
    const aws_rds_t *instances, *clusters;
    void (*found)(void *context, struct database **database_p, const char *source_arn);
    void *context;
};

// ---- texts

static const char *
value_of(const char *start, size_t size, const struct aws_place *place, const char *name)
{
    const struct {
        const char *key, *value;
    } values[] = {{"{partition}", place->partition},
                  {"{account}", place->account},
                  {"{region}", place->region},
                  {"{name}", name}};
    for (size_t index = 0; index < sizeof values / sizeof *values; index++) {
        if (strlen(values[index].key) == size && strncmp(start, values[index].key, size) == 0)
            return values[index].value;
    }
    return NULL;
}

char *
aws_judge_fill(const char *text, const struct aws_place *place, const char *name)
{
    char *filled = NULL;
    size_t filled_size = 0;
    FILE *out = open_memstream(&filled, &filled_size);
    if (!out)
        abort();
    while (*text) {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        const char *value = end ? value_of(text, (size_t)(end - text) + 1, place, name) : NULL;
        if (value)
            fputs(value, out);
        else
            fputc(*text, out);
        text = value ? end + 1 : text + 1;
    }
    fclose(out);
    return filled;
}

// The server's own tags, and what AWS calls its engine: Aurora is MySQL or PostgreSQL to us.
static char *
tags_of(const struct aws_server *server)
{
    struct error ignored = {0};
    CLEAN(json_destroy) json_t *tags = NULL;
    if (json_parse(server->tags, strlen(server->tags), TAGS_SIZE_MAX, &tags, &ignored))
        tags = json_object();
    json_object_set_new(tags, "aws:engine", json_text(server->engine));
    char *text = json_print(tags);
    if (strlen(text) <= TAGS_KEPT_MAX)
        return text;
    free(text);
    return memory_copy_text("{}");
}

// ---- engines

static int
is_aurora(const struct aws_server *server)
{
    for (size_t index = 0; index < sizeof engines / sizeof *engines; index++) {
        if (strcmp(engines[index].theirs, server->engine) == 0)
            return engines[index].is_aurora;
    }
    return 0;
}

// NULL if we cannot extract from it.
static const char *
our_engine(const struct aws_server *server)
{
    for (size_t index = 0; index < sizeof engines / sizeof *engines; index++) {
        if (strcmp(engines[index].theirs, server->engine) == 0)
            return engines[index].ours;
    }
    return NULL;
}

// ---- what is read

static int
is_healthy_replica(const struct aws_server *replica, const struct aws_server *source)
{
    return strcmp(replica->replica_of, source->name) == 0 &&
           strcmp(replica->status, "available") == 0 && !replica->is_ill && *replica->host &&
           replica->port > 0 && !*replica->cluster && strcmp(replica->engine, source->engine) == 0;
}

// The first one by name, so that it is the same one each time.
static const struct aws_server *
choose_replica(const struct judge *self, const struct aws_server *source)
{
    const struct aws_server *best = NULL;
    for (size_t index = 0; index < aws_rds_count(self->instances); index++) {
        const struct aws_server *each = aws_rds_at(self->instances, index);
        if (is_healthy_replica(each, source) && (!best || strcmp(each->name, best->name) < 0))
            best = each;
    }
    return best;
}

// All endpoints, for policies that read from another than the account's configuration says.
static void
set_endpoints(const struct judge *self, struct database *database, const struct aws_server *server,
              int is_cluster)
{
    const struct aws_server *replica = is_cluster ? NULL : choose_replica(self, server);
    int has_reader = is_cluster && *server->reader_host && server->members > 1;
    if (!*server->host || *server->replica_of)
        return;
    CLEAN(memory_free)
    char *primary = memory_format("primary=%s:%" PRId64, server->host, server->port);
    CLEAN(memory_free)
    char *reader = has_reader
                       ? memory_format(" reader=%s:%" PRId64, server->reader_host, server->port)
                       : memory_copy_text("");
    CLEAN(memory_free)
    char *copy = replica ? memory_format(" replica=%s:%" PRId64, replica->host, replica->port)
                         : memory_copy_text("");
    CLEAN(memory_free) char *all = memory_format("%s%s%s", primary, reader, copy);
    record_set(&database->endpoints, has_reader || replica ? all : "");
}

static void
set_source(const struct judge *self, struct database *database, const struct aws_server *server,
           int is_cluster)
{
    enum read_from wish = self->arguments->read_from;
    record_set(&database->host, server->host);
    database->port = server->port;
    if (is_cluster) {
        int is_reader = wish != READ_FROM_WRITER && *server->reader_host && server->members > 1;
        record_set(&database->source, is_reader ? "reader" : "writer");
        if (is_reader)
            record_set(&database->host, server->reader_host);
        return;
    }
    if (wish != READ_FROM_REPLICA || *server->replica_of)
        return;
    const struct aws_server *replica = choose_replica(self, server);
    CLEAN(memory_free)
    char *source =
        replica ? memory_format("replica %s", replica->name) : memory_copy_text("writer");
    record_set(&database->source, source);
    if (replica) {
        record_set(&database->host, replica->host);
        database->port = replica->port;
    }
}

// ---- what opens it

static int
is_usable(const char *secret_status)
{
    static const char *const usable[] = {"active", "rotating", "impaired"};
    for (size_t index = 0; index < sizeof usable / sizeof *usable; index++) {
        if (strcmp(usable[index], secret_status) == 0)
            return 1;
    }
    return 0;
}

static void
set_secret(const struct judge *self, struct database *database, const struct aws_server *server)
{
    const struct provider_arguments *arguments = self->arguments;
    CLEAN(memory_free) char *secret = NULL;
    if (*server->secret_arn && is_usable(server->secret_status))
        secret = memory_format("aws-secret:%s", server->secret_arn);
    else if (server->has_iam && *arguments->iam_user)
        secret = memory_format("rds-iam:%s", arguments->iam_user);
    else
        secret = aws_judge_fill(arguments->secret, self->place, server->name);
    record_set(&database->secret, secret);
    CLEAN(memory_free)
    char *role = aws_judge_fill(arguments->worker_role, self->place, server->name);
    record_set(&database->role_arn, role);
    if (*role)
        record_set(&database->external_id, arguments->worker_external_id);
}

// ---- what is against it

void
aws_judge_copy(struct database *database, const char *source)
{
    CLEAN(memory_free)
    char *reason = memory_format("it is a copy of '%.160s', which is listed itself", source);
    record_set(&database->skip_reason, reason);
}

// The account of a resource's ARN, if it is not the one that lists it: a cluster may be shared.
static const char *
other_owner(const struct judge *self, const struct aws_server *server, struct aws_arn *arn)
{
    struct error ignored = {0};
    int is_other = aws_arn_parse(server->arn, arn, &ignored) == 0 && *arn->account &&
                   strcmp(arn->account, self->place->account) != 0;
    return is_other ? arn->account : NULL;
}

// The name of the source if it is of this account and region; NULL if it is elsewhere.
static const char *
source_here(const struct judge *self, const char *replica_of, struct aws_arn *arn)
{
    struct error ignored = {0};
    if (strncmp(replica_of, "arn:", 4) != 0)
        return replica_of;
    if (aws_arn_parse(replica_of, arn, &ignored) ||
        strcmp(arn->account, self->place->account) != 0 ||
        strcmp(arn->region, self->place->region) != 0)
        return NULL;
    const char *colon = strchr(arn->resource, ':');
    return colon ? colon + 1 : NULL;
}

// Returns the ARN of a source that is elsewhere, or NULL.
static const char *
judge_replica(const struct judge *self, struct database *database, const struct aws_server *server)
{
    struct aws_arn arn;
    if (!*server->replica_of)
        return NULL;
    const char *name = source_here(self, server->replica_of, &arn);
    if (!name)
        return server->replica_of;
    const struct aws_server *source = aws_rds_find(self->instances, name);
    if (!source)
        source = aws_rds_find(self->clusters, name);
    if (!source)
        return NULL;  // it is not there any more
    if (strcmp(source->name, server->name) != 0)
        aws_judge_copy(database, source->name);
    return NULL;
}

static const char *
what_is_missing(const struct database *database, const struct aws_server *server, int is_cluster)
{
    int is_serverless = strcmp(server->mode, "serverless") == 0;
    if (is_cluster && server->members == 0 && !is_serverless)
        return "the cluster has no instance to connect to";
    if (!*database->host || database->port <= 0)
        return "it has no endpoint yet";
    if (*database->secret)
        return "";
    if (*server->secret_arn)
        return "RDS has not made its secret yet, and the provider's configuration names no other "
               "one: `secret`, or `iam_user`";
    return "nothing opens it: let RDS manage its password, or set `secret`, or `iam_user` with IAM "
           "authentication, in the provider's configuration";
}

// What is more than the state says, which is judged with the record. Returns as judge_replica.
static const char *
judge_server(const struct judge *self, struct database *database, const struct aws_server *server,
             int is_cluster)
{
    struct aws_arn arn;
    const char *ignored = "";
    const char *elsewhere = judge_replica(self, database, server);
    const char *owner = other_owner(self, server, &arn);
    if (!our_engine(server)) {
        record_set(&database->skip_reason, "");  // that is told first
        return NULL;
    }
    if (owner) {
        CLEAN(memory_free)
        char *reason =
            memory_format("it is shared by account %s, which it is to be backed up in", owner);
        record_set(&database->skip_reason, reason);
    }
    if (!*database->skip_reason && aws_status_judge(server->status, &ignored) != AWS_STATUS_SKIP)
        record_set(&database->skip_reason, what_is_missing(database, server, is_cluster));
    return elsewhere;
}

// ---- all

static void
set_identity(const struct judge *self, struct database *database, const struct aws_server *server)
{
    const struct aws_place *place = self->place;
    CLEAN(memory_free)
    char *id = *server->resource_id ? memory_format("%s:%s:%s:%s", place->partition, place->account,
                                                    place->region, server->resource_id)
                                    : memory_copy_text(server->arn);
    record_set(&database->provider, place->provider);
    record_set(&database->resource_id, id);
    record_set(&database->long_name, server->arn);
    record_set(&database->name, server->name);
    record_set(&database->account, place->account);
    record_set(&database->region, place->region);
}

static void
make(const struct judge *self, const struct aws_server *server, int is_cluster)
{
    CLEAN(database_destroy) struct database *database = database_new();
    const char *engine = our_engine(server);
    CLEAN(memory_free) char *tags = tags_of(server);
    int is_paused = strcmp(server->mode, "serverless") == 0 && server->capacity == 0 &&
                    strcmp(server->status, "available") == 0;
    set_identity(self, database, server);
    record_set(&database->engine, engine ? engine : server->engine);
    record_set(&database->version, server->version);
    record_set(&database->state, is_paused ? "paused" : server->status);
    record_set(&database->tags, tags);
    // What AWS calls the storage of Aurora means nothing.
    database->size_bytes = is_aurora(server) ? 0 : server->size_gib << GIB_SHIFT;
    set_source(self, database, server, is_cluster);
    set_endpoints(self, database, server, is_cluster);
    if (engine)
        set_secret(self, database, server);
    const char *elsewhere = judge_server(self, database, server, is_cluster);
    self->found(self->context, &database, elsewhere);
}

void
aws_judge(const struct provider_arguments *arguments, const struct aws_place *place,
          const aws_rds_t *instances, const aws_rds_t *clusters,
          void (*found)(void *context, struct database **database_p, const char *source_arn),
          void *context)
{
    struct judge judge = {arguments, place, instances, clusters, found, context};
    for (size_t index = 0; index < aws_rds_count(clusters); index++)
        make(&judge, aws_rds_at(clusters, index), 1);
    for (size_t index = 0; index < aws_rds_count(instances); index++) {
        // Clusters are asked after instances: the cluster of a member was listed, unless it is
        // deleted.
        if (!*aws_rds_at(instances, index)->cluster)
            make(&judge, aws_rds_at(instances, index), 0);
    }
}
