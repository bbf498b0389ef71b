#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "coordinator/discovery/arguments.h"
#include "coordinator/settings.h"
#include "tests/check.h"

static int
read_text(const char *text, const char *section, const char *folder, struct settings *settings,
          config_t **config, struct error *error)
{
    if (config_read_text(config, "coordinator.yaml", text, strlen(text), settings_table(section),
                         CONFIG_SIZE_MAX, error))
        return -1;
    return settings_read(settings, *config, section, folder, error);
}

static void
an_empty_file_means_ipc_and_sqlite(void **state)
{
    (void)state;
    struct error error = {0};
    struct settings settings;
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(read_text("{}\n", "", NULL, &settings, &config, &error), 0);
    assert_string_equal(settings.workers_tcp, "");
    assert_string_equal(settings.workers_ipc, "ipc:///run/dbhaul/workers.ipc");
    assert_string_equal(settings.catalog_url, "sqlite:/var/lib/dbhaul/catalog.db");
    assert_int_equal(settings.lease_ms, 120000);
    assert_int_equal(config_integer(config_section(settings.root, "limits"), "server"), 1);
    assert_int_equal(settings.password_hashes, 0);
}

static void
tcp_without_keys_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct settings settings;
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(read_text("endpoints:\n  workers: tcp://127.0.0.1:7310\n", "", NULL, &settings,
                               &config, &error),
                     -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "keygen"));
    config_destroy(&config);
    assert_int_equal(read_text("key: /k\nendpoints:\n  operators: tcp://127.0.0.1:7311\n", "", NULL,
                               &settings, &config, &error),
                     -1);
    assert_non_null(strstr(error.message, "allow"));
}

static void
two_providers_of_one_name_are_refused_with_line_and_column(void **state)
{
    (void)state;
    struct error error = {0};
    struct settings settings;
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(read_text("providers:\n"
                               "  - {kind: file, name: a, path: x}\n"
                               "  - {kind: file, name: a, path: y}\n",
                               "", NULL, &settings, &config, &error),
                     -1);
    assert_non_null(strstr(error.message, "coordinator.yaml:3:"));
}

static void
what_a_provider_s_kind_has_no_use_for_or_lacks_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *item, *place, *said;
    } rows[] = {
        {"{kind: file, name: a}", ":2:", "needs `path`"},
        {"{kind: file, name: a, path: x, regions: [eu-west-1]}", ": regions: ", "is of no use"},
        {"{kind: aws, name: a, path: x}", ": path: ", "is of no use"},
        {"{kind: aws, name: a, accounts: ['12']}", ": accounts", "12 digits"},
        {"{kind: aws, name: a, regions: ['eu west']}", ": regions", "name of a region"},
        {"{kind: aws, name: a, organization: true}", ": kind: ", "need `role`"},
        {"{kind: aws, name: a, organization: true, role: 'arn:aws:iam::111122223333:role/x'}",
         ": role: ", "write {account}"},
        {"{kind: aws, name: a, role: dbhaul}", ": role: ", "is not the ARN of a role"},
        {"{kind: aws, name: a, organization: true, role: 'arn:aws:iam::{account}:role/x', "
         "accounts: ['111122223333']}",
         ": accounts: ", "exclude each other"},
        {"{kind: aws, name: a, deadline: 5s}", ": deadline: ", "shorter than"},
        {"{kind: aws, name: a, rate: 13}", ":2:32: ", "not between 1 and 12"},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        struct error error = {0};
        struct settings settings;
        char text[512];
        snprintf(text, sizeof text, "providers:\n  - %s\n", rows[index].item);
        CLEAN(config_destroy) config_t *config = NULL;
        assert_int_equal(read_text(text, "", NULL, &settings, &config, &error), -1);
        if (!strstr(error.message, rows[index].place) || !strstr(error.message, rows[index].said))
            fail_msg("%s: %s", rows[index].item, error.message);
    }
}

static void
a_provider_s_arguments_are_what_the_file_says(void **state)
{
    (void)state;
    struct error error = {0};
    struct settings settings;
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(
        read_text("providers:\n"
                  "  - {kind: aws, name: prod, accounts: ['111122223333', '444455556666'], "
                  "role: 'arn:{partition}:iam::{account}:role/x', read_from: replica, "
                  "exclude_regions: [us-east-1], account_deadline: 10s}\n",
                  "", NULL, &settings, &config, &error),
        0);
    CLEAN(arguments_clear) struct provider_arguments arguments = {0};
    arguments_read(config_item(settings.root, "providers", 0), &arguments);
    assert_string_equal(arguments.kind, "aws");
    assert_string_equal(arguments.accounts[1], "444455556666");
    assert_null(arguments.accounts[2]);
    assert_string_equal(arguments.excluded_regions[0], "us-east-1");
    assert_null(arguments.regions[0]);
    assert_int_equal(arguments.read_from, READ_FROM_REPLICA);
    assert_int_equal(arguments.account_ms, 10000);
    assert_int_equal(arguments.deadline_ms, 100000);
    assert_int_equal(arguments.connections, 128);
    assert_string_equal(arguments.external_id, "");
}

