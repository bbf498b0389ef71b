#include "common/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/clock.h"
#include "common/fd.h"
#include "common/memory.h"
#include "tests/check.h"

static char place[] = "/tmp/test_secret.XXXXXX";

static const struct config_key keys[] = {
    {.name = "secrets", .type = CONFIG_MAP, .keys = secret_keys, .help = "by name"}, {0}};

static int
make_place(void **state)
{
    (void)state;
    return mkdtemp(place) ? 0 : -1;
}

static int
remove_place(void **state)
{
    (void)state;
    CLEAN(memory_free) char *command = memory_format("rm -rf '%s'", place);
    return system(command);
}

// The path of a new file in the place.
static char *
keep_file(const char *name, const char *text, mode_t mode)
{
    struct error error = {0};
    char *path = memory_format("%s/%s", place, name);
    unlink(path);
    CLEAN(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, text, strlen(text), &error), 0);
    assert_int_equal(fchmod(fd, mode), 0);
    return path;
}

static int
resolve_at(const char *from, const char *more, const char *host, unsigned port,
           struct credentials *credentials, struct error *error)
{
    CLEAN(memory_free)
    char *text = memory_format(
        "secrets:\n  shop:\n    from: '%s'\n"
        "    servers: ['127.0.0.1:3306', '*.Example.com:33*', '[[]::1]:1', '[::2]:1']\n%s",
        from, more);
    CLEAN(config_destroy) config_t *config = NULL;
    if (config_read_text(&config, "w.yaml", text, strlen(text), keys, CONFIG_SIZE_MAX, error))
        return -1;
    const struct secret_target target = {.host = host, .port = port, .is_verified = 1};
    return secret_resolve(config_root(config), "secrets", "shop", &target, NULL, credentials,
                          error);
}

static void
assert_resolved(const char *from, const char *more, const char *username, const char *password)
{
    struct error error = {0};
    CLEAN(credentials_clear) struct credentials credentials = {0};
    int status = resolve_at(from, more, "127.0.0.1", 3306, &credentials, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, 0);
    assert_string_equal(credentials.username, username);
    assert_string_equal(credentials.password, password);
}

static void
assert_refused(const char *from, const char *more, enum error_code code, const char *message)
{
    struct error error = {0};
    struct credentials credentials = {0};
    assert_int_equal(resolve_at(from, more, "127.0.0.1", 3306, &credentials, &error), -1);
    assert_string_equal(error.message, message);
    assert_int_equal(error.code, code);
    assert_null(credentials.username);
    assert_null(credentials.password);
}

static const char backup[] = "    username: backup\n";

static void
a_variable_gives_the_password(void **state)
{
    (void)state;
    setenv("TEST_SECRET", "from env", 1);
    assert_resolved("env:TEST_SECRET", backup, "backup", "from env");
    unsetenv("TEST_SECRET");
    assert_refused("env:TEST_SECRET", backup, ERROR_CONFIG,
                   "secret 'shop': the environment has no 'TEST_SECRET'");
}

static void
a_private_file_gives_the_password_less_one_newline(void **state)
{
    (void)state;
    CLEAN(memory_free) char *path = keep_file("plain", "pass word \n", 0600);
    CLEAN(memory_free) char *from = memory_format("file:%s", path);
    assert_resolved(from, backup, "backup", "pass word ");
}

static void
json_gives_both_and_the_rule_has_the_last_word(void **state)
{
    (void)state;
    CLEAN(memory_free)
    char *path =
        keep_file("json", "{\"username\":\"u\",\"password\":\"p\\\"4\",\"port\":1}\n", 0400);
    CLEAN(memory_free) char *from = memory_format("file:%s", path);
    assert_resolved(from, "", "u", "p\"4");
    assert_resolved(from, backup, "backup", "p\"4");
    CLEAN(memory_free) char *brace = keep_file("brace", "{not json", 0400);
    CLEAN(memory_free) char *from_brace = memory_format("file:%s", brace);
    assert_resolved(from_brace, backup, "backup", "{not json");
}

