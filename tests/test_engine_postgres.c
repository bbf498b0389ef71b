// The engine pg_dump keeps the contract in worker/engine/engine.h, on real servers.

#include "tests/postgres_engine.h"
#include "tests/source.h"
#include "worker/engine/engine.h"
#include "worker/engine/postgres.h"

static struct postgres_server source;  // holds tests/data/postgres.sql
static struct postgres_server target;  // each test makes its own there
static toolbox_t *toolbox;
static char superuser[] = "postgres";

// All that tests made on the target, so that the next one finds it empty.
static void
clear_target(void)
{
    struct server server = postgres_server_record(&target, superuser, target.password);
    postgres_server_run(
        &target, "template1",
        "SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database WHERE "
        "datname NOT IN ('template0', 'template1') \\gexec\n"
        "SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datname "
        "NOT IN ('template0', 'template1') \\gexec\n"
        "SELECT format('DROP OWNED BY %I', rolname) FROM pg_roles WHERE oid <> 10 AND rolname !~ "
        "'^pg_' \\gexec\n"
        "SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE oid <> 10 AND rolname !~ "
        "'^pg_' \\gexec\n"
        "ALTER ROLE ALL RESET ALL;\n"
        "CREATE DATABASE postgres;\n");
    assert_true(postgres_engine_is_empty(&server, toolbox));
}

static void
what_was_restored_dumps_to_the_same_bytes(void **state)
{
    (void)state;
    static struct file_sink before, after;
    struct backup_options options = {0};
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *other_folder = folder_new();
    struct server from = postgres_server_record(&source, superuser, source.password);
    struct server into = postgres_server_record(&target, superuser, target.password);
    clear_target();
    postgres_engine_backup(&from, toolbox, &options, &before, folder);
    postgres_engine_restore(&into, toolbox, &before, 0);
    assert_false(postgres_engine_is_empty(&into, toolbox));

    // What was left out on purpose; without it the other dump would have no need to go round it.
    postgres_server_run(&target, "shop",
                        "CREATE USER MAPPING FOR reader SERVER elsewhere OPTIONS (password 'x');");
    postgres_engine_backup(&into, toolbox, &options, &after, other_folder);
    assert_same_files(&before, &after);
    file_sink_end(&before);
    file_sink_end(&after);
}

// What a server holds and is: asked of both, the answers must be the same.
static const char *const questions[][2] = {
    {"shop", "SELECT md5(string_agg(e::text, '|' ORDER BY id)) FROM app.edges AS e"},
    {"shop", "SELECT count(*) FROM app.orders"},
    {"shop", "SELECT count(*) FROM app.orders_2026_1"},
    {"shop", "SELECT sum(total) FROM app.summary"},
    {"shop", "SELECT string_agg(full_name, ',' ORDER BY id) FROM app.customers"},
    {"shop", "SELECT nextval('app.sequence')"},
    {"shop", "SELECT app.odd()"},
    {"shop", "SELECT md5(string_agg(md5(lo_get(oid)) || lomowner::regrole, '' ORDER BY oid)) "
             "FROM pg_largeobject_metadata"},
    {"shop", "SHOW work_mem"},
    {"shop", "SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension"},
    {"postgres", "SELECT count(*) FROM in_postgres"},
    {"postgres", "SELECT string_agg(r::text, '|' ORDER BY rolname COLLATE \"C\") FROM (SELECT "
                 "rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, "
                 "rolreplication, rolconnlimit, rolvaliduntil, rolbypassrls, rolconfig, "
                 "shobj_description(oid, 'pg_authid') FROM pg_roles) AS r"},
    {"postgres", "SELECT string_agg(concat_ws(',', roleid::regrole, member::regrole, "
                 "admin_option), '|' ORDER BY roleid::regrole::text, member::regrole::text) "
                 "FROM pg_auth_members"},
    {"postgres",
     "SELECT string_agg(concat_ws(',', datname, datdba::regrole, "
     "pg_encoding_to_char(encoding), datcollate, datctype, datistemplate, "
     "datallowconn, datconnlimit, ARRAY(SELECT a::text FROM unnest(datacl) AS a ORDER BY "
     "1), shobj_description(oid, 'pg_database')), "
     "'|' ORDER BY datname) FROM pg_database WHERE datname <> 'closed'"},
    {"postgres", "SELECT string_agg(concat_ws(',', datname, setrole::regrole, setconfig), '|' "
                 "ORDER BY datname, setrole::regrole::text) FROM pg_db_role_setting LEFT JOIN "
                 "pg_database AS d ON d.oid = setdatabase"},
    {"postgres", "SELECT string_agg(parname || paracl::text, '|') FROM pg_parameter_acl"},
    {"old", "SET client_encoding = UTF8; SELECT v FROM \"t\xc3\xbcr\""},
    {"bytes", "SELECT encode(convert_to(v, 'SQL_ASCII'), 'hex') FROM raw"},
    {"line\nbreak", "SELECT v FROM inside"},
    {"\xc3\xbc"
     "ber",
     "SELECT v FROM inside"},
    {"line\nbreak", "SHOW work_mem"},
};

