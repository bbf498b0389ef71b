// What each test of a channel has: a place, a message, and what came of it.

#pragma once

#include <stdlib.h>
#include <sys/eventfd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "coordinator/notify/channel.h"
#include "tests/folder.h"

enum { LIMIT_MS = 20000, TIGHT_MS = 300 };

static const char secret_text[] = "0123456789abcdef0123456789abcdef";

static const struct config_key rule_keys[] = {{.name = "from", .type = CONFIG_TEXT, .high = 4096},
                                              {0}};

struct scene {
    char *folder, *secret;
    config_t *config;
    struct channel_place place;
    struct channel_message message;
    struct channel_result result;
    int stop_fd;
};

static inline void
read_rule(struct scene *scene, const char *path)
{
    struct error error = {0};
    CLEAN(memory_free) char *text = memory_format("from: file:%s\n", path);
    config_destroy(&scene->config);
    assert_int_equal(config_read_text(&scene->config, "test", text, strlen(text), rule_keys,
                                      CONFIG_SIZE_MAX, &error),
                     0);
    scene->place.secret = config_root(scene->config);
}

static inline int
scene_open(void **state)
{
    struct scene *scene = memory_get(sizeof *scene);
    scene->folder = folder_new();
    scene->secret = folder_write(scene->folder, "secret", 0600, secret_text);
    scene->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    scene->place = (struct channel_place){
        .from = "", .url = "", .ca = "", .path = "/dev/log", .time_limit_ms = LIMIT_MS};
    scene->message = (struct channel_message){
        .id = "0b9e2c1e-8c3f-4d7c-9d51-0f1ce3c4f2aa",
        .event = "failure",
        .severity = "error",
        .title = "dbhaul: 2 databases fail: no room",
        .text = "2 databases fail.\n\nCause: no room\n\n  shop\n  caf\xc3\xa9\n",
        .document = "{\"event\":\"failure\"}",
        .unix_ms = 1767225600000};
    read_rule(scene, scene->secret);
    *state = scene;
    return 0;
}

static inline int
scene_close(void **state)
{
    struct scene *scene = *state;
    close(scene->stop_fd);
    config_destroy(&scene->config);
    memory_free(&scene->secret);
    folder_destroy(&scene->folder);
    memory_free(&scene);
    return 0;
}

static inline void
deliver(struct scene *scene, const char *kind)
{
    channel_find(kind)->deliver(&scene->place, &scene->message, scene->stop_fd, &scene->result);
}

static inline void
assert_failed(const struct scene *scene, enum channel_outcome outcome, const char *words)
{
    assert_int_equal(scene->result.outcome, outcome);
    if (!strstr(scene->result.reason.message, words))
        fail_msg("'%s' does not say '%s'", scene->result.reason.message, words);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)
