#include <signal.h>

#include "common/clean.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "tests/source.h"
#include "worker/settings.h"
#include "worker/settings_keys.h"

static const char small[] = "coordinators:\n"
                            "  - endpoint: ipc:///run/dbhaul/workers.ipc\n"
                            "stores:\n"
                            "  - {kind: directory, place: /srv/sets}\n";

static int
read_text(const char *text, struct settings **settings, struct error *error)
{
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *path = folder_write(folder, "worker.yaml", 0600, text);
    return settings_read(settings, path, NULL, NULL, error);
}

static void
little_is_enough_and_the_rest_has_presets(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(settings_destroy) struct settings *settings = NULL;
    assert_int_equal(read_text(small, &settings, &error), 0);
    assert_int_equal(settings->coordinator_count, 1);
    assert_string_equal(settings->coordinators[0].endpoint, "ipc:///run/dbhaul/workers.ipc");
    assert_null(settings->coordinators[0].server_key);
    assert_int_equal(settings->slots, 2);
    assert_int_equal(settings->store_count, 1);
    assert_string_equal(settings->stores[0].place, "/srv/sets");
    assert_int_equal(settings->timers.beat_ms, 10000);
    assert_int_equal(settings->timers.silence_ms, 35000);
    assert_int_equal(settings->memory_bytes, 0);
    assert_string_equal(settings->state_folder, "/var/lib/dbhaul-worker");
    assert_true(*settings->name != '\0');
    assert_int_equal(settings->log_level, LOG_LEVEL_INFO);
    const char *ca = "";
    assert_true(settings_verify_tls(settings, "db.example", 3306, &ca));
    assert_null(ca);
    assert_false(settings_may_restore(settings, "db.example", 3306));
}

