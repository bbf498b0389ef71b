// A desk: the actor of one system that protects. A part of the keeper; nobody else calls it.

#pragma once

#include <czmq.h>

#include "common/config.h"

// Given at birth, and lent but for the struct itself.
struct desk_arguments {
    const struct config_node *entry;  // of `datadomains:`
    const char *name;
    const char *endpoint;  // where reports are pushed to
    int stop_fd;
};

// Takes "order" and a struct keeper_order, which becomes the desk's; pushes a struct keeper_report
// for each, which becomes the keeper's.
void desk_actor(zsock_t *pipe, void *argument);
