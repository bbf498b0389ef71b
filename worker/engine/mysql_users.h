// Accounts, roles and grants of a server as two pieces of SQL: what must be there before the data
// (accounts, since views and routines name their definers, and grants on schemas) and what can only
// come after it (grants on tables, columns and routines).
//
// What it writes changes no account that a target has already: accounts are made IF NOT EXISTS and
// the server's own (root@localhost, mariadb.sys, mysql.*, rdsadmin, cloudsql* ...) are left out.
// Without hashes every account is made locked and without a password.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_select.h"
#include "worker/engine/mysql_session.h"

typedef struct mysql_users mysql_users_t;

// Reads them; says in the sink what is left out. Grants on what the selection left out are dropped.
// An account that may not read mysql.user gives its own grants only. ERROR_INVALID if the text
// would be longer than 256 MiB.
int mysql_users_open(mysql_users_t **self_p, mysql_session_t *session, int keep_hashes,
                     mysql_select_t *select, const struct sink *sink, struct error *error);
void mysql_users_destroy(mysql_users_t **self_p);

// Lent. Either may be "" (nothing to load).
const char *mysql_users_before(const mysql_users_t *self);
const char *mysql_users_after(const mysql_users_t *self);
