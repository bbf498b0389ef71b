// What SHOW CREATE USER and SHOW GRANTS print, made into statements that a restore can run: no
// password hashes unless they are wanted, nothing that changes an account that is there already.
// Text in, text out; knows every spelling that MySQL 5.7 to 9 and MariaDB 10.x to 12 have.

#pragma once

#include "common/error.h"

// Where a grant belongs: what it names must be there before it.
enum mysql_grant_scope {
    MYSQL_GRANT_NOTHING,  // USAGE: nothing to do
    MYSQL_GRANT_GLOBAL,   // *.*, a schema's, PROXY
    MYSQL_GRANT_ROLE,     // a role to an account
    MYSQL_GRANT_OBJECT,   // of a table, view or routine: after the data
    MYSQL_GRANT_PACKAGE,  // as an object's; MariaDB takes it with sql_mode ORACLE only
    MYSQL_GRANT_DEFAULT_ROLE,
};

// "CREATE USER `u`@`h` IDENTIFIED ... REQUIRE ..." becomes "CREATE USER IF NOT EXISTS ...". Without
// hashes the account is locked and has no authentication of its own. A DEFAULT ROLE clause is taken
// out and given as a statement of its own in *default_role (NULL: none). Both texts are the
// caller's, without semicolon. ERROR_INVALID if the text is no CREATE USER.
int mysql_statement_account(const char *shown, int keep_hashes, char **statement,
                            char **default_role, struct error *error);

// A line of SHOW GRANTS becomes a GRANT (or REVOKE, SET DEFAULT ROLE) that carries no password, no
// TLS demand and no limits: those belong to the account. ERROR_INVALID if the text is none.
int mysql_statement_grant(const char *shown, enum mysql_grant_scope *scope, char **statement,
                          struct error *error);

// Does the statement name this account or role (as `name` or 'name') anywhere outside of its
// grantee? For roles that a target does not have.
int mysql_statement_names(const char *statement, const char *name);

// What a GRANT on a table, view or routine is on: returns 1 and gives both names (the caller's), or
// 0 for any other statement.
int mysql_statement_object(const char *statement, char **schema, char **object);

// The privileges of a GRANT on *.*: is `privilege` ("SHOW VIEW") or ALL PRIVILEGES among them?
// 0 for any other statement.
int mysql_statement_grants(const char *shown, const char *privilege);
