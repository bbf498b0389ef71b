// A keyring by the rules of a configuration, without AWS: what AWS would be asked is at a port
// where nobody listens, so that a refusal of ours is told from one that comes after a call.

#include "worker/keyring.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "tests/folder.h"

#define SECRET "aws-secret:arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-1"

static char host[] = "127.0.0.1";
static char empty[] = "";

struct scene {
    char *folder;
    struct settings *settings;
    Wire__Server server;
};

static void
scene_configure(struct scene *scene, const char *more)
{
    struct error error = {0};
    settings_destroy(&scene->settings);
    CLEAN(memory_free)
    char *text = memory_format("coordinators: [{endpoint: \"ipc:///nonexistent/a.ipc\"}]\n"
                               "stores: [{kind: directory, place: /srv/sets}]\n%s",
                               more);
    CLEAN(memory_free) char *path = folder_write(scene->folder, "worker.yaml", 0600, text);
    if (settings_read(&scene->settings, path, NULL, NULL, &error))
        fail_msg("%s", error.message);
}

static int
scene_open(void **state)
{
    static char engine[] = "mysql";
    struct scene *scene = memory_get(sizeof *scene);
    scene->folder = folder_new();
    wire__server__init(&scene->server);
    scene->server.engine = engine;
    scene->server.host = host;
    scene->server.port = 3306;
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "SECRET", 1);
    *state = scene;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *scene = *state;
    settings_destroy(&scene->settings);
    folder_destroy(&scene->folder);
    memory_free(state);
    return 0;
}

static void
assert_given(keyring_t *keyring, int is_refused, const char *password)
{
    struct error error = {0};
    CLEAN(credentials_clear) struct credentials credentials = {0};
    const struct login_source *source = keyring_source(keyring);
    if (source->get(source->self, is_refused, &credentials, &error))
        fail_msg("%s", error.message);
    assert_string_equal(credentials.username, "b");
    assert_string_equal(credentials.password, password);
}

static void
a_secret_is_fetched_again_only_if_it_was_refused(void **state)
{
    struct scene *scene = *state;
    static char name[] = "shop";
    CLEAN(memory_free) char *path = folder_write(scene->folder, "secret", 0600, "first-word");
    CLEAN(memory_free)
    char *rules = memory_format(
        "secrets: {shop: {from: \"file:%s\", username: b, servers: [\"127.0.0.1:3306\"]}}\n", path);
    scene_configure(scene, rules);
    scene->server.secret = name;
    CLEAN(keyring_destroy) keyring_t *keyring = keyring_new(scene->settings, &scene->server, 1);
    assert_given(keyring, 0, "first-word");
    CLEAN(memory_free) char *again = folder_write(scene->folder, "secret", 0600, "second-word");
    assert_given(keyring, 0, "first-word");
    assert_given(keyring, 1, "second-word");
    assert_given(keyring, 0, "second-word");
    char text[] = "first-word, second-word, third-word";
    const struct login_source *source = keyring_source(keyring);
    source->mask(source->self, text);
    assert_string_equal(text, "*****, *****, third-word");
}