static void
a_section_and_a_folder_serve_one_host(void **state)
{
    (void)state;
    struct error error = {0};
    struct settings settings;
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(read_text("coordinator: {limits: {server: 3}}\n"
                               "worker: {anything: [goes, here]}\n",
                               "coordinator", "/run/x", &settings, &config, &error),
                     0);
    assert_int_equal(config_integer(config_section(settings.root, "limits"), "server"), 3);
    assert_string_equal(settings.workers_ipc, "ipc:///run/x/workers.ipc");
    assert_string_equal(settings.operators_ipc, "ipc:///run/x/operator.ipc");
}

static void
an_unknown_key_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    struct settings settings;
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(read_text("timers:\n  laese: 5s\n", "", NULL, &settings, &config, &error), -1);
    assert_non_null(strstr(error.message, "coordinator.yaml:2:3"));
}

static void
a_worker_may_not_be_lost_between_two_beats(void **state)
{
    (void)state;
    struct error error = {0};
    struct settings settings;
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(
        read_text("timers: {beat: 10s, worker_lost: 15s}\n", "", NULL, &settings, &config, &error),
        -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

static void
a_catalog_on_a_server_is_reached_as_the_file_says(void **state)
{
    (void)state;
    struct error error = {0};
    struct settings settings;
    CLEAN(config_destroy) config_t *config = NULL;
    setenv("CATALOG_WRITER", "{\"username\": \"w\", \"password\": \"first\"}", 1);
    setenv("CATALOG_MIGRATOR", "other", 1);
    const char *text = "catalog: mysql://w@db.example/c\n"
                       "catalog_access:\n"
                       "  secret: {from: env:CATALOG_WRITER}\n"
                       "  tls: verify\n"
                       "  ca: /etc/ca.pem\n"
                       "  migrator: {user: m, secret: {from: env:CATALOG_MIGRATOR}}\n";
    if (read_text(text, "", NULL, &settings, &config, &error))
        fail_msg("%s", error.message);
    const struct catalog_access *access = &settings.catalog_access;
    assert_int_equal(access->tls, CATALOG_TLS_VERIFY);
    assert_string_equal(access->ca_path, "/etc/ca.pem");
    assert_string_equal(access->migrator, "m");
    char *password = NULL;
    assert_int_equal(access->password(access->context, CATALOG_WRITER, &password, &error), 0);
    assert_string_equal(password, "first");
    memory_free_secret(&password);
    setenv("CATALOG_WRITER", "second", 1);  // asked anew each time
    assert_int_equal(access->password(access->context, CATALOG_WRITER, &password, &error), 0);
    assert_string_equal(password, "second");
    memory_free_secret(&password);
    assert_int_equal(access->password(access->context, CATALOG_MIGRATOR, &password, &error), 0);
    assert_string_equal(password, "other");
    memory_free_secret(&password);
    setenv("CATALOG_WRITER", "", 1);
    assert_int_equal(access->password(access->context, CATALOG_WRITER, &password, &error), -1);
    assert_null(password);
}

static void
a_catalog_that_is_none_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"log: info\ncatalog: oracle://u@h/c\n", "coordinator.yaml:2:"},
        {"catalog: mysql://u:hunter2@h/c\n", "password stands in"},
        {"catalog: postgres://h/c\n", "names no user"},
        {"catalog: sqlite:catalog.db\n", "absolute path"},
        {"catalog_access: {secret: {from: 'vault:x'}}\n", "coordinator.yaml:1:"},
        {"catalog_access: {tls: maybe}\n", "verify"},
    };
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        struct error error = {0};
        struct settings settings;
        CLEAN(config_destroy) config_t *config = NULL;
        assert_int_equal(read_text(wrong[index][0], "", NULL, &settings, &config, &error), -1);
        if (!strstr(error.message, wrong[index][1]) || strstr(error.message, "hunter2"))
            fail_msg("'%s' does not say '%s'", error.message, wrong[index][1]);
    }
}

static void
without_a_word_of_it_no_password_is_needed(void **state)
{
    (void)state;
    struct error error = {0};
    struct settings settings;
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(read_text("{}\n", "", NULL, &settings, &config, &error), 0);
    assert_int_equal(settings.catalog_access.tls, CATALOG_TLS_PRESET);
    CLEAN(memory_free_secret) char *password = NULL;
    assert_int_equal(settings.catalog_access.password(settings.catalog_access.context,
                                                      CATALOG_WRITER, &password, &error),
                     0);
    assert_string_equal(password, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_means_ipc_and_sqlite),
        cmocka_unit_test(a_catalog_on_a_server_is_reached_as_the_file_says),
        cmocka_unit_test(a_catalog_that_is_none_is_refused_with_its_place),
        cmocka_unit_test(without_a_word_of_it_no_password_is_needed),
        cmocka_unit_test(tcp_without_keys_is_refused),
        cmocka_unit_test(two_providers_of_one_name_are_refused_with_line_and_column),
        cmocka_unit_test(what_a_provider_s_kind_has_no_use_for_or_lacks_is_said_with_its_place),
        cmocka_unit_test(a_provider_s_arguments_are_what_the_file_says),
        cmocka_unit_test(a_section_and_a_folder_serve_one_host),
        cmocka_unit_test(an_unknown_key_is_refused),
        cmocka_unit_test(a_worker_may_not_be_lost_between_two_beats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
