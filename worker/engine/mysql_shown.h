// What a server says of accounts: the statement that makes one, and its grants; of some accounts in
// one round trip. Part of mysql_users.

#pragma once

#include "worker/engine/mysql_session.h"

enum { MYSQL_SHOWN_AT_A_TIME = 16 };

struct mysql_shown {
    const char *quoted;  // the account, lent; NULL: it is not asked for
    int is_role;         // which has grants only
    char *creation, **grants;
    size_t grant_count;
};

// Asks for all, and leaves those as they are that are refused.
void mysql_shown_ask(struct mysql_shown *list, size_t count, mysql_session_t *session);
void mysql_shown_clear(struct mysql_shown *list, size_t count);
