#include "worker/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "common/key.h"
#include "common/memory.h"
#include "worker/cloud_rules.h"
#include "worker/settings_keys.h"

enum { TARGET_SIZE = 300 };

// Opened before it is looked at, so that what was checked is what is read.
static int
read_trusted(const char *path, char **text, size_t *size, struct error *error)
{
    CLEAN(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts))
        return error_set(error, ERROR_CONFIG, "cannot open '%s': %s", path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return error_set(error, ERROR_CONFIG, "'%s' is not a file", path);
    if (facts.st_uid != 0 && facts.st_uid != geteuid())
        return error_set(error, ERROR_CONFIG,
                         "'%s' belongs to another user: it must be root's or our own", path);
    if (facts.st_mode & (S_IWGRP | S_IWOTH))
        return error_set(error, ERROR_CONFIG, "'%s' can be changed by others: use chmod go-w on it",
                         path);
    char descriptor[64];
    snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", fd);
    if (fd_read_file(AT_FDCWD, descriptor, CONFIG_SIZE_MAX, text, size, error))
        return error_wrap(error, "cannot read '%s'", path);
    return 0;
}

static int
read_coordinator(struct settings *self, size_t index, struct error *error)
{
    const struct config_node *node = config_item(self->node, "coordinators", index);
    struct settings_coordinator *coordinator = &self->coordinators[index];
    const char *endpoint = config_text(node, "endpoint");
    const char *key = config_text(node, "server_key");
    int is_tcp = strncmp(endpoint, "tcp://", 6) == 0;
    if (!is_tcp && strncmp(endpoint, "ipc://", 6) != 0)
        return config_error(error, node, "endpoint", "'%s' is neither tcp:// nor ipc://", endpoint);
    if (is_tcp && !*key)
        return config_error(error, node, "endpoint",
                            "tcp needs the coordinator's public key in 'server_key'");
    if (is_tcp && !*self->key_path)
        return config_error(error, self->node, "key",
                            "tcp needs a key of this worker (dbhaul keygen makes one)");
    if (*key) {
        char text[KEY_TEXT_SIZE];
        struct error cause;
        if (key_read_public(key, text, &cause))
            return config_error(error, node, "server_key", "%s", cause.message);
        coordinator->server_key = memory_copy_text(text);
    }
    coordinator->endpoint = memory_copy_text(endpoint);
    return 0;
}

static int
read_coordinators(struct settings *self, const char *endpoint_folder, struct error *error)
{
    size_t count = endpoint_folder ? 1 : config_count(self->node, "coordinators");
    if (count == 0)
        return config_error(error, self->node, "coordinators", "at least one is needed");
    if (count > SETTINGS_LIST_MAX)
        return config_error(error, self->node, "coordinators", "more than %d are too many",
                            SETTINGS_LIST_MAX);
    self->coordinators = memory_get(count * sizeof *self->coordinators);
    self->coordinator_count = count;
    if (endpoint_folder) {
        self->coordinators[0].endpoint = memory_format("ipc://%s/workers.ipc", endpoint_folder);
        return 0;
    }
    for (size_t index = 0; index < count; index++) {
        if (read_coordinator(self, index, error))
            return -1;
    }
    return 0;
}

static int
read_stores(struct settings *self, struct error *error)
{
    size_t count = config_count(self->node, "stores");
    if (count == 0 || count > SETTINGS_LIST_MAX)
        return config_error(error, self->node, "stores", "1 to %d are needed", SETTINGS_LIST_MAX);
    self->stores = memory_get(count * sizeof *self->stores);
    for (size_t index = 0; index < count; index++) {
        const struct config_node *node = config_item(self->node, "stores", index);
        struct settings_store *store = &self->stores[index];
        store->kind = config_text(node, "kind");
        store->place = config_text(node, "place");
        store->source = config_text(node, "source");
        if (store->place[0] != '/')
            return config_error(error, node, "place", "it must begin with '/'");
        int is_boostfs = strcmp(store->kind, "boostfs") == 0;
        if (is_boostfs && !*store->source)
            return config_error(error, node, "kind",
                                "boostfs needs 'source', DATA-DOMAIN:/STORAGE-UNIT");
        if (!is_boostfs && *store->source)
            return config_error(error, node, "source", "only boostfs has one");
    }
    self->store_count = count;
    return 0;
}

