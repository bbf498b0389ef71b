#include "coordinator/cli/cli.h"

#include <inttypes.h>
#include <locale.h>
#include <sys/stat.h>

#include "common/json.h"
#include "coordinator/cli/command.h"
#include "tests/answerer.h"
#include "tests/capture.h"

enum { WORDS_MAX = 12 };

// What the coordinator was asked, in words, one line a question; and what it says.
struct desk {
    char asked[2048];
    struct reply reply;
};

static const char *
terms_text(Wire__Term *const *terms, size_t count, char text[256])
{
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, 256 - used, " %s=%s", terms[i]->key, terms[i]->pattern);
    }
    return text;
}

static void
describe_submit(const Wire__Submit *submit, char line[512])
{
    char terms[256];
    switch (submit->what_case) {
    case WIRE__SUBMIT__WHAT_BACKUP:
        snprintf(line, 512, "backup%s",
                 terms_text(submit->backup->selector, submit->backup->n_selector, terms));
        break;
    case WIRE__SUBMIT__WHAT_CHECK:
        snprintf(line, 512, "check%s",
                 terms_text(submit->check->selector, submit->check->n_selector, terms));
        break;
    case WIRE__SUBMIT__WHAT_VERIFY:
        snprintf(line, 512, "verify %" PRIu64 "%s", submit->verify->set_id,
                 terms_text(submit->verify->selector, submit->verify->n_selector, terms));
        break;
    case WIRE__SUBMIT__WHAT_SWEEP:
        snprintf(line, 512, "sweep %s %d%d%d%d %s", submit->sweep->store,
                 submit->sweep->remove_partial, submit->sweep->remove_unknown, submit->sweep->adopt,
                 submit->sweep->mark_missing, submit->sweep->folder);
        break;
    case WIRE__SUBMIT__WHAT_SAVE_CATALOG:
        snprintf(line, 512, "save %s", submit->save_catalog->store);
        break;
    case WIRE__SUBMIT__WHAT_EXPIRE:
        snprintf(line, 512, "expire %" PRIu64 "%s", submit->expire->set_id,
                 terms_text(submit->expire->selector, submit->expire->n_selector, terms));
        break;
    default: {
        const Wire__Server *target = submit->restore->target;
        snprintf(line, 512, "restore %" PRIu64 " %s %s %u %s %d", submit->restore->set_id,
                 target->engine, target->host, target->port, target->secret,
                 submit->restore->overwrite);
    }
    }
}

static void
describe(const Wire__Ask *ask, char line[512])
{
    char terms[256];
    switch (ask->what_case) {
    case WIRE__ASK__WHAT_QUERY:
        snprintf(line, 512, "list %s%s limit %u", ask->query->name,
                 terms_text(ask->query->terms, ask->query->n_terms, terms), ask->query->limit);
        break;
    case WIRE__ASK__WHAT_SUBMIT:
        describe_submit(ask->submit, line);
        break;
    case WIRE__ASK__WHAT_CANCEL:
        snprintf(line, 512, "cancel job %" PRIu64 " run %" PRIu64, ask->cancel->job_id,
                 ask->cancel->run_id);
        break;
    case WIRE__ASK__WHAT_DRAIN:
        snprintf(line, 512, "drain %s %d", ask->drain->name, ask->drain->undrain);
        break;
    case WIRE__ASK__WHAT_PIN:
        snprintf(line, 512, "pin set %" PRIu64 " job %" PRIu64 " '%s' until %" PRId64 " undo %d",
                 ask->pin->set_id, ask->pin->job_id, ask->pin->reason, ask->pin->until_unix_ms,
                 ask->pin->undo);
        break;
    case WIRE__ASK__WHAT_UNPROTECT:
        snprintf(line, 512, "unprotect %" PRIu64, ask->unprotect->id);
        break;
    default:
        snprintf(line, 512, "discover");
    }
}

// One row that every list may have, with an engine for restores.
static table_t *
one_row(void)
{
    table_t *table = table_new();
    table_add_column(table, "id", TABLE_INTEGER);
    table_add_column(table, "name", TABLE_TEXT);
    table_add_column(table, "engine", TABLE_TEXT);
    table_add_row(table);
    table_set_integer(table, "id", 7);
    table_set(table, "name", "shop");
    table_set(table, "engine", "mariadb");
    return table;
}

