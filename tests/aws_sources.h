// The sources of credentials that are services, on loopback, and a chain that asks them: what the
// tests of credentials share.

#pragma once

#include <stdlib.h>

#include "common/aws/credentials.h"
#include "common/clean.h"
#include "tests/aws_answers.h"
#include "tests/check.h"
#include "tests/folder.h"

// STS, a container's service and an instance's, all on one port; it notes what it is asked.
struct cloud {
    struct buffer asked;
    int is_old;       // no tokens: version 1 of the metadata service
    int has_no_role;  // an instance without one
    int fails;        // with this status
    int failures;     // so often
    int64_t lifetime_s;
    size_t count;
};

static inline void
answer_instance(struct cloud *cloud, const struct http_asked *asked, struct http_reply *reply)
{
    int has_token = http_asked_has(asked, "X-aws-ec2-metadata-token: tok\r\n");
    if (http_asked_has(asked, "PUT /latest/api/token") && !cloud->is_old)
        http_reply(reply,
                   http_asked_has(asked, "X-aws-ec2-metadata-token-ttl-seconds: 21600") ? 200 : 400,
                   "", "tok");
    else if (http_asked_has(asked, "PUT "))
        http_reply(reply, 405, "", "");
    else if (!has_token && !cloud->is_old)
        http_reply(reply, 401, "", "");
    else if (http_asked_has(asked, "security-credentials/ HTTP"))
        http_reply(reply, cloud->has_no_role ? 404 : 200, "", "the role\n");
    else if (http_asked_has(asked, "security-credentials/the%20role HTTP"))
        reply_json_keys(reply, "instance", cloud->lifetime_s);
    else
        http_reply(reply, 404, "", "");
}

static inline void
answer(void *argument, const struct http_asked *asked, struct http_reply *reply)
{
    struct cloud *cloud = argument;
    buffer_text(&cloud->asked, asked->head);
    buffer_format(&cloud->asked, "%s\n", asked->body);
    cloud->count++;
    char id[32];
    if (cloud->failures > 0) {
        cloud->failures--;
        reply_fault(reply, cloud->fails, "", cloud->fails == 403 ? "AccessDenied" : "Busy");
    } else if (strstr(asked->body, "Action=AssumeRoleWithWebIdentity")) {
        reply_credentials(reply, "AssumeRoleWithWebIdentity", "web", cloud->lifetime_s);
    } else if (strstr(asked->body, "Action=AssumeRole")) {
        snprintf(id, sizeof id, "role%zu", cloud->count);
        reply_credentials(reply, "AssumeRole", id, cloud->lifetime_s);
    } else if (http_asked_has(asked, "GET /container")) {
        reply_json_keys(reply, "container", cloud->lifetime_s);
    } else {
        answer_instance(cloud, asked, reply);
    }
}

struct scene {
    struct cloud cloud;
    struct http_server *server;
    struct aws_variables variables;
    char *folder;
    aws_credentials_t *credentials;
    struct error error;
};

static inline void
write_in(struct scene *scene, const char *name, const char *text)
{
    char *path = folder_write(scene->folder, name, 0600, text);
    memory_free(&path);
}

// A variable whose value is a path in the scene's folder.
static inline void
add_path(struct scene *scene, const char *variable, const char *name)
{
    char *path = memory_format("%s/%s", scene->folder, name);
    aws_variables_add(&scene->variables, variable, path);
    memory_free(&path);
}

// Files may be NULL. An instance is there if `has_instance`.
static inline void
open_scene(struct scene *scene, const char *config, const char *credentials, int has_instance)
{
    scene->folder = folder_new();
    scene->server = http_server_start(answer, &scene->cloud);
    if (scene->cloud.lifetime_s == 0)
        scene->cloud.lifetime_s = 3600;
    aws_variables_add(&scene->variables, "AWS_ENDPOINT_URL_STS", scene->server->url);
    aws_variables_add(&scene->variables,
                      has_instance ? "AWS_EC2_METADATA_SERVICE_ENDPOINT"
                                   : "AWS_EC2_METADATA_DISABLED",
                      has_instance ? scene->server->url : "true");
    add_path(scene, "AWS_CONFIG_FILE", "config");
    add_path(scene, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    if (config)
        write_in(scene, "config", config);
    if (credentials)
        write_in(scene, "credentials", credentials);
}

static inline void
close_scene(struct scene *scene)
{
    aws_credentials_destroy(&scene->credentials);
    http_server_stop(&scene->server);
    aws_variables_clear(&scene->variables);
    buffer_clear(&scene->cloud.asked);
    folder_destroy(&scene->folder);
}

static inline const struct aws_keys *
get_at(struct scene *scene, const char *profile, int64_t now_unix_ms)
{
    struct aws_credentials_options options = {.environment = aws_variables_read(&scene->variables),
                                              .profile = profile};
    if (!scene->credentials)
        scene->credentials = aws_credentials_new(&options);
    const struct aws_keys *keys = NULL;
    if (aws_credentials_get(scene->credentials, now_unix_ms, &keys, &scene->error))
        return NULL;
    return keys;
}

static inline const struct aws_keys *
get(struct scene *scene, const char *profile)
{
    return get_at(scene, profile, clock_unix_ms());
}

static inline void
assert_id(const struct scene *scene, const struct aws_keys *keys, const char *id)
{
    if (!keys)
        fail_msg("no keys: %s", scene->error.message);
    assert_string_equal(keys->access_key_id, id);
}

static inline void
assert_fails(struct scene *scene, const char *profile, enum error_code code, const char *why)
{
    const struct aws_keys *keys = get(scene, profile);
    assert_null(keys);
    assert_int_equal(scene->error.code, code);
    if (!strstr(scene->error.message, why))
        fail_msg("'%s' does not say '%s'", scene->error.message, why);
}