static int
read_lists(struct settings *self, struct error *error)
{
    size_t labels = config_count(self->node, "labels");
    if (labels > SETTINGS_LIST_MAX)
        return config_error(error, self->node, "labels", "more than %d are too many",
                            SETTINGS_LIST_MAX);
    self->labels = memory_get((labels + 1) * sizeof *self->labels);
    for (size_t index = 0; index < labels; index++) {
        self->labels[index].key = config_item_name(self->node, "labels", index);
        self->labels[index].value = config_item_text(self->node, "labels", index);
        if (strlen(self->labels[index].key) > SETTINGS_NAME_MAX ||
            strlen(self->labels[index].value) > SETTINGS_NAME_MAX)
            return config_error(error, self->node, "labels",
                                "names and texts have at most %d bytes", SETTINGS_NAME_MAX);
    }
    self->label_count = labels;

    const struct config_node *tools = config_section(self->node, "tools");
    size_t folders = config_count(tools, "folders");
    if (folders > SETTINGS_LIST_MAX)
        return config_error(error, tools, "folders", "more than %d are too many",
                            SETTINGS_LIST_MAX);
    self->tool_folders = memory_get((folders + 1) * sizeof *self->tool_folders);
    for (size_t index = 0; index < folders; index++)
        self->tool_folders[index] = config_item_text(tools, "folders", index);
    return 0;
}

static void
read_numbers(struct settings *self)
{
    self->slots = (unsigned)config_integer(self->node, "slots");
    const struct config_node *timers = config_section(self->node, "timers");
    self->timers = (struct settings_timers){
        .beat_ms = config_integer(timers, "beat"),
        .silence_ms = config_integer(timers, "silence"),
        .reconnect_max_ms = config_integer(timers, "reconnect_max"),
        .done_resend_ms = config_integer(timers, "done_resend"),
        .progress_ms = config_integer(timers, "progress"),
        .kill_grace_ms = config_integer(timers, "kill_grace"),
        .survey_ms = config_integer(timers, "survey"),
        .store_ms = config_integer(timers, "store"),
    };
    const struct config_node *limits = config_section(self->node, "limits");
    self->memory_bytes = config_integer(limits, "memory");
    self->file_bytes = config_integer(limits, "file");
    log_level_parse(config_text(self->node, "log"), &self->log_level);
}

static void
read_names(struct settings *self, const char *endpoint_folder)
{
    const char *name = config_text(self->node, "name");
    char host[SETTINGS_NAME_MAX + 1] = "";
    if (!*name && gethostname(host, sizeof host - 1) == 0)
        name = host;
    self->name = memory_copy_text(*name ? name : "worker");
    self->key_path = config_text(self->node, "key");
    const char *state = config_text(self->node, "state");
    if (*state)
        self->state_folder = memory_copy_text(state);
    else if (endpoint_folder)
        self->state_folder = memory_format("%s/worker", endpoint_folder);
    else
        self->state_folder = memory_copy_text("/var/lib/dbhaul-worker");
}

int
settings_read(struct settings **self_p, const char *path, const char *section,
              const char *endpoint_folder, struct error *error)
{
    if (section && strcmp(section, "worker") != 0)
        return error_set(error, ERROR_CONFIG, "a worker's section is called 'worker', not '%s'",
                         section);
    CLEAN(memory_free) char *text = NULL;
    size_t size = 0;
    if (read_trusted(path, &text, &size, error))
        return -1;
    CLEAN(settings_destroy) struct settings *self = memory_get(sizeof *self);
    if (config_read_text(&self->config, path, text, size,
                         section ? settings_once_keys : settings_keys, CONFIG_SIZE_MAX, error))
        return -1;
    self->node = config_root(self->config);
    if (section)
        self->node = config_section(self->node, section);
    read_names(self, endpoint_folder);
    read_numbers(self);
    if (read_coordinators(self, endpoint_folder, error) || read_stores(self, error) ||
        read_lists(self, error) || secret_check(self->node, "secrets", error) ||
        cloud_rules_check(config_section(self->node, "aws"), error))
        return -1;
    if (self->timers.silence_ms <= self->timers.beat_ms)
        return config_error(error, config_section(self->node, "timers"), "silence",
                            "it must be longer than 'beat'");
    *self_p = STEAL(self);
    return 0;
}