static void
what_was_restored_has_the_same_rows_and_properties(void **state)
{
    (void)state;
    static struct file_sink set;
    struct backup_options options = {0};
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server from = postgres_server_record(&source, superuser, source.password);
    struct server into = postgres_server_record(&target, superuser, target.password);
    clear_target();
    postgres_engine_backup(&from, toolbox, &options, &set, folder);
    postgres_engine_restore(&into, toolbox, &set, 0);
    for (size_t index = 0; index < sizeof questions / sizeof *questions; index++) {
        const char *const *each = questions[index];
        CLEAN(memory_free) char *there = postgres_server_ask(&source, each[0], each[1]);
        CLEAN(memory_free) char *here = postgres_server_ask(&target, each[0], each[1]);
        if (strcmp(there, here) != 0)
            fail_msg("'%s' gives\n%s\nnot\n%s", each[1], here, there);
        assert_true(strlen(here) > 1);
    }
    file_sink_end(&set);
}

static void
two_dumps_of_an_unchanged_server_are_the_same_bytes(void **state)
{
    (void)state;
    static struct file_sink one, other;
    struct backup_options options = {.password_hashes = 1};
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *other_folder = folder_new();
    struct server from = postgres_server_record(&source, superuser, source.password);
    postgres_engine_backup(&from, toolbox, &options, &one, folder);
    postgres_engine_backup(&from, toolbox, &options, &other, other_folder);
    assert_same_files(&one, &other);
    file_sink_end(&one);
    file_sink_end(&other);
}

static void
the_sink_is_told_points_schemas_and_what_is_left_out(void **state)
{
    (void)state;
    static struct file_sink set;
    struct backup_options options = {0};
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server from = postgres_server_record(&source, superuser, source.password);
    postgres_engine_backup(&from, toolbox, &options, &set, folder);
    assert_non_null(strstr(set.notes, "point shop snapshot 0/"));
    assert_non_null(strstr(set.notes, "point postgres snapshot 0/"));
    assert_non_null(strstr(set.notes, "schema shop 14\n"));
    assert_non_null(strstr(set.notes, "schema postgres 1\n"));
    assert_non_null(strstr(set.notes, "fact server_version="));
    assert_non_null(strstr(set.notes, "left out database 'closed': it allows no connections\n"));
    assert_non_null(strstr(set.notes, "left out database 'template1': "));
    assert_non_null(strstr(set.notes, "left out passwords of roles: the policy does not"));
    assert_non_null(strstr(set.notes, "left out user mappings of database 'shop' (2): "));
    assert_non_null(strstr(set.notes, "left out rows of foreign tables of database 'shop' (1): "));
    assert_string_equal(set.files[0].role, "globals");
    assert_string_equal(set.files[0].load_into, "postgres");
    file_sink_end(&set);
}

