// How a catalog on a server is reached, apart from its URL: certificates, passwords, and who
// migrates. A plain record of the configuration; kinds that are files look at none of it. Given to
// catalog_open, which copies the record and lends what it points to for as long as the catalog
// lives: it is used again at each reconnect, from the actors' threads.

#pragma once

#include "common/error.h"

enum catalog_tls {
    CATALOG_TLS_VERIFY,  // TLS, and the server's certificate must fit its name and the authorities
    CATALOG_TLS_ON,      // TLS, whoever the server is
    CATALOG_TLS_OFF,
    CATALOG_TLS_PRESET,  // verify; off on a socket and on a loopback address
};

enum catalog_user { CATALOG_WRITER, CATALOG_MIGRATOR };

// Gives a user's password, the caller's (memory_free_secret); "" if it needs none. Called at each
// connect, so that a password may change while we run.
typedef int(catalog_password)(const void *context, enum catalog_user user, char **password,
                              struct error *error);

struct catalog_access {
    enum catalog_tls tls;
    const char *ca_path;         // "" or NULL: the system's authorities
    const char *migrator;        // user who changes the schema; "" or NULL: the writer does
    catalog_password *password;  // NULL: no password
    const void *context;         // its
};
