// What the engine pg_dump does with servers that a set is restored into, and with standbys.

#include "tests/postgres_engine.h"
#include "worker/engine/engine.h"

static struct postgres_server source;
static struct postgres_server target;
static toolbox_t *toolbox;
static char superuser[] = "postgres";

static struct server
of(struct postgres_server *postgres)
{
    return postgres_server_record(postgres, superuser, postgres->password);
}

// Makes the target empty but for what tests of roles make themselves.
static int
clear(void **state)
{
    (void)state;
    postgres_server_run(
        &target, "template1",
        "SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datname "
        "NOT IN ('template0', 'template1') \\gexec\n"
        "SELECT format('DROP OWNED BY %I CASCADE', rolname) FROM pg_roles WHERE oid <> 10 AND "
        "rolname !~ '^pg_' \\gexec\n"
        "SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE oid <> 10 AND rolname !~ "
        "'^pg_' \\gexec\n"
        "CREATE DATABASE postgres;\n");
    return 0;
}

// A set of the source, which the caller ends.
static void
take_set(struct file_sink *set, char *folder)
{
    struct backup_options options = {0};
    struct server server = of(&source);
    postgres_engine_backup(&server, toolbox, &options, set, folder);
}

static void
assert_restore_fails(const struct file_sink *set, int overwrite, enum error_code code,
                     const char *says)
{
    struct error error = {0};
    struct server server = of(&target);
    struct restore_options options = {.overwrite = overwrite};
    engine_t *engine = postgres_engine_open(&server, toolbox);
    int result = engine->ops->restore(engine, &options, set->files, set->count, &error);
    engine->ops->destroy(&engine);
    assert_int_equal(result, -1);
    if (error.code != code || !strstr(error.message, says))
        fail_msg("%d: %s", error.code, error.message);
}

static void
anything_of_a_users_makes_a_server_not_empty(void **state)
{
    (void)state;
    static const char *const things[] = {
        "CREATE DATABASE d",           "CREATE DATABASE d ALLOW_CONNECTIONS false",
        "CREATE TABLE t ()",           "CREATE SCHEMA s",
        "CREATE TYPE e AS ENUM ()",    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT lo_from_bytea(0, '')",
    };
    struct server server = of(&target);
    for (size_t index = 0; index < sizeof things / sizeof *things; index++) {
        clear(NULL);
        assert_true(postgres_engine_is_empty(&server, toolbox));
        postgres_server_run(&target, "postgres", things[index]);
        assert_false(postgres_engine_is_empty(&server, toolbox));
    }
    clear(NULL);
    postgres_server_run(&target, "postgres",
                        "CREATE ROLE r; CREATE EXTENSION hstore; CREATE TEMPORARY TABLE t ();");
    assert_true(postgres_engine_is_empty(&server, toolbox));
}

static void
what_exists_stops_a_restore_unless_it_may_be_replaced(void **state)
{
    (void)state;
    static struct file_sink set;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = of(&target);
    take_set(&set, folder);
    postgres_server_run(&target, "postgres",
                        "CREATE DATABASE shop IS_TEMPLATE true;"
                        "CREATE DATABASE bystander;"
                        "CREATE SCHEMA kept CREATE TABLE in_postgres (i text);");
    assert_restore_fails(&set, 0, ERROR_CONFIG, "cannot load database 'postgres': psql");
    postgres_engine_restore(&server, toolbox, &set, 1);
    assert_true(postgres_server_says(&target, "shop", "SELECT count(*) FROM goods", "1000"));
    assert_true(postgres_server_says(&target, "postgres", "SELECT i FROM kept.in_postgres", "1"));
    assert_true(postgres_server_says(&target, "postgres",
                                     "SELECT count(*) FROM pg_database WHERE datname = "
                                     "'bystander'",
                                     "1"));
    postgres_engine_restore(&server, toolbox, &set, 1);
    assert_true(postgres_server_says(&target, "shop", "SELECT count(*) FROM goods", "1000"));
    file_sink_end(&set);
}

