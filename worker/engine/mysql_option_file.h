// The option file that tells the tools of MySQL and MariaDB how to reach a server: the only place
// where a password goes. It is given to a tool as --defaults-file, so that no option file of the
// host is read.

#pragma once

#include <stddef.h>

#include "common/error.h"
#include "worker/engine/engine.h"
#include "worker/engine/mysql_text.h"

enum { MYSQL_OPTION_VALUE_MAX = 3500 };  // the tools read lines of 4096 bytes

// `authorities`: the file to verify the server's certificate with; has_tls: whether the server
// speaks TLS (asked only where it need not be verified). The text is the caller's, to be given to
// memory_free_secret. ERROR_INVALID if a value is longer than MYSQL_OPTION_VALUE_MAX or has a line
// feed where none can be.
int mysql_option_file_make(const struct server *server, int for_mariadb_tool, int has_tls,
                           const char *authorities, char **text, struct error *error);

// Adds a line `option="value"`, quoted as the tools read it, to a text such as the above. For lists
// that no command line would hold. ERROR_INVALID as above; the text is as it was then.
int mysql_option_file_add(struct mysql_text *text, const char *option, const char *value,
                          struct error *error);
