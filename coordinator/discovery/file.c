// The provider `file`: an inventory in YAML, read anew each time.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/config.h"
#include "common/json.h"
#include "common/memory.h"
#include "coordinator/discovery/provider.h"

struct provider_file {
    provider_t base;
    char *path;
};

static const char *const engines[] = {"mysql",  "mariadb", "postgres", "sqlserver",
                                      "oracle", "aurora",  "db2",      "neptune",
                                      "docdb",  "other",   NULL};

// clang-format off
static const struct config_key database_keys[] = {
    {.name = "id", .type = CONFIG_TEXT, .required = 1, .low = 1, .high = 511,
     .help = "stable id of the database (an ARN, say): never used for another one"},
    {.name = "name", .type = CONFIG_TEXT, .required = 1, .low = 1, .high = 255,
     .help = "what people call it"},
    {.name = "engine", .type = CONFIG_CHOICE, .choices = engines, .required = 1,
     .help = "kind of database"},
    {.name = "version", .type = CONFIG_TEXT, .high = 63, .help = "of the server: 8.0.36, 15.4"},
    {.name = "host", .type = CONFIG_TEXT, .high = 253, .help = "name or address to connect to"},
    {.name = "port", .type = CONFIG_INTEGER, .preset = "0", .low = 0, .high = 65535,
     .help = "0: the engine's usual one"},
    {.name = "reader", .type = CONFIG_TEXT, .high = 260,
     .help = "HOST:PORT of a reader endpoint, for policies that read from it"},
    {.name = "replicas", .type = CONFIG_TEXTS, .low = 1, .high = 16,
     .help = "HOST:PORT of replicas, the preferred one first"},
    {.name = "secret", .type = CONFIG_TEXT, .high = 2100,
     .help = "name of the secret that opens it, which the workers know how to get; or, if they "
             "allow it, aws-secret:ARN or rds-iam:USER"},
    {.name = "role", .type = CONFIG_TEXT, .high = 2048,
     .help = "AWS: ARN of the role that gets at the secret"},
    {.name = "external_id", .type = CONFIG_TEXT, .high = 1224,
     .help = "AWS: the external id that the role asks for"},
    {.name = "account", .type = CONFIG_TEXT, .high = 127, .help = "whose it is"},
    {.name = "region", .type = CONFIG_TEXT, .high = 63, .help = "where it is"},
    {.name = "state", .type = CONFIG_TEXT, .preset = "available", .low = 1, .high = 63,
     .help = "anything but `available` is not backed up"},
    {.name = "size", .type = CONFIG_SIZE, .preset = "0", .help = "of its storage"},
    {.name = "tags", .type = CONFIG_MAP_TEXT, .help = "name: text"},
    {0}};

static const struct config_key inventory_keys[] = {
    {.name = "databases", .type = CONFIG_LIST, .keys = database_keys, .required = 1,
     .help = "the estate"},
    {0}};
// clang-format on

static int
file_open(provider_t **self_p, const struct provider_arguments *arguments, struct error *error)
{
    if (!*arguments->path)
        return error_set(error, ERROR_CONFIG, "a provider of kind 'file' needs a path");
    struct provider_file *self = memory_get(sizeof *self);
    self->base.ops = &provider_file_ops;
    self->path = memory_copy_text(arguments->path);
    *self_p = &self->base;
    return 0;
}

static void
file_destroy(provider_t **self_p)
{
    struct provider_file *self = (struct provider_file *)*self_p;
    memory_free(&self->path);
    memory_free(self_p);
}

static char *
print_tags(const struct config_node *node)
{
    CLEAN(json_destroy) json_t *tags = json_object();
    for (size_t index = 0; index < config_count(node, "tags"); index++)
        json_object_set_new(tags, config_item_name(node, "tags", index),
                            json_text(config_item_text(node, "tags", index)));
    return json_print(tags);
}

static int64_t
usual_port(const char *engine)
{
    if (strcmp(engine, "postgres") == 0)
        return 5432;
    return strcmp(engine, "mysql") == 0 || strcmp(engine, "mariadb") == 0 ? 3306 : 0;
}