static void
secrets_that_the_server_keeps_are_captured_only_if_wanted(void **state)
{
    (void)state;
    static struct file_sink without, with;
    struct backup_options plain = {0};
    struct backup_options hashes = {.password_hashes = 1};
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(folder_destroy) char *other_folder = folder_new();
    struct server from = postgres_server_record(&source, superuser, source.password);
    struct server into = postgres_server_record(&target, superuser, target.password);
    postgres_engine_backup(&from, toolbox, &plain, &without, folder);
    assert_false(file_sink_holds(&without, "mapping-secret-4711"));
    assert_false(file_sink_holds(&without, "SCRAM-SHA-256$"));
    assert_false(file_sink_holds(&without, source.password));
    postgres_engine_backup(&from, toolbox, &hashes, &with, other_folder);
    assert_true(file_sink_holds(&with, "mapping-secret-4711"));
    assert_true(file_sink_holds(&with, "SCRAM-SHA-256$"));
    assert_null(strstr(with.notes, "left out passwords"));

    clear_target();
    postgres_engine_restore(&into, toolbox, &with, 0);
    char reader[] = "reader";
    char password[] = "reader-password";
    struct server as_reader = postgres_server_record(&target, reader, password);
    postgres_server_run(&target, "postgres", "GRANT CONNECT ON DATABASE postgres TO reader;");
    engine_t *engine = postgres_engine_open(&as_reader, toolbox);
    engine->ops->destroy(&engine);
    file_sink_end(&without);
    file_sink_end(&with);
}

static void
a_login_that_is_no_superuser_backs_up_and_says_what_it_cannot_see(void **state)
{
    (void)state;
    static struct file_sink set;
    struct backup_options options = {.password_hashes = 1};
    CLEAN(folder_destroy) char *folder = folder_new();
    char name[] = "backup";
    char password[] = "backup: \\'pass word";
    clear_target();
    postgres_server_run(&target, "postgres",
                        "CREATE ROLE backup LOGIN PASSWORD E'backup: \\\\''pass word';"
                        "CREATE DATABASE shop;");
    postgres_server_run(&target, "shop",
                        "CREATE TABLE t AS SELECT generate_series(1, 5) AS i;"
                        "GRANT SELECT ON t TO backup;"
                        "CREATE EXTENSION postgres_fdw;"
                        "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;"
                        "CREATE USER MAPPING FOR postgres SERVER s OPTIONS (password 'hidden');");
    struct server from = postgres_server_record(&target, name, password);
    postgres_engine_backup(&from, toolbox, &options, &set, folder);
    assert_non_null(strstr(set.notes, "left out passwords of roles: the server hides them"));
    assert_non_null(
        strstr(set.notes, "left out options of user mappings of database 'shop' (1): the server"));
    assert_false(file_sink_holds(&set, "hidden"));
    assert_true(file_sink_holds(&set, "COPY public.t"));
    file_sink_end(&set);
}

// ---- what of a server

static void
want(selection_t *selection, enum selection_list list, const char *pattern)
{
    struct error error = {0};
    if (selection_add(selection, list, pattern, &error))
        fail_msg("%s", error.message);
}

static void
drop_what(const struct postgres_server *server)
{
    postgres_server_run(server, "template1",
                        "DROP DATABASE IF EXISTS \"wh.a*t\"; DROP DATABASE IF EXISTS left_behind; "
                        "DROP DATABASE IF EXISTS latin;");
}

