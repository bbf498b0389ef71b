// Option files as the tools read them (asked of the tool itself), and what tools' words mean.

#include "worker/engine/mysql_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"
#include "tests/folder.h"
#include "worker/engine/mysql_option_file.h"

static struct server
server_with(char *password, int verify)
{
    static char user[] = "u";
    return (struct server){.engine = "mysql",
                           .host = "db.example",
                           .port = 3307,
                           .name = "x",
                           .verify_tls = verify,
                           .credentials = {.username = user, .password = password}};
}

static void
a_password_is_read_back_as_it_was(void **state)
{
    (void)state;
    if (system("command -v my_print_defaults >/dev/null")) {
        print_message("not run: my_print_defaults is not here\n");
        skip();
    }
    static const char *const passwords[] = {
        "plain",     " spaces around ",   "",
        "#hash",     "a#b ; c",           "\"quoted\"",
        "it's",      "'single'",          "back\\slash\\",
        "\\n\\t\\s", "line\nfeed\ttab\r", "=[client]",
        "größe ✓ 😀", "\"'\\#\" ' ",       "!include /etc/passwd"};
    CLEAN(folder_destroy) char *folder = folder_new();
    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
        struct error error = {0};
        CLEAN(memory_free) char *password = memory_copy_text(passwords[i]);
        CLEAN(memory_free_secret) char *text = NULL;
        struct server server = server_with(password, 0);
        assert_int_equal(mysql_option_file_make(&server, 1, 0, NULL, &text, &error), 0);
        CLEAN(memory_free) char *path = folder_write(folder, "options", 0600, text);
        CLEAN(memory_free)
        char *command = memory_format("my_print_defaults --defaults-file='%s' client", path);
        FILE *pipe = popen(command, "r");
        char printed[4096] = "";
        size_t size = fread(printed, 1, sizeof printed - 1, pipe);
        printed[size] = '\0';
        assert_int_equal(pclose(pipe), 0);
        CLEAN(memory_free) char *expected = memory_format("--password=%s\n--host=", passwords[i]);
        if (!strstr(printed, expected))
            fail_msg("'%s' is read as '%s'", passwords[i], printed);
    }
}

static void
tls_is_verified_in_the_words_of_each_tool(void **state)
{
    (void)state;
    struct error error = {0};
    char password[] = "p";
    struct server server = server_with(password, 1);
    CLEAN(memory_free_secret) char *mariadb = NULL;
    CLEAN(memory_free_secret) char *mysql = NULL;
    assert_int_equal(mysql_option_file_make(&server, 1, 1, "/a b/ca.pem", &mariadb, &error), 0);
    assert_non_null(strstr(mariadb, "\nssl=1\nssl-ca=\"/a b/ca.pem\"\nssl-verify-server-cert=1\n"));
    assert_non_null(strstr(mariadb, "\nhost=\"db.example\"\nport=3307\nprotocol=TCP\n"));
    assert_int_equal(mysql_option_file_make(&server, 0, 1, "/ca.pem", &mysql, &error), 0);
    assert_non_null(strstr(mysql, "\nssl-mode=VERIFY_IDENTITY\nssl-ca=\"/ca.pem\"\n"));
    assert_non_null(strstr(mysql, "\nenable-cleartext-plugin=1\n"));

    server.verify_tls = 0;
    memory_free_secret(&mariadb);
    memory_free_secret(&mysql);
    assert_int_equal(mysql_option_file_make(&server, 1, 0, NULL, &mariadb, &error), 0);
    assert_non_null(strstr(mariadb, "\nssl=0\nssl-verify-server-cert=0\n"));
    assert_int_equal(mysql_option_file_make(&server, 0, 1, NULL, &mysql, &error), 0);
    assert_non_null(strstr(mysql, "\nssl-mode=REQUIRED\n"));
    assert_null(strstr(mysql, "cleartext"));
}

static void
a_value_that_no_line_can_hold_is_refused(void **state)
{
    (void)state;
    char longer[MYSQL_OPTION_VALUE_MAX + 10];
    memset(longer, '"', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    struct server server = server_with(longer, 0);
    struct error error = {0};
    char *text = NULL;
    assert_int_equal(mysql_option_file_make(&server, 1, 0, NULL, &text, &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_null(strstr(error.message, "\"\"\""));
    assert_null(text);
}

static void
the_option_file_comes_first_and_the_password_in_no_argument(void **state)
{
    (void)state;
    struct error error = {0};
    char password[] = "correct horse";
    struct server server = server_with(password, 0);
    const struct tool tool = {.kind = TOOL_MARIADB, .version = "1.2", .path = "/opt/x/mariadb"};
    struct mysql_run run;
    assert_int_equal(mysql_run_begin(&run, &server, 0, &tool, "", &error), 0);
    mysql_run_add(&run, "--quick");
    const struct runner *runner = mysql_run_runner(&run);
    const char *const *argv = runner->process.argv;
    assert_string_equal(argv[0], "/opt/x/mariadb");
    assert_int_equal(strncmp(argv[1], "--defaults-file=/proc/self/fd/", 30), 0);
    assert_string_equal(argv[2], "--quick");
    assert_null(argv[3]);
    assert_string_equal(runner->name, "mariadb 1.2");
    for (size_t i = 0; argv[i]; i++)
        assert_null(strstr(argv[i], password));
    mysql_run_end(&run);
}

static void
what_a_tool_says_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum error_code code;
    } words[] = {
        {"mysqldump: Got error: 1045: \"Access denied for user 'x'@'y'\" when trying to connect",
         ERROR_DENIED},
        {"ERROR 1045 (28000): Zugriff verweigert", ERROR_DENIED},
        {"ERROR 1142 (42000) at line 3: SELECT command denied to user", ERROR_DENIED},
        {"ERROR 1227 (42000) at line 18: Access denied; you need (at least one of) the SUPER "
         "privilege(s)",
         ERROR_DENIED},
        {"mariadb-dump: Got error: 2026: \"TLS/SSL error: certificate verify failed\" when trying "
         "to connect",
         ERROR_DENIED},
        {"mysqldump: Got error: 2002: \"Can't connect to server on 'x' (111)\" when trying to "
         "connect",
         ERROR_UNAVAILABLE},
        {"mysqldump: Error 2013: Lost connection to server during query when dumping table `t` at "
         "row: 1",
         ERROR_UNAVAILABLE},
        {"mysqldump: Error 1412: Table definition has changed, please retry transaction when "
         "dumping table `t` at row: 0",
         ERROR_UNAVAILABLE},
        {"mysqldump: Couldn't execute 'SHOW FIELDS FROM `v`': View 'a.v' references invalid "
         "table(s) (1356)",
         ERROR_INVALID},
        {"mysqldump: unknown option '--set-gtid-purged=OFF'", ERROR_CONFIG},
        {"mysqldump: unknown variable 'ssl-mode=REQUIRED'", ERROR_CONFIG},
        {"mysqldump: t has insufficient privileges to SHOW CREATE PROCEDURE `p`!", ERROR_DENIED},
        {"", ERROR_UNAVAILABLE},
        {"something else", ERROR_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (mysql_run_classify(words[i].text) != words[i].code)
            fail_msg("'%s' is %d", words[i].text, (int)mysql_run_classify(words[i].text));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_read_back_as_it_was),
        cmocka_unit_test(tls_is_verified_in_the_words_of_each_tool),
        cmocka_unit_test(a_value_that_no_line_can_hold_is_refused),
        cmocka_unit_test(the_option_file_comes_first_and_the_password_in_no_argument),
        cmocka_unit_test(what_a_tool_says_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