void
settings_destroy(struct settings **self_p)
{
    struct settings *self = *self_p;
    if (!self)
        return;
    for (size_t index = 0; index < self->coordinator_count; index++) {
        memory_free(&self->coordinators[index].endpoint);
        memory_free(&self->coordinators[index].server_key);
    }
    memory_free(&self->coordinators);
    memory_free(&self->stores);
    memory_free(&self->labels);
    memory_free(&self->tool_folders);
    memory_free(&self->name);
    memory_free(&self->state_folder);
    config_destroy(&self->config);
    memory_free(self_p);
}

static int
is_listed(const struct config_node *node, const char *key, const char *host, unsigned port)
{
    char target[TARGET_SIZE];
    int is_ipv6 = strchr(host, ':') != NULL;  // in brackets, as secrets are matched
    int length = snprintf(target, sizeof target, "%s%s%s:%u", is_ipv6 ? "[" : "", host,
                          is_ipv6 ? "]" : "", port);
    if (length < 0 || (size_t)length >= sizeof target)
        return 0;
    for (size_t index = 0; index < config_count(node, key); index++)
        if (secret_server_matches(config_item_text(node, key, index), target))
            return 1;
    return 0;
}

int
settings_secret(const struct settings *self, const char *name, const struct secret_target *target,
                secret_aws_t *aws, struct credentials *credentials, struct error *error)
{
    return secret_resolve(self->node, "secrets", name, target, aws, credentials, error);
}

int
settings_allow_aws(const struct settings *self, const struct secret_aws_request *request,
                   struct error *error)
{
    return cloud_rules_allow(config_section(self->node, "aws"), request, error);
}

static const char *
text_or_null(const char *text)
{
    return *text ? text : NULL;
}

void
settings_aws_options(const struct settings *self, struct aws_client_options *options)
{
    const struct config_node *aws = config_section(self->node, "aws");
    *options = (struct aws_client_options){.profile = text_or_null(config_text(aws, "profile")),
                                           .region = text_or_null(config_text(aws, "region")),
                                           .endpoint = text_or_null(config_text(aws, "endpoint")),
                                           .ca_file = text_or_null(config_text(aws, "ca")),
                                           .connect_ms = config_integer(aws, "connect"),
                                           .answer_ms = config_integer(aws, "answer"),
                                           .call_ms = config_integer(aws, "patience")};
}

int
settings_may_restore(const struct settings *self, const char *host, unsigned port)
{
    return is_listed(config_section(self->node, "restore"), "targets", host, port);
}

int
settings_verify_tls(const struct settings *self, const char *host, unsigned port,
                    const char **ca_path)
{
    const struct config_node *tls = config_section(self->node, "tls");
    const char *ca = config_text(tls, "ca");
    for (size_t index = 0; index < config_count(tls, "authorities"); index++) {
        const struct config_node *node = config_item(tls, "authorities", index);
        if (is_listed(node, "servers", host, port)) {
            ca = config_text(node, "ca");
            break;
        }
    }
    *ca_path = *ca ? ca : NULL;
    return !is_listed(tls, "unverified", host, port);
}

int
settings_authority(const struct settings *self, const char *name, const char *host, unsigned port,
                   const char **ca_path, struct error *error)
{
    const struct config_node *tls = config_section(self->node, "tls");
    for (size_t index = 0; index < config_count(tls, "authorities"); index++) {
        const struct config_node *node = config_item(tls, "authorities", index);
        if (strcmp(config_text(node, "name"), name) == 0 &&
            is_listed(node, "servers", host, port)) {
            *ca_path = config_text(node, "ca");
            return 0;
        }
    }
    error_set(error, ERROR_CONFIG,
              "the policy wants '%s:%u' verified by the authorities '%.63s', which this worker's "
              "configuration does not have for it: give an entry under tls, authorities the `name: "
              "%.63s` and the server",
              host, port, name, name);
    return error_mark(error, ABOUT_TLS);
}

void
settings_print_reference(void)
{
    config_print_reference(settings_keys);
}