static void
what_is_left_out_is_told_and_the_rest_can_be_loaded(void **state)
{
    (void)state;
    static const char *const notes[] = {
        "rule include_schemas wh.a?t 1\n",
        "rule exclude_tables wh\\.a\\*t.public.log|? 1\n",
        "rule exclude_tables shop.public.* 0\n",
        "rule exclude_tables two.parts 0\n",
        "rule tables_without_data *.s\\.1.audit 1\n",
        "excluded database left_behind - 1: not in include_schemas\n",
        "excluded database postgres - 1: not in include_schemas\n",
        "excluded table wh.a*t public.log|1 1: exclude_tables wh\\.a\\*t.public.log|?\n",
        "excluded table wh.a*t public.log* 1: exclude_tables *.public.log\\*\n",
        "excluded table wh.a*t public.heir 1: it needs public.\"log*\", which is left out\n",
        "excluded table wh.a*t s.1.it's \"q\" $1 größe 1: exclude_tables *.s\\.1.it*größe\n",
        "excluded table wh.a*t public.parted_1 1: exclude_tables *.*.parted_1\n",
        "excluded table wh.a*t public.old_parted 1: exclude_tables *.*.old_parted\n",
        "excluded table wh.a*t public.old_1 1: exclude_tables *.*.old_parted\n",
        "excluded rows of table wh.a*t s.1.audit 1: tables_without_data *.s\\.1.audit\n",
        "excluded rows of table wh.a*t public.thin_1 1: tables_without_data *.*.thin\n",
        "excluded rows of materialized view wh.a*t public.emptied 1: tables_without_data ",
        "excluded rows of materialized view wh.a*t public.refilled 1: it is made from a "
        "materialized view without rows\n",
        "excluded view wh.a*t public.on_gone 1: it needs public.\"log|1\", which is left out\n",
        "excluded view wh.a*t public.on_view 1: it needs public.on_gone, which is left out\n",
        "excluded materialized view wh.a*t public.stored 1: it needs public.on_view, ",
        "excluded function wh.a*t public.takes_row(public.\"log|1\") 1: it needs public.\"log|1\"",
        "excluded function wh.a*t public.counts() 1: it needs public.\"log|1\", ",
        "excluded composite type wh.a*t public.holder 1: it needs public.\"log|1\", ",
        "excluded table wh.a*t public.holds 1: it needs public.holder, which is left out\n",
        "excluded table constraint wh.a*t to_gone on public.child 1: it needs ",
        "excluded foreign key wh.a*t to_audit on public.child 1: it refers to \"s.1\".audit, the "
        "rows of which are left out: to make it again: ALTER TABLE public.child ADD CONSTRAINT "
        "to_audit FOREIGN KEY (audit) REFERENCES \"s.1\".audit(id);\n",
        "excluded rule wh.a*t to_log on public.kept 1: it needs public.\"log|1\", ",
        "excluded policy wh.a*t as_logged on public.logs 1: it needs public.\"log|1\", ",
        "schema wh.a*t 9\n",
    };
    static const char *const exclude[] = {
        "wh\\.a\\*t.public.log|?", "*.public.log\\*", "*.s\\.1.it*größe", "*.*.parted_1",
        "*.*.old_parted",          "shop.public.*",   "two.parts",
    };
    static struct file_sink set;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    CLEAN(memory_free) char *path = memory_format("%s/data/postgres-what.sql", tests_folder);
    want(selection, SELECTION_INCLUDE_SCHEMAS, "wh.a?t");
    for (size_t i = 0; i < sizeof exclude / sizeof *exclude; i++)
        want(selection, SELECTION_EXCLUDE_TABLES, exclude[i]);
    want(selection, SELECTION_TABLES_WITHOUT_DATA, "*.s\\.1.audit");
    want(selection, SELECTION_TABLES_WITHOUT_DATA, "*.*.thin");
    want(selection, SELECTION_TABLES_WITHOUT_DATA, "*.*.emptied");
    struct backup_options options = {.selection = selection};
    struct server from = postgres_server_record(&source, superuser, source.password);
    struct server into = postgres_server_record(&target, superuser, target.password);
    clear_target();
    postgres_server_load(&source, path);
    postgres_engine_backup(&from, toolbox, &options, &set, folder);
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (!strstr(set.notes, notes[i]))
            fail_msg("not noted: %s in\n%s", notes[i], set.notes);
    }
    static const char *const silent[] = {"of_gone", "RI_Con",     "toast", "on_stored",
                                         "late()",  "all_others", "_pkey", "audit_kept"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        if (strstr(set.notes, silent[i]))
            fail_msg("noted: %s in\n%s", silent[i], set.notes);
    }

    postgres_engine_restore(&into, toolbox, &set, 0);
    static const struct {
        const char *sql, *answer;
    } questions_of[] = {
        {"SELECT string_agg(c.oid::regclass::text, ' ' ORDER BY relname) FROM pg_class AS c WHERE "
         "relnamespace IN ('public'::regnamespace, '\"s.1\"'::regnamespace) AND relkind IN ('r', "
         "'p', 'v', 'm')",
         "\"s.1\".audit borrower child emptied kept logs on_audit over_emptied parted parted_2 "
         "refilled stored_kept thin thin_1"},
        {"SELECT count(*) || ' ' || sum(id) FROM kept", "2 3"},
        {"SELECT count(*) FROM \"s.1\".audit", "0"},
        {"SELECT count(*) FROM thin", "0"},
        {"SELECT n FROM stored_kept", "2"},
        {"SELECT count(*) || ' ' || min(id) FROM parted", "1 2"},
        {"SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint WHERE contype = 'f'",
         "audit_kept_fkey child_kept_fkey"},
        {"SELECT string_agg(polname, ' ') FROM pg_policy", "all_others"},
        {"SELECT string_agg(proname, ' ') FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
         "late"},
        {"SELECT nextval('\"log|1_id_seq\"')", "3"},
        {"SELECT v FROM borrower", "5"},
    };
    for (size_t i = 0; i < sizeof questions_of / sizeof *questions_of; i++)
        assert_true(
            postgres_server_says(&target, "wh.a*t", questions_of[i].sql, questions_of[i].answer));
    file_sink_end(&set);
}

