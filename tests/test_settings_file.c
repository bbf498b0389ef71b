#include "coordinator/settings_file.h"

#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "tests/folder.h"

struct scene {
    char *folder, *path;
    config_t *config;
    struct settings settings;
    struct settings_file file;
};

static void
write_file(struct scene *scene, const char *text)
{
    memory_free(&scene->path);
    scene->path = folder_write(scene->folder, "coordinator.yaml", 0600, text);
    scene->file = (struct settings_file){.path = scene->path, .section = ""};
}

static int
open_scene(void **state)
{
    struct error error = {0};
    struct scene *scene = memory_get(sizeof *scene);
    CLEAN(policies_destroy) policies_t *policies = NULL;
    scene->folder = folder_new();
    write_file(scene, "policies: {all: {select: {}}}\ntimers: {lease: 60s}\n");
    if (settings_file_read(&scene->file, &scene->config, &scene->settings, &policies, &error))
        fail_msg("%s", error.message);
    assert_int_equal(policies_count(policies), 1);
    assert_int_equal(scene->settings.lease_ms, 60000);
    *state = scene;
    return 0;
}

static int
close_scene(void **state)
{
    struct scene *scene = *state;
    config_destroy(&scene->config);
    memory_free(&scene->path);
    folder_destroy(&scene->folder);
    memory_free(&scene);
    return 0;
}

static void
policies_are_taken_when_it_is_read_again(void **state)
{
    struct scene *scene = *state;
    struct error error = {0};
    CLEAN(policies_destroy) policies_t *policies = NULL;
    CLEAN(config_destroy) config_t *config = NULL;
    CLEAN(memory_free) char *kept = NULL;
    struct settings settings;
    write_file(scene, "policies: {a: {select: {name: [a]}}, b: {select: {}}}\n"
                      "timers: {lease: 60s}\n");
    assert_int_equal(settings_file_reload(&scene->file, &scene->settings, &config, &settings,
                                          &policies, &kept, &error),
                     0);
    assert_int_equal(policies_count(policies), 2);
    assert_string_equal(kept, "");
}

static void
what_needs_a_restart_is_named_and_the_settings_stay(void **state)
{
    struct scene *scene = *state;
    struct error error = {0};
    CLEAN(policies_destroy) policies_t *policies = NULL;
    CLEAN(config_destroy) config_t *config = NULL;
    CLEAN(memory_free) char *kept = NULL;
    struct settings settings;
    write_file(scene, "limits: {server: 2}\nretry: {failures: 2}\ntimers: {lease: 61s}\n");
    assert_int_equal(settings_file_reload(&scene->file, &scene->settings, &config, &settings,
                                          &policies, &kept, &error),
                     0);
    assert_int_equal(policies_count(policies), 0);
    assert_string_equal(kept, "`retry`, `timers`");
    assert_int_equal(scene->settings.lease_ms, 60000);
    assert_int_equal(config_integer(config_section(settings.root, "limits"), "server"), 2);
}

static void
what_is_wrong_anywhere_is_an_error_with_its_place(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"policies: {a: {select: {}}, b: {select: {}}}\n", "coordinator.yaml:1:29: policies.b: "},
        {"policies: {a: {select: {}}}\ntimers: {lease: soon}\n", "coordinator.yaml:2:"},
        {"policies: {a: {select: {}}}\ntimers: {beat: 40s}\n", "twice `beat`"},
        {"policies: {\n", "coordinator.yaml:2:"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        struct error error = {0};
        policies_t *policies = NULL;
        config_t *config = NULL;
        char *kept = NULL;
        struct settings settings;
        write_file(scene, cases[index].text);
        assert_int_equal(settings_file_reload(&scene->file, &scene->settings, &config, &settings,
                                              &policies, &kept, &error),
                         -1);
        assert_null(policies);
        assert_null(kept);
        assert_null(config);
        if (!strstr(error.message, cases[index].message))
            fail_msg("%s", error.message);
    }
    assert_int_equal(unlink(scene->path), 0);
    struct error error = {0};
    policies_t *policies = NULL;
    config_t *config = NULL;
    char *kept = NULL;
    struct settings settings;
    assert_int_equal(settings_file_reload(&scene->file, &scene->settings, &config, &settings,
                                          &policies, &kept, &error),
                     -1);
    assert_non_null(strstr(error.message, scene->path));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(policies_are_taken_when_it_is_read_again, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(what_needs_a_restart_is_named_and_the_settings_stay,
                                        open_scene, close_scene),
        cmocka_unit_test_setup_teardown(what_is_wrong_anywhere_is_an_error_with_its_place,
                                        open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
