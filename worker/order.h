// What a coordinator may ask for at all: holds a Run against the rules before anything is done.
//
// A coordinator is hostile until checked: the host must be a plain name or address (libpq takes
// lists of hosts and folders of sockets in the same place), the path one that a store takes, the
// time limit within bounds. What needs the world (secrets, targets, stores) is checked where it is
// used, by the worker's own configuration.

#pragma once

#include "common/error.h"
#include "proto/wire.h"

enum {
    ORDER_TIME_MIN_MS = 1000,
    ORDER_TIME_MAX_MS = 14 * 24 * 3600 * 1000,
};

// ERROR_INVALID says what is wrong.
int order_check(const Wire__Run *run, struct error *error);

const char *order_name(const Wire__Run *run);   // "backup", for the log
const char *order_store(const Wire__Run *run);  // the store that it needs; "" = none
const char *order_tool(const Wire__Run *run);   // the tool that it asks for; "" = any
