#include "coordinator/discovery/aws_rds.h"

#include <czmq.h>
#include <stdlib.h>
#include <string.h>

#include "common/aws/sign.h"
#include "common/clean.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/xml.h"
#include "coordinator/record.h"

enum {
    MARKER_MAX_BYTES = 65536,
    TAG_KEY_MAX_BYTES = 512,
    TAG_VALUE_MAX_BYTES = 1024,
    TAGS_MAX = 200,
};

static const struct shape {
    const char *action;
    const char *result;  // paths
    const char *server;
    const char *marker;
    const char *member;  // beneath a server
} shapes[] = {
    [AWS_RDS_INSTANCES] =
        {"DescribeDBInstances", "/DescribeDBInstancesResponse/DescribeDBInstancesResult",
         "/DescribeDBInstancesResponse/DescribeDBInstancesResult/DBInstances/DBInstance",
         "/DescribeDBInstancesResponse/DescribeDBInstancesResult/Marker", ""},
    [AWS_RDS_CLUSTERS] =
        {"DescribeDBClusters", "/DescribeDBClustersResponse/DescribeDBClustersResult",
         "/DescribeDBClustersResponse/DescribeDBClustersResult/DBClusters/DBCluster",
         "/DescribeDBClustersResponse/DescribeDBClustersResult/Marker",
         "DBClusterMembers/DBClusterMember"},
};

struct aws_rds {
    enum aws_rds_list list;
    const struct shape *shape;
    xml_t *xml;  // NULL between pages
    struct aws_server **servers;
    size_t count, capacity;
    zhashx_t *by_name;          // lent
    size_t page_count;          // servers before this page
    size_t pages;               // that have ended
    char *marker;               // of this page's call; "" for the first
    char *next_marker;          // that this page gave
    struct aws_server *server;  // that is being read; NULL between two
    json_t *tags;
    char *tag_key, *tag_value;
    int has_result;
};

// ---- the document

// What of the path is beneath the server that is being read, or NULL.
static const char *
beneath(const aws_rds_t *self, const char *path)
{
    size_t size = strlen(self->shape->server);
    if (!self->server || strncmp(path, self->shape->server, size) != 0 || path[size] != '/')
        return NULL;
    return path + size + 1;
}

static void
drop_server(aws_rds_t *self)
{
    aws_server_destroy(&self->server);
    json_destroy(&self->tags);
    memory_free(&self->tag_key);
    memory_free(&self->tag_value);
}

static int
begin_element(void *argument, const char *path, const char *name, struct error *error)
{
    aws_rds_t *self = argument;
    (void)name;
    if (strcmp(path, self->shape->result) == 0)
        self->has_result = 1;
    const char *inside = beneath(self, path);
    if (inside && *self->shape->member && strcmp(inside, self->shape->member) == 0)
        self->server->members++;
    if (strcmp(path, self->shape->server) != 0)
        return 0;
    if (self->count >= AWS_RDS_SERVERS_MAX)
        return error_set(error, ERROR_INVALID, "there are more than %d", AWS_RDS_SERVERS_MAX);
    self->server = aws_server_new();
    self->tags = json_object();
    return 0;
}

static int
end_tag(aws_rds_t *self, struct error *error)
{
    if (!self->tag_key)
        return 0;
    if (json_object_size(self->tags) >= TAGS_MAX)
        return error_set(error, ERROR_INVALID, "'%.64s' has more than %d tags", self->server->name,
                         TAGS_MAX);
    json_object_set_new(self->tags, self->tag_key,
                        json_text(self->tag_value ? self->tag_value : ""));
    memory_free(&self->tag_key);
    memory_free(&self->tag_value);
    return 0;
}

static int
set_tag(char **text_p, const char *text, size_t limit, struct error *error)
{
    if (strlen(text) > limit)
        return error_set(error, ERROR_INVALID, "a tag is longer than %zu bytes", limit);
    memory_free(text_p);
    *text_p = memory_copy_text(text);
    return 0;
}

static int
end_server(aws_rds_t *self, struct error *error)
{
    struct aws_server *server = self->server;
    if (!*server->name || (!*server->resource_id && !*server->arn))
        return error_set(error, ERROR_INVALID, "a server is listed without name or id");
    memory_free(&server->tags);
    server->tags = json_print(self->tags);
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 16;
        self->servers = memory_resize(self->servers, self->capacity * sizeof(struct aws_server *));
    }
    self->servers[self->count++] = STEAL(self->server);
    drop_server(self);
    return 0;
}

