// CURVE keys in files. `dbhaul keygen NAME` writes NAME.key, which only its owner may read:
//
//     public <40 characters of Z85>
//     secret <40 characters of Z85>
//
// and NAME.pub, the public key alone, for the allow-list and for workers.

#pragma once

#include "common/error.h"

enum { KEY_TEXT_SIZE = 41 };

struct key_pair {
    char public_text[KEY_TEXT_SIZE];
    char secret_text[KEY_TEXT_SIZE];
};

int key_generate(struct key_pair *pair, struct error *error);

// Writes `path`.key (mode 0600) and `path`.pub (0644). Never overwrites: ERROR_CONFIG if either is
// there.
int key_write(const struct key_pair *pair, const char *path, struct error *error);

// Reads a .key file (its whole name). ERROR_CONFIG if it is no regular file, belongs to neither
// root nor us, can be read or written by others (mode & 077), or holds anything but a pair that
// fits together.
int key_read(struct key_pair *pair, const char *path, struct error *error);

// A .pub file, or 40 characters of Z85 themselves.
int key_read_public(const char *text_or_path, char text[KEY_TEXT_SIZE], struct error *error);

// Whether the text is 40 characters of Z85.
int key_is_valid(const char *text);

// Overwrites the secret.
void key_clear(struct key_pair *pair);
