#include "coordinator/notify_config.h"

#include <string.h>
#include <syslog.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static int
read_text(const char *text, config_t **config, struct error *error)
{
    if (config_read_text(config, "test.yaml", text, strlen(text), notify_keys, CONFIG_SIZE_MAX,
                         error))
        return -1;
    return notify_config_check(config_root(*config), error);
}

static const char whole[] =
    "gather: 5m\n"
    "remind: 12h\n"
    "targets:\n"
    "  mail:\n"
    "    kind: command\n"
    "    command: [/usr/sbin/sendmail, -t, -i]\n"
    "    from: dbhaul@example.org\n"
    "    to: [dba@example.org, boss@example.org]\n"
    "    on: [failure, recovered]\n"
    "    policies: ['prod-*', gold]\n"
    "    give_up: 3d\n"
    "  hook: {kind: webhook, url: 'https://hooks.example.org/x', ca: /etc/ca.pem,\n"
    "         secret: {from: 'file:/etc/dbhaul/hook'}, time_limit: 5s}\n"
    "  log: {kind: syslog, facility: local3}\n";

static void
targets_are_read(void **state)
{
    (void)state;
    struct error error = {0};
    struct notify_config notify;
    CLEAN(config_destroy) config_t *config = NULL;
    if (read_text(whole, &config, &error))
        fail_msg("%s", error.message);
    notify_config_read(config_root(config), &notify);
    assert_int_equal(notify.gather_ms, 300000);
    assert_int_equal(notify.remind_ms, 12LL * 3600000);
    assert_int_equal(notify.count, 3);
    const struct target *mail = &notify.targets[0];
    assert_string_equal(mail->name, "mail");
    assert_string_equal(mail->ops->kind, "command");
    assert_string_equal(mail->place.command[2], "-i");
    assert_null(mail->place.command[3]);
    assert_string_equal(mail->place.to[1], "boss@example.org");
    assert_true(mail->wants[OUTAGE_FAILURE] && mail->wants_recovered);
    assert_false(mail->wants[OUTAGE_PARTIAL] || mail->wants[OUTAGE_OVERDUE]);
    assert_int_equal(mail->give_up_ms, 3LL * 86400000);
    assert_int_equal(notify.targets[1].place.time_limit_ms, 5000);
    assert_string_equal(notify.targets[1].place.ca, "/etc/ca.pem");
    assert_int_equal(notify.targets[2].place.facility, LOG_LOCAL3);
    assert_string_equal(notify.targets[2].place.path, "/dev/log");
}

static void
policies_are_patterns_and_nothing_said_is_all(void **state)
{
    (void)state;
    struct error error = {0};
    struct notify_config notify;
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(read_text(whole, &config, &error), 0);
    notify_config_read(config_root(config), &notify);
    assert_true(target_has_policy(&notify.targets[0], "prod-eu"));
    assert_true(target_has_policy(&notify.targets[0], "gold"));
    assert_false(target_has_policy(&notify.targets[0], "silver"));
    assert_false(target_has_policy(&notify.targets[0], ""));
    assert_true(target_has_policy(&notify.targets[1], ""));
    for (enum outage_kind kind = 0; kind < OUTAGE_KINDS; kind++)
        assert_true(notify.targets[1].wants[kind]);
    assert_true(notify.targets[1].wants_recovered);
}

static void
nothing_is_a_configuration_without_targets(void **state)
{
    (void)state;
    struct error error = {0};
    struct notify_config notify;
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(read_text("{}", &config, &error), 0);
    notify_config_read(config_root(config), &notify);
    assert_int_equal(notify.count, 0);
    assert_int_equal(notify.gather_ms, 120000);
    assert_int_equal(notify.remind_ms, 86400000);
}

static void
what_makes_no_sense_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *target, *words;
    } cases[] = {
        {"{kind: pigeon}", "pigeon"},
        {"{command: [/bin/true]}", "kind"},
        {"{kind: command}", "absolute path"},
        {"{kind: command, command: [sendmail]}", "absolute path"},
        {"{kind: command, command: [/bin/true], to: [a@b]}", "`from`"},
        {"{kind: command, command: [/bin/true], from: a, to: ['a@b', \"x\\nBcc: y\"]}", "ASCII"},
        {"{kind: command, command: [/bin/true], url: 'https://x/'}", "kind 'webhook'"},
        {"{kind: syslog, on: [failures]}", "'failures' is none of"},
        {"{kind: syslog, on: []}", "'on' has 0 items"},
        {"{kind: syslog, path: log}", "absolute path"},
        {"{kind: syslog, facility: kern}", "kern"},
        {"{kind: webhook, url: 'https://x/'}", "`secret`"},
        {"{kind: webhook, url: 'http://x/', secret: {from: 'file:/x'}}", "https://"},
        {"{kind: webhook, url: 'https://x/', secret: {from: 'x'}}", "file:"},
        {"{kind: syslog, time_limit: 1h}", "time_limit"},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        struct error error = {0};
        CLEAN(config_destroy) config_t *config = NULL;
        CLEAN(memory_free)
        char *text = memory_format("targets:\n  one: %s\n", cases[index].target);
        assert_int_equal(read_text(text, &config, &error), -1);
        if (!strstr(error.message, cases[index].words) || !strstr(error.message, "test.yaml:2"))
            fail_msg("%s: %s", cases[index].target, error.message);
    }
}

static void
an_event_that_is_none_is_told_with_those_that_are(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(read_text("targets: {one: {kind: syslog, on: [x]}}", &config, &error), -1);
    for (enum outage_kind kind = 0; kind < OUTAGE_KINDS; kind++)
        assert_non_null(strstr(error.message, outage_kind_name(kind)));
    assert_non_null(strstr(error.message, "recovered"));
}

static void
names_and_numbers_of_targets_have_limits(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(config_destroy) config_t *config = NULL, *other = NULL;
    assert_int_equal(read_text("targets: {'a b': {kind: syslog}}", &config, &error), -1);
    assert_non_null(strstr(error.message, "A-Z"));
    CLEAN(memory_free) char *text = memory_copy_text("targets:\n");
    for (int index = 0; index <= TARGETS_MAX; index++) {
        char *longer = memory_format("%s  t%d: {kind: syslog}\n", text, index);
        memory_free(&text);
        text = longer;
    }
    assert_int_equal(read_text(text, &other, &error), -1);
    config_destroy(&other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_read),
        cmocka_unit_test(policies_are_patterns_and_nothing_said_is_all),
        cmocka_unit_test(nothing_is_a_configuration_without_targets),
        cmocka_unit_test(what_makes_no_sense_is_refused_with_its_place),
        cmocka_unit_test(an_event_that_is_none_is_told_with_those_that_are),
        cmocka_unit_test(names_and_numbers_of_targets_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