static void
values_that_cannot_be_credentials_are_refused(void **state)
{
    (void)state;
    const struct {
        const char *value, *message;
    } cases[] = {
        {"", "secret 'shop': its value is empty"},
        {"\n", "secret 'shop': its value is empty"},
        {"{\"username\":\"u\"}", "secret 'shop': its value is empty"},
        {"two\nlines\n", "secret 'shop': its value is not one line of UTF-8 text"},
        {"bell\a", "secret 'shop': its value is not one line of UTF-8 text"},
        {"latin\xe9", "secret 'shop': its value is not one line of UTF-8 text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEAN(memory_free) char *path = keep_file("bad", cases[i].value, 0600);
        CLEAN(memory_free) char *from = memory_format("file:%s", path);
        assert_refused(from, backup, ERROR_CONFIG, cases[i].message);
    }
    CLEAN(memory_free) char *path = keep_file("nameless", "secret-value", 0600);
    CLEAN(memory_free) char *from = memory_format("file:%s", path);
    assert_refused(from, "", ERROR_CONFIG,
                   "secret 'shop': w.yaml:3:5: no username: write `username:` or keep JSON with "
                   "\"username\"");
}

static void
a_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    const mode_t modes[] = {0640, 0604, 0620, 0601};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        CLEAN(memory_free) char *path = keep_file("open", "x", modes[i]);
        CLEAN(memory_free) char *from = memory_format("file:%s", path);
        CLEAN(memory_free)
        char *message = memory_format("secret 'shop': '%s' can be read or changed by others "
                                      "(mode %04o); chmod 600 it",
                                      path, modes[i]);
        assert_refused(from, backup, ERROR_CONFIG, message);
    }
}

static void
a_file_of_somebody_else_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("not run: only root can give a file away\n");
        skip();
    }
    CLEAN(memory_free) char *path = keep_file("foreign", "x", 0600);
    assert_int_equal(chown(path, 65534, 65534), 0);
    CLEAN(memory_free) char *from = memory_format("file:%s", path);
    CLEAN(memory_free)
    char *message =
        memory_format("secret 'shop': '%s' belongs to user 65534, not to root or to us", path);
    assert_refused(from, backup, ERROR_CONFIG, message);
}

static void
what_is_no_regular_file_is_refused(void **state)
{
    (void)state;
    CLEAN(memory_free) char *target = keep_file("target", "x", 0600);
    CLEAN(memory_free) char *link = memory_format("%s/link", place);
    assert_int_equal(symlink(target, link), 0);
    CLEAN(memory_free) char *from_link = memory_format("file:%s", link);
    CLEAN(memory_free)
    char *link_message = memory_format("secret 'shop': '%s' is a symbolic link", link);
    assert_refused(from_link, backup, ERROR_CONFIG, link_message);

    CLEAN(memory_free) char *fifo = memory_format("%s/fifo", place);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    CLEAN(memory_free) char *from_fifo = memory_format("file:%s", fifo);
    CLEAN(memory_free)
    char *fifo_message = memory_format("secret 'shop': '%s' is not a regular file", fifo);
    assert_refused(from_fifo, backup, ERROR_CONFIG, fifo_message);

    CLEAN(memory_free) char *from_none = memory_format("file:%s/none", place);
    CLEAN(memory_free)
    char *none_message =
        memory_format("secret 'shop': cannot open '%s/none': No such file or directory", place);
    assert_refused(from_none, backup, ERROR_CONFIG, none_message);
}

static void
a_value_beyond_64_kib_is_refused(void **state)
{
    (void)state;
    CLEAN(memory_free) char *text = memory_get(65538);
    memset(text, 'x', 65537);
    CLEAN(memory_free) char *path = keep_file("long", text, 0600);
    CLEAN(memory_free) char *from = memory_format("file:%s", path);
    assert_refused(from, backup, ERROR_CONFIG,
                   "secret 'shop': its value is longer than 65536 bytes");
    assert_refused("exec:/usr/bin/head -c 70000 /dev/zero", backup, ERROR_CONFIG,
                   "secret 'shop': '/usr/bin/head': its value is longer than 65536 bytes");
    assert_refused("exec:/usr/bin/head -c 10 /dev/zero", backup, ERROR_CONFIG,
                   "secret 'shop': its value has a NUL byte");
}

