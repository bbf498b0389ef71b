// What the server's and the library's error numbers mean. Part of mysql_session.

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include "worker/engine/mysql_session.h"

enum { ACCOUNT_LOCKED_MYSQL = 3118, TOO_MANY_USER_CONNECTIONS = 1226 };

enum error_code
mysql_session_code(unsigned number)
{
    switch (number) {
    case CR_SSL_CONNECTION_ERROR:
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_PROCACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
    case ER_HOST_NOT_PRIVILEGED:
    case ER_HOST_IS_BLOCKED:
    case ER_MUST_CHANGE_PASSWORD:
    case ER_MUST_CHANGE_PASSWORD_LOGIN:
    case ER_NOT_SUPPORTED_AUTH_MODE:
    case ER_ACCOUNT_HAS_BEEN_LOCKED:
    case ACCOUNT_LOCKED_MYSQL:
        return ERROR_DENIED;
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case TOO_MANY_USER_CONNECTIONS:
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
    case ER_QUERY_INTERRUPTED:
    case ER_CONNECTION_KILLED:
    case ER_TABLE_DEF_CHANGED:
    case ER_NO_SUCH_TABLE:  // dropped since it was listed
    case ER_BAD_DB_ERROR:
    case ER_DISK_FULL:
        return ERROR_UNAVAILABLE;
    default:
        return ERROR_INVALID;
    }
}

int
mysql_session_was_stopped(mysql_session_t *self)
{
    return mysql_errno(mysql_session_handle(self)) == ER_QUERY_INTERRUPTED;
}

int
mysql_session_is_lost(mysql_session_t *self)
{
    switch (mysql_errno(mysql_session_handle(self))) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_SSL_CONNECTION_ERROR:  // who ends a session does so without a word of TLS's
        return 1;
    default:
        return 0;
    }
}
