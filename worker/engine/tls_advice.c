#include "worker/engine/tls_advice.h"

#include <stddef.h>
#include <string.h>

#define OTHER_NAME \
    " (the certificate was made for another name: let discovery name the server as its " \
    "certificate does, or have one made for this name)"

// The words of OpenSSL, of MariaDB's client library and of libpq; the first that fits counts.
static const struct {
    const char *said, *advice;
} rows[] = {
    {"does not support", " (turn TLS on at the server, or list it under tls.unverified in the "
                         "worker's configuration)"},
    {"expired", " (renew the server's certificate)"},
    {"does not match", OTHER_NAME},
    {"hostname", OTHER_NAME},
    {"host name", OTHER_NAME},
    // What MariaDB's library says of a name; of a chain it gives OpenSSL's words.
    {"Validation of SSL server certificate failed", OTHER_NAME},
    {"certificate", " (name the CA that signed the server's certificate under tls in the worker's "
                    "configuration)"},
};

const char *
tls_advice(const char *said)
{
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        if (strcasestr(said, rows[index].said))
            return rows[index].advice;
    }
    return " (the server must speak TLS, and its certificate must fit its name and the CA file)";
}
