// CURVE keys in files: 40 characters of Z85 each, one line.
//
// `dbhaul keygen NAME` writes NAME.key (mode 0600: "secret" and "public") and NAME.pub (for the
// allow-list). A secret key file that others can read is refused.

#pragma once

#include "common/error.h"

enum { KEY_TEXT_SIZE = 41 };

struct key_pair {
    char public_text[KEY_TEXT_SIZE];
    char secret_text[KEY_TEXT_SIZE];
};

int key_generate(struct key_pair *pair, struct error *error);

// Never overwrites: ERROR_CONFIG if either file is there.
int key_write(const struct key_pair *pair, const char *path, struct error *error);
int key_read(struct key_pair *pair, const char *path, struct error *error);

// A NAME.pub file, or 40 characters of Z85 themselves.
int key_read_public(const char *text_or_path, char text[KEY_TEXT_SIZE], struct error *error);

// Overwrites the secret.
void key_clear(struct key_pair *pair);
