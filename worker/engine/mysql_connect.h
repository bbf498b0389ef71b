// Connects a handle of the client library: in a thread of its own where the job can be cancelled,
// since names, hosts and TLS take their time and cannot be interrupted. Who is cancelled leaves the
// thread and the handle to each other; they end by themselves. Part of mysql_session.

#pragma once

#include <mysql.h>

#include "worker/engine/engine.h"

// Returns 0, and the handle is connected. -1: the handle tells why; ERROR_CANCELLED: it is NULL.
int mysql_connect(MYSQL **handle_p, const struct server *server,
                  const struct credentials *credentials, struct error *error);