// What a discovery found, with so many scopes that failed.
static table_t *
findings(uint64_t failed)
{
    table_t *table = table_new();
    table_add_column(table, "provider", TABLE_TEXT);
    table_add_column(table, "account", TABLE_TEXT);
    table_add_column(table, "region", TABLE_TEXT);
    table_add_column(table, "scopes", TABLE_INTEGER);
    table_add_column(table, "failed", TABLE_INTEGER);
    table_add_column(table, "stale", TABLE_INTEGER);
    table_add_column(table, "message", TABLE_TEXT);
    table_add_row(table);
    table_set(table, "provider", "aws:prod");
    table_set_integer(table, "scopes", 3);
    table_set_integer(table, "failed", (int64_t)failed);
    table_set_integer(table, "stale", (int64_t)failed);
    for (uint64_t count = 0; count < failed && count < 1; count++) {
        table_add_row(table);
        table_set(table, "provider", "aws:prod");
        table_set(table, "account", "111122223333");
        table_set(table, "region", "eu-west-1");
        table_set(table, "message", "access denied\x1b[2J");
    }
    return table;
}

static struct reply
note_and_answer(void *context, const Wire__Ask *ask)
{
    struct desk *desk = context;
    char line[512];
    describe(ask, line);
    size_t used = strlen(desk->asked);
    snprintf(desk->asked + used, sizeof desk->asked - used, "%s%s", used ? "; " : "", line);
    struct reply reply = desk->reply;
    if (ask->what_case == WIRE__ASK__WHAT_QUERY && !reply.code)
        reply.table = one_row();
    if (ask->what_case == WIRE__ASK__WHAT_DISCOVER && !reply.code)
        reply.table = findings(reply.run_id);
    return reply;
}

struct outcome {
    int status;
    char *out, *err;
    char asked[2048];
};

static void
outcome_clear(struct outcome *self)
{
    memory_free(&self->out);
    memory_free(&self->err);
}

// Runs the command that a line of words says.
static struct outcome
run_with(const char *line, struct reply reply)
{
    struct desk desk = {.reply = reply};
    struct answerer answerer;
    answerer_start(&answerer, note_and_answer, &desk);
    setenv("DBHAUL_CONNECT", answerer.endpoint, 1);
    CLEAN(memory_free) char *copy = memory_copy_text(line);
    char *words[WORDS_MAX] = {copy};
    int count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    struct outcome outcome = {0};
    struct capture out = capture_begin(stdout);
    struct capture err = capture_begin(stderr);
    outcome.status = cli_run(count, words);
    outcome.err = capture_end(&err, stderr);
    outcome.out = capture_end(&out, stdout);
    answerer_stop(&answerer);
    snprintf(outcome.asked, sizeof outcome.asked, "%s", desk.asked);
    unsetenv("DBHAUL_CONNECT");
    return outcome;
}

static void
assert_asks(const char *line, const char *asked, const char *out)
{
    CLEAN(outcome_clear) struct outcome outcome = run_with(line, (struct reply){.run_id = 12});
    assert_string_equal(outcome.err, "");
    assert_string_equal(outcome.asked, asked);
    assert_string_equal(outcome.out, out);
    assert_int_equal(outcome.status, STATUS_WELL);
}

static void
lists_are_asked_for_and_printed(void **state)
{
    (void)state;
    static const char table[] = "ID  NAME  ENGINE\n 7  shop  mariadb\n";
    static const char json[] = "[{\"engine\":\"mariadb\",\"id\":7,\"name\":\"shop\"}]\n";
    assert_asks("dbhaul databases name=s* region=eu-*",
                "list databases name=s* region=eu-* limit 100", table);
    assert_asks("dbhaul databases --json", "list databases limit 100", json);
    assert_asks("dbhaul databases --all", "list databases limit 500", table);
    assert_asks("dbhaul jobs run=12 state=failed --limit 3",
                "list jobs run=12 state=failed limit 3", "ID  NAME\n 7  shop\n");
    assert_asks("dbhaul backups --latest", "list latest limit 100", table);
    assert_asks("dbhaul workers --wide", "list workers limit 100", table);
    assert_asks("dbhaul report --json", "list report limit 100", json);
    assert_asks("dbhaul report --csv --since 2026-11-25 --until 2026-11-26T22:00:00Z",
                "list report from=1795564800000 until=1795730400000 limit 100",
                "id,name,engine\n7,shop,mariadb\n");
    assert_asks("dbhaul policy list --wide", "list policies limit 100", table);
    assert_asks("dbhaul policy list --unmatched account=12", "list unmatched account=12 limit 100",
                table);
    assert_asks("dbhaul schedule --next", "list schedule limit 20", table);
    assert_asks("dbhaul schedule --next 5 --json", "list schedule limit 5", json);
    assert_asks("dbhaul policy explain shop", "list policy name=shop limit 100", table);
    assert_asks("dbhaul policy explain 12", "list policy database=12 limit 100", table);
    assert_asks("dbhaul policy explain name=shop account=12 --json",
                "list policy name=shop account=12 limit 100", json);
    assert_asks("dbhaul status", "list status limit 1000",
                "id      7\nname    shop\nengine  mariadb\n");
}