static int
end_inside(aws_rds_t *self, const char *inside, const char *text, struct error *error)
{
    if (strcmp(inside, "TagList/Tag/Key") == 0)
        return set_tag(&self->tag_key, text, TAG_KEY_MAX_BYTES, error);
    if (strcmp(inside, "TagList/Tag/Value") == 0)
        return set_tag(&self->tag_value, text, TAG_VALUE_MAX_BYTES, error);
    if (strcmp(inside, "TagList/Tag") == 0)
        return end_tag(self, error);
    return aws_server_take(self->server, self->list, inside, text, error);
}

static int
end_element(void *argument, const char *path, const char *name, const char *text,
            struct error *error)
{
    aws_rds_t *self = argument;
    (void)name;
    const char *inside = beneath(self, path);
    if (inside)
        return end_inside(self, inside, text, error);
    if (self->server && strcmp(path, self->shape->server) == 0)
        return end_server(self, error);
    if (strcmp(path, self->shape->marker) == 0)
        record_set(&self->next_marker, text);
    return 0;
}

// ---- pages

aws_rds_t *
aws_rds_new(enum aws_rds_list list)
{
    aws_rds_t *self = memory_get(sizeof *self);
    self->list = list;
    self->shape = &shapes[list];
    self->by_name = zhashx_new();
    record_set(&self->marker, "");
    record_set(&self->next_marker, "");
    return self;
}

void
aws_rds_destroy(aws_rds_t **self_p)
{
    aws_rds_t *self = *self_p;
    if (!self)
        return;
    drop_server(self);
    for (size_t index = 0; index < self->count; index++)
        aws_server_destroy(&self->servers[index]);
    zhashx_destroy(&self->by_name);
    xml_destroy(&self->xml);
    free(self->servers);
    free(self->marker);
    free(self->next_marker);
    free(self);
    *self_p = NULL;
}

const char *
aws_rds_action(const aws_rds_t *self)
{
    return self->shape->action;
}

char *
aws_rds_body(const aws_rds_t *self)
{
    CLEAN(memory_free) char *marker = aws_sign_encode(self->marker);
    return memory_format("MaxRecords=100%s%s", *marker ? "&Marker=" : "", marker);
}

int
aws_rds_take(void *argument, const void *data, size_t size, struct error *error)
{
    static const struct xml_handler handler = {.begin = begin_element, .end = end_element};
    static const struct xml_limits limits = {.size_max = AWS_RDS_PAGE_SIZE_MAX,
                                             .text_max = MARKER_MAX_BYTES};
    aws_rds_t *self = argument;
    if (!self->xml)
        self->xml = xml_new(&handler, self, &limits);
    return xml_feed(self->xml, data, size, error);
}

void
aws_rds_restart(void *argument)
{
    aws_rds_t *self = argument;
    drop_server(self);
    while (self->count > self->page_count)
        aws_server_destroy(&self->servers[--self->count]);
    record_set(&self->next_marker, "");
    self->has_result = 0;
    xml_destroy(&self->xml);
}

int
aws_rds_end_page(aws_rds_t *self, int *more, struct error *error)
{
    if (!self->xml)
        return error_set(error, ERROR_INVALID, "the answer is empty");
    if (xml_end(self->xml, error))
        return -1;
    xml_destroy(&self->xml);
    if (!self->has_result)
        return error_set(error, ERROR_INVALID, "the answer is none of %s", self->shape->action);
    *more = *self->next_marker != '\0';
    if (*more &&
        (strcmp(self->marker, self->next_marker) == 0 || ++self->pages >= AWS_RDS_PAGES_MAX))
        return error_set(error, ERROR_INVALID, "the pages of %s come to no end",
                         self->shape->action);
    for (; self->page_count < self->count; self->page_count++)
        zhashx_update(self->by_name, self->servers[self->page_count]->name,
                      self->servers[self->page_count]);
    free(self->marker);
    self->marker = self->next_marker;
    self->next_marker = memory_copy_text("");
    self->has_result = 0;
    return 0;
}

size_t
aws_rds_count(const aws_rds_t *self)
{
    return self->count;
}

const struct aws_server *
aws_rds_at(const aws_rds_t *self, size_t index)
{
    return self->servers[index];
}

const struct aws_server *
aws_rds_find(const aws_rds_t *self, const char *name)
{
    return zhashx_lookup(self->by_name, name);
}
