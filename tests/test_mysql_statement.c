// Accounts and grants as servers show them: MariaDB 10.11, MySQL 5.7, 8.0, 8.4 and 9.

#include "worker/engine/mysql_statement.h"

#include <stdlib.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

static void
assert_account(const char *shown, int keep_hashes, const char *expected, const char *expected_role)
{
    struct error error = {0};
    CLEAN(memory_free) char *statement = NULL;
    CLEAN(memory_free) char *role = NULL;
    assert_int_equal(mysql_statement_account(shown, keep_hashes, &statement, &role, &error), 0);
    assert_string_equal(statement, expected);
    if (expected_role)
        assert_string_equal(role, expected_role);
    else
        assert_null(role);
}

static void
assert_grant(const char *shown, enum mysql_grant_scope expected_scope, const char *expected)
{
    struct error error = {0};
    CLEAN(memory_free) char *statement = NULL;
    enum mysql_grant_scope scope;
    assert_int_equal(mysql_statement_grant(shown, &scope, &statement, &error), 0);
    assert_string_equal(statement, expected);
    assert_int_equal(scope, expected_scope);
}

static void
an_account_without_hashes_is_locked_and_keeps_its_limits(void **state)
{
    (void)state;
    // MariaDB
    assert_account("CREATE USER `u2`@`%`", 0, "CREATE USER IF NOT EXISTS `u2`@`%` ACCOUNT LOCK",
                   NULL);
    assert_account("CREATE USER `k`@`%` IDENTIFIED BY PASSWORD '*7EF2' REQUIRE SSL", 0,
                   "CREATE USER IF NOT EXISTS `k`@`%` REQUIRE SSL ACCOUNT LOCK", NULL);
    assert_account("CREATE USER `u1`@`%` IDENTIFIED VIA ed25519 USING 'Gv2' OR unix_socket REQUIRE "
                   "SSL WITH MAX_QUERIES_PER_HOUR 5 ACCOUNT LOCK PASSWORD EXPIRE",
                   0,
                   "CREATE USER IF NOT EXISTS `u1`@`%` REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 5 "
                   "ACCOUNT LOCK PASSWORD EXPIRE",
                   NULL);
    assert_account("CREATE USER `u`@`%` REQUIRE SUBJECT '/CN=it\\'s' ISSUER 'x' PASSWORD EXPIRE "
                   "INTERVAL 30 DAY",
                   0,
                   "CREATE USER IF NOT EXISTS `u`@`%` REQUIRE SUBJECT '/CN=it\\'s' ISSUER 'x' "
                   "PASSWORD EXPIRE INTERVAL 30 DAY ACCOUNT LOCK",
                   NULL);
    // MySQL
    assert_account(
        "CREATE USER `app`@`10.%` IDENTIFIED WITH 'caching_sha2_password' AS "
        "'$A$005$\x01'' REQUIRE \\' ACCOUNT' DEFAULT ROLE `r1`@`%`,`r2`@`%` REQUIRE NONE PASSWORD "
        "EXPIRE DEFAULT ACCOUNT UNLOCK PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT "
        "PASSWORD REQUIRE CURRENT DEFAULT FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2",
        0,
        "CREATE USER IF NOT EXISTS `app`@`10.%` REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT LOCK "
        "PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT "
        "FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2",
        "SET DEFAULT ROLE `r1`@`%`,`r2`@`%` TO `app`@`10.%`");
    assert_account("CREATE USER 'old'@'%' IDENTIFIED WITH 'mysql_native_password' AS '*AB' REQUIRE "
                   "NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK",
                   0,
                   "CREATE USER IF NOT EXISTS 'old'@'%' REQUIRE NONE PASSWORD EXPIRE DEFAULT "
                   "ACCOUNT LOCK",
                   NULL);
    assert_account("CREATE USER `m`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 0x2441 AND "
                   "IDENTIFIED WITH 'authentication_ldap_sasl' AS 'uid=x' REQUIRE NONE",
                   0, "CREATE USER IF NOT EXISTS `m`@`%` REQUIRE NONE ACCOUNT LOCK", NULL);
}