static void
one_thing_is_shown_with_what_belongs_to_it(void **state)
{
    (void)state;
    assert_asks("dbhaul job 31", "list job job=31 limit 1000; list attempts job=31 limit 1000",
                "id      7\nname    shop\nengine  mariadb\n\nattempts:\n\n\n");
    CLEAN(outcome_clear)
    struct outcome outcome = run_with("dbhaul runs 12 --json", (struct reply){0});
    assert_string_equal(outcome.asked, "list run run=12 limit 1000; list skipped run=12 limit "
                                       "1000; list jobs run=12 limit 1000");
    CLEAN(json_destroy) json_t *json = NULL;
    struct error error = {0};
    assert_int_equal(json_parse(outcome.out, strlen(outcome.out), 10000, &json, &error), 0);
    const json_t *run = json_array_get(json, 0);
    assert_int_equal(json_integer_value(json_object_get(run, "id")), 7);
    assert_int_equal(json_array_size(json_object_get(run, "skipped")), 1);
    assert_int_equal(json_array_size(json_object_get(run, "jobs")), 1);
}

static void
submissions_carry_what_was_said(void **state)
{
    (void)state;
    static const char begun[] = "run 12 has begun; `dbhaul runs 12` shows it\n";
    assert_asks("dbhaul backup", "backup", begun);
    assert_asks("dbhaul backup name=shop-* tag.env=prod", "backup name=shop-* tag.env=prod", begun);
    assert_asks("dbhaul backup --json", "backup", "[{\"run\":12}]\n");
    assert_asks("dbhaul check engine=mysql --no-wait", "check engine=mysql", begun);
    assert_asks("dbhaul verify 5", "verify 5", begun);
    assert_asks("dbhaul verify name=x", "verify 0 name=x", begun);
    assert_asks("dbhaul sweep boostfs:dd1:/su1", "sweep boostfs:dd1:/su1 0000 ", begun);
    assert_asks("dbhaul sweep boostfs:dd1:/su1 --remove partial --adopt --mark-missing",
                "sweep boostfs:dd1:/su1 1011 ", begun);
    assert_asks("dbhaul sweep boostfs:dd1:/su1 --remove unknown --folder 0b9e2c1e",
                "sweep boostfs:dd1:/su1 0100 0b9e2c1e", begun);
    assert_asks("dbhaul catalog save --store boostfs:dd1:/su1", "save boostfs:dd1:/su1", begun);
}

static void
a_restore_finds_the_engine_of_its_set(void **state)
{
    (void)state;
    static const char begun[] = "run 12 has begun; `dbhaul runs 12` shows it\n";
    assert_asks("dbhaul restore 5 --to db.example:3306 --secret shop",
                "list sets set=5 limit 1; restore 5 mariadb db.example 3306 shop 0", begun);
    assert_asks("dbhaul restore 5 --to [::1]:5432 --secret crm --engine postgres --overwrite",
                "restore 5 postgres ::1 5432 crm 1", begun);
}

static void
steering_says_what_happens(void **state)
{
    (void)state;
    assert_asks("dbhaul cancel 31", "cancel job 31 run 0", "job 31 is being cancelled\n");
    assert_asks("dbhaul cancel run=12", "cancel job 0 run 12", "run 12 is being cancelled\n");
    assert_asks("dbhaul unprotect 9", "unprotect 9",
                "its snapshot is to expire; `dbhaul protections` shows it\n");
    assert_asks("dbhaul drain w1", "drain w1 0", "worker 'w1' takes no more jobs\n");
    assert_asks("dbhaul drain w1 --undo", "drain w1 1", "worker 'w1' takes jobs again\n");
}

