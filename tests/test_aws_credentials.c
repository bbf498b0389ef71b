// timeout: 120
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

static void
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

static void
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

static void
write_in(struct scene *scene, const char *name, const char *text)
{
    char *path = folder_write(scene->folder, name, 0600, text);
    memory_free(&path);
}

// A variable whose value is a path in the scene's folder.
static void
add_path(struct scene *scene, const char *variable, const char *name)
{
    char *path = memory_format("%s/%s", scene->folder, name);
    aws_variables_add(&scene->variables, variable, path);
    memory_free(&path);
}

// Files may be NULL. An instance is there if `has_instance`.
static void
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

static void
close_scene(struct scene *scene)
{
    aws_credentials_destroy(&scene->credentials);
    http_server_stop(&scene->server);
    aws_variables_clear(&scene->variables);
    buffer_clear(&scene->cloud.asked);
    folder_destroy(&scene->folder);
}

static const struct aws_keys *
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

static const struct aws_keys *
get(struct scene *scene, const char *profile)
{
    return get_at(scene, profile, clock_unix_ms());
}

static void
assert_id(const struct scene *scene, const struct aws_keys *keys, const char *id)
{
    if (!keys)
        fail_msg("no keys: %s", scene->error.message);
    assert_string_equal(keys->access_key_id, id);
}

static void
assert_fails(struct scene *scene, const char *profile, enum error_code code, const char *why)
{
    const struct aws_keys *keys = get(scene, profile);
    assert_null(keys);
    assert_int_equal(scene->error.code, code);
    if (!strstr(scene->error.message, why))
        fail_msg("'%s' does not say '%s'", scene->error.message, why);
}

static void
the_environment_comes_first_unless_a_profile_is_asked_for(void **state)
{
    (void)state;
    for (int is_asked = 0; is_asked < 2; is_asked++) {
        CLEAN(close_scene) struct scene scene = {0};
        open_scene(&scene, NULL, "[shop]\naws_access_key_id=file\naws_secret_access_key=s\n", 0);
        aws_variables_add(&scene.variables, "AWS_ACCESS_KEY_ID", "env");
        aws_variables_add(&scene.variables, "AWS_SECRET_ACCESS_KEY", "s");
        aws_variables_add(&scene.variables, "AWS_SESSION_TOKEN", "t");
        const struct aws_keys *keys = get(&scene, is_asked ? "shop" : NULL);
        assert_id(&scene, keys, is_asked ? "file" : "env");
        assert_string_equal(aws_credentials_source(scene.credentials),
                            is_asked ? "profile 'shop'" : "environment");
        if (!is_asked)
            assert_string_equal(keys->session_token, "t");
        assert_false(aws_credentials_is_chained(scene.credentials));
    }
}

static void
half_of_an_environment_is_an_error(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    open_scene(&scene, NULL, NULL, 0);
    aws_variables_add(&scene.variables, "AWS_ACCESS_KEY_ID", "env");
    assert_fails(&scene, NULL, ERROR_CONFIG, "AWS_SECRET_ACCESS_KEY is not");
}

static void
without_any_source_the_error_names_them_all(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    open_scene(&scene, NULL, NULL, 0);
    assert_fails(&scene, NULL, ERROR_CONFIG, "environment: AWS_ACCESS_KEY_ID is not set");
    static const char *const said[] = {"'default' has no role_arn", "AWS_WEB_IDENTITY_TOKEN_FILE",
                                       "there is no 'default'", "AWS_CONTAINER_CREDENTIALS",
                                       "AWS_EC2_METADATA_DISABLED is true"};
    for (size_t i = 0; i < 5; i++)
        assert_non_null(strstr(scene.error.message, said[i]));
}

static void
a_profile_that_is_asked_for_must_be_there(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    open_scene(&scene, "[default]\n", NULL, 0);
    aws_variables_add(&scene.variables, "AWS_PROFILE", "shop");
    assert_fails(&scene, NULL, ERROR_CONFIG, "'shop' is asked for");
}

