// Credentials that a service gives: STS, a container's, an instance's; and how long they are kept.

#include "tests/aws_sources.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_web_identity_is_asked_for_without_a_signature),
        cmocka_unit_test(a_refusal_by_sts_is_final_and_a_hiccup_is_not),
        cmocka_unit_test(a_container_gives_keys_for_a_token_that_is_read_each_time),
        cmocka_unit_test(a_containers_service_elsewhere_and_tokens_of_many_lines_are_refused),
        cmocka_unit_test(an_instance_gives_the_keys_of_its_role_for_a_token),
        cmocka_unit_test(an_old_metadata_service_is_asked_without_one_unless_that_is_forbidden),
        cmocka_unit_test(an_instance_without_a_role_or_out_of_reach_is_no_source),
        cmocka_unit_test(keys_are_kept_until_a_quarter_of_an_hour_before_they_expire),
        cmocka_unit_test(keys_near_their_end_are_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
