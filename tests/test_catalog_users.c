// timeout: 240
// Who may come in to a catalog on a server, and what each may do there.

#include "coordinator/catalog/catalog.h"

#include "tests/check_catalog.h"

// A session of one of the users; gives what the statement answers, or NULL if it is refused.
static char *
ask_as(const struct fixture *fixture, const char *user, const char *sql)
{
    const struct catalog_server *server = fixture->kind->server;
    CLEAN(memory_free) char *input = folder_write(server->folder, "as.sql", 0600, sql);
    CLEAN(memory_free)
    char *password = folder_write(server->folder, "as.password", 0600,
                                  "[client]\npassword=\"catalog's \\\"own\\\" \\\\password\"\n");
    CLEAN(memory_free)
    char *command =
        is_mysql(fixture)
            ? memory_format("mariadb --defaults-file='%s' --host=127.0.0.1 --port=%u --user=%s"
                            " --ssl --batch --skip-column-names %s <'%s' >'%s/as.answer' 2>&1",
                            password, server->port, user, catalog_server_database(fixture->url),
                            input, server->folder)
            : memory_format("PGPASSWORD=\"catalog's \\\"own\\\" \\\\password\" HOME=/nonexistent"
                            " $(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/psql -X -q -A -t"
                            " -v ON_ERROR_STOP=1 -h 127.0.0.1 -p %u -U %s -d %s -f '%s'"
                            " >'%s/as.answer' 2>&1",
                            server->port, user, catalog_server_database(fixture->url), input,
                            server->folder);
    int status = system(command);
    CLEAN(memory_free) char *answer = memory_format("%s/as.answer", server->folder);
    char *text = NULL;
    size_t size = 0;
    struct error error = {0};
    assert_int_equal(fd_read_file(AT_FDCWD, answer, 1 << 20, &text, &size, &error), 0);
    if (status != 0 && !strstr(text, "denied"))
        print_message("  %s: %s", sql, text);
    if (status != 0)
        memory_free(&text);
    return text;
}

static void
check_may(const struct fixture *fixture, const char *user, const char *sql, int may)
{
    CLEAN(memory_free) char *answer = ask_as(fixture, user, sql);
    if ((answer != NULL) != may)
        fail_msg("%s %s: %s", user, may ? "may not" : "may", sql);
}

static void
each_user_may_do_its_own_and_no_more(void **state)
{
    struct fixture *fixture = *state;
    add_history(fixture->catalog);
    catalog_server_deploy(fixture->kind->server, "reader", catalog_server_database(fixture->url));
    CLEAN(memory_free)
    char *rows = ask_as(fixture, "dbhaul_reader", "SELECT count(*) FROM report");
    assert_non_null(rows);
    assert_string_equal(rows, "6\n");
    check_may(fixture, "dbhaul_reader", "SELECT count(*) FROM jobs", 0);
    check_may(fixture, "dbhaul_reader", "SELECT count(*) FROM known_databases", 0);
    check_may(fixture, "dbhaul_reader", "SELECT holder FROM leader", 0);
    check_may(fixture, "dbhaul_reader",
              is_mysql(fixture) ? "CREATE TABLE mine (id INTEGER)"
                                : "BEGIN READ WRITE; CREATE TABLE mine (id INTEGER)",
              0);
    check_may(fixture, "dbhaul_reader", "DELETE FROM report", 0);
    check_may(fixture, "dbhaul_writer", "UPDATE runs SET note = note", 1);
    check_may(fixture, "dbhaul_writer", "DELETE FROM attempts", 0);
    check_may(fixture, "dbhaul_writer", "DROP TABLE attempts", 0);
    check_may(fixture, "dbhaul_writer", "CREATE TABLE mine (id INTEGER)", 0);
    check_may(fixture, "dbhaul_writer", "ALTER TABLE runs ADD COLUMN mine INTEGER", 0);
    check_may(fixture, "dbhaul_migrator", "CREATE TABLE mine (id INTEGER)", 1);
    check_may(fixture, "dbhaul_migrator", "DROP TABLE mine", 1);
    check_may(fixture, "dbhaul_migrator", "CREATE USER somebody", 0);
}

static void
without_a_migrator_the_writer_needs_its_grants(void **state)
{
    struct fixture *fixture = *state;
    CLEAN(memory_free) char *url = catalog_server_prepare(fixture->kind->server);
    struct catalog_access alone = catalog_server_access;
    alone.migrator = NULL;
    struct error error = {0};
    catalog_t *catalog = NULL;
    assert_int_equal(catalog_open(&catalog, url, &alone, "host:1", &error), -1);
    assert_non_null(strstr(error.message, "grants"));
    const char *database = catalog_server_database(url);
    CLEAN(memory_free)
    char *grant = is_mysql(fixture)
                      ? memory_format("GRANT ALL ON %s.* TO 'dbhaul_writer'@'%%'", database)
                      : memory_format("GRANT CREATE ON SCHEMA public TO dbhaul_writer");
    free(catalog_server_ask(fixture->kind->server, database, grant));
    if (catalog_open(&catalog, url, &alone, "host:1", &error))
        fail_msg("open: %s", error.message);
    add_queue(catalog);
    catalog_destroy(&catalog);
}