static void
keys_in_the_credentials_file_beat_a_process_and_that_beats_the_config_file(void **state)
{
    (void)state;
    static const char process[] =
        "credential_process = /bin/echo "
        "'{\"Version\":1,\"AccessKeyId\":\"process\",\"SecretAccessKey\":\"s\"}'\n";
    static const char *const expected[] = {"config", "process", "file"};
    for (int i = 0; i < 3; i++) {
        CLEAN(close_scene) struct scene scene = {0};
        CLEAN(buffer_clear) struct buffer text = {0};
        buffer_format(&text, "[default]\naws_access_key_id = config\naws_secret_access_key = s\n%s",
                      i > 0 ? process : "");
        open_scene(&scene, text.data,
                   i > 1 ? "[default]\naws_access_key_id=file\naws_secret_access_key=s\n" : NULL,
                   0);
        assert_id(&scene, get(&scene, NULL), expected[i]);
    }
}

static void
a_process_is_found_in_the_path_and_its_failure_told(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        const char *why;
    } cases[] = {{"sh -c 'echo one >&2; echo no role here >&2; exit 3'", "no role here"},
                 {"echo no json", "no JSON"},
                 {"no-such-program-here x", "no-such-program-here"},
                 {"echo '{\"AccessKeyId\":\"a\"}'", "SecretAccessKey"},
                 {"head -c 100000 /dev/zero", "more than 65536 bytes"},
                 {"sh -c 'open", "quote"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(close_scene) struct scene scene = {0};
        CLEAN(memory_free)
        char *config = memory_format("[default]\ncredential_process = %s\n", cases[i].command);
        open_scene(&scene, config, NULL, 0);
        aws_variables_add(&scene.variables, "PATH", "/nonexistent:/usr/bin:/bin");
        const struct aws_keys *keys = get(&scene, NULL);
        assert_null(keys);
        assert_non_null(strstr(scene.error.message, "credential_process of 'default'"));
        if (!strstr(scene.error.message, cases[i].why))
            fail_msg("'%s' does not say '%s'", scene.error.message, cases[i].why);
    }
}

static void
a_profile_with_a_role_assumes_it_by_its_source(void **state)
{
    (void)state;
    static const char config[] = "[profile shop]\nrole_arn = " AWS_ROLE "\nsource_profile = base\n"
                                 "external_id = id/1\nduration_seconds = 7200\n"
                                 "role_session_name = night\nregion = eu-north-1\n";
    CLEAN(close_scene) struct scene scene = {0};
    open_scene(&scene, config, "[base]\naws_access_key_id=base\naws_secret_access_key=s\n", 0);
    assert_id(&scene, get(&scene, "shop"), "role1");
    assert_true(aws_credentials_is_chained(scene.credentials));
    assert_string_equal(aws_credentials_region(scene.credentials), "eu-north-1");
    http_server_stop(&scene.server);
    assert_non_null(strstr(scene.cloud.asked.data, "Credential=base/"));
    assert_non_null(strstr(scene.cloud.asked.data, "/eu-north-1/sts/aws4_request"));
    assert_non_null(strstr(scene.cloud.asked.data, "&RoleSessionName=night&ExternalId=id%2F1&"
                                                   "DurationSeconds=7200\n"));
}

static void
a_role_that_is_assumed_by_a_role_lasts_an_hour_at_most(void **state)
{
    (void)state;
    static const char config[] = "[profile a]\nrole_arn = arn:aws:iam::1:role/a\n"
                                 "source_profile = b\nduration_seconds = 7200\n"
                                 "[profile b]\nrole_arn = arn:aws:iam::1:role/b\n"
                                 "source_profile = b\n"
                                 "aws_access_key_id = base\naws_secret_access_key = s\n";
    CLEAN(close_scene) struct scene scene = {0};
    open_scene(&scene, config, NULL, 0);
    assert_id(&scene, get(&scene, "a"), "role2");
    http_server_stop(&scene.server);
    assert_non_null(strstr(scene.cloud.asked.data, "Credential=role1/"));
    assert_non_null(strstr(scene.cloud.asked.data, "DurationSeconds=3600\n"));
    assert_null(strstr(scene.cloud.asked.data, "7200"));
}