static int
check_endpoint(const char *text)
{
    const char *colon = strrchr(text, ':');
    unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;
    return colon && colon != text && strcspn(text, " \t\r\n") == strlen(text) &&
           strlen(text) <= 260 && port > 0 && port <= 65535 &&
           colon[1 + strspn(colon + 1, "0123456789")] == '\0';
}

static int
check_endpoints(const struct config_node *node, struct error *error)
{
    const char *reader = config_text(node, "reader");
    if (*reader && !check_endpoint(reader))
        return config_error(error, node, "reader", "it is not HOST:PORT");
    for (size_t index = 0; index < config_count(node, "replicas"); index++) {
        if (!check_endpoint(config_item_text(node, "replicas", index)))
            return config_item_error(error, node, "replicas", index, "it is not HOST:PORT");
    }
    return 0;
}

// "primary=HOST:PORT reader=HOST:PORT replica=HOST:PORT"; "" if there is but the host itself.
static char *
print_endpoints(const struct database *database, const struct config_node *node)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        abort();
    const char *reader = config_text(node, "reader");
    size_t replicas = config_count(node, "replicas");
    if (*reader || replicas > 0)
        fprintf(stream, "primary=%s:%lld", database->host, (long long)database->port);
    if (*reader)
        fprintf(stream, " reader=%s", reader);
    for (size_t index = 0; index < replicas; index++)
        fprintf(stream, " replica=%s", config_item_text(node, "replicas", index));
    fclose(stream);
    return text;
}

static void
fill(struct database *database, const char *provider, const struct config_node *node)
{
    record_set(&database->provider, provider);
    record_set(&database->resource_id, config_text(node, "id"));
    record_set(&database->name, config_text(node, "name"));
    record_set(&database->engine, config_text(node, "engine"));
    record_set(&database->version, config_text(node, "version"));
    record_set(&database->account, config_text(node, "account"));
    record_set(&database->region, config_text(node, "region"));
    record_set(&database->host, config_text(node, "host"));
    record_set(&database->secret, config_text(node, "secret"));
    record_set(&database->role_arn, config_text(node, "role"));
    record_set(&database->external_id, config_text(node, "external_id"));
    record_set(&database->state, config_text(node, "state"));
    CLEAN(memory_free) char *tags = print_tags(node);
    record_set(&database->tags, tags);
    database->size_bytes = config_integer(node, "size");
    database->port = config_integer(node, "port");
    if (!database->port)
        database->port = usual_port(database->engine);
    CLEAN(memory_free) char *endpoints = print_endpoints(database, node);
    record_set(&database->endpoints, endpoints);
}

static int
file_list(provider_t *base, struct finding_list *found, int stop_fd, struct error *error)
{
    (void)stop_fd;  // a file is read at once
    struct provider_file *self = (struct provider_file *)base;
    CLEAN(config_destroy) config_t *inventory = NULL;
    if (config_read(&inventory, self->path, inventory_keys, CONFIG_INVENTORY_SIZE_MAX, error))
        return error_wrap(error, "cannot read the inventory");
    const struct config_node *root = config_root(inventory);
    size_t count = config_count(root, "databases");
    for (size_t index = 0; index < count; index++) {
        const char *id = config_text(config_item(root, "databases", index), "id");
        if (id[strlen(id) - 1] == ' ')
            return config_error(error, config_item(root, "databases", index), "id",
                                "ends in a blank: not every catalog would tell it apart");
        if (check_endpoints(config_item(root, "databases", index), error))
            return -1;
    }
    if (count > PROVIDER_DATABASES_MAX)
        return config_error(error, root, "databases", "more than %d databases",
                            PROVIDER_DATABASES_MAX);
    for (size_t index = 0; index < count; index++) {
        CLEAN(database_destroy) struct database *database = database_new();
        fill(database, base->name, config_item(root, "databases", index));
        finding_list_take(found, &database);
    }
    finding_list_answered(found);
    return 0;
}

const struct provider_ops provider_file_ops = {
    .kind = "file",
    .open = file_open,
    .destroy = file_destroy,
    .list = file_list,
};
