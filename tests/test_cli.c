#include "coordinator/cli/cli.h"

#include "tests/cli_scene.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