static void
a_role_may_have_a_named_source(void **state)
{
    (void)state;
    static const char *const words[] = {"Environment", "EcsContainer", "Ec2InstanceMetadata"};
    static const char *const ids[] = {"Credential=env/", "Credential=container/",
                                      "Credential=instance/"};
    for (size_t i = 0; i < 3; i++) {
        CLEAN(close_scene) struct scene scene = {0};
        CLEAN(memory_free)
        char *config = memory_format(
            "[profile a]\nrole_arn = " AWS_ROLE "\ncredential_source = %s\n", words[i]);
        open_scene(&scene, config, NULL, 1);
        CLEAN(memory_free) char *url = memory_format("%s/container", scene.server->url);
        aws_variables_add(&scene.variables, "AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
        aws_variables_add(&scene.variables, "AWS_ACCESS_KEY_ID", "env");
        aws_variables_add(&scene.variables, "AWS_SECRET_ACCESS_KEY", "s");
        const struct aws_keys *keys = get(&scene, "a");
        assert_non_null(keys);
        assert_memory_equal(keys->access_key_id, "role", 4);
        http_server_stop(&scene.server);
        assert_non_null(strstr(scene.cloud.asked.data, ids[i]));
    }
}

static void
profiles_that_contradict_themselves_are_configuration(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        const char *why;
    } cases[] = {
        {"[profile a]\nrole_arn = x\n", "neither source_profile nor credential_source"},
        {"[profile a]\nrole_arn = x\nsource_profile = b\ncredential_source = Environment\n",
         "both"},
        {"[profile a]\nrole_arn = x\ncredential_source = Moon\n", "'Moon'"},
        {"[profile a]\nrole_arn = x\nsource_profile = b\n", "'b'"},
        {"[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nrole_arn = y\n"
         "source_profile = a\n",
         "circle"},
        {"[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nregion = r\n", "no keys"},
        {"[profile a]\nrole_arn = x\nsource_profile = a\nmfa_serial = 1\n", "MFA"},
        {"[profile a]\nrole_arn = x\nsource_profile = a\nduration_seconds = 1\n"
         "aws_access_key_id = b\naws_secret_access_key = c\n",
         "duration_seconds"},
        {"[profile a]\nsso_session = x\n", "export-credentials"},
        {"[profile a]\naws_access_key_id = x\n", "aws_secret_access_key"},
        {"[profile a]\naws_access_key_id = x y\naws_secret_access_key = z\n", "malformed"},
        {"[profile a\n", "config:1:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(close_scene) struct scene scene = {0};
        open_scene(&scene, cases[i].config, NULL, 0);
        const struct aws_keys *keys = get(&scene, "a");
        assert_null(keys);
        assert_true(scene.error.code == ERROR_CONFIG || scene.error.code == ERROR_INVALID);
        if (!strstr(scene.error.message, cases[i].why))
            fail_msg("'%s' does not say '%s'", scene.error.message, cases[i].why);
    }
}

static void
a_web_identity_is_asked_for_without_a_signature(void **state)
{
    (void)state;
    for (int by_profile = 0; by_profile < 2; by_profile++) {
        CLEAN(close_scene) struct scene scene = {0};
        open_scene(&scene, NULL, NULL, 0);
        write_in(&scene, "token", "ey.token+1\n");
        CLEAN(memory_free)
        char *config = memory_format("[profile web]\nrole_arn = " AWS_ROLE
                                     "\nweb_identity_token_file = %s/token\n",
                                     scene.folder);
        if (by_profile) {
            write_in(&scene, "config", config);
        } else {
            add_path(&scene, "AWS_WEB_IDENTITY_TOKEN_FILE", "token");
            aws_variables_add(&scene.variables, "AWS_ROLE_ARN", AWS_ROLE);
        }
        assert_id(&scene, get(&scene, by_profile ? "web" : NULL), "web");
        http_server_stop(&scene.server);
        assert_null(strstr(scene.cloud.asked.data, "Authorization:"));
        assert_non_null(strstr(scene.cloud.asked.data, "&WebIdentityToken=ey.token%2B1\n"));
        assert_non_null(strstr(scene.cloud.asked.data, "&RoleSessionName=dbhaul&"));
    }
}

static void
a_refusal_by_sts_is_final_and_a_hiccup_is_not(void **state)
{
    (void)state;
    static const char config[] = "[profile a]\nrole_arn = " AWS_ROLE "\nsource_profile = a\n"
                                 "aws_access_key_id = base\naws_secret_access_key = s\n";
    CLEAN(close_scene) struct scene denied = {.cloud = {.fails = 403, .failures = 1}};
    open_scene(&denied, config, NULL, 0);
    assert_fails(&denied, "a", ERROR_DENIED, "AccessDenied");
    assert_null(strstr(denied.error.message, "secret"));
    CLEAN(close_scene) struct scene busy = {.cloud = {.fails = 503, .failures = 1}};
    open_scene(&busy, config, NULL, 0);
    assert_id(&busy, get(&busy, "a"), "role2");
}

static void
a_container_gives_keys_for_a_token_that_is_read_each_time(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {.cloud = {.fails = 500, .failures = 1}};
    open_scene(&scene, NULL, NULL, 0);
    write_in(&scene, "token", "first\n");
    CLEAN(memory_free) char *url = memory_format("%s/container", scene.server->url);
    aws_variables_add(&scene.variables, "AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    add_path(&scene, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "token");
    assert_id(&scene, get(&scene, NULL), "container");
    assert_string_equal(aws_credentials_source(scene.credentials), "container");
    write_in(&scene, "token", "second");
    aws_credentials_expire(scene.credentials);
    assert_id(&scene, get(&scene, NULL), "container");
    http_server_stop(&scene.server);
    assert_non_null(strstr(scene.cloud.asked.data, "Authorization: first\r\n"));
    assert_non_null(strstr(scene.cloud.asked.data, "Authorization: second\r\n"));
}

static void
a_containers_service_elsewhere_and_tokens_of_many_lines_are_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://example.com/x", "http://169.254.170.20/x",
                                       "http://localhost.example.com/", "ftp://127.0.0.1/",
                                       "http://127.0.0.1@example.com/"};
    for (size_t i = 0; i < 5; i++) {
        CLEAN(close_scene) struct scene scene = {0};
        open_scene(&scene, NULL, NULL, 0);
        aws_variables_add(&scene.variables, "AWS_CONTAINER_CREDENTIALS_FULL_URI", urls[i]);
        assert_fails(&scene, NULL, ERROR_CONFIG, "loopback");
    }
    CLEAN(close_scene) struct scene scene = {0};
    open_scene(&scene, NULL, NULL, 0);
    aws_variables_add(&scene.variables, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                      "http://127.0.0.1:1/");
    aws_variables_add(&scene.variables, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nX-Evil: b");
    assert_fails(&scene, NULL, ERROR_CONFIG, "one line");
}

static void
an_instance_gives_the_keys_of_its_role_for_a_token(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    open_scene(&scene, NULL, NULL, 1);
    const struct aws_keys *keys = get(&scene, NULL);
    assert_id(&scene, keys, "instance");
    assert_string_equal(keys->session_token, "t-instance");
    assert_true(keys->expires_unix_ms > clock_unix_ms() + 3500000);
    assert_string_equal(aws_credentials_source(scene.credentials), "instance role 'the role'");
}

static void
an_old_metadata_service_is_asked_without_one_unless_that_is_forbidden(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {.cloud = {.is_old = 1}};
    open_scene(&scene, NULL, NULL, 1);
    assert_id(&scene, get(&scene, NULL), "instance");
    CLEAN(close_scene) struct scene strict = {.cloud = {.is_old = 1}};
    open_scene(&strict, NULL, NULL, 1);
    aws_variables_add(&strict.variables, "AWS_EC2_METADATA_V1_DISABLED", "true");
    assert_fails(&strict, NULL, ERROR_DENIED, "no token");
}

static void
an_instance_without_a_role_or_out_of_reach_is_no_source(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {.cloud = {.has_no_role = 1}};
    open_scene(&scene, NULL, NULL, 1);
    assert_fails(&scene, NULL, ERROR_CONFIG, "the instance has no role");
    CLEAN(close_scene) struct scene away = {0};
    open_scene(&away, NULL, NULL, 1);
    http_server_stop(&away.server);
    assert_fails(&away, NULL, ERROR_CONFIG, "no metadata service answers");
    CLEAN(close_scene) struct scene evil = {0};
    open_scene(&evil, NULL, NULL, 0);
    aws_variables_clear(&evil.variables);
    aws_variables_add(&evil.variables, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                      "http://169.254.169.254.example.com/");
    assert_fails(&evil, NULL, ERROR_CONFIG, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

static void
keys_are_kept_until_a_quarter_of_an_hour_before_they_expire(void **state)
{
    (void)state;
    enum { MINUTE_MS = 60000 };
    CLEAN(close_scene) struct scene scene = {.cloud = {.lifetime_s = 3600}};
    open_scene(&scene, NULL, NULL, 1);
    int64_t now = clock_unix_ms();
    assert_id(&scene, get_at(&scene, NULL, now), "instance");
    assert_id(&scene, get_at(&scene, NULL, now + 44 * MINUTE_MS), "instance");
    http_server_stop(&scene.server);
    assert_int_equal(scene.cloud.count, 3);
    // The service is gone: the keys serve until ten minutes before their end.
    assert_id(&scene, get_at(&scene, NULL, now + 46 * MINUTE_MS), "instance");
    assert_id(&scene, get_at(&scene, NULL, now + 49 * MINUTE_MS), "instance");
    const struct aws_keys *keys = get_at(&scene, NULL, now + 51 * MINUTE_MS);
    assert_null(keys);
}

static void
keys_near_their_end_are_renewed(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {.cloud = {.lifetime_s = 3600}};
    open_scene(&scene, NULL, NULL, 1);
    int64_t now = clock_unix_ms();
    assert_id(&scene, get_at(&scene, NULL, now), "instance");
    assert_id(&scene, get_at(&scene, NULL, now + 46 * INT64_C(60000)), "instance");
    http_server_stop(&scene.server);
    assert_int_equal(scene.cloud.count, 6);
}

static void
the_region_is_that_of_options_environment_and_profile_in_turn(void **state)
{
    (void)state;
    CLEAN(close_scene) struct scene scene = {0};
    open_scene(&scene, "[default]\nregion = of-profile\n", NULL, 0);
    struct aws_credentials_options options = {.environment = aws_variables_read(&scene.variables)};
    CLEAN(aws_credentials_destroy) aws_credentials_t *first = aws_credentials_new(&options);
    assert_string_equal(aws_credentials_region(first), "of-profile");
    aws_variables_add(&scene.variables, "AWS_DEFAULT_REGION", "of-default");
    assert_string_equal(aws_credentials_region(first), "of-default");
    aws_variables_add(&scene.variables, "AWS_REGION", "of-environment");
    assert_string_equal(aws_credentials_region(first), "of-environment");
    options.region = "of-options";
    CLEAN(aws_credentials_destroy) aws_credentials_t *second = aws_credentials_new(&options);
    assert_string_equal(aws_credentials_region(second), "of-options");
    const char *const nothing[] = {NULL};
    CLEAN(aws_credentials_destroy)
    aws_credentials_t *third =
        aws_credentials_new(&(struct aws_credentials_options){.environment = nothing});
    assert_string_equal(aws_credentials_region(third), "us-east-1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_comes_first_unless_a_profile_is_asked_for),
        cmocka_unit_test(half_of_an_environment_is_an_error),
        cmocka_unit_test(without_any_source_the_error_names_them_all),
        cmocka_unit_test(a_profile_that_is_asked_for_must_be_there),
        cmocka_unit_test(
            keys_in_the_credentials_file_beat_a_process_and_that_beats_the_config_file),
        cmocka_unit_test(a_process_is_found_in_the_path_and_its_failure_told),
        cmocka_unit_test(a_profile_with_a_role_assumes_it_by_its_source),
        cmocka_unit_test(a_role_that_is_assumed_by_a_role_lasts_an_hour_at_most),
        cmocka_unit_test(a_role_may_have_a_named_source),
        cmocka_unit_test(profiles_that_contradict_themselves_are_configuration),
        cmocka_unit_test(a_web_identity_is_asked_for_without_a_signature),
        cmocka_unit_test(a_refusal_by_sts_is_final_and_a_hiccup_is_not),
        cmocka_unit_test(a_container_gives_keys_for_a_token_that_is_read_each_time),
        cmocka_unit_test(a_containers_service_elsewhere_and_tokens_of_many_lines_are_refused),
        cmocka_unit_test(an_instance_gives_the_keys_of_its_role_for_a_token),
        cmocka_unit_test(an_old_metadata_service_is_asked_without_one_unless_that_is_forbidden),
        cmocka_unit_test(an_instance_without_a_role_or_out_of_reach_is_no_source),
        cmocka_unit_test(keys_are_kept_until_a_quarter_of_an_hour_before_they_expire),
        cmocka_unit_test(keys_near_their_end_are_renewed),
        cmocka_unit_test(the_region_is_that_of_options_environment_and_profile_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