static void
a_file_that_fails_stops_the_restore_and_is_named(void **state)
{
    (void)state;
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free)
    char *bad = folder_write(folder, "1.sql", 0600, "SELECT 1;\nSELECT 1/0;\nCREATE TABLE t ();\n");
    CLEAN(memory_free) char *good = folder_write(folder, "2.sql", 0600, "CREATE TABLE u ();\n");
    static struct file_sink set;
    set = (struct file_sink){.count = 2,
                             .files = {{.role = "data",
                                        .object = "shop",
                                        .loader = "psql",
                                        .load_into = "postgres",
                                        .path = bad},
                                       {.role = "data",
                                        .object = "postgres",
                                        .loader = "psql",
                                        .load_into = "postgres",
                                        .path = good}}};
    assert_restore_fails(&set, 0, ERROR_CONFIG, "cannot load database 'shop': psql");
    assert_restore_fails(&set, 0, ERROR_CONFIG, "psql:<stdin>:2: ERROR:  division by zero");
    assert_true(postgres_server_says(
        &target, "postgres", "SELECT count(*) FROM pg_class WHERE relname IN ('t', 'u')", "0"));
    set.files[0].loader = "mysql";
    assert_restore_fails(&set, 0, ERROR_INVALID, "file 1 of the set is not for psql");
    set.files[0].loader = "psql";
    set.files[0].object = "template1";
    assert_restore_fails(&set, 1, ERROR_INVALID, "file 1 of the set is for a template");
    set.files[0].object = NULL;
    set.files[0].load_into = "no such database";
    assert_restore_fails(&set, 0, ERROR_CONFIG, "database \"no such database\" does not exist");
}

static void
roles_that_exist_stay_as_they_are(void **state)
{
    (void)state;
    static struct file_sink set;
    CLEAN(folder_destroy) char *folder = folder_new();
    struct server server = of(&target);
    take_set(&set, folder);
    postgres_server_run(&target, "postgres",
                        "CREATE ROLE keeper NOLOGIN CREATEDB; ALTER ROLE keeper SET work_mem = "
                        "'1MB'; COMMENT ON ROLE keeper IS 'mine';");
    postgres_engine_restore(&server, toolbox, &set, 0);
    assert_true(postgres_server_says(
        &target, "postgres",
        "SELECT concat_ws(',', rolcanlogin, rolcreatedb, rolconfig, shobj_description(oid, "
        "'pg_authid')) FROM pg_roles WHERE rolname = 'keeper'",
        "f,t,{work_mem=1MB},mine"));
    file_sink_end(&set);
}

// As the master user of a managed server: it may create databases and roles, and is no superuser.
static void
a_login_that_is_no_superuser_restores_what_it_may(void **state)
{
    (void)state;
    static struct file_sink set;
    char name[] = "master";
    char password[] = "master-password";
    CLEAN(folder_destroy) char *folder = folder_new();
    take_set(&set, folder);
    postgres_server_run(&target, "postgres",
                        "CREATE ROLE master LOGIN CREATEDB CREATEROLE PASSWORD 'master-password';"
                        "ALTER DATABASE postgres OWNER TO master;"
                        "GRANT ALL ON SCHEMA public TO master;");
    struct server server = postgres_server_record(&target, name, password);
    postgres_engine_restore(&server, toolbox, &set, 0);
    assert_true(postgres_server_says(
        &target, "postgres",
        "SELECT concat_ws(',', rolcanlogin, rolsuper, rolreplication, rolconfig) FROM pg_roles "
        "WHERE rolname = 'keeper'",
        "t,f,f,{search_path=shop}"));
    assert_true(postgres_server_says(&target, "shop",
                                     "SELECT relowner::regrole FROM pg_class WHERE relname = "
                                     "'goods'",
                                     "keeper"));
    assert_true(postgres_server_says(&target, "shop", "SELECT count(*) FROM goods", "1000"));
    assert_true(postgres_server_says(&target, "shop", "SELECT 'a=>1'::hstore -> 'a'", "1"));
    file_sink_end(&set);
}

