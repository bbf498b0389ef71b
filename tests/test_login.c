// Passwords that change while an engine works, on real servers: each connection and each tool gets
// the newest, and one that is refused is fetched again once.

#include "worker/engine/login.h"

#include "tests/mysql_engine.h"
#include "tests/postgres_server.h"

// Where the passwords are kept, and what was fetched from there.
struct vault {
    const char *username;
    char now[64];      // what is right at the server
    char fetched[64];  // what is given out
    size_t given, refused;
    enum error_code broken;
};

static int
vault_get(void *self, int is_refused, struct credentials *credentials, struct error *error)
{
    struct vault *vault = self;
    vault->given++;
    vault->refused += is_refused != 0;
    if (is_refused && vault->broken)
        return error_set(error, vault->broken, "the vault is shut");
    if (is_refused)
        memcpy(vault->fetched, vault->now, sizeof vault->now);
    credentials->username = memory_copy_text(vault->username);
    credentials->password = memory_copy_text(vault->fetched);
    return 0;
}

static void
vault_mask(const void *self, char *text)
{
    (void)self, (void)text;
}

static struct postgres_server postgres;
static struct vault vault;
static const struct login_source source = {.self = &vault, .get = vault_get, .mask = vault_mask};

static void
fill_vault(const char *username, const char *fetched, const char *now)
{
    vault = (struct vault){.username = username};
    snprintf(vault.fetched, sizeof vault.fetched, "%s", fetched);
    snprintf(vault.now, sizeof vault.now, "%s", now);
}

static struct server
with_vault(struct server server)
{
    server.credentials = (struct credentials){0};
    server.login = &source;
    return server;
}

static void
credentials_without_a_source_are_copied(void **state)
{
    (void)state;
    char user[] = "u", password[] = "p";
    struct server server = {.credentials = {.username = user, .password = password}};
    struct error error = {.code = ERROR_DENIED};
    CLEAN(login_end) struct login login = {0};
    assert_int_equal(login_begin(&login, &server, &error), 0);
    assert_string_equal(login.server.credentials.password, "p");
    assert_true(login.server.credentials.password != password);
    assert_false(login_again(&login, &error));
}

static void
a_refused_login_has_one_more_try_with_other_credentials(void **state)
{
    (void)state;
    fill_vault("u", "old", "new");
    struct server server = with_vault((struct server){0});
    CLEAN(login_end) struct login login = {0};
    struct error error = {0};
    assert_int_equal(login_begin(&login, &server, &error), 0);
    assert_string_equal(login.server.credentials.password, "old");
    error_set(&error, ERROR_UNAVAILABLE, "not there");
    assert_false(login_again(&login, &error));
    assert_int_equal(vault.refused, 0);
    error_set(&error, ERROR_DENIED, "no");
    assert_true(login_again(&login, &error));
    assert_string_equal(login.server.credentials.password, "new");
    snprintf(vault.now, sizeof vault.now, "newer");
    assert_false(login_again(&login, &error));
    assert_int_equal(vault.refused, 1);
    assert_string_equal(error.message, "no");
}

static void
the_same_credentials_are_not_tried_twice(void **state)
{
    (void)state;
    fill_vault("u", "same", "same");
    struct server server = with_vault((struct server){0});
    CLEAN(login_end) struct login login = {0};
    struct error error = {0};
    assert_int_equal(login_begin(&login, &server, &error), 0);
    error_set(&error, ERROR_DENIED, "no");
    assert_false(login_again(&login, &error));
    assert_string_equal(error.message, "no");
}

static void
a_secret_that_cannot_be_fetched_again_is_told(void **state)
{
    (void)state;
    fill_vault("u", "old", "new");
    vault.broken = ERROR_UNAVAILABLE;
    struct server server = with_vault((struct server){0});
    CLEAN(login_end) struct login login = {0};
    struct error error = {0};
    assert_int_equal(login_begin(&login, &server, &error), 0);
    error_set(&error, ERROR_DENIED, "no");
    assert_false(login_again(&login, &error));
    assert_int_equal(error.code, ERROR_DENIED);
    assert_string_equal(error.message,
                        "no (and its secret cannot be fetched again: the vault is shut)");
}

static void
backup(const struct server *server, struct file_sink *sink)
{
    struct error error = {0};
    if (dump(server, sink, 0, &error))
        fail_msg("%s", error.message);
    for (size_t i = 0; i < sink->count; i++)
        assert_true(sink->accepted[i]);
}

static void
set_mariadb_password(const char *password)
{
    CLEAN(memory_free)
    char *sql = memory_format("ALTER USER r@'%%' IDENTIFIED BY '%s'", password);
    mariadb_server_tell(&world.source, sql);
    snprintf(vault.now, sizeof vault.now, "%s", password);
}

// Called when the users have been read and nothing was dumped yet.
static void
rotate_mariadb(void *self, const char *key, const char *value)
{
    if (strcmp(key, "flavour") == 0)
        set_mariadb_password("second");
    file_sink_fact(self, key, value);
}

static void
mariadb_dump_gets_the_password_that_is_good_when_it_starts(void **state)
{
    (void)state;
    if (!world.source.port)
        skip();
    mariadb_server_tell(&world.source, "CREATE OR REPLACE USER r@'%' REQUIRE SSL; "
                                       "GRANT " RIGHTS " ON *.* TO r@'%'");
    fill_vault("r", "wrong", "wrong");
    set_mariadb_password("first");
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    file_sink_begin(&sink, folder);
    sink.base.fact = rotate_mariadb;
    struct server server = with_vault(mariadb_server_as(&world.source, NULL, NULL));
    backup(&server, &sink);
    assert_string_equal(vault.fetched, "second");
    assert_int_equal(vault.refused, 2);  // at the session's start, and before the tool's
    file_sink_end(&sink);
}

