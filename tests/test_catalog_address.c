#include "coordinator/catalog/address.h"

#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static void
check_address(const char *place, const char *user, const char *name, int is_local)
{
    CLEAN(address_clear) struct address address = {0};
    struct error error = {0};
    if (address_parse(place, 3306, &address, &error))
        fail_msg("%s: %s", place, error.message);
    CLEAN(memory_free) char *found = address_name(&address);
    assert_string_equal(address.user, user);
    assert_string_equal(found, name);
    assert_int_equal(address_is_local(&address), is_local);
}

static void
a_url_says_who_and_where(void **state)
{
    (void)state;
    check_address("//u@db.example.com:3307/c", "u", "db.example.com:3307/c", 0);
    check_address("//u@db.example.com/c", "u", "db.example.com:3306/c", 0);
    check_address("//u@[2001:db8::1]:99/c", "u", "[2001:db8::1]:99/c", 0);
    check_address("//u@[2001:db8::1]/c", "u", "[2001:db8::1]:3306/c", 0);
    check_address("//u@server@host/c-d_e$", "u@server", "host:3306/c-d_e$", 0);
    check_address("//u@127.0.0.1/c", "u", "127.0.0.1:3306/c", 1);
    check_address("//u@127.9.9.9:1/c", "u", "127.9.9.9:1/c", 1);
    check_address("//u@LocalHost/c", "u", "LocalHost:3306/c", 1);
    check_address("//u@[::1]/c", "u", "[::1]:3306/c", 1);
    check_address("//u@localhost.example/c", "u", "localhost.example:3306/c", 0);
    check_address("//u@/c?socket=/run/x.sock", "u", "/run/x.sock/c", 1);
}

static void
what_is_no_url_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "/",
        "//",
        "u@h/c",
        "//h/c",
        "//@h/c",
        "//u@h",
        "//u@h/",
        "//u@/c",
        "//u@h:0/c",
        "//u@h:65536/c",
        "//u@h:99999999999999999999/c",
        "//u@h:/c",
        "//u@h:x/c",
        "//u@h,i/c",
        "//u@-h/c",
        "//u@[::1/c",
        "//u@[::1]x/c",
        "//u@[h]/c",
        "//u@h/c d",
        "//u@h/c'",
        "//u'@h/c",
        "//u@h/c?x=1",
        "//u@h/c?socket=/x",
        "//u@/c?socket=x",
        "//u@/c?socket=",
        "//u@h/c/d",
    };
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        CLEAN(address_clear) struct address address = {0};
        struct error error = {0};
        if (address_parse(wrong[index], 3306, &address, &error) == 0)
            fail_msg("'%s' is taken", wrong[index]);
        assert_int_equal(error.code, ERROR_CONFIG);
        assert_null(address.user);
    }
}

static void
a_password_in_a_url_is_refused_and_not_told(void **state)
{
    (void)state;
    CLEAN(address_clear) struct address address = {0};
    struct error error = {0};
    assert_int_equal(address_parse("//u:hunter2@h/c", 3306, &address, &error), -1);
    assert_int_equal(error.code, ERROR_CONFIG);
    assert_non_null(strstr(error.message, "catalog_access"));
    assert_null(strstr(error.message, "hunter2"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_says_who_and_where),
        cmocka_unit_test(what_is_no_url_is_refused),
        cmocka_unit_test(a_password_in_a_url_is_refused_and_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