// A second server that follows the source.
static int
start_standby(struct postgres_server *standby)
{
    *standby = source;
    standby->folder = folder_new();
    CLEAN(memory_free)
    char *command = memory_format(
        ". '%s' && chmod 755 '%s' && mkdir '%s/data' && cp -p '%s'/server.* '%s'/ca.pem "
        "'%s'/password '%s'/ && PGPASSWORD=$(cat '%s/password') \"$(postgres_bin)/pg_basebackup\" "
        "-h 127.0.0.1 -p %u -U postgres -D '%s/data' -R -X stream -c fast && "
        "chown -R postgres '%s/data' && chmod 700 '%s/data' && postgres_start '%s' hot_standby=on",
        source.script, standby->folder, standby->folder, source.folder, source.folder,
        source.folder, standby->folder, source.folder, source.port, standby->folder,
        standby->folder, standby->folder, standby->folder);
    CLEAN(memory_free) char *path = folder_write(standby->folder, "begin.sh", 0600, command);
    CLEAN(memory_free) char *shell = memory_format("bash '%s'", path);
    char *said = postgres_server_shell(shell);
    standby->script = memory_copy_text(source.script);
    standby->password = memory_copy_text(source.password);
    standby->ca_path = memory_copy_text(source.ca_path);
    if (!said)
        return -1;
    free(said);
    char *port = postgres_server_file(standby, "port");
    standby->port = (unsigned)strtoul(port, NULL, 10);
    free(port);
    return 0;
}

static void
a_standby_is_backed_up_as_of_what_it_has_replayed(void **state)
{
    (void)state;
    static struct file_sink set;
    struct backup_options options = {0};
    struct postgres_server standby;
    CLEAN(folder_destroy) char *folder = folder_new();
    int started = start_standby(&standby);
    if (started == 0) {
        struct server server = of(&standby);
        postgres_engine_backup(&server, toolbox, &options, &set, folder);
        assert_non_null(strstr(set.notes, "fact standby=yes\n"));
        assert_non_null(strstr(set.notes, "point shop snapshot 0/"));
        assert_non_null(
            strstr(set.notes, "left out rows of unlogged tables of database 'shop' (1)"));
        assert_true(file_sink_holds(&set, "CREATE UNLOGGED TABLE public.unlogged"));
        assert_false(file_sink_holds(&set, "COPY public.unlogged"));
        file_sink_end(&set);
    }
    postgres_server_stop(&standby);
    assert_int_equal(started, 0);
}

static int
start(void **state)
{
    (void)state;
    toolbox = toolbox_new(NULL);
    if (postgres_server_start(&source, "") || postgres_server_start(&target, ""))
        return -1;
    postgres_server_run(&source, "postgres",
                        "CREATE ROLE keeper LOGIN SUPERUSER REPLICATION;"
                        "ALTER ROLE keeper SET search_path = shop;"
                        "ALTER ROLE keeper SET log_statement = 'all';"
                        "CREATE ROLE member; GRANT keeper TO member;"
                        "CREATE SCHEMA kept AUTHORIZATION keeper;"
                        "CREATE TABLE kept.in_postgres AS SELECT 1 AS i;"
                        "ALTER TABLE kept.in_postgres OWNER TO keeper;"
                        "CREATE DATABASE shop OWNER keeper;");
    postgres_server_run(&source, "shop",
                        "CREATE EXTENSION hstore;"
                        "CREATE TABLE goods AS SELECT generate_series(1, 1000) AS i;"
                        "ALTER TABLE goods OWNER TO keeper; GRANT SELECT ON goods TO member;"
                        "CREATE UNLOGGED TABLE unlogged AS SELECT 1 AS i;"
                        "ALTER TABLE unlogged OWNER TO keeper;");
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
        cmocka_unit_test_setup(anything_of_a_users_makes_a_server_not_empty, clear),
        cmocka_unit_test_setup(what_exists_stops_a_restore_unless_it_may_be_replaced, clear),
        cmocka_unit_test_setup(a_file_that_fails_stops_the_restore_and_is_named, clear),
        cmocka_unit_test_setup(roles_that_exist_stay_as_they_are, clear),
        cmocka_unit_test_setup(a_login_that_is_no_superuser_restores_what_it_may, clear),
        cmocka_unit_test(a_standby_is_backed_up_as_of_what_it_has_replayed),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
