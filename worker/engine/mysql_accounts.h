// The accounts of a server, in the order in which they are made: roles first. Part of mysql_users.

#pragma once

#include "worker/engine/mysql_session.h"

// What an account requires of a client's certificate and of the connection's cipher.
enum { MYSQL_ACCOUNT_TERMS = 3 };

struct mysql_account {
    char *name, *host;
    char *quoted;  // `name`@`host`
    int is_role;
    int is_own;                        // the server or its service brings it along
    char *terms[MYSQL_ACCOUNT_TERMS];  // that need an escape in quotes; else NULL
};

typedef struct mysql_accounts mysql_accounts_t;

// Fails if the account may not read the server's list.
int mysql_accounts_open(mysql_accounts_t **self_p, mysql_session_t *session, struct error *error);
void mysql_accounts_destroy(mysql_accounts_t **self_p);

size_t mysql_accounts_count(const mysql_accounts_t *self);
const struct mysql_account *mysql_accounts_at(const mysql_accounts_t *self, size_t index);

// Does a statement name an account of the server's own? A target may not have it. NULL: none is
// known.
int mysql_accounts_has_own(const mysql_accounts_t *self, const char *statement);

// MySQL and MariaDB 10.5 show REQUIRE SUBJECT '/CN=O'Brien': an account's statement as it must be;
// the caller's. NULL: it is right. `self` may be NULL: nothing is known of the account.
char *mysql_account_mend(const struct mysql_account *self, mysql_session_t *session,
                         const char *shown);
