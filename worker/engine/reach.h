// Whether there is a way to a server at all: does its name resolve, does its port take a
// connection. Says so in words that tell an operator where to look, which the clients' libraries do
// not.

#pragma once

#include "common/error.h"

// Connects over TCP and closes again, within 10 s an address and 20 s in all; how long the name may
// take is the resolver's own. ERROR_UNAVAILABLE, about ABOUT_REACH, if there is no way.
int reach_look(const char *host, unsigned port, struct error *error);
