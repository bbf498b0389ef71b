#include "worker/engine/mysql_option_file.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"

// In double quotes, where '#' and spaces are themselves and a backslash escapes.
static int
quote(const char *what, const char *value, char **quoted, struct error *error)
{
    CLEAN(memory_free_secret) char *text = memory_get(2 * MYSQL_OPTION_VALUE_MAX + 3);
    size_t used = 0;
    text[used++] = '"';
    for (; *value; value++) {
        if (used > MYSQL_OPTION_VALUE_MAX)
            return error_set(error, ERROR_INVALID, "the %s is longer than %d bytes", what,
                             MYSQL_OPTION_VALUE_MAX);
        const char *escaped = strchr("\\\"\n\r\t\b", *value);
        if (escaped) {
            text[used++] = '\\';
            text[used++] = "\\\"nrtb"[escaped - "\\\"\n\r\t\b"];
        } else {
            text[used++] = *value;
        }
    }
    text[used] = '"';
    *quoted = STEAL(text);
    return 0;
}

static char *
tls_options(const struct server *server, int for_mariadb_tool, int has_tls, const char *authorities)
{
    if (for_mariadb_tool) {
        if (server->verify_tls)
            return memory_format("ssl=1\nssl-ca=%s\nssl-verify-server-cert=1\n", authorities);
        return memory_format("ssl=%d\nssl-verify-server-cert=0\n", has_tls);
    }
    if (server->verify_tls)
        // A token instead of a password goes in the clear, which only a known server may have.
        return memory_format("ssl-mode=VERIFY_IDENTITY\nssl-ca=%s\nenable-cleartext-plugin=1\n",
                             authorities);
    return memory_format("ssl-mode=%s\n", has_tls ? "REQUIRED" : "DISABLED");
}

int
mysql_option_file_make(const struct server *server, int for_mariadb_tool, int has_tls,
                       const char *authorities, char **text, struct error *error)
{
    CLEAN(memory_free) char *user = NULL;
    CLEAN(memory_free) char *host = NULL;
    CLEAN(memory_free) char *path = NULL;
    CLEAN(memory_free_secret) char *password = NULL;
    if (quote("user's name", server->credentials.username, &user, error) ||
        quote("password", server->credentials.password, &password, error) ||
        quote("host's name", server->host, &host, error) ||
        quote("CA file's path", authorities ? authorities : "", &path, error))
        return -1;
    CLEAN(memory_free) char *tls = tls_options(server, for_mariadb_tool, has_tls, path);
    *text =
        memory_format_secret("[client]\nuser=%s\npassword=%s\nhost=%s\nport=%u\nprotocol=TCP\n%s",
                             user, password, host, server->port, tls);
    return 0;
}

int
mysql_option_file_add(struct mysql_text *text, const char *option, const char *value,
                      struct error *error)
{
    CLEAN(memory_free) char *quoted = NULL;
    if (quote(option, value, &quoted, error))
        return -1;
    mysql_text_add(text, "%s=%s\n", option, quoted);
    return 0;
}