static void
an_account_with_its_hash_stays_as_it_is(void **state)
{
    (void)state;
    assert_account("CREATE USER `u1`@`%` IDENTIFIED VIA ed25519 USING 'Gv2' OR unix_socket REQUIRE "
                   "SSL ACCOUNT LOCK",
                   1,
                   "CREATE USER IF NOT EXISTS `u1`@`%` IDENTIFIED VIA ed25519 USING 'Gv2' OR "
                   "unix_socket REQUIRE SSL ACCOUNT LOCK",
                   NULL);
    assert_account("CREATE USER `a`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 0x24 DEFAULT "
                   "ROLE `r`@`%` REQUIRE NONE ACCOUNT UNLOCK",
                   1,
                   "CREATE USER IF NOT EXISTS `a`@`%` IDENTIFIED WITH 'caching_sha2_password' AS "
                   "0x24 REQUIRE NONE ACCOUNT UNLOCK",
                   "SET DEFAULT ROLE `r`@`%` TO `a`@`%`");
}

static void
odd_names_are_carried_through(void **state)
{
    (void)state;
    assert_account("CREATE USER `o'b\"``rien\\`@`IDENTIFIED`", 0,
                   "CREATE USER IF NOT EXISTS `o'b\"``rien\\`@`IDENTIFIED` ACCOUNT LOCK", NULL);
    assert_account("CREATE USER ``@`h%`", 0, "CREATE USER IF NOT EXISTS ``@`h%` ACCOUNT LOCK",
                   NULL);
    assert_grant("GRANT SELECT ON `TO`.* TO `ON`@`TO`", MYSQL_GRANT_GLOBAL,
                 "GRANT SELECT ON `TO`.* TO `ON`@`TO`");
    assert_grant("GRANT SELECT ON `a``.*b`.`*` TO `x`@`%`", MYSQL_GRANT_OBJECT,
                 "GRANT SELECT ON `a``.*b`.`*` TO `x`@`%`");
}

static void
a_grant_carries_no_password_no_tls_and_no_limits(void **state)
{
    (void)state;
    assert_grant("GRANT SELECT, SHOW VIEW ON *.* TO `d`@`%` IDENTIFIED BY PASSWORD '*2687' REQUIRE "
                 "SSL WITH GRANT OPTION MAX_QUERIES_PER_HOUR 5",
                 MYSQL_GRANT_GLOBAL, "GRANT SELECT, SHOW VIEW ON *.* TO `d`@`%` WITH GRANT OPTION");
    assert_grant("GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED VIA ed25519 USING 'Gv2' OR unix_socket",
                 MYSQL_GRANT_NOTHING, "GRANT USAGE ON *.* TO `u`@`%`");
    assert_grant("GRANT USAGE ON *.* TO `u`@`%` WITH GRANT OPTION", MYSQL_GRANT_GLOBAL,
                 "GRANT USAGE ON *.* TO `u`@`%` WITH GRANT OPTION");
}

static void
each_kind_of_grant_has_its_place(void **state)
{
    (void)state;
    assert_grant("GRANT SELECT ON `sh\\_p%`.* TO `w`", MYSQL_GRANT_GLOBAL,
                 "GRANT SELECT ON `sh\\_p%`.* TO `w`");
    assert_grant("GRANT BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* TO `u`@`%`", MYSQL_GRANT_GLOBAL,
                 "GRANT BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* TO `u`@`%`");
    assert_grant("REVOKE SELECT ON `mysql`.* FROM `u`@`%`", MYSQL_GRANT_GLOBAL,
                 "REVOKE SELECT ON `mysql`.* FROM `u`@`%`");
    assert_grant("GRANT PROXY ON `a`@`%` TO `b`@`%` WITH GRANT OPTION", MYSQL_GRANT_GLOBAL,
                 "GRANT PROXY ON `a`@`%` TO `b`@`%` WITH GRANT OPTION");
    assert_grant("GRANT SELECT (`ON`, `b`), INSERT (`c`) ON `s`.`t` TO `u`@`%`", MYSQL_GRANT_OBJECT,
                 "GRANT SELECT (`ON`, `b`), INSERT (`c`) ON `s`.`t` TO `u`@`%`");
    assert_grant("GRANT EXECUTE ON PROCEDURE `s`.`p` TO `u`@`%`", MYSQL_GRANT_OBJECT,
                 "GRANT EXECUTE ON PROCEDURE `s`.`p` TO `u`@`%`");
    assert_grant("GRANT EXECUTE ON PACKAGE BODY `s`.`p` TO `u`@`%`", MYSQL_GRANT_PACKAGE,
                 "GRANT EXECUTE ON PACKAGE BODY `s`.`p` TO `u`@`%`");
    assert_grant("GRANT SELECT ON `s`.`t` TO PUBLIC", MYSQL_GRANT_OBJECT,
                 "GRANT SELECT ON `s`.`t` TO PUBLIC");
    assert_grant("GRANT `r1`@`%`,`r2`@`%` TO `u`@`%` WITH ADMIN OPTION", MYSQL_GRANT_ROLE,
                 "GRANT `r1`@`%`,`r2`@`%` TO `u`@`%` WITH ADMIN OPTION");
    assert_grant("SET DEFAULT ROLE `r` FOR `u`@`%`", MYSQL_GRANT_DEFAULT_ROLE,
                 "SET DEFAULT ROLE `r` FOR `u`@`%`");
}