// pg_dump reads its arguments in the encoding of the database.
static void
names_of_a_database_in_another_encoding_are_found(void **state)
{
    (void)state;
    static struct file_sink set;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    want(selection, SELECTION_INCLUDE_SCHEMAS, "latin");
    want(selection, SELECTION_EXCLUDE_TABLES, "latin.public.gr??e");
    struct backup_options options = {.selection = selection};
    struct server from = postgres_server_record(&source, superuser, source.password);
    postgres_engine_backup(&from, toolbox, &options, &set, folder);
    assert_non_null(strstr(set.notes, "excluded table latin public.größe 1: "));
    assert_false(file_sink_holds(&set, "CREATE TABLE public.\"gr\xf6\xdf"
                                       "e\""));
    assert_true(file_sink_holds(&set, "CREATE TABLE public.\"gr\xf6sse\""));
    file_sink_end(&set);
}

static void
a_check_says_what_a_policy_would_leave_out_and_whether_the_role_is_right(void **state)
{
    (void)state;
    struct error error = {0};
    uint64_t size_bytes = 0;
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    want(selection, SELECTION_INCLUDE_SCHEMAS, "wh.a?t");
    want(selection, SELECTION_EXCLUDE_TABLES, "*.*.log|1");
    want(selection, SELECTION_EXCLUDE_TABLES, "*.*.typo");
    struct server from = postgres_server_record(&source, superuser, source.password);
    from.role = SERVER_PRIMARY;
    if (engine_pg_dump_ops.check(&from, toolbox, selection, findings, &size_bytes, &error))
        fail_msg("%s", error.message);
    CLEAN(memory_free) char *text = findings_print(findings, 100000);
    assert_non_null(strstr(text, "leaves out 1 of kind 'materialized view', such as wh.a*t."));
    assert_non_null(strstr(text, "pattern '*.*.typo' of exclude_tables fits nothing"));
    from.role = SERVER_REPLICA;
    assert_int_equal(
        engine_pg_dump_ops.check(&from, toolbox, selection, findings, &size_bytes, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "is not in recovery"));
    engine_t *engine = NULL;
    assert_int_equal(engine_pg_dump_ops.open(&engine, &from, toolbox, &error), -1);
}

// What the login narrow would fail of, as text.
static char *
check_partly(const selection_t *selection, uint64_t *size_bytes)
{
    static char narrow[] = "narrow";
    struct error error = {0};
    CLEAN(findings_destroy) findings_t *findings = findings_new();
    struct server from = postgres_server_record(&source, narrow, narrow);
    *size_bytes = 0;
    if (engine_pg_dump_ops.check(&from, toolbox, selection, findings, size_bytes, &error))
        fail_msg("%s", error.message);
    return findings_print(findings, 100000);
}