static void
sets_are_let_go_or_kept(void **state)
{
    (void)state;
    static const char begun[] = "run 12 has begun; `dbhaul runs 12` shows it\n";
    static const char table[] = "NAME\nshop\n";
    assert_asks("dbhaul expire", "expire 0", begun);
    assert_asks("dbhaul expire name=shop account=12", "expire 0 name=shop account=12", begun);
    assert_asks("dbhaul expire --set 7", "expire 7", begun);
    assert_asks("dbhaul expire --dry-run name=shop", "list expiry name=shop limit 100", table);
    assert_asks("dbhaul expire --dry-run --going --all", "list expiry verdict=goes limit 500",
                table);
    assert_asks("dbhaul pin 7 --reason audit --until 2026-11-26",
                "pin set 7 job 0 'audit' until 1795651200000 undo 0", "set 7 does not expire\n");
    assert_asks("dbhaul pin job=9", "pin set 0 job 9 '' until 0 undo 0",
                "the set of job=9 does not expire\n");
    assert_asks("dbhaul unpin 7", "pin set 7 job 0 '' until 0 undo 1", "set 7 may expire again\n");
    static const char *const wrong[] = {"dbhaul expire --set 7 name=shop", "dbhaul expire --going",
                                        "dbhaul expire --dry-run --set 7", "dbhaul pin",
                                        "dbhaul expire --dry-run --wait",  "dbhaul pin shop"};
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        CLEAN(outcome_clear) struct outcome outcome = run_with(wrong[index], (struct reply){0});
        assert_int_equal(outcome.status, STATUS_USAGE);
        assert_string_equal(outcome.asked, "");
    }
}

static void
a_discovery_is_whole_or_says_what_does_not_answer(void **state)
{
    (void)state;
    CLEAN(outcome_clear) struct outcome whole = run_with("dbhaul discover", (struct reply){0});
    assert_int_equal(whole.status, STATUS_WELL);
    assert_string_equal(whole.asked, "discover");
    assert_non_null(strstr(whole.out, "PROVIDER  SCOPES  FAILED  STALE\naws:prod       3       0"));
    assert_null(strstr(whole.out, "does not answer"));
    CLEAN(outcome_clear)
    struct outcome partial = run_with("dbhaul discover", (struct reply){.run_id = 2});
    assert_int_equal(partial.status, STATUS_PARTIAL);
    assert_non_null(strstr(partial.out, "aws:prod 111122223333 eu-west-1 does not answer: access "
                                        "denied?[2J\nand 1 more; "));
    assert_non_null(strstr(partial.out, "2 databases are as last known"));
    CLEAN(outcome_clear)
    struct outcome json = run_with("dbhaul discover --json", (struct reply){.run_id = 1});
    assert_int_equal(json.status, STATUS_PARTIAL);
    assert_non_null(strstr(json.out, "[{\"account\":\"\",\"failed\":1,"));
}

static void
databases_are_narrowed_by_flags(void **state)
{
    (void)state;
    const struct {
        const char *line, *asked;
    } rows[] = {
        {"dbhaul databases --new", "list databases new=604800000 limit 100"},
        {"dbhaul databases --overdue --unmatched",
         "list databases overdue=yes unmatched=yes limit 100"},
        {"dbhaul databases --opted-out", "list databases opted_out=yes limit 100"},
        {"dbhaul databases --tag-lost --since 2d", "list databases tag_lost=172800000 limit 100"},
        {"dbhaul databases --since 12h", "list databases new=43200000 limit 100"},
        {"dbhaul databases --gone --stale", "list databases gone=yes stale=yes limit 100"},
        {"dbhaul databases region=eu-* --unprotected",
         "list databases region=eu-* unprotected=yes limit 100"},
        {"dbhaul events name=shop state=gone", "list events name=shop state=gone limit 100"},
        {"dbhaul scopes state=failed", "list scopes state=failed limit 100"},
    };
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        CLEAN(outcome_clear) struct outcome outcome = run_with(rows[index].line, (struct reply){0});
        assert_string_equal(outcome.asked, rows[index].asked);
        assert_int_equal(outcome.status, STATUS_WELL);
    }
    CLEAN(outcome_clear)
    struct outcome wrong = run_with("dbhaul databases --since yesterday", (struct reply){0});
    assert_int_equal(wrong.status, STATUS_USAGE);
}

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
        cmocka_unit_test(lists_are_asked_for_and_printed),
        cmocka_unit_test(one_thing_is_shown_with_what_belongs_to_it),
        cmocka_unit_test(submissions_carry_what_was_said),
        cmocka_unit_test(a_restore_finds_the_engine_of_its_set),
        cmocka_unit_test(steering_says_what_happens),
        cmocka_unit_test(sets_are_let_go_or_kept),
        cmocka_unit_test(a_discovery_is_whole_or_says_what_does_not_answer),
        cmocka_unit_test(databases_are_narrowed_by_flags),
        cmocka_unit_test(wrong_usage_asks_nothing),
        cmocka_unit_test(a_server_needs_a_host_and_a_port),
        cmocka_unit_test(the_status_follows_from_the_coordinators_code),
        cmocka_unit_test(what_remains_is_said),
        cmocka_unit_test(help_has_every_command_and_option),
        cmocka_unit_test(keygen_makes_a_pair_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