static void
all_that_is_said_is_kept(void **state)
{
    (void)state;
    static const char text[] =
        "name: frankfurt-1\n"
        "coordinators:\n"
        "  - endpoint: tcp://10.0.0.1:7310\n"
        "    server_key: \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n"
        "  - endpoint: tcp://10.0.0.2:7310\n"
        "    server_key: \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n"
        "key: /etc/dbhaul/worker.key\n"
        "state: /var/lib/other\n"
        "slots: 7\n"
        "labels: {region: eu, rack: \"12\"}\n"
        "stores:\n"
        "  - {kind: boostfs, place: /mnt/dd1, source: \"dd1.example:/su1\"}\n"
        "secrets:\n"
        "  shop: {from: \"file:/etc/dbhaul/shop\", username: b, servers: [\"*.example:3306\"]}\n"
        "tools: {folders: [/opt/tools/bin]}\n"
        "tls:\n"
        "  ca: /etc/ca.pem\n"
        "  authorities:\n"
        "    - {servers: [\"*.rds.amazonaws.com:*\"], ca: /etc/rds.pem}\n"
        "    - {name: own, servers: [\"127.0.0.1:*\"], ca: /etc/own.pem}\n"
        "  unverified: [\"127.0.0.1:*\", \"[::1]:5432\"]\n"
        "restore: {targets: [\"*.Test.example:3306\"]}\n"
        "timers: {beat: 1s, silence: 4s, kill_grace: 3s}\n"
        "limits: {memory: 2GiB}\n"
        "log: debug\n";
    struct error error = {0};
    CLEAN(settings_destroy) struct settings *settings = NULL;
    assert_int_equal(read_text(text, &settings, &error), 0);
    assert_string_equal(settings->name, "frankfurt-1");
    assert_int_equal(settings->coordinator_count, 2);
    assert_string_equal(settings->coordinators[1].server_key,
                        "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
    assert_string_equal(settings->key_path, "/etc/dbhaul/worker.key");
    assert_string_equal(settings->state_folder, "/var/lib/other");
    assert_int_equal(settings->label_count, 2);
    assert_string_equal(settings->stores[0].source, "dd1.example:/su1");
    assert_string_equal(settings->tool_folders[0], "/opt/tools/bin");
    assert_null(settings->tool_folders[1]);
    assert_int_equal(settings->memory_bytes, INT64_C(2) << 30);
    assert_int_equal(settings->timers.kill_grace_ms, 3000);
    assert_int_equal(settings->log_level, LOG_LEVEL_DEBUG);

    const char *ca = NULL;
    assert_true(settings_verify_tls(settings, "a.rds.amazonaws.com", 3306, &ca));
    assert_string_equal(ca, "/etc/rds.pem");
    assert_true(settings_verify_tls(settings, "b.example", 3306, &ca));
    assert_string_equal(ca, "/etc/ca.pem");
    assert_false(settings_verify_tls(settings, "127.0.0.1", 5432, &ca));
    assert_false(settings_verify_tls(settings, "::1", 5432, &ca));
    assert_true(settings_verify_tls(settings, "::1", 5433, &ca));
    // What a policy names serves only for the servers that it is for, unverified ones too.
    assert_int_equal(settings_authority(settings, "own", "127.0.0.1", 5432, &ca, &error), 0);
    assert_string_equal(ca, "/etc/own.pem");
    assert_int_equal(settings_authority(settings, "own", "b.example", 5432, &ca, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_int_equal(settings_authority(settings, "other", "127.0.0.1", 5432, &ca, &error), -1);
    assert_true(settings_may_restore(settings, "a.test.EXAMPLE", 3306));
    assert_false(settings_may_restore(settings, "a.test.example", 3307));
    assert_false(settings_may_restore(settings, "a.prod.example", 3306));
}

static void
what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place, *word;
    } rows[] = {
        {"stores: [{kind: directory, place: /s}]\n", ":", "coordinators"},
        {"coordinators: [{endpoint: ipc:///a}]\n", ":", "stores"},
        {"coordinators: [{endpoint: ipc:///a}]\nstores: []\n", ":2:", "stores"},
        {"coordinators: [{endpoint: udp://a}]\nstores: [{kind: directory, place: /s}]\n",
         ":1:27:", "tcp://"},
        {"coordinators: [{endpoint: \"tcp://a:1\"}]\nstores: [{kind: directory, place: /s}]\n",
         ":1:", "server_key"},
        {"coordinators:\n  - endpoint: tcp://a:1\n    server_key: short\n"
         "key: /k\nstores: [{kind: directory, place: /s}]\n",
         ":3:", "server_key"},
        {"coordinators:\n  - endpoint: tcp://a:1\n"
         "    server_key: \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"\n"
         "stores: [{kind: directory, place: /s}]\n",
         ":", "keygen"},
        {"coordinators: [{endpoint: ipc:///a}]\nstores: [{kind: tape, place: /s}]\n",
         ":2:", "kind"},
        {"coordinators: [{endpoint: ipc:///a}]\nstores: [{kind: boostfs, place: /s}]\n",
         ":2:", "source"},
        {"coordinators: [{endpoint: ipc:///a}]\nstores: [{kind: directory, place: s}]\n",
         ":2:", "place"},
        {"coordinators: [{endpoint: ipc:///a}]\n"
         "stores: [{kind: directory, place: /s, source: x}]\n",
         ":2:", "boostfs"},
        {"coordinators: [{endpoint: ipc:///a}]\nstores: [{kind: directory, place: /s}]\n"
         "slots: 65\n",
         ":3:8:", "slots"},
        {"coordinators: [{endpoint: ipc:///a}]\nstores: [{kind: directory, place: /s}]\n"
         "slot: 1\n",
         ":3:", "slot"},
        {"coordinators: [{endpoint: ipc:///a}]\nstores: [{kind: directory, place: /s}]\n"
         "timers: {beat: 10s, silence: 5s}\n",
         ":3:", "silence"},
        {"coordinators: [{endpoint: ipc:///a}]\nstores: [{kind: directory, place: /s}]\n"
         "secrets:\n  a: {from: \"telepathy:x\", servers: [\"*\"]}\n",
         ":4:", "from"},
        {"coordinators: [{endpoint: ipc:///a}]\nstores: [{kind: directory, place: /s}]\n"
         "coordinator: {}\n",
         ":3:", "coordinator"},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        struct error error = {0};
        CLEAN(settings_destroy) struct settings *settings = NULL;
        assert_int_equal(read_text(rows[index].text, &settings, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        if (!strstr(error.message, rows[index].place) || !strstr(error.message, rows[index].word))
            fail_msg("row %zu: '%s' names not %s and %s", index, error.message, rows[index].place,
                     rows[index].word);
    }
}

static void
a_file_that_others_can_change_is_refused(void **state)
{
    (void)state;
    static const mode_t modes[] = {0620, 0602, 0666};
    for (size_t index = 0; index < sizeof modes / sizeof *modes; index++) {
        CLEAN(folder_destroy) char *folder = folder_new();
        CLEAN(memory_free) char *path = folder_write(folder, "worker.yaml", modes[index], small);
        struct error error = {0};
        CLEAN(settings_destroy) struct settings *settings = NULL;
        assert_int_equal(settings_read(&settings, path, NULL, NULL, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_non_null(strstr(error.message, "chmod"));
    }
}

static void
a_file_of_another_user_is_refused(void **state)
{
    (void)state;
    enum { NOBODY = 65534 };
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *path = folder_write(folder, "worker.yaml", 0600, small);
    if (chown(path, NOBODY, NOBODY)) {
        print_message("not run: only root can give files away\n");
        skip();
    }
    struct error error = {0};
    CLEAN(settings_destroy) struct settings *settings = NULL;
    assert_int_equal(settings_read(&settings, path, NULL, NULL, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

static void
what_is_no_file_is_refused(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *pipe_path = memory_format("%s/fifo", folder);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    CLEAN(memory_free) char *missing = memory_format("%s/missing", folder);
    const char *const paths[] = {folder, pipe_path, missing};
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++) {
        struct error error = {0};
        CLEAN(settings_destroy) struct settings *settings = NULL;
        assert_int_equal(settings_read(&settings, paths[index], NULL, NULL, &error), -1);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_non_null(strstr(error.message, paths[index]));
    }
}

static void
once_reads_its_section_and_passes_over_the_other(void **state)
{
    (void)state;
    static const char text[] = "coordinator:\n"
                               "  anything: [at, all]\n"
                               "worker:\n"
                               "  slots: 3\n"
                               "  stores: [{kind: directory, place: /srv/sets}]\n";
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *path = folder_write(folder, "once.yaml", 0600, text);
    struct error error = {0};
    CLEAN(settings_destroy) struct settings *settings = NULL;
    assert_int_equal(settings_read(&settings, path, "worker", "/run/once", &error), 0);
    assert_int_equal(settings->slots, 3);
    assert_int_equal(settings->coordinator_count, 1);
    assert_string_equal(settings->coordinators[0].endpoint, "ipc:///run/once/workers.ipc");
    assert_string_equal(settings->state_folder, "/run/once/worker");

    CLEAN(settings_destroy) struct settings *other = NULL;
    assert_int_equal(settings_read(&other, path, "coordinator", "/run/once", &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
}

static void
a_secret_goes_to_its_own_servers_only(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free) char *secret = folder_write(folder, "secret", 0600, "geheim\n");
    CLEAN(memory_free)
    char *text = memory_format("%ssecrets:\n"
                               "  shop: {from: \"file:%s\", username: b, servers: [\"a:1\"]}\n",
                               small, secret);
    struct error error = {0};
    CLEAN(settings_destroy) struct settings *settings = NULL;
    assert_int_equal(read_text(text, &settings, &error), 0);
    CLEAN(credentials_clear) struct credentials credentials = {0};
    assert_int_equal(settings_secret(settings, "shop", &(struct secret_target){"evil", 1, 1}, NULL,
                                     &credentials, &error),
                     -1);
    assert_int_equal(error.code, ERROR_DENIED);
    assert_null(credentials.password);
    assert_int_equal(settings_secret(settings, "none", &(struct secret_target){"a", 1, 1}, NULL,
                                     &credentials, &error),
                     -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_int_equal(settings_secret(settings, "shop", &(struct secret_target){"a", 1, 1}, NULL,
                                     &credentials, &error),
                     0);
    assert_string_equal(credentials.password, "geheim");
    assert_string_equal(credentials.username, "b");
}

static void
the_sample_file_holds_no_unknown_key(void **state)
{
    (void)state;
    CLEAN(memory_free)
    char *path = memory_format("%s/../deploy/worker.yaml", tests_folder);
    struct error error = {0};
    CLEAN(config_destroy) config_t *config = NULL;
    if (config_read(&config, path, settings_keys, CONFIG_SIZE_MAX, &error))
        fail_msg("%s", error.message);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(little_is_enough_and_the_rest_has_presets),
        cmocka_unit_test(all_that_is_said_is_kept),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(a_file_that_others_can_change_is_refused),
        cmocka_unit_test(a_file_of_another_user_is_refused),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(once_reads_its_section_and_passes_over_the_other),
        cmocka_unit_test(a_secret_goes_to_its_own_servers_only),
        cmocka_unit_test(the_sample_file_holds_no_unknown_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
