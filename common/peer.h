// Whom a message came from, as a plain record: for those who keep it and know no sockets.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/key.h"

enum { SOCK_PEER_SIZE = 16, SOCK_PRINCIPAL_SIZE = 128 };

// An address to answer to, and who that is.
struct sock_peer {
    uint8_t address[SOCK_PEER_SIZE];
    size_t address_size;
    char principal[SOCK_PRINCIPAL_SIZE];  // "key:<name>" from the allow-list, or "uid:<number>"
    char public_key[KEY_TEXT_SIZE];       // "" on ipc
};
