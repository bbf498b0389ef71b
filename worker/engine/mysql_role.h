// Is a MySQL or MariaDB server what the policy wants to read, a primary or a replica? By what the
// server says of itself: one that takes no writes (read_only, or Aurora's innodb_read_only) is no
// primary; one that takes no writes or replicates from another is a replica.

#pragma once

#include "worker/engine/engine.h"
#include "worker/engine/mysql_session.h"

// ERROR_CONFIG if it is not.
int mysql_role_check(mysql_session_t *session, enum server_role role, struct error *error);
