#include "tests/aws_sources.h"

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
        cmocka_unit_test(the_region_is_that_of_options_environment_and_profile_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
