#include <string.h>

#include "common/clean.h"
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
    assert_int_equal(settings.server_limit, 1);
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
    assert_int_equal(settings.server_limit, 3);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_means_ipc_and_sqlite),
        cmocka_unit_test(tcp_without_keys_is_refused),
        cmocka_unit_test(two_providers_of_one_name_are_refused_with_line_and_column),
        cmocka_unit_test(a_section_and_a_folder_serve_one_host),
        cmocka_unit_test(an_unknown_key_is_refused),
        cmocka_unit_test(a_worker_may_not_be_lost_between_two_beats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
