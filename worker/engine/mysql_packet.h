// The memory into which the library takes a session's packets: it grows to the longest row that the
// session has met, and would stay so as long as the session lives, which is as long as the point in
// time that it holds. Part of mysql_rows.

#pragma once

#include "worker/engine/mysql_session.h"

// Gives what is more than a usual packet takes back to the system. No result may be open.
void mysql_packet_let_go(mysql_session_t *session);