static void
what_is_no_account_and_no_grant_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "CREATE", "DROP USER `x`", "GRANT", "GRANT x ON y TO"};
    struct error error = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *statement = NULL, *role = NULL;
        enum mysql_grant_scope scope;
        assert_int_equal(mysql_statement_account(texts[i], 0, &statement, &role, &error), -1);
        assert_int_equal(mysql_statement_grant(texts[i], &scope, &statement, &error), -1);
        assert_int_equal(error.code, ERROR_INVALID);
        assert_null(statement);
    }
}

static void
roles_in_a_grant_are_found_and_grantees_are_not(void **state)
{
    (void)state;
    assert_true(mysql_statement_names("GRANT `a`@`%`,`cloudsqlsuperuser`@`%` TO `u`@`%`",
                                      "cloudsqlsuperuser"));
    assert_false(
        mysql_statement_names("GRANT `a`@`%` TO `cloudsqlsuperuser`@`%`", "cloudsqlsuperuser"));
    assert_false(mysql_statement_names("GRANT `cloudsql`@`%` TO `u`@`%`", "cloudsqlsuperuser"));
}

static void
rights_count_only_where_they_are_given_on_all(void **state)
{
    (void)state;
    static const char grant[] = "GRANT SELECT, SHOW VIEW, EVENT ON *.* TO `u`@`%` IDENTIFIED BY "
                                "PASSWORD '*2687' REQUIRE SSL";
    assert_true(mysql_statement_grants(grant, "SELECT"));
    assert_true(mysql_statement_grants(grant, "SHOW VIEW"));
    assert_true(mysql_statement_grants(grant, "EVENT"));
    assert_false(mysql_statement_grants(grant, "TRIGGER"));
    assert_false(mysql_statement_grants(grant, "SHOW"));
    assert_true(mysql_statement_grants("GRANT ALL PRIVILEGES ON *.* TO `u`", "TRIGGER"));
    assert_false(mysql_statement_grants("GRANT ALL PRIVILEGES ON `s`.* TO `u`", "TRIGGER"));
    assert_false(mysql_statement_grants("GRANT SELECT (`a`) ON `*`.`*` TO `u`", "SELECT"));
    assert_false(mysql_statement_grants("GRANT `SELECT` TO `u`", "SELECT"));
    assert_false(mysql_statement_grants("REVOKE SELECT ON *.* FROM `u`", "SELECT"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_without_hashes_is_locked_and_keeps_its_limits),
        cmocka_unit_test(an_account_with_its_hash_stays_as_it_is),
        cmocka_unit_test(odd_names_are_carried_through),
        cmocka_unit_test(a_grant_carries_no_password_no_tls_and_no_limits),
        cmocka_unit_test(each_kind_of_grant_has_its_place),
        cmocka_unit_test(what_is_no_account_and_no_grant_is_refused),
        cmocka_unit_test(roles_in_a_grant_are_found_and_grantees_are_not),
        cmocka_unit_test(rights_count_only_where_they_are_given_on_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
