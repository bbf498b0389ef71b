// Where a catalog on a server is: what a URL has behind "mysql:" or "postgres:".
//
//     //USER@HOST:PORT/DATABASE            mysql://dbhaul@db.example.com:3306/dbhaul
//     //USER@HOST/DATABASE                 the kind's usual port
//     //USER@/DATABASE?socket=PATH         a unix socket (PostgreSQL: its folder)
//
// Nothing in it is encoded: names have letters, digits and "-_.$", users also "@". An IPv6 address
// stands in brackets. There is never a password in it; one that has a password is refused.

#pragma once

#include "common/error.h"

struct address {
    char *user, *database;
    char *host;    // "" with a socket
    char *socket;  // "" = none
    unsigned port;
};

int address_parse(const char *place, unsigned usual_port, struct address *self,
                  struct error *error);
void address_clear(struct address *self);

// For messages: "HOST:PORT/DATABASE", the caller's.
char *address_name(const struct address *self);

// Whether what is sent there stays on this host: a socket or a loopback address.
int address_is_local(const struct address *self);