static void
mariadb_loads_each_file_with_the_password_of_then(void **state)
{
    (void)state;
    if (!world.source.port)
        skip();
    mariadb_server_tell(&world.source, "CREATE OR REPLACE USER r@'%' REQUIRE SSL; "
                                       "GRANT ALL ON *.* TO r@'%'");
    fill_vault("r", "first", "first");
    set_mariadb_password("first");
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free)
    char *path = folder_write(folder, "1.sql", 0600, "CREATE DATABASE IF NOT EXISTS loaded;\n");
    struct set_source_file file = {.role = "data", .loader = "mysql", .path = path};
    struct server server = with_vault(mariadb_server_as(&world.source, NULL, NULL));
    CLEAN(engine_destroy) engine_t *engine = open_engine(&server);
    set_mariadb_password("second");
    struct restore_options options = {.overwrite = 1};
    struct error error = {0};
    if (engine_restore(engine, &options, &file, 1, &error))
        fail_msg("%s", error.message);
    assert_int_equal(vault.refused, 1);
    mariadb_server_tell(&world.source, "USE loaded");
}

static void
set_postgres_password(const char *password)
{
    CLEAN(memory_free) char *sql = memory_format("ALTER ROLE r PASSWORD '%s'", password);
    postgres_server_run(&postgres, "postgres", sql);
    snprintf(vault.now, sizeof vault.now, "%s", password);
}

// Called for each database after its snapshot was taken and before pg_dump starts.
static void
rotate_postgres(void *self, const char *name, uint64_t tables)
{
    static size_t number;
    CLEAN(memory_free) char *password = memory_format("rotated-%zu", ++number);
    set_postgres_password(password);
    file_sink_schema(self, name, tables);
}

static void
pg_dump_gets_the_password_that_is_good_when_it_starts(void **state)
{
    (void)state;
    if (!postgres.port)
        skip();
    postgres_server_run(&postgres, "postgres", "CREATE ROLE r LOGIN SUPERUSER");
    postgres_server_run(&postgres, "postgres", "CREATE DATABASE one");
    postgres_server_run(&postgres, "postgres", "CREATE DATABASE two");
    // Definitions, rows and the rest are three runs of pg_dump then.
    postgres_server_run(&postgres, "two",
                        "CREATE EXTENSION postgres_fdw;"
                        "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;"
                        "CREATE USER MAPPING FOR r SERVER s OPTIONS (password 'of-another')");
    fill_vault("r", "wrong", "wrong");
    set_postgres_password("first");
    CLEAN(folder_destroy) char *folder = folder_new();
    struct file_sink sink;
    file_sink_begin(&sink, folder);
    sink.base.schema = rotate_postgres;
    struct server server = with_vault(postgres_server_record(&postgres, NULL, NULL));
    backup(&server, &sink);
    assert_non_null(strstr(sink.notes, "schema one 0\n"));
    assert_non_null(strstr(sink.notes, "schema two 0\n"));
    assert_true(vault.refused >= 3);
    file_sink_end(&sink);
}

static void
psql_gets_the_password_that_is_good_when_it_starts(void **state)
{
    (void)state;
    if (!postgres.port)
        skip();
    fill_vault("r", "first", "first");
    set_postgres_password("first");
    CLEAN(folder_destroy) char *folder = folder_new();
    CLEAN(memory_free)
    char *path = folder_write(folder, "1.sql", 0600, "CREATE DATABASE loaded;\n");
    struct set_source_file file = {.role = "data", .loader = "psql", .path = path};
    struct server server = with_vault(postgres_server_record(&postgres, NULL, NULL));
    CLEAN(engine_destroy) engine_t *engine = open_engine(&server);
    set_postgres_password("second");
    struct restore_options options = {.overwrite = 0};
    struct error error = {0};
    if (engine_restore(engine, &options, &file, 1, &error))
        fail_msg("%s", error.message);
    assert_int_equal(vault.refused, 1);
}

static void
a_wrong_password_stays_wrong(void **state)
{
    (void)state;
    struct server servers[] = {with_vault(mariadb_server_as(&world.source, NULL, NULL)),
                               with_vault(postgres_server_record(&postgres, NULL, NULL))};
    for (size_t i = 0; i < 2; i++) {
        if (!servers[i].port)
            continue;
        struct error error = {0};
        fill_vault("r", "wrong", "wrong-too");
        assert_int_equal(open_error(&servers[i], &error), -1);
        assert_int_equal(error.code, ERROR_DENIED);
        assert_int_equal(vault.refused, 1);
        assert_null(strstr(error.message, "wrong"));
    }
}

static int
start(void **state)
{
    (void)state;
    world.toolbox = toolbox_new(NULL);
    mariadb_server_start(&world.source, "");
    postgres_server_start(&postgres, "");
    return 0;
}

static int
stop(void **state)
{
    postgres_server_stop(&postgres);
    return stop_servers(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_without_a_source_are_copied),
        cmocka_unit_test(a_refused_login_has_one_more_try_with_other_credentials),
        cmocka_unit_test(the_same_credentials_are_not_tried_twice),
        cmocka_unit_test(a_secret_that_cannot_be_fetched_again_is_told),
        cmocka_unit_test(mariadb_dump_gets_the_password_that_is_good_when_it_starts),
        cmocka_unit_test(mariadb_loads_each_file_with_the_password_of_then),
        cmocka_unit_test(pg_dump_gets_the_password_that_is_good_when_it_starts),
        cmocka_unit_test(psql_gets_the_password_that_is_good_when_it_starts),
        cmocka_unit_test(a_wrong_password_stays_wrong),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