static void
a_check_asks_no_rights_and_no_room_for_what_is_left_out(void **state)
{
    (void)state;
    uint64_t whole_bytes, part_bytes;
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    postgres_server_run(&source, "postgres", "CREATE ROLE narrow LOGIN PASSWORD 'narrow'");
    postgres_server_run(&source, "postgres", "GRANT CONNECT ON DATABASE postgres TO narrow");
    postgres_server_run(&source, "postgres", "CREATE DATABASE partly");
    postgres_server_run(&source, "partly",
                        "CREATE TABLE seen (id int); CREATE TABLE hidden AS SELECT repeat('x', "
                        "500) AS v FROM generate_series(1, 10000); ALTER TABLE hidden ADD id int "
                        "GENERATED ALWAYS AS IDENTITY; GRANT SELECT ON seen TO narrow");
    want(selection, SELECTION_INCLUDE_SCHEMAS, "partly");
    CLEAN(memory_free) char *whole = check_partly(selection, &whole_bytes);
    assert_non_null(strstr(whole, "2 tables and sequences that this login cannot read"));
    want(selection, SELECTION_EXCLUDE_TABLES, "partly.public.hidden");
    CLEAN(memory_free) char *part = check_partly(selection, &part_bytes);
    assert_null(strstr(part, "cannot read"));
    assert_true(part_bytes + 4000000 < whole_bytes);
    postgres_server_run(&source, "postgres", "DROP DATABASE partly");
    postgres_server_run(&source, "postgres",
                        "REVOKE CONNECT ON DATABASE postgres FROM narrow; DROP ROLE narrow");
}

// As the reader endpoint of a cluster, whose name stands for another server each time.
static void
all_connections_go_to_one_address(void **state)
{
    (void)state;
    static char nobody[] = "readers.example.invalid";
    struct error error = {0};
    CLEAN(postgres_destroy) postgres_t *postgres = NULL;
    CLEAN(postgres_destroy) postgres_t *again = NULL;
    struct server from = postgres_server_record(&source, superuser, source.password);
    if (postgres_open_any(&postgres, &from, &error))
        fail_msg("%s", error.message);
    snprintf(from.address, sizeof from.address, "%s", postgres_address(postgres));
    assert_string_equal(from.address, "127.0.0.1");
    from.host = nobody;
    from.verify_tls = 0;
    if (postgres_open_any(&again, &from, &error))
        fail_msg("%s", error.message);
}

static void
an_include_list_in_vain_fails_the_backup_before_it_begins(void **state)
{
    (void)state;
    static struct file_sink set;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(selection_destroy) selection_t *selection = selection_new();
    want(selection, SELECTION_INCLUDE_TABLES, "shop.app.custmers");
    struct error error = {0};
    struct backup_options options = {.selection = selection};
    struct server from = postgres_server_record(&source, superuser, source.password);
    engine_t *engine = postgres_engine_open(&from, toolbox);
    file_sink_begin(&set, folder);
    assert_int_equal(engine->ops->backup(engine, &options, &set.base, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "include_tables wants nothing"));
    assert_int_equal(set.count, 0);
    engine->ops->destroy(&engine);
    file_sink_end(&set);
    drop_what(&source);
}

static int
start(void **state)
{
    (void)state;
    toolbox = toolbox_new(NULL);
    if (postgres_server_start(&source, "wal_level=logical") ||
        postgres_server_start(&target, "wal_level=logical"))
        return -1;
    CLEAN(memory_free)
    char *path = memory_format("%s/data/postgres.sql", tests_folder);
    postgres_server_load(&source, path);
    // A file of psql's commands cannot connect to this one.
    postgres_server_run(&source, "line\nbreak", "CREATE TABLE inside AS SELECT 'break' AS v");
    return 0;
}

static int
stop(void **state)
{
    (void)state;
    postgres_server_stop(&target);
    postgres_server_stop(&source);
    toolbox_destroy(&toolbox);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_restored_dumps_to_the_same_bytes),
        cmocka_unit_test(what_was_restored_has_the_same_rows_and_properties),
        cmocka_unit_test(two_dumps_of_an_unchanged_server_are_the_same_bytes),
        cmocka_unit_test(the_sink_is_told_points_schemas_and_what_is_left_out),
        cmocka_unit_test(secrets_that_the_server_keeps_are_captured_only_if_wanted),
        cmocka_unit_test(a_login_that_is_no_superuser_backs_up_and_says_what_it_cannot_see),
        cmocka_unit_test(what_is_left_out_is_told_and_the_rest_can_be_loaded),
        cmocka_unit_test(names_of_a_database_in_another_encoding_are_found),
        cmocka_unit_test(a_check_says_what_a_policy_would_leave_out_and_whether_the_role_is_right),
        cmocka_unit_test(a_check_asks_no_rights_and_no_room_for_what_is_left_out),
        cmocka_unit_test(all_connections_go_to_one_address),
        cmocka_unit_test(an_include_list_in_vain_fails_the_backup_before_it_begins),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
