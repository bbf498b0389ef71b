// What the operator's command refuses, what its status is, and what it does without a coordinator.

#include "coordinator/cli/cli.h"

#include "tests/cli_scene.h"

static void
assert_refused(const char *line, const char *err)
{
    CLEAN(outcome_clear) struct outcome outcome = run_with(line, (struct reply){0});
    assert_string_equal(outcome.err, err);
    assert_string_equal(outcome.out, "");
    assert_string_equal(outcome.asked, "");
    assert_int_equal(outcome.status, STATUS_USAGE);
}

static void
wrong_usage_asks_nothing(void **state)
{
    (void)state;
    assert_refused("dbhaul", "dbhaul: a command is needed; `dbhaul help` lists them\n");
    assert_refused("dbhaul bakup", "dbhaul: unknown command 'bakup'; did you mean 'backup'?\n");
    assert_refused("dbhaul --json runs",
                   "dbhaul: '--json' stands before the command; options follow it\n");
    assert_refused("dbhaul backup shop",
                   "dbhaul: 'shop' is no selector: write key=pattern, as in name=shop-*\n");
    assert_refused("dbhaul backup --jsn",
                   "dbhaul: unknown option '--jsn'; did you mean '--json'?\n");
    assert_refused("dbhaul job", "dbhaul: usage: dbhaul job NUMBER\n");
    assert_refused("dbhaul job x", "dbhaul: 'x' is not the number of a job\n");
    assert_refused("dbhaul cancel run=0", "dbhaul: '0' is not the number of a run\n");
    assert_refused("dbhaul jobs --all --limit 5", "dbhaul: --all and --limit exclude each other\n");
    assert_refused("dbhaul report --csv --json", "dbhaul: --csv and --json exclude each other\n");
    assert_refused("dbhaul report --since noon",
                   "dbhaul: --since is 'noon', not a time in UTC such as 2026-11-25 or "
                   "'2026-11-25 22:00:00'\n");
    assert_refused("dbhaul status --patience 1h",
                   "dbhaul: --patience is '1h', not between 1 and 86400 seconds\n");
    assert_refused("dbhaul restore 5 --to x:1",
                   "dbhaul: a restore needs --to HOST:PORT and --secret NAME\n");
}

static void
a_server_needs_a_host_and_a_port(void **state)
{
    (void)state;
    const char *const wrong[] = {"host",       "host:",    ":3306",   "host:0",
                                 "host:65536", "::1:3306", "[]:3306", "[::1]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CLEAN(memory_free)
        char *line = memory_format("dbhaul restore 5 --secret s --engine mysql --to %s", wrong[i]);
        CLEAN(memory_free)
        char *err = memory_format("dbhaul: '%s' is no server: write HOST:PORT or [ADDRESS]:PORT\n",
                                  wrong[i]);
        assert_refused(line, err);
    }
}

static void
the_status_follows_from_the_coordinators_code(void **state)
{
    (void)state;
    const struct {
        enum error_code code;
        int status;
    } codes[] = {{ERROR_NOT_FOUND, STATUS_REFUSED},     {ERROR_DENIED, STATUS_REFUSED},
                 {ERROR_BUSY, STATUS_REFUSED},          {ERROR_CONFIG, STATUS_USAGE},
                 {ERROR_UNAVAILABLE, STATUS_UNREACHED}, {ERROR_INTERNAL, STATUS_REFUSED}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct reply reply = {.code = codes[i].code, .message = "because\x1b[2J"};
        CLEAN(outcome_clear) struct outcome outcome = run_with("dbhaul discover", reply);
        assert_string_equal(outcome.err, "dbhaul: because?[2J\n");
        assert_string_equal(outcome.out, "");
        assert_int_equal(outcome.status, codes[i].status);
    }
    CLEAN(outcome_clear)
    struct outcome outcome =
        run_with("dbhaul status --connect ipc:///tmp/test_cli_nobody.ipc", (struct reply){0});
    assert_int_equal(outcome.status, STATUS_UNREACHED);
}

static void
what_remains_is_said(void **state)
{
    (void)state;
    struct reply reply = {.cursor = "more"};
    CLEAN(outcome_clear) struct outcome outcome = run_with("dbhaul databases --limit 1", reply);
    assert_string_equal(outcome.err, "dbhaul: there is more; --all shows all\n");
    assert_int_equal(outcome.status, STATUS_WELL);
}

static void
help_has_every_command_and_option(void **state)
{
    (void)state;
    CLEAN(outcome_clear) struct outcome all = run_with("dbhaul help", (struct reply){0});
    assert_int_equal(all.status, STATUS_WELL);
    const char *const names[] = {"databases", "backup",   "runs",    "jobs",    "job",    "cancel",
                                 "backups",   "restore",  "verify",  "workers", "report", "check",
                                 "sweep",     "discover", "drain",   "events",  "scopes", "status",
                                 "once",      "keygen",   "version", "help",    "notify", "expire",
                                 "pin",       "unpin"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CLEAN(memory_free) char *entry = memory_format("\n  %s ", names[i]);
        assert_non_null(strstr(all.out, entry));
    }
    for (int status = 0; status <= STATUS_REFUSED; status++) {
        CLEAN(memory_free) char *entry = memory_format("\n  %d  ", status);
        assert_non_null(strstr(all.out, entry));
    }
    CLEAN(outcome_clear) struct outcome one = run_with("dbhaul help restore", (struct reply){0});
    CLEAN(outcome_clear) struct outcome same = run_with("dbhaul restore --help", (struct reply){0});
    assert_string_equal(one.out, same.out);
    assert_non_null(strstr(one.out, "--overwrite "));
    assert_non_null(strstr(one.out, "--connect ENDPOINT"));
    CLEAN(outcome_clear) struct outcome version = run_with("dbhaul version", (struct reply){0});
    assert_string_equal(version.out, "dbhaul " DBHAUL_VERSION "\n");
}

static void
keygen_makes_a_pair_once(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_cli.XXXXXX";
    assert_non_null(mkdtemp(folder));
    CLEAN(memory_free) char *line = memory_format("dbhaul keygen %s/alice", folder);
    CLEAN(memory_free) char *secret = memory_format("%s/alice.key", folder);
    CLEAN(outcome_clear) struct outcome first = run_with(line, (struct reply){0});
    assert_int_equal(first.status, STATUS_WELL);
    struct stat facts;
    assert_int_equal(stat(secret, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    struct error error = {0};
    struct key_pair pair;
    assert_int_equal(key_read(&pair, secret, &error), 0);
    assert_non_null(strstr(first.out, pair.public_text));
    assert_null(strstr(first.out, pair.secret_text));
    CLEAN(outcome_clear) struct outcome second = run_with(line, (struct reply){0});
    assert_int_equal(second.status, STATUS_USAGE);
    CLEAN(memory_free) char *command = memory_format("rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

int
main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_usage_asks_nothing),
        cmocka_unit_test(a_server_needs_a_host_and_a_port),
        cmocka_unit_test(the_status_follows_from_the_coordinators_code),
        cmocka_unit_test(what_remains_is_said),
        cmocka_unit_test(help_has_every_command_and_option),
        cmocka_unit_test(keygen_makes_a_pair_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