static void
a_secret_that_is_lost_meanwhile_keeps_what_was(void **state)
{
    struct scene *scene = *state;
    static char name[] = "shop";
    struct error error = {0};
    struct credentials credentials = {0};
    CLEAN(memory_free) char *path = folder_write(scene->folder, "secret", 0600, "first-word");
    CLEAN(memory_free)
    char *rules = memory_format(
        "secrets: {shop: {from: \"file:%s\", username: b, servers: [\"127.0.0.1:3306\"]}}\n", path);
    scene_configure(scene, rules);
    scene->server.secret = name;
    CLEAN(keyring_destroy) keyring_t *keyring = keyring_new(scene->settings, &scene->server, 1);
    assert_given(keyring, 0, "first-word");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keyring_get(keyring, 1, &credentials, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_null(credentials.password);
    assert_given(keyring, 0, "first-word");
}

// Of AWS: with these rules; `role` may be "".
static void
assert_fails(struct scene *scene, const char *rules, char *secret, char *role, int verify_tls,
             enum error_code code, const char *says)
{
    struct error error = {0};
    struct credentials credentials = {0};
    scene_configure(scene, rules);
    scene->server.secret = secret;
    scene->server.role_arn = role;
    CLEAN(keyring_destroy)
    keyring_t *keyring = keyring_new(scene->settings, &scene->server, verify_tls);
    assert_int_equal(keyring_get(keyring, 0, &credentials, &error), -1);
    if (error.code != code || !strstr(error.message, says))
        fail_msg("%d: %s", error.code, error.message);
    assert_null(credentials.password);
}

#define NOWHERE "endpoint: 'http://127.0.0.1:1', connect: 100ms, answer: 100ms, patience: 200ms"

static void
a_job_names_only_what_the_configuration_allows(void **state)
{
    struct scene *scene = *state;
    static char secret[] = SECRET, token[] = "rds-iam:backup";
    static char role[] = "arn:aws:iam::111122223333:role/dbhaul-worker";
    assert_fails(scene, "", secret, empty, 1, ERROR_DENIED, "to 'allow' under 'aws'");
    assert_fails(scene, "", token, empty, 1, ERROR_DENIED, "to 'allow' under 'aws'");
    assert_fails(scene, "aws: {allow: ['" SECRET "'], " NOWHERE "}\n", secret, empty, 1,
                 ERROR_DENIED, "to 'servers' under 'aws'");
    assert_fails(scene, "aws: {allow: ['" SECRET "'], servers: ['127.0.0.1:3306'], " NOWHERE "}\n",
                 secret, role, 1, ERROR_DENIED, "to 'roles' under 'aws'");
    // It is asked for, then.
    assert_fails(scene, "aws: {allow: ['" SECRET "'], servers: ['127.0.0.1:3306'], " NOWHERE "}\n",
                 secret, empty, 1, ERROR_UNAVAILABLE, "");
}

static void
a_token_needs_verified_tls_and_the_name_of_the_instance(void **state)
{
    struct scene *scene = *state;
    static char token[] = "rds-iam:backup";
    static char endpoint[] = "shop.abc.eu-west-1.rds.amazonaws.com", elsewhere[] = "us-east-1";
    static const char rules[] =
        "aws: {allow: ['rds-iam:*'], servers: ['127.0.0.1:3306', '*.rds.amazonaws.com:3306']}\n";
    assert_fails(scene, rules, token, empty, 0, ERROR_DENIED, "only over verified TLS");
    assert_fails(scene, rules, token, empty, 1, ERROR_INVALID,
                 "a token is good only for the name that RDS gave an instance");
    scene->server.host = endpoint;
    scene->server.region = elsewhere;
    assert_fails(scene, rules, token, empty, 1, ERROR_INVALID,
                 "is in the region 'eu-west-1', not in 'us-east-1'");
    assert_fails(scene, rules, token, empty, 0, ERROR_DENIED, "only over verified TLS");
}

static void
the_region_is_in_the_name_of_an_endpoint(void **state)
{
    (void)state;
    static const struct {
        const char *host, *region;
    } cases[] = {
        {"shop.abc.eu-west-1.rds.amazonaws.com", "eu-west-1"},
        {"SHOP.abc.eu-west-1.RDS.amazonaws.com", "eu-west-1"},
        {"sales.cluster-ro-abc.us-gov-west-1.rds.amazonaws.com", "us-gov-west-1"},
        {"shop.abc.rds.cn-north-1.amazonaws.com.cn", "cn-north-1"},
        {"shop.abc.cn-north-1.rds.amazonaws.com.cn", "cn-north-1"},
        {"shop.abc.eusc-de-east-1.rds.amazonaws.eu", "eusc-de-east-1"},
        {"shop.abc.eu-west-1.rds.amazonaws.com.evil.example", ""},
        {"shop.abc.eu-west-1.rds.amazonaws.com.cn", ""},
        {"shop.abc.eu-west-1.amazonaws.com", ""},
        {"eu-west-1.rds.amazonaws.com", ""},
        {".rds.amazonaws.com", ""},
        {"127.0.0.1", ""},
        {"db.example", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char region[64] = "x";
        secret_aws_endpoint_region(cases[i].host, region, sizeof region);
        if (strcmp(region, cases[i].region) != 0)
            fail_msg("'%s': '%s'", cases[i].host, region);
    }
}

static void
each_login_has_a_token_of_its_own(void **state)
{
    struct scene *scene = *state;
    static char token[] = "rds-iam:b", endpoint[] = "shop.abc.eu-west-1.rds.amazonaws.com";
    struct error error = {0};
    scene_configure(
        scene, "aws: {allow: ['rds-iam:b'], servers: ['*.rds.amazonaws.com:3306'], " NOWHERE "}\n");
    scene->server.host = endpoint;
    scene->server.secret = token;
    CLEAN(keyring_destroy) keyring_t *keyring = keyring_new(scene->settings, &scene->server, 1);
    const char prefix[] = "shop.abc.eu-west-1.rds.amazonaws.com:3306/?Action=connect&DBUser=b&";
    CLEAN(credentials_clear) struct credentials first = {0};
    if (keyring_get(keyring, 0, &first, &error))
        fail_msg("%s", error.message);
    assert_string_equal(first.username, "b");
    assert_memory_equal(first.password, prefix, sizeof prefix - 1);
    assert_non_null(strstr(first.password, "eu-west-1%2Frds-db%2Faws4_request"));
    assert_true(first.is_token);
    CLEAN(credentials_clear) struct credentials next = {0};
    do {  // a second of the clock later, at most
        credentials_clear(&next);
        assert_int_equal(keyring_get(keyring, 0, &next, &error), 0);
    } while (credentials_equal(&first, &next));
    CLEAN(memory_free) char *text = memory_format("%s %s", first.password, next.password);
    keyring_mask(keyring, text);
    assert_string_equal(text, "***** *****");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_secret_is_fetched_again_only_if_it_was_refused,
                                        scene_open, scene_close),
        cmocka_unit_test_setup_teardown(a_secret_that_is_lost_meanwhile_keeps_what_was, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(a_job_names_only_what_the_configuration_allows, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(a_token_needs_verified_tls_and_the_name_of_the_instance,
                                        scene_open, scene_close),
        cmocka_unit_test_setup_teardown(each_login_has_a_token_of_its_own, scene_open, scene_close),
        cmocka_unit_test(the_region_is_in_the_name_of_an_endpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