static int
wrong_password(const void *context, enum catalog_user user, char **password, struct error *error)
{
    (void)context, (void)user, (void)error;
    *password = memory_copy_text("wrong-password");
    return 0;
}

static int
no_password(const void *context, enum catalog_user user, char **password, struct error *error)
{
    (void)context, (void)user, (void)password;
    return error_set(error, ERROR_CONFIG, "the file is not there");
}

static void
who_cannot_come_in_is_told_why(void **state)
{
    struct fixture *fixture = *state;
    struct catalog_access access = catalog_server_access;
    const char *name = fixture->kind->name;
    unsigned port = fixture->kind->server->port;
    access.password = wrong_password;
    check_cannot_reach(fixture->url, &access, ERROR_CONFIG, "dbhaul_writer");
    access.password = no_password;
    check_cannot_reach(fixture->url, &access, ERROR_CONFIG, "the file is not there");
    access = catalog_server_access;
    access.tls = CATALOG_TLS_VERIFY;  // the system's authorities do not know a throw-away one
    check_cannot_reach(fixture->url, &access, ERROR_CONFIG, "certificate");
    access.ca_path = "/nonexistent/ca.pem";
    check_cannot_reach(fixture->url, &access, ERROR_CONFIG, "authorities");
    CLEAN(memory_free)
    char *database = memory_format("%s://dbhaul_migrator@127.0.0.1:%u/nothing", name, port);
    check_cannot_reach(database, &catalog_server_access, ERROR_CONFIG, "nothing");
    CLEAN(memory_free) char *away = memory_format("%s://dbhaul_writer@127.0.0.1:1/x", name);
    check_cannot_reach(away, &catalog_server_access, ERROR_UNAVAILABLE, "127.0.0.1:1/x");
}

static void
a_verified_server_is_taken(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    CLEAN(memory_free) char *authority = memory_format("%s/ca.pem", fixture->kind->server->folder);
    struct catalog_access access = catalog_server_access;
    access.tls = CATALOG_TLS_VERIFY;
    access.ca_path = authority;
    catalog_destroy(&fixture->catalog);
    if (catalog_open(&fixture->catalog, fixture->url, &access, "host:1", &error))
        fail_msg("open: %s", error.message);
    const char *sql =
        is_mysql(fixture)
            ? "SELECT count(*) > 0 FROM information_schema.processlist WHERE user = 'dbhaul_writer'"
            : "SELECT bool_and(s.ssl)::int FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)"
              " WHERE a.usename = 'dbhaul_writer'";
    check_server(fixture, sql, "1");
}

static char *changing_password;

static int
give_changing_password(const void *context, enum catalog_user user, char **password,
                       struct error *error)
{
    (void)context, (void)user, (void)error;
    *password = memory_copy_text(changing_password);
    return 0;
}

// Rotation in mid-run: refused with the old one, taken again with the new one, and nobody stops.
static void
a_password_may_change_while_we_run(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    struct catalog_access access = catalog_server_access;
    access.password = give_changing_password;
    char first[] = CATALOG_PASSWORD, second[] = "second";
    changing_password = first;
    catalog_destroy(&fixture->catalog);
    assert_int_equal(catalog_open(&fixture->catalog, fixture->url, &access, "host:1", &error), 0);
    tell_server(fixture, is_mysql(fixture) ? "ALTER USER 'dbhaul_writer'@'%' IDENTIFIED BY 'second'"
                                           : "ALTER ROLE dbhaul_writer PASSWORD 'second'");
    fixture->kind->take_away(fixture->folder);
    fixture->kind->bring_back(fixture->folder);
    CLEAN(batch_destroy) batch_t *batch = numbered(1, 1);
    assert_int_equal(catalog_apply(fixture->catalog, batch, &error), -1);
    assert_int_equal(error.code, ERROR_UNAVAILABLE);
    assert_null(strstr(error.message, "own"));
    changing_password = second;
    if (catalog_apply(fixture->catalog, batch, &error))
        fail_msg("apply: %s", error.message);
    catalog_server_deploy(fixture->kind->server, "users", "unused");
    if (is_mysql(fixture))
        tell_server(fixture, "SET PASSWORD FOR 'dbhaul_writer'@'%' = "
                             "PASSWORD('catalog\\'s \"own\" \\\\password')");
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(each_user_may_do_its_own_and_no_more),
        SUITE(without_a_migrator_the_writer_needs_its_grants),
        SUITE(who_cannot_come_in_is_told_why),
        SUITE(a_verified_server_is_taken),
        SUITE(a_password_may_change_while_we_run),
    };
    return run_on_servers(tests, sizeof tests / sizeof *tests);
}