static void
a_program_gives_the_password_without_a_shell(void **state)
{
    (void)state;
    assert_resolved("exec:/bin/echo  a $HOME  ;b", backup, "backup", "a $HOME ;b");
}

static void
a_program_that_fails_is_named_and_its_words_are_masked(void **state)
{
    (void)state;
    CLEAN(memory_free)
    char *path = keep_file("failing",
                           "#!/bin/sh\necho hunter22\necho noise >&2\n"
                           "echo cannot use hunter22 >&2\nexit 7\n",
                           0700);
    CLEAN(memory_free) char *from = memory_format("exec:%s", path);
    CLEAN(memory_free)
    char *message =
        memory_format("secret 'shop': '%s' failed (exit status 7): cannot use *****", path);
    assert_refused(from, backup, ERROR_CONFIG, message);
    assert_refused("exec:/nonexistent/tool", backup, ERROR_CONFIG,
                   "secret 'shop': cannot run '/nonexistent/tool': No such file or directory");
}

static void
a_program_that_hangs_is_ended_after_10_s(void **state)
{
    (void)state;
    int64_t before_ms = clock_monotonic_ms();
    assert_refused("exec:/bin/sleep 1000", backup, ERROR_UNAVAILABLE,
                   "secret 'shop': '/bin/sleep': no answer within 10 s");
    int64_t took_ms = clock_monotonic_ms() - before_ms;
    assert_true(took_ms >= 10000 && took_ms < 20000);
}

static void
assert_server(const char *host, unsigned port, int is_allowed)
{
    struct error error = {0};
    CLEAN(credentials_clear) struct credentials credentials = {0};
    // A source that cannot be resolved shows that a server that is not allowed resolves nothing.
    assert_int_equal(resolve_at("env:TEST_SECRET_NONE", backup, host, port, &credentials, &error),
                     -1);
    assert_int_equal(error.code, is_allowed ? ERROR_CONFIG : ERROR_DENIED);
}

static void
only_servers_of_the_rule_get_it(void **state)
{
    (void)state;
    assert_server("127.0.0.1", 3306, 1);
    assert_server("127.0.0.1", 3307, 0);
    assert_server("DB.eXample.COM", 3306, 1);
    assert_server("db.example.com", 3399, 1);
    assert_server("db.example.com.evil.org", 3306, 0);
    assert_server("example.com", 3306, 0);
    assert_server("::1", 1, 1);
    assert_server("::1", 2, 0);
    assert_server("::2", 1, 1);
    assert_server("::2", 2, 0);
}

static void
a_host_that_is_more_than_a_name_gets_nothing(void **state)
{
    (void)state;
    const char *const hosts[] = {"evil.org,db.example.com",  "/tmp/x.example.com", "@x.example.com",
                                 "-x.example.com",           "a b.example.com",    "",
                                 "evil.org\ndb.example.com", "x=y.example.com",    "%.example.com"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_server(hosts[i], 3306, 0);
    assert_server("db.example.com", 0, 0);
    assert_server("db.example.com", 333333, 0);
}

static void
a_name_without_a_rule_is_not_found(void **state)
{
    (void)state;
    struct error error = {0};
    CLEAN(config_destroy) config_t *config = NULL;
    assert_int_equal(config_read_text(&config, "w.yaml", "", 0, keys, CONFIG_SIZE_MAX, &error), 0);
    struct credentials credentials = {0};
    const struct secret_target target = {.host = "127.0.0.1", .port = 3306};
    assert_int_equal(
        secret_resolve(config_root(config), "secrets", "shop", &target, NULL, &credentials, &error),
        -1);
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_string_equal(error.message,
                        "there is no secret 'shop' in the configuration, under 'secrets'");
}

static void
assert_checked(const char *from, const char *message)
{
    struct error error = {0};
    CLEAN(config_destroy) config_t *config = NULL;
    CLEAN(memory_free)
    char *text = memory_format("secrets:\n  a: {from: '%s', servers: [x]}\n", from);
    assert_int_equal(
        config_read_text(&config, "w.yaml", text, strlen(text), keys, CONFIG_SIZE_MAX, &error), 0);
    assert_int_equal(secret_check(config_root(config), "secrets", &error), *message ? -1 : 0);
    assert_string_equal(error.message, message);
}

static void
rules_are_checked_before_they_are_used(void **state)
{
    (void)state;
    assert_checked("env:NAME", "");
    assert_checked("exec:/bin/x y", "");
    assert_checked("rds-iam:backup", "");
    assert_checked("aws-secret:shop', role: 'arn:aws:iam::1:role/x", "");
    assert_checked("aws-secret:a b", "w.yaml:2:13: from: 'a b' is no name of a secret of AWS");
    assert_checked("rds-iam:", "w.yaml:2:13: from: '' is no name of a database's user");
    assert_checked("env:NAME', role: 'arn:aws:iam::1:role/x",
                   "w.yaml:2:31: role: only a secret of AWS has one (from: aws-secret: or "
                   "rds-iam:)");
    assert_checked("vault:x", "w.yaml:2:13: from: must begin with env:, file:, exec:, "
                              "aws-secret: or rds-iam:");
    assert_checked("env:A=B", "w.yaml:2:13: from: 'A=B' is no variable's name");
    assert_checked("file:relative", "w.yaml:2:13: from: 'relative' must be an absolute path");
    assert_checked("exec: /bin/x", "w.yaml:2:13: from: ' /bin/x' must be an absolute path");
}

static void
assert_masked(const char *password, const char *given, const char *expected)
{
    CLEAN(credentials_clear)
    struct credentials credentials = {.password = memory_copy_text(password)};
    CLEAN(memory_free) char *text = memory_copy_text(given);
    credentials_mask(&credentials, text);
    assert_string_equal(text, expected);
}

static void
a_password_in_a_text_is_masked_everywhere(void **state)
{
    (void)state;
    assert_masked("hunter22", "a hunter22 and hunter22hunter22.", "a ***** and **********.");
    assert_masked("four", "four times four", "**** times ****");
    assert_masked("abc", "abc is too short", "abc is too short");
    assert_masked("hunter22", "nothing here", "nothing here");
    assert_masked("*****x", "*****x *****x", "***** *****");
    assert_masked("hunter22", "cut in hunte", "cut in *****");
    assert_masked("hunter22", "hun", "hun");
    assert_masked("hunter22", "", "");
    struct credentials none = {0};
    char text[] = "nothing to mask";
    credentials_mask(&none, text);
    assert_string_equal(text, "nothing to mask");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_gives_the_password),
        cmocka_unit_test(a_private_file_gives_the_password_less_one_newline),
        cmocka_unit_test(json_gives_both_and_the_rule_has_the_last_word),
        cmocka_unit_test(values_that_cannot_be_credentials_are_refused),
        cmocka_unit_test(a_file_that_others_can_read_is_refused),
        cmocka_unit_test(a_file_of_somebody_else_is_refused),
        cmocka_unit_test(what_is_no_regular_file_is_refused),
        cmocka_unit_test(a_value_beyond_64_kib_is_refused),
        cmocka_unit_test(a_program_gives_the_password_without_a_shell),
        cmocka_unit_test(a_program_that_fails_is_named_and_its_words_are_masked),
        cmocka_unit_test(a_program_that_hangs_is_ended_after_10_s),
        cmocka_unit_test(only_servers_of_the_rule_get_it),
        cmocka_unit_test(a_host_that_is_more_than_a_name_gets_nothing),
        cmocka_unit_test(a_name_without_a_rule_is_not_found),
        cmocka_unit_test(rules_are_checked_before_they_are_used),
        cmocka_unit_test(a_password_in_a_text_is_masked_everywhere),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
